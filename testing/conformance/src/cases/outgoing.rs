//! OUT-02, OUT-07, OUT-10, TAB-07: recipient tables, saves of two sessions, posts.

use mapi::{
    Bookmark, Code, Direction, MapiProp, Message, ModifyMode, OpenFlags, PropTag, PropValue, RelOp,
    Restriction, Result, SaveFlags, SortColumn, SortOrderSet, SpecialFolder, TableRow, columns,
    message_flags, recipient_type, tags,
};

use crate::fixture::{add_subject, address, by_subject, code, draft, edit, prop, subjects};
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
    case!(
        "OUT-10.1",
        needs(),
        "a posted message is read and sent to nobody",
        |f| {
            let folder = f.folder("Board")?;
            let props = [
                prop(tags::MESSAGE_CLASS, "IPM.Post"),
                prop(tags::MESSAGE_FLAGS, message_flags::READ.cast_signed()),
                prop(tags::SENDER_NAME, "Ann"),
                prop(tags::SENT_REPRESENTING_NAME, "Ann"),
                prop(tags::SUBJECT, "notice"),
                prop(tags::BODY, "text"),
            ];
            let post = draft(&folder, &props)?;
            let there = f.second_session()?.default_store()?.folder("Inbox/Board")?;
            let columns = columns![tags::SENDER_NAME, tags::MESSAGE_FLAGS];
            let table = there.contents().columns(columns).open()?;
            assert_eq!(table.row_count()?, 0, "not before the save");
            post.save_changes(SaveFlags::NONE)?;
            let rows = table.query_all_rows(0)?;
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0].get(tags::SENDER_NAME).as_deref(), Some("Ann"));
            let flags = rows[0].get(tags::MESSAGE_FLAGS).unwrap().cast_unsigned();
            assert_ne!(flags & message_flags::READ, 0);
            assert_eq!(flags & message_flags::UNSENT, 0);
            assert_eq!(flags & message_flags::SUBMIT, 0, "in no queue");
            assert_eq!(there.get(tags::CONTENT_UNREAD)?, 0);
            let message = there.open_message(rows[0].entry_id())?;
            assert_eq!(message.recipients().open()?.row_count()?, 0);
            let outbox = f.store()?.special_folder(SpecialFolder::Outbox)?;
            assert_eq!(outbox.contents().open()?.row_count()?, 0);
            let queue = there.store()?.outgoing_queue();
            assert_eq!(queue.open()?.row_count()?, 0, "nothing is to be sent");
            Ok(())
        }
    ),
    case!(
        "OUT-10.2",
        needs(),
        "a draft is written out of sight and moved to its place",
        |f| {
            let hidden = f.store()?.ipm_subtree()?;
            let target = f.folder("Board")?;
            let message = draft(&hidden, &[prop(tags::SUBJECT, "notice")])?;
            message.save_changes(SaveFlags::NONE)?;
            let id = message.entry_id().unwrap();
            let key = message.get(tags::SEARCH_KEY)?;
            assert_eq!(subjects(&by_subject(&hidden)?)?, ["notice"]);
            let report = hidden.copy_messages(&[id], &target, mapi::CopyFlags::MOVE)?;
            assert_eq!((report.warning, report.value.done), (None, 1));
            let store = f.second_session()?.default_store()?;
            assert_eq!(subjects(&by_subject(&store.ipm_subtree()?)?)?, [""; 0]);
            let rows = by_subject(&store.folder("Inbox/Board")?)?.query_all_rows(0)?;
            assert_eq!(rows.len(), 1);
            let moved = store.open_message(rows[0].entry_id(), OpenFlags::NONE)?;
            assert_eq!(moved.get(tags::SEARCH_KEY)?, key);
            assert_eq!(moved.get(tags::SUBJECT)?, "notice");
            Ok(())
        }
    ),
    case!(needs(), "recipients without a value sort last", |f| {
        let message = draft(&f.folder("Mail")?, &[])?;
        address(&message, &[(TO, "Bob"), (CC, "Ann")])?;
        let nobody = vec![
            prop(tags::DISPLAY_NAME, "Nobody"),
            prop(tags::RECIPIENT_TYPE, TO),
        ];
        message.modify_recipients(ModifyMode::Add, &[nobody])?;
        let table = message
            .recipients()
            .columns(columns![tags::DISPLAY_NAME])
            .open()?;
        let sorted = |key| -> Result<Vec<String>> {
            table.sort(SortOrderSet::by([key]))?;
            Ok(names(&table.query_all_rows(0)?))
        };
        let mail = tags::EMAIL_ADDRESS;
        assert_eq!(
            sorted(SortColumn::ascending(mail))?,
            ["Ann", "Bob", "Nobody"]
        );
        assert_eq!(
            sorted(SortColumn::descending(mail))?,
            ["Bob", "Ann", "Nobody"]
        );
        table.restrict(Restriction::exist(mail).negate())?;
        assert_eq!(names(&table.query_all_rows(0)?), ["Nobody"]);
        Ok(())
    }),
    case!(
        needs(),
        "bookmarks of a recipient table follow their rows",
        |f| {
            let message = draft(&f.folder("Mail")?, &[])?;
            address(
                &message,
                &[(TO, "Ann"), (TO, "Bob"), (TO, "Cy"), (TO, "Di")],
            )?;
            let table = message.recipients().open()?;
            let rows = table.query_all_rows(0)?;
            table.seek_row(Bookmark::Beginning, 2)?.ignore_warning();
            let mark = table.create_bookmark()?;
            let remove = |row: &TableRow| {
                let id = prop(tags::ROWID, row.get(tags::ROWID).unwrap());
                message.modify_recipients(ModifyMode::Remove, &[vec![id]])
            };
            remove(&rows[0])?;
            assert_eq!(table.seek_row(mark, 0)?.warning, None);
            assert_eq!(names(&table.query_rows(9)?), ["Cy", "Di"]);
            assert_eq!(names(&table.query_rows(-2)?), ["Cy", "Di"]);
            remove(&rows[2])?;
            assert_eq!(
                table.seek_row(mark, 0)?.warning,
                Some(Code::W_POSITION_CHANGED)
            );
            assert_eq!(names(&table.query_rows(1)?), ["Di"]);
            let by_name = Restriction::property(tags::DISPLAY_NAME, RelOp::Eq, "Bob");
            let found = table.find_row(&by_name, Bookmark::Current, Direction::Backward)?;
            assert_eq!(found.value.get(tags::ROWID), rows[1].get(tags::ROWID));
            assert_eq!(table.query_position()?.row, 0);
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
