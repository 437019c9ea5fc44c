//! SES-10, ST-01, TX-01, TX-04, 7.1: the status table with transports, and what the objects behind its rows do.

use std::sync::{Arc, Mutex};

use mapi::{
    Code, EntryId, EventMask, FlushFlags, InitFlags, MapiProp, Object, OpenFlags, RelOp,
    Restriction, Result, Session, SettingsFlags, Status, TableEvent, TableRow, ValidateFlags,
    columns, object_type, tags,
};
use mapi_props::{resource_methods, resource_type, status_code};
use testkit_transport::{Act, Step};

use crate::fixture::code;
use crate::heard::{Heard, row};
use crate::scripted::{PROFILE, Plan, STORE, TYPES, World, plain, scripted};
use crate::{Case, Fixture, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "SES-10.2" + "M-IMAPISession.GetStatusTable",
        needs(),
        "the status table has one row for each transport of the profile",
        |f| {
            for count in [0, 1, 3] {
                let letters = ["t", "u", "v"];
                let each = letters.iter().take(count).map(|l| scripted(f, &[], &[l]));
                let services = [plain(f, "a")].into_iter().chain(each).collect();
                let session = World::new(f, services)?.logon()?;
                let table = session.status_table().restrict(transports()).open()?;
                assert_eq!(table.row_count()?, u64::try_from(count)?);
                assert_eq!(
                    session.status_table().open()?.row_count()?,
                    3 + u64::try_from(count)?
                );
            }
            Ok(())
        }
    ),
    case!(
        "TX-01.T1",
        needs(),
        "every transport has a row whose id opens a status object, for writing too",
        |f| {
            let session = two(f)?.logon()?;
            let rows = rows(&session)?;
            let mine: Vec<_> = rows.iter().filter(|r| kind(r) == 36).collect();
            assert_eq!(mine.len(), 2);
            for row in mine {
                for flags in [OpenFlags::NONE, OpenFlags::MODIFY, OpenFlags::BEST_ACCESS] {
                    let object = session.open_entry(row.entry_id(), flags)?;
                    assert_eq!(object.object_type(), object_type::STATUS);
                }
                let status = open(&session, row.entry_id())?;
                assert_eq!(status.get(tags::OBJECT_TYPE)?, object_type::STATUS);
                assert_eq!(code(status.set(tags::DISPLAY_NAME, "x")), Code::NO_ACCESS);
                let all = [
                    tags::DISPLAY_NAME,
                    tags::PROVIDER_DISPLAY,
                    tags::PROVIDER_DLL_NAME,
                ];
                for tag in all {
                    assert_eq!(row.get(tag), Some(status.get(tag)?), "{tag:?}");
                }
                assert_eq!(
                    row.get(tags::RESOURCE_TYPE),
                    Some(36),
                    "not what it says of itself"
                );
            }
            let unknown = EntryId::from([&rows[0].entry_id().as_bytes()[..27], &[99]].concat());
            assert_eq!(
                code(session.open_entry(&unknown, OpenFlags::NONE)),
                Code::NOT_FOUND
            );
            Ok(())
        }
    ),
    case!(
        "ST-01.T1",
        needs(),
        "the row of the subsystem is called what the profile is called",
        |f| {
            let session = World::new(f, vec![plain(f, "a")])?.logon()?;
            let only =
                Restriction::property(tags::RESOURCE_TYPE, RelOp::Eq, resource_type::SUBSYSTEM);
            let table = session.status_table().restrict(only).open()?;
            let rows = table.query_all_rows(0)?;
            let names: Vec<_> = rows
                .iter()
                .filter_map(|r| r.get(tags::DISPLAY_NAME))
                .collect();
            assert_eq!(names, [PROFILE]);
            let uid = mapi::Guid([9; 16]);
            let section = session.open_profile_section(uid, mapi::SectionFlags::MODIFY)?;
            assert_eq!(section.get(tags::PROFILE_NAME)?, PROFILE);
            let status = session.subsystem_status().get(tags::DISPLAY_NAME)?;
            assert_eq!(status, PROFILE);
            Ok(())
        }
    ),
    case!(
        "ST-01.T2",
        needs(),
        "a status object has the methods that its row names, and no other",
        |f| {
            let mut short = scripted(f, &[], &["u"]);
            short
                .config
                .values
                .insert("word".to_owned(), "plain".to_owned());
            let services = vec![
                plain(f, "a"),
                scripted(f, &["s"], &[]),
                scripted(f, &["x"], &[]),
                scripted(f, &[], &["t"]),
                short,
            ];
            let world = World::new(f, services)?;
            world.person.sets(TYPES, "SMTP");
            let session = world.logon()?;
            let mut seen = std::collections::BTreeSet::new();
            for row in rows(&session)? {
                let status = open(&session, row.entry_id())?;
                let methods = row.get(tags::RESOURCE_METHODS).unwrap();
                seen.insert((kind(&row), methods));
                type Call = Box<dyn Fn(&Status) -> Result<()>>;
                let calls: [(i32, Call); 4] = [
                    (
                        resource_methods::VALIDATE_STATE,
                        Box::new(Status::validate_state),
                    ),
                    (
                        resource_methods::SETTINGS_DIALOG,
                        Box::new(|s| s.settings_dialog(SettingsFlags::READ_ONLY)),
                    ),
                    (
                        resource_methods::CHANGE_PASSWORD,
                        Box::new(|s| s.change_password("old", "old")),
                    ),
                    (
                        resource_methods::FLUSH_QUEUES,
                        Box::new(|s| s.flush_queues(None, FlushFlags::UPLOAD | FlushFlags::NO_UI)),
                    ),
                ];
                for (bit, call) in calls {
                    let given = call(&status);
                    if methods & bit == 0 {
                        assert_eq!(code(given), Code::NO_SUPPORT, "{row:?} {bit}");
                        assert_eq!(status.last_error().unwrap().code, Code::NO_SUPPORT);
                    } else {
                        given?;
                    }
                }
            }
            // The matrix: subsystem and spooler can be looked at, transports can do what they say.
            for row in [(39, 1), (37, 1), (36, 0xF), (36, 0x3)] {
                assert!(seen.contains(&row), "{row:?}: {seen:?}");
            }
            // What does not work can be repaired, and nothing else.
            world.scripted.plan(STORE, Plan::Fails(Code::NETWORK_ERROR));
            session.logoff();
            let session = world.logon()?;
            let failed = rows(&session)?;
            let failed = failed
                .iter()
                .find(|r| r.get(tags::STATUS_CODE) == Some(status_code::FAILURE));
            let failed = failed.unwrap();
            assert_eq!(
                failed.get(tags::RESOURCE_METHODS),
                Some(resource_methods::SETTINGS_DIALOG)
            );
            let status = open(&session, failed.entry_id())?;
            status.settings_dialog(SettingsFlags::NONE)?;
            assert_eq!(code(status.validate_state()), Code::NO_SUPPORT);
            Ok(())
        }
    ),
    case!(
        "ST-01.T3",
        needs(),
        "a provider changes one column of its row, and whoever has the table open is told which row",
        |f| {
            let world = two(f)?;
            let session = world.logon()?;
            let heard = Heard::default();
            let table = session.status_table().open()?;
            let _connection = table.advise(EventMask::TABLE_MODIFIED, &heard.sink())?;
            let before = find(&rows(&session)?, "SCRIPTED_TRANSPORT t").clone();
            let transport = world.scripted.transports().remove(0);
            transport.says(
                tags::STATUS_CODE,
                status_code::OFFLINE | status_code::AVAILABLE,
            );
            let told = row(heard.wait(1).remove(0));
            assert_eq!(told.event, TableEvent::RowModified);
            assert_eq!(
                Some(&told.index.value),
                before.value(tags::INSTANCE_KEY.raw())
            );
            let after = told.row.unwrap();
            assert_eq!(after.get(tags::STATUS_CODE), Some(3));
            let others = [
                tags::DISPLAY_NAME.raw(),
                tags::STATUS_STRING.raw(),
                tags::RESOURCE_METHODS.raw(),
                tags::RESOURCE_FLAGS.raw(),
                tags::RESOURCE_TYPE.raw(),
                tags::PROVIDER_DLL_NAME.raw(),
                tags::ROWID.raw(),
                tags::ENTRYID.raw(),
            ];
            for tag in others {
                assert!(before.value(tag).is_some(), "{tag}");
                assert_eq!(before.value(tag), after.value(tag), "{tag}");
            }
            assert_eq!(before.get(tags::STATUS_STRING).as_deref(), Some("ready"));
            // Further columns of its own are shown to whoever asks for them.
            transport.says(tags::REMOTE_PROGRESS, 40);
            let remote = session
                .status_table()
                .columns(columns![tags::DISPLAY_NAME, tags::REMOTE_PROGRESS]);
            let shown = remote.restrict(transports()).open()?.query_all_rows(0)?;
            let progress: Vec<_> = shown.iter().map(|r| r.get(tags::REMOTE_PROGRESS)).collect();
            assert_eq!(progress, [Some(40), None], "rows are heterogeneous");
            Ok(())
        }
    ),
    case!(
        "SES-10.3",
        needs(),
        "a transport that is told to go offline does so, and the table tells it",
        |f| {
            let world = two(f)?;
            let session = world.logon()?;
            let heard = Heard::default();
            let table = session.status_table().open()?;
            let _connection = table.advise(EventMask::TABLE_MODIFIED, &heard.sink())?;
            let id = find(&rows(&session)?, "SCRIPTED_TRANSPORT u")
                .entry_id()
                .clone();
            let status = open(&session, &id)?;
            status.validate_state_with(ValidateFlags::FORCE_XP_DISCONNECT)?;
            let told = row(heard.wait(1).remove(0));
            assert_eq!(told.event, TableEvent::RowModified);
            let code = told.row.and_then(|r| r.get(tags::STATUS_CODE)).unwrap();
            assert_ne!(code & status_code::OFFLINE, 0);
            assert_ne!(status.get(tags::STATUS_CODE)? & status_code::OFFLINE, 0);
            let other = find(&rows(&session)?, "SCRIPTED_TRANSPORT t").get(tags::STATUS_CODE);
            assert_eq!(
                other.unwrap() & status_code::OFFLINE,
                0,
                "not the other one"
            );
            status.validate_state_with(ValidateFlags::FORCE_XP_CONNECT)?;
            assert_eq!(status.get(tags::STATUS_CODE)? & status_code::OFFLINE, 0);
            // The spooler has all of them do it.
            let spooler = find(&rows(&session)?, "MAPI Spooler").entry_id().clone();
            open(&session, &spooler)?.validate_state_with(ValidateFlags::FORCE_XP_DISCONNECT)?;
            for row in rows(&session)?.iter().filter(|r| kind(r) == 36) {
                assert_ne!(
                    row.get(tags::STATUS_CODE).unwrap() & status_code::OFFLINE,
                    0
                );
            }
            Ok(())
        }
    ),
    case!(
        "M-IMAPISession.EnumAdrTypes",
        needs(),
        "address types are those of the active transports, each once",
        |f| {
            let mut fax = scripted(f, &[], &["u"]);
            fax.config
                .values
                .insert("types".to_owned(), "FAX SMTP X400".to_owned());
            let mut failed = scripted(f, &[], &["v"]);
            failed
                .config
                .values
                .insert("types".to_owned(), "PAGER".to_owned());
            failed.providers[0].name = "BROKEN".to_owned();
            let mut none = scripted(f, &[], &["w"]);
            none.config.values.insert("types".to_owned(), String::new());
            let services = vec![plain(f, "a"), scripted(f, &[], &["t"]), fax, failed, none];
            let world = World::new(f, services)?;
            world
                .scripted
                .plan("BROKEN", Plan::Fails(Code::NETWORK_ERROR));
            let session = world.logon()?;
            assert_eq!(session.address_types()?, ["SMTP", "FAX", "X400"]);
            assert_eq!(
                World::new(f, vec![plain(f, "a")])?
                    .logon()?
                    .address_types()?,
                [""; 0]
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "settings that a person changes reach a transport when it is told of them, and not before",
        |f| {
            let world = two(f)?;
            let session = world.logon()?;
            let id = find(&rows(&session)?, "SCRIPTED_TRANSPORT t")
                .entry_id()
                .clone();
            let status = open(&session, &id)?;
            world.person.sets(TYPES, "FAX");
            status.settings_dialog(SettingsFlags::READ_ONLY)?;
            status.validate_state_with(ValidateFlags::CONFIG_CHANGED)?;
            assert_eq!(session.address_types()?, ["SMTP"], "nothing was changed");
            status.settings_dialog(SettingsFlags::NONE)?;
            let asked = ["sheet scripted t, to read", "sheet scripted t"];
            assert_eq!(world.person.asked(), asked);
            status.validate_state()?;
            assert_eq!(session.address_types()?, ["SMTP"], "it was not told");
            status.validate_state_with(ValidateFlags::CONFIG_CHANGED)?;
            assert_eq!(session.address_types()?, ["FAX", "SMTP"]);
            session.logoff();
            assert_eq!(
                world.logon()?.address_types()?,
                ["FAX", "SMTP"],
                "it is kept"
            );
            let session = world.logon()?;
            let status = open(
                &session,
                find(&rows(&session)?, "SCRIPTED_TRANSPORT t").entry_id(),
            )?;
            world.person.cancels();
            assert_eq!(
                code(status.settings_dialog(SettingsFlags::NONE)),
                Code::USER_CANCEL
            );
            let world = two(f)?;
            world.person.goes_away();
            let session = world.logon()?;
            let status = open(
                &session,
                find(&rows(&session)?, "SCRIPTED_TRANSPORT t").entry_id(),
            )?;
            let nobody = status.settings_dialog(SettingsFlags::NONE);
            assert_eq!(code(nobody), Code::UNCONFIGURED);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a password is changed by who knows the old one; a transport is flushed in the direction that is asked for",
        |f| {
            let session = two(f)?.logon()?;
            let all = rows(&session)?;
            let status = open(&session, find(&all, "SCRIPTED_TRANSPORT t").entry_id())?;
            assert_eq!(
                code(status.change_password("wrong", "new")),
                Code::NO_ACCESS
            );
            status.change_password("old", "new")?;
            assert_eq!(
                code(status.change_password("old", "newer")),
                Code::NO_ACCESS
            );
            status.change_password("new", "old")?;
            let told = |bits| -> Result<bool> { Ok(status.get(tags::STATUS_CODE)? & bits != 0) };
            status.flush_queues(None, FlushFlags::UPLOAD | FlushFlags::NO_UI)?;
            assert!(told(status_code::OUTBOUND_FLUSH)?);
            assert!(!told(status_code::INBOUND_FLUSH)?);
            status.flush_queues(None, FlushFlags::DOWNLOAD)?;
            assert!(told(status_code::INBOUND_FLUSH)?);
            let other = find(&all, "SCRIPTED_TRANSPORT u").entry_id();
            let for_another = status.flush_queues(Some(other), FlushFlags::UPLOAD);
            assert_eq!(code(for_another), Code::INVALID_PARAMETER);
            for unknown in [0x1, 0x40, 0x8000_0000] {
                assert_eq!(code(FlushFlags::from_bits(unknown)), Code::UNKNOWN_FLAGS);
            }
            for unknown in [0x2, 0x8000, 0x80_0000] {
                assert_eq!(code(ValidateFlags::from_bits(unknown)), Code::UNKNOWN_FLAGS);
            }
            assert_eq!(code(SettingsFlags::from_bits(2)), Code::UNKNOWN_FLAGS);
            // Flags of transports mean nothing elsewhere, and not all of them to every transport.
            let remote = ValidateFlags::REFRESH_XP_HEADER_CACHE;
            let subsystem = session.subsystem_status();
            assert_eq!(
                code(subsystem.validate_state_with(remote)),
                Code::NO_SUPPORT
            );
            let shown = status.validate_state_with(ValidateFlags::SHOW_XP_SESSION_UI);
            assert_eq!(code(shown), Code::NO_SUPPORT);
            subsystem
                .validate_state_with(ValidateFlags::SUPPRESS_UI | ValidateFlags::CONFIG_CHANGED)?;
            Ok(())
        }
    ),
    case!(
        needs(),
        "a status object does one thing at a time, and survives a transport that panics",
        |f| {
            let world = two(f)?;
            let session = world.logon()?;
            let all = rows(&session)?;
            let id = find(&all, "SCRIPTED_TRANSPORT t").entry_id().clone();
            let other = find(&all, "SCRIPTED_TRANSPORT u").entry_id().clone();
            let met = Arc::new(Mutex::new(Vec::new()));
            let transport = world.scripted.transports().remove(0);
            let (inner, noted, same) = (session.clone(), Arc::clone(&met), id.clone());
            let meanwhile = Box::new(move || {
                let object = |id: &EntryId| open(&inner, id).unwrap();
                let mine = object(&same);
                let mut noted = noted.lock().unwrap();
                noted.push(mine.validate_state().err().map(|e| e.code()));
                noted.push(
                    mine.flush_queues(None, FlushFlags::UPLOAD)
                        .err()
                        .map(|e| e.code()),
                );
                noted.push(mine.change_password("old", "new").err().map(|e| e.code()));
                noted.push(object(&other).validate_state().err().map(|e| e.code()));
            });
            transport.script().next(Step::Validate, Act::Do(meanwhile));
            let status = open(&session, &id)?;
            status.validate_state()?;
            let busy = Some(Code::BUSY);
            assert_eq!(*met.lock().unwrap(), [busy, busy, busy, None]);
            status.validate_state()?;
            transport.script().next(Step::Validate, Act::Panic);
            assert_eq!(code(status.validate_state()), Code::CALL_FAILED);
            let said = status.last_error().unwrap().detail;
            assert!(said.contains("told to panic"), "{said}");
            status.validate_state()?;
            assert_eq!(session.default_store()?.letter(), "a");
            Ok(())
        }
    ),
    case!(
        needs(),
        "the default store moves in both tables, and each tells it",
        |f| {
            let services = vec![plain(f, "a"), plain(f, "b"), scripted(f, &[], &["t"])];
            let flags = InitFlags::MULTITHREAD_NOTIFICATIONS;
            let world = World::with(f, services, flags)?;
            let session = world.logon()?;
            let (stores, status) = (Heard::default(), Heard::default());
            let columns = columns![tags::DEFAULT_STORE, tags::RESOURCE_FLAGS, tags::RECORD_KEY];
            let table = session.stores_table().columns(columns).open()?;
            let of_status = session.status_table().open()?;
            let _one = table.advise(EventMask::TABLE_MODIFIED, &stores.sink())?;
            let _two = of_status.advise(EventMask::TABLE_MODIFIED, &status.sink())?;
            let b = session.store_by_letter("b")?;
            session.set_default_store(Some(&b.entry_id()), mapi::StoreRole::Default)?;
            assert_eq!(session.default_store()?.letter(), "b");
            for heard in [&stores, &status] {
                let told: Vec<_> = heard.wait(2).into_iter().map(row).collect();
                assert!(
                    told.iter().all(|t| t.event == TableEvent::RowModified),
                    "{told:?}"
                );
                let mut flags: Vec<_> = told
                    .iter()
                    .filter_map(|t| t.row.as_ref()?.get(tags::RESOURCE_FLAGS))
                    .collect();
                flags.sort_unstable();
                assert_eq!(flags, [0x0, 0x2]);
            }
            session.logoff();
            assert_eq!(
                world.logon()?.default_store()?.letter(),
                "b",
                "in the profile"
            );
            Ok(())
        }
    ),
];

/// A program with a plain store and two services of one transport each, `t` and `u`, which tells in the background.
fn two(f: &Fixture) -> Result<World> {
    let services = vec![
        plain(f, "a"),
        scripted(f, &[], &["t"]),
        scripted(f, &[], &["u"]),
    ];
    World::with(f, services, InitFlags::MULTITHREAD_NOTIFICATIONS)
}

fn transports() -> Restriction {
    let kind = resource_type::TRANSPORT_PROVIDER;
    Restriction::property(tags::RESOURCE_TYPE, RelOp::Eq, kind)
}

fn rows(session: &Session) -> Result<Vec<TableRow>> {
    session.status_table().open()?.query_all_rows(0)
}

fn kind(row: &TableRow) -> i32 {
    row.get(tags::RESOURCE_TYPE).unwrap_or_default()
}

/// The row of this name. Transports are named after their kind and letter.
fn find<'a>(rows: &'a [TableRow], name: &str) -> &'a TableRow {
    let named = |r: &&TableRow| r.get(tags::DISPLAY_NAME).as_deref() == Some(name);
    rows.iter().find(named).unwrap()
}

fn open(session: &Session, id: &EntryId) -> Result<Status> {
    match session.open_entry(id, OpenFlags::NONE)? {
        Object::Status(status) => Ok(status),
        other => panic!("{other:?}"),
    }
}
