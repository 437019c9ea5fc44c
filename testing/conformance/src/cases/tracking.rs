//! RP-01: what reports tell of recipients is kept in the rows of the message that was sent.

use mapi::{
    Code, FileTime, Message, MessageTree, OpenFlags, Receipt, ReceiptPolicy, Reporting, Result,
    SaveFlags, SpecialFolder, Track, columns, message_flags, recipient_type, tags,
};
use mapi_props::Guid;
use mapi_spi::{Arrival, Inbox};

use crate::fixture::{address, code, draft, edit, prop};
use crate::spooling::spooler_session;
use crate::{Case, Fixture, case};

/// A message of mine in this folder, to Ann and Bob.
fn sent(f: &Fixture, folder: SpecialFolder, id: &str) -> Result<Message> {
    let folder = f.store()?.special_folder(folder)?;
    let message = draft(
        &folder,
        &[
            prop(tags::MESSAGE_CLASS, "IPM.Note"),
            prop(tags::SUBJECT, "Plans"),
            prop(tags::INTERNET_MESSAGE_ID, id),
        ],
    )?;
    let (to, cc) = (recipient_type::TO, recipient_type::CC);
    address(&message, &[(to, "Ann"), (cc, "Bob")])?;
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
    folder.open_message(&message.entry_id().expect("it is saved"))
}

/// What is known of Ann and of Bob.
fn tracks(f: &Fixture, message: &Message) -> Result<Vec<Track>> {
    let id = message.entry_id().expect("it is saved");
    let again = f.store()?.open_message(&id, OpenFlags::NONE)?;
    let tracks = again.recipient_tracks()?;
    assert!(
        tracks
            .iter()
            .all(|t| (t.track == Track::None) == t.since.is_none())
    );
    Ok(tracks.into_iter().map(|t| t.track).collect())
}

/// A mail as it comes.
fn mail(text: &str) -> MessageTree {
    let context = mapi_mime::ImportContext::new(FileTime::from_unix(1_795_357_205));
    let text = text.replace('\n', "\r\n");
    mapi_mime::parse(text.into_bytes(), &context).expect("a mail")
}

/// RFC 3464.
fn status_of(who: &str, action: &str, status: &str) -> MessageTree {
    mail(&format!(
        "From: MAILER-DAEMON@mx.example\nTo: me@example.com\nSubject: Delivery status\nMIME-Version: 1.0\n\
         Date: Mon, 23 Nov 2026 06:00:00 +0000\nMessage-ID: <r-{who}-{action}@mx.example>\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
         --b\nContent-Type: text/plain\n\nSo it is.\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n\
         Final-Recipient: rfc822; {who}\nAction: {action}\nStatus: {status}\n\n\
         --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <plans@example.com>\nSubject: Plans\n\n--b--\n"
    ))
}

/// RFC 8098.
fn notification_of(who: &str, disposition: &str) -> MessageTree {
    mail(&format!(
        "From: {who}\nTo: me@example.com\nSubject: Read: Plans\nMIME-Version: 1.0\n\
         Date: Mon, 23 Nov 2026 07:00:00 +0000\nMessage-ID: <n-{who}>\n\
         Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n\
         --b\nContent-Type: text/plain\n\nRead.\n\
         --b\nContent-Type: message/disposition-notification\n\n\
         Final-Recipient: rfc822; {who}\nOriginal-Message-ID: <plans@example.com>\n\
         Disposition: manual-action/MDN-sent-manually; {disposition}\n\n--b--\n"
    ))
}

/// A message that asks for a read report, from Ann; it came in the envelope of `path`.
fn asking(f: &Fixture, path: &str) -> Result<Message> {
    let mut tree = MessageTree::default();
    tree.props.set(tags::SUBJECT, "Read me");
    tree.props.set(tags::SENDER_NAME, "Ann");
    tree.props.set(tags::SENDER_ADDRTYPE, "SMTP");
    tree.props
        .set(tags::SENDER_EMAIL_ADDRESS, "ann@example.com");
    tree.props.set(tags::INTERNET_RETURN_PATH, path);
    tree.props.set(tags::READ_RECEIPT_REQUESTED, true);
    let id = f.store()?.deliver(tree)?.entry_id;
    edit(&f.inbox()?, &id)
}

fn queued(f: &Fixture) -> Result<usize> {
    let queue = f.store()?.outgoing_queue().open()?;
    Ok(queue.query_all_rows(0)?.len())
}

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "a message that was sent says who got it, who did not, and who read it",
        |f| {
            use Track::{Delivered, None, NotDelivered, NotRead, Read};
            let message = sent(f, SpecialFolder::SentItems, "<plans@example.com>")?;
            let other = sent(f, SpecialFolder::SentItems, "<other@example.com>")?;
            assert_eq!(tracks(f, &message)?, [None, None]);
            let (ann, bob) = ("ann@example.com", "Bob@Example.com");
            for (report, expected) in [
                (status_of(ann, "delayed", "4.4.1"), [None, None]),
                (status_of(ann, "delivered", "2.0.0"), [Delivered, None]),
                (status_of(bob, "failed", "5.1.1"), [Delivered, NotDelivered]),
                (notification_of(ann, "displayed"), [Read, NotDelivered]),
                (status_of(ann, "delivered", "2.0.0"), [Read, NotDelivered]),
                (notification_of(bob, "deleted"), [Read, NotRead]),
                (
                    notification_of("eve@example.com", "displayed"),
                    [Read, NotRead],
                ),
            ] {
                f.store()?.deliver(report)?;
                assert_eq!(tracks(f, &message)?, expected);
            }
            assert_eq!(tracks(f, &other)?, [None, None]);
            // As the properties that every MAPI program reads.
            let again = f
                .store()?
                .open_message(&message.entry_id().unwrap(), OpenFlags::NONE)?;
            let wanted = columns![
                tags::RECIPIENT_TRACKSTATUS,
                tags::RECIPIENT_TRACKSTATUS_TIME
            ];
            let rows = again.recipients().columns(wanted).open()?;
            let rows = rows.query_all_rows(0)?;
            assert_eq!(rows[0].get(tags::RECIPIENT_TRACKSTATUS), Some(6));
            assert_eq!(rows[1].get(tags::RECIPIENT_TRACKSTATUS), Some(3));
            let read = rows[0].get(tags::RECIPIENT_TRACKSTATUS_TIME);
            assert_eq!(read, Some(FileTime::from_unix(1_795_417_200)));
            // All of them are in the Inbox as well.
            assert_eq!(f.inbox()?.counts()?.contents, 7);
            Ok(())
        }
    ),
    case!(
        needs(),
        "reports that come together, about a message in the Outbox too, are all kept",
        |f| {
            let message = sent(f, SpecialFolder::Outbox, "<plans@example.com>")?;
            f.queue(&message)?;
            let store = spooler_session(f)?.default_store()?;
            let mut inbox = store.spool()?.inbox(Guid([7; 16]), &Reporting::default())?;
            let reports = [
                status_of("ann@example.com", "delivered", "2.0.0"),
                status_of("bob@example.com", "failed", "5.1.1"),
                notification_of("ann@example.com", "displayed"),
            ];
            let arrivals = reports.into_iter().enumerate();
            let arrivals = arrivals.map(|(n, message)| Arrival {
                token: n.to_string().into_bytes(),
                message,
            });
            let done = inbox.deliver(arrivals.collect())?;
            assert!(done.iter().all(Result::is_ok), "{done:?}");
            let expected = [Track::Read, Track::NotDelivered];
            assert_eq!(tracks(f, &message)?, expected);
            assert_eq!(f.inbox()?.counts()?.contents, 3);
            assert_eq!(queued(f)?, 1, "it still waits");
            Ok(())
        }
    ),
    case!(
        needs(),
        "a read report made here tells the sender's own message who read it",
        |f| {
            let message = sent(f, SpecialFolder::SentItems, "<plans@example.com>")?;
            // Bob gets it, and opens it.
            let mut copy = message.to_tree()?;
            copy.props.set(tags::READ_RECEIPT_REQUESTED, true);
            copy.props.set(tags::SENDER_NAME, "Me");
            copy.props.set(tags::SENDER_EMAIL_ADDRESS, "me@example.com");
            copy.props.set(tags::RECEIVED_BY_NAME, "Bob");
            copy.props.set(tags::RECEIVED_BY_ADDRTYPE, "SMTP");
            copy.props
                .set(tags::RECEIVED_BY_EMAIL_ADDRESS, "bob@example.com");
            let there = f.other_store()?;
            let id = there.deliver(copy)?.entry_id;
            let opened = there.open_message(&id, OpenFlags::MODIFY)?;
            let never = |_: &_| -> Result<bool> { panic!("nobody is asked") };
            let receipt = opened.read_by_person(ReceiptPolicy::Always, never)?;
            assert_eq!(receipt, Receipt::Sent);
            let row = there.outgoing_queue().open()?.query_all_rows(0)?.remove(0);
            let report = there.open_message(row.entry_id(), OpenFlags::BEST_ACCESS)?;
            let report = report.to_tree()?;
            f.store()?.deliver(report)?;
            assert_eq!(tracks(f, &message)?, [Track::None, Track::Read]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a read report is sent as the reader wants: asked, never or always",
        |f| {
            let from_ann = "<ann@example.com>";
            let no = |_: &_| Ok(false);
            let never_asked = |_: &_| -> Result<bool> { panic!("nobody is asked") };
            let read = |m: &Message| m.flags() & message_flags::READ != 0;

            let message = asking(f, from_ann)?;
            let due = message.receipt_due()?.expect("it asks for one");
            assert_eq!((due.name.as_str(), due.is_sender), ("Ann", true));
            assert_eq!(
                message.read_by_person(ReceiptPolicy::Never, never_asked)?,
                Receipt::Withheld
            );
            assert!(read(&message));
            assert_eq!(message.receipt_due()?, None);
            let again = message.read_by_person(ReceiptPolicy::Always, never_asked)?;
            assert_eq!(
                (again, queued(f)?),
                (Receipt::NotDue, 0),
                "never, later either"
            );

            let message = asking(f, from_ann)?;
            let ask = ReceiptPolicy::Ask;
            let nobody = |_: &_| Err(mapi::Error::new(Code::USER_CANCEL, "went away"));
            let gone = message.read_by_person(ask, nobody);
            assert_eq!(code(gone), Code::USER_CANCEL);
            assert!(!read(&message), "and nothing changed");
            assert_eq!(message.read_by_person(ask, no)?, Receipt::Withheld);
            let message = asking(f, from_ann)?;
            let yes = |to: &mapi::ReceiptTo| Ok(to.address == "ann@example.com");
            assert_eq!(message.read_by_person(ask, yes)?, Receipt::Sent);
            assert_eq!(queued(f)?, 1);

            let message = asking(f, from_ann)?;
            let always = ReceiptPolicy::Always;
            assert_eq!(message.read_by_person(always, never_asked)?, Receipt::Sent);
            assert_eq!(queued(f)?, 2);
            // It came from somewhere else than the report would go to: RFC 8098 §2.1.
            let message = asking(f, "<list@example.com>")?;
            assert_eq!(message.read_by_person(always, no)?, Receipt::Withheld);
            // Nobody answers a null sender.
            let message = asking(f, "<>")?;
            let flags = message_flags::RN_PENDING | message_flags::NRN_PENDING;
            assert_eq!(message.flags() & flags, 0);
            assert_eq!(
                message.read_by_person(always, never_asked)?,
                Receipt::NotDue
            );
            assert_eq!(queued(f)?, 2);
            Ok(())
        }
    ),
    case!(
        needs(),
        "what a profile says of reports is kept in the profile",
        |f| {
            let session = f.session();
            assert_eq!(session.reporting()?, Reporting::default());
            let wanted = Reporting {
                receipts: ReceiptPolicy::Never,
                give_up: Some(std::time::Duration::from_secs(36 * 3600)),
                language: mapi::ReportLanguage::French,
                central: vec![mapi::CentralReports::new("IPM.Note.App", "box@example.com")],
            };
            session.set_reporting(&wanted)?;
            assert_eq!(f.second_session()?.reporting()?, wanted);
            let blank = Reporting {
                central: vec![mapi::CentralReports::new("", "box@example.com")],
                ..wanted.clone()
            };
            let refused = session.set_reporting(&blank);
            assert_eq!(code(refused), Code::INVALID_PARAMETER);
            let soon = Reporting {
                give_up: Some(std::time::Duration::from_secs(59)),
                ..wanted.clone()
            };
            let refused = session.set_reporting(&soon);
            assert_eq!(code(refused), Code::INVALID_PARAMETER);
            assert_eq!(session.reporting()?, wanted);
            session.set_reporting(&Reporting::default())?;
            assert_eq!(f.second_session()?.reporting()?, Reporting::default());
            Ok(())
        }
    ),
];
