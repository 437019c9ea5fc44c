//! Folders: their properties, what is in them, and bulk work on it.
//! Reference: "IMAPIFolder", "IMAPIContainer" (requirements STO-07 … STO-16, FLD-01 … FLD-08)

mod across;
mod bulk;
mod children;
mod copying;
mod import;
mod search;
mod sorting;
mod source;
mod status;
mod views;

use std::sync::Arc;

use mapi_kit::large::ValueReader;
use mapi_kit::lift::Lifter;
use mapi_props::{Code, LargeRef, PropTag, PropValue, Slot, tags};
use mapi_spi::{
    Call, ChangeSet, Depth, Error, Expect, FolderData, FolderKind, FolderSave, FolderTarget,
    ItemId, ItemKind, Op, PropPatch, Result, RowSet,
};

use crate::context::{Context, ErrorNote};
use crate::prop::{Change, Object as PropObject, PropSource, StreamHome};
use crate::stream::Streams;
use crate::table::{Outlines, Source, StoreRows};
use crate::{EntryId, Message, MsgStore, OpenFlags, SaveFlags, ShortId, TableBuilder};

pub use bulk::BulkReport;
pub(crate) use bulk::read_patch;
pub use children::CopiedFolder;
pub use copying::FolderCopyReport;
pub use import::{ImportOptions, ImportOutcome};
pub use mapi_kit::import::ImportItem;
pub use search::SearchCriteria;
pub use status::MessageStatus;
pub use views::{
    Arrangement, DefaultView, FolderView, ListedView, ShownColumn, ViewPlace, view_error,
};

use source::FolderSource;

/// An open folder. Not transacted: changes are permanent at once.
#[derive(Debug, Clone)]
pub struct Folder {
    pub(crate) context: Context,
    id: ItemId,
    kind: FolderKind,
    modify: bool,
    errors: Arc<ErrorNote>,
    streams: Arc<Streams>,
}

impl Folder {
    pub(crate) fn open(context: &Context, id: ItemId, flags: OpenFlags) -> Result<Self> {
        Self::open_now(context, id, flags).or_else(|error| {
            Ok(Self {
                context: context.deferring(error, flags)?,
                id,
                kind: FolderKind::Generic,
                modify: false,
                errors: Arc::default(),
                streams: Arc::default(),
            })
        })
    }

    fn open_now(context: &Context, id: ItemId, flags: OpenFlags) -> Result<Self> {
        let data = context.spi()?.folder(id, &context.call)?;
        if data.meta.deleted && !flags.contains(OpenFlags::SHOW_SOFT_DELETES) {
            return Err(Error::new(
                Code::NOT_FOUND,
                format!("folder {id} is deleted"),
            ));
        }
        let ItemKind::Folder(kind) = data.meta.kind else {
            return Err(Error::new(
                Code::NOT_FOUND,
                format!("item {id} is no folder"),
            ));
        };
        let modify = context.grant(flags)?;
        let this = Self {
            context: context.clone(),
            id,
            kind,
            modify,
            errors: Arc::default(),
            streams: Arc::default(),
        };
        if kind == FolderKind::Search {
            this.go_on()?;
        }
        Ok(this)
    }

    /// The same folder; calls through the new handle, and through what it opens, are under `call`.
    #[must_use]
    pub fn with_call(&self, call: Call) -> Self {
        Self {
            context: self.context.with_call(call),
            ..self.clone()
        }
    }

    /// PR_ENTRYID.
    #[must_use]
    pub fn entry_id(&self) -> EntryId {
        self.context.entry_id(true, self.id)
    }

    /// Its number in the store.
    #[must_use]
    pub const fn item(&self) -> ItemId {
        self.id
    }

    /// Its id for people.
    #[must_use]
    pub fn short_id(&self) -> ShortId {
        ShortId {
            store: self.context.opened.place.letter.clone(),
            item: self.id,
        }
    }

    /// PR_FOLDER_TYPE.
    #[must_use]
    pub const fn kind(&self) -> FolderKind {
        self.kind
    }

    /// Whether this handle may write (PR_ACCESS_LEVEL).
    #[must_use]
    pub const fn is_writable(&self) -> bool {
        self.modify
    }

    /// Its store.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION`.
    pub fn store(&self) -> Result<MsgStore> {
        self.context.spi()?;
        let opened = Arc::clone(&self.context.opened);
        let member = Arc::clone(&self.context.member);
        MsgStore::new(
            opened,
            member,
            self.context.call.clone(),
            OpenFlags::BEST_ACCESS,
        )
    }

    /// PR_DISPLAY_NAME.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if the folder is gone.
    pub fn name(&self) -> Result<String> {
        Ok(self
            .data()?
            .props
            .text(tags::DISPLAY_NAME)
            .unwrap_or_default()
            .to_owned())
    }

    /// PR_PARENT_ENTRYID; the root folder is its own parent.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if the folder is gone.
    pub fn parent_id(&self) -> Result<EntryId> {
        Ok(self.context.entry_id(true, self.data()?.meta.parent))
    }

    /// Counters: messages, unread ones, sub-folders and so on.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if the folder is gone.
    pub fn counts(&self) -> Result<mapi_spi::FolderCounts> {
        Ok(self.data()?.counts)
    }

    /// The table of its messages.
    pub fn contents(&self) -> TableBuilder {
        self.table(RowSet::Contents {
            associated: false,
            deleted: false,
        })
    }

    /// The table of its messages and of those in all ordinary folders below it, newest first; of a search folder, its
    /// messages. Words are found from the store's full-text index, if it has one. Such a table has no categories.
    pub fn deep_contents(&self) -> TableBuilder {
        self.table(RowSet::Deep)
    }

    /// The table of its associated messages (MAPI_ASSOCIATED).
    pub fn associated(&self) -> TableBuilder {
        if self.context.info().capabilities.associated {
            return self.table(RowSet::Contents {
                associated: true,
                deleted: false,
            });
        }
        let error = Error::new(Code::NO_SUPPORT, "this store has no associated contents");
        TableBuilder::new(Err(error))
    }

    /// The table of its soft-deleted messages (SHOW_SOFT_DELETES).
    pub fn deleted_contents(&self) -> TableBuilder {
        self.table(RowSet::Contents {
            associated: false,
            deleted: true,
        })
    }

    /// The table of its sub-folders; with [`Depth::All`] of everything below (CONVENIENT_DEPTH). A search folder has none:
    /// `MAPI_E_NO_SUPPORT`.
    pub fn hierarchy(&self, depth: Depth) -> TableBuilder {
        if self.kind == FolderKind::Search {
            let error = Error::new(Code::NO_SUPPORT, "a search folder has no sub-folders");
            return TableBuilder::new(self.errors.track(Err(error)));
        }
        self.table(RowSet::Hierarchy {
            depth,
            deleted: false,
        })
    }

    /// The table of its soft-deleted sub-folders.
    pub fn deleted_hierarchy(&self) -> TableBuilder {
        self.table(RowSet::Hierarchy {
            depth: Depth::Children,
            deleted: true,
        })
    }

    fn table(&self, rows: RowSet) -> TableBuilder {
        self.table_of(self.data(), rows)
    }

    /// The same, where the folder has been read already.
    fn table_of(&self, data: Result<FolderData>, rows: RowSet) -> TableBuilder {
        let saved = data.and_then(|data| self.saved_sort(data, rows));
        let source = self.errors.track(saved).map(|saved| {
            Box::new(StoreRows {
                context: self.context.clone(),
                container: self.id,
                rows,
                saved,
                outlines: Outlines::default(),
                links: self.kind == FolderKind::Search,
            }) as Box<dyn Source>
        });
        TableBuilder::new(source)
    }

    /// One of its table properties as a table (OpenProperty with IID_IMAPITable).
    ///
    /// # Errors
    /// `MAPI_E_INTERFACE_NOT_SUPPORTED` for any other property; those of opening the table.
    pub fn open_table_property(&self, tag: PropTag) -> Result<crate::Table> {
        let id = tag.id();
        let table = if id == tags::CONTAINER_CONTENTS.id() {
            self.contents().open()
        } else if id == tags::CONTAINER_HIERARCHY.id() {
            self.hierarchy(Depth::Children).open()
        } else if id == tags::FOLDER_ASSOCIATED_CONTENTS.id() {
            self.associated().open()
        } else {
            let detail = format!("{tag} is no table");
            Err(Error::new(Code::INTERFACE_NOT_SUPPORTED, detail))
        };
        self.errors.track(table)
    }

    /// Opens an object in this folder or below it. An empty id: this folder.
    ///
    /// # Errors
    /// As [`MsgStore::open_entry`].
    pub fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<crate::Object> {
        if id.as_bytes().is_empty() {
            let this = Self::open(&self.context, self.id, flags);
            return self.errors.track(this).map(crate::Object::Folder);
        }
        self.errors.track(self.store()?.open_entry(id, flags))
    }

    /// Opens a message for reading.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_INVALID_ENTRYID`.
    pub fn open_message(&self, id: &EntryId) -> Result<Message> {
        self.open_message_with(id, OpenFlags::NONE)
    }

    /// Opens a message with flags.
    ///
    /// # Errors
    /// As [`MsgStore::open_entry`].
    pub fn open_message_with(&self, id: &EntryId, flags: OpenFlags) -> Result<Message> {
        let item = self.context.message_id(id);
        self.errors
            .track(item.and_then(|item| Message::open(&self.context, item, flags)))
    }

    /// A new message. Nothing of it is to be seen until it is saved; dropping it leaves no trace.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` on a read-only handle; `MAPI_E_NO_SUPPORT` in a search folder.
    pub fn create_message(&self) -> Result<Message> {
        self.errors.track(self.new_message(false))
    }

    /// A new associated message (MAPI_ASSOCIATED).
    ///
    /// # Errors
    /// As [`Self::create_message`]; `MAPI_E_NO_SUPPORT` in a store without associated contents.
    pub fn create_associated_message(&self) -> Result<Message> {
        self.errors.track(self.new_message(true))
    }

    fn new_message(&self, associated: bool) -> Result<Message> {
        self.writable()?;
        let able = !associated || self.context.info().capabilities.associated;
        if self.kind == FolderKind::Search || !able {
            return Err(Error::new(
                Code::NO_SUPPORT,
                "such messages cannot be created here",
            ));
        }
        // A folder that is gone is told now rather than at the save.
        self.data()?;
        Ok(Message::create(&self.context, self.id, associated))
    }

    pub(crate) fn data(&self) -> Result<FolderData> {
        self.context.spi()?.folder(self.id, &self.context.call)
    }

    pub(crate) fn writable(&self) -> Result<()> {
        self.context.spi()?;
        if self.modify {
            return Ok(());
        }
        Err(Error::new(Code::NO_ACCESS, "the folder is open read-only"))
    }
}

impl PropObject for Folder {
    fn context(&self) -> &Context {
        &self.context
    }

    fn errors(&self) -> &ErrorNote {
        &self.errors
    }

    fn streams(&self) -> &Streams {
        &self.streams
    }

    fn with_source<T>(&self, f: &mut dyn FnMut(&dyn PropSource) -> Result<T>) -> Result<T> {
        let data = self.data()?;
        f(&FolderSource {
            info: self.context.info(),
            data,
            modify: self.modify,
        })
    }

    fn can_modify(&self) -> bool {
        self.modify
    }

    fn refuses(&self, tag: PropTag, value: Option<&PropValue>) -> Option<Code> {
        source::refuses(self.kind, tag.id(), value)
    }

    fn apply(&self, change: Change) -> Result<()> {
        let mut lifter = Lifter::new(self.context.info().limits.inline_bytes);
        let mut set: Vec<_> = change
            .set
            .into_iter()
            .map(|(id, slot)| (id, lifter.slot(slot)))
            .collect();
        let modified = tags::LAST_MODIFICATION_TIME.id();
        if !set.iter().any(|(id, _)| *id == modified) {
            set.push((modified, Slot::from(self.context.now())));
        }
        let op = Op::SaveFolder(FolderSave {
            target: FolderTarget::Existing(self.id),
            patch: PropPatch {
                set,
                delete: change.delete,
            },
            expect: Expect::Any,
        });
        self.context
            .commit(ChangeSet {
                values: lifter.finish(),
                ..ChangeSet::one(op)
            })
            .map(drop)
    }

    fn save(&self, _flags: SaveFlags) -> Result<()> {
        self.context.spi().map(drop)
    }

    fn open_large(&self, value: &LargeRef) -> Result<ValueReader> {
        ValueReader::open(self.context.spi()?, self.id, value, &self.context.call)
    }

    fn stream_home(&self) -> Box<dyn StreamHome> {
        Box::new(self.clone())
    }
}
