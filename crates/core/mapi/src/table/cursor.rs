//! The cursor of a table: bookmarks, seeking, fractions, finding.
//! Reference: "Table Positioning" (requirements TAB-11 … TAB-14)

use std::cmp::Ordering;

use mapi_props::{Code, RelOp, Restriction, tags};
use mapi_spi::{Anchor, Direction, Error, Result, RowKey};

use super::categories::instance_key_of;
use super::{Spec, State, Table, TableRow};
use crate::Returned;

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
    /// Moves the cursor `count` rows from a bookmark, not past the edges; returns how far it went, signed. The warning
    /// `MAPI_W_POSITION_CHANGED` says that the bookmark's row is gone and the next one took its place.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_BOOKMARK`.
    pub fn seek_row(&self, from: Bookmark, count: i64) -> Result<Returned<i64>> {
        self.errors.track(self.seek(from, count))
    }

    fn seek(&self, from: Bookmark, count: i64) -> Result<Returned<i64>> {
        let mut state = self.ready()?;
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
        // The same places that walking there leads to.
        let place = match to.cmp(&start) {
            Ordering::Equal => from.clone(),
            Ordering::Less => self.anchor_of(spec, to)?,
            Ordering::Greater => match self.anchor_of(spec, to - 1)? {
                Anchor::At(key) => Anchor::After(key),
                end => end,
            },
        };
        Ok((place, moved))
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
        let mut state = self.ready()?;
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
        self.errors.track(self.position())
    }

    fn position(&self) -> Result<TablePosition> {
        let state = self.ready()?;
        let rows = self.source.count(&state.spec)?;
        let row = self.row_number(&state.spec, &state.cursor, rows)?;
        Ok(TablePosition {
            row,
            numerator: row,
            denominator: rows.max(1),
        })
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
        let mut state = self.ready()?;
        let (anchor, lost) = self.resolve(&state, from)?;
        let none = || Error::new(Code::NOT_FOUND, "no row matches");
        let row = self
            .source
            .find(&state.spec, restriction, &anchor, direction)?
            .ok_or_else(none)?;
        let place = Anchor::At(row.key.clone());
        let row = self.rows_of(&state.spec, vec![row]).pop();
        let row = row.ok_or_else(none)?;
        state.cursor = place;
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
        let mut state = self.ready()?;
        let page = self
            .source
            .page(&state.spec.keys_only(), &state.cursor, 1)?;
        let place = page
            .rows
            .first()
            .map_or(Anchor::End, |r| Anchor::At(r.key.clone()));
        state.keep(place)
    }

    /// Gives a bookmark back; for the three fixed ones this does nothing.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_BOOKMARK`.
    pub fn free_bookmark(&self, bookmark: Bookmark) -> Result<()> {
        let Bookmark::Custom(number) = bookmark else {
            return self.errors.track(Ok(()));
        };
        let freed = self.ready().and_then(|mut state| {
            let freed = state.bookmarks.remove(&number);
            freed.map(drop).ok_or_else(invalid_bookmark)
        });
        self.errors.track(freed)
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
        let instance = instance_key_of(key);
        let same = |k: &RowKey| instance_key_of(k) == instance;
        let page = self.source.page(&spec.keys_only(), &at, 1)?;
        if let Some(row) = page.rows.into_iter().next().filter(|r| same(&r.key)) {
            return Ok((Anchor::At(row.key), false));
        }
        let by_key = Restriction::property(tags::INSTANCE_KEY, RelOp::Eq, instance);
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
        let none = if row == 0 { Anchor::Start } else { Anchor::End };
        let first = page.rows.into_iter().next();
        Ok(first.map_or(none, |r| Anchor::At(r.key)))
    }
}

impl State {
    /// A new bookmark of a place.
    pub(super) fn keep(&mut self, place: Anchor) -> Result<Bookmark> {
        if self.bookmarks.len() >= MAX_BOOKMARKS {
            return Err(Error::new(
                Code::UNABLE_TO_COMPLETE,
                "the table has too many bookmarks",
            ));
        }
        let number = self.next_bookmark;
        self.next_bookmark += 1;
        self.bookmarks.insert(number, place);
        Ok(Bookmark::Custom(number))
    }
}

fn invalid_bookmark() -> Error {
    Error::new(
        Code::INVALID_BOOKMARK,
        "the bookmark is not one of this table's",
    )
}
