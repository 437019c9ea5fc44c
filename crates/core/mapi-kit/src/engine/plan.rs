//! A view, checked and made ready to run.

use std::borrow::Cow;

use mapi_props::{Code, PropTag, Restriction, SortColumn, SortOrder, SortOrderSet, tags};
use mapi_query::{
    Instance, Matcher, Row as QueryRow, cell_key_into, is_sortable, row_key_into, sort_value,
};
use mapi_spi::{Depth, Error, ItemId, Result, Row, RowKey, RowSet, StoreInfo, View};

use super::cell::cell;
use super::expand::Expansion;
use super::row::{Full, ItemRow};

/// A checked view of one store.
#[derive(Debug)]
pub struct Plan<'a> {
    info: &'a StoreInfo,
    container: ItemId,
    rows: RowSet,
    columns: &'a [PropTag],
    sort: Cow<'a, SortOrderSet>,
    expansion: Expansion,
    matcher: Option<Matcher>,
}

/// The order of a view that names none: delivery time, newest first, for contents; name for
/// hierarchies, below their depth where the whole tree is shown, so that parents come first.
#[must_use]
pub fn default_sort(rows: RowSet) -> SortOrderSet {
    let name = SortColumn::ascending(tags::DISPLAY_NAME);
    match rows {
        RowSet::Contents { .. } | RowSet::Deep => {
            SortOrderSet::by([SortColumn::descending(tags::MESSAGE_DELIVERY_TIME)])
        }
        RowSet::Hierarchy {
            depth: Depth::Children,
            ..
        } => SortOrderSet::by([name]),
        RowSet::Hierarchy {
            depth: Depth::All, ..
        } => SortOrderSet::by([SortColumn::ascending(tags::DEPTH), name]),
    }
}

impl<'a> Plan<'a> {
    /// Checks a view.
    ///
    /// # Errors
    /// `MAPI_E_TOO_COMPLEX` for a restriction or sort that means nothing, and for MVI columns in a store that
    /// does not claim them; `MAPI_E_NO_SUPPORT` for categories.
    pub fn new(info: &'a StoreInfo, view: &'a View) -> Result<Self> {
        check_sort(&view.sort)?;
        let expansion = Expansion::of(&view.columns, &view.sort);
        if !expansion.is_none() && !info.capabilities.mv_instances {
            return Err(Error::new(
                Code::TOO_COMPLEX,
                "this store makes no row per value of a multi-valued column",
            ));
        }
        let sort = if view.sort.columns.is_empty() {
            Cow::Owned(default_sort(view.rows))
        } else {
            Cow::Borrowed(&view.sort)
        };
        Ok(Self {
            info,
            container: view.container,
            columns: &view.columns,
            sort,
            expansion,
            rows: view.rows,
            matcher: match &view.restriction {
                Some(restriction) => Some(compile(view.rows, restriction)?),
                None => None,
            },
        })
    }

    /// The order, the default one where the view names none.
    #[must_use]
    pub fn sort(&self) -> &SortOrderSet {
        &self.sort
    }

    /// The view's restriction, checked; its [`limit`](Matcher::limit) cuts the view to its first
    /// rows in order.
    #[must_use]
    pub const fn matcher(&self) -> Option<&Matcher> {
        self.matcher.as_ref()
    }

    /// The rows that the view has at most: RES_COUNT.
    pub(super) fn limit(&self) -> Option<usize> {
        let limit = self.matcher.as_ref()?.limit()?;
        Some(usize::try_from(limit).unwrap_or(usize::MAX))
    }

    /// Checks a further restriction over the same rows.
    ///
    /// # Errors
    /// `MAPI_E_TOO_COMPLEX` if it means nothing.
    pub fn compile(&self, restriction: &Restriction) -> Result<Matcher> {
        compile(self.rows, restriction)
    }

    /// Whether objects may make several rows.
    #[must_use]
    pub const fn is_expanded(&self) -> bool {
        !self.expansion.is_none()
    }

    /// How many rows an object makes, before the restriction.
    #[must_use]
    pub fn instances(&self, item: &dyn ItemRow) -> u32 {
        if self.expansion.is_none() {
            return 1;
        }
        self.expansion.instances(&self.full(item, 0))
    }

    /// Whether an instance of an object satisfies the view's restriction.
    #[must_use]
    pub fn matches(&self, item: &dyn ItemRow, instance: u32) -> bool {
        self.matcher
            .as_ref()
            .is_none_or(|m| self.with(item, instance, |row| m.matches(row)))
    }

    /// Whether an instance of an object satisfies a further restriction.
    #[must_use]
    pub fn matches_too(&self, more: &Matcher, item: &dyn ItemRow, instance: u32) -> bool {
        self.with(item, instance, |row| more.matches(row))
    }

    /// Looks at an object as restrictions and sort orders do, computed properties included.
    pub fn look<T>(&self, item: &dyn ItemRow, look: impl FnOnce(&dyn QueryRow) -> T) -> T {
        look(&self.full(item, 0))
    }

    /// The sort key of an instance: bytes in whose order the rows stand, up to ties.
    #[must_use]
    pub fn key(&self, item: &dyn ItemRow, instance: u32) -> Vec<u8> {
        let mut key = Vec::with_capacity(48);
        self.key_into(item, instance, &mut key);
        key
    }

    /// Appends [`Self::key`] to `key`.
    pub fn key_into(&self, item: &dyn ItemRow, instance: u32, key: &mut Vec<u8>) {
        self.with(item, instance, |row| row_key_into(&self.sort, row, key));
    }

    /// Appends the keys of an instance in each sort column, and where they end.
    pub fn keys_into(
        &self,
        item: &dyn ItemRow,
        instance: u32,
        keys: &mut Vec<u8>,
        ends: &mut Vec<usize>,
    ) {
        self.with(item, instance, |row| {
            for column in &self.sort.columns {
                cell_key_into(*column, sort_value(column.tag, row).as_deref(), keys);
                ends.push(keys.len());
            }
        });
    }

    /// The sort key of a place.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` if the place is one of another sort order.
    pub fn key_of(&self, place: &RowKey) -> Result<Vec<u8>> {
        if place.values.len() != self.sort.columns.len() {
            return Err(Error::new(
                Code::INVALID_PARAMETER,
                "the row key belongs to another sort order",
            ));
        }
        let mut key = Vec::with_capacity(48);
        let columns = &self.sort.columns;
        for (column, value) in columns.iter().zip(&place.values) {
            cell_key_into(*column, value.as_ref(), &mut key);
        }
        Ok(key)
    }

    /// An instance of an object as the view shows it.
    #[must_use]
    pub fn row(&self, item: &dyn ItemRow, instance: u32) -> Row {
        self.with(item, instance, |row| Row {
            key: RowKey {
                values: self
                    .sort
                    .columns
                    .iter()
                    .map(|c| sort_value(c.tag, row).map(Cow::into_owned))
                    .collect(),
                item: item.meta().id,
                instance,
            },
            cells: self.columns.iter().map(|tag| cell(row, *tag)).collect(),
        })
    }

    fn with<T>(
        &self,
        item: &dyn ItemRow,
        instance: u32,
        look: impl FnOnce(&dyn QueryRow) -> T,
    ) -> T {
        let full = self.full(item, instance);
        if self.expansion.is_none() {
            return look(&full);
        }
        let elements = self.expansion.elements(&full, instance);
        look(&Instance {
            row: &full,
            elements: &elements,
        })
    }

    fn full<'b>(&'b self, item: &'b dyn ItemRow, instance: u32) -> Full<'b> {
        Full {
            info: self.info,
            row: item,
            instance,
            container: Some(self.container),
        }
    }
}

fn compile(rows: RowSet, restriction: &Restriction) -> Result<Matcher> {
    let compiled = match rows {
        RowSet::Contents { .. } | RowSet::Deep => Matcher::compile(restriction),
        RowSet::Hierarchy { .. } => Matcher::compile_flat(restriction),
    };
    compiled.map_err(|code| Error::new(code, "the restriction has no meaning for these rows"))
}

fn check_sort(sort: &SortOrderSet) -> Result<()> {
    if sort.categories > 0 || sort.expanded > 0 {
        return Err(Error::new(
            Code::NO_SUPPORT,
            "this store makes no categories",
        ));
    }
    for column in &sort.columns {
        if !matches!(column.order, SortOrder::Ascend | SortOrder::Descend) {
            return Err(Error::new(
                Code::TOO_COMPLEX,
                format!("{} sorts categories, and there are none", column.tag),
            ));
        }
        if !is_sortable(column.tag.ty()) {
            return Err(Error::new(
                Code::TOO_COMPLEX,
                format!("values of {} have no order", column.tag),
            ));
        }
    }
    Ok(())
}
