//! Categories: rows under headings that expand and collapse.
//!
//! Reference: "Sorting and Categorization", "IMAPITable::ExpandRow", "IMAPITable::CollapseRow", "IMAPITable::GetCollapseState",
//! "IMAPITable::SetCollapseState"; [MS-OXCTABL] (requirements TAB-16, TAB-17)
//!
//! Stores know nothing of categories. A table passes once over the keys of the rows of its view that make categories, and
//! keeps in an [outline](outline) which rows each has: eight bytes a row. The order of rows is read of expanded headings
//! alone, when they come into view ([look]), and cells of the rows shown alone. When the change log says that something
//! happened to messages of the folder, these are looked at again and put where they belong ([upkeep]); the pass is made
//! anew when they are very many, when the log does not say which, and in views that RES_COUNT cuts. What is decided here:
//!
//! * A category is a value of its key in the category above it; rows without a value are one of their own, the last. Values
//!   are one if they sort as one. COMBINE makes values of several columns one key, in the direction of the first.
//! * A heading shows its key, the keys of the headings above it (where their rows write it in several ways, as the row
//!   with the lowest number does: the first that came), PR_CONTENT_COUNT and PR_CONTENT_UNREAD of all rows below it,
//!   PR_INSTANCE_KEY, PR_DEPTH and PR_ROW_TYPE. Its PR_INSTANCE_KEY is made from the keys, so it is the same in every
//!   session. Other rows show all their columns; their PR_DEPTH is the number of levels.
//! * CATEG_MAX and CATEG_MIN follow the category key that they belong to, inside the category keys or right after them, and are
//!   no level of their own: the largest or smallest value in a category takes the place of its key, in the key's
//!   direction. They do not sort the rows of a category.
//! * Rows of a category sort by the keys that are left, else as in an unsorted table.
//! * A heading stays expanded or collapsed while its rows come and go, and under another restriction; SortTable sets all
//!   back to cExpanded. One whose category vanishes is as it was when the category comes back.
//! * RES_COUNT in a restriction keeps the first rows in the order of the sort keys.
//! * Tables of messages have categories, others give MAPI_E_NO_SUPPORT.

mod build;
mod folds;
mod follow;
mod leaves;
mod levels;
mod look;
mod members;
mod outline;
mod saved;
mod upkeep;
mod view;

use mapi_kit::computed::instance_key;
use mapi_props::{Code, PropValue};
use mapi_spi::{Anchor, Error, ItemId, Result, RowKey};

use self::folds::HeadingId;
use super::{Bookmark, State, Table, TableRow};

pub(crate) use self::folds::Folds;
pub(super) use self::view::Categorised;
pub(crate) use self::view::Outlines;

/// What expanding a heading brought into view.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpandedRows {
    /// The first of the rows, as many as were asked for.
    pub rows: Vec<TableRow>,
    /// How many there are: the rows below the heading, and what expanded headings among them show.
    pub added: u64,
}

/// A heading that was expanded or collapsed.
struct Toggled {
    key: RowKey,
    /// Rows that came into view or went out of it.
    rows: u64,
}

impl Table {
    /// Expands the heading of this PR_INSTANCE_KEY and reads up to `count` of the rows that come into view below it
    /// (ExpandRow). The cursor then stands after the last of these, without any after the heading. An expanded
    /// heading adds nothing. Nobody is notified.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if no heading in view has the key; `MAPI_E_BUSY`.
    pub fn expand_row(&self, instance_key: &[u8], count: u64) -> Result<ExpandedRows> {
        self.errors.track(self.expand(instance_key, count))
    }

    fn expand(&self, heading: &[u8], count: u64) -> Result<ExpandedRows> {
        let mut state = self.ready()?;
        let toggled = self.toggle(&mut state, heading, true)?;
        let below = Anchor::After(toggled.key);
        let wanted = i64::try_from(count.min(toggled.rows)).unwrap_or(i64::MAX);
        let rows = if wanted == 0 {
            Vec::new()
        } else {
            self.source.page(&state.spec, &below, wanted)?.rows
        };
        let last = rows.last().map(|row| Anchor::After(row.key.clone()));
        state.cursor = last.unwrap_or(below);
        Ok(ExpandedRows {
            rows: self.rows_of(&state.spec, rows),
            added: toggled.rows,
        })
    }

    /// Collapses the heading of this PR_INSTANCE_KEY (CollapseRow): how many rows went out of view. Headings among them stay
    /// expanded or collapsed for when it is expanded again. A cursor or bookmark out of view stands at the next
    /// row in view. Nobody is notified.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if no heading in view has the key; `MAPI_E_BUSY`.
    pub fn collapse_row(&self, instance_key: &[u8]) -> Result<u64> {
        let collapsed = self.ready().and_then(|mut state| {
            let toggled = self.toggle(&mut state, instance_key, false)?;
            Ok(toggled.rows)
        });
        self.errors.track(collapsed)
    }

    fn toggle(&self, state: &mut State, heading: &[u8], expand: bool) -> Result<Toggled> {
        let none = || Error::new(Code::NOT_FOUND, "no heading in view has this instance key");
        let id = HeadingId::try_from(heading).map_err(|_| none())?;
        let mut folds = state.spec.folds.clone();
        folds.set(id, expand);
        let view = self.categorised(state)?.ok_or_else(none)?;
        let toggled = view.with(&self.source.call(), |look| {
            let spot = look.by_instance_key(heading)?.ok_or_else(none)?;
            let outline = &mut *look.outline;
            outline.row_of(spot).ok_or_else(none)?;
            let before = outline.rows();
            outline.fold(&folds);
            Ok(Toggled {
                key: outline.row_key(spot),
                rows: outline.rows().abs_diff(before),
            })
        })?;
        state.spec.folds = folds;
        state.view_changed();
        Ok(toggled)
    }

    /// Which headings are expanded, and the row of this PR_INSTANCE_KEY, in view or not, as bytes for
    /// [`Self::set_collapse_state`] (GetCollapseState): for this folder, sort order and restriction, in any session.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` without categories; `MAPI_E_INVALID_PARAMETER` for an empty key; `MAPI_E_NOT_FOUND` for a
    /// row that is not there; `MAPI_E_BUSY`.
    pub fn collapse_state(&self, instance_key: &[u8]) -> Result<Vec<u8>> {
        self.errors.track(self.save_state(instance_key))
    }

    fn save_state(&self, row: &[u8]) -> Result<Vec<u8>> {
        let state = self.ready()?;
        let view = self.categorised(&state)?.ok_or_else(no_categories)?;
        if row.is_empty() {
            let detail = "a collapse state needs the instance key of a row";
            return Err(Error::new(Code::INVALID_PARAMETER, detail));
        }
        let key = view.with(&self.source.call(), |look| {
            let spot = look.by_instance_key(row)?;
            let spot =
                spot.ok_or_else(|| Error::new(Code::NOT_FOUND, "no row has this instance key"))?;
            Ok(look.outline.row_key(spot))
        })?;
        Ok(saved::encode(view.digest()?, &state.spec.folds, &key))
    }

    /// Expands and collapses headings as they were when these bytes were made (SetCollapseState). Returns a new bookmark of
    /// the row that they were made with; if that is gone or out of view, using it says so, as with any other.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` without categories; `MAPI_E_UNABLE_TO_COMPLETE` for bytes of another folder, sort order or
    /// restriction, for any others, and at 1,024 bookmarks; `MAPI_E_BUSY`.
    pub fn set_collapse_state(&self, state: &[u8]) -> Result<Bookmark> {
        self.errors.track(self.restore_state(state))
    }

    fn restore_state(&self, bytes: &[u8]) -> Result<Bookmark> {
        let mut state = self.ready()?;
        let view = self.categorised(&state)?.ok_or_else(no_categories)?;
        let saved = saved::decode(view.digest()?, bytes)?;
        let bookmark = state.keep(Anchor::At(saved.row))?;
        state.spec.folds = saved.folds;
        state.view_changed();
        Ok(bookmark)
    }

    /// The table's view if it has categories.
    fn categorised<'a>(&'a self, state: &'a State) -> Result<Option<Categorised<'a>>> {
        match self.source.store_rows() {
            Some(rows) => Categorised::of(rows, &state.spec),
            None => Ok(None),
        }
    }
}

/// The PR_INSTANCE_KEY of a row by its key; of headings too.
pub(super) fn instance_key_of(key: &RowKey) -> Vec<u8> {
    match (key.item, key.values.get(1)) {
        (ItemId(0), Some(Some(PropValue::Binary(heading)))) => heading.clone(),
        _ => instance_key(key.item, key.instance),
    }
}

fn no_categories() -> Error {
    Error::new(Code::NO_SUPPORT, "the table has no categories")
}
