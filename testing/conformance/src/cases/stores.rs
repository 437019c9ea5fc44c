//! STO-02 … STO-07, STO-16: stores, their special folders and receive folders.

use mapi::{
    Code, CopyFlags, CopyFolderFlags, CopyPropFlags, CreateFolderFlags, DeleteFlags,
    DeleteFolderFlags, EmptyFolderFlags, EntryId, Folder, ImportItem, ImportOptions, MapiProp,
    Message, MessageStatus, MessageTree, ModifyMode, MsgStore, OpenFlags, PropName, PropValue,
    PropertyFlags, ReadFlags, RelOp, Restriction, Result, SaveFlags, SortColumn, SpecialFolder,
    StoreFlags, Tag, TreeFlags, columns, guids, store_support, tags,
};

use crate::fixture::{add_subject, by_subject, code, draft, prop, subjects};
use crate::{Case, case};

/// What PR_VALID_FOLDER_MASK says of each folder that the store has an entry id property for.
const BITS: [(i32, Tag<[u8]>); 7] = [
    (0x01, tags::IPM_SUBTREE_ENTRYID),
    (0x04, tags::IPM_OUTBOX_ENTRYID),
    (0x08, tags::IPM_WASTEBASKET_ENTRYID),
    (0x10, tags::IPM_SENTMAIL_ENTRYID),
    (0x20, tags::VIEWS_ENTRYID),
    (0x40, tags::COMMON_VIEWS_ENTRYID),
    (0x80, tags::FINDER_ENTRYID),
];

pub(super) const CASES: &[Case] = &[
    case!(
        "STO-02.1" + "M-IMAPISession.OpenMsgStore" + "FLD-08",
        needs(),
        "a store that is open for reading refuses every change, and its bytes stay as they are",
        |f| {
            let folder = f.folder("Mail")?;
            folder.create_folder("Child", None, CreateFolderFlags::NONE)?;
            let id = add_subject(&folder, "m")?;
            let last = f.store()?.events(0, usize::MAX)?.last;
            let bytes = f.ground().bytes("a");
            let open = StoreFlags::NO_DIALOG;
            for store in [
                f.read_only_session()?.default_store()?,
                f.session().open_store(&f.store()?.entry_id(), open)?,
            ] {
                refuses_all(&store, &folder, &id)?;
            }
            assert_eq!(f.store()?.events(0, usize::MAX)?.last, last);
            assert!(
                f.ground().bytes("a") == bytes,
                "a byte of the store has changed"
            );
            Ok(())
        }
    ),
    case!(
        "STO-04.1" + "HLP-05",
        needs(),
        "the default store has all eight folders in their places",
        |f| {
            let store = f.store()?;
            assert_eq!(store.get(tags::VALID_FOLDER_MASK)?, 0xFF);
            let (root, top) = (
                store.root_folder()?.entry_id(),
                store.ipm_subtree()?.entry_id(),
            );
            for (bit, tag) in BITS {
                let id = EntryId::from(store.get(tag)?);
                let folder = f
                    .session()
                    .open_entry(&id, OpenFlags::NONE)?
                    .into_folder()?;
                let parent = if matches!(bit, 0x04 | 0x08 | 0x10) {
                    &top
                } else {
                    &root
                };
                assert_eq!(&folder.parent_id()?, parent, "bit {bit:#x}");
            }
            let inbox = store.receive_folder("IPM")?;
            assert_eq!(inbox.parent_id()?, top);
            assert_eq!(inbox.entry_id(), store.special_id(SpecialFolder::Inbox)?);
            let mut ids: Vec<Vec<u8>> = BITS
                .iter()
                .map(|(_, tag)| store.get(*tag))
                .collect::<Result<_>>()?;
            ids.push(inbox.get(tags::ENTRYID)?);
            ids.sort();
            ids.dedup();
            assert_eq!(ids.len(), 8, "all different");
            Ok(())
        }
    ),
    case!(
        "STO-04.3" + "HLP-05",
        needs(),
        "a second store has the least that it needs",
        |f| {
            let store = f.other_store()?;
            assert_eq!(store.get(tags::VALID_FOLDER_MASK)?, 0x89);
            assert_eq!(store.validate_ipm_subtree(TreeFlags::NONE)?, 0x89);
            assert_eq!(store.validate_ipm_subtree(TreeFlags::FORCE_CREATE)?, 0x89);
            let store = f.second_session()?.store_by_letter("b")?;
            assert_eq!(store.get(tags::VALID_FOLDER_MASK)?, 0x89);
            let rows = store.root_folder()?.hierarchy(mapi::Depth::All).open()?;
            assert_eq!(rows.row_count()?, 3);
            Ok(())
        }
    ),
    case!(
        "STO-07.1",
        needs(),
        "a folder's property is there while its bit is valid",
        |f| {
            for store in [f.store()?, f.other_store()?] {
                let mask = store.get(tags::VALID_FOLDER_MASK)?;
                for (bit, tag) in BITS {
                    if mask & bit == 0 {
                        assert_eq!(code(store.get(tag)), Code::NOT_FOUND, "bit {bit:#x}");
                        assert!(!store.prop_list()?.contains(&tag.raw()));
                        continue;
                    }
                    let id = EntryId::from(store.get(tag)?);
                    let folder = store.open_folder(&id, OpenFlags::NONE)?;
                    assert_eq!(folder.get(tags::OBJECT_TYPE)?, mapi::object_type::FOLDER);
                }
            }
            let invalid = BITS.iter().any(|(_, tag)| {
                f.other_store()
                    .and_then(|s| s.get(*tag))
                    .is_err_and(|e| e.code() == Code::NOT_FOUND)
            });
            assert!(invalid, "the second store has invalid ones");
            Ok(())
        }
    ),
    case!(
        "STO-07.3",
        needs(),
        "a short-term id opens, its object has a long-term one",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let row = folder
                .contents()
                .columns(columns![tags::ENTRYID])
                .open()?
                .query_rows(1)?
                .remove(0);
            let short = short_term(&EntryId::from(row.get(tags::ENTRYID).unwrap()));
            let message = folder.open_entry(&short, OpenFlags::NONE)?.into_message()?;
            let long = message.get(tags::ENTRYID)?;
            assert_eq!(long[0], 0, "no flag of a short-term id");
            assert_eq!(long, id.as_bytes());
            let again = f
                .restart()?
                .open_entry(&EntryId::from(long), OpenFlags::NONE)?;
            assert_eq!(again.into_message()?.get(tags::SUBJECT)?, "m");
            Ok(())
        }
    ),
    case!(
        "STO-16.2" + "M-IMsgStore.CompareEntryIDs",
        needs(),
        "two ids of Sent Items are equal whatever their bytes",
        |f| {
            let store = f.store()?;
            let sent = EntryId::from(store.get(tags::IPM_SENTMAIL_ENTRYID)?);
            let short = short_term(&sent);
            assert_ne!(sent.as_bytes(), short.as_bytes());
            for (id, what) in [(&sent, "valid"), (&short, "valid too")] {
                let folder = store.open_folder(id, OpenFlags::NONE)?;
                assert_eq!(folder.get(tags::ENTRYID)?, sent.as_bytes(), "{what}");
            }
            assert!(store.compare_entry_ids(&sent, &short)?);
            assert!(store.compare_entry_ids(&short, &sent)?);
            let outbox = EntryId::from(store.get(tags::IPM_OUTBOX_ENTRYID)?);
            assert!(!store.compare_entry_ids(&sent, &outbox)?);
            let foreign = f.other_store()?.root_folder()?.entry_id();
            assert_eq!(
                code(store.compare_entry_ids(&sent, &foreign)),
                Code::UNKNOWN_ENTRYID
            );
            Ok(())
        }
    ),
    case!(
        "STO-06.1" + "FLD-04" + "M-IMsgStore.GetReceiveFolder",
        needs(),
        "classes arrive by their longest prefix up to a dot",
        |f| {
            let store = f.store()?;
            let inbox = store.special_id(SpecialFolder::Inbox)?;
            let samples = f.folder("Samples")?.entry_id();
            store.set_receive_folder("IPM.Note.Sample", Some(&samples))?;
            let there = f.restart()?.default_store()?;
            for (class, folder, matched) in [
                (
                    "IPM.Note.Sample.Simple.Totally",
                    &samples,
                    "IPM.Note.Sample",
                ),
                ("IPM.Note.Sample", &samples, "IPM.Note.Sample"),
                ("ipm.note.sample", &samples, "IPM.Note.Sample"),
                ("IPM.Note", &inbox, "IPM"),
                ("IPM.Timecard", &inbox, "IPM"),
                ("IPM.Note.Sampler", &inbox, "IPM"),
                ("", &inbox, ""),
                ("Report.IPM.Note.NDR", &inbox, "Report"),
            ] {
                let (id, by) = there.receive_folder_id(class)?;
                assert!(there.compare_entry_ids(&id, folder)?, "{class}");
                assert_eq!(by, matched, "{class}");
            }
            let (ipc, _) = there.receive_folder_id("IPC.Paper")?;
            assert_eq!(ipc, there.root_folder()?.entry_id());
            Ok(())
        }
    ),
    case!(
        "STO-06.2" + "FLD-04" + "M-IMsgStore.SetReceiveFolder",
        needs(),
        "an assignment is taken away, twice if need be",
        |f| {
            let store = f.store()?;
            let inbox = store.special_id(SpecialFolder::Inbox)?;
            let samples = f.folder("Samples")?.entry_id();
            let at = |store: &MsgStore| store.receive_folder_id("IPM.Note.Sample");
            store.set_receive_folder("IPM.Note.Sample", Some(&samples))?;
            assert_eq!(at(&store)?.0, samples);
            store.set_receive_folder("ipm.note.sample", None)?;
            assert_eq!(at(&store)?, (inbox.clone(), "IPM".to_owned()));
            store.set_receive_folder("IPM.Note.Sample", None)?;
            assert_eq!(at(&f.restart()?.default_store()?)?.0, inbox);
            // An error changes nothing.
            let store = f.store()?;
            store.set_receive_folder("IPM.Note.Sample", Some(&samples))?;
            let gone = f.folder("Gone")?.entry_id();
            f.inbox()?
                .delete_folder(&gone, DeleteFolderFlags::HARD_DELETE)?;
            let set = store.set_receive_folder("IPM.Note.Sample", Some(&gone));
            assert_eq!(code(set), Code::NOT_FOUND);
            assert_eq!(at(&store)?.0, samples);
            // Without class: the folder of classes that nothing else covers; then the root folder.
            let odd = |store: &MsgStore| store.receive_folder_id("Memo.Odd");
            store.set_receive_folder("", Some(&samples))?;
            assert_eq!(odd(&store)?, (samples.clone(), String::new()));
            assert_eq!(store.receive_folder_id("IPM.Note")?.0, inbox);
            store.set_receive_folder("", None)?;
            assert_eq!(odd(&store)?.0, store.root_folder()?.entry_id());
            Ok(())
        }
    ),
    case!(
        "M-IMsgStore.GetReceiveFolderTable",
        needs(),
        "the table of receive folders says which class goes where",
        |f| {
            let store = f.store()?;
            let samples = f.folder("Samples")?;
            let inbox = store.receive_folder("IPM")?;
            store.set_receive_folder("IPM.Note.Sample", Some(&samples.entry_id()))?;
            let table = store
                .receive_folder_table()
                .columns(columns![
                    tags::MESSAGE_CLASS,
                    tags::ENTRYID,
                    tags::RECORD_KEY
                ])
                .sort([SortColumn::ascending(tags::MESSAGE_CLASS)])
                .open()?;
            let root = store.root_folder()?;
            let expected = [
                ("", &inbox),
                ("IPC", &root),
                ("IPM", &inbox),
                ("IPM.Note.Sample", &samples),
                ("Report", &inbox),
            ];
            let rows = table.query_all_rows(0)?;
            assert_eq!(rows.len(), expected.len());
            for (row, (class, folder)) in rows.iter().zip(expected) {
                assert_eq!(row.get(tags::MESSAGE_CLASS).as_deref(), Some(class));
                assert_eq!(
                    row.get(tags::ENTRYID).unwrap(),
                    folder.entry_id().as_bytes()
                );
                assert_eq!(
                    row.get(tags::RECORD_KEY).unwrap(),
                    folder.get(tags::RECORD_KEY)?
                );
            }
            let key = samples.get(tags::RECORD_KEY)?;
            table.restrict(Restriction::property(tags::RECORD_KEY, RelOp::Eq, key))?;
            let found = table.query_all_rows(0)?;
            assert_eq!(found.len(), 1);
            assert_eq!(
                found[0].get(tags::MESSAGE_CLASS).as_deref(),
                Some("IPM.Note.Sample")
            );
            store.set_receive_folder("IPM.Note.Sample", None)?;
            assert_eq!(table.row_count()?, 0, "an open table shows it");
            Ok(())
        }
    ),
    case!(
        "STO-16.1",
        needs(),
        "what was sent is in Sent Items and was never handled by a transport",
        |f| {
            let store = f.store()?;
            let sent = EntryId::from(store.get(tags::IPM_SENTMAIL_ENTRYID)?);
            let copy = add_subject(&store.special_folder(SpecialFolder::SentItems)?, "mine")?;
            let mut mail = MessageTree::default();
            mail.props.set(tags::SUBJECT, "theirs");
            mail.props.set(tags::RECEIVED_BY_ENTRYID, &b"me"[..]);
            mail.props.set(tags::RECEIVED_BY_NAME, "Me");
            mail.props
                .set(tags::TRANSPORT_MESSAGE_HEADERS, "Subject: theirs\r\n");
            let received = store.deliver(mail)?.entry_id;
            let look = |id: &EntryId| -> Result<(bool, Message)> {
                let message = store.open_message(id, OpenFlags::NONE)?;
                let parent = EntryId::from(message.get(tags::PARENT_ENTRYID)?);
                Ok((store.compare_entry_ids(&parent, &sent)?, message))
            };
            let (by_me, mine) = look(&copy)?;
            assert!(by_me);
            let of_transports = columns![
                tags::RECEIVED_BY_ENTRYID,
                tags::RECEIVED_BY_NAME,
                tags::RECEIVED_BY_SEARCH_KEY,
                tags::RECEIVED_BY_EMAIL_ADDRESS,
                tags::RECEIVED_BY_ADDRTYPE,
                tags::MESSAGE_DOWNLOAD_TIME,
                tags::TRANSPORT_MESSAGE_HEADERS,
                tags::MESSAGE_TO_ME,
                tags::MESSAGE_CC_ME,
                tags::MESSAGE_RECIP_ME,
            ];
            for prop in mine.get_props(&of_transports)?.value {
                assert_eq!(
                    prop.value,
                    PropValue::Error(Code::NOT_FOUND),
                    "{}",
                    prop.tag
                );
            }
            let (by_me, theirs) = look(&received)?;
            assert!(!by_me);
            assert_eq!(theirs.get(tags::RECEIVED_BY_ENTRYID)?, b"me");
            // It fails for what was moved away, as the reference says.
            let from = store.special_folder(SpecialFolder::SentItems)?;
            from.copy_messages(std::slice::from_ref(&copy), &f.inbox()?, CopyFlags::MOVE)?
                .ignore_warning();
            assert!(!look(&copy)?.0);
            Ok(())
        }
    ),
    case!(
        needs(),
        "folders and messages tell the store's support mask",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            for store in [f.store()?, f.read_only_session()?.default_store()?] {
                let mask = store.get(tags::STORE_SUPPORT_MASK)?;
                assert_eq!(mask.cast_unsigned(), store.support_mask());
                let writes = store_support::MODIFY_OK | store_support::CREATE_OK;
                let all = if store.get(tags::ACCESS_LEVEL)? == 1 {
                    writes
                } else {
                    0
                };
                assert_eq!(mask.cast_unsigned() & writes, all);
                let folder = store.folder("Inbox/Mail")?;
                assert_eq!(folder.get(tags::STORE_SUPPORT_MASK)?, mask);
                assert_eq!(
                    folder.open_message(&id)?.get(tags::STORE_SUPPORT_MASK)?,
                    mask
                );
                assert!(
                    folder
                        .prop_list()?
                        .contains(&tags::STORE_SUPPORT_MASK.raw())
                );
            }
            let problems = draft(&folder, &[])?.set_props(&[prop(tags::STORE_SUPPORT_MASK, 0)])?;
            assert_eq!(problems[0].code, Code::COMPUTED);
            assert_eq!(
                code(f.store()?.set(tags::STORE_SUPPORT_MASK, 0)),
                Code::COMPUTED
            );
            Ok(())
        }
    ),
];

/// That the store, another handle to which `folder` and the message `id` in it belong, is read and not changed.
fn refuses_all(store: &MsgStore, folder: &Folder, id: &EntryId) -> Result<()> {
    let mask = store.get(tags::STORE_SUPPORT_MASK)?.cast_unsigned();
    let bits = store_support::MODIFY_OK | store_support::CREATE_OK | store_support::READONLY;
    assert_eq!(mask & bits, store_support::READONLY);
    let refused = Code::NO_ACCESS;
    for entry in [id, &folder.entry_id()] {
        assert_eq!(code(store.open_entry(entry, OpenFlags::MODIFY)), refused);
    }
    let mail = store.folder("Inbox/Mail")?;
    let child = mail.child("Child")?.unwrap();
    let message = mail.open_message_with(id, OpenFlags::BEST_ACCESS)?;
    assert_eq!(message.get(tags::ACCESS_LEVEL)?, 0);
    let write = PropertyFlags::MODIFY | PropertyFlags::CREATE;
    assert_eq!(
        code(message.open_property(tags::BODY.raw(), write)),
        refused
    );
    assert_eq!(code(message.set(tags::SUBJECT, "x")), refused);
    assert_eq!(
        code(message.delete_props(&columns![tags::SUBJECT])),
        refused
    );
    assert_eq!(code(message.save_changes(SaveFlags::NONE)), refused);
    assert_eq!(
        code(message.set_read_flag(ReadFlags::CLEAR_READ_FLAG)),
        refused
    );
    assert_eq!(code(mail.create_message()), refused);
    let list = std::slice::from_ref(id);
    assert_eq!(code(mail.delete_messages(list, DeleteFlags::NONE)), refused);
    assert_eq!(
        code(mail.set_read_flags(None, ReadFlags::CLEAR_READ_FLAG)),
        refused
    );
    assert_eq!(
        code(mail.copy_messages(list, &child, CopyFlags::NONE)),
        refused
    );
    let made = mail.create_folder("New", None, CreateFolderFlags::NONE);
    assert_eq!(code(made), refused);
    let gone = mail.delete_folder(&child.entry_id(), DeleteFolderFlags::NONE);
    assert_eq!(code(gone), refused);
    assert_eq!(code(mail.empty(EmptyFolderFlags::NONE)), refused);
    let inbox = store.receive_folder("IPM")?;
    let into = CopyFolderFlags::COPY_SUBFOLDERS;
    let copied = mail.copy_folder(&child.entry_id(), &inbox, Some("Copy"), into);
    assert_eq!(code(copied), refused);
    let tagged = MessageStatus::TAGGED;
    assert_eq!(code(mail.set_message_status(id, tagged, tagged)), refused);
    assert_eq!(code(mail.set(tags::COMMENT, "x")), refused);
    assert_eq!(code(mail.delete_props(&columns![tags::COMMENT])), refused);
    assert_eq!(code(store.set(tags::DISPLAY_NAME, "x")), refused);
    assert_eq!(code(store.set_receive_folder("IPM.X", None)), refused);
    more_mutators(store, &mail, &message)?;
    // Nor does anything come in from a store that is open for writing.
    let source = folder.open_message(id)?;
    let into = source.copy_to(&message, None, CopyPropFlags::NONE);
    assert_eq!(code(into), refused);
    let listed = source.copy_props(&message, &columns![tags::SUBJECT], CopyPropFlags::NONE);
    assert_eq!(code(listed), refused);
    let copied = folder.copy_messages(list, &child, CopyFlags::NONE);
    assert_eq!(code(copied), refused);
    let copied = folder.copy_folder(
        &child.entry_id(),
        &inbox,
        Some("Copy"),
        CopyFolderFlags::NONE,
    );
    assert_eq!(code(copied), refused);
    // Reading works, and nothing has changed.
    assert_eq!(subjects(&by_subject(&mail)?)?, ["m"]);
    assert_eq!(message.get(tags::SUBJECT)?, "m");
    assert_eq!(folder.counts()?.folders, 1);
    assert_eq!(folder.counts()?.unread, 0);
    Ok(())
}

/// What else changes a store: names, streams, parts of a message, imports, deliveries, standard folders.
fn more_mutators(store: &MsgStore, folder: &Folder, message: &Message) -> Result<()> {
    let refused = Code::NO_ACCESS;
    let name = [PropName::text(
        guids::PS_PUBLIC_STRINGS,
        "never seen before",
    )];
    assert_eq!(code(store.ids_from_names(&name, true)), refused);
    assert_eq!(code(folder.create_associated_message()), refused);
    assert_eq!(code(message.create_attachment()), refused);
    assert_eq!(code(message.delete_attachment(0)), refused);
    let row = [vec![prop(tags::DISPLAY_NAME, "Ann")]];
    assert_eq!(
        code(message.modify_recipients(ModifyMode::Add, &row)),
        refused
    );
    let write = PropertyFlags::MODIFY | PropertyFlags::CREATE;
    assert_eq!(
        code(store.open_property(tags::COMMENT.raw(), write)),
        refused
    );
    assert_eq!(
        code(folder.open_property(tags::COMMENT.raw(), write)),
        refused
    );
    let import = folder.import(
        vec![ImportItem {
            tree: MessageTree::default(),
            flags: 0,
            source: None,
        }],
        ImportOptions::default(),
    );
    assert_eq!(code(import), refused);
    assert_eq!(code(store.deliver(MessageTree::default())), refused);
    assert_eq!(code(folder.rename("Other")), refused);
    let tree = TreeFlags::FULL_IPM_TREE | TreeFlags::FORCE_CREATE;
    assert_eq!(code(store.validate_ipm_subtree(tree)), refused);
    Ok(())
}

/// The same id as a short-term one.
fn short_term(id: &EntryId) -> EntryId {
    let mut bytes = id.as_bytes().to_vec();
    bytes[0] = 0xFF;
    EntryId::from(bytes)
}
