//! Items: the folders and messages of a store, and what every one of them is known by.

use std::fmt;

use mapi_props::{Bag, StoredMessage};

/// The number of a folder or message in its store. Never zero, never reused, kept by moves inside the store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub u64);

impl fmt::Debug for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The number of a conversation in its store. Never zero; grows with each conversation that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub u64);

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// A folder.
    Folder(FolderKind),
    /// A message.
    Message {
        /// MSGFLAG_ASSOCIATED: in the folder's associated contents.
        associated: bool,
    },
}

/// PR_FOLDER_TYPE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FolderKind {
    /// FOLDER_ROOT: exactly one, its own parent.
    Root,
    /// FOLDER_GENERIC.
    Generic,
    /// FOLDER_SEARCH.
    Search,
}

/// What a store knows of an item beside its properties. Computed properties are made from this, in `mapi-kit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemMeta {
    /// Its number.
    pub id: ItemId,
    /// The folder it is in (the root folder is its own parent).
    pub parent: ItemId,
    /// Folder or message.
    pub kind: ItemKind,
    /// Soft-deleted: out of normal tables, recoverable.
    pub deleted: bool,
    /// Grows with every save; what [`crate::Expect::Exactly`] compares.
    pub change: u64,
    /// Grows with changes to what a message says: recipients, attachments, bodies, transmittable properties;
    /// not with read flag, status, flags, categories or moves. 1 when new; copies keep it.
    pub content_version: u64,
    /// PR_MESSAGE_FLAGS of a message; 0 for a folder.
    pub flags: u32,
    /// PR_MSG_STATUS of a message.
    pub status: u32,
    /// PR_MESSAGE_SIZE in bytes; 0 for a folder.
    pub size: u64,
    /// The conversation that a message belongs to, of which PR_CONVERSATION_ID is made. None for folders and associated
    /// messages, and for messages of a store of an older format until it has looked for conversations.
    pub thread: Option<ThreadId>,
}

/// A folder as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderData {
    /// What the store knows of it.
    pub meta: ItemMeta,
    /// Its stored properties.
    pub props: Bag,
    /// Its counters.
    pub counts: FolderCounts,
}

/// Counters of a folder, kept in the transaction of the change that moves them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FolderCounts {
    /// PR_CONTENT_COUNT: messages, without associated and soft-deleted ones.
    pub contents: u64,
    /// PR_CONTENT_UNREAD: of these, without MSGFLAG_READ.
    pub unread: u64,
    /// PR_ASSOC_CONTENT_COUNT.
    pub associated: u64,
    /// PR_FOLDER_CHILD_COUNT: direct sub-folders, without soft-deleted ones.
    pub folders: u64,
    /// PR_DELETED_MSG_COUNT: soft-deleted messages.
    pub deleted: u64,
}

/// A message as it stands: one consistent snapshot of the whole small tree, large values by reference.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageData {
    /// What the store knows of it.
    pub meta: ItemMeta,
    /// Properties, recipients, attachments, embedded messages.
    pub body: StoredMessage,
}
