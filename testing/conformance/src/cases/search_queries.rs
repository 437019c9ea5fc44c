//! STO-05: search folders made of queries, and words that messages gain and lose.

use mapi::query::{Calendar, Query, parse};
use mapi::{
    CopyFlags, DeleteFlags, EntryId, FileTime, Folder, MapiProp, OpenFlags, ReadFlags, Result,
    SaveFlags, SearchFlags, SearchState, tags,
};

use super::search_folders::{DEEP, PLAIN, clean, empty, names, state, subject_has};
use crate::fixture::{add, add_subject, edit, prop};
use crate::{Case, Fixture, case};

pub(super) const CASES: &[Case] = &[
    case!(
        needs(Search),
        "a search folder made of a query says so until its criteria are others",
        |f| {
            let inbox = f.inbox()?;
            add_subject(&inbox, "tea")?;
            add_subject(&inbox, "coffee")?;
            let found = search_for(f, "Found", "subject:tea", &inbox)?;
            assert_eq!(names(&found)?, ["tea"]);
            assert_eq!(found.search_query()?, Some(query("subject:tea")));
            // It stays when only the search's doing changes, and another session reads it.
            found.set_search_criteria(None, None, SearchFlags::STOP)?;
            let other = f.second_session()?.default_store()?;
            let again = other.open_folder(&found.entry_id(), OpenFlags::NONE)?;
            assert_eq!(again.search_query()?, Some(query("subject:tea")));
            set(&found, "coffee OR milk", &inbox)?;
            assert_eq!(names(&found)?, ["coffee"]);
            let copy = empty(f, "Copy")?;
            copy.copy_search(&found)?;
            assert_eq!(names(&copy)?, ["coffee"]);
            assert_eq!(copy.search_query()?, Some(query("coffee OR milk")));
            assert!(state(&copy)?.contains(SearchState::RUNNING | SearchState::RECURSIVE));
            let elsewhere = Some(&subject_has("t"));
            found.set_search_criteria(elsewhere, None, SearchFlags::FOREGROUND)?;
            assert_eq!(found.search_query()?, None);
            assert_eq!(copy.search_query()?, Some(query("coffee OR milk")));
            assert_eq!(empty(f, "Empty")?.search_query()?, None);
            Ok(())
        }
    ),
    case!(
        needs(Search),
        "days counted from today are those of the day on which the criteria were set",
        |f| {
            let inbox = f.inbox()?;
            let day = |n: i64| FileTime::from_unix(n * 86_400);
            for n in [100, 200] {
                let time = prop(tags::MESSAGE_DELIVERY_TIME, day(n));
                add(&inbox, &[prop(tags::SUBJECT, format!("day {n}")), time])?;
            }
            let found = empty(f, "Lately")?;
            let here = [inbox.entry_id()];
            let lately = query("after:7d");
            assert!(lately.is_relative());
            found.set_search_query(&lately, &Calendar::utc(day(203)), Some(&here), DEEP)?;
            assert_eq!(names(&found)?, ["day 200"]);
            found.set_search_criteria(None, None, SearchFlags::RESTART)?;
            let time = prop(tags::MESSAGE_DELIVERY_TIME, day(300));
            add(&inbox, &[prop(tags::SUBJECT, "day 300"), time])?;
            assert_eq!(names(&found)?, ["day 200", "day 300"]);
            assert_eq!(found.search_query()?, Some(lately));
            Ok(())
        }
    ),
    case!(
        needs(Search),
        "words are found in each field as messages gain and lose them",
        |f| {
            let inbox = f.inbox()?;
            let folder = |n: usize, text: &str| search_for(f, &format!("S{n}"), text, &inbox);
            let texts = [
                "\"green tea\"",
                "green -tea",
                "body:gre* is:unread",
                "subject:green OR body:tea",
                "from:ann",
                "NOT green",
                "Straße 会議",
            ];
            let found: Vec<Folder> = (0..)
                .zip(texts)
                .map(|(n, text)| folder(n, text))
                .collect::<Result<_>>()?;
            let check = |expected: [&[&str]; 7]| {
                for ((found, expected), text) in found.iter().zip(expected).zip(texts) {
                    assert_eq!(names(found)?, expected, "{text}");
                }
                anyhow::Ok(())
            };
            let first = [
                prop(tags::SUBJECT, "green"),
                prop(tags::BODY, "tea and green tea"),
                prop(tags::MESSAGE_FLAGS, 0),
            ];
            let first = add(&inbox, &first)?;
            // No phrase reaches from one field into the next.
            add(
                &inbox,
                &[prop(tags::SUBJECT, "a green"), prop(tags::BODY, "tea")],
            )?;
            let html = b"<p>STRASSE &amp; \xE4\xBC\x9A\xE8\xAD\xB0\xE5\xAE\xA4</p>".to_vec();
            let third = [
                prop(tags::SUBJECT, "third"),
                prop(tags::HTML, html),
                prop(tags::INTERNET_CPID, 65001),
                prop(tags::SENDER_NAME, "Ann Bee"),
            ];
            let third = add(&inbox, &third)?;
            let both: &[&str] = &["a green", "green"];
            check([
                &["green"],
                &[],
                &["green"],
                both,
                &["third"],
                &["third"],
                &["third"],
            ])?;
            let message = edit(&inbox, &first)?;
            message.set(tags::BODY, "nothing")?;
            message.save_changes(SaveFlags::NONE)?;
            check([
                &[],
                &["green"],
                &[],
                both,
                &["third"],
                &["third"],
                &["third"],
            ])?;
            let message = edit(&inbox, &third)?;
            message.set(tags::SENDER_NAME, "Eve")?;
            message.set(tags::SUBJECT, "third green tea")?;
            message.save_changes(SaveFlags::NONE)?;
            let three: &[&str] = &["a green", "green", "third green tea"];
            let third: &[&str] = &["third green tea"];
            check([third, &["green"], &[], three, &[], &[], third])
        }
    ),
    case!(
        needs(Search),
        "marks, moves and recoveries change what depends on them, and nothing else",
        |f| {
            let inbox = f.inbox()?;
            let mail = f
                .store()?
                .ipm_subtree()?
                .create_folder("Away", None, PLAIN)?;
            let sub = inbox.create_folder("Sub", None, PLAIN)?;
            let tea = search_for(f, "Tea", "tea", &inbox)?;
            let new = search_for(f, "New", "tea is:unread", &inbox)?;
            let stopped = search_for(f, "Stopped", "tea", &inbox)?;
            let unread = |subject: &str| {
                let flags = prop(tags::MESSAGE_FLAGS, 0);
                add(&inbox, &[prop(tags::SUBJECT, subject), flags])
            };
            let ids = [unread("tea 1")?, unread("tea 2")?];
            stopped.set_search_criteria(None, None, SearchFlags::STOP)?;
            let both: &[&str] = &["tea 1", "tea 2"];
            let one: &[&str] = &["tea 1"];
            let check = |all: &[&str], unread: &[&str], kept: &[&str]| {
                assert_eq!(names(&tea)?, all);
                assert_eq!(names(&new)?, unread);
                assert_eq!(names(&stopped)?, kept);
                let count = tea.get(tags::CONTENT_UNREAD)?;
                assert_eq!(usize::try_from(count).unwrap(), unread.len());
                anyhow::Ok(())
            };
            check(both, both, both)?;
            let second = std::slice::from_ref(&ids[1]);
            clean(inbox.set_read_flags(Some(second), ReadFlags::NONE))?;
            check(both, one, both)?;
            clean(inbox.copy_messages(second, &sub, CopyFlags::MOVE))?;
            check(both, one, both)?;
            let second = [id_of(&sub)?];
            clean(sub.copy_messages(&second, &mail, CopyFlags::MOVE))?;
            check(one, one, both)?;
            clean(mail.copy_messages(&[id_of(&mail)?], &sub, CopyFlags::MOVE))?;
            check(both, one, both)?;
            clean(inbox.delete_messages(&ids[..1], DeleteFlags::NONE))?;
            check(&["tea 2"], &[], &["tea 2"])?;
            clean(inbox.recover_messages(&ids[..1]))?;
            // What is stopped takes nothing in.
            check(both, one, &["tea 2"])
        }
    ),
];

fn query(text: &str) -> Query {
    parse(text).unwrap()
}

fn id_of(folder: &Folder) -> Result<EntryId> {
    let rows = folder
        .contents()
        .columns([tags::ENTRYID.raw()])
        .open()?
        .query_rows(1)?;
    Ok(rows[0].entry_id().clone())
}

/// A new search folder made of a query.
fn search_for(f: &Fixture, name: &str, text: &str, scope: &Folder) -> Result<Folder> {
    let found = empty(f, name)?;
    set(&found, text, scope)?;
    Ok(found)
}

fn set(found: &Folder, text: &str, scope: &Folder) -> Result<()> {
    let calendar = Calendar::utc(FileTime::from_unix(0));
    let flags = DEEP | SearchFlags::RESTART;
    found.set_search_query(&query(text), &calendar, Some(&[scope.entry_id()]), flags)
}
