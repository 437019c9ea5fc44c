//! Whatever write fails, nothing is half done.

use mapi_props::{Code, tags};
use mapi_spi::{ChangeSet, CommitMode, DeleteMode, FlagPatch, ItemId, Op, Origin, Store, SyncRow};

use super::host::{Bench, ROOT, all_in, change, new_folder, new_message, patch};

/// Everything that a reader can see.
fn picture(bench: &Bench) -> String {
    let mut out = String::new();
    for n in 1..60 {
        let folder = bench.store.folder(ItemId(n), &bench.call).ok();
        let message = bench.store.message(ItemId(n), &bench.call).ok();
        let rows = bench
            .store
            .sync_rows(Origin(1), Some(ItemId(n)), &bench.call)
            .unwrap();
        out += &format!("{n} {folder:?} {message:?} {rows:?}\n");
    }
    let props = bench.store.store_props(&bench.call).unwrap();
    out + &format!("{props:?} {:?}", bench.entries(0))
}

fn furnished() -> (Bench, ItemId, ItemId) {
    let bench = Bench::new();
    let a = bench.folder(ROOT, "a");
    let b = bench.folder(a, "b");
    let m = bench.message(b, "m");
    bench.message(b, "n");
    bench.message(a, "o");
    let row = SyncRow {
        origin: Origin(1),
        object: Some(m),
        key: b"k".to_vec(),
        value: Some(b"v".to_vec()),
    };
    bench
        .store
        .commit(
            ChangeSet {
                sync_state: vec![row],
                ..ChangeSet::default()
            },
            &bench.call,
        )
        .unwrap();
    (bench, a, m)
}

fn everything(a: ItemId, m: ItemId) -> Vec<Op> {
    let mut edit = change(m);
    edit.patch = patch(tags::SUBJECT, "edited");
    vec![
        new_folder(ROOT, "new"),
        new_message(a, "p"),
        Op::SaveMessage(Box::new(edit)),
        Op::PatchStore(patch(tags::COMMENT, "c")),
        Op::SetFlags {
            items: all_in(a),
            flags: FlagPatch { set: 1, clear: 0 },
        },
        Op::Move {
            items: all_in(a),
            to: ROOT,
        },
        Op::Copy {
            items: all_in(ROOT),
            to: a,
        },
        Op::CopyFolder {
            folder: a,
            to: ROOT,
            name: Some("copy".into()),
            subfolders: true,
        },
        Op::MoveFolder {
            folder: a,
            to: ROOT,
            name: Some("moved".into()),
        },
        Op::Delete {
            items: all_in(a),
            mode: DeleteMode::Soft,
        },
        Op::EmptyFolder {
            folder: a,
            associated: true,
            mode: DeleteMode::Hard,
        },
        Op::DeleteFolder {
            folder: a,
            messages: true,
            folders: true,
            mode: DeleteMode::Soft,
        },
    ]
}

#[test]
fn an_atomic_set_that_fails_anywhere_changes_nothing() {
    let mut failures = 0;
    for writes in 0.. {
        let (bench, a, m) = furnished();
        let before = picture(&bench);
        bench.store.fail_after(writes).unwrap();
        let set = ChangeSet {
            ops: everything(a, m),
            ..ChangeSet::default()
        };
        let result = bench.store.commit(set, &bench.call);
        if bench.store.clear_failure().unwrap() {
            result.unwrap();
            break;
        }
        assert_eq!(result.unwrap_err().code(), Code::DISK_ERROR);
        assert_eq!(picture(&bench), before, "after {writes} writes");
        bench.sound();
        failures += 1;
    }
    assert!(failures > 40, "{failures}");
}

#[test]
fn each_item_is_whole_whatever_fails() {
    for writes in 0.. {
        let (bench, a, m) = furnished();
        bench.store.fail_after(writes).unwrap();
        let ops = everything(a, m);
        let set = ChangeSet {
            ops,
            mode: CommitMode::EachItem,
            ..ChangeSet::default()
        };
        let outcome = bench.store.commit(set, &bench.call).unwrap();
        assert_eq!(outcome.seq, bench.last());
        bench.sound();
        if bench.store.clear_failure().unwrap() {
            break;
        }
    }
}
