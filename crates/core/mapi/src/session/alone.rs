//! A session of one store that no profile names: what a message in a file is opened in.

use std::sync::Arc;

use mapi_props::Code;
use mapi_spi::{Call, Error, OpenMode, OpenStore, Result, Service, ServiceConfig, Store, Support};

use super::member::{Manner, SessionState};
use super::roster::Entrant;
use crate::context::Context;
use crate::host::{ProfileProvider, ProfileService};
use crate::subsystem::Subsystem;

/// A context in which `store` is open, until the last handle that carries it is dropped.
pub(crate) fn alone(
    subsystem: &Arc<Subsystem>,
    store: Arc<dyn Store>,
    call: Call,
) -> Result<Context> {
    let session = Arc::new(SessionState::new(
        Arc::clone(subsystem),
        String::new(),
        OpenMode::ReadWrite,
        None,
    ));
    let nothing = ProfileService::default();
    let provider = ProfileProvider::default();
    let opened = session.roster.keep(Entrant {
        store,
        provider: session.providers.make(&nothing, &provider),
        service: Arc::new(subsystem.lend(Arc::new(FileService))),
        config: ServiceConfig::default(),
        support: subsystem.host.support("", &nothing),
    });
    let ended = || Error::new(Code::END_OF_SESSION, "the session has ended");
    let member = session.join(Manner::default()).ok_or_else(ended)?;
    Ok(Context {
        opened,
        member,
        call,
        deferred: None,
    })
}

/// Stands for the service that such a store has not.
#[derive(Debug)]
struct FileService;

impl Service for FileService {
    fn name(&self) -> &str {
        "MSG_FILE"
    }

    fn display_name(&self) -> &str {
        "Message in a file"
    }

    fn open_store(&self, _: &OpenStore, _: Arc<dyn Support>, _: &Call) -> Result<Arc<dyn Store>> {
        let detail = "a message in a file is opened by itself";
        Err(Error::new(Code::NO_SUPPORT, detail))
    }
}
