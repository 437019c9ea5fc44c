//! Multi-valued columns as several rows: MVI_FLAG.
//! Reference: "Working with multivalued columns"; check TAB-22.

use mapi_props::{PropTag, PropType, SortOrderSet};
use mapi_query::Row;

/// The properties on which rows are expanded, in the order in which the columns, then the sort order name them. Instances
/// are numbered with the last one running fastest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expansion(Vec<u16>);

impl Expansion {
    /// What columns and sort keys with MVI_FLAG ask for.
    #[must_use]
    pub fn of(columns: &[PropTag], sort: &SortOrderSet) -> Self {
        let columns = columns.iter().copied();
        let keys = sort.columns.iter().map(|c| c.tag);
        let mut ids: Vec<u16> = Vec::new();
        for tag in columns.chain(keys) {
            if tag.ty().is_mv_instance() && !ids.contains(&tag.id()) {
                ids.push(tag.id());
            }
        }
        Self(ids)
    }

    /// Whether each object makes one row.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Rows that an object makes: the product of its numbers of values, where no value and a single
    /// value count one.
    #[must_use]
    pub fn instances(&self, row: &dyn Row) -> u32 {
        let lens = self.0.iter().map(|id| values(row, *id));
        lens.fold(1, u32::saturating_mul)
    }

    /// Which value of each property an instance shows.
    #[must_use]
    pub fn elements(&self, row: &dyn Row, instance: u32) -> Vec<(u16, usize)> {
        let mut rest = instance;
        let mut out: Vec<(u16, usize)> = Vec::with_capacity(self.0.len());
        for id in self.0.iter().rev() {
            let len = values(row, *id);
            out.push((*id, usize::try_from(rest % len).unwrap_or(0)));
            rest /= len;
        }
        out.reverse();
        out
    }
}

/// Number of values, at least one.
fn values(row: &dyn Row, id: u16) -> u32 {
    let value = row.get(PropTag::new(id, PropType::UNSPECIFIED));
    let len = value.and_then(|v| v.multi_len()).unwrap_or(1);
    u32::try_from(len).unwrap_or(u32::MAX).max(1)
}
