//! The store behind a message in a storage: this one message, and no folders.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use mapi_kit::export::{ExportFrom, export};
use mapi_kit::held::SourceReader;
use mapi_kit::names::NameCache;
use mapi_msg::{Limits as FileLimits, MsgFile, ReadError};
use mapi_props::{
    Bag, Code, Defect, Guid, LargePlace, LargeRef, MessageTree, PropName, PropValue, Restriction,
    StoredMessage, message_flags, tags,
};
use mapi_spi::{
    Anchor, Call, Capabilities, ChangeSet, CommitOutcome, Direction, Error, Expect, FolderData,
    ItemId, ItemKind, ItemMeta, LargeReader, Limits, LogPage, MessageData, MessageSave,
    NameCreation, Op, OpOutcome, Origin, Page, Result, Row, RowKey, RowKeys, RowSet, Saved,
    ScanRow, Stage, Store, StoreInfo, Support, ThreadId, View,
};

use super::content::Known;
use super::large::ScratchStage;
use super::{MessageStorage, StorageCommit};

/// Where the message would lie, if there were folders.
pub(crate) const ROOT: ItemId = ItemId(1);
/// The message.
pub(crate) const MESSAGE: ItemId = ItemId(2);

/// PR_MDB_PROVIDER of messages in storages.
const PROVIDER: Guid = Guid::from_fields(
    0x6D61_6C6C,
    0x652D,
    0x4D53,
    [0x86, 0x2D, 0x66, 0x69, 0x6C, 0x65, 0x00, 0x01],
);

#[derive(Debug)]
pub(super) struct FileStore {
    me: Weak<Self>,
    info: StoreInfo,
    storage: Arc<dyn MessageStorage>,
    commit: StorageCommit,
    known: Mutex<Known>,
    /// None before the first save into an empty storage.
    saved: Mutex<Option<MessageData>>,
    /// Held while the storage is written.
    writing: Mutex<()>,
}

impl FileStore {
    /// Reads the storage; also what of it could not be read.
    pub(super) fn open(
        storage: Arc<dyn MessageStorage>,
        write: bool,
        commit: StorageCommit,
        support: &dyn Support,
    ) -> Result<(Arc<Self>, Vec<Defect>)> {
        let info = info(support, write);
        let inline = u64::from(info.limits.inline_bytes);
        let mut known = Known::new(support.new_guid().0, inline);
        let (saved, defects) = match storage.contents().map_err(disk)? {
            None => (None, Vec::new()),
            Some(contents) => {
                let read = mapi_msg::read(contents.bytes, contents.size, &FileLimits::default());
                let mut tree = read.map_err(unreadable)?;
                let defects = std::mem::take(&mut tree.defects);
                let meta = meta(&tree);
                let body = known.message(tree);
                (Some(MessageData { meta, body }), defects)
            }
        };
        let store = Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            info,
            storage,
            commit,
            known: Mutex::new(known),
            saved: Mutex::new(saved),
            writing: Mutex::default(),
        });
        Ok((store, defects))
    }

    /// Whether the storage holds no message yet.
    pub(super) fn is_empty(&self) -> bool {
        self.saved().is_none()
    }

    /// Keeps a value for as long as the store is open.
    pub(super) fn hold(&self, source: mapi_props::LargeSource) -> [u8; 32] {
        self.known().values.hold(source)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn saved(&self) -> MutexGuard<'_, Option<MessageData>> {
        self.saved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn save(
        &self,
        save: &MessageSave,
        changes: Vec<mapi_spi::NewValue>,
        call: &Call,
    ) -> Result<Saved> {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.saved().clone();
        let change = before.as_ref().map_or(0, |data| data.meta.change);
        if matches!(save.expect, Expect::Exactly(expected) if expected != change) {
            let detail = "somebody else has saved the message";
            return Err(Error::new(Code::OBJECT_CHANGED, detail));
        }
        let (mut body, flags) = match before {
            Some(data) => (data.body, data.meta.flags),
            None => (StoredMessage::default(), 0),
        };
        save.apply(&mut body);
        let bound = self.known().bind(&mut body, changes);
        bound.ok_or_else(|| no_support("a recipe"))?;
        let flags = save.flags.apply(flags);
        body.props.set(tags::MESSAGE_FLAGS, flags.cast_signed());
        self.write(&body, call)?;
        let meta = ItemMeta {
            change: change + 1,
            content_version: change + 1,
            flags,
            ..item()
        };
        *self.saved() = Some(MessageData { meta, body });
        Ok(Saved {
            id: MESSAGE,
            change: change + 1,
        })
    }

    /// Writes the whole message into the storage.
    fn write(&self, body: &StoredMessage, call: &Call) -> Result<()> {
        let me = self
            .me
            .upgrade()
            .ok_or_else(|| no_support("a closed store"))?;
        let store: Arc<dyn Store> = me;
        let from = ExportFrom {
            store: &store,
            names: &NameCache::default(),
            item: Some(MESSAGE),
            staged: &[],
            call,
        };
        let tree = export(from, body)?;
        let file = MsgFile::of(&tree).map_err(disk)?;
        let mut bytes = file.open().map_err(disk)?;
        self.storage.write(&mut bytes).map_err(disk)?;
        match self.commit {
            StorageCommit::OnSave => self.storage.commit(),
            StorageCommit::ByCaller => Ok(()),
        }
    }
}

fn info(support: &dyn Support, write: bool) -> StoreInfo {
    StoreInfo {
        uid: support.new_guid(),
        provider: PROVIDER,
        mapping_signature: support.new_guid(),
        root: ROOT,
        capabilities: Capabilities {
            write,
            persistent: true,
            ..Capabilities::default()
        },
        limits: Limits::default(),
        display_name: String::new(),
    }
}

const fn item() -> ItemMeta {
    ItemMeta {
        id: MESSAGE,
        parent: ROOT,
        kind: ItemKind::Message { associated: false },
        deleted: false,
        change: 1,
        content_version: 1,
        flags: 0,
        status: 0,
        size: 0,
        thread: None,
    }
}

fn meta(tree: &MessageTree) -> ItemMeta {
    let flags = tree
        .props
        .value(tags::MESSAGE_FLAGS)
        .and_then(PropValue::as_long);
    let flags = flags.map_or(0, i32::cast_unsigned);
    let has = match tree.attachments.is_empty() {
        true => 0,
        false => message_flags::HASATTACH,
    };
    ItemMeta {
        flags: flags & !message_flags::HASATTACH | has,
        ..item()
    }
}

/// An error of the file system.
pub(super) fn disk(error: std::io::Error) -> Error {
    let code = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            Code::NOT_ENOUGH_DISK
        }
        std::io::ErrorKind::PermissionDenied => Code::NO_ACCESS,
        std::io::ErrorKind::NotFound => Code::NOT_FOUND,
        std::io::ErrorKind::InvalidInput => Code::TOO_BIG,
        _ => Code::DISK_ERROR,
    };
    Error::caused(code, "the message's file cannot be read or written", error)
}

fn unreadable(error: ReadError) -> Error {
    match error {
        ReadError::Io { .. } => Error::caused(Code::DISK_ERROR, "the message's file", error),
        _ => Error::caused(Code::CORRUPT_DATA, "the file is no message", error),
    }
}

fn no_support(what: &str) -> Error {
    let detail = format!("a message in a storage has no {what}");
    Error::new(Code::NO_SUPPORT, detail)
}

fn not_found() -> Error {
    Error::new(
        Code::NOT_FOUND,
        "a storage holds one message and nothing else",
    )
}

impl Store for FileStore {
    fn info(&self) -> &StoreInfo {
        &self.info
    }

    fn store_props(&self, _: &Call) -> Result<Bag> {
        Ok(Bag::new())
    }

    fn folder(&self, _: ItemId, _: &Call) -> Result<FolderData> {
        Err(not_found())
    }

    fn message(&self, id: ItemId, call: &Call) -> Result<MessageData> {
        call.check()?;
        let saved = (id == MESSAGE).then(|| self.saved().clone()).flatten();
        saved.ok_or_else(not_found)
    }

    fn view(&self, _: &View, _: &Anchor, _: i64, _: &Call) -> Result<Page> {
        Err(not_found())
    }

    fn count(&self, _: &View, _: &Call) -> Result<u64> {
        Err(not_found())
    }

    fn position(&self, _: &View, _: &RowKey, _: &Call) -> Result<u64> {
        Err(not_found())
    }

    fn find(
        &self,
        _: &View,
        _: &Restriction,
        _: &Anchor,
        _: Direction,
        _: &Call,
    ) -> Result<Option<Row>> {
        Err(not_found())
    }

    fn each_key(
        &self,
        _: &View,
        _: Option<&[ItemId]>,
        _: &Call,
        _: &mut dyn FnMut(RowKeys<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        Err(not_found())
    }

    fn rows_at(
        &self,
        _: &View,
        _: &[(ItemId, u32)],
        _: Option<&Restriction>,
        _: &Call,
    ) -> Result<(u64, Vec<Row>)> {
        Err(not_found())
    }

    fn scan(
        &self,
        _: ItemId,
        _: RowSet,
        _: &Call,
        _: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        Err(not_found())
    }

    fn thread(
        &self,
        _: ThreadId,
        _: &Call,
        _: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        Err(not_found())
    }

    fn commit(&self, changes: ChangeSet, call: &Call) -> Result<CommitOutcome> {
        call.check()?;
        if !self.info.capabilities.write {
            return Err(Error::new(Code::NO_ACCESS, "the message is open read-only"));
        }
        let ChangeSet {
            mut ops, values, ..
        } = changes;
        let (Some(Op::SaveMessage(save)), true) = (ops.pop(), ops.is_empty()) else {
            return Err(no_support("folder, and cannot be marked or moved"));
        };
        let saved = self.save(&save, values, call)?;
        Ok(CommitOutcome {
            ops: vec![OpOutcome::Saved(saved)],
            seq: saved.change,
        })
    }

    fn stage(&self, call: &Call) -> Result<Box<dyn Stage>> {
        call.check()?;
        let store = self
            .me
            .upgrade()
            .ok_or_else(|| no_support("a closed store"))?;
        Ok(Box::new(ScratchStage {
            store,
            scratch: Some(self.storage.scratch().map_err(disk)?),
            size: 0,
        }))
    }

    fn large(&self, _: ItemId, value: &LargeRef, call: &Call) -> Result<Box<dyn LargeReader>> {
        call.check()?;
        let source = match value.place {
            LargePlace::Present(key) => self.known().values.source(&key),
            LargePlace::Remote | LargePlace::Pending(_) => None,
        };
        let source = source.ok_or_else(not_found)?;
        Ok(Box::new(SourceReader::new(source, disk)))
    }

    fn ids_from_names(
        &self,
        names: &[PropName],
        create: NameCreation,
        call: &Call,
    ) -> Result<Vec<Option<u16>>> {
        call.check()?;
        let mut known = self.known();
        let mut ids = Vec::with_capacity(names.len());
        for name in names {
            let is_new = !known.names.contains(name);
            if is_new && create == NameCreation::No {
                ids.push(None);
            } else if is_new && !self.info.capabilities.write {
                return Err(Error::new(Code::NO_ACCESS, "the message is open read-only"));
            } else {
                let id = known.id(name);
                if id.is_none() && create == NameCreation::Explicit {
                    let detail = "the message has no identifier left";
                    return Err(Error::new(Code::NOT_ENOUGH_RESOURCES, detail));
                }
                ids.push(id);
            }
        }
        Ok(ids)
    }

    fn names_from_ids(&self, ids: &[u16], call: &Call) -> Result<Vec<Option<PropName>>> {
        call.check()?;
        let known = self.known();
        Ok(ids.iter().map(|id| known.name(*id)).collect())
    }

    fn all_names(&self, call: &Call) -> Result<Vec<(u16, PropName)>> {
        call.check()?;
        let known = self.known();
        Ok((0x8000..).zip(known.names.iter().cloned()).collect())
    }

    fn log(&self, _: u64, _: Option<Origin>, _: usize, _: &Call) -> Result<LogPage> {
        Err(no_support("log of changes"))
    }
}
