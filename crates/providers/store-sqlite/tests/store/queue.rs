//! The outgoing queue of the file.

use mapi_props::{FileTime, tags};
use mapi_spi::{
    ChangeSet, FlagPatch, ItemId, MessageSave, MessageTarget, Op, OpOutcome, OpenMode, Origin,
    QUEUE_STATE, Queued, Store, SyncRow,
};
use rusqlite::Connection;
use store_sqlite::SqliteStore;

use crate::ground::{self, call, new_message, open, problems, subject, support};
use crate::version_5::{self, schema};

/// Messages submitted at such times, with the spooler's row about the first.
fn submitted(store: &SqliteStore, times: &[u64]) -> Vec<ItemId> {
    let root = store.info().root;
    let op = |time: &u64| {
        let mut patch = subject("waits");
        if *time > 0 {
            patch = patch.with(tags::CLIENT_SUBMIT_TIME, FileTime(*time));
        }
        let mut save = new_message(root, patch);
        save.flags = FlagPatch { set: 4, clear: 0 };
        Op::SaveMessage(Box::new(save))
    };
    let set = ChangeSet {
        ops: times.iter().map(op).collect(),
        ..ChangeSet::default()
    };
    let outcome = store.commit(set, &call()).unwrap();
    let id = |outcome: &OpOutcome| match outcome {
        OpOutcome::Saved(saved) => saved.id,
        other => panic!("{other:?}"),
    };
    let ids: Vec<_> = outcome.ops.iter().map(id).collect();
    let row = SyncRow {
        origin: Origin::SPOOLER,
        object: ids.first().copied(),
        key: QUEUE_STATE.to_vec(),
        value: Some(vec![1, 2, 3]),
    };
    let set = ChangeSet {
        sync_state: vec![row],
        ..ChangeSet::default()
    };
    store.commit(set, &call()).unwrap();
    ids
}

fn queue(store: &dyn Store) -> Vec<Queued> {
    store.queue(None, 100, &call()).unwrap()
}

/// Messages that wait, and some that only look like it.
fn outbox(store: &SqliteStore) -> Vec<ItemId> {
    let root = store.info().root;
    // The last one's bag is in parts: its time stands in the first.
    let ids = submitted(store, &[30, 10, 0, 10, u64::MAX]);
    let long = subject("in parts").with(tags::BODY, "long ".repeat(2000));
    let mut save = new_message(root, long.with(tags::CLIENT_SUBMIT_TIME, FileTime(20)));
    save.flags = FlagPatch { set: 4, clear: 0 };
    let parted = ground::save(store, save.clone());
    // Neither what stands in the associated contents nor what was never submitted.
    let associated = MessageTarget::New {
        folder: root,
        associated: true,
    };
    ground::save(
        store,
        MessageSave {
            target: associated,
            ..save.clone()
        },
    );
    save.flags = FlagPatch::default();
    ground::save(store, save);
    vec![ids[2], ids[1], ids[3], parted, ids[0], ids[4]]
}

#[test]
fn a_file_of_version_5_gets_its_queue() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    let store = open(&path);
    let waiting = outbox(&store);
    let known = queue(&store);
    let order: Vec<_> = known.iter().map(|q| q.place.item).collect();
    assert_eq!(order, waiting);
    assert_eq!(known[4].state, Some(vec![1, 2, 3]));
    drop(store);
    let present = schema(&path);
    version_5::made_of(&path);
    let old = schema(&path);
    assert!(old.len() < present.len(), "it has no queue");

    // Whoever may only read looks for it.
    let reader = SqliteStore::open(&path, OpenMode::ReadOnly, support(), &call()).unwrap();
    assert_eq!(queue(&reader), known);
    let page = reader.queue(Some(known[1].place), 1, &call()).unwrap();
    assert_eq!(page, known[2..3]);
    assert_eq!(problems(&reader), []);
    assert_eq!(schema(&path), old, "who may only read changes nothing");

    let store = open(&path);
    assert_eq!(queue(&store), known);
    assert_eq!(problems(&store), []);
    assert_eq!(schema(&path), present);
    assert_eq!(queue(&reader), known, "who has it open all the while");
    // And from then on it moves with its messages.
    let more = submitted(&store, &[15]);
    let now: Vec<_> = queue(&store).iter().map(|q| q.place.item).collect();
    assert_eq!(now, [&waiting[..3], &more, &waiting[3..]].concat());
    assert_eq!(problems(&store), []);
}

#[test]
fn the_check_sees_a_queue_that_is_wrong() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    let store = open(&path);
    let ids = submitted(&store, &[30, 10]);
    let db = Connection::open(&path).unwrap();
    for damage in [
        "UPDATE queue SET submitted = 11 WHERE submitted = 10",
        "DELETE FROM queue WHERE submitted = 30",
        "UPDATE item SET flags = flags & ~4",
    ] {
        assert_eq!(problems(&store), [], "before {damage}");
        db.execute_batch("BEGIN").unwrap();
        db.execute_batch(damage).unwrap();
        db.execute_batch("COMMIT").unwrap();
        let found = problems(&store);
        assert!(
            found.iter().any(|p| p.code == "queue"),
            "{damage}: {found:?}"
        );
        db.execute_batch(&format!(
            "DELETE FROM queue; INSERT INTO queue (submitted, item) VALUES (30, {}), (10, {});
             UPDATE item SET flags = flags | 4 WHERE kind = 3;",
            ids[0], ids[1]
        ))
        .unwrap();
    }
}
