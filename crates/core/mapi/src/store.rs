//! A message store: its folders by role, its objects by entry id, its names and its care.
//! Reference: "IMsgStore" (requirements STO-01 … STO-07)

mod advise;
mod care;
mod conversation;
mod delivery;
mod outbox;
mod path;
mod queue;
mod receive;
mod search;
mod source;
mod tree;

use std::sync::Arc;

use mapi_kit::computed::store_entry_id;
use mapi_kit::entry_ids::EntryTarget;
use mapi_props::{Code, PropTag, PropValue, tags};
use mapi_spi::{Call, Capabilities, ChangeSet, Error, ItemId, Limits, Op, PropPatch, Result};

use crate::context::{Context, ErrorNote, OpenedStore};
use crate::prop::{Change, Object as PropObject, PropSource, StreamHome};
use crate::session::Member;
use crate::stream::Streams;
use crate::{EntryId, Folder, Message, Object, OpenFlags, SaveFlags, ShortId};

pub use conversation::{Conversation, ConversationMember};
pub use delivery::Delivered;
pub(crate) use delivery::{Handling, Incoming};
pub use outbox::{OutboxEntry, OutboxRecipient};
pub use queue::LockState;
pub use search::Search;
use source::StoreSource;
pub use tree::{RoleState, SpecialFolder};

/// An open message store. Not transacted: property changes are permanent at once.
#[derive(Debug, Clone)]
pub struct MsgStore {
    pub(crate) context: Context,
    modify: bool,
    errors: Arc<ErrorNote>,
    streams: Arc<Streams>,
}

impl MsgStore {
    pub(crate) fn new(
        opened: Arc<OpenedStore>,
        member: Arc<Member>,
        call: Call,
        flags: OpenFlags,
    ) -> Result<Self> {
        member.check()?;
        let context = Context {
            opened,
            member,
            call,
            deferred: None,
        };
        let modify = context.grant(flags)?;
        Ok(Self {
            context,
            modify,
            errors: Arc::default(),
            streams: Arc::default(),
        })
    }

    /// The same store; calls through the new handle, and through what it opens, are under `call`.
    #[must_use]
    pub fn with_call(&self, call: Call) -> Self {
        Self {
            context: self.context.with_call(call),
            ..self.clone()
        }
    }

    /// PR_ENTRYID of the store.
    #[must_use]
    pub fn entry_id(&self) -> EntryId {
        EntryId::from(store_entry_id(&self.context.info().uid))
    }

    /// The letter that the profile gives to it; empty for a store that is not in the profile.
    #[must_use]
    pub fn letter(&self) -> &str {
        &self.context.opened.place.letter
    }

    /// Whether it is the session's default store.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.context.opened.place.is_default()
    }

    /// What it claims to be able to do.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        self.context.info().capabilities
    }

    /// Its sizes and counts.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.context.info().limits
    }

    /// PR_STORE_SUPPORT_MASK.
    #[must_use]
    pub fn support_mask(&self) -> u32 {
        mapi_kit::computed::support_mask(&self.context.info().capabilities)
    }

    /// The root folder: its own parent, invisible to mail users.
    ///
    /// # Errors
    /// Those of the store.
    pub fn root_folder(&self) -> Result<Folder> {
        let root = self.context.info().root;
        self.errors
            .track(Folder::open(&self.context, root, OpenFlags::BEST_ACCESS))
    }

    /// Opens what an entry id of this store names. Read-only unless asked. An empty id: the root folder.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` (gone, or soft-deleted without SHOW_SOFT_DELETES), `MAPI_E_INVALID_ENTRYID`,
    /// `MAPI_E_UNKNOWN_ENTRYID` (another store's), `MAPI_E_NO_ACCESS` (MODIFY in a read-only store),
    /// `MAPI_E_SUBMITTED` (MODIFY on a message that waits to be sent; `MAPI_E_NO_ACCESS` while it is being handed over).
    pub fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Object> {
        self.errors.track(self.open_target(id, flags))
    }

    fn open_target(&self, id: &EntryId, flags: OpenFlags) -> Result<Object> {
        if id.as_bytes().is_empty() {
            let root = self.context.info().root;
            return Folder::open(&self.context, root, flags).map(Object::Folder);
        }
        match self.context.target(id)? {
            EntryTarget::Store(_) => {
                let opened = Arc::clone(&self.context.opened);
                let member = Arc::clone(&self.context.member);
                Self::new(opened, member, self.context.call.clone(), flags).map(Object::Store)
            }
            EntryTarget::Folder(_, item) => {
                Folder::open(&self.context, item, flags).map(Object::Folder)
            }
            EntryTarget::Message(_, item) => {
                Message::open(&self.context, item, flags).map(Object::Message)
            }
        }
    }

    /// Opens the folder or message of this number.
    ///
    /// # Errors
    /// As [`Self::open_entry`].
    pub fn open_item(&self, item: ItemId, flags: OpenFlags) -> Result<Object> {
        let opened = match Message::open_now(&self.context, item, flags) {
            Ok(message) => Ok(Object::Message(message)),
            Err(e) if e.code() == Code::NOT_FOUND => {
                Folder::open(&self.context, item, flags).map(Object::Folder)
            }
            Err(e) => Err(e),
        };
        self.errors.track(opened)
    }

    /// Opens a message.
    ///
    /// # Errors
    /// As [`Self::open_entry`].
    pub fn open_message(&self, id: &EntryId, flags: OpenFlags) -> Result<Message> {
        let item = self.context.message_id(id);
        self.errors
            .track(item.and_then(|item| Message::open(&self.context, item, flags)))
    }

    /// Opens a folder.
    ///
    /// # Errors
    /// As [`Self::open_entry`].
    pub fn open_folder(&self, id: &EntryId, flags: OpenFlags) -> Result<Folder> {
        let item = self.context.folder_id(id);
        self.errors
            .track(item.and_then(|item| Folder::open(&self.context, item, flags)))
    }

    /// Whether two entry ids of this store name the same object.
    ///
    /// # Errors
    /// `MAPI_E_UNKNOWN_ENTRYID` for one of another store; `MAPI_E_INVALID_ENTRYID`.
    pub fn compare_entry_ids(&self, a: &EntryId, b: &EntryId) -> Result<bool> {
        let targets = self
            .context
            .target(a)
            .and_then(|a| Ok((a, self.context.target(b)?)));
        self.errors.track(targets.map(|(a, b)| a == b))
    }

    /// The id for people of an item of this store.
    #[must_use]
    pub fn short_id(&self, item: ItemId) -> ShortId {
        ShortId {
            store: self.letter().to_owned(),
            item,
        }
    }

    pub(crate) fn patch(&self, patch: PropPatch) -> Result<()> {
        self.context
            .commit(ChangeSet::one(Op::PatchStore(patch)))
            .map(drop)
    }

    pub(crate) fn writable(&self) -> Result<()> {
        if self.modify {
            return Ok(());
        }
        Err(Error::new(Code::NO_ACCESS, "the store is open read-only"))
    }
}

impl PropObject for MsgStore {
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
        let bag = self.context.spi()?.store_props(&self.context.call)?;
        f(&StoreSource {
            info: self.context.info(),
            bag,
            modify: self.modify,
        })
    }

    fn can_modify(&self) -> bool {
        self.modify
    }

    fn refuses(&self, tag: PropTag, _value: Option<&PropValue>) -> Option<Code> {
        source::refuses(tag.id())
    }

    fn apply(&self, change: Change) -> Result<()> {
        let mut lifter = mapi_kit::lift::Lifter::new(self.limits().inline_bytes);
        let set = change
            .set
            .into_iter()
            .map(|(id, slot)| (id, lifter.slot(slot)))
            .collect();
        let op = Op::PatchStore(PropPatch {
            set,
            delete: change.delete,
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

    fn open_large(&self, _value: &mapi_props::LargeRef) -> Result<mapi_kit::large::ValueReader> {
        Err(Error::new(
            Code::NO_SUPPORT,
            "the store object has no large values",
        ))
    }

    fn stream_home(&self) -> Box<dyn StreamHome> {
        Box::new(self.clone())
    }
}

/// The entry id that a binary property holds.
pub(crate) fn entry_id_in(bag: &mapi_props::Bag, tag: mapi_props::Tag<[u8]>) -> Option<EntryId> {
    bag.value(tag)
        .and_then(PropValue::as_bytes)
        .map(EntryId::from)
}

/// PR_DISPLAY_NAME of a store: the stored one or the provider's.
pub(crate) fn display_name(info: &mapi_spi::StoreInfo, bag: &mapi_props::Bag) -> String {
    bag.text(tags::DISPLAY_NAME)
        .unwrap_or(&info.display_name)
        .to_owned()
}
