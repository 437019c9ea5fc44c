//! What a report returned of the message that it is about.
//! [MS-OXOMSG] 2.2.2, RFC 6522 §3

use std::io::Read;

use mapi_props::person::{ORIGINAL_REPRESENTING, ORIGINAL_SENDER, REPRESENTING, SENDER};
use mapi_props::{
    AttachmentTree, MessageTree, PropKey, PropTag, PropValue, TreeContent, TreeProps, TreeValue,
    recipient_type, tags,
};

use super::{ORIGINAL_MESSAGE_ID, Reader};
use crate::parse::envelope;

/// Bytes of a returned header that are read.
const HEADER_MAX: u64 = 1 << 20;
/// Recipients of the original that are named.
const NAMES_MAX: usize = 1000;

/// Sets PR_ORIGINAL_* from the returned message, or from the header of it that was returned.
pub(super) fn put(reader: &mut Reader<'_>, tree: &mut MessageTree) {
    let returned = tree.attachments.iter().find_map(|a| match &a.content {
        TreeContent::Message(message) => Some(facts(message)),
        TreeContent::Data(_) if is_header(a) => header_of(reader, a).map(|m| facts(&m)),
        _ => None,
    });
    let Some(facts) = returned else { return };
    for (tag, value) in facts {
        // What the machine-readable part said, and the report's own conversation, count more.
        let own = [
            PropTag::from(tags::CONVERSATION_TOPIC),
            PropTag::from(tags::CONVERSATION_INDEX),
            PropTag::from(tags::ORIGINAL_DISPLAY_TO),
        ];
        let key = PropKey::from(tag);
        if !(own.contains(&tag) && tree.props.contains(&key)) {
            tree.props.insert(key, TreeValue::Value(value));
        }
    }
}

fn is_header(attachment: &AttachmentTree) -> bool {
    let media_type = attachment.props.text(tags::ATTACH_MIME_TAG);
    matches!(
        media_type,
        Some("text/rfc822-headers" | "message/rfc822-headers" | "message/global-headers")
    )
}

/// The message that a returned header describes.
fn header_of(reader: &Reader<'_>, attachment: &AttachmentTree) -> Option<MessageTree> {
    let TreeContent::Data(data) = &attachment.content else {
        return None;
    };
    let mut header = Vec::new();
    let reading = data.open().ok()?;
    reading.take(HEADER_MAX).read_to_end(&mut header).ok()?;
    let mut message = MessageTree::default();
    envelope::read(
        &mut message,
        &header,
        reader.context,
        NAMES_MAX,
        reader.context.code_page,
        &mut Vec::new(),
    );
    Some(message)
}

/// Properties of the original and those of the report that keep them.
const COPIED: &[(PropTag, PropTag)] = &[
    (tags::SUBJECT.raw(), tags::ORIGINAL_SUBJECT.raw()),
    (
        tags::CLIENT_SUBMIT_TIME.raw(),
        tags::ORIGINAL_SUBMIT_TIME.raw(),
    ),
    (
        tags::MESSAGE_DELIVERY_TIME.raw(),
        tags::ORIGINAL_DELIVERY_TIME.raw(),
    ),
    (tags::INTERNET_MESSAGE_ID.raw(), ORIGINAL_MESSAGE_ID.raw()),
    (
        tags::CONVERSATION_INDEX.raw(),
        tags::CONVERSATION_INDEX.raw(),
    ),
];

fn facts(original: &MessageTree) -> Vec<(PropTag, PropValue)> {
    let people = [
        (SENDER, ORIGINAL_SENDER),
        (REPRESENTING, ORIGINAL_REPRESENTING),
    ];
    let people = people
        .iter()
        .flat_map(|(from, to)| from.each().into_iter().zip(to.each()));
    let copied = COPIED.iter().copied().chain(people);
    let mut facts: Vec<(PropTag, PropValue)> = copied
        .filter_map(|(from, to)| Some((to, original.props.value(from)?.clone())))
        .collect();
    let class = original.props.text(tags::MESSAGE_CLASS);
    let class = class.unwrap_or("IPM.Note").to_owned();
    facts.push((tags::ORIG_MESSAGE_CLASS.raw(), PropValue::Unicode(class)));
    let topic = original.props.text(tags::CONVERSATION_TOPIC);
    if let Some(topic) = topic {
        let topic = PropValue::Unicode(topic.to_owned());
        facts.push((tags::CONVERSATION_TOPIC.raw(), topic));
    }
    for (kind, tag) in [
        (recipient_type::TO, tags::ORIGINAL_DISPLAY_TO),
        (recipient_type::CC, tags::ORIGINAL_DISPLAY_CC),
        (recipient_type::BCC, tags::ORIGINAL_DISPLAY_BCC),
    ] {
        let names = names(&original.recipients, kind);
        if !names.is_empty() {
            facts.push((tag.raw(), PropValue::Unicode(names)));
        }
    }
    facts
}

fn names(rows: &[TreeProps], kind: i32) -> String {
    let of_kind = |row: &&TreeProps| {
        row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long) == Some(kind)
    };
    let names: Vec<&str> = rows
        .iter()
        .filter(of_kind)
        .filter_map(|row| row.text(tags::DISPLAY_NAME))
        .take(NAMES_MAX)
        .collect();
    names.join("; ")
}
