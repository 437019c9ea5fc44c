//! A host for programs that bring their own few profiles, and for tests.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use mapi_forms::Form;
use mapi_props::{Code, FileTime, Guid};
use mapi_spi::{Call, Error, Headless, Result, Service, ServiceConfig, Support, UiHost};

use self::uses::Uses;
use crate::FormHost;
use crate::host::{
    Host, HostFile, Profile, ProfileEntry, ProfileService, ProfileUse, SectionAccess,
    resource_flags,
};

mod uses;

/// Profiles and services held in memory.
///
/// ```
/// use std::sync::Arc;
/// use mapi::{EmbeddedHost, Mapi};
/// use store_memory::{MemoryService, NAME};
///
/// let host = EmbeddedHost::new().service(Arc::new(MemoryService::default())).profile("work", NAME);
/// assert_eq!(Mapi::initialize(Arc::new(host)).profiles()?, ["work"]);
/// # Ok::<(), mapi::Error>(())
/// ```
#[derive(Debug)]
pub struct EmbeddedHost {
    profiles: Mutex<Profiles>,
    services: Vec<Arc<dyn Service>>,
    default_services: Vec<String>,
    ui: Arc<dyn UiHost>,
    in_use: Arc<Uses<String>>,
    sections: Arc<Uses<(String, Guid)>>,
    support: Arc<dyn Support>,
    forms: Mutex<Vec<Form>>,
    form_host: Option<Arc<dyn FormHost>>,
    files: Option<OpenFile>,
}

/// How a program opens a file of its user ([`Host::open_file`]).
pub type OpenFile = fn(&str, &Call) -> Result<HostFile>;

#[derive(Debug, Default)]
struct Profiles {
    all: Vec<Profile>,
    default: Option<String>,
}

impl Profiles {
    fn get(&mut self, name: &str) -> Result<&mut Profile> {
        let found = self.all.iter_mut().find(|p| p.name == name);
        found.ok_or_else(|| unknown(name))
    }

    fn must_be_free(&self, name: &str) -> Result<()> {
        let name = name.to_lowercase();
        if self.all.iter().any(|p| p.name.to_lowercase() == name) {
            let detail = format!("there is a profile `{name}` already");
            return Err(Error::new(Code::NO_ACCESS, detail));
        }
        Ok(())
    }
}

impl Default for EmbeddedHost {
    fn default() -> Self {
        Self::new()
    }
}

impl EmbeddedHost {
    /// Without profiles and services.
    #[must_use]
    pub fn new() -> Self {
        Self {
            profiles: Mutex::default(),
            services: Vec::new(),
            default_services: Vec::new(),
            ui: Arc::new(Headless),
            in_use: Arc::default(),
            sections: Arc::default(),
            support: Arc::new(SystemSupport),
            forms: Mutex::default(),
            form_host: None,
            files: None,
        }
    }

    /// Adds a service.
    #[must_use]
    pub fn service(mut self, service: Arc<dyn Service>) -> Self {
        self.services.push(service);
        self
    }

    /// Names a service that new profiles get.
    #[must_use]
    pub fn default_service(mut self, name: &str) -> Self {
        self.default_services.push(name.to_owned());
        self
    }

    /// Who asks the person in front of the program.
    #[must_use]
    pub fn ui(mut self, ui: Arc<dyn UiHost>) -> Self {
        self.ui = ui;
        self
    }

    /// Adds a profile with one store of this service. The first profile is the default one.
    #[must_use]
    pub fn profile(self, name: &str, service: &str) -> Self {
        let (default, config) = (resource_flags::DEFAULT_STORE, ServiceConfig::default());
        let entry = ProfileService::store(service, "a", default, config);
        self.add_profile(Profile {
            name: name.to_owned(),
            services: vec![entry],
            ..Profile::default()
        })
    }

    /// Adds a profile. The first one is the default one.
    #[must_use]
    pub fn add_profile(self, profile: Profile) -> Self {
        self.enter(profile);
        self
    }

    fn enter(&self, mut profile: Profile) {
        if profile.instance == Guid::NIL {
            profile.instance = self.support.new_guid();
        }
        let mut profiles = self.profiles();
        if profiles.all.is_empty() {
            profiles.default = Some(profile.name.clone());
        }
        profiles.all.push(profile);
    }

    /// What shows forms.
    #[must_use]
    pub fn form_host(mut self, host: Arc<dyn FormHost>) -> Self {
        self.form_host = Some(host);
        self
    }

    fn profiles(&self) -> MutexGuard<'_, Profiles> {
        self.profiles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Files of the user are opened like this; else not at all.
    #[must_use]
    pub fn files(mut self, open: OpenFile) -> Self {
        self.files = Some(open);
        self
    }

    /// The side that providers see, instead of the system's clock and randomness.
    #[must_use]
    pub fn support(mut self, support: Arc<dyn Support>) -> Self {
        self.support = support;
        self
    }
}

impl Host for EmbeddedHost {
    fn open_file(&self, path: &str, call: &Call) -> Result<HostFile> {
        match self.files {
            Some(open) => open(path, call),
            None => {
                let detail = "this program puts no files into messages";
                Err(Error::new(Code::NO_SUPPORT, detail))
            }
        }
    }

    fn profile_names(&self) -> Result<Vec<String>> {
        let profiles = self.profiles();
        Ok(profiles.all.iter().map(|p| p.name.clone()).collect())
    }

    fn default_profile(&self) -> Result<Option<String>> {
        Ok(self.profiles().default.clone())
    }

    fn profile(&self, name: &str) -> Result<Profile> {
        self.profiles().get(name).cloned()
    }

    fn profile_entries(&self) -> Result<Vec<ProfileEntry>> {
        let profiles = self.profiles();
        let entry = |profile: &Profile| ProfileEntry {
            name: profile.name.clone(),
            default: profiles.default.as_ref() == Some(&profile.name),
            app: profile.app,
            deleted: profile.deleted,
            renamed_to: profile.renamed_to.clone(),
        };
        Ok(profiles.all.iter().map(entry).collect())
    }

    fn change_profile(
        &self,
        name: &str,
        change: &mut dyn FnMut(&mut Profile) -> Result<()>,
    ) -> Result<()> {
        let mut profiles = self.profiles();
        let profile = profiles.get(name)?;
        let mut changed = profile.clone();
        change(&mut changed)?;
        *profile = changed;
        Ok(())
    }

    fn create_profile(&self, profile: Profile) -> Result<()> {
        let mut profiles = self.profiles();
        profiles.must_be_free(&profile.name)?;
        profiles.all.push(profile);
        Ok(())
    }

    fn remove_profile(&self, name: &str) -> Result<()> {
        let mut profiles = self.profiles();
        profiles.get(name)?;
        profiles.all.retain(|p| p.name != name);
        profiles.default.take_if(|default| default == name);
        Ok(())
    }

    fn rename_profile(&self, name: &str, new: &str) -> Result<()> {
        let mut profiles = self.profiles();
        profiles.must_be_free(new)?;
        let profile = profiles.get(name)?;
        new.clone_into(&mut profile.name);
        profile.renamed_to = None;
        if profiles.default.as_deref() == Some(name) {
            profiles.default = Some(new.to_owned());
        }
        Ok(())
    }

    fn set_default_profile(&self, name: Option<&str>) -> Result<()> {
        let mut profiles = self.profiles();
        if let Some(name) = name {
            profiles.get(name)?;
        }
        profiles.default = name.map(str::to_owned);
        Ok(())
    }

    fn use_profile(&self, name: &str) -> Result<Box<dyn ProfileUse>> {
        self.profiles().get(name)?;
        Ok(self.in_use.share(name.to_owned()))
    }

    fn sole_use(&self, name: &str) -> Result<Option<Box<dyn ProfileUse>>> {
        self.profiles().get(name)?;
        Ok(self.in_use.try_alone(name.to_owned()))
    }

    fn use_section(
        &self,
        profile: &str,
        uid: Guid,
        access: SectionAccess,
    ) -> Result<Option<Box<dyn ProfileUse>>> {
        let key = (profile.to_owned(), uid);
        Ok(match access {
            SectionAccess::Read => self.sections.try_share(key),
            SectionAccess::Write => self.sections.try_alone(key),
        })
    }

    fn service(&self, name: &str) -> Option<Arc<dyn Service>> {
        self.services.iter().find(|s| s.name() == name).cloned()
    }

    fn services(&self) -> Vec<Arc<dyn Service>> {
        self.services.clone()
    }

    fn default_services(&self) -> Vec<String> {
        self.default_services.clone()
    }

    fn ui(&self) -> Arc<dyn UiHost> {
        Arc::clone(&self.ui)
    }

    fn local_forms(&self) -> Result<Vec<Form>> {
        Ok(self
            .forms
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }

    fn change_local_forms(
        &self,
        change: &mut dyn FnMut(&mut Vec<Form>) -> Result<()>,
    ) -> Result<()> {
        let mut forms = self.forms.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = forms.clone();
        change(&mut changed)?;
        *forms = changed;
        Ok(())
    }

    fn form_host(&self) -> Option<Arc<dyn FormHost>> {
        self.form_host.clone()
    }

    fn support(&self, _profile: &str, _service: &ProfileService) -> Arc<dyn Support> {
        Arc::clone(&self.support)
    }
}

fn unknown(name: &str) -> Error {
    Error::new(Code::NOT_FOUND, format!("there is no profile `{name}`"))
}

/// The system's clock, and randomness good for identifiers, not for secrets.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemSupport;

impl Support for SystemSupport {
    fn now(&self) -> FileTime {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        FileTime::from_unix_nanos(i128::try_from(since.as_nanos()).unwrap_or(0))
    }

    fn random(&self, bytes: &mut [u8]) {
        // The standard library seeds each hasher with keys of its own from the system's randomness.
        for chunk in bytes.chunks_mut(8) {
            let word = RandomState::new().build_hasher().finish().to_ne_bytes();
            chunk.iter_mut().zip(word).for_each(|(to, from)| *to = from);
        }
    }
}
