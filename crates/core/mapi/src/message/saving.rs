//! SaveChanges of a message, and SetReadFlag. Reference: "IMAPIProp::SaveChanges" (requirement OUT-07)

use mapi_kit::outgoing;
use mapi_kit::receipt::PENDING;
use mapi_kit::save::{SaveContext, SavePlan, embedded, plan};
use mapi_kit::working::WorkingMessage;
use mapi_props::{Code, PropValue, message_flags, tags};
use mapi_spi::{
    ChangeSet, Error, Expect, FlagPatch, ItemId, Items, MessageSave, MessageTarget, Op, OpOutcome,
    Result, Saved, SyncRow,
};

use super::edits::Edits;
use super::settling::settled;
use super::{Message, MessageInner, Place, State};
use crate::attachment::AttachmentInner;
use crate::folder::read_patch;
use crate::receipts::{self, Settle};
use crate::{ReadFlags, SaveFlags};

pub(super) fn save(message: &Message, flags: SaveFlags) -> Result<()> {
    let inner = &*message.inner;
    inner.context.spi()?;
    let mut state = inner.state();
    if !state.modify {
        return Err(Error::new(Code::NO_ACCESS, "the message is open read-only"));
    }
    match &inner.place {
        Place::Folder { folder, associated } => {
            let target = match state.id {
                Some(id) => MessageTarget::Existing(id),
                None => MessageTarget::New {
                    folder: *folder,
                    associated: *associated,
                },
            };
            save_in_store(inner, &mut state, target, flags)?;
        }
        Place::Attachment(attachment) => save_in_attachment(inner, &mut state, attachment)?,
        Place::Storage => {
            let target = match state.stored() {
                Some(id) => MessageTarget::Existing(id),
                None => MessageTarget::New {
                    folder: crate::message_file::STORED_IN,
                    associated: false,
                },
            };
            save_in_store(inner, &mut state, target, flags)?;
        }
    }
    state.modify &= flags.contains(SaveFlags::KEEP_OPEN_READWRITE);
    Ok(())
}

fn save_context(inner: &MessageInner) -> SaveContext {
    SaveContext {
        now: inner.context.now(),
        inline_bytes: inner.context.info().limits.inline_bytes,
        thread: inner.context.opened.place.support.new_guid(),
    }
}

fn save_in_store(
    inner: &MessageInner,
    state: &mut State,
    target: MessageTarget,
    flags: SaveFlags,
) -> Result<()> {
    let expect = match state.working.meta() {
        Some(meta) if !flags.contains(SaveFlags::FORCE_SAVE) => Expect::Exactly(meta.change),
        _ => Expect::Any,
    };
    let settled = settled(inner, state)?;
    let working = settled.as_ref().unwrap_or(&state.working);
    let planned = planned(inner, working, target, expect)?;
    commit(inner, state, planned)
}

/// Saves `working` as the message, and makes it what the handle holds.
pub(super) fn store(
    inner: &MessageInner,
    state: &mut State,
    working: &WorkingMessage,
    target: MessageTarget,
    expect: Expect,
) -> Result<()> {
    let planned = planned(inner, working, target, expect)?;
    commit(inner, state, planned)
}

fn planned(
    inner: &MessageInner,
    working: &WorkingMessage,
    target: MessageTarget,
    expect: Expect,
) -> Result<SavePlan> {
    let context = &inner.context;
    // Names of what goes away too: whether a change outdates the original depends on them.
    let base = working.saved_body().props.iter();
    let named = working.props.iter().chain(base).map(|(id, _)| *id);
    let ids: Vec<u16> = named.filter(|id| *id >= 0x8000).collect();
    context.names(&ids)?;
    let name_of = |id| context.opened.names.remembered(id);
    Ok(plan(working, target, expect, save_context(inner), &name_of))
}

fn commit(inner: &MessageInner, state: &mut State, planned: SavePlan) -> Result<()> {
    let context = &inner.context;
    let changes = ChangeSet {
        values: planned.values,
        sync_state: forgotten(&planned.save),
        ..ChangeSet::one(Op::SaveMessage(Box::new(planned.save)))
    };
    let outcome = context.commit(changes).map_err(|e| match e.code() {
        // Whatever the message was saved to is gone.
        Code::NOT_FOUND => {
            Error::caused(Code::OBJECT_DELETED, "the message or its folder is gone", e)
        }
        _ => e,
    })?;
    let Some(OpOutcome::Saved(Saved { id, .. })) = outcome.ops.into_iter().next() else {
        return Err(Error::new(
            Code::CALL_FAILED,
            "the store did not say what it saved",
        ));
    };
    if matches!(inner.place, Place::Folder { .. }) {
        state.id = Some(id);
    }
    // The save stands even if the message cannot be read again (deleted in between): then the handle only reads.
    match context.spi()?.message(id, &context.call) {
        Ok(data) => state.working.rebase(data),
        Err(_) => state.modify = false,
    }
    state.edits = Edits::default();
    Ok(())
}

/// A message goes into the queue as one of which the spooler knows nothing, whatever it knew when it was there before.
fn forgotten(save: &MessageSave) -> Vec<SyncRow> {
    match save.target {
        MessageTarget::Existing(id) if save.flags.set & message_flags::SUBMIT != 0 => {
            vec![outgoing::forgotten(id)]
        }
        _ => Vec::new(),
    }
}

fn save_in_attachment(
    inner: &MessageInner,
    state: &mut State,
    attachment: &AttachmentInner,
) -> Result<()> {
    let settled = settled(inner, state)?;
    let working = settled.as_ref().unwrap_or(&state.working);
    let body = embedded(working, save_context(inner));
    attachment.put_embedded(body.clone())?;
    state.working.rebase_embedded(body);
    state.edits = Edits::default();
    Ok(())
}

impl Message {
    /// Marks the message as read or unread, or settles its pending read report; visible to all at once, without touching
    /// other changes of this handle. The table of flags is that of SetReadFlags (7.4).
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for combinations without meaning; `MAPI_E_SUBMITTED`; `MAPI_E_NOT_FOUND` if it is gone;
    /// `MAPI_E_NO_ACCESS` in a read-only store.
    pub fn set_read_flag(&self, flags: ReadFlags) -> Result<()> {
        self.inner.errors.track(mark(self, flags))
    }
}

fn mark(message: &Message, flags: ReadFlags) -> Result<()> {
    let patch = read_patch(flags)?;
    let inner = &*message.inner;
    inner.context.spi()?;
    inner.context.writable()?;
    let mut state = inner.state();
    if state.working.flags & message_flags::ASSOCIATED != 0 {
        return Ok(());
    }
    if flags.contains(ReadFlags::GENERATE_RECEIPT_ONLY)
        && flags.contains(ReadFlags::SUPPRESS_RECEIPT)
    {
        return withdraw(inner, &mut state, patch);
    }
    let mut patch = patch;
    if let Some(id) = state.id {
        let settled = set_flags(inner, id, patch, flags)?;
        if settled {
            patch.clear |= PENDING;
        }
    }
    if matches!(inner.place, Place::Storage) {
        // There is no store that could keep it before the message is saved.
        state.working.flags = patch.apply(state.working.flags);
    } else {
        state.working.flags_changed(|f| patch.apply(f));
    }
    Ok(())
}

/// Sets the flags of a saved message; says whether a report that was pending went into the outgoing queue.
fn set_flags(inner: &MessageInner, id: ItemId, patch: FlagPatch, flags: ReadFlags) -> Result<bool> {
    let settle = || receipts::settle(&inner.context, id, Settle::Read(patch));
    if flags.contains(ReadFlags::GENERATE_RECEIPT_ONLY) {
        return match settle() {
            Ok(()) => Ok(true),
            Err(e) if receipts::is_settled(&e) => {
                // Nothing pending is fine, no message is not.
                inner.context.spi()?.message(id, &inner.context.call)?;
                Ok(false)
            }
            Err(e) => Err(e),
        };
    }
    match mark_one(inner, id, patch) {
        Err(e) if receipts::is_due(&e) => match settle() {
            Ok(()) => Ok(true),
            Err(e) if receipts::is_settled(&e) => mark_one(inner, id, patch).map(|()| true),
            Err(e) => Err(e),
        },
        other => other.map(|()| false),
    }
}

fn mark_one(inner: &MessageInner, id: ItemId, patch: FlagPatch) -> Result<()> {
    let op = Op::SetFlags {
        items: Items::Ids(vec![id]),
        flags: patch,
    };
    let outcome = inner.context.commit(ChangeSet::one(op))?;
    if let Some(OpOutcome::Bulk(mut bulk)) = outcome.ops.into_iter().next()
        && let Some(failure) = bulk.failed.pop()
    {
        return Err(failure.error);
    }
    Ok(())
}

/// GENERATE_RECEIPT_ONLY and SUPPRESS_RECEIPT: no report was ever asked for. A handle with changes of its own keeps them,
/// and saves the property with them; its flags are settled at once.
fn withdraw(inner: &MessageInner, state: &mut State, patch: FlagPatch) -> Result<()> {
    let Some(id) = state.id else {
        state.working.props.set(tags::READ_RECEIPT_REQUESTED, false);
        return Ok(());
    };
    let (store, call) = (inner.context.spi()?, &inner.context.call);
    if state.working.is_modified() {
        mark_one(inner, id, patch)?;
        state.working.props.set(tags::READ_RECEIPT_REQUESTED, false);
        state.working.flags_changed(|f| patch.apply(f));
        return Ok(());
    }
    let asked = store.message(id, call)?;
    let asked = asked.body.props.value(tags::READ_RECEIPT_REQUESTED);
    if asked.and_then(PropValue::as_bool) == Some(true) {
        receipts::withdraw(&inner.context, id)?;
    } else {
        mark_one(inner, id, patch)?;
    }
    state.working.rebase(store.message(id, call)?);
    Ok(())
}
