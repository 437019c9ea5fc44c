//! STO-05: the links of search folders, as rows and as messages.

use mapi::{
    Code, CopyFlags, CopyFolderFlags, CreateFolderFlags, DeleteFlags, DeleteFolderFlags,
    EmptyFolderFlags, Folder, FolderKind, MapiProp, OpenFlags, ReadFlags, RelOp, Restriction,
    Result, SaveFlags, SearchFlags, SearchState, SpecialFolder, SubObject, Table, columns,
    folder_type, message_flags, store_support, tags,
};

use super::search_folders::{
    DEEP, FLAT, PLAIN, begun_elsewhere, clean, contains, empty, names, search, state, subject_has,
};
use crate::fixture::{add, add_subject, address, by_subject, code, draft, edit, prop, subjects};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        needs(Search),
        "a message is one row, of the folder that it is in, however the scope overlaps",
        |f| {
            let mail = f.folder("Mail")?;
            let sub = mail.create_folder("Sub", None, PLAIN)?;
            let id = add_subject(&sub, "x")?;
            let scope = [&mail, &sub, &sub, &mail];
            let found = search(f, "Found", &subject_has("x"), &scope, DEEP)?;
            let wanted = columns![
                tags::ENTRYID,
                tags::PARENT_ENTRYID,
                tags::PARENT_DISPLAY,
                tags::INSTANCE_KEY
            ];
            let rows = found.contents().columns(wanted).open()?.query_all_rows(0)?;
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0].get(tags::ENTRYID).as_deref(), Some(id.as_bytes()));
            let parent = rows[0].get(tags::PARENT_ENTRYID);
            assert_eq!(parent.as_deref(), Some(sub.entry_id().as_bytes()));
            assert_eq!(rows[0].get(tags::PARENT_DISPLAY).as_deref(), Some("Sub"));
            // It can be sorted and restricted by the folder's name; other tables do not have it.
            let of_sub = Restriction::property(tags::PARENT_DISPLAY, RelOp::Eq, "Sub");
            let table = found.contents().columns(wanted).restrict(of_sub).open()?;
            assert_eq!(table.row_count()?, 1);
            let rows = sub.contents().columns(wanted).open()?.query_all_rows(0)?;
            assert_eq!(rows[0].get(tags::PARENT_DISPLAY), None);
            let by_default = |folder: &Folder| -> Result<bool> {
                let columns = folder.contents().open()?.query_columns();
                Ok(columns.contains(&tags::PARENT_DISPLAY.raw()))
            };
            assert!(by_default(&found)? && !by_default(&sub)?);
            sub.rename("New")?;
            let rows = found.contents().columns(wanted).open()?.query_all_rows(0)?;
            assert_eq!(rows[0].get(tags::PARENT_DISPLAY).as_deref(), Some("New"));
            Ok(())
        }
    ),
    case!(
        needs(Search),
        "a search folder holds nothing and stays what it is",
        |f| {
            let inbox = f.inbox()?;
            let id = add_subject(&inbox, "x")?;
            let found = search(f, "Found", &subject_has("x"), &[&inbox], FLAT)?;
            let finder = f.store()?.special_folder(SpecialFolder::Finder)?;
            assert_eq!(code(found.create_message()), Code::NO_SUPPORT);
            assert_eq!(code(found.create_associated_message()), Code::NO_SUPPORT);
            assert_eq!(
                code(found.create_folder("Sub", None, PLAIN)),
                Code::NO_SUPPORT
            );
            assert_eq!(
                code(found.create_search_folder("Sub", None, PLAIN)),
                Code::NO_SUPPORT
            );
            let ids = [id];
            for flags in [CopyFlags::NONE, CopyFlags::MOVE] {
                assert_eq!(
                    code(inbox.copy_messages(&ids, &found, flags)),
                    Code::NO_SUPPORT
                );
            }
            let mail = f.folder("Mail")?;
            for flags in [CopyFolderFlags::NONE, CopyFolderFlags::MOVE] {
                let into = inbox.copy_folder(&mail.entry_id(), &found, None, flags);
                assert_eq!(code(into), Code::NO_SUPPORT);
                let away = finder.copy_folder(&found.entry_id(), &inbox, None, flags);
                assert_eq!(code(away), Code::NO_ACCESS);
            }
            assert_eq!(code(found.rename("Other")), Code::NO_ACCESS);
            assert_eq!(code(found.empty(EmptyFolderFlags::NONE)), Code::NO_SUPPORT);
            assert_eq!(names(&inbox)?, ["x"]);
            found.set(tags::COMMENT, "what I look for")?;
            assert_eq!(found.get(tags::COMMENT)?, "what I look for");
            assert_eq!(found.get(tags::FOLDER_TYPE)?, folder_type::SEARCH);
            assert_eq!(found.kind(), FolderKind::Search);
            let mask = f.store()?.support_mask();
            assert_ne!(mask & store_support::SEARCH_OK, 0);
            assert_eq!(
                f.store()?.get(tags::STORE_SUPPORT_MASK)?,
                mask.cast_signed()
            );
            // Its name is its own among siblings of all kinds.
            let twice = finder.create_search_folder("found", None, PLAIN);
            assert_eq!(code(twice), Code::COLLISION);
            let open = CreateFolderFlags::OPEN_IF_EXISTS;
            let opened = finder.create_search_folder("Found", None, open)?;
            assert_eq!(opened.entry_id(), found.entry_id());
            assert_eq!(
                code(finder.create_folder("Found", None, open)),
                Code::COLLISION
            );
            Ok(())
        }
    ),
    case!(
        needs(Search),
        "deleting a search folder leaves the messages, which are no obstacle",
        |f| {
            let (store, inbox) = (f.store()?, f.inbox()?);
            add_subject(&inbox, "x")?;
            let finder = store.special_folder(SpecialFolder::Finder)?;
            for hard in [DeleteFolderFlags::NONE, DeleteFolderFlags::HARD_DELETE] {
                let found = search(f, "Found", &subject_has("x"), &[&inbox], FLAT)?;
                assert_eq!(found.get(tags::CONTENT_COUNT)?, 1);
                finder.delete_folder(&found.entry_id(), hard)?;
                assert_eq!(names(&inbox)?, ["x"]);
                assert!(finder.child("Found")?.is_none());
                add_subject(&inbox, "y")?;
                clean(inbox.delete_messages(
                    &[by_subject(&inbox)?.query_rows(2)?[1].entry_id().clone()],
                    DeleteFlags::NONE,
                ))?;
            }
            // Nor are links messages of the folder that a search folder is in.
            let mail = f.folder("Mail")?;
            let inside = mail.create_search_folder("Inside", None, PLAIN)?;
            let scope = [inbox.entry_id()];
            inside.set_search_criteria(Some(&subject_has("x")), Some(&scope), FLAT)?;
            assert_eq!(mail.get(tags::CONTENT_COUNT)?, 0);
            let both = DeleteFolderFlags::DEL_FOLDERS;
            inbox.delete_folder(&mail.entry_id(), both)?;
            assert_eq!(names(&inbox)?, ["x"]);
            Ok(())
        }
    ),
    case!(
        needs(Search),
        "links open, move and copy like messages",
        |f| {
            let (inbox, mail) = (f.inbox()?, f.folder("Mail")?);
            let first = add_subject(&mail, "x1")?;
            add_subject(&mail, "x2")?;
            let found = search(f, "Found", &subject_has("x"), &[&mail], FLAT)?;
            let opened = found.open_message_with(&first, OpenFlags::MODIFY)?;
            opened.set(tags::SUBJECT, "x0")?;
            opened.save_changes(SaveFlags::NONE)?;
            assert_eq!(names(&found)?, ["x0", "x2"]);
            // A copy outside the scope is no link; a moved message leaves.
            let report =
                found.copy_messages(std::slice::from_ref(&first), &inbox, CopyFlags::NONE)?;
            assert_eq!((report.warning, report.value.done), (None, 1));
            assert_eq!(names(&inbox)?, ["x0"]);
            assert_eq!(names(&found)?, ["x0", "x2"]);
            let report = found.copy_messages(&[first], &inbox, CopyFlags::MOVE)?;
            assert_eq!((report.warning, report.value.done), (None, 1));
            assert_eq!(names(&found)?, ["x2"]);
            assert_eq!(names(&mail)?, ["x2"]);
            assert_eq!(names(&inbox)?, ["x0", "x0"]);
            let back = by_subject(&inbox)?.query_rows(1)?[0].entry_id().clone();
            clean(inbox.copy_messages(&[back], &mail, CopyFlags::MOVE))?;
            assert_eq!(names(&found)?, ["x0", "x2"]);
            Ok(())
        }
    ),
    case!(
        needs(Search),
        "a search for unread messages follows what is read, and counts",
        |f| {
            let inbox = f.inbox()?;
            let unread = Restriction::Bitmask {
                op: mapi::BitOp::Zero,
                tag: tags::MESSAGE_FLAGS.into(),
                mask: message_flags::READ,
            };
            let everything = Restriction::And(Vec::new());
            let found = search(f, "Unread", &unread, &[&inbox], FLAT)?;
            let all = search(f, "All", &everything, &[&inbox], FLAT)?;
            let fresh = |subject: &str| {
                let flags = prop(tags::MESSAGE_FLAGS, 0);
                add(&inbox, &[prop(tags::SUBJECT, subject), flags])
            };
            let id = fresh("a")?;
            fresh("b")?;
            let counts = |folder: &Folder| -> Result<(i32, i32)> {
                Ok((
                    folder.get(tags::CONTENT_COUNT)?,
                    folder.get(tags::CONTENT_UNREAD)?,
                ))
            };
            assert_eq!((counts(&found)?, counts(&all)?), ((2, 2), (2, 2)));
            clean(inbox.set_read_flags(Some(&[id]), ReadFlags::NONE))?;
            assert_eq!((counts(&found)?, counts(&all)?), ((1, 1), (2, 1)));
            assert_eq!(names(&found)?, ["b"]);
            // Marking all rows of a search folder marks its messages.
            clean(found.set_read_flags(None, ReadFlags::NONE))?;
            assert_eq!((counts(&found)?, counts(&all)?), ((0, 0), (2, 0)));
            clean(all.set_read_flags(None, ReadFlags::CLEAR_READ_FLAG))?;
            assert_eq!((counts(&found)?, counts(&all)?), ((2, 2), (2, 2)));
            Ok(())
        }
    ),
    case!(
        needs(Search, SoftDelete, Associated),
        "soft-deleted and associated messages are in no search",
        |f| {
            let inbox = f.inbox()?;
            let hidden = inbox.create_associated_message()?;
            hidden.set(tags::SUBJECT, "x hidden")?;
            hidden.save_changes(SaveFlags::NONE)?;
            let id = add_subject(&inbox, "x")?;
            let found = search(f, "Found", &subject_has("x"), &[&inbox], FLAT)?;
            assert_eq!(names(&found)?, ["x"]);
            clean(inbox.delete_messages(std::slice::from_ref(&id), DeleteFlags::NONE))?;
            assert_eq!(names(&found)?, [""; 0]);
            found.set_search_criteria(None, None, SearchFlags::RESTART)?;
            assert_eq!(names(&found)?, [""; 0]);
            clean(inbox.recover_messages(std::slice::from_ref(&id)))?;
            assert_eq!(names(&found)?, ["x"]);
            clean(inbox.delete_messages(&[id], DeleteFlags::HARD_DELETE))?;
            assert_eq!(names(&found)?, [""; 0]);
            Ok(())
        }
    ),
    case!(
        needs(Search),
        "folders that come below a searched one bring their messages, and take them along",
        |f| {
            let (inbox, mail) = (f.inbox()?, f.folder("Mail")?);
            let away = inbox.create_folder("Away", None, PLAIN)?;
            let deep = away.create_folder("Deep", None, PLAIN)?;
            add_subject(&away, "x1")?;
            add_subject(&deep, "x2")?;
            let found = search(f, "Found", &subject_has("x"), &[&mail], DEEP)?;
            let shallow = search(f, "Shallow", &subject_has("x"), &[&mail], FLAT)?;
            assert_eq!(names(&found)?, [""; 0]);
            clean(inbox.copy_folder(&away.entry_id(), &mail, None, CopyFolderFlags::MOVE))?;
            assert_eq!(names(&found)?, ["x1", "x2"]);
            clean(mail.copy_folder(
                &away.entry_id(),
                &mail,
                Some("Twin"),
                CopyFolderFlags::COPY_SUBFOLDERS,
            ))?;
            assert_eq!(names(&found)?, ["x1", "x1", "x2", "x2"]);
            assert_eq!(names(&shallow)?, [""; 0]);
            clean(mail.copy_folder(&away.entry_id(), &inbox, None, CopyFolderFlags::MOVE))?;
            assert_eq!(names(&found)?, ["x1", "x2"]);
            let twin = mail.child("Twin")?.unwrap().entry_id();
            let all = DeleteFolderFlags::DEL_FOLDERS | DeleteFolderFlags::DEL_MESSAGES;
            mail.delete_folder(&twin, all)?;
            assert_eq!(names(&found)?, [""; 0]);
            assert_eq!(found.get(tags::CONTENT_COUNT)?, 0);
            Ok(())
        }
    ),
    case!(
        needs(Search),
        "recipients, attachments and large bodies are searched",
        |f| {
            let inbox = f.inbox()?;
            let to_sue = Restriction::Sub {
                object: SubObject::Recipients,
                child: Box::new(contains(tags::DISPLAY_NAME, "sue")),
            };
            let people = search(f, "Sue", &to_sue, &[&inbox], FLAT)?;
            let bodies = search(
                f,
                "Bodies",
                &contains(tags::BODY, "needle"),
                &[&inbox],
                FLAT,
            )?;
            let message = draft(&inbox, &[prop(tags::SUBJECT, "to Sue")])?;
            address(
                &message,
                &[
                    (mapi::recipient_type::CC, "Sue"),
                    (mapi::recipient_type::TO, "Sam"),
                ],
            )?;
            message.save_changes(SaveFlags::NONE)?;
            let hay = "hay ".repeat(20_000) + "Needle";
            add(
                &inbox,
                &[prop(tags::SUBJECT, "large"), prop(tags::BODY, hay.as_str())],
            )?;
            let short = [
                prop(tags::SUBJECT, "small"),
                prop(tags::BODY, "no Needle here"),
            ];
            let small = add(&inbox, &short)?;
            assert_eq!(names(&people)?, ["to Sue"]);
            assert_eq!(names(&bodies)?, ["large", "small"]);
            let message = edit(&inbox, &small)?;
            message.set(tags::BODY, "nothing")?;
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(names(&bodies)?, ["large"]);
            // The same when they are populated.
            for folder in [&people, &bodies] {
                let before = names(folder)?;
                folder.set_search_criteria(None, None, SearchFlags::RESTART)?;
                assert_eq!(names(folder)?, before);
            }
            Ok(())
        }
    ),
    case!(
        needs(Search),
        "a read-only session reads a search folder and changes nothing",
        |f| {
            let inbox = f.inbox()?;
            add_subject(&inbox, "x")?;
            let found = search(f, "Found", &subject_has("x"), &[&inbox], FLAT)?;
            let id = found.entry_id();
            let waiting = empty(f, "Waiting")?;
            begun_elsewhere(f, &waiting, &inbox)?;
            let store = f.read_only_session()?.default_store()?;
            let there = store.open_folder(&id, OpenFlags::BEST_ACCESS)?;
            assert_eq!(names(&there)?, ["x"]);
            assert_eq!(there.search_criteria()?, found.search_criteria()?);
            let stop = there.set_search_criteria(None, None, SearchFlags::STOP);
            assert_eq!(code(stop), Code::NO_ACCESS);
            let there = store.open_folder(&waiting.entry_id(), OpenFlags::NONE)?;
            assert!(state(&there)?.contains(SearchState::REBUILD));
            Ok(())
        }
    ),
    case!(
        needs(Search),
        "orders, restrictions and bookmarks work on a search folder as on any other",
        |f| {
            let (inbox, mail) = (f.inbox()?, f.folder("Mail")?);
            let found = search(f, "Found", &subject_has("x"), &[&inbox], DEEP)?;
            for (n, folder) in (0..30).zip([&inbox, &mail].into_iter().cycle()) {
                let size = prop(tags::IMPORTANCE, n % 3);
                add(folder, &[prop(tags::SUBJECT, format!("x{n:02}")), size])?;
            }
            let table = by_subject(&found)?;
            assert_eq!(table.row_count()?, 30);
            let all = subjects(&table)?;
            assert!(all.is_sorted() && all.len() == 30);
            let important = Restriction::property(tags::IMPORTANCE, RelOp::Eq, 2);
            table.restrict(important)?;
            assert_eq!(table.row_count()?, 10);
            table.restrict(None)?;
            let x07 = Restriction::property(tags::SUBJECT, RelOp::Ge, "x07");
            assert!(find(&table, &x07)?);
            let row = table.query_rows(1)?.remove(0);
            assert_eq!(row.get(tags::SUBJECT).as_deref(), Some("x07"));
            let mark = table.create_bookmark()?;
            let gone = all.iter().position(|s| s == "x01").unwrap();
            clean(table.seek_row(mapi::Bookmark::Beginning, i64::try_from(gone)?))?;
            let id = table.query_rows(1)?[0].entry_id().clone();
            clean(found.delete_messages(&[id], DeleteFlags::NONE))?;
            clean(table.seek_row(mark, 0))?;
            let row = table.query_rows(1)?.remove(0);
            assert_eq!(row.get(tags::SUBJECT).as_deref(), Some("x08"));
            Ok(())
        }
    ),
];

fn find(table: &Table, restriction: &Restriction) -> Result<bool> {
    match table.find_row(
        restriction,
        mapi::Bookmark::Beginning,
        mapi::Direction::Forward,
    ) {
        Ok(_) => Ok(true),
        Err(e) if e.code() == Code::NOT_FOUND => Ok(false),
        Err(e) => Err(e),
    }
}
