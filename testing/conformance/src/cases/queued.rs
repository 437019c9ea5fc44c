//! Messages that are being sent, folders that vanish, stores that are missing: what goes on behind the client's back. The mark that
//! submitting leaves is set at the boundary: no spooler is needed for what it does to everything else.

use mapi::{
    Code, CopyFlags, DeleteFlags, EmptyFolderFlags, EntryId, MapiProp, OpenFlags, ReadFlags,
    SaveFlags, SpecialFolder, TreeFlags, message_flags, tags,
};
use mapi_spi::{DeleteMode, Op};

use crate::fixture::{add_subject, by_subject, code, subjects};
use crate::{Case, Fixture, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "X-8" + "STO-14.3" + "M-IMAPIFolder.DeleteMessages",
        needs(),
        "bulk calls go on past a message that is being sent",
        |f| {
            let folder = f.folder("Mail")?;
            let ids = three(f, &folder)?;
            let deleted = folder.delete_messages(&ids, DeleteFlags::HARD_DELETE)?;
            assert_eq!(deleted.warning, Some(Code::W_PARTIAL_COMPLETION));
            assert_eq!(deleted.value.done, 2);
            assert_eq!(deleted.value.failed.len(), 1);
            assert!(deleted.value.failed[0].0 == ids[1]);
            assert_eq!(deleted.value.failed[0].1.code(), Code::SUBMITTED);
            assert_eq!(subjects(&by_subject(&folder)?)?, ["b"]);
            let moved = folder.copy_messages(&ids[1..2], &f.inbox()?, CopyFlags::MOVE)?;
            assert_eq!(moved.warning, Some(Code::W_PARTIAL_COMPLETION));
            assert_eq!(subjects(&by_subject(&folder)?)?, ["b"]);
            let soft = folder.delete_messages(&ids[1..2], DeleteFlags::NONE)?;
            assert_eq!(soft.warning, Some(Code::W_PARTIAL_COMPLETION));
            assert_eq!(subjects(&by_subject(&folder)?)?, ["b"]);
            Ok(())
        }
    ),
    case!(
        "OUT-08.3" + "M-IMsgStore.OpenEntry",
        needs(),
        "a message that is being sent opens for reading only",
        |f| {
            let folder = f.folder("Mail")?;
            let ids = three(f, &folder)?;
            let store = f.store()?;
            let modify = store.open_entry(&ids[1], OpenFlags::MODIFY);
            assert_eq!(code(modify), Code::SUBMITTED);
            let best = store.open_message(&ids[1], OpenFlags::BEST_ACCESS)?;
            assert_eq!(best.get(tags::ACCESS_LEVEL)?, 0);
            let flags = best.get(tags::MESSAGE_FLAGS)?.cast_unsigned();
            assert_ne!(flags & message_flags::SUBMIT, 0);
            assert_eq!(code(best.set(tags::SUBJECT, "x")), Code::NO_ACCESS);
            assert_eq!(
                store
                    .open_message(&ids[0], OpenFlags::MODIFY)?
                    .get(tags::ACCESS_LEVEL)?,
                1
            );
            Ok(())
        }
    ),
    case!(
        "RFL.3",
        needs(),
        "marking a whole folder leaves out what is being sent",
        |f| {
            let folder = f.folder("Mail")?;
            for n in 0..10 {
                add_subject(&folder, &n.to_string())?;
            }
            folder
                .set_read_flags(None, ReadFlags::CLEAR_READ_FLAG)?
                .ignore_warning();
            assert_eq!(folder.get(tags::CONTENT_UNREAD)?, 10);
            let first = by_subject(&folder)?.rows(0..1)?.remove(0);
            f.queue(&folder.open_message(first.entry_id())?)?;
            let marked = folder.set_read_flags(None, ReadFlags::NONE)?;
            assert_eq!(marked.warning, Some(Code::W_PARTIAL_COMPLETION));
            assert_eq!(marked.value.done, 9);
            assert_eq!(folder.get(tags::CONTENT_UNREAD)?, 1);
            Ok(())
        }
    ),
    case!(
        needs(),
        "emptying a folder leaves what is being sent, and says so",
        |f| {
            let folder = f.folder("Mail")?;
            three(f, &folder)?;
            let emptied = folder.empty(EmptyFolderFlags::NONE)?;
            assert_eq!(emptied.warning, Some(Code::W_PARTIAL_COMPLETION));
            assert_eq!(subjects(&by_subject(&folder)?)?, ["b"]);
            let row = by_subject(&folder)?.rows(0..1)?.remove(0);
            let kept = folder.open_message(row.entry_id())?;
            assert_ne!(kept.flags() & message_flags::SUBMIT, 0, "still on its way");
            Ok(())
        }
    ),
    case!(
        "STO-04.2" + "HLP-05",
        needs(),
        "a standard folder that vanished is made again, the others stay",
        |f| {
            let store = f.store()?;
            let inbox = f.inbox()?;
            add_subject(&inbox, "kept")?;
            let roles = [
                SpecialFolder::IpmSubtree,
                SpecialFolder::Inbox,
                SpecialFolder::Outbox,
                SpecialFolder::DeletedItems,
                SpecialFolder::Views,
                SpecialFolder::CommonViews,
                SpecialFolder::Finder,
            ];
            let ids = || -> mapi::Result<Vec<EntryId>> {
                roles.iter().map(|r| store.special_id(*r)).collect()
            };
            let before = ids()?;
            let sent = store.special_folder(SpecialFolder::SentItems)?;
            f.behind(Op::DeleteFolder {
                folder: sent.item(),
                messages: true,
                folders: true,
                mode: DeleteMode::Hard,
            })?;
            assert_eq!(
                code(store.special_folder(SpecialFolder::SentItems)),
                Code::NOT_FOUND
            );
            let full = TreeFlags::FULL_IPM_TREE;
            store.validate_ipm_subtree(full)?;
            let believed = store.special_folder(SpecialFolder::SentItems);
            assert_eq!(
                code(believed),
                Code::NOT_FOUND,
                "the mask is believed without FORCE"
            );
            let mask = store.validate_ipm_subtree(full | TreeFlags::FORCE_CREATE)?;
            assert_eq!(mask, 0xFF);
            let again = store.special_folder(SpecialFolder::SentItems)?;
            assert!(again.entry_id() != sent.entry_id(), "an id is never reused");
            assert_eq!(again.parent_id()?, before[0]);
            assert_eq!(ids()?, before);
            assert_eq!(subjects(&by_subject(&inbox)?)?, ["kept"]);
            assert_eq!(
                store.get(tags::IPM_SENTMAIL_ENTRYID)?,
                again.entry_id().as_bytes()
            );
            Ok(())
        }
    ),
    case!(
        "SES-02.1",
        needs(),
        "a store that is missing fails the logon, or disables its service alone",
        |f| {
            let failed = f.session_on(["missing", "missing too"]).unwrap_err();
            assert_eq!(failed.code(), Code::LOGON_FAILED);
            let cause = std::error::Error::source(&failed).map(ToString::to_string);
            assert!(
                cause.is_some_and(|c| c.contains("MAPI_E_NOT_FOUND")),
                "{failed:?}"
            );
            // Without its default store a session has the others, and says what became of that one.
            let session = f.session_on(["missing", "b"])?;
            assert_eq!(session.failures().len(), 1);
            assert_eq!(code(session.default_store()), Code::NOT_FOUND);
            assert_eq!(session.store_by_letter("b")?.letter(), "b");
            let session = f.session_on(["a", "missing"])?;
            let [failure] = &*session.failures() else {
                panic!("{:?}", session.failures());
            };
            assert_eq!(
                (failure.letter.as_str(), failure.error.code),
                ("missing", Code::NOT_FOUND)
            );
            assert_eq!(session.stores()?.len(), 1, "no half-working store");
            assert_eq!(code(session.store_by_letter("missing")), Code::NOT_FOUND);
            add_subject(&session.default_store()?.receive_folder("IPM")?, "works")?;
            let status = session.subsystem_status().get(tags::STATUS_CODE)?;
            assert_ne!(status & 0x4, 0, "STATUS_FAILURE");
            assert_eq!(f.session().subsystem_status().get(tags::STATUS_CODE)?, 0x1);
            Ok(())
        }
    ),
];

/// Messages a, b and c, of which b is being sent.
fn three(f: &Fixture, folder: &mapi::Folder) -> mapi::Result<Vec<EntryId>> {
    let ids: Vec<EntryId> = ["a", "b", "c"]
        .iter()
        .map(|s| add_subject(folder, s))
        .collect::<mapi::Result<_>>()?;
    let message = folder.open_message_with(&ids[1], OpenFlags::MODIFY)?;
    message.save_changes(SaveFlags::NONE)?;
    f.queue(&message)?;
    Ok(ids)
}
