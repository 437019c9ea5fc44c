//! SubmitMessage: the store's part of sending.
//! Reference: "IMessage::SubmitMessage", "IMAPISupport::PrepareSubmit" (requirements OUT-08, OUT-11, decisions D-08, D-31)

use std::collections::BTreeSet;

use mapi_kit::recipients::RecipientRow;
use mapi_kit::working::WorkingMessage;
use mapi_props::entry_id::recipient_search_key;
use mapi_props::{Bag, Code, PropValue, message_flags, recipient_type, tags};
use mapi_spi::{Error, Expect, MessageTarget, Result};

use super::{Message, MessageInner, Place, saving};
use crate::context::Context;
use crate::placing;

/// MAPI_SUBMITTED: the recipient has the message already.
const SUBMITTED: i32 = i32::MIN;

impl Message {
    /// Submits the message: saves it and puts it into the outgoing queue of its store, in one transaction. From then on
    /// nobody can change it, this handle only reads, and [`crate::MsgStore::abort_submit`] alone takes it back. It waits there
    /// until something sends it.
    ///
    /// PR_CLIENT_SUBMIT_TIME is now, PR_RESPONSIBILITY of each recipient says whether it is still to be served: not a second
    /// time, and of a message that is sent again (MSGFLAG_RESEND) only those of MAPI_P1. A message without
    /// PR_INTERNET_MESSAGE_ID gets one, so that it has the same however often sending is tried.
    ///
    /// # Errors
    /// `MAPI_E_NO_RECIPIENTS` without recipients; `MAPI_E_NO_ACCESS` on a read-only handle; `MAPI_E_NO_SUPPORT` for a
    /// message that is in no folder's contents, or a store without a queue; those of [`Self::save_changes`]. The message stays
    /// as it was then, and can be changed.
    pub fn submit(&self) -> Result<()> {
        self.inner.errors.track(submit(&self.inner))
    }
}

fn submit(inner: &MessageInner) -> Result<()> {
    let context = &inner.context;
    context.spi()?;
    let mut state = inner.state();
    if !state.modify {
        return Err(Error::new(Code::NO_ACCESS, "the message is open read-only"));
    }
    let folder = match inner.place {
        Place::Folder {
            folder,
            associated: false,
        } if context.info().capabilities.submit => folder,
        _ => {
            let detail = "only messages in folders of a store that has an outgoing queue are sent";
            return Err(Error::new(Code::NO_SUPPORT, detail));
        }
    };
    if state.working.recipients().is_empty() {
        let detail = "the message has no recipients";
        return Err(Error::new(Code::NO_RECIPIENTS, detail));
    }
    let outgoing = prepared(&state.working, context);
    let target = match state.id {
        Some(id) => MessageTarget::Existing(id),
        None => MessageTarget::New {
            folder,
            associated: false,
        },
    };
    let expect = match outgoing.meta() {
        Some(meta) => Expect::Exactly(meta.change),
        None => Expect::Any,
    };
    saving::store(inner, &mut state, &outgoing, target, expect)?;
    state.modify = false;
    Ok(())
}

/// The message as it goes into the queue.
fn prepared(working: &WorkingMessage, context: &Context) -> WorkingMessage {
    let mut outgoing = working.clone();
    outgoing.flags |= message_flags::SUBMIT | message_flags::UNSENT;
    let props = &mut outgoing.props;
    props.set(tags::CLIENT_SUBMIT_TIME, context.now());
    props.set(tags::SUBMIT_FLAGS, 0);
    let id = props.text(tags::INTERNET_MESSAGE_ID).unwrap_or_default();
    if id.trim().is_empty() {
        let id = message_id(props, context);
        props.set(tags::INTERNET_MESSAGE_ID, id);
    }
    let again = working.flags & message_flags::RESEND != 0;
    outgoing.replace_recipients(responsibility(working.recipients(), again));
    outgoing
}

fn message_id(props: &Bag, context: &Context) -> String {
    let sender = [
        tags::SENT_REPRESENTING_EMAIL_ADDRESS,
        tags::SENDER_EMAIL_ADDRESS,
    ];
    let guid = context.opened.place.support.new_guid();
    placing::message_id(guid, sender.into_iter().filter_map(|tag| props.text(tag)))
}

/// PR_RESPONSIBILITY of all rows: FALSE for those who are to be served. Of a message that is sent again these are the rows of
/// MAPI_P1 (D-08).
fn responsibility(rows: &[RecipientRow], again: bool) -> Vec<Bag> {
    let mut served = BTreeSet::new();
    let row = |row: &RecipientRow| {
        let mut props = row.props.clone();
        let kind = props
            .value(tags::RECIPIENT_TYPE)
            .and_then(PropValue::as_long)
            .unwrap_or(recipient_type::TO);
        let done = if again {
            props.set(tags::RECIPIENT_TYPE, kind & !SUBMITTED);
            kind != recipient_type::P1
        } else {
            // Whoever is there twice gets it once (D-31).
            key(&props).is_some_and(|key| !served.insert(key))
        };
        props.set(tags::RESPONSIBILITY, done);
        props
    };
    rows.iter().map(row).collect()
}

fn key(props: &Bag) -> Option<Vec<u8>> {
    let address = props.text(tags::EMAIL_ADDRESS).filter(|a| !a.is_empty())?;
    let kind = props.text(tags::ADDRTYPE).unwrap_or("SMTP");
    Some(recipient_search_key(kind, address))
}
