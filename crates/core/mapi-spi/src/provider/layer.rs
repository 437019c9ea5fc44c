//! A service laid over another one: what it does not say otherwise, the one below does.

use std::fmt::Debug;
use std::sync::Arc;

use super::{OpenStore, Service, ServiceDescription, ServiceDraft, ServiceEvent};
use crate::{Call, OpenTransport, Result, Store, Support, Transport, UiHost};

/// A service laid over another one, under its name: everything is passed on but what is said here. Whatever implements this is a
/// [`Service`], and the one place where all of that trait is passed on is here.
///
/// ```
/// use std::sync::Arc;
/// use mapi_spi::{Service, ServiceLayer};
///
/// #[derive(Debug)]
/// struct Twin(Arc<dyn Service>);
///
/// impl ServiceLayer for Twin {
///     fn below(&self) -> &dyn Service {
///         self.0.as_ref()
///     }
/// }
///
/// fn laid_over(service: Arc<dyn Service>) -> Arc<dyn Service> {
///     Arc::new(Twin(service))
/// }
/// ```
pub trait ServiceLayer: Send + Sync + Debug {
    /// The other service.
    fn below(&self) -> &dyn Service;

    /// [`Service::open_store`].
    ///
    /// # Errors
    /// Those of the service below.
    fn open_store(
        &self,
        open: &OpenStore,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Store>> {
        self.below().open_store(open, support, call)
    }

    /// [`Service::open_transport`].
    ///
    /// # Errors
    /// Those of the service below.
    fn open_transport(
        &self,
        open: &OpenTransport,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Transport>> {
        self.below().open_transport(open, support, call)
    }

    /// [`Service::shutdown`].
    fn shutdown(&self) {
        self.below().shutdown();
    }
}

impl<L: ServiceLayer> Service for L {
    fn name(&self) -> &str {
        self.below().name()
    }

    fn display_name(&self) -> &str {
        self.below().display_name()
    }

    fn description(&self) -> ServiceDescription {
        self.below().description()
    }

    fn entry(
        &self,
        event: &ServiceEvent<'_>,
        draft: &mut ServiceDraft,
        ui: &dyn UiHost,
        call: &Call,
    ) -> Result<()> {
        self.below().entry(event, draft, ui, call)
    }

    fn open_store(
        &self,
        open: &OpenStore,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Store>> {
        ServiceLayer::open_store(self, open, support, call)
    }

    fn open_transport(
        &self,
        open: &OpenTransport,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Transport>> {
        ServiceLayer::open_transport(self, open, support, call)
    }

    fn shutdown(&self) {
        ServiceLayer::shutdown(self);
    }
}
