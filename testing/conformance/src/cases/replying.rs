//! OUT-12, MSG-09: replies.

use mapi::{
    Addressee, BodyForm, Code, Compose, ConversationIndex, FileTime, Identity, Language, MapiProp,
    Message, ModifyMode, OpenFlags, PropTag, PropValue, Quoting, ReplyTo, Result, SaveFlags,
    SpecialFolder, columns, message_flags, recipient_type, tags,
};

use crate::fixture::{address, attach, code, draft, prop, recipient};
use crate::{Case, Fixture, case};

const TO: i32 = recipient_type::TO;
const CC: i32 = recipient_type::CC;
const BCC: i32 = recipient_type::BCC;

pub(super) const CASES: &[Case] = &[
    case!(
        "OUT-12.1",
        needs(),
        "a reply to all goes to the sender and the others, once each, never to oneself or a hidden recipient",
        |f| {
            let mut props = received_from("S").to_vec();
            props.extend(received_by("Me"));
            let people = [(TO, "Me"), (TO, "A"), (CC, "B"), (BCC, "C")];
            let expected = ["To S", "To A", "Cc B"];
            let original = original(f, &props, &people)?;
            let reply = original.reply(ReplyTo::All, &Compose::default())?;
            assert_eq!(recipients(&reply)?, expected);
            reply.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_eq!(reply.get(tags::DISPLAY_TO)?, "S; A");
            assert_eq!(reply.get(tags::DISPLAY_BCC)?, "");
            // The sender was among the recipients, and others were there twice.
            let twice = [
                (TO, "Me"),
                (TO, "s"),
                (TO, "A"),
                (CC, "a"),
                (CC, "B"),
                (BCC, "C"),
                (CC, "ME"),
            ];
            let original = self::original(f, &props, &twice)?;
            let reply = original.reply(ReplyTo::All, &Compose::default())?;
            assert_eq!(recipients(&reply)?, expected);
            let reply = original.reply(ReplyTo::Author, &Compose::default())?;
            assert_eq!(recipients(&reply)?, ["To S"]);
            // Everybody can be written to.
            let wanted = columns![
                tags::ENTRYID,
                tags::SEARCH_KEY,
                tags::OBJECT_TYPE,
                tags::ADDRTYPE
            ];
            for row in reply
                .recipients()
                .columns(wanted)
                .open()?
                .query_all_rows(0)?
            {
                assert!(row.get(tags::ENTRYID).is_some());
                assert_eq!(
                    row.get(tags::SEARCH_KEY).as_deref(),
                    Some(&b"SMTP:S@EXAMPLE.COM\0"[..])
                );
                assert_eq!(row.get(tags::OBJECT_TYPE), Some(6));
            }
            Ok(())
        }
    ),
    case!(
        "OUT-12.2",
        needs(),
        "a reply continues the conversation, with one prefix",
        |f| {
            let now = FileTime::from_unix(1_700_000_000);
            let index = ConversationIndex::start(now, mapi::Guid([7; 16]));
            for (subject, expected, topic) in [
                ("x", "RE: x", "x"),
                ("RE: x", "RE: x", "x"),
                ("Antwort: x", "RE: x", "Antwort: x"),
                ("AW: Re[2]: x: y", "RE: x: y", "Re[2]: x: y"),
            ] {
                let mut props = received_from("S").to_vec();
                props.push(prop(tags::SUBJECT, subject));
                props.push(prop(tags::CONVERSATION_INDEX, index.as_bytes()));
                props.push(prop(tags::INTERNET_MESSAGE_ID, "<2@example.com>"));
                props.push(prop(tags::INTERNET_REFERENCES, "<1@example.com>"));
                let original = original(f, &props, &[(TO, "Me")])?;
                let reply = original.reply(ReplyTo::Author, &Compose::default())?;
                reply.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
                assert_eq!(reply.get(tags::SUBJECT)?, expected);
                assert_eq!(reply.get(tags::SUBJECT_PREFIX)?, "RE: ");
                let own = reply.get(tags::CONVERSATION_INDEX)?;
                assert_eq!(own.len(), 27);
                assert_eq!(own[..22], *index.as_bytes());
                assert_eq!(reply.get(tags::CONVERSATION_TOPIC)?, topic);
                assert_eq!(reply.get(tags::IN_REPLY_TO_ID)?, "<2@example.com>");
                let references = reply.get(tags::INTERNET_REFERENCES)?;
                assert_eq!(references, "<1@example.com> <2@example.com>");
                let again = reply.reply(ReplyTo::Author, &Compose::default())?;
                assert_eq!(again.get(tags::SUBJECT)?, expected, "no second prefix");
            }
            Ok(())
        }
    ),
    case!(
        "OUT-12.3",
        needs(),
        "a reply carries no attachments, receipts or addresses of the original",
        |f| {
            let inbox = f.inbox()?;
            let mut props = received_from("S").to_vec();
            props.extend(received_by("Me"));
            props.extend([
                prop(tags::SUBJECT, "x"),
                prop(tags::READ_RECEIPT_REQUESTED, true),
                prop(
                    tags::READ_RECEIPT_ENTRYID,
                    Addressee::smtp("R", "r@example.com").entry_id().unwrap(),
                ),
                prop(tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED, true),
                prop(
                    tags::REPORT_ENTRYID,
                    Addressee::smtp("R", "r@example.com").entry_id().unwrap(),
                ),
                prop(tags::SENTMAIL_ENTRYID, b"folder".as_slice()),
                prop(tags::DELETE_AFTER_SUBMIT, true),
                prop(tags::CLIENT_SUBMIT_TIME, FileTime(9)),
                prop(tags::MESSAGE_DELIVERY_TIME, FileTime(10)),
                prop(tags::TRANSPORT_MESSAGE_HEADERS, "Bcc: c@example.com\r\n"),
            ]);
            let message = draft(&inbox, &props)?;
            let named = message.named_tag(
                &mapi::PropName::text(mapi_props::guids::PS_INTERNET_HEADERS, "X-Secret"),
                mapi::PropType::UNICODE,
            )?;
            message.set_props(&[(named, "yes".into())])?;
            message.set_reply_recipients(&[Addressee::smtp("Desk", "desk@example.com")])?;
            attach(&message, "one.txt", b"1")?;
            attach(&message, "two.txt", b"2")?;
            message.save_changes(SaveFlags::NONE)?;
            let original = inbox.open_message(&message.entry_id().unwrap())?;
            let reply = original.reply(ReplyTo::All, &Compose::default())?;
            reply.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let outbox = f.store()?.special_folder(SpecialFolder::Outbox)?;
            let reply = outbox.open_message(&reply.entry_id().unwrap())?;
            assert_eq!(reply.attachment_count(), 0);
            assert_ne!(reply.flags() & message_flags::UNSENT, 0);
            assert_eq!(reply.flags() & message_flags::HASATTACH, 0);
            for tag in NEVER_CARRIED {
                let found = reply.get_props(&[*tag])?.ignore_warning();
                assert!(
                    matches!(found[0].value, PropValue::Error(_)),
                    "{tag}: {:?}",
                    found[0]
                );
            }
            let found = reply.get_props(&[named])?.ignore_warning();
            assert!(matches!(found[0].value, PropValue::Error(_)), "{found:?}");
            assert_eq!(reply.get(tags::MESSAGE_CLASS)?, "IPM.Note");
            // The original is as it was.
            assert_eq!(original.attachment_count(), 2);
            Ok(())
        }
    ),
    case!(
        "MSG-09",
        needs(),
        "what was received by one for another is answered by the one for the other",
        |f| {
            let mut props = received_from("S").to_vec();
            props.extend(received_by("John"));
            props.extend([
                prop(tags::RCVD_REPRESENTING_NAME, "Sally"),
                prop(tags::RCVD_REPRESENTING_ADDRTYPE, "SMTP"),
                prop(tags::RCVD_REPRESENTING_EMAIL_ADDRESS, "sally@example.com"),
                prop(
                    tags::RCVD_REPRESENTING_SEARCH_KEY,
                    b"SMTP:SALLY@EXAMPLE.COM\0".as_slice(),
                ),
            ]);
            let people = [(TO, "Sally"), (TO, "John"), (CC, "B")];
            let original = original(f, &props, &people)?;
            let john = Identity {
                name: "John".to_owned(),
                address_type: "SMTP".to_owned(),
                address: "john@example.com".to_owned(),
            };
            let said = Compose {
                identity: Some(john),
                ..Compose::default()
            };
            for compose in [Compose::default(), said] {
                let reply = original.reply(ReplyTo::All, &compose)?;
                reply.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
                assert_eq!(reply.get(tags::SENDER_NAME)?, "John");
                assert_eq!(reply.get(tags::SENDER_EMAIL_ADDRESS)?, "john@example.com");
                assert_eq!(reply.get(tags::SENT_REPRESENTING_NAME)?, "Sally");
                assert_eq!(
                    reply.get(tags::SENT_REPRESENTING_EMAIL_ADDRESS)?,
                    "sally@example.com"
                );
                assert_eq!(recipients(&reply)?, ["To S", "Cc B"]);
            }
            let forward = original.forward(mapi::ForwardAs::Inline, &Compose::default())?;
            assert_eq!(forward.get(tags::SENT_REPRESENTING_NAME)?, "Sally");
            // Who represents nobody else is both.
            let mut own = received_from("S").to_vec();
            own.extend(received_by("John"));
            let original = self::original(f, &own, &[(TO, "John")])?;
            let reply = original.reply(ReplyTo::Author, &Compose::default())?;
            assert_eq!(reply.get(tags::SENDER_NAME)?, "John");
            assert_eq!(reply.get(tags::SENT_REPRESENTING_NAME)?, "John");
            Ok(())
        }
    ),
    case!(
        needs(),
        "replies go where the sender wants them, and those to oneself go on",
        |f| {
            let inbox = f.inbox()?;
            let message = draft(&inbox, &received_from("S"))?;
            address(&message, &[(TO, "A")])?;
            let desk = [
                Addressee::smtp("Desk; one", "desk@example.com"),
                Addressee::smtp("", "second@example.com"),
            ];
            message.set_reply_recipients(&desk)?;
            let names = message.get(tags::REPLY_RECIPIENT_NAMES)?;
            assert_eq!(names, "Desk, one; second@example.com");
            assert_eq!(message.reply_recipients()?.len(), 2);
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let reply = message.reply(ReplyTo::All, &Compose::default())?;
            assert_eq!(
                recipients(&reply)?,
                ["To Desk; one", "To second@example.com", "To A"]
            );
            message.set_reply_recipients(&[])?;
            assert_eq!(message.reply_recipients()?, []);
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;

            let s = Compose {
                own_addresses: vec!["S@Example.com".to_owned()],
                ..Compose::default()
            };
            let mine = message.reply(ReplyTo::Author, &s)?;
            assert_eq!(recipients(&mine)?, ["To A"], "who got it, not oneself");
            let note = original(f, &received_from("S"), &[(TO, "S")])?;
            let to_self = note.reply(ReplyTo::All, &s)?;
            assert_eq!(recipients(&to_self)?, ["To S"]);
            let nobody = original(f, &[], &[(TO, "A")])?;
            let reply = nobody.reply(ReplyTo::Author, &Compose::default())?;
            assert_eq!(recipients(&reply)?, [""; 0]);
            let anonymous = nobody.reply(ReplyTo::All, &Compose::default())?;
            assert_eq!(recipients(&anonymous)?, ["To A"]);

            // An identity that only an address book can resolve stays itself.
            let list = mapi_props::entry_id::flat_entry_list(&[vec![1; 40]]);
            let props = [
                prop(tags::REPLY_RECIPIENT_ENTRIES, list),
                prop(tags::REPLY_RECIPIENT_NAMES, "Book"),
            ];
            let book = original(f, &props, &[])?;
            let reply = book.reply(ReplyTo::Author, &Compose::default())?;
            let rows = reply.recipients().open()?.query_all_rows(0)?;
            assert_eq!(rows[0].get(tags::ENTRYID), Some(vec![1; 40]));
            Ok(())
        }
    ),
    case!(
        needs(),
        "the original is quoted in text and in HTML, with the pictures that it shows",
        |f| {
            let inbox = f.inbox()?;
            let mut props = received_from("Ann").to_vec();
            props.extend([
                prop(tags::SUBJECT, "Bilder"),
                prop(tags::CLIENT_SUBMIT_TIME, FileTime::from_unix(1_714_723_920)),
                prop(tags::HTML, "<html><body bgcolor=white><p>Guten Tag, das ist die Liste f\u{fc}r Sie und mich \
                    <script>x()</script><img src='cid:pic@x'></p></div></body></html>".chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect::<Vec<u8>>()),
                prop(tags::INTERNET_CPID, 1252),
            ]);
            let message = draft(&inbox, &props)?;
            for (name, id) in [("shown.png", "pic@x"), ("other.png", "other@x")] {
                let number = attach(&message, name, name.as_bytes())?;
                let file = message.open_attachment(number, OpenFlags::MODIFY)?;
                file.set(tags::ATTACH_CONTENT_ID, id)?;
                file.save_changes(SaveFlags::NONE)?;
            }
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let compose = Compose {
                text: "Danke <alle>!\nBis bald".to_owned(),
                offset: 120,
                ..Compose::default()
            };
            let reply = message.reply(ReplyTo::Author, &compose)?;
            reply.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let text = reply.get(tags::BODY)?;
            assert_eq!(
                text,
                "Danke <alle>!\r\nBis bald\r\n\r\nAm Fr., 3. Mai 2024 um 10:12 +0200 schrieb Ann <ann@example.com>:\r\n\
                 > Guten Tag, das ist die Liste f\u{fc}r Sie und mich"
            );
            let html = String::from_utf8(reply.get(tags::HTML)?).unwrap();
            assert_eq!(reply.get(tags::INTERNET_CPID)?, 65001);
            assert!(html.contains("Danke &lt;alle&gt;!<br>"), "{html}");
            assert!(html.contains("<blockquote"), "{html}");
            assert!(html.contains("die Liste f\u{fc}r Sie"), "{html}");
            assert!(!html.contains("script"), "{html}");
            assert_eq!(reply.attachment_count(), 1);
            let rows = reply.attachments().open()?.query_all_rows(0)?;
            assert_eq!(
                rows[0].get(tags::ATTACH_LONG_FILENAME).as_deref(),
                Some("shown.png")
            );
            let copy =
                reply.open_attachment(rows[0].get(tags::ATTACH_NUM).unwrap(), OpenFlags::NONE)?;
            assert_eq!(copy.get(tags::ATTACH_DATA_BIN)?, b"shown.png");
            assert_eq!(copy.get(tags::ATTACH_FLAGS)? & 4, 4);

            let of = |form, quoting, language| {
                let compose = Compose {
                    text: "x".to_owned(),
                    form,
                    quoting,
                    language,
                    ..Compose::default()
                };
                message.reply(ReplyTo::Author, &compose)
            };
            let plain = of(BodyForm::Text, Quoting::Whole, Some(Language::French))?;
            assert!(plain.get(tags::BODY)?.contains("a \u{e9}crit\u{a0}:"));
            assert_eq!(plain.get(tags::NATIVE_BODY_INFO)?, 1);
            assert_eq!(plain.attachment_count(), 0, "text shows no pictures");
            let bare = of(BodyForm::AsOriginal, Quoting::Nothing, None)?;
            assert_eq!(bare.get(tags::BODY)?, "x");
            assert_eq!(bare.get(tags::NATIVE_BODY_INFO)?, 3);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a draft's HTML follows its text until somebody writes into the quotation",
        |f| {
            let mut props = received_from("S").to_vec();
            props.push(prop(tags::HTML, b"<p>one</p><p>two</p>".as_slice()));
            let original = original(f, &props, &[(TO, "Me")])?;
            let reply = original.reply(ReplyTo::Author, &Compose::default())?;
            reply.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let quoted = reply.get(tags::BODY)?;
            let html =
                || -> Result<String> { Ok(String::from_utf8(reply.get(tags::HTML)?).unwrap()) };
            assert!(reply.write_text(&format!("Yes & no\n\n{}", quoted.trim_start()))?);
            reply.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert!(html()?.contains("<div>Yes &amp; no</div>"), "{}", html()?);
            assert!(html()?.contains("<p>one</p><p>two</p>"), "{}", html()?);
            assert!(reply.get(tags::BODY)?.starts_with("Yes & no\r\n\r\n"));
            let between = reply
                .get(tags::BODY)?
                .replace("> two", "Indeed.\r\n\r\n> two");
            assert!(!reply.write_text(&between)?);
            reply.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_eq!(reply.get(tags::NATIVE_BODY_INFO)?, 1, "text alone");
            assert_eq!(reply.get(tags::BODY)?, between);
            Ok(())
        }
    ),
    case!(
        needs(),
        "replies need a saved original, and a place to be made in",
        |f| {
            let unsaved = draft(&f.inbox()?, &[])?;
            let refused = unsaved.reply(ReplyTo::Author, &Compose::default());
            assert_eq!(code(refused), Code::NOT_FOUND);
            let original = original(f, &received_from("S"), &[(TO, "Me")])?;
            let session = f.read_only_session()?;
            let reading = session.default_store()?;
            let reading = reading.open_message(&original.entry_id().unwrap(), OpenFlags::NONE)?;
            let refused = reading.reply(ReplyTo::Author, &Compose::default());
            assert_eq!(code(refused), Code::NO_ACCESS);
            let folder = f.folder("Drafts here")?;
            let there = Compose {
                folder: Some(folder.clone()),
                ..Compose::default()
            };
            let reply = reading.reply(ReplyTo::Author, &there)?;
            reply.save_changes(SaveFlags::NONE)?;
            assert_eq!(reply.parent_id()?, Some(folder.entry_id()));
            // Into another store.
            let other = f.other_store()?.receive_folder("IPM")?;
            let there = Compose {
                folder: Some(other),
                ..Compose::default()
            };
            let forward = original.forward(mapi::ForwardAs::Attachment, &there)?;
            forward.save_changes(SaveFlags::NONE)?;
            assert_eq!(forward.attachment_count(), 1);
            Ok(())
        }
    ),
    case!(
        needs(),
        "what is new has a sender and is a draft; answers to posts are posts",
        |f| {
            let me = Identity {
                name: "Me".to_owned(),
                address_type: "SMTP".to_owned(),
                address: "me@example.com".to_owned(),
            };
            let compose = Compose {
                identity: Some(me),
                text: "Hello".to_owned(),
                ..Compose::default()
            };
            let folder = f.folder("Board")?;
            let new = folder.compose(&compose)?;
            new.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_ne!(new.flags() & message_flags::UNSENT, 0);
            assert_eq!(
                new.get(tags::SENT_REPRESENTING_EMAIL_ADDRESS)?,
                "me@example.com"
            );
            assert_eq!(new.get(tags::BODY)?, "Hello");
            new.set_report_recipient(&Addressee::smtp("Desk", "desk@example.com"))?;
            assert_eq!(new.get(tags::REPORT_NAME)?, "Desk");
            assert_eq!(
                new.get(tags::REPORT_SEARCH_KEY)?,
                b"SMTP:DESK@EXAMPLE.COM\0"
            );

            let post = folder.post(&compose)?;
            post.set(tags::SUBJECT, "notice")?;
            post.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let flags = post.flags() & (message_flags::READ | message_flags::UNSENT);
            assert_eq!(flags, message_flags::READ);
            assert!(post.find(tags::RECEIPT_TIME)?.is_some());
            let answer = post.post_reply(&compose)?;
            answer.save_changes(SaveFlags::NONE)?;
            assert_eq!(answer.parent_id()?, Some(folder.entry_id()));
            assert_eq!(answer.get(tags::MESSAGE_CLASS)?, "IPM.Post");
            assert_eq!(answer.get(tags::SUBJECT)?, "RE: notice");
            assert_eq!(answer.recipients().open()?.row_count()?, 0);
            assert_eq!(answer.get(tags::CONVERSATION_INDEX)?.len(), 27);
            assert_eq!(f.store()?.outgoing_queue().open()?.row_count()?, 0);
            Ok(())
        }
    ),
];

/// What a reply never takes from the original (OUT-12).
const NEVER_CARRIED: &[PropTag] = &[
    tags::CLIENT_SUBMIT_TIME.raw(),
    tags::MESSAGE_DELIVERY_TIME.raw(),
    tags::MESSAGE_DOWNLOAD_TIME.raw(),
    tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED.raw(),
    tags::RCVD_REPRESENTING_NAME.raw(),
    tags::RCVD_REPRESENTING_SEARCH_KEY.raw(),
    tags::READ_RECEIPT_ENTRYID.raw(),
    tags::READ_RECEIPT_REQUESTED.raw(),
    tags::RECEIVED_BY_NAME.raw(),
    tags::RECEIVED_BY_ENTRYID.raw(),
    tags::RECEIVED_BY_SEARCH_KEY.raw(),
    tags::REPLY_RECIPIENT_ENTRIES.raw(),
    tags::REPLY_RECIPIENT_NAMES.raw(),
    tags::REPORT_ENTRYID.raw(),
    tags::SENTMAIL_ENTRYID.raw(),
    tags::DELETE_AFTER_SUBMIT.raw(),
    tags::TRANSPORT_MESSAGE_HEADERS.raw(),
];

/// Properties of a message that this person sent.
pub(super) fn received_from(name: &str) -> [(PropTag, PropValue); 6] {
    let address = format!("{}@example.com", name.to_lowercase());
    [
        prop(tags::SENDER_NAME, name),
        prop(tags::SENDER_ADDRTYPE, "SMTP"),
        prop(tags::SENDER_EMAIL_ADDRESS, address.as_str()),
        prop(tags::SENT_REPRESENTING_NAME, name),
        prop(tags::SENT_REPRESENTING_ADDRTYPE, "SMTP"),
        prop(tags::SENT_REPRESENTING_EMAIL_ADDRESS, address),
    ]
}

/// Properties of a message that this person received.
fn received_by(name: &str) -> [(PropTag, PropValue); 4] {
    let address = format!("{}@example.com", name.to_lowercase());
    let key = format!("SMTP:{}\0", address.to_uppercase()).into_bytes();
    [
        prop(tags::RECEIVED_BY_NAME, name),
        prop(tags::RECEIVED_BY_ADDRTYPE, "SMTP"),
        prop(tags::RECEIVED_BY_EMAIL_ADDRESS, address),
        prop(tags::RECEIVED_BY_SEARCH_KEY, key),
    ]
}

/// A saved message in the Inbox, opened for reading.
pub(super) fn original(
    f: &Fixture,
    props: &[(PropTag, PropValue)],
    people: &[(i32, &str)],
) -> Result<Message> {
    let inbox = f.inbox()?;
    let message = draft(&inbox, props)?;
    let rows: Vec<_> = people
        .iter()
        .map(|(kind, name)| recipient(*kind, name))
        .collect();
    message.modify_recipients(ModifyMode::Replace, &rows)?;
    message.save_changes(SaveFlags::NONE)?;
    inbox.open_message(&message.entry_id().expect("it is saved"))
}

/// Kind and name of each recipient, in order.
pub(super) fn recipients(message: &Message) -> Result<Vec<String>> {
    let wanted = columns![tags::RECIPIENT_TYPE, tags::DISPLAY_NAME];
    let rows = message
        .recipients()
        .columns(wanted)
        .open()?
        .query_all_rows(0)?;
    let shown = rows.iter().map(|row| {
        let kind = match row.get(tags::RECIPIENT_TYPE) {
            Some(TO) => "To".to_owned(),
            Some(CC) => "Cc".to_owned(),
            Some(BCC) => "Bcc".to_owned(),
            other => format!("{:#x}", other.unwrap_or_default().cast_unsigned()),
        };
        format!("{kind} {}", row.get(tags::DISPLAY_NAME).unwrap_or_default())
    });
    Ok(shown.collect())
}
