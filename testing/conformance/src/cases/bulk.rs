//! STO-10, STO-14, RFL.*, M-IMAPIFolder.*: bulk work on messages, and folders copied and moved.

use mapi::{
    Code, CopyFlags, CopyFolderFlags, CreateFolderFlags, DeleteFlags, EntryId, Folder, MapiProp,
    OpenFlags, ReadFlags, Result, SaveFlags, SpecialFolder, message_flags, recipient_type, tags,
};

use crate::fixture::{add_subject, address, attach, by_subject, code, draft, prop, subjects};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "STO-10.1" + "M-IMAPIFolder.CopyMessages",
        needs(),
        "a move goes on past what is not there, and keeps all of what it moves",
        |f| {
            let (from, to) = (f.folder("From")?, f.folder("To")?);
            let (one, two) = (whole(&from, "one")?, whole(&from, "two")?);
            let gone = add_subject(&from, "gone")?;
            from.delete_messages(std::slice::from_ref(&gone), DeleteFlags::HARD_DELETE)?
                .ignore_warning();
            let keys = [from.open_message(&one)?, from.open_message(&two)?]
                .map(|m| m.get(tags::SEARCH_KEY));
            let report = from.copy_messages(&[one, gone.clone(), two], &to, CopyFlags::MOVE)?;
            assert_eq!(report.warning, Some(Code::W_PARTIAL_COMPLETION));
            assert_eq!(report.value.done, 2);
            let failed: Vec<_> = report
                .value
                .failed
                .iter()
                .map(|(id, e)| (id, e.code()))
                .collect();
            assert_eq!(failed, [(&gone, Code::NOT_FOUND)]);
            let store = f.restart()?.default_store()?;
            let (from, to) = (store.folder("Inbox/From")?, store.folder("Inbox/To")?);
            assert_eq!(subjects(&by_subject(&from)?)?, [""; 0]);
            let rows = by_subject(&to)?.query_all_rows(0)?;
            assert_eq!(
                (rows.len(), to.counts()?.contents, from.counts()?.contents),
                (2, 2, 0)
            );
            for (row, key) in rows.iter().zip(keys) {
                let message = to.open_message(row.entry_id())?;
                assert_eq!(message.get(tags::SEARCH_KEY)?, key?);
                intact(&message)?;
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "a copy is another message with the same content",
        |f| {
            let (from, to) = (f.folder("From")?, f.folder("To")?);
            let id = whole(&from, "m")?;
            let report = from.copy_messages(std::slice::from_ref(&id), &to, CopyFlags::NONE)?;
            assert_eq!((report.warning, report.value.done), (None, 1));
            let copy = report.value.copies[0].1.clone();
            let (original, copied) = (from.open_message(&id)?, to.open_message(&copy)?);
            assert_ne!(
                original.get(tags::RECORD_KEY)?,
                copied.get(tags::RECORD_KEY)?
            );
            assert_eq!(
                original.get(tags::SEARCH_KEY)?,
                copied.get(tags::SEARCH_KEY)?
            );
            intact(&copied)?;
            // From now on each goes its own way.
            let change = to.open_message_with(&copy, OpenFlags::MODIFY)?;
            change.set(tags::SUBJECT, "changed")?;
            change.delete_attachment(0)?;
            change.save_changes(SaveFlags::NONE)?;
            from.delete_messages(std::slice::from_ref(&id), DeleteFlags::HARD_DELETE)?
                .ignore_warning();
            assert_eq!(subjects(&by_subject(&to)?)?, ["changed"]);
            assert_eq!(to.open_message(&copy)?.get(tags::BODY)?.len(), 30_000);
            Ok(())
        }
    ),
    case!(
        "STO-10.1",
        needs(),
        "a move to another store leaves nothing behind and loses nothing",
        |f| {
            let from = f.folder("From")?;
            let other = f.other_store()?;
            let to = other
                .root_folder()?
                .create_folder("To", None, CreateFolderFlags::NONE)?;
            let (one, two) = (whole(&from, "one")?, whole(&from, "two")?);
            from.set_read_flags(Some(std::slice::from_ref(&two)), ReadFlags::CLEAR_READ_FLAG)?
                .ignore_warning();
            let keys = [from.open_message(&one)?, from.open_message(&two)?]
                .map(|m| m.get(tags::SEARCH_KEY));
            let gone = add_subject(&from, "gone")?;
            from.delete_messages(std::slice::from_ref(&gone), DeleteFlags::HARD_DELETE)?
                .ignore_warning();
            let report =
                from.copy_messages(&[one.clone(), gone, two.clone()], &to, CopyFlags::MOVE)?;
            assert_eq!(report.warning, Some(Code::W_PARTIAL_COMPLETION));
            assert_eq!((report.value.done, report.value.failed.len()), (2, 1));
            let old: Vec<&EntryId> = report.value.copies.iter().map(|(old, _)| old).collect();
            assert_eq!(old, [&one, &two]);
            let session = f.restart()?;
            let from = session.default_store()?.folder("Inbox/From")?;
            assert_eq!((from.counts()?.contents, from.counts()?.deleted), (0, 0));
            let to = session
                .store_by_letter("b")?
                .root_folder()?
                .child("To")?
                .unwrap();
            let rows = by_subject(&to)?.query_all_rows(0)?;
            assert_eq!(
                (rows.len(), to.counts()?.contents, to.counts()?.unread),
                (2, 2, 1)
            );
            for (row, key) in rows.iter().zip(keys) {
                let message = to.open_message(row.entry_id())?;
                assert_eq!(message.get(tags::SEARCH_KEY)?, key?);
                intact(&message)?;
            }
            Ok(())
        }
    ),
    case!(
        "STO-10.2" + "M-IMAPIFolder.CopyFolder",
        needs(),
        "a folder goes neither into itself nor below",
        |f| {
            let inbox = f.inbox()?;
            let a = f.folder("A")?;
            let b = a.create_folder("B", Some("below"), CreateFolderFlags::NONE)?;
            let (of_a, of_b) = (add_subject(&a, "of A")?, add_subject(&b, "of B")?);
            let deep = CopyFolderFlags::COPY_SUBFOLDERS;
            for flags in [CopyFolderFlags::NONE, deep, CopyFolderFlags::MOVE] {
                for to in [&a, &b] {
                    let copied = inbox.copy_folder(&a.entry_id(), to, None, flags);
                    assert_eq!(code(copied), Code::FOLDER_CYCLE, "{flags:?}");
                }
            }
            assert_eq!((a.counts()?.folders, b.counts()?.folders), (1, 0));
            assert_eq!(a.open_message(&of_a)?.get(tags::SUBJECT)?, "of A");
            assert_eq!(b.open_message(&of_b)?.get(tags::SUBJECT)?, "of B");
            // A copy takes the messages, with COPY_SUBFOLDERS the sub-tree, a move always.
            let to = f.folder("To")?;
            let made = |name, flags| -> mapi::Result<mapi::Folder> {
                let copied = inbox.copy_folder(&a.entry_id(), &to, name, flags)?;
                assert_eq!(copied.warning, None);
                Ok(copied.value.folder)
            };
            let flat = made(Some("Flat"), CopyFolderFlags::NONE)?;
            assert_eq!(subjects(&by_subject(&flat)?)?, ["of A"]);
            assert_eq!(flat.counts()?.folders, 0);
            let whole = made(Some("Whole"), deep)?;
            let below = whole.child("B")?.unwrap();
            assert_eq!(subjects(&by_subject(&below)?)?, ["of B"]);
            assert_eq!(below.get(tags::COMMENT)?, "below");
            assert_ne!(below.entry_id(), b.entry_id());
            let same = inbox.copy_folder(&a.entry_id(), &to, Some("Whole"), deep);
            assert_eq!(code(same), Code::COLLISION);
            let moved = made(None, CopyFolderFlags::MOVE)?;
            let store = f.restart()?.default_store()?;
            assert_eq!(code(store.folder("Inbox/A")), Code::NOT_FOUND);
            let there = store.folder("Inbox/To/A/B")?;
            assert_eq!(there.open_message(&of_b)?.get(tags::SUBJECT)?, "of B");
            assert_eq!(store.folder("Inbox/To/A")?.entry_id(), moved.entry_id());
            Ok(())
        }
    ),
    case!(
        "STO-14.1" + "M-IMAPIFolder.DeleteMessages",
        needs(),
        "deleting goes to Deleted Items first, from there out of sight",
        |f| {
            let (store, inbox) = (f.store()?, f.inbox()?);
            let basket = store.special_folder(SpecialFolder::DeletedItems)?;
            let id = add_subject(&inbox, "m")?;
            assert_eq!(
                store
                    .discard_messages(&inbox, std::slice::from_ref(&id))?
                    .warning,
                None
            );
            let there = f.second_session()?.default_store()?;
            let shown = |folder: &Folder| -> Result<Vec<String>> {
                let folder = there.open_folder(&folder.entry_id(), OpenFlags::NONE)?;
                subjects(&by_subject(&folder)?)
            };
            assert_eq!(shown(&inbox)?, [""; 0]);
            assert_eq!(shown(&basket)?, ["m"]);
            let sub = basket.create_folder("Sub", None, CreateFolderFlags::NONE)?;
            let row = by_subject(&basket)?.query_rows(1)?.remove(0);
            let moved = [row.entry_id().clone()];
            basket
                .copy_messages(&moved, &sub, CopyFlags::MOVE)?
                .ignore_warning();
            let row = by_subject(&sub)?.query_rows(1)?.remove(0);
            assert_eq!(
                store
                    .discard_messages(&sub, &[row.entry_id().clone()])?
                    .warning,
                None
            );
            for folder in [&inbox, &basket, &sub] {
                assert_eq!(shown(folder)?, [""; 0]);
            }
            Ok(())
        }
    ),
    case!(
        "STO-14.2" + "M-IMAPIFolder.DeleteMessages" + "M-IMAPIFolder.GetContentsTable",
        needs(SoftDelete),
        "soft-deleted messages are seen by whoever asks, hard-deleted by nobody",
        |f| {
            let folder = f.folder("Mail")?;
            let (id, other) = (whole(&folder, "m")?, add_subject(&folder, "kept")?);
            let list = std::slice::from_ref(&id);
            assert_eq!(
                folder.delete_messages(list, DeleteFlags::NONE)?.value.done,
                1
            );
            let there = f.second_session()?.default_store()?.folder("Inbox/Mail")?;
            let deleted = || {
                there
                    .deleted_contents()
                    .columns([tags::SUBJECT.raw()])
                    .open()
            };
            assert_eq!(subjects(&by_subject(&there)?)?, ["kept"]);
            assert_eq!(subjects(&deleted()?)?, ["m"]);
            assert_eq!((there.counts()?.contents, there.counts()?.deleted), (1, 1));
            assert_eq!(code(there.open_message(&id)), Code::NOT_FOUND);
            let soft = OpenFlags::SHOW_SOFT_DELETES;
            intact(&there.open_message_with(&id, soft)?)?;
            // Recovered it is back as it was, deleted for good it is gone.
            assert_eq!(folder.recover_messages(list)?.value.done, 1);
            intact(&there.open_message(&id)?)?;
            assert_eq!(
                folder.delete_messages(list, DeleteFlags::NONE)?.value.done,
                1
            );
            assert_eq!(
                folder
                    .delete_messages(list, DeleteFlags::HARD_DELETE)?
                    .value
                    .done,
                1
            );
            assert_eq!(code(there.open_message(&id)), Code::NOT_FOUND);
            assert_eq!(code(there.open_message_with(&id, soft)), Code::NOT_FOUND);
            assert_eq!(subjects(&deleted()?)?, [""; 0]);
            let report = folder.delete_messages(&[id, other], DeleteFlags::NONE)?;
            assert_eq!(report.warning, Some(Code::W_PARTIAL_COMPLETION));
            assert_eq!(report.value.done, 1);
            Ok(())
        }
    ),
    case!(
        needs(),
        "all messages of a folder are marked in one call",
        |f| {
            let folder = f.folder("Mail")?;
            for n in 0..10 {
                draft(
                    &folder,
                    &[
                        prop(tags::SUBJECT, format!("{n}")),
                        prop(tags::MESSAGE_FLAGS, 0),
                    ],
                )?
                .save_changes(SaveFlags::NONE)?;
            }
            let there = f.second_session()?.default_store()?.folder("Inbox/Mail")?;
            let table = by_subject(&there)?;
            table.set_columns(mapi::columns![tags::SUBJECT, tags::MESSAGE_FLAGS])?;
            let read = || -> Result<usize> {
                let rows = table.query_all_rows(0)?;
                let flags = rows.iter().filter_map(|r| r.get(tags::MESSAGE_FLAGS));
                Ok(flags
                    .filter(|f| f.cast_unsigned() & message_flags::READ != 0)
                    .count())
            };
            assert_eq!((read()?, there.get(tags::CONTENT_UNREAD)?), (0, 10));
            let report = folder.set_read_flags(None, ReadFlags::NONE)?;
            assert_eq!((report.warning, report.value.done), (None, 10));
            assert_eq!((read()?, there.get(tags::CONTENT_UNREAD)?), (10, 0));
            let ids = ids(&there)?;
            let three = &ids[..3];
            let gone = EntryId::from({
                let mut bytes = ids[9].as_bytes().to_vec();
                let last = bytes.len() - 1;
                bytes[last] ^= 0x40;
                bytes
            });
            let list = [three, &[gone]].concat();
            let report = folder.set_read_flags(Some(&list), ReadFlags::CLEAR_READ_FLAG)?;
            assert_eq!(report.warning, Some(Code::W_PARTIAL_COMPLETION));
            assert_eq!((read()?, there.get(tags::CONTENT_UNREAD)?), (7, 3));
            let message = there.open_message(&three[0])?;
            message.set_read_flag(ReadFlags::GENERATE_RECEIPT_ONLY)?;
            assert_eq!(there.get(tags::CONTENT_UNREAD)?, 3, "marks nothing");
            Ok(())
        }
    ),
];

/// Saves a message with a body, recipients and attachments.
fn whole(folder: &Folder, subject: &str) -> Result<EntryId> {
    let body = prop(tags::BODY, "x".repeat(30_000));
    let message = draft(folder, &[prop(tags::SUBJECT, subject), body])?;
    address(
        &message,
        &[(recipient_type::TO, "Ann"), (recipient_type::BCC, "Bob")],
    )?;
    attach(&message, "small.txt", b"small")?;
    attach(&message, "large.bin", &[7; 300_000])?;
    message.save_changes(SaveFlags::NONE)?;
    Ok(message.entry_id().unwrap())
}

/// Whether everything of [`whole`] is still there.
fn intact(message: &mapi::Message) -> Result<()> {
    assert_eq!(message.get(tags::BODY)?.len(), 30_000);
    let rows = message.recipients().open()?.query_all_rows(0)?;
    let names: Vec<_> = rows
        .iter()
        .filter_map(|r| r.get(tags::DISPLAY_NAME))
        .collect();
    assert_eq!(names, ["Ann", "Bob"]);
    let data = |n| {
        message
            .open_attachment(n, OpenFlags::NONE)?
            .get(tags::ATTACH_DATA_BIN)
    };
    assert_eq!(data(0)?, b"small");
    assert!(data(1)? == [7; 300_000]);
    Ok(())
}

fn ids(folder: &Folder) -> Result<Vec<EntryId>> {
    let rows = by_subject(folder)?.query_all_rows(0)?;
    Ok(rows.iter().map(|r| r.entry_id().clone()).collect())
}
