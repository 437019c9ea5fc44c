//! Saving messages.

use mapi_props::{
    Bag, Code, PropValue, Slot, StoredAttachment, StoredMessage, message_flags, tags,
};
use mapi_spi::{
    ChangeSet, CommitMode, Expect, ItemId, ItemKind, MessageTarget, Op, OpOutcome, Origin,
    PropPatch, Store, SyncRow,
};

use super::host::{Bench, ROOT, all_in, change, id, ids, new_message, patch, save};
use mapi_spi::DeleteMode;

fn op(save: mapi_spi::MessageSave) -> Op {
    Op::SaveMessage(Box::new(save))
}

#[test]
fn a_new_message_has_what_was_saved() {
    let bench = Bench::new();
    let message = bench.message(ROOT, "hello");
    let data = bench.store.message(message, &bench.call).unwrap();
    assert_eq!(data.body.props.text(tags::SUBJECT), Some("hello"));
    assert_eq!(data.meta.parent, ROOT);
    assert_eq!(data.meta.kind, ItemKind::Message { associated: false });
    assert_eq!(data.meta.size, 12);
    let counts = bench.store.folder(ROOT, &bench.call).unwrap().counts;
    assert_eq!((counts.contents, counts.unread), (1, 1));
    let wrong = bench.store.folder(message, &bench.call).unwrap_err();
    assert_eq!(wrong.code(), Code::NOT_FOUND);
    assert_eq!(
        bench.store.message(ROOT, &bench.call).unwrap_err().code(),
        Code::NOT_FOUND
    );
}

#[test]
fn the_second_saver_of_one_version_is_told() {
    let bench = Bench::new();
    let message = bench.message(ROOT, "a");
    let seen = bench
        .store
        .message(message, &bench.call)
        .unwrap()
        .meta
        .change;
    let mut first = change(message);
    first.expect = Expect::Exactly(seen);
    first.patch = patch(tags::SUBJECT, "first");
    let mut second = first.clone();
    second.patch = patch(tags::SUBJECT, "second");
    bench.one(op(first)).unwrap();
    assert_eq!(bench.code(op(second.clone())), Code::OBJECT_CHANGED);
    let subject = || {
        bench
            .store
            .message(message, &bench.call)
            .unwrap()
            .body
            .props
            .text(tags::SUBJECT)
            .map(str::to_owned)
    };
    assert_eq!(subject().as_deref(), Some("first"));
    second.expect = Expect::Any;
    bench.one(op(second)).unwrap();
    assert_eq!(subject().as_deref(), Some("second"));
}

#[test]
fn deleted_and_unknown_messages_are_told_apart() {
    let bench = Bench::new();
    let message = bench.message(ROOT, "a");
    let delete = |mode| Op::Delete {
        items: ids(&[message]),
        mode,
    };
    bench.bulk(delete(DeleteMode::Soft));
    assert_eq!(bench.code(op(change(message))), Code::OBJECT_DELETED);
    bench.bulk(delete(DeleteMode::Hard));
    assert_eq!(bench.code(op(change(message))), Code::OBJECT_DELETED);
    assert_eq!(bench.code(op(change(ItemId(999)))), Code::NOT_FOUND);
    assert_eq!(bench.code(op(change(ROOT))), Code::NOT_FOUND);
}

#[test]
fn a_message_for_a_folder_that_is_gone_is_refused() {
    let bench = Bench::new();
    let folder = bench.folder(ROOT, "a");
    bench.bulk(Op::DeleteFolder {
        folder,
        messages: false,
        folders: false,
        mode: DeleteMode::Hard,
    });
    assert_eq!(bench.code(new_message(folder, "x")), Code::OBJECT_DELETED);
}

#[test]
fn versions_and_flags_follow_the_save() {
    let bench = Bench::new();
    let message = bench.message(ROOT, "a");
    let meta = || bench.store.message(message, &bench.call).unwrap().meta;
    let before = meta();
    let mut edit = change(message);
    edit.flags.set = message_flags::HASATTACH | message_flags::ASSOCIATED;
    bench.one(op(edit.clone())).unwrap();
    let after = meta();
    assert!(after.change > before.change);
    assert_eq!(after.content_version, before.content_version);
    assert_eq!(
        after.flags,
        message_flags::HASATTACH,
        "ASSOCIATED is the folder's matter"
    );
    edit.content_changed = true;
    bench.one(op(edit)).unwrap();
    assert_eq!(meta().content_version, before.content_version + 1);
}

#[test]
fn associated_messages_are_apart() {
    let bench = Bench::new();
    let target = MessageTarget::New {
        folder: ROOT,
        associated: true,
    };
    let view = id(bench.one(op(save(target, PropPatch::default()))).unwrap());
    let data = bench.store.message(view, &bench.call).unwrap();
    assert_eq!(data.meta.flags, message_flags::ASSOCIATED);
    let counts = bench.store.folder(ROOT, &bench.call).unwrap().counts;
    assert_eq!(
        (counts.contents, counts.unread, counts.associated),
        (0, 0, 1)
    );
}

#[test]
fn a_source_is_imported_once_per_folder() {
    let bench = Bench::new();
    let other = bench.folder(ROOT, "other");
    let import = |folder| {
        let target = MessageTarget::New {
            folder,
            associated: false,
        };
        let mut save = save(target, patch(tags::SUBJECT, "x"));
        save.source = Some([3; 32]);
        bench.one(op(save)).unwrap()
    };
    let first = id(import(ROOT));
    assert!(matches!(import(ROOT), OpOutcome::Skipped(known) if known == first));
    let second = id(import(other));
    let known = bench
        .store
        .known_sources(other, &[[1; 32], [3; 32]], &bench.call)
        .unwrap();
    assert_eq!(known, [None, Some(second)]);
    bench.bulk(Op::Delete {
        items: all_in(ROOT),
        mode: DeleteMode::Soft,
    });
    assert!(
        matches!(import(ROOT), OpOutcome::Saved(_)),
        "soft-deleted ones do not count"
    );
    bench.sound();
}

#[test]
fn what_cannot_be_stored_is_refused() {
    let bench = Bench::new();
    let refused = |patch: PropPatch| {
        let target = MessageTarget::New {
            folder: ROOT,
            associated: false,
        };
        bench.code(op(save(target, patch)))
    };
    assert_eq!(refused(patch(tags::ENTRYID, vec![1_u8])), Code::COMPUTED);
    assert_eq!(refused(patch(tags::HASATTACH, true)), Code::COMPUTED);
    assert_eq!(
        refused(patch(tags::SUBJECT, Code::NOT_FOUND)),
        Code::INVALID_PARAMETER
    );
    assert_eq!(
        refused(patch(tags::SUBJECT, PropValue::MvLong(Vec::new()))),
        Code::INVALID_PARAMETER
    );
    let mut null = PropPatch::default();
    null.set.push((0x37, Slot::Value(PropValue::Null)));
    assert_eq!(refused(null), Code::INVALID_PARAMETER);
    assert_eq!(bench.last(), 0);
}

#[test]
fn messages_embed_only_so_deep() {
    let bench = Bench::new();
    let nested = |levels: u32| {
        let wrap = |inner: StoredMessage| StoredMessage {
            attachments: vec![StoredAttachment {
                props: Bag::new(),
                embedded: Some(Box::new(inner)),
            }],
            ..StoredMessage::default()
        };
        let whole = (0..levels).fold(StoredMessage::default(), |inner, _| wrap(inner));
        let target = MessageTarget::New {
            folder: ROOT,
            associated: false,
        };
        let mut save = save(target, PropPatch::default());
        save.attachments = Some(whole.attachments);
        bench.one(op(save))
    };
    nested(32).unwrap();
    assert_eq!(nested(33).unwrap_err().code(), Code::TOO_BIG);
}

#[test]
fn an_atomic_set_is_all_or_nothing_and_each_goes_on() {
    let bench = Bench::new();
    let set = |mode| ChangeSet {
        ops: vec![
            new_message(ROOT, "one"),
            new_message(ItemId(404), "two"),
            new_message(ROOT, "three"),
        ],
        mode,
        ..ChangeSet::default()
    };
    let contents = || {
        bench
            .store
            .folder(ROOT, &bench.call)
            .unwrap()
            .counts
            .contents
    };
    let failed = bench
        .store
        .commit(set(CommitMode::Atomic), &bench.call)
        .unwrap_err();
    assert_eq!(failed.code(), Code::NOT_FOUND);
    assert_eq!((contents(), bench.last()), (0, 0));
    let done = bench
        .store
        .commit(set(CommitMode::EachItem), &bench.call)
        .unwrap();
    assert!(
        matches!(&done.ops[..], [OpOutcome::Saved(_), OpOutcome::Failed(e), OpOutcome::Saved(_)] if e.code() == Code::NOT_FOUND)
    );
    assert_eq!((contents(), done.seq, bench.last()), (2, 2, 2));
}

#[test]
fn an_engines_rows_live_and_die_with_their_object() {
    let bench = Bench::new();
    let message = bench.message(ROOT, "a");
    let row = |object, key: &[u8], value: Option<&[u8]>| SyncRow {
        origin: Origin(5),
        object,
        key: key.to_vec(),
        value: value.map(<[u8]>::to_vec),
    };
    let put = |rows| {
        let set = ChangeSet {
            sync_state: rows,
            ..ChangeSet::default()
        };
        bench.store.commit(set, &bench.call)
    };
    let read = |object| {
        bench
            .store
            .sync_rows(Origin(5), object, &bench.call)
            .unwrap()
    };
    put(vec![
        row(Some(message), b"uid", Some(b"7")),
        row(Some(message), b"mod", Some(b"8")),
        row(None, b"valid", Some(b"9")),
    ])
    .unwrap();
    assert_eq!(
        read(Some(message)),
        [
            (b"mod".to_vec(), b"8".to_vec()),
            (b"uid".to_vec(), b"7".to_vec())
        ]
    );
    put(vec![row(Some(message), b"mod", None)]).unwrap();
    assert_eq!(read(Some(message)).len(), 1);
    assert_eq!(
        bench
            .store
            .sync_rows(Origin(4), Some(message), &bench.call)
            .unwrap(),
        []
    );
    let unknown = put(vec![row(Some(ItemId(77)), b"k", Some(b"v"))]).unwrap_err();
    assert_eq!(unknown.code(), Code::NOT_FOUND);
    let copy = bench.bulk(Op::Copy {
        items: ids(&[message]),
        to: ROOT,
    });
    assert_eq!(read(Some(copy.copies[0].1)), []);
    bench.bulk(Op::Delete {
        items: ids(&[message]),
        mode: DeleteMode::Hard,
    });
    assert_eq!(read(Some(message)), []);
    assert_eq!(read(None).len(), 1);
}

#[test]
fn the_store_has_properties_of_its_own() {
    let bench = Bench::new();
    bench
        .one(Op::PatchStore(patch(tags::DISPLAY_NAME, "mine")))
        .unwrap();
    let props = bench.store.store_props(&bench.call).unwrap();
    assert_eq!(props.text(tags::DISPLAY_NAME), Some("mine"));
    assert_eq!(
        bench.code(Op::PatchStore(patch(tags::RECORD_KEY, vec![1_u8]))),
        Code::COMPUTED
    );
    let [entry] = &bench.entries(0)[..] else {
        panic!("one entry")
    };
    assert_eq!(
        (entry.object, &entry.changed[..]),
        (ItemId(0), &[tags::DISPLAY_NAME.id()][..])
    );
}
