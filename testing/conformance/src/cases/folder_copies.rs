//! STO-10, M-IMAPIProp.CopyTo: whole folders, and what is in them, inside a store and to another.

use std::collections::BTreeMap;

use mapi::{
    Code, CopyFolderFlags, CopyPropFlags, CreateFolderFlags, DeleteFlags, DeleteFolderFlags, Depth,
    EntryId, Folder, Interface, MapiProp, MsgStore, OpenFlags, PropName, PropTag, PropType, Result,
    SaveFlags, columns, guids, message_flags, tags,
};

use crate::fixture::{add_subject, address, attach, by_subject, code, draft, prop, subjects};
use crate::{Case, Fixture, case};

const PLAIN: CreateFolderFlags = CreateFolderFlags::NONE;
const COPY: CopyPropFlags = CopyPropFlags::NONE;

pub(super) const CASES: &[Case] = &[
    case!(
        "M-IMAPIProp.CopyTo",
        needs(Associated),
        "CopyTo of a folder carries all that is in it, or what is not excluded",
        |f| {
            let (from, _) = full(f)?;
            for there in [f.store()?, f.other_store()?] {
                let root = there.root_folder()?;
                let whole = root.create_folder("whole", None, PLAIN)?;
                add_subject(&whole, "was here")?;
                let copied = from.copy_to(&whole, None, COPY)?;
                assert_eq!(copied.warning, None, "{:?}", copied.value);
                assert_eq!(whole.name()?, "Full");
                assert_eq!(whole.get(tags::COMMENT)?, "about");
                assert_eq!(project(&whole)?, "Bridge");
                assert_eq!(subjects(&by_subject(&whole)?)?, ["one", "two", "was here"]);
                assert_eq!(whole.counts()?.associated, 1);
                assert_eq!(subjects(&by_subject(&below(&whole)?)?)?, ["deep"]);
                // A folder without messages, with its sub-folders or without.
                let bare = root.create_folder("bare", None, PLAIN)?;
                let contents = columns![
                    tags::CONTAINER_CONTENTS,
                    tags::FOLDER_ASSOCIATED_CONTENTS,
                    tags::DISPLAY_NAME,
                ];
                let copied = from.copy_to(&bare, Some(&contents), COPY)?;
                assert_eq!(copied.warning, None);
                assert_eq!(
                    (bare.name()?.as_str(), bare.counts()?.contents),
                    ("bare", 0)
                );
                assert_eq!(bare.counts()?.associated, 0);
                assert_eq!(bare.get(tags::COMMENT)?, "about");
                assert_eq!(below(&bare)?.counts()?.contents, 1, "sub-folders are whole");
                let alone = root.create_folder("alone", None, PLAIN)?;
                let folders = [Interface::MapiFolder];
                let name = columns![tags::DISPLAY_NAME];
                from.copy_to_without(&alone, Some(&name), &folders, COPY)?
                    .ignore_warning();
                assert_eq!(project(&alone)?, "Bridge");
                assert_eq!((alone.counts()?.contents, alone.counts()?.folders), (0, 0));
            }
            assert_eq!(from.counts()?.contents, 2, "nothing left the source");
            Ok(())
        }
    ),
    case!(
        needs(),
        "a folder is not copied onto or below itself, nor over another of its name",
        |f| {
            let (from, _) = full(f)?;
            let into = f.folder("Into")?;
            let child = below(&from)?;
            let before = from.counts()?;
            assert_eq!(code(from.copy_to(&from, None, COPY)), Code::NO_ACCESS);
            assert_eq!(code(from.copy_to(&child, None, COPY)), Code::FOLDER_CYCLE);
            assert_eq!(
                code(from.copy_to(&into, Some(&[]), COPY)),
                Code::INVALID_PARAMETER
            );
            assert_eq!(
                code(from.copy_props(&into, &[PropTag::NULL], COPY)),
                Code::INVALID_PARAMETER
            );
            for none in [Interface::MapiProp, Interface::Unknown] {
                assert_eq!(
                    code(from.copy_to_without(&into, None, &[none], COPY)),
                    Code::INTERFACE_NOT_SUPPORTED
                );
            }
            let closed = f.store()?.open_folder(&into.entry_id(), OpenFlags::NONE)?;
            assert_eq!(code(from.copy_to(&closed, None, COPY)), Code::NO_ACCESS);
            let same = into.create_folder("below", None, PLAIN)?;
            assert_eq!(code(from.copy_to(&into, None, COPY)), Code::COLLISION);
            assert_eq!((into.counts()?.contents, same.counts()?.contents), (0, 0));
            assert_eq!(from.counts()?, before);
            // Without the sub-folders there is neither a cycle nor a collision.
            let tree = columns![tags::CONTAINER_HIERARCHY, tags::DISPLAY_NAME];
            from.copy_to(&child, Some(&tree), COPY)?.ignore_warning();
            assert_eq!(child.counts()?.contents, 3);
            // A name that a sibling of the destination has is a problem, not a failure.
            let only_name = from.copy_props(&into, &columns![tags::DISPLAY_NAME], COPY)?;
            let problems = only_name.value.problems;
            assert_eq!((problems.len(), problems[0].code), (1, Code::COLLISION));
            assert_eq!(into.name()?, "Into");
            // What is there stays if asked, and what could not come for it is told.
            let keep = CopyPropFlags::NOREPLACE;
            into.set(tags::COMMENT, "mine")?;
            let copied = from.copy_to(&into, None, keep)?;
            assert_eq!(copied.warning, Some(Code::W_PARTIAL_COMPLETION));
            assert_eq!(copied.value.items.failed.len(), 1);
            assert_eq!(copied.value.items.failed[0].1.code(), Code::COLLISION);
            assert_eq!(into.get(tags::COMMENT)?, "mine");
            assert_eq!((into.counts()?.contents, same.counts()?.contents), (2, 0));
            Ok(())
        }
    ),
    case!(
        needs(Associated),
        "CopyTo that moves leaves an empty folder behind, save what is being sent",
        |f| {
            for other in [false, true] {
                let (from, queued) = full(f)?;
                let store = if other { f.other_store()? } else { f.store()? };
                let to = store
                    .root_folder()?
                    .create_folder("moved to", None, PLAIN)?;
                let sent = from.open_message(&queued)?;
                f.queue(&sent)?;
                let moved = from.copy_to(&to, None, CopyPropFlags::MOVE)?;
                assert_eq!(moved.warning, Some(Code::W_PARTIAL_COMPLETION));
                let failed = &moved.value.items.failed;
                assert_eq!((failed.len(), failed[0].1.code()), (1, Code::SUBMITTED));
                assert_eq!(failed[0].0, queued);
                let left = from.counts()?;
                assert_eq!((left.contents, left.associated, left.folders), (1, 0, 0));
                assert_eq!(from.name()?, "Full", "a folder is never without a name");
                assert_eq!(from.find(tags::COMMENT)?, None);
                assert_eq!(subjects(&by_subject(&to)?)?.len(), 1);
                assert_eq!(subjects(&by_subject(&below(&to)?)?)?, ["deep"]);
                assert_eq!(to.get(tags::COMMENT)?, "about");
                from.rename(&format!("left, {other}"))?;
            }
            Ok(())
        }
    ),
    case!(
        needs(Associated),
        "a folder goes to another store whole: names, recipients, files, sub-folders",
        |f| {
            let (from, _) = full(f)?;
            let b = f.other_store()?;
            // So that names get other identifiers there.
            b.named_tag(&PropName::id(guids::PSETID_TASK, 1), PropType::LONG)?;
            let root = b.root_folder()?;
            let inbox = f.inbox()?;
            let before = said(&from)?;
            let deep = CopyFolderFlags::COPY_SUBFOLDERS;
            let copied = inbox.copy_folder(&from.entry_id(), &root, Some("Copy"), deep)?;
            assert_eq!(copied.warning, None, "{:?}", copied.value.report);
            let copy = copied.value.folder;
            assert_eq!(copied.value.report.done, 4);
            assert_eq!(said(&copy)?, before);
            assert_eq!(project(&copy)?, "Bridge");
            assert_eq!(said(&from)?, before, "the original is as it was");
            let flat = inbox.copy_folder(&from.entry_id(), &root, Some("Flat"), PLAIN_COPY)?;
            assert_eq!(flat.value.folder.counts()?.folders, 0);
            let again = inbox.copy_folder(&from.entry_id(), &root, Some("Copy"), deep);
            assert_eq!(code(again), Code::COLLISION);
            let moved = inbox.copy_folder(&from.entry_id(), &root, None, CopyFolderFlags::MOVE)?;
            assert_eq!(moved.warning, None, "{:?}", moved.value.report);
            assert_eq!(said(&moved.value.folder)?, before);
            assert!(inbox.child("Full")?.is_none());
            let root = f.restart()?.store_by_letter("b")?.root_folder()?;
            assert_eq!(said(&root.child("Full")?.unwrap())?, before);
            Ok(())
        }
    ),
    case!(
        needs(Associated),
        "what cannot leave a store stays there, and so do the folders it is in",
        |f| {
            let (from, queued) = full(f)?;
            f.queue(&from.open_message(&queued)?)?;
            let (inbox, root) = (f.inbox()?, f.other_store()?.root_folder()?);
            let moved = inbox.copy_folder(&from.entry_id(), &root, None, CopyFolderFlags::MOVE)?;
            assert_eq!(moved.warning, Some(Code::W_PARTIAL_COMPLETION));
            let failed: BTreeMap<_, _> = failures(&moved.value.report.failed);
            let expected = [
                (queued.clone(), Code::SUBMITTED),
                (from.entry_id(), Code::HAS_MESSAGES),
            ];
            assert_eq!(failed, failures_of(&expected));
            let (here, there) = (said(&from)?, said(&moved.value.folder)?);
            assert_eq!(
                (here.len(), there.len()),
                (1, 3),
                "each in exactly one store"
            );
            assert_eq!(from.counts()?.folders, 0, "what could go went");
            Ok(())
        }
    ),
    case!(
        needs(),
        "a move to another store that was cut off and is made again doubles nothing",
        |f| {
            let (from, _) = full(f)?;
            let to = f.other_store()?.root_folder()?;
            let id = add_subject(&from, "cut off")?;
            let list = [id.clone()];
            let move_it = || from.copy_messages(&list, &to, mapi::CopyFlags::MOVE);
            // The other store had it and this one had not let go of it yet: it came under the source that a move gives it,
            // its store, its number and its change number.
            let message = from.open_message(&id)?;
            let mut source = message.get(tags::STORE_RECORD_KEY)?;
            source.extend(message.item().unwrap().0.to_le_bytes());
            source.extend(message.get(tags::CHANGE_NUMBER)?.to_le_bytes());
            let item = mapi::ImportItem {
                tree: message.to_tree()?,
                flags: message.flags(),
                source: Some(source.try_into().unwrap()),
            };
            to.import(vec![item], mapi::ImportOptions::default())?;
            assert_eq!(to.counts()?.contents, 1);
            let moved = move_it()?;
            assert_eq!(moved.warning, None, "{:?}", moved.value);
            assert_eq!(to.counts()?.contents, 1);
            assert_eq!(code(from.open_message(&id)), Code::NOT_FOUND);
            Ok(())
        }
    ),
    case!(
        needs(SoftDelete),
        "a deleted folder is listed as such and comes back with what was deleted with it",
        |f| {
            let (folder, _) = full(f)?;
            let inbox = f.inbox()?;
            let before = add_subject(&folder, "deleted before")?;
            folder
                .delete_messages(std::slice::from_ref(&before), DeleteFlags::NONE)?
                .ignore_warning();
            let was = said(&folder)?;
            let all = DeleteFolderFlags::DEL_MESSAGES | DeleteFolderFlags::DEL_FOLDERS;
            inbox.delete_folder(&folder.entry_id(), all)?;
            assert_eq!(inbox.counts()?.folders, 0);
            let listed = inbox
                .deleted_hierarchy()
                .columns(columns![tags::ENTRYID, tags::DISPLAY_NAME]);
            let rows = listed.open()?.query_all_rows(0)?;
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0].get(tags::DISPLAY_NAME).as_deref(), Some("Full"));
            assert_eq!(rows[0].entry_id(), &folder.entry_id());
            let store = f.store()?;
            let open = |flags| store.open_folder(&folder.entry_id(), flags);
            assert_eq!(code(open(OpenFlags::NONE)), Code::NOT_FOUND);
            assert_eq!(open(OpenFlags::SHOW_SOFT_DELETES)?.name()?, "Full");
            // Somebody has the name by now.
            inbox.create_folder("full", None, PLAIN)?;
            let back = inbox.recover_folder(&folder.entry_id(), None);
            assert_eq!(code(back), Code::COLLISION);
            let back = inbox.recover_folder(&folder.entry_id(), Some("Full again"))?;
            assert_eq!(back.entry_id(), folder.entry_id());
            let inbox = f.restart()?.default_store()?.receive_folder("IPM")?;
            let back = inbox.child("Full again")?.unwrap();
            assert_eq!(said(&back)?, was);
            assert_eq!(code(back.open_message(&before)), Code::NOT_FOUND);
            assert_eq!(back.deleted_contents().open()?.row_count()?, 1);
            assert_eq!(inbox.deleted_hierarchy().open()?.row_count()?, 0);
            let elsewhere = f.store()?.root_folder()?;
            assert_eq!(
                code(elsewhere.recover_folder(&back.entry_id(), None)),
                Code::NOT_FOUND
            );
            inbox.delete_folder(&back.entry_id(), all | DeleteFolderFlags::HARD_DELETE)?;
            assert_eq!(
                code(inbox.recover_folder(&back.entry_id(), None)),
                Code::NOT_FOUND
            );
            Ok(())
        }
    ),
];

const PLAIN_COPY: CopyFolderFlags = CopyFolderFlags::NONE;

/// The folder `Full` in the Inbox: two messages, one with recipients and a large file, perhaps an associated one, and a
/// sub-folder with a message. Its id and that of the message `two`.
fn full(f: &Fixture) -> Result<(Folder, EntryId)> {
    let folder = f.inbox()?.create_folder("Full", Some("about"), PLAIN)?;
    let tag = folder.named_tag(&project_name(), PropType::UNICODE)?;
    assert_eq!(folder.set_props(&[(tag, "Bridge".into())])?, []);
    let one = draft(
        &folder,
        &[prop(tags::SUBJECT, "one"), (tag, "Tunnel".into())],
    )?;
    address(&one, &[(1, "Ann"), (2, "Bob")])?;
    attach(&one, "big", &vec![7; 1_500_000])?;
    one.save_changes(SaveFlags::NONE)?;
    let two = add_subject(&folder, "two")?;
    if f.store()?.capabilities().associated {
        let view = folder.create_associated_message()?;
        view.set(tags::SUBJECT, "view")?;
        view.save_changes(SaveFlags::NONE)?;
    }
    let below = folder.create_folder("below", None, PLAIN)?;
    add_subject(&below, "deep")?;
    Ok((folder, two))
}

fn project_name() -> PropName {
    PropName::text(guids::PS_PUBLIC_STRINGS, "Project")
}

fn project(folder: &Folder) -> Result<String> {
    let tag = folder.named_tag(&project_name(), PropType::UNICODE)?;
    let value = folder.get_props(&[tag])?.value.remove(0).value;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

fn below(folder: &Folder) -> Result<Folder> {
    Ok(folder.child("below")?.expect("the sub-folder"))
}

/// What the messages of a folder and those below it say: path and subject, and the rest of it.
fn said(folder: &Folder) -> Result<BTreeMap<(String, String), String>> {
    let mut all = BTreeMap::new();
    let store = folder.store()?;
    let mut folders = vec![(String::new(), folder.clone())];
    let rows = folder.hierarchy(Depth::All).open()?.query_all_rows(0)?;
    for row in rows {
        let child = store.open_folder(row.entry_id(), OpenFlags::NONE)?;
        folders.push((child.name()?, child));
    }
    for (path, folder) in folders {
        for table in [folder.contents(), folder.associated()] {
            let rows = table
                .columns(columns![tags::ENTRYID])
                .open()?
                .query_all_rows(0)?;
            for row in rows {
                let (subject, rest) = said_by(&store, row.entry_id())?;
                assert_eq!(all.insert((path.clone(), subject), rest), None);
            }
        }
    }
    Ok(all)
}

fn said_by(store: &MsgStore, id: &EntryId) -> Result<(String, String)> {
    let message = store.open_message(id, OpenFlags::NONE)?;
    let tag = message.named_tag(&project_name(), PropType::UNICODE)?;
    let project = message.get_props(&[tag])?.value.remove(0).value;
    let mut files = Vec::new();
    for n in 0..message.attachment_count() {
        let number = i32::try_from(n).unwrap_or(0);
        let file = message.open_attachment(number, OpenFlags::NONE)?;
        let data = file.get(tags::ATTACH_DATA_BIN)?;
        files.push((
            file.get(tags::ATTACH_LONG_FILENAME)?,
            data.len(),
            data.first().copied(),
        ));
    }
    let rest = format!(
        "{:?} {} {} {:?} {files:?} {:?} {:X}",
        project.as_str(),
        message.get(tags::DISPLAY_TO)?,
        message.get(tags::DISPLAY_CC)?,
        message.get(tags::SEARCH_KEY)?,
        message.get(tags::CREATION_TIME)?,
        message.flags() & !message_flags::SUBMIT,
    );
    Ok((message.get(tags::SUBJECT)?, rest))
}

fn failures(failed: &[(EntryId, mapi::Error)]) -> BTreeMap<Vec<u8>, Code> {
    let pair = |(id, e): &(EntryId, mapi::Error)| (id.as_bytes().to_vec(), e.code());
    failed.iter().map(pair).collect()
}

fn failures_of(failed: &[(EntryId, Code)]) -> BTreeMap<Vec<u8>, Code> {
    let pair = |(id, code): &(EntryId, Code)| (id.as_bytes().to_vec(), *code);
    failed.iter().map(pair).collect()
}
