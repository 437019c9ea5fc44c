//! TAB-14, TAB-18, TAB-22, M-IMAPITable.*: rows per value, orders of many values, limits of bookmarks, type-ahead.

use mapi::{
    Bookmark, Code, Direction, Folder, MatchKind, PropTag, PropType, PropValue, RelOp, Restriction,
    Result, RowFlags, SortColumn, SortOrderSet, Table, TableFlags, TableRow, columns, tags,
};

use crate::fixture::{add, add_subject, by_subject, code, prop, subjects};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "TAB-22",
        needs(MvInstances),
        "two instance columns make a row of each pair, and bookmarks go with them",
        |f| {
            let folder = f.folder("Mail")?;
            let all = [words("m", &["b", "a"], &[3, 1, 2]), words("n", &[], &[9])];
            for props in all {
                add(&folder, &props)?;
            }
            let table = by_subject(&folder)?;
            table.seek_row(Bookmark::Beginning, 1)?.ignore_warning();
            let mark = table.create_bookmark()?;
            // A whole array stands in one cell until instances are asked for.
            table.set_columns([tags::SUBJECT.raw(), WORDS, NUMBERS])?;
            assert_eq!(
                table.query_rows(1)?[0].get(tags::SUBJECT).as_deref(),
                Some("n")
            );
            let first = table.rows(0..1)?.remove(0);
            assert_eq!(first.cells()[2].value, PropValue::MvLong(vec![3, 1, 2]));
            table.seek_row(mark, 0)?.ignore_warning();
            // More rows by the columns: bookmarks are gone, the cursor is at the beginning.
            let (word, number) = (instance(WORDS), instance(NUMBERS));
            let both = [tags::SUBJECT.raw(), word, number, tags::INSTANCE_KEY.raw()];
            table.set_columns(both)?;
            assert_eq!(code(table.seek_row(mark, 0)), Code::INVALID_BOOKMARK);
            assert_eq!(table.query_position()?.row, 0);
            table.sort(SortOrderSet::by([
                SortColumn::ascending(word),
                SortColumn::descending(number),
            ]))?;
            let rows = table.query_all_rows(0)?;
            let cell = |r: &TableRow, n: usize| r.cells()[n].value.clone();
            let pairs: Vec<_> = rows.iter().map(|r| (cell(r, 1), cell(r, 2))).collect();
            let pair = |w: &str, n: i32| (PropValue::from(w), PropValue::Long(n));
            let expected = [
                pair("a", 3),
                pair("a", 2),
                pair("a", 1),
                pair("b", 3),
                pair("b", 2),
                pair("b", 1),
                (PropValue::Error(Code::NOT_FOUND), PropValue::Long(9)),
            ];
            assert_eq!(pairs, expected);
            let mut keys: Vec<_> = rows.iter().map(|r| r.get(tags::INSTANCE_KEY)).collect();
            keys.sort();
            keys.dedup();
            assert_eq!(keys.len(), 7, "each row has its own key");
            // Each of them is found by its key.
            for row in &rows {
                let key = row.get(tags::INSTANCE_KEY).unwrap();
                let this = Restriction::property(tags::INSTANCE_KEY, RelOp::Eq, key);
                let found = table.find_row(&this, Bookmark::Beginning, Direction::Forward)?;
                assert_eq!(found.value, *row);
            }
            // Of a property with one value the flag asks in vain.
            let single = instance(tags::SUBJECT.raw());
            let plain = by_subject(&folder)?;
            plain.set_columns([single])?;
            let cells: Vec<_> = plain
                .query_all_rows(0)?
                .iter()
                .map(|r| cell(r, 0))
                .collect();
            assert_eq!(cells, [PropValue::from("m"), "n".into()]);
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.SortTable",
        needs(),
        "without instances whole arrays are compared, value by value",
        |f| {
            let folder = f.folder("Mail")?;
            for (subject, list) in [
                ("ac", &["a", "c"][..]),
                ("none", &[]),
                ("b", &["b"]),
                ("a", &["a"]),
                ("ab", &["a", "b"]),
            ] {
                add(&folder, &words(subject, list, &[]))?;
            }
            let table = by_subject(&folder)?;
            table.sort(SortOrderSet::by([SortColumn::ascending(WORDS)]))?;
            assert_eq!(subjects(&table)?, ["a", "ab", "ac", "b", "none"]);
            table.sort(SortOrderSet::by([SortColumn::descending(WORDS)]))?;
            assert_eq!(subjects(&table)?, ["b", "ac", "ab", "a", "none"]);
            assert_eq!(table.row_count()?, 5, "each message is one row");
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.CreateBookmark" + "M-IMAPITable.FreeBookmark",
        needs(),
        "a table has so many bookmarks and no more",
        |f| {
            let folder = f.folder("Mail")?;
            add_subject(&folder, "m")?;
            let table = by_subject(&folder)?;
            let marks: Vec<Bookmark> = (0..1024)
                .map(|_| table.create_bookmark())
                .collect::<Result<_>>()?;
            assert_eq!(code(table.create_bookmark()), Code::UNABLE_TO_COMPLETE);
            table.free_bookmark(marks[77])?;
            let again = table.create_bookmark()?;
            assert!(!marks.contains(&again), "what was freed stays free");
            assert_eq!(code(table.free_bookmark(marks[77])), Code::INVALID_BOOKMARK);
            table.seek_row(marks[78], 0)?.ignore_warning();
            assert_eq!(table.query_rows(1)?.len(), 1);
            // They are one table's own.
            let other = by_subject(&folder)?;
            assert_eq!(code(other.seek_row(again, 0)), Code::INVALID_BOOKMARK);
            Ok(())
        }
    ),
    case!(
        "TAB-14" + "M-IMAPITable.FindRow",
        needs(),
        "typing ahead leads from prefix to prefix, in either direction",
        |f| {
            let folder = f.folder("Mail")?;
            for name in ["mark", "Mia", "maria", "Zoe", "anna", "Marek", "Łukasz"] {
                add_subject(&folder, name)?;
            }
            let table = by_subject(&folder)?;
            let ge = |s: &str| Restriction::property(tags::SUBJECT, RelOp::Ge, s);
            let typed = |text: &str, how, from| -> Result<String> {
                let found = table.find_row(&ge(text), from, how)?;
                Ok(found.value.get(tags::SUBJECT).unwrap_or_default())
            };
            let order = ["anna", "Łukasz", "Marek", "maria", "mark", "Mia", "Zoe"];
            assert_eq!(subjects(&table)?, order);
            for (text, expected) in [
                ("m", "Marek"),
                ("mar", "Marek"),
                ("mari", "maria"),
                ("mi", "Mia"),
            ] {
                let found = typed(text, Direction::Forward, Bookmark::Beginning)?;
                assert_eq!(found, expected, "{text}");
            }
            // On a descending column the same is asked from the end backward.
            table.sort(SortOrderSet::by([SortColumn::descending(tags::SUBJECT)]))?;
            for (text, expected) in [("m", "Marek"), ("mari", "maria"), ("n", "Zoe")] {
                let found = typed(text, Direction::Backward, Bookmark::End)?;
                assert_eq!(found, expected, "{text}");
            }
            assert_eq!(
                code(typed("zz", Direction::Backward, Bookmark::End)),
                Code::NOT_FOUND
            );
            // A prefix as such, whatever its case, from the row found on.
            let prefix = Restriction::Content {
                kind: MatchKind::Prefix,
                fuzzy: mapi::FuzzyLevel {
                    ignore_case: true,
                    ..mapi::FuzzyLevel::default()
                },
                tag: tags::SUBJECT.raw(),
                value_tag: tags::SUBJECT.raw(),
                value: "MAR".into(),
            };
            let mut found = Vec::new();
            table.seek_row(Bookmark::Beginning, 0)?.ignore_warning();
            while let Ok(row) = table.find_row(&prefix, Bookmark::Current, Direction::Forward) {
                found.extend(row.value.get(tags::SUBJECT));
                table.seek_row(Bookmark::Current, 1)?.ignore_warning();
            }
            assert_eq!(found, ["mark", "maria", "Marek"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "calls of tables refuse flags that they do not know",
        |f| {
            for bits in [0x4, 0x8000_0000] {
                assert_eq!(code(TableFlags::from_bits(bits)), Code::UNKNOWN_FLAGS);
            }
            assert_eq!(code(RowFlags::from_bits(0x2)), Code::UNKNOWN_FLAGS);
            let both = TableFlags::from_bits(0x3)?;
            // Put off is stronger than done in the background.
            let folder = f.folder("Mail")?;
            let table = in_background(&folder, both)?;
            assert_eq!(code(table.abort()), Code::UNABLE_TO_ABORT);
            assert_eq!(subjects(&table)?, ["b", "a"]);
            Ok(())
        }
    ),
];

/// Any multi-valued properties will do.
const WORDS: PropTag = PropTag::new(0x3A58, PropType::MV_UNICODE);
const NUMBERS: PropTag = PropTag::new(0x66F1, PropType::MV_LONG);

fn instance(tag: PropTag) -> PropTag {
    tag.with_type(PropType(tag.ty().0 | PropType::MVI_FLAG))
}

fn words(subject: &str, words: &[&str], numbers: &[i32]) -> Vec<(PropTag, PropValue)> {
    let mut props = vec![prop(tags::SUBJECT, subject)];
    if !words.is_empty() {
        let list = words.iter().map(|w| (*w).to_owned()).collect();
        props.push((WORDS, PropValue::MvUnicode(list)));
    }
    if !numbers.is_empty() {
        props.push((NUMBERS, PropValue::MvLong(numbers.to_vec())));
    }
    props
}

/// A table of the messages a and b that was sorted downward with these flags.
fn in_background(folder: &Folder, flags: TableFlags) -> Result<Table> {
    for subject in ["a", "b"] {
        add_subject(folder, subject)?;
    }
    let table = folder.contents().columns(columns![tags::SUBJECT]).open()?;
    let down = SortOrderSet::by([SortColumn::descending(tags::SUBJECT)]);
    table.sort_with(down, flags)?;
    Ok(table)
}
