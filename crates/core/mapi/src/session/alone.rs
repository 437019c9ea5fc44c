//! A session of one store that no profile names: what a message in a file is opened in.

use std::sync::Arc;

use mapi_props::Code;
use mapi_spi::{Call, Error, OpenMode, OpenStore, Result, Service, ServiceConfig, Store, Support};

use super::member::SessionState;
use super::roster::{Entrant, Roster};
use crate::ProfileService;
use crate::context::Context;
use crate::subsystem::Subsystem;

/// A context in which `store` is open, until the last handle that carries it is dropped.
pub(crate) fn alone(
    subsystem: &Arc<Subsystem>,
    store: Arc<dyn Store>,
    call: Call,
) -> Result<Context> {
    let roster = Roster::default();
    let opened = roster.keep(Entrant {
        store,
        letter: String::new(),
        service: Arc::new(subsystem.lend(Arc::new(FileService))),
        config: ServiceConfig::default(),
        support: subsystem.host.support("", &ProfileService::default()),
        identity: None,
        flags: 0,
    });
    let session = Arc::new(SessionState::new(
        Arc::clone(subsystem),
        String::new(),
        OpenMode::ReadWrite,
        roster,
        Vec::new(),
    ));
    let ended = || Error::new(Code::END_OF_SESSION, "the session has ended");
    let member = session.join().ok_or_else(ended)?;
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
