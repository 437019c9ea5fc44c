//! AD-07: nondelivery reports that are collected in one place.

use mapi::{
    CentralReports, MapiProp, MessageTree, OpenFlags, Reporting, Result, SaveFlags, SpecialFolder,
    columns, message_flags, tags,
};
use mapi_props::Guid;
use mapi_spi::{Arrival, Inbox};

use crate::fixture::{draft, prop};
use crate::spooling::spooler_session;
use crate::{Case, Fixture, case};

/// The central box.
const CENTRAL: &str = "returns@example.com";

fn incoming(class: &str, subject: &str, from: &str) -> MessageTree {
    let mut tree = MessageTree::default();
    tree.props.set(tags::MESSAGE_CLASS, class);
    tree.props.set(tags::SUBJECT, subject);
    tree.props.set(tags::SENDER_NAME, from);
    tree.props.set(tags::SENDER_ADDRTYPE, "SMTP");
    tree.props.set(tags::SENDER_EMAIL_ADDRESS, from);
    tree
}

/// Delivers messages under the rule for messages of the class IPM.Note.App.
fn deliver(f: &Fixture, messages: Vec<MessageTree>) -> Result<()> {
    let session = f.session();
    session.set_reporting(&Reporting {
        central: vec![CentralReports::new("IPM.Note.App", CENTRAL)],
        ..Reporting::default()
    })?;
    let spooler = spooler_session(f)?;
    let store = spooler.default_store()?;
    let rules = spooler.reporting()?;
    let mut inbox = store.spool()?.inbox(Guid([7; 16]), &rules)?;
    let before = f.inbox()?.counts()?.contents;
    let arrivals = messages.into_iter().enumerate();
    let arrivals = arrivals.map(|(n, message)| Arrival {
        token: format!("{before}-{n}").into_bytes(),
        message,
    });
    let done = inbox.deliver(arrivals.collect())?;
    assert!(done.iter().all(std::result::Result::is_ok), "{done:?}");
    let arrived = u64::try_from(done.len()).expect("a few");
    assert_eq!(
        f.inbox()?.counts()?.contents,
        before + arrived,
        "all arrive"
    );
    Ok(())
}

/// Subjects of what waits to be sent, and to whom each goes.
fn sent_on(f: &Fixture) -> Result<Vec<(String, Vec<String>)>> {
    let store = f.store()?;
    let queue = store
        .outgoing_queue()
        .columns(columns![tags::SUBJECT, tags::ENTRYID]);
    let mut all = Vec::new();
    for row in queue.open()?.query_all_rows(0)? {
        let message = store.open_message(row.entry_id(), OpenFlags::BEST_ACCESS)?;
        assert_ne!(message.flags() & message_flags::SUBMIT, 0);
        let wanted = columns![tags::EMAIL_ADDRESS, tags::RESPONSIBILITY];
        let rows = message.recipients().columns(wanted).open()?;
        let rows = rows.query_all_rows(0)?;
        let served = rows
            .iter()
            .filter(|row| row.get(tags::RESPONSIBILITY) == Some(false));
        let served = served.filter_map(|row| row.get(tags::EMAIL_ADDRESS));
        all.push((message.get(tags::SUBJECT)?, served.collect()));
    }
    all.sort();
    Ok(all)
}

fn to_central(subjects: &[&str]) -> Vec<(String, Vec<String>)> {
    let one = |subject: &&str| ((*subject).to_owned(), vec![CENTRAL.to_owned()]);
    subjects.iter().map(one).collect()
}

pub(super) const CASES: &[Case] = &[
    case!(
        "AD-07.T2",
        needs(),
        "nondelivery reports about messages of a class go on to the central box, and no others",
        |f| {
            let daemon = "postmaster@example.com";
            let report = |class: &str, subject: &str| incoming(class, subject, daemon);
            let mut failed = report("REPORT.IPM.Note.App.NDR", "one");
            let mut row = mapi_props::TreeProps::default();
            row.set(tags::RECIPIENT_TYPE, mapi::recipient_type::TO);
            row.set(tags::DISPLAY_NAME, "Bad");
            row.set(tags::ADDRTYPE, "SMTP");
            row.set(tags::EMAIL_ADDRESS, "bad@example.com");
            row.set(tags::REPORT_TIME, mapi::FileTime(1));
            row.set(tags::NDR_REASON_CODE, 1);
            failed.recipients.push(row);
            let mut forwarded = report("REPORT.IPM.Note.App.NDR", "sent on before");
            forwarded.props.set(tags::AUTO_FORWARDED, true);
            deliver(
                f,
                vec![
                    failed,
                    report("report.ipm.note.app.order.ndr", "two"),
                    report("REPORT.IPM.Note.App.DR", "delivered"),
                    report("REPORT.IPM.Note.NDR", "another class"),
                    report("REPORT.IPM.Note.Apple.NDR", "a longer word"),
                    report("IPM.Note.App", "no report"),
                    forwarded,
                ],
            )?;
            // Whom the report tells of is not written to.
            assert_eq!(sent_on(f)?, to_central(&["one", "two"]));
            let outbox = f.store()?.special_folder(SpecialFolder::Outbox)?;
            for row in outbox.contents().open()?.query_all_rows(0)? {
                let message = outbox.open_message(row.entry_id())?;
                let class = message.get(tags::MESSAGE_CLASS)?.to_ascii_lowercase();
                assert!(class.starts_with("report.ipm.note.app"), "{class}");
                assert!(message.get(tags::AUTO_FORWARDED)?);
                assert!(message.get(tags::DELETE_AFTER_SUBMIT)?);
                assert!(!message.get(tags::INTERNET_MESSAGE_ID)?.is_empty());
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "a report that came as mail is known by the message that it is about",
        |f| {
            let folder = f.store()?.special_folder(SpecialFolder::SentItems)?;
            for (class, id) in [("IPM.Note.App", "<app@x>"), ("IPM.Note", "<note@x>")] {
                let class = prop(tags::MESSAGE_CLASS, class);
                let id = prop(tags::INTERNET_MESSAGE_ID, id);
                draft(&folder, &[class, id])?.save_changes(SaveFlags::NONE)?;
            }
            let report = |about: &str| {
                let daemon = "mailer-daemon@mx.example";
                let mut report = incoming("REPORT.IPM.Note.NDR", about, daemon);
                report.props.set(tags::INTERNET_REFERENCES, about);
                let mut row = mapi_props::TreeProps::default();
                row.set(tags::ADDRTYPE, "SMTP");
                row.set(tags::EMAIL_ADDRESS, "bad@example.com");
                row.set(tags::REPORT_TIME, mapi::FileTime(1));
                report.recipients.push(row);
                report
            };
            deliver(f, vec![report("<app@x>"), report("<note@x>")])?;
            assert_eq!(sent_on(f)?, to_central(&["<app@x>"]));
            Ok(())
        }
    ),
    case!(
        "AD-07.T3",
        needs(),
        "a bounce that is no report is known by how its subject begins, or by the subject of what was sent",
        |f| {
            let folder = f.store()?.special_folder(SpecialFolder::SentItems)?;
            let sent = [
                prop(tags::MESSAGE_CLASS, "IPM.Note.App"),
                prop(tags::SUBJECT, "Order 17: two chairs"),
            ];
            draft(&folder, &sent)?.save_changes(SaveFlags::NONE)?;
            let note = |subject: &str, from: &str| incoming("IPM.Note", subject, from);
            let (daemon, ann) = ("MAILER-DAEMON@mx.example", "ann@example.com");
            deliver(
                f,
                vec![
                    note("Undeliverable: X", daemon),
                    note("RETURNED MAIL: see transcript", "postmaster@mx.example"),
                    note("Problem: Order 17: two chairs", daemon),
                    note("RE: Order 17: two chairs", ann),
                    note("Problem: Order 18: two chairs", daemon),
                    note("What is undeliverable: X?", ann),
                    note("Undeliverables of May", ann),
                ],
            )?;
            assert_eq!(
                sent_on(f)?,
                to_central(&[
                    "Problem: Order 17: two chairs",
                    "RETURNED MAIL: see transcript",
                    "Undeliverable: X",
                ])
            );
            Ok(())
        }
    ),
];
