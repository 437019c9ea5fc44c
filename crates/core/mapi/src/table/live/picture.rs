//! A picture of all rows of a short view, and what differs in a later one.

use std::collections::{HashMap, HashSet};

use mapi_props::{PropValue, tags};
use mapi_spi::{Anchor, ItemId, Result, Row};

use super::super::{Source, Spec, TableRow};
use crate::advise::{TableEvent, TableNotification};

/// Rows of which a picture is kept.
const MOST: i64 = 4096;

/// The rows of a view in order, each with its PR_INSTANCE_KEY.
#[derive(Debug, Default)]
pub(super) struct Picture {
    rows: Vec<(Vec<u8>, Row)>,
    /// The number of the log at which it was taken; none if there was nothing to take it of.
    pub(super) seq: Option<u64>,
}

impl Picture {
    /// The rows as they are now; `None` if they are too many.
    pub(super) fn take(source: &dyn Source, spec: &Spec) -> Result<Option<Self>> {
        let mut with_key = spec.clone();
        with_key.columns.push(tags::INSTANCE_KEY.raw());
        let page = source.page(&with_key, &Anchor::Start, MOST + 1)?;
        if i64::try_from(page.rows.len()).is_ok_and(|n| n <= MOST) {
            let keyed = |mut row: Row| match row.cells.pop() {
                Some(PropValue::Binary(key)) => (key, row),
                _ => (Vec::new(), row),
            };
            return Ok(Some(Self {
                rows: page.rows.into_iter().map(keyed).collect(),
                seq: Some(page.seq),
            }));
        }
        Ok(None)
    }

    /// That a row is to be looked at again, although it has not changed; `None` if it is not in the view.
    pub(super) fn touched(
        &self,
        item: ItemId,
        show: impl FnOnce(Row) -> TableRow,
    ) -> Option<TableNotification> {
        let at = self.rows.iter().position(|(_, row)| row.key.item == item)?;
        let prior = at.checked_sub(1).and_then(|n| self.rows.get(n));
        let (key, row) = self.rows.get(at)?;
        Some(TableNotification::placed(
            TableEvent::RowModified,
            key.clone(),
            prior.map(|(key, _)| key.clone()),
            show(row.clone()),
        ))
    }

    /// Becomes `new` and tells how: what is gone, then in the order of the view what is new, has other values, was `touched`
    /// or stands elsewhere.
    pub(super) fn replace(
        &mut self,
        new: Self,
        touched: impl Fn(&Row) -> bool,
        show: impl Fn(Row) -> TableRow,
    ) -> Vec<TableNotification> {
        let old = std::mem::replace(self, new).rows;
        let kept: HashSet<&[u8]> = self.rows.iter().map(|(key, _)| key.as_slice()).collect();
        let gone = old.iter().filter(|(key, _)| !kept.contains(key.as_slice()));
        let mut events: Vec<_> = gone
            .map(|(key, _)| TableNotification::deleted(key.clone()))
            .collect();
        let old: HashMap<&[u8], &Row> = old.iter().map(|(k, row)| (k.as_slice(), row)).collect();
        let same = |(key, row): &(Vec<u8>, Row)| {
            old.get(key.as_slice())
                .is_some_and(|was| **was == *row && !touched(row))
        };
        let mut prior: Option<&Vec<u8>> = None;
        for entry in &self.rows {
            let (key, row) = entry;
            if !same(entry) {
                let event = if old.contains_key(key.as_slice()) {
                    TableEvent::RowModified
                } else {
                    TableEvent::RowAdded
                };
                let row = show(row.clone());
                events.push(TableNotification::placed(
                    event,
                    key.clone(),
                    prior.cloned(),
                    row,
                ));
            }
            prior = Some(key);
        }
        events
    }
}
