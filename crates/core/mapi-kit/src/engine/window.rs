//! Choosing the rows of a page without sorting all of them.

use std::cmp::Ordering;

use mapi_spi::{Anchor, ItemId, Result, RowKey};

use super::plan::Plan;

/// The place of a row among the rows of a view: sort key, then item, then instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) key: Box<[u8]>,
    pub(super) item: ItemId,
    pub(super) instance: u32,
}

impl Place {
    pub(super) fn seen(&self) -> Seen<'_> {
        Seen {
            key: &self.key,
            item: self.item,
            instance: self.instance,
        }
    }
}

/// The place of a row that is just being looked at: most of them need not be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen<'a> {
    pub(super) key: &'a [u8],
    pub(super) item: ItemId,
    pub(super) instance: u32,
}

impl Seen<'_> {
    pub(super) fn keep(self) -> Place {
        Place {
            key: self.key.into(),
            item: self.item,
            instance: self.instance,
        }
    }
}

/// A gap between two places: where a keyed anchor stands, whether or not its row is still there.
#[derive(Debug)]
pub(super) enum Split {
    Start,
    End,
    Before(Place),
    After(Place),
}

impl Split {
    /// The gap of an anchor; `None` for a row number, which only counting finds.
    pub(super) fn of(anchor: &Anchor, plan: &Plan<'_>) -> Result<Option<Self>> {
        let place = |key: &RowKey| -> Result<Place> {
            Ok(Place {
                key: plan.key_of(key)?.into_boxed_slice(),
                item: key.item,
                instance: key.instance,
            })
        };
        Ok(Some(match anchor {
            Anchor::Start => Self::Start,
            Anchor::End => Self::End,
            Anchor::At(key) => Self::Before(place(key)?),
            Anchor::After(key) => Self::After(place(key)?),
            Anchor::Row(_) => return Ok(None),
        }))
    }

    /// Whether a place lies before the gap.
    pub(super) fn is_after(&self, place: Seen<'_>) -> bool {
        match self {
            Self::Start => false,
            Self::End => true,
            Self::Before(bound) => place < bound.seen(),
            Self::After(bound) => place <= bound.seen(),
        }
    }
}

/// Which end of the order counts as better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefer {
    First,
    Last,
}

/// Keeps the best few of any number of places: at most twice as many as asked for are held.
#[derive(Debug)]
pub(super) struct Best {
    limit: usize,
    prefer: Prefer,
    places: Vec<Place>,
    /// No place worse than this one can be among the best.
    cutoff: Option<Place>,
}

impl Best {
    pub(super) const fn new(limit: usize, prefer: Prefer) -> Self {
        Self {
            limit,
            prefer,
            places: Vec::new(),
            cutoff: None,
        }
    }

    pub(super) fn offer(&mut self, place: Seen<'_>) {
        let hopeless = self.limit == 0
            || (self.cutoff.as_ref())
                .is_some_and(|cutoff| compare(self.prefer, place, cutoff.seen()).is_gt());
        if hopeless {
            return;
        }
        self.places.push(place.keep());
        if self.places.len() >= self.limit.saturating_mul(2).max(256) {
            self.prune();
        }
    }

    /// The best places, in view order.
    pub(super) fn into_sorted(mut self) -> Vec<Place> {
        self.prune();
        self.places.sort_unstable();
        self.places
    }

    fn prune(&mut self) {
        if self.places.len() <= self.limit {
            return;
        }
        let prefer = self.prefer;
        let last = self.limit.saturating_sub(1);
        let (_, worst, _) = self
            .places
            .select_nth_unstable_by(last, |a, b| compare(prefer, a.seen(), b.seen()));
        self.cutoff = Some(worst.clone());
        self.places.truncate(self.limit);
    }
}

fn compare(prefer: Prefer, a: Seen<'_>, b: Seen<'_>) -> Ordering {
    match prefer {
        Prefer::First => a.cmp(&b),
        Prefer::Last => b.cmp(&a),
    }
}
