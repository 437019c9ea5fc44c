//! TAB-11 … TAB-14, STO-09, M-IMAPITable.*: cursors, bookmarks, fractions and finding rows.

use std::collections::BTreeSet;

use mapi::{
    Bookmark, Code, DeleteFlags, Direction, EntryId, FileTime, Folder, ImportItem, ImportOptions,
    MapiProp, MessageTree, PropTag, PropValue, RelOp, Restriction, Result, RowFlags, SaveFlags,
    SortColumn, SortOrder, TableRow, columns, message_flags, tags,
};

use crate::fixture::{add_subject, by_subject, code};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "STO-09.1" + "TAB-19",
        needs(),
        "a traversal in batches meets every message once and ends on no rows",
        |f| {
            let inbox = f.inbox()?;
            let mut expected: Vec<Vec<u8>> = Vec::new();
            for n in 0..237 {
                let id = add_subject(&inbox, &format!("{n}"))?;
                expected.push(id.as_bytes().to_vec());
            }
            let table = inbox.contents().columns(columns![tags::ENTRYID]).open()?;
            let mut visited = Vec::new();
            let mut batches = 0;
            loop {
                let rows = table.query_rows(50)?;
                batches += 1;
                if rows.is_empty() {
                    break;
                }
                for row in &rows {
                    let id = EntryId::from(row.get(tags::ENTRYID).unwrap());
                    assert_eq!(&id, row.entry_id());
                    let _: String = inbox.open_message(&id)?.get(tags::SUBJECT)?;
                    visited.push(id.as_bytes().to_vec());
                }
            }
            assert!(batches >= 6);
            assert!(table.query_rows(1)?.is_empty(), "the end stays the end");
            visited.sort();
            expected.sort();
            assert_eq!(visited, expected);
            Ok(())
        }
    ),
    case!(
        "STO-09.2",
        needs(),
        "rows that come and go while reading double nothing",
        |f| {
            let folder = f.folder("Mail")?;
            let ids = fill(&folder, 40)?;
            let table = by_subject(&folder)?;
            let mut seen = texts(&table.query_rows(10)?);
            // Another session takes rows away before, at and after the cursor, and puts some in.
            let other = f.second_session()?.default_store()?.folder("Inbox/Mail")?;
            let gone: Vec<EntryId> = [3, 9, 10, 20].map(|n: usize| ids[n].clone()).to_vec();
            assert_eq!(
                other.delete_messages(&gone, DeleteFlags::NONE)?.value.done,
                4
            );
            add_subject(&other, "00+")?;
            add_subject(&other, "25+")?;
            loop {
                let rows = table.query_rows(7)?;
                if rows.is_empty() {
                    break;
                }
                seen.extend(texts(&rows));
            }
            let unique: BTreeSet<&String> = seen.iter().collect();
            assert_eq!(unique.len(), seen.len(), "{seen:?}");
            let missed: Vec<String> = (0..40)
                .filter(|n| ![3, 9, 10, 20].contains(n))
                .map(|n| format!("{n:02}"))
                .filter(|s| !seen.contains(s))
                .collect();
            assert_eq!(missed, [""; 0]);
            assert!(seen.contains(&"25+".to_owned()) && !seen.contains(&"20".to_owned()));
            assert_eq!(code(folder.open_message(&ids[20])), Code::NOT_FOUND);
            Ok(())
        }
    ),
    case!("TAB-11", needs(), "each view has its own cursor", |f| {
        let folder = f.folder("Mail")?;
        fill(&folder, 6)?;
        let (one, other) = (by_subject(&folder)?, by_subject(&folder)?);
        assert_eq!(texts(&one.query_rows(4)?), ["00", "01", "02", "03"]);
        assert_eq!(texts(&other.query_rows(1)?), ["00"]);
        other.seek_row(Bookmark::End, 0)?.ignore_warning();
        assert_eq!(texts(&one.query_rows(1)?), ["04"]);
        assert_eq!(
            (one.query_position()?.row, other.query_position()?.row),
            (5, 6)
        );
        Ok(())
    }),
    case!("TAB-12", needs(), "a bookmark sticks to its row", |f| {
        let folder = f.folder("Mail")?;
        let ids = fill(&folder, 10)?;
        let table = by_subject(&folder)?;
        table.seek_row(Bookmark::Beginning, 4)?.ignore_warning();
        let mark = table.create_bookmark()?;
        for subject in ["00a", "00b", "05a"] {
            add_subject(&folder, subject)?;
        }
        let seek = |count| -> Result<(Option<Code>, Vec<String>)> {
            let moved = table.seek_row(mark, count)?;
            Ok((moved.warning, texts(&table.query_rows(1)?)))
        };
        assert_eq!(seek(0)?, (None, vec!["04".to_owned()]));
        assert_eq!(seek(-4)?, (None, vec!["00b".to_owned()]));
        // The row is renamed to the end: the bookmark goes with it.
        let message = crate::fixture::edit(&folder, &ids[4])?;
        message.set(tags::SUBJECT, "99")?;
        message.save_changes(mapi::SaveFlags::NONE)?;
        assert_eq!(seek(0)?, (None, vec!["99".to_owned()]));
        let five = {
            table.seek_row(Bookmark::Beginning, 0)?.ignore_warning();
            let is = Restriction::property(tags::SUBJECT, RelOp::Eq, "05");
            table
                .find_row(&is, Bookmark::Current, Direction::Forward)?
                .ignore_warning();
            table.create_bookmark()?
        };
        folder
            .delete_messages(std::slice::from_ref(&ids[5]), DeleteFlags::NONE)?
            .ignore_warning();
        let moved = table.seek_row(five, 0)?;
        assert_eq!(moved.warning, Some(Code::W_POSITION_CHANGED));
        assert_eq!(texts(&table.query_rows(1)?), ["05a"], "the next row");
        Ok(())
    }),
    case!(
        "TAB-13" + "M-IMAPITable.SeekRowApprox",
        needs(),
        "fractions lead to about where they say",
        |f| {
            let folder = f.folder("Mail")?;
            fill(&folder, 100)?;
            let table = by_subject(&folder)?;
            table.seek_row_approx(1, 2)?;
            let position = table.query_position()?;
            assert!((45..=55).contains(&position.row), "{position:?}");
            assert!(position.denominator > 0);
            let share = position.numerator * 100 / position.denominator;
            assert!((45..=55).contains(&share), "{position:?}");
            let row = table.query_rows(1)?;
            assert_eq!(texts(&row), [format!("{:02}", position.row)]);
            table.seek_row_approx(0, 7)?;
            assert_eq!(table.query_position()?.row, 0);
            table.seek_row_approx(3, 3)?;
            assert!(table.query_rows(1)?.is_empty());
            assert_eq!(texts(&table.query_rows(-1)?), ["99"]);
            assert_eq!(code(table.seek_row_approx(1, 0)), Code::INVALID_PARAMETER);
            Ok(())
        }
    ),
    case!(
        "TAB-14",
        needs(),
        "finding goes by the collation of the sort",
        |f| {
            let folder = f.folder("Mail")?;
            for name in [
                "Zora", "anna", "Mia", "lars", "Ludwig", "mark", "Émile", "Łukasz", "Nils",
            ] {
                folder.create_folder(name, None, mapi::CreateFolderFlags::NONE)?;
            }
            let table = folder
                .hierarchy(mapi::Depth::Children)
                .columns(columns![tags::DISPLAY_NAME])
                .sort([SortColumn::ascending(tags::DISPLAY_NAME)])
                .open()?;
            let all = table.query_all_rows(0)?;
            let names: Vec<String> = all
                .iter()
                .filter_map(|r| r.get(tags::DISPLAY_NAME))
                .collect();
            let from = |s: &str| Restriction::property(tags::DISPLAY_NAME, RelOp::Ge, s);
            let find = |s: &str, direction, bookmark| -> Result<Option<String>> {
                let row = table.find_row(&from(s), bookmark, direction)?;
                Ok(row.value.get(tags::DISPLAY_NAME))
            };
            assert_eq!(
                find("m", Direction::Forward, Bookmark::Beginning)?.as_deref(),
                Some("mark")
            );
            assert_eq!(
                find("e", Direction::Forward, Bookmark::Beginning)?.as_deref(),
                Some("Émile")
            );
            assert_eq!(
                find("lz", Direction::Forward, Bookmark::Beginning)?.as_deref(),
                Some("mark")
            );
            // All rows from the one found on compare greater, all before smaller: one collation.
            let at = names.iter().position(|n| n == "mark").unwrap();
            table.restrict(from("m"))?;
            let kept: Vec<String> = table
                .query_all_rows(0)?
                .iter()
                .filter_map(|r| r.get(tags::DISPLAY_NAME))
                .collect();
            assert_eq!(kept, names[at..]);
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.SeekRow",
        needs(),
        "seeking stops at the edges and says how far it went",
        |f| {
            let folder = f.folder("Mail")?;
            fill(&folder, 10)?;
            let table = by_subject(&folder)?;
            assert_eq!(table.seek_row(Bookmark::Beginning, 25)?.value, 10);
            assert!(table.query_rows(1)?.is_empty(), "at the end");
            assert_eq!(table.seek_row(Bookmark::Current, -3)?.value, -3);
            assert_eq!(texts(&table.query_rows(1)?), ["07"]);
            assert_eq!(table.seek_row(Bookmark::Current, -99)?.value, -8);
            assert_eq!(table.query_position()?.row, 0);
            assert_eq!(table.seek_row(Bookmark::End, -1)?.value, -1);
            assert_eq!(texts(&table.query_rows(5)?), ["09"]);
            assert_eq!(
                code(table.seek_row(Bookmark::Custom(9), 0)),
                Code::INVALID_BOOKMARK
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "long seeks count the same rows as short ones",
        |f| {
            let folder = f.folder("Mail")?;
            let items = (0..1200)
                .map(|n| ImportItem {
                    tree: subject_tree(&format!("{n:04}")),
                    flags: 0,
                    source: None,
                })
                .collect();
            folder.import(items, ImportOptions::default())?;
            let table = by_subject(&folder)?;
            assert_eq!(table.seek_row(Bookmark::Beginning, 1000)?.value, 1000);
            assert_eq!(texts(&table.query_rows(1)?), ["1000"]);
            assert_eq!(table.seek_row(Bookmark::Current, -700)?.value, -700);
            assert_eq!(texts(&table.query_rows(1)?), ["0301"]);
            assert_eq!(table.seek_row(Bookmark::Current, 5000)?.value, 898);
            assert!(table.query_rows(1)?.is_empty());
            assert_eq!(table.seek_row(Bookmark::Current, -5000)?.value, -1200);
            assert_eq!(texts(&table.rows(600..602)?), ["0600", "0601"]);
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.QueryPosition",
        needs(),
        "an empty table has a position too",
        |f| {
            let folder = f.folder("Mail")?;
            let table = by_subject(&folder)?;
            let empty = table.query_position()?;
            assert_eq!(empty.row, 0);
            assert!(empty.denominator >= 1);
            fill(&folder, 4)?;
            assert_eq!(table.query_rows(3)?.len(), 3);
            let after = table.query_position()?;
            assert_eq!((after.row, after.numerator * 4), (3, after.denominator * 3));
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.FindRow",
        needs(),
        "forward includes the origin, backward begins before it",
        |f| {
            let folder = f.folder("Mail")?;
            for n in 0..10 {
                let kind = if n == 2 || n == 5 { "hit" } else { "miss" };
                crate::fixture::add(
                    &folder,
                    &[
                        crate::fixture::prop(tags::SUBJECT, format!("{n:02}")),
                        crate::fixture::prop(tags::COMMENT, kind),
                    ],
                )?;
            }
            let table = by_subject(&folder)?;
            let hit = Restriction::property(tags::COMMENT, RelOp::Eq, "hit");
            let find = |bookmark, direction| -> Result<String> {
                let row = table.find_row(&hit, bookmark, direction)?;
                Ok(row.value.get(tags::SUBJECT).unwrap_or_default())
            };
            let (forward, backward) = (Direction::Forward, Direction::Backward);
            table.seek_row(Bookmark::Beginning, 5)?.ignore_warning();
            assert_eq!(find(Bookmark::Current, forward)?, "05");
            assert_eq!(
                table.query_position()?.row,
                5,
                "the cursor is at the row found"
            );
            assert_eq!(find(Bookmark::Current, backward)?, "02");
            assert_eq!(table.query_position()?.row, 2);
            assert_eq!(code(find(Bookmark::Current, backward)), Code::NOT_FOUND);
            assert_eq!(table.query_position()?.row, 2, "no hit, no move");
            assert_eq!(find(Bookmark::End, backward)?, "05");
            assert_eq!(code(find(Bookmark::Beginning, backward)), Code::NOT_FOUND);
            assert_eq!(code(find(Bookmark::End, forward)), Code::NOT_FOUND);
            assert_eq!(
                code(find(Bookmark::Custom(3), forward)),
                Code::INVALID_BOOKMARK
            );
            let columns = columns![tags::SUBJECT, tags::INSTANCE_KEY];
            table.set_columns(columns)?;
            let key = table.rows(7..8)?[0].get(tags::INSTANCE_KEY).unwrap();
            let by_key = Restriction::property(tags::INSTANCE_KEY, RelOp::Eq, key);
            let row = table.find_row(&by_key, Bookmark::Beginning, forward)?;
            assert_eq!(row.value.get(tags::SUBJECT).as_deref(), Some("07"));
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.CreateBookmark" + "M-IMAPITable.FreeBookmark",
        needs(),
        "a bookmark is freed once",
        |f| {
            let folder = f.folder("Mail")?;
            fill(&folder, 3)?;
            let table = by_subject(&folder)?;
            let mark = table.create_bookmark()?;
            let other = table.create_bookmark()?;
            table.free_bookmark(mark)?;
            assert_eq!(code(table.free_bookmark(mark)), Code::INVALID_BOOKMARK);
            assert_eq!(code(table.seek_row(mark, 0)), Code::INVALID_BOOKMARK);
            table.seek_row(other, 0)?.ignore_warning();
            for fixed in [Bookmark::Beginning, Bookmark::Current, Bookmark::End] {
                table.free_bookmark(fixed)?;
                table.seek_row(fixed, 0)?.ignore_warning();
            }
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.QueryRows",
        needs(),
        "rows before the cursor are read in table order",
        |f| {
            let folder = f.folder("Mail")?;
            fill(&folder, 10)?;
            let table = by_subject(&folder)?;
            let at = |row| table.seek_row(Bookmark::Beginning, row).map(|r| r.value);
            at(5)?;
            assert_eq!(texts(&table.query_rows(-3)?), ["02", "03", "04"]);
            assert_eq!(table.query_position()?.row, 5);
            let stay = RowFlags::NO_ADVANCE;
            assert_eq!(texts(&table.query_rows_with(-3, stay)?), ["02", "03", "04"]);
            assert_eq!(table.query_position()?.row, 2);
            assert_eq!(texts(&table.query_rows_with(2, stay)?), ["02", "03"]);
            assert_eq!(table.query_position()?.row, 2);
            assert_eq!(code(table.query_rows(0)), Code::INVALID_PARAMETER);
            at(8)?;
            assert_eq!(texts(&table.query_rows(5)?), ["08", "09"]);
            assert!(table.query_rows(5)?.is_empty());
            at(2)?;
            assert_eq!(texts(&table.query_rows(-5)?), ["00", "01"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a large folder is sorted like a small one, missing values last",
        |f| {
            // Enough rows for a store to keep an index of an order.
            let folder = f.folder("Mail")?;
            let items = (0..1500_i32).map(|n| ImportItem {
                tree: numbered(n),
                flags: message_flags::READ,
                source: None,
            });
            folder.import(items.collect(), ImportOptions::default())?;
            for tag in [tags::IMPORTANCE.raw(), tags::MESSAGE_DELIVERY_TIME.raw()] {
                for order in [SortOrder::Ascend, SortOrder::Descend] {
                    let table = folder
                        .contents()
                        .columns([tag, tags::INTERNET_ARTICLE_NUMBER.raw()]);
                    let table = table.sort([SortColumn { tag, order }]).open()?;
                    let rows = table.query_all_rows(0)?;
                    sorted(&rows, tag, order);
                    // Reading on in both directions and by number gives the same rows.
                    assert_eq!(table.rows(990..1010)?, rows[990..1010]);
                    table.seek_row(Bookmark::End, -700)?.ignore_warning();
                    assert_eq!(table.query_position()?.row, 800);
                    assert_eq!(table.query_rows(-300)?, rows[500..800]);
                    assert_eq!(table.query_rows(400)?, rows[800..1200]);
                    table.seek_row_approx(2, 3)?;
                    assert_eq!(table.query_rows(3)?, rows[1000..1003]);
                    // One row gets its value only now.
                    let last = rows[1499].entry_id();
                    let message = crate::fixture::edit(&folder, last)?;
                    message.set(tags::IMPORTANCE, 1)?;
                    message.set(tags::MESSAGE_DELIVERY_TIME, FileTime(7))?;
                    message.save_changes(SaveFlags::NONE)?;
                    let rows = table.query_all_rows(0)?;
                    sorted(&rows, tag, order);
                    assert_ne!(rows[1499].entry_id(), last);
                }
            }
            Ok(())
        }
    ),
];

/// Adds messages `00` to `count - 1` and returns their ids.
fn fill(folder: &Folder, count: usize) -> Result<Vec<EntryId>> {
    (0..count)
        .map(|n| add_subject(folder, &format!("{n:02}")))
        .collect()
}

fn texts(rows: &[TableRow]) -> Vec<String> {
    rows.iter()
        .map(|r| r.get(tags::SUBJECT).unwrap_or_default())
        .collect()
}

/// A message of which two in three have a delivery time, and two in three an importance.
fn numbered(n: i32) -> MessageTree {
    let mut tree = MessageTree::default();
    tree.props.set(tags::INTERNET_ARTICLE_NUMBER, n);
    if n % 3 != 0 {
        tree.props.set(
            tags::MESSAGE_DELIVERY_TIME,
            FileTime(u64::from((n * 7919 % 1500).unsigned_abs())),
        );
    }
    if n % 3 != 1 {
        tree.props.set(tags::IMPORTANCE, n * 31 % 5 - 2);
    }
    tree
}

/// Whether 1,500 rows stand in order, those without value last.
fn sorted(rows: &[TableRow], tag: PropTag, order: SortOrder) {
    assert_eq!(rows.len(), 1500);
    let key = |row: &TableRow| match row.value(tag) {
        Some(PropValue::Long(n)) => Some(i64::from(*n)),
        Some(PropValue::SysTime(t)) => Some(i64::try_from(t.0).unwrap()),
        _ => None,
    };
    let keys: Vec<Option<i64>> = rows.iter().map(key).collect();
    let values = keys.iter().take_while(|k| k.is_some()).count();
    assert!((1000..1100).contains(&values), "{values}");
    assert!(
        keys[values..].iter().all(Option::is_none),
        "missing values are last"
    );
    let in_order = |pair: &[Option<i64>]| match order {
        SortOrder::Descend => pair[0] >= pair[1],
        _ => pair[0] <= pair[1],
    };
    assert!(keys[..values].windows(2).all(in_order), "{tag} {order:?}");
}

fn subject_tree(subject: &str) -> MessageTree {
    let mut tree = MessageTree::default();
    tree.props.set(tags::SUBJECT, subject);
    tree
}
