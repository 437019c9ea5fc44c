//! The library in one program: how often it is initialised, which providers it holds, which session is shared.
//! Reference: "Initializing MAPI", "Linking to the MAPI DLLs" (requirements SES-03, SES-06, OVR-03)

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use mapi_props::{Code, Guid, PropTag};
use mapi_spi::{Error, Result, Service};

use crate::admin::ServiceBells;
use crate::advise::Dispatcher;
use crate::forms::FormChanges;
use crate::host::{Host, ProfileService};
use crate::profile_section::OpenSections;
use crate::session::{Gate, SessionState};
use crate::{InitFlags, TableData};

/// The library, as one program uses it. There is no global state: two of them do not know each other. Clones are the
/// same library.
///
/// Initialising is counted (MAPIInitialize, MAPIUninitialize): while the count is 0, every call answers
/// `MAPI_E_NOT_INITIALIZED`. A program that drops the library need not count down.
#[derive(Debug, Clone)]
pub struct Mapi {
    pub(crate) subsystem: Arc<Subsystem>,
}

impl Mapi {
    /// The library over this host, initialised once.
    #[must_use]
    pub fn initialize(host: Arc<dyn Host>) -> Self {
        Self::initialize_with(host, InitFlags::NONE)
    }

    /// The same with flags. They decide where sinks are called: without [`InitFlags::MULTITHREAD_NOTIFICATIONS`] on this
    /// thread, whenever it calls [`Self::dispatch_notifications`].
    #[must_use]
    pub fn initialize_with(host: Arc<dyn Host>, flags: InitFlags) -> Self {
        let mapi = Self::uninitialized(host);
        mapi.initialize_again_with(flags);
        mapi
    }

    /// The library over this host, not initialised yet.
    #[must_use]
    pub fn uninitialized(host: Arc<dyn Host>) -> Self {
        let subsystem = Subsystem {
            host,
            initialized: AtomicUsize::new(0),
            logon: Gate::default(),
            shared: Mutex::default(),
            services: Mutex::default(),
            sections: OpenSections::default(),
            dispatcher: Dispatcher::new(),
            forms: FormChanges::default(),
            service_bells: ServiceBells::default(),
        };
        Self {
            subsystem: Arc::new(subsystem),
        }
    }

    /// Counts one more user of the library.
    pub fn initialize_again(&self) {
        self.initialize_again_with(InitFlags::NONE);
    }

    /// The same with flags: where sinks are called, the first call decides.
    pub fn initialize_again_with(&self, flags: InitFlags) {
        let background = flags.contains(InitFlags::MULTITHREAD_NOTIFICATIONS);
        self.subsystem.dispatcher.start(background);
        self.subsystem.initialized.fetch_add(1, Ordering::AcqRel);
    }

    /// Counts one user less (MAPIUninitialize). After the last, sessions and all that they opened are dead until the
    /// library is initialised again.
    ///
    /// # Errors
    /// `MAPI_E_NOT_INITIALIZED` when the count is 0 already.
    pub fn uninitialize(&self) -> Result<()> {
        let less = |count: usize| count.checked_sub(1);
        let count = &self.subsystem.initialized;
        let counted = count.fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
        counted.map(drop).map_err(|_| not_initialized())
    }

    /// A table in memory of which the program keeps the rows itself (CreateTable): views of it tell their sinks of changes.
    ///
    /// # Errors
    /// Those of [`TableData::new`]; `MAPI_E_NOT_INITIALIZED`.
    pub fn create_table(
        &self,
        index: impl Into<PropTag>,
        columns: impl IntoIterator<Item = PropTag>,
    ) -> Result<TableData> {
        self.subsystem.check()?;
        let columns = columns.into_iter().collect();
        TableData::over(index.into(), columns, Some(&self.subsystem.dispatcher))
    }

    /// Calls the sinks of this thread with everything committed by now (HrDispatchNotifications), and says with how many
    /// notifications: on the initialising thread all sinks, unless they are called in the background; on any thread those
    /// of [`crate::Sink::on_this_thread`]. Changes that the sinks make are for the next time.
    ///
    /// # Errors
    /// `MAPI_E_NOT_INITIALIZED`.
    pub fn dispatch_notifications(&self) -> Result<usize> {
        self.subsystem.check()?;
        Ok(self.subsystem.dispatcher.dispatch())
    }

    /// Names of the profiles that can be logged on to, those of programs too.
    ///
    /// # Errors
    /// `MAPI_E_NOT_INITIALIZED`; those of the host.
    pub fn profiles(&self) -> Result<Vec<String>> {
        self.subsystem.check()?;
        let entries = self.subsystem.host.profile_entries()?.into_iter();
        Ok(entries.filter(|e| !e.deleted).map(|e| e.name).collect())
    }
}

/// What all sessions of a program have in common.
pub(crate) struct Subsystem {
    pub(crate) host: Arc<dyn Host>,
    initialized: AtomicUsize,
    /// Held while somebody logs on: logons are one after the other (SES-06).
    pub(crate) logon: Gate,
    /// The session that others may join.
    shared: Mutex<Weak<SessionState>>,
    services: Mutex<BTreeMap<String, HeldService>>,
    pub(crate) sections: OpenSections,
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(crate) forms: FormChanges,
    pub(crate) service_bells: ServiceBells,
}

#[derive(Debug)]
struct HeldService {
    service: Arc<dyn Service>,
    uses: usize,
}

impl fmt::Debug for Subsystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subsystem")
            .field("initialized", &self.initialized)
            .finish_non_exhaustive()
    }
}

impl Subsystem {
    pub(crate) fn check(&self) -> Result<()> {
        if self.initialized.load(Ordering::Acquire) == 0 {
            return Err(not_initialized());
        }
        Ok(())
    }

    pub(crate) fn shared_session(&self) -> Option<Arc<SessionState>> {
        lock(&self.shared).upgrade()
    }

    pub(crate) fn share(&self, session: &Arc<SessionState>) {
        *lock(&self.shared) = Arc::downgrade(session);
    }

    /// A UID that nothing has.
    pub(crate) fn new_uid(&self) -> Guid {
        let support = self.host.support("", &ProfileService::default());
        support.new_guid()
    }

    /// A service that no profile names, in use.
    pub(crate) fn lend(self: &Arc<Self>, service: Arc<dyn Service>) -> ServiceUse {
        ServiceUse {
            service,
            name: String::new(),
            subsystem: Arc::clone(self),
        }
    }

    /// The service called `name`, held until the returned value is dropped: sessions that use it at the same time use
    /// the same one.
    pub(crate) fn hold(self: &Arc<Self>, name: &str) -> Result<ServiceUse> {
        let mut services = lock(&self.services);
        let service = match services.get_mut(name) {
            Some(held) => {
                held.uses += 1;
                Arc::clone(&held.service)
            }
            None => {
                let missing =
                    || Error::new(Code::UNCONFIGURED, format!("there is no service `{name}`"));
                let service = self.host.service(name).ok_or_else(missing)?;
                let held = HeldService {
                    service: Arc::clone(&service),
                    uses: 1,
                };
                services.insert(name.to_owned(), held);
                service
            }
        };
        Ok(ServiceUse {
            service,
            name: name.to_owned(),
            subsystem: Arc::clone(self),
        })
    }
}

/// A service in use. When the last one is dropped the service is told to shut down (OVR-03).
#[derive(Debug)]
pub(crate) struct ServiceUse {
    pub(crate) service: Arc<dyn Service>,
    name: String,
    pub(crate) subsystem: Arc<Subsystem>,
}

impl Drop for ServiceUse {
    fn drop(&mut self) {
        // The lock stays until the service is down, so that nobody takes it up again in between.
        let mut services = lock(&self.subsystem.services);
        let Some(held) = services.get_mut(&self.name) else {
            return;
        };
        held.uses -= 1;
        if held.uses == 0 {
            services.remove(&self.name);
            self.service.shutdown();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn not_initialized() -> Error {
    Error::new(Code::NOT_INITIALIZED, "the subsystem is not initialised")
}
