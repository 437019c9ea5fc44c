//! A host for programs that bring their own few profiles, and for tests.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use mapi_forms::Form;
use mapi_props::{Code, FileTime};
use mapi_spi::{Error, Result, Service, Support};

use crate::FormHost;
use crate::host::{Host, Profile, ProfileService, resource_flags};

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
    profiles: Mutex<Vec<Profile>>,
    services: Vec<Arc<dyn Service>>,
    support: Arc<dyn Support>,
    forms: Mutex<Vec<Form>>,
    form_host: Option<Arc<dyn FormHost>>,
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
            support: Arc::new(SystemSupport),
            forms: Mutex::default(),
            form_host: None,
        }
    }

    /// Adds a service.
    #[must_use]
    pub fn service(mut self, service: Arc<dyn Service>) -> Self {
        self.services.push(service);
        self
    }

    /// Adds a profile with one store of this service. The first profile is the default one.
    #[must_use]
    pub fn profile(self, name: &str, service: &str) -> Self {
        let entry = ProfileService {
            service: service.to_owned(),
            letter: "a".to_owned(),
            resource_flags: resource_flags::DEFAULT_STORE,
            ..ProfileService::default()
        };
        self.add_profile(Profile {
            name: name.to_owned(),
            services: vec![entry],
            ..Profile::default()
        })
    }

    /// Adds a profile. The first one is the default one.
    #[must_use]
    pub fn add_profile(self, profile: Profile) -> Self {
        self.profiles().push(profile);
        self
    }

    /// What shows forms.
    #[must_use]
    pub fn form_host(mut self, host: Arc<dyn FormHost>) -> Self {
        self.form_host = Some(host);
        self
    }

    fn profiles(&self) -> MutexGuard<'_, Vec<Profile>> {
        self.profiles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The side that providers see, instead of the system's clock and randomness.
    #[must_use]
    pub fn support(mut self, support: Arc<dyn Support>) -> Self {
        self.support = support;
        self
    }
}

impl Host for EmbeddedHost {
    fn profile_names(&self) -> Result<Vec<String>> {
        Ok(self.profiles().iter().map(|p| p.name.clone()).collect())
    }

    fn default_profile(&self) -> Result<Option<String>> {
        Ok(self.profiles().first().map(|p| p.name.clone()))
    }

    fn profile(&self, name: &str) -> Result<Profile> {
        let found = self.profiles().iter().find(|p| p.name == name).cloned();
        found.ok_or_else(|| unknown(name))
    }

    fn change_profile(
        &self,
        name: &str,
        change: &mut dyn FnMut(&mut Profile) -> Result<()>,
    ) -> Result<()> {
        let mut profiles = self.profiles();
        let found = profiles.iter_mut().find(|p| p.name == name);
        let profile = found.ok_or_else(|| unknown(name))?;
        let mut changed = profile.clone();
        change(&mut changed)?;
        *profile = changed;
        Ok(())
    }

    fn service(&self, name: &str) -> Option<Arc<dyn Service>> {
        self.services.iter().find(|s| s.name() == name).cloned()
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
