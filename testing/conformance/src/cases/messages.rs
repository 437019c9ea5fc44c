//! Subjects, recipients and classes of a message, and what a save owes it.

use mapi::{
    Code, FuzzyLevel, MapiProp, MatchKind, ModifyMode, OpenFlags, PropValue, PropertyFlags, RelOp,
    Restriction, SaveFlags, columns, recipient_type, tags,
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
        "OUT-02.2" + "TAB-07",
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
        "OUT-02.3" + "TAB-07",
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
