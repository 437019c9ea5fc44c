//! TAB-16 and TAB-17 while rows change: categorised tables of what is deleted or associated, cut views, many changes at once.

use mapi::{
    DeleteFlags, Folder, ImportItem, ImportOptions, MapiProp, MessageTree, ReadFlags, Restriction,
    Result, SaveFlags, SortOrder, SortOrderSet, Table, tags,
};

use super::categories::{COLUMNS, by_sender, column, send, sender, six_by_two, texts};
use crate::fixture::{edit, prop};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "TAB-16",
        needs(),
        "changes of many messages at once are followed as those of one",
        |f| {
            let folder = f.folder("Mail")?;
            let other = f.second_session()?.default_store()?.folder("Inbox/Mail")?;
            import(&folder, 0..600)?;
            let table = by_sender(&folder, 0)?;
            let all = || -> Result<Vec<String>> { Ok(texts(&table.query_all_rows(0)?)) };
            assert_eq!(all()?, ["+S0 200/200", "+S1 200/200", "+S2 200/200"]);
            other
                .set_read_flags(None, ReadFlags::NONE)?
                .ignore_warning();
            assert_eq!(all()?, ["+S0 200/0", "+S1 200/0", "+S2 200/0"]);
            import(&other, 600..1203)?;
            assert_eq!(all()?, ["+S0 401/201", "+S1 401/201", "+S2 401/201"]);
            let ids: Vec<_> = (other.contents().open()?.query_rows(1000)?.iter())
                .map(|row| row.entry_id().clone())
                .collect();
            let gone = other.delete_messages(&ids, DeleteFlags::NONE)?;
            assert_eq!(gone.value.done, 1000);
            let left = all()?;
            let counted: Vec<&str> = left.iter().map(|l| l.split('/').next().unwrap()).collect();
            assert_eq!(counted, ["+S0 68", "+S1 68", "+S2 67"]);
            Ok(())
        }
    ),
    case!(
        "TAB-17",
        needs(),
        "a category stands where the largest of the values that its rows have now puts it",
        |f| {
            let folder = f.folder("Mail")?;
            let mut ids = Vec::new();
            for (sender, importance) in [("Ann", 3), ("Ann", 2), ("Bob", 1), ("Cid", 0)] {
                let props = [
                    prop(tags::SENDER_NAME, sender),
                    prop(tags::IMPORTANCE, importance),
                    prop(tags::SUBJECT, "s"),
                    prop(tags::MESSAGE_FLAGS, 0),
                ];
                ids.push(crate::fixture::add(&folder, &props)?);
            }
            let table = folder.contents().columns(COLUMNS).open()?;
            let keys = [
                column(tags::SENDER_NAME, SortOrder::Descend),
                column(tags::IMPORTANCE, SortOrder::CategMax),
            ];
            table.sort(SortOrderSet::by(keys).in_categories(1, 0))?;
            let all = || -> Result<Vec<String>> { Ok(texts(&table.query_all_rows(0)?)) };
            assert_eq!(all()?, ["+Ann 2/2", "+Bob 1/1", "+Cid 1/1"]);
            let set = |n: usize, importance: i32| -> Result<()> {
                let message = edit(&folder, &ids[n])?;
                message.set(tags::IMPORTANCE, importance)?;
                message.save_changes(SaveFlags::NONE)
            };
            // The largest is now that of a row that did not change.
            set(0, 0)?;
            assert_eq!(all()?, ["+Ann 2/2", "+Bob 1/1", "+Cid 1/1"]);
            set(1, 0)?;
            assert_eq!(all()?, ["+Bob 1/1", "+Cid 1/1", "+Ann 2/2"]);
            set(3, 9)?;
            assert_eq!(all()?, ["+Cid 1/1", "+Bob 1/1", "+Ann 2/2"]);
            folder
                .delete_messages(&ids[2..], DeleteFlags::NONE)?
                .ignore_warning();
            set(1, 5)?;
            assert_eq!(all()?, ["+Ann 2/2"]);
            Ok(())
        }
    ),
    case!(
        "TAB-16",
        needs(SoftDelete),
        "soft-deleted messages stand in categories while they are deleted",
        |f| {
            let folder = six_by_two(f)?;
            let table = folder.deleted_contents().columns(COLUMNS).open()?;
            table.sort(sender(1))?;
            let all = || -> Result<Vec<String>> { Ok(texts(&table.query_all_rows(0)?)) };
            assert_eq!(all()?, [""; 0]);
            let ids = first_ids(&folder, 6)?;
            folder
                .delete_messages(&ids, DeleteFlags::NONE)?
                .ignore_warning();
            let whole = ["-Ann 4/2", "a1", "a2", "a3", "a4", "-Bob 2/1", "b1", "b2"];
            assert_eq!(all()?, whole);
            assert_eq!(folder.recover_messages(&ids[1..])?.value.done, 5);
            assert_eq!(all()?.len(), 2);
            let hard = folder.delete_messages(&ids[..1], DeleteFlags::HARD_DELETE)?;
            assert_eq!(hard.value.done, 1);
            assert_eq!(all()?, [""; 0]);
            Ok(())
        }
    ),
    case!(
        "TAB-16",
        needs(Associated),
        "associated messages stand in categories of their own table",
        |f| {
            let folder = six_by_two(f)?;
            let plain = by_sender(&folder, 0)?;
            let table = folder.associated().columns(COLUMNS).open()?;
            table.sort(sender(1))?;
            let all = |of: &Table| -> Result<Vec<String>> { Ok(texts(&of.query_all_rows(0)?)) };
            for (sender, subject) in [("Ann", "view"), ("Dan", "form")] {
                let message = folder.create_associated_message()?;
                message.set(tags::SENDER_NAME, sender)?;
                message.set(tags::SUBJECT, subject)?;
                message.save_changes(SaveFlags::NONE)?;
            }
            let told = all(&table)?;
            let keys: Vec<&str> = told.iter().map(|t| t.split(' ').next().unwrap()).collect();
            assert_eq!(keys, ["-Ann", "view", "-Dan", "form"]);
            assert_eq!(all(&plain)?, ["+Ann 4/2", "+Bob 2/1"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "RES_COUNT leaves categories of the first rows in the order of all keys",
        |f| {
            let folder = six_by_two(f)?;
            let table = by_sender(&folder, 1)?;
            table.restrict(Some(Restriction::Count {
                count: 3,
                child: Box::new(Restriction::exist(tags::SUBJECT)),
            }))?;
            let all = || -> Result<Vec<String>> { Ok(texts(&table.query_all_rows(0)?)) };
            assert_eq!(all()?, ["-Ann 3/2", "a1", "a2", "a3"]);
            send(&folder, "Ann", "a0", true)?;
            assert_eq!(all()?, ["-Ann 3/3", "a0", "a1", "a2"]);
            send(&folder, "Aaron", "z", true)?;
            assert_eq!(all()?, ["-Aaron 1/1", "z", "-Ann 2/2", "a0", "a1"]);
            Ok(())
        }
    ),
];

/// Unread messages of the senders S0, S1 and S2 by turns.
fn import(folder: &Folder, numbers: std::ops::Range<u32>) -> Result<()> {
    let item = |n: u32| {
        let mut tree = MessageTree::default();
        tree.props.set(tags::SENDER_NAME, format!("S{}", n % 3));
        tree.props.set(tags::SUBJECT, format!("{n:04}"));
        let time = mapi::FileTime(1_000_000 + u64::from(n));
        tree.props.set(tags::MESSAGE_DELIVERY_TIME, time);
        ImportItem {
            tree,
            flags: 0,
            source: None,
        }
    };
    folder.import(numbers.map(item).collect(), ImportOptions::default())?;
    Ok(())
}

fn first_ids(folder: &Folder, count: i64) -> Result<Vec<mapi::EntryId>> {
    let rows = folder.contents().open()?.query_rows(count)?;
    Ok(rows.iter().map(|row| row.entry_id().clone()).collect())
}
