//! SES-05: tables in memory, without a session.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mapi::{
    Bookmark, Code, Direction, EventMask, MatchKind, PropTag, PropType, PropValue, RelOp,
    Restriction, Result, SortColumn, SortOrderSet, Table, TableData, TableEvent, TableRow,
    Utilities, UtilityFlags, columns, tags,
};

use crate::fixture::{code, prop};
use crate::heard::{Heard, Program};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "a table in memory is built, sorted and restricted without a session",
        |_| {
            let data = people()?;
            let view = data.view().open()?;
            assert_eq!(names(&view)?, ["Cid", "Ann", "Bob"], "as they were put in");
            view.sort(by_name())?;
            assert_eq!(names(&view)?, ["Ann", "Bob", "Cid"]);
            let begins = Restriction::content(tags::DISPLAY_NAME, MatchKind::Prefix, "B");
            let either = Restriction::Or(vec![
                begins,
                Restriction::And(vec![
                    Restriction::property(tags::ROWID, RelOp::Lt, 2),
                    Restriction::exist(tags::DISPLAY_NAME),
                ]),
            ]);
            view.restrict(either)?;
            assert_eq!(names(&view)?, ["Bob", "Cid"], "compound ones too");
            let two = Restriction::Count {
                count: 2,
                child: Box::new(Restriction::exist(tags::ROWID)),
            };
            view.restrict(two)?;
            assert_eq!(names(&view)?, ["Ann", "Bob"], "the first two in order");
            let second = data.view_with(by_name(), |_| ())?;
            assert_eq!(names(&second)?, ["Ann", "Bob", "Cid"], "views are apart");
            let one = Restriction::property(tags::ROWID, RelOp::Eq, 3);
            let found = second.find_row(&one, Bookmark::End, Direction::Backward)?;
            assert_eq!(name(&found.value), "Bob");
            let grouped = SortOrderSet {
                categories: 1,
                ..by_name()
            };
            assert_eq!(code(view.sort(grouped)), Code::NO_SUPPORT);
            Ok(())
        }
    ),
    case!(
        "SES-05.1",
        needs(),
        "a table in memory works without the library, and then tells nobody of changes",
        |f| {
            // Nothing was initialised but the utilities.
            let utilities = Utilities::initialize(UtilityFlags::NONE);
            let data = utilities.create_table(tags::ROWID, columns![tags::DISPLAY_NAME])?;
            data.modify_rows(&[person(1, "Cid"), person(2, "Ann"), person(3, "Bob")])?;
            let view = data.view_with(by_name(), |_| ())?;
            view.restrict(Restriction::property(tags::ROWID, RelOp::Ge, 2))?;
            assert_eq!(names(&view)?, ["Ann", "Bob"]);
            let silent = Heard::default();
            let connection = view.advise(EventMask::TABLE_MODIFIED, &silent.sink())?;
            let listener = view.listen()?;
            // The same with a library behind it, to know what is missing here.
            let program = Program::new(f)?;
            let columns = columns![tags::DISPLAY_NAME];
            let told = program.mapi.create_table(tags::ROWID, columns)?;
            told.modify_rows(&[person(2, "Ann"), person(3, "Bob")])?;
            let other = told.view_with(by_name(), |_| ())?;
            let heard = Heard::default();
            let heard_from = other.advise(EventMask::TABLE_MODIFIED, &heard.sink())?;
            for data in [&data, &told] {
                data.modify_row(&person(4, "Dan"))?;
                data.modify_row(&person(2, "Zoe"))?;
                data.delete_row(&3.into())?;
                data.notify(&4.into())?;
            }
            program.dispatch()?;
            let events: Vec<TableEvent> = heard.rows().iter().map(|e| e.event).collect();
            let expected = [
                TableEvent::RowAdded,
                TableEvent::RowModified,
                TableEvent::RowDeleted,
                TableEvent::RowModified,
            ];
            assert_eq!(events, expected);
            assert_eq!(names(&view)?, ["Dan", "Zoe"], "it is as it should be");
            assert_eq!(silent.take().len(), 0, "but nobody was told");
            assert_eq!(listener.try_next()?, None, "and nothing waits to be");
            view.unadvise(connection)?;
            other.unadvise(heard_from)?;
            Ok(())
        }
    ),
    case!("SES-05.2", needs(), "the utilities know no flags", |_| {
        for bits in [1, 2, 0x8, 0x8000_0000] {
            assert_eq!(code(UtilityFlags::from_bits(bits)), Code::UNKNOWN_FLAGS);
        }
        let utilities = Utilities::initialize(UtilityFlags::from_bits(0)?);
        let data = utilities.create_table(tags::ROWID, columns![tags::DISPLAY_NAME])?;
        data.modify_row(&person(1, "Ann"))?;
        assert_eq!(names(&data.view().open()?)?, ["Ann"]);
        Ok(())
    }),
    case!(
        needs(),
        "rows of a table in memory are told apart by their index",
        |_| {
            let data = people()?;
            let view = data.view().open()?;
            // Whoever has the index takes the place, the whole row of it.
            data.modify_row(&[prop(tags::ROWID, 2), prop(tags::COMMENT, "new")])?;
            assert_eq!(names(&view)?, ["Cid", "", "Bob"]);
            let (row, at) = data.query_row(&2.into())?;
            assert_eq!(at, 1);
            assert_eq!(row, [prop(tags::ROWID, 2), prop(tags::COMMENT, "new")]);
            // New properties are columns of later views.
            assert!(!view.query_columns().contains(&tags::COMMENT.raw()));
            let later = data.view().open()?;
            assert!(later.query_columns().contains(&tags::COMMENT.raw()));
            // All or none.
            let half = [person(7, "Gus"), vec![prop(tags::DISPLAY_NAME, "nobody")]];
            assert_eq!(code(data.modify_rows(&half)), Code::INVALID_PARAMETER);
            assert_eq!(data.len(), 3);
            data.modify_rows(&[person(7, "Gus"), person(2, "Ann"), person(8, "Hal")])?;
            assert_eq!(names(&view)?, ["Cid", "Ann", "Bob", "Gus", "Hal"]);
            // In the middle, and by number.
            data.insert_row(1, &person(9, "Ida"))?;
            data.insert_row(0, &person(10, "Jon"))?;
            data.insert_row(99, &person(11, "Kim"))?;
            let all = ["Jon", "Cid", "Ida", "Ann", "Bob", "Gus", "Hal", "Kim"];
            assert_eq!(names(&view)?, all);
            assert_eq!(
                code(data.insert_row(0, &person(9, "Twice"))),
                Code::INVALID_PARAMETER
            );
            let third = data.enum_row(2).unwrap();
            assert_eq!(third, person(9, "Ida"));
            assert_eq!(data.enum_row(8), None);
            // Rows go.
            data.delete_row(&10.into())?;
            assert_eq!(code(data.delete_row(&10.into())), Code::NOT_FOUND);
            assert_eq!(code(data.query_row(&10.into())), Code::NOT_FOUND);
            assert_eq!(data.delete_rows(&[7.into(), 10.into(), 8.into()])?, 2);
            assert_eq!(
                code(data.delete_rows(&[1.into(), "text".into()])),
                Code::INVALID_PARAMETER
            );
            assert_eq!(names(&view)?, ["Cid", "Ida", "Ann", "Bob", "Kim"]);
            assert_eq!(data.delete_all_rows(), 5);
            assert!(data.is_empty() && names(&view)?.is_empty());
            let many = tags::ROWID.raw().with_type(PropType::MV_LONG);
            assert_eq!(code(TableData::new(many, [])), Code::INVALID_PARAMETER);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a cursor in a table in memory keeps its place while rows come and go",
        |_| {
            let data = people()?;
            let view = data.view().open()?;
            assert_eq!(view.query_rows(2)?.len(), 2);
            let mark = view.create_bookmark()?;
            // The row that was read last goes; others come before and behind.
            data.delete_row(&2.into())?;
            data.insert_row(0, &person(4, "Dan"))?;
            data.insert_row(3, &person(5, "Eva"))?;
            assert_eq!(names(&view)?, ["Dan", "Cid", "Bob", "Eva"]);
            let rest = view.query_rows(9)?;
            assert_eq!(rest.iter().map(name).collect::<Vec<_>>(), ["Bob", "Eva"]);
            assert_eq!(view.seek_row(mark, 0)?.warning, None);
            assert_eq!(name(&view.query_rows(1)?[0]), "Bob");
            data.delete_row(&3.into())?;
            let lost = view.seek_row(mark, 0)?;
            assert_eq!(lost.warning, Some(Code::W_POSITION_CHANGED));
            Ok(())
        }
    ),
    case!(
        needs(),
        "a view of table data says when it is gone, and outlives what it was made of",
        |_| {
            let data = people()?;
            let seen = Arc::new(AtomicUsize::new(0));
            let told = Arc::clone(&seen);
            let view = data.view_with(by_name(), move |data| {
                told.store(data.len(), Ordering::Relaxed);
            })?;
            assert_eq!(names(&view)?, ["Ann", "Bob", "Cid"]);
            data.modify_row(&person(4, "Dan"))?;
            drop(data);
            assert_eq!(view.row_count()?, 4, "the rows live while a view does");
            assert_eq!(seen.load(Ordering::Relaxed), 0);
            drop(view);
            assert_eq!(seen.load(Ordering::Relaxed), 4);
            Ok(())
        }
    ),
    case!(
        needs(),
        "an instance column makes a row of each value in memory too",
        |_| {
            let words = PropTag::new(0x3A58, PropType::MV_UNICODE);
            let instance = words.with_type(PropType(PropType::MV_UNICODE.0 | 0x2000));
            let list =
                |of: &[&str]| PropValue::MvUnicode(of.iter().map(|w| (*w).to_owned()).collect());
            let data = TableData::new(tags::ROWID, columns![tags::ROWID])?;
            data.modify_row(&[prop(tags::ROWID, 1), (words, list(&["b", "a"]))])?;
            data.modify_row(&[prop(tags::ROWID, 2), (words, list(&["c"]))])?;
            data.modify_row(&person(3, "none"))?;
            let view = data.view().open()?;
            view.set_columns([tags::ROWID.raw(), instance, tags::INSTANCE_KEY.raw()])?;
            view.sort(SortOrderSet::by([SortColumn::ascending(instance)]))?;
            let rows = view.query_all_rows(0)?;
            let cells: Vec<_> = rows
                .iter()
                .map(|r| (r.get(tags::ROWID).unwrap(), r.value(instance).cloned()))
                .collect();
            let text = |s: &str| Some(PropValue::from(s));
            assert_eq!(
                cells,
                [(1, text("a")), (1, text("b")), (2, text("c")), (3, None)]
            );
            let mut keys: Vec<_> = rows.iter().map(|r| r.get(tags::INSTANCE_KEY)).collect();
            keys.sort();
            keys.dedup();
            assert_eq!(keys.len(), 4);
            assert_eq!(view.row_count()?, 4);
            view.set_columns(columns![tags::ROWID])?;
            view.sort(SortOrderSet::default())?;
            assert_eq!(view.row_count()?, 3);
            Ok(())
        }
    ),
];

/// Cid, Ann and Bob, numbered 1 to 3.
fn people() -> Result<TableData> {
    let data = TableData::new(tags::ROWID, columns![tags::ROWID, tags::DISPLAY_NAME])?;
    data.modify_rows(&[person(1, "Cid"), person(2, "Ann"), person(3, "Bob")])?;
    Ok(data)
}

fn person(number: i32, name: &str) -> Vec<(PropTag, PropValue)> {
    // In the order in which rows give them back.
    vec![prop(tags::ROWID, number), prop(tags::DISPLAY_NAME, name)]
}

fn by_name() -> SortOrderSet {
    SortOrderSet::by([SortColumn::ascending(tags::DISPLAY_NAME)])
}

fn name(row: &TableRow) -> String {
    row.get(tags::DISPLAY_NAME).unwrap_or_default()
}

fn names(view: &Table) -> Result<Vec<String>> {
    Ok(view.query_all_rows(0)?.iter().map(name).collect())
}
