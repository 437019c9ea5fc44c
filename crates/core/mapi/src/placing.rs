//! Messages made of trees, put in their places by one commit: those that arrive, and those that are to be sent.
//! Reference: "IMAPISupport::PrepareSubmit", "IMAPISupport::StatusRecips" (requirements INC-01, SUB-02, RP-01)
//!
//! What makes messages beside the changes that they belong to (a report with the mark that it was sent, mail with the token that
//! it came under) prepares them here, and commits all at once.

use mapi_kit::import::{ImportItem, ImportTo, prepare};
use mapi_kit::report;
use mapi_props::{
    Defect, Guid, MessageTree, PropValue, TreeProps, message_flags, recipient_type, tags,
};
use mapi_spi::{ItemId, MessageTarget, NewValue, Op, Result, Staged};

use crate::EntryId;
use crate::context::Context;

/// A message and where it goes.
#[derive(Debug, Clone)]
pub(crate) enum Placed {
    /// It arrives in this folder, unread, and is told of as new mail.
    Arrives(ItemId, MessageTree),
    /// It waits in the Outbox to be sent.
    Submitted(MessageTree),
}

/// Messages ready to be committed; the operations of several cannot be mixed, for their values are numbered.
#[derive(Debug, Default)]
pub(crate) struct Placing {
    /// One for each message that could be read, in order.
    pub(crate) ops: Vec<Op>,
    /// Their large values.
    pub(crate) values: Vec<NewValue>,
    /// One for each message, in order: what was left out, or why it has no operation.
    pub(crate) items: Vec<Result<Vec<Defect>>>,
    /// Kept until the operations are committed.
    pub(crate) staged: Vec<Staged>,
}

/// Prepares messages, to be committed by one change set.
///
/// # Errors
/// Those of the store. A message that cannot be read fails alone.
pub(crate) fn place(context: &Context, messages: Vec<Placed>) -> Result<Placing> {
    if messages.is_empty() {
        return Ok(Placing::default());
    }
    let outbox = outbox(context)?;
    let (mut places, mut items) = (Vec::new(), Vec::new());
    for message in messages {
        let (place, flags, tree) = match message {
            Placed::Arrives(folder, tree) => {
                let flags = message_flags::UNMODIFIED | report::pending(&tree.props);
                (Some(folder), flags, tree)
            }
            Placed::Submitted(mut tree) => {
                to_be_sent(context, &mut tree);
                (None, QUEUED, tree)
            }
        };
        places.push(place);
        items.push(ImportItem {
            tree,
            flags,
            source: None,
        });
    }
    let opened = &context.opened;
    let to = ImportTo {
        store: context.spi()?,
        names: &opened.names,
        support: opened.place.support.as_ref(),
        folder: outbox,
        associated: false,
    };
    let prepared = prepare(to, items, &context.call)?;
    let kept = places.into_iter().zip(&prepared.items);
    let kept = kept
        .filter(|(_, item)| item.is_ok())
        .map(|(place, _)| place);
    let ops = prepared.ops.into_iter().zip(kept);
    Ok(Placing {
        ops: ops.map(|(op, place)| placed(op, place)).collect(),
        values: prepared.values,
        items: prepared.items,
        staged: prepared.staged,
    })
}

/// Of a message that is to be sent, beside MSGFLAG_SUBMIT, which no import sets.
const QUEUED: u32 = message_flags::READ | message_flags::UNSENT | message_flags::FROMME;

fn placed(op: Op, arrives_in: Option<ItemId>) -> Op {
    let Op::SaveMessage(mut save) = op else {
        return op;
    };
    match arrives_in {
        Some(folder) => {
            save.target = MessageTarget::New {
                folder,
                associated: false,
            };
            Op::Deliver(save)
        }
        None => {
            save.flags.set |= message_flags::SUBMIT;
            Op::SaveMessage(save)
        }
    }
}

/// What submitting sets. Of a report only those are still to be served of whom it does not tell.
fn to_be_sent(context: &Context, message: &mut MessageTree) {
    let props = &mut message.props;
    let now = context.now();
    props.set(tags::CLIENT_SUBMIT_TIME, now);
    props.set(tags::MESSAGE_DELIVERY_TIME, now);
    props.set(tags::SUBMIT_FLAGS, 0);
    let id = props.text(tags::INTERNET_MESSAGE_ID).unwrap_or_default();
    if id.trim().is_empty() {
        let sender = [
            tags::SENT_REPRESENTING_EMAIL_ADDRESS,
            tags::SENDER_EMAIL_ADDRESS,
        ];
        let guid = context.opened.place.support.new_guid();
        let id = message_id(guid, sender.into_iter().filter_map(|tag| props.text(tag)));
        props.set(tags::INTERNET_MESSAGE_ID, id);
    }
    let about = report::is_report(props);
    for row in &mut message.recipients {
        if row.value(tags::RESPONSIBILITY).is_none() {
            let told = about && row.value(tags::REPORT_TIME).is_some();
            row.set(tags::RESPONSIBILITY, told);
        }
    }
}

/// An id for a message that was never sent before, with the domain of the first of these addresses on its right.
/// RFC 5322 §3.6.4
pub(crate) fn message_id<'a>(guid: Guid, mut senders: impl Iterator<Item = &'a str>) -> String {
    let hex: String = guid.0.iter().map(|byte| format!("{byte:02x}")).collect();
    let domain = senders.find_map(|sender| {
        let (_, domain) = sender.rsplit_once('@')?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        (!domain.is_empty() && domain.chars().all(plain)).then_some(domain)
    });
    format!("<{hex}@{}>", domain.unwrap_or("localhost"))
}

/// Sends a copy of a message on to one more recipient, and to nobody else: all others stay as they were named.
pub(crate) fn addressed_to(message: &mut MessageTree, mut to: TreeProps) {
    for row in &mut message.recipients {
        row.set(tags::RESPONSIBILITY, true);
    }
    to.set(tags::RECIPIENT_TYPE, recipient_type::TO);
    to.set(tags::RESPONSIBILITY, false);
    message.recipients.insert(0, to);
    message.props.set(tags::DELETE_AFTER_SUBMIT, true);
    // Whoever cannot deliver it says nothing of it: no report about a report.
    message
        .props
        .set(tags::ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED, false);
}

/// The Outbox; the root folder of a store that has none, whose messages are in the queue as well.
pub(crate) fn outbox(context: &Context) -> Result<ItemId> {
    let (store, call) = (context.spi()?, &context.call);
    let props = store.store_props(call)?;
    let id = props.value(tags::IPM_OUTBOX_ENTRYID);
    let id = id.and_then(PropValue::as_bytes).map(EntryId::from);
    let folder = id.and_then(|id| context.folder_id(&id).ok());
    let there = folder.filter(|id| store.folder(*id, call).is_ok_and(|f| !f.meta.deleted));
    Ok(there.unwrap_or(context.info().root))
}
