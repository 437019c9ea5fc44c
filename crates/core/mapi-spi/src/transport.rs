//! Transports: what carries messages away and brings them in.
//! Reference: "Transport Provider Operational Model", "IXPLogon" (requirements XP-01, TX-01 … TX-04)
//!
//! A session logs a transport on ([`crate::Service::open_transport`]) and shows its state; the spooler alone has it send and
//! fetch. A transport writes into no store and knows no queue: it is given messages, and gives some.

use std::fmt::Debug;
use std::time::Duration;

use mapi_props::{Code, Guid, MessageTree};

use crate::{Call, Error, Result, ServiceConfig};

mod flags;
mod incoming;
mod notice;
mod outgoing;

pub use flags::{flush_flags, validate_flags};
pub use incoming::{Arrival, Inbox};
pub use notice::{SpoolerNotice, TransportNotice};
pub use outgoing::{Attempt, Attempts, Fate, Mark, OneOf, Outgoing, Refusal, submit_one};

/// A request to log a transport on.
#[derive(Debug, Clone)]
pub struct OpenTransport {
    /// The service's configuration, with that of the provider over it.
    pub config: ServiceConfig,
    /// Which of the service's providers, by [`crate::ProviderDescription::name`]; empty: the only one.
    pub provider: String,
}

/// A transport that is logged on (IXPLogon).
///
/// It tells its state with [`crate::Support::modify_status_row`]: first while it is opened, with PR_STATUS_CODE and
/// PR_RESOURCE_METHODS at least, and then whenever it changes. Methods whose bit it does not set are never called.
pub trait Transport: Send + Sync + Debug {
    /// Which recipients it can reach (AddressTypes). Asked after it was opened, and again after
    /// [`validate_flags::CONFIG_CHANGED`].
    fn reach(&self) -> Reach;

    /// Whether it brings messages when it is asked ([`Self::receive`]); else it only sends.
    fn receives(&self) -> bool {
        false
    }

    /// Whether [`Fate::Sent`] means that the recipient has it. Then the sender who asked for a delivery report gets it at once; else
    /// it comes from the other side, if at all.
    fn delivers(&self) -> bool {
        false
    }

    /// Takes note of something (TransportNotify). May come while another call runs, on another thread.
    ///
    /// # Errors
    /// Whatever keeps it from doing so.
    fn notify(&self, notice: &TransportNotice) -> Result<()> {
        let _ = notice;
        Ok(())
    }

    /// Its settings are others now. Comes before [`Self::validate_state`] with [`validate_flags::CONFIG_CHANGED`].
    ///
    /// # Errors
    /// Those of [`crate::Service::open_transport`]; the old settings go on then.
    fn config_changed(&self, config: &ServiceConfig, call: &Call) -> Result<()> {
        let _ = (config, call);
        Ok(())
    }

    /// Looks at its state, or changes it (ValidateState); `flags` are of [`validate_flags`]. It sets its status row and
    /// returns: work is for [`Self::submit`] and [`Self::receive`].
    ///
    /// # Errors
    /// `MAPI_E_BUSY` while it does something else, or cannot stop what it does; `MAPI_E_NO_SUPPORT` for a flag that means
    /// nothing to it; `MAPI_E_USER_CANCEL`.
    fn validate_state(&self, flags: u32, call: &Call) -> Result<()>;

    /// Changes the password at the other side (ChangePassword); nobody is asked anything.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` if `old` is not the password; `MAPI_E_NO_SUPPORT`.
    fn change_password(&self, old: &str, new: &str, call: &Call) -> Result<()> {
        let _ = (old, new, call);
        let detail = "the transport has no password that could be changed";
        Err(Error::new(Code::NO_SUPPORT, detail))
    }

    /// Is told that everything is to be sent or fetched (FlushQueues); `flags` are of [`flush_flags`]. It sets its status row
    /// accordingly and returns; the spooler does the rest.
    ///
    /// # Errors
    /// `MAPI_E_BUSY`; `MAPI_E_NO_SUPPORT`.
    fn flush(&self, flags: u32, call: &Call) -> Result<()> {
        let _ = (flags, call);
        let detail = "the transport does nothing on demand";
        Err(Error::new(Code::NO_SUPPORT, detail))
    }

    /// Prepares the copy of a message that it is to send to these recipients (PreprocessMessage): writes a text anew, renders what
    /// it cannot carry. Comes before [`Self::submit`], for each attempt anew. The message in the store stays as it is, and other
    /// transports do not see the change. Recipients keep their places.
    ///
    /// # Errors
    /// Those of [`Self::submit`] before anything was sent: they count as that.
    fn preprocess(
        &self,
        message: &mut MessageTree,
        recipients: &[usize],
        call: &Call,
    ) -> Result<()> {
        let _ = (message, recipients, call);
        Ok(())
    }

    /// Sends a message to the recipients that are named, and says what became of each (SubmitMessage, EndMessage). Bcc rows
    /// and properties that are not for others never leave. Cancelling the call is CANCEL_MESSAGE.
    ///
    /// A transport calls [`Attempt::committing`] when everything but the last word is said, with what it knows of each
    /// recipient, and says that word only if this returns `Ok`.
    ///
    /// # Errors
    /// Before [`Attempt::committing`] was called, an error means that nothing was sent: `MAPI_E_BUSY` and
    /// `MAPI_E_NETWORK_ERROR` (try again later), `MAPI_E_NOT_ME` (none of these recipients), `MAPI_E_CANCEL` (never again).
    /// After it, an error means that nobody knows, unless the mark has a token ([`Self::ascertain`]).
    fn submit(
        &self,
        message: &Outgoing<'_>,
        attempt: &mut dyn Attempt,
        call: &Call,
    ) -> Result<Vec<Fate>>;

    /// How many messages it likes to be given at once ([`Self::submit_all`]).
    fn batch(&self) -> usize {
        1
    }

    /// Sends several messages, in this order, and says of each what [`Self::submit`] would. A transport that can make the
    /// last word of many durable at once does this itself; else one is sent after the other.
    fn submit_all(
        &self,
        messages: &[Outgoing<'_>],
        attempts: &mut dyn Attempts,
        call: &Call,
    ) -> Vec<Result<Vec<Fate>>> {
        let each = messages.iter().enumerate();
        each.map(|(message, outgoing)| {
            call.check()?;
            self.submit(outgoing, &mut OneOf { attempts, message }, call)
        })
        .collect()
    }

    /// Says what became of messages whose last word was being said when everything stopped: for each of these [`Mark::token`]s, in
    /// their order, what became of each recipient that the mark called [`Fate::Sent`], in their order; `None` where nobody knows.
    /// Asked by whoever finds the mark, and after an attempt that failed at the last word, before anything else is done with the message. An answer for more or fewer recipients than
    /// these says nothing.
    ///
    /// What is not said to be sent is tried again. So a transport that says it promises that the attempt it is asked about sends
    /// nothing any more, whoever still makes it.
    ///
    /// # Errors
    /// It cannot say so now, and is asked again: any but `MAPI_E_NO_SUPPORT`, which means that it knows of none.
    fn ascertain(&self, tokens: &[Vec<u8>], call: &Call) -> Result<Vec<Vec<Option<Fate>>>> {
        let _ = call;
        Ok(vec![Vec::new(); tokens.len()])
    }

    /// Puts what has arrived into `inbox` (Poll, StartMessage), in order and a few at a time, and says how long to wait before
    /// it is asked again; `None`: it says itself when there is more, with [`SpoolerNotice::NewMail`].
    ///
    /// # Errors
    /// The first of the inbox; `MAPI_E_NETWORK_ERROR` and the like. What was delivered before stays so.
    fn receive(&self, inbox: &mut dyn Inbox, call: &Call) -> Result<Option<Duration>> {
        let _ = (inbox, call);
        let detail = "the transport only sends";
        Err(Error::new(Code::NO_SUPPORT, detail))
    }

    /// The session ends (TransportLogoff). Nothing is called after it; dropping without it means the same.
    fn logoff(&self) {}
}

/// Which recipients a transport can reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Address types, `SMTP`, compared exactly; `None`: any.
    pub address_types: Option<Vec<String>>,
    /// Recipients whose entry ids carry one of these UIDs; they come before address types.
    pub uids: Vec<Guid>,
}

impl Reach {
    /// Recipients with one of these address types.
    #[must_use]
    pub fn types<'a>(types: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            address_types: Some(types.into_iter().map(str::to_owned).collect()),
            uids: Vec::new(),
        }
    }
}
