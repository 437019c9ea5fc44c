//! Change sets: the one way to write to a store.

use mapi_props::{
    Bag, Encoding, LargePlace, PropTag, PropValue, Restriction, Slot, StoredAttachment,
    StoredMessage, message_flags,
};

use crate::{Error, FolderKind, ItemId, SearchSave, Turn};

/// Operations that are committed together, with who made them and how durable they must be.
#[derive(Debug, Clone, Default)]
pub struct ChangeSet {
    /// In order. An atomic set fails as a whole with the first failing operation.
    pub ops: Vec<Op>,
    /// All or nothing, or as far as possible.
    pub mode: CommitMode,
    /// Who makes the change; readers of the log can leave their own changes out.
    pub origin: Origin,
    /// New large values that the operations name by [`LargePlace::Pending`].
    pub values: Vec<NewValue>,
    /// Rows of an engine's own state, written in the same transaction.
    pub sync_state: Vec<SyncRow>,
    /// When the commit is durable.
    pub durability: Durability,
    /// When it is this set's turn. The store prepares what it can (hashes, compressed values) before it waits for that, so
    /// that one set is prepared while another is written, and lets the turn go when the set is committed.
    pub turn: Option<Turn>,
}

impl ChangeSet {
    /// One operation, atomic and durable.
    #[must_use]
    pub fn one(op: Op) -> Self {
        Self {
            ops: vec![op],
            ..Self::default()
        }
    }
}

/// How the operations of a set hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CommitMode {
    /// One transaction: everything or nothing. The error is the first failing operation's.
    #[default]
    Atomic,
    /// Bulk calls: every item on its own, one result per operation. The store may use several
    /// transactions, asks the call between them and reports progress; what is done stays done.
    EachItem,
}

/// When a commit survives a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Before commit returns.
    #[default]
    Full,
    /// After the next [`crate::Store::sync`] or full commit. It survives a crash of the process at once.
    Batch,
}

/// Who makes a change: 0 for clients, an engine's own number else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Origin(pub u32);

/// One opaque row of an engine's state; `value: None` deletes it. Deleted with its object, never copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRow {
    /// The engine.
    pub origin: Origin,
    /// The object it is about; none for the store.
    pub object: Option<ItemId>,
    /// The engine's own key.
    pub key: Vec<u8>,
    /// The engine's own value.
    pub value: Option<Vec<u8>>,
}

/// A large value that comes with the change set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewValue {
    /// These bytes.
    Bytes(Vec<u8>),
    /// Parts one after another. The store concatenates and encodes; it knows no MIME.
    Recipe(Vec<RecipePart>),
}

/// One part of a recipe value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecipePart {
    /// These bytes.
    Literal(Vec<u8>),
    /// Another large value of the store or of this set (never a recipe itself), encoded.
    Value {
        /// Present or Pending.
        place: LargePlace,
        /// How.
        encoding: Encoding,
    },
}

/// What the object must look like for the operation to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expect {
    /// Its change number is this one; else `MAPI_E_OBJECT_CHANGED`.
    Exactly(u64),
    /// Whatever it is (FORCE_SAVE). A deleted object is `MAPI_E_OBJECT_DELETED` all the same.
    #[default]
    Any,
}

/// One operation.
#[derive(Debug, Clone)]
pub enum Op {
    /// Creates or changes a folder.
    SaveFolder(FolderSave),
    /// Creates or changes a message. One that is being sent (MSGFLAG_SUBMIT) is changed only by who knows it as it is in the
    /// queue, with [`Expect::Exactly`]; else it stays as it is, with `MAPI_E_SUBMITTED`.
    SaveMessage(Box<MessageSave>),
    /// Creates a message that has arrived, and logs it as new mail ([`crate::LogKind::NewMail`]) right after its creation. Of
    /// one that is skipped (see [`MessageSave::source`]) nothing is told.
    Deliver(Box<MessageSave>),
    /// Changes properties of the store object.
    PatchStore(PropPatch),
    /// Sets and clears message flags; no conflict check, change number and modification time stay. An unread message that
    /// owes a read report (MSGFLAG_RN_PENDING) is not marked as read unless the patch clears that flag: it stays as it is,
    /// with `MAPI_E_UNABLE_TO_COMPLETE`, for [`Op::SettleReport`].
    SetFlags {
        /// Which messages.
        items: Items,
        /// What to set and clear.
        flags: FlagPatch,
    },
    /// PR_MSG_STATUS: `(old & !mask) | (value & mask)`.
    SetStatus {
        /// Which messages.
        items: Items,
        /// New bits.
        value: u32,
        /// Bits that change.
        mask: u32,
    },
    /// Moves messages; their ids stay, PR_MSG_STATUS is cleared.
    Move {
        /// Which messages.
        items: Items,
        /// The folder.
        to: ItemId,
    },
    /// Copies messages; copies get new ids and keep the search key; status is not carried; RN/NRN_PENDING cleared.
    Copy {
        /// Which messages.
        items: Items,
        /// The folder.
        to: ItemId,
    },
    /// Takes a pending report off a message: `MAPI_E_NOT_FOUND` unless it owes one of `pending`, else its flags are
    /// patched. In one atomic set with the report, so that however many want to send it, one does.
    SettleReport {
        /// The message.
        message: ItemId,
        /// MSGFLAG_RN_PENDING, MSGFLAG_NRN_PENDING.
        pending: u32,
        /// What happens to its flags.
        flags: FlagPatch,
    },
    /// Deletes messages. An unread one that owes a non-read report (MSGFLAG_NRN_PENDING) stays, with
    /// `MAPI_E_UNABLE_TO_COMPLETE`, until that is settled; a soft-deleted one owes nothing any more.
    Delete {
        /// Which messages.
        items: Items,
        /// Recoverable or for good.
        mode: DeleteMode,
    },
    /// Brings soft-deleted messages back to the folder they were in.
    Recover {
        /// Which messages.
        items: Items,
    },
    /// Moves a folder with all below it. `MAPI_E_FOLDER_CYCLE` into itself, `MAPI_E_COLLISION` on a sibling's name.
    MoveFolder {
        /// The folder.
        folder: ItemId,
        /// Its new parent.
        to: ItemId,
        /// Its new name, if it changes.
        name: Option<String>,
    },
    /// Brings a soft-deleted folder back to where it was, with everything that was deleted by the same operation; what
    /// had been deleted before stays so. `MAPI_E_COLLISION` if a sibling has its name by now, `MAPI_E_OBJECT_DELETED` if
    /// its parent is gone. A folder that is not deleted stays as it is.
    RecoverFolder {
        /// The folder.
        folder: ItemId,
        /// Its new name, if it changes.
        name: Option<String>,
    },
    /// Copies a folder with its messages and associated contents, without search folders below it. Result:
    /// [`OpOutcome::Saved`] of the new folder. `MAPI_E_NO_SUPPORT` for a search folder, as for moving and emptying one.
    CopyFolder {
        /// The folder.
        folder: ItemId,
        /// Parent of the copy.
        to: ItemId,
        /// Name of the copy, if another.
        name: Option<String>,
        /// COPY_SUBFOLDERS.
        subfolders: bool,
    },
    /// Deletes a folder. Softly, it and everything below get one change number, the mark by which
    /// [`Op::RecoverFolder`] knows what belongs together. Without its flag an obstacle gives `MAPI_E_HAS_MESSAGES` or `MAPI_E_HAS_FOLDERS`, a
    /// message that is being sent `MAPI_E_SUBMITTED`, and nothing changes. The root folder: `MAPI_E_NO_ACCESS`. In a set of
    /// single items it goes as far as possible once begun, the folder last.
    DeleteFolder {
        /// The folder.
        folder: ItemId,
        /// DEL_MESSAGES.
        messages: bool,
        /// DEL_FOLDERS.
        folders: bool,
        /// Recoverable or for good.
        mode: DeleteMode,
    },
    /// Sets the criteria of a search folder, starts or stops it. Populating it is [`crate::Store::run_search`]'s.
    SetSearch(SearchSave),
    /// Empties a folder: messages and sub-folders; associated messages only if asked.
    EmptyFolder {
        /// The folder.
        folder: ItemId,
        /// DEL_ASSOCIATED.
        associated: bool,
        /// Recoverable or for good.
        mode: DeleteMode,
    },
    /// Logs that a message has arrived ([`crate::LogKind::NewMail`]); changes nothing else. Comes after the save, in the
    /// same change set or a later one.
    NotifyNewMail {
        /// The message.
        message: ItemId,
    },
}

/// Which messages a bulk operation is about. Run inside the store, without a round trip per message.
/// Messages with MSGFLAG_SUBMIT refuse flags, moves and deletes (`MAPI_E_SUBMITTED`).
#[derive(Debug, Clone)]
pub enum Items {
    /// These. An unknown one fails with `MAPI_E_NOT_FOUND`, the others go on.
    Ids(Vec<ItemId>),
    /// These, as far as they are in the folder (soft-deleted or not; of a search folder: its links) when their turn comes;
    /// another one fails with `MAPI_E_NOT_FOUND`.
    Of {
        /// The folder.
        folder: ItemId,
        /// Which.
        ids: Vec<ItemId>,
    },
    /// Those of a folder that match.
    In {
        /// The folder.
        folder: ItemId,
        /// Which of them; none: all.
        restriction: Option<Restriction>,
        /// Its associated contents instead of its contents.
        associated: bool,
        /// Its soft-deleted messages instead.
        deleted: bool,
    },
}

impl Items {
    /// Whether a message that is in `folder` when its turn comes is meant.
    #[must_use]
    pub fn allows(&self, folder: ItemId) -> bool {
        match self {
            Self::Of { folder: of, .. } => *of == folder,
            Self::Ids(_) | Self::In { .. } => true,
        }
    }
}

/// Recoverable or for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeleteMode {
    /// Out of normal tables, shown with SHOW_SOFT_DELETES. A store without the capability deletes for good.
    #[default]
    Soft,
    /// DELETE_HARD_DELETE; removes soft-deleted ones too.
    Hard,
}

/// Flags to set and clear; set wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlagPatch {
    /// Bits that become 1.
    pub set: u32,
    /// Bits that become 0.
    pub clear: u32,
}

impl FlagPatch {
    /// `flags` after the patch.
    #[must_use]
    pub const fn apply(self, flags: u32) -> u32 {
        (flags & !self.clear) | self.set
    }
}

/// Properties to set and to delete.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PropPatch {
    /// Properties that get this value, by identifier; another type replaces the old value.
    pub set: Vec<(u16, Slot)>,
    /// Properties that go; absent ones are no error.
    pub delete: Vec<u16>,
}

impl PropPatch {
    /// The bag after the patch.
    pub fn apply(&self, bag: &mut Bag) {
        for id in &self.delete {
            bag.remove(id);
        }
        for (id, slot) in &self.set {
            bag.insert(*id, slot.clone());
        }
    }

    /// Whether it does nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.delete.is_empty()
    }

    /// Adds a value to be set.
    #[must_use]
    pub fn with(mut self, tag: impl Into<PropTag>, value: impl Into<PropValue>) -> Self {
        self.set.push((tag.into().id(), Slot::Value(value.into())));
        self
    }
}

/// Which folder a [`FolderSave`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FolderTarget {
    /// A new one. PR_DISPLAY_NAME must be in the patch; `MAPI_E_COLLISION` if a sibling has that name
    /// (compared without case).
    New {
        /// Its parent.
        parent: ItemId,
        /// Generic or search.
        kind: FolderKind,
    },
    /// This one. A new PR_DISPLAY_NAME is a rename with the same collision rule.
    Existing(ItemId),
}

/// Creates or changes a folder.
#[derive(Debug, Clone)]
pub struct FolderSave {
    /// Which.
    pub target: FolderTarget,
    /// Its properties.
    pub patch: PropPatch,
    /// Conflict check.
    pub expect: Expect,
}

/// Which message a [`MessageSave`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageTarget {
    /// A new one. `MAPI_E_OBJECT_DELETED` if the folder is gone.
    New {
        /// Its folder.
        folder: ItemId,
        /// In the folder's associated contents.
        associated: bool,
    },
    /// This one.
    Existing(ItemId),
}

/// Creates or changes a message: one operation for the whole tree.
#[derive(Debug, Clone)]
pub struct MessageSave {
    /// Which.
    pub target: MessageTarget,
    /// Conflict check.
    pub expect: Expect,
    /// Its own properties.
    pub patch: PropPatch,
    /// All recipient rows, when they changed.
    pub recipients: Option<Vec<Bag>>,
    /// All attachments with their embedded messages, when any of them changed.
    pub attachments: Option<Vec<StoredAttachment>>,
    /// Message flags.
    pub flags: FlagPatch,
    /// The content version grows.
    pub content_changed: bool,
    /// For new messages: hash of the bytes that it comes from. If the folder holds a message with the same source
    /// (soft-deleted ones do not count), nothing is saved and the outcome is [`OpOutcome::Skipped`]. Decided in
    /// the transaction, so that two importers never double a message.
    pub source: Option<[u8; 32]>,
}

impl MessageSave {
    /// Whether it may change a message with these flags; see [`Op::SaveMessage`].
    #[must_use]
    pub const fn may_change(&self, flags: u32) -> bool {
        flags & message_flags::SUBMIT == 0 || matches!(self.expect, Expect::Exactly(_))
    }

    /// The message after the save.
    pub fn apply(&self, body: &mut StoredMessage) {
        self.patch.apply(&mut body.props);
        if let Some(rows) = &self.recipients {
            body.recipients.clone_from(rows);
        }
        if let Some(attachments) = &self.attachments {
            body.attachments.clone_from(attachments);
        }
    }
}

/// What came of a change set.
#[derive(Debug)]
pub struct CommitOutcome {
    /// One per operation, in order.
    pub ops: Vec<OpOutcome>,
    /// Change-log number after the last transaction of the set.
    pub seq: u64,
}

/// What came of one operation.
#[derive(Debug)]
pub enum OpOutcome {
    /// A folder or message was saved.
    Saved(Saved),
    /// The folder already holds a message of this source: this one. Nothing was changed.
    Skipped(ItemId),
    /// A bulk operation ran, perhaps not for every item.
    Bulk(BulkOutcome),
    /// Nothing to say (store properties, new mail).
    Done,
    /// It failed ([`CommitMode::EachItem`] only) and changed nothing.
    Failed(Error),
}

/// A saved item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved {
    /// Its number.
    pub id: ItemId,
    /// Its new change number.
    pub change: u64,
}

/// How far a bulk operation went.
#[derive(Debug, Default)]
pub struct BulkOutcome {
    /// Items done.
    pub done: u64,
    /// Items that stayed as they were, with the reason.
    pub failed: Vec<ItemFailure>,
    /// For copies: old and new number.
    pub copies: Vec<(ItemId, ItemId)>,
    /// For [`Op::SetStatus`]: what PR_MSG_STATUS was, in the transaction that changed it.
    pub statuses: Vec<(ItemId, u32)>,
    /// The call was cancelled or timed out before the end.
    pub stopped: Option<Error>,
}

/// An item that a bulk operation left alone.
#[derive(Debug)]
pub struct ItemFailure {
    /// Which.
    pub id: ItemId,
    /// Why.
    pub error: Error,
}
