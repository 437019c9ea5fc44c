//! A view as a table shows it: columns, filter and order in the tags of the store.

use mapi_props::view_descriptor::{ViewColumn, ViewProperty, ViewSort};
use mapi_props::{
    PropName, PropTag, PropType, Restriction, SortColumn, SortOrder, SortOrderSet, tags,
};
use mapi_spi::{NameCreation, Result};

use super::FolderView;
use crate::{Bookmark, Table};

/// What a view asks of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrangement {
    /// Its columns, without those that group.
    pub columns: Vec<ShownColumn>,
    /// Which rows.
    pub restriction: Option<Restriction>,
    /// In which order, and in which groups; all begin expanded.
    pub sort: SortOrderSet,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownColumn {
    /// What it shows; PR_NULL for a named property that the store has never met.
    pub tag: PropTag,
    /// Its heading.
    pub title: String,
    /// Its width in pixels.
    pub width: u32,
}

impl Arrangement {
    /// Arranges a table: columns, then filter, then order, as costs least. A view without columns leaves those that are
    /// set.
    ///
    /// # Errors
    /// Those of [`Table::set_columns`], [`Table::restrict`] and [`Table::sort`].
    pub fn apply(&self, table: &Table) -> Result<()> {
        if !self.columns.is_empty() {
            table.set_columns(self.columns.iter().map(|c| c.tag))?;
        }
        table.restrict(self.restriction.clone())?;
        table.sort(self.sort.clone())
    }

    /// The same, then expands and collapses the groups as they were when `collapsed` was made ([`Table::collapse_state`]).
    ///
    /// # Errors
    /// As [`Self::apply`] and [`Table::set_collapse_state`].
    pub fn apply_collapsed(&self, table: &Table, collapsed: &[u8]) -> Result<Bookmark> {
        self.apply(table)?;
        table.set_collapse_state(collapsed)
    }
}

impl FolderView {
    /// What the view asks of a table of this store.
    ///
    /// # Errors
    /// Those of the store.
    pub fn arrangement(&self) -> Result<Arrangement> {
        let columns: Vec<&ViewColumn> = self.descriptor.shown_columns().collect();
        let shown = self.tags_of(&columns)?;
        let columns = columns.into_iter().zip(shown);
        Ok(Arrangement {
            columns: columns
                .map(|(column, tag)| ShownColumn {
                    tag: tag.unwrap_or(PropTag::NULL),
                    title: column.title.clone(),
                    width: column.width,
                })
                .collect(),
            restriction: self.descriptor.filter().cloned(),
            sort: self.order()?,
        })
    }

    fn order(&self) -> Result<SortOrderSet> {
        let view = &self.descriptor;
        let (groups, descends): (Vec<_>, Vec<_>) = view.group_columns().unzip();
        let mut keys: Vec<SortColumn> = self
            .tags_of(&groups)?
            .into_iter()
            .zip(descends)
            .filter_map(|(tag, descends)| Some(key(instances(tag?), descends)))
            .collect();
        let groups = keys.len();
        if view.sort == ViewSort::Conversations {
            keys.extend(conversations(view.descending));
            return Ok(in_groups(keys, groups + 1));
        }
        let Some(column) = view.sort_column().filter(|c| c.shows()) else {
            return Ok(in_groups(keys, groups));
        };
        let tag = self.tags_of(&[column])?.into_iter().next().flatten();
        let sorts = |tag: &PropTag| !tag.ty().is_multi() && !keys.iter().any(|k| k.tag == *tag);
        keys.extend(tag.filter(sorts).map(|tag| key(tag, view.descending)));
        Ok(in_groups(keys, groups))
    }

    /// Tags of columns in this store; `None` for a named property that it has never met.
    fn tags_of(&self, columns: &[&ViewColumn]) -> Result<Vec<Option<PropTag>>> {
        let names: Vec<PropName> = columns
            .iter()
            .filter_map(|column| match &column.property {
                ViewProperty::Named(name, _) => Some(name.clone()),
                ViewProperty::Tag(_) => None,
            })
            .collect();
        let mut ids = if names.is_empty() {
            Vec::new()
        } else {
            self.message().inner.context.ids(&names, NameCreation::No)?
        }
        .into_iter();
        let tag = |column: &&ViewColumn| match &column.property {
            ViewProperty::Tag(tag) => Some(tag.with_type(wide(tag.ty()))),
            ViewProperty::Named(_, ty) => ids.next()?.map(|id| PropTag::new(id, wide(*ty))),
        };
        Ok(columns.iter().map(tag).collect())
    }
}

fn in_groups(keys: Vec<SortColumn>, groups: usize) -> SortOrderSet {
    let groups = u32::try_from(groups).unwrap_or(u32::MAX);
    SortOrderSet::by(keys).in_categories(groups, groups)
}

const fn key(tag: PropTag, descends: bool) -> SortColumn {
    let order = if descends {
        SortOrder::Descend
    } else {
        SortOrder::Ascend
    };
    SortColumn { tag, order }
}

/// A group for each of many values.
const fn instances(tag: PropTag) -> PropTag {
    if tag.ty().is_multi() {
        let ty = PropType(tag.ty().0 | PropType::MV_INSTANCE);
        return tag.with_type(ty);
    }
    tag
}

/// Arranged by conversation: one group each, that of the newest (or oldest) message first, and in it as they answer.
fn conversations(descending: bool) -> [SortColumn; 3] {
    let order = if descending {
        SortOrder::CategMax
    } else {
        SortOrder::CategMin
    };
    let topic = if descending {
        SortColumn::descending(tags::CONVERSATION_TOPIC)
    } else {
        SortColumn::ascending(tags::CONVERSATION_TOPIC)
    };
    [
        topic,
        SortColumn {
            tag: tags::MESSAGE_DELIVERY_TIME.raw(),
            order,
        },
        SortColumn::ascending(tags::CONVERSATION_INDEX),
    ]
}

/// Text as PT_UNICODE: views may say PT_STRING8, for clients of another time.
const fn wide(ty: PropType) -> PropType {
    match ty {
        PropType::STRING8 => PropType::UNICODE,
        PropType::MV_STRING8 => PropType::MV_UNICODE,
        ty => ty,
    }
}
