//! What a transport brings. Reference: "IXPLogon::Poll", "IXPLogon::StartMessage" (requirements XP-01, SUB-02)

use mapi_props::MessageTree;

use crate::Result;

/// A message that has arrived.
#[derive(Debug)]
pub struct Arrival {
    /// What the transport knows it by: the same whenever it is given again, never that of another; at most 255 bytes. It is
    /// kept with the message in one transaction, so that what was given twice is delivered once.
    pub token: Vec<u8>,
    /// All of it, with PR_RECEIVED_BY_… of whom it is for. Large values are read from their sources while it is delivered.
    pub message: MessageTree,
}

/// Where a transport puts what has arrived.
pub trait Inbox {
    /// Delivers, in order: all of it in one transaction where that is possible. One result for each: `Ok`, it is kept for good (or
    /// was before), and the transport forgets it; an error, it is to be given again later. But for `MAPI_E_CANCEL`: it was given so
    /// often, or took so long, that it will not be kept. The transport does not give it again by itself, but puts it where a person
    /// finds it, with the error's words, and never throws it away. If somebody gives it again after that it is tried anew.
    ///
    /// # Errors
    /// Nothing more can be delivered now; what is kept so far is not known to the transport, and it gives all again.
    fn deliver(&mut self, arrivals: Vec<Arrival>) -> Result<Vec<Result<()>>>;

    /// The transport has forgotten these for good: they are never given again, and need not be remembered.
    ///
    /// # Errors
    /// They stay remembered; the transport says it again when it next can.
    fn forgotten(&mut self, tokens: &[Vec<u8>]) -> Result<()>;
}
