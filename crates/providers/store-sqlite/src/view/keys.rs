//! The sort keys of all rows of a view: from an index and the items' dates where these give them, else by reading the rows.

use std::ops::ControlFlow;

use mapi_kit::engine;
use mapi_props::SortColumn;
use mapi_query::reverse_cell_key;
use mapi_spi::{ItemId, Result, RowKeys};
use rusqlite::{Row, params};

use super::is_cut;
use super::reading::Reading;
use super::row::show_known;
use crate::failure::{Lift, corrupt};
use crate::order::{self, DATE, KEY_BYTES, Order};
use crate::queries;

/// Rows between two looks at the call.
const CHECK_EVERY: usize = 1024;

impl Reading<'_> {
    /// Shows the keys of every row, in no particular order, until `each` breaks.
    pub(super) fn each_key(
        &self,
        each: &mut dyn FnMut(RowKeys<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let (Some(part), Some(order)) = (self.part, self.stored()) else {
            let found = self.matches_in_tree()?;
            return engine::each_key(self.plan, &self.source(found.as_deref()), self.call, each);
        };
        let only = match self.plan.matcher() {
            Some(_) => Some(self.matches()?),
            None => None,
        };
        let columns = &self.plan.sort().columns;
        let (mut keys, mut ends) = (Vec::new(), Vec::new());
        let mut select = self.db.prepare_cached(queries::KEYS).lift()?;
        let place = params![self.view.container.0, part, order.id];
        let mut rows = select.query(place).lift()?;
        let mut seen = 0_usize;
        while let Some(row) = rows.next().lift()? {
            if seen.is_multiple_of(CHECK_EVERY) {
                self.call.check()?;
            }
            seen += 1;
            let item: u64 = row.get(0).lift()?;
            if only
                .as_ref()
                .is_some_and(|o| o.binary_search(&item).is_err())
            {
                continue;
            }
            keys.clear();
            ends.clear();
            let (key, date) = (blob(row, 2)?, blob(row, 3)?);
            if key.len() >= KEY_BYTES {
                show_known(self.db, item, |row| {
                    self.plan.keys_into(row, 0, &mut keys, &mut ends);
                    Ok(())
                })?;
            } else {
                for (n, column) in columns.iter().enumerate() {
                    let stored = if n == 0 { key } else { date };
                    append(*column, stored, &mut keys);
                    ends.push(keys.len());
                }
            }
            let shown = each(RowKeys {
                item: ItemId(item),
                instance: 0,
                flags: row.get(1).lift()?,
                keys: &keys,
                ends: &ends,
            });
            if shown.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The order of the view's first column, if its index and the dates of items give all keys.
    fn stored(&self) -> Option<Order> {
        let by_date = |c: &SortColumn| order::for_column(*c).is_some_and(|o| o.id == DATE);
        let rest = self.plan.sort().columns.iter().skip(1);
        self.order
            .filter(|_| !is_cut(self.plan) && rest.clone().all(by_date))
    }
}

fn blob<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a [u8]> {
    let value = row.get_ref(column).lift()?;
    value
        .as_blob()
        .map_err(|_| corrupt("a key that is no blob"))
}

/// Appends a stored key as a column wants it.
fn append(column: SortColumn, stored: &[u8], keys: &mut Vec<u8>) {
    let start = keys.len();
    keys.extend_from_slice(stored);
    let natural = order::for_column(column).map(|o| o.natural);
    if natural != Some(column.order)
        && let Some(key) = keys.get_mut(start..)
    {
        reverse_cell_key(key);
    }
}
