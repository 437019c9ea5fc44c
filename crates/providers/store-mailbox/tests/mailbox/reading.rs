//! What a mailbox shows.

use mapi_props::{Code, LargePlace, Slot, message_flags, tags};
use mapi_spi::{Call, ChangeSet, ItemId, NameCreation, Op, PropPatch, Store};

use crate::world::{World, bag_of, folder, folders, mail, names_of, rows, subjects, view};

const READ: u32 = message_flags::READ;

fn flags(store: &dyn Store, id: u64) -> u32 {
    store
        .message(ItemId(id), &Call::default())
        .unwrap()
        .meta
        .flags
}

#[test]
fn a_maildir_with_its_folders() {
    let world = World::maildir(&[
        ("cur/1.a:2,S", &mail("read")),
        ("cur/2.a:2,FR", &mail("flagged")),
        ("new/3.a:2,S", &mail("new")),
        ("tmp/4.a", &mail("half delivered")),
        ("dovecot.index", "not mail"),
        (".Lists.Rust/cur/5.a:2,S", &mail("list")),
        (".Lists.Rust/new/", ""),
        (".Caf&AOk-/cur/", ""),
        (".Caf&AOk-/new/6.a", &mail("coffee")),
    ]);
    let before = world.fingerprint();
    let store = world.open();
    let paths: Vec<String> = folders(store.as_ref()).into_keys().collect();
    assert_eq!(paths, ["", "Café", "Inbox", "Lists", "Lists/Rust"]);
    let inbox = subjects(store.as_ref(), "Inbox");
    assert_eq!(names_of(&inbox), ["read", "flagged", "new"]);
    let [read, flagged, new] = [0, 1, 2].map(|n| inbox[n].0);
    assert_eq!(flags(store.as_ref(), read) & READ, READ);
    assert_eq!(flags(store.as_ref(), flagged) & READ, 0);
    assert_eq!(flags(store.as_ref(), new) & READ, 0);
    let props = bag_of(store.as_ref(), flagged);
    assert_eq!(props.value(tags::FLAG_STATUS).unwrap().as_long(), Some(2));
    assert_eq!(
        props.value(tags::LAST_VERB_EXECUTED).unwrap().as_long(),
        Some(102)
    );
    assert_eq!(props.text(tags::BODY), Some("Text of flagged.\r\n"));
    let data = store
        .folder(folder(store.as_ref(), "Inbox"), &Call::default())
        .unwrap();
    assert_eq!((data.counts.contents, data.counts.unread), (3, 2));
    assert_eq!(names_of(&subjects(store.as_ref(), "Lists/Rust")), ["list"]);
    assert_eq!(names_of(&subjects(store.as_ref(), "Café")), ["coffee"]);
    store.maintain().unwrap().check(&Call::default()).unwrap();
    drop(store);
    assert_eq!(world.fingerprint(), before, "the mail was changed");
}

#[test]
fn an_mbox_and_a_tree_of_them() {
    let two = "From a@b Mon Nov  2 10:00:00 2026\nSubject: one\nStatus: RO\n\n>From quoted\n\n\
               From a@b Mon Nov  2 11:00:00 2026\nSubject: two\nX-Status: F\n\nbody\n";
    let world = World::of(&[
        ("Inbox", two),
        (
            "Inbox.sbd/Old",
            "From x Mon Nov  2 10:00:00 2026\nSubject: old\n\nx\n",
        ),
        ("notes.txt", "not mail"),
        ("work/cur/1.a:2,S", &mail("work")),
        ("work/new/", ""),
        (
            ".hidden/x",
            "From x Mon Nov  2 10:00:00 2026\nSubject: hidden\n\nx\n",
        ),
    ]);
    let before = world.fingerprint();
    let store = world.open();
    let paths: Vec<String> = folders(store.as_ref()).into_keys().collect();
    assert_eq!(paths, ["", "Inbox", "Inbox/Old", "work"]);
    let inbox = subjects(store.as_ref(), "Inbox");
    assert_eq!(names_of(&inbox), ["one", "two"]);
    assert_eq!(flags(store.as_ref(), inbox[0].0) & READ, READ);
    assert_eq!(flags(store.as_ref(), inbox[1].0) & READ, 0);
    assert_eq!(
        bag_of(store.as_ref(), inbox[0].0).text(tags::BODY),
        Some("From quoted\r\n")
    );
    let props = store.store_props(&Call::default()).unwrap();
    assert_eq!(
        props.value(tags::VALID_FOLDER_MASK).unwrap().as_long(),
        Some(3)
    );
    assert_eq!(names_of(&subjects(store.as_ref(), "Inbox/Old")), ["old"]);
    assert_eq!(names_of(&subjects(store.as_ref(), "work")), ["work"]);

    let alone = world.open_at(&world.mail().join("Inbox")).unwrap();
    assert_eq!(names_of(&subjects(alone.as_ref(), "Inbox")), ["one", "two"]);
    assert_ne!(alone.info().uid, store.info().uid);
    assert_eq!(world.fingerprint(), before, "the mail was changed");
}

#[test]
fn the_original_comes_back_byte_for_byte_and_values_are_read_in_pieces() {
    let body = "x".repeat(20_000);
    let text = mail("long").replace("Text of long.", &body);
    let world = World::maildir(&[("cur/1.a:2,S", &text)]);
    let store = world.open();
    let (id, _) = subjects(store.as_ref(), "Inbox")[0].clone();
    let props = bag_of(store.as_ref(), id);
    let call = Call::default();
    let Some(Slot::Large(original)) = props.get(&tags::INTERNET_CONTENT.id()) else {
        panic!("the original is a large value");
    };
    let mut reader = store.large(ItemId(id), original, &call).unwrap();
    let mut bytes = vec![0; text.len()];
    let mut at = 0;
    while at < bytes.len() {
        at += reader.read_at(at as u64, &mut bytes[at..], &call).unwrap();
    }
    assert_eq!(bytes, text.as_bytes());
    let mut back = [0; 5];
    assert_eq!(reader.read_at(0, &mut back, &call).unwrap(), 5);
    assert_eq!(&back, b"From:");
    let Some(Slot::Large(text)) = props.get(&tags::BODY.id()) else {
        panic!("a body of 20 KB is a large value");
    };
    assert!(matches!(text.place, LargePlace::Present(_)));
    assert_eq!(store.large(ItemId(id), text, &call).unwrap().size(), 20_002);
}

#[test]
fn nothing_can_be_written() {
    let world = World::maildir(&[("new/1.a", &mail("one"))]);
    let store = world.open();
    let call = Call::default();
    let info = store.info().capabilities;
    assert!(!info.write && !info.notify && !info.search && !info.submit && info.persistent);
    let patch = Op::PatchStore(PropPatch::default().with(tags::COMMENT, "x"));
    let code = |r: mapi_spi::Result<()>| r.unwrap_err().code();
    assert_eq!(
        code(store.commit(ChangeSet::one(patch), &call).map(drop)),
        Code::NO_ACCESS
    );
    assert_eq!(code(store.stage(&call).map(drop)), Code::NO_ACCESS);
    let name = mapi_props::PropName::text(mapi_props::guids::PS_PUBLIC_STRINGS, "new");
    let names = [name];
    let made = store.ids_from_names(&names, NameCreation::Explicit, &call);
    assert_eq!(code(made.map(drop)), Code::NO_ACCESS);
    assert_eq!(
        store
            .ids_from_names(&names, NameCreation::No, &call)
            .unwrap(),
        [None]
    );
    assert_eq!(code(store.wait(0, &call).map(drop)), Code::NO_SUPPORT);
    assert_eq!(
        code(store.message(ItemId(99), &call).map(drop)),
        Code::NOT_FOUND
    );
    assert_eq!(
        code(store.folder(ItemId(99), &call).map(drop)),
        Code::NOT_FOUND
    );
}

#[test]
fn what_is_no_message_is_named_and_the_others_go_on() {
    let world = World::maildir(&[
        ("cur/1.a:2,S", ""),
        ("cur/2.a:2,S", &mail("good")),
        ("cur/3.a:2,S", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    ]);
    let store = world.open();
    assert_eq!(names_of(&subjects(store.as_ref(), "Inbox")), ["good"]);
    let report = store.maintain().unwrap().check(&Call::default()).unwrap();
    assert_eq!((report.messages, report.problems.len()), (1, 2));
    assert!(
        report.problems[0].detail.contains("cur/1.a:2,S"),
        "{report:?}"
    );
    assert!(report.problems[0].detail.contains("empty"), "{report:?}");
}

#[test]
fn where_there_is_no_mail_the_reason_is_said() {
    let world = World::of(&[("notes.txt", "x")]);
    let error = world.open_at(&world.mail()).unwrap_err();
    assert_eq!(error.code(), Code::NOT_FOUND);
    assert!(error.detail().contains("no Maildir"), "{error}");
    let error = world.open_at(&world.mail().join("none")).unwrap_err();
    assert_eq!(error.code(), Code::NOT_FOUND);
}

#[test]
fn rows_of_small_texts_are_whole_though_the_index_has_none() {
    let world = World::maildir(&[("cur/1.a:2,S", &mail("one"))]);
    let store = world.open();
    let view = view(
        folder(store.as_ref(), "Inbox"),
        &[
            tags::BODY.into(),
            tags::SENDER_NAME.into(),
            tags::HASATTACH.into(),
        ],
    );
    let row = &rows(store.as_ref(), &view)[0];
    assert_eq!(row.cells[0], "Text of one.\r\n".into());
    assert_eq!(row.cells[1], "Ann".into());
    assert_eq!(row.cells[2], false.into());
}
