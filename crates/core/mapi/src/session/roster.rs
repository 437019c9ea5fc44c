//! The open stores of a session, and what each is used for.
//! Reference: "Message Store Tables", "Default Message Stores" (requirements STO-02, STO-03)

use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use mapi_kit::names::NameCache;
use mapi_kit::read_only::ReadOnly;
use mapi_props::Code;
use mapi_spi::{Error, Identity, ProviderKind, Result, ServiceConfig, Store, Support};

use super::known_props::KnownProps;
use super::provider::Provider;
use super::providers::Providers;
use crate::advise::{Dispatcher, Hub};
use crate::host::resource_flags;
use crate::subsystem::ServiceUse;
use crate::table::Bell;

/// One open store of a session.
#[derive(Debug)]
pub(crate) struct OpenedStore {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) names: NameCache,
    pub(crate) place: Arc<Place>,
    /// Its properties, once somebody asked for them.
    pub(crate) props: KnownProps,
    /// The same store for handles that may only read.
    read_only: OnceLock<Arc<OpenedStore>>,
    /// Who is told of its changes, once somebody asked to be.
    hub: OnceLock<Arc<Hub>>,
}

/// What a session knows of a store beside the store itself.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) provider: Arc<Provider>,
    /// The letter that the profile gives to it; empty for one that is not in the profile.
    pub(crate) letter: String,
    pub(crate) service: Arc<ServiceUse>,
    pub(crate) config: ServiceConfig,
    pub(crate) support: Arc<dyn Support>,
    pub(crate) identity: Option<Identity>,
}

impl Place {
    /// PR_RESOURCE_FLAGS.
    pub(crate) fn flags(&self) -> u32 {
        self.provider.flags()
    }

    pub(crate) fn is_default(&self) -> bool {
        self.flags() & resource_flags::DEFAULT_STORE != 0
    }
}

impl OpenedStore {
    pub(super) fn new(store: Arc<dyn Store>, place: Arc<Place>) -> Arc<Self> {
        Arc::new(Self {
            store,
            names: NameCache::default(),
            place,
            props: KnownProps::default(),
            read_only: OnceLock::new(),
            hub: OnceLock::new(),
        })
    }

    /// Where registrations for its changes are entered.
    pub(crate) fn hub(&self) -> &Arc<Hub> {
        self.hub.get_or_init(|| {
            let dispatcher = &self.place.service.subsystem.dispatcher;
            Hub::new(Arc::clone(&self.store), Arc::clone(dispatcher))
        })
    }

    /// The same store, refusing changes whatever the handle.
    pub(super) fn for_reading(self: &Arc<Self>) -> Arc<Self> {
        if !self.store.info().capabilities.write {
            return Arc::clone(self);
        }
        let twin = self.read_only.get_or_init(|| {
            let store = Arc::new(ReadOnly::new(Arc::clone(&self.store)));
            Self::new(store, Arc::clone(&self.place))
        });
        Arc::clone(twin)
    }
}

/// Everything needed to enter a store.
#[derive(Debug)]
pub(super) struct Entrant {
    pub(super) store: Arc<dyn Store>,
    pub(super) provider: Arc<Provider>,
    pub(super) service: Arc<ServiceUse>,
    pub(super) config: ServiceConfig,
    /// The host's side, without the status row.
    pub(super) support: Arc<dyn Support>,
}

/// The open stores of a session.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    state: RwLock<State>,
    /// Rung when the stores table shows something else, once somebody asked to be told.
    bell: OnceLock<Arc<Bell>>,
}

#[derive(Debug, Default)]
struct State {
    /// Those of the stores table, in its order.
    listed: Vec<Arc<OpenedStore>>,
    /// Those opened with MDB_TEMPORARY: open as long as somebody holds on to them.
    temporary: Vec<Weak<OpenedStore>>,
    /// The session has ended; nothing is entered any more.
    closed: bool,
}

impl Roster {
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What tells tables of stores that they show something else.
    pub(crate) fn bell(&self, dispatcher: &Arc<Dispatcher>) -> &Arc<Bell> {
        self.bell
            .get_or_init(|| Arc::new(Bell::new(Arc::clone(dispatcher))))
    }

    /// Tells them; under no lock.
    fn changed(&self) {
        if let Some(bell) = self.bell.get() {
            bell.ring();
        }
    }

    /// Gives a store a row in the stores table, in the order of the providers.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION` for a store that comes too late.
    pub(super) fn list(&self, opened: &Arc<OpenedStore>) -> Result<()> {
        let mut state = self.write();
        if state.closed {
            let detail = "the session has ended";
            return Err(Error::new(Code::END_OF_SESSION, detail));
        }
        state.listed.push(Arc::clone(opened));
        state.listed.sort_by_key(|s| s.place.provider.number);
        drop(state);
        self.changed();
        Ok(())
    }

    /// Enters a store without a row.
    pub(super) fn keep(&self, entrant: Entrant) -> Arc<OpenedStore> {
        let opened = Self::opened(entrant);
        let mut state = self.write();
        state.temporary.retain(|s| s.strong_count() > 0);
        state.temporary.push(Arc::downgrade(&opened));
        opened
    }

    /// A store that is not entered yet.
    pub(super) fn opened(entrant: Entrant) -> Arc<OpenedStore> {
        let Entrant {
            store,
            provider,
            service,
            config,
            support,
        } = entrant;
        provider.rename(&store.info().display_name);
        let place = Place {
            letter: provider.letter.clone(),
            identity: provider.identity.clone(),
            provider,
            service,
            config,
            support,
        };
        OpenedStore::new(store, Arc::new(place))
    }

    /// The stores of the stores table.
    pub(crate) fn listed(&self) -> Vec<Arc<OpenedStore>> {
        self.read().listed.clone()
    }

    /// The same with the PR_RESOURCE_FLAGS that they have at one moment.
    pub(crate) fn with_flags(&self) -> Vec<(Arc<OpenedStore>, u32)> {
        let state = self.read();
        let flagged = |s: &Arc<OpenedStore>| (Arc::clone(s), s.place.flags());
        state.listed.iter().map(flagged).collect()
    }

    pub(super) fn default_store(&self) -> Option<Arc<OpenedStore>> {
        self.find(|s| s.place.is_default())
    }

    /// The first store for which this holds: those of the stores table come first.
    pub(super) fn find(&self, is_it: impl Fn(&OpenedStore) -> bool) -> Option<Arc<OpenedStore>> {
        let state = self.read();
        let temporary = state.temporary.iter().filter_map(Weak::upgrade);
        let mut all = state.listed.iter().cloned().chain(temporary);
        all.find(|s| is_it(s))
    }

    /// Gives PR_RESOURCE_FLAGS `bit` to this provider, and takes it from all other stores. `None`: from all.
    pub(super) fn give(&self, bit: u32, to: Option<u64>, providers: &Providers) {
        // The lock is for writing so that no reader sees two stores, or none, in between.
        let locked = self.write();
        for provider in providers.all() {
            let has = to == Some(provider.number);
            if provider.kind == ProviderKind::Store {
                let flags = provider.flags();
                provider.set_flags(if has { flags | bit } else { flags & !bit });
            }
        }
        drop(locked);
        self.changed();
        providers.changed();
    }

    /// Takes a store out of the stores table. Handles to it go on.
    pub(super) fn remove(&self, number: u64) {
        let gone: Vec<_> = {
            let mut state = self.write();
            let is_it = |s: &mut Arc<OpenedStore>| s.place.provider.number == number;
            let gone: Vec<_> = state.listed.extract_if(.., is_it).collect();
            state.temporary.extend(gone.iter().map(Arc::downgrade));
            gone
        };
        drop(gone);
        self.changed();
    }

    /// Lets go of every store.
    pub(super) fn close(&self) {
        let closed = State {
            closed: true,
            ..State::default()
        };
        let state = std::mem::replace(&mut *self.write(), closed);
        // Closing a store may take a while, and may tell its service to shut down: not under the lock.
        drop(state);
    }
}
