//! Attachments of a message, and messages inside them.

use std::io::{Read, Seek, SeekFrom, Write};

use mapi::{
    Code, MapiProp, OpenFlags, PropertyFlags, RelOp, Restriction, SaveFlags, SortColumn,
    attach_method, columns, message_flags, tags,
};

use crate::fixture::{address, attach, code, draft, edit, prop};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
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
    case!(needs(), "an embedded message adds a level of saving", |f| {
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
    }),
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
        "M-IMessage.GetAttachmentTable",
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
];
