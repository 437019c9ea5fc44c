//! OUT-11: messages that came back, sent again.

use mapi::{
    Code, Compose, Delivery, Failure, Identity, MapiProp, Message, OpenFlags, PropertyFlags,
    Reporter, Result, SaveFlags, SpecialFolder, columns, message_flags, recipient_type, tags,
};

use super::replying::{received_from, recipients};
use crate::fixture::{address, attach, code, draft, prop};
use crate::{Case, Fixture, case};

const TO: i32 = recipient_type::TO;

pub(super) const CASES: &[Case] = &[
    case!(
        "OUT-11.2",
        needs(),
        "what is sent again is the original, by whom sends it now",
        |f| {
            let (sent, ndr) = returned(f, &[(TO, "A"), (TO, "B")], &[1])?;
            let me = Identity {
                name: "New".to_owned(),
                address_type: "SMTP".to_owned(),
                address: "new@example.com".to_owned(),
            };
            let compose = Compose {
                identity: Some(me),
                ..Compose::default()
            };
            let again = ndr.resend(&compose)?;
            again.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            for tag in [
                tags::SUBJECT,
                tags::BODY,
                tags::MESSAGE_CLASS,
                tags::CONVERSATION_TOPIC,
            ] {
                assert_eq!(again.get(tag)?, sent.get(tag)?);
            }
            assert_eq!(again.get(tags::MESSAGE_CLASS)?, "IPM.Note.Own");
            assert_eq!(again.attachment_count(), 1);
            let file = again.open_attachment(0, OpenFlags::NONE)?;
            assert_eq!(file.get(tags::ATTACH_LONG_FILENAME)?, "plan.txt");
            assert_eq!(file.get(tags::ATTACH_DATA_BIN)?, b"the plan");
            assert_eq!(again.get(tags::SENDER_NAME)?, "New");
            assert_eq!(again.get(tags::SENDER_EMAIL_ADDRESS)?, "new@example.com");
            assert_eq!(again.get(tags::SENT_REPRESENTING_NAME)?, "New");
            let flags = message_flags::RESEND | message_flags::UNSENT;
            assert_eq!(again.flags() & flags, flags);
            assert_eq!(again.find(tags::CLIENT_SUBMIT_TIME)?, None);
            Ok(())
        }
    ),
    case!(
        needs(),
        "only who did not get it is addressed again, and all are shown",
        |f| {
            let people = [(TO, "A"), (TO, "B"), (recipient_type::CC, "C")];
            let (_, ndr) = returned(f, &people, &[1])?;
            let again = ndr.resend(&Compose::default())?;
            let listed = ["0x80000001 A", "To B", "0x80000002 C", "0x10000000 B"];
            assert_eq!(recipients(&again)?, listed);
            again.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_eq!(again.get(tags::DISPLAY_TO)?, "A; B");
            assert_eq!(again.get(tags::DISPLAY_CC)?, "C");
            // Submitted, the row of MAPI_P1 alone is still to be served.
            again.submit()?;
            let store = f.store()?;
            let queued = store.open_message(&again.entry_id().unwrap(), OpenFlags::NONE)?;
            let wanted = columns![
                tags::RECIPIENT_TYPE,
                tags::DISPLAY_NAME,
                tags::RESPONSIBILITY
            ];
            let rows = queued
                .recipients()
                .columns(wanted)
                .open()?
                .query_all_rows(0)?;
            let served: Vec<_> = rows
                .iter()
                .map(|row| {
                    (
                        row.get(tags::DISPLAY_NAME).unwrap(),
                        row.get(tags::RESPONSIBILITY).unwrap(),
                    )
                })
                .collect();
            let expected = [("A", true), ("B", true), ("C", true), ("B", false)];
            assert_eq!(served, expected.map(|(name, done)| (name.to_owned(), done)));
            assert_eq!(
                recipients(&queued)?,
                ["To A", "To B", "Cc C", "0x10000000 B"]
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "only a nondelivery report with its message can be sent again",
        |f| {
            let inbox = f.inbox()?;
            let note = draft(&inbox, &[prop(tags::MESSAGE_CLASS, "IPM.Note")])?;
            note.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_eq!(
                code(note.resend(&Compose::default())),
                Code::INVALID_PARAMETER
            );
            let empty = draft(&inbox, &[prop(tags::MESSAGE_CLASS, "REPORT.IPM.Note.NDR")])?;
            empty.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_eq!(code(empty.resend(&Compose::default())), Code::NOT_FOUND);
            Ok(())
        }
    ),
];

/// A message to these people, and the report that those at the places named did not get it.
fn returned(f: &Fixture, people: &[(i32, &str)], failed: &[usize]) -> Result<(Message, Message)> {
    let outbox = f.store()?.special_folder(SpecialFolder::Outbox)?;
    let mut props = received_from("Me").to_vec();
    props.extend([
        prop(tags::MESSAGE_CLASS, "IPM.Note.Own"),
        prop(tags::SUBJECT, "RE: Plans"),
        prop(tags::BODY, "text"),
    ]);
    let message = draft(&outbox, &props)?;
    address(&message, people)?;
    attach(&message, "plan.txt", b"the plan")?;
    message.submit()?;
    let sent = outbox.open_message(&message.entry_id().expect("it is saved"))?;
    let rows = sent.recipients().columns(columns![tags::ROWID]).open()?;
    let rows = rows.query_all_rows(0)?;
    let outcome = |n: &usize| {
        let row = rows[*n].get(tags::ROWID).expect("rows are numbered");
        let failure = Failure {
            reason: 1,
            diagnostic: 35,
            ..Failure::default()
        };
        (row, Delivery::Failed(failure))
    };
    let outcomes: Vec<_> = failed.iter().map(outcome).collect();
    let reporter = Reporter {
        name: "Administrator".to_owned(),
        address: "postmaster@example.com".to_owned(),
        language: mapi::ReportLanguage::English,
    };
    let report = sent.status_reports(&outcomes, &reporter)?.remove(0);
    let delivered = f.store()?.deliver(report.message)?;
    let ndr = f
        .store()?
        .open_message(&delivered.entry_id, OpenFlags::NONE)?;
    let embedded = ndr.open_attachment(0, OpenFlags::NONE)?;
    embedded.open_embedded(PropertyFlags::NONE)?;
    Ok((sent, ndr))
}
