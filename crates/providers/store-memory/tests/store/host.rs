//! A host for tests, and short ways to write changes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use mapi_props::{
    Code, FileTime, FuzzyLevel, LargeRef, MatchKind, PropTag, PropValue, Restriction, tags,
};
use mapi_spi::{
    BulkOutcome, Call, ChangeSet, CommitMode, Expect, FlagPatch, FolderKind, FolderSave,
    FolderTarget, ItemId, Items, LogEntry, MessageSave, MessageTarget, Op, OpOutcome, PropPatch,
    Result, SearchAction, SearchSave, Store, Support,
};
use store_memory::{MemoryStore, Options};

type Fetch = Box<dyn Fn(ItemId) + Send + Sync>;

/// A clock that stands still, randomness that counts, and an engine that a test may plug in.
#[derive(Default)]
pub(crate) struct Host {
    pub(crate) ticks: AtomicU64,
    random: AtomicU64,
    pub(crate) engine: Mutex<Option<Fetch>>,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Host")
    }
}

impl Support for Host {
    fn now(&self) -> FileTime {
        FileTime(self.ticks.load(Ordering::SeqCst))
    }

    fn random(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.random.fetch_add(1, Ordering::SeqCst).to_le_bytes()[0];
        }
    }

    fn fetch(&self, item: ItemId, _: &LargeRef, _: &Call) -> Result<()> {
        match &*self.engine.lock().unwrap() {
            Some(fetch) => fetch(item),
            None => return Err(mapi_spi::Error::not_downloaded("no engine")),
        }
        Ok(())
    }
}

pub(crate) struct Bench {
    pub(crate) host: Arc<Host>,
    pub(crate) store: MemoryStore,
    pub(crate) call: Call,
}

pub(crate) const ROOT: ItemId = ItemId(1);

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        let host = Arc::new(Host::default());
        let store = MemoryStore::new(options, Arc::clone(&host) as Arc<dyn Support>);
        Self {
            host,
            store,
            call: Call::default(),
        }
    }

    pub(crate) fn one(&self, op: Op) -> Result<OpOutcome> {
        let outcome = self.store.commit(ChangeSet::one(op), &self.call)?;
        assert_eq!(outcome.ops.len(), 1);
        Ok(outcome.ops.into_iter().next().unwrap())
    }

    pub(crate) fn code(&self, op: Op) -> Code {
        self.one(op).unwrap_err().code()
    }

    pub(crate) fn bulk(&self, op: Op) -> BulkOutcome {
        let set = ChangeSet {
            mode: CommitMode::EachItem,
            ..ChangeSet::one(op)
        };
        let mut outcome = self.store.commit(set, &self.call).unwrap();
        match outcome.ops.pop().unwrap() {
            OpOutcome::Bulk(bulk) => bulk,
            other => panic!("no bulk outcome: {other:?}"),
        }
    }

    pub(crate) fn folder(&self, parent: ItemId, name: &str) -> ItemId {
        id(self.one(new_folder(parent, name)).unwrap())
    }

    pub(crate) fn message(&self, folder: ItemId, subject: &str) -> ItemId {
        id(self.one(new_message(folder, subject)).unwrap())
    }

    pub(crate) fn flags(&self, items: Items, flags: FlagPatch) -> BulkOutcome {
        self.bulk(Op::SetFlags { items, flags })
    }

    pub(crate) fn submitted(&self, folder: ItemId) -> ItemId {
        let message = self.message(folder, "on its way");
        let mut save = change(message);
        save.flags.set = mapi_props::message_flags::SUBMIT;
        self.one(Op::SaveMessage(Box::new(save))).unwrap();
        message
    }

    pub(crate) fn entries(&self, since: u64) -> Vec<LogEntry> {
        self.store
            .log(since, None, 1000, &self.call)
            .unwrap()
            .entries
    }

    pub(crate) fn last(&self) -> u64 {
        self.store.log(0, None, 0, &self.call).unwrap().last
    }

    pub(crate) fn sound(&self) {
        assert_eq!(self.store.problems().unwrap(), []);
    }
}

pub(crate) fn id(outcome: OpOutcome) -> ItemId {
    match outcome {
        OpOutcome::Saved(saved) => saved.id,
        other => panic!("nothing saved: {other:?}"),
    }
}

pub(crate) fn patch(tag: impl Into<PropTag>, value: impl Into<PropValue>) -> PropPatch {
    PropPatch::default().with(tag, value)
}

pub(crate) fn new_folder(parent: ItemId, name: &str) -> Op {
    Op::SaveFolder(FolderSave {
        target: FolderTarget::New {
            parent,
            kind: FolderKind::Generic,
        },
        patch: patch(tags::DISPLAY_NAME, name),
        expect: Expect::Any,
    })
}

pub(crate) fn new_search_folder(parent: ItemId, name: &str) -> Op {
    Op::SaveFolder(FolderSave {
        target: FolderTarget::New {
            parent,
            kind: FolderKind::Search,
        },
        patch: patch(tags::DISPLAY_NAME, name),
        expect: Expect::Any,
    })
}

/// A search for messages whose subject contains a word.
pub(crate) fn search(folder: ItemId, scope: ItemId, word: &str) -> SearchSave {
    let tag: PropTag = tags::SUBJECT.into();
    SearchSave {
        folder,
        restriction: Some(Restriction::Content {
            kind: MatchKind::Substring,
            fuzzy: FuzzyLevel::default(),
            tag,
            value_tag: tag,
            value: word.into(),
        }),
        scope: Some(vec![scope]),
        recursive: None,
        foreground: None,
        fixed: false,
        unindexed: false,
        action: SearchAction::Restart,
    }
}

pub(crate) fn rename(folder: ItemId, name: &str) -> Op {
    Op::SaveFolder(FolderSave {
        target: FolderTarget::Existing(folder),
        patch: patch(tags::DISPLAY_NAME, name),
        expect: Expect::Any,
    })
}

pub(crate) fn save(target: MessageTarget, patch: PropPatch) -> MessageSave {
    MessageSave {
        target,
        expect: Expect::Any,
        patch,
        recipients: None,
        attachments: None,
        flags: FlagPatch::default(),
        content_changed: false,
        source: None,
    }
}

pub(crate) fn new_message(folder: ItemId, subject: &str) -> Op {
    let target = MessageTarget::New {
        folder,
        associated: false,
    };
    Op::SaveMessage(Box::new(save(target, patch(tags::SUBJECT, subject))))
}

pub(crate) fn change(message: ItemId) -> MessageSave {
    save(MessageTarget::Existing(message), PropPatch::default())
}

pub(crate) fn ids(ids: &[ItemId]) -> Items {
    Items::Ids(ids.to_vec())
}

pub(crate) fn all_in(folder: ItemId) -> Items {
    Items::In {
        folder,
        restriction: None,
        associated: false,
        deleted: false,
    }
}
