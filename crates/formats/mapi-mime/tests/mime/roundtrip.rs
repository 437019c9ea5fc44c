//! Trees made here are written and read again.

use mapi_mime::{ImportContext, WriteOptions, parse, write};
use mapi_props::{
    AttachmentTree, FileTime, MessageTree, PropValue, TreeContent, TreeProps, attach_method,
    recipient_type, tags,
};
use proptest::prelude::*;

use crate::shown::essence;

const NOW: FileTime = FileTime(134_398_308_050_000_000);

/// A line of text as people write it in subjects and names: no control characters, no blanks at the ends.
fn line() -> impl Strategy<Value = String> {
    let any = proptest::string::string_regex("[ -~éßłøЖ会議😀\u{a0}]{0,90}").unwrap();
    any.prop_map(|s| s.trim_matches([' ', '\u{a0}']).to_owned())
}

fn name() -> impl Strategy<Value = String> {
    line().prop_map(|s| s.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn address() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\\.[a-z0-9]{1,9}){0,2}@[a-z0-9]{1,12}(\\.[a-z]{2,5}){1,2}").unwrap()
}

fn body() -> impl Strategy<Value = String> {
    let line = proptest::string::string_regex("[ -~éßłø会議\t]{0,120}").unwrap();
    let special = prop_oneof![
        Just(".".to_owned()),
        Just("From me".to_owned()),
        Just("--=_malle".to_owned()),
        Just("x".repeat(1500))
    ];
    let lines = proptest::collection::vec(prop_oneof![4 => line, 1 => special], 1..12);
    lines
        .prop_map(|l| l.join("\r\n").trim().to_owned())
        .prop_filter("a body", |b| !b.is_empty())
}

fn file_name() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[a-zA-Z0-9 é会_()'%,;=\"-]{1,60}\\.[a-z]{2,4}")
        .unwrap()
        .prop_map(|s| s.trim().to_owned())
}

fn attachment() -> impl Strategy<Value = AttachmentTree> {
    (file_name(), proptest::collection::vec(any::<u8>(), 0..6000)).prop_map(|(name, bytes)| {
        let mut attachment = AttachmentTree::default();
        attachment
            .props
            .set(tags::ATTACH_METHOD, attach_method::BY_VALUE);
        attachment.props.set(tags::ATTACH_LONG_FILENAME, name);
        attachment
            .props
            .set(tags::ATTACH_MIME_TAG, "application/x-test");
        attachment.content = TreeContent::Data(bytes.into());
        attachment
    })
}

fn recipient() -> impl Strategy<Value = TreeProps> {
    let kind = prop_oneof![
        Just(recipient_type::TO),
        Just(recipient_type::CC),
        Just(recipient_type::BCC)
    ];
    (name(), address(), kind).prop_map(|(name, address, kind)| {
        let mut row = TreeProps::default();
        let shown = if name.is_empty() {
            address.clone()
        } else {
            name
        };
        row.set(tags::DISPLAY_NAME, shown);
        row.set(tags::EMAIL_ADDRESS, address);
        row.set(tags::RECIPIENT_TYPE, kind);
        row
    })
}

prop_compose! {
    fn message()(
        subject in line(), from in (name(), address()), text in proptest::option::of(body()), html in proptest::option::of(body()),
        mut recipients in proptest::collection::vec(recipient(), 0..5), attachments in proptest::collection::vec(attachment(), 0..3),
        importance in proptest::option::of(prop_oneof![Just(0), Just(2)]),
    ) -> MessageTree {
        let mut tree = MessageTree::default();
        tree.props.set(tags::MESSAGE_CLASS, "IPM.Note");
        tree.props.set(tags::SUBJECT, subject);
        tree.props.set(tags::CLIENT_SUBMIT_TIME, NOW);
        let shown = if from.0.is_empty() { from.1.clone() } else { from.0 };
        tree.props.set(tags::SENT_REPRESENTING_NAME, shown);
        tree.props.set(tags::SENT_REPRESENTING_EMAIL_ADDRESS, from.1.clone());
        tree.props.set(tags::SENDER_EMAIL_ADDRESS, from.1);
        if let Some(text) = &text {
            tree.props.set(tags::BODY, text.as_str());
        }
        if let Some(html) = &html {
            tree.props.set(tags::HTML, format!("<p>{html}</p>").into_bytes());
            tree.props.set(tags::INTERNET_CPID, 65001);
        }
        if let Some(importance) = importance {
            tree.props.set(tags::IMPORTANCE, importance);
        }
        // One field for each kind: their order among each other is not kept.
        recipients.sort_by_key(|r| r.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long));
        tree.recipients = recipients;
        tree.attachments = attachments;
        tree
    }
}

fn embedded(inner: MessageTree) -> AttachmentTree {
    let mut attachment = AttachmentTree::default();
    attachment
        .props
        .set(tags::ATTACH_METHOD, attach_method::EMBEDDED_MSG);
    attachment
        .props
        .set(tags::ATTACH_LONG_FILENAME, "inner.eml");
    attachment
        .props
        .set(tags::ATTACH_MIME_TAG, "message/rfc822");
    attachment.content = TreeContent::Message(Box::new(inner));
    attachment
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn messages_come_back(mut tree in message(), mut inner in proptest::option::of(message())) {
        if let Some(inner) = inner.as_mut() {
            // Bcc never goes out with an embedded message either, unless asked for.
            inner.recipients.retain(|r| r.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long) != Some(recipient_type::BCC));
        }
        tree.attachments.extend(inner.map(embedded));
        let options = WriteOptions { with_bcc: true, ..WriteOptions::default() };
        let mut bytes = Vec::new();
        let written = write(&tree, &options, &mut bytes).unwrap();
        prop_assert!(written.losses.is_empty());
        prop_assert!(bytes.is_ascii());
        let text = String::from_utf8(bytes.clone()).unwrap();
        for line in text.split("\r\n") {
            prop_assert!(!line.contains(['\r', '\n']) && line.len() <= 200, "{line:?}");
        }
        let again = parse(bytes, &ImportContext::new(NOW)).unwrap();
        prop_assert!(again.defects.is_empty(), "{:?}\n{text}", again.defects);
        prop_assert_eq!(essence(&again), essence(&tree), "{}", text);
    }
}

#[test]
fn bcc_stays_here_unless_asked_for() {
    let mut tree = MessageTree::default();
    let mut row = TreeProps::default();
    row.set(tags::EMAIL_ADDRESS, "secret@example.org");
    row.set(tags::RECIPIENT_TYPE, recipient_type::BCC);
    tree.recipients.push(row);
    let mut bytes = Vec::new();
    write(&tree, &WriteOptions::default(), &mut bytes).unwrap();
    assert!(!String::from_utf8(bytes).unwrap().contains("secret"));
}

#[test]
fn no_value_starts_a_field_of_its_own() {
    let mut tree = MessageTree::default();
    for tag in [
        tags::SUBJECT,
        tags::INTERNET_MESSAGE_ID,
        tags::IN_REPLY_TO_ID,
        tags::CONVERSATION_TOPIC,
        tags::LIST_HELP,
    ] {
        tree.props.set(tag, "x\r\nEvil: yes\n\nbody");
    }
    tree.props
        .set(tags::SENT_REPRESENTING_NAME, "x\r\nEvil: yes");
    tree.props
        .set(tags::SENT_REPRESENTING_EMAIL_ADDRESS, "a@b\r\nEvil: yes");
    let mut attachment = AttachmentTree::default();
    attachment
        .props
        .set(tags::ATTACH_LONG_FILENAME, "x\r\nEvil: yes");
    attachment
        .props
        .set(tags::ATTACH_MIME_TAG, "a/b\r\nEvil: yes");
    attachment
        .props
        .set(tags::ATTACH_CONTENT_ID, "x\r\nEvil: yes");
    attachment.content = TreeContent::Data(Vec::new().into());
    tree.attachments.push(attachment);
    let mut bytes = Vec::new();
    write(&tree, &WriteOptions::default(), &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(!text.contains("\nEvil"), "{text}");
}

#[test]
fn no_line_is_too_long() {
    let long = "x".repeat(5000);
    let mut tree = MessageTree::default();
    for tag in [
        tags::SUBJECT,
        tags::INTERNET_MESSAGE_ID,
        tags::INTERNET_REFERENCES,
        tags::BODY,
    ] {
        tree.props.set(tag, long.as_str());
    }
    tree.props.set(tags::SENT_REPRESENTING_NAME, long.as_str());
    tree.props.set(tags::SENT_REPRESENTING_EMAIL_ADDRESS, "a@b");
    let mut row = TreeProps::default();
    row.set(tags::EMAIL_ADDRESS, format!("{long}@b"));
    tree.recipients.push(row);
    let mut bytes = Vec::new();
    let written = write(&tree, &WriteOptions::default(), &mut bytes).unwrap();
    assert!(bytes.split(|b| *b == b'\n').all(|l| l.len() <= 998));
    let codes: Vec<_> = written.losses.iter().map(|l| l.code).collect();
    assert_eq!(
        codes,
        [
            "no-date",
            "bad-address",
            "recipient-without-address",
            "message-id"
        ]
    );
}
