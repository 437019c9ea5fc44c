//! TAB-16 … TAB-18, M-IMAPITable.ExpandRow and its kin: rows in categories.

use std::collections::BTreeSet;

use mapi::{
    Bookmark, Code, DeleteFlags, Depth, Direction, Folder, MapiProp, MatchKind, PropName, PropTag,
    PropType, PropValue, ReadFlags, RelOp, Restriction, Result, RowFlags, SaveFlags, SortColumn,
    SortOrder, SortOrderSet, Table, TableRow, columns, guids, tags,
};

use super::search_folders::{FLAT, search, subject_has};
use crate::fixture::{add, add_subject, code, edit, prop};
use crate::{Case, case};

/// PR_ROW_TYPE.
const LEAF: i32 = 1;
const EXPANDED: i32 = 3;
const COLLAPSED: i32 = 4;

pub(super) const CASES: &[Case] = &[
    case!(
        "TAB-16",
        needs(),
        "collapsed headings count the rows below them, unread ones too",
        |f| {
            let folder = six_by_two(f)?;
            let table = by_sender(&folder, 0)?;
            let rows = table.query_rows(10)?;
            assert_eq!(texts(&rows), ["+Ann 4/2", "+Bob 2/1"]);
            assert_eq!(table.row_count()?, 2);
            let mut keys = BTreeSet::new();
            for row in &rows {
                assert_eq!(row.get(tags::ROW_TYPE), Some(COLLAPSED));
                assert_eq!(row.get(tags::DEPTH), Some(0));
                assert_eq!(row.value(tags::SUBJECT), None, "no column of a heading");
                assert_eq!(row.value(tags::ENTRYID), None);
                assert!(row.entry_id().as_bytes().is_empty());
                assert!(keys.insert(row.get(tags::INSTANCE_KEY).unwrap()));
            }
            let other = f.second_session()?.default_store()?.folder("Inbox/Mail")?;
            let again = by_sender(&other, 0)?.query_rows(10)?;
            assert_eq!(again, rows, "the same headings in another session");
            Ok(())
        }
    ),
    case!(
        "TAB-16",
        needs(),
        "rows below an expanded heading show their columns, their keys too",
        |f| {
            let folder = six_by_two(f)?;
            let table = by_sender(&folder, 1)?;
            let rows = table.query_rows(10)?;
            let shown = ["-Ann 4/2", "a1", "a2", "a3", "a4", "-Bob 2/1", "b1", "b2"];
            assert_eq!(texts(&rows), shown);
            let mut keys = BTreeSet::new();
            for row in &rows {
                let heading = row.value(tags::SUBJECT).is_none();
                let (kind, depth) = if heading { (EXPANDED, 0) } else { (LEAF, 1) };
                assert_eq!(row.get(tags::ROW_TYPE), Some(kind));
                assert_eq!(row.get(tags::DEPTH), Some(depth));
                assert_eq!(row.value(tags::CONTENT_COUNT).is_some(), heading);
                assert!(row.get(tags::SENDER_NAME).is_some());
                assert_eq!(row.value(tags::ENTRYID).is_none(), heading);
                assert!(keys.insert(row.get(tags::INSTANCE_KEY).unwrap()));
            }
            // The rows are the folder's own, under the keys that they have in any table.
            let plain = folder.contents().columns(columns![tags::INSTANCE_KEY]);
            for row in plain.open()?.query_all_rows(0)? {
                assert!(keys.contains(&row.get(tags::INSTANCE_KEY).unwrap()));
            }
            Ok(())
        }
    ),
    case!(
        "TAB-16",
        needs(),
        "headings collapse by themselves, and a category is there only while it has rows",
        |f| {
            let folder = six_by_two(f)?;
            let table = by_sender(&folder, 1)?;
            let headings = headings(&table)?;
            assert_eq!(table.collapse_row(&headings[0])?, 4);
            let all = || -> Result<Vec<String>> { Ok(texts(&table.query_all_rows(0)?)) };
            assert_eq!(all()?, ["+Ann 4/2", "-Bob 2/1", "b1", "b2"]);
            let gone = |subject: &str| -> Result<()> {
                let is = Restriction::property(tags::SUBJECT, RelOp::Eq, subject);
                let row = folder.contents().restrict(is).open()?.query_rows(1)?;
                let id = row[0].entry_id().clone();
                folder
                    .delete_messages(&[id], DeleteFlags::NONE)?
                    .ignore_warning();
                Ok(())
            };
            gone("b1")?;
            assert_eq!(all()?, ["+Ann 4/2", "-Bob 1/0", "b2"]);
            gone("b2")?;
            assert_eq!(all()?, ["+Ann 4/2"]);
            send(&folder, "Bob", "b3", false)?;
            send(&folder, "Ann", "a5", true)?;
            send(&folder, "Aaron", "0", true)?;
            let now = ["-Aaron 1/1", "0", "+Ann 5/3", "-Bob 1/0", "b3"];
            assert_eq!(all()?, now);
            Ok(())
        }
    ),
    case!(
        "TAB-17",
        needs(),
        "CATEG_MAX orders categories by their newest message",
        |f| {
            let folder = f.folder("Mail")?;
            for (topic, subject, at) in [
                ("tea", "t1", 10),
                ("bread", "b1", 20),
                ("cake", "c1", 30),
                ("tea", "t2", 40),
                ("bread", "b2", 5),
                ("soup", "s1", 0),
            ] {
                let mut props = vec![
                    prop(tags::CONVERSATION_TOPIC, topic),
                    prop(tags::SUBJECT, subject),
                ];
                if at > 0 {
                    let time = mapi::FileTime(at);
                    props.push(prop(tags::MESSAGE_DELIVERY_TIME, time));
                }
                add(&folder, &props)?;
            }
            let topics = |order, by| -> Result<Vec<String>> {
                let keys = [
                    column(tags::CONVERSATION_TOPIC, order),
                    column(tags::MESSAGE_DELIVERY_TIME, by),
                    column(tags::SUBJECT, SortOrder::Ascend),
                ];
                let table = folder.contents().columns(COLUMNS).open()?;
                table.sort(SortOrderSet::by(keys).in_categories(1, 0))?;
                let rows = table.query_all_rows(0)?;
                let topic = |r: &TableRow| r.get(tags::CONVERSATION_TOPIC).unwrap();
                Ok(rows.iter().map(topic).collect())
            };
            use SortOrder::{Ascend, CategMax, CategMin, Descend};
            // Whatever the direction, categories without a time are last.
            let newest_last = ["bread", "cake", "tea", "soup"];
            assert_eq!(topics(Ascend, CategMax)?, newest_last);
            let newest_first = ["tea", "cake", "bread", "soup"];
            assert_eq!(topics(Descend, CategMax)?, newest_first);
            assert_eq!(topics(Ascend, CategMin)?, ["bread", "tea", "cake", "soup"]);
            assert_eq!(topics(Descend, CategMin)?, ["cake", "tea", "bread", "soup"]);
            Ok(())
        }
    ),
    case!(
        "TAB-17",
        needs(),
        "rows without a key are last, in a category of their own",
        |f| {
            let folder = f.folder("Mail")?;
            for importance in [Some(1), None, Some(0), Some(2), None] {
                let of = importance.map(|i| prop(tags::IMPORTANCE, i));
                add(&folder, &of.into_iter().collect::<Vec<_>>())?;
            }
            let rows = |order, categories| -> Result<Vec<Option<i32>>> {
                let table = folder.contents().columns(columns![tags::IMPORTANCE]);
                let table = table.open()?;
                let keys = [column(tags::IMPORTANCE, order)];
                table.sort(SortOrderSet::by(keys).in_categories(categories, 0))?;
                let rows = table.query_all_rows(0)?;
                Ok(rows.iter().map(|r| r.get(tags::IMPORTANCE)).collect())
            };
            let (one, two) = (Some(1), Some(2));
            assert_eq!(rows(SortOrder::Ascend, 0)?, [Some(0), one, two, None, None]);
            assert_eq!(
                rows(SortOrder::Descend, 0)?,
                [two, one, Some(0), None, None]
            );
            assert_eq!(rows(SortOrder::Ascend, 1)?, [Some(0), one, two, None]);
            assert_eq!(rows(SortOrder::Descend, 1)?, [two, one, Some(0), None]);
            Ok(())
        }
    ),
    case!(
        "TAB-17",
        needs(),
        "sort orders that contradict themselves are refused and change nothing",
        |f| {
            use SortOrder::{Ascend, CategMax, Combine};
            let folder = six_by_two(f)?;
            let table = by_sender(&folder, 0)?;
            let before = table.query_sort_order();
            let refuse = |orders: &[SortOrder], categories, expanded| {
                let keys = orders.iter().map(|o| column(tags::SUBJECT, *o));
                let sort = SortOrderSet::by(keys).in_categories(categories, expanded);
                code(table.sort(sort))
            };
            let invalid = Code::INVALID_PARAMETER;
            assert_eq!(refuse(&[Combine], 1, 0), invalid);
            assert_eq!(refuse(&[Combine, Ascend], 2, 0), invalid);
            assert_eq!(refuse(&[Ascend], 2, 0), invalid);
            assert_eq!(refuse(&[Ascend, Ascend], 1, 2), invalid);
            assert_eq!(refuse(&[Ascend, Ascend, Combine], 1, 0), invalid);
            assert_eq!(refuse(&[CategMax, Ascend], 1, 0), invalid);
            assert_eq!(refuse(&[Ascend, Ascend, CategMax], 1, 0), invalid);
            assert_eq!(refuse(&[Ascend; 5], 5, 0), Code::TOO_COMPLEX);
            let unread = SortOrderSet::by([SortColumn::ascending(tags::CONTENT_UNREAD)]);
            assert_eq!(code(table.sort(unread.in_categories(1, 0))), invalid);
            let children = f.inbox()?.hierarchy(Depth::Children).open()?;
            let names = SortOrderSet::by([SortColumn::ascending(tags::DISPLAY_NAME)]);
            let none = children.sort(names.in_categories(1, 0));
            assert_eq!(
                code(none),
                Code::NO_SUPPORT,
                "only messages have categories"
            );
            assert_eq!(table.query_sort_order(), before);
            assert_eq!(texts(&table.query_rows(9)?), ["+Ann 4/2", "+Bob 2/1"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "the first levels start expanded, as many as the sort order says",
        |f| {
            let folder = two_levels(f)?;
            let shown = |expanded| -> Result<Vec<String>> {
                Ok(texts(&levelled(&folder, expanded)?.query_all_rows(0)?))
            };
            assert_eq!(shown(0)?, ["+Ann 3/3", "+Bob 1/1"]);
            let headings = ["-Ann 3/3", ">0 2/2", ">1 1/1", "-Bob 1/1", ">0 1/1"];
            assert_eq!(shown(1)?, headings);
            let all = [
                "-Ann 3/3", "<0 2/2", "x", "z", "<1 1/1", "y", "-Bob 1/1", "<0 1/1", "w",
            ];
            assert_eq!(shown(2)?, all);
            let table = levelled(&folder, 2)?;
            let rows = table.query_all_rows(0)?;
            let depths: Vec<_> = rows.iter().filter_map(|r| r.get(tags::DEPTH)).collect();
            assert_eq!(depths, [0, 1, 2, 2, 1, 2, 0, 1, 2]);
            // A heading shows the keys above it too.
            assert_eq!(rows[1].get(tags::SENDER_NAME), Some("Ann".to_owned()));
            assert_eq!(rows[1].get(tags::IMPORTANCE), Some(0));
            assert_eq!(rows[0].get(tags::IMPORTANCE), None);
            Ok(())
        }
    ),
    case!(needs(), "combined keys make one level of headings", |f| {
        let folder = two_levels(f)?;
        let table = folder.contents().columns(COLUMNS).open()?;
        let keys = [
            column(tags::SENDER_NAME, SortOrder::Descend),
            column(tags::IMPORTANCE, SortOrder::Combine),
        ];
        table.sort(SortOrderSet::by(keys).in_categories(2, 0))?;
        let rows = table.query_all_rows(0)?;
        let key = |r: &TableRow| {
            let count = r.get(tags::CONTENT_COUNT).unwrap();
            (
                r.get(tags::SENDER_NAME).unwrap(),
                r.get(tags::IMPORTANCE),
                count,
            )
        };
        let keys: Vec<_> = rows.iter().map(key).collect();
        let of = |name: &str, n, count| (name.to_owned(), Some(n), count);
        assert_eq!(keys, [of("Bob", 0, 1), of("Ann", 1, 1), of("Ann", 0, 2)]);
        Ok(())
    }),
    case!(
        "TAB-18",
        needs(),
        "a restriction after a categorised sort makes the categories anew",
        |f| {
            let folder = six_by_two(f)?;
            let table = by_sender(&folder, 0)?;
            table.expand_row(&headings(&table)?[1], 0)?;
            let all = || -> Result<Vec<String>> { Ok(texts(&table.query_all_rows(0)?)) };
            assert_eq!(all()?, ["+Ann 4/2", "-Bob 2/1", "b1", "b2"]);
            let ones = Restriction::content(tags::SUBJECT, MatchKind::Substring, "1");
            table.restrict(ones)?;
            assert_eq!(all()?, ["+Ann 1/1", "-Bob 1/1", "b1"]);
            let bobs = Restriction::content(tags::SUBJECT, MatchKind::Prefix, "b");
            table.restrict(bobs)?;
            assert_eq!(all()?, ["-Bob 2/1", "b1", "b2"]);
            // Set up in another order the table shows the same.
            let other = folder.contents().open()?;
            other.sort(sender(1))?;
            other.restrict(Restriction::content(tags::SUBJECT, MatchKind::Prefix, "b"))?;
            other.set_columns(COLUMNS)?;
            assert_eq!(texts(&other.query_all_rows(0)?), all()?);
            table.restrict(None)?;
            assert_eq!(table.row_count()?, 4);
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.QuerySortOrder",
        needs(),
        "the sort order comes back as it was set",
        |f| {
            let folder = six_by_two(f)?;
            let table = folder.contents().columns(COLUMNS).open()?;
            assert_eq!(table.query_sort_order(), SortOrderSet::default());
            let keys = [
                column(tags::SENDER_NAME, SortOrder::Ascend),
                column(tags::MESSAGE_DELIVERY_TIME, SortOrder::Descend),
            ];
            let sort = SortOrderSet::by(keys).in_categories(1, 1);
            table.sort(sort.clone())?;
            let now = table.query_sort_order();
            assert_eq!(&now.columns[..2], keys);
            assert_eq!((now.categories, now.expanded), (1, 1));
            table.sort(SortOrderSet::default())?;
            assert_eq!(table.query_sort_order().categories, 0);
            assert_eq!(table.row_count()?, 6);
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.ExpandRow",
        needs(),
        "expanding gives the first rows and says how many there are",
        |f| {
            let folder = f.folder("Mail")?;
            for n in 1..=5 {
                send(&folder, "Ann", &format!("a{n}"), true)?;
            }
            send(&folder, "Bob", "b1", true)?;
            let table = by_sender(&folder, 0)?;
            let headings = headings(&table)?;
            let expanded = table.expand_row(&headings[0], 2)?;
            assert_eq!(
                (texts(&expanded.rows), expanded.added),
                (two("a1", "a2"), 5)
            );
            assert_eq!(
                texts(&table.query_rows(1)?),
                ["a3"],
                "the cursor is after them"
            );
            let again = table.expand_row(&headings[0], 2)?;
            assert_eq!((again.rows.len(), again.added), (0, 0), "it is expanded");
            assert_eq!(texts(&table.query_rows(1)?), ["a1"], "after the heading");
            let expanded = table.expand_row(&headings[1], 0)?;
            assert_eq!((expanded.rows.len(), expanded.added), (0, 1));
            assert_eq!(table.query_position()?.row, 7);
            assert_eq!(texts(&table.query_rows(9)?), ["b1"]);
            let none = Code::NOT_FOUND;
            assert_eq!(code(table.expand_row(b"0123456789abcdef", 1)), none);
            assert_eq!(code(table.expand_row(&[], 1)), none);
            let leaf = table.rows(1..2)?[0].get(tags::INSTANCE_KEY).unwrap();
            assert_eq!(code(table.expand_row(&leaf, 1)), none, "no heading");
            let plain = folder.contents().open()?;
            assert_eq!(code(plain.expand_row(&headings[0], 1)), none);
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.ExpandRow",
        needs(),
        "headings below an expanded one keep their own state",
        |f| {
            let folder = two_levels(f)?;
            let table = levelled(&folder, 1)?;
            let headings = headings(&table)?;
            assert_eq!(table.expand_row(&headings[1], 9)?.added, 2);
            assert_eq!(table.collapse_row(&headings[0])?, 4);
            let hidden = table.expand_row(&headings[1], 9);
            assert_eq!(code(hidden), Code::NOT_FOUND, "the heading is out of view");
            let expanded = table.expand_row(&headings[0], 3)?;
            assert_eq!(texts(&expanded.rows), ["<0 2/2", "x", "z"]);
            assert_eq!(expanded.added, 4);
            assert_eq!(texts(&table.query_rows(1)?), [">1 1/1"]);
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.CollapseRow",
        needs(),
        "a bookmark that is collapsed out of view stands at the next heading",
        |f| {
            let folder = six_by_two(f)?;
            let table = by_sender(&folder, 1)?;
            let headings = headings(&table)?;
            table.seek_row(Bookmark::Beginning, 2)?.ignore_warning();
            let mark = table.create_bookmark()?;
            assert_eq!(texts(&table.query_rows(1)?), ["a2"]);
            assert_eq!(table.collapse_row(&headings[0])?, 4);
            assert_eq!(
                texts(&table.query_rows(1)?),
                ["-Bob 2/1"],
                "so does the cursor"
            );
            let moved = table.seek_row(mark, 0)?;
            assert_eq!(moved.warning, Some(Code::W_POSITION_CHANGED));
            assert_eq!(texts(&table.query_rows(1)?), ["-Bob 2/1"]);
            assert_eq!(table.collapse_row(&headings[0])?, 0, "it is collapsed");
            assert_eq!(table.collapse_row(&headings[1])?, 2);
            assert_eq!(table.row_count()?, 2);
            assert_eq!(code(table.collapse_row(&[1; 16])), Code::NOT_FOUND);
            table.expand_row(&headings[0], 0)?;
            assert_eq!(table.seek_row(mark, 0)?.warning, None, "the row is in view");
            assert_eq!(texts(&table.query_rows(1)?), ["a2"]);
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.GetCollapseState" + "M-IMAPITable.SetCollapseState",
        needs(),
        "a saved state is set in another session, and gives its row back",
        |f| {
            let folder = f.folder("Mail")?;
            for (sender, subject) in [("A", "a1"), ("A", "a2"), ("B", "b1"), ("C", "c1")] {
                send(&folder, sender, subject, true)?;
            }
            let table = by_sender(&folder, 0)?;
            let heads = headings(&table)?;
            table.expand_row(&heads[0], 0)?;
            table.expand_row(&heads[2], 0)?;
            let state_of = ["-A 2/2", "a1", "a2", "+B 1/1", "-C 1/1", "c1"];
            assert_eq!(texts(&table.query_all_rows(0)?), state_of);
            let row = table.rows(2..3)?[0].get(tags::INSTANCE_KEY).unwrap();
            let saved = table.collapse_state(&row)?;
            let heading = table.collapse_state(&heads[1])?;
            drop(table);
            f.restart()?;
            let folder = f.inbox()?.child("Mail")?.unwrap();
            let table = by_sender(&folder, 0)?;
            let mark = table.set_collapse_state(&saved)?;
            assert_eq!(texts(&table.query_all_rows(0)?), state_of);
            assert_eq!(table.seek_row(mark, 0)?.warning, None);
            assert_eq!(texts(&table.query_rows(1)?), ["a2"]);
            let mark = table.set_collapse_state(&heading)?;
            table.seek_row(mark, 0)?.ignore_warning();
            assert_eq!(texts(&table.query_rows(1)?), ["+B 1/1"]);
            // What was expanded since is collapsed again.
            table.expand_row(&heads[1], 0)?;
            table.collapse_row(&heads[0])?;
            table.set_collapse_state(&saved)?;
            assert_eq!(texts(&table.query_all_rows(0)?), state_of);
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.GetCollapseState" + "M-IMAPITable.SetCollapseState",
        needs(),
        "a state of another view, or no state at all, is refused",
        |f| {
            let folder = six_by_two(f)?;
            let table = by_sender(&folder, 0)?;
            let heads = headings(&table)?;
            table.expand_row(&heads[0], 0)?;
            let saved = table.collapse_state(&heads[1])?;
            assert_eq!(code(table.collapse_state(&[])), Code::INVALID_PARAMETER);
            assert_eq!(code(table.collapse_state(&[7; 16])), Code::NOT_FOUND);
            let unable = Code::UNABLE_TO_COMPLETE;
            let refuse = |bytes: &[u8]| assert_eq!(code(table.set_collapse_state(bytes)), unable);
            for end in 0..saved.len() {
                refuse(&saved[..end]);
                let mut bad = saved.clone();
                bad[end] ^= 0x40;
                refuse(&bad);
            }
            table.restrict(Restriction::exist(tags::SUBJECT))?;
            refuse(&saved);
            table.restrict(None)?;
            table.sort(sender(1))?;
            refuse(&saved);
            table.sort(sender(0))?;
            assert_eq!(texts(&table.query_all_rows(0)?), ["+Ann 4/2", "+Bob 2/1"]);
            table.set_collapse_state(&saved)?;
            assert_eq!(table.row_count()?, 6);
            let elsewhere = by_sender(&f.inbox()?, 0)?;
            assert_eq!(code(elsewhere.set_collapse_state(&saved)), unable);
            let plain = folder.contents().open()?;
            assert_eq!(code(plain.collapse_state(&heads[0])), Code::NO_SUPPORT);
            assert_eq!(code(plain.set_collapse_state(&saved)), Code::NO_SUPPORT);
            Ok(())
        }
    ),
    case!(
        needs(),
        "cursor, fractions and bookmarks count the rows in view",
        |f| {
            let folder = six_by_two(f)?;
            let table = by_sender(&folder, 0)?;
            table.expand_row(&headings(&table)?[1], 0)?;
            // +Ann, -Bob, b1, b2
            table.seek_row(Bookmark::End, 0)?.ignore_warning();
            assert_eq!(texts(&table.query_rows(-2)?), two("b1", "b2"));
            let place = table.query_position()?;
            assert_eq!((place.row, place.numerator, place.denominator), (4, 4, 4));
            table.seek_row_approx(1, 2)?;
            assert_eq!(
                texts(&table.query_rows_with(1, RowFlags::NO_ADVANCE)?),
                ["b1"]
            );
            assert_eq!(table.seek_row(Bookmark::Current, -9)?.value, -2);
            assert_eq!(table.seek_row(Bookmark::Beginning, 9)?.value, 4);
            table.seek_row(Bookmark::Beginning, 1)?.ignore_warning();
            let mark = table.create_bookmark()?;
            send(&folder, "Aaron", "0", true)?;
            send(&folder, "Bob", "b0", true)?;
            let moved = table.seek_row(mark, 0)?;
            assert_eq!(moved.warning, None, "a bookmark of a heading follows it");
            assert_eq!(texts(&table.query_rows(2)?), two("-Bob 3/2", "b0"));
            assert_eq!(texts(&table.rows(1..3)?), two("+Ann 4/2", "-Bob 3/2"));
            Ok(())
        }
    ),
    case!(needs(), "a search finds headings and rows in view", |f| {
        let folder = six_by_two(f)?;
        let table = by_sender(&folder, 0)?;
        let heads = headings(&table)?;
        table.expand_row(&heads[1], 0)?;
        let find = |what: &Restriction, from, direction| -> Result<String> {
            let row = table.find_row(what, from, direction)?.ignore_warning();
            Ok(texts(&[row]).remove(0))
        };
        use Bookmark::{Beginning, Current, End};
        use Direction::{Backward, Forward};
        let from_b = Restriction::property(tags::SENDER_NAME, RelOp::Ge, "B");
        assert_eq!(find(&from_b, Beginning, Forward)?, "-Bob 2/1");
        assert_eq!(find(&from_b, End, Backward)?, "b2");
        let key = |key: &[u8]| Restriction::property(tags::INSTANCE_KEY, RelOp::Eq, key);
        assert_eq!(find(&key(&heads[1]), Beginning, Forward)?, "-Bob 2/1");
        assert_eq!(find(&key(&heads[0]), Current, Backward)?, "+Ann 4/2");
        let past = table.find_row(&key(&heads[0]), Bookmark::End, Backward);
        assert_eq!(past?.value.get(tags::DEPTH), Some(0));
        let hidden = Restriction::property(tags::SUBJECT, RelOp::Eq, "a1");
        let found = table.find_row(&hidden, Beginning, Forward);
        assert_eq!(code(found), Code::NOT_FOUND, "collapsed");
        let collapsed = Restriction::property(tags::ROW_TYPE, RelOp::Eq, COLLAPSED);
        assert_eq!(find(&collapsed, End, Backward)?, "+Ann 4/2");
        let deep = Restriction::property(tags::DEPTH, RelOp::Eq, 1);
        assert_eq!(find(&deep, Beginning, Forward)?, "b1");
        assert_eq!(find(&deep.negate(), End, Backward)?, "-Bob 2/1");
        let many = Restriction::property(tags::CONTENT_COUNT, RelOp::Gt, 3);
        assert_eq!(find(&many, Beginning, Forward)?, "+Ann 4/2");
        assert_eq!(
            code(table.find_row(&many, Current, Backward)),
            Code::NOT_FOUND
        );
        Ok(())
    }),
    case!(
        needs(MvInstances),
        "a multi-valued key puts a row under the heading of each value",
        |f| {
            let folder = f.folder("Mail")?;
            let name = PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords");
            let words = f.store()?.named_tag(&name, PropType::MV_UNICODE)?;
            let list =
                |of: &[&str]| PropValue::MvUnicode(of.iter().map(|w| (*w).to_owned()).collect());
            let both = (words, list(&["red", "blue"]));
            add(&folder, &[prop(tags::SUBJECT, "both"), both])?;
            add(
                &folder,
                &[prop(tags::SUBJECT, "red"), (words, list(&["red"]))],
            )?;
            add_subject(&folder, "none")?;
            let instance = words.with_type(PropType(PropType::MV_UNICODE.0 | 0x2000));
            let table = folder.contents().columns([
                instance,
                tags::SUBJECT.raw(),
                tags::CONTENT_COUNT.raw(),
                tags::INSTANCE_KEY.raw(),
            ]);
            let table = table.open()?;
            let keys = [instance, tags::SUBJECT.raw()].map(SortColumn::ascending);
            table.sort(SortOrderSet::by(keys).in_categories(1, 1))?;
            let rows = table.query_all_rows(0)?;
            let told = |r: &TableRow| {
                let word = r.value(words).and_then(PropValue::as_str).unwrap_or("?");
                match r.get(tags::CONTENT_COUNT) {
                    Some(n) => format!("{word} {n}"),
                    None => format!("{word}: {}", r.get(tags::SUBJECT).unwrap()),
                }
            };
            let told: Vec<_> = rows.iter().map(told).collect();
            let expected = [
                "blue 1",
                "blue: both",
                "red 2",
                "red: both",
                "red: red",
                "? 1",
                "?: none",
            ];
            assert_eq!(told, expected);
            let keys: BTreeSet<_> = rows.iter().map(|r| r.get(tags::INSTANCE_KEY)).collect();
            assert_eq!(keys.len(), rows.len());
            Ok(())
        }
    ),
    case!(
        needs(),
        "a row that changes its key goes to another category",
        |f| {
            let folder = six_by_two(f)?;
            let table = by_sender(&folder, 1)?;
            table.seek_row(Bookmark::Beginning, 1)?.ignore_warning();
            let mark = table.create_bookmark()?;
            let row = table.query_rows(1)?.remove(0);
            assert_eq!(texts(std::slice::from_ref(&row)), ["a1"]);
            let message = edit(&folder, row.entry_id())?;
            message.set(tags::SENDER_NAME, "Cid")?;
            message.save_changes(SaveFlags::NONE)?;
            let all = texts(&table.query_all_rows(0)?);
            let now = [
                "-Ann 3/1", "a2", "a3", "a4", "-Bob 2/1", "b1", "b2", "-Cid 1/1", "a1",
            ];
            assert_eq!(all, now);
            assert_eq!(table.seek_row(mark, 0)?.warning, None);
            assert_eq!(
                texts(&table.query_rows(1)?),
                ["a1"],
                "the bookmark went along"
            );
            let ids = [row.entry_id().clone()];
            folder
                .set_read_flags(Some(&ids), ReadFlags::NONE)?
                .ignore_warning();
            assert_eq!(texts(&table.rows(7..8)?), ["-Cid 1/0"]);
            Ok(())
        }
    ),
    case!(
        needs(Search),
        "a search folder in categories follows the folders that it searches",
        |f| {
            let mail = six_by_two(f)?;
            let scope = [&mail];
            let found = search(f, "Found", &subject_has("b"), &scope, FLAT)?;
            let table = by_sender(&found, 1)?;
            let all = || -> Result<Vec<String>> { Ok(texts(&table.query_all_rows(0)?)) };
            assert_eq!(all()?, ["-Bob 2/1", "b1", "b2"]);
            send(&mail, "Ann", "ab", true)?;
            send(&mail, "Ann", "ac", true)?;
            let now = ["-Ann 1/1", "ab", "-Bob 2/1", "b1", "b2"];
            assert_eq!(all()?, now);
            assert_eq!(table.collapse_row(&headings(&table)?[1])?, 2);
            let row = table.rows(1..2)?.remove(0);
            let read = mail.set_read_flags(Some(&[row.entry_id().clone()]), ReadFlags::NONE)?;
            assert_eq!(read.warning, None);
            assert_eq!(all()?, ["-Ann 1/0", "ab", "+Bob 2/1"]);
            let gone = mail.delete_messages(&[row.entry_id().clone()], DeleteFlags::NONE)?;
            assert_eq!(gone.value.done, 1);
            assert_eq!(all()?, ["+Bob 2/1"]);
            Ok(())
        }
    ),
];

pub(super) const COLUMNS: [PropTag; 10] = [
    tags::SENDER_NAME.raw(),
    tags::SUBJECT.raw(),
    tags::ENTRYID.raw(),
    tags::INSTANCE_KEY.raw(),
    tags::DEPTH.raw(),
    tags::ROW_TYPE.raw(),
    tags::CONTENT_COUNT.raw(),
    tags::CONTENT_UNREAD.raw(),
    tags::IMPORTANCE.raw(),
    tags::CONVERSATION_TOPIC.raw(),
];

pub(super) fn column(tag: impl Into<PropTag>, order: SortOrder) -> SortColumn {
    SortColumn {
        tag: tag.into(),
        order,
    }
}

/// By sender as category, then subject.
pub(super) fn sender(expanded: u32) -> SortOrderSet {
    let keys = [tags::SENDER_NAME, tags::SUBJECT].map(SortColumn::ascending);
    SortOrderSet::by(keys).in_categories(1, expanded)
}

pub(super) fn by_sender(folder: &Folder, expanded: u32) -> Result<Table> {
    let table = folder.contents().columns(COLUMNS).open()?;
    table.sort(sender(expanded))?;
    Ok(table)
}

pub(super) fn send(folder: &Folder, sender: &str, subject: &str, unread: bool) -> Result<()> {
    let props = [
        prop(tags::SENDER_NAME, sender),
        prop(tags::SUBJECT, subject),
        prop(tags::MESSAGE_FLAGS, i32::from(!unread)),
    ];
    add(folder, &props).map(drop)
}

/// Four messages of Ann, two of them unread, and two of Bob, one of them unread.
pub(super) fn six_by_two(f: &crate::Fixture) -> Result<Folder> {
    let folder = f.folder("Mail")?;
    for (sender, subject, unread) in [
        ("Bob", "b1", true),
        ("Ann", "a3", false),
        ("Ann", "a1", true),
        ("Bob", "b2", false),
        ("Ann", "a2", true),
        ("Ann", "a4", false),
    ] {
        send(&folder, sender, subject, unread)?;
    }
    Ok(folder)
}

/// Messages by sender, then importance, then subject.
fn levelled(folder: &Folder, expanded: u32) -> Result<Table> {
    let table = folder.contents().columns(COLUMNS).open()?;
    let keys = [
        column(tags::SENDER_NAME, SortOrder::Ascend),
        column(tags::IMPORTANCE, SortOrder::Ascend),
        column(tags::SUBJECT, SortOrder::Ascend),
    ];
    table.sort(SortOrderSet::by(keys).in_categories(2, expanded))?;
    Ok(table)
}

fn two_levels(f: &crate::Fixture) -> Result<Folder> {
    let folder = f.folder("Mail")?;
    for (sender, importance, subject) in [
        ("Bob", 0, "w"),
        ("Ann", 0, "z"),
        ("Ann", 1, "y"),
        ("Ann", 0, "x"),
    ] {
        let props = [
            prop(tags::SENDER_NAME, sender),
            prop(tags::IMPORTANCE, importance),
            prop(tags::SUBJECT, subject),
            prop(tags::MESSAGE_FLAGS, 0),
        ];
        add(&folder, &props)?;
    }
    Ok(folder)
}

/// The instance keys of the headings in view.
fn headings(table: &Table) -> Result<Vec<Vec<u8>>> {
    let rows = table.query_all_rows(0)?;
    let heads = rows.iter().filter(|r| r.get(tags::ROW_TYPE) != Some(LEAF));
    Ok(heads.map(|r| r.get(tags::INSTANCE_KEY).unwrap()).collect())
}

/// Headings as state, key, rows and unread rows; others by their subjects.
pub(super) fn texts(rows: &[TableRow]) -> Vec<String> {
    let text = |row: &TableRow| {
        let expanded = match row.get(tags::ROW_TYPE).unwrap() {
            LEAF => return row.get(tags::SUBJECT).unwrap(),
            kind => kind == EXPANDED,
        };
        let deep = row.get(tags::DEPTH) == Some(1);
        let (state, key) = if deep {
            let key = row.get(tags::IMPORTANCE).unwrap().to_string();
            (if expanded { "<" } else { ">" }, key)
        } else {
            let key = row.get(tags::SENDER_NAME).unwrap_or_default();
            (if expanded { "-" } else { "+" }, key)
        };
        let count = row.get(tags::CONTENT_COUNT).unwrap();
        let unread = row.get(tags::CONTENT_UNREAD).unwrap();
        format!("{state}{key} {count}/{unread}")
    };
    rows.iter().map(text).collect()
}

fn two(a: &str, b: &str) -> Vec<String> {
    vec![a.to_owned(), b.to_owned()]
}
