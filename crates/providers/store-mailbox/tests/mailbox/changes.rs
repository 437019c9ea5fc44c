//! What happens to the files while a store is open, or between two openings.

use std::fs;
use std::time::Duration;

use mapi_props::{Code, message_flags, tags};
use mapi_spi::{Call, ItemId, LogKind, Store};

use crate::world::{World, age, bag_of, folder, folders, mail, names_of, subjects};

fn look(store: &dyn Store) {
    // Figures look in any case, however short ago somebody did.
    store.maintain().unwrap().figures(&Call::default()).unwrap();
}

fn flags(store: &dyn Store, id: u64) -> u32 {
    store
        .message(ItemId(id), &Call::default())
        .unwrap()
        .meta
        .flags
}

#[test]
fn numbers_stay_while_files_come_go_and_are_renamed() {
    let world = World::maildir(&[
        ("cur/1.a:2,S", &mail("one")),
        ("new/2.a", &mail("two")),
        ("cur/3.a:2,", &mail("three")),
    ]);
    let store = world.open();
    let before = subjects(store.as_ref(), "Inbox");
    let uid = store.info().uid;
    drop(store);
    let (root, rename) = (world.mail(), |from: &str, to: &str| {
        fs::rename(world.mail().join(from), world.mail().join(to)).unwrap();
    });
    rename("new/2.a", "cur/2.a:2,FS");
    rename("cur/1.a:2,S", "cur/1.a:2,");
    fs::remove_file(root.join("cur/3.a:2,")).unwrap();
    world.lay("new/4.a", mail("four").as_bytes());
    let store = world.open();
    assert_eq!(store.info().uid, uid);
    let after = subjects(store.as_ref(), "Inbox");
    assert_eq!(names_of(&after), ["one", "two", "four"]);
    // What was in `cur` was read first.
    assert_eq!(names_of(&before), ["one", "three", "two"]);
    assert_eq!(after[..2], [before[0].clone(), before[2].clone()]);
    assert!(after[2].0 > before[2].0, "a number was used again");
    let read = |id| flags(store.as_ref(), id) & message_flags::READ != 0;
    assert!(!read(after[0].0) && read(after[1].0));
    let flagged = bag_of(store.as_ref(), after[1].0);
    assert_eq!(flagged.value(tags::FLAG_STATUS).unwrap().as_long(), Some(2));
    let counts = store
        .folder(folder(store.as_ref(), "Inbox"), &Call::default())
        .unwrap()
        .counts;
    assert_eq!((counts.contents, counts.unread), (3, 2));
    let gone = store.message(ItemId(before[1].0), &Call::default());
    assert_eq!(gone.unwrap_err().code(), Code::NOT_FOUND);
}

#[test]
fn an_open_store_sees_what_other_programs_do_and_its_log_tells() {
    let world = World::maildir(&[("cur/1.a:2,S", &mail("one")), ("cur/2.a:2,S", &mail("two"))]);
    let store = world.open();
    let call = Call::default();
    let ids: Vec<u64> = subjects(store.as_ref(), "Inbox")
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    let seen = store.log(0, None, 0, &call).unwrap().last;
    world.lay("new/3.a", mail("three").as_bytes());
    fs::rename(
        world.mail().join("cur/1.a:2,S"),
        world.mail().join("cur/1.a:2,"),
    )
    .unwrap();
    fs::remove_file(world.mail().join("cur/2.a:2,S")).unwrap();
    look(store.as_ref());
    assert_eq!(
        names_of(&subjects(store.as_ref(), "Inbox")),
        ["one", "three"]
    );
    let page = store.log(seen, None, 100, &call).unwrap();
    let told: Vec<_> = page.entries.iter().map(|e| (e.kind, e.object.0)).collect();
    let new = subjects(store.as_ref(), "Inbox")[1].0;
    assert_eq!(
        told,
        [
            (LogKind::Modified, ids[0]),
            (LogKind::Deleted, ids[1]),
            (LogKind::Created, new)
        ]
    );
    assert!(!page.lost);
    assert_eq!(page.last, seen + 3);
    assert_eq!(page.entries[0].changed, [tags::MESSAGE_FLAGS.id()]);
    let inverse = page.entries[1].inverse.as_ref().unwrap();
    assert!(
        inverse
            .props
            .iter()
            .any(|(id, _)| *id == tags::SUBJECT.id())
    );
}

#[test]
fn a_file_that_was_renamed_between_look_and_read_is_found_and_one_that_went_is_said_to_be_gone() {
    let world = World::maildir(&[("cur/1.a:2,", &mail("one")), ("cur/2.a:2,", &mail("two"))]);
    let store = world.open();
    let ids = subjects(store.as_ref(), "Inbox");
    fs::rename(
        world.mail().join("cur/1.a:2,"),
        world.mail().join("cur/1.a:2,S"),
    )
    .unwrap();
    fs::remove_file(world.mail().join("cur/2.a:2,")).unwrap();
    assert_eq!(
        bag_of(store.as_ref(), ids[0].0).text(tags::SUBJECT),
        Some("one")
    );
    let gone = store
        .message(ItemId(ids[1].0), &Call::default())
        .unwrap_err();
    assert!(
        matches!(gone.code(), Code::OBJECT_DELETED | Code::NOT_FOUND),
        "{gone}"
    );
}

#[test]
fn folders_that_come_and_go() {
    let world = World::maildir(&[(".A/cur/1.a:2,S", &mail("one")), (".A/new/", "")]);
    let store = world.open();
    let before = folders(store.as_ref());
    world.lay(".A.B/cur/2.a:2,S", mail("two").as_bytes());
    world.lay(".A.B/new/", b"");
    look(store.as_ref());
    assert_eq!(names_of(&subjects(store.as_ref(), "A/B")), ["two"]);
    assert_eq!(folder(store.as_ref(), "A"), before["A"]);
    fs::remove_dir_all(world.mail().join(".A")).unwrap();
    look(store.as_ref());
    // It still has a folder below it, and its number.
    assert_eq!(folder(store.as_ref(), "A"), before["A"]);
    assert_eq!(subjects(store.as_ref(), "A"), []);
    fs::remove_dir_all(world.mail().join(".A.B")).unwrap();
    look(store.as_ref());
    assert!(!folders(store.as_ref()).contains_key("A"));
}

#[test]
fn a_mailbox_that_is_not_mounted_is_not_forgotten() {
    let world = World::maildir(&[("cur/1.a:2,S", &mail("one"))]);
    let before = subjects(world.open().as_ref(), "Inbox");
    let (here, away) = (world.mail(), world.mail().with_file_name("away"));
    fs::rename(&here, &away).unwrap();
    let code = || world.open_at(&here).unwrap_err().code();
    assert_eq!(code(), Code::NOT_FOUND);
    fs::create_dir(&here).unwrap();
    assert_eq!(code(), Code::NOT_FOUND);
    fs::remove_dir(&here).unwrap();
    fs::rename(&away, &here).unwrap();
    assert_eq!(subjects(world.open().as_ref(), "Inbox"), before);
}

fn entry(subject: &str, status: &str) -> String {
    format!(
        "From a@b Mon Nov  2 10:00:00 2026\nSubject: {subject}\n{status}\nbody of {subject}\n\n"
    )
}

#[test]
fn an_mbox_that_is_cut_marked_and_appended_keeps_its_numbers() {
    let all: String = ["one", "two", "two", "three"]
        .map(|s| entry(s, ""))
        .concat();
    let world = World::of(&[("box", &all)]);
    let path = world.mail().join("box");
    let store = world.open();
    let before = subjects(store.as_ref(), "box");
    assert_eq!(names_of(&before), ["one", "two", "two", "three"]);
    let changed = [
        entry("two", "Status: RO\nX-Status: F\n"),
        entry("two", ""),
        entry("three", ""),
        entry("four", ""),
    ];
    fs::write(&path, changed.concat()).unwrap();
    age(&path, Duration::from_secs(60));
    look(store.as_ref());
    let after = subjects(store.as_ref(), "box");
    assert_eq!(names_of(&after), ["two", "two", "three", "four"]);
    assert_eq!(after[..3], before[1..]);
    assert!(after[3].0 > before[3].0);
    assert_ne!(flags(store.as_ref(), after[0].0) & message_flags::READ, 0);
    assert_eq!(flags(store.as_ref(), after[1].0) & message_flags::READ, 0);
    for (id, subject) in &after {
        let body = format!("body of {subject}\r\n");
        assert_eq!(
            bag_of(store.as_ref(), *id).text(tags::BODY),
            Some(body.as_str())
        );
    }
}

#[test]
fn an_mbox_that_is_being_written_loses_nothing() {
    let all: String = ["one", "two"].map(|s| entry(s, "")).concat();
    let world = World::of(&[("box", &all)]);
    let path = world.mail().join("box");
    let store = world.open();
    let before = subjects(store.as_ref(), "box");
    // As a program leaves it for a moment that writes it anew.
    fs::write(&path, entry("one", "")).unwrap();
    look(store.as_ref());
    fs::write(&path, &all).unwrap();
    look(store.as_ref());
    assert_eq!(subjects(store.as_ref(), "box"), before);
    // What stays away is gone, once nobody writes any more.
    fs::write(&path, entry("one", "")).unwrap();
    age(&path, Duration::from_secs(60));
    look(store.as_ref());
    assert_eq!(subjects(store.as_ref(), "box"), before[..1]);
    let gone = store
        .message(ItemId(before[1].0), &Call::default())
        .unwrap_err();
    assert_eq!(gone.code(), Code::NOT_FOUND);
}

#[test]
fn between_look_and_read_an_mbox_may_be_another_file() {
    let world = World::of(&[("box", &["one", "two"].map(|s| entry(s, "")).concat())]);
    let path = world.mail().join("box");
    let store = world.open();
    let ids = subjects(store.as_ref(), "box");
    fs::write(&path, entry("two", "")).unwrap();
    age(&path, Duration::from_secs(60));
    assert_eq!(
        bag_of(store.as_ref(), ids[1].0).text(tags::SUBJECT),
        Some("two")
    );
    let gone = store
        .message(ItemId(ids[0].0), &Call::default())
        .unwrap_err();
    assert!(
        matches!(gone.code(), Code::OBJECT_DELETED | Code::NOT_FOUND),
        "{gone}"
    );
}
