//! What all tests here stand on: a clock that ticks, messages, and a store in a temporary folder.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mapi_props::{FileTime, PropTag, PropValue, SortColumn, SortOrderSet, tags};
use mapi_spi::{
    Call, ChangeSet, Expect, FlagPatch, FolderKind, FolderSave, FolderTarget, ItemId, MessageSave,
    MessageTarget, Op, OpOutcome, OpenMode, PropPatch, RowSet, Store, Support, View,
};
use store_sqlite::SqliteStore;

/// A host whose time moves by a second per question and whose randomness counts.
#[derive(Debug, Default)]
pub(crate) struct Ticking(AtomicU64);

impl Support for Ticking {
    fn now(&self) -> FileTime {
        FileTime::from_unix(
            1_800_000_000 + i64::try_from(self.0.fetch_add(1, Ordering::Relaxed)).unwrap(),
        )
    }

    fn random(&self, bytes: &mut [u8]) {
        let seed = std::process::id().to_le_bytes();
        let n = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        for (i, b) in bytes.iter_mut().enumerate() {
            *b = n[i % 8] ^ seed[i % 4].wrapping_mul(31) ^ u8::try_from(i).unwrap();
        }
    }
}

pub(crate) fn support() -> Arc<dyn Support> {
    Arc::new(Ticking::default())
}

pub(crate) fn call() -> Call {
    Call::default()
}

pub(crate) fn open(path: &Path) -> SqliteStore {
    open_with(path, support())
}

pub(crate) fn open_with(path: &Path, support: Arc<dyn Support>) -> SqliteStore {
    SqliteStore::open(path, OpenMode::Create, support, &call()).unwrap()
}

pub(crate) fn new_folder(parent: ItemId, name: &str) -> Op {
    Op::SaveFolder(FolderSave {
        target: FolderTarget::New {
            parent,
            kind: FolderKind::Generic,
        },
        patch: PropPatch::default().with(tags::DISPLAY_NAME, name),
        expect: Expect::Any,
    })
}

pub(crate) fn new_message(folder: ItemId, patch: PropPatch) -> MessageSave {
    MessageSave {
        target: MessageTarget::New {
            folder,
            associated: false,
        },
        expect: Expect::Any,
        patch,
        recipients: None,
        attachments: None,
        flags: FlagPatch::default(),
        content_changed: true,
        source: None,
    }
}

pub(crate) fn subject(text: &str) -> PropPatch {
    PropPatch::default().with(tags::SUBJECT, text)
}

pub(crate) fn save(store: &dyn Store, save: MessageSave) -> ItemId {
    saved(store, Op::SaveMessage(Box::new(save)))
}

pub(crate) fn saved(store: &dyn Store, op: Op) -> ItemId {
    match store
        .commit(ChangeSet::one(op), &call())
        .unwrap()
        .ops
        .remove(0)
    {
        OpOutcome::Saved(saved) => saved.id,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn contents(container: ItemId, columns: &[PropTag], sort: &[SortColumn]) -> View {
    View {
        container,
        rows: RowSet::Contents {
            associated: false,
            deleted: false,
        },
        columns: columns.to_vec(),
        restriction: None,
        sort: SortOrderSet::by(sort.iter().copied()),
    }
}

/// The first cell of every row of a view.
pub(crate) fn first_cells(store: &dyn Store, view: &View) -> Vec<PropValue> {
    let page = store
        .view(view, &mapi_spi::Anchor::Start, 1_000_000, &call())
        .unwrap();
    assert!(page.at_start && page.at_end);
    page.rows.into_iter().map(|r| r.cells[0].clone()).collect()
}

/// What makes a file of version 3 out of one of version 4, but for the number.
pub(crate) const TO_VERSION_3: &str = "
    DROP TABLE queue;
    DROP TABLE node; DROP TABLE topic; DROP TABLE joined; DROP TABLE threading;
    DROP INDEX item_thread; ALTER TABLE item DROP COLUMN thread;
";

/// What the store's own check finds: nothing, in a sound store.
pub(crate) fn problems(store: &dyn Store) -> Vec<mapi_spi::Problem> {
    store.maintain().unwrap().check(&call()).unwrap().problems
}
