//! Subjects, recipients, attachments and classes of a message.

use std::io::{Read, Seek, SeekFrom, Write};

use mapi::{
    Code, FuzzyLevel, MapiProp, MatchKind, ModifyMode, OpenFlags, PropValue, PropertyFlags, RelOp,
    Restriction, SaveFlags, SortColumn, attach_method, columns, message_flags, recipient_type,
    tags,
};

use crate::fixture::{
    add, add_subject, address, attach, by_subject, code, draft, edit, matching, prop, recipient,
};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "OUT-03.1",
        needs(),
        "one standard prefix is taken off a subject",
        |f| {
            let folder = f.folder("Mail")?;
            for (subject, normalized) in [
                ("RE: a", "a"),
                ("Fwd: a", "a"),
                ("AW: RE: a", "RE: a"),
                ("Note: a", "Note: a"),
                ("RE:a", "RE:a"),
                ("12: a", "12: a"),
                ("R2: a", "R2: a"),
            ] {
                let message = folder.open_message(&add_subject(&folder, subject)?)?;
                assert_eq!(
                    message.get(tags::NORMALIZED_SUBJECT)?,
                    normalized,
                    "{subject}"
                );
                let prefix = message.find(tags::SUBJECT_PREFIX)?.unwrap_or_default();
                assert_eq!(format!("{prefix}{normalized}"), subject);
            }
            Ok(())
        }
    ),
    case!(
        "OUT-03.2",
        needs(),
        "an explicit prefix holds while the subject begins with it",
        |f| {
            let folder = f.folder("Mail")?;
            let props = [
                prop(tags::SUBJECT, "Antwort: a"),
                prop(tags::SUBJECT_PREFIX, "Antwort: "),
            ];
            let id = add(&folder, &props)?;
            assert_eq!(
                folder.open_message(&id)?.get(tags::NORMALIZED_SUBJECT)?,
                "a"
            );
            let message = edit(&folder, &id)?;
            message.set(tags::SUBJECT, "RE: b")?;
            assert_eq!(
                message.get(tags::NORMALIZED_SUBJECT)?,
                "a",
                "computed by the save"
            );
            message.save_changes(SaveFlags::NONE)?;
            let stored = folder.open_message(&id)?;
            assert_eq!(stored.get(tags::SUBJECT_PREFIX)?, "RE: ");
            assert_eq!(stored.get(tags::NORMALIZED_SUBJECT)?, "b");
            Ok(())
        }
    ),
    case!(
        "OUT-03.3",
        needs(),
        "an explicit empty prefix leaves the subject whole",
        |f| {
            let folder = f.folder("Mail")?;
            let props = [prop(tags::SUBJECT, "RE: a"), prop(tags::SUBJECT_PREFIX, "")];
            let message = folder.open_message(&add(&folder, &props)?)?;
            assert_eq!(message.get(tags::NORMALIZED_SUBJECT)?, "RE: a");
            let draft = folder.create_message()?;
            let problems = draft.set_props(&[prop(tags::NORMALIZED_SUBJECT, "x")])?;
            assert_eq!(problems[0].code, Code::COMPUTED);
            Ok(())
        }
    ),
    case!(
        "OUT-02.1" + "M-IMessage.ModifyRecipients",
        needs(),
        "MODIFY replaces a whole row and no other",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            address(&message, &[(1, "A"), (1, "B"), (2, "C")])?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let list = columns![tags::ROWID, tags::DISPLAY_NAME, tags::EMAIL_ADDRESS];
            let table = message.recipients().columns(list).open()?;
            let before = table.query_all_rows(0)?;
            let row_id = before[1].get(tags::ROWID).unwrap();
            let row = vec![
                prop(tags::DISPLAY_NAME, "B"),
                prop(tags::RECIPIENT_TYPE, recipient_type::TO),
                prop(tags::ROWID, row_id),
            ];
            message.modify_recipients(ModifyMode::Modify, &[row])?;
            message.save_changes(SaveFlags::NONE)?;
            let stored = folder.open_message(&message.entry_id().unwrap())?;
            let after = stored
                .recipients()
                .columns(list)
                .open()?
                .query_all_rows(0)?;
            let mail = |n: usize| after[n].get(tags::EMAIL_ADDRESS);
            assert_eq!(mail(0).as_deref(), Some("a@example.com"));
            assert_eq!(
                (mail(1), after[1].get(tags::DISPLAY_NAME)),
                (None, Some("B".to_owned()))
            );
            assert_eq!(mail(2).as_deref(), Some("c@example.com"));
            let bad = vec![vec![prop(tags::DISPLAY_NAME, PropValue::Null)]];
            let edit = edit(&folder, &message.entry_id().unwrap())?;
            assert_eq!(
                code(edit.modify_recipients(ModifyMode::Add, &bad)),
                Code::INVALID_PARAMETER
            );
            let no_row = vec![recipient(1, "D")];
            assert_eq!(
                code(edit.modify_recipients(ModifyMode::Remove, &no_row)),
                Code::INVALID_PARAMETER
            );
            Ok(())
        }
    ),
    case!(
        "OUT-02.2",
        needs(),
        "a replaced recipient list is seen by others after the save",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            address(&message, &[(1, "Ann"), (1, "Bob")])?;
            message.save_changes(SaveFlags::NONE)?;
            let id = message.entry_id().unwrap();
            let a = edit(&folder, &id)?;
            a.modify_recipients(ModifyMode::Replace, &[recipient(1, "Eve")])?;
            let count = |m: &mapi::Message| m.recipients().open()?.row_count();
            assert_eq!(count(&a)?, 1);
            assert_eq!(a.get(tags::DISPLAY_TO)?, "Ann; Bob", "stale until the save");
            let other = folder.open_message(&id)?;
            assert_eq!(
                (count(&other)?, other.get(tags::DISPLAY_TO)?),
                (2, "Ann; Bob".to_owned())
            );
            a.save_changes(SaveFlags::NONE)?;
            let other = folder.open_message(&id)?;
            assert_eq!(
                (count(&other)?, other.get(tags::DISPLAY_TO)?),
                (1, "Eve".to_owned())
            );
            Ok(())
        }
    ),
    case!(
        "OUT-02.3",
        needs(),
        "display lists name the recipients, and are empty without",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            address(&message, &[(1, "Ann"), (1, "Bob"), (3, "Secret")])?;
            message.save_changes(SaveFlags::NONE)?;
            let stored = folder.open_message(&message.entry_id().unwrap())?;
            let tags = columns![tags::DISPLAY_TO, tags::DISPLAY_CC, tags::DISPLAY_BCC];
            let got = stored.get_props(&tags)?;
            assert_eq!(got.warning, None);
            let texts: Vec<_> = got
                .value
                .iter()
                .map(|p| p.value.as_str().unwrap())
                .collect();
            assert_eq!(texts, ["Ann; Bob", "", "Secret"]);
            Ok(())
        }
    ),
    case!(
        "OUT-06.1",
        needs(),
        "a new attachment has no method, and no row before both saves",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            let file = message.create_attachment()?;
            assert_eq!(file.get(tags::ATTACH_METHOD)?, attach_method::NONE);
            assert_eq!(file.get(tags::RENDERING_POSITION)?, -1);
            assert_eq!(file.get(tags::OBJECT_TYPE)?, 7);
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let id = message.entry_id().unwrap();
            let rows = || folder.open_message(&id)?.attachments().open()?.row_count();
            assert_eq!(rows()?, 0);
            file.save_changes(SaveFlags::NONE)?;
            assert_eq!(rows()?, 0);
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(rows()?, 1);
            Ok(())
        }
    ),
    case!(
        "OUT-06.2",
        needs(),
        "messages nest: three levels come back whole",
        |f| {
            let folder = f.folder("Mail")?;
            let outer = draft(&folder, &[prop(tags::SUBJECT, "outer")])?;
            let create = PropertyFlags::MODIFY | PropertyFlags::CREATE;
            let holder = outer.create_attachment()?;
            let middle = holder.open_embedded(create)?;
            middle.set(tags::SUBJECT, "RE: middle")?;
            address(&middle, &[(1, "Ann")])?;
            let inner_holder = middle.create_attachment()?;
            let inner = inner_holder.open_embedded(create)?;
            inner.set(tags::SUBJECT, "inner")?;
            let big = "b".repeat(50_000);
            attach(&inner, "deep.bin", big.as_bytes())?;
            inner.save_changes(SaveFlags::NONE)?;
            inner_holder.save_changes(SaveFlags::NONE)?;
            middle.save_changes(SaveFlags::NONE)?;
            holder.save_changes(SaveFlags::NONE)?;
            outer.save_changes(SaveFlags::NONE)?;
            f.restart()?;
            let outer = f
                .store()?
                .open_message(&outer.entry_id().unwrap(), OpenFlags::NONE)?;
            let holder = outer.open_attachment(0, OpenFlags::NONE)?;
            assert_eq!(holder.method(), attach_method::EMBEDDED_MSG);
            let middle = holder.open_embedded(PropertyFlags::NONE)?;
            assert_eq!(middle.get(tags::SUBJECT)?, "RE: middle");
            assert_eq!(middle.get(tags::NORMALIZED_SUBJECT)?, "middle");
            assert_eq!(middle.get(tags::DISPLAY_TO)?, "Ann");
            assert_eq!(middle.recipients().open()?.row_count()?, 1);
            assert_ne!(middle.flags() & message_flags::HASATTACH, 0);
            let inner = middle
                .open_attachment(0, OpenFlags::NONE)?
                .open_embedded(PropertyFlags::NONE)?;
            assert_eq!(inner.get(tags::SUBJECT)?, "inner");
            let file = inner.open_attachment(0, OpenFlags::NONE)?;
            assert_eq!(file.get(tags::ATTACH_DATA_BIN)?, big.as_bytes());
            assert_eq!(code(middle.set(tags::SUBJECT, "x")), Code::NO_ACCESS);
            Ok(())
        }
    ),
    case!(
        "X-2",
        needs(),
        "an embedded message adds a level of saving",
        |f| {
            let folder = f.folder("Mail")?;
            let outer = folder.create_message()?;
            let holder = outer.create_attachment()?;
            let inner = holder.open_embedded(PropertyFlags::MODIFY | PropertyFlags::CREATE)?;
            inner.set(tags::SUBJECT, "inner")?;
            holder.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            outer.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let id = outer.entry_id().unwrap();
            let opened = || {
                folder
                    .open_message(&id)?
                    .open_attachment(0, OpenFlags::NONE)?
                    .open_embedded(PropertyFlags::NONE)
            };
            assert_eq!(
                code(opened()),
                Code::NOT_FOUND,
                "the inner one was not saved"
            );
            inner.save_changes(SaveFlags::NONE)?;
            outer.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_eq!(
                code(opened()),
                Code::NOT_FOUND,
                "its attachment was not saved again"
            );
            holder.save_changes(SaveFlags::NONE)?;
            outer.save_changes(SaveFlags::NONE)?;
            assert_eq!(opened()?.get(tags::SUBJECT)?, "inner");
            Ok(())
        }
    ),
    case!(
        "OUT-06.3" + "M-IMessage.CreateAttach",
        needs(),
        "attachment numbers are of one message and never shared",
        |f| {
            let folder = f.folder("Mail")?;
            let (one, two) = (folder.create_message()?, folder.create_message()?);
            let first = attach(&one, "one", b"1")?;
            assert_eq!(attach(&two, "two", b"2")?, first, "both begin alike");
            let second = attach(&one, "second", b"3")?;
            one.delete_attachment(second)?;
            let third = attach(&one, "third", b"4")?;
            assert!(
                third != first && third != second,
                "not given again after deletion"
            );
            one.save_changes(SaveFlags::NONE)?;
            two.save_changes(SaveFlags::NONE)?;
            let names = |m: &mapi::Message| -> mapi::Result<Vec<String>> {
                let stored = folder.open_message(&m.entry_id().unwrap())?;
                let table = stored
                    .attachments()
                    .columns(columns![tags::ATTACH_LONG_FILENAME])
                    .open()?;
                let rows = table.query_all_rows(0)?;
                Ok(rows
                    .iter()
                    .map(|r| r.get(tags::ATTACH_LONG_FILENAME).unwrap())
                    .collect())
            };
            assert_eq!(names(&one)?, ["one", "third"]);
            assert_eq!(names(&two)?, ["two"]);
            Ok(())
        }
    ),
    case!(
        "M-IMessage.DeleteAttach",
        needs(),
        "a deletion that is not saved did not happen",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            let number = attach(&message, "a", b"1")?;
            message.save_changes(SaveFlags::NONE)?;
            let id = message.entry_id().unwrap();
            let opened = edit(&folder, &id)?;
            opened.delete_attachment(number)?;
            assert_eq!(opened.attachment_count(), 0);
            assert_eq!(code(opened.delete_attachment(number)), Code::NOT_FOUND);
            drop(opened);
            assert_eq!(folder.open_message(&id)?.attachment_count(), 1);
            let opened = edit(&folder, &id)?;
            opened.delete_attachment(number)?;
            opened.save_changes(SaveFlags::NONE)?;
            let stored = folder.open_message(&id)?;
            assert_eq!(stored.attachment_count(), 0);
            assert!(!stored.get(tags::HASATTACH)?);
            Ok(())
        }
    ),
    case!(
        "INC-05.1" + "M-IStream.CopyTo",
        needs(),
        "ten megabytes of attachment stream back as they were",
        |f| {
            let folder = f.folder("Mail")?;
            let bytes = testkit::Chance::from_seed(5).bytes(10 << 20);
            let message = folder.create_message()?;
            let file = message.create_attachment()?;
            file.set(tags::ATTACH_METHOD, attach_method::BY_VALUE)?;
            let flags = PropertyFlags::MODIFY | PropertyFlags::CREATE;
            let mut stream = file.open_property(tags::ATTACH_DATA_BIN.raw(), flags)?;
            bytes
                .chunks(1 << 16)
                .try_for_each(|c| stream.write_all(c))?;
            stream.commit()?;
            drop(stream);
            file.save_changes(SaveFlags::NONE)?;
            message.save_changes(SaveFlags::NONE)?;
            f.restart()?;
            let stored = f
                .store()?
                .open_message(&message.entry_id().unwrap(), OpenFlags::NONE)?;
            let file = stored.open_attachment(0, OpenFlags::NONE)?;
            let mut stream =
                file.open_property(tags::ATTACH_DATA_BIN.raw(), PropertyFlags::NONE)?;
            assert_eq!(stream.size(), 10 << 20);
            let mut back = Vec::new();
            stream.copy_to(&mut back)?;
            assert!(back == bytes);
            stream.seek(SeekFrom::Start(7_654_321))?;
            let mut part = [0; 1000];
            stream.read_exact(&mut part)?;
            assert_eq!(part, bytes[7_654_321..7_655_321]);
            Ok(())
        }
    ),
    case!(
        "INC-05.2" + "M-IMessage.OpenAttach",
        needs(),
        "an attachment is changed through a writable message and two saves",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            let number = attach(&message, "old", b"1")?;
            message.save_changes(SaveFlags::NONE)?;
            let id = message.entry_id().unwrap();
            let opened = edit(&folder, &id)?;
            let file = opened.open_attachment(number, OpenFlags::NONE)?;
            assert_eq!(
                code(file.set(tags::ATTACH_LONG_FILENAME, "new")),
                Code::NO_ACCESS
            );
            drop(file);
            let file = opened.open_attachment(number, OpenFlags::MODIFY)?;
            file.set(tags::ATTACH_LONG_FILENAME, "new")?;
            file.save_changes(SaveFlags::NONE)?;
            opened.save_changes(SaveFlags::NONE)?;
            let stored = folder.open_message(&id)?;
            let file = stored.open_attachment(0, OpenFlags::NONE)?;
            assert_eq!(file.get(tags::ATTACH_LONG_FILENAME)?, "new");
            drop(file);
            assert_eq!(
                code(stored.open_attachment(0, OpenFlags::MODIFY)),
                Code::NO_ACCESS
            );
            assert_eq!(
                code(stored.open_attachment(7, OpenFlags::NONE)),
                Code::NOT_FOUND
            );
            Ok(())
        }
    ),
    case!(
        "TAB-06",
        needs(),
        "attachment tables have no bookmarks, and keys that last",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            attach(&message, "a", b"1")?;
            attach(&message, "b", b"2")?;
            message.save_changes(SaveFlags::NONE)?;
            let id = message.entry_id().unwrap();
            let keys = || -> mapi::Result<Vec<Vec<u8>>> {
                let table = folder
                    .open_message(&id)?
                    .attachments()
                    .columns(columns![tags::RECORD_KEY])
                    .open()?;
                assert_eq!(code(table.create_bookmark()), Code::NO_SUPPORT);
                Ok(table
                    .query_all_rows(0)?
                    .iter()
                    .map(|r| r.get(tags::RECORD_KEY).unwrap())
                    .collect())
            };
            let before = keys()?;
            assert_eq!(before, keys()?);
            assert_ne!(before[0], before[1]);
            let opened = edit(&folder, &id)?;
            opened.delete_attachment(0)?;
            opened.save_changes(SaveFlags::NONE)?;
            assert_eq!(
                keys()?,
                [before[1].clone()],
                "the key stays although the number changes"
            );
            Ok(())
        }
    ),
    case!(
        "INC-04.1" + "INC-04.2",
        needs(),
        "attachments stand in the order of their places in the text",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            for (name, position) in [("seven", 7), ("none", -1), ("three", 3), ("seven too", 7)] {
                let file = message.create_attachment()?;
                file.set(tags::ATTACH_LONG_FILENAME, name)?;
                file.set(tags::RENDERING_POSITION, position)?;
                file.save_changes(SaveFlags::NONE)?;
            }
            message.save_changes(SaveFlags::NONE)?;
            let stored = folder.open_message(&message.entry_id().unwrap())?;
            let table = stored
                .attachments()
                .columns(columns![tags::ATTACH_LONG_FILENAME])
                .open()?;
            let names = || -> mapi::Result<Vec<String>> {
                let rows = table.query_all_rows(0)?;
                Ok(rows
                    .iter()
                    .map(|r| r.get(tags::ATTACH_LONG_FILENAME).unwrap())
                    .collect())
            };
            assert_eq!(names()?, ["none", "three", "seven", "seven too"]);
            table.restrict(Restriction::property(
                tags::RENDERING_POSITION,
                RelOp::Ne,
                -1,
            ))?;
            table.sort(mapi::SortOrderSet::by([SortColumn::ascending(
                tags::RENDERING_POSITION,
            )]))?;
            assert_eq!(names()?, ["three", "seven", "seven too"]);
            Ok(())
        }
    ),
    case!(
        "MSG-06" + "M-IMessage.GetAttachmentTable",
        needs(),
        "both ways to the attachment table show the same",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            let table = message.attachments().open()?;
            attach(&message, "a", b"1")?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_eq!(table.row_count()?, 1, "a table that is open shows it");
            let by_property = message.open_table_property(tags::MESSAGE_ATTACHMENTS)?;
            assert_eq!(by_property.query_all_rows(0)?, table.query_all_rows(0)?);
            Ok(())
        }
    ),
    case!(
        "MSG-02",
        needs(),
        "classes are short, and compare without case but keep it",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            let long = "x".repeat(256);
            let set =
                message.set_props(&[prop(tags::SUBJECT, "s"), prop(tags::MESSAGE_CLASS, long)]);
            assert_eq!(code(set), Code::INVALID_PARAMETER);
            assert_eq!(message.find(tags::SUBJECT)?, None, "nothing was set");
            assert_eq!(
                code(message.set(tags::MESSAGE_CLASS, "IPM.")),
                Code::INVALID_PARAMETER
            );
            let lower = add(
                &folder,
                &[
                    prop(tags::SUBJECT, "1"),
                    prop(tags::MESSAGE_CLASS, "ipm.note"),
                ],
            )?;
            add(
                &folder,
                &[
                    prop(tags::SUBJECT, "2"),
                    prop(tags::MESSAGE_CLASS, "IPM.Note"),
                ],
            )?;
            add(
                &folder,
                &[
                    prop(tags::SUBJECT, "3"),
                    prop(tags::MESSAGE_CLASS, "IPM.Post"),
                ],
            )?;
            let class = Restriction::property(tags::MESSAGE_CLASS, RelOp::Eq, "IPM.NOTE");
            assert_eq!(matching(&folder, class)?, ["1", "2"]);
            assert_eq!(
                folder.open_message(&lower)?.get(tags::MESSAGE_CLASS)?,
                "ipm.note"
            );
            let store = f.store()?;
            let at = |class| store.receive_folder_id(class);
            assert_eq!(at("ipm.note")?, at("IPM.Note")?);
            let prefix = Restriction::Content {
                kind: MatchKind::Prefix,
                fuzzy: FuzzyLevel::default(),
                tag: tags::MESSAGE_CLASS.into(),
                value_tag: tags::MESSAGE_CLASS.into(),
                value: "ipm.".into(),
            };
            assert_eq!(matching(&folder, prefix)?.len(), 3);
            Ok(())
        }
    ),
    case!(
        "MSG-03",
        needs(),
        "a saved draft has what the store owes it",
        |f| {
            let folder = f.folder("Mail")?;
            let message = draft(&folder, &[prop(tags::SUBJECT, "RE: x")])?;
            message.save_changes(SaveFlags::NONE)?;
            let stored = folder.open_message(&message.entry_id().unwrap())?;
            let required = columns![
                tags::CREATION_TIME,
                tags::LAST_MODIFICATION_TIME,
                tags::DISPLAY_TO,
                tags::DISPLAY_CC,
                tags::DISPLAY_BCC,
                tags::ENTRYID,
                tags::MESSAGE_SIZE,
                tags::MESSAGE_FLAGS,
                tags::MESSAGE_CLASS,
                tags::NORMALIZED_SUBJECT,
                tags::PARENT_ENTRYID,
                tags::RECORD_KEY,
                tags::SEARCH_KEY,
                tags::HASATTACH,
                tags::OBJECT_TYPE,
                tags::STORE_ENTRYID,
                tags::STORE_RECORD_KEY,
                tags::MAPPING_SIGNATURE,
                tags::ACCESS,
                tags::ACCESS_LEVEL,
            ];
            let got = stored.get_props(&required)?;
            assert_eq!(got.warning, None, "{:?}", got.value);
            assert_eq!(
                stored.get(tags::PARENT_ENTRYID)?,
                folder.entry_id().as_bytes()
            );
            assert!(stored.get(tags::MESSAGE_SIZE)? > 0);
            Ok(())
        }
    ),
    case!(
        "PRP-06",
        needs(),
        "a changed class shows in the table after the save",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let table = by_subject(&folder)?;
            table.set_columns(columns![tags::MESSAGE_CLASS])?;
            let class = || {
                table
                    .rows(0..1)
                    .map(|rows| rows[0].get(tags::MESSAGE_CLASS))
            };
            let message = edit(&folder, &id)?;
            message.set(tags::MESSAGE_CLASS, "IPM.Note.Changed")?;
            assert_eq!(class()?.as_deref(), Some("IPM"));
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(class()?.as_deref(), Some("IPM.Note.Changed"));
            Ok(())
        }
    ),
    case!(
        "PRP-08",
        needs(),
        "what is large stays when something beside it is saved",
        |f| {
            let folder = f.folder("Mail")?;
            let message = draft(&folder, &[prop(tags::BODY, "t".repeat(70_000))])?;
            let holder = message.create_attachment()?;
            let inner = holder.open_embedded(PropertyFlags::MODIFY | PropertyFlags::CREATE)?;
            inner.set(tags::BODY, "i".repeat(60_000))?;
            inner.save_changes(SaveFlags::NONE)?;
            holder.save_changes(SaveFlags::NONE)?;
            attach(&message, "big", &[9; 300_000])?;
            message.save_changes(SaveFlags::NONE)?;
            let id = message.entry_id().unwrap();
            let opened = edit(&folder, &id)?;
            attach(&opened, "more", &[8; 200_000])?;
            opened.set(tags::SUBJECT, "changed")?;
            opened.save_changes(SaveFlags::NONE)?;
            let copied = folder.copy_messages(&[id], &folder, mapi::CopyFlags::NONE)?;
            let (original, copy) = copied.value.copies[0].clone();
            folder
                .delete_messages(&[original], mapi::DeleteFlags::HARD_DELETE)?
                .ignore_warning();
            f.restart()?;
            let copy = f.store()?.open_message(&copy, OpenFlags::NONE)?;
            assert_eq!(copy.get(tags::BODY)?, "t".repeat(70_000));
            let data = |n| -> mapi::Result<Vec<u8>> {
                copy.open_attachment(n, OpenFlags::NONE)?
                    .get(tags::ATTACH_DATA_BIN)
            };
            assert!(data(1)? == [9; 300_000]);
            assert!(data(2)? == [8; 200_000]);
            let inner = copy.open_attachment(0, OpenFlags::NONE)?;
            let inner = inner.open_embedded(PropertyFlags::NONE)?;
            assert_eq!(inner.get(tags::BODY)?, "i".repeat(60_000));
            Ok(())
        }
    ),
    case!(
        "HLP-01",
        needs(),
        "added columns come first, each once",
        |f| {
            let table = f.inbox()?.contents().open()?;
            let [a, b, c] = columns![tags::SUBJECT, tags::ENTRYID, tags::MESSAGE_CLASS];
            table.set_columns([a, b])?;
            table.add_columns([b, c])?;
            assert_eq!(table.query_columns(), [b, c, a]);
            Ok(())
        }
    ),
    case!(
        "TAB-08",
        needs(),
        "the receive folder table says which classes go where",
        |f| {
            let store = f.store()?;
            let inbox = f.inbox()?;
            let samples = f.folder("Samples")?;
            store.set_receive_folder("IPM.Note.Sample", Some(&samples.entry_id()))?;
            let table = store
                .receive_folder_table()
                .columns(columns![tags::MESSAGE_CLASS, tags::ENTRYID])
                .open()?;
            let key = |folder: &mapi::Folder| folder.get(tags::RECORD_KEY);
            let classes = |key: Vec<u8>| -> mapi::Result<Vec<String>> {
                table.restrict(Restriction::property(tags::RECORD_KEY, RelOp::Eq, key))?;
                let rows = table.query_all_rows(0)?;
                let mut classes: Vec<_> = rows
                    .iter()
                    .map(|r| r.get(tags::MESSAGE_CLASS).unwrap())
                    .collect();
                classes.sort();
                Ok(classes)
            };
            assert_eq!(classes(key(&inbox)?)?, ["", "IPM", "Report"]);
            assert_eq!(classes(key(&samples)?)?, ["IPM.Note.Sample"]);
            assert_eq!(classes(key(&store.root_folder()?)?)?, ["IPC"]);
            Ok(())
        }
    ),
];
