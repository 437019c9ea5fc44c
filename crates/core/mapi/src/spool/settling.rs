//! What becomes of messages that were tried: sent and put away, or kept for later, with what there is to report.
//! Reference: "IMsgStore::FinishedMsg", "Processing a Sent Message" (requirements OUT-09, SP-01, RP-01)

use mapi_kit::outgoing::state::QueueState;
use mapi_props::{Bag, Code, MessageTree};
use mapi_spi::{Error, Result};

use super::{Picked, Spool};

/// What becomes of one message.
#[derive(Debug)]
pub struct Settlement {
    /// The message, as it is in the store now: its change number is the one of the lock.
    pub message: Picked,
    /// What is known of it now.
    pub state: QueueState,
    /// What happens to it.
    pub verdict: Verdict,
    /// Its recipient rows as they are from now on; none: as they were.
    pub recipients: Option<Vec<Bag>>,
    /// Reports to its sender, delivered with it.
    pub reports: Vec<MessageTree>,
}

/// What happens to a message of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All its recipients are settled: it leaves the queue for where its sender wants it (FinishedMsg).
    Finish,
    /// It stays in the queue, and can be taken back.
    Unlock,
    /// It stays in the queue, and cannot be taken back: it is, or may be, on its way.
    Keep,
}

impl Spool {
    /// Settles messages: all in one durable transaction, with their reports.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION` when another process is the spooler; `MAPI_E_OBJECT_CHANGED` if one is not as it was;
    /// `MAPI_E_NOT_ENOUGH_DISK` … Nothing has happened then.
    pub fn settle(&self, settlements: &[Settlement]) -> Result<()> {
        let _ = settlements;
        Err(Error::new(Code::NO_SUPPORT, "not yet"))
    }
}
