//! EID-01 … EID-06, X-9, SES-08: entry identifiers and keys.

use mapi::{
    Code, CopyFlags, DeleteFlags, EntryId, EventKind, ImportItem, ImportOptions, ImportOutcome,
    MapiProp, MessageTree, Object, OpenFlags, PropTag, PropertyFlags, SaveFlags, columns,
    message_flags, object_type, tags,
};

use crate::fixture::{add_subject, attach, code, draft, prop};
use crate::{Case, Fixture, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "EID-01",
        needs(),
        "the id of a deleted message is never given again",
        |f| {
            let folder = f.folder("Mail")?;
            let old = add_subject(&folder, "old")?;
            folder
                .delete_messages(std::slice::from_ref(&old), DeleteFlags::HARD_DELETE)?
                .ignore_warning();
            for _ in 0..20 {
                let item = || ImportItem {
                    tree: MessageTree::default(),
                    flags: message_flags::READ,
                    source: None,
                };
                let batch = (0..500).map(|_| item()).collect();
                for outcome in folder.import(batch, ImportOptions::default())? {
                    let ImportOutcome::Imported { id, .. } = outcome else {
                        panic!("{outcome:?}");
                    };
                    assert!(id != old, "an id came back");
                }
            }
            assert_eq!(folder.counts()?.contents, 10_000);
            assert_eq!(code(folder.open_message(&old)), Code::NOT_FOUND);
            let after = f.restart()?.open_entry(&old, OpenFlags::SHOW_SOFT_DELETES);
            assert_eq!(code(after), Code::NOT_FOUND);
            Ok(())
        }
    ),
    case!(
        "EID-02",
        needs(),
        "bytes 4 to 20 are the provider's UID, and no bytes make a panic",
        |f| {
            let (store, inbox) = (f.store()?, f.inbox()?);
            let message = add_subject(&inbox, "m")?;
            let uid = store.get(tags::RECORD_KEY)?;
            for id in [
                inbox.entry_id(),
                message.clone(),
                store.root_folder()?.entry_id(),
            ] {
                assert_eq!(id.as_bytes()[4..20], uid);
                assert_eq!(id.as_bytes()[..4], [0; 4], "long-term");
            }
            let session = f.session();
            for good in [message, inbox.entry_id(), store.entry_id()] {
                let good = good.as_bytes();
                let wrapped = good.len() > 30;
                for len in 1..good.len() {
                    let cut =
                        code(session.open_entry(&EntryId::from(&good[..len]), OpenFlags::NONE));
                    assert!(
                        matches!(cut, Code::INVALID_ENTRYID | Code::UNKNOWN_ENTRYID),
                        "{cut}"
                    );
                }
                for at in 0..good.len() {
                    let mut bad = good.to_vec();
                    bad[at] ^= 0x55;
                    let bad = EntryId::from(bad);
                    for opened in [
                        session.open_entry(&bad, OpenFlags::NONE),
                        store.open_entry(&bad, OpenFlags::NONE),
                    ] {
                        let code = opened.map_or_else(|e| e.code(), |_| Code::S_OK);
                        // abFlags say nothing of what is named, nor does the library's name in a wrapped id; the
                        // last eight bytes are any item's.
                        let named = match code {
                            Code::S_OK => at < 4 || wrapped,
                            Code::NOT_FOUND => at + 8 >= good.len(),
                            code => {
                                matches!(code, Code::INVALID_ENTRYID | Code::UNKNOWN_ENTRYID)
                            }
                        };
                        assert!(named, "byte {at} of {}: {code}", good.len());
                    }
                }
            }
            Ok(())
        }
    ),
    case!(
        "EID-03",
        needs(),
        "what a short-term id opens has a long-term id",
        |f| {
            let folder = f.folder("Mail")?;
            let long = add_subject(&folder, "m")?;
            let message = folder.open_message(&short(&long))?;
            let id = EntryId::from(message.get(tags::ENTRYID)?);
            assert_eq!(id.as_bytes()[0] & 0x80, 0, "no SHORTTERM bit");
            let opened = f
                .second_session()?
                .open_entry(&id, OpenFlags::NONE)?
                .into_message()?;
            assert_eq!(opened.get(tags::SUBJECT)?, "m");
            let f_id = folder.entry_id();
            let again = folder
                .open_entry(&short(&f_id), OpenFlags::NONE)?
                .into_folder()?;
            assert_eq!(again.get(tags::ENTRYID)?, f_id.as_bytes());
            Ok(())
        }
    ),
    case!(
        "EID-04",
        needs(),
        "rename and move keep an id, a copy gets its own",
        |f| {
            let (from, to) = (f.folder("From")?, f.folder("To")?);
            let before = from.entry_id();
            from.rename("Renamed")?;
            assert_eq!(f.store()?.folder("Inbox/Renamed")?.entry_id(), before);
            let id = add_subject(&from, "m")?;
            let since = f.store()?.events(0, usize::MAX)?.last;
            let copied = from.copy_messages(std::slice::from_ref(&id), &to, CopyFlags::NONE)?;
            let copy = copied.value.copies[0].1.clone();
            assert!(!f.session().compare_entry_ids(&id, &copy)?);
            from.copy_messages(std::slice::from_ref(&id), &to, CopyFlags::MOVE)?
                .ignore_warning();
            let events = f.store()?.events(since, usize::MAX)?.events;
            let of = |kind| events.iter().find(|e| e.kind == kind).cloned().unwrap();
            let (copying, moving) = (of(EventKind::Copied), of(EventKind::Moved));
            assert_eq!(
                (copying.old_id.as_ref(), &copying.entry_id),
                (Some(&id), &copy)
            );
            assert_eq!(moving.old_id.as_ref(), Some(&id));
            assert_eq!(moving.old_parent_id, Some(from.entry_id()));
            assert_eq!(moving.parent_id, to.entry_id());
            let moved = f
                .restart()?
                .open_entry(&moving.entry_id, OpenFlags::NONE)?
                .into_message()?;
            assert_eq!(moved.parent_id()?, Some(to.entry_id()));
            assert_eq!(moved.get(tags::SUBJECT)?, "m");
            Ok(())
        }
    ),
    case!(
        "EID-05",
        needs(),
        "a copy has the search key and not the record key",
        |f| {
            let folder = f.folder("Mail")?;
            let message = draft(&folder, &[prop(tags::SUBJECT, "m")])?;
            let key = message.get(tags::SEARCH_KEY)?;
            assert!(!key.is_empty(), "readable before the first save");
            message.save_changes(SaveFlags::NONE)?;
            let id = message.entry_id().unwrap();
            let copied =
                folder.copy_messages(std::slice::from_ref(&id), &folder, CopyFlags::NONE)?;
            let copy = folder.open_message(&copied.value.copies[0].1)?;
            let original = folder.open_message(&id)?;
            assert_eq!(original.get(tags::SEARCH_KEY)?, key);
            assert_eq!(copy.get(tags::SEARCH_KEY)?, key);
            assert_ne!(copy.get(tags::RECORD_KEY)?, original.get(tags::RECORD_KEY)?);
            // Attachments go with the message, and are others.
            let with = draft(&folder, &[prop(tags::SUBJECT, "with")])?;
            attach(&with, "a", b"1")?;
            let holder = with.create_attachment()?;
            let inner = holder.open_embedded(PropertyFlags::MODIFY | PropertyFlags::CREATE)?;
            attach(&inner, "deep", b"2")?;
            inner.save_changes(SaveFlags::NONE)?;
            holder.save_changes(SaveFlags::NONE)?;
            with.save_changes(SaveFlags::NONE)?;
            let id = with.entry_id().unwrap();
            let copied =
                folder.copy_messages(std::slice::from_ref(&id), &folder, CopyFlags::NONE)?;
            let (here, there) = (part_keys(f, &id)?, part_keys(f, &copied.value.copies[0].1)?);
            let mut all = [here.clone(), there].concat();
            all.sort();
            all.dedup();
            assert_eq!(all.len(), 6, "three attachments each, no key twice");
            let to = f.folder("Elsewhere")?;
            folder
                .copy_messages(std::slice::from_ref(&id), &to, CopyFlags::MOVE)?
                .ignore_warning();
            f.restart()?;
            assert_eq!(part_keys(f, &id)?, here, "they last");
            let folder = f.store()?.folder("Inbox/Mail")?;
            let (a, b) = (
                f.store()?.get(tags::RECORD_KEY)?,
                f.other_store()?.get(tags::RECORD_KEY)?,
            );
            assert_ne!(a, b);
            assert_eq!(folder.get(tags::STORE_RECORD_KEY)?, a);
            assert!(!folder.get(tags::RECORD_KEY)?.is_empty());
            let mine = draft(&folder, &[prop(tags::SEARCH_KEY, &b"my key"[..])])?;
            mine.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_eq!(
                mine.get(tags::SEARCH_KEY)?,
                b"my key",
                "settable by the client"
            );
            Ok(())
        }
    ),
    case!(
        "EID-06",
        needs(),
        "compound ids come apart into what they were made of",
        |f| {
            let store = f.store()?;
            let id = add_subject(&f.inbox()?, "m")?;
            let key = store.get(tags::RECORD_KEY)?;
            let both = EntryId::compose(&key, &id);
            assert!(both != id);
            assert_eq!(both.decompose()?, (key.clone(), id.clone()));
            let (_, object) = both.decompose()?;
            let opened = store.open_message(&object, OpenFlags::NONE)?;
            assert_eq!(opened.get(tags::SUBJECT)?, "m");
            assert!(
                EntryId::compose(&[], &id) == id,
                "without a store key a plain copy"
            );
            assert_eq!(id.decompose()?, (Vec::new(), id.clone()));
            Ok(())
        }
    ),
    case!(
        "X-9",
        needs(),
        "ids are compared by the store, record keys bytewise",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let short = short(&id);
            assert!(short != id, "the bytes differ");
            assert!(f.session().compare_entry_ids(&id, &short)?);
            assert!(f.store()?.compare_entry_ids(&id, &short)?);
            let key = |id| folder.open_message(id)?.get(tags::RECORD_KEY);
            assert_eq!(key(&id)?, key(&short)?);
            assert!(
                !f.session()
                    .compare_entry_ids(&id, &add_subject(&folder, "n")?)?
            );
            Ok(())
        }
    ),
    case!(
        "SES-08.1" + "M-IMAPISession.OpenEntry",
        needs(),
        "folder, store and session open the same message",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let by = [
                folder.open_entry(&id, OpenFlags::NONE)?,
                f.store()?.open_entry(&id, OpenFlags::NONE)?,
                f.session().open_entry(&id, OpenFlags::NONE)?,
            ];
            let mut keys = Vec::new();
            for object in by {
                assert_eq!(object.object_type(), object_type::MESSAGE);
                let message = object.into_message()?;
                assert_eq!(message.get(tags::OBJECT_TYPE)?, 5);
                keys.push(message.get(tags::RECORD_KEY)?);
            }
            keys.dedup();
            assert_eq!(keys.len(), 1);
            Ok(())
        }
    ),
    case!(
        "SES-08.2" + "M-IMAPISession.OpenEntry",
        needs(),
        "no id: refused by the session, the root folder of a store",
        |f| {
            let none = EntryId::from(Vec::new());
            assert_eq!(
                code(f.session().open_entry(&none, OpenFlags::NONE)),
                Code::INVALID_PARAMETER
            );
            let root = f
                .store()?
                .open_entry(&none, OpenFlags::NONE)?
                .into_folder()?;
            assert_eq!(root.get(tags::FOLDER_TYPE)?, 0);
            assert_eq!(root.get(tags::PARENT_ENTRYID)?, root.get(tags::ENTRYID)?);
            Ok(())
        }
    ),
    case!(
        "SES-08.3" + "M-IMAPISession.OpenEntry",
        needs(),
        "an id of a foreign provider is unknown",
        |f| {
            let mut id = add_subject(&f.inbox()?, "m")?.as_bytes().to_vec();
            id[4..20].fill(0xEE);
            let opened = f.session().open_entry(&EntryId::from(id), OpenFlags::NONE);
            assert_eq!(code(opened), Code::UNKNOWN_ENTRYID);
            Ok(())
        }
    ),
    case!(
        "M-IMAPISession.CompareEntryIDs",
        needs(),
        "a message is not a folder, and that is no error",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            assert!(!f.session().compare_entry_ids(&id, &folder.entry_id())?);
            assert!(
                !f.session()
                    .compare_entry_ids(&f.other_store()?.entry_id(), &folder.entry_id())?
            );
            let foreign = EntryId::from(vec![7; 30]);
            assert_eq!(
                code(f.session().compare_entry_ids(&id, &foreign)),
                Code::UNKNOWN_ENTRYID
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "the session opens stores, folders and messages",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let session = f.session();
            let kind = |id: &EntryId| {
                session
                    .open_entry(id, OpenFlags::NONE)
                    .map(|o| o.object_type())
            };
            assert_eq!(kind(&f.store()?.entry_id())?, object_type::STORE);
            assert_eq!(kind(&folder.entry_id())?, object_type::FOLDER);
            assert_eq!(kind(&id)?, object_type::MESSAGE);
            let of_b = f.other_store()?.root_folder()?.entry_id();
            let Object::Folder(root) = session.open_entry(&of_b, OpenFlags::NONE)? else {
                panic!("not a folder");
            };
            assert_eq!(
                root.get(tags::STORE_RECORD_KEY)?,
                f.other_store()?.get(tags::RECORD_KEY)?
            );
            assert_eq!(PropTag::from(tags::RECORD_KEY).ty(), mapi::PropType::BINARY);
            Ok(())
        }
    ),
];

/// Record keys of the attachments `a` and of the embedded message with what is attached to it, as table and handles tell.
fn part_keys(f: &Fixture, id: &EntryId) -> mapi::Result<Vec<Vec<u8>>> {
    let message = f.store()?.open_message(id, OpenFlags::NONE)?;
    let table = message
        .attachments()
        .columns(columns![tags::RECORD_KEY])
        .open()?;
    let rows = table.query_all_rows(0)?;
    let mut keys: Vec<Vec<u8>> = rows
        .iter()
        .filter_map(|r| r.get(tags::RECORD_KEY))
        .collect();
    for (number, key) in (0..).zip(&keys) {
        let attachment = message.open_attachment(number, OpenFlags::NONE)?;
        assert_eq!(&attachment.get(tags::RECORD_KEY)?, key);
    }
    let inner = message.open_attachment(1, OpenFlags::NONE)?;
    let inner = inner.open_embedded(PropertyFlags::NONE)?;
    let deep = inner.open_attachment(0, OpenFlags::NONE)?;
    keys.push(deep.get(tags::RECORD_KEY)?);
    Ok(keys)
}

/// The same id as a short-term one.
fn short(id: &EntryId) -> EntryId {
    let mut bytes = id.as_bytes().to_vec();
    bytes[0] = 0xFF;
    EntryId::from(bytes)
}
