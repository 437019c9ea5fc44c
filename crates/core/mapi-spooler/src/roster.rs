//! What waits, as far as it says which rows are to be read: for each transport those of messages that it may have to be given.
//! Requirement SP-01; docs/design/sending.md
//!
//! The rows of the store are the truth: what is done with a message follows from its row, read at that moment. A roster only spares
//! reading those from which nothing would follow. It may name too many messages, never too few: it learns from the store's log what
//! others do, and is told what this spooler does ([`Roster::touch`]).

mod lanes;
mod reading;

use std::collections::HashMap;

use mapi::spool::Waiting;
use mapi_kit::outgoing::state::{Cause, Phase};
use mapi_props::{FileTime, Guid};
use mapi_spi::{ItemId, QueuePlace};

pub(crate) use lanes::Lane;
use lanes::Lanes;

/// Entries of the queue that are read at once, at most.
pub(crate) const PAGE: usize = 256;

/// The messages of a queue.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// What others had done up to this number of the store's log is in it; none: nothing was read.
    seen: Option<u64>,
    /// All that wait.
    messages: HashMap<ItemId, Standing>,
    /// Which of them are to be looked at, and when.
    lanes: Lanes,
    /// The last place at which a message was met.
    tail: Option<QueuePlace>,
    /// While nobody waits for what transports wanted to wait for: those that would.
    hurried: Option<Vec<ItemId>>,
}

/// What is remembered of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    submitted: FileTime,
    stand: Stand,
    /// Its change number when this was found out, and what was.
    route: Option<(u64, Route)>,
}

/// Where it stands, as its row said last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// Its row is to be read.
    Unread,
    /// [`Phase::Ready`], or its time has come.
    Ready,
    /// [`Phase::Waiting`], until a time that is to come.
    Waits {
        until: FileTime,
        cause: Cause,
        transport: Option<Guid>,
    },
    /// [`Phase::Started`].
    Started,
    /// [`Phase::Committing`].
    Committing,
    /// [`Phase::Deferred`].
    Deferred,
    /// Somebody says what becomes of it.
    Rests,
}

/// Where a message goes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    /// The transports.
    pub(crate) next: Vec<Guid>,
    /// Some recipients are reached by none.
    pub(crate) stranded: bool,
    /// Their rows say for what they wait.
    pub(crate) said: bool,
}

impl Roster {
    /// Whether a message waits, as far as it is known.
    pub(crate) fn knows(&self, item: ItemId) -> bool {
        self.messages.contains_key(&item)
    }

    /// How many wait to be sent or to be tried again: those that could be now, and the others.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        (self.lanes.ready(), self.lanes.waits())
    }

    /// The next time that some message waits for.
    pub(crate) fn next_time(&self) -> Option<FileTime> {
        self.lanes.next_time()
    }

    /// Messages of which a transport is to say what became of them.
    pub(crate) fn committing(&self) -> impl Iterator<Item = ItemId> {
        self.lanes.begun().map(|place| place.item).filter(|item| {
            let standing = self.messages.get(item);
            standing.is_some_and(|standing| standing.stand == Stand::Committing)
        })
    }

    /// Messages that transports may keep for later.
    pub(crate) fn resting(&self) -> impl Iterator<Item = ItemId> {
        let all = self.messages.iter();
        let rests = all.filter(|(_, s)| matches!(s.stand, Stand::Deferred | Stand::Rests));
        rests.map(|(item, _)| *item)
    }

    /// Whether some transport keeps a message for all whom it is still to reach.
    pub(crate) const fn keeps(&self) -> bool {
        self.lanes.deferred() > 0
    }

    /// Where a message with this change number goes next, if that was found out.
    pub(crate) fn route(&self, item: ItemId, change: u64) -> Option<&Route> {
        let (of, route) = self.messages.get(&item)?.route.as_ref()?;
        (*of == change).then_some(route)
    }

    /// Remembers that.
    pub(crate) fn set_route(&mut self, item: ItemId, change: u64, route: Route) {
        self.changed(item, |standing| standing.route = Some((change, route)));
    }

    /// What was found out of where messages go means nothing any more.
    pub(crate) fn forget_routes(&mut self) {
        self.change_all(|standing| standing.route = None);
    }

    /// The row of a message says for what recipients wait whom no transport reaches.
    pub(crate) fn say(&mut self, item: ItemId) {
        self.changed(item, |standing| {
            if let Some((_, route)) = &mut standing.route {
                route.said = true;
            }
        });
    }

    /// The rows of stranded recipients say something else, or nothing.
    pub(crate) fn unsay(&mut self) {
        self.change_all(|standing| {
            if let Some((_, route)) = &mut standing.route {
                route.said = false;
            }
        });
    }

    /// The spooler has changed a message or its row, or somebody wants it: it is looked at again.
    pub(crate) fn touch(&mut self, item: ItemId) {
        self.changed(item, |standing| standing.stand = Stand::Unread);
    }

    /// It waits no longer.
    pub(crate) fn remove(&mut self, item: ItemId) {
        if let Some(standing) = self.messages.remove(&item) {
            self.lanes.take_out(item, &standing);
        }
    }

    /// Times until `now` have come.
    pub(crate) fn wake(&mut self, now: FileTime) {
        for place in self.lanes.due(now) {
            self.touch(place.item);
        }
    }

    /// Whatever waits is looked at until [`Self::calm`], though its time has not come; not what its sender wants later.
    pub(crate) fn hurry(&mut self) {
        self.hurried = Some(Vec::new());
        for place in self.lanes.all_waits() {
            self.touch(place.item);
        }
    }

    /// What was looked at before its time waits again.
    pub(crate) fn calm(&mut self) {
        for item in self.hurried.take().unwrap_or_default() {
            self.touch(item);
        }
    }

    /// An empty one, in the same hurry.
    fn emptied(&self) -> Self {
        Self {
            hurried: self.hurried.as_ref().map(|_| Vec::new()),
            ..Self::default()
        }
    }

    /// Takes note of a row that was read.
    fn note(&mut self, waiting: &Waiting, now: FileTime) {
        let state = &waiting.state;
        let stand = match state.phase {
            Phase::Ready => Stand::Ready,
            Phase::Waiting { until, .. } if until <= now => Stand::Ready,
            Phase::Waiting { until, cause, .. } => match &mut self.hurried {
                Some(hurried) if cause != Cause::SendTime => {
                    hurried.push(waiting.item);
                    Stand::Ready
                }
                _ => Stand::Waits {
                    until,
                    cause,
                    transport: state.transport,
                },
            },
            Phase::Started => Stand::Started,
            Phase::Committing => Stand::Committing,
            Phase::Deferred => Stand::Deferred,
            Phase::Held | Phase::Unknown => Stand::Rests,
        };
        let old = self.messages.get(&waiting.item);
        let route = old.and_then(|old| old.route.clone());
        let new = Standing {
            submitted: waiting.place.submitted,
            stand,
            route: route.filter(|(change, _)| *change == waiting.change),
        };
        if old == Some(&new) {
            return;
        }
        self.remove(waiting.item);
        self.lanes.put_in(waiting.item, &new);
        self.messages.insert(waiting.item, new);
        self.tail = self.tail.max(Some(waiting.place));
    }

    fn changed(&mut self, item: ItemId, change: impl FnOnce(&mut Standing)) {
        if let Some(standing) = self.messages.get_mut(&item) {
            self.lanes.take_out(item, standing);
            change(standing);
            self.lanes.put_in(item, standing);
        }
    }

    fn change_all(&mut self, change: impl Fn(&mut Standing)) {
        for (item, standing) in &mut self.messages {
            self.lanes.take_out(*item, standing);
            change(standing);
            self.lanes.put_in(*item, standing);
        }
    }
}
