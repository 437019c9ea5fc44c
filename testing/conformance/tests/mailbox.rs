//! The reading part of MAPI over a Maildir in its place, held against a store in memory into which the same files were
//! imported: same tables, properties, parts, streams, searches and conversations, through the client API.
//!
//! The suite's own cases make what they look at, which a store that is only read cannot do.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use malle_host::import::{ImportJob, StoreTarget, import};
use malle_host::{Home, MalleHost, Profiles};
use mapi::{
    Bookmark, Code, CreateFolderFlags, DeleteFlags, Direction, EntryId, EventMask, Folder, Host,
    Logon, Mapi, MapiProp, Message, MsgStore, OpenFlags, PropTag, PropValue, PropertyFlags,
    Restriction, SaveFlags, Session, SortColumn, SortOrderSet, SpecialFolder, store_support, tags,
};
use mapi_props::{MatchKind, PropType, RelOp, SubObject};
use testkit::TempHome;

/// The sample mails of the project as a Maildir, opened in its place and imported.
struct Both {
    home: TempHome,
    session: Session,
    mailbox: MsgStore,
    memory: MsgStore,
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/mail")
}

impl Both {
    fn new() -> Self {
        let home = TempHome::new().unwrap();
        let maildir = home.path().join("mail");
        for part in ["cur", "new", "tmp"] {
            fs::create_dir_all(maildir.join(part)).unwrap();
        }
        let mut files: Vec<_> = fs::read_dir(samples())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "eml"))
            // Its time is that of the look.
            .filter(|path| !path.ends_with("33-future-date.eml"))
            .collect();
        files.sort();
        assert!(files.len() > 30);
        for (n, file) in files.iter().enumerate() {
            let flags = ["S", "FS", "RS", ""][n % 4];
            let to = maildir.join(format!("cur/{}.{n:03}.host:2,{flags}", 1_700_000_000 + n));
            fs::copy(file, to).unwrap();
        }
        let host = host(&home);
        host.create_profile("both", "MALLE_MEMORY", BTreeMap::new())
            .unwrap();
        let mapi = Mapi::initialize(host as Arc<dyn Host>);
        let session = Session::logon(&mapi, Logon::profile("both").create()).unwrap();
        let mailbox = session
            .add_store("MALLE_MAILBOX", &settings(&maildir))
            .unwrap();
        let memory = session.default_store().unwrap();
        let job = ImportJob {
            paths: vec![maildir],
            ..ImportJob::default()
        };
        let target = StoreTarget::new(memory.clone(), "Inbox");
        let report = import(&job, &target, malle_host::now(), &mut |_| {});
        assert_eq!((report.failures.len(), report.stopped.is_none()), (0, true));
        Self {
            home,
            session,
            mailbox,
            memory,
        }
    }

    fn inboxes(&self) -> [Folder; 2] {
        [&self.mailbox, &self.memory].map(|store| store.receive_folder("IPM").unwrap())
    }

    /// The messages of both by their entry ids, in the same order.
    fn messages(&self) -> Vec<[EntryId; 2]> {
        let [mine, theirs] = self.inboxes().map(|inbox| {
            let table = inbox.contents().columns([tags::ENTRYID.raw()]);
            let by_id = table.sort([
                SortColumn::ascending(tags::MESSAGE_SIZE),
                SortColumn::ascending(tags::SUBJECT),
            ]);
            let rows = by_id.open().unwrap().query_all_rows(0).unwrap();
            rows.iter()
                .map(|row| row.entry_id().clone())
                .collect::<Vec<_>>()
        });
        assert_eq!(mine.len(), theirs.len());
        mine.into_iter().zip(theirs).map(|(a, b)| [a, b]).collect()
    }
}

fn host(home: &TempHome) -> Arc<MalleHost> {
    Arc::new(MalleHost::new(Profiles::of(Home::below(home.path()))))
}

fn settings(path: &Path) -> BTreeMap<String, String> {
    [("path".to_owned(), path.display().to_string())].into()
}

/// Properties that say where an object is, what may be done with it, or when an import ran; and those that it made up.
const OWN: [PropTag; 17] = [
    tags::ENTRYID.raw(),
    tags::PARENT_ENTRYID.raw(),
    tags::RECORD_KEY.raw(),
    tags::STORE_ENTRYID.raw(),
    tags::STORE_RECORD_KEY.raw(),
    tags::MAPPING_SIGNATURE.raw(),
    tags::STORE_SUPPORT_MASK.raw(),
    tags::ACCESS.raw(),
    tags::ACCESS_LEVEL.raw(),
    tags::CHANGE_NUMBER.raw(),
    tags::CONVERSATION_ID.raw(),
    tags::INSTANCE_KEY.raw(),
    tags::SEARCH_KEY.raw(),
    tags::CREATION_TIME.raw(),
    tags::LAST_MODIFICATION_TIME.raw(),
    tags::LONGTERM_ENTRYID_FROM_TABLE.raw(),
    tags::ROWID.raw(),
];

fn is_own(tag: PropTag) -> bool {
    OWN.iter().any(|own| own.id() == tag.id())
}

/// Everything that an object has, by names where it has names, long values through streams.
fn everything(object: &impl MapiProp) -> BTreeMap<String, String> {
    let tags: Vec<_> = object.prop_list().unwrap();
    let tags: Vec<_> = tags.into_iter().filter(|tag| !is_own(*tag)).collect();
    let props = object.get_props(&tags).unwrap().ignore_warning();
    let told = props.iter().zip(&tags).map(|(prop, tag)| {
        let name = match tag.id() {
            id if id < 0x8000 => format!("{id:04X}"),
            _ => {
                let names = object.names_from_ids(&[*tag]).unwrap().ignore_warning();
                format!("{:?}", names[0].as_ref().unwrap())
            }
        };
        let value = match &prop.value {
            PropValue::Error(Code::NOT_ENOUGH_MEMORY) => {
                let stream = object.open_property(*tag, PropertyFlags::NONE);
                let mut bytes = Vec::new();
                stream.unwrap().read_to_end(&mut bytes).unwrap();
                format!("{} bytes {:?}", bytes.len(), bytes.get(..64))
            }
            value => format!("{value:?}"),
        };
        (name, value)
    });
    told.collect()
}

fn rows_of(table: &mapi::Table) -> Vec<Vec<String>> {
    let rows = table.query_all_rows(0).unwrap();
    let cells = |row: &mapi::TableRow| {
        let cells = row.cells().iter().filter(|cell| !is_own(cell.tag));
        cells.map(|cell| format!("{:?}", cell.value)).collect()
    };
    rows.iter().map(cells).collect()
}

fn compare(mine: &Message, theirs: &Message, what: &str) {
    assert_eq!(everything(mine), everything(theirs), "{what}");
    assert_eq!(mine.flags(), theirs.flags(), "{what}");
    let recipients = [mine, theirs].map(|m| rows_of(&m.recipients().open().unwrap()));
    assert_eq!(recipients[0], recipients[1], "{what}");
    let attachments = [mine, theirs].map(|m| rows_of(&m.attachments().open().unwrap()));
    assert_eq!(attachments[0], attachments[1], "{what}");
    for number in 0..i32::try_from(mine.attachment_count()).unwrap() {
        let [left, right] =
            [mine, theirs].map(|m| m.open_attachment(number, OpenFlags::NONE).unwrap());
        let what = format!("{what}, attachment {number}");
        assert_eq!(everything(&left), everything(&right), "{what}");
        let [data, other] = [&left, &right].map(|attachment| {
            let stream = attachment.open_property(tags::ATTACH_DATA_BIN.raw(), PropertyFlags::NONE);
            let mut bytes = Vec::new();
            stream
                .map(|mut s| s.read_to_end(&mut bytes).unwrap())
                .ok()?;
            Some(bytes)
        });
        assert!(data == other, "{what}: other bytes");
        if left.method() == mapi::attach_method::EMBEDDED_MSG {
            let [left, right] =
                [&left, &right].map(|a| a.open_embedded(PropertyFlags::NONE).unwrap());
            compare(&left, &right, &what);
        }
    }
}

#[test]
fn messages_have_the_same_properties_recipients_attachments_and_streams() {
    let both = Both::new();
    for [mine, theirs] in both.messages() {
        let mine = both.mailbox.open_message(&mine, OpenFlags::NONE).unwrap();
        let theirs = both.memory.open_message(&theirs, OpenFlags::NONE).unwrap();
        let subject = format!("{:?}", mine.find(tags::SUBJECT).unwrap());
        compare(&mine, &theirs, &subject);
        assert!(!mine.is_writable());
    }
}

fn restrictions() -> Vec<Option<Restriction>> {
    let text = |tag: PropTag, text: &str| Restriction::content(tag, MatchKind::Substring, text);
    vec![
        None,
        Some(text(tags::SUBJECT.raw(), "e")),
        Some(text(tags::BODY.raw(), "the")),
        Some(text(tags::TRANSPORT_MESSAGE_HEADERS.raw(), "multipart")),
        Some(Restriction::property(tags::HASATTACH, RelOp::Eq, true)),
        Some(Restriction::property(tags::MESSAGE_SIZE, RelOp::Gt, 2000)),
        Some(Restriction::property(
            tags::MESSAGE_CLASS,
            RelOp::Ne,
            "IPM.Note",
        )),
        Some(Restriction::exist(PropTag::new(
            tags::HTML.id(),
            PropType::UNSPECIFIED,
        ))),
        Some(Restriction::Sub {
            object: SubObject::Recipients,
            child: Box::new(text(tags::EMAIL_ADDRESS.raw(), "example")),
        }),
        Some(Restriction::Sub {
            object: SubObject::Attachments,
            child: Box::new(Restriction::property(tags::ATTACH_SIZE, RelOp::Gt, 500)),
        }),
    ]
}

fn orders() -> Vec<SortOrderSet> {
    let by =
        |column: SortColumn| SortOrderSet::by([column, SortColumn::ascending(tags::MESSAGE_SIZE)]);
    let grouped = SortOrderSet {
        categories: 1,
        expanded: 1,
        ..SortOrderSet::by([
            SortColumn::ascending(tags::SENDER_NAME),
            SortColumn::descending(tags::MESSAGE_SIZE),
        ])
    };
    vec![
        SortOrderSet::default(),
        by(SortColumn::ascending(tags::SUBJECT)),
        by(SortColumn::descending(tags::MESSAGE_DELIVERY_TIME)),
        grouped,
    ]
}

const COLUMNS: [PropTag; 14] = [
    tags::SUBJECT.raw(),
    tags::SENDER_NAME.raw(),
    tags::DISPLAY_TO.raw(),
    tags::MESSAGE_DELIVERY_TIME.raw(),
    tags::CLIENT_SUBMIT_TIME.raw(),
    tags::MESSAGE_SIZE.raw(),
    tags::MESSAGE_FLAGS.raw(),
    tags::MESSAGE_CLASS.raw(),
    tags::HASATTACH.raw(),
    tags::BODY.raw(),
    tags::HTML.raw(),
    tags::FLAG_STATUS.raw(),
    tags::ROW_TYPE.raw(),
    tags::CONTENT_COUNT.raw(),
];

#[test]
fn tables_show_the_same_rows_in_the_same_order() {
    let both = Both::new();
    for restriction in restrictions() {
        for order in orders() {
            let what = format!("{restriction:?} by {order:?}");
            let tables = both.inboxes().map(|inbox| {
                let table = inbox.contents().columns(COLUMNS);
                let table = table.restrict(restriction.clone()).order(order.clone());
                table.open().unwrap()
            });
            let counts = [&tables[0], &tables[1]].map(|t| t.row_count().unwrap());
            assert_eq!(counts[0], counts[1], "{what}");
            let backwards = [&tables[0], &tables[1]].map(|table| {
                let _ = table.seek_row(Bookmark::End, 0).unwrap();
                let rows = table.query_rows(-7).unwrap();
                let subject = |row: &mapi::TableRow| row.get(tags::SUBJECT);
                rows.iter().map(subject).collect::<Vec<_>>()
            });
            assert_eq!(backwards[0], backwards[1], "{what}");
            let found = [&tables[0], &tables[1]].map(|table| {
                let _ = table.seek_row(Bookmark::Beginning, 0).unwrap();
                let large = Restriction::property(tags::MESSAGE_SIZE, RelOp::Gt, 1500);
                let found = table.find_row(&large, Bookmark::Beginning, Direction::Forward);
                found
                    .map(|_| table.query_position().unwrap().row)
                    .map_err(|e| e.code())
            });
            assert_eq!(found[0], found[1], "{what}");
            let [mine, theirs] = tables.each_ref().map(rows_of);
            assert_eq!(mine, theirs, "{what}");
        }
    }
}

#[test]
fn entry_ids_open_what_they_name_also_in_another_session() {
    let both = Both::new();
    let [mine, theirs] = both.messages()[5].clone();
    let opened = both.session.open_entry(&mine, OpenFlags::BEST_ACCESS);
    let mapi::Object::Message(message) = opened.unwrap() else {
        panic!("a message's id opens a message");
    };
    assert_eq!(message.entry_id(), Some(mine.clone()));
    assert!(both.session.compare_entry_ids(&mine, &mine).unwrap());
    assert!(!both.session.compare_entry_ids(&mine, &theirs).unwrap());
    let subject = message.get(tags::SUBJECT).unwrap();
    let host = host(&both.home);
    let path = both.home.path().join("mail");
    host.create_profile("alone", "MALLE_MAILBOX", settings(&path))
        .unwrap();
    let mapi = Mapi::initialize(host as Arc<dyn Host>);
    let alone = || Session::logon(&mapi, Logon::profile("alone").new_session()).unwrap();
    // Another profile has another index, and so another store.
    let other = alone().open_entry(&mine, OpenFlags::NONE);
    assert!(other.is_err());
    let inbox = alone()
        .default_store()
        .unwrap()
        .receive_folder("IPM")
        .unwrap();
    let table = inbox.contents().columns([tags::SUBJECT.raw()]);
    let rows = table.open().unwrap().query_rows(1).unwrap();
    let id = rows[0].entry_id().clone();
    let again = alone().default_store().unwrap();
    let message = again.open_message(&id, OpenFlags::NONE).unwrap();
    assert_eq!(
        message.find(tags::SUBJECT).unwrap(),
        rows[0].get(tags::SUBJECT)
    );
    assert!(!subject.is_empty());
    let mut unknown = id.as_bytes().to_vec();
    *unknown.last_mut().unwrap() ^= 0x40;
    let unknown = again.open_message(&EntryId::from(unknown), OpenFlags::NONE);
    assert_eq!(unknown.unwrap_err().code(), Code::NOT_FOUND);
}

#[test]
fn conversations_and_searches_find_the_same_messages() {
    let both = Both::new();
    let other: HashMap<_, _> = both.messages().into_iter().map(|[a, b]| (a, b)).collect();
    let mut largest = 0;
    for (mine, theirs) in &other {
        let members = |store: &MsgStore, id| {
            let found = store.conversation(id).unwrap();
            let shape = |m: &mapi::ConversationMember| (m.entry_id.clone(), m.parent, m.depth);
            found.members().iter().map(shape).collect::<Vec<_>>()
        };
        let left: Vec<_> = members(&both.mailbox, mine)
            .into_iter()
            .map(|(id, parent, depth)| (other[&id].clone(), parent, depth))
            .collect();
        largest = largest.max(left.len());
        assert_eq!(left, members(&both.memory, theirs));
    }
    assert!(largest > 1, "some of the samples belong together");
    for text in ["the", "example.org", "ü", "nothing has this"] {
        let restriction = Restriction::content(tags::BODY, MatchKind::Substring, text);
        let found = [&both.mailbox, &both.memory].map(|store| {
            let search = store
                .search(restriction.clone())
                .columns([tags::SUBJECT.raw(), tags::PARENT_DISPLAY.raw()]);
            let search = search.sort([
                SortColumn::ascending(tags::SUBJECT),
                SortColumn::ascending(tags::MESSAGE_SIZE),
            ]);
            rows_of(&search.open().unwrap())
        });
        assert_eq!(found[0], found[1], "{text}");
    }
}

#[test]
fn what_cannot_be_done_is_refused_with_its_code() {
    let both = Both::new();
    let [inbox, _] = both.inboxes();
    let store = &both.mailbox;
    let code = |error: mapi::Error| error.code();
    let folder = inbox.create_folder("New", None, CreateFolderFlags::NONE);
    assert_eq!(folder.map(drop).map_err(code), Err(Code::NO_ACCESS));
    let search = inbox.create_search_folder("Found", None, CreateFolderFlags::NONE);
    assert_eq!(search.map(drop).map_err(code), Err(Code::NO_ACCESS));
    let message = inbox
        .create_message()
        .and_then(|m| m.save_changes(SaveFlags::NONE));
    assert_eq!(message.map_err(code), Err(Code::NO_ACCESS));
    let [mine, _] = both.messages()[0].clone();
    let modify = store.open_message(&mine, OpenFlags::MODIFY);
    assert_eq!(modify.map(drop).map_err(code), Err(Code::NO_ACCESS));
    let delete = inbox.delete_messages(&[mine], DeleteFlags::NONE);
    assert_eq!(delete.map(drop).map_err(code), Err(Code::NO_ACCESS));
    let advise = store.listen(None, EventMask::OBJECT_CREATED);
    assert_eq!(advise.map(drop).map_err(code), Err(Code::NO_SUPPORT));
    let missing = store.special_folder(SpecialFolder::DeletedItems);
    assert_eq!(missing.map(drop).map_err(code), Err(Code::NOT_FOUND));
    assert_eq!(
        store
            .special_folder(SpecialFolder::Inbox)
            .unwrap()
            .entry_id(),
        inbox.entry_id()
    );
    assert_eq!(store.ipm_subtree().unwrap().name().unwrap(), "IPM Subtree");
    let mask = store.support_mask();
    let never = store_support::MODIFY_OK
        | store_support::CREATE_OK
        | store_support::NOTIFY_OK
        | store_support::SUBMIT_OK
        | store_support::SEARCH_OK;
    assert_eq!(
        mask & (never | store_support::READONLY),
        store_support::READONLY
    );
}
