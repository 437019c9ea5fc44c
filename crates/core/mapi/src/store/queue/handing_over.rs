//! What only the spooler does with a message of the queue: locking it, and saying that it is done with.
//! Reference: "IMsgStore::SetLockState", "IMsgStore::FinishedMsg" (requirements SP-01, OUT-09)

use mapi_kit::outgoing::{self, Disposition};
use mapi_props::Code;
use mapi_spi::{ChangeSet, ItemId, Origin, Result};

use super::MsgStore;
use super::taking_back::is_another;
use crate::EntryId;

/// Whether a message is being handed over (SetLockState).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockState {
    /// MSG_UNLOCKED: it waits, and can be taken back.
    Unlocked,
    /// MSG_LOCKED: it is being handed over, and cannot be taken back.
    Locked,
}

impl MsgStore {
    /// Locks a message of the outgoing queue, or unlocks it (SetLockState); one that is so already stays so. The lock is a property of the
    /// message, and outlives whoever set it: the next spooler knows by it what was begun.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` unless this session is the spooler of the store ([`crate::Logon::under`] a call that carries its epoch);
    /// `MAPI_E_NOT_IN_QUEUE` for a message that does not wait, or not any more; `MAPI_E_END_OF_SESSION` when another process
    /// is the spooler by now; `MAPI_E_INVALID_ENTRYID`, `MAPI_E_UNKNOWN_ENTRYID`.
    pub fn set_lock_state(&self, message: &EntryId, state: LockState) -> Result<()> {
        let id = self.spoolers(message);
        self.errors
            .track(id.and_then(|id| self.set_lock(id, state)))
    }

    /// Says that all recipients of a message of the outgoing queue are settled (FinishedMsg): it is not locked any more, leaves the
    /// queue, and is where its sender wants it, in one transaction. With PR_DELETE_AFTER_SUBMIT it is deleted for good, whatever else is
    /// said; else it goes to the folder that PR_SENTMAIL_ENTRYID names. Without either, or if there is no such folder any more, it stays
    /// where it was submitted. Its entry id stays the same. All its recipients have PR_RESPONSIBILITY, and nobody owes a
    /// report for it. Says where it went.
    ///
    /// # Errors
    /// As [`Self::set_lock_state`]. The message is as it was then.
    pub fn finished_msg(&self, message: &EntryId) -> Result<Disposition> {
        let id = self.spoolers(message);
        self.errors.track(id.and_then(|id| self.finish(id)))
    }

    /// The message that an entry id names, for the spooler.
    fn spoolers(&self, message: &EntryId) -> Result<ItemId> {
        self.spool()?;
        self.context.message_id(message)
    }

    fn set_lock(&self, id: ItemId, state: LockState) -> Result<()> {
        loop {
            let data = self.in_queue(id)?;
            let (meta, props) = (&data.meta, &data.body.props);
            if outgoing::is_locked(props) == (state == LockState::Locked) {
                return Ok(());
            }
            let op = match state {
                LockState::Locked => outgoing::lock(meta, props),
                LockState::Unlocked => outgoing::unlock(meta, props),
            };
            let set = ChangeSet {
                origin: Origin::SPOOLER,
                ..ChangeSet::one(op)
            };
            match self.context.commit(set) {
                Err(e) if is_another(&e) => {}
                other => return other.map(drop),
            }
        }
    }

    fn finish(&self, id: ItemId) -> Result<Disposition> {
        loop {
            let data = self.in_queue(id)?;
            let (store, call) = (self.context.spi()?, &self.context.call);
            let goes = Disposition::of(store, &data.body.props, call)?;
            let rows = outgoing::served(&data.body.recipients);
            let set = ChangeSet {
                ops: outgoing::finish(&data.meta, Some(rows), goes.sent),
                sync_state: vec![outgoing::forgotten(id)],
                origin: Origin::SPOOLER,
                ..ChangeSet::default()
            };
            match self.context.commit(set) {
                // The message is another one, or the folder went meanwhile.
                Err(e) if is_another(&e) || e.code() == Code::NOT_FOUND => {}
                other => return other.map(|_| goes),
            }
        }
    }
}
