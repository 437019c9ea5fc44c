//! What a message says, as a list that can be compared: everything that MIME can carry.

use std::collections::BTreeMap;
use std::io::Read;

use mapi_mime::decode_code_page;
use mapi_props::{
    AttachmentTree, MessageTree, NameKind, PropKey, PropTag, PropValue, Tag, TreeContent,
    TreeProps, TreeValue, tags,
};

/// What is said, by what it is about.
pub(crate) type Said = BTreeMap<String, String>;

/// What was said before and after.
pub(crate) struct Difference {
    pub(crate) what: String,
    pub(crate) was: Option<String>,
    pub(crate) is: Option<String>,
}

pub(crate) fn differences(before: &Said, after: &Said) -> Vec<Difference> {
    let mut keys: Vec<&String> = before.keys().chain(after.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter()
        .filter(|k| before.get(*k) != after.get(*k))
        .map(|what| Difference {
            what: what.clone(),
            was: before.get(what).map(|s| s.chars().take(300).collect()),
            is: after.get(what).map(|s| s.chars().take(300).collect()),
        })
        .collect()
}

pub(crate) fn said(tree: &MessageTree) -> Said {
    let mut out = Said::new();
    message(tree, "", &mut out);
    out
}

/// What fields say in words.
const TEXTS: &[(Tag<str>, &str)] = &[
    (tags::SUBJECT, "subject"),
    (tags::MESSAGE_CLASS, "class"),
    (tags::SENT_REPRESENTING_NAME, "from name"),
    (tags::SENT_REPRESENTING_EMAIL_ADDRESS, "from"),
    (tags::SENDER_NAME, "sender name"),
    (tags::SENDER_EMAIL_ADDRESS, "sender"),
    (tags::REPLY_RECIPIENT_NAMES, "reply to"),
    (tags::INTERNET_MESSAGE_ID, "id"),
    (tags::IN_REPLY_TO_ID, "in reply to"),
    (tags::INTERNET_REFERENCES, "references"),
    (tags::CONVERSATION_TOPIC, "topic"),
    (tags::LIST_HELP, "list help"),
    (tags::LIST_SUBSCRIBE, "list subscribe"),
    (tags::LIST_UNSUBSCRIBE, "list unsubscribe"),
    (tags::INTERNET_ORGANIZATION, "organization"),
    (tags::INTERNET_PRECEDENCE, "precedence"),
    (tags::INTERNET_NEWSGROUPS, "newsgroups"),
    (tags::INTERNET_NNTP_PATH, "path"),
    (tags::READ_RECEIPT_EMAIL_ADDRESS, "receipt to"),
];

/// What they say otherwise.
const VALUES: &[(PropTag, &str)] = &[
    (tags::IMPORTANCE.raw(), "importance"),
    (tags::SENSITIVITY.raw(), "sensitivity"),
    (tags::CLIENT_SUBMIT_TIME.raw(), "date"),
    (tags::EXPIRY_TIME.raw(), "expires"),
    (tags::REPLY_TIME.raw(), "reply by"),
    (tags::DEFERRED_DELIVERY_TIME.raw(), "deferred"),
    (tags::READ_RECEIPT_REQUESTED.raw(), "receipt asked"),
    (
        tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED.raw(),
        "report asked",
    ),
    (tags::CONVERSATION_INDEX.raw(), "index"),
    (tags::MESSAGE_LOCALE_ID.raw(), "language"),
    (tags::AUTO_RESPONSE_SUPPRESS.raw(), "auto response"),
    (tags::FLAG_STATUS.raw(), "flag"),
    (tags::CONTENT_FILTER_SCL.raw(), "spam level"),
    (tags::TNEF_CORRELATION_KEY.raw(), "correlation"),
    (tags::REPLY_RECIPIENT_ENTRIES.raw(), "reply entries"),
];

fn message(tree: &MessageTree, at: &str, out: &mut Said) {
    let props = &tree.props;
    for (tag, name) in TEXTS {
        if let Some(text) = props.text(*tag) {
            put(out, at, name, one_line(text));
        }
    }
    for (tag, name) in VALUES {
        if let Some(value) = props.value(*tag) {
            put(out, at, name, format!("{value:?}"));
        }
    }
    if at.is_empty()
        && let Some(time) = props.value(tags::MESSAGE_DELIVERY_TIME)
    {
        put(out, at, "delivered", format!("{time:?}"));
    }
    for (key, value) in props.iter() {
        if let (PropKey::Named(name), TreeValue::Value(PropValue::Unicode(text))) = (key, value)
            && let NameKind::Text(name) = &name.kind
        {
            let name = name.to_ascii_lowercase();
            // Parameters may be quoted or not, in any order.
            let text = if name == "content-type" {
                parameters(text)
            } else {
                one_line(text)
            };
            put(out, at, &format!("named {name}"), text);
        } else if let (PropKey::Named(name), TreeValue::Value(value)) = (key, value) {
            put(
                out,
                at,
                &format!("named {:?}", name.kind),
                format!("{value:?}"),
            );
        }
    }
    bodies(props, at, out);
    recipients(tree, at, out);
    // What the HTML shows goes before what is beside it.
    let mut attachments: Vec<&AttachmentTree> = tree.attachments.iter().collect();
    let html = props.contains(&PropKey::from(tags::HTML.raw()));
    attachments.sort_by_key(|a| {
        let hidden = a.props.value(tags::ATTACHMENT_HIDDEN).is_some();
        let placed = a.props.text(tags::ATTACH_CONTENT_LOCATION).is_some();
        !(html && (hidden || placed))
    });
    for (n, a) in attachments.into_iter().enumerate() {
        attachment(a, &format!("{at}{n}/"), out);
    }
}

fn put(out: &mut Said, at: &str, name: &str, value: String) {
    out.insert(format!("{at}{name}"), value);
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn parameters(text: &str) -> String {
    let mut pieces: Vec<String> = text
        .to_ascii_lowercase()
        .split(';')
        .flat_map(forgotten)
        .map(|p| one_line(&p.replace('"', "")))
        .collect();
    pieces.retain(|p| !p.is_empty() && !p.starts_with("name="));
    pieces.sort();
    pieces.join("; ")
}

/// The parameters of a piece in which the semicolon between two was forgotten.
fn forgotten(piece: &str) -> Vec<&str> {
    let parts = piece.split_once('=').and_then(|(name, rest)| {
        let (value, more) = rest.split_once(' ')?;
        let next = more.contains('=') && !value.contains('"');
        next.then(|| piece.split_at(name.len() + 1 + value.len()))
    });
    parts.map_or(vec![piece], |(first, second)| vec![first, second])
}

fn bodies(props: &TreeProps, at: &str, out: &mut Said) {
    if let Some(bytes) = bytes(props, tags::BODY.raw()) {
        let text = String::from_utf8(bytes).unwrap();
        put(out, at, "text", text.trim_end().to_owned());
    }
    if let Some(bytes) = bytes(props, tags::HTML.raw()) {
        let page = props
            .value(tags::INTERNET_CPID)
            .and_then(PropValue::as_long);
        let html = decode_code_page(&bytes, page.unwrap_or(65001));
        put(
            out,
            at,
            "html",
            html.replace("\r\n", "\n").trim_end().to_owned(),
        );
    }
}

fn recipients(tree: &MessageTree, at: &str, out: &mut Said) {
    let mut rows: Vec<String> = Vec::new();
    for row in &tree.recipients {
        let long = |tag| {
            row.value(tag)
                .and_then(PropValue::as_long)
                .unwrap_or_default()
        };
        rows.push(format!(
            "{} {:?} <{}>",
            long(tags::RECIPIENT_TYPE),
            one_line(row.text(tags::DISPLAY_NAME).unwrap_or_default()),
            row.text(tags::EMAIL_ADDRESS).unwrap_or_default()
        ));
    }
    // Fields of one kind stand together in new MIME.
    rows.sort_by_key(|r| r.chars().next());
    put(out, at, "recipients", rows.join(", "));
}

fn attachment(attachment: &AttachmentTree, at: &str, out: &mut Said) {
    let props = &attachment.props;
    for (tag, name) in [
        (tags::ATTACH_LONG_FILENAME, "file name"),
        (tags::DISPLAY_NAME, "name"),
        (tags::ATTACH_MIME_TAG, "type"),
        (tags::ATTACH_CONTENT_ID, "cid"),
        (tags::ATTACH_CONTENT_LOCATION, "location"),
        (tags::ATTACH_CONTENT_BASE, "base"),
        (tags::TEXT_ATTACHMENT_CHARSET, "charset"),
        (tags::ATTACH_LONG_PATHNAME, "path"),
    ] {
        if let Some(text) = props.text(tag) {
            put(out, at, name, one_line(text));
        }
    }
    for (tag, name) in [
        (tags::ATTACHMENT_HIDDEN.raw(), "hidden"),
        (tags::ATTACH_FLAGS.raw(), "flags"),
        (tags::CREATION_TIME.raw(), "created"),
        (tags::LAST_MODIFICATION_TIME.raw(), "modified"),
    ] {
        if let Some(value) = props.value(tag) {
            put(out, at, name, format!("{value:?}"));
        }
    }
    for (key, value) in props.iter() {
        if let (PropKey::Named(name), TreeValue::Value(value)) = (key, value) {
            let value = value
                .as_str()
                .map_or_else(|| format!("{value:?}"), parameters);
            put(out, at, &format!("named {:?}", name.kind), value);
        }
    }
    match &attachment.content {
        TreeContent::None => {}
        TreeContent::Data(data) | TreeContent::Storage(data) => {
            let mut bytes = Vec::new();
            data.open().unwrap().read_to_end(&mut bytes).unwrap();
            // What may travel without an encoding has lines, and their ends are CRLF.
            let media = props.text(tags::ATTACH_MIME_TAG).unwrap_or_default();
            if media.starts_with("message/") || media.starts_with("multipart/") {
                bytes.retain(|b| *b != b'\r');
                bytes = bytes.trim_ascii_end().to_vec();
            }
            put(
                out,
                at,
                "bytes",
                String::from_utf8_lossy(&bytes).into_owned(),
            );
        }
        TreeContent::Message(inner) => message(inner, at, out),
    }
}

fn bytes(props: &TreeProps, tag: PropTag) -> Option<Vec<u8>> {
    match props.get(&PropKey::from(tag))? {
        TreeValue::Value(PropValue::Unicode(text)) => Some(text.clone().into_bytes()),
        TreeValue::Value(PropValue::Binary(bytes)) => Some(bytes.clone()),
        TreeValue::Value(_) => None,
        TreeValue::Large(_, source) => {
            let mut bytes = Vec::new();
            source.open().ok()?.read_to_end(&mut bytes).ok()?;
            Some(bytes)
        }
    }
}
