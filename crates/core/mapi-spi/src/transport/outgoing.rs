//! A message on its way out, and what becomes of each of its recipients.
//! Reference: "IXPLogon::SubmitMessage", "IXPLogon::EndMessage" (requirement XP-01)

use std::time::Duration;

use mapi_props::MessageTree;

use crate::Result;

/// A message that a transport is to send.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Its entry id, the same whenever it is tried.
    pub entry_id: &'a [u8],
    /// All of it, with all its recipients. Large values are read from their sources as they are sent.
    pub message: &'a MessageTree,
    /// Whom to send it to: places in its recipients. The others are in other hands.
    pub recipients: &'a [usize],
    /// BEGIN_DEFERRED: the transport kept it for later and asked for it.
    pub again: bool,
}

/// What became of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// It is out of the transport's hands: PR_RESPONSIBILITY becomes TRUE.
    Sent,
    /// It was refused for good: PR_RESPONSIBILITY becomes TRUE and the sender is told.
    Refused(Refusal),
    /// Not now (MAPI_E_WAIT, END_RESEND_LATER).
    Later {
        /// Not before this has passed, if the transport knows.
        after: Option<Duration>,
        /// Why, for a person.
        why: String,
    },
    /// The transport asks for the message again by itself (END_DONT_RESEND).
    Deferred,
    /// Another transport may try (MAPI_E_NOT_ME).
    NotMine,
}

/// Why a recipient was refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// PR_NDR_REASON_CODE.
    pub reason: i32,
    /// PR_NDR_DIAG_CODE: MAPI_DIAG_*; -1 for none.
    pub diagnostic: i32,
    /// PR_NDR_STATUS_CODE: what the other side's protocol says, 0 for nothing.
    pub status: i32,
    /// PR_SUPPLEMENTARY_INFO: what the other side said.
    pub text: String,
}

/// Where a transport says how far it is with several messages ([`crate::Transport::submit_all`]).
pub trait Attempts {
    /// All is said of these messages but the last word. What is known of them is durable when this returns: in one step, however
    /// many there are.
    ///
    /// # Errors
    /// The attempt must be given up for all of them: the last word is said of none.
    fn committing(&mut self, marks: &[Mark]) -> Result<()>;
}

/// How far a transport is with one of several messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Which: its place among the messages.
    pub message: usize,
    /// What is known of each of [`Outgoing::recipients`], in their order.
    pub fates: Vec<Fate>,
}

/// One message of several, as a transport sees it that knows only one.
pub(super) struct OneOf<'a> {
    pub(super) attempts: &'a mut dyn Attempts,
    pub(super) message: usize,
}

impl Attempt for OneOf<'_> {
    fn committing(&mut self, fates: &[Fate]) -> Result<()> {
        let mark = Mark {
            message: self.message,
            fates: fates.to_vec(),
        };
        self.attempts.committing(&[mark])
    }
}

/// Where a transport says how far it is with one message.
pub trait Attempt {
    /// All is said but the last word. What is known of each of [`Outgoing::recipients`], in their order, is durable when this
    /// returns.
    ///
    /// # Errors
    /// The attempt must be given up: the last word is not said.
    fn committing(&mut self, fates: &[Fate]) -> Result<()>;
}
