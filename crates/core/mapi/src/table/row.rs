//! One row of a table.

use mapi_props::{PropTag, PropValue, Tag};
use mapi_spi::{Row, RowKey};

use super::width::Width;
use crate::prop::Prop;
use crate::{EntryId, Typed};

/// One row: a cell per column, and the object that it stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRow {
    cells: Vec<Prop>,
    entry_id: EntryId,
    key: RowKey,
}

impl TableRow {
    pub(super) fn new(columns: &[PropTag], row: Row, entry_id: EntryId, width: Width) -> Self {
        let cell = |(tag, value): (&PropTag, PropValue)| {
            let value = width.cell(*tag, value);
            Prop {
                tag: value.tag(tag.id()),
                value,
            }
        };
        let cells = columns.iter().zip(row.cells).map(cell).collect();
        Self {
            cells,
            entry_id,
            key: row.key,
        }
    }

    /// The cells, in column order; a missing value is PT_ERROR, a reserved cell PT_NULL.
    #[must_use]
    pub fn cells(&self) -> &[Prop] {
        &self.cells
    }

    /// The value of a column, by identifier; `None` if it is no column or has no value.
    #[must_use]
    pub fn value(&self, tag: impl Into<PropTag>) -> Option<&PropValue> {
        let id = tag.into().id();
        let cell = self.cells.iter().find(|c| c.tag.id() == id)?;
        match &cell.value {
            PropValue::Error(_) | PropValue::Null => None,
            value => Some(value),
        }
    }

    /// The typed value of a column; `None` if it is no column or has no value of that type.
    #[must_use]
    pub fn get<T: Typed + ?Sized>(&self, tag: Tag<T>) -> Option<T::Value> {
        self.value(tag).cloned().and_then(T::from_value)
    }

    /// The entry id of the row's object, a column or not. Rows of recipients and attachments and headings of categories
    /// have none of their own: theirs is empty.
    #[must_use]
    pub const fn entry_id(&self) -> &EntryId {
        &self.entry_id
    }

    /// The number of the row's item in its store; 0 of a heading, which is none.
    #[must_use]
    pub const fn item(&self) -> mapi_spi::ItemId {
        self.key.item
    }
}
