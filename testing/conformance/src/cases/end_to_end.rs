//! OUT-01, OUT-11, OUT-13, OVR-01: whole ways of messages, from who writes them to who reads them.

use mapi::{
    Compose, EntryId, ForwardAs, MapiProp, Message, ModifyMode, OpenFlags, PropertyFlags, Result,
    SaveFlags, SpecialFolder, columns, message_flags, recipient_type, tags,
};
use mapi_spi::{Fate, Refusal};
use mapi_spooler::{Options, Spooler, Wanted};

use crate::fixture::{add_subject, attach, by_subject, draft, matching, prop, recipient, subjects};
use crate::post::{Line, Post, line, round, submitted};
use crate::spooling::spooler_session;
use crate::{Case, case};

const TO: i32 = recipient_type::TO;
const CC: i32 = recipient_type::CC;
const BCC: i32 = recipient_type::BCC;

/// The transport of these cases.
const LOOP: Line = line("x", "SMTP");

pub(super) const CASES: &[Case] = &[
    case!(
        "OUT-01.1",
        needs(),
        "who gets a message sees what was written, its files, and nobody who got it in secret",
        |f| {
            let post = Post::new(f, &[LOOP])?;
            let message = post.draft("The plan", &[])?;
            let rows = [(TO, "Ann"), (CC, "Bob"), (BCC, "Eve")].map(|(k, n)| recipient(k, n));
            message.modify_recipients(ModifyMode::Add, &rows)?;
            message.set(tags::BODY, "See both.")?;
            message.set(tags::RTF_COMPRESSED, rtf(b"{\\rtf1 See \\b both\\b0 .}"))?;
            let big = vec![9_u8; 300_000];
            attach(&message, "big.bin", &big)?;
            attach(&message, "small.txt", b"small")?;
            submitted(&message)?;
            around(&post, &post.spooler(f)?)?;
            let got = arrived(&post, "The plan")?;
            assert_eq!(got.get(tags::SUBJECT)?, "The plan");
            assert_eq!(got.get(tags::BODY)?, "See both.");
            assert_eq!(
                got.get(tags::RTF_COMPRESSED)?,
                rtf(b"{\\rtf1 See \\b both\\b0 .}")
            );
            assert_eq!(got.get(tags::DISPLAY_TO)?, "Ann");
            assert_eq!(got.get(tags::DISPLAY_CC)?, "Bob");
            assert_eq!(got.find(tags::DISPLAY_BCC)?.unwrap_or_default(), "");
            assert_eq!(
                names(&got)?,
                [(TO, "Ann".to_owned()), (CC, "Bob".to_owned())]
            );
            assert_eq!(got.attachment_count(), 2);
            assert!(file(&got, 0)? == ("big.bin".to_owned(), big));
            assert_eq!(file(&got, 1)?, ("small.txt".to_owned(), b"small".to_vec()));
            // Whoever got it in secret did get it.
            assert_eq!(
                post.reached("x"),
                [["ann@example.com", "bob@example.com", "eve@example.com"]]
            );
            Ok(())
        }
    ),
    case!(
        "OUT-11.1",
        needs(),
        "a message that came back goes to whom it did not reach, and shows all as if it had gone well",
        |f| {
            let post = Post::new(f, &[LOOP])?;
            let refused = Refusal {
                text: "550 no such person".to_owned(),
                ..Refusal::default()
            };
            post.script("x")
                .answer("b@example.com", [Fate::Refused(refused)]);
            post.submit("x", &["a@example.com", "b@example.com"])?;
            let spooler = post.spooler(f)?;
            around(&post, &spooler)?;
            assert_eq!(post.reached("x"), [["a@example.com"]]);
            let inbox = post.store.receive_folder("IPM.Note")?;
            let ndr = report(&post)?;
            let again = ndr.resend(&Compose::default())?;
            again.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            submitted(&again)?;
            let wire = post.scripted.wire("x");
            let before = wire.left().len();
            around(&post, &spooler)?;
            let left = wire.left().split_off(before);
            assert_eq!(left.len(), 1);
            assert_eq!(left[0].recipients, ["b@example.com"], "he alone");
            // What he got is the newest of that subject.
            let rows = inbox
                .contents()
                .columns(columns![tags::SUBJECT, tags::ENTRYID])
                .sort([mapi::SortColumn::descending(tags::MESSAGE_DELIVERY_TIME)])
                .open()?
                .query_all_rows(0)?;
            let of_it = rows
                .iter()
                .filter(|row| row.get(tags::SUBJECT).as_deref() == Some("x"));
            let of_it: Vec<_> = of_it.collect();
            assert_eq!(of_it.len(), 2, "one for each time it was sent");
            for row in of_it {
                let got = inbox.open_message(row.entry_id())?;
                let shown = names(&got)?;
                let addresses: Vec<_> = shown.iter().map(|(_, name)| name.as_str()).collect();
                assert_eq!(addresses, ["a@example.com", "b@example.com"]);
                assert!(shown.iter().all(|(kind, _)| *kind == TO), "{shown:?}");
                assert_eq!(got.flags() & message_flags::RESEND, 0);
            }
            Ok(())
        }
    ),
    case!(
        "OUT-13.1",
        needs(),
        "who gets a forwarded message gets its files and embedded messages byte for byte",
        |f| {
            let post = Post::new(f, &[LOOP])?;
            let inbox = post.store.receive_folder("IPM.Note")?;
            let original = draft(&inbox, &[prop(tags::SUBJECT, "original")])?;
            let bytes: Vec<u8> = (0..=255_u8).cycle().take(100_001).collect();
            attach(&original, "all.bin", &bytes)?;
            let holder = original.create_attachment()?;
            let inner = holder.open_embedded(PropertyFlags::CREATE | PropertyFlags::MODIFY)?;
            inner.set(tags::SUBJECT, "inner")?;
            inner.set(tags::BODY, "inside")?;
            attach(&inner, "deep.bin", &bytes)?;
            inner.save_changes(SaveFlags::NONE)?;
            holder.save_changes(SaveFlags::NONE)?;
            original.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let outbox = post.store.special_folder(SpecialFolder::Outbox)?;
            let compose = Compose {
                folder: Some(outbox),
                ..Compose::default()
            };
            let forward = original.forward(ForwardAs::Inline, &compose)?;
            forward.modify_recipients(ModifyMode::Add, &[recipient(TO, "Ann")])?;
            submitted(&forward)?;
            around(&post, &post.spooler(f)?)?;
            let got = arrived(&post, "FW: original")?;
            assert_eq!(got.attachment_count(), 2);
            assert!(file(&got, 0)? == ("all.bin".to_owned(), bytes.clone()));
            let inner = open(&got, 1)?.open_embedded(PropertyFlags::NONE)?;
            assert_eq!(inner.get(tags::SUBJECT)?, "inner");
            assert_eq!(inner.get(tags::BODY)?, "inside");
            assert_eq!(inner.attachment_count(), 1);
            assert!(file(&inner, 0)? == ("deep.bin".to_owned(), bytes));
            Ok(())
        }
    ),
    case!(
        "OVR-01.2",
        needs(),
        "without any transport a store does all it can, and what is sent waits",
        |f| {
            let store = f.store()?;
            let inbox = f.inbox()?;
            let id = add_subject(&inbox, "kept")?;
            let folder = inbox.create_folder("Other", None, mapi::CreateFolderFlags::NONE)?;
            let ids = [id.clone()];
            let copied = inbox.copy_messages(&ids, &folder, mapi::CopyFlags::NONE)?;
            assert_eq!(copied.warning, None);
            let changed = inbox.open_message_with(&id, OpenFlags::MODIFY)?;
            changed.set(tags::SUBJECT, "changed")?;
            changed.save_changes(SaveFlags::NONE)?;
            assert_eq!(subjects(&by_subject(&folder)?)?, ["kept"]);
            let wanted = mapi::Restriction::property(tags::SUBJECT, mapi::RelOp::Eq, "changed");
            assert_eq!(matching(&inbox, wanted)?, ["changed"]);
            let outbox = store.special_folder(SpecialFolder::Outbox)?;
            let message = draft(&outbox, &[prop(tags::SUBJECT, "sent")])?;
            message.modify_recipients(ModifyMode::Add, &[recipient(TO, "Ann")])?;
            let waiting = submitted(&message)?;
            let waits = |store: &mapi::MsgStore| -> Result<usize> { Ok(store.outbox()?.len()) };
            assert_eq!(waits(&store)?, 1);
            // It can be taken back, changed and submitted again.
            store.abort_submit(&waiting)?;
            assert_eq!(waits(&store)?, 0);
            let again = store.open_message(&waiting, OpenFlags::MODIFY)?;
            again.set(tags::SUBJECT, "again")?;
            submitted(&again)?;
            assert_eq!(waits(&store)?, 1);
            let session = spooler_session(f)?;
            let spooler = Spooler::begin(&session, &session.default_store()?, Options::default())?;
            let done = round(&spooler)?;
            assert_eq!((done.sent, done.failed, done.waiting), (0, 0, 1));
            assert_eq!(waits(&store)?, 1, "nobody carries it");
            Ok(())
        }
    ),
];

/// Sends what waits, lets all of it arrive as it left, and receives it.
fn around(post: &Post, spooler: &Spooler) -> Result<()> {
    let wire = post.scripted.wire("x");
    let before = wire.left().len();
    round(spooler)?;
    for (n, left) in wire.left().into_iter().enumerate().skip(before) {
        let token = format!("back {n}");
        wire.arrive(token.as_bytes(), left.message.unwrap());
    }
    let wanted = Wanted {
        flush: true,
        ..Wanted::due()
    };
    spooler.round(&wanted, &mapi::Call::default())?;
    assert_eq!(wire.waiting(), 0, "all of it was received");
    Ok(())
}

/// PR_RTF_COMPRESSED of text that is not compressed. [MS-OXRTFCP] 2.1.3.1
fn rtf(text: &[u8]) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap();
    let mut bytes = (length + 12).to_le_bytes().to_vec();
    bytes.extend(length.to_le_bytes());
    bytes.extend(b"MELA");
    bytes.extend([0; 4]);
    bytes.extend(text);
    bytes
}

/// The one message of the Inbox with this subject.
fn arrived(post: &Post, subject: &str) -> Result<Message> {
    let inbox = post.store.receive_folder("IPM.Note")?;
    let table = by_subject(&inbox)?;
    let rows = table.query_all_rows(0)?;
    let of_it: Vec<&mapi::TableRow> = rows
        .iter()
        .filter(|row| row.get(tags::SUBJECT).as_deref() == Some(subject))
        .collect();
    assert_eq!(of_it.len(), 1, "{:?}", subjects(&table));
    let id: &EntryId = of_it[0].entry_id();
    inbox.open_message(id)
}

/// The nondelivery report in the Inbox.
fn report(post: &Post) -> Result<Message> {
    let folder = post.store.receive_folder("REPORT.IPM.NDR")?;
    let rows = folder
        .contents()
        .columns(columns![tags::MESSAGE_CLASS, tags::ENTRYID])
        .open()?
        .query_all_rows(0)?;
    let class = |row: &&mapi::TableRow| {
        let class = row.get(tags::MESSAGE_CLASS).unwrap_or_default();
        class.starts_with("REPORT.IPM") && class.ends_with(".NDR")
    };
    let found: Vec<_> = rows.iter().filter(class).collect();
    assert_eq!(found.len(), 1, "{rows:?}");
    folder.open_message(found[0].entry_id())
}

/// Recipients with their types, in order.
fn names(message: &Message) -> Result<Vec<(i32, String)>> {
    let wanted = columns![tags::RECIPIENT_TYPE, tags::DISPLAY_NAME];
    let table = message.recipients().columns(wanted).open()?;
    let row = |row: &mapi::TableRow| {
        (
            row.get(tags::RECIPIENT_TYPE).unwrap(),
            row.get(tags::DISPLAY_NAME).unwrap(),
        )
    };
    Ok(table.query_all_rows(0)?.iter().map(row).collect())
}

fn open(message: &Message, at: usize) -> Result<mapi::Attachment> {
    let table = message
        .attachments()
        .columns(columns![tags::ATTACH_NUM])
        .sort([mapi::SortColumn::ascending(tags::ATTACH_NUM)])
        .open()?;
    let rows = table.query_all_rows(0)?;
    message.open_attachment(rows[at].get(tags::ATTACH_NUM).unwrap(), OpenFlags::NONE)
}

/// Name and bytes of an attachment.
fn file(message: &Message, at: usize) -> Result<(String, Vec<u8>)> {
    let attachment = open(message, at)?;
    Ok((
        attachment.get(tags::ATTACH_LONG_FILENAME)?,
        attachment.get(tags::ATTACH_DATA_BIN)?,
    ))
}
