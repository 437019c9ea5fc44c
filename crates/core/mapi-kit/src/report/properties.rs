//! What every report says of the message that it is about.
//! Reference: "Required Report Message Properties", "Optional Report Message Properties"

use mapi_props::person::{
    ORIGINAL_REPRESENTING, ORIGINAL_SENDER, PersonTags, RECEIVED_BY, RECEIVED_FOR, REPRESENTING,
    SENDER,
};
use mapi_props::{FileTime, MessageTree, PropTag, PropValue, Tag, TreeProps, recipient_type, tags};

use crate::subject;

/// Characters of the original's class, so that `REPORT.`, it and the suffix stay within 255.
const CLASS_MAX: usize = 127;

/// PidTagOriginalMessageId, which has the number of PR_INTERNET_RETURN_PATH in reports. [MS-OXOMSG] 2.2.1.85
const ORIGINAL_MESSAGE_ID: Tag<str> = tags::INTERNET_RETURN_PATH;

/// Properties of the original and those of the report that keep them.
const COPIED: &[(PropTag, PropTag)] = &[
    (
        tags::CLIENT_SUBMIT_TIME.raw(),
        tags::ORIGINAL_SUBMIT_TIME.raw(),
    ),
    (tags::INTERNET_MESSAGE_ID.raw(), ORIGINAL_MESSAGE_ID.raw()),
    (
        tags::INTERNET_MESSAGE_ID.raw(),
        tags::INTERNET_REFERENCES.raw(),
    ),
    (
        tags::CONVERSATION_INDEX.raw(),
        tags::CONVERSATION_INDEX.raw(),
    ),
    (tags::REPORT_TAG.raw(), tags::REPORT_TAG.raw()),
    (tags::SEARCH_KEY.raw(), tags::PARENT_KEY.raw()),
];

/// People of the original and those of the report that keep them.
const KEPT: [(PersonTags, PersonTags); 2] = [
    (SENDER, ORIGINAL_SENDER),
    (REPRESENTING, ORIGINAL_REPRESENTING),
];

/// Who the reader was is whoever received the message, and whom he represents.
const READER: [(PersonTags, PersonTags); 3] = [
    (RECEIVED_BY, SENDER),
    (RECEIVED_BY, REPRESENTING),
    (RECEIVED_FOR, REPRESENTING),
];

/// Sets the class and what is told of the original.
pub(super) fn put(props: &mut TreeProps, original: &MessageTree, suffix: &str, now: FileTime) {
    let about = &original.props;
    let class = about
        .text(tags::MESSAGE_CLASS)
        .filter(|class| !class.is_empty());
    let class = class.unwrap_or("IPM.Note");
    props.set(tags::ORIG_MESSAGE_CLASS, class);
    let class: String = class.chars().take(CLASS_MAX).collect();
    props.set(tags::MESSAGE_CLASS, format!("REPORT.{class}.{suffix}"));
    for (from, to) in COPIED {
        if let Some(value) = about.value(*from) {
            props.set(*to, value.clone());
        }
    }
    keep(props, about, &KEPT);
    let subject = subject_of(about);
    let topic = about.text(tags::CONVERSATION_TOPIC).map(str::to_owned);
    let topic = topic.unwrap_or_else(|| subject::split(&subject, None).normalized.to_owned());
    props.set(tags::CONVERSATION_TOPIC, topic);
    props.set(tags::ORIGINAL_SUBJECT, subject);
    for (kind, tag) in [
        (recipient_type::TO, tags::ORIGINAL_DISPLAY_TO),
        (recipient_type::CC, tags::ORIGINAL_DISPLAY_CC),
        (recipient_type::BCC, tags::ORIGINAL_DISPLAY_BCC),
    ] {
        props.set(tag, names(&original.recipients, kind));
    }
    props.set(tags::REPORT_TIME, now);
    props.set(tags::MESSAGE_DELIVERY_TIME, now);
}

/// Sets the sender of a read report.
pub(super) fn put_reader(props: &mut TreeProps, about: &TreeProps) {
    keep(props, about, &READER);
}

/// Says of people of the report what the original says of others.
fn keep(props: &mut TreeProps, about: &TreeProps, people: &[(PersonTags, PersonTags)]) {
    for (from, to) in people {
        for (from, to) in from.each().into_iter().zip(to.each()) {
            if let Some(value) = about.value(from) {
                props.set(to, value.clone());
            }
        }
    }
}

/// The subject with the report's prefix, for those who read mail without knowing reports.
pub(super) fn put_subject(props: &mut TreeProps, about: &TreeProps, prefix: &str) {
    let subject = subject_of(about);
    props.set(tags::SUBJECT_PREFIX, prefix);
    props.set(tags::SUBJECT, format!("{prefix}{subject}"));
}

fn subject_of(about: &TreeProps) -> String {
    if let Some(subject) = about.text(tags::SUBJECT) {
        return subject.to_owned();
    }
    let part = |tag: Tag<str>| about.text(tag).unwrap_or_default();
    format!(
        "{}{}",
        part(tags::SUBJECT_PREFIX),
        part(tags::NORMALIZED_SUBJECT)
    )
}

fn names(rows: &[TreeProps], kind: i32) -> String {
    let of_kind = |row: &&TreeProps| {
        let found = row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long);
        // MAPI_SUBMITTED and MAPI_P1 are bits above the kind.
        found.is_some_and(|k| k & 0xF == kind)
    };
    let names: Vec<&str> = rows
        .iter()
        .filter(of_kind)
        .filter_map(|row| {
            let name = row.text(tags::DISPLAY_NAME).filter(|n| !n.is_empty());
            name.or_else(|| row.text(tags::EMAIL_ADDRESS))
        })
        .collect();
    names.join("; ")
}
