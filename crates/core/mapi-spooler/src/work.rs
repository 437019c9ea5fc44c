//! What a spooler remembers between rounds; all that must outlive it is in the store.

use std::collections::{BTreeMap, BTreeSet};

use mapi::Reporting;
use mapi::spool::Carrier;
use mapi_props::{FileTime, Guid};
use mapi_spi::{ItemId, TransportNotice};

use crate::aside::Occupied;
use crate::clock::Clock;
use crate::roster::Roster;
use crate::route::Reached;
use crate::settle::Due;
use crate::ways::Ways;

/// What a spooler remembers between rounds.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// How far what an earlier spooler left has been taken up.
    pub(crate) recovery: Recovery,
    /// Transports that were told that they may be asked to send and receive.
    pub(crate) begun: Vec<Carrier>,
    /// What waits in the queue, as far as it is remembered.
    pub(crate) roster: Roster,
    /// Why recipients wait whom no transport reaches; none: they do not.
    pub(crate) hope: Option<String>,
    /// When old messages were looked at that are not given up.
    pub(crate) old_seen: Option<FileTime>,
    /// What transports reached when that was found out.
    pub(crate) reached: Vec<Reached>,
    /// What became of messages, where it could not be written. Nothing else is done with them before it is.
    pub(crate) unsettled: Vec<Due>,
    /// What the profile said last of reports.
    pub(crate) reporting: Reporting,
    /// How the clock has gone, as far as it was looked at.
    pub(crate) clock: Option<Clock>,
    /// How transports work.
    pub(crate) ways: BTreeMap<Guid, Ways>,
    /// What transports must be told before they are asked for anything.
    pub(crate) owed: BTreeMap<Guid, Vec<TransportNotice>>,
    /// Transports in whose calls a thread is.
    pub(crate) occupied: BTreeMap<Guid, Occupied>,
    /// When transports want to be asked for what has arrived.
    pub(crate) receive_at: BTreeMap<Guid, FileTime>,
    /// Transports that were asked at least once, and say themselves when there is more.
    pub(crate) asked: BTreeSet<Guid>,
}

/// How far what an earlier spooler left has been taken up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// Nobody has looked.
    #[default]
    Due,
    /// Transports are to be asked again at this time what became of some messages.
    Asks(FileTime),
    /// Nothing is left of it.
    Done,
}

impl Work {
    /// The thread in a transport's call, if there is one.
    pub(crate) fn occupied(&mut self, transport: Guid) -> Occupied {
        self.occupied.entry(transport).or_default().clone()
    }

    /// Whether a transport is in a call, perhaps one that nobody waits for any more.
    pub(crate) fn is_occupied(&self, transport: Guid) -> bool {
        self.occupied.get(&transport).is_some_and(Occupied::is)
    }

    /// How a transport works.
    pub(crate) fn ways_of(&self, transport: Guid) -> Ways {
        self.ways.get(&transport).copied().unwrap_or_default()
    }

    /// Whether what became of this message is still to be written.
    pub(crate) fn is_unsettled(&self, item: ItemId) -> bool {
        self.unsettled
            .iter()
            .any(|due| due.settlement.message.meta.id == item)
    }
}
