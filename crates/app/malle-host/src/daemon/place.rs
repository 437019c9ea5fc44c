//! The stores of profiles, each to be opened whenever somebody works in it.

use std::sync::Arc;

use mapi::{Host, Mapi, Profile, ProfileFlags, ProfileProvider, ProfileService, resource_flags};
use mapi_props::Code;
use mapi_spi::{Call, Error, OpenMode, OpenStore, Result, Store};

/// Does what waits in all profiles until nobody uses them, and what a crash has left undone.
pub(super) fn settle_profiles(host: &Arc<dyn Host>) {
    let mapi = Mapi::initialize(Arc::clone(host));
    // Every call of administration begins with that.
    if let Ok(admin) = mapi.admin_profiles() {
        drop(admin.profile_table(ProfileFlags::NONE));
    }
}

/// A store as a profile names it.
#[derive(Debug, Clone)]
pub struct Place {
    host: Arc<dyn Host>,
    profile: String,
    service: ProfileService,
    provider: ProfileProvider,
    /// The transports of the profile, in transport order. Two places with others are the same place.
    transports: Arc<Vec<(ProfileService, ProfileProvider)>>,
}

impl PartialEq for Place {
    /// The same store of the same profile, opened in the same way.
    fn eq(&self, other: &Self) -> bool {
        self.profile == other.profile
            && self.service == other.service
            && self.provider == other.provider
    }
}

impl Place {
    /// The stores of a profile, in order.
    ///
    /// # Errors
    /// Those of [`Host::profile`].
    pub fn all(host: &Arc<dyn Host>, profile: &str) -> Result<Vec<Self>> {
        let held = host.profile(profile)?;
        let transports = held.transports().into_iter();
        let transports = transports.filter(|(_, p)| !p.deleted);
        let transports = transports.map(|(s, p)| (s.clone(), p.clone()));
        let transports = Arc::new(transports.collect::<Vec<_>>());
        let place = |(service, provider): (&ProfileService, &ProfileProvider)| Self {
            host: Arc::clone(host),
            profile: profile.to_owned(),
            service: service.clone(),
            provider: provider.clone(),
            transports: Arc::clone(&transports),
        };
        let kept = held.stores().filter(|(_, p)| !p.deleted);
        Ok(kept.map(place).collect())
    }

    /// The program around it.
    #[must_use]
    pub const fn host(&self) -> &Arc<dyn Host> {
        &self.host
    }

    /// The profile.
    #[must_use]
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// What ids of the store begin with.
    #[must_use]
    pub fn letter(&self) -> &str {
        &self.provider.letter
    }

    /// PR_SERVICE_NAME.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service.service
    }

    /// Whether the profile has anything that carries messages.
    #[must_use]
    pub fn has_transports(&self) -> bool {
        !self.transports.is_empty()
    }

    /// Whether the profile has the same transports, set up in the same way, as `other` says.
    pub(super) fn has_transports_of(&self, other: &Self) -> bool {
        self.transports == other.transports
    }

    /// Whether it may be the default store of a session on the profile.
    pub(super) fn may_be_default(&self) -> bool {
        let flags = resource_flags::DEFAULT_STORE
            | resource_flags::PRIMARY_STORE
            | resource_flags::SECONDARY_STORE;
        self.provider.flags & flags != 0
    }

    /// Does what waits until nobody uses the profile (its deletion, its new name), if there is anything and nobody does.
    pub(super) fn settle(&self) {
        if self.is_awaited(&self.host) {
            settle_profiles(&self.host);
        }
    }

    /// Whether something waits until nobody uses the profile.
    pub(super) fn is_awaited(&self, host: &Arc<dyn Host>) -> bool {
        let held = host.profile(&self.profile);
        let waits = |profile: &Profile| {
            let mut all = profile.services.iter().flat_map(|s| &s.providers);
            all.any(|provider| provider.deleted) || profile.deleted || profile.renamed_to.is_some()
        };
        held.as_ref().is_ok_and(waits)
    }

    /// Whether the profile still has the store, set up as it was.
    #[must_use]
    pub fn is_there(&self) -> bool {
        let now = Self::all(&self.host, &self.profile);
        now.is_ok_and(|places| places.contains(self))
    }

    /// Opens the store.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` for a service that this program does not have; those of [`mapi_spi::Service::open_store`].
    pub fn open(&self, mode: OpenMode, call: &Call) -> Result<Arc<dyn Store>> {
        let name = &self.service.service;
        let service = self.host.service(name).ok_or_else(|| {
            let detail = format!("there is no message service {name}");
            Error::new(Code::NOT_FOUND, detail)
        })?;
        let open = OpenStore {
            config: self.service.config_of(&self.provider),
            mode,
            provider: self.provider.name.clone(),
        };
        let support = self.host.support(&self.profile, &self.service);
        service.open_store(&open, support, call)
    }
}
