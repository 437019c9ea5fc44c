//! RFL.1, MSG-04, MSG-05, RP-01, STO-10.3: reports that a message was read, deleted unread, or not delivered.

use mapi::{
    Code, CopyFlags, DeleteFlags, DeleteFolderFlags, Delivery, EmptyFolderFlags, EntryId, Failure,
    Folder, MapiProp, Message, MessageTree, MsgStore, OpenFlags, PropTag, PropertyFlags, ReadFlags,
    Reporter, Result, SaveFlags, SpecialFolder, StatusReport, TableRow, columns, message_flags,
    recipient_type, tags,
};
use mapi_props::entry_id::OneOff;

use crate::fixture::{address, code, draft, edit, prop};
use crate::{Case, Fixture, case};

const READ: u32 = message_flags::READ;
const PENDING: u32 = message_flags::RN_PENDING | message_flags::NRN_PENDING;

/// A message from Ann to me that asks for a read report.
fn asking(subject: &str) -> MessageTree {
    let mut tree = MessageTree::default();
    let props = &mut tree.props;
    props.set(tags::MESSAGE_CLASS, "IPM.Note.Order");
    props.set(tags::SUBJECT, subject);
    props.set(tags::SENDER_NAME, "Ann");
    props.set(tags::SENDER_ADDRTYPE, "SMTP");
    props.set(tags::SENDER_EMAIL_ADDRESS, "ann@example.com");
    props.set(tags::RECEIVED_BY_NAME, "Me");
    props.set(tags::RECEIVED_BY_ADDRTYPE, "SMTP");
    props.set(tags::RECEIVED_BY_EMAIL_ADDRESS, "me@example.com");
    props.set(tags::READ_RECEIPT_REQUESTED, true);
    props.set(tags::REPORT_TAG, vec![7, 7]);
    tree
}

/// The same, delivered to the receive folder: the Inbox, and its id.
fn arrived(f: &Fixture, subject: &str) -> Result<(Folder, EntryId)> {
    let store = f.store()?;
    let delivered = store.deliver(asking(subject))?;
    let folder = store.open_folder(&delivered.folder_id, OpenFlags::MODIFY)?;
    Ok((folder, delivered.entry_id))
}

/// Who each queued report is for, its class and what it is about, in the order of the queue's entry.
fn queued(store: &MsgStore) -> Result<Vec<String>> {
    let wanted = columns![tags::MESSAGE_CLASS, tags::SUBJECT, tags::DISPLAY_TO];
    let rows = store.outgoing_queue().columns(wanted).open()?;
    let text = |row: &TableRow, tag: mapi::Tag<str>| row.get(tag).unwrap_or_default();
    let rows = rows.query_all_rows(0)?;
    let shown = rows.iter().map(|row| {
        let class = text(row, tags::MESSAGE_CLASS);
        let suffix = class.rsplit('.').next().unwrap_or_default().to_owned();
        format!(
            "{suffix} {} to {}",
            text(row, tags::SUBJECT),
            text(row, tags::DISPLAY_TO)
        )
    });
    let mut shown: Vec<String> = shown.collect();
    shown.sort();
    Ok(shown)
}

fn flags(folder: &Folder, id: &EntryId) -> Result<u32> {
    Ok(folder.open_message(id)?.flags())
}

fn one_off(address: &str) -> Vec<u8> {
    OneOff::new("", "SMTP", address)
        .encode()
        .expect("no zero in it")
}

pub(super) const CASES: &[Case] = &[
    case!(
        "RFL.1" + "MSG-05" + "RP-01.T4",
        needs(),
        "a message that is read, unread and read again gives one read report, one deleted unread a non-read report",
        |f| {
            let store = f.store()?;
            let (inbox, id) = arrived(f, "Plans")?;
            assert_eq!(flags(&inbox, &id)? & (READ | PENDING), PENDING);
            assert_eq!(queued(&store)?, [""; 0], "nothing before it is read");
            let list = std::slice::from_ref(&id);
            let first = inbox.set_read_flags(Some(list), ReadFlags::NONE)?;
            assert_eq!((first.warning, first.value.done), (None, 1));
            assert_eq!(queued(&store)?, ["IPNRN Read: Plans to Ann"]);
            let again = inbox.set_read_flags(Some(list), ReadFlags::NONE)?;
            assert_eq!(again.warning, None);
            assert_eq!(queued(&store)?.len(), 1, "exactly one");
            assert_eq!(flags(&inbox, &id)? & (READ | PENDING), READ);
            edit(&inbox, &id)?.set_read_flag(ReadFlags::CLEAR_READ_FLAG)?;
            edit(&inbox, &id)?.set_read_flag(ReadFlags::NONE)?;
            assert_eq!(
                queued(&store)?.len(),
                1,
                "and no second one when it is read again"
            );
            inbox
                .delete_messages(list, DeleteFlags::NONE)?
                .ignore_warning();
            assert_eq!(queued(&store)?.len(), 1, "no report of what was read");

            // Opened twice and read through the message itself.
            let (_, id) = arrived(f, "Lunch")?;
            for _ in 0..2 {
                store
                    .open_message(&id, OpenFlags::MODIFY)?
                    .set_read_flag(ReadFlags::NONE)?;
            }
            assert_eq!(
                queued(&store)?,
                ["IPNRN Read: Lunch to Ann", "IPNRN Read: Plans to Ann"]
            );
            // Deleted unread, softly and then for good: one report.
            let (_, id) = arrived(f, "Party")?;
            let list = std::slice::from_ref(&id);
            for flags in [DeleteFlags::NONE, DeleteFlags::HARD_DELETE] {
                let gone = inbox.delete_messages(list, flags)?;
                assert_eq!((gone.warning, gone.value.done), (None, 1));
            }
            assert_eq!(
                queued(&store)?.first().map(String::as_str),
                Some("IPNNRN Not read: Party to Ann")
            );
            assert_eq!(queued(&store)?.len(), 3);
            Ok(())
        }
    ),
    case!(
        "M-IMAPIFolder.SetReadFlags",
        needs(),
        "every combination of read flags does what its table says",
        |f| {
            let store = f.store()?;
            // Flags, whether it becomes read, what stays pending, reports.
            let table = [
                (ReadFlags::NONE, true, 0, 1),
                (ReadFlags::SUPPRESS_RECEIPT, true, 0, 0),
                (ReadFlags::CLEAR_READ_FLAG, false, PENDING, 0),
                (ReadFlags::GENERATE_RECEIPT_ONLY, false, 0, 1),
                (
                    ReadFlags::GENERATE_RECEIPT_ONLY | ReadFlags::SUPPRESS_RECEIPT,
                    false,
                    0,
                    0,
                ),
                (
                    ReadFlags::CLEAR_RN_PENDING,
                    false,
                    message_flags::NRN_PENDING,
                    0,
                ),
                (
                    ReadFlags::CLEAR_NRN_PENDING,
                    false,
                    message_flags::RN_PENDING,
                    0,
                ),
            ];
            let mut reports = 0;
            for (n, (how, read, pending, due)) in table.into_iter().enumerate() {
                for way in ["list", "all", "message"] {
                    let (inbox, id) = arrived(f, "m")?;
                    let done = match way {
                        "list" => {
                            inbox
                                .set_read_flags(Some(std::slice::from_ref(&id)), how)?
                                .warning
                        }
                        "all" => inbox.set_read_flags(None, how)?.warning,
                        _ => {
                            store
                                .open_message(&id, OpenFlags::MODIFY)?
                                .set_read_flag(how)?;
                            None
                        }
                    };
                    assert_eq!(done, None, "row {n}, {way}");
                    reports += due;
                    assert_eq!(queued(&store)?.len(), reports, "row {n}, {way}");
                    let after = flags(&inbox, &id)?;
                    assert_eq!(after & READ != 0, read, "row {n}, {way}");
                    assert_eq!(after & PENDING, pending, "row {n}, {way}");
                    let both = ReadFlags::GENERATE_RECEIPT_ONLY | ReadFlags::SUPPRESS_RECEIPT;
                    let asks = inbox.open_message(&id)?.get(tags::READ_RECEIPT_REQUESTED)?;
                    assert_eq!(asks, how != both, "row {n}, {way}");
                    // A report that was withdrawn or sent is sent by nothing that comes later.
                    inbox
                        .set_read_flags(None, ReadFlags::NONE)?
                        .ignore_warning();
                    reports += usize::from(pending & message_flags::RN_PENDING != 0);
                    assert_eq!(queued(&store)?.len(), reports, "row {n}, {way}, read later");
                    inbox.empty(EmptyFolderFlags::NONE)?.ignore_warning();
                    assert_eq!(
                        queued(&store)?.len(),
                        reports,
                        "row {n}, {way}, deleted later"
                    );
                }
            }
            // Contradictions change nothing; what is not here is told; a queued message stays as it is.
            let (inbox, id) = arrived(f, "m")?;
            let (_, sent) = arrived(f, "sent")?;
            f.queue(&inbox.open_message(&sent)?)?;
            let elsewhere = draft(&f.folder("Mail")?, &[])?;
            elsewhere.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let list = [id.clone(), elsewhere.entry_id().unwrap(), sent.clone()];
            for bad in [
                ReadFlags::SUPPRESS_RECEIPT,
                ReadFlags::GENERATE_RECEIPT_ONLY,
            ] {
                let bad = bad | ReadFlags::CLEAR_READ_FLAG;
                assert_eq!(
                    code(inbox.set_read_flags(Some(&list), bad)),
                    Code::INVALID_PARAMETER
                );
            }
            assert_eq!(flags(&inbox, &id)? & PENDING, PENDING);
            let done = inbox.set_read_flags(Some(&list), ReadFlags::NONE)?;
            assert_eq!(done.warning, Some(Code::W_PARTIAL_COMPLETION));
            assert_eq!(done.value.done, 1);
            let mut why: Vec<Code> = done.value.failed.iter().map(|(_, e)| e.code()).collect();
            why.sort_by_key(|code| code.0);
            assert_eq!(why, [Code::NOT_FOUND, Code::SUBMITTED]);
            assert_eq!(flags(&inbox, &sent)? & (READ | PENDING), PENDING);
            Ok(())
        }
    ),
    case!(
        "STO-10.3" + "PRP-08",
        needs(),
        "a copy of a message that asks for a read report sends none of its own",
        |f| {
            let store = f.store()?;
            let (inbox, id) = arrived(f, "Plans")?;
            let folder = f.folder("Mail")?;
            inbox
                .copy_messages(std::slice::from_ref(&id), &folder, CopyFlags::NONE)?
                .ignore_warning();
            let copies = folder.contents().open()?.query_all_rows(0)?;
            let copy = copies[0].entry_id().clone();
            assert_eq!(flags(&folder, &copy)? & (READ | PENDING), 0);
            for folder in [&folder, &inbox] {
                folder
                    .set_read_flags(None, ReadFlags::NONE)?
                    .ignore_warning();
            }
            assert_ne!(flags(&folder, &copy)? & READ, 0);
            assert_ne!(flags(&inbox, &id)? & READ, 0);
            assert_eq!(queued(&store)?, ["IPNRN Read: Plans to Ann"]);
            // What copies keeps what values are.
            let (of_copy, of_original) = (folder.open_message(&copy)?, inbox.open_message(&id)?);
            for tag in [tags::SEARCH_KEY, tags::REPORT_TAG] {
                assert_eq!(of_copy.get(tag)?, of_original.get(tag)?);
            }
            assert_ne!(
                of_copy.get(tags::RECORD_KEY)?,
                of_original.get(tags::RECORD_KEY)?
            );
            Ok(())
        }
    ),
    case!(
        "STO-10.3",
        needs(),
        "before an unread message goes to another store its read report does",
        |f| {
            let store = f.store()?;
            let there = f.other_store()?.ipm_subtree()?;
            for (moves, subject) in [(CopyFlags::NONE, "copied"), (CopyFlags::MOVE, "moved")] {
                let (inbox, id) = arrived(f, subject)?;
                let list = std::slice::from_ref(&id);
                let carried = inbox.copy_messages(list, &there, moves)?;
                assert_eq!((carried.warning, carried.value.done), (None, 1));
                let (_, new) = &carried.value.copies[0];
                assert_eq!(flags(&there, new)? & (READ | PENDING), 0);
                there
                    .set_read_flags(None, ReadFlags::NONE)?
                    .ignore_warning();
            }
            let sent = ["IPNRN Read: copied to Ann", "IPNRN Read: moved to Ann"];
            assert_eq!(queued(&store)?, sent);
            // Leaving is no deletion, even where only that is still to be reported.
            let (inbox, id) = arrived(f, "withdrawn")?;
            let list = std::slice::from_ref(&id);
            let no_read = ReadFlags::CLEAR_RN_PENDING;
            inbox.set_read_flags(Some(list), no_read)?.ignore_warning();
            let moved = inbox.copy_messages(list, &there, CopyFlags::MOVE)?;
            assert_eq!((moved.warning, moved.value.done), (None, 1));
            assert_eq!(queued(&store)?, sent);
            assert_eq!(queued(&f.other_store()?)?, [""; 0]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a read report says whose message was read, and goes where that asks",
        |f| {
            let store = f.store()?;
            let mut tree = asking("RE: Plans");
            tree.props
                .set(tags::READ_RECEIPT_ENTRYID, one_off("receipts@example.com"));
            let id = store.deliver(tree)?.entry_id;
            store
                .open_message(&id, OpenFlags::MODIFY)?
                .set_read_flag(ReadFlags::NONE)?;
            let outbox = store.special_folder(SpecialFolder::Outbox)?;
            let rows = outbox.contents().open()?.query_all_rows(0)?;
            assert_eq!(rows.len(), 1);
            let report = outbox.open_message(rows[0].entry_id())?;
            for (tag, text) in [
                (tags::MESSAGE_CLASS, "REPORT.IPM.Note.Order.IPNRN"),
                (tags::ORIG_MESSAGE_CLASS, "IPM.Note.Order"),
                (tags::ORIGINAL_SUBJECT, "RE: Plans"),
                (tags::SENDER_EMAIL_ADDRESS, "me@example.com"),
                (tags::ORIGINAL_SENDER_EMAIL_ADDRESS, "ann@example.com"),
                (tags::DISPLAY_TO, "receipts@example.com"),
                (tags::CONVERSATION_TOPIC, "Plans"),
            ] {
                assert_eq!(report.get(tag)?, text, "{tag:?}");
            }
            assert_eq!(report.get(tags::REPORT_TAG)?, [7, 7]);
            let of = |tag| store.open_message(&id, OpenFlags::NONE)?.get(tag);
            assert_eq!(
                report.get(tags::ORIGINAL_DELIVERY_TIME)?,
                of(tags::MESSAGE_DELIVERY_TIME)?
            );
            for tag in [
                tags::REPORT_TIME,
                tags::RECEIPT_TIME,
                tags::CLIENT_SUBMIT_TIME,
            ] {
                assert!(report.find(tag)?.is_some(), "{tag:?}");
            }
            assert_ne!(report.flags() & message_flags::SUBMIT, 0);
            Ok(())
        }
    ),
    case!(
        needs(),
        "two sessions that read one message at once send one report",
        |f| {
            let (inbox, id) = arrived(f, "Plans")?;
            let there = f.second_session()?.default_store()?;
            let other = there.open_message(&id, OpenFlags::MODIFY)?;
            let mine = edit(&inbox, &id)?;
            std::thread::scope(|scope| {
                scope.spawn(|| mine.set_read_flag(ReadFlags::NONE).unwrap());
                scope.spawn(|| other.set_read_flag(ReadFlags::NONE).unwrap());
            });
            assert_eq!(queued(&there)?.len(), 1);
            Ok(())
        }
    ),
    case!(
        needs(),
        "folders that are emptied or deleted report what was unread in them",
        |f| {
            let store = f.store()?;
            let folder = f.folder("Mail")?;
            for subject in ["emptied", "read", "deleted"] {
                let (inbox, id) = arrived(f, subject)?;
                if subject == "read" {
                    inbox
                        .set_read_flags(None, ReadFlags::SUPPRESS_RECEIPT)?
                        .ignore_warning();
                }
                inbox
                    .copy_messages(&[id], &folder, CopyFlags::MOVE)?
                    .ignore_warning();
                let flags = DeleteFolderFlags::DEL_MESSAGES;
                match subject {
                    "deleted" => f.inbox()?.delete_folder(&folder.entry_id(), flags)?,
                    _ => assert_eq!(folder.empty(EmptyFolderFlags::HARD_DELETE)?.warning, None),
                }
            }
            assert_eq!(
                queued(&store)?,
                [
                    "IPNNRN Not read: deleted to Ann",
                    "IPNNRN Not read: emptied to Ann"
                ]
            );
            Ok(())
        }
    ),
    case!(
        "MSG-04" + "RP-01.T2",
        needs(),
        "a failing recipient gives one nondelivery report with the message as it was submitted",
        |f| {
            let message = submitted(f, &[])?;
            let [report] = reports(&message, true)?.try_into().expect("one report");
            assert_eq!(report.to.text(tags::EMAIL_ADDRESS), Some("me@example.com"));
            let before = format!("{:?}", message.to_tree()?);
            let delivered = f.store()?.deliver(report.message)?;
            let ndr = f
                .store()?
                .open_message(&delivered.entry_id, OpenFlags::NONE)?;
            assert_eq!(ndr.get(tags::MESSAGE_CLASS)?, "REPORT.IPM.Note.NDR");
            assert_eq!(ndr.get(tags::ORIGINAL_SUBJECT)?, "Plans");
            assert_eq!(ndr.get(tags::ORIGINAL_DISPLAY_TO)?, "Good; Bad");
            let wanted = columns![
                tags::DISPLAY_NAME,
                tags::NDR_REASON_CODE,
                tags::NDR_DIAG_CODE
            ];
            let rows = ndr.recipients().columns(wanted).open()?;
            let rows = rows.query_all_rows(0)?;
            assert_eq!(rows.len(), 1, "exactly that recipient");
            assert_eq!(rows[0].get(tags::DISPLAY_NAME).as_deref(), Some("Bad"));
            assert_eq!(rows[0].get(tags::NDR_REASON_CODE), Some(1));
            assert_eq!(rows[0].get(tags::NDR_DIAG_CODE), Some(35));
            let attached = ndr.attachments().open()?.query_all_rows(0)?;
            let number = attached[0].get(tags::ATTACH_NUM).unwrap();
            let inner = ndr
                .open_attachment(number, OpenFlags::NONE)?
                .open_embedded(PropertyFlags::NONE)?;
            assert_eq!(inner.get(tags::SUBJECT)?, "Plans");
            assert_eq!(inner.get(tags::BODY)?, "text");
            assert_eq!(inner.get(tags::SEARCH_KEY)?, message.get(tags::SEARCH_KEY)?);
            let names = |m: &Message| -> Result<Vec<String>> {
                let rows = m.recipients().open()?.query_all_rows(0)?;
                Ok(rows
                    .iter()
                    .filter_map(|r| r.get(tags::DISPLAY_NAME))
                    .collect())
            };
            assert_eq!(names(&inner)?, names(&message)?);
            assert_eq!(
                format!("{:?}", message.to_tree()?),
                before,
                "the message itself is as it was"
            );

            let never = prop(tags::ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED, false);
            assert_eq!(reports(&submitted(f, &[never])?, true)?.len(), 0);
            let desk = prop(tags::REPORT_ENTRYID, one_off("desk@example.com"));
            let [report] = reports(&submitted(f, &[desk])?, true)?
                .try_into()
                .expect("one");
            assert_eq!(
                report.to.text(tags::EMAIL_ADDRESS),
                Some("desk@example.com")
            );
            // Deliveries are told on request only, and without the message.
            let asked = prop(tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED, true);
            assert_eq!(reports(&submitted(f, &[])?, false)?.len(), 0);
            let [report] = reports(&submitted(f, &[asked])?, false)?
                .try_into()
                .expect("one");
            let class = report.message.props.text(tags::MESSAGE_CLASS);
            assert_eq!(class, Some("REPORT.IPM.Note.DR"));
            assert!(report.message.attachments.is_empty());
            assert!(
                report.message.recipients[0]
                    .value(tags::DELIVER_TIME)
                    .is_some()
            );
            Ok(())
        }
    ),
    case!(
        "RP-01.T5",
        needs(),
        "nothing is ever reported about a report",
        |f| {
            let store = f.store()?;
            let message = submitted(f, &[])?;
            let [report] = reports(&message, true)?.try_into().expect("one report");
            let mut tree = report.message;
            tree.props.set(tags::READ_RECEIPT_REQUESTED, true);
            let delivered = store.deliver(tree)?;
            let inbox = store.open_folder(&delivered.folder_id, OpenFlags::MODIFY)?;
            let ndr = inbox.open_message(&delivered.entry_id)?;
            assert_eq!(ndr.flags() & PENDING, 0);
            assert_eq!(reports(&ndr, true)?.len(), 0, "an undeliverable report");
            let before = queued(&store)?;
            inbox
                .set_read_flags(None, ReadFlags::NONE)?
                .ignore_warning();
            inbox
                .delete_messages(&[delivered.entry_id], DeleteFlags::HARD_DELETE)?
                .ignore_warning();
            assert_eq!(queued(&store)?, before);
            Ok(())
        }
    ),
    case!(needs(), "reports travel as mail and are known again", |f| {
        let store = f.store()?;
        let mail = b"From: Ann <ann@example.com>\r\nTo: me@example.com\r\nSubject: Plans\r\n\
                Message-ID: <m1@example.com>\r\nDisposition-Notification-To: receipts@example.com\r\n\r\nHello.\r\n";
        let mut tree = parsed(mail);
        tree.props.set(tags::RECEIVED_BY_NAME, "Me");
        tree.props.set(tags::RECEIVED_BY_ADDRTYPE, "SMTP");
        tree.props
            .set(tags::RECEIVED_BY_EMAIL_ADDRESS, "me@example.com");
        let id = store.deliver(tree)?.entry_id;
        store
            .open_message(&id, OpenFlags::MODIFY)?
            .set_read_flag(ReadFlags::NONE)?;
        let outbox = store.special_folder(SpecialFolder::Outbox)?;
        let rows = outbox.contents().open()?.query_all_rows(0)?;
        let report = outbox.open_message(rows[0].entry_id())?;
        let again = parsed(&written(&report.to_tree()?));
        for (tag, text) in [
            (tags::MESSAGE_CLASS, "REPORT.IPM.Note.IPNRN"),
            (tags::REPORT_DISPOSITION, "displayed"),
            (tags::INTERNET_RETURN_PATH, "<m1@example.com>"),
            (tags::SENDER_EMAIL_ADDRESS, "me@example.com"),
        ] {
            assert_eq!(again.props.text(tag), Some(text), "{tag:?}");
        }
        let addresses = |tree: &MessageTree| -> Vec<String> {
            let rows = tree.recipients.iter();
            rows.filter_map(|r| r.text(tags::EMAIL_ADDRESS).map(str::to_owned))
                .collect()
        };
        assert_eq!(addresses(&again), ["receipts@example.com"]);

        let mut ndr = reports(&submitted(f, &[])?, true)?.remove(0);
        ndr.message.recipients.insert(0, ndr.to);
        let again = parsed(&written(&ndr.message));
        assert_eq!(
            again.props.text(tags::MESSAGE_CLASS),
            Some("REPORT.IPM.Note.NDR")
        );
        assert_eq!(addresses(&again)[0], "me@example.com");
        let failed: Vec<_> = again
            .recipients
            .iter()
            .filter(|row| row.value(tags::REPORT_TIME).is_some())
            .map(|row| row.text(tags::DISPLAY_NAME))
            .collect();
        assert_eq!(failed, [Some("Bad")]);
        let subject = again.props.text(tags::ORIGINAL_SUBJECT);
        assert_eq!(subject, Some("Plans"), "from the message that came back");
        Ok(())
    }),
];

fn parsed(mail: &[u8]) -> MessageTree {
    let context = mapi_mime::ImportContext::new(mapi::FileTime::from_unix(1_795_357_205));
    mapi_mime::parse(mail.to_vec(), &context).expect("a mail")
}

fn written(tree: &MessageTree) -> Vec<u8> {
    let mut mime = Vec::new();
    mapi_mime::write(tree, &mapi_mime::WriteOptions::default(), &mut mime)
        .expect("memory takes all");
    mime
}

/// A message of mine to Good and Bad, marked as submitting does.
fn submitted(f: &Fixture, more: &[(PropTag, mapi::PropValue)]) -> Result<Message> {
    let outbox = f.store()?.special_folder(SpecialFolder::Outbox)?;
    let mut props = vec![
        prop(tags::MESSAGE_CLASS, "IPM.Note"),
        prop(tags::SUBJECT, "Plans"),
        prop(tags::BODY, "text"),
        prop(tags::SENDER_NAME, "Me"),
        prop(tags::SENDER_ADDRTYPE, "SMTP"),
        prop(tags::SENDER_EMAIL_ADDRESS, "me@example.com"),
    ];
    props.extend_from_slice(more);
    let message = draft(&outbox, &props)?;
    address(
        &message,
        &[(recipient_type::TO, "Good"), (recipient_type::TO, "Bad")],
    )?;
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
    f.queue(&message)?;
    outbox.open_message(&message.entry_id().expect("it is saved"))
}

/// The reports when the last recipient fails and the others get the message, or all get it.
fn reports(message: &Message, fails: bool) -> Result<Vec<StatusReport>> {
    let rows = message.recipients().open()?.query_all_rows(0)?;
    let last = rows.len().saturating_sub(1);
    let outcome = |(n, row): (usize, &TableRow)| {
        let failure = Failure {
            reason: 1,
            diagnostic: 35,
            ..Failure::default()
        };
        let outcome = if fails && n == last {
            Delivery::Failed(failure)
        } else {
            Delivery::Delivered(mapi::FileTime(1))
        };
        (row.get(tags::ROWID).expect("rows are numbered"), outcome)
    };
    let outcomes: Vec<_> = rows.iter().enumerate().map(outcome).collect();
    let reporter = Reporter {
        name: "System Administrator".to_owned(),
        address: "postmaster@example.com".to_owned(),
        language: mapi::ReportLanguage::English,
    };
    message.status_reports(&outcomes, &reporter)
}
