//! The transports of a session, as its spooler has them carry messages. Reference: "IXPLogon" (requirements XP-01, TX-03)
//!
//! A transport that panics is one that failed; nobody goes with it.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use mapi_props::{Guid, MessageTree};
use mapi_spi::{Attempts, Call, Fate, Identity, Inbox, Outgoing, Reach, Result, TransportNotice};

use crate::Session;
use crate::session::{ActiveTransport, Provider, SessionState, caught};

/// A transport that is logged on.
#[derive(Clone)]
pub struct Carrier {
    provider: Arc<Provider>,
    active: Arc<ActiveTransport>,
    /// Not kept alive by a call that does not come back.
    session: Weak<SessionState>,
}

/// The transports of a session, in transport order.
#[derive(Debug, Clone, Default)]
pub struct Carriers {
    /// Those that are logged on.
    pub running: Vec<Carrier>,
    /// PR_PROVIDER_UID of those that are not: they failed, or have not started yet.
    pub absent: Vec<Guid>,
    /// What is the matter with each of [`Self::absent`], for a person.
    pub stopped: Vec<String>,
}

impl Session {
    /// The transports of the session, in transport order; those that nobody has needed yet are started. None for a logon
    /// without mail.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION`.
    pub fn carriers(&self) -> Result<Carriers> {
        self.track(self.check().map(|()| {
            let mut all = Carriers::default();
            for provider in self.member.transports(self.call()) {
                match provider.transport() {
                    Some(active) => all.running.push(Carrier {
                        provider,
                        active,
                        session: Arc::downgrade(&self.member.session),
                    }),
                    None => {
                        let why = provider.failure().map(|failure| failure.detail);
                        let why = why.unwrap_or_else(|| "it has not started yet".to_owned());
                        let name = provider.display_name();
                        all.absent.push(provider.uid);
                        all.stopped.push(format!("{name}: {why}"));
                    }
                }
            }
            all
        }))
    }
}

impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carrier")
            .field("uid", &self.uid())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

impl Carrier {
    /// PR_PROVIDER_UID.
    #[must_use]
    pub fn uid(&self) -> Guid {
        self.provider.uid
    }

    /// PR_DISPLAY_NAME.
    #[must_use]
    pub fn name(&self) -> String {
        self.provider.display_name()
    }

    /// Who the user is to it.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.provider.identity.as_ref()
    }

    /// Whether it is the same logon of the same transport.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.active, &other.active)
    }

    /// What it said last that it can reach.
    #[must_use]
    pub fn reach(&self) -> Reach {
        self.active.reach()
    }

    /// Asks it again what it can reach.
    ///
    /// # Errors
    /// `MAPI_E_CALL_FAILED` if it panics; what it said last goes on then.
    pub fn ask_reach(&self) -> Result<()> {
        self.guarded(|| {
            self.active.ask_reach();
            Ok(())
        })
    }

    /// Its row in the status table of this session says that it is set aside, and why (`Some`); or again what it says itself.
    pub fn set_aside(&self, why: Option<String>) {
        if self.provider.set_aside(why)
            && let Some(session) = self.session.upgrade()
        {
            session.providers.changed();
        }
    }

    /// Whether it brings messages when it is asked; not, if it panics.
    #[must_use]
    pub fn receives(&self) -> bool {
        self.guarded(|| Ok(self.active.transport.receives()))
            .unwrap_or(false)
    }

    /// Whether what it has sent is delivered ([`mapi_spi::Transport::delivers`]); not, if it panics.
    #[must_use]
    pub fn delivers(&self) -> bool {
        self.guarded(|| Ok(self.active.transport.delivers()))
            .unwrap_or(false)
    }

    /// How many messages it likes to be given at once; at least one.
    #[must_use]
    pub fn batch(&self) -> usize {
        let batch = self.guarded(|| Ok(self.active.transport.batch()));
        batch.unwrap_or(1).max(1)
    }

    /// Tells it something (TransportNotify).
    ///
    /// # Errors
    /// Those of the transport; `MAPI_E_CALL_FAILED` if it panics, here and below.
    pub fn notify(&self, notice: &TransportNotice) -> Result<()> {
        self.guarded(|| self.active.transport.notify(notice))
    }

    /// Has it prepare the outgoing copy of a message ([`mapi_spi::Transport::preprocess`]).
    ///
    /// # Errors
    /// Those of the transport.
    pub fn preprocess(
        &self,
        message: &mut MessageTree,
        recipients: &[usize],
        call: &Call,
    ) -> Result<()> {
        self.guarded(|| {
            let transport = &self.active.transport;
            transport.preprocess(message, recipients, call)
        })
    }

    /// Tells it that everything is to be sent or fetched (FlushQueues); `flags` are of [`mapi_spi::flush_flags`].
    ///
    /// # Errors
    /// Those of the transport.
    pub fn flush(&self, flags: u32, call: &Call) -> Result<()> {
        self.guarded(|| self.active.transport.flush(flags, call))
    }

    /// Has it send messages.
    ///
    /// # Errors
    /// `MAPI_E_CALL_FAILED` if it panics: nobody knows of those that it was committing.
    pub fn submit_all(
        &self,
        messages: &[Outgoing<'_>],
        attempts: &mut dyn Attempts,
        call: &Call,
    ) -> Result<Vec<Result<Vec<Fate>>>> {
        self.guarded(|| {
            let transport = &self.active.transport;
            Ok(transport.submit_all(messages, attempts, call))
        })
    }

    /// Has it say what became of messages whose last word was being said ([`mapi_spi::Transport::ascertain`]).
    ///
    /// # Errors
    /// Those of the transport.
    pub fn ascertain(&self, tokens: &[Vec<u8>], call: &Call) -> Result<Vec<Vec<Option<Fate>>>> {
        self.guarded(|| self.active.transport.ascertain(tokens, call))
    }

    /// Has it bring what has arrived, and says how long to wait before it is asked again.
    ///
    /// # Errors
    /// Those of the transport.
    pub fn receive(&self, inbox: &mut dyn Inbox, call: &Call) -> Result<Option<Duration>> {
        self.guarded(|| self.active.transport.receive(inbox, call))
    }

    fn guarded<T>(&self, call: impl FnOnce() -> Result<T>) -> Result<T> {
        caught(&format!("transport `{}`", self.name()), call)
    }
}
