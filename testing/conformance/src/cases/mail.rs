//! PRP-03, MSG-06, MSG-08: messages on their way from and to internet mail and transports.

use mapi::{
    FileTime, Folder, ImportItem, ImportOptions, ImportOutcome, MapiProp, Message, MessageTree,
    PropTag, PropType, PropValue, Result, SaveFlags, columns, recipient_type, tags,
};
use mapi_mime::{ImportContext, WriteOptions};

use crate::fixture::{address, attach, draft, prop};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "PRP-03",
        needs(),
        "of a sent message only what may travel arrives, and secure properties are never listed",
        |f| {
            let folder = f.folder("Mail")?;
            let long = |id| PropTag::new(id, PropType::LONG);
            let stay = [0x0E99, 0x6001, 0x6680, 0x7C01].map(long);
            let secure = [0x67F0, 0x67FF].map(long);
            let travel = long(0x6801);
            let mut props = vec![prop(tags::SUBJECT, "sent"), (travel, 9.into())];
            props.extend(stay.iter().chain(&secure).map(|tag| (*tag, 9.into())));
            let message = draft(&folder, &props)?;
            address(&message, &[(recipient_type::TO, "Ann")])?;
            message.save_changes(SaveFlags::NONE)?;
            let sent = folder.open_message(&message.entry_id().unwrap())?;
            for tag in stay.iter().chain(&secure).chain([&travel]) {
                let got = sent.get_props(&[*tag])?.value.remove(0);
                assert_eq!(got.value, 9.into(), "{tag} is there");
            }
            // What a transport carries is what another store gets.
            let carried = sent.to_tree()?.into_transmittable();
            let other = f.other_store()?;
            let arrived = other.deliver(carried)?.entry_id;
            let arrived = other.open_message(&arrived, mapi::OpenFlags::NONE)?;
            assert_eq!(arrived.get(tags::SUBJECT)?, "sent");
            assert_eq!(arrived.get_props(&[travel])?.value[0].value, 9.into());
            for tag in stay.iter().chain(&secure) {
                let got = arrived.get_props(&[*tag])?.value.remove(0);
                assert_eq!(got.value, PropValue::Error(mapi::Code::NOT_FOUND), "{tag}");
            }
            let listed = sent.prop_list()?;
            let all = sent.get_all_props()?.value;
            for tag in secure {
                assert!(
                    !listed.contains(&tag) && all.iter().all(|p| p.tag != tag),
                    "{tag}"
                );
            }
            assert!(listed.contains(&stay[0]), "others are listed");
            Ok(())
        }
    ),
    case!(
        "MSG-03",
        needs(),
        "a delivered message has what a transport and a store owe it",
        |f| {
            let mut tree = MessageTree::default();
            for (tag, value) in [
                (tags::SUBJECT, "RE: Plan"),
                (tags::BODY, "text"),
                (tags::SENDER_NAME, "Ann"),
                (tags::SENDER_ADDRTYPE, "SMTP"),
                (tags::SENDER_EMAIL_ADDRESS, "ann@example.com"),
                (tags::RECEIVED_BY_NAME, "Me"),
                (tags::RECEIVED_BY_ADDRTYPE, "SMTP"),
                (tags::RECEIVED_BY_EMAIL_ADDRESS, "me@example.com"),
            ] {
                tree.props.set(tag, value);
            }
            tree.props
                .set(tags::CLIENT_SUBMIT_TIME, FileTime::from_unix(1_770_112_800));
            tree.props
                .set(tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED, false);
            let mut me = mapi_props::TreeProps::default();
            me.set(tags::RECIPIENT_TYPE, recipient_type::TO);
            me.set(tags::DISPLAY_NAME, "Me");
            me.set(tags::ADDRTYPE, "SMTP");
            me.set(tags::EMAIL_ADDRESS, "me@example.com");
            tree.recipients.push(me);
            let store = f.store()?;
            let id = store.deliver(tree)?.entry_id;
            let message = store.open_message(&id, mapi::OpenFlags::NONE)?;
            let of_transport = columns![
                tags::MESSAGE_TO_ME,
                tags::MESSAGE_CC_ME,
                tags::MESSAGE_RECIP_ME,
                tags::RECEIVED_BY_NAME,
                tags::RECEIVED_BY_ADDRTYPE,
                tags::RECEIVED_BY_EMAIL_ADDRESS,
                tags::RCVD_REPRESENTING_NAME,
                tags::RCVD_REPRESENTING_ADDRTYPE,
                tags::RCVD_REPRESENTING_EMAIL_ADDRESS,
                tags::SENDER_NAME,
                tags::SENDER_ADDRTYPE,
                tags::SENDER_EMAIL_ADDRESS,
                tags::SENT_REPRESENTING_NAME,
                tags::SENT_REPRESENTING_ADDRTYPE,
                tags::SENT_REPRESENTING_EMAIL_ADDRESS,
                tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED,
                tags::CLIENT_SUBMIT_TIME,
                tags::MESSAGE_DELIVERY_TIME,
            ];
            let of_store = columns![
                tags::CREATION_TIME,
                tags::LAST_MODIFICATION_TIME,
                tags::DISPLAY_TO,
                tags::DISPLAY_CC,
                tags::DISPLAY_BCC,
                tags::ENTRYID,
                tags::PARENT_ENTRYID,
                tags::STORE_ENTRYID,
                tags::STORE_RECORD_KEY,
                tags::RECORD_KEY,
                tags::SEARCH_KEY,
                tags::MESSAGE_SIZE,
                tags::MESSAGE_FLAGS,
                tags::MESSAGE_CLASS,
                tags::NORMALIZED_SUBJECT,
                tags::HASATTACH,
            ];
            for required in [of_transport.as_slice(), of_store.as_slice()] {
                let got = message.get_props(required)?;
                assert_eq!(got.warning, None, "{:?}", got.value);
            }
            assert!(message.get(tags::MESSAGE_TO_ME)?);
            assert_eq!(
                message.get(tags::SENT_REPRESENTING_EMAIL_ADDRESS)?,
                "ann@example.com"
            );
            assert_eq!(
                message.get(tags::RCVD_REPRESENTING_EMAIL_ADDRESS)?,
                "me@example.com"
            );
            assert_eq!(message.get(tags::DISPLAY_TO)?, "Me");
            assert_eq!(message.get(tags::NORMALIZED_SUBJECT)?, "Plan");
            assert_eq!(message.get(tags::MESSAGE_CLASS)?, "IPM.Note");
            Ok(())
        }
    ),
    case!(
        "MSG-06",
        needs(),
        "attachments are the same by both ways, and after going through MIME",
        |f| {
            let folder = f.folder("Mail")?;
            let message = draft(&folder, &[prop(tags::SUBJECT, "files")])?;
            let files: [(&str, &str, Vec<u8>); 3] = [
                ("notes.txt", "text/plain", b"one\r\ntwo".to_vec()),
                (
                    "Übersicht 2026 – 會議.pdf",
                    "application/pdf",
                    (0..=255).collect(),
                ),
                ("leer.bin", "application/octet-stream", Vec::new()),
            ];
            for (name, media_type, bytes) in &files {
                let number = attach(&message, name, bytes)?;
                let file = message.open_attachment(number, mapi::OpenFlags::MODIFY)?;
                file.set(tags::ATTACH_MIME_TAG, *media_type)?;
                file.save_changes(SaveFlags::NONE)?;
            }
            message.save_changes(SaveFlags::NONE)?;
            let message = folder.open_message(&message.entry_id().unwrap())?;
            let list = columns![
                tags::ATTACH_NUM,
                tags::RECORD_KEY,
                tags::RENDERING_POSITION,
                tags::ATTACH_LONG_FILENAME,
                tags::ATTACH_MIME_TAG,
                tags::ATTACH_SIZE,
            ];
            let by_method = message.attachments().open()?;
            let by_property = message.open_table_property(tags::MESSAGE_ATTACHMENTS)?;
            assert_eq!(by_method.query_columns(), by_property.query_columns());
            assert_eq!(by_method.query_all_rows(0)?, by_property.query_all_rows(0)?);
            by_method.set_columns(list)?;
            by_property.set_columns(list)?;
            let rows = by_method.query_all_rows(0)?;
            assert_eq!((rows.len(), &rows), (3, &by_property.query_all_rows(0)?));
            let mime = written(&message.to_tree()?, &WriteOptions::default());
            let back = imported(&folder, parsed(&mime))?;
            assert_eq!(back.attachment_count(), files.len());
            for ((n, (name, media_type, bytes)), row) in (0..).zip(&files).zip(&rows) {
                let file = back.open_attachment(n, mapi::OpenFlags::NONE)?;
                assert_eq!(file.get(tags::ATTACH_LONG_FILENAME)?, *name);
                assert_eq!(file.get(tags::ATTACH_MIME_TAG)?, *media_type);
                assert_eq!(&file.get(tags::ATTACH_DATA_BIN)?, bytes, "{name}");
                assert_eq!(file.get(tags::RENDERING_POSITION)?, -1);
                assert_eq!(row.get(tags::RENDERING_POSITION), Some(-1));
            }
            Ok(())
        }
    ),
    case!(
        "MSG-08",
        needs(),
        "header fields become properties, and Bcc becomes no header field",
        |f| {
            let folder = f.folder("Mail")?;
            let mail = b"Received: from a by b; Tue, 03 Feb 2026 10:00:05 +0000\r\n\
                From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\n\
                Date: Tue, 03 Feb 2026 11:00:00 +0100\r\n\
                To: Ann <ann@example.com>, bob@example.com\r\n\
                Cc: Eve <eve@example.com>\r\n\
                Reply-To: Desk <desk@example.org>\r\n\
                Subject: RE: Plan\r\n\r\nText.\r\n";
            let message = imported(&folder, parsed(mail))?;
            for tag in [tags::SENDER_NAME, tags::SENT_REPRESENTING_NAME] {
                assert_eq!(message.get(tag)?, "Jürgen");
            }
            for tag in [
                tags::SENDER_EMAIL_ADDRESS,
                tags::SENT_REPRESENTING_EMAIL_ADDRESS,
            ] {
                assert_eq!(message.get(tag)?, "j@example.org");
            }
            for tag in [tags::SENDER_ENTRYID, tags::SENT_REPRESENTING_ENTRYID] {
                assert!(!message.get(tag)?.is_empty());
            }
            let date = FileTime::from_unix(1_770_112_800);
            let received = FileTime::from_unix(1_770_112_805);
            assert_eq!(message.get(tags::CLIENT_SUBMIT_TIME)?, date);
            assert_eq!(message.get(tags::MESSAGE_DELIVERY_TIME)?, received);
            assert_eq!(
                people(&message)?,
                [
                    (1, "ann@example.com".to_owned()),
                    (1, "bob@example.com".to_owned()),
                    (2, "eve@example.com".to_owned()),
                ]
            );
            assert_eq!(message.get(tags::DISPLAY_CC)?, "Eve");
            assert_eq!(message.get(tags::REPLY_RECIPIENT_NAMES)?, "Desk");
            assert!(!message.get(tags::REPLY_RECIPIENT_ENTRIES)?.is_empty());
            assert_eq!(message.get(tags::SUBJECT)?, "RE: Plan");
            assert_eq!(message.get(tags::NORMALIZED_SUBJECT)?, "Plan");
            let headers = message.get(tags::TRANSPORT_MESSAGE_HEADERS)?;
            assert!(headers.starts_with("Received: from a by b;"), "{headers}");
            assert!(headers.contains("Reply-To: Desk <desk@example.org>"));
            // A sent mail: Bcc stays a recipient and is no header field.
            let draft = draft(&folder, &[prop(tags::SUBJECT, "s"), prop(tags::BODY, "b")])?;
            address(
                &draft,
                &[(recipient_type::TO, "Ann"), (recipient_type::BCC, "Secret")],
            )?;
            draft.save_changes(SaveFlags::NONE)?;
            let sent = draft.to_tree()?.into_transmittable();
            assert_eq!(
                sent.recipients.len(),
                2,
                "the transport knows whom to send it to"
            );
            let mime = String::from_utf8(written(&sent, &WriteOptions::default())).unwrap();
            assert!(mime.contains("ann@example.com"), "{mime}");
            let lower = mime.to_lowercase();
            assert!(
                !lower.contains("bcc") && !lower.contains("secret"),
                "{mime}"
            );
            let back = imported(&folder, parsed(mime.as_bytes()))?;
            assert_eq!(people(&back)?, [(1, "ann@example.com".to_owned())]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a text that was written over older HTML is sent alone",
        |f| {
            let folder = f.folder("Mail")?;
            let message = draft(&folder, &[prop(tags::HTML, b"<p>old</p>".as_slice())])?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            message.set(tags::BODY, "new")?;
            message.save_changes(SaveFlags::NONE)?;
            let mime = written(&message.to_tree()?, &WriteOptions::default());
            let mime = String::from_utf8(mime).unwrap();
            assert!(mime.contains("new") && !mime.contains("old"), "{mime}");
            assert_eq!(message.get(tags::HTML)?, b"<p>old</p>", "and still there");
            Ok(())
        }
    ),
];

fn parsed(mail: &[u8]) -> MessageTree {
    let context = ImportContext::new(FileTime::from_unix(1_795_357_205));
    mapi_mime::parse(mail.to_vec(), &context).expect("a mail")
}

fn written(tree: &MessageTree, options: &WriteOptions) -> Vec<u8> {
    let mut mime = Vec::new();
    mapi_mime::write(tree, options, &mut mime).expect("memory takes all");
    mime
}

fn imported(folder: &Folder, tree: MessageTree) -> Result<Message> {
    let item = ImportItem {
        tree,
        flags: 0,
        source: None,
    };
    match folder.import(vec![item], ImportOptions::default())?.pop() {
        Some(ImportOutcome::Imported { id, .. }) => folder.open_message(&id),
        other => panic!("{other:?}"),
    }
}

/// Kinds and addresses of the recipients.
fn people(message: &Message) -> Result<Vec<(i32, String)>> {
    let list = columns![tags::RECIPIENT_TYPE, tags::EMAIL_ADDRESS];
    let rows = message
        .recipients()
        .columns(list)
        .open()?
        .query_all_rows(0)?;
    let of = |row: &mapi::TableRow| {
        let kind = row.get(tags::RECIPIENT_TYPE).unwrap_or_default();
        (kind, row.get(tags::EMAIL_ADDRESS).unwrap_or_default())
    };
    Ok(rows.iter().map(of).collect())
}
