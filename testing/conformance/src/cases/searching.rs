//! Searching a store by restriction and by the query language, over many folders.

use std::time::Duration;

use mapi::query::{Calendar, parse};
use mapi::{
    Bookmark, Code, CopyFlags, CreateFolderFlags, DeleteFlags, EntryId, FileTime, Folder,
    ImportItem, ImportOptions, ImportOutcome, Listener, MapiProp, MatchKind, MessageTree,
    Notification, ReadFlags, Restriction, Result, SaveFlags, SearchFlags, SortColumn,
    SpecialFolder, TableEvent, columns, recipient_type, tags,
};
use mapi_props::{AttachmentTree, TreeProps};

use crate::fixture::edit;
use crate::{Case, Fixture, case};

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "words are found in subject, people, text and file names of every folder, newest first",
        |f| {
            filled(f)?;
            for (query, expect) in FOUND {
                assert_eq!(found(f, query)?, *expect, "{query}");
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "a search follows what is saved, marked, moved and deleted",
        |f| {
            let ids = filled(f)?;
            let (inbox, archive) = (f.inbox()?, f.store()?.folder("Inbox/Archive")?);
            let message = edit(&inbox, &ids[0])?;
            message.set(tags::BODY, "no more of it, but turnips")?;
            assert_eq!(found(f, "turnips")?, [""; 0], "nothing is saved yet");
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(found(f, "turnips")?, ["budget 2023"]);
            assert_eq!(found(f, "radish")?, ["in the archive"]);
            assert_eq!(found(f, "is:read budget")?, [""; 0]);
            message_read(&inbox, &ids[0])?;
            assert_eq!(found(f, "is:read budget")?, ["budget 2023"]);
            inbox
                .copy_messages(&ids[..1], &archive, CopyFlags::MOVE)?
                .ignore_warning();
            assert_eq!(found(f, "in:Inbox/Archive turnips")?, ["budget 2023"]);
            assert_eq!(found(f, "turnips -in:Inbox/Archive")?, [""; 0]);
            inbox
                .delete_messages(&ids[1..2], DeleteFlags::NONE)?
                .ignore_warning();
            assert_eq!(found(f, "budget")?, ["budget 2023"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "pages of a search go on where they stood while messages come and go, in every order",
        |f| {
            let inbox = f.inbox()?;
            let deeper = f.folder("Deeper")?;
            for n in 0..30 {
                let folder = if n % 2 == 0 { &inbox } else { &deeper };
                let mut tree = mail(&format!("number {n:02}"), n);
                tree.props.set(tags::BODY, "the same words");
                import(folder, tree)?;
            }
            let store = f.store()?;
            let same = Restriction::content(tags::BODY, MatchKind::Phrase, "same words");
            let search = store.search(same).columns(columns![tags::SUBJECT]);
            let table = search.open()?;
            let page = table.query_rows(10)?;
            let mut seen = subjects(&page);
            // The row that the cursor stands behind goes, and a newer message comes.
            let last = page[9].entry_id().clone();
            inbox
                .delete_messages(&[last], DeleteFlags::NONE)?
                .ignore_warning();
            let mut new = mail("new", 40);
            new.props.set(tags::BODY, "the same words");
            import(&inbox, new)?;
            loop {
                let page = subjects(&table.query_rows(7)?);
                if page.is_empty() {
                    break;
                }
                seen.extend(page);
            }
            let expect: Vec<String> = (0..30).rev().map(|n| format!("number {n:02}")).collect();
            assert_eq!(seen, expect);
            assert_eq!(search.count()?, 30);
            table.seek_row(Bookmark::Beginning, 28)?.ignore_warning();
            assert_eq!(subjects(&table.query_rows(5)?), ["number 01", "number 00"]);
            let rising = search
                .clone()
                .sort([SortColumn::ascending(tags::SUBJECT)])
                .open()?;
            assert_eq!(subjects(&rising.query_rows(2)?), ["new", "number 00"]);
            rising.seek_row(Bookmark::End, 0)?.ignore_warning();
            assert_eq!(
                subjects(&rising.query_rows(-2)?),
                ["number 28", "number 29"]
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "a search within a folder looks there and below it; what it names must be there",
        |f| {
            filled(f)?;
            let store = f.store()?;
            let radish = || Restriction::content(tags::BODY, MatchKind::Phrase, "radish");
            let archive = store.folder("Inbox/Archive")?;
            let within = |folder: &Folder| store.search(radish()).within(folder).count();
            assert_eq!(within(&archive)?, 1);
            assert_eq!(within(&f.inbox()?)?, 2);
            assert_eq!(within(&store.special_folder(SpecialFolder::SentItems)?)?, 0);
            assert_eq!(store.search(None).count()?, 5);
            let calendar = calendar();
            for query in ["in:Nowhere a", "a OR in:Nowhere", "a id:nothing"] {
                let asked = store.search_for(&parse(query).unwrap(), &calendar);
                assert_eq!(asked.unwrap_err().code(), Code::NOT_FOUND, "{query}");
            }
            Ok(())
        }
    ),
    case!(
        needs(Search),
        "what a search folder has found can be searched, and only as a whole",
        |f| {
            filled(f)?;
            let store = f.store()?;
            let root = f.inbox()?;
            let folder = root.create_search_folder("Found", None, CreateFolderFlags::NONE)?;
            let budget = Restriction::content(tags::SUBJECT, MatchKind::Phrase, "budget");
            let how = SearchFlags::RECURSIVE.with(SearchFlags::FOREGROUND);
            folder.set_search_criteria(Some(&budget), Some(&[root.entry_id()]), how)?;
            let radish = Restriction::content(tags::BODY, MatchKind::Phrase, "radish");
            assert_eq!(store.search(radish.clone()).within(&folder).count()?, 1);
            assert_eq!(found(f, "in:Inbox/Found radish")?, ["budget 2023"]);
            // Its messages are counted once where everything is searched.
            assert_eq!(store.search(radish).count()?, 2);
            let asked = store.search_for(&parse("-in:Inbox/Found").unwrap(), &calendar());
            assert_eq!(asked.unwrap_err().code(), Code::NO_SUPPORT);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a table of a search tells of messages that come to match and of those that go",
        |f| {
            let inbox = f.inbox()?;
            let deeper = f.folder("Deeper")?;
            let plum = Restriction::content(tags::SUBJECT, MatchKind::WordPrefix, "plum");
            let table = f
                .store()?
                .search(plum)
                .columns(columns![tags::SUBJECT])
                .open()?;
            let listener = table.listen()?;
            let id = import(&deeper, mail("plums", 1))?;
            import(&inbox, mail("pears", 2))?;
            let told = next_event(&listener)?;
            assert_eq!(told.0, TableEvent::RowAdded);
            assert_eq!(told.1.as_deref(), Some("plums"));
            deeper
                .copy_messages(std::slice::from_ref(&id), &inbox, CopyFlags::MOVE)?
                .ignore_warning();
            assert_eq!(subjects(&table.query_rows(9)?), ["plums"]);
            let message = edit(&inbox, &id)?;
            message.set(tags::SUBJECT, "pears too")?;
            message.save_changes(SaveFlags::NONE)?;
            let mut last = next_event(&listener)?.0;
            while last == TableEvent::RowModified {
                last = next_event(&listener)?.0;
            }
            assert_eq!(last, TableEvent::RowDeleted);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a store says how it will find what is searched for, and a call that is cancelled finds nothing",
        |f| {
            filled(f)?;
            let store = f.store()?;
            let query = parse("budget from:ann").unwrap();
            let search = store.search_for(&query, &calendar())?;
            let plan = search.explain()?;
            assert!(!plan.index.is_empty());
            assert!(plan.expression.is_none_or(|asked| asked.contains("budget")));
            let call = mapi::Call::default();
            call.cancel.cancel();
            let stopped = store.with_call(call).search_for(&query, &calendar());
            let stopped = stopped.and_then(|search| search.count());
            assert_eq!(stopped.unwrap_err().code(), Code::USER_CANCEL);
            assert_eq!(search.count()?, 1);
            Ok(())
        }
    ),
];

/// Queries over what [`filled`] makes, and the subjects found.
const FOUND: &[(&str, &[&str])] = &[
    (
        "*",
        &[
            "in the archive",
            "Łódź",
            "会議のお知らせ",
            "Re: budget",
            "budget 2023",
        ],
    ),
    ("budget", &["Re: budget", "budget 2023"]),
    ("BUDGET 2023", &["budget 2023"]),
    ("\"2023 budget\"", &[]),
    ("budg*", &["Re: budget", "budget 2023"]),
    ("budg", &[]),
    ("radish", &["in the archive", "budget 2023"]),
    ("body:radish", &["in the archive", "budget 2023"]),
    ("subject:radish", &[]),
    ("from:ann", &["budget 2023"]),
    ("from:ann@example.com", &["budget 2023"]),
    ("to:bob", &["budget 2023"]),
    ("cc:bob", &["Re: budget"]),
    ("bcc:bob", &[]),
    ("recipient:bob", &["Re: budget", "budget 2023"]),
    ("bob", &["Re: budget", "budget 2023"]),
    ("attachment:plan", &["budget 2023"]),
    ("attachment:plan.pdf has:attachment", &["budget 2023"]),
    ("plan", &["budget 2023"]),
    ("会議", &["会議のお知らせ"]),
    ("会", &["会議のお知らせ"]),
    ("議会", &[]),
    ("lodz", &["Łódź"]),
    ("strasse cafe", &["Łódź"]),
    ("file istanbul", &["Łódź"]),
    ("budget OR lodz", &["Łódź", "Re: budget", "budget 2023"]),
    ("budget -from:ann", &["Re: budget"]),
    (
        "after:2024-01-03",
        &["in the archive", "Łódź", "会議のお知らせ"],
    ),
    ("on:2024-01-02", &["Re: budget"]),
    ("before:2024-01-02", &["budget 2023"]),
    ("in:Inbox/Archive", &["in the archive"]),
    ("is:read", &[]),
    ("is:unread budget", &["Re: budget", "budget 2023"]),
    ("smaller:1k budget after:2024-01-02", &["Re: budget"]),
    ("class:ipm.note.x", &["in the archive"]),
    ("class:IPM.Note budget", &["Re: budget", "budget 2023"]),
];

/// Five messages, the newest in a folder below the Inbox. Gives the ids of the first two.
fn filled(f: &Fixture) -> Result<Vec<EntryId>> {
    let inbox = f.inbox()?;
    let mut first = mail("budget 2023", 1);
    first.props.set(tags::BODY, "about a radish");
    first.props.set(tags::SENDER_NAME, "Ann");
    first
        .props
        .set(tags::SENDER_EMAIL_ADDRESS, "ann@example.com");
    first.recipients.push(person(recipient_type::TO, "Bob"));
    let mut file = AttachmentTree::default();
    file.props.set(tags::ATTACH_LONG_FILENAME, "the plan.pdf");
    first.attachments.push(file);
    let mut second = mail("Re: budget", 2);
    second.recipients.push(person(recipient_type::CC, "Bob"));
    let ids = vec![import(&inbox, first)?, import(&inbox, second)?];
    import(&inbox, mail("会議のお知らせ", 3))?;
    let mut folded = mail("Łódź", 4);
    folded.props.set(tags::BODY, "Straße, Café, ﬁle, İstanbul");
    import(&inbox, folded)?;
    let mut last = mail("in the archive", 5);
    last.props.set(tags::BODY, "a radish, too");
    last.props.set(tags::MESSAGE_CLASS, "IPM.Note.X.Y");
    import(&f.folder("Archive")?, last)?;
    Ok(ids)
}

/// A message of a day in January 2024.
fn mail(subject: &str, day: u32) -> MessageTree {
    let mut tree = MessageTree::default();
    tree.props.set(tags::MESSAGE_CLASS, "IPM.Note");
    tree.props.set(tags::SUBJECT, subject);
    tree.props.set(tags::MESSAGE_DELIVERY_TIME, start(day));
    tree
}

/// Noon of a day counted from the end of 2023.
fn start(day: u32) -> FileTime {
    FileTime::from_unix(1_704_024_000 + i64::from(day) * 86_400)
}

fn person(ty: i32, name: &str) -> TreeProps {
    let mut row = TreeProps::default();
    row.set(tags::RECIPIENT_TYPE, ty);
    row.set(tags::DISPLAY_NAME, name);
    row
}

fn import(folder: &Folder, tree: MessageTree) -> Result<EntryId> {
    let item = ImportItem {
        tree,
        flags: 0,
        source: None,
    };
    match folder.import(vec![item], ImportOptions::default())?.pop() {
        Some(ImportOutcome::Imported { id, .. }) => Ok(id),
        other => panic!("{other:?}"),
    }
}

/// What is told next within a while.
fn next_event(listener: &Listener) -> Result<(TableEvent, Option<String>)> {
    match listener.next_within(Duration::from_secs(10))? {
        Some(Notification::Table(told)) => {
            let subject = told.row.as_ref().and_then(|row| row.get(tags::SUBJECT));
            Ok((told.event, subject))
        }
        other => panic!("{other:?}"),
    }
}

fn calendar() -> Calendar<'static> {
    Calendar::utc(start(60))
}

fn found(f: &Fixture, query: &str) -> Result<Vec<String>> {
    let search = f.store()?.search_for(&parse(query).unwrap(), &calendar())?;
    let table = search.columns(columns![tags::SUBJECT]).open()?;
    let rows = table.query_rows(100)?;
    assert_eq!(
        table.row_count()?,
        u64::try_from(rows.len()).unwrap(),
        "{query}"
    );
    Ok(subjects(&rows))
}

fn subjects(rows: &[mapi::TableRow]) -> Vec<String> {
    rows.iter()
        .filter_map(|row| row.get(tags::SUBJECT))
        .collect()
}

fn message_read(folder: &Folder, id: &EntryId) -> Result<()> {
    folder
        .open_message(id)?
        .set_read_flag(ReadFlags::NONE)
        .map(drop)
}
