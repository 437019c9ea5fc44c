//! FLD-*, STO-15, M-IMAPIFolder.*: folders and what is made in them.

use mapi::{
    Code, CopyFolderFlags, CreateFolderFlags, DeleteFolderFlags, Depth, EmptyFolderFlags, EntryId,
    Folder, MapiProp, MessageStatus, MsgStore, OpenFlags, Result, SaveFlags, SpecialFolder, Table,
    columns, folder_type, message_flags, object_type, tags,
};

use crate::fixture::{add_subject, by_subject, code, draft, prop, subjects};
use crate::{Case, case};

const PLAIN: CreateFolderFlags = CreateFolderFlags::NONE;

pub(super) const CASES: &[Case] = &[
    case!(
        "FLD-01",
        needs(),
        "the root stays, counts are computed, siblings are unique",
        |f| {
            let store = f.store()?;
            let (root, inbox) = (store.root_folder()?, f.inbox()?);
            let id = root.entry_id();
            root.delete_folder(&id, DeleteFolderFlags::NONE)
                .unwrap_err();
            let both = DeleteFolderFlags::DEL_FOLDERS | DeleteFolderFlags::DEL_MESSAGES;
            root.delete_folder(&id, both).unwrap_err();
            root.rename("Mine").unwrap_err();
            root.copy_folder(&id, &inbox, None, CopyFolderFlags::MOVE)
                .unwrap_err();
            assert_eq!(root.get(tags::FOLDER_TYPE)?, folder_type::ROOT);
            assert_eq!(root.parent_id()?, id);
            assert!(inbox.child("Mine")?.is_none());
            let problems = inbox.set_props(&[prop(tags::CONTENT_COUNT, 7)])?;
            assert_eq!((problems.len(), problems[0].code), (1, Code::COMPUTED));
            assert_eq!(inbox.get(tags::CONTENT_COUNT)?, 0);
            // PR_SUBFOLDERS follows at once, in another session too.
            let there = f.second_session()?.default_store()?.receive_folder("IPM")?;
            assert!(!there.get(tags::SUBFOLDERS)?);
            let only = inbox.create_folder("Only", None, PLAIN)?;
            assert!(there.get(tags::SUBFOLDERS)?);
            inbox.delete_folder(&only.entry_id(), DeleteFolderFlags::NONE)?;
            assert!(!there.get(tags::SUBFOLDERS)?);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a folder has its required properties and counts what is in it",
        |f| {
            let folder = f.folder("Mail")?;
            let required = columns![
                tags::DISPLAY_NAME,
                tags::ENTRYID,
                tags::FOLDER_TYPE,
                tags::OBJECT_TYPE,
                tags::PARENT_ENTRYID,
                tags::RECORD_KEY,
                tags::STORE_ENTRYID,
                tags::STORE_RECORD_KEY,
                tags::SUBFOLDERS,
            ];
            assert_eq!(folder.get_props(&required)?.warning, None);
            assert_eq!(folder.get(tags::OBJECT_TYPE)?, object_type::FOLDER);
            assert_eq!(folder.get(tags::FOLDER_TYPE)?, folder_type::GENERIC);
            assert_eq!(
                folder.get(tags::PARENT_ENTRYID)?,
                f.inbox()?.entry_id().as_bytes()
            );
            let unread = |n: i32| draft(&folder, &[prop(tags::MESSAGE_FLAGS, n)]);
            for read in [0, 0, 1] {
                unread(read)?.save_changes(SaveFlags::NONE)?;
            }
            let there = f.second_session()?.default_store()?.folder("Inbox/Mail")?;
            assert_eq!(
                (
                    there.get(tags::CONTENT_COUNT)?,
                    there.get(tags::CONTENT_UNREAD)?
                ),
                (3, 2)
            );
            let row = f
                .inbox()?
                .hierarchy(Depth::Children)
                .open()?
                .query_rows(1)?
                .remove(0);
            assert_eq!(
                (row.get(tags::CONTENT_COUNT), row.get(tags::CONTENT_UNREAD)),
                (Some(3), Some(2))
            );
            Ok(())
        }
    ),
    case!("FLD-02", needs(), "roles do not depend on names", |f| {
        let store = f.store()?;
        let ids = roles(&store)?;
        for (role, name) in [
            (SpecialFolder::Inbox, "Boîte de réception"),
            (SpecialFolder::Outbox, "Boîte d’envoi"),
            (SpecialFolder::SentItems, "Gesendete Elemente"),
            (SpecialFolder::DeletedItems, "ごみ箱"),
        ] {
            store.special_folder(role)?.rename(name)?;
        }
        let folders = |store: &MsgStore| -> Result<u64> {
            store
                .root_folder()?
                .hierarchy(Depth::All)
                .open()?
                .row_count()
        };
        let before = folders(&store)?;
        let store = f.restart()?.default_store()?;
        assert_eq!(roles(&store)?, ids);
        assert_eq!(
            store.receive_folder("IPM.Note")?.name()?,
            "Boîte de réception"
        );
        assert_eq!(
            store.special_folder(SpecialFolder::DeletedItems)?.name()?,
            "ごみ箱"
        );
        assert_eq!(folders(&store)?, before, "none was made anew");
        Ok(())
    }),
    case!("FLD-03", needs(), "special folders are not deleted", |f| {
        let store = f.store()?;
        let id = add_subject(&f.inbox()?, "m")?;
        let all = DeleteFolderFlags::DEL_FOLDERS | DeleteFolderFlags::DEL_MESSAGES;
        for (role, folder_id) in roles(&store)? {
            let folder = store.special_folder(role)?;
            let parent = store.open_folder(&folder.parent_id()?, OpenFlags::BEST_ACCESS)?;
            for flags in [all, all | DeleteFolderFlags::HARD_DELETE] {
                assert_eq!(
                    code(parent.delete_folder(&folder_id, flags)),
                    Code::NO_ACCESS,
                    "{role:?}"
                );
            }
            let moved =
                parent.copy_folder(&folder_id, &f.folder("Mail")?, None, CopyFolderFlags::MOVE);
            assert_eq!(code(moved), Code::NO_ACCESS, "{role:?}");
            f.inbox()?
                .delete_folder(&f.inbox()?.child("Mail")?.unwrap().entry_id(), all)?;
            assert_eq!(store.special_folder(role)?.parent_id()?, parent.entry_id());
        }
        assert_eq!(f.inbox()?.open_message(&id)?.get(tags::SUBJECT)?, "m");
        Ok(())
    }),
    case!(
        "FLD-06",
        needs(),
        "a folder beside the IPM subtree is hidden and works",
        |f| {
            let store = f.store()?;
            let hidden = store.root_folder()?.create_folder("Cache", None, PLAIN)?;
            let id = add_subject(&hidden, "m")?;
            let names = |top: &Folder| -> Result<Vec<String>> {
                let rows = top.hierarchy(Depth::All).open()?.query_all_rows(0)?;
                Ok(rows
                    .iter()
                    .filter_map(|r| r.get(tags::DISPLAY_NAME))
                    .collect())
            };
            assert!(!names(&store.ipm_subtree()?)?.contains(&"Cache".to_owned()));
            assert!(names(&store.root_folder()?)?.contains(&"Cache".to_owned()));
            let there = f
                .restart()?
                .default_store()?
                .open_folder(&hidden_id(&f.store()?)?, OpenFlags::NONE)?;
            assert_eq!(subjects(&by_subject(&there)?)?, ["m"]);
            assert_eq!(there.open_message(&id)?.get(tags::SUBJECT)?, "m");
            Ok(())
        }
    ),
    case!(
        "M-IMAPIFolder.CreateFolder",
        needs(),
        "names collide, unless the existing will do",
        |f| {
            let inbox = f.inbox()?;
            let a = inbox.create_folder("A", Some("first"), PLAIN)?;
            assert_eq!(code(inbox.create_folder("A", None, PLAIN)), Code::COLLISION);
            let again = inbox.create_folder("A", Some("x"), CreateFolderFlags::OPEN_IF_EXISTS)?;
            assert_eq!(again.entry_id(), a.entry_id());
            assert_eq!(again.get(tags::COMMENT)?, "first");
            let new = inbox.create_folder("B", None, CreateFolderFlags::OPEN_IF_EXISTS)?;
            assert_eq!(code(new.get(tags::COMMENT)), Code::NOT_FOUND);
            assert_eq!(code(new.rename("A")), Code::COLLISION);
            assert_eq!(new.name()?, "B");
            a.create_folder("A", None, PLAIN)?;
            assert_eq!(inbox.counts()?.folders, 2);
            Ok(())
        }
    ),
    case!(
        "M-IMAPIFolder.DeleteFolder",
        needs(),
        "each obstacle is lifted by its own flag",
        |f| {
            let inbox = f.inbox()?;
            let folder = f.folder("Full")?;
            let message = add_subject(&folder, "m")?;
            let child = folder.create_folder("Child", None, PLAIN)?;
            let deep = add_subject(&child, "deep")?;
            let id = folder.entry_id();
            let (messages, folders) = (
                DeleteFolderFlags::DEL_MESSAGES,
                DeleteFolderFlags::DEL_FOLDERS,
            );
            let error = code(inbox.delete_folder(&id, DeleteFolderFlags::NONE));
            assert!(
                matches!(error, Code::HAS_MESSAGES | Code::HAS_FOLDERS),
                "{error}"
            );
            assert_eq!(code(inbox.delete_folder(&id, messages)), Code::HAS_FOLDERS);
            assert_eq!(code(inbox.delete_folder(&id, folders)), Code::HAS_MESSAGES);
            assert_eq!(folder.open_message(&message)?.get(tags::SUBJECT)?, "m");
            assert_eq!(child.open_message(&deep)?.get(tags::SUBJECT)?, "deep");
            inbox.delete_folder(&id, messages | folders)?;
            let store = f.second_session()?.default_store()?;
            for gone in [&id, &child.entry_id(), &message, &deep] {
                assert_eq!(
                    code(store.open_entry(gone, OpenFlags::NONE)),
                    Code::NOT_FOUND
                );
            }
            assert!(store.receive_folder("IPM")?.child("Full")?.is_none());
            assert_eq!(
                code(inbox.delete_folder(&child.entry_id(), folders)),
                Code::NOT_FOUND
            );
            // Each flag alone for a folder with one obstacle.
            let one = f.folder("One")?;
            add_subject(&one, "m")?;
            inbox.delete_folder(&one.entry_id(), messages)?;
            let two = f.folder("Two")?;
            two.create_folder("Child", None, PLAIN)?;
            inbox.delete_folder(&two.entry_id(), folders)?;
            assert_eq!(inbox.counts()?.folders, 0);
            Ok(())
        }
    ),
    case!(
        "M-IMAPIFolder.GetMessageStatus" + "M-IMAPIFolder.SetMessageStatus",
        needs(),
        "setting a status bit tells whether it was set",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let lock = MessageStatus(0x0001_0000);
            let tagged = MessageStatus::TAGGED;
            assert_eq!(
                folder.set_message_status(&id, tagged, tagged)?,
                MessageStatus(0)
            );
            assert_eq!(folder.set_message_status(&id, lock, lock)?, tagged);
            let there = f.second_session()?.default_store()?.folder("Inbox/Mail")?;
            let seen = there.set_message_status(&id, lock, lock)?;
            assert_eq!(seen.0 & lock.0, lock.0, "somebody has the lock");
            assert_eq!(there.message_status(&id)?, MessageStatus(lock.0 | tagged.0));
            there.set_message_status(&id, MessageStatus(0), lock)?;
            assert_eq!(
                folder.message_status(&id)?,
                tagged,
                "other bits are unchanged"
            );
            let table = folder
                .contents()
                .columns(columns![tags::MSG_STATUS])
                .open()?;
            assert_eq!(table.query_rows(1)?[0].get(tags::MSG_STATUS), Some(2));
            // PR_MSG_STATUS is not settable, and copies begin without.
            let message = crate::fixture::edit(&folder, &id)?;
            let problems = message.set_props(&[prop(tags::MSG_STATUS, 0)])?;
            assert_eq!(problems[0].code, Code::COMPUTED);
            let to = f.folder("Copies")?;
            folder
                .copy_messages(&[id], &to, mapi::CopyFlags::NONE)?
                .ignore_warning();
            let table: Table = to.contents().columns(columns![tags::MSG_STATUS]).open()?;
            assert_eq!(table.query_rows(1)?[0].get(tags::MSG_STATUS), Some(0));
            Ok(())
        }
    ),
    case!(
        "TAB-05",
        needs(Associated),
        "emptying a folder spares its associated messages unless asked",
        |f| {
            let folder = f.folder("Mail")?;
            let child = folder.create_folder("Child", None, PLAIN)?;
            for of in [&folder, &child] {
                associated(of, "view")?;
                add_subject(of, "mail")?;
            }
            assert_ne!(
                folder.get(tags::ACCESS)? & 0x20,
                0,
                "MAPI_ACCESS_CREATE_ASSOCIATED"
            );
            let report = folder.empty(EmptyFolderFlags::NONE)?;
            assert_eq!(report.warning, None);
            let there = f.second_session()?.default_store()?.folder("Inbox/Mail")?;
            assert_eq!(there.contents().open()?.row_count()?, 0);
            assert_eq!(there.associated().open()?.row_count()?, 1);
            assert!(there.child("Child")?.is_none());
            assert_eq!(there.get(tags::ASSOC_CONTENT_COUNT)?, 1);
            assert_eq!(
                folder.empty(EmptyFolderFlags::DEL_ASSOCIATED)?.warning,
                None
            );
            assert_eq!(there.associated().open()?.row_count()?, 0);
            assert_eq!(there.get(tags::ASSOC_CONTENT_COUNT)?, 0);
            Ok(())
        }
    ),
    case!(
        "STO-13.1",
        needs(Associated),
        "an associated message is in its own table only",
        |f| {
            let folder = f.folder("Mail")?;
            add_subject(&folder, "mail")?;
            let before = folder.counts()?;
            let id = associated(&folder, "IPM.Microsoft.FolderDesign.NamedView")?;
            let there = f.second_session()?.default_store()?.folder("Inbox/Mail")?;
            assert_eq!(subjects(&by_subject(&there)?)?, ["mail"]);
            let table = there.open_table_property(tags::FOLDER_ASSOCIATED_CONTENTS)?;
            let rows = table.query_all_rows(0)?;
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0].entry_id(), &id);
            let after = there.counts()?;
            assert_eq!(after.associated, before.associated + 1);
            assert_eq!(
                (after.contents, after.unread),
                (before.contents, before.unread)
            );
            let flags = there.open_message(&id)?.flags();
            assert_ne!(flags & message_flags::ASSOCIATED, 0);
            Ok(())
        }
    ),
    case!(
        "M-IMAPIFolder.OpenEntry",
        needs(),
        "a folder opens what is in it, read-only by default",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let child = folder.create_folder("Child", None, PLAIN)?;
            let there = f.second_session()?.default_store()?.folder("Inbox/Mail")?;
            let opened = there.open_entry(&id, OpenFlags::NONE)?;
            assert_eq!(opened.object_type(), object_type::MESSAGE);
            let message = opened.into_message()?;
            let by_store = f
                .store()?
                .open_entry(&id, OpenFlags::NONE)?
                .into_message()?;
            let by_session = f
                .session()
                .open_entry(&id, OpenFlags::NONE)?
                .into_message()?;
            for other in [by_store, by_session] {
                assert_eq!(other.get(tags::RECORD_KEY)?, message.get(tags::RECORD_KEY)?);
                assert_eq!(other.get(tags::OBJECT_TYPE)?, object_type::MESSAGE);
            }
            assert_eq!(code(message.set(tags::SUBJECT, "x")), Code::NO_ACCESS);
            let sub = there
                .open_entry(&child.entry_id(), OpenFlags::NONE)?
                .into_folder()?;
            assert_eq!(sub.name()?, "Child");
            assert!(!sub.is_writable());
            let none = EntryId::from(Vec::new());
            let top = there.open_entry(&none, OpenFlags::NONE)?.into_folder()?;
            assert_eq!(
                top.entry_id(),
                there.entry_id(),
                "no id: the top of this hierarchy"
            );
            let foreign = f.other_store()?.root_folder()?.entry_id();
            assert_eq!(
                code(there.open_entry(&foreign, OpenFlags::NONE)),
                Code::UNKNOWN_ENTRYID
            );
            Ok(())
        }
    ),
    case!(
        "M-IMAPISession.Logoff",
        needs(),
        "a session opens all there is until it ends, another goes on",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let session = f.second_session()?;
            let store = session.open_store(&f.store()?.entry_id(), mapi::StoreFlags::NONE)?;
            assert_eq!(store.entry_id(), session.default_store()?.entry_id());
            assert_eq!(session.stores()?.len(), 2);
            assert_eq!(session.stores_table().open()?.row_count()?, 2);
            let opened = session
                .open_entry(&folder.entry_id(), OpenFlags::NONE)?
                .into_folder()?;
            let message = session.open_entry(&id, OpenFlags::NONE)?.into_message()?;
            assert!(session.compare_entry_ids(&id, &message.entry_id().unwrap())?);
            session.subsystem_status().validate_state()?;
            let table = opened.contents().open()?;
            session.logoff();
            let ended = Code::END_OF_SESSION;
            assert_eq!(code(opened.get(tags::DISPLAY_NAME)), ended);
            assert_eq!(code(opened.contents().open()), ended);
            assert_eq!(code(table.query_rows(1)), ended);
            assert_eq!(code(message.get(tags::SUBJECT)), ended);
            assert_eq!(code(session.open_entry(&id, OpenFlags::NONE)), ended);
            drop((opened, table, message, store, session));
            assert_eq!(
                folder.open_message(&id)?.get(tags::SUBJECT)?,
                "m",
                "the first session"
            );
            Ok(())
        }
    ),
];

/// Saves an associated message.
fn associated(folder: &Folder, subject: &str) -> Result<EntryId> {
    let message = folder.create_associated_message()?;
    message.set(tags::SUBJECT, subject)?;
    message.save_changes(SaveFlags::NONE)?;
    Ok(message.entry_id().unwrap())
}

/// The id of the folder `Cache` below the root.
fn hidden_id(store: &MsgStore) -> Result<EntryId> {
    Ok(store.root_folder()?.child("Cache")?.unwrap().entry_id())
}

/// The special folders with their ids.
fn roles(store: &MsgStore) -> Result<Vec<(SpecialFolder, EntryId)>> {
    let all = [
        SpecialFolder::IpmSubtree,
        SpecialFolder::Inbox,
        SpecialFolder::Outbox,
        SpecialFolder::DeletedItems,
        SpecialFolder::SentItems,
        SpecialFolder::Views,
        SpecialFolder::CommonViews,
        SpecialFolder::Finder,
    ];

    all.into_iter()
        .map(|role| Ok((role, store.special_id(role)?)))
        .collect()
}
