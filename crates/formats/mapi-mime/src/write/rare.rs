//! Fields that only some mail has: languages, flags, what Exchange and its telephone say, news.
//! [MS-OXCMAIL] 2.1.3.2, RFC 5536
//!
//! What the receiver's own organisation noted (X-MS-Exchange-Organization-…) is not written: it is carried over where a
//! received message is written again.

use std::io;

use mapi_props::{PropKey, PropName, PropTag, PropValue, Tag, TreeProps, TreeValue, guids, tags};

use super::{Writer, field, text_of};
use crate::header::language;

/// Fields whose text is a property's as it stands.
const TEXTS: &[(&str, Tag<str>)] = &[
    ("Organization", tags::INTERNET_ORGANIZATION),
    ("Precedence", tags::INTERNET_PRECEDENCE),
    ("Newsgroups", tags::INTERNET_NEWSGROUPS),
    ("Followup-To", tags::INTERNET_FOLLOWUP_TO),
    ("Distribution", tags::INTERNET_DISTRIBUTION),
    ("Approved", tags::INTERNET_APPROVED),
    ("Control", tags::INTERNET_CONTROL),
    ("Path", tags::INTERNET_NNTP_PATH),
    ("X-CallingTelephoneNumber", tags::SENDER_TELEPHONE_NUMBER),
    ("X-VoiceMessageSenderName", tags::VOICE_MESSAGE_SENDER_NAME),
    ("X-AttachmentOrder", tags::VOICE_MESSAGE_ATTACHMENT_ORDER),
    ("X-CallID", tags::CALL_ID),
];

/// Fields of PSETID_Common.
const COMMON: &[(&str, u32)] = &[
    ("X-Microsoft-Classified", CLASSIFIED),
    ("X-Microsoft-Classification", 0x85B6),
    ("X-Microsoft-ClassDesc", 0x85B7),
    ("X-Microsoft-ClassID", 0x85B8),
    ("X-Microsoft-ClassKeep", 0x85BA),
    ("X-Message-Flag", 0x8530),
];
/// PidLidClassified, without which the others of its kind mean nothing.
const CLASSIFIED: u32 = 0x85B5;

/// Fields and other names of them that are written here or stand for what is.
const NAMES: &[&str] = &[
    "organisation",
    "content-language",
    "x-accept-language",
    "x-auto-response-suppress",
    "x-faxnumberofpages",
    "x-ms-tnef-correlator",
    "prevent-nondelivery-report",
    "x-list-help",
    "x-list-subscribe",
    "x-list-unsubscribe",
];

/// Whether a field is written from a property here.
pub(super) fn is_own(name: &str) -> bool {
    let is = |n: &&str| n.eq_ignore_ascii_case(name);
    NAMES.iter().any(is) || TEXTS.iter().any(|(n, _)| is(n)) || COMMON.iter().any(|(n, _)| is(n))
}

/// Whether a property is written here, or said by the fields of a received message only.
pub(super) fn is_written(key: &PropKey) -> bool {
    const OTHERS: [PropTag; 10] = [
        tags::MESSAGE_LOCALE_ID.raw(),
        tags::AUTO_RESPONSE_SUPPRESS.raw(),
        tags::FAX_NUMBER_OF_PAGES.raw(),
        tags::TNEF_CORRELATION_KEY.raw(),
        tags::ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED.raw(),
        tags::INTERNET_LINES.raw(),
        tags::CONTENT_FILTER_SCL.raw(),
        tags::SENDER_ID_STATUS.raw(),
        tags::PURPORTED_SENDER_DOMAIN.raw(),
        // Set with X-Message-Flag.
        tags::FLAG_STATUS.raw(),
    ];
    match key {
        PropKey::Id(id) => {
            OTHERS.iter().any(|t| t.id() == *id) || TEXTS.iter().any(|(_, t)| t.id() == *id)
        }
        PropKey::Named(name) => COMMON
            .iter()
            .any(|(_, lid)| *name == PropName::id(guids::PSETID_COMMON, *lid)),
    }
}

pub(super) fn write(writer: &mut Writer<'_>, props: &TreeProps) -> io::Result<()> {
    for (name, tag) in TEXTS {
        let value = text_of(props, *tag);
        if !value.trim().is_empty() {
            writer.line(&field::verbatim(name, value))?;
        }
    }
    for (name, lid) in COMMON {
        match of_lid(props, *lid) {
            Some(PropValue::Unicode(text)) if !text.is_empty() => {
                writer.line(&field::unstructured(name, text))?;
            }
            Some(PropValue::Bool(value)) => writer.line(&format!("{name}: {value}"))?,
            _ => {}
        }
    }
    numbers(writer, props)?;
    let report = tags::ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED;
    if props.value(report).and_then(PropValue::as_bool) == Some(false) {
        writer.line("Prevent-NonDelivery-Report: true")?;
    }
    let key = props.value(tags::TNEF_CORRELATION_KEY);
    let key = key.and_then(PropValue::as_bytes).unwrap_or_default();
    match std::str::from_utf8(key.strip_suffix(b"\0").unwrap_or(key)) {
        Ok(key) if !key.trim().is_empty() => {
            writer.line(&field::verbatim("X-MS-TNEF-Correlator", key))
        }
        _ => Ok(()),
    }
}

fn of_lid(props: &TreeProps, lid: u32) -> Option<&PropValue> {
    let name = PropName::id(guids::PSETID_COMMON, lid);
    props.get(&PropKey::Named(name)).and_then(TreeValue::value)
}

fn numbers(writer: &mut Writer<'_>, props: &TreeProps) -> io::Result<()> {
    let long = |tag: Tag<i32>| props.value(tag).and_then(PropValue::as_long);
    if let Some(language) = long(tags::MESSAGE_LOCALE_ID).and_then(language::tag_of) {
        writer.line(&format!("Content-Language: {language}"))?;
    }
    if let Some(pages) = long(tags::FAX_NUMBER_OF_PAGES) {
        writer.line(&format!("X-FaxNumberOfPages: {pages}"))?;
    }
    match long(tags::AUTO_RESPONSE_SUPPRESS) {
        None | Some(0) => Ok(()),
        Some(-1) => writer.line("X-Auto-Response-Suppress: All"),
        Some(bits) => {
            let kinds = ["DR", "NDR", "RN", "NRN", "OOF", "AutoReply"];
            let set = kinds
                .iter()
                .enumerate()
                .filter(|(n, _)| bits & (1 << n) != 0);
            let set: Vec<&str> = set.map(|(_, kind)| *kind).collect();
            if set.is_empty() {
                return Ok(());
            }
            writer.line(&format!("X-Auto-Response-Suppress: {}", set.join(", ")))
        }
    }
}
