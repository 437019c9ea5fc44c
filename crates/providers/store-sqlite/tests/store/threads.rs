//! Conversations of files of an older version, and what the check sees of damage.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use mapi_props::{Code, tags};
use mapi_spi::{
    Anchor, Call, CancelToken, ChangeSet, DeleteMode, Expect, ItemId, Items, MessageTarget, Op,
    OpOutcome, OpenMode, Progress, ProgressEvent, PropPatch, Store, ThreadId,
};
use rusqlite::Connection;
use store_sqlite::SqliteStore;
use testkit::Chance;

use crate::ground::{
    TO_VERSION_3, call, contents, first_cells, new_message, open, problems, save, subject, support,
};

/// What a random message says: few ids, so that many are tied together, some of them late.
fn said(chance: &mut Chance) -> PropPatch {
    let id = |chance: &mut Chance| format!("<{}@x>", chance.in_range(0..900));
    let texts = ["Plan", "Re: Plan", "AW: Bilan", "Bilan", "Note"];
    let text = *chance.pick(&texts);
    let mut patch = subject(text);
    if chance.percent(60) {
        patch = patch.with(tags::INTERNET_MESSAGE_ID, id(chance));
    }
    if chance.percent(40) {
        let references = format!("{} {}", id(chance), id(chance));
        patch = patch.with(tags::INTERNET_REFERENCES, references);
    }
    patch
}

/// A store with so many messages; the numbers of these.
fn furnish(path: &Path, messages: usize) -> Vec<ItemId> {
    let store = open(path);
    let root = store.info().root;
    let mut chance = Chance::from_seed(4);
    let op = |_| Op::SaveMessage(Box::new(new_message(root, said(&mut chance))));
    let set = ChangeSet {
        ops: (0..messages).map(op).collect(),
        ..ChangeSet::default()
    };
    let done = store.commit(set, &call()).unwrap();
    let id = |outcome: &OpOutcome| match outcome {
        OpOutcome::Saved(saved) => saved.id,
        other => panic!("{other:?}"),
    };
    done.ops.iter().map(id).collect()
}

fn edit(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

fn age(path: &Path) {
    edit(path, TO_VERSION_3);
    edit(path, "PRAGMA user_version = 3");
}

fn thread(store: &dyn Store, id: ItemId) -> Option<ThreadId> {
    store.message(id, &call()).unwrap().meta.thread
}

/// Which messages belong together: for each the first of its conversation.
fn partition(store: &dyn Store, ids: &[ItemId]) -> Vec<ItemId> {
    let mut firsts = BTreeMap::new();
    let first = |id: &ItemId| {
        let thread = thread(store, *id).expect("all have one");
        *firsts.entry(thread).or_insert(*id)
    };
    ids.iter().map(first).collect()
}

/// Cancels a call when something was done.
#[derive(Debug)]
struct StopAfterFirst(CancelToken);

impl Progress for StopAfterFirst {
    fn report(&self, event: ProgressEvent) {
        if event.done > 0 {
            self.0.cancel();
        }
    }
}

#[test]
fn an_older_file_gets_the_conversations_that_it_would_have_had() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    let ids = furnish(&path, 2500);
    let known = partition(&open(&path), &ids);
    let together = known.iter().zip(&ids).filter(|(first, id)| first != id);
    assert!(together.count() > 500);
    age(&path);

    // Whoever may only read finds everything else, and is told why.
    let reader = SqliteStore::open(&path, OpenMode::ReadOnly, support(), &call()).unwrap();
    assert_eq!(thread(&reader, ids[0]), None);
    let refused = reader.thread_of(ids[0], &call()).unwrap_err();
    assert_eq!(refused.code(), Code::NO_ACCESS);
    let root = reader.info().root;
    let view = contents(root, &[tags::CONVERSATION_ID.raw()], &[]);
    let page = reader.view(&view, &Anchor::Start, 2, &call()).unwrap();
    assert_eq!(page.rows.len(), 2);
    assert_eq!(problems(&reader), []);
    drop(reader);

    // Whoever gives up leaves the first steps behind; what comes meanwhile waits for its turn.
    let store = open(&path);
    let stopping = call();
    let progress = Arc::new(StopAfterFirst(stopping.cancel.clone()));
    let stopping = Call {
        progress: Some(progress),
        ..stopping
    };
    let given_up = store.thread_of(ids[0], &stopping).unwrap_err();
    assert_eq!(given_up.code(), Code::USER_CANCEL);
    assert!(thread(&store, ids[0]).is_some());
    assert_eq!(thread(&store, ids[2499]), None);
    let references = subject("late").with(tags::INTERNET_REFERENCES, "<1@x>");
    let late = save(&store, new_message(root, references));
    assert_eq!(thread(&store, late), None);
    assert_eq!(problems(&store), []);
    drop(store);

    let store = open(&path);
    assert!(store.thread_of(late, &call()).unwrap().is_some());
    assert_eq!(partition(&store, &ids), known);
    assert_eq!(problems(&store), []);
    // From now on each finds its own at once.
    let answer = subject("answer").with(tags::IN_REPLY_TO_ID, "<1@x>");
    let answer = save(&store, new_message(root, answer));
    assert_eq!(thread(&store, answer), thread(&store, late));
}

#[test]
fn a_view_that_shows_conversations_looks_for_them_first() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    furnish(&path, 10);
    age(&path);
    let store = SqliteStore::open_alone(&path, OpenMode::ReadWrite, support(), &call()).unwrap();
    let view = contents(store.info().root, &[tags::CONVERSATION_ID.raw()], &[]);
    let cells = first_cells(&store, &view);
    assert_eq!(cells.len(), 10);
    let found = cells
        .iter()
        .all(|cell| matches!(cell, mapi_props::PropValue::Binary(_)));
    assert!(found, "{cells:?}");
}

#[test]
fn messages_that_change_while_conversations_are_looked_for_are_tied_as_they_are() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    let ids = furnish(&path, 3000);
    age(&path);
    let store = open(&path);
    let commit = |op| store.commit(ChangeSet::one(op), &call()).unwrap();
    let change = |id, references: &str| {
        let mut save = new_message(ItemId(1), PropPatch::default());
        save.target = MessageTarget::Existing(id);
        save.expect = Expect::Any;
        save.patch = save.patch.with(tags::IN_REPLY_TO_ID, references);
        commit(Op::SaveMessage(Box::new(save)));
    };
    std::thread::scope(|scope| {
        let building = scope.spawn(|| store.thread_of(ids[0], &call()).unwrap());
        // From both ends, so that some were looked at before they change and some were not.
        for n in 0..40 {
            change(ids[n], "<meeting@x>");
            change(ids[2999 - n], "<meeting@x>");
            let items = Items::Ids(vec![ids[1500 + n]]);
            let mode = DeleteMode::Hard;
            commit(Op::Delete { items, mode });
        }
        building.join().unwrap()
    });
    let meeting = store.thread_of(ids[0], &call()).unwrap();
    for n in 0..40 {
        assert_eq!(thread(&store, ids[n]), meeting);
        assert_eq!(thread(&store, ids[2999 - n]), meeting);
    }
    assert_eq!(problems(&store), []);
}

#[test]
fn the_check_sees_messages_in_wrong_conversations() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    furnish(&path, 30);
    for damage in [
        "UPDATE item SET thread = NULL WHERE id = 5",
        "UPDATE item SET thread = 999999 WHERE id = (SELECT id FROM item JOIN node USING (thread) LIMIT 1)",
        "DELETE FROM node",
        "INSERT OR REPLACE INTO joined SELECT thread, 1 FROM item WHERE id = 5",
    ] {
        let copy = home.path().join("copy.malle");
        std::fs::copy(&path, &copy).unwrap();
        edit(&copy, damage);
        let found = problems(&open(&copy));
        assert!(
            found.iter().any(|p| p.code == "thread"),
            "{damage}: {found:?}"
        );
        std::fs::remove_file(&copy).unwrap();
        for beside in ["-wal", "-shm"] {
            let _may_be_gone =
                std::fs::remove_file(home.path().join(format!("copy.malle{beside}")));
        }
    }
    assert_eq!(problems(&open(&path)), []);
}
