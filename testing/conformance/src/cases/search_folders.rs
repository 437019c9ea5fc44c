//! STO-05, FLD-05, RES-10, M-IMAPIFolder.Set/GetSearchCriteria: search folders.

use std::time::Duration;

use mapi::{
    Code, CreateFolderFlags, DeleteFlags, EntryId, Folder, FuzzyLevel, MapiProp, MatchKind,
    Notification, OpenFlags, PropTag, PropValue, RelOp, Restriction, Result, SaveFlags,
    SearchFlags, SearchState, SpecialFolder, TableEvent, tags,
};
use mapi_spi::{Op, SearchAction, SearchSave};

use crate::fixture::{add_subject, by_subject, code, edit, prop, subjects};
use crate::{Case, Fixture, case};

pub(super) const PLAIN: CreateFolderFlags = CreateFolderFlags::NONE;
pub(super) const DEEP: SearchFlags = SearchFlags::RECURSIVE.with(SearchFlags::FOREGROUND);
pub(super) const FLAT: SearchFlags = SearchFlags::SHALLOW.with(SearchFlags::FOREGROUND);

pub(super) const CASES: &[Case] = &[
    case!(
        "STO-05.1" + "FLD-05",
        needs(Search),
        "a recursive search finds what is saved in a folder made later, and loses it when its subject changes",
        |f| {
            let inbox = f.inbox()?;
            let found = search(f, "Found", &subject_has("x"), &[&inbox], DEEP)?;
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
            let found = search(f, "Found", &subject_has("x"), &[&inbox], FLAT)?;
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
            let found = search(f, "Found", &subject_has("x"), &[&mail], FLAT)?;
            let counts = || -> Result<(i32, i32)> {
                Ok((
                    found.get(tags::CONTENT_COUNT)?,
                    mail.get(tags::CONTENT_COUNT)?,
                ))
            };
            assert_eq!(counts()?, (2, 3));
            let link = by_subject(&found)?.query_rows(1)?[0].entry_id().clone();
            let report = found.delete_messages(std::slice::from_ref(&link), DeleteFlags::NONE)?;
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
        let found = search(f, "Found", &subject_has("x"), &[&inbox], SearchFlags::STOP)?;
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
        let found = search(f, "Found", &subject_has("x"), &[&inbox], how)?;
        let done = SearchState::STATIC | SearchState::COMPLETE | SearchState::FOREGROUND;
        assert_eq!(state(&found)?, done);
        add_subject(&inbox, "x2")?;
        assert_eq!(names(&found)?, ["x1"]);
        found.set_search_criteria(None, None, SearchFlags::RESTART | SearchFlags::STATIC)?;
        assert_eq!(names(&found)?, ["x1", "x2"]);
        assert_eq!(state(&found)?, done);
        Ok(())
    }),
];

/// How long a population in the background may take on a busy machine.
const LONG: Duration = Duration::from_secs(30);

/// A new search folder in the search root.
pub(super) fn empty(f: &Fixture, name: &str) -> Result<Folder> {
    let finder = f.store()?.special_folder(SpecialFolder::Finder)?;
    finder.create_search_folder(name, None, PLAIN)
}

/// A new search folder with criteria.
pub(super) fn search(
    f: &Fixture,
    name: &str,
    restriction: &Restriction,
    scope: &[&Folder],
    flags: SearchFlags,
) -> Result<Folder> {
    let found = empty(f, name)?;
    let scope: Vec<EntryId> = scope.iter().map(|s| s.entry_id()).collect();
    found.set_search_criteria(Some(restriction), Some(&scope), flags)?;
    Ok(found)
}

/// Sets criteria as a process that dies before it has begun to populate the folder.
pub(super) fn begun_elsewhere(f: &Fixture, found: &Folder, scope: &Folder) -> Result<()> {
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
pub(super) fn clean<T: std::fmt::Debug>(called: Result<mapi::Returned<T>>) -> Result<T> {
    let returned = called?;
    assert_eq!(returned.warning, None, "{returned:?}");
    Ok(returned.value)
}

pub(super) fn subject_has(word: &str) -> Restriction {
    contains(tags::SUBJECT, word)
}

pub(super) fn contains(tag: impl Into<PropTag>, word: &str) -> Restriction {
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

pub(super) fn state(found: &Folder) -> Result<SearchState> {
    Ok(found.search_criteria()?.state)
}

pub(super) fn names(folder: &Folder) -> Result<Vec<String>> {
    subjects(&by_subject(folder)?)
}

fn table_event(listener: &mapi::Listener) -> Result<mapi::TableNotification> {
    match listener.next_within(LONG)? {
        Some(Notification::Table(told)) => Ok(told),
        other => panic!("{other:?}"),
    }
}
