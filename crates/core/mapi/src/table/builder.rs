//! Opening a table in one go.

use mapi_props::{PropTag, Restriction, SortColumn, SortOrderSet};
use mapi_spi::{QueryPlan, Result};

use super::{Source, Table, Width};

/// A table about to be opened: columns, restriction and sort are optional.
#[derive(Debug)]
#[must_use]
pub struct TableBuilder {
    source: Result<Box<dyn Source>>,
    columns: Option<Vec<PropTag>>,
    restriction: Option<Restriction>,
    sort: SortOrderSet,
    width: Width,
}

impl TableBuilder {
    pub(crate) fn new(source: Result<Box<dyn Source>>) -> Self {
        Self {
            source,
            columns: None,
            restriction: None,
            sort: SortOrderSet::default(),
            width: Width::default(),
        }
    }

    /// Text columns as PT_STRING8 where nobody names a type: in the default columns and the sort order as it is told
    /// (opened without MAPI_UNICODE). Typed tags keep their type.
    pub fn ansi(mut self) -> Self {
        self.width = Width::Ansi;
        self
    }

    /// The cells of a row, in order; see [`crate::columns!`].
    pub fn columns(mut self, columns: impl IntoIterator<Item = PropTag>) -> Self {
        self.columns = Some(columns.into_iter().collect());
        self
    }

    /// Only rows that match.
    pub fn restrict(mut self, restriction: impl Into<Option<Restriction>>) -> Self {
        self.restriction = restriction.into();
        self
    }

    /// By these keys, the most significant first.
    pub fn sort(mut self, keys: impl IntoIterator<Item = SortColumn>) -> Self {
        self.sort = SortOrderSet::by(keys);
        self
    }

    /// By this order, with its categories.
    pub fn order(mut self, order: SortOrderSet) -> Self {
        self.sort = order;
        self
    }

    /// How the store will find the rows, without reading them.
    ///
    /// # Errors
    /// As [`Self::open`]; `MAPI_E_NO_SUPPORT` for rows that are in no store.
    pub fn explain(self) -> Result<QueryPlan> {
        self.open()?.explain()
    }

    /// Opens the table.
    ///
    /// # Errors
    /// Those of [`Table::set_columns`], [`Table::restrict`] and [`Table::sort`]; `MAPI_E_NOT_FOUND` for a folder that is
    /// gone; `MAPI_E_NO_SUPPORT` for a kind of table that the store lacks.
    pub fn open(self) -> Result<Table> {
        let table = Table::new(self.source?, self.width);
        if let Some(columns) = self.columns {
            table.set_columns(columns)?;
        }
        if self.restriction.is_some() {
            table.restrict(self.restriction)?;
        }
        if self.sort != SortOrderSet::default() {
            table.sort(self.sort)?;
        }
        Ok(table)
    }
}
