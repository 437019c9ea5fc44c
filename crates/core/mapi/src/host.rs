//! What the client API asks of the program around it: profiles, services and the host's side of each provider.

use std::fmt::Debug;
use std::sync::Arc;

use mapi_spi::{Result, Service, ServiceConfig, Support};

/// The program's side. Implemented once by the composition root, and by tests.
pub trait Host: Send + Sync + Debug {
    /// Names of the profiles, in order.
    ///
    /// # Errors
    /// `MAPI_E_DISK_ERROR` and the like.
    fn profile_names(&self) -> Result<Vec<String>>;

    /// The profile that is used when none is named.
    ///
    /// # Errors
    /// As [`Self::profile_names`].
    fn default_profile(&self) -> Result<Option<String>>;

    /// What a profile holds.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there is none of that name.
    fn profile(&self, name: &str) -> Result<Profile>;

    /// The service called `name`; `None` if this program has none.
    fn service(&self, name: &str) -> Option<Arc<dyn Service>>;

    /// The host's side of one provider of a profile.
    fn support(&self, profile: &str, service: &ProfileService) -> Arc<dyn Support>;
}

/// A profile: which message services a user has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Its services, in order.
    pub services: Vec<ProfileService>,
}

/// One message service of a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileService {
    /// PR_SERVICE_NAME: `MALLE_LOCAL`.
    pub service: String,
    /// What ids of its store begin with: `a`.
    pub letter: String,
    /// Whether its store is the default store. If none says so, the first is.
    pub default_store: bool,
    /// Its settings.
    pub config: ServiceConfig,
}
