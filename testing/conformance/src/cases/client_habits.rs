//! PF-02, PF-11: what a client does not ask for while it starts, and what it does not ask of small tables.

use std::thread;
use std::time::{Duration, Instant};

use malle_views::LIST_COLUMNS;
use mapi::{
    BitOp, Bookmark, Code, Direction, Folder, OpenFlags, ProfileFlags, PropTag, PropValue,
    ReadFlags, RelOp, Restriction, Result, Session, TableRow, message_flags, tags,
};

use crate::counted::{calls, restricted};
use crate::fixture::add_subject;
use crate::scripted::{PROFILE, Plan, TRANSPORT, World, plain, scripted};
use crate::{Case, case};

/// How long a transport takes to get ready.
const READY: Duration = Duration::from_millis(250);

/// What waits until the transports are ready.
type Early = fn(&Session) -> Result<bool>;

pub(super) const CASES: &[Case] = &[
    case!(
        "PF-02.T1",
        needs(),
        "a client starts without what waits for transports, and that does wait for them",
        |f| {
            let world = World::new(f, vec![plain(f, "a"), scripted(f, &[], &["t"])])?;
            let session = world.logon()?;
            let (started, asked) = calls(|| start(&session));
            started?;
            assert_eq!(world.scripted.count("start"), 0, "no transport is wanted");
            let searches = |call: &String| call.starts_with("search") || call == "commit";
            assert!(!asked.iter().any(searches), "{asked:?}");
            drop(session);
            let early: [Early; 2] = [
                |session| Ok(session.address_types()? == ["SMTP"]),
                |session| {
                    let rows = session.status_table().open()?.query_all_rows(0)?;
                    let ready = |code: i32| code & 1 != 0;
                    let transport = |row: &TableRow| row.get(tags::RESOURCE_TYPE) == Some(36);
                    let mut rows = rows.iter().filter(|row| transport(row));
                    Ok(rows.all(|row| row.get(tags::STATUS_CODE).is_some_and(ready)))
                },
            ];
            for early in early {
                world.scripted.plan(TRANSPORT, Plan::Hangs);
                let session = world.logon()?;
                let begun = Instant::now();
                let there = thread::scope(|scope| {
                    scope.spawn(|| {
                        thread::sleep(READY);
                        world.scripted.release();
                    });
                    early(&session)
                });
                assert!(there?, "the transport is ready");
                assert!(begun.elapsed() >= READY, "{:?}", begun.elapsed());
            }
            Ok(())
        }
    ),
    case!(
        "PF-11.T1",
        needs(),
        "no lookup in a small table restricts it; a view of what is unread does",
        |f| {
            let world = World::new(f, vec![plain(f, "a"), scripted(f, &[], &["t"])])?;
            let session = world.logon()?;
            let (found, asked) = restricted(|| look_up(&world, &session));
            found?;
            assert_eq!(asked, 0);
            let inbox = session.default_store()?.receive_folder("IPM.Note")?;
            let store = session.default_store()?;
            for (subject, flag) in [
                ("read", ReadFlags::NONE),
                ("unread", ReadFlags::CLEAR_READ_FLAG),
            ] {
                let id = add_subject(&inbox, subject)?;
                store
                    .open_message(&id, OpenFlags::MODIFY)?
                    .set_read_flag(flag)?;
            }
            let (shown, asked) = restricted(|| unread(&inbox));
            assert_eq!((shown?, asked), (vec!["unread".to_owned()], 1));
            Ok(())
        }
    ),
];

/// What a client does from its beginning until the first page of the Inbox stands there.
fn start(session: &Session) -> Result<()> {
    let inbox = session.default_store()?.receive_folder("IPM.Note")?;
    let (table, _) = inbox.default_contents()?;
    table.set_columns(LIST_COLUMNS)?;
    table.query_rows(50).map(drop)
}

/// What a client looks up in the tables of profiles, services, providers and status rows.
fn look_up(world: &World, session: &Session) -> Result<()> {
    let profiles = world.mapi.admin_profiles()?;
    let services = profiles.admin_services(PROFILE)?;
    let first = |tag: PropTag, value: PropValue| Restriction::property(tag, RelOp::Eq, value);
    let by_name = |name: &str| first(tags::DISPLAY_NAME.raw(), name.into());
    let transport = first(tags::RESOURCE_TYPE.raw(), 36.into());
    let looked = [
        (profiles.profile_table(ProfileFlags::NONE), by_name(PROFILE)),
        (services.service_table(), by_name("scripted t")),
        (services.provider_table(), transport.clone()),
        (session.status_table(), transport),
    ];
    for (table, wanted) in looked {
        let table = table.open()?;
        let found = table.find_row(&wanted, Bookmark::Beginning, Direction::Forward)?;
        assert_eq!(found.warning, None);
        assert!(!table.query_all_rows(0)?.is_empty());
    }
    // What the library itself looks up for a client.
    let service = world.host_profile()?.services.remove(1).uid;
    services.admin_providers(service)?;
    session.store_by_letter("a")?;
    assert_eq!(session.query_identity()?.warning, Some(Code::W_NO_SERVICE));
    session.status_table().open()?.row_count().map(drop)
}

/// The subjects of what is unread.
fn unread(inbox: &Folder) -> Result<Vec<String>> {
    let unread = Restriction::Bitmask {
        op: BitOp::Zero,
        tag: tags::MESSAGE_FLAGS.raw(),
        mask: message_flags::READ,
    };
    let view = inbox
        .contents()
        .columns([tags::SUBJECT.raw()])
        .restrict(unread);
    let rows = view.open()?.query_rows(10)?;
    Ok(rows
        .iter()
        .filter_map(|row| row.get(tags::SUBJECT))
        .collect())
}
