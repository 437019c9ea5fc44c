//! The sort keys of all rows of a view: from an index and the items' dates where these give them, else in a pass over the
//! messages; and those of some messages.

mod unread;

use std::ops::ControlFlow;

use mapi_kit::engine::{self, ItemRow, is_unread};
use mapi_props::SortColumn;
use mapi_query::reverse_cell_key;
use mapi_spi::{ItemId, Result, RowKeys};
use rusqlite::{OptionalExtension, Row, params};

use super::is_cut;
use super::reading::Reading;
use super::row::{EncodedRow, show_known};
use crate::failure::{Lift, corrupt};
use crate::order::{self, DATE, KEY_BYTES, Order};
use crate::queries;
use unread::Unread;

/// Rows between two looks at the call.
const CHECK_EVERY: usize = 1024;

/// Takes the keys of a row; breaking ends the pass.
type Each<'a> = &'a mut dyn FnMut(RowKeys<'_>) -> ControlFlow<()>;

impl Reading<'_> {
    /// Shows the keys of every row, in no particular order, until `each` breaks.
    pub(super) fn each_key(&self, each: Each<'_>) -> Result<()> {
        let Some(part) = self.part.filter(|_| !is_cut(self.plan)) else {
            let found = self.matches_in_tree()?;
            let source = self.source(found.as_deref());
            return engine::each_key(self.plan, &source, None, self.call, each);
        };
        let Some(order) = self.stored() else {
            return self.keys_of_all(each);
        };
        let only = match self.plan.matcher() {
            Some(_) => Some(self.matches()?),
            None => None,
        };
        let one = self.plan.sort().columns.len() == 1;
        match (&only, one) {
            (None, true) => match Unread::of(self.db, self.view, part)? {
                Some(unread) => self.keys_of_index((part, order), &unread, each),
                None => self.keys_of_entries((part, order), None, each),
            },
            _ => self.keys_of_entries((part, order), only.as_deref(), each),
        }
    }

    /// Shows the keys of the rows that these messages make.
    pub(super) fn keys_of(&self, items: &[ItemId], each: Each<'_>) -> Result<()> {
        let dates = self.plan.sort().columns.iter().all(is_date);
        let plain = self.plan.matcher().is_none() && !self.plan.is_expanded();
        match self.part.filter(|_| dates && plain) {
            Some(part) => self.dates_of(part, items, each),
            None => engine::each_key(self.plan, &self.source(None), Some(items), self.call, each),
        }
    }

    /// The order of the view's first column, if its index and the dates of items give all keys.
    fn stored(&self) -> Option<Order> {
        let rest = self.plan.sort().columns.iter().skip(1);
        self.order.filter(|_| rest.clone().all(is_date))
    }

    /// From the index alone: rows come with their keys in order.
    fn keys_of_index(
        &self,
        (part, order): (u8, Order),
        unread: &Unread,
        each: Each<'_>,
    ) -> Result<()> {
        let mut keys = KeyBytes::default();
        let mut select = self.db.prepare_cached(queries::IN_ORDER).lift()?;
        let place = params![self.view.container.0, part, order.id];
        let mut rows = select.query(place).lift()?;
        let mut last: Vec<u8> = Vec::new();
        let mut seen = 0_usize;
        while let Some(row) = rows.next().lift()? {
            if seen.is_multiple_of(CHECK_EVERY) {
                self.call.check()?;
            }
            seen += 1;
            let (key, item) = (blob(row, 0)?, row.get(1).lift()?);
            if key.len() >= KEY_BYTES {
                last.clear();
                self.read_keys(item, &mut keys)?;
            } else if key != last {
                last.clear();
                last.extend_from_slice(key);
                self.take_keys(key, &[], &mut keys);
            }
            let shown = each(keys.row(ItemId(item), unread.has(item)));
            if shown.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// From the index and the items; of these messages alone where they are given.
    fn keys_of_entries(
        &self,
        (part, order): (u8, Order),
        only: Option<&[u64]>,
        each: Each<'_>,
    ) -> Result<()> {
        let mut keys = KeyBytes::default();
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
            if only.is_some_and(|o| o.binary_search(&item).is_err()) {
                continue;
            }
            let (key, date) = (blob(row, 2)?, blob(row, 3)?);
            if key.len() >= KEY_BYTES {
                self.read_keys(item, &mut keys)?;
            } else {
                self.take_keys(key, date, &mut keys);
            }
            let unread = order::is_unread(row.get(1).lift()?);
            if each(keys.row(ItemId(item), unread)).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Makes the keys of a row from that of the first column and the date, which all others are.
    fn take_keys(&self, first: &[u8], date: &[u8], keys: &mut KeyBytes) {
        keys.clear();
        for (n, column) in self.plan.sort().columns.iter().enumerate() {
            append(*column, if n == 0 { first } else { date }, &mut keys.bytes);
            keys.ends.push(keys.bytes.len());
        }
    }

    fn read_keys(&self, item: u64, keys: &mut KeyBytes) -> Result<()> {
        keys.clear();
        show_known(self.db, item, |row| {
            (self.plan).keys_into(row, 0, &mut keys.bytes, &mut keys.ends);
            Ok(())
        })
    }

    /// In a pass over all messages that may match, on two cores.
    fn keys_of_all(&self, each: Each<'_>) -> Result<()> {
        let listed = if self.plan.is_expanded() {
            None
        } else {
            self.listed()?
        };
        let gather = |row: &EncodedRow<'_>, some: &mut Gathered| {
            for instance in 0..self.plan.instances(row) {
                if self.plan.matches(row, instance) {
                    some.take(self.plan, row, instance);
                }
            }
        };
        let sieve = self.sieve(listed, true)?;
        let mut ends = Vec::new();
        sieve.pass(&|| self.second(), &gather, &mut |some: Gathered| {
            some.show(&mut ends, each)
        })
    }

    /// Those of messages by delivery time alone, from their items.
    fn dates_of(&self, part: u8, items: &[ItemId], each: Each<'_>) -> Result<()> {
        let mut keys = KeyBytes::default();
        let mut select = self.db.prepare_cached(queries::IN_CONTENTS).lift()?;
        for some in items.chunks(CHECK_EVERY) {
            self.call.check()?;
            for item in some {
                let place = params![item.0, part, self.view.container.0];
                let unread = select
                    .query_row(place, |row| {
                        let date = row.get_ref(1)?.as_blob()?;
                        self.take_keys(date, date, &mut keys);
                        Ok(order::is_unread(row.get(0)?))
                    })
                    .optional()
                    .lift()?;
                if let Some(unread) = unread
                    && each(keys.row(*item, unread)).is_break()
                {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// The keys of one row.
#[derive(Default)]
struct KeyBytes {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl KeyBytes {
    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    fn row(&self, item: ItemId, unread: bool) -> RowKeys<'_> {
        RowKeys {
            item,
            instance: 0,
            unread,
            keys: &self.bytes,
            ends: &self.ends,
        }
    }
}

/// The keys of a chunk of messages.
#[derive(Default)]
struct Gathered {
    /// Item, instance, whether it is unread.
    rows: Vec<(ItemId, u32, bool)>,
    keys: KeyBytes,
}

impl Gathered {
    fn take(&mut self, plan: &engine::Plan<'_>, row: &EncodedRow<'_>, instance: u32) {
        let KeyBytes { bytes, ends } = &mut self.keys;
        plan.keys_into(row, instance, bytes, ends);
        let item = ItemRow::meta(row).id;
        self.rows.push((item, instance, is_unread(row)));
    }

    fn show(&self, ends: &mut Vec<usize>, each: Each<'_>) -> ControlFlow<()> {
        let columns = self.keys.ends.len() / self.rows.len().max(1);
        let mut start = 0;
        let of_rows = self.keys.ends.chunks(columns.max(1));
        for ((item, instance, unread), own) in self.rows.iter().zip(of_rows) {
            ends.clear();
            ends.extend(own.iter().map(|end| end - start));
            let end = own.last().copied().unwrap_or(start);
            each(RowKeys {
                item: *item,
                instance: *instance,
                unread: *unread,
                keys: self.keys.bytes.get(start..end).unwrap_or_default(),
                ends,
            })?;
            start = end;
        }
        ControlFlow::Continue(())
    }
}

fn is_date(column: &SortColumn) -> bool {
    order::for_column(*column).is_some_and(|o| o.id == DATE)
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
