//! TAB-*, STO-08, M-IMAPITable.*: what a table shows: columns, filter, order, all rows.

use mapi::{
    BitOp, Bookmark, Code, Depth, Direction, Folder, MapiProp, PropName, PropTag, PropType,
    PropValue, RelOp, Restriction, Result, SortColumn, SortOrder, SortOrderSet, Table, TableRow,
    columns, guids, message_flags, tags,
};

use crate::fixture::{add, add_subject, by_subject, code, matching, prop, subjects};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "TAB-01",
        needs(),
        "two tables over one folder do not know of each other",
        |f| {
            let folder = f.folder("Mail")?;
            for subject in ["b", "a", "c"] {
                add_subject(&folder, subject)?;
            }
            let (one, other) = (by_subject(&folder)?, by_subject(&folder)?);
            one.set_columns(columns![tags::SUBJECT])?;
            one.restrict(Restriction::property(tags::SUBJECT, RelOp::Ne, "b"))?;
            one.sort(SortOrderSet::by([SortColumn::descending(tags::SUBJECT)]))?;
            assert_eq!(subjects(&one)?, ["c", "a"]);
            assert_eq!(subjects(&other)?, ["a", "b", "c"]);
            assert_eq!(
                other.query_columns(),
                columns![tags::SUBJECT, tags::ENTRYID]
            );
            assert_eq!(
                other.query_sort_order().columns,
                [SortColumn::ascending(tags::SUBJECT)]
            );
            Ok(())
        }
    ),
    case!(
        "TAB-20",
        needs(),
        "all rows come at once, or none when there are too many",
        |f| {
            let folder = f.folder("Mail")?;
            for n in 0..60 {
                add_subject(&folder, &format!("{n:02}"))?;
            }
            let table = by_subject(&folder)?;
            assert_eq!(code(table.query_all_rows(50)), Code::TABLE_TOO_BIG);
            assert_eq!(code(table.query_all_rows(59)), Code::TABLE_TOO_BIG);
            for max in [60, 0] {
                let rows = table.query_all_rows(max)?;
                let read: Vec<_> = rows.iter().filter_map(|r| r.get(tags::SUBJECT)).collect();
                let all: Vec<_> = (0..60).map(|n| format!("{n:02}")).collect();
                assert_eq!(read, all, "max {max}");
            }
            Ok(())
        }
    ),
    case!(
        "TAB-22" + "PRP-12",
        needs(MvInstances),
        "an instance column makes a row of each value, a restriction never does",
        |f| {
            let folder = f.folder("Mail")?;
            let name = PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords");
            let words = f.store()?.named_tag(&name, PropType::MV_UNICODE)?;
            let list =
                |of: &[&str]| PropValue::MvUnicode(of.iter().map(|w| (*w).to_owned()).collect());
            let both = add(
                &folder,
                &[prop(tags::SUBJECT, "m"), (words, list(&["b", "a"]))],
            )?;
            let one = add(&folder, &[prop(tags::SUBJECT, "n"), (words, list(&["c"]))])?;
            let single = words.with_type(PropType::UNICODE);
            let instance = words.with_type(PropType(PropType::MV_UNICODE.0 | 0x2000));
            let table = folder
                .contents()
                .columns([instance, tags::INSTANCE_KEY.raw(), tags::SUBJECT.raw()])
                .sort([SortColumn::ascending(instance)])
                .open()?;
            let cells = |table: &Table| -> Result<Vec<(String, String)>> {
                let rows = table.query_all_rows(0)?;
                Ok(rows
                    .iter()
                    .map(|r| (text(r, words), text(r, tags::SUBJECT)))
                    .collect())
            };
            let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
            let rows = table.query_all_rows(0)?;
            assert_eq!(
                cells(&table)?,
                [pair("a", "m"), pair("b", "m"), pair("c", "n")]
            );
            let ids: Vec<_> = rows.iter().map(|r| r.entry_id().clone()).collect();
            assert_eq!(ids, [both.clone(), both.clone(), one.clone()]);
            let mut keys: Vec<_> = rows.iter().map(|r| r.get(tags::INSTANCE_KEY)).collect();
            keys.sort();
            keys.dedup();
            assert!(keys.len() == 3 && keys[0].is_some(), "{keys:?}");
            assert_eq!(table.row_count()?, 3);
            let is_b = |tag: PropTag| Restriction::Property {
                op: RelOp::Eq,
                tag,
                value_tag: single,
                value: "b".into(),
            };
            table.restrict(is_b(instance))?;
            assert_eq!(cells(&table)?, [pair("b", "m")]);
            table.restrict(is_b(words))?;
            assert_eq!(cells(&table)?, [pair("a", "m"), pair("b", "m")]);
            let plain = by_subject(&folder)?;
            plain.restrict(is_b(instance))?;
            assert!(plain.row_count()? <= 1, "Restrict never adds rows");
            plain.restrict(is_b(words))?;
            assert_eq!(subjects(&plain)?, ["m"]);
            // Order and doubles of a multi-value survive (PRP-12).
            let doubles = list(&["b", "a", "b"]);
            let kept = add(&folder, &[(words, doubles.clone())])?;
            let store = f.restart()?.default_store()?;
            let message = store.open_message(&kept, mapi::OpenFlags::NONE)?;
            assert_eq!(message.get_props(&[words])?.value[0].value, doubles);
            Ok(())
        }
    ),
    case!(
        "STO-08.1" + "M-IMAPIFolder.GetContentsTable",
        needs(),
        "unread messages of one class are found by class and flag",
        |f| {
            let folder = f.folder("Mail")?;
            for (subject, class, flags) in [
                ("unread 1", "IPM.Note", 0),
                ("unread 2", "ipm.note", 0),
                ("post", "IPM.Post", 0),
                ("read 1", "IPM.Note", message_flags::READ),
                ("read 2", "IPM.Note", message_flags::READ),
            ] {
                let class = prop(tags::MESSAGE_CLASS, class);
                let flags = prop(tags::MESSAGE_FLAGS, flags.cast_signed());
                add(&folder, &[prop(tags::SUBJECT, subject), class, flags])?;
            }
            let unread = Restriction::And(vec![
                Restriction::property(tags::MESSAGE_CLASS, RelOp::Eq, "IPM.Note"),
                Restriction::Bitmask {
                    op: BitOp::Zero,
                    tag: tags::MESSAGE_FLAGS.into(),
                    mask: message_flags::READ,
                },
            ]);
            assert_eq!(matching(&folder, unread)?, ["unread 1", "unread 2"]);
            Ok(())
        }
    ),
    case!(
        "STO-08.2" + "M-IMAPIFolder.GetContentsTable",
        needs(),
        "the order of setting up a table changes nothing",
        |f| {
            let folder = f.folder("Mail")?;
            for n in 0..30_i32 {
                let subject = format!("{:02}", (n * 7) % 30);
                add(
                    &folder,
                    &[
                        prop(tags::SUBJECT, subject),
                        prop(tags::PRIORITY, n % 3 - 1),
                    ],
                )?;
            }
            let columns = columns![tags::SUBJECT, tags::PRIORITY];
            let filter = Restriction::property(tags::PRIORITY, RelOp::Ge, 0);
            let sort = SortOrderSet::by([
                SortColumn::descending(tags::PRIORITY),
                SortColumn::ascending(tags::SUBJECT),
            ]);
            let orders = [
                [0, 1, 2],
                [0, 2, 1],
                [1, 0, 2],
                [1, 2, 0],
                [2, 0, 1],
                [2, 1, 0],
            ];
            let mut seen: Vec<Vec<(String, String)>> = Vec::new();
            for order in orders {
                let table = folder.contents().open()?;
                for step in order {
                    match step {
                        0 => table.set_columns(columns)?,
                        1 => table.restrict(filter.clone())?,
                        _ => table.sort(sort.clone())?,
                    }
                }
                let rows = table.query_all_rows(0)?;
                let cell = |r: &TableRow, n: usize| format!("{:?}", r.cells()[n].value);
                seen.push(rows.iter().map(|r| (cell(r, 1), cell(r, 0))).collect());
            }
            assert_eq!(seen[0].len(), 20);
            assert!(seen[0].first() > seen[0].last(), "sorted");
            assert!(seen.windows(2).all(|w| w[0] == w[1]));
            Ok(())
        }
    ),
    case!(
        "STO-08.3" + "M-IMAPIFolder.GetContentsTable",
        needs(),
        "the contents property is a table, not a value",
        |f| {
            let folder = f.folder("Mail")?;
            for subject in ["a", "b"] {
                add_subject(&folder, subject)?;
            }
            let tag = tags::CONTAINER_CONTENTS;
            let read = folder.get_props(&[tag])?;
            assert_eq!(read.warning, Some(Code::W_ERRORS_RETURNED));
            assert_eq!(read.value[0].tag, tag.with_type(PropType::ERROR));
            assert!(matches!(read.value[0].value, PropValue::Error(_)));
            assert!(folder.prop_list()?.contains(&tag));
            let (one, other) = (folder.open_table_property(tag)?, folder.contents().open()?);
            assert_eq!(one.query_columns(), other.query_columns());
            let cells = |t: &Table| -> Result<Vec<TableRow>> { t.query_all_rows(0) };
            assert_eq!(cells(&one)?.len(), 2);
            assert_eq!(cells(&one)?, cells(&other)?);
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.SetColumns" + "TAB-25",
        needs(),
        "cells come in column order, reserved and unknown ones too",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let table = folder.contents().open()?;
            let unknown = PropTag(0x6FFF_0003);
            let id_tag = tags::ENTRYID.raw();
            table.set_columns([tags::SUBJECT.raw(), PropTag::NULL, id_tag, unknown])?;
            let rows = table.query_rows(5)?;
            assert_eq!(rows.len(), 1);
            let values: Vec<PropValue> = rows[0].cells().iter().map(|c| c.value.clone()).collect();
            let expected = [
                PropValue::from("m"),
                PropValue::Null,
                PropValue::from(id.as_bytes()),
                PropValue::Error(Code::NOT_FOUND),
            ];
            assert_eq!(values, expected);
            let types: Vec<PropType> = rows[0].cells().iter().map(|c| c.tag.ty()).collect();
            assert_eq!(
                types,
                [
                    PropType::UNICODE,
                    PropType::NULL,
                    PropType::BINARY,
                    PropType::ERROR
                ]
            );
            assert_eq!(code(table.set_columns([])), Code::INVALID_PARAMETER);
            assert_eq!(
                table.query_columns().len(),
                4,
                "a failed call changes nothing"
            );
            // What a store must offer at least (TAB-25): with these columns, a filter and finding.
            add_subject(&folder, "n")?;
            let is_n = Restriction::property(tags::SUBJECT, RelOp::Eq, "n");
            let found = table.find_row(&is_n, Bookmark::Beginning, Direction::Forward)?;
            assert_eq!(found.value.get(tags::SUBJECT).as_deref(), Some("n"));
            table.restrict(is_n)?;
            assert_eq!(subjects(&table)?, ["n"]);
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.QueryColumns",
        needs(),
        "columns set, and all that there are",
        |f| {
            let folder = f.folder("Mail")?;
            let table = folder.contents().open()?;
            let defaults = table.query_columns();
            // STO-08 names them.
            let required = columns![
                tags::DISPLAY_CC,
                tags::DISPLAY_TO,
                tags::ENTRYID,
                tags::HASATTACH,
                tags::INSTANCE_KEY,
                tags::LAST_MODIFICATION_TIME,
                tags::MAPPING_SIGNATURE,
                tags::MESSAGE_CLASS,
                tags::MESSAGE_FLAGS,
                tags::MESSAGE_SIZE,
                tags::MSG_STATUS,
                tags::OBJECT_TYPE,
                tags::PARENT_ENTRYID,
                tags::RECORD_KEY,
                tags::STORE_ENTRYID,
                tags::STORE_RECORD_KEY,
            ];
            assert!(
                required.iter().all(|t| defaults.contains(t)),
                "{defaults:?}"
            );
            // And a saved message has each of them.
            add_subject(&folder, "m")?;
            let row = table.query_rows(1)?.remove(0);
            let missing: Vec<_> = required
                .iter()
                .filter(|t| row.value(**t).is_none())
                .collect();
            assert_eq!(missing, [&PropTag(0); 0]);
            table.set_columns(columns![tags::SUBJECT, tags::BODY])?;
            assert_eq!(table.query_columns(), columns![tags::SUBJECT, tags::BODY]);
            let all = table.query_all_columns();
            assert!(
                defaults.iter().all(|t| all.contains(t)),
                "ALL holds the default set"
            );
            assert!(all.contains(&tags::BODY.raw()), "and what is set");
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.GetRowCount",
        needs(),
        "rows of the view are counted",
        |f| {
            let folder = f.folder("Mail")?;
            for subject in ["ab", "b", "bc"] {
                add_subject(&folder, subject)?;
            }
            let table = by_subject(&folder)?;
            assert_eq!(table.row_count()?, 3);
            table.restrict(Restriction::content(
                tags::SUBJECT,
                mapi::MatchKind::Prefix,
                "b",
            ))?;
            assert_eq!(table.row_count()?, 2);
            let second = f.second_session()?.default_store()?.folder("Inbox/Mail")?;
            add_subject(&second, "bd")?;
            add_subject(&second, "a")?;
            assert_eq!(
                table.row_count()?,
                3,
                "an open table shows what another session added"
            );
            assert_eq!(subjects(&table)?, ["b", "bc", "bd"]);
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.Restrict",
        needs(),
        "a restriction replaces the one before",
        |f| {
            let folder = f.folder("Mail")?;
            for subject in ["a", "b", "c"] {
                add_subject(&folder, subject)?;
            }
            let table = by_subject(&folder)?;
            table.seek_row(Bookmark::Beginning, 2)?.ignore_warning();
            let mark = table.create_bookmark()?;
            let is = |s: &str| Restriction::property(tags::SUBJECT, RelOp::Eq, s);
            table.restrict(is("a"))?;
            assert_eq!(subjects(&table)?, ["a"]);
            assert_eq!(
                table.query_position()?.row,
                0,
                "the cursor is at the beginning"
            );
            assert_eq!(code(table.seek_row(mark, 0)), Code::INVALID_BOOKMARK);
            table.restrict(is("b"))?;
            assert_eq!(subjects(&table)?, ["b"], "not both at once");
            table.restrict(None)?;
            assert_eq!(subjects(&table)?, ["a", "b", "c"]);
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.SortTable",
        needs(),
        "missing values come last either way",
        |f| {
            let folder = f.folder("Mail")?;
            for (subject, importance) in [
                ("mid", Some(1)),
                ("none", None),
                ("low", Some(0)),
                ("high", Some(2)),
            ] {
                let mut props = vec![prop(tags::SUBJECT, subject)];
                props.extend(importance.map(|n: i32| prop(tags::IMPORTANCE, n)));
                add(&folder, &props)?;
            }
            let table = by_subject(&folder)?;
            let by = |order| {
                SortOrderSet::by([SortColumn {
                    tag: tags::IMPORTANCE.raw(),
                    order,
                }])
            };
            table.sort(by(SortOrder::Ascend))?;
            assert_eq!(subjects(&table)?, ["low", "mid", "high", "none"]);
            table.sort(by(SortOrder::Descend))?;
            assert_eq!(subjects(&table)?, ["high", "mid", "low", "none"]);
            // A sort that fails leaves the order as it was.
            table.seek_row(Bookmark::Beginning, 1)?.ignore_warning();
            let mark = table.create_bookmark()?;
            let before = table.query_sort_order();
            assert_eq!(
                code(table.sort(by(SortOrder::Combine))),
                Code::INVALID_PARAMETER
            );
            let no_order = SortOrderSet::by([SortColumn::ascending(tags::MESSAGE_ATTACHMENTS)]);
            assert_eq!(code(table.sort(no_order)), Code::TOO_COMPLEX);
            assert_eq!(table.query_sort_order(), before);
            assert_eq!(subjects(&table)?, ["high", "mid", "low", "none"]);
            table.seek_row(mark, 0)?.ignore_warning();
            assert_eq!(
                table.query_rows(1)?[0].get(tags::SUBJECT).as_deref(),
                Some("mid")
            );
            // One that works drops bookmarks.
            table.sort(by(SortOrder::Ascend))?;
            assert_eq!(code(table.seek_row(mark, 0)), Code::INVALID_BOOKMARK);
            Ok(())
        }
    ),
    case!(
        needs(),
        "text sorts by one collation, values by their type",
        |f| {
            let folder = f.folder("Mail")?;
            for subject in [
                "Zoe", "abel", "Ängel", "Bar", "bar", "éclair", "10", "9", "ß", "st",
            ] {
                let priority = if subject.len() > 3 { -1 } else { 2 };
                add(
                    &folder,
                    &[prop(tags::SUBJECT, subject), prop(tags::PRIORITY, priority)],
                )?;
            }
            let table = by_subject(&folder)?;
            let order = [
                "10", "9", "abel", "Ängel", "bar", "Bar", "éclair", "ß", "st", "Zoe",
            ];
            assert_eq!(subjects(&table)?, order);
            let keys = [
                SortColumn::ascending(tags::PRIORITY),
                SortColumn::descending(tags::SUBJECT),
            ];
            table.sort(SortOrderSet::by(keys))?;
            let by_number = [
                "éclair", "Ängel", "abel", "Zoe", "st", "ß", "Bar", "bar", "9", "10",
            ];
            assert_eq!(subjects(&table)?, by_number, "signed numbers first");
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.GetLastError",
        needs(),
        "a failing call leaves its own detail or none",
        |f| {
            let folder = f.folder("Mail")?;
            let table = by_subject(&folder)?;
            assert_eq!(
                code(table.free_bookmark(Bookmark::Custom(77))),
                Code::INVALID_BOOKMARK
            );
            let bad = Restriction::Property {
                op: RelOp::Eq,
                tag: tags::SUBJECT.into(),
                value_tag: tags::PRIORITY.into(),
                value: PropValue::Long(1),
            };
            assert_eq!(code(table.restrict(bad)), Code::TOO_COMPLEX);
            let told = table.last_error().map(|e| e.code);
            assert!(
                told.is_none() || told == Some(Code::TOO_COMPLEX),
                "{told:?}"
            );
            table.row_count()?;
            assert!(
                table.last_error().is_none(),
                "a success leaves nothing stale"
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "the hierarchy shows children, or all levels with their depth",
        |f| {
            let top = f.folder("a")?;
            let b = top.create_folder("b", None, mapi::CreateFolderFlags::NONE)?;
            b.create_folder("c", Some("deep"), mapi::CreateFolderFlags::NONE)?;
            let rows = |folder: &Folder, depth| -> Result<Vec<(Option<String>, Option<i32>)>> {
                let columns = columns![tags::DISPLAY_NAME, tags::DEPTH];
                let rows = folder
                    .hierarchy(depth)
                    .columns(columns)
                    .open()?
                    .query_all_rows(0)?;
                Ok(rows
                    .iter()
                    .map(|r| (r.get(tags::DISPLAY_NAME), r.get(tags::DEPTH)))
                    .collect())
            };
            let row = |name: &str, depth| (Some(name.to_owned()), Some(depth));
            assert_eq!(rows(&top, Depth::All)?, [row("b", 0), row("c", 1)]);
            assert_eq!(rows(&top, Depth::Children)?, [row("b", 0)]);
            let table = b.open_table_property(tags::CONTAINER_HIERARCHY)?;
            let only = table.query_all_rows(0)?;
            assert_eq!(only.len(), 1);
            assert_eq!(only[0].get(tags::COMMENT).as_deref(), Some("deep"));
            assert_eq!(
                only[0].get(tags::OBJECT_TYPE),
                Some(mapi::object_type::FOLDER)
            );
            assert_eq!(
                only[0].get(tags::DISPLAY_TYPE),
                Some(0x0100_0000),
                "DT_FOLDER"
            );
            assert_eq!(
                only[0].get(tags::FOLDER_TYPE),
                Some(mapi::folder_type::GENERIC)
            );
            Ok(())
        }
    ),
];

fn text(row: &TableRow, tag: impl Into<PropTag>) -> String {
    row.value(tag)
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}
