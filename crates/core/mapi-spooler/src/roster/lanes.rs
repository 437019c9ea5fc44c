//! Messages in order of submission, by who may have to look at them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use mapi_kit::outgoing::state::Cause;
use mapi_props::{FileTime, Guid};
use mapi_spi::{ItemId, QueuePlace};

use super::{Stand, Standing};

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// A transport whose turn it is.
    Of(Guid),
    /// Whoever settles recipients that no transport reaches.
    Stranded,
    /// Whoever takes up what an attempt left.
    Begun,
    /// Whoever reads rows that are not known.
    Unread,
}

/// The lanes. What is needed of a message follows from its [`Standing`] alone, so that it is taken out as it was put in. Whose
/// time comes is to be noted anew ([`Lanes::due`]).
#[derive(Debug, Default)]
pub(super) struct Lanes {
    /// Of whom it is not known who serves them next: in the lane of each transport, and among the stranded.
    anybody: BTreeSet<QueuePlace>,
    transports: BTreeMap<Guid, BTreeSet<QueuePlace>>,
    stranded: BTreeSet<QueuePlace>,
    begun: BTreeSet<QueuePlace>,
    unread: BTreeSet<QueuePlace>,
    times: BTreeSet<(FileTime, QueuePlace)>,
    ready: usize,
    deferred: usize,
}

impl Lanes {
    pub(super) const fn ready(&self) -> usize {
        self.ready
    }

    pub(super) const fn deferred(&self) -> usize {
        self.deferred
    }

    pub(super) fn waits(&self) -> usize {
        self.times.len()
    }

    pub(super) fn begun(&self) -> impl Iterator<Item = &QueuePlace> {
        self.begun.iter()
    }

    /// The next time that some message waits for.
    pub(super) fn next_time(&self) -> Option<FileTime> {
        self.times.first().map(|(at, _)| *at)
    }

    /// Messages whose times have come.
    pub(super) fn due(&self, now: FileTime) -> Vec<QueuePlace> {
        let due = self.times.iter().take_while(|(at, _)| *at <= now);
        due.map(|(_, place)| *place).collect()
    }

    pub(super) fn all_waits(&self) -> Vec<QueuePlace> {
        self.times.iter().map(|(_, place)| *place).collect()
    }

    /// How many messages a lane has, at most.
    pub(super) fn len(&self, lane: Lane) -> usize {
        let (own, shared) = self.sets(lane);
        own.map_or(0, BTreeSet::len) + shared.map_or(0, BTreeSet::len)
    }

    /// The messages of a lane after a place, and up to one.
    pub(super) fn between(
        &self,
        lane: Lane,
        after: Option<QueuePlace>,
        upto: QueuePlace,
    ) -> BTreeSet<QueuePlace> {
        let range = (
            after.map_or(Bound::Unbounded, Bound::Excluded),
            Bound::Included(upto),
        );
        let (own, shared) = self.sets(lane);
        let sets = own.into_iter().chain(shared);
        sets.flat_map(|set| set.range(range).copied()).collect()
    }

    /// The first message of a lane after a place.
    pub(super) fn next(&self, lane: Lane, after: Option<QueuePlace>) -> Option<QueuePlace> {
        let from = (
            after.map_or(Bound::Unbounded, Bound::Excluded),
            Bound::Unbounded,
        );
        let (own, shared) = self.sets(lane);
        let sets = own.into_iter().chain(shared);
        sets.filter_map(|set| set.range(from).next()).min().copied()
    }

    fn sets(&self, lane: Lane) -> (Option<&BTreeSet<QueuePlace>>, Option<&BTreeSet<QueuePlace>>) {
        match lane {
            Lane::Of(uid) => (self.transports.get(&uid), Some(&self.anybody)),
            Lane::Stranded => (Some(&self.stranded), Some(&self.anybody)),
            Lane::Begun => (Some(&self.begun), Some(&self.unread)),
            Lane::Unread => (Some(&self.unread), None),
        }
    }

    pub(super) fn put_in(&mut self, item: ItemId, standing: &Standing) {
        self.set(item, standing, |set, place| {
            set.insert(place);
        });
        match standing.stand {
            Stand::Ready => self.ready += 1,
            Stand::Deferred => self.deferred += 1,
            Stand::Waits { until, .. } => {
                self.times.insert((until, place(item, standing)));
            }
            _ => {}
        }
    }

    pub(super) fn take_out(&mut self, item: ItemId, standing: &Standing) {
        self.set(item, standing, |set, place| {
            set.remove(&place);
        });
        match standing.stand {
            Stand::Ready => self.ready -= 1,
            Stand::Deferred => self.deferred -= 1,
            Stand::Waits { until, .. } => {
                self.times.remove(&(until, place(item, standing)));
            }
            _ => {}
        }
    }

    /// The sets that a message belongs to.
    fn set(
        &mut self,
        item: ItemId,
        standing: &Standing,
        mut act: impl FnMut(&mut BTreeSet<QueuePlace>, QueuePlace),
    ) {
        let place = place(item, standing);
        let by = match standing.stand {
            Stand::Unread => {
                act(&mut self.unread, place);
                act(&mut self.anybody, place);
                return;
            }
            Stand::Started | Stand::Committing => return act(&mut self.begun, place),
            Stand::Waits {
                cause: Cause::SendTime,
                ..
            }
            | Stand::Deferred
            | Stand::Rests => return,
            Stand::Ready => By::Anybody,
            Stand::Waits {
                transport: None, ..
            } => By::Nobody,
            // One that its transport could not send keeps those behind it from it.
            Stand::Waits {
                cause: Cause::Transport,
                ..
            } => By::Anybody,
            Stand::Waits {
                transport: Some(transport),
                ..
            } => By::Others(transport),
        };
        let Some((_, route)) = &standing.route else {
            return act(&mut self.anybody, place);
        };
        for uid in route.next.iter().filter(|uid| by.may(**uid)) {
            act(self.transports.entry(*uid).or_default(), place);
        }
        if route.stranded && !route.said {
            act(&mut self.stranded, place);
        }
    }
}

/// Which transports may have to look at a message, of those that serve it next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Anybody,
    Others(Guid),
    Nobody,
}

impl By {
    fn may(self, uid: Guid) -> bool {
        match self {
            Self::Anybody => true,
            Self::Others(than) => than != uid,
            Self::Nobody => false,
        }
    }
}

const fn place(item: ItemId, standing: &Standing) -> QueuePlace {
    QueuePlace {
        submitted: standing.submitted,
        item,
    }
}
