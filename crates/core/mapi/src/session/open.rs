//! Opening by entry id: stores of the session, stores that only their id describes, and what is in them.
//! Reference: "IMAPISession::OpenMsgStore", "IMAPISession::OpenEntry" (requirements STO-02, SES-08)

use std::sync::Arc;

use mapi_kit::entry_ids::{self, EntryTarget};
use mapi_props::Code;
use mapi_spi::{Error, OpenMode, Result, ServiceConfig};

use super::Session;
use super::opening::{Opening, validate};
use super::roster::OpenedStore;
use crate::host::{ProfileProvider, ProfileService, resource_flags};
use crate::status::Status;
use crate::{EntryId, MsgStore, Object, OpenFlags, StoreFlags, TreeFlags};

pub(super) fn open_store(session: &Session, id: &EntryId, flags: StoreFlags) -> Result<MsgStore> {
    let write = flags.contains(StoreFlags::WRITE);
    let best = flags.contains(StoreFlags::BEST_ACCESS);
    let opened = match (session.route(id), id.described_store()) {
        (Ok(opened), described) => {
            let reads_only = session.state().mode() == OpenMode::ReadOnly;
            let enough = can_write(&opened) || !(write || best) || reads_only;
            match described {
                Some((service, config)) if !enough => start(session, &service, config, flags)?,
                _ => opened,
            }
        }
        (Err(e), Some((service, config))) if e.code() == Code::UNKNOWN_ENTRYID => {
            start(session, &service, config, flags)?
        }
        (Err(e), _) => return Err(e),
    };
    match (write, best) {
        (_, true) => session.handle(opened, OpenFlags::BEST_ACCESS),
        (true, false) => session.handle(opened, OpenFlags::MODIFY),
        (false, false) => session.handle(opened.for_reading(), OpenFlags::NONE),
    }
}

fn can_write(opened: &OpenedStore) -> bool {
    opened.store.info().capabilities.write
}

/// Opens a store that is not in the profile, for this session.
fn start(
    session: &Session,
    service: &str,
    config: ServiceConfig,
    flags: StoreFlags,
) -> Result<Arc<OpenedStore>> {
    let entry = ProfileService {
        service: service.to_owned(),
        config,
        ..ProfileService::default()
    };
    let provider = ProfileProvider {
        flags: resource_flags::TEMP_SECTION,
        ..ProfileProvider::default()
    };
    let write = flags.contains(StoreFlags::WRITE);
    let open = |mode| {
        let opening = Opening {
            subsystem: &session.state().subsystem,
            profile: session.state().profile(),
            mode,
            call: &session.call,
        };
        opening.open(&session.state().providers, &entry, &provider)
    };
    let entrant = if write || flags.contains(StoreFlags::BEST_ACCESS) {
        open(session.state().mode()).or_else(|e| {
            let refused = e.code() == Code::NO_ACCESS && !write;
            if refused {
                open(OpenMode::ReadOnly)
            } else {
                Err(e)
            }
        })?
    } else {
        open(OpenMode::ReadOnly)?
    };
    if write && !entrant.store.info().capabilities.write {
        return Err(Error::new(Code::NO_ACCESS, "the store cannot be written"));
    }
    let roster = &session.state().roster;
    let uid = entrant.store.info().uid;
    // A second row for one store would name two of the same entry id.
    let has_row = roster.listed().iter().any(|s| s.store.info().uid == uid);
    let opened = if flags.contains(StoreFlags::TEMPORARY) || has_row {
        roster.keep(entrant)
    } else {
        session.list(entrant)?
    };
    if !flags.contains(StoreFlags::NO_MAIL) {
        validate(&opened, &session.member, &session.call, TreeFlags::NONE)?;
    }
    Ok(opened)
}

pub(super) fn open_entry(session: &Session, id: &EntryId, flags: OpenFlags) -> Result<Object> {
    if let Some(status) = Status::by_id(session, id)? {
        return Ok(Object::Status(status));
    }
    let is_store = id.described_store().is_some()
        || matches!(entry_ids::parse(id.as_bytes()), Ok(EntryTarget::Store(_)));
    if is_store {
        return open_store(session, id, as_store_flags(flags)).map(Object::Store);
    }
    let store = session.handle(session.route(id)?, flags)?;
    entry_ids::parse(id.as_bytes())?;
    store.open_entry(id, flags)
}

/// MDB_NO_DIALOG, and the access that was asked for: MAPI_MODIFY is MDB_WRITE.
fn as_store_flags(flags: OpenFlags) -> StoreFlags {
    let mut out = StoreFlags::NO_DIALOG;
    for (flag, same) in [
        (OpenFlags::MODIFY, StoreFlags::WRITE),
        (OpenFlags::BEST_ACCESS, StoreFlags::BEST_ACCESS),
        (OpenFlags::DEFERRED_ERRORS, StoreFlags::DEFERRED_ERRORS),
    ] {
        if flags.contains(flag) {
            out = out | same;
        }
    }
    out
}
