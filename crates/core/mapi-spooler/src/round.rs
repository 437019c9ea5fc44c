//! One round of work: what is wanted, and what came of it.

pub(crate) mod driving;
mod survey;

use std::time::Duration;

use mapi::Error;
use mapi::spool::Carrier;
use mapi_props::Guid;

/// What a round is to do. The default does nothing; see [`Wanted::due`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Send.
    pub up: bool,
    /// Receive.
    pub down: bool,
    /// Somebody asked for it (FlushQueues): transports are told, and those that receive are asked now.
    pub flush: bool,
    /// FLUSH_FORCE: also what waits for another try. Not what its sender wants to be sent later, or somebody holds.
    pub force: bool,
    /// Only through the transport of this PR_PROVIDER_UID.
    pub target: Option<Guid>,
}

impl Wanted {
    /// Whatever is due.
    #[must_use]
    pub const fn due() -> Self {
        Self {
            up: true,
            down: true,
            flush: false,
            force: false,
            target: None,
        }
    }
}

/// What came of a round.
#[derive(Debug, Default)]
pub struct Round {
    /// When the next one is wanted; none: when something happens in the store, or a transport says something.
    pub next: Option<Duration>,
    /// Messages that left the queue, sent to at least one recipient.
    pub sent: u64,
    /// Messages that arrived.
    pub delivered: u64,
    /// Messages that left the queue, sent to nobody.
    pub failed: u64,
    /// Messages that wait for another try.
    pub waiting: u64,
    /// Messages of which nobody knows whether they were sent, found or made so by this round.
    pub unknown: u64,
    /// What went wrong. The rest was done.
    pub problems: Vec<Problem>,
}

/// Something that went wrong in a round.
#[derive(Debug)]
pub struct Problem {
    /// The transport, by its PR_PROVIDER_UID, if it was one.
    pub transport: Option<Guid>,
    /// What, for a person: the transport's name, or what was done.
    pub what: String,
    /// How.
    pub error: Error,
}

impl Problem {
    /// One with a transport.
    pub(crate) fn of(carrier: &Carrier, error: Error) -> Self {
        Self {
            transport: Some(carrier.uid()),
            what: carrier.name(),
            error,
        }
    }
}
