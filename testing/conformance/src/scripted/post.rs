//! The spooler of a program under test, in the same process: what a daemon is to the commands of `malle`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mapi::{
    Call, FlushFlags, FlushRequest, Guid, Host, Logon, Mapi, Result, Service, Session,
    ValidateFlags,
};
use mapi_spi::{Error, OpenMode, OpenStore, Role, ServiceConfig};
use mapi_spooler::{Options, Round, Spooler, Wanted};

/// The spooler of the store `a`. Its session begins when it is asked for the first time, and stays.
#[derive(Debug)]
pub(crate) struct Post {
    /// A program of its own over the same profiles.
    mapi: Mapi,
    profile: String,
    stores: Arc<dyn Service>,
    config: ServiceConfig,
    desk: Mutex<Option<Desk>>,
}

#[derive(Debug)]
struct Desk {
    spooler: Spooler,
    session: Session,
}

impl Post {
    /// Of a profile of this host, whose default store is made by `stores` with `config`.
    pub(super) fn new(
        host: Arc<dyn Host>,
        profile: &str,
        stores: Arc<dyn Service>,
        config: ServiceConfig,
    ) -> Arc<Self> {
        Arc::new(Self {
            mapi: Mapi::initialize(host),
            profile: profile.to_owned(),
            stores,
            config,
            desk: Mutex::default(),
        })
    }

    /// What [`Host::flush`] asks for.
    pub(crate) fn flush(&self, request: &FlushRequest, call: &Call) -> Result<Vec<Error>> {
        let wanted = Wanted {
            up: request.flags.contains(FlushFlags::UPLOAD),
            down: request.flags.contains(FlushFlags::DOWNLOAD),
            flush: true,
            force: request.flags.contains(FlushFlags::FORCE),
            target: request.target,
        };
        let round = self.round(&wanted, call)?;
        Ok(round.problems.into_iter().map(|p| p.error).collect())
    }

    /// One round.
    pub(crate) fn round(&self, wanted: &Wanted, call: &Call) -> Result<Round> {
        let mut desk = self.desk();
        let desk = match &mut *desk {
            Some(desk) => desk,
            none => none.insert(self.begin()?),
        };
        desk.spooler.round(wanted, call)
    }

    /// What [`Host::validate_transports`] asks for.
    pub(crate) fn validate(&self, target: Option<Guid>, flags: ValidateFlags) -> Result<()> {
        match &*self.desk() {
            Some(desk) => desk.session.validate_transports(target, flags),
            None => Ok(()),
        }
    }

    /// The process of the spooler ends; the next one begins when it is asked.
    pub(crate) fn ends(&self) {
        *self.desk() = None;
    }

    fn begin(&self) -> Result<Desk> {
        let open = OpenStore {
            config: self.config.clone(),
            mode: OpenMode::ReadWrite,
            provider: String::new(),
        };
        let support = Arc::new(mapi::SystemSupport);
        let store = self.stores.open_store(&open, support, &Call::default())?;
        let epoch = store.begin_epoch(Role::Spooler, "the post", &Call::default())?;
        let under = Call {
            epoch: Some(epoch),
            ..Call::default()
        };
        let logon = Logon::profile(&self.profile).new_session().under(under);
        let session = Session::logon(&self.mapi, logon)?;
        let store = session.default_store()?;
        let spooler = Spooler::begin(&session, &store, Options::default())?;
        Ok(Desk { spooler, session })
    }

    fn desk(&self) -> MutexGuard<'_, Option<Desk>> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is said where there is no post.
pub(crate) fn no_post() -> Error {
    Error::new(mapi::Code::NO_SUPPORT, "this program has no spooler")
}
