//! Tables: read-only views of rows with their own columns, filter, order and cursor.
//! Reference: "IMAPITable" (requirements TAB-01 … TAB-25, 7.6)

mod advise;
mod asynchronous;
mod builder;
mod categories;
mod cursor;
mod data;
mod live;
mod memory;
mod row;
mod snapshot;
mod source;
mod width;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use mapi_props::{Code, PropTag, PropType, Restriction, SortOrder, SortOrderSet, tags};
use mapi_spi::{Anchor, Error, QueryPlan, Result};

use crate::context::{ErrorNote, LastError};
use crate::{RowFlags, TableFlags};

use advise::Followers;
pub(crate) use advise::{Bell, Feed};
use asynchronous::{Change, Running, Shared};
pub use asynchronous::{TableKind, TableStatus, TableWork};
pub use builder::TableBuilder;
pub use categories::ExpandedRows;
pub(crate) use categories::{Folds, Outlines};
pub use cursor::{Bookmark, TablePosition};
pub use data::{TableData, TableDataRow, Utilities};
pub(crate) use live::LiveTable;
pub(crate) use memory::{MemoryRow, MemoryRows};
pub use row::TableRow;
pub(crate) use snapshot::Snapshot;
pub(crate) use source::{Source, Spec, StoreRows};
use width::Width;

/// Where tables tell how they are used, for logs: at level trace, `restrict` and nothing of what is looked for.
pub const TABLE_TARGET: &str = "mapi::table";

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
    source: Arc<dyn Source>,
    shared: Arc<Shared>,
    errors: Arc<ErrorNote>,
    width: Width,
    /// Who works in the background, or did last.
    worker: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct State {
    spec: Spec,
    cursor: Anchor,
    bookmarks: HashMap<u32, Anchor>,
    next_bookmark: u32,
    /// What goes on now, or how the last of it ended.
    work: TableWork,
    running: Option<Running>,
    /// What TBL_BATCH put off, in order, one of a kind.
    deferred: Vec<Change>,
    followers: Followers,
    /// Rows of the view were read.
    read: bool,
}

impl Table {
    fn new(source: Box<dyn Source>, width: Width) -> Self {
        let state = State {
            spec: Spec {
                columns: width.tags(source.default_columns()),
                restriction: None,
                sort: source.default_sort(),
                folds: Folds::default(),
            },
            cursor: Anchor::Start,
            bookmarks: HashMap::new(),
            next_bookmark: 0,
            work: TableWork::Complete,
            running: None,
            deferred: Vec::new(),
            followers: Followers::default(),
            read: false,
        };
        Self {
            source: Arc::from(source),
            shared: Arc::new(Shared::new(state)),
            errors: Arc::default(),
            width,
            worker: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
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
    /// `MAPI_E_INVALID_PARAMETER` without columns; `MAPI_E_BUSY`.
    pub fn set_columns(&self, columns: impl IntoIterator<Item = PropTag>) -> Result<()> {
        self.set_columns_with(columns, TableFlags::NONE)
    }

    /// The same with flags.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` without columns; `MAPI_E_BUSY`.
    pub fn set_columns_with(
        &self,
        columns: impl IntoIterator<Item = PropTag>,
        flags: TableFlags,
    ) -> Result<()> {
        let columns: Vec<PropTag> = columns.into_iter().collect();
        if columns.is_empty() {
            let detail = "a table needs at least one column";
            let error = Error::new(Code::INVALID_PARAMETER, detail);
            return self.errors.track(Err(error));
        }
        self.errors
            .track(self.change(Change::Columns(columns), flags))
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

    /// The columns: those that are set, or the table's default set. Never waits: while columns are set in the background,
    /// these are the ones before.
    #[must_use]
    pub fn query_columns(&self) -> Vec<PropTag> {
        let state = self.state();
        match state.waiting(TableWork::SettingColumns) {
            Some(Change::Columns(columns)) => columns.clone(),
            _ => state.spec.columns.clone(),
        }
    }

    /// TBL_ALL_COLUMNS: the default set and all others that are known to be useful here, with those that are set.
    #[must_use]
    pub fn query_all_columns(&self) -> Vec<PropTag> {
        let mut all = self.width.tags(self.source.all_columns());
        for column in self.query_columns() {
            if !all.contains(&column) && column.ty() != PropType::NULL {
                all.push(column);
            }
        }
        all
    }

    /// Shows only rows that match; replaces the restriction before. Drops bookmarks, cursor to the beginning.
    ///
    /// # Errors
    /// `MAPI_E_TOO_COMPLEX`; the old restriction stays. `MAPI_E_BUSY`.
    pub fn restrict(&self, restriction: impl Into<Option<Restriction>>) -> Result<()> {
        self.restrict_with(restriction, TableFlags::NONE)
    }

    /// The same with flags.
    ///
    /// # Errors
    /// Those of [`Self::restrict`], now or later.
    pub fn restrict_with(
        &self,
        restriction: impl Into<Option<Restriction>>,
        flags: TableFlags,
    ) -> Result<()> {
        tracing::trace!(target: TABLE_TARGET, "restrict");
        let change = Change::Restriction(restriction.into());
        self.errors.track(self.change(change, flags))
    }

    /// Sorts by these keys; none: the table's own order, which for contents is the one saved on the folder. Missing values
    /// come last. With categories the rows stand under headings, expanded as the sort order set says; see
    /// [`Self::expand_row`]. Drops bookmarks, cursor to the beginning.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a sort order set that contradicts itself, `MAPI_E_TOO_COMPLEX` for a column that
    /// has no order and for more than four category keys, `MAPI_E_NO_SUPPORT` for categories in tables of anything but a
    /// folder's messages; the old order stays. `MAPI_E_BUSY`.
    pub fn sort(&self, sort: SortOrderSet) -> Result<()> {
        self.sort_with(sort, TableFlags::NONE)
    }

    /// The same with flags.
    ///
    /// # Errors
    /// Those of [`Self::sort`], now or later.
    pub fn sort_with(&self, sort: SortOrderSet, flags: TableFlags) -> Result<()> {
        let sort = if sort.columns.is_empty() && sort.categories == 0 {
            self.source.default_sort()
        } else {
            sort
        };
        self.errors.track(self.change(Change::Sort(sort), flags))
    }

    /// The sort keys as set, those of text in the table's width. Never waits: while the table is sorted in the background,
    /// these are the ones before.
    #[must_use]
    pub fn query_sort_order(&self) -> SortOrderSet {
        let state = self.state();
        let sort = match state.waiting(TableWork::Sorting) {
            Some(Change::Sort(sort)) => sort,
            _ => &state.spec.sort,
        };
        self.width.sort(sort.clone())
    }

    /// Rows of the view.
    ///
    /// # Errors
    /// Those of the store.
    pub fn row_count(&self) -> Result<u64> {
        let spec = self.ready().map(|state| state.spec.clone());
        self.errors
            .track(spec.and_then(|spec| self.source.count(&spec)))
    }

    /// How the store finds the rows of the view as it is set now, without reading them.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` for rows that are in no store; those of the store.
    pub fn explain(&self) -> Result<QueryPlan> {
        let spec = self.ready().map(|state| state.spec.clone());
        self.errors
            .track(spec.and_then(|spec| self.source.explain(&spec)))
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
        let mut state = self.ready()?;
        let beginners = state.begin_reading();
        let page = self.page(&state.spec, &state.cursor, count, &beginners)?;
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
        let ids = self.source.entry_ids(&rows);
        let rows = rows.into_iter().zip(ids);
        rows.map(|(row, id)| TableRow::new(&spec.columns, row, id, self.width))
            .collect()
    }

    /// The rows of these numbers, without moving the cursor.
    ///
    /// # Errors
    /// Those of the store.
    pub fn rows(&self, range: Range<u64>) -> Result<Vec<TableRow>> {
        self.errors.track(self.numbered_rows(range))
    }

    fn numbered_rows(&self, range: Range<u64>) -> Result<Vec<TableRow>> {
        let mut state = self.ready()?;
        let (spec, beginners) = (state.spec.clone(), state.begin_reading());
        drop(state);
        let count = i64::try_from(range.end.saturating_sub(range.start)).unwrap_or(i64::MAX);
        if count == 0 {
            return Ok(Vec::new());
        }
        let from = if range.start == 0 {
            Anchor::Start
        } else {
            Anchor::Row(range.start)
        };
        let page = self.page(&spec, &from, count, &beginners)?;
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
}

impl State {
    fn rewind(&mut self) {
        self.bookmarks.clear();
        self.cursor = Anchor::Start;
        self.read = false;
        self.followers.rows_are_void();
    }
}

/// TAB-17: what a sort order set may say.
pub(crate) fn check_sort(sort: &SortOrderSet) -> Result<()> {
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
