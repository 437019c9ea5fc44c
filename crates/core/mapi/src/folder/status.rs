//! PR_MSG_STATUS: what a folder's view remembers of a message.
//! Reference: "IMAPIFolder::SetMessageStatus"

use mapi_props::Code;
use mapi_spi::{ChangeSet, Error, Items, Op, OpOutcome, Result};

use super::Folder;
use crate::EntryId;

/// Bits of PR_MSG_STATUS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct MessageStatus(pub u32);

impl MessageStatus {
    /// MSGSTATUS_HIGHLIGHTED.
    pub const HIGHLIGHTED: Self = Self(0x1);
    /// MSGSTATUS_TAGGED.
    pub const TAGGED: Self = Self(0x2);
    /// MSGSTATUS_HIDDEN.
    pub const HIDDEN: Self = Self(0x4);
    /// MSGSTATUS_DELMARKED.
    pub const DELMARKED: Self = Self(0x8);
    /// MSGSTATUS_DRAFT.
    pub const DRAFT: Self = Self(0x100);
    /// MSGSTATUS_ANSWERED.
    pub const ANSWERED: Self = Self(0x200);
    /// MSGSTATUS_REMOTE_DOWNLOAD.
    pub const REMOTE_DOWNLOAD: Self = Self(0x1000);
    /// MSGSTATUS_REMOTE_DELETE.
    pub const REMOTE_DELETE: Self = Self(0x2000);
}

impl Folder {
    /// PR_MSG_STATUS of a message of this folder.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if it is not in this folder.
    pub fn message_status(&self, message: &EntryId) -> Result<MessageStatus> {
        self.errors.track(self.status_of(message))
    }

    fn status_of(&self, message: &EntryId) -> Result<MessageStatus> {
        let item = self.context.message_id(message)?;
        let meta = self.context.spi()?.message(item, &self.context.call)?.meta;
        if meta.parent == self.id && !meta.deleted {
            return Ok(MessageStatus(meta.status));
        }
        Err(Error::new(
            Code::NOT_FOUND,
            "the message is not in this folder",
        ))
    }

    /// Sets the bits of `mask` as in `value` and returns what the status was; other bits stay.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if the message is not in this folder; `MAPI_E_NO_ACCESS` on a read-only handle.
    pub fn set_message_status(
        &self,
        message: &EntryId,
        value: MessageStatus,
        mask: MessageStatus,
    ) -> Result<MessageStatus> {
        self.errors.track(self.change_status(message, value, mask))
    }

    fn change_status(
        &self,
        message: &EntryId,
        value: MessageStatus,
        mask: MessageStatus,
    ) -> Result<MessageStatus> {
        self.writable()?;
        let items = Items::Of {
            folder: self.id,
            ids: vec![self.context.message_id(message)?],
        };
        let op = Op::SetStatus {
            items,
            value: value.0,
            mask: mask.0,
        };
        let outcome = self.context.commit(ChangeSet::one(op))?;
        let Some(OpOutcome::Bulk(mut bulk)) = outcome.ops.into_iter().next() else {
            return Err(Error::new(Code::CALL_FAILED, "the store gave no result"));
        };
        match (bulk.failed.pop(), bulk.statuses.first()) {
            (Some(failure), _) => Err(failure.error),
            (None, Some((_, status))) => Ok(MessageStatus(*status)),
            (None, None) => Err(Error::new(Code::CALL_FAILED, "the store gave no status")),
        }
    }
}
