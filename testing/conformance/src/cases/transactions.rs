//! X-1 … X-10 and OUT-07: what is seen when, by whom, and what saving does.

use mapi::{
    Code, CreateFolderFlags, DeleteFlags, MapiProp, MessageStatus, OpenFlags, PropTag, PropType,
    PropValue, PropertyFlags, ReadFlags, SaveFlags, message_flags, tags,
};

use crate::fixture::{add, add_subject, attach, by_subject, code, draft, edit, prop, subjects};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "X-1",
        needs(),
        "nobody sees a message's changes before its save",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "old")?;
            let (a, b) = (edit(&folder, &id)?, edit(&folder, &id)?);
            let table = by_subject(&folder)?;
            a.set(tags::SUBJECT, "new")?;
            assert_eq!(
                a.get(tags::SUBJECT)?,
                "new",
                "the handle sees its own change"
            );
            assert_eq!(b.get(tags::SUBJECT)?, "old");
            assert_eq!(subjects(&table)?, ["old"]);
            assert_eq!(
                f.second_session()?
                    .default_store()?
                    .open_message(&id, OpenFlags::NONE)?
                    .get(tags::SUBJECT)?,
                "old"
            );
            a.save_changes(SaveFlags::NONE)?;
            assert_eq!(folder.open_message(&id)?.get(tags::SUBJECT)?, "new");
            assert_eq!(subjects(&table)?, ["new"]);
            assert_eq!(b.get(tags::SUBJECT)?, "old", "an open handle is a snapshot");
            Ok(())
        }
    ),
    case!(
        "X-1",
        needs(),
        "changes of a folder are permanent at once",
        |f| {
            let folder = f.folder("Mail")?;
            folder.set(tags::COMMENT, "kept")?;
            let id = folder.entry_id();
            drop(folder);
            let again = f
                .second_session()?
                .default_store()?
                .open_folder(&id, OpenFlags::NONE)?;
            assert_eq!(again.get(tags::COMMENT)?, "kept");
            again.save_changes(SaveFlags::NONE)?;
            Ok(())
        }
    ),
    case!(
        "X-2",
        needs(),
        "an attachment needs its own save and then the message's",
        |f| {
            let folder = f.folder("Mail")?;
            let unsaved = draft(&folder, &[prop(tags::SUBJECT, "unsaved")])?;
            attach(&unsaved, "a.txt", b"a")?;
            drop(unsaved);
            assert_eq!(folder.counts()?.contents, 0, "neither exists");
            let message = draft(&folder, &[prop(tags::SUBJECT, "half")])?;
            let file = message.create_attachment()?;
            file.set(tags::ATTACH_DATA_BIN, &b"a"[..])?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let id = message.entry_id().unwrap();
            let stored = folder.open_message(&id)?;
            assert_eq!(stored.attachments().open()?.row_count()?, 0);
            assert_eq!(stored.flags() & message_flags::HASATTACH, 0);
            file.save_changes(SaveFlags::NONE)?;
            assert_eq!(
                folder.open_message(&id)?.attachment_count(),
                0,
                "still only in the handle"
            );
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(folder.open_message(&id)?.attachment_count(), 1);
            Ok(())
        }
    ),
    case!(
        "X-3",
        needs(),
        "a handle opened without flags writes nothing, whatever it is",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let message = f
                .store()?
                .open_entry(&id, OpenFlags::NONE)?
                .into_message()?;
            assert_eq!(message.get(tags::ACCESS_LEVEL)?, 0);
            let set = message.set_props(&[prop(tags::SUBJECT, "x")]);
            assert_eq!(code(set), Code::NO_ACCESS);
            assert_eq!(code(message.save_changes(SaveFlags::NONE)), Code::NO_ACCESS);
            let read_only = f
                .store()?
                .open_entry(&folder.entry_id(), OpenFlags::NONE)?
                .into_folder()?;
            assert_eq!(read_only.get(tags::ACCESS_LEVEL)?, 0);
            assert_eq!(code(read_only.set(tags::COMMENT, "x")), Code::NO_ACCESS);
            assert_eq!(code(read_only.create_message()), Code::NO_ACCESS);
            let best = f.store()?.open_message(&id, OpenFlags::BEST_ACCESS)?;
            assert_eq!(best.get(tags::ACCESS_LEVEL)?, 1);
            assert_eq!(best.get(tags::SUBJECT)?, "m");
            Ok(())
        }
    ),
    case!(
        "X-4" + "PRP-09",
        needs(),
        "partial success is a warning with every value in its place",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let message = folder.open_message(&id)?;
            let missing = PropTag::new(0x6801, PropType::UNICODE);
            let got = message.get_props(&[tags::SUBJECT.raw(), missing])?;
            assert_eq!(got.warning, Some(Code::W_ERRORS_RETURNED));
            assert_eq!(got.value.len(), 2);
            assert_eq!(got.value[0].value, PropValue::from("m"));
            assert_eq!(got.value[1].tag, missing.with_type(PropType::ERROR));
            assert_eq!(got.value[1].value, PropValue::Error(Code::NOT_FOUND));
            assert_eq!(message.get_props(&[tags::SUBJECT.raw()])?.warning, None);
            Ok(())
        }
    ),
    case!(
        "X-5",
        needs(),
        "the object that failed has the detail, and no old one",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.open_message(&add_subject(&folder, "m")?)?;
            assert_eq!(
                code(message.delete_props(&[tags::SUBJECT.raw()])),
                Code::NO_ACCESS
            );
            let error = message.last_error().unwrap();
            assert_eq!(error.code, Code::NO_ACCESS);
            assert!(!error.detail.is_empty());
            assert_eq!(folder.last_error(), None);
            assert_eq!(f.session().last_error(), None);
            message.get_props(&[tags::SUBJECT.raw()])?.ignore_warning();
            assert_eq!(message.last_error(), None, "a success leaves no stale text");
            Ok(())
        }
    ),
    case!(
        "X-6" + "PRP-11",
        needs(),
        "a deleted folder never becomes a usable handle",
        |f| {
            let folder = f.folder("Gone")?;
            let id = folder.entry_id();
            f.inbox()?
                .delete_folder(&id, mapi::DeleteFolderFlags::NONE)?;
            let opened = f.store()?.open_folder(&id, OpenFlags::DEFERRED_ERRORS);
            let first = opened.and_then(|folder| folder.get(tags::DISPLAY_NAME));
            assert_eq!(code(first), Code::NOT_FOUND);
            Ok(())
        }
    ),
    case!("X-7", needs(), "text is read in the width asked for", |f| {
        let folder = f.folder("Mail")?;
        let id = add_subject(&folder, "Grüße")?;
        let message = folder.open_message(&id)?;
        let narrow = message.get_props(&[PropTag(0x0037_001E)])?;
        assert_eq!(narrow.warning, None);
        let PropValue::String8(text) = &narrow.value[0].value else {
            panic!("{narrow:?}");
        };
        assert_eq!(
            (text.code_page, &text.bytes[..]),
            (1252, &b"Gr\xfc\xdfe"[..])
        );
        assert_eq!(narrow.value[0].tag, PropTag(0x0037_001E));
        let wide = message
            .get_props(&[PropTag(0x0037_001F), PropTag(0x0037_0000)])?
            .ignore_warning();
        assert_eq!(wide[0].value, PropValue::from("Grüße"));
        assert_eq!(
            wide[1].value,
            PropValue::from("Grüße"),
            "unspecified text is wide"
        );
        Ok(())
    }),
    case!(
        "X-10",
        needs(),
        "unknown flags are refused and nothing happens",
        |f| {
            let inbox = f.inbox()?;
            let made = CreateFolderFlags::from_bits(0x4000_0000)
                .and_then(|flags| inbox.create_folder("X", None, flags));
            assert_eq!(code(made), Code::UNKNOWN_FLAGS);
            assert!(inbox.child("X")?.is_none());
            assert_eq!(code(SaveFlags::from_bits(0x40)), Code::UNKNOWN_FLAGS);
            assert_eq!(
                code(inbox.create_folder("", None, CreateFolderFlags::NONE)),
                Code::INVALID_PARAMETER
            );
            Ok(())
        }
    ),
    case!(
        "OUT-07.1" + "PRP-07" + "M-IMAPIProp.SaveChanges",
        needs(),
        "the second saver is told, and may insist",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "old")?;
            let a = edit(&folder, &id)?;
            let b = f
                .second_session()?
                .default_store()?
                .open_message(&id, OpenFlags::MODIFY)?;
            a.set(tags::SUBJECT, "a")?;
            b.set(tags::SUBJECT, "b")?;
            a.save_changes(SaveFlags::NONE)?;
            assert_eq!(
                code(b.save_changes(SaveFlags::KEEP_OPEN_READWRITE)),
                Code::OBJECT_CHANGED
            );
            let stored = || folder.open_message(&id)?.get(tags::SUBJECT);
            assert_eq!(stored()?, "a");
            assert_eq!(b.get(tags::SUBJECT)?, "b", "the handle keeps its changes");
            b.save_changes(SaveFlags::FORCE_SAVE)?;
            assert_eq!(stored()?, "b");
            Ok(())
        }
    ),
    case!(
        needs(),
        "a deleted message cannot be saved, not even by force",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let message = edit(&folder, &id)?;
            message.set(tags::SUBJECT, "x")?;
            folder
                .delete_messages(&[id], DeleteFlags::HARD_DELETE)?
                .ignore_warning();
            let save = |flags| code(message.save_changes(flags));
            assert_eq!(save(SaveFlags::KEEP_OPEN_READWRITE), Code::OBJECT_DELETED);
            assert_eq!(
                save(SaveFlags::FORCE_SAVE | SaveFlags::KEEP_OPEN_READWRITE),
                Code::OBJECT_DELETED
            );
            let orphan = draft(&folder, &[prop(tags::SUBJECT, "orphan")])?;
            let flags = mapi::DeleteFolderFlags::HARD_DELETE;
            f.inbox()?.delete_folder(&folder.entry_id(), flags)?;
            assert_eq!(
                code(orphan.save_changes(SaveFlags::NONE)),
                Code::OBJECT_DELETED
            );
            Ok(())
        }
    ),
    case!(
        "OUT-01.2",
        needs(),
        "a draft that stays open can be saved again and again",
        |f| {
            let outbox = f.store()?.special_folder(mapi::SpecialFolder::Outbox)?;
            let message = draft(&outbox, &[prop(tags::SUBJECT, "1")])?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_eq!(subjects(&by_subject(&outbox)?)?, ["1"]);
            message.set(tags::SUBJECT, "2")?;
            assert_eq!(subjects(&by_subject(&outbox)?)?, ["1"]);
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_eq!(subjects(&by_subject(&outbox)?)?, ["2"]);
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(code(message.set(tags::SUBJECT, "3")), Code::NO_ACCESS);
            Ok(())
        }
    ),
    case!(
        "OUT-07.2" + "MSG-01",
        needs(),
        "the class has a default, and flags are fixed by the first save",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            message.set(tags::MESSAGE_FLAGS, 0)?;
            assert_eq!(
                message.flags(),
                message_flags::UNMODIFIED,
                "READ and UNSENT were replaced"
            );
            message.set(tags::MESSAGE_FLAGS, message_flags::UNSENT.cast_signed())?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_eq!(message.get(tags::MESSAGE_CLASS)?, "IPM");
            let flags = message_flags::UNSENT | message_flags::UNMODIFIED;
            assert_eq!(message.get(tags::MESSAGE_FLAGS)?, flags.cast_signed());
            let problems = message.set_props(&[prop(tags::MESSAGE_FLAGS, 0)])?;
            assert_eq!((problems.len(), problems[0].code), (1, Code::COMPUTED));
            assert_eq!(message.get(tags::MESSAGE_FLAGS)?, flags.cast_signed());
            message.save_changes(SaveFlags::NONE)?;
            let stored = folder.open_message(&message.entry_id().unwrap())?;
            assert_ne!(stored.flags() & message_flags::UNSENT, 0);
            Ok(())
        }
    ),
    case!(
        "OUT-07.3",
        needs(),
        "UNMODIFIED survives the first save and not the second",
        |f| {
            let folder = f.folder("Mail")?;
            let message = draft(&folder, &[prop(tags::SUBJECT, "1")])?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let id = message.entry_id().unwrap();
            let unmodified = || -> mapi::Result<bool> {
                let flags = folder
                    .open_message(&id)?
                    .get(tags::MESSAGE_FLAGS)?
                    .cast_unsigned();
                Ok(flags & message_flags::UNMODIFIED != 0)
            };
            assert!(unmodified()?);
            folder.open_message(&id)?.get(tags::SUBJECT)?;
            folder
                .set_read_flags(None, ReadFlags::CLEAR_READ_FLAG)?
                .ignore_warning();
            assert!(unmodified()?, "reading and marking leave it");
            message.set(tags::SUBJECT, "2")?;
            message.save_changes(SaveFlags::NONE)?;
            assert!(!unmodified()?);
            Ok(())
        }
    ),
    case!(
        "STO-15.1" + "M-IMAPIFolder.CreateMessage",
        needs(),
        "a message that is not saved leaves no trace",
        |f| {
            let folder = f.folder("Mail")?;
            let since = f.store()?.events(0, usize::MAX)?.last;
            let message = draft(
                &folder,
                &[
                    prop(tags::SUBJECT, "x"),
                    prop(tags::BODY, "y".repeat(99_999)),
                ],
            )?;
            attach(&message, "a", b"b")?;
            assert_eq!(message.entry_id(), None);
            assert_eq!(folder.contents().open()?.row_count()?, 0);
            drop(message);
            assert_eq!(folder.counts()?.contents, 0);
            assert_eq!(folder.get(tags::CONTENT_COUNT)?, 0);
            assert_eq!(f.store()?.events(since, usize::MAX)?.events, []);
            Ok(())
        }
    ),
    case!(
        "STO-15.2",
        needs(),
        "a saved message is in the Inbox, to nobody",
        |f| {
            let inbox = f.inbox()?;
            let id = add(
                &inbox,
                &[prop(tags::SUBJECT, "note"), prop(tags::BODY, "text")],
            )?;
            let rows = by_subject(&inbox)?.query_all_rows(0)?;
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0].entry_id(), &id);
            let message = inbox.open_message(&id)?;
            assert_eq!(message.get(tags::DISPLAY_TO)?, "");
            assert_eq!(
                message.flags() & message_flags::SUBMIT,
                0,
                "nothing is queued"
            );
            Ok(())
        }
    ),
    case!(
        "RFL.2",
        needs(),
        "contradicting read flags change nothing",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let both = ReadFlags::CLEAR_READ_FLAG | ReadFlags::GENERATE_RECEIPT_ONLY;
            let list = std::slice::from_ref(&id);
            assert_eq!(
                code(folder.set_read_flags(Some(list), both)),
                Code::INVALID_PARAMETER
            );
            assert_eq!(
                code(edit(&folder, &id)?.set_read_flag(both)),
                Code::INVALID_PARAMETER
            );
            let suppress = ReadFlags::CLEAR_READ_FLAG | ReadFlags::SUPPRESS_RECEIPT;
            assert_eq!(
                code(folder.set_read_flags(None, suppress)),
                Code::INVALID_PARAMETER
            );
            assert_ne!(folder.open_message(&id)?.flags() & message_flags::READ, 0);
            Ok(())
        }
    ),
    case!(
        "RFL.4" + "M-IMessage.SetReadFlag",
        needs(),
        "the read flag is seen at once, other edits are not",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let message = edit(&folder, &id)?;
            message.set(tags::SUBJECT, "pending")?;
            let read = || -> mapi::Result<bool> {
                Ok(folder.open_message(&id)?.flags() & message_flags::READ != 0)
            };
            message.set_read_flag(ReadFlags::CLEAR_READ_FLAG)?;
            assert!(!read()?);
            assert_eq!(folder.get(tags::CONTENT_UNREAD)?, 1);
            message.set_read_flag(ReadFlags::NONE)?;
            assert!(read()?);
            assert_eq!(folder.get(tags::CONTENT_UNREAD)?, 0);
            assert_eq!(folder.open_message(&id)?.get(tags::SUBJECT)?, "m");
            assert_ne!(
                folder.open_message(&id)?.flags() & message_flags::UNMODIFIED,
                0
            );
            assert_eq!(message.get(tags::SUBJECT)?, "pending");
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(folder.open_message(&id)?.get(tags::SUBJECT)?, "pending");
            assert!(read()?);
            Ok(())
        }
    ),
    case!(
        "SES-07.1",
        needs(),
        "after logoff every handle fails and none panics",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let (store, table) = (f.store()?, by_subject(&folder)?);
            let message = edit(&folder, &id)?;
            let new = folder.create_message()?;
            let file = new.create_attachment()?;
            f.session().logoff();
            let ended = Code::END_OF_SESSION;
            assert_eq!(code(folder.get(tags::DISPLAY_NAME)), ended);
            assert_eq!(code(folder.create_message()), ended);
            assert_eq!(code(folder.contents().open()), ended);
            assert_eq!(code(store.root_folder()), ended);
            assert_eq!(code(store.set(tags::COMMENT, "x")), ended);
            assert_eq!(code(message.get(tags::SUBJECT)), ended);
            assert_eq!(code(message.set(tags::SUBJECT, "x")), ended);
            assert_eq!(code(message.save_changes(SaveFlags::NONE)), ended);
            assert_eq!(code(file.save_changes(SaveFlags::NONE)), ended);
            assert_eq!(code(table.query_rows(1)), ended);
            assert_eq!(code(f.session().default_store()), ended);
            let flags = PropertyFlags::MODIFY | PropertyFlags::CREATE;
            assert_eq!(code(new.open_property(tags::BODY.raw(), flags)), ended);
            Ok(())
        }
    ),
    case!(
        "M-IMAPIFolder.SetMessageStatus" + "M-IMAPIFolder.GetMessageStatus",
        needs(),
        "a status bit is a lock: whoever sets it second sees that it was set",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let other = f.second_session()?.default_store()?.folder("Inbox/Mail")?;
            let lock = MessageStatus(0x1_0000);
            let tagged = MessageStatus::TAGGED;
            assert_eq!(
                folder.set_message_status(&id, tagged, tagged)?,
                MessageStatus(0)
            );
            assert_eq!(folder.set_message_status(&id, lock, lock)?, tagged);
            let seen = other.set_message_status(&id, lock, lock)?;
            assert_eq!(
                seen,
                MessageStatus(lock.0 | tagged.0),
                "it was taken already"
            );
            assert_eq!(other.message_status(&id)?, seen, "other bits are unchanged");
            folder.set_message_status(&id, MessageStatus(0), lock)?;
            assert_eq!(other.message_status(&id)?, tagged);
            let message = edit(&folder, &id)?;
            let problems = message.set_props(&[prop(tags::MSG_STATUS, 0)])?;
            assert_eq!(problems[0].code, Code::COMPUTED);
            let elsewhere = f.inbox()?.set_message_status(&id, lock, lock);
            assert_eq!(code(elsewhere), Code::NOT_FOUND);
            let copied = folder.copy_messages(&[id], &folder, mapi::CopyFlags::NONE)?;
            let copy = &copied.value.copies[0].1;
            assert_eq!(folder.message_status(copy)?, MessageStatus(0), "not copied");
            Ok(())
        }
    ),
    case!(
        needs(),
        "a folder deletes, marks and moves only what is in it",
        |f| {
            let (here, there) = (f.folder("Here")?, f.folder("There")?);
            let mine = add_subject(&here, "mine")?;
            let other = add_subject(&there, "other")?;
            let both = [mine.clone(), other.clone()];
            let marked = here.set_read_flags(Some(&both), ReadFlags::CLEAR_READ_FLAG)?;
            assert_eq!(marked.warning, Some(Code::W_PARTIAL_COMPLETION));
            assert_eq!((here.counts()?.unread, there.counts()?.unread), (1, 0));
            let deleted = here.delete_messages(&both, DeleteFlags::HARD_DELETE)?;
            assert_eq!(deleted.warning, Some(Code::W_PARTIAL_COMPLETION));
            assert_eq!(deleted.value.done, 1);
            assert_eq!(deleted.value.failed[0].1.code(), Code::NOT_FOUND);
            assert!(deleted.value.failed[0].0 == other);
            assert_eq!(there.open_message(&other)?.get(tags::SUBJECT)?, "other");
            let moved = here.copy_messages(&[other], &here, mapi::CopyFlags::MOVE)?;
            assert_eq!((moved.value.done, there.counts()?.contents), (0, 1));
            Ok(())
        }
    ),
];
