//! The header of a message from its properties and recipients.
//! [MS-OXCMAIL] 2.1.2 and 2.1.3

use std::io;

use mapi_props::{
    FileTime, MessageTree, NameKind, PropKey, PropName, PropValue, Tag, TreeProps, TreeValue,
    guids, tags,
};

use super::carried::Carried;
use super::people::{self, People};
use super::{Writer, field, text_of};
use crate::header::date;
use crate::transfer::base64;

/// Writes everything above the Content-* fields.
///
/// Trace fields stand first, as RFC 5322 §3.6.7 wants them; then what properties say; then the other fields that a
/// received message brought.
pub(super) fn write(writer: &mut Writer<'_>, tree: &MessageTree, top: bool) -> io::Result<()> {
    let props = &tree.props;
    let carried = if top && !writer.options.with_received {
        Carried::default()
    } else {
        Carried::of(writer, tree)
    };
    writer.lines(&carried.above)?;
    when(writer, tree, top, &carried)?;
    let people = People::of(writer, tree);
    people::write(writer, &people)?;
    if let Some(subject) = props.text(tags::SUBJECT) {
        writer.line(&field::unstructured("Subject", subject))?;
    }
    ids(writer, tree, top)?;
    marks(writer, props)?;
    receipts(writer, props, &people)?;
    times_and_lists(writer, props)?;
    keywords(writer, props)?;
    super::rare::write(writer, props)?;
    named(writer, props)?;
    writer.lines(&carried.below)?;
    writer.line("MIME-Version: 1.0")
}

fn when(
    writer: &mut Writer<'_>,
    tree: &MessageTree,
    top: bool,
    carried: &Carried,
) -> io::Result<()> {
    let given = if top { writer.options.date } else { None };
    let sent = time_of(&tree.props, tags::CLIENT_SUBMIT_TIME);
    if let Some(date) = carried.date.as_ref().filter(|d| Some(d.time) == sent) {
        // The sender's zone is part of what was said.
        return writer.line(&format!("Date: {}", date.text));
    }
    let delivered = time_of(&tree.props, tags::MESSAGE_DELIVERY_TIME);
    match sent.or(given).or(delivered) {
        Some(time) => writer.line(&format!("Date: {}", date::format(time))),
        None => {
            writer.loss("no-date", "the message has no date, and none was given");
            Ok(())
        }
    }
}

pub(super) fn time_of(props: &TreeProps, tag: Tag<FileTime>) -> Option<FileTime> {
    props.value(tag).and_then(PropValue::as_time)
}

fn ids(writer: &mut Writer<'_>, tree: &MessageTree, top: bool) -> io::Result<()> {
    let props = &tree.props;
    message_id(writer, props, top)?;
    for (name, tag) in [
        ("In-Reply-To", tags::IN_REPLY_TO_ID),
        ("References", tags::INTERNET_REFERENCES),
    ] {
        let value = text_of(props, tag);
        if !value.trim().is_empty() {
            writer.line(&field::verbatim(name, value))?;
        }
    }
    let topic = text_of(props, tags::CONVERSATION_TOPIC);
    if !topic.is_empty() {
        writer.line(&field::unstructured("Thread-Topic", topic))?;
    }
    let index = props
        .value(tags::CONVERSATION_INDEX)
        .and_then(PropValue::as_bytes);
    if let Some(index) = index.filter(|b| b.len() >= 22) {
        let coded = base64::encode(index);
        let pieces: Vec<&str> = coded
            .as_bytes()
            .chunks(60)
            .filter_map(|c| std::str::from_utf8(c).ok())
            .collect();
        writer.structured("Thread-Index", &pieces.join(" "))?;
    }
    Ok(())
}

/// The message's own Message-ID; one that has none, or one that no reader would take for it, gets one made from its
/// content, the same whenever it is written.
fn message_id(writer: &mut Writer<'_>, props: &TreeProps, top: bool) -> io::Result<()> {
    let own = text_of(props, tags::INTERNET_MESSAGE_ID).trim();
    let valid = valid_id(own);
    if valid.is_none() && !own.is_empty() {
        writer.loss("message-id", own.chars().take(200).collect::<String>());
    }
    let given = || writer.options.message_id.as_deref().and_then(valid_id);
    let made = || format!("<{:016x}.malle@{}>", writer.hash, writer.options.domain);
    let id = valid.or_else(|| top.then(|| given().unwrap_or_else(made)));
    id.map_or(Ok(()), |id| writer.line(&format!("Message-ID: {id}")))
}

/// RFC 5322 §3.6.4: two halves of atoms, in angle brackets, which are added where there are none.
fn valid_id(text: &str) -> Option<String> {
    let inner = text.trim();
    let inner = match inner.strip_prefix('<') {
        Some(rest) => rest.strip_suffix('>')?,
        None => inner,
    };
    let (left, right) = inner.split_once('@')?;
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    let atoms = |t: &str| t.split('.').all(|a| !a.is_empty() && a.bytes().all(atom));
    let literal = |t: &str| {
        let inner = t.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
        inner.is_some_and(|t| t.bytes().all(|b| matches!(b, 33..=90 | 94..=126)))
    };
    let fine = atoms(left) && (atoms(right) || literal(right)) && inner.len() <= 900;
    fine.then(|| format!("<{inner}>"))
}

/// Importance and sensitivity.
fn marks(writer: &mut Writer<'_>, props: &TreeProps) -> io::Result<()> {
    let long = |tag: Tag<i32>| props.value(tag).and_then(PropValue::as_long);
    match long(tags::IMPORTANCE) {
        Some(2) => writer.line("Importance: high")?,
        Some(1) => writer.line("Importance: normal")?,
        Some(0) => writer.line("Importance: low")?,
        _ => {}
    }
    match long(tags::SENSITIVITY) {
        Some(1) => writer.line("Sensitivity: Personal")?,
        Some(2) => writer.line("Sensitivity: Private")?,
        Some(3) => writer.line("Sensitivity: Company-Confidential")?,
        _ => {}
    }
    if is_set(props, tags::AUTO_FORWARDED) {
        writer.line("Autoforwarded: true")?;
    }
    Ok(())
}

fn is_set(props: &TreeProps, tag: Tag<bool>) -> bool {
    props.value(tag).and_then(PropValue::as_bool) == Some(true)
}

/// Receipts that are asked for go to whom the message names for them, else to its author.
fn receipts(writer: &mut Writer<'_>, props: &TreeProps, people: &People) -> io::Result<()> {
    let named = people::one_offs(writer, props, tags::READ_RECEIPT_ENTRYID)
        .into_iter()
        .next()
        .or_else(|| people.author().map(str::to_owned));
    for (name, tag, to) in [
        (
            "Disposition-Notification-To",
            tags::READ_RECEIPT_REQUESTED,
            named.as_deref(),
        ),
        (
            "Return-Receipt-To",
            tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED,
            people.author(),
        ),
    ] {
        match to.filter(|_| is_set(props, tag)) {
            Some(to) => writer.line(&field::list(name, &[to.to_owned()]))?,
            None if is_set(props, tag) => writer.loss("receipt-to-nobody", name),
            None => {}
        }
    }
    Ok(())
}

fn times_and_lists(writer: &mut Writer<'_>, props: &TreeProps) -> io::Result<()> {
    for (name, tag) in [
        ("Expires", tags::EXPIRY_TIME),
        ("Reply-By", tags::REPLY_TIME),
        ("Deferred-Delivery", tags::DEFERRED_DELIVERY_TIME),
    ] {
        if let Some(time) = time_of(props, tag) {
            writer.line(&format!("{name}: {}", date::format(time)))?;
        }
    }
    for (name, tag) in [
        ("List-Help", tags::LIST_HELP),
        ("List-Subscribe", tags::LIST_SUBSCRIBE),
        ("List-Unsubscribe", tags::LIST_UNSUBSCRIBE),
    ] {
        let value = text_of(props, tag);
        if !value.trim().is_empty() {
            writer.line(&field::verbatim(name, value))?;
        }
    }
    Ok(())
}

/// The name of PidNameKeywords, the categories of a message.
pub(super) fn keywords_name() -> PropName {
    PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords")
}

/// Categories. [MS-OXCMAIL] 2.1.3.2.1
fn keywords(writer: &mut Writer<'_>, props: &TreeProps) -> io::Result<()> {
    let Some(TreeValue::Value(PropValue::MvUnicode(words))) =
        props.get(&PropKey::Named(keywords_name()))
    else {
        return Ok(());
    };
    let items: Vec<String> = words
        .iter()
        .map(|w| field::phrase(w))
        .filter(|w| !w.is_empty())
        .collect();
    if items.is_empty() {
        return Ok(());
    }
    writer.line(&field::list("Keywords", &items))
}

/// The name of a field that a named property stands for, if it is one that can be written.
pub(super) fn field_name<'a>(key: &'a PropKey, value: &TreeValue) -> Option<&'a str> {
    let PropKey::Named(name) = key else {
        return None;
    };
    let NameKind::Text(header) = &name.kind else {
        return None;
    };
    let text = matches!(value, TreeValue::Value(PropValue::Unicode(_)));
    let fine = name.guid == guids::PS_INTERNET_HEADERS && text && field::is_name(header);
    (fine && !is_own(header)).then_some(header)
}

/// PS_INTERNET_HEADERS names, but those that are written from properties of their own.
fn named(writer: &mut Writer<'_>, props: &TreeProps) -> io::Result<()> {
    for (key, value) in props.iter() {
        if let Some(header) = field_name(key, value)
            && let TreeValue::Value(PropValue::Unicode(text)) = value
        {
            writer.line(&field::verbatim(header, text))?;
        }
    }
    Ok(())
}

/// Whether a field is written from properties of its own, or describes a body that is written anew.
pub(super) fn is_own(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // Content-Class and the like say nothing of the form of the body.
    let of_body = [
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
        "content-id",
        "content-length",
        "content-md5",
        "content-description",
        "content-location",
        "lines",
    ];
    OWN.contains(&name.as_str()) || of_body.contains(&name.as_str()) || super::rare::is_own(&name)
}

/// Fields whose meaning is in properties, and other spellings of them.
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
    "x-priority",
    "x-msmail-priority",
    "priority",
    "sensitivity",
    "mime-version",
    "disposition-notification-to",
    "x-confirm-reading-to",
    "return-receipt-to",
    "autoforwarded",
    "expires",
    "expiry-date",
    "reply-by",
    "deferred-delivery",
    "list-help",
    "list-subscribe",
    "list-unsubscribe",
    "keywords",
];

#[cfg(test)]
mod tests {
    use super::valid_id;

    #[test]
    fn message_ids_are_two_halves_in_brackets() {
        for (text, id) in [
            ("<a.b@c.d>", Some("<a.b@c.d>")),
            ("a@b", Some("<a@b>")),
            ("<a@[1.2.3.4]>", Some("<a@[1.2.3.4]>")),
            ("<a b@c>", None),
            ("<a@b@c>", None),
            ("<a@b", None),
            ("<a>", None),
            ("<é@b>", None),
            ("", None),
        ] {
            assert_eq!(valid_id(text).as_deref(), id, "{text}");
        }
    }
}
