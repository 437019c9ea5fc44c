//! OUT-02, OUT-07, TAB-07: recipient tables, and saves of two sessions.

use mapi::{
    Code, MapiProp, Message, ModifyMode, PropTag, PropValue, Result, SaveFlags, TableRow, columns,
    message_flags, recipient_type, tags,
};

use crate::fixture::{add_subject, address, code, draft, edit, prop};
use crate::{Case, case};

const TO: i32 = recipient_type::TO;
const CC: i32 = recipient_type::CC;

pub(super) const CASES: &[Case] = &[
    case!(
        "OUT-02.1" + "M-IMessage.ModifyRecipients" + "TAB-07",
        needs(),
        "a row that is modified loses what is left out, others nothing",
        |f| {
            let folder = f.folder("Mail")?;
            let message = draft(&folder, &[prop(tags::SUBJECT, "m")])?;
            address(&message, &[(TO, "A"), (TO, "B"), (CC, "C")])?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let before = recipients(&message)?;
            let id = before[1].get(tags::ROWID).unwrap();
            let row = vec![
                prop(tags::DISPLAY_NAME, "B2"),
                prop(tags::RECIPIENT_TYPE, CC),
                prop(tags::ROWID, id),
            ];
            message.modify_recipients(ModifyMode::Modify, std::slice::from_ref(&row))?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let opened = folder.open_message(&message.entry_id().unwrap())?;
            let after = recipients(&opened)?;
            assert_eq!(after.len(), 3);
            assert_eq!(names(&after), ["A", "B2", "C"]);
            assert_eq!(
                after[1].get(tags::EMAIL_ADDRESS),
                None,
                "what was left out is lost"
            );
            assert_eq!(after[1].get(tags::RECIPIENT_TYPE), Some(CC));
            for n in [0, 2] {
                let of = |rows: &[TableRow], tag| rows[n].get(tag);
                assert_eq!(
                    of(&after, tags::EMAIL_ADDRESS),
                    of(&before, tags::EMAIL_ADDRESS)
                );
                assert_eq!(of(&after, tags::ADDRTYPE).as_deref(), Some("SMTP"));
            }
            // Rows without number and values without type are refused, and nothing changes.
            let change = |mode, row: &[(PropTag, PropValue)]| {
                code(message.modify_recipients(mode, &[row.to_vec()]))
            };
            let unnumbered = &row[..2];
            assert_eq!(
                change(ModifyMode::Modify, unnumbered),
                Code::INVALID_PARAMETER
            );
            assert_eq!(
                change(ModifyMode::Remove, unnumbered),
                Code::INVALID_PARAMETER
            );
            let null = [
                prop(tags::DISPLAY_NAME, "D"),
                (tags::COMMENT.raw(), PropValue::Null),
            ];
            assert_eq!(change(ModifyMode::Add, &null), Code::INVALID_PARAMETER);
            assert_eq!(names(&recipients(&message)?), ["A", "B2", "C"]);
            Ok(())
        }
    ),
    case!(
        "OUT-07.1" + "M-IMAPIProp.SaveChanges",
        needs(),
        "the second of two savers is refused, unless it insists",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "start")?;
            let there = f.second_session()?.default_store()?.folder("Inbox/Mail")?;
            let (a, b) = (edit(&folder, &id)?, edit(&there, &id)?);
            a.set(tags::SUBJECT, "A")?;
            b.set(tags::SUBJECT, "B")?;
            b.set(tags::COMMENT, "of B")?;
            a.save_changes(SaveFlags::NONE)?;
            assert_eq!(code(b.save_changes(SaveFlags::NONE)), Code::OBJECT_CHANGED);
            let stored = || -> Result<(String, Option<String>)> {
                let m = folder.open_message(&id)?;
                Ok((m.get(tags::SUBJECT)?, m.find(tags::COMMENT)?))
            };
            assert_eq!(stored()?, ("A".into(), None));
            assert!(b.is_writable(), "an error leaves the handle as it was");
            assert_eq!(b.get(tags::SUBJECT)?, "B");
            b.save_changes(SaveFlags::FORCE_SAVE)?;
            assert_eq!(stored()?, ("B".into(), Some("of B".into())));
            // Read flags are no conflict.
            let c = edit(&folder, &id)?;
            there
                .open_message(&id)?
                .set_read_flag(mapi::ReadFlags::CLEAR_READ_FLAG)?;
            c.set(tags::SUBJECT, "C")?;
            c.save_changes(SaveFlags::NONE)?;
            assert_eq!(stored()?.0, "C");
            assert_eq!(folder.open_message(&id)?.flags() & message_flags::READ, 0);
            Ok(())
        }
    ),
    case!(
        "M-IMessage.GetRecipientTable",
        needs(),
        "an open recipient table shows changes",
        |f| {
            let folder = f.folder("Mail")?;
            let message = draft(&folder, &[])?;
            let table = message
                .recipients()
                .columns(columns![tags::DISPLAY_NAME, tags::ROWID])
                .open()?;
            assert_eq!(table.row_count()?, 0);
            address(&message, &[(TO, "Ann"), (CC, "Bob")])?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let rows = table.query_all_rows(0)?;
            assert_eq!(names(&rows), ["Ann", "Bob"]);
            let row = vec![prop(tags::ROWID, rows[0].get(tags::ROWID).unwrap())];
            message.modify_recipients(ModifyMode::Remove, &[row, vec![]])?;
            assert_eq!(names(&table.query_all_rows(0)?), ["Bob"]);
            let by_property = message.open_table_property(tags::MESSAGE_RECIPIENTS)?;
            let direct = message.recipients().open()?;
            assert_eq!(by_property.query_all_rows(0)?, direct.query_all_rows(0)?);
            // Without a save the list of the stored message is as it was.
            let stored = folder.open_message(&message.entry_id().unwrap())?;
            assert_eq!(names(&recipients(&stored)?), ["Ann", "Bob"]);
            Ok(())
        }
    ),
];

fn recipients(message: &Message) -> Result<Vec<TableRow>> {
    message.recipients().open()?.query_all_rows(0)
}

fn names(rows: &[TableRow]) -> Vec<String> {
    rows.iter()
        .map(|r| r.get(tags::DISPLAY_NAME).unwrap_or_default())
        .collect()
}
