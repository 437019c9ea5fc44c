//! OUT-13: forwarded messages.

use mapi::{
    Code, Compose, FileTime, ForwardAs, Language, MapiProp, OpenFlags, PropertyFlags, Result,
    SaveFlags, SpecialFolder, message_flags, recipient_type, tags,
};

use super::replying::{original, received_from, recipients};
use crate::fixture::{attach, code, draft, prop, recipient};
use crate::{Case, case};

const TO: i32 = recipient_type::TO;

pub(super) const CASES: &[Case] = &[
    case!(
        "OUT-13.2",
        needs(),
        "a forwarded message has one prefix and the topic of the original",
        |f| {
            for (subject, topic) in [("RE: x", "x"), ("x", "x"), ("TR: WG: x", "WG: x")] {
                let mut props = received_from("S").to_vec();
                props.push(prop(tags::SUBJECT, subject));
                props.push(prop(tags::INTERNET_MESSAGE_ID, "<2@example.com>"));
                let original = original(f, &props, &[(TO, "Me")])?;
                assert_eq!(original.get(tags::CONVERSATION_TOPIC)?, topic);
                let forward = original.forward(ForwardAs::Inline, &Compose::default())?;
                forward.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
                assert_eq!(forward.get(tags::SUBJECT)?, "FW: x");
                assert_eq!(forward.get(tags::NORMALIZED_SUBJECT)?, "x");
                assert_eq!(forward.get(tags::CONVERSATION_TOPIC)?, topic);
                let index = forward.get(tags::CONVERSATION_INDEX)?;
                assert_eq!(index.len(), 27);
                assert!(index.starts_with(&original.get(tags::CONVERSATION_INDEX)?));
                assert_eq!(forward.get(tags::INTERNET_REFERENCES)?, "<2@example.com>");
                assert_eq!(
                    forward.find(tags::IN_REPLY_TO_ID)?,
                    None,
                    "it answers nothing"
                );
            }
            Ok(())
        }
    ),
    case!(
        "OUT-13.3",
        needs(),
        "what is forwarded goes to nobody until somebody is named",
        |f| {
            let original = original(f, &received_from("S"), &[(TO, "Me"), (TO, "A")])?;
            for form in [ForwardAs::Inline, ForwardAs::Attachment] {
                let forward = original.forward(form, &Compose::default())?;
                assert_eq!(forward.recipients().open()?.row_count()?, 0);
                assert_eq!(code(forward.submit()), Code::NO_RECIPIENTS);
                forward.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
                assert_eq!(code(forward.submit()), Code::NO_RECIPIENTS);
                assert_eq!(forward.flags() & message_flags::SUBMIT, 0);
                let row = recipient(TO, "B");
                forward.modify_recipients(mapi::ModifyMode::Add, &[row])?;
                forward.submit()?;
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "a forwarded message has all attachments, embedded messages with their own among them",
        |f| {
            let inbox = f.inbox()?;
            let mut props = received_from("S").to_vec();
            props.push(prop(tags::SUBJECT, "with files"));
            props.push(prop(tags::BODY, "see below"));
            let message = draft(&inbox, &props)?;
            let big = vec![7_u8; 300_000];
            attach(&message, "big.bin", &big)?;
            let attachment = message.create_attachment()?;
            let inner = attachment.open_embedded(PropertyFlags::CREATE | PropertyFlags::MODIFY)?;
            inner.set(tags::SUBJECT, "inner")?;
            attach(&inner, "deep.txt", b"deep")?;
            inner.save_changes(SaveFlags::NONE)?;
            attachment.save_changes(SaveFlags::NONE)?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let other = f.other_store()?.receive_folder("IPM")?;
            let here = Compose::default();
            let there = Compose {
                folder: Some(other),
                ..Compose::default()
            };
            for compose in [here, there] {
                let forward = message.forward(ForwardAs::Inline, &compose)?;
                forward.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
                let rows = forward.attachments().open()?.query_all_rows(0)?;
                assert_eq!(rows.len(), 2);
                let open = |n: usize| {
                    forward.open_attachment(rows[n].get(tags::ATTACH_NUM).unwrap(), OpenFlags::NONE)
                };
                assert!(open(0)?.get(tags::ATTACH_DATA_BIN)? == big);
                let inner = open(1)?.open_embedded(PropertyFlags::NONE)?;
                assert_eq!(inner.get(tags::SUBJECT)?, "inner");
                let deep = inner.open_attachment(0, OpenFlags::NONE)?;
                assert_eq!(deep.get(tags::ATTACH_DATA_BIN)?, b"deep");
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "forwarded text stands below a header that names no hidden recipient",
        |f| {
            let mut props = received_from("S").to_vec();
            props.extend([
                prop(tags::SUBJECT, "x"),
                prop(tags::BODY, "one\r\n\r\n  two\r\n"),
                prop(tags::CLIENT_SUBMIT_TIME, FileTime::from_unix(1_714_723_920)),
            ]);
            let people = [
                (TO, "A"),
                (recipient_type::CC, "B"),
                (recipient_type::BCC, "C"),
            ];
            let original = original(f, &props, &people)?;
            let compose = Compose {
                text: "FYI".to_owned(),
                language: Some(Language::French),
                ..Compose::default()
            };
            let forward = original.forward(ForwardAs::Inline, &compose)?;
            let lines = [
                "FYI",
                "",
                "---------- Message transf\u{e9}r\u{e9} ----------",
                "De\u{a0}: S <s@example.com>",
                "Date\u{a0}: ven. 3 mai 2024, 08:12 UTC",
                "Objet\u{a0}: x",
                "\u{c0}\u{a0}: A <a@example.com>",
                "Cc\u{a0}: B <b@example.com>",
                "",
                "  one",
                "",
                "    two",
            ];
            assert_eq!(forward.get(tags::BODY)?, lines.join("\r\n"));
            Ok(())
        }
    ),
    case!(
        needs(),
        "as an attachment the original is whole, but for those who got it in secret",
        |f| {
            let mut props = received_from("S").to_vec();
            props.extend([
                prop(tags::SUBJECT, "x"),
                prop(tags::BODY, "text"),
                prop(tags::MESSAGE_CLASS, "IPM.Note.Own"),
                prop(
                    tags::TRANSPORT_MESSAGE_HEADERS,
                    "To: a\r\nBcc: c,\r\n d\r\nX-A: b\r\n",
                ),
            ]);
            let people = [(TO, "A"), (recipient_type::BCC, "C")];
            let original = original(f, &props, &people)?;
            let drafts = Compose {
                folder: Some(f.store()?.special_folder(SpecialFolder::Outbox)?),
                text: "see".to_owned(),
                ..Compose::default()
            };
            let forward = original.forward(ForwardAs::Attachment, &drafts)?;
            forward.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_eq!(forward.get(tags::BODY)?, "see");
            let inner = forward.open_attachment(0, OpenFlags::NONE)?;
            assert_eq!(inner.get(tags::DISPLAY_NAME)?, "x");
            let inner = inner.open_embedded(PropertyFlags::NONE)?;
            for tag in [
                tags::SUBJECT,
                tags::BODY,
                tags::MESSAGE_CLASS,
                tags::SENDER_NAME,
            ] {
                assert_eq!(inner.get(tag)?, original.get(tag)?);
            }
            assert_eq!(recipients(&inner)?, ["To A"]);
            assert_eq!(inner.get(tags::DISPLAY_BCC)?, "");
            assert_eq!(
                inner.get(tags::TRANSPORT_MESSAGE_HEADERS)?,
                "To: a\r\nX-A: b\r\n"
            );
            assert_eq!(inner.flags() & message_flags::UNSENT, 0);
            assert_eq!(recipients(&original)?, ["To A", "Bcc C"]);
            let tree: Result<_> = forward.to_tree();
            assert!(!format!("{:?}", tree?).contains("c@example.com"));
            Ok(())
        }
    ),
];
