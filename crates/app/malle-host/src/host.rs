//! The program's side of the client API: profiles from files, services by name, this machine's clock.

use std::collections::BTreeMap;
use std::sync::Arc;

use mapi::{Form, Host, Logon, Mapi, Profile as ApiProfile, ProfileService, Session};
use mapi_kit::trace::Traced;
use mapi_props::Code;
use mapi_spi::{
    Call, Error, OpenStore, Result, Service, ServiceDescription, ServiceDraft, ServiceEvent, Store,
    Support, UiHost,
};
use store_memory::MemoryService;
use store_sqlite::SqliteService;

use crate::secrets::{AskNobody, Secrets, ServiceSecrets};
use crate::support::ServiceSupport;
use crate::{Profile, ProfileError, Profiles, forms, shape};

/// PR_SERVICE_NAME of the local store.
pub const LOCAL_SERVICE: &str = "MALLE_LOCAL";

/// All message services of this program. The only place that names providers.
#[must_use]
pub fn services() -> Vec<Arc<dyn Service>> {
    vec![Arc::new(SqliteService), Arc::new(MemoryService::default())]
}

/// The settings that a new profile gets for a service, if this program has the service.
#[must_use]
pub fn default_config(service: &str) -> Option<BTreeMap<String, String>> {
    let known = services().iter().any(|s| s.name() == service);
    let settings: &[(&str, &str)] = match service {
        LOCAL_SERVICE => &[("path", "mail.malle")],
        // A store in memory without a name is a new one for every session.
        _ => &[],
    };
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    known.then(|| settings.iter().map(owned).collect())
}

/// The host of the command line, the web server and whatever else is built on profiles in files.
#[derive(Debug)]
pub struct MalleHost {
    profiles: Profiles,
    services: Vec<Arc<dyn Service>>,
    secrets: Arc<Secrets>,
    traced: bool,
}

impl MalleHost {
    /// A host over these profiles with all services.
    #[must_use]
    pub fn new(profiles: Profiles) -> Self {
        let home = profiles.home().clone();
        Self {
            secrets: Arc::new(Secrets::of(home, Arc::new(AskNobody), None)),
            profiles,
            services: services(),
            traced: false,
        }
    }

    /// The same; every call to a store is logged under [`crate::SPI_TARGET`].
    #[must_use]
    pub const fn traced(mut self, on: bool) -> Self {
        self.traced = on;
        self
    }

    /// The same with these secrets, for a front end that can ask for a passphrase.
    #[must_use]
    pub fn with_secrets(mut self, secrets: Secrets) -> Self {
        self.secrets = Arc::new(secrets);
        self
    }

    /// The secrets of this home.
    #[must_use]
    pub const fn secrets(&self) -> &Arc<Secrets> {
        &self.secrets
    }

    /// The profiles.
    #[must_use]
    pub const fn profiles(&self) -> &Profiles {
        &self.profiles
    }

    /// Makes a profile with one service and its store with the usual folders. If the store cannot be made, there is
    /// no profile.
    ///
    /// # Errors
    /// [`CreateError`].
    pub fn create_profile(
        self: &Arc<Self>,
        name: &str,
        service: &str,
        config: BTreeMap<String, String>,
    ) -> std::result::Result<(), CreateError> {
        let services = vec![(service.to_owned(), config)];
        let made = self.profiles.create(name, services, |profile| {
            let draft = Draft {
                host: Arc::clone(self),
                profile: self.as_api(name, profile)?,
            };
            let mapi = Mapi::initialize(Arc::new(draft));
            Session::logon(&mapi, Logon::profile(name).create())?.logoff();
            Ok::<(), CreateError>(())
        });
        made.map(drop)
    }

    /// A profile as the client API takes it.
    ///
    /// # Errors
    /// `MAPI_E_CORRUPT_DATA` for a section that is not as it should be.
    pub fn as_api(&self, name: &str, profile: &Profile) -> Result<ApiProfile> {
        shape::to_api(name, self.profiles.home().profile_data(name), profile)
    }
}

impl Host for MalleHost {
    fn profile_names(&self) -> Result<Vec<String>> {
        self.profiles.names().map_err(into_api)
    }

    fn default_profile(&self) -> Result<Option<String>> {
        match self.profiles.default_name() {
            Ok(name) => Ok(Some(name)),
            Err(ProfileError::NoneYet | ProfileError::NoDefault) => Ok(None),
            Err(error) => Err(into_api(error)),
        }
    }

    fn profile(&self, name: &str) -> Result<ApiProfile> {
        let profile = self.profiles.load(name).map_err(into_api)?;
        self.as_api(name, &profile)
    }

    fn change_profile(
        &self,
        name: &str,
        change: &mut dyn FnMut(&mut ApiProfile) -> Result<()>,
    ) -> Result<()> {
        let changed = self.profiles.change(name, |profile| {
            let mut profile = self.as_api(name, &profile)?;
            change(&mut profile)?;
            Ok::<_, CreateError>(shape::from_api(&profile)?)
        });
        changed.map_err(|e| match e {
            CreateError::Profile(e) => into_api(e),
            CreateError::Store(e) => e,
        })
    }

    fn service(&self, name: &str) -> Option<Arc<dyn Service>> {
        let found = self.services.iter().find(|s| s.name() == name)?;
        let service = Arc::clone(found);
        if self.traced {
            return Some(Arc::new(TracedService(service)));
        }
        Some(service)
    }

    fn local_forms(&self) -> Result<Vec<Form>> {
        forms::load(self.profiles.home())
    }

    fn change_local_forms(
        &self,
        change: &mut dyn FnMut(&mut Vec<Form>) -> Result<()>,
    ) -> Result<()> {
        forms::change(self.profiles.home(), change)
    }

    fn support(&self, profile: &str, service: &ProfileService) -> Arc<dyn Support> {
        let secrets = ServiceSecrets::of(&self.secrets, profile, service.uid);
        Arc::new(ServiceSupport(secrets))
    }
}

/// Why a profile was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// The profile itself.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// Its store.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A service whose stores log their calls.
#[derive(Debug)]
struct TracedService(Arc<dyn Service>);

impl Service for TracedService {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn display_name(&self) -> &str {
        self.0.display_name()
    }

    fn description(&self) -> ServiceDescription {
        self.0.description()
    }

    fn entry(
        &self,
        event: &ServiceEvent<'_>,
        draft: &mut ServiceDraft,
        ui: &dyn UiHost,
        call: &Call,
    ) -> Result<()> {
        self.0.entry(event, draft, ui, call)
    }

    fn shutdown(&self) {
        self.0.shutdown();
    }

    fn open_store(
        &self,
        open: &OpenStore,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Store>> {
        let store = self.0.open_store(open, support, call)?;
        Ok(Arc::new(Traced::new(store)))
    }
}

/// A host that knows a profile which is not written yet.
#[derive(Debug)]
struct Draft {
    host: Arc<MalleHost>,
    profile: ApiProfile,
}

impl Host for Draft {
    fn profile_names(&self) -> Result<Vec<String>> {
        Ok(vec![self.profile.name.clone()])
    }

    fn default_profile(&self) -> Result<Option<String>> {
        Ok(Some(self.profile.name.clone()))
    }

    fn profile(&self, _name: &str) -> Result<ApiProfile> {
        Ok(self.profile.clone())
    }

    fn change_profile(
        &self,
        _name: &str,
        _change: &mut dyn FnMut(&mut ApiProfile) -> Result<()>,
    ) -> Result<()> {
        let detail = "the profile is not written yet";
        Err(Error::new(Code::NO_SUPPORT, detail))
    }

    fn service(&self, name: &str) -> Option<Arc<dyn Service>> {
        self.host.service(name)
    }

    fn support(&self, profile: &str, service: &ProfileService) -> Arc<dyn Support> {
        self.host.support(profile, service)
    }
}

fn into_api(error: ProfileError) -> Error {
    let code = match &error {
        ProfileError::Unknown { .. } | ProfileError::NoneYet | ProfileError::NoDefault => {
            Code::NOT_FOUND
        }
        ProfileError::Exists { .. } => Code::COLLISION,
        ProfileError::BadName { .. } => Code::INVALID_PARAMETER,
        ProfileError::Malformed { .. } => Code::CORRUPT_DATA,
        ProfileError::Io { .. } => Code::DISK_ERROR,
    };
    Error::caused(code, error.to_string(), error)
}
