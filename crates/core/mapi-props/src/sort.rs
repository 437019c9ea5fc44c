//! Sort orders with categories: SSortOrderSet.
//! [MS-OXCDATA] 2.13

use crate::PropTag;

/// How one column sorts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SortOrder {
    /// TABLE_SORT_ASCEND 0. Missing values come last.
    #[default]
    Ascend,
    /// TABLE_SORT_DESCEND 1. Missing values come last here too.
    Descend,
    /// TABLE_SORT_COMBINE 2: merges with the previous category.
    Combine,
    /// TABLE_SORT_CATEG_MAX 4: categories by the largest value of this key in them.
    CategMax,
    /// TABLE_SORT_CATEG_MIN 8: categories by the smallest value of this key in them.
    CategMin,
}

/// One sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SortColumn {
    /// The property; an MVI type makes one row per value.
    pub tag: PropTag,
    /// Its direction.
    pub order: SortOrder,
}

/// Sort keys, of which the first `categories` group the rows and the first `expanded` start open.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SortOrderSet {
    /// Keys, most significant first. None: the store's default order.
    pub columns: Vec<SortColumn>,
    /// cCategories.
    pub categories: u32,
    /// cExpanded.
    pub expanded: u32,
}

impl SortOrderSet {
    /// A plain sort by these columns.
    #[must_use]
    pub fn by(columns: impl IntoIterator<Item = SortColumn>) -> Self {
        Self {
            columns: columns.into_iter().collect(),
            categories: 0,
            expanded: 0,
        }
    }

    /// The same with the first `categories` keys as categories, of which the first `expanded` start open.
    #[must_use]
    pub fn in_categories(self, categories: u32, expanded: u32) -> Self {
        Self {
            categories,
            expanded,
            ..self
        }
    }
}

impl SortColumn {
    /// Ascending by `tag`.
    #[must_use]
    pub fn ascending(tag: impl Into<PropTag>) -> Self {
        Self {
            tag: tag.into(),
            order: SortOrder::Ascend,
        }
    }

    /// Descending by `tag`.
    #[must_use]
    pub fn descending(tag: impl Into<PropTag>) -> Self {
        Self {
            tag: tag.into(),
            order: SortOrder::Descend,
        }
    }
}
