//! Tables: read-only views of rows with their own columns, filter, order and cursor.
//! Reference: "IMAPITable" (requirements TAB-01 … TAB-25, 7.6)

mod builder;
mod memory;
mod row;
mod source;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mapi_props::{Code, PropTag, PropType, Restriction, SortOrder, SortOrderSet, tags};
use mapi_spi::{Anchor, Direction, Error, Result, RowKey};

use crate::context::{ErrorNote, LastError};
use crate::{Returned, RowFlags};

pub use builder::TableBuilder;
pub(crate) use memory::{MemoryRow, MemoryRows, by_rendering};
pub use row::TableRow;
pub(crate) use source::{Source, Spec, StoreRows};

/// A table. All calls see the rows as they are now; the cursor stands between rows and keeps its meaning while rows
/// come and go.
///
/// ```
/// # fn show(inbox: &mapi::Folder) -> mapi::Result<()> {
/// use mapi::{Bookmark, columns, tags};
///
/// let table = inbox.contents().columns(columns![tags::SUBJECT]).open()?;
/// table.seek_row(Bookmark::End, 0)?;
/// let last_two = table.query_rows(-2)?;
/// # drop(last_two); Ok(()) }
/// ```
#[derive(Debug)]
pub struct Table {
    source: Box<dyn Source>,
    state: Mutex<State>,
    errors: ErrorNote,
}

#[derive(Debug)]
struct State {
    spec: Spec,
    /// Columns were set by the caller.
    columns_set: bool,
    cursor: Anchor,
    bookmarks: HashMap<u32, Anchor>,
    next_bookmark: u32,
}

/// A place in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bookmark {
    /// BOOKMARK_BEGINNING: before the first row.
    Beginning,
    /// BOOKMARK_CURRENT: the cursor.
    Current,
    /// BOOKMARK_END: after the last row.
    End,
    /// One made by [`Table::create_bookmark`].
    Custom(u32),
}

/// Where a table's cursor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TablePosition {
    /// Number of the next row, from 0.
    pub row: u64,
    /// Fraction: rows before.
    pub numerator: u64,
    /// Fraction: rows in all; never 0.
    pub denominator: u64,
}

/// Bookmarks that one table may have.
const MAX_BOOKMARKS: usize = 1024;
/// Seeks up to this many rows walk; longer ones count.
const WALK: u64 = 512;

impl Table {
    pub(crate) fn new(source: Box<dyn Source>, columns: Option<Vec<PropTag>>) -> Self {
        let columns_set = columns.is_some();
        let spec = Spec {
            columns: columns.unwrap_or_else(|| source.default_columns()),
            restriction: None,
            sort: SortOrderSet::default(),
        };
        let state = State {
            spec,
            columns_set,
            cursor: Anchor::Start,
            bookmarks: HashMap::new(),
            next_bookmark: 0,
        };
        Self {
            source,
            state: Mutex::new(state),
            errors: ErrorNote::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the last failing call said; `None` after a success.
    #[must_use]
    pub fn last_error(&self) -> Option<LastError> {
        self.errors.last()
    }

    /// Sets the cells of a row, in order. PR_NULL and PT_NULL reserve an empty cell; unknown columns give PT_ERROR with
    /// `MAPI_E_NOT_FOUND` in every row. A change of multi-value instances drops bookmarks.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` without columns.
    pub fn set_columns(&self, columns: impl IntoIterator<Item = PropTag>) -> Result<()> {
        let columns: Vec<PropTag> = columns.into_iter().collect();
        self.errors.track(self.change_columns(columns))
    }

    fn change_columns(&self, columns: Vec<PropTag>) -> Result<()> {
        if columns.is_empty() {
            return Err(Error::new(
                Code::INVALID_PARAMETER,
                "a table needs at least one column",
            ));
        }
        let mut state = self.state();
        let spec = Spec {
            columns,
            ..state.spec.clone()
        };
        self.source.check(&spec)?;
        let expanded = |spec: &Spec| {
            spec.columns
                .iter()
                .filter(|c| c.ty().is_mv_instance())
                .copied()
                .collect::<Vec<_>>()
        };
        if expanded(&spec) != expanded(&state.spec) {
            state.rewind();
        }
        state.spec = spec;
        state.columns_set = true;
        Ok(())
    }

    /// Puts columns before those that are set; one that is there already moves to the front (HrAddColumnsEx).
    ///
    /// # Errors
    /// Those of [`Self::set_columns`].
    pub fn add_columns(&self, columns: impl IntoIterator<Item = PropTag>) -> Result<()> {
        let mut all: Vec<PropTag> = columns.into_iter().collect();
        for column in self.query_columns() {
            if !all.contains(&column) {
                all.push(column);
            }
        }
        self.set_columns(all)
    }

    /// The columns: those that are set, or the table's default set.
    #[must_use]
    pub fn query_columns(&self) -> Vec<PropTag> {
        self.state().spec.columns.clone()
    }

    /// TBL_ALL_COLUMNS: the default set and all others that are known to be useful here, with those that are set.
    #[must_use]
    pub fn query_all_columns(&self) -> Vec<PropTag> {
        let mut all = self.source.all_columns();
        for column in &self.state().spec.columns {
            if !all.contains(column) && column.ty() != PropType::NULL {
                all.push(*column);
            }
        }
        all
    }

    /// Shows only rows that match; replaces the restriction before. Drops bookmarks, cursor to the beginning.
    ///
    /// # Errors
    /// `MAPI_E_TOO_COMPLEX`; the old restriction stays.
    pub fn restrict(&self, restriction: impl Into<Option<Restriction>>) -> Result<()> {
        let restriction = restriction.into();
        self.errors
            .track(self.change(|spec| spec.restriction = restriction))
    }

    /// Sorts by these keys; none: the table's own order. Missing values come last. Drops bookmarks, cursor to the
    /// beginning.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a sort order set that contradicts itself, `MAPI_E_TOO_COMPLEX` for a column that
    /// has no order, `MAPI_E_NO_SUPPORT` for categories; the old order stays.
    pub fn sort(&self, sort: SortOrderSet) -> Result<()> {
        let checked = check_sort(&sort).and_then(|()| self.change(|spec| spec.sort = sort));
        self.errors.track(checked)
    }

    fn change(&self, edit: impl FnOnce(&mut Spec)) -> Result<()> {
        let mut state = self.state();
        let mut spec = state.spec.clone();
        edit(&mut spec);
        self.source.check(&spec)?;
        state.spec = spec;
        state.rewind();
        Ok(())
    }

    /// The sort keys as set.
    #[must_use]
    pub fn query_sort_order(&self) -> SortOrderSet {
        self.state().spec.sort.clone()
    }

    /// Rows of the view.
    ///
    /// # Errors
    /// Those of the store.
    pub fn row_count(&self) -> Result<u64> {
        let spec = self.state().spec.clone();
        self.errors.track(self.source.count(&spec))
    }

    /// Reads `count` rows forward from the cursor, which then stands after them; a negative count reads the rows before
    /// the cursor, in table order, and leaves it after them. No rows: the end.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a count of 0.
    pub fn query_rows(&self, count: i64) -> Result<Vec<TableRow>> {
        self.query_rows_with(count, RowFlags::NONE)
    }

    /// The same with flags: NO_ADVANCE leaves the cursor at the first row returned.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a count of 0.
    pub fn query_rows_with(&self, count: i64, flags: RowFlags) -> Result<Vec<TableRow>> {
        self.errors.track(self.read_rows(count, flags))
    }

    fn read_rows(&self, count: i64, flags: RowFlags) -> Result<Vec<TableRow>> {
        if count == 0 {
            return Err(Error::new(
                Code::INVALID_PARAMETER,
                "no rows were asked for",
            ));
        }
        let mut state = self.state();
        let page = self.source.page(&state.spec, &state.cursor, count)?;
        if let (Some(first), Some(last)) = (page.rows.first(), page.rows.last()) {
            state.cursor = if flags.contains(RowFlags::NO_ADVANCE) {
                Anchor::At(first.key.clone())
            } else {
                Anchor::After(last.key.clone())
            };
        }
        Ok(self.rows_of(&state.spec, page.rows))
    }

    fn rows_of(&self, spec: &Spec, rows: Vec<mapi_spi::Row>) -> Vec<TableRow> {
        let row = |row: mapi_spi::Row| {
            let id = self.source.entry_id(&row);
            TableRow::new(&spec.columns, row, id)
        };
        rows.into_iter().map(row).collect()
    }

    /// The rows of these numbers, without moving the cursor.
    ///
    /// # Errors
    /// Those of the store.
    pub fn rows(&self, range: Range<u64>) -> Result<Vec<TableRow>> {
        let spec = self.state().spec.clone();
        let count = i64::try_from(range.end.saturating_sub(range.start)).unwrap_or(i64::MAX);
        if count == 0 {
            return Ok(Vec::new());
        }
        let from = if range.start == 0 {
            Anchor::Start
        } else {
            Anchor::Row(range.start)
        };
        let page = self.errors.track(self.source.page(&spec, &from, count))?;
        Ok(self.rows_of(&spec, page.rows))
    }

    /// All rows (HrQueryAllRows), without moving the cursor. `max` 0: no limit.
    ///
    /// # Errors
    /// `MAPI_E_TABLE_TOO_BIG` when there are more than `max`.
    pub fn query_all_rows(&self, max: u64) -> Result<Vec<TableRow>> {
        let limit = if max == 0 {
            u64::from(u32::MAX)
        } else {
            max + 1
        };
        let rows = self.rows(0..limit)?;
        if max != 0 && u64::try_from(rows.len()).is_ok_and(|n| n > max) {
            let error = Error::new(
                Code::TABLE_TOO_BIG,
                format!("the table has more than {max} rows"),
            );
            return self.errors.track(Err(error));
        }
        Ok(rows)
    }

    /// Moves the cursor `count` rows from a bookmark, not past the edges; returns how far it went, signed. The warning
    /// `MAPI_W_POSITION_CHANGED` says that the bookmark's row is gone and the next one took its place.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_BOOKMARK`.
    pub fn seek_row(&self, from: Bookmark, count: i64) -> Result<Returned<i64>> {
        self.errors.track(self.seek(from, count))
    }

    fn seek(&self, from: Bookmark, count: i64) -> Result<Returned<i64>> {
        let mut state = self.state();
        let (anchor, lost) = self.resolve(&state, from)?;
        let (anchor, moved) = if count == 0 {
            (anchor, 0)
        } else if count.unsigned_abs() <= WALK {
            self.walk(&state.spec, &anchor, count)?
        } else {
            self.leap(&state.spec, &anchor, count)?
        };
        state.cursor = anchor;
        Ok(Returned::warn_if(moved, lost, Code::W_POSITION_CHANGED))
    }

    fn walk(&self, spec: &Spec, from: &Anchor, count: i64) -> Result<(Anchor, i64)> {
        let page = self.source.page(&spec.keys_only(), from, count)?;
        let moved = i64::try_from(page.rows.len()).unwrap_or(i64::MAX);
        let place = if count > 0 {
            page.rows.last().map(|r| Anchor::After(r.key.clone()))
        } else {
            page.rows.first().map(|r| Anchor::At(r.key.clone()))
        };
        let moved = if count > 0 { moved } else { -moved };
        Ok((place.unwrap_or_else(|| from.clone()), moved))
    }

    fn leap(&self, spec: &Spec, from: &Anchor, count: i64) -> Result<(Anchor, i64)> {
        let rows = self.source.count(spec)?;
        let start = self.row_number(spec, from, rows)?;
        let to = start.saturating_add_signed(count).min(rows);
        let moved =
            i64::try_from(to).unwrap_or(i64::MAX) - i64::try_from(start).unwrap_or(i64::MAX);
        Ok((self.anchor_of(spec, to)?, moved))
    }

    /// Moves the cursor to about `numerator / denominator` of the table.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a denominator of 0.
    pub fn seek_row_approx(&self, numerator: u64, denominator: u64) -> Result<()> {
        self.errors
            .track(self.seek_fraction(numerator, denominator))
    }

    fn seek_fraction(&self, numerator: u64, denominator: u64) -> Result<()> {
        if denominator == 0 {
            return Err(Error::new(
                Code::INVALID_PARAMETER,
                "a fraction needs a denominator",
            ));
        }
        let mut state = self.state();
        state.cursor = if numerator == 0 {
            Anchor::Start
        } else if numerator >= denominator {
            Anchor::End
        } else {
            let rows = u128::from(self.source.count(&state.spec)?);
            let row = rows * u128::from(numerator) / u128::from(denominator);
            self.anchor_of(&state.spec, u64::try_from(row).unwrap_or(u64::MAX))?
        };
        Ok(())
    }

    /// Where the cursor is.
    ///
    /// # Errors
    /// Those of the store.
    pub fn query_position(&self) -> Result<TablePosition> {
        let state = self.state();
        let position = self.source.count(&state.spec).and_then(|rows| {
            let row = self.row_number(&state.spec, &state.cursor, rows)?;
            Ok(TablePosition {
                row,
                numerator: row,
                denominator: rows.max(1),
            })
        });
        self.errors.track(position)
    }

    /// Moves the cursor to the first row that matches, from a bookmark on: forward with the bookmark's own row, backward
    /// from the row before it. Without a match the cursor stays.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_INVALID_BOOKMARK`; `MAPI_E_TOO_COMPLEX`.
    pub fn find_row(
        &self,
        restriction: &Restriction,
        from: Bookmark,
        direction: Direction,
    ) -> Result<Returned<TableRow>> {
        self.errors.track(self.find(restriction, from, direction))
    }

    fn find(
        &self,
        restriction: &Restriction,
        from: Bookmark,
        direction: Direction,
    ) -> Result<Returned<TableRow>> {
        let mut state = self.state();
        let (anchor, lost) = self.resolve(&state, from)?;
        let row = self
            .source
            .find(&state.spec, restriction, &anchor, direction)?
            .ok_or_else(|| Error::new(Code::NOT_FOUND, "no row matches"))?;
        state.cursor = Anchor::At(row.key.clone());
        let id = self.source.entry_id(&row);
        let row = TableRow::new(&state.spec.columns, row, id);
        Ok(Returned::warn_if(row, lost, Code::W_POSITION_CHANGED))
    }

    /// Marks the row at the cursor. The bookmark follows its row; it dies with the table, and when the table is
    /// restricted or sorted.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` (attachment tables); `MAPI_E_UNABLE_TO_COMPLETE` at 1,024 bookmarks.
    pub fn create_bookmark(&self) -> Result<Bookmark> {
        self.errors.track(self.mark())
    }

    fn mark(&self) -> Result<Bookmark> {
        if !self.source.has_bookmarks() {
            return Err(Error::new(
                Code::NO_SUPPORT,
                "this kind of table has no bookmarks",
            ));
        }
        let mut state = self.state();
        if state.bookmarks.len() >= MAX_BOOKMARKS {
            return Err(Error::new(
                Code::UNABLE_TO_COMPLETE,
                "the table has too many bookmarks",
            ));
        }
        let page = self
            .source
            .page(&state.spec.keys_only(), &state.cursor, 1)?;
        let place = page
            .rows
            .first()
            .map_or(Anchor::End, |r| Anchor::At(r.key.clone()));
        let number = state.next_bookmark;
        state.next_bookmark += 1;
        state.bookmarks.insert(number, place);
        Ok(Bookmark::Custom(number))
    }

    /// Gives a bookmark back; for the three fixed ones this does nothing.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_BOOKMARK`.
    pub fn free_bookmark(&self, bookmark: Bookmark) -> Result<()> {
        let Bookmark::Custom(number) = bookmark else {
            return self.errors.track(Ok(()));
        };
        let freed = self.state().bookmarks.remove(&number);
        self.errors
            .track(freed.map(drop).ok_or_else(invalid_bookmark))
    }

    /// The place of a bookmark, and whether its row is gone.
    fn resolve(&self, state: &State, bookmark: Bookmark) -> Result<(Anchor, bool)> {
        match bookmark {
            Bookmark::Beginning => Ok((Anchor::Start, false)),
            Bookmark::Current => Ok((state.cursor.clone(), false)),
            Bookmark::End => Ok((Anchor::End, false)),
            Bookmark::Custom(n) => match state.bookmarks.get(&n).ok_or_else(invalid_bookmark)? {
                Anchor::At(key) => self.follow(&state.spec, key),
                place => Ok((place.clone(), false)),
            },
        }
    }

    /// The row that a key stood for: where it was, else wherever its item is now, else the next one.
    fn follow(&self, spec: &Spec, key: &RowKey) -> Result<(Anchor, bool)> {
        let at = Anchor::At(key.clone());
        let same = |k: &RowKey| k.item == key.item && k.instance == key.instance;
        let page = self.source.page(&spec.keys_only(), &at, 1)?;
        if page.rows.first().is_some_and(|r| same(&r.key)) {
            return Ok((at, false));
        }
        let by_key = Restriction::property(
            tags::INSTANCE_KEY,
            mapi_props::RelOp::Eq,
            mapi_kit::computed::instance_key(key.item, key.instance),
        );
        let found = self.source.find(
            &spec.keys_only(),
            &by_key,
            &Anchor::Start,
            Direction::Forward,
        )?;
        match found {
            Some(row) => Ok((Anchor::At(row.key), false)),
            None => Ok((at, true)),
        }
    }

    /// The number of the row after the anchor.
    fn row_number(&self, spec: &Spec, anchor: &Anchor, rows: u64) -> Result<u64> {
        match anchor {
            Anchor::Start => Ok(0),
            Anchor::End => Ok(rows),
            Anchor::Row(n) => Ok((*n).min(rows)),
            Anchor::At(key) => self.source.position(spec, key),
            Anchor::After(key) => {
                let before = self.source.position(spec, key)?;
                // `position` counts rows before the key; the key's own row counts too, if it is still there.
                let page = self
                    .source
                    .page(&spec.keys_only(), &Anchor::At(key.clone()), 1)?;
                let there = page.rows.first().is_some_and(|r| r.key == *key);
                Ok(before + u64::from(there))
            }
        }
    }

    /// A place by row number, as a key that keeps its meaning.
    fn anchor_of(&self, spec: &Spec, row: u64) -> Result<Anchor> {
        let page = self.source.page(&spec.keys_only(), &Anchor::Row(row), 1)?;
        Ok(page
            .rows
            .into_iter()
            .next()
            .map_or(Anchor::End, |r| Anchor::At(r.key)))
    }
}

impl State {
    fn rewind(&mut self) {
        self.bookmarks.clear();
        self.cursor = Anchor::Start;
    }
}

fn invalid_bookmark() -> Error {
    Error::new(
        Code::INVALID_BOOKMARK,
        "the bookmark is not one of this table's",
    )
}

/// TAB-17: what a sort order set may say.
fn check_sort(sort: &SortOrderSet) -> Result<()> {
    let invalid = |why: &str| Err(Error::new(Code::INVALID_PARAMETER, why.to_owned()));
    let keys = u32::try_from(sort.columns.len()).unwrap_or(u32::MAX);
    if sort.expanded > sort.categories || sort.categories > keys {
        return invalid(
            "a sort order has no more categories than keys, and no more expanded than these",
        );
    }
    if sort
        .columns
        .first()
        .is_some_and(|c| c.order == SortOrder::Combine)
    {
        return invalid("the first sort key cannot be combined with one before it");
    }
    let categories = usize::try_from(sort.categories).unwrap_or(usize::MAX);
    if sort
        .columns
        .iter()
        .take(categories)
        .any(|c| c.tag.id() == tags::CONTENT_UNREAD.id())
    {
        return invalid("PR_CONTENT_UNREAD cannot be a category");
    }
    Ok(())
}
