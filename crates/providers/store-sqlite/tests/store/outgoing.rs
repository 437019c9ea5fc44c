//! Locking, taking back and finishing messages of the queue, in both stores alike.

use std::sync::Arc;

use mapi_kit::computed::item_entry_id;
use mapi_kit::outgoing::{self, Disposition, Sent};
use mapi_props::{Bag, Code, FileTime, message_flags, tags};
use mapi_spi::{
    ChangeSet, DeleteMode, FlagPatch, ItemId, MessageData, Op, Origin, QUEUE_STATE, Store, SyncRow,
};
use store_memory::{MemoryStore, Options};

use crate::ground::{Ticking, call, new_folder, new_message, open, problems, save, saved, subject};

/// The same in a file and in memory.
fn in_both(test: impl Fn(&dyn Store)) {
    let home = tempfile::tempdir().unwrap();
    test(&open(&home.path().join("s.malle")));
    let support = Arc::new(Ticking::default());
    test(&MemoryStore::new(Options::default(), support));
}

/// A folder of each name.
fn folder(store: &dyn Store, name: &str) -> ItemId {
    saved(store, new_folder(store.info().root, name))
}

fn entry_id(store: &dyn Store, folder: ItemId) -> Vec<u8> {
    item_entry_id(&store.info().uid, true, folder)
}

/// A message that waits in a folder, with the spooler's row.
fn waiting(store: &dyn Store, folder: ItemId, sent_to: Option<Vec<u8>>, delete: bool) -> ItemId {
    let mut patch = subject("waits").with(tags::CLIENT_SUBMIT_TIME, FileTime(9));
    if let Some(id) = sent_to {
        patch = patch.with(tags::SENTMAIL_ENTRYID, id);
    }
    if delete {
        patch = patch.with(tags::DELETE_AFTER_SUBMIT, true);
    }
    let mut new = new_message(folder, patch.with(tags::SUBMIT_FLAGS, 0));
    new.flags = FlagPatch {
        set: message_flags::SUBMIT | message_flags::UNSENT | message_flags::NRN_PENDING,
        clear: 0,
    };
    let row = |kind: i32| {
        let mut row = Bag::new();
        row.set(tags::RECIPIENT_TYPE, kind);
        row.set(tags::RESPONSIBILITY, false);
        row
    };
    new.recipients = Some(vec![row(1), row(0x1000_0000), row(2)]);
    let id = save(store, new);
    let row = SyncRow {
        origin: Origin::SPOOLER,
        object: Some(id),
        key: QUEUE_STATE.to_vec(),
        value: Some(vec![1]),
    };
    let set = ChangeSet {
        sync_state: vec![row],
        ..ChangeSet::default()
    };
    store.commit(set, &call()).unwrap();
    id
}

fn read(store: &dyn Store, id: ItemId) -> MessageData {
    store.message(id, &call()).unwrap()
}

fn locked(store: &dyn Store, id: ItemId) -> MessageData {
    let data = read(store, id);
    let set = ChangeSet::one(outgoing::lock(&data.meta, &data.body.props));
    store.commit(set, &call()).unwrap();
    read(store, id)
}

fn finish(store: &dyn Store, data: &MessageData, sent: Sent) -> Result<(), Code> {
    let rows = outgoing::served(&data.body.recipients);
    let set = ChangeSet {
        ops: outgoing::finish(&data.meta, Some(rows), sent),
        sync_state: vec![outgoing::forgotten(data.meta.id)],
        origin: Origin::SPOOLER,
        ..ChangeSet::default()
    };
    store.commit(set, &call()).map(drop).map_err(|e| e.code())
}

/// Where a message went that was sent from `outbox`; none: nowhere.
fn sent_from(
    store: &dyn Store,
    outbox: ItemId,
    to: Option<ItemId>,
    delete: bool,
) -> Option<ItemId> {
    let id = waiting(store, outbox, to.map(|to| entry_id(store, to)), delete);
    let data = locked(store, id);
    let goes = Disposition::of(store, &data.body.props, &call()).unwrap();
    assert!(goes.problem.is_none());
    finish(store, &data, goes.sent).unwrap();
    assert_eq!(store.queue(None, 10, &call()).unwrap(), []);
    assert_eq!(problems_of(store), 0);
    let now = store.message(id, &call()).ok()?;
    let gone = message_flags::SUBMIT | message_flags::UNSENT | message_flags::NRN_PENDING;
    assert_eq!(now.meta.flags & gone, 0);
    assert_eq!(now.body.props.value(tags::SUBMIT_FLAGS), None);
    assert_eq!(outgoing::submitted(&now.body.props), FileTime(9));
    let served = |row: &Bag| row.value(tags::RESPONSIBILITY).and_then(|v| v.as_bool());
    let served: Vec<_> = now.body.recipients.iter().map(served).collect();
    assert_eq!(
        served,
        [Some(true), Some(true)],
        "and not the one to whom it was sent again"
    );
    let rows = store.sync_rows(Origin::SPOOLER, Some(id), &call()).unwrap();
    assert_eq!(rows, []);
    Some(now.meta.parent)
}

fn problems_of(store: &dyn Store) -> usize {
    match store.maintain() {
        Some(_) => problems(store).len(),
        None => 0,
    }
}

#[test]
fn the_four_outcomes_of_sending() {
    in_both(|store| {
        let (outbox, sent) = (folder(store, "Outbox"), folder(store, "Sent"));
        assert_eq!(sent_from(store, outbox, None, false), Some(outbox));
        assert_eq!(sent_from(store, outbox, Some(sent), false), Some(sent));
        assert_eq!(sent_from(store, outbox, None, true), None);
        assert_eq!(sent_from(store, outbox, Some(sent), true), None);
        // Sent from the folder where it is to go.
        assert_eq!(sent_from(store, sent, Some(sent), false), Some(sent));
    });
}

#[test]
fn a_folder_that_is_gone_loses_no_message() {
    in_both(|store| {
        let outbox = folder(store, "Outbox");
        let mut elsewhere = entry_id(store, outbox);
        elsewhere[4] ^= 1;
        let message = item_entry_id(&store.info().uid, false, outbox);
        for (id, code) in [
            (vec![1, 2, 3], Code::INVALID_ENTRYID),
            (message, Code::INVALID_ENTRYID),
            (elsewhere, Code::UNKNOWN_ENTRYID),
            (entry_id(store, ItemId(4711)), Code::NOT_FOUND),
        ] {
            let id = waiting(store, outbox, Some(id), false);
            let data = locked(store, id);
            let goes = Disposition::of(store, &data.body.props, &call()).unwrap();
            assert_eq!(goes.problem.map(|e| e.code()), Some(code));
            finish(store, &data, goes.sent).unwrap();
            assert_eq!(read(store, id).meta.parent, outbox);
        }
    });
}

#[test]
fn a_folder_that_goes_meanwhile_fails_the_whole_set() {
    in_both(|store| {
        let (outbox, sent) = (folder(store, "Outbox"), folder(store, "Sent"));
        let id = waiting(store, outbox, Some(entry_id(store, sent)), false);
        let data = locked(store, id);
        let goes = Disposition::of(store, &data.body.props, &call()).unwrap();
        assert_eq!(goes.sent, Sent::Moves(sent));
        let deleted = Op::DeleteFolder {
            folder: sent,
            messages: true,
            folders: true,
            mode: DeleteMode::Soft,
        };
        store.commit(ChangeSet::one(deleted), &call()).unwrap();
        assert_eq!(finish(store, &data, goes.sent), Err(Code::OBJECT_DELETED));
        assert_eq!(read(store, id), data);
        let goes = Disposition::of(store, &data.body.props, &call()).unwrap();
        assert_eq!(goes.problem.map(|e| e.code()), Some(Code::NOT_FOUND));
        finish(store, &data, goes.sent).unwrap();
        assert_eq!(read(store, id).meta.parent, outbox);
    });
}

#[test]
fn of_a_lock_and_taking_back_one_happens() {
    in_both(|store| {
        let outbox = folder(store, "Outbox");
        let id = waiting(store, outbox, None, false);
        let seen = read(store, id);
        let locked = locked(store, id);
        assert!(outgoing::is_locked(&locked.body.props));
        let take = |data: &MessageData| {
            let set = ChangeSet {
                sync_state: vec![outgoing::forgotten(id)],
                ..ChangeSet::one(outgoing::taken_back(&data.meta))
            };
            store.commit(set, &call()).map(drop).map_err(|e| e.code())
        };
        assert_eq!(take(&seen), Err(Code::OBJECT_CHANGED));
        assert_eq!(
            store.queue(None, 1, &call()).unwrap()[0].state,
            Some(vec![1])
        );

        let unlock = ChangeSet::one(outgoing::unlock(&locked.meta, &locked.body.props));
        store.commit(unlock, &call()).unwrap();
        let seen = read(store, id);
        assert_eq!(outgoing::submit_flags(&seen.body.props), 0);
        take(&seen).unwrap();
        let draft = read(store, id);
        let flags = message_flags::SUBMIT | message_flags::UNSENT;
        assert_eq!(draft.meta.flags & flags, message_flags::UNSENT);
        assert_eq!(draft.body.props.value(tags::CLIENT_SUBMIT_TIME), None);
        assert_eq!(store.queue(None, 10, &call()).unwrap(), []);
        let late = ChangeSet::one(outgoing::lock(&seen.meta, &seen.body.props));
        let refused = store.commit(late, &call()).unwrap_err();
        assert_eq!(refused.code(), Code::OBJECT_CHANGED);
    });
}
