//! SubmitMessage: the store's part of sending.
//! Reference: "IMessage::SubmitMessage", "IMAPISupport::PrepareSubmit" (requirements OUT-08, OUT-11, decisions D-08, D-31)

use mapi_kit::import::{AS_WRITTEN, ORIGINAL, ORIGINAL_VERSION};
use mapi_kit::outgoing;
use mapi_kit::working::WorkingMessage;
use mapi_props::{Bag, Code, PropValue, message_flags, tags};
use mapi_spi::{Error, Expect, MessageTarget, Result};

use super::settling::settled;
use super::{Message, MessageInner, Place, references, saving};
use crate::context::Context;
use crate::placing;

impl Message {
    /// Submits the message: saves it and puts it into the outgoing queue of its store, in one transaction. From then on
    /// nobody can change it, this handle only reads, and [`crate::MsgStore::abort_submit`] alone takes it back. It waits there
    /// until something sends it.
    ///
    /// PR_CLIENT_SUBMIT_TIME is now, and PR_DEFERRED_SEND_TIME is counted from it where PR_DEFERRED_SEND_NUMBER and _UNITS say so.
    /// PR_RESPONSIBILITY of each recipient says whether it is still to be served: not a second
    /// time, and of a message that is sent again (MSGFLAG_RESEND) only those of MAPI_P1. Recipients get what they lack of
    /// what addressing needs. A message without PR_INTERNET_MESSAGE_ID gets one, so that it has the same however often
    /// sending is tried. MSGFLAG_FROMME says from then on that it was sent from here: reports about it find it by that, in whatever
    /// folder it is filed.
    ///
    /// Files that attachments name are put into the message first, as [`Self::resolve_references`] does, so that what is kept of it
    /// says what was sent. Other references stay what they are ([`Self::references`]): no file is read for them, here or later.
    ///
    /// # Errors
    /// `MAPI_E_NO_RECIPIENTS` without recipients, or if nobody is left who is to be served; `MAPI_E_INVALID_ENTRYID`,
    /// `MAPI_E_UNKNOWN_ENTRYID` or `MAPI_E_NOT_FOUND` if PR_SENTMAIL_ENTRYID names no folder of the store that could take
    /// the message when it is sent; `MAPI_E_NO_ACCESS` on a read-only handle; `MAPI_E_NO_SUPPORT` for a
    /// message that is in no folder's contents, or a store without a queue; those of [`Self::resolve_references`] and
    /// [`Self::save_changes`]. The message stays
    /// as it was then, and can be changed.
    pub fn submit(&self) -> Result<()> {
        self.inner.errors.track(submit(&self.inner, Leaving::Made))
    }

    /// As [`Self::submit`], of a message that was imported from RFC 5322: transports of Internet mail send the very bytes that it was imported
    /// from ([`mapi_spi::Outgoing::message`]), so that signatures hold. Its properties and recipients say who gets it, as ever, and what is kept
    /// of it. The caller answers for what the bytes say: that they name nobody who gets it in secret, and have a Date, a From and a Message-ID.
    /// Who takes the message back and sends it again by [`Self::submit`] has it written anew.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there are no such bytes, or the message was changed since; those of [`Self::submit`].
    pub fn submit_as_written(&self) -> Result<()> {
        self.inner
            .errors
            .track(submit(&self.inner, Leaving::AsWritten))
    }
}

/// What of a message leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaving {
    /// What its properties say.
    Made,
    /// The bytes that it was made from.
    AsWritten,
}

fn submit(inner: &MessageInner, leaving: Leaving) -> Result<()> {
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
    // Said now, while somebody is there who can change it.
    outgoing::sent_folder(context.spi()?, &state.working.props, &context.call)?;
    let settled = settled(inner, &state)?;
    let mut message = prepared(settled.as_ref().unwrap_or(&state.working), context)?;
    leave_as(&mut message, leaving)?;
    let target = match state.id {
        Some(id) => MessageTarget::Existing(id),
        None => MessageTarget::New {
            folder,
            associated: false,
        },
    };
    let expect = match message.meta() {
        Some(meta) => Expect::Exactly(meta.change),
        None => Expect::Any,
    };
    if references::resolve(inner, &mut message)? {
        // Reading files takes its time; it is submitted when they are read.
        outgoing::submitted_now(&mut message.props, context.now());
    }
    saving::store(inner, &mut state, &message, target, expect)?;
    state.modify = false;
    Ok(())
}

/// Notes what of the message leaves.
fn leave_as(message: &mut WorkingMessage, leaving: Leaving) -> Result<()> {
    if leaving == Leaving::Made {
        message.props.remove(&AS_WRITTEN.id());
        return Ok(());
    }
    let props = &mut message.props;
    let told = match props.value(ORIGINAL_VERSION) {
        Some(PropValue::I8(told)) => u64::try_from(*told).ok(),
        _ => None,
    };
    let version = message.meta().map(|meta| meta.content_version);
    if !message.props.contains(&ORIGINAL.id()) || told.is_none() || told != version {
        let detail = "there are no bytes that say what the message says";
        return Err(Error::new(Code::NOT_FOUND, detail));
    }
    message.props.set(AS_WRITTEN, true);
    Ok(())
}

/// The message as it goes into the queue.
fn prepared(working: &WorkingMessage, context: &Context) -> Result<WorkingMessage> {
    let again = working.flags & message_flags::RESEND != 0;
    let rows = working.recipients().iter().map(|row| &row.props);
    let rows = outgoing::submitted_rows(rows, again);
    if !rows.iter().any(outgoing::is_open) {
        let detail = "the message has no recipients that are to be served";
        return Err(Error::new(Code::NO_RECIPIENTS, detail));
    }
    let mut message = working.clone();
    message.flags |= message_flags::SUBMIT | message_flags::UNSENT | message_flags::FROMME;
    let props = &mut message.props;
    outgoing::submitted_now(props, context.now());
    let id = props.text(tags::INTERNET_MESSAGE_ID).unwrap_or_default();
    if id.trim().is_empty() {
        let id = message_id(props, context);
        props.set(tags::INTERNET_MESSAGE_ID, id);
    }
    message.replace_recipients(rows);
    Ok(message)
}

fn message_id(props: &Bag, context: &Context) -> String {
    let sender = [
        tags::SENT_REPRESENTING_EMAIL_ADDRESS,
        tags::SENDER_EMAIL_ADDRESS,
    ];
    let guid = context.opened.place.support.new_guid();
    placing::message_id(guid, sender.into_iter().filter_map(|tag| props.text(tag)))
}
