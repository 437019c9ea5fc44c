//! The program's side of the client API: profiles from files, services by name, this machine's clock.

mod mail;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use mapi::{
    FlushRequest, Form, Host, HostFile, Logon, Mapi, Profile as ApiProfile, ProfileEntry,
    ProfileProvider, ProfileService, ProfileUse, ProviderKind, SectionAccess, ServiceFailure,
    Session, ValidateFlags, resource_flags,
};
use mapi_kit::trace::TracedService;
use mapi_props::{Code, Guid};
use mapi_spi::{Call, Error, Headless, OpenMode, OpenStore, Result, Service, Support, UiHost};
use store_mailbox::MailboxService;
use store_memory::MemoryService;
use store_sqlite::SqliteService;
use transport_local::LocalDeliveryService;

use crate::secrets::{AskNobody, Secrets, ServiceSecrets};
use crate::support::ServiceSupport;
use crate::{FileLock, ProfileError, Profiles, SystemSupport, forms, open_referenced};

/// PR_SERVICE_NAME of the local store.
pub const LOCAL_SERVICE: &str = "MALLE_LOCAL";
/// PR_SERVICE_NAME of local delivery between the profiles of this machine.
pub const DELIVERY_SERVICE: &str = transport_local::NAME;

/// All message services of this program. The only place that names providers.
#[must_use]
pub fn services() -> Vec<Arc<dyn Service>> {
    vec![
        Arc::new(SqliteService),
        Arc::new(MailboxService),
        Arc::new(MemoryService::default()),
        Arc::new(LocalDeliveryService),
    ]
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
#[derive(Debug, Clone)]
pub struct MalleHost {
    profiles: Profiles,
    secrets: Arc<Secrets>,
    traced: bool,
    ui: Arc<dyn UiHost>,
}

impl MalleHost {
    /// A host over these profiles with all services.
    #[must_use]
    pub fn new(profiles: Profiles) -> Self {
        let home = profiles.home().clone();
        Self {
            secrets: Arc::new(Secrets::of(home, Arc::new(AskNobody), None)),
            profiles,
            traced: false,
            ui: Arc::new(Headless),
        }
    }

    /// The same; every call to a store is logged under [`crate::SPI_TARGET`].
    #[must_use]
    pub const fn traced(mut self, on: bool) -> Self {
        self.traced = on;
        self
    }

    /// The same with this way to ask a person; else nobody can be asked.
    #[must_use]
    pub fn with_ui(mut self, ui: Arc<dyn UiHost>) -> Self {
        self.ui = ui;
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
        let missing = || Error::new(Code::NOT_FOUND, format!("there is no service `{service}`"));
        let known = self.profiles.catalogue().service(service);
        let description = known.ok_or_else(missing)?.description();
        let mut profile = ApiProfile {
            name: name.to_owned(),
            ..ApiProfile::default()
        };
        let added = profile.add(&description, BTreeMap::new(), &mut new_uid);
        added.config.values = config;
        let is_store = |p: &&mut ProfileProvider| p.kind == ProviderKind::Store;
        if let Some(store) = added.providers.iter_mut().find(is_store) {
            store.flags |= resource_flags::DEFAULT_STORE;
        }
        let made = self.profiles.create(profile, |profile| {
            let draft = Draft {
                host: Arc::clone(self),
                profile: profile.clone(),
            };
            let mapi = Mapi::initialize(Arc::new(draft));
            Session::logon(&mapi, Logon::profile(name).create())?.logoff();
            Ok::<(), CreateError>(())
        });
        made.map(drop)
    }

    /// Makes the stores of one service of a profile that do not exist yet: of one that was just added. Others are not looked
    /// at, so none is made anew that is only away for a while.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` for a service that is not in the profile or that this program does not have; those of
    /// [`Service::open_store`].
    pub fn make_stores_of(&self, profile: &str, service: Guid) -> Result<()> {
        let unknown = || Error::new(Code::NOT_FOUND, "the service is not there");
        let services = self.profiles.load(profile)?.services;
        let found = services.iter().find(|s| s.uid == service);
        let entry = found.ok_or_else(unknown)?;
        let known = self.service(&entry.service).ok_or_else(unknown)?;
        let stores = entry
            .providers
            .iter()
            .filter(|p| p.kind == ProviderKind::Store);
        for provider in stores.filter(|p| !p.deleted) {
            let mut config = entry.config.clone();
            config.values.extend(provider.values.clone());
            let open = OpenStore {
                config,
                mode: OpenMode::Create,
                provider: provider.name.clone(),
            };
            let support = Host::support(self, profile, entry);
            drop(known.open_store(&open, support, &Call::default())?);
        }
        Ok(())
    }

    /// Makes the stores of a profile that do not exist yet, as an imported one needs them. Returns what of the profile does
    /// not work even so.
    ///
    /// # Errors
    /// Those of [`Session::logon`]: no store works.
    pub fn make_stores(self: &Arc<Self>, name: &str) -> Result<Vec<ServiceFailure>> {
        let mapi = Mapi::initialize(Arc::clone(self) as Arc<dyn Host>);
        let logon = Logon::profile(name).new_session().create();
        let session = Session::logon(&mapi, logon)?;
        let failures = session.failures();
        session.logoff();
        Ok(failures)
    }
}

impl MalleHost {
    fn as_used(&self, service: &Arc<dyn Service>) -> Arc<dyn Service> {
        let service = Arc::clone(service);
        if self.traced {
            return Arc::new(TracedService::new(service));
        }
        service
    }
}

impl MalleHost {
    /// What services that are gone kept goes with them. Nothing is opened where there is nothing to forget.
    fn forget_secrets(&self, services: &[Guid]) -> Result<()> {
        if services.is_empty() {
            return Ok(());
        }
        Ok(self.secrets.forget_services(services)?)
    }
}

/// Whether who works for a profile in the background must know: its stores or transports are others, or it is to go.
fn concerns_others(before: &ApiProfile, after: &ApiProfile) -> bool {
    let marks = |p: &ApiProfile| (p.deleted, p.renamed_to.clone());
    before.services != after.services
        || before.transport_order != after.transport_order
        || marks(before) != marks(after)
}

fn service_uids(profile: &ApiProfile) -> Vec<Guid> {
    profile.services.iter().map(|s| s.uid).collect()
}

fn in_use(lock: Option<FileLock>) -> Option<Box<dyn ProfileUse>> {
    lock.map(|lock| Box::new(lock) as Box<dyn ProfileUse>)
}

fn new_uid() -> Guid {
    SystemSupport.new_guid()
}

impl Host for MalleHost {
    fn profile_names(&self) -> Result<Vec<String>> {
        Ok(self.profiles.names()?)
    }

    fn default_profile(&self) -> Result<Option<String>> {
        match self.profiles.default_name() {
            Ok(name) => Ok(Some(name)),
            Err(ProfileError::NoneYet | ProfileError::NoDefault) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn profile(&self, name: &str) -> Result<ApiProfile> {
        Ok(self.profiles.load(name)?)
    }

    fn profile_base(&self, name: &str) -> PathBuf {
        self.profiles.expected_data_dir(name)
    }

    fn open_file(&self, path: &str, call: &Call) -> Result<HostFile> {
        open_referenced(path, call)
    }

    fn profile_entries(&self) -> Result<Vec<ProfileEntry>> {
        Ok(self.profiles.entries()?)
    }

    fn change_profile(
        &self,
        name: &str,
        change: &mut dyn FnMut(&mut ApiProfile) -> Result<()>,
    ) -> Result<()> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let mut is_another = false;
        self.profiles.change(name, |profile| {
            let old = profile.clone();
            before = service_uids(profile);
            change(profile)?;
            after = service_uids(profile);
            is_another = concerns_others(&old, profile);
            Ok::<_, Error>(())
        })?;
        before.retain(|uid| !after.contains(uid));
        self.forget_secrets(&before)?;
        if is_another {
            self.tell_of_profiles();
        }
        Ok(())
    }

    fn create_profile(&self, profile: ApiProfile) -> Result<()> {
        let made = self.profiles.create(profile, |_| Ok::<(), Error>(()));
        made.map(drop)?;
        self.tell_of_profiles();
        Ok(())
    }

    fn remove_profile(&self, name: &str) -> Result<()> {
        // A profile that cannot be read can be removed; which secrets were its own is not known then.
        let profile = self.profiles.load(name);
        let services = profile.map(|p| service_uids(&p)).unwrap_or_default();
        self.profiles.remove(name)?;
        self.forget_secrets(&services)
    }

    fn rename_profile(&self, name: &str, new: &str) -> Result<()> {
        self.profiles.rename(name, new)?;
        Ok(self.secrets.rename_profile(name, new)?)
    }

    fn services_copied(&self, to: &str, pairs: &[(Guid, Guid)]) -> Result<()> {
        let failed = self.secrets.copy_services(to, pairs, &Call::default())?;
        for (name, error) in failed {
            tracing::warn!(%name, %error, "a secret was not copied: it has to be set anew");
        }
        Ok(())
    }

    fn set_default_profile(&self, name: Option<&str>) -> Result<()> {
        Ok(self.profiles.set_default(name)?)
    }

    fn use_profile(&self, name: &str) -> Result<Box<dyn ProfileUse>> {
        Ok(Box::new(self.profiles.share(name)?))
    }

    fn sole_use(&self, name: &str) -> Result<Option<Box<dyn ProfileUse>>> {
        Ok(in_use(self.profiles.alone(name)?))
    }

    fn use_section(
        &self,
        profile: &str,
        uid: Guid,
        access: SectionAccess,
    ) -> Result<Option<Box<dyn ProfileUse>>> {
        Ok(in_use(self.profiles.hold_section(profile, uid, access)?))
    }

    fn services(&self) -> Vec<Arc<dyn Service>> {
        let services = self.profiles.catalogue().services().iter();
        services.map(|s| self.as_used(s)).collect()
    }

    fn default_services(&self) -> Vec<String> {
        self.profiles.catalogue().default_services().to_vec()
    }

    fn service(&self, name: &str) -> Option<Arc<dyn Service>> {
        let found = self.profiles.catalogue().service(name)?;
        Some(self.as_used(found))
    }

    fn ui(&self) -> Arc<dyn UiHost> {
        Arc::clone(&self.ui)
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

    fn spools(&self) -> bool {
        true
    }

    fn flush(&self, profile: &str, request: &FlushRequest, call: &Call) -> Result<Vec<Error>> {
        self.flush_profile(profile, request, call)
    }

    fn validate_transports(
        &self,
        profile: &str,
        target: Option<Guid>,
        flags: ValidateFlags,
        call: &Call,
    ) -> Result<()> {
        self.validate_profile(profile, target, flags, call)
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
