//! Message services: what a profile names, and how a store behind one is opened.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use crate::{Call, Result, Store, Support};

/// A message service: a bundle of providers under one configuration. Today: message stores.
pub trait Service: Send + Sync + Debug {
    /// PR_SERVICE_NAME, as profiles name it: `MALLE_LOCAL`.
    fn name(&self) -> &'static str;

    /// For people.
    fn display_name(&self) -> &'static str;

    /// Opens the store that `config` describes.
    ///
    /// # Errors
    /// `MAPI_E_UNCONFIGURED` (a key is missing; the detail names it), `MAPI_E_NOT_FOUND` (no such file, and the mode
    /// does not create), `MAPI_E_CORRUPT_STORE` (not a store), `MAPI_E_VERSION` (a newer format), `MAPI_E_NO_ACCESS`.
    fn open_store(
        &self,
        open: &OpenStore,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Store>>;

    /// Told once when no session uses the service any more. It may be used again later.
    fn shutdown(&self) {}
}

/// A request to open a store.
#[derive(Debug, Clone)]
pub struct OpenStore {
    /// The service's configuration.
    pub config: ServiceConfig,
    /// For reading, writing, creating.
    pub mode: OpenMode,
}

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpenMode {
    /// Changes are refused.
    ReadOnly,
    /// It must exist.
    ReadWrite,
    /// It is made when missing.
    Create,
}

/// Keys and values of a service's configuration. Relative paths are below `base`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceConfig {
    /// Where relative paths start: the profile's folder.
    pub base: PathBuf,
    /// Settings.
    pub values: BTreeMap<String, String>,
}
