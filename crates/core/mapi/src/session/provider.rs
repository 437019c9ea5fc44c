//! One provider of a session: what it is, how it stands, and what it says of itself.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use mapi_props::{Bag, Code, Guid, PropTag, PropValue, Slot};
use mapi_spi::{Error, Identity, ProviderKind, Reach, Result, StatusChange, Transport};

use crate::context::LastError;
use crate::host::{ProfileProvider, ProfileService};
use crate::subsystem::ServiceUse;

/// A provider of a session. Its row in the status table lives as long as it does.
#[derive(Debug)]
pub(crate) struct Provider {
    /// Number of its rows in the status table and, of a store, in the stores table; never given again in this session.
    pub(crate) number: u64,
    /// PR_PROVIDER_UID; nothing for one that is in no profile.
    pub(crate) uid: Guid,
    /// PR_SERVICE_UID; nothing for one that is in no profile.
    pub(crate) service_uid: Guid,
    /// PR_SERVICE_NAME.
    pub(crate) service: String,
    /// Which of the service's providers it is.
    pub(crate) name: String,
    pub(crate) kind: ProviderKind,
    /// Of a store: its letter.
    pub(crate) letter: String,
    pub(crate) identity: Option<Identity>,
    flags: AtomicU32,
    state: Mutex<State>,
    busy: Mutex<()>,
}

#[derive(Debug)]
struct State {
    /// PR_DISPLAY_NAME.
    display_name: String,
    standing: Standing,
    /// What the provider said of itself.
    said: Bag,
    /// Why it is asked nothing at the moment, though it works for all that it says itself.
    aside: Option<String>,
}

/// How a provider stands.
#[derive(Debug, Clone)]
pub(crate) enum Standing {
    /// It is started when it is needed first.
    Waiting,
    /// It is being started.
    Starting,
    /// It is still being started, and nobody waits for it any longer.
    Late,
    /// A store that works.
    Store,
    /// A transport that works.
    Transport(Arc<ActiveTransport>),
    /// It could not be started, or was switched off with its service.
    Failed(LastError),
}

/// A transport that is logged on.
#[derive(Debug)]
pub(crate) struct ActiveTransport {
    pub(crate) transport: Arc<dyn Transport>,
    reach: Mutex<Reach>,
    /// Dropped after the transport.
    _service: ServiceUse,
}

impl ActiveTransport {
    pub(super) fn new(transport: Arc<dyn Transport>, service: ServiceUse) -> Self {
        let reach = Mutex::new(transport.reach());
        Self {
            transport,
            reach,
            _service: service,
        }
    }

    /// What it said last that it can reach.
    pub(crate) fn reach(&self) -> Reach {
        lock(&self.reach).clone()
    }

    /// Asks it again what it can reach.
    pub(crate) fn ask_reach(&self) {
        let reach = self.transport.reach();
        *lock(&self.reach) = reach;
    }
}

impl Provider {
    pub(super) fn new(number: u64, service: &ProfileService, provider: &ProfileProvider) -> Self {
        Self {
            number,
            uid: provider.uid,
            service_uid: service.uid,
            service: service.service.clone(),
            name: provider.name.clone(),
            kind: provider.kind,
            letter: provider.letter.clone(),
            identity: service.identity.clone(),
            flags: AtomicU32::new(provider.flags),
            state: Mutex::new(State {
                display_name: provider.display_name.clone(),
                standing: Standing::Waiting,
                said: Bag::new(),
                aside: None,
            }),
            busy: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// PR_RESOURCE_FLAGS.
    pub(crate) fn flags(&self) -> u32 {
        self.flags.load(Ordering::Acquire)
    }

    pub(super) fn set_flags(&self, flags: u32) {
        self.flags.store(flags, Ordering::Release);
    }

    pub(crate) fn display_name(&self) -> String {
        self.state().display_name.clone()
    }

    pub(super) fn rename(&self, name: &str) {
        name.clone_into(&mut self.state().display_name);
    }

    pub(crate) fn standing(&self) -> Standing {
        self.state().standing.clone()
    }

    pub(super) fn stands(&self, standing: Standing) {
        self.state().standing = standing;
    }

    /// Why it does not work, if it does not.
    pub(crate) fn failure(&self) -> Option<LastError> {
        match self.standing() {
            Standing::Failed(error) => Some(error),
            Standing::Late => Some(LastError {
                code: Code::TIMEOUT,
                detail: "it has not started yet, and is waited for no longer".to_owned(),
            }),
            Standing::Waiting | Standing::Starting | Standing::Store | Standing::Transport(_) => {
                None
            }
        }
    }

    pub(crate) fn transport(&self) -> Option<Arc<ActiveTransport>> {
        match self.standing() {
            Standing::Transport(active) => Some(active),
            _ => None,
        }
    }

    /// What it said of itself (ModifyStatusRow).
    pub(crate) fn said(&self) -> Bag {
        self.state().said.clone()
    }

    /// Why it is asked nothing at the moment.
    pub(crate) fn aside(&self) -> Option<String> {
        self.state().aside.clone()
    }

    /// It is asked nothing for now, or again. Whether that is news.
    pub(crate) fn set_aside(&self, why: Option<String>) -> bool {
        let mut state = self.state();
        let news = state.aside != why;
        state.aside = why;
        news
    }

    /// It says something of itself.
    pub(super) fn says(&self, columns: &[(PropTag, PropValue)], change: StatusChange) {
        let mut state = self.state();
        if change == StatusChange::Replace {
            state.said = Bag::new();
        }
        for (tag, value) in columns {
            state.said.insert(tag.id(), Slot::Value(value.clone()));
        }
    }

    /// Holds the provider for an operation of its status object.
    ///
    /// # Errors
    /// `MAPI_E_BUSY` while there is another one.
    pub(crate) fn occupy(&self) -> Result<MutexGuard<'_, ()>> {
        match self.busy.try_lock() {
            Ok(guard) => Ok(guard),
            Err(TryLockError::Poisoned(guard)) => Ok(guard.into_inner()),
            Err(TryLockError::WouldBlock) => Err(busy()),
        }
    }
}

/// Another operation runs.
pub(crate) fn busy() -> Error {
    Error::new(Code::BUSY, "another operation of the status object runs")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
