//! A run of an index that holds all messages which a part of a restriction matches.

use mapi_query::SearchNeedle;
use mapi_spi::{Call, ItemId, Result};
use rusqlite::{Connection, params};

use crate::failure::Lift;
use crate::order::{self, DATE, Folded, Order, Shape};
use crate::queries;

/// Entries are asked for cancellation this often.
const CHECK_EVERY: usize = 1024;
/// Facets are counted up to here when they are weighed against each other.
pub(in crate::view) const WEIGHED: u64 = 1000;

/// A run of an index, between two keys that are outside.
#[derive(Debug, Clone)]
pub(in crate::view) struct Facet {
    pub(in crate::view) order: Order,
    /// What all keys of the run begin with.
    pub(in crate::view) prefix: Vec<u8>,
    pub(in crate::view) low: Vec<u8>,
    pub(in crate::view) high: Vec<u8>,
    /// What the folded text of a key must hold.
    pub(in crate::view) needle: Option<SearchNeedle>,
}

impl Facet {
    /// A whole index.
    pub(super) fn all(order: Order) -> Self {
        Self::below(order, Vec::new())
    }

    /// All keys that begin with a prefix.
    pub(super) fn below(order: Order, prefix: Vec<u8>) -> Self {
        Self {
            order,
            low: prefix.clone(),
            high: [prefix.as_slice(), &[3]].concat(),
            prefix,
            needle: None,
        }
    }

    pub(super) fn at_most(&mut self, high: &[u8]) {
        if high < self.high.as_slice() {
            self.high = high.to_vec();
        }
    }

    pub(super) fn at_least(&mut self, low: &[u8]) {
        if low > self.low.as_slice() {
            self.low = low.to_vec();
        }
    }

    pub(super) fn meet(&mut self, low: &[u8], high: &[u8]) {
        self.at_least(low);
        self.at_most(high);
    }

    /// Whether the run stands in the order of views that are sorted like this index.
    pub(in crate::view) fn gives(&self, order: Order) -> bool {
        match self.order.shape {
            Shape::Sorted => self.order.id == order.id,
            Shape::Unread | Shape::Equal => order.id == DATE,
            Shape::Folded => false,
        }
    }

    /// Whether all messages that may match are in the run: no text there is that the index does not know.
    pub(super) fn is_sound(&self, db: &Connection, container: ItemId, part: u8) -> Result<bool> {
        if self.order.shape != Shape::Equal {
            return Ok(true);
        }
        let (low, high) = order::holds_unknown();
        let unknown = db
            .prepare_cached(queries::RUN_HAS_ROWS)
            .and_then(|mut s| s.exists(params![container.0, part, self.order.id, low, high]))
            .lift()?;
        Ok(!unknown)
    }

    /// How many entries there are, counted up to [`WEIGHED`].
    pub(in crate::view) fn estimate(
        &self,
        db: &Connection,
        container: ItemId,
        part: u8,
    ) -> Result<u64> {
        db.prepare_cached(queries::RUN_COUNT_UP_TO)
            .and_then(|mut s| {
                s.query_row(
                    params![
                        container.0,
                        part,
                        self.order.id,
                        self.low,
                        self.high,
                        WEIGHED
                    ],
                    |r| r.get(0),
                )
            })
            .lift()
    }

    /// How many entries there are.
    pub(in crate::view) fn count(
        &self,
        db: &Connection,
        container: ItemId,
        part: u8,
    ) -> Result<u64> {
        let run = params![container.0, part, self.order.id, self.low, self.high];
        db.prepare_cached(queries::COUNT_BETWEEN)
            .and_then(|mut s| s.query_row(run, |r| r.get(0)))
            .lift()
    }

    /// The messages of the run whose folded text holds the needle, by number.
    pub(super) fn ids(
        &self,
        db: &Connection,
        container: ItemId,
        part: u8,
        call: &Call,
    ) -> Result<Vec<u64>> {
        let mut select = db.prepare_cached(queries::RUN).lift()?;
        let mut rows = select
            .query(params![
                container.0,
                part,
                self.order.id,
                self.low,
                self.high
            ])
            .lift()?;
        let mut ids = Vec::new();
        let mut seen = 0_usize;
        while let Some(row) = rows.next().lift()? {
            if seen.is_multiple_of(CHECK_EVERY) {
                call.check()?;
            }
            seen += 1;
            if let Some(needle) = &self.needle {
                let key = row.get_ref(1).and_then(|v| Ok(v.as_blob()?)).lift()?;
                match order::folded_of(key) {
                    Folded::Text(text) if !needle.is_in(text) => continue,
                    _ => {}
                }
            }
            ids.push(row.get(0).lift()?);
        }
        ids.sort_unstable();
        Ok(ids)
    }
}
