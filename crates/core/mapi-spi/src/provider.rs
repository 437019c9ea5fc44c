//! Message services: what a profile names, how they are set up, and how a store behind one is opened.
//! Reference: "Message Services and Profiles", "MSGSERVICEENTRY" (requirement MS-02)

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use mapi_props::Code;

use crate::{Call, Error, OpenTransport, Result, Store, Support, Transport, UiHost};

mod description;
mod draft;
mod entry;
mod layer;
mod setting;

pub use description::{
    ProviderDescription, ProviderKind, SectionDescription, ServiceDescription, service_flags,
};
pub use draft::{Identity, ProviderDraft, ServiceDraft};
pub use entry::{ServiceEvent, UiUse, enter_by_description};
pub use layer::ServiceLayer;
pub use setting::{Setting, SettingKind, SettingProblem, SettingsData, settings_table};

/// A message service: a bundle of providers under one configuration.
pub trait Service: Send + Sync + Debug {
    /// PR_SERVICE_NAME, as profiles name it: `MALLE_LOCAL`.
    fn name(&self) -> &str;

    /// For people.
    fn display_name(&self) -> &str;

    /// What it is made of and what can be set: what `mapisvc.inf` says of a service. One store without settings unless
    /// it says otherwise.
    fn description(&self) -> ServiceDescription {
        ServiceDescription::store(self.name(), self.display_name())
    }

    /// The entry point (MSGSERVICEENTRY): called when the service is set up, changed or removed, with what a profile
    /// holds or would hold of it. What it leaves in `draft` is kept if it succeeds, and nothing of it if it fails. With
    /// [`ServiceEvent::Create`] the draft holds everything of the description already; with [`ServiceEvent::Delete`]
    /// everything is still there. That is also told of a service that was not added although its entry point had agreed.
    ///
    /// Unless a service says otherwise, settings are checked against its description, and a person is asked where
    /// the event allows it.
    ///
    /// It neither logs on to profiles nor administers them: with [`ServiceEvent::Delete`] the profile may be held alone, and
    /// would be waited for for ever.
    ///
    /// # Errors
    /// `MAPI_E_UNCONFIGURED` (a setting is missing; the detail names it), `MAPI_E_INVALID_PARAMETER` (one that cannot
    /// be), `MAPI_E_USER_CANCEL`, `MAPI_E_NO_SUPPORT` (an event that the service does not know). The detail is what
    /// GetLastError tells.
    fn entry(
        &self,
        event: &ServiceEvent<'_>,
        draft: &mut ServiceDraft,
        ui: &dyn UiHost,
        call: &Call,
    ) -> Result<()> {
        enter_by_description(&self.description(), event, draft, ui, call)
    }

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

    /// Logs on the transport that `config` describes.
    ///
    /// # Errors
    /// `MAPI_E_FAILONEPROVIDER` of a service that has none, or when the others of the service can do without;
    /// `MAPI_E_UNCONFIGURED` (a key is missing; the detail names it); whatever else keeps it from working. A server that
    /// cannot be reached is none of them: the transport is offline then.
    fn open_transport(
        &self,
        open: &OpenTransport,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Transport>> {
        let _ = (open, support, call);
        let detail = format!("the service `{}` has no transport", self.name());
        Err(Error::new(Code::FAILONEPROVIDER, detail))
    }

    /// Told once when no session uses the service any more. It may be used again later.
    fn shutdown(&self) {}
}

/// A request to open a store.
#[derive(Debug, Clone)]
pub struct OpenStore {
    /// The service's configuration, with that of the provider over it.
    pub config: ServiceConfig,
    /// For reading, writing, creating.
    pub mode: OpenMode,
    /// Which of the service's providers, by [`ProviderDescription::name`]; empty: the only one.
    pub provider: String,
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
