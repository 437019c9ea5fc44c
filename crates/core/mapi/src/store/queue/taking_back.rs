//! AbortSubmit: a message that waits to be sent is a draft again.
//! Reference: "IMsgStore::AbortSubmit" (requirements OUT-08, SP-01)

use mapi_kit::outgoing;
use mapi_props::{Code, message_flags};
use mapi_spi::{ChangeSet, Error, ItemId, MessageData, Result};

use super::MsgStore;
use crate::EntryId;

impl MsgStore {
    /// Takes a message out of the outgoing queue again (AbortSubmit): it is a draft as before, in the folder that it was
    /// submitted from, and can be changed. What the spooler knew of it is forgotten.
    ///
    /// # Errors
    /// `MAPI_E_NOT_IN_QUEUE` for one that is not waiting, or not any more; `MAPI_E_UNABLE_TO_ABORT` while it is being handed
    /// over (PR_SUBMIT_FLAGS has SUBMITFLAG_LOCKED); `MAPI_E_INVALID_ENTRYID`, `MAPI_E_UNKNOWN_ENTRYID`; `MAPI_E_NO_ACCESS`
    /// in a read-only store.
    pub fn abort_submit(&self, message: &EntryId) -> Result<()> {
        let id = self
            .writable()
            .and_then(|()| self.context.message_id(message));
        self.errors.track(id.and_then(|id| self.abort(id)))
    }

    fn abort(&self, id: ItemId) -> Result<()> {
        loop {
            let data = self.in_queue(id)?;
            if outgoing::is_locked(&data.body.props) {
                let detail = "the message is being handed over";
                return Err(Error::new(Code::UNABLE_TO_ABORT, detail));
            }
            let set = ChangeSet {
                sync_state: vec![outgoing::forgotten(id)],
                ..ChangeSet::one(outgoing::taken_back(&data.meta))
            };
            match self.context.commit(set) {
                // Somebody took hold of it meanwhile.
                Err(e) if is_another(&e) => {}
                other => return other.map(drop),
            }
        }
    }

    /// A message of the queue.
    pub(super) fn in_queue(&self, id: ItemId) -> Result<MessageData> {
        let gone = || Error::new(Code::NOT_IN_QUEUE, "the message is not waiting to be sent");
        let data = match self.context.spi()?.message(id, &self.context.call) {
            Err(e) if e.code() == Code::NOT_FOUND => return Err(gone()),
            data => data?,
        };
        let waits = !data.meta.deleted && data.meta.flags & message_flags::SUBMIT != 0;
        if waits { Ok(data) } else { Err(gone()) }
    }
}

/// Whether a commit failed because the message is not the one any more that was looked at.
pub(super) fn is_another(error: &Error) -> bool {
    matches!(error.code(), Code::OBJECT_CHANGED | Code::OBJECT_DELETED)
}
