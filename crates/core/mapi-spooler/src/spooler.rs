//! The spooler of a store.

use mapi::spool::Spool;
use mapi::{EntryId, MsgStore, Session};
use mapi_props::{Code, Guid};
use mapi_spi::{Call, Error, Result, SpoolerNotice};

use crate::{Options, Order, Round, Wanted};

/// Sends what waits in a store and receives what arrives for it.
#[derive(Debug)]
pub struct Spooler {
    session: Session,
    spool: Spool,
    options: Options,
}

impl Spooler {
    /// Begins to be the spooler of `store`, which `session` has open under the lease of [`mapi_spi::Role::Spooler`]. Nothing is done before
    /// the first round.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` for a session without that lease; `MAPI_E_NO_ACCESS` for a store that can only be read;
    /// `MAPI_E_END_OF_SESSION`.
    pub fn begin(session: &Session, store: &MsgStore, options: Options) -> Result<Self> {
        Ok(Self {
            session: session.clone(),
            spool: store.spool()?,
            options,
        })
    }

    /// Does what is wanted and due, on this thread: takes up what an earlier one left, sends, receives. Rounds wait for each other.
    /// Cancelling `call` ends it soon, with what was done until then.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION` when another process has the lease: nothing more is said to any transport. `MAPI_E_USER_CANCEL`,
    /// `MAPI_E_TIMEOUT`; those of the store, after which nothing is lost. What goes wrong with one transport or message is no
    /// error; see [`Round::problems`].
    pub fn round(&self, wanted: &Wanted, call: &Call) -> Result<Round> {
        let _ = (wanted, call, &self.session, &self.spool, &self.options);
        Err(Error::new(Code::NO_SUPPORT, "not yet"))
    }

    /// Carries an order out for each of these messages, and says for each whether it could be.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION`, as [`Self::round`]. Of a message: `MAPI_E_NOT_IN_QUEUE` for one that does not wait (any more);
    /// `MAPI_E_UNABLE_TO_ABORT` for one that cannot be taken back now; those of the store.
    pub fn order(
        &self,
        order: Order,
        messages: &[EntryId],
        call: &Call,
    ) -> Result<Vec<Result<()>>> {
        let _ = (order, messages, call);
        Err(Error::new(Code::NO_SUPPORT, "not yet"))
    }

    /// A transport says something; the next round acts on it. What transports of the session say is heard anyway.
    pub fn tell(&self, transport: Guid, notice: SpoolerNotice) {
        let _ = (transport, notice);
    }
}
