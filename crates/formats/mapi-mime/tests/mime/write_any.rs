//! Any tree is written as valid lines, and trees of trees come back.

use mapi_mime::{ImportContext, WriteOptions, parse, write};
use mapi_props::{
    AttachmentTree, FileTime, MessageTree, PropKey, PropName, PropTag, PropValue, TreeContent,
    TreeProps, TreeValue, attach_method, guids, tags,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::said::{differences, said};

const NOW: FileTime = FileTime(134_398_308_050_000_000);

/// Text that means to break out of its place.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\n".to_owned()),
        Just("\r\nEvil: yes\r\n\r\n".to_owned()),
        Just("\n--=_malle_".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("=?utf-8?q?=0D=0AEvil:_yes?=".to_owned()),
        Just("<a@b>".to_owned()),
        Just("@".to_owned()),
        Just("REPORT.IPM.Note.NDR".to_owned()),
        Just("IPM.Note.SMIME".to_owned()),
        Just("message/rfc822".to_owned()),
        Just("x".repeat(1200)),
        any::<String>(),
    ];
    vec(piece, 0..4).prop_map(|p| p.concat())
}

/// Tags from which fields are made, and any others; not those whose lines are to be written as lines.
fn tag() -> impl Strategy<Value = PropTag> {
    let known = prop_oneof![
        Just(tags::MESSAGE_CLASS.raw()),
        Just(tags::SUBJECT.raw()),
        Just(tags::INTERNET_MESSAGE_ID.raw()),
        Just(tags::SENT_REPRESENTING_NAME.raw()),
        Just(tags::SENT_REPRESENTING_EMAIL_ADDRESS.raw()),
        Just(tags::SENDER_EMAIL_ADDRESS.raw()),
        Just(tags::LIST_HELP.raw()),
        Just(tags::DISPLAY_NAME.raw()),
        Just(tags::EMAIL_ADDRESS.raw()),
        Just(tags::ADDRTYPE.raw()),
        Just(tags::REPORT_TEXT.raw()),
        Just(tags::ATTACH_LONG_FILENAME.raw()),
        Just(tags::ATTACH_MIME_TAG.raw()),
        Just(tags::ATTACH_CONTENT_ID.raw()),
        Just(tags::ATTACH_CONTENT_LOCATION.raw()),
        Just(tags::TEXT_ATTACHMENT_CHARSET.raw()),
    ];
    prop_oneof![6 => known, 1 => any::<u16>().prop_map(|id| PropTag::new(id, mapi_props::PropType::UNICODE))]
}

fn props() -> impl Strategy<Value = TreeProps> {
    let text = (tag(), hostile())
        .prop_map(|(tag, text)| (PropKey::Id(tag.id()), PropValue::Unicode(text)));
    let bytes = (tag(), vec(any::<u8>(), 0..60))
        .prop_map(|(tag, bytes)| (PropKey::Id(tag.id()), PropValue::Binary(bytes)));
    let time = prop_oneof![
        Just(tags::REPORT_TIME.raw()),
        Just(tags::CLIENT_SUBMIT_TIME.raw()),
        Just(tags::CREATION_TIME.raw())
    ];
    let time = (time, any::<u64>())
        .prop_map(|(tag, time)| (PropKey::Id(tag.id()), PropValue::SysTime(FileTime(time))));
    let named = (hostile(), hostile()).prop_map(|(name, text)| {
        let name = PropName::text(guids::PS_INTERNET_HEADERS, name);
        (PropKey::Named(name), PropValue::Unicode(text))
    });
    let long = (
        prop_oneof![
            Just(tags::ATTACH_METHOD),
            Just(tags::RECIPIENT_TYPE),
            Just(tags::INTERNET_CPID),
            Just(tags::MESSAGE_LOCALE_ID)
        ],
        any::<i32>(),
    )
        .prop_map(|(tag, n)| (PropKey::Id(tag.id()), PropValue::Long(n % 1300)));
    vec(
        prop_oneof![8 => text, 1 => bytes, 2 => time, 2 => named, 1 => long],
        0..12,
    )
    .prop_map(|all| {
        let mut props = TreeProps::default();
        for (key, value) in all {
            props.insert(key, TreeValue::Value(value));
        }
        props
    })
}

fn any_tree() -> impl Strategy<Value = MessageTree> {
    let leaf = (props(), vec(props(), 0..3)).prop_map(|(props, recipients)| MessageTree {
        props,
        recipients,
        ..MessageTree::default()
    });
    leaf.prop_recursive(4, 12, 3, |inner| {
        let content = prop_oneof![
            Just(TreeContent::None),
            vec(any::<u8>(), 0..200).prop_map(|b| TreeContent::Data(b.into())),
            hostile().prop_map(|t| TreeContent::Data(
                format!("Content-Type: multipart/signed{t}")
                    .into_bytes()
                    .into()
            )),
            vec(any::<u8>(), 0..200).prop_map(|b| TreeContent::Storage(b.into())),
            inner
                .clone()
                .prop_map(|t| TreeContent::Message(Box::new(t))),
        ];
        let attachment =
            (props(), content).prop_map(|(props, content)| AttachmentTree { props, content });
        (inner, vec(attachment, 0..3)).prop_map(|(mut tree, attachments)| {
            tree.attachments = attachments;
            tree
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_tree_is_written_as_valid_lines(tree in any_tree(), all in any::<bool>()) {
        let options = WriteOptions { with_bcc: all, with_received: all, ..WriteOptions::default() };
        let mut bytes = Vec::new();
        write(&tree, &options, &mut bytes).unwrap();
        let signed = |t: &MessageTree| t.props.text(tags::MESSAGE_CLASS).is_some_and(|c| c.to_ascii_lowercase().ends_with(".multipartsigned"));
        prop_assume!(!signed(&tree));
        for line in bytes.split(|b| *b == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            prop_assert!(line.len() <= 998 && !line.contains(&b'\r'), "{:?}", String::from_utf8_lossy(line));
            prop_assert!(!line.starts_with(b"Evil"), "{}", String::from_utf8_lossy(&bytes));
        }
        let mut twice = Vec::new();
        write(&tree, &options, &mut twice).unwrap();
        prop_assert_eq!(&bytes, &twice);
        let again = parse(bytes.clone(), &ImportContext::new(NOW)).unwrap();
        let mut new = Vec::new();
        write(&again, &options, &mut new).unwrap();
        prop_assert!(parse(new, &ImportContext::new(NOW)).is_ok());
    }
}

/// A message that somebody might write.
fn mail() -> impl Strategy<Value = MessageTree> {
    let words = || {
        proptest::string::string_regex(
            "[a-zA-Zé会😀,.:;<>()\"'-]{1,12}( [a-zÀ議\\[\\]@=?_]{1,30}){0,6}",
        )
        .unwrap()
    };
    let image = (words(), vec(any::<u8>(), 0..100));
    (
        words(),
        words(),
        vec(words(), 1..4),
        vec(image, 0..3),
        any::<bool>(),
    )
        .prop_map(|(subject, name, keywords, images, html)| {
            let mut tree = MessageTree::default();
            let props = &mut tree.props;
            props.set(tags::MESSAGE_CLASS, "IPM.Note");
            props.set(tags::SUBJECT, subject.as_str());
            props.set(tags::CLIENT_SUBMIT_TIME, NOW);
            props.set(tags::SENT_REPRESENTING_NAME, name);
            props.set(tags::SENT_REPRESENTING_EMAIL_ADDRESS, "ann@example.org");
            props.set(tags::INTERNET_MESSAGE_ID, "<1@example.org>");
            props.set(tags::BODY, format!("{subject}\r\n"));
            let mut unique = keywords;
            unique.sort();
            unique.dedup();
            let name = PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords");
            props.insert(
                PropKey::Named(name),
                TreeValue::Value(PropValue::MvUnicode(unique)),
            );
            let mut page = String::from("<p>");
            for (n, (name, bytes)) in images.into_iter().enumerate() {
                let mut image = AttachmentTree::default();
                let props = &mut image.props;
                props.set(tags::ATTACH_METHOD, attach_method::BY_VALUE);
                props.set(
                    tags::ATTACH_LONG_FILENAME,
                    format!("{}.png", name.replace(['<', '>', ':', '"'], "").trim()),
                );
                props.set(tags::ATTACH_MIME_TAG, "image/png");
                if html {
                    props.set(tags::ATTACH_CONTENT_ID, format!("i{n}@x"));
                    props.set(tags::ATTACH_FLAGS, 4);
                    props.set(tags::ATTACHMENT_HIDDEN, true);
                    page.push_str(&format!("<img src=\"cid:i{n}@x\">"));
                }
                image.content = TreeContent::Data(bytes.into());
                tree.attachments.push(image);
            }
            if html {
                tree.props.set(tags::HTML, page.into_bytes());
                tree.props.set(tags::INTERNET_CPID, 65001);
            }
            tree
        })
}

fn nested() -> impl Strategy<Value = MessageTree> {
    mail().prop_recursive(5, 8, 2, |inner| {
        (mail(), vec(inner, 1..3)).prop_map(|(mut tree, messages)| {
            for message in messages {
                let mut attachment = AttachmentTree::default();
                attachment
                    .props
                    .set(tags::ATTACH_METHOD, attach_method::EMBEDDED_MSG);
                attachment
                    .props
                    .set(tags::ATTACH_MIME_TAG, "message/rfc822");
                attachment.content = TreeContent::Message(Box::new(message));
                tree.attachments.push(attachment);
            }
            tree
        })
    })
}

/// Without what tells the boundaries of one message from those of another.
fn unmarked(text: &str) -> String {
    let mut pieces = text.split("=_malle_");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |out, piece| {
        out + "=_" + piece.get(16..).unwrap_or_default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_was_written_twice_is_what_was_written_once(tree in nested()) {
        let mut bytes = Vec::new();
        let written = write(&tree, &WriteOptions::default(), &mut bytes).unwrap();
        prop_assert!(written.losses.is_empty(), "{:?}", written.losses);
        let text = String::from_utf8(bytes.clone()).unwrap();
        let first = parse(bytes, &ImportContext::new(NOW)).unwrap();
        prop_assert!(first.defects.is_empty(), "{:?}\n{text}", first.defects);
        for d in differences(&said(&tree), &said(&first)) {
            // What a reader makes itself.
            let made = d.was.is_none() && ["sender", "sender name", "delivered", "name", "reply", "charset"].iter().any(|n| d.what.ends_with(n));
            prop_assert!(made, "{}: {:?} {:?}\n{text}", d.what, d.was, d.is);
        }
        let mut again = Vec::new();
        write(&first, &WriteOptions::default(), &mut again).unwrap();
        prop_assert_eq!(unmarked(&String::from_utf8(again).unwrap()), unmarked(&text));
    }
}
