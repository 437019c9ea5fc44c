//! The change log: what happened in a store, in commit order, without gaps.

use mapi_props::Slot;

use crate::{ItemId, Origin};

/// One change. Written in the transaction of the change itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Its number; the next entry's is one more.
    pub seq: u64,
    /// Who made it.
    pub origin: Origin,
    /// What happened.
    pub kind: LogKind,
    /// The folder or message.
    pub object: ItemId,
    /// Whether the object is a folder.
    pub folder: bool,
    /// The folder it is in now.
    pub parent: ItemId,
    /// Identifiers of the properties that changed.
    pub changed: Vec<u16>,
    /// What they were before.
    pub inverse: Option<Inverse>,
}

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogKind {
    /// It came to be. A message of a bulk import has no inverse and no changed tags.
    Created,
    /// Properties, flags, status, recipients or attachments changed.
    Modified,
    /// It is gone from normal tables; recoverable. The inverse holds its whole small bag.
    SoftDeleted,
    /// It is gone for good. The inverse holds its whole small bag.
    Deleted,
    /// It had been soft-deleted and is gone for good: only tables of soft-deleted objects lose it. The inverse holds its
    /// whole small bag.
    Purged,
    /// It came back from being soft-deleted.
    Recovered,
    /// It was moved from this folder.
    Moved {
        /// Where it was.
        from: ItemId,
    },
    /// It is a copy of this object.
    Copied {
        /// The original.
        of: ItemId,
    },
}

/// Former values: enough to evaluate any view before the change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inverse {
    /// Former property values; `None`: the property was not there. Flags and status appear as PR_MESSAGE_FLAGS
    /// and PR_MSG_STATUS; recipients and attachments only as changed identifiers 0x0E12 and 0x0E13.
    pub props: Vec<(u16, Option<Slot>)>,
}

/// Entries after a number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogPage {
    /// In order.
    pub entries: Vec<LogEntry>,
    /// The log's last number when this was read.
    pub last: u64,
    /// Entries that the reader has not seen are gone: it must reload.
    pub lost: bool,
}
