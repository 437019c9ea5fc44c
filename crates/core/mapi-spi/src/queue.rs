//! The outgoing queue of a store. Reference: "Outgoing Queue Tables", "IMsgStore::GetOutgoingQueue" (requirements SP-01, OUT-08)
//!
//! What waits to be sent is a state of messages (MSGFLAG_SUBMIT), not a place; a store finds those messages without looking at
//! others. What the spooler knows of one is a row of its own beside it ([`crate::SyncRow`] of [`Origin::SPOOLER`]), written in
//! the same transactions, which goes when the message does.

use mapi_props::FileTime;

use crate::{ItemId, Origin};

impl Origin {
    /// The spooler.
    pub const SPOOLER: Self = Self(1);
}

/// The key of the spooler's row about a message.
pub const QUEUE_STATE: &[u8] = b"queue";

/// A place in the queue: earlier ones are sent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueuePlace {
    /// PR_CLIENT_SUBMIT_TIME; 0 where there is none.
    pub submitted: FileTime,
    /// Which message.
    pub item: ItemId,
}

/// A message that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// Where it stands.
    pub place: QueuePlace,
    /// Its change number.
    pub change: u64,
    /// The folder that it is in.
    pub folder: ItemId,
    /// PR_MESSAGE_SIZE, bytes.
    pub size: u64,
    /// The spooler's row ([`QUEUE_STATE`]), if there is one.
    pub state: Option<Vec<u8>>,
}
