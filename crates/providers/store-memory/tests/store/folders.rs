//! Folders: names, moves, copies, deletions.

use mapi_props::{Code, tags};
use mapi_spi::{
    DeleteMode, Expect, FolderKind, FolderSave, FolderTarget, ItemId, LogKind, MessageTarget, Op,
    PropPatch, Store,
};

use super::host::{
    Bench, ROOT, change, id, ids, new_folder, new_search_folder, patch, rename, save,
};

fn delete(folder: ItemId, messages: bool, folders: bool, mode: DeleteMode) -> Op {
    Op::DeleteFolder {
        folder,
        messages,
        folders,
        mode,
    }
}

fn shift(folder: ItemId, to: ItemId) -> Op {
    Op::MoveFolder {
        folder,
        to,
        name: None,
    }
}

fn copy(folder: ItemId, to: ItemId, name: &str, subfolders: bool) -> Op {
    Op::CopyFolder {
        folder,
        to,
        name: Some(name.to_owned()),
        subfolders,
    }
}

#[test]
fn siblings_differ_by_name_without_case() {
    let bench = Bench::new();
    let a = bench.folder(ROOT, "Straße");
    assert_eq!(bench.code(new_folder(ROOT, "STRASSE")), Code::COLLISION);
    let b = bench.folder(ROOT, "b");
    assert_eq!(bench.code(rename(b, "straße")), Code::COLLISION);
    bench.one(rename(a, "STRASSE")).unwrap();
    bench.folder(a, "Straße");
    bench
        .one(delete(b, false, false, DeleteMode::Soft))
        .unwrap();
    bench.folder(ROOT, "b");
    bench.sound();
}

#[test]
fn a_name_is_needed_and_has_a_limit() {
    let bench = Bench::new();
    let named = |patch| {
        let target = FolderTarget::New {
            parent: ROOT,
            kind: FolderKind::Generic,
        };
        bench.code(Op::SaveFolder(FolderSave {
            target,
            patch,
            expect: Expect::Any,
        }))
    };
    assert_eq!(named(PropPatch::default()), Code::INVALID_PARAMETER);
    assert_eq!(
        named(patch(tags::DISPLAY_NAME, "")),
        Code::INVALID_PARAMETER
    );
    assert_eq!(named(patch(tags::DISPLAY_NAME, 5)), Code::INVALID_PARAMETER);
    assert_eq!(
        bench.code(new_folder(ROOT, &"x".repeat(256))),
        Code::STRING_TOO_LONG
    );
    bench.folder(ROOT, &"ß".repeat(255));
}

#[test]
fn kinds_that_cannot_be_made() {
    let mut options = store_memory::Options::default();
    options.capabilities.search = false;
    let bench = Bench::with(options);
    let make = |kind| {
        let target = FolderTarget::New { parent: ROOT, kind };
        let patch = patch(tags::DISPLAY_NAME, "x");
        bench.code(Op::SaveFolder(FolderSave {
            target,
            patch,
            expect: Expect::Any,
        }))
    };
    assert_eq!(make(FolderKind::Root), Code::INVALID_PARAMETER);
    assert_eq!(make(FolderKind::Search), Code::NO_SUPPORT);
    let message = bench.message(ROOT, "m");
    assert_eq!(bench.code(new_folder(message, "x")), Code::NOT_FOUND);
}

#[test]
fn a_search_folder_holds_nothing() {
    let bench = Bench::new();
    let search = id(bench.one(new_search_folder(ROOT, "found")).unwrap());
    assert_eq!(bench.code(new_folder(search, "x")), Code::NO_SUPPORT);
    assert_eq!(
        bench.code(super::host::new_message(search, "x")),
        Code::NO_SUPPORT
    );
}

#[test]
fn folder_saves_are_checked_too() {
    let bench = Bench::new();
    let a = bench.folder(ROOT, "a");
    let save = |expect, patch| {
        Op::SaveFolder(FolderSave {
            target: FolderTarget::Existing(a),
            patch,
            expect,
        })
    };
    assert_eq!(
        bench.code(save(Expect::Exactly(0), PropPatch::default())),
        Code::OBJECT_CHANGED
    );
    assert_eq!(
        bench.code(save(Expect::Any, patch(tags::CONTENT_COUNT, 7))),
        Code::COMPUTED
    );
    let mut nameless = PropPatch::default();
    nameless.delete.push(tags::DISPLAY_NAME.id());
    assert_eq!(
        bench.code(save(Expect::Any, nameless)),
        Code::INVALID_PARAMETER
    );
    let before = bench.last();
    bench
        .one(save(Expect::Any, patch(tags::COMMENT, "text")))
        .unwrap();
    let entry = &bench.entries(before)[0];
    assert_eq!(entry.changed, [tags::COMMENT.id()]);
    assert_eq!(
        entry.inverse.as_ref().unwrap().props,
        [(tags::COMMENT.id(), None)]
    );
}

#[test]
fn the_root_stays() {
    let bench = Bench::new();
    let a = bench.folder(ROOT, "a");
    assert_eq!(bench.code(rename(ROOT, "x")), Code::NO_ACCESS);
    assert_eq!(bench.code(shift(ROOT, a)), Code::NO_ACCESS);
    assert_eq!(
        bench.code(delete(ROOT, true, true, DeleteMode::Hard)),
        Code::NO_ACCESS
    );
    assert_eq!(bench.code(copy(ROOT, a, "x", true)), Code::FOLDER_CYCLE);
    let root = bench.store.folder(ROOT, &bench.call).unwrap();
    assert_eq!((root.meta.parent, root.counts.folders), (ROOT, 1));
}

#[test]
fn moving_takes_the_tree_and_never_into_itself() {
    let bench = Bench::new();
    let a = bench.folder(ROOT, "a");
    let b = bench.folder(a, "b");
    let m = bench.message(b, "m");
    let c = bench.folder(ROOT, "c");
    assert_eq!(bench.code(shift(a, b)), Code::FOLDER_CYCLE);
    assert_eq!(bench.code(shift(a, a)), Code::FOLDER_CYCLE);
    bench.folder(c, "A");
    assert_eq!(bench.code(shift(a, c)), Code::COLLISION);
    let before = bench.last();
    let name = Some("renamed".to_owned());
    bench
        .one(Op::MoveFolder {
            folder: a,
            to: c,
            name,
        })
        .unwrap();
    let moved = bench.store.folder(a, &bench.call).unwrap();
    assert_eq!(
        (moved.meta.parent, moved.props.text(tags::DISPLAY_NAME)),
        (c, Some("renamed"))
    );
    assert_eq!(moved.counts.folders, 1);
    assert_eq!(bench.store.message(m, &bench.call).unwrap().meta.parent, b);
    let entry = &bench.entries(before)[0];
    assert_eq!(
        (entry.kind, &entry.changed[..]),
        (
            LogKind::Moved { from: ROOT },
            &[tags::DISPLAY_NAME.id()][..]
        )
    );
    let folders = |id| bench.store.folder(id, &bench.call).unwrap().counts.folders;
    assert_eq!((folders(ROOT), folders(c)), (1, 2));
    bench.sound();
}

#[test]
fn copying_takes_what_is_asked() {
    let bench = Bench::new();
    let a = bench.folder(ROOT, "a");
    bench.message(a, "m");
    let hidden = MessageTarget::New {
        folder: a,
        associated: true,
    };
    bench
        .one(Op::SaveMessage(Box::new(save(
            hidden,
            PropPatch::default(),
        ))))
        .unwrap();
    let gone = bench.message(a, "gone");
    bench.bulk(Op::Delete {
        items: ids(&[gone]),
        mode: DeleteMode::Soft,
    });
    let b = bench.folder(a, "b");
    bench.message(b, "inner");
    assert_eq!(bench.code(copy(a, b, "x", false)), Code::FOLDER_CYCLE);
    assert_eq!(bench.code(copy(a, ROOT, "A", false)), Code::COLLISION);
    let shallow = id(bench.one(copy(a, ROOT, "shallow", false)).unwrap());
    let deep = id(bench.one(copy(a, ROOT, "deep", true)).unwrap());
    let counts = |id| bench.store.folder(id, &bench.call).unwrap().counts;
    for (copy, folders) in [(shallow, 0), (deep, 1)] {
        let c = counts(copy);
        assert_eq!(
            (c.contents, c.associated, c.deleted, c.folders),
            (1, 1, 0, folders)
        );
    }
    assert_eq!(
        (counts(a).contents, counts(a).deleted, counts(a).folders),
        (1, 1, 1)
    );
    bench.sound();
}

#[test]
fn each_obstacle_has_its_flag() {
    let bench = Bench::new();
    let a = bench.folder(ROOT, "a");
    bench.message(a, "m");
    bench.folder(a, "b");
    let before = bench.last();
    for mode in [DeleteMode::Soft, DeleteMode::Hard] {
        assert_eq!(
            bench.code(delete(a, false, false, mode)),
            Code::HAS_MESSAGES
        );
        assert_eq!(bench.code(delete(a, true, false, mode)), Code::HAS_FOLDERS);
        assert_eq!(bench.code(delete(a, false, true, mode)), Code::HAS_MESSAGES);
    }
    assert_eq!(bench.last(), before);
    let outcome = bench.bulk(delete(a, true, true, DeleteMode::Hard));
    assert_eq!(outcome.done, 3);
    assert_eq!(
        bench.store.folder(a, &bench.call).unwrap_err().code(),
        Code::NOT_FOUND
    );
    let kinds: Vec<_> = bench
        .entries(before)
        .iter()
        .map(|e| (e.kind, e.folder))
        .collect();
    assert_eq!(
        kinds,
        [
            (LogKind::Deleted, false),
            (LogKind::Deleted, true),
            (LogKind::Deleted, true)
        ]
    );
    bench.sound();
}

#[test]
fn a_soft_deleted_folder_can_still_be_deleted_for_good() {
    let bench = Bench::new();
    let a = bench.folder(ROOT, "a");
    let m = bench.message(a, "m");
    bench.one(delete(a, true, true, DeleteMode::Soft)).unwrap();
    assert!(bench.store.folder(a, &bench.call).unwrap().meta.deleted);
    assert!(bench.store.message(m, &bench.call).unwrap().meta.deleted);
    let recovered = bench.bulk(Op::Recover { items: ids(&[m]) });
    assert_eq!(recovered.failed[0].error.code(), Code::OBJECT_DELETED);
    assert_eq!(
        bench.code(delete(a, true, true, DeleteMode::Soft)),
        Code::OBJECT_DELETED
    );
    bench.one(delete(a, true, true, DeleteMode::Hard)).unwrap();
    assert!(bench.store.message(m, &bench.call).is_err());
    bench.sound();
}

#[test]
fn a_submitted_message_keeps_its_folder() {
    let bench = Bench::new();
    let a = bench.folder(ROOT, "a");
    let b = bench.folder(a, "b");
    let queued = bench.submitted(b);
    bench.message(b, "other");
    let c = bench.folder(a, "c");
    let before = bench.last();
    assert_eq!(
        bench.code(delete(a, true, true, DeleteMode::Soft)),
        Code::SUBMITTED
    );
    assert_eq!(bench.last(), before);
    let outcome = bench.bulk(Op::EmptyFolder {
        folder: a,
        associated: false,
        mode: DeleteMode::Hard,
    });
    assert_eq!(
        (outcome.done, outcome.failed.len(), outcome.failed[0].id),
        (2, 1, queued)
    );
    assert!(bench.store.folder(b, &bench.call).is_ok());
    assert!(bench.store.folder(c, &bench.call).is_err());
    let mut sent = change(queued);
    sent.flags.clear = mapi_props::message_flags::SUBMIT;
    // Only who knows it as it is in the queue may take it out of there.
    let refused = bench.code(Op::SaveMessage(Box::new(sent.clone())));
    assert_eq!(refused, Code::SUBMITTED);
    let known = bench.store.message(queued, &bench.call).unwrap();
    sent.expect = Expect::Exactly(known.meta.change);
    bench.one(Op::SaveMessage(Box::new(sent))).unwrap();
    bench.one(delete(a, true, true, DeleteMode::Soft)).unwrap();
    bench.sound();
}

#[test]
fn emptying_keeps_associated_messages_unless_asked() {
    let bench = Bench::new();
    let a = bench.folder(ROOT, "a");
    let hidden = |folder| {
        let target = MessageTarget::New {
            folder,
            associated: true,
        };
        id(bench
            .one(Op::SaveMessage(Box::new(save(
                target,
                PropPatch::default(),
            ))))
            .unwrap())
    };
    hidden(a);
    bench.message(a, "m");
    let b = bench.folder(a, "b");
    let below = hidden(b);
    let empty = |associated, mode| {
        bench.bulk(Op::EmptyFolder {
            folder: a,
            associated,
            mode,
        })
    };
    assert_eq!(empty(false, DeleteMode::Soft).done, 3);
    assert!(
        bench
            .store
            .message(below, &bench.call)
            .unwrap()
            .meta
            .deleted
    );
    let counts = || bench.store.folder(a, &bench.call).unwrap().counts;
    assert_eq!(
        (counts().contents, counts().associated, counts().deleted),
        (0, 1, 1)
    );
    assert_eq!(
        empty(true, DeleteMode::Hard).done,
        4,
        "soft-deleted ones too"
    );
    assert_eq!((counts().associated, counts().deleted), (0, 0));
    bench.sound();
}

#[test]
fn a_recovered_folder_brings_back_what_was_deleted_with_it() {
    let bench = Bench::new();
    let a = bench.folder(ROOT, "a");
    let (with, before) = (bench.message(a, "with"), bench.message(a, "before"));
    let b = bench.folder(a, "b");
    let deep = bench.message(b, "deep");
    let gone = bench.folder(a, "gone");
    bench.bulk(Op::Delete {
        items: ids(&[before]),
        mode: DeleteMode::Soft,
    });
    let all = |folder| delete(folder, true, true, DeleteMode::Soft);
    bench.one(all(gone)).unwrap();
    bench.one(all(a)).unwrap();
    let recover = |folder, name: Option<&str>| Op::RecoverFolder {
        folder,
        name: name.map(str::to_owned),
    };
    assert_eq!(bench.code(recover(b, None)), Code::OBJECT_DELETED);
    bench.folder(ROOT, "A");
    assert_eq!(bench.code(recover(a, None)), Code::COLLISION);
    let since = bench.last();
    assert_eq!(id(bench.one(recover(a, Some("back"))).unwrap()), a);
    let folder = |id| bench.store.folder(id, &bench.call).unwrap();
    let message = |id| bench.store.message(id, &bench.call).unwrap();
    assert_eq!(
        folder(a).props.text(mapi_props::tags::DISPLAY_NAME),
        Some("back")
    );
    assert!(!message(with).meta.deleted && !message(deep).meta.deleted);
    assert!(!folder(b).meta.deleted);
    assert!(message(before).meta.deleted && folder(gone).meta.deleted);
    let counts = folder(a).counts;
    assert_eq!((counts.contents, counts.folders, counts.deleted), (1, 1, 1));
    let objects: Vec<_> = bench.entries(since).iter().map(|e| e.object).collect();
    assert_eq!(objects, [a, with, b, deep], "parents first");
    let since = bench.last();
    assert_eq!(id(bench.one(recover(a, Some("other"))).unwrap()), a);
    assert_eq!(bench.last(), since, "it is there");
    bench.one(recover(gone, None)).unwrap();
    bench.bulk(Op::Delete {
        items: ids(&[before]),
        mode: DeleteMode::Hard,
    });
    let kinds: Vec<_> = bench.entries(since).iter().map(|e| e.kind).collect();
    assert_eq!(kinds, [LogKind::Recovered, LogKind::Purged]);
    bench.sound();
}
