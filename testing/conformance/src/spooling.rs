//! A session that is the spooler of the default store, as a program with the lease of that role has it.

use std::sync::Arc;

use mapi::{Call, Logon, MsgStore, OpenMode, Result, Session};
use mapi_spi::{OpenStore, Role, Store};

use crate::Fixture;

/// A session on the profile of the case under a new epoch of the spooler's role: whoever was the spooler before is not any more.
pub(crate) fn spooler_session(f: &Fixture) -> Result<Session> {
    Session::logon(&f.program(), Logon::profile("work").under(lease(f)?))
}

/// The default store of such a session, stopped by the cancel token of `call`.
pub(crate) fn spooled_store(f: &Fixture, call: &Call) -> Result<MsgStore> {
    let leased = lease(f)?;
    let session = Session::logon(&f.program(), Logon::profile("work").under(leased.clone()))?;
    let epoch = leased.epoch;
    let call = Call {
        epoch,
        ..call.clone()
    };
    Ok(session.default_store()?.with_call(call))
}

/// A call with the next epoch of the role.
pub(crate) fn lease(f: &Fixture) -> Result<Call> {
    let store = leased_store(f)?;
    let epoch = store.begin_epoch(Role::Spooler, "a case", &Call::default())?;
    Ok(Call {
        epoch: Some(epoch),
        ..Call::default()
    })
}

/// The default store at its boundary, to begin epochs in.
pub(crate) fn leased_store(f: &Fixture) -> Result<Arc<dyn Store>> {
    let open = OpenStore {
        config: f.ground().config("a"),
        mode: OpenMode::ReadWrite,
        provider: String::new(),
    };
    let service = f.ground().service();
    service.open_store(&open, Arc::new(mapi::SystemSupport), &Call::default())
}
