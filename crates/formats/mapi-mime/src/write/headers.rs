//! The header of a message from its properties and recipients.
//! [MS-OXCMAIL] 2.1.2 and 2.1.3

use std::io;

use mapi_props::entry_id::{OneOff, OneOffStrings};
use mapi_props::{
    FileTime, MessageTree, NameKind, PropKey, PropValue, Tag, TreeProps, TreeValue, guids,
    recipient_type, tags,
};

use super::{Writer, field, text_of};
use crate::header::date;
use crate::transfer::base64;

pub(super) fn write(writer: &mut Writer<'_>, tree: &MessageTree, top: bool) -> io::Result<()> {
    let props = &tree.props;
    when(writer, tree, top)?;
    people(writer, tree)?;
    writer.line(&field::unstructured(
        "Subject",
        text_of(props, tags::SUBJECT),
    ))?;
    ids(writer, tree, top)?;
    marks(writer, props)?;
    named(writer, props)?;
    writer.line("MIME-Version: 1.0")
}

fn when(writer: &mut Writer<'_>, tree: &MessageTree, top: bool) -> io::Result<()> {
    let given = if top { writer.options.date } else { None };
    let delivered = time_of(&tree.props, tags::MESSAGE_DELIVERY_TIME);
    let time = time_of(&tree.props, tags::CLIENT_SUBMIT_TIME)
        .or(given)
        .or(delivered);
    match time {
        Some(time) => writer.line(&field::field("Date", &date::format(time)))?,
        None => writer.loss("no-date", "the message has no date, and none was given"),
    }
    Ok(())
}

fn time_of(props: &TreeProps, tag: Tag<FileTime>) -> Option<FileTime> {
    props.value(tag).and_then(PropValue::as_time)
}

fn people(writer: &mut Writer<'_>, tree: &MessageTree) -> io::Result<()> {
    let props = &tree.props;
    let from = person(
        props,
        tags::SENT_REPRESENTING_NAME,
        tags::SENT_REPRESENTING_SMTP_ADDRESS,
        tags::SENT_REPRESENTING_EMAIL_ADDRESS,
    );
    let sender = person(
        props,
        tags::SENDER_NAME,
        tags::SENDER_SMTP_ADDRESS,
        tags::SENDER_EMAIL_ADDRESS,
    );
    let from_line = from.as_ref().or(sender.as_ref());
    match from_line {
        Some(from) => writer.line(&field::list("From", std::slice::from_ref(from)))?,
        None => writer.loss("no-from", "the message has no sender with an address"),
    }
    if let Some(sender) = sender.as_ref().filter(|s| Some(*s) != from_line) {
        writer.line(&field::list("Sender", std::slice::from_ref(sender)))?;
    }
    let reply_to = reply_to(props);
    if !reply_to.is_empty() {
        writer.line(&field::list("Reply-To", &reply_to))?;
    }
    for (name, kind) in [
        ("To", recipient_type::TO),
        ("Cc", recipient_type::CC),
        ("Bcc", recipient_type::BCC),
    ] {
        if kind == recipient_type::BCC && !writer.options.with_bcc {
            continue;
        }
        let items = recipients(writer, tree, kind);
        if !items.is_empty() {
            writer.line(&field::list(name, &items))?;
        }
    }
    Ok(())
}

fn person(props: &TreeProps, name: Tag<str>, smtp: Tag<str>, address: Tag<str>) -> Option<String> {
    let address = props
        .text(smtp)
        .or_else(|| props.text(address))
        .filter(|a| a.contains('@') || !a.starts_with('/'))?;
    field::mailbox(text_of(props, name), address)
}

fn recipients(writer: &mut Writer<'_>, tree: &MessageTree, kind: i32) -> Vec<String> {
    let mut items = Vec::new();
    for row in &tree.recipients {
        // MAPI_SUBMITTED and the like are bits above the kind.
        let row_kind = row
            .value(tags::RECIPIENT_TYPE)
            .and_then(PropValue::as_long)
            .unwrap_or(recipient_type::TO);
        if row_kind & 0xF != kind {
            continue;
        }
        match person(
            row,
            tags::DISPLAY_NAME,
            tags::SMTP_ADDRESS,
            tags::EMAIL_ADDRESS,
        ) {
            Some(item) => items.push(item),
            None => writer.loss(
                "recipient-without-address",
                text_of(row, tags::DISPLAY_NAME),
            ),
        }
    }
    items
}

/// The addresses of PR_REPLY_RECIPIENT_ENTRIES, a FLATENTRYLIST of one-offs.
fn reply_to(props: &TreeProps) -> Vec<String> {
    let bytes = props
        .value(tags::REPLY_RECIPIENT_ENTRIES)
        .and_then(PropValue::as_bytes)
        .unwrap_or_default();
    let mut rest = bytes.get(8..).unwrap_or_default();
    let mut items = Vec::new();
    while let Some((len, tail)) = rest.split_first_chunk::<4>() {
        let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
        let Some(entry) = tail.get(..len) else { break };
        rest = tail.get(len.next_multiple_of(4)..).unwrap_or_default();
        if let Ok(OneOff {
            strings: OneOffStrings::Unicode { name, address, .. },
            ..
        }) = OneOff::decode(entry)
        {
            items.extend(field::mailbox(&name, &address));
        }
    }
    items
}

fn ids(writer: &mut Writer<'_>, tree: &MessageTree, top: bool) -> io::Result<()> {
    let props = &tree.props;
    let own = props
        .text(tags::INTERNET_MESSAGE_ID)
        .map(str::to_owned)
        .filter(|id| !id.trim().is_empty());
    let derived = || {
        let given = writer.options.message_id.clone();
        given.unwrap_or_else(|| format!("<{:016x}.malle@{}>", writer.hash, writer.options.domain))
    };
    if let Some(id) = own.or_else(|| top.then(derived)) {
        writer.line(&field::field("Message-ID", &id))?;
    }
    for (name, tag) in [
        ("In-Reply-To", tags::IN_REPLY_TO_ID),
        ("References", tags::INTERNET_REFERENCES),
    ] {
        let value = text_of(props, tag);
        if !value.trim().is_empty() {
            writer.line(&field::field(name, value))?;
        }
    }
    let topic = text_of(props, tags::CONVERSATION_TOPIC);
    if !topic.is_empty() {
        writer.line(&field::unstructured("Thread-Topic", topic))?;
    }
    if let Some(index) = props
        .value(tags::CONVERSATION_INDEX)
        .and_then(PropValue::as_bytes)
        .filter(|b| b.len() >= 22)
    {
        let coded = base64::encode(index);
        let pieces: Vec<&str> = coded
            .as_bytes()
            .chunks(64)
            .filter_map(|c| std::str::from_utf8(c).ok())
            .collect();
        writer.line(&field::field("Thread-Index", &pieces.join(" ")))?;
    }
    Ok(())
}

/// Importance, sensitivity, receipts, dates and list fields.
fn marks(writer: &mut Writer<'_>, props: &TreeProps) -> io::Result<()> {
    let long = |tag: Tag<i32>| props.value(tag).and_then(PropValue::as_long);
    match long(tags::IMPORTANCE) {
        Some(2) => writer.line("Importance: high")?,
        Some(0) => writer.line("Importance: low")?,
        _ => {}
    }
    match long(tags::SENSITIVITY) {
        Some(1) => writer.line("Sensitivity: Personal")?,
        Some(2) => writer.line("Sensitivity: Private")?,
        Some(3) => writer.line("Sensitivity: Company-Confidential")?,
        _ => {}
    }
    let asked = |tag: Tag<bool>| props.value(tag).and_then(PropValue::as_bool) == Some(true);
    let from = person(
        props,
        tags::SENT_REPRESENTING_NAME,
        tags::SENT_REPRESENTING_SMTP_ADDRESS,
        tags::SENT_REPRESENTING_EMAIL_ADDRESS,
    );
    for (name, tag) in [
        ("Disposition-Notification-To", tags::READ_RECEIPT_REQUESTED),
        (
            "Return-Receipt-To",
            tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED,
        ),
    ] {
        if let Some(from) = from.as_ref().filter(|_| asked(tag)) {
            writer.line(&field::list(name, std::slice::from_ref(from)))?;
        }
    }
    if asked(tags::AUTO_FORWARDED) {
        writer.line("Autoforwarded: true")?;
    }
    for (name, tag) in [
        ("Expires", tags::EXPIRY_TIME),
        ("Reply-By", tags::REPLY_TIME),
        ("Deferred-Delivery", tags::DEFERRED_DELIVERY_TIME),
    ] {
        if let Some(time) = time_of(props, tag) {
            writer.line(&field::field(name, &date::format(time)))?;
        }
    }
    for (name, tag) in [
        ("List-Help", tags::LIST_HELP),
        ("List-Subscribe", tags::LIST_SUBSCRIBE),
        ("List-Unsubscribe", tags::LIST_UNSUBSCRIBE),
    ] {
        let value = text_of(props, tag);
        if !value.trim().is_empty() {
            writer.line(&field::unstructured(name, value))?;
        }
    }
    Ok(())
}

/// PS_INTERNET_HEADERS names, but those that describe a body that is written anew.
fn named(writer: &mut Writer<'_>, props: &TreeProps) -> io::Result<()> {
    for (key, value) in props.iter() {
        let PropKey::Named(name) = key else { continue };
        let (NameKind::Text(header), TreeValue::Value(PropValue::Unicode(text))) =
            (&name.kind, value)
        else {
            continue;
        };
        let is_header =
            name.guid == guids::PS_INTERNET_HEADERS && !header.is_empty() && header.len() < 70;
        let own = OWN.iter().any(|own| header.eq_ignore_ascii_case(own))
            || header.to_ascii_lowercase().starts_with("content-t");
        if is_header && !own && header.bytes().all(|b| matches!(b, 33..=57 | 59..=126)) {
            writer.line(&field::unstructured(header, text))?;
        }
    }
    Ok(())
}

/// Fields written from properties of their own.
const OWN: &[&str] = &[
    "date",
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "bcc",
    "subject",
    "message-id",
    "in-reply-to",
    "references",
    "thread-topic",
    "thread-index",
    "importance",
    "sensitivity",
    "mime-version",
    "disposition-notification-to",
    "return-receipt-to",
    "expires",
    "reply-by",
    "list-help",
    "list-subscribe",
    "list-unsubscribe",
    "received",
    "content-disposition",
    "content-id",
];
