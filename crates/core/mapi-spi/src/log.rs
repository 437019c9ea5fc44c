//! The change log: what happened in a store, in commit order, without gaps.
//!
//! A table over an ordinary folder follows the entries of messages whose `parent` (or `from`) it is. A table over a search
//! folder follows the entries [`LogKind::Linked`], [`LogKind::LinkModified`] and [`LogKind::Unlinked`] whose `parent` is
//! the search folder, and reloads at [`LogKind::SearchFilled`] and [`LogKind::SearchComplete`] of it as `object`. It needs
//! no others: whatever happens to a message that is a link before or after, one such entry per search folder, by
//! ascending number of these, comes right after the message's own entry, in the same commit. Moving a folder makes
//! `Linked` and `Unlinked` entries after the folder's own entry, for messages that have none themselves.

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
    /// PR_MESSAGE_FLAGS of a message after the change, for one that is gone as they were last; 0 for a folder.
    pub flags: u32,
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
    /// The message has arrived as new mail ([`crate::Op::NotifyNewMail`]). Nothing about it changed.
    NewMail,
    /// The message became a link of the search folder `parent`. Like `Created` for tables of that folder, without meaning
    /// for all others.
    Linked,
    /// The message, a link of the search folder `parent` before and after, changed. Like `Modified` for tables of that
    /// folder: changed identifiers and inverse are those of the message's own entry; PR_PARENT_ENTRYID is among them
    /// when it moved.
    LinkModified,
    /// The message is no link of the search folder `parent` any more. Like `Deleted` for tables of that folder: the inverse
    /// holds its whole small bag as it was.
    Unlinked,
    /// Rows of the search folder came and went in numbers while it is being populated, without entries of their own:
    /// its tables reload.
    SearchFilled,
    /// The population of the search folder came to its end (fnevSearchComplete). Its tables reload: the last rows came
    /// and went with this entry.
    SearchComplete,
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
