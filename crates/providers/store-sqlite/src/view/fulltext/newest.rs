//! The first rows of a view that shows the newest first, without reading all that match.
//!
//! A message stands at its natural key or above it, so when the last of the rows wanted is newer than the key that the pass
//! has come to can be, no row that follows can come before it.

use std::collections::BinaryHeap;
use std::ops::ControlFlow;

use mapi_kit::engine::Plan;
use mapi_spi::Result;

use super::hits::{Ended, Hits};
use crate::fulltext::natural_key;

/// The place of a row: its key in the order by delivery time, and its number.
pub(in crate::view) type Dated = (Vec<u8>, u64);

/// A search for the rows next to a place.
#[derive(Debug)]
pub(in crate::view) struct Newest<'a> {
    pub(in crate::view) hits: Hits<'a>,
    pub(in crate::view) plan: &'a Plan<'a>,
    /// Messages that are tested in vain at most.
    pub(in crate::view) patience: usize,
}

/// What was found.
#[derive(Debug)]
pub(in crate::view) struct Found {
    /// Rows from the place on, in view order, and one more than wanted if there is one.
    pub(in crate::view) rows: Vec<u64>,
    /// Whether there is a row before the place.
    pub(in crate::view) before: bool,
}

impl Newest<'_> {
    /// Up to `most` rows from a place on; `None` if patience ended.
    pub(in crate::view) fn from(self, place: Option<&Dated>, most: usize) -> Result<Option<Found>> {
        let (mut best, mut before) = (BinaryHeap::<Dated>::new(), false);
        let mut patience = self.patience;
        let mut lost = false;
        let ended = self.hits.each(&mut |hit| {
            let worst = best.peek().filter(|_| best.len() == most);
            if most == 0 || worst.is_some_and(|(date, _)| natural_key(date) > hit.key) {
                return Ok(ControlFlow::Break(()));
            }
            let here = (hit.date.clone(), hit.item);
            let is_before = place.is_some_and(|place| here < *place);
            if (is_before && before) || worst.is_some_and(|worst| here > *worst) {
                return Ok(ControlFlow::Continue(()));
            }
            if !(self.hits.asked).holds(self.hits.db, self.plan, hit)? {
                lost = patience == 0;
                patience = patience.saturating_sub(1);
                return Ok(if lost {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                });
            }
            if is_before {
                before = true;
                return Ok(ControlFlow::Continue(()));
            }
            if best.len() == most {
                best.pop();
            }
            best.push(here);
            Ok(ControlFlow::Continue(()))
        })?;
        if lost || ended == Ended::Strange {
            return Ok(None);
        }
        let rows = best.into_sorted_vec();
        Ok(Some(Found {
            rows: rows.into_iter().map(|(_, item)| item).collect(),
            before,
        }))
    }
}
