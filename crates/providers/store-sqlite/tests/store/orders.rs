//! Indexed orders: built while others write, rebuilt after an interruption, equal to sorting anew.

use std::sync::atomic::{AtomicBool, Ordering};

use mapi_props::{PropValue, SortColumn, tags};
use mapi_spi::{
    Anchor, ChangeSet, CommitMode, DeleteMode, Durability, Expect, FlagPatch, ItemId, Items,
    MessageSave, MessageTarget, Op, OpOutcome, Store,
};
use testkit::Chance;

use crate::ground::{
    call, contents, first_cells, new_folder, new_message, open, problems, saved, subject,
};

fn fill(store: &dyn Store, folder: ItemId, n: usize) -> Vec<ItemId> {
    let mut chance = Chance::from_seed(11);
    let op = |_| Op::SaveMessage(Box::new(new_message(folder, subject(&chance.word(6)))));
    let changes = ChangeSet {
        ops: (0..n).map(op).collect(),
        mode: CommitMode::EachItem,
        durability: Durability::Batch,
        ..ChangeSet::default()
    };
    let outcome = store.commit(changes, &call()).unwrap();
    let id = |o: OpOutcome| match o {
        OpOutcome::Saved(s) => s.id,
        other => panic!("{other:?}"),
    };
    outcome.ops.into_iter().map(id).collect()
}

fn sorted_here(mut cells: Vec<PropValue>) -> Vec<PropValue> {
    cells.sort_by(|a, b| mapi_query::compare_values(a, b).unwrap());
    cells
}

#[test]
fn an_order_built_while_others_write_misses_nothing() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let store = open(&path);
    let other_store = open(&path);
    let root = store.info().root;
    let folder = saved(&store, new_folder(root, "Other"));
    let ids = fill(&store, root, 6000);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut chance = Chance::from_seed(3);
            while !stop.load(Ordering::Relaxed) {
                let id = *chance.pick(&ids);
                let items = || Items::Ids(vec![id]);
                let op = match chance.below(5) {
                    0 => Op::Move {
                        items: items(),
                        to: *chance.pick(&[root, folder]),
                    },
                    1 => Op::Copy {
                        items: items(),
                        to: folder,
                    },
                    2 if chance.percent(20) => Op::Delete {
                        items: items(),
                        mode: DeleteMode::Hard,
                    },
                    2 => Op::SetFlags {
                        items: items(),
                        flags: FlagPatch { set: 1, clear: 0 },
                    },
                    _ => Op::SaveMessage(Box::new(MessageSave {
                        target: MessageTarget::Existing(id),
                        expect: Expect::Any,
                        ..new_message(root, subject(&chance.word(3)))
                    })),
                };
                // A message may be gone by now.
                let _refused = other_store.commit(ChangeSet::one(op), &call());
            }
        });
        for sort in [
            tags::SUBJECT.raw(),
            tags::MESSAGE_SIZE.raw(),
            tags::LAST_MODIFICATION_TIME.raw(),
        ] {
            let view = contents(root, &[sort], &[SortColumn::ascending(sort)]);
            store.view(&view, &Anchor::Start, 10, &call()).unwrap();
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(problems(&store), []);
    for container in [root, folder] {
        let sort = SortColumn::ascending(tags::SUBJECT);
        let cells = first_cells(
            &store,
            &contents(container, &[tags::SUBJECT.raw()], &[sort]),
        );
        assert_eq!(cells, sorted_here(cells.clone()));
        let count = store.folder(container, &call()).unwrap().counts.contents;
        assert_eq!(cells.len() as u64, count);
    }
}

#[test]
fn what_an_interrupted_building_left_is_built_anew() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let store = open(&path);
    let root = store.info().root;
    fill(&store, root, 1500);
    drop(store);
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(
        "INSERT INTO ord (id, tag, ready, collation) VALUES (1, 3604511, 0, 'old');
         INSERT INTO entry (container, part, ord, key, item) SELECT container, part, 1, x'0199', item FROM entry
         WHERE ord = 0 LIMIT 700;",
    )
    .unwrap();
    drop(db);
    let store = open(&path);
    assert_eq!(problems(&store), [], "a half-built order is no damage");
    let view = contents(
        root,
        &[tags::SUBJECT.raw()],
        &[SortColumn::descending(tags::SUBJECT)],
    );
    let mut cells = first_cells(&store, &view);
    cells.reverse();
    assert_eq!(cells, sorted_here(cells.clone()));
    assert_eq!(cells.len(), 1500);
    assert_eq!(problems(&store), []);
}

#[test]
fn the_check_sees_damage_of_every_kind() {
    let home = tempfile::tempdir().unwrap();
    let damages = [
        (
            "counters",
            "UPDATE folder SET unread = unread + 1 WHERE id = 1",
        ),
        ("entry", "DELETE FROM entry WHERE item = 5"),
        ("entry", "UPDATE entry SET part = 1 WHERE item = 5"),
        ("key", "UPDATE item SET date = x'0107' WHERE id = 5"),
        ("bag", "UPDATE bag SET data = x'0202' WHERE id = 5"),
        ("bag", "DELETE FROM bag WHERE id = 6"),
        ("size", "UPDATE item SET size = 1 WHERE id = 5"),
        ("log", "DELETE FROM log WHERE seq = 3"),
        ("log", "UPDATE state SET seq = seq + 1"),
        ("reference", "UPDATE item SET parent = 4444 WHERE id = 5"),
        ("change", "UPDATE state SET change = 2"),
        (
            "refs",
            "INSERT INTO blob (hash, size, stored, refs) VALUES (zeroblob(32), 0, 0, 1)",
        ),
        (
            "value",
            "INSERT INTO blob (hash, size, stored, refs) VALUES (zeroblob(32), 0, 0, 0)",
        ),
        (
            "sync",
            "INSERT INTO sync (origin, object, key, value) VALUES (1, 4444, x'00', x'00')",
        ),
    ];
    let sound = home.path().join("sound.malle");
    let store = open(&sound);
    let root = store.info().root;
    fill(&store, root, 20);
    assert_eq!(problems(&store), []);
    drop(store);
    for (n, (code, sql)) in damages.into_iter().enumerate() {
        let path = home.path().join(format!("{n}.malle"));
        std::fs::copy(&sound, &path).unwrap();
        let db = rusqlite::Connection::open(&path).unwrap();
        db.pragma_update(None, "foreign_keys", false).unwrap();
        db.execute_batch(sql).unwrap();
        drop(db);
        let found = problems(&open(&path));
        assert!(found.iter().any(|p| p.code == code), "{sql}: {found:?}");
    }
}
