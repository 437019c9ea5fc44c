//! TAB-15, TAB-18, M-IMAPITable.GetStatus, Abort, WaitForCompletion: tables that are set up later or beside other work.

use std::time::{Duration, Instant};

use mapi::{
    Bookmark, Call, Code, Direction, Folder, ImportItem, ImportOptions, MessageTree, PropTag,
    PropType, RelOp, Restriction, Result, SortColumn, SortOrderSet, Table, TableFlags, TableKind,
    TableWork, columns, tags,
};

use crate::fixture::{add_subject, by_subject, code, subjects};
use crate::{Case, Fixture, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "TAB-15" + "M-IMAPITable.WaitForCompletion",
        needs(),
        "fifty thousand rows are sorted beside other work",
        |f| {
            let folder = large(f, 50_000)?;
            let table = by_time(&folder)?;
            let first = numbers(&table.query_rows_at_start(3)?);
            assert_eq!(first, [0, 1, 2]);
            // A sort that is quicker than this thread is undone and tried again.
            let mut busy = 0;
            for _ in 0..20 {
                table.sort(by_time_up())?;
                table.sort_with(by_number_down(), TableFlags::ASYNC)?;
                busy += asked_until_done(&table)?;
                if busy > 0 {
                    break;
                }
            }
            assert!(busy > 0, "the call waited for the end of the work");
            assert_eq!(table.wait_for_completion(None)?, TableWork::Complete);
            assert_eq!(table.status().work, TableWork::Complete);
            assert_eq!(table.status().work.number(), 0);
            let all = numbers(&table.query_all_rows(0)?);
            assert!(all.iter().rev().copied().eq(0..50_000));
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.Abort",
        needs(),
        "a sort that is stopped leaves the order before it",
        |f| {
            let folder = large(f, 20_000)?;
            let table = by_time(&folder)?;
            assert_eq!(code(table.abort()), Code::UNABLE_TO_ABORT);
            table.seek_row(Bookmark::Beginning, 7)?.ignore_warning();
            let mark = table.create_bookmark()?;
            let before = table.query_sort_order();
            stop_sorting(&table)?;
            assert_eq!(table.status().work, TableWork::Complete);
            assert_eq!(code(table.abort()), Code::UNABLE_TO_ABORT);
            assert_eq!(table.query_sort_order(), before);
            assert_eq!(numbers(&table.query_rows(2)?), [7, 8], "the cursor too");
            table.seek_row(mark, 0)?.ignore_warning();
            assert_eq!(numbers(&table.query_rows(1)?), [7], "and the bookmark");
            // What was stopped can be done again.
            table.sort_with(by_number_down(), TableFlags::ASYNC)?;
            assert_eq!(table.wait_for_completion(None)?, TableWork::Complete);
            assert_eq!(numbers(&table.query_rows_at_start(1)?), [19_999]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "work in the background ends with its call, and with its table",
        |f| {
            large(f, 20_000)?;
            let ended = (0..20)
                .map(|_| ended_by_call(f))
                .find(|ended| !matches!(ended, Ok(false)));
            assert!(ended.transpose()?.is_some(), "every sort was too quick");
            // Dropping a table that is at work waits for the work's end, not for its result.
            let other = by_time(&f.inbox()?.store()?.folder("Inbox/Large")?)?;
            other.sort_with(by_number_down(), TableFlags::ASYNC)?;
            let start = Instant::now();
            drop(other);
            assert!(start.elapsed() < Duration::from_secs(1));
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.GetStatus",
        needs(),
        "a table says what it is doing and how that ended",
        |f| {
            let folder = f.folder("Mail")?;
            for subject in ["b", "a"] {
                add_subject(&folder, subject)?;
            }
            let table = by_subject(&folder)?;
            let status = table.status();
            assert_eq!(
                (status.work, status.kind),
                (TableWork::Complete, TableKind::Dynamic)
            );
            assert_eq!((status.work.number(), status.kind.number()), (0, 2));
            let numbers = [
                (TableWork::Sorting, 9),
                (TableWork::SortError, 0xA),
                (TableWork::SettingColumns, 0xB),
                (TableWork::ColumnsError, 0xD),
                (TableWork::Restricting, 0xE),
                (TableWork::RestrictError, 0xF),
            ];
            assert!(numbers.iter().all(|(work, n)| work.number() == *n));
            // What fails in the background shows in the status, and nothing changes.
            table.sort_with(unsortable(), TableFlags::ASYNC)?;
            assert_eq!(table.wait_for_completion(None)?, TableWork::SortError);
            assert_eq!(table.status().work, TableWork::SortError);
            assert_eq!(subjects(&table)?, ["a", "b"]);
            table.restrict_with(meaningless(), TableFlags::ASYNC)?;
            assert_eq!(table.wait_for_completion(None)?, TableWork::RestrictError);
            let told = table.last_error().map(|e| e.code);
            assert!(told.is_none() || told == Some(Code::TOO_COMPLEX));
            assert_eq!(table.row_count()?, 2);
            // And what works says so.
            table.set_columns_with(columns![tags::SUBJECT], TableFlags::ASYNC)?;
            assert_eq!(table.wait_for_completion(None)?, TableWork::Complete);
            assert_eq!(table.query_columns(), columns![tags::SUBJECT]);
            table.restrict_with(is("a"), TableFlags::ASYNC)?;
            assert_eq!(table.wait_for_completion(None)?, TableWork::Complete);
            assert_eq!(subjects(&table)?, ["a"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "each kind of work says what it is, and keeps others out",
        |f| {
            let folder = large(f, 4_000)?;
            let table = by_time(&folder)?;
            let start = |work| -> Result<()> {
                match work {
                    TableWork::Sorting => table.sort_with(by_number_down(), TableFlags::ASYNC),
                    TableWork::Restricting => table.restrict_with(rare(), TableFlags::ASYNC),
                    _ => table.set_columns_with(NUMBER, TableFlags::ASYNC),
                }
            };
            for work in [
                TableWork::Sorting,
                TableWork::Restricting,
                TableWork::SettingColumns,
            ] {
                start(work)?;
                let seen = table.status().work;
                assert!(seen == work || seen == TableWork::Complete);
                if seen == work {
                    busy_or_fine(table.query_rows(1).map(drop));
                    busy_or_fine(table.row_count().map(drop));
                    busy_or_fine(table.query_position().map(drop));
                    busy_or_fine(table.seek_row(Bookmark::Beginning, 0).map(drop));
                    busy_or_fine(table.seek_row_approx(0, 1));
                    busy_or_fine(table.create_bookmark().map(drop));
                    busy_or_fine(table.restrict(None));
                }
                table.wait_for_completion(None)?;
                // A bookmark of a call that came too late is no one's business.
                table.restrict(None)?;
                table.sort(by_time_up())?;
            }
            Ok(())
        }
    ),
    case!(
        "TAB-18",
        needs(),
        "what is put off is worked out, and fails, when rows are read",
        |f| {
            let folder = f.folder("Mail")?;
            for subject in ["b", "a", "c"] {
                add_subject(&folder, subject)?;
            }
            let table = by_subject(&folder)?;
            table.seek_row(Bookmark::Beginning, 2)?.ignore_warning();
            let mark = table.create_bookmark()?;
            table.sort_with(unsortable(), TableFlags::BATCH)?;
            assert_eq!(table.query_sort_order(), unsortable(), "as it was set");
            assert_eq!(
                table.status().work,
                TableWork::Complete,
                "nothing was tried"
            );
            assert_eq!(code(table.query_rows(1)), Code::TOO_COMPLEX);
            assert_eq!(table.status().work, TableWork::SortError);
            // It is told once; after that the table is what it was before.
            assert_eq!(
                table.query_sort_order().columns,
                [SortColumn::ascending(tags::SUBJECT)]
            );
            assert_eq!(table.query_position()?.row, 2);
            table.seek_row(mark, 0)?.ignore_warning();
            assert_eq!(subjects(&table)?, ["a", "b", "c"]);
            // Every call that needs rows works out what was put off.
            table.restrict_with(meaningless(), TableFlags::BATCH)?;
            assert_eq!(code(table.row_count()), Code::TOO_COMPLEX);
            table.restrict_with(meaningless(), TableFlags::BATCH)?;
            let found = table.find_row(&is("a"), Bookmark::Beginning, Direction::Forward);
            assert_eq!(code(found), Code::TOO_COMPLEX);
            // Only the last of a kind counts, and a call that works at once takes its place.
            table.sort_with(unsortable(), TableFlags::BATCH)?;
            table.sort_with(descending(), TableFlags::BATCH)?;
            table.restrict_with(meaningless(), TableFlags::BATCH)?;
            table.restrict(is("b").negate())?;
            table.set_columns_with(columns![tags::SUBJECT], TableFlags::BATCH)?;
            assert_eq!(table.query_columns(), columns![tags::SUBJECT]);
            assert_eq!(subjects(&table)?, ["c", "a"]);
            assert_eq!(code(table.seek_row(mark, 0)), Code::INVALID_BOOKMARK);
            // The order of setting up changes nothing, whatever is put off.
            let [early, late] = [(); 2].map(|()| folder.contents().open());
            let (early, late) = (early?, late?);
            early.sort_with(descending(), TableFlags::BATCH)?;
            early.restrict_with(is("b").negate(), TableFlags::BATCH)?;
            early.set_columns_with(columns![tags::SUBJECT], TableFlags::BATCH)?;
            late.set_columns(columns![tags::SUBJECT])?;
            late.restrict(is("b").negate())?;
            late.sort(descending())?;
            assert_eq!(early.query_all_rows(0)?, late.query_all_rows(0)?);
            Ok(())
        }
    ),
];

const NUMBER: [PropTag; 2] = [
    tags::INTERNET_ARTICLE_NUMBER.raw(),
    tags::MESSAGE_DELIVERY_TIME.raw(),
];

/// Whoever asks while the table is sorted is told to come again, or right; how often the former.
fn asked_until_done(table: &Table) -> Result<u32> {
    let mut busy = 0;
    loop {
        match table.query_rows_at_start(3) {
            Ok(rows) => {
                assert_eq!(numbers(&rows), [49_999, 49_998, 49_997]);
                return Ok(busy);
            }
            Err(e) => assert_eq!(e.code(), Code::BUSY),
        }
        busy += 1;
        match table.wait_for_completion(Some(Duration::ZERO)) {
            Ok(work) => assert_eq!(work, TableWork::Complete),
            Err(e) => assert_eq!(e.code(), Code::TIMEOUT),
        }
    }
}

trait FromStart {
    fn query_rows_at_start(&self, count: i64) -> Result<Vec<mapi::TableRow>>;
}

impl FromStart for Table {
    fn query_rows_at_start(&self, count: i64) -> Result<Vec<mapi::TableRow>> {
        self.seek_row(Bookmark::Beginning, 0)?.ignore_warning();
        self.query_rows(count)
    }
}

/// A folder `Large` below the Inbox with this many messages, numbered in the order of their delivery times.
fn large(f: &Fixture, count: u32) -> Result<Folder> {
    let folder = f.folder("Large")?;
    for start in (0..count).step_by(5000) {
        let tree = |n: u32| {
            let mut tree = MessageTree::default();
            let number = i32::try_from(n).unwrap();
            tree.props.set(tags::INTERNET_ARTICLE_NUMBER, number);
            let time = mapi::FileTime(1_000_000 + u64::from(n));
            tree.props.set(tags::MESSAGE_DELIVERY_TIME, time);
            ImportItem {
                tree,
                flags: 0,
                source: None,
            }
        };
        let items = (start..count.min(start + 5000)).map(tree).collect();
        folder.import(items, ImportOptions::default())?;
    }
    Ok(folder)
}

fn by_time(folder: &Folder) -> Result<Table> {
    let keys = [SortColumn::ascending(tags::MESSAGE_DELIVERY_TIME)];
    folder.contents().columns(NUMBER).sort(keys).open()
}

fn by_time_up() -> SortOrderSet {
    SortOrderSet::by([SortColumn::ascending(tags::MESSAGE_DELIVERY_TIME)])
}

fn by_number_down() -> SortOrderSet {
    SortOrderSet::by([SortColumn::descending(tags::INTERNET_ARTICLE_NUMBER)])
}

fn descending() -> SortOrderSet {
    SortOrderSet::by([SortColumn::descending(tags::SUBJECT)])
}

fn unsortable() -> SortOrderSet {
    let object = tags::SUBJECT.raw().with_type(PropType::OBJECT);
    SortOrderSet::by([SortColumn::ascending(object)])
}

fn is(subject: &str) -> Restriction {
    Restriction::property(tags::SUBJECT, RelOp::Eq, subject)
}

fn rare() -> Restriction {
    Restriction::property(tags::INTERNET_ARTICLE_NUMBER, RelOp::Lt, 3)
}

fn meaningless() -> Restriction {
    Restriction::Property {
        op: RelOp::Eq,
        tag: tags::SUBJECT.into(),
        value_tag: tags::PRIORITY.into(),
        value: 1.into(),
    }
}

fn numbers(rows: &[mapi::TableRow]) -> Vec<i32> {
    rows.iter()
        .map(|r| r.get(tags::INTERNET_ARTICLE_NUMBER).unwrap())
        .collect()
}

fn busy_or_fine(result: Result<()>) {
    assert!(result.is_ok() || result.is_err_and(|e| e.code() == Code::BUSY));
}

/// Sorts in the background and ends the call that the table is under; no if the sort was quicker.
fn ended_by_call(f: &Fixture) -> Result<bool> {
    let call = Call::default();
    let session = f.session().with_call(call.clone());
    let folder = session.default_store()?.folder("Inbox/Large")?;
    let table = by_time(&folder)?;
    table.sort_with(by_number_down(), TableFlags::ASYNC)?;
    let start = Instant::now();
    call.cancel.cancel();
    let waited = table.wait_for_completion(None);
    assert!(waited.is_ok() || waited.is_err_and(|e| e.code() == Code::USER_CANCEL));
    while table.status().work == TableWork::Sorting {
        std::thread::yield_now();
    }
    assert!(start.elapsed() < Duration::from_secs(1));
    if table.status().work == TableWork::Complete {
        return Ok(false);
    }
    assert_eq!(table.query_sort_order(), by_time_up());
    assert_eq!(table.status().work, TableWork::SortError);
    let told = table.last_error().map(|e| e.code);
    assert_eq!(told, Some(Code::USER_CANCEL), "the work says why it ended");
    Ok(true)
}

/// Sorts in the background and stops that. A sort that was quicker than this thread is undone and tried again.
fn stop_sorting(table: &Table) -> Result<()> {
    for _ in 0..20 {
        table.sort_with(by_number_down(), TableFlags::ASYNC)?;
        let start = Instant::now();
        match table.abort() {
            Ok(()) => {
                assert!(start.elapsed() < Duration::from_secs(1));
                return Ok(());
            }
            Err(e) => assert_eq!(e.code(), Code::UNABLE_TO_ABORT),
        }
        table.sort(by_time_up())?;
    }
    panic!("no sort was slow enough to be stopped");
}
