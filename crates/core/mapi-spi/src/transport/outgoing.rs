//! A message on its way out, and what becomes of each of its recipients.
//! Reference: "IXPLogon::SubmitMessage", "IXPLogon::EndMessage" (requirement XP-01)

use std::fmt::{self, Debug};
use std::slice;
use std::time::Duration;

use mapi_props::{Code, MessageTree};

use crate::{Call, Error, Result, Transport};

/// A message that a transport is to send.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Its entry id, the same whenever it is tried.
    pub entry_id: &'a [u8],
    /// All of it, with all its recipients. Large values are read from their sources as they are sent. PR_INTERNET_CONTENT, if it is
    /// there, is the whole as its sender wrote it (RFC 5322 in lines that end with CR LF, without Bcc): a transport of Internet mail sends these bytes, with
    /// no more than trace fields before them, for somebody may have signed them.
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
    /// By this the transport may say later, in another process, what became of the recipients that are said to be sent
    /// ([`crate::Transport::ascertain`]). Empty: it cannot. Of one over [`Self::LONGEST_TOKEN`] bytes nothing is kept.
    pub token: Vec<u8>,
}

impl Mark {
    /// The longest token, bytes.
    pub const LONGEST_TOKEN: usize = 1 << 20;

    /// A mark of a transport that cannot say later what became of the message.
    #[must_use]
    pub const fn new(message: usize, fates: Vec<Fate>) -> Self {
        Self {
            message,
            fates,
            token: Vec::new(),
        }
    }
}

/// One message of several, for what sends only one.
pub struct OneOf<'a> {
    /// Where it is said of all of them.
    pub attempts: &'a mut dyn Attempts,
    /// Which it is: [`Mark::message`].
    pub message: usize,
}

impl Debug for OneOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("OneOf");
        shown
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}

impl Attempt for OneOf<'_> {
    fn committing(&mut self, fates: &[Fate]) -> Result<()> {
        self.committing_as(fates, &[])
    }

    fn committing_as(&mut self, fates: &[Fate], token: &[u8]) -> Result<()> {
        self.attempts.committing(&[Mark {
            message: self.message,
            fates: fates.to_vec(),
            token: token.to_vec(),
        }])
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

    /// The same with [`Mark::token`]. Whoever keeps no tokens need not implement it.
    ///
    /// # Errors
    /// As [`Self::committing`].
    fn committing_as(&mut self, fates: &[Fate], token: &[u8]) -> Result<()> {
        let _ = token;
        self.committing(fates)
    }
}

/// [`Transport::submit`] of a transport that sends many at once: one message as the only one of several.
///
/// # Errors
/// Those of [`Transport::submit`].
pub fn submit_one<T: Transport + ?Sized>(
    transport: &T,
    message: &Outgoing<'_>,
    attempt: &mut dyn Attempt,
    call: &Call,
) -> Result<Vec<Fate>> {
    let mut attempts = OnlyOne(attempt);
    let answers = transport.submit_all(slice::from_ref(message), &mut attempts, call);
    let silent = || {
        Err(Error::new(
            Code::CALL_FAILED,
            "the transport did not answer",
        ))
    };
    answers.into_iter().next().unwrap_or_else(silent)
}

/// One message, for what sends several.
struct OnlyOne<'a>(&'a mut dyn Attempt);

impl Attempts for OnlyOne<'_> {
    fn committing(&mut self, marks: &[Mark]) -> Result<()> {
        let said = |mark: &Mark| self.0.committing_as(&mark.fates, &mark.token);
        marks.iter().try_for_each(said)
    }
}
