//! The full-text index follows every change of a message, and the check sees when it does not.

mod building;

use std::path::Path;

use mapi_props::{
    Bag, FileTime, LargePlace, LargeRef, MatchKind, PropType, Restriction, Slot, StoredAttachment,
    recipient_type, tags,
};
use mapi_spi::{
    Anchor, Call, ChangeSet, CommitMode, DeleteMode, Expect, ItemId, Items, MessageSave,
    MessageTarget, NewValue, Op, OpOutcome, OpenMode, PropPatch, RecipePart, Store,
};
use rusqlite::Connection;
use store_sqlite::SqliteStore;

use crate::ground::{
    call, contents, new_folder, new_message, open, problems, save, saved, subject, support,
};

/// What the index itself has for an expression, newest first.
fn hits(path: &Path, expression: &str) -> Vec<ItemId> {
    let db = Connection::open(path).unwrap();
    let mut select = db
        .prepare(
            "SELECT k.item FROM fulltext f JOIN indexed k ON k.key = f.rowid
             WHERE fulltext MATCH ?1 ORDER BY f.rowid DESC",
        )
        .unwrap();
    let rows = select.query_map([expression], |r| r.get(0).map(ItemId));
    rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

fn edit(path: &Path, sql: &str) {
    let db = Connection::open(path).unwrap();
    db.pragma_update(None, "foreign_keys", false).unwrap();
    db.execute_batch(sql).unwrap();
}

fn commit(store: &SqliteStore, op: Op) -> OpOutcome {
    let set = ChangeSet::one(op);
    store.commit(set, &call()).unwrap().ops.remove(0)
}

fn delete(store: &SqliteStore, id: ItemId, mode: DeleteMode) {
    let items = Items::Ids(vec![id]);
    commit(store, Op::Delete { items, mode });
}

fn change(id: ItemId, patch: PropPatch) -> Op {
    Op::SaveMessage(Box::new(MessageSave {
        target: MessageTarget::Existing(id),
        ..new_message(id, patch)
    }))
}

fn phrase(store: &SqliteStore, root: ItemId, text: &str, call: &Call) -> mapi_spi::Result<usize> {
    let mut view = contents(root, &[], &[]);
    view.restriction = Some(Restriction::content(tags::SUBJECT, MatchKind::Phrase, text));
    let page = store.view(&view, &Anchor::Start, 10_000, call)?;
    Ok(page.rows.len())
}

fn at(patch: PropPatch, seconds: i64) -> PropPatch {
    let time = FileTime::from_unix(1_700_000_000 + seconds);
    patch.with(tags::MESSAGE_DELIVERY_TIME, time)
}

/// A message with something in every field.
fn full(folder: ItemId) -> MessageSave {
    let patch = subject("Straße nach Łódź")
        .with(tags::SENDER_NAME, "Zoë Ångström")
        .with(tags::SENDER_EMAIL_ADDRESS, "zoe@example.org")
        .with(tags::SENT_REPRESENTING_NAME, "Zoë Ångström")
        .with(tags::INTERNET_CPID, 1252)
        .with(tags::HTML, b"<p>caf\xE9 <b>noir</b></p>".to_vec());
    let recipient = |ty: Option<i32>, name: &str| {
        let mut bag = Bag::default();
        if let Some(ty) = ty {
            bag.set(tags::RECIPIENT_TYPE, ty);
        }
        bag.set(tags::DISPLAY_NAME, name);
        bag.set(tags::EMAIL_ADDRESS, format!("{name}@example.net"));
        bag.set(tags::SMTP_ADDRESS, format!("{name}@example.net"));
        bag
    };
    let mut attachment = StoredAttachment::default();
    attachment
        .props
        .set(tags::ATTACH_LONG_FILENAME, "Bericht 会議室.pdf");
    MessageSave {
        recipients: Some(vec![
            recipient(Some(recipient_type::TO), "tom"),
            recipient(Some(recipient_type::CC), "cid"),
            recipient(Some(recipient_type::BCC), "bob"),
            recipient(None, "olga"),
        ]),
        attachments: Some(vec![attachment]),
        ..new_message(folder, patch)
    }
}

#[test]
fn every_field_has_its_words_and_changes_move_them() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    let store = open(&path);
    let root = store.info().root;
    let id = save(&store, full(root));
    for expression in [
        "subject : strasse",
        "subject : \"nach lodz\"",
        "sender : angstrom",
        "\"to\" : tom",
        "cc : \"cid example net\"",
        "bcc : bob",
        "other : olga",
        "body : \"cafe noir\"",
        "attachment : \"会議 議室\"",
    ] {
        assert_eq!(hits(&path, expression), [id], "{expression}");
    }
    // Equal values stand once, and no phrase reaches from one value into the next.
    for expression in [
        "sender : \"angstrom zoe\"",
        "\"to\" : \"tom tom\"",
        "body : strasse",
    ] {
        assert_eq!(hits(&path, expression), [], "{expression}");
    }
    commit(&store, change(id, subject("elsewhere")));
    assert_eq!(hits(&path, "lodz"), []);
    assert_eq!(hits(&path, "subject : elsewhere AND body : cafe"), [id]);
    let body = PropPatch::default().with(tags::BODY, "plain tea");
    commit(&store, change(id, body));
    assert_eq!(
        (hits(&path, "cafe"), hits(&path, "tea")),
        (vec![], vec![id])
    );
    let mut recipients = new_message(root, PropPatch::default());
    recipients.target = MessageTarget::Existing(id);
    recipients.recipients = Some(Vec::new());
    commit(&store, Op::SaveMessage(Box::new(recipients)));
    assert_eq!(hits(&path, "tom OR cid OR bob OR olga"), []);
    assert_eq!(problems(&store), []);
    drop(store);
    // Whoever may not write can check and ask all the same.
    let reader = SqliteStore::open(&path, OpenMode::ReadOnly, support(), &call()).unwrap();
    reader.index_from(0);
    assert_eq!(problems(&reader), []);
    assert_eq!(phrase(&reader, root, "elsewhere", &call()).unwrap(), 1);
    drop(reader);
    let alone = SqliteStore::open_alone(&path, OpenMode::ReadWrite, support(), &call()).unwrap();
    assert_eq!(problems(&alone), []);
}

#[test]
fn moves_and_soft_deletions_leave_words_and_copies_double_them() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    let store = open(&path);
    let root = store.info().root;
    let folder = saved(&store, new_folder(root, "F"));
    let id = save(&store, full(root));
    let mut hidden = full(root);
    hidden.target = MessageTarget::New {
        folder: root,
        associated: true,
    };
    save(&store, hidden);
    let items = || Items::Ids(vec![id]);
    commit(
        &store,
        Op::Move {
            items: items(),
            to: folder,
        },
    );
    delete(&store, id, DeleteMode::Soft);
    assert_eq!(hits(&path, "cafe"), [id]);
    commit(&store, Op::Recover { items: items() });
    commit(
        &store,
        Op::Copy {
            items: items(),
            to: root,
        },
    );
    let both = hits(&path, "cafe");
    assert_eq!((both.len(), both.contains(&id)), (2, true));
    commit(
        &store,
        Op::CopyFolder {
            folder,
            to: root,
            name: Some("G".into()),
            subfolders: true,
        },
    );
    assert_eq!(hits(&path, "cafe").len(), 3);
    assert_eq!(problems(&store), []);
    delete(&store, id, DeleteMode::Hard);
    assert_eq!(hits(&path, "cafe").len(), 2);
    let mode = DeleteMode::Hard;
    let (folder, associated) = (root, false);
    commit(
        &store,
        Op::EmptyFolder {
            folder,
            associated,
            mode,
        },
    );
    assert_eq!(hits(&path, "cafe"), []);
    assert_eq!(problems(&store), []);
}

#[test]
fn keys_grow_with_the_time_of_delivery() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    let store = open(&path);
    let root = store.info().root;
    let mut ids = Vec::new();
    for seconds in [500, 100, 300, 300, 300, 200] {
        ids.push(save(&store, new_message(root, at(subject("x"), seconds))));
    }
    let undated = save(&store, new_message(root, subject("x")));
    let found = hits(&path, "x");
    let (first, last) = (found[0], found[6]);
    assert_eq!((first, last, found[5]), (ids[0], undated, ids[1]));
    commit(&store, change(ids[0], at(PropPatch::default(), 0)));
    assert_eq!(hits(&path, "x")[5], ids[0]);
    assert_eq!(problems(&store), []);
}

#[test]
fn large_bodies_are_read_and_what_is_not_at_hand_is_marked() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    let store = open(&path);
    let root = store.info().root;
    let large = |place| {
        let ty = PropType::UNICODE;
        Slot::Large(LargeRef { ty, size: 0, place })
    };
    let text = "filler ".repeat(5000) + "needle";
    let mut new = new_message(root, subject("with a large body"));
    let pending = large(LargePlace::Pending(0));
    new.patch.set.push((tags::BODY.id(), pending));
    let set = ChangeSet {
        values: vec![NewValue::Bytes(text.into_bytes())],
        ..ChangeSet::one(Op::SaveMessage(Box::new(new)))
    };
    store.commit(set, &call()).unwrap();
    let mut made = new_message(root, subject("put together"));
    made.patch
        .set
        .push((tags::BODY.id(), large(LargePlace::Pending(0))));
    let parts = [b"a first ".to_vec(), b"and a second part".to_vec()];
    let parts = parts.into_iter().map(RecipePart::Literal).collect();
    let set = ChangeSet {
        values: vec![NewValue::Recipe(parts)],
        ..ChangeSet::one(Op::SaveMessage(Box::new(made)))
    };
    store.commit(set, &call()).unwrap();
    assert_eq!(hits(&path, "body : \"first and a second\"").len(), 1);
    let mut far = new_message(root, subject("far away"));
    far.patch
        .set
        .push((tags::BODY.id(), large(LargePlace::Remote)));
    let far = save(&store, far);
    let found = hits(&path, "body : needle");
    assert_eq!(found.len(), 1);
    // Read from the store when it is changed.
    commit(&store, change(found[0], subject("changed")));
    assert_eq!(hits(&path, "body : needle AND subject : changed"), found);
    let db = Connection::open(&path).unwrap();
    let part: u64 = db
        .query_row("SELECT sum(item) FROM indexed WHERE whole = 0", [], |r| {
            r.get(0)
        })
        .unwrap();
    assert_eq!(ItemId(part), far);
    assert_eq!(hits(&path, "away"), [far]);
    assert_eq!(problems(&store), []);
}

#[test]
fn what_is_undone_leaves_no_words() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    let store = open(&path);
    let root = store.info().root;
    let first = save(&store, new_message(root, subject("first")));
    let new = |text: &str| Op::SaveMessage(Box::new(new_message(root, subject(text))));
    let mut stale = match change(first, subject("stale")) {
        Op::SaveMessage(save) => *save,
        _ => unreachable!(),
    };
    stale.expect = Expect::Exactly(12_345);
    let stale = || Op::SaveMessage(Box::new(stale.clone()));
    let set = |mode| ChangeSet {
        ops: vec![new("before"), stale(), new("after")],
        mode,
        ..ChangeSet::default()
    };
    store.commit(set(CommitMode::Atomic), &call()).unwrap_err();
    assert_eq!(hits(&path, "before OR after OR stale"), []);
    store.commit(set(CommitMode::EachItem), &call()).unwrap();
    assert_eq!(hits(&path, "stale"), []);
    assert_eq!(hits(&path, "before OR after").len(), 2);
    assert_eq!(hits(&path, "first"), [first]);

    // A folder of which one message cannot be copied stays alone, though others had been copied already.
    let folder = saved(&store, new_folder(root, "F"));
    save(&store, new_message(folder, at(subject("copied"), 1000)));
    let mut far = new_message(folder, subject("far"));
    let (ty, place) = (PropType::UNICODE, LargePlace::Remote);
    let body = Slot::Large(LargeRef { ty, size: 9, place });
    far.patch.set.push((tags::BODY.id(), body));
    save(&store, far);
    let copy = Op::CopyFolder {
        folder,
        to: root,
        name: Some("G".into()),
        subfolders: true,
    };
    let set = ChangeSet {
        ops: vec![copy, new("last")],
        mode: CommitMode::EachItem,
        ..ChangeSet::default()
    };
    let outcome = store.commit(set, &call()).unwrap();
    assert!(matches!(outcome.ops[0], OpOutcome::Failed(_)));
    assert_eq!(hits(&path, "copied").len(), 1);
    assert_eq!(hits(&path, "last").len(), 1);
    assert_eq!(problems(&store), []);
}

#[test]
fn one_transaction_may_add_change_and_remove_the_same_messages() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    let store = open(&path);
    let root = store.info().root;
    let ids: Vec<ItemId> = (0..6)
        .map(|n| save(&store, new_message(root, at(subject("old"), 16 * n))))
        .collect();
    let mut ops = Vec::new();
    for (n, id) in (0..).zip(&ids) {
        // Keys go free and are taken again, downwards.
        ops.push(change(*id, at(subject("middle"), 80 - 16 * n)));
        ops.push(change(*id, at(subject("new"), 40)));
    }
    for id in &ids[..2] {
        let items = Items::Ids(vec![*id]);
        let mode = DeleteMode::Hard;
        ops.push(Op::Delete { items, mode });
    }
    let set = ChangeSet {
        ops,
        ..ChangeSet::default()
    };
    store.commit(set, &call()).unwrap();
    assert_eq!(hits(&path, "old OR middle"), []);
    assert_eq!(hits(&path, "new").len(), 4);
    assert_eq!(problems(&store), []);
}

#[test]
fn the_check_sees_every_difference() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    let store = open(&path);
    let root = store.info().root;
    for text in ["one", "two", "three"] {
        save(&store, new_message(root, at(subject(text), 100)));
    }
    assert_eq!(problems(&store), []);
    drop(store);
    let key = "(SELECT max(key) FROM indexed)";
    let damages = [
        format!("DELETE FROM indexed WHERE key = {key}"),
        format!("DELETE FROM fulltext WHERE rowid = {key}"),
        format!("UPDATE indexed SET whole = 0, key = 5 WHERE key = {key}"),
        "INSERT INTO fulltext (rowid, body) VALUES (77, 'nobody')".into(),
        format!("INSERT OR REPLACE INTO fulltext (rowid, subject) VALUES ({key}, 'four')"),
        format!("INSERT OR REPLACE INTO fulltext (rowid, body) VALUES ({key}, 'three')"),
        "INSERT INTO indexed (key, item, whole) VALUES (99, 1, 1)".into(),
    ];
    let whole = std::fs::read(&path).unwrap();
    for damage in damages {
        std::fs::write(&path, &whole).unwrap();
        edit(&path, &damage);
        let store = open(&path);
        let found = problems(&store);
        assert!(
            found.iter().any(|p| p.code == "words"),
            "{damage}: {found:?}"
        );
    }
}

#[test]
fn single_saves_do_not_pile_up_segments() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    let store = open(&path);
    let root = store.info().root;
    for n in 0..300 {
        save(
            &store,
            new_message(root, at(subject(&format!("number {n}")), n)),
        );
    }
    let db = Connection::open(&path).unwrap();
    let segments = "SELECT count(DISTINCT segid) FROM fulltext_idx";
    let segments: u64 = db.query_row(segments, [], |r| r.get(0)).unwrap();
    assert!(segments <= 40, "{segments}");
    let items = Items::In {
        folder: root,
        restriction: None,
        associated: false,
        deleted: false,
    };
    let mode = DeleteMode::Hard;
    commit(&store, Op::Delete { items, mode });
    store.maintain().unwrap().compact(&call()).unwrap();
    let left = "SELECT count(*) FROM fulltext_data WHERE id > 100";
    let left: u64 = db.query_row(left, [], |r| r.get(0)).unwrap();
    assert_eq!(left, 0, "what is gone takes no room");
    assert_eq!(problems(&store), []);
}
