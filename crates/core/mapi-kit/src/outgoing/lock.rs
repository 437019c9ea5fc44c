//! The lock on a message that is being handed over, and taking a message out of the queue.
//! Reference: "IMsgStore::SetLockState", "IMsgStore::AbortSubmit" (requirements OUT-08, SP-01)
//!
//! Both change the message as it was when it was looked at ([`Expect::Exactly`]): of a lock and an AbortSubmit that meet,
//! one happens.

use mapi_props::{Bag, PropValue, message_flags, tags};
use mapi_spi::{
    Expect, FlagPatch, ItemId, ItemMeta, MessageSave, MessageTarget, Op, Origin, PropPatch,
    QUEUE_STATE, SyncRow,
};

/// SUBMITFLAG_LOCKED: the spooler hands the message over.
pub const LOCKED: i32 = 1;

/// PR_SUBMIT_FLAGS; 0 where nobody set it.
#[must_use]
pub fn submit_flags(props: &Bag) -> i32 {
    let flags = props.value(tags::SUBMIT_FLAGS);
    flags.and_then(PropValue::as_long).unwrap_or(0)
}

/// Whether a message with these properties is being handed over.
#[must_use]
pub fn is_locked(props: &Bag) -> bool {
    submit_flags(props) & LOCKED != 0
}

/// Locks a message of the queue (MSG_LOCKED).
#[must_use]
pub fn lock(meta: &ItemMeta, props: &Bag) -> Op {
    marked(meta, submit_flags(props) | LOCKED)
}

/// Unlocks a message that stays in the queue (MSG_UNLOCKED).
#[must_use]
pub fn unlock(meta: &ItemMeta, props: &Bag) -> Op {
    marked(meta, submit_flags(props) & !LOCKED)
}

fn marked(meta: &ItemMeta, flags: i32) -> Op {
    let patch = PropPatch::default().with(tags::SUBMIT_FLAGS, flags);
    Op::SaveMessage(Box::new(change(meta, patch, FlagPatch::default())))
}

/// Takes a message that is not locked out of the queue: a draft again, that was never submitted. [`forgotten`] goes with it.
#[must_use]
pub fn taken_back(meta: &ItemMeta) -> Op {
    let patch = PropPatch {
        delete: vec![
            tags::CLIENT_SUBMIT_TIME.id(),
            tags::MESSAGE_DELIVERY_TIME.id(),
            tags::SUBMIT_FLAGS.id(),
        ],
        ..PropPatch::default()
    };
    let flags = FlagPatch {
        set: message_flags::UNSENT,
        clear: message_flags::SUBMIT,
    };
    Op::SaveMessage(Box::new(change(meta, patch, flags)))
}

/// The spooler knows nothing of the message any more.
#[must_use]
pub fn forgotten(message: ItemId) -> SyncRow {
    SyncRow {
        origin: Origin::SPOOLER,
        object: Some(message),
        key: QUEUE_STATE.to_vec(),
        value: None,
    }
}

/// A change of what is no content to the message as it was looked at.
pub(super) const fn change(meta: &ItemMeta, patch: PropPatch, flags: FlagPatch) -> MessageSave {
    MessageSave {
        target: MessageTarget::Existing(meta.id),
        expect: Expect::Exactly(meta.change),
        patch,
        recipients: None,
        attachments: None,
        flags,
        content_changed: false,
        source: None,
    }
}
