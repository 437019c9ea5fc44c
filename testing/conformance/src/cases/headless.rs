//! AD-02, AD-05, PA-04, PA-08: programs without anybody in front of them, and without a session.

use std::sync::mpsc;
use std::time::Duration;

use mapi::{
    Code, CopyFlags, CopyFolderFlags, CreateFolderFlags, DeleteFlags, DeleteFolderFlags, Depth,
    EmptyFolderFlags, EventMask, FlushFlags, Folder, Guid, Logon, LogonFlags, Mapi, MapiProp,
    NewService, Object, OpenFlags, ProfileFlags, PropAccess, PropName, PropType, PropertyFlags,
    ReadFlags, RelOp, Restriction, Result, SaveFlags, SearchFlags, SectionFlags, ServiceFlags,
    Session, SettingsFlags, SortColumn, SortOrderSet, SpecialFolder, StoreFlags, TreeFlags,
    ValidateFlags, columns, tags,
};
use mapi_props::resource_type;

use crate::fixture::{add_subject, address, attach, code, draft, prop, subjects};
use crate::heard::Heard;
use crate::scripted::{PROFILE, SCRIPTED, World, plain, scripted, unconfigured};
use crate::{Case, case};

/// How long the whole story may take before it counts as one that waits for somebody.
const WATCHDOG: Duration = Duration::from_secs(30);

pub(super) const CASES: &[Case] = &[
    case!(
        "AD-02.T1",
        needs(),
        "a program without anybody in front of it does everything, and waits for nobody",
        |f| {
            let services = vec![
                plain(f, "a"),
                plain(f, "b"),
                unconfigured(scripted(f, &["s"], &[])),
                scripted(f, &[], &["t"]),
            ];
            let world = World::new(f, services)?;
            world.person.goes_away();
            let (done, ended) = mpsc::channel();
            let mapi = world.mapi.clone();
            std::thread::spawn(move || {
                let logon = Logon::profile(PROFILE).no_mail();
                let story = Session::logon(&mapi, logon).and_then(|s| everything(&mapi, &s));
                // Nobody listens any more if it took too long.
                let _told = done.send(story);
            });
            match ended.recv_timeout(WATCHDOG) {
                Ok(story) => story?,
                Err(e) => panic!("after {WATCHDOG:?}: {e}"),
            }
            assert_eq!(
                world.person.asked(),
                [""; 0],
                "nothing that can do without asks"
            );
            // What must ask says so at once.
            let logon = |flags| Session::logon(&world.mapi, Logon::shared().with(flags));
            let failed = Code::LOGON_FAILED;
            assert_eq!(code(logon(LogonFlags::LOGON_UI)), failed);
            let always = LogonFlags::USE_DEFAULT | LogonFlags::SERVICE_UI_ALWAYS;
            assert_eq!(code(logon(always)), failed);
            let session = Session::logon(
                &world.mapi,
                Logon::profile(PROFILE).with(LogonFlags::LOGON_UI),
            )?;
            assert_eq!(session.failures()[0].error.code, Code::UNCONFIGURED);
            let rows = session.status_table().open()?.query_all_rows(0)?;
            for row in rows {
                let Object::Status(status) = session.open_entry(row.entry_id(), OpenFlags::NONE)?
                else {
                    panic!("no status object");
                };
                let asked = code(status.settings_dialog(SettingsFlags::NONE));
                assert!(
                    [Code::NO_SUPPORT, Code::UNCONFIGURED].contains(&asked),
                    "{asked}"
                );
            }
            let profiles = world.mapi.admin_profiles()?;
            let services = profiles.admin_services(PROFILE)?;
            let scripted = world.host_profile()?.services[2].uid;
            let always = ServiceFlags::UI_ALWAYS;
            let asked = services.configure_service(scripted, always, &[]);
            assert_eq!(code(asked), Code::UNCONFIGURED);
            assert_eq!(
                code(services.create_service(&NewService::of(SCRIPTED))),
                Code::UNCONFIGURED
            );
            Ok(())
        }
    ),
    case!(
        "AD-05.T1",
        needs(),
        "tables and properties in memory work before anything is initialised, and tell nobody",
        |_| {
            let utilities = mapi::Utilities::initialize(mapi::UtilityFlags::NONE);
            let table =
                utilities.create_table(tags::ROWID, columns![tags::ROWID, tags::SUBJECT])?;
            let row = |n: i32, text: &str| vec![prop(tags::ROWID, n), prop(tags::SUBJECT, text)];
            table.modify_row(&row(1, "b"))?;
            table.modify_row(&row(2, "a"))?;
            let view = table.view().open()?;
            view.sort(SortOrderSet::by([SortColumn::ascending(tags::SUBJECT)]))?;
            let heard = Heard::default();
            let _connection = view.advise(EventMask::TABLE_MODIFIED, &heard.sink())?;
            table.modify_row(&row(3, "c"))?;
            assert_eq!(subjects(&view)?, ["a", "b", "c"]);
            assert!(heard.take().is_empty(), "no events");
            // Properties: set and read at once, each to be written or not, each dirty or not.
            let object = utilities.create_props();
            let wrong = (tags::SUBJECT.raw(), 3.into());
            let problems =
                object.set_props(&[prop(tags::SUBJECT, "kept"), wrong, prop(tags::ROWID, 7)])?;
            assert_eq!(
                (problems.len(), problems[0].index, problems[0].code),
                (1, 1, Code::INVALID_TYPE)
            );
            assert_eq!(object.get(tags::SUBJECT)?, "kept");
            assert_eq!(object.prop_list()?.len(), 2);
            let both = columns![tags::SUBJECT, tags::BODY];
            let (write, clean, dirty) =
                (PropAccess::READ_WRITE, PropAccess::CLEAN, PropAccess::DIRTY);
            assert_eq!(object.access(&both), [write | dirty, write | clean]);
            object.set_access(&both, PropAccess::READ_ONLY | clean)?;
            let read = PropAccess::READ_ONLY;
            assert_eq!(object.access(&both), [read | clean, read | clean]);
            for refused in [
                object.set_props(&[prop(tags::SUBJECT, "other")])?,
                object.delete_props(&both[..1])?,
            ] {
                assert_eq!(refused[0].code, Code::NO_ACCESS);
            }
            assert_eq!(
                code(object.set_access(&both, clean | dirty)),
                Code::INVALID_PARAMETER
            );
            object.set_object_access(read)?;
            assert_eq!(code(object.set(tags::ROWID, 8)), Code::NO_ACCESS);
            object.set_object_access(write)?;
            assert_eq!(object.delete_props(&columns![tags::ROWID])?, []);
            assert_eq!(object.find(tags::ROWID)?, None);
            object.save_changes(SaveFlags::NONE)?;
            Ok(())
        }
    ),
    case!(
        "AD-05.T2",
        needs(),
        "uninitialising what is not initialised is refused, and harms nothing",
        |f| {
            let mapi = Mapi::uninitialized(f.host_with(f.ground().service()));
            for _ in 0..3 {
                assert_eq!(code(mapi.uninitialize()), Code::NOT_INITIALIZED);
            }
            assert_eq!(
                code(mapi.create_table(tags::ROWID, columns![tags::ROWID])),
                Code::NOT_INITIALIZED
            );
            mapi.initialize_again();
            let session = Session::logon(&mapi, Logon::profile("work"))?;
            assert_eq!(session.stores()?.len(), 2);
            mapi.uninitialize()?;
            assert_eq!(code(mapi.uninitialize()), Code::NOT_INITIALIZED);
            assert_eq!(code(session.stores()), Code::NOT_INITIALIZED);
            Ok(())
        }
    ),
    case!(
        "PA-08.T1",
        needs(),
        "three ways to the name of the profile agree",
        |f| {
            let world = World::new(f, vec![plain(f, "a")])?;
            let table = world
                .mapi
                .admin_profiles()?
                .profile_table(ProfileFlags::NONE)
                .open()?;
            let default = Restriction::property(tags::DEFAULT_PROFILE, RelOp::Eq, true);
            table.restrict(default)?;
            let rows = table.query_all_rows(0)?;
            let listed: Vec<_> = rows
                .iter()
                .filter_map(|r| r.get(tags::DISPLAY_NAME))
                .collect();
            let session = Session::logon(&world.mapi, Logon::default_profile())?;
            let section = session.open_profile_section(Guid([3; 16]), SectionFlags::MODIFY)?;
            let kept = section.get(tags::PROFILE_NAME)?;
            let kind = resource_type::SUBSYSTEM;
            let subsystem = Restriction::property(tags::RESOURCE_TYPE, RelOp::Eq, kind);
            let rows = session
                .status_table()
                .restrict(subsystem)
                .open()?
                .query_rows(1)?;
            let status = rows[0].get(tags::DISPLAY_NAME).unwrap();
            assert_eq!(
                (listed, kept, status),
                (
                    vec![PROFILE.to_owned()],
                    PROFILE.to_owned(),
                    PROFILE.to_owned()
                )
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "a profile that is deleted right after logging on lasts as long as its session",
        |f| {
            let world = World::new(f, vec![plain(f, "a")])?;
            let session = world.logon()?;
            let profiles = world.mapi.admin_profiles()?;
            profiles.delete_profile(PROFILE, ProfileFlags::NONE)?;
            assert_eq!(
                profiles
                    .profile_table(ProfileFlags::NONE)
                    .open()?
                    .row_count()?,
                0
            );
            assert_eq!(code(world.logon()), Code::LOGON_FAILED, "by nobody else");
            let inbox = session.default_store()?.receive_folder("IPM")?;
            add_subject(&inbox, "goes on")?;
            let section = session.open_profile_section(Guid([5; 16]), SectionFlags::MODIFY)?;
            section.set(tags::DISPLAY_NAME, "goes on too")?;
            drop(section);
            assert_eq!(inbox.counts()?.contents, 1);
            session.logoff();
            assert_eq!(code(world.host_profile()), Code::NOT_FOUND, "it is gone");
            Ok(())
        }
    ),
];

/// What a program does that runs by itself.
fn everything(mapi: &Mapi, session: &Session) -> Result<()> {
    assert_eq!(session.failures().len(), 1);
    let store = session.default_store()?;
    let inbox = store.receive_folder("IPM.Note")?;
    let work = inbox.create_folder("Work", None, CreateFolderFlags::NONE)?;
    messages(&store, &inbox, &work)?;
    folders(&store, &inbox, &work)?;
    tables(&store, &inbox, &work)?;
    the_session(mapi, session)?;
    session.logoff();
    Ok(())
}

fn messages(store: &mapi::MsgStore, inbox: &Folder, work: &Folder) -> Result<()> {
    let heard = Heard::default();
    let connection = store.advise(None, EventMask::OBJECT_CREATED, &heard.sink())?;
    let message = draft(
        inbox,
        &[prop(tags::SUBJECT, "one"), prop(tags::BODY, "text")],
    )?;
    address(&message, &[(1, "Ann"), (2, "Bob")])?;
    attach(&message, "a.txt", b"attached")?;
    message.save_changes(SaveFlags::NONE)?;
    let id = message.entry_id().unwrap();
    let opened = inbox.open_message_with(&id, OpenFlags::MODIFY)?;
    assert_eq!(opened.recipients().open()?.row_count()?, 2);
    let stream = opened.open_property(tags::BODY.raw(), PropertyFlags::NONE)?;
    drop(stream);
    opened.set_read_flag(ReadFlags::NONE)?;
    let name = PropName::text(mapi::guids::PS_PUBLIC_STRINGS, "Grade");
    let tag = store.named_tag(&name, PropType::LONG)?;
    opened.set_props(&[(tag, 3.into())])?;
    opened.save_changes(SaveFlags::NONE)?;
    let ids = [id];
    assert_eq!(
        inbox.copy_messages(&ids, work, CopyFlags::NONE)?.warning,
        None
    );
    assert_eq!(
        inbox
            .copy_messages(&ids, work, CopyFlags::MOVE | CopyFlags::DIALOG)?
            .warning,
        None
    );
    add_subject(inbox, "two")?;
    store.unadvise(connection)?;
    Ok(())
}

fn folders(store: &mapi::MsgStore, inbox: &Folder, work: &Folder) -> Result<()> {
    let sub = work.create_folder("Sub", None, CreateFolderFlags::NONE)?;
    sub.rename("Renamed")?;
    assert_eq!(
        work.copy_folder(&sub.entry_id(), inbox, None, CopyFolderFlags::NONE)?
            .warning,
        None
    );
    work.delete_folder(&sub.entry_id(), DeleteFolderFlags::NONE)?;
    for special in [SpecialFolder::Calendar, SpecialFolder::Drafts] {
        store.special_folder(special)?;
    }
    store.set_receive_folder("IPM.Own", Some(&work.entry_id()))?;
    store.validate_ipm_subtree(TreeFlags::FULL_IPM_TREE)?;
    if store.capabilities().search {
        let found = store.special_folder(SpecialFolder::Finder)?;
        let search = found.create_search_folder("Ones", None, CreateFolderFlags::NONE)?;
        let ones = Restriction::property(tags::SUBJECT, RelOp::Eq, "one");
        let folders = [work.entry_id()];
        search.set_search_criteria(Some(&ones), Some(&folders), SearchFlags::FOREGROUND)?;
        assert_eq!(search.counts()?.contents, 2);
    }
    Ok(())
}

fn tables(store: &mapi::MsgStore, inbox: &Folder, work: &Folder) -> Result<()> {
    let table = work.contents().columns(columns![tags::SUBJECT]).open()?;
    table.sort(SortOrderSet::by([SortColumn::ascending(tags::SUBJECT)]))?;
    table.restrict(Restriction::property(tags::SUBJECT, RelOp::Ge, "a"))?;
    assert_eq!(table.row_count()?, 2);
    inbox.hierarchy(Depth::All).open()?.query_all_rows(0)?;
    store.receive_folder_table().open()?.query_all_rows(0)?;
    store.outgoing_queue().open()?.query_all_rows(0)?;
    let rows = work.contents().open()?.query_all_rows(0)?;
    let ids: Vec<_> = rows.iter().map(|r| r.entry_id().clone()).collect();
    assert_eq!(
        work.set_read_flags(Some(&ids), ReadFlags::NONE)?.warning,
        None
    );
    assert_eq!(work.delete_messages(&ids, DeleteFlags::NONE)?.warning, None);
    assert_eq!(work.empty(EmptyFolderFlags::NONE)?.warning, None);
    Ok(())
}

fn the_session(mapi: &Mapi, session: &Session) -> Result<()> {
    session.stores_table().open()?.query_all_rows(0)?;
    let other = session.store_by_letter("b")?.entry_id();
    session.open_store(&other, StoreFlags::NO_DIALOG | StoreFlags::BEST_ACCESS)?;
    session.open_entry(&other, OpenFlags::NONE)?;
    session.compare_entry_ids(&other, &session.default_store()?.entry_id())?;
    let user = session.query_identity()?;
    assert_eq!(user.warning, Some(Code::W_NO_SERVICE));
    assert_eq!(session.address_types()?, [""; 0]);
    let section = session.open_profile_section(Guid([4; 16]), SectionFlags::MODIFY)?;
    section.set(tags::DISPLAY_NAME, "kept")?;
    drop(section);
    for row in session.status_table().open()?.query_all_rows(0)? {
        let Object::Status(status) = session.open_entry(row.entry_id(), OpenFlags::MODIFY)? else {
            panic!("no status object");
        };
        let refused = |result: Result<()>| result.err().map(|e| e.code());
        let given = [
            refused(status.validate_state_with(ValidateFlags::SUPPRESS_UI)),
            refused(status.change_password("old", "new")),
            refused(status.flush_queues(None, FlushFlags::UPLOAD | FlushFlags::NO_UI)),
        ];
        let fine = |e: &Option<Code>| e.is_none_or(|e| e == Code::NO_SUPPORT);
        assert!(given.iter().all(fine), "{given:?}");
    }
    let profiles = mapi.admin_profiles()?;
    profiles.create_profile("made", ProfileFlags::NONE)?;
    profiles.copy_profile("made", "copied", ProfileFlags::NONE)?;
    profiles.delete_profile("made", ProfileFlags::NONE)?;
    let services = profiles.admin_services("copied")?;
    let made = services.create_service(&NewService::of(SCRIPTED).set("word", "full"))?;
    services.configure_service(made, ServiceFlags::NONE, &[])?;
    services.delete_service(made)?;
    profiles.delete_profile("copied", ProfileFlags::NONE)
}
