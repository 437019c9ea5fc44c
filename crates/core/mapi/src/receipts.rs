//! Read and non-read reports: put into the outgoing queue by the commit that ends what was pending.
//! Reference: "IMAPISupport::ReadReceipt", "IMAPIFolder::SetReadFlags" (requirements MSG-05, RFL, STO-10, decision D24)
//!
//! A store refuses to mark or delete a message that still owes a report. Such messages, few, are then done here one by one:
//! one atomic set settles the flag, marks or deletes the message, and submits the report. Whoever comes second finds
//! nothing pending and makes none.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use mapi_kit::export::{ExportFrom, export};
use mapi_kit::receipt::{DUE, PENDING};
use mapi_kit::report::{ReadReport, read_report};
use mapi_props::{
    BitOp, Code, MessageTree, PropTag, RelOp, Restriction, SortOrderSet, message_flags, tags,
};
use mapi_spi::{
    Anchor, ChangeSet, CommitMode, CommitOutcome, DeleteMode, Depth, Error, Expect, FlagPatch,
    FolderKind, ItemId, ItemKind, Items, MessageSave, MessageTarget, Op, PropPatch, Result, RowSet,
    View,
};

use crate::context::Context;
use crate::placing::{Placed, Placing, place};
use crate::reporting::Reporting;

/// How a report that is due is settled.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Settle {
    /// The message becomes read (and what else the patch says), or its read report is only sent now.
    Read(FlagPatch),
    /// The message is deleted unread.
    Delete(DeleteMode),
}

impl Settle {
    const fn pending(self) -> u32 {
        match self {
            Self::Read(_) => message_flags::RN_PENDING,
            Self::Delete(_) => message_flags::NRN_PENDING,
        }
    }
}

/// Whether a store left a message alone because it owes a report.
pub(crate) fn is_due(error: &Error) -> bool {
    error.code() == DUE
}

/// Whether somebody else was quicker: nothing is pending any more.
pub(crate) fn is_settled(error: &Error) -> bool {
    error.code() == Code::NOT_FOUND
}

/// Settles what a message owes, with the report in the outgoing queue.
///
/// # Errors
/// `MAPI_E_NOT_FOUND` if it owes nothing of the kind (any more) or is gone; else those of the store. Nothing changed then.
pub(crate) fn settle(context: &Context, message: ItemId, how: Settle) -> Result<()> {
    let data = context.spi()?.message(message, &context.call)?;
    if data.meta.flags & how.pending() == 0 {
        return Err(Error::new(Code::NOT_FOUND, "the message owes no report"));
    }
    let (patch, kind) = match how {
        Settle::Read(patch) => (patch, ReadReport::Read),
        Settle::Delete(_) => (FlagPatch::default(), ReadReport::NotRead),
    };
    let mut set = ChangeSet::one(settling(message, how.pending(), patch));
    if let Settle::Delete(mode) = how {
        let items = Items::Ids(vec![message]);
        set.ops.push(Op::Delete { items, mode });
    }
    let reports = submitted(context, &[message], kind)?;
    set.ops.extend(reports.ops);
    set.values = reports.values;
    context.commit(set).map(drop)
}

/// A report is sent at most once, whichever it is: what one settles, the other does not send any more.
const fn settling(message: ItemId, pending: u32, patch: FlagPatch) -> Op {
    let flags = FlagPatch {
        set: patch.set,
        clear: patch.clear | PENDING,
    };
    Op::SettleReport {
        message,
        pending,
        flags,
    }
}

/// Removes a folder or what is in it, with the reports about what was unread there. Most folders owe none, and the removal
/// goes as far as possible; with reports it is all or nothing. The outcome of the removal is the last.
///
/// # Errors
/// Those of the commit.
pub(crate) fn remove(context: &Context, folder: ItemId, op: Op) -> Result<CommitOutcome> {
    let due = unread_below(context, folder)?;
    if due.is_empty() {
        return context.commit(ChangeSet {
            mode: CommitMode::EachItem,
            ..ChangeSet::one(op)
        });
    }
    let settled = due
        .iter()
        .map(|id| settling(*id, message_flags::NRN_PENDING, FlagPatch::default()));
    let reports = submitted(context, &due, ReadReport::NotRead)?;
    context.commit(ChangeSet {
        ops: settled.chain(reports.ops).chain([op]).collect(),
        values: reports.values,
        ..ChangeSet::default()
    })
}

/// The reports, as operations that put them into the outgoing queue.
fn submitted(context: &Context, messages: &[ItemId], kind: ReadReport) -> Result<Placing> {
    // A report in another language is better than a message that cannot be marked as read.
    let said = Reporting::of(&context.member, &context.call).unwrap_or_default();
    let mut reports = Vec::new();
    for message in messages {
        let original = original(context, *message)?;
        if let Some(mut report) = read_report(&original, kind, said.language, context.now()) {
            sign(context, &mut report);
            reports.push(Placed::Submitted(report));
        }
    }
    let mut placing = place(context, reports)?;
    match placing.items.iter().position(Result::is_err) {
        Some(failed) => Err(placing.items.swap_remove(failed).err().unwrap_or_else(gone)),
        None => Ok(placing),
    }
}

fn gone() -> Error {
    Error::new(Code::CALL_FAILED, "the report could not be made")
}

fn original(context: &Context, message: ItemId) -> Result<MessageTree> {
    let opened = &context.opened;
    let data = context.spi()?.message(message, &context.call)?;
    let from = ExportFrom {
        store: &opened.store,
        names: &opened.names,
        item: Some(message),
        staged: &[],
        call: &context.call,
    };
    export(from, &data.body)
}

/// Names the owner of the mailbox as the sender where the message does not say who received it.
fn sign(context: &Context, report: &mut MessageTree) {
    let Some(me) = &context.opened.place.identity else {
        return;
    };
    let props = &mut report.props;
    for (name, address_type, address) in [
        (
            tags::SENDER_NAME,
            tags::SENDER_ADDRTYPE,
            tags::SENDER_EMAIL_ADDRESS,
        ),
        (
            tags::SENT_REPRESENTING_NAME,
            tags::SENT_REPRESENTING_ADDRTYPE,
            tags::SENT_REPRESENTING_EMAIL_ADDRESS,
        ),
    ] {
        if props.text(address).is_none() {
            props.set(name, me.name.as_str());
            props.set(address_type, me.address_type.as_str());
            props.set(address, me.address.as_str());
        }
    }
}

/// Unread messages that owe a non-read report, of a folder and of those below it.
fn unread_below(context: &Context, folder: ItemId) -> Result<Vec<ItemId>> {
    let (store, call) = (context.spi()?, &context.call);
    let all = RowSet::Hierarchy {
        depth: Depth::All,
        deleted: false,
    };
    let mut folders = vec![folder];
    store.scan(folder, all, call, &mut |row| {
        if row.meta.kind != ItemKind::Folder(FolderKind::Search) {
            folders.push(row.meta.id);
        }
        ControlFlow::Continue(())
    })?;
    let mut due = Vec::new();
    for folder in folders {
        let unread = bits(BitOp::Zero, message_flags::READ);
        let owing = bits(BitOp::NonZero, message_flags::NRN_PENDING);
        let restriction = Restriction::And(vec![unread, owing]);
        due.extend(matching(context, folder, restriction)?);
    }
    Ok(due)
}

/// The messages of a folder that owe one of `pending`.
pub(crate) fn owing(context: &Context, folder: ItemId, pending: u32) -> Result<BTreeSet<ItemId>> {
    matching(context, folder, bits(BitOp::NonZero, pending))
}

/// The messages of a folder that ask for a read report.
pub(crate) fn asking(context: &Context, folder: ItemId) -> Result<BTreeSet<ItemId>> {
    let asked = Restriction::property(tags::READ_RECEIPT_REQUESTED, RelOp::Eq, true);
    matching(context, folder, asked)
}

/// Sets PR_READ_RECEIPT_REQUESTED to FALSE; nothing is pending then.
///
/// # Errors
/// `MAPI_E_SUBMITTED`, and those of the store.
pub(crate) fn withdraw(context: &Context, message: ItemId) -> Result<()> {
    let data = context.spi()?.message(message, &context.call)?;
    if data.meta.flags & message_flags::SUBMIT != 0 {
        return Err(Error::new(Code::SUBMITTED, "the message is being sent"));
    }
    let save = MessageSave {
        target: MessageTarget::Existing(message),
        expect: Expect::Exactly(data.meta.change),
        patch: PropPatch::default().with(tags::READ_RECEIPT_REQUESTED, false),
        recipients: None,
        attachments: None,
        flags: FlagPatch {
            set: 0,
            clear: PENDING,
        },
        content_changed: false,
        source: None,
    };
    let set = ChangeSet::one(Op::SaveMessage(Box::new(save)));
    context.commit(set).map(drop)
}

/// The messages of a folder that match.
fn matching(
    context: &Context,
    folder: ItemId,
    restriction: Restriction,
) -> Result<BTreeSet<ItemId>> {
    let view = View {
        container: folder,
        rows: RowSet::Contents {
            associated: false,
            deleted: false,
        },
        columns: Vec::new(),
        restriction: Some(restriction),
        sort: SortOrderSet::default(),
    };
    let store = context.spi()?;
    let page = store.view(&view, &Anchor::Start, i64::from(u32::MAX), &context.call)?;
    Ok(page.rows.into_iter().map(|row| row.key.item).collect())
}

fn bits(op: BitOp, mask: u32) -> Restriction {
    let tag: PropTag = tags::MESSAGE_FLAGS.into();
    Restriction::Bitmask { op, tag, mask }
}
