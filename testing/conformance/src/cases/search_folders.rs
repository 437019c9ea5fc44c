//! STO-05, FLD-05, RES-10, M-IMAPIFolder.Set/GetSearchCriteria: search folders.

use std::time::Duration;

use mapi::{
    Code, CopyFlags, CopyFolderFlags, CreateFolderFlags, DeleteFlags, DeleteFolderFlags,
    EmptyFolderFlags, EntryId, Folder, FolderKind, FuzzyLevel, MapiProp, MatchKind, Notification,
    OpenFlags, PropTag, PropValue, ReadFlags, RelOp, Restriction, Result, SaveFlags, SearchFlags,
    SearchState, SpecialFolder, SubObject, Table, TableEvent, columns, folder_type, message_flags,
    store_support, tags,
};

use mapi_spi::{Op, SearchAction, SearchSave};

use crate::fixture::{add, add_subject, address, by_subject, code, draft, edit, prop, subjects};
use crate::{Case, Fixture, case};

const PLAIN: CreateFolderFlags = CreateFolderFlags::NONE;
const DEEP: SearchFlags = SearchFlags::RECURSIVE.with(SearchFlags::FOREGROUND);
const FLAT: SearchFlags = SearchFlags::SHALLOW.with(SearchFlags::FOREGROUND);

pub(super) const CASES: &[Case] = &[
    case!(
        "STO-05.1" + "FLD-05",
        needs(Search),
        "a recursive search finds what is saved in a folder made later, and loses it when its subject changes",
        |f| {
            let inbox = f.inbox()?;
            let found = search(f, "Found", subject_has("x"), &[&inbox], DEEP)?;
            assert_eq!(names(&found)?, [""; 0]);
            let table = by_subject(&found)?;
            let listener = table.listen()?;
            let later = inbox.create_folder("Later", None, PLAIN)?;
            add_subject(&later, "nothing here")?;
            let id = add_subject(&later, "a box of it")?;
            assert_eq!(names(&found)?, ["a box of it"]);
            assert_eq!(found.get(tags::CONTENT_COUNT)?, 1);
            let told = table_event(&listener)?;
            assert_eq!(told.event, TableEvent::RowAdded);
            let row = told.row.unwrap();
            assert_eq!(row.get(tags::SUBJECT).as_deref(), Some("a box of it"));
            // Another session sees the same.
            let there = f.second_session()?.default_store()?;
            let there = there.open_folder(&found.entry_id(), OpenFlags::NONE)?;
            assert_eq!(names(&there)?, ["a box of it"]);
            let message = edit(&later, &id)?;
            message.set(tags::SUBJECT, "a bag of it")?;
            assert_eq!(names(&found)?, ["a box of it"], "nothing is saved yet");
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(names(&found)?, [""; 0]);
            assert_eq!(names(&there)?, [""; 0]);
            let told = table_event(&listener)?;
            assert_eq!(
                (told.event, told.row.is_none()),
                (TableEvent::RowDeleted, true)
            );
            Ok(())
        }
    ),
    case!(
        "STO-05.2" + "FLD-05",
        needs(Search),
        "a stopped search stays as it is until it is restarted",
        |f| {
            let inbox = f.inbox()?;
            add_subject(&inbox, "x1")?;
            let found = search(f, "Found", subject_has("x"), &[&inbox], FLAT)?;
            assert!(state(&found)?.contains(SearchState::RUNNING));
            found.set_search_criteria(None, None, SearchFlags::STOP)?;
            let second = add_subject(&inbox, "x2")?;
            assert_eq!(names(&found)?, ["x1"]);
            assert_eq!(found.get(tags::CONTENT_COUNT)?, 1);
            assert!(!state(&found)?.contains(SearchState::RUNNING));
            assert!(state(&found)?.contains(SearchState::COMPLETE));
            // Nor does anything leave it, but what is gone.
            let first = found.contents().open()?.query_rows(1)?[0]
                .entry_id()
                .clone();
            let message = edit(&inbox, &first)?;
            message.set(tags::SUBJECT, "y1")?;
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(
                names(&found)?,
                ["y1"],
                "the link shows the message as it is"
            );
            found.set_search_criteria(None, None, SearchFlags::RESTART)?;
            assert!(state(&found)?.contains(SearchState::RUNNING));
            assert_eq!(names(&found)?, ["x2"]);
            found.set_search_criteria(None, None, SearchFlags::STOP)?;
            clean(inbox.delete_messages(&[second], DeleteFlags::NONE))?;
            assert_eq!(names(&found)?, [""; 0]);
            assert_eq!(found.get(tags::CONTENT_COUNT)?, 0);
            Ok(())
        }
    ),
    case!(
        "STO-05.3" + "FLD-05",
        needs(Search),
        "deleting a link deletes the message",
        |f| {
            let mail = f.folder("Mail")?;
            for subject in ["x1", "x2", "other"] {
                add_subject(&mail, subject)?;
            }
            let found = search(f, "Found", subject_has("x"), &[&mail], FLAT)?;
            let counts = || -> Result<(i32, i32)> {
                Ok((
                    found.get(tags::CONTENT_COUNT)?,
                    mail.get(tags::CONTENT_COUNT)?,
                ))
            };
            assert_eq!(counts()?, (2, 3));
            let link = by_subject(&found)?.query_rows(1)?[0].entry_id().clone();
            let report = found.delete_messages(&[link.clone()], DeleteFlags::NONE)?;
            assert_eq!((report.warning, report.value.done), (None, 1));
            assert_eq!(counts()?, (1, 2));
            assert_eq!(names(&mail)?, ["other", "x2"]);
            assert_eq!(code(mail.open_message(&link)), Code::NOT_FOUND);
            // What is no link of it, a search folder does not delete.
            let other = by_subject(&mail)?.query_rows(1)?[0].entry_id().clone();
            let report = found.delete_messages(&[other], DeleteFlags::HARD_DELETE)?;
            assert_eq!(report.warning, Some(Code::W_PARTIAL_COMPLETION));
            assert_eq!(counts()?, (1, 2));
            Ok(())
        }
    ),
    case!(
        "M-IMAPIFolder.SetSearchCriteria",
        needs(Search),
        "criteria are judged before they are set, and what is not given stays",
        |f| {
            let (store, inbox) = (f.store()?, f.inbox()?);
            let found = empty(f, "Found")?;
            let wanted = subject_has("x");
            let scope = [inbox.entry_id()];
            let set = |r, l, flags| found.set_search_criteria(r, l, flags);
            for (one, other) in [
                (SearchFlags::STOP, SearchFlags::RESTART),
                (SearchFlags::RECURSIVE, SearchFlags::SHALLOW),
                (SearchFlags::FOREGROUND, SearchFlags::BACKGROUND),
            ] {
                let both = set(Some(&wanted), Some(&scope), one | other);
                assert_eq!(code(both), Code::INVALID_PARAMETER);
                let ordinary = inbox.set_search_criteria(Some(&wanted), Some(&scope), one | other);
                assert_eq!(code(ordinary), Code::INVALID_PARAMETER);
            }
            assert_eq!(code(SearchFlags::from_bits(0x40)), Code::UNKNOWN_FLAGS);
            let plain = SearchFlags::FOREGROUND;
            assert_eq!(
                code(set(None, Some(&scope), plain)),
                Code::INVALID_PARAMETER
            );
            assert_eq!(
                code(set(Some(&wanted), None, plain)),
                Code::INVALID_PARAMETER
            );
            assert_eq!(
                code(set(Some(&wanted), Some(&[]), plain)),
                Code::INVALID_PARAMETER
            );
            let ordinary = |r, l| code(inbox.set_search_criteria(r, l, plain));
            assert_eq!(ordinary(None, Some(&scope[..])), Code::INVALID_PARAMETER);
            assert_eq!(ordinary(Some(&wanted), Some(&scope[..])), Code::NO_SUPPORT);
            assert_eq!(code(found.search_criteria()), Code::NOT_INITIALIZED);
            let (senseless, first_two) = (senseless(), first_two());
            for unsupported in [&senseless, &first_two] {
                assert_eq!(
                    code(set(Some(unsupported), Some(&scope), plain)),
                    Code::TOO_COMPLEX
                );
            }
            let itself = [found.entry_id()];
            assert_eq!(
                code(set(Some(&wanted), Some(&itself), plain)),
                Code::NO_SUPPORT
            );
            assert_eq!(code(found.search_criteria()), Code::NOT_INITIALIZED);
            let reader = store.open_folder(&found.entry_id(), OpenFlags::NONE)?;
            let refused = reader.set_search_criteria(Some(&wanted), Some(&scope), plain);
            assert_eq!(code(refused), Code::NO_ACCESS);

            // The first call starts the search; criteria that change start it again, the priority alone does not.
            add_subject(&inbox, "x")?;
            add_subject(&inbox, "y")?;
            set(Some(&wanted), Some(&scope), plain)?;
            assert_eq!(names(&found)?, ["x"]);
            let before = f.store()?.events(0, 10_000)?.last;
            set(None, None, SearchFlags::BACKGROUND)?;
            assert!(!state(&found)?.contains(SearchState::REBUILD));
            assert!(!state(&found)?.contains(SearchState::FOREGROUND));
            let events = store.events(before, 100)?.events;
            assert!(
                !events
                    .iter()
                    .any(|e| e.kind == mapi::EventKind::SearchComplete)
            );
            set(Some(&subject_has("y")), None, plain)?;
            assert_eq!(names(&found)?, ["y"]);
            Ok(())
        }
    ),
    case!(
        "M-IMAPIFolder.GetSearchCriteria" + "RES-10",
        needs(Search),
        "criteria come back as they were set, in whichever session",
        |f| {
            let (inbox, other) = (f.inbox()?, f.folder("Other")?);
            let found = empty(f, "Found")?;
            assert_eq!(code(found.search_criteria()), Code::NOT_INITIALIZED);
            assert_eq!(code(inbox.search_criteria()), Code::NOT_INITIALIZED);
            let annotated = Restriction::Comment {
                props: vec![
                    prop(tags::COMMENT, "made by hand"),
                    prop(PropTag::from(tags::IMPORTANCE), 2),
                ],
                child: Some(Box::new(Restriction::And(vec![
                    subject_has("x").negate(),
                    Restriction::Comment {
                        props: vec![prop(tags::TITLE, "why")],
                        child: None,
                    },
                ]))),
            };
            let scope = [other.entry_id(), inbox.entry_id(), other.entry_id()];
            let how = DEEP | SearchFlags::NON_CONTENT_INDEXED;
            found.set_search_criteria(Some(&annotated), Some(&scope), how)?;
            add_subject(&other, "a")?;
            add_subject(&other, "x")?;
            let running = SearchState::RUNNING
                | SearchState::RECURSIVE
                | SearchState::FOREGROUND
                | SearchState::COMPLETE;
            let id = found.entry_id();
            for restarted in [false, true] {
                let session = if restarted {
                    f.restart()?
                } else {
                    f.second_session()?
                };
                let found = session.default_store()?.open_folder(&id, OpenFlags::NONE)?;
                let criteria = found.search_criteria()?;
                assert_eq!(criteria.restriction, annotated);
                assert_eq!(criteria.folders, scope);
                assert_eq!(criteria.state, running);
                assert_eq!(
                    names(&found)?,
                    ["a"],
                    "the comment filters nothing, its child does"
                );
            }
            Ok(())
        }
    ),
    case!(needs(Search), "the state says what a search does", |f| {
        let inbox = f.inbox()?;
        add_subject(&inbox, "x")?;
        let found = search(f, "Found", subject_has("x"), &[&inbox], SearchFlags::STOP)?;
        assert_eq!(state(&found)?, SearchState::PARTIAL);
        assert_eq!(names(&found)?, [""; 0]);
        // Begun by a process that died, it is being rebuilt until somebody opens the folder.
        begun_elsewhere(f, &found, &inbox)?;
        let rebuilding = SearchState::RUNNING | SearchState::REBUILD | SearchState::FOREGROUND;
        assert_eq!(state(&found)?, rebuilding);
        let id = found.entry_id();
        let listener = f
            .store()?
            .listen(Some(&id), mapi::EventMask::SEARCH_COMPLETE)?;
        let found = f.store()?.open_folder(&id, OpenFlags::MODIFY)?;
        assert!(listener.next_within(LONG)?.is_some());
        assert_eq!(
            state(&found)?,
            SearchState::RUNNING | SearchState::COMPLETE | SearchState::FOREGROUND
        );
        assert_eq!(names(&found)?, ["x"]);
        Ok(())
    }),
    case!(
        needs(Search),
        "a search in the background ends by telling so",
        |f| {
            let (store, inbox) = (f.store()?, f.inbox()?);
            for n in 0..40 {
                add_subject(&inbox, &format!("x{n}"))?;
            }
            let found = empty(f, "Found")?;
            let id = found.entry_id();
            let mask = mapi::EventMask::SEARCH_COMPLETE;
            let on_folder = store.listen(Some(&id), mask)?;
            let on_store = store.listen(None, mask)?;
            let wanted = subject_has("x");
            let how = SearchFlags::BACKGROUND;
            found.set_search_criteria(Some(&wanted), Some(&[inbox.entry_id()]), how)?;
            for listener in [&on_folder, &on_store] {
                match listener.next_within(LONG)? {
                    Some(Notification::Object(event)) => {
                        assert_eq!(event.kind, mapi::EventKind::SearchComplete);
                        assert_eq!(event.entry_id, id);
                    }
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(state(&found)?, SearchState::RUNNING | SearchState::COMPLETE);
            assert_eq!(found.get(tags::CONTENT_COUNT)?, 40);
            assert_eq!(names(&found)?.len(), 40);
            Ok(())
        }
    ),
    case!(needs(Search), "a static search runs once", |f| {
        let inbox = f.inbox()?;
        add_subject(&inbox, "x1")?;
        let how = FLAT | SearchFlags::STATIC;
        let found = search(f, "Found", subject_has("x"), &[&inbox], how)?;
        let done = SearchState::STATIC | SearchState::COMPLETE | SearchState::FOREGROUND;
        assert_eq!(state(&found)?, done);
        add_subject(&inbox, "x2")?;
        assert_eq!(names(&found)?, ["x1"]);
        found.set_search_criteria(None, None, SearchFlags::RESTART | SearchFlags::STATIC)?;
        assert_eq!(names(&found)?, ["x1", "x2"]);
        assert_eq!(state(&found)?, done);
        Ok(())
    }),
    case!(
        needs(Search),
        "a message is one row, of the folder that it is in, however the scope overlaps",
        |f| {
            let mail = f.folder("Mail")?;
            let sub = mail.create_folder("Sub", None, PLAIN)?;
            let id = add_subject(&sub, "x")?;
            let scope = [&mail, &sub, &sub, &mail];
            let found = search(f, "Found", subject_has("x"), &scope, DEEP)?;
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
            let found = search(f, "Found", subject_has("x"), &[&inbox], FLAT)?;
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
                let found = search(f, "Found", subject_has("x"), &[&inbox], FLAT)?;
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
            let found = search(f, "Found", subject_has("x"), &[&mail], FLAT)?;
            let opened = found.open_message_with(&first, OpenFlags::MODIFY)?;
            opened.set(tags::SUBJECT, "x0")?;
            opened.save_changes(SaveFlags::NONE)?;
            assert_eq!(names(&found)?, ["x0", "x2"]);
            // A copy outside the scope is no link; a moved message leaves.
            let report = found.copy_messages(&[first.clone()], &inbox, CopyFlags::NONE)?;
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
            let found = search(f, "Unread", unread, &[&inbox], FLAT)?;
            let all = search(f, "All", everything, &[&inbox], FLAT)?;
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
            let found = search(f, "Found", subject_has("x"), &[&inbox], FLAT)?;
            assert_eq!(names(&found)?, ["x"]);
            clean(inbox.delete_messages(&[id.clone()], DeleteFlags::NONE))?;
            assert_eq!(names(&found)?, [""; 0]);
            found.set_search_criteria(None, None, SearchFlags::RESTART)?;
            assert_eq!(names(&found)?, [""; 0]);
            clean(inbox.recover_messages(&[id.clone()]))?;
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
            let found = search(f, "Found", subject_has("x"), &[&mail], DEEP)?;
            let shallow = search(f, "Shallow", subject_has("x"), &[&mail], FLAT)?;
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
            let people = search(f, "Sue", to_sue, &[&inbox], FLAT)?;
            let bodies = search(f, "Bodies", contains(tags::BODY, "needle"), &[&inbox], FLAT)?;
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
            let found = search(f, "Found", subject_has("x"), &[&inbox], FLAT)?;
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
            let found = search(f, "Found", subject_has("x"), &[&inbox], DEEP)?;
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

/// How long a population in the background may take on a busy machine.
const LONG: Duration = Duration::from_secs(30);

/// A new search folder in the search root.
fn empty(f: &Fixture, name: &str) -> Result<Folder> {
    let finder = f.store()?.special_folder(SpecialFolder::Finder)?;
    finder.create_search_folder(name, None, PLAIN)
}

/// A new search folder with criteria.
fn search(
    f: &Fixture,
    name: &str,
    restriction: Restriction,
    scope: &[&Folder],
    flags: SearchFlags,
) -> Result<Folder> {
    let found = empty(f, name)?;
    let scope: Vec<EntryId> = scope.iter().map(|s| s.entry_id()).collect();
    found.set_search_criteria(Some(&restriction), Some(&scope), flags)?;
    Ok(found)
}

/// Sets criteria as a process that dies before it has begun to populate the folder.
fn begun_elsewhere(f: &Fixture, found: &Folder, scope: &Folder) -> Result<()> {
    f.behind(Op::SetSearch(SearchSave {
        folder: found.item(),
        restriction: Some(subject_has("x")),
        scope: Some(vec![scope.item()]),
        recursive: None,
        foreground: Some(true),
        fixed: false,
        unindexed: false,
        action: SearchAction::Restart,
    }))
}

/// What a call came to that had nothing to warn of.
fn clean<T: std::fmt::Debug>(called: Result<mapi::Returned<T>>) -> Result<T> {
    let returned = called?;
    assert_eq!(returned.warning, None, "{returned:?}");
    Ok(returned.value)
}

fn subject_has(word: &str) -> Restriction {
    contains(tags::SUBJECT, word)
}

fn contains(tag: impl Into<PropTag>, word: &str) -> Restriction {
    let tag = tag.into();
    Restriction::Content {
        kind: MatchKind::Substring,
        fuzzy: FuzzyLevel {
            ignore_case: true,
            ..FuzzyLevel::default()
        },
        tag,
        value_tag: tag,
        value: PropValue::from(word),
    }
}

/// A restriction without meaning: text compared with a number.
fn senseless() -> Restriction {
    Restriction::Property {
        op: RelOp::Eq,
        tag: tags::SUBJECT.into(),
        value_tag: tags::IMPORTANCE.into(),
        value: 1.into(),
    }
}

fn first_two() -> Restriction {
    Restriction::Count {
        count: 2,
        child: Box::new(subject_has("x")),
    }
}

fn state(found: &Folder) -> Result<SearchState> {
    Ok(found.search_criteria()?.state)
}

fn names(folder: &Folder) -> Result<Vec<String>> {
    subjects(&by_subject(folder)?)
}

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

fn table_event(listener: &mapi::Listener) -> Result<mapi::TableNotification> {
    match listener.next_within(LONG)? {
        Some(Notification::Table(told)) => Ok(told),
        other => panic!("{other:?}"),
    }
}
