//! Categorised tables: opened collapsed, a heading expanded, and kept up while messages change.
//!
//! On a store of [`Shape::Grouped`](crate::Shape::Grouped): 5,000 headings by delivery time (a column of the store's rows), by
//! sender (in the bags; the store makes an index of it when rows are first asked for in its order) and by rating (in the bags alone).

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mapi::{
    Folder, OpenFlags, PropTag, ReadFlags, SortColumn, SortOrder, SortOrderSet, Table, tags,
};
use serde_json::{Map, Value, json};

use crate::measured::processor_now;
use crate::{Big, Figure, MadeMail, median_of};

const RUNS: usize = 3;
const PAGE: i64 = 50;
/// Runs of `median_of` before those that count.
const WARMING: usize = 2;
/// Headings that are expanded, and messages that are changed, one after the other.
const ONE_BY_ONE: usize = 40;

/// Milliseconds within which a table is open on a column of the row, and on one that only the bag holds.
const ROW: u64 = 300;
const BAG: u64 = 4000;
/// Milliseconds within which a heading shows its rows.
const EXPAND: u64 = 5;
/// Milliseconds within which the headings are right again after a change.
const UPKEEP: u64 = 5;

const COLUMNS: [PropTag; 8] = [
    tags::INSTANCE_KEY.raw(),
    tags::SUBJECT.raw(),
    tags::SENDER_NAME.raw(),
    tags::MESSAGE_DELIVERY_TIME.raw(),
    tags::CONTENT_COUNT.raw(),
    tags::CONTENT_UNREAD.raw(),
    tags::ROW_TYPE.raw(),
    MadeMail::RATING,
];

/// Measures all cases and puts them into the report; a table of them goes to stderr.
///
/// # Errors
/// When a table fails or has other headings than it should.
pub fn measure(home: &Path, report: &mut Map<String, Value>) -> Result<()> {
    let big = Big::open(home)?;
    let inbox = big.inbox()?;
    let mut lines = Lines::default();
    note("  median ms     least      most processor   limit");
    let time = tags::MESSAGE_DELIVERY_TIME.raw();
    let sender = tags::SENDER_NAME.raw();
    for (name, columns, limit) in [
        ("by delivery time", vec![up(time)], Some(ROW)),
        ("by rating", vec![up(MadeMail::RATING)], Some(BAG)),
        (
            "by rating, the newest first",
            vec![up(MadeMail::RATING), newest()],
            None,
        ),
    ] {
        lines.opening(&inbox, name, &columns, limit)?;
    }
    let (start, before) = (Instant::now(), processor_now());
    let by_sender = collapsed(&inbox, &[up(sender)])?;
    ensure!(by_sender.query_rows(1)?.len() == 1, "no messages");
    let first = "opened collapsed, by sender, at its first use in this home";
    lines.once(first, start.elapsed(), before, Some(BAG));
    for (name, columns, limit) in [
        ("by sender, with the index", vec![up(sender)], Some(ROW)),
        (
            "by sender, the newest first",
            vec![up(sender), newest()],
            None,
        ),
        (
            "by sender and rating",
            vec![up(sender), up(MadeMail::RATING)],
            None,
        ),
    ] {
        lines.opening(&inbox, name, &columns, limit)?;
    }
    for (name, column) in [("delivery time", time), ("rating", MadeMail::RATING)] {
        lines.expanding(&inbox, name, up(column))?;
        lines.upkeep(&big, &inbox, name, up(column))?;
    }
    report.insert("categories".into(), lines.into_json());
    Ok(())
}

const fn up(tag: PropTag) -> SortColumn {
    SortColumn {
        tag,
        order: SortOrder::Ascend,
    }
}

const fn newest() -> SortColumn {
    SortColumn {
        tag: tags::MESSAGE_DELIVERY_TIME.raw(),
        order: SortOrder::CategMax,
    }
}

/// A table of collapsed headings.
fn collapsed(inbox: &Folder, columns: &[SortColumn]) -> Result<Table> {
    let sort = SortOrderSet::by(columns.iter().copied());
    let levels = u32::try_from(columns.len())?;
    let table = inbox.contents().columns(COLUMNS).open()?;
    table.sort(sort.in_categories(levels, 0))?;
    Ok(table)
}

#[derive(Debug)]
struct Line {
    name: String,
    figure: Figure,
    /// What all runs together took of the processors, by run.
    processor: Duration,
    limit: Option<u64>,
}

impl Line {
    fn tell(&self) {
        let limit = self
            .limit
            .map_or_else(|| "-".to_owned(), |ms| ms.to_string());
        note(&format!(
            "{} {:>9.2} {:>9.2} {:>9.2} {:>9.2} {limit:>7}  {}",
            if holds(self) { " " } else { "!" },
            millis(self.figure.median),
            millis(self.figure.least),
            millis(self.figure.most),
            millis(self.processor),
            self.name,
        ));
    }
}

#[derive(Debug, Default)]
struct Lines(Vec<Line>);

impl Lines {
    /// Notes a figure whose runs began when the processors had been used so much, and tells it at once.
    fn add(
        &mut self,
        name: String,
        figure: Figure,
        (before, runs): (Duration, usize),
        limit: Option<u64>,
    ) {
        let runs = u32::try_from(runs).unwrap_or(u32::MAX).max(1);
        let line = Line {
            name,
            figure,
            processor: processor_now().saturating_sub(before) / runs,
            limit,
        };
        line.tell();
        self.0.push(line);
    }

    fn once(&mut self, name: &str, took: Duration, before: Duration, limit: Option<u64>) {
        let figure = Figure {
            median: took,
            least: took,
            most: took,
        };
        self.add(name.to_owned(), figure, (before, 1), limit);
    }

    /// A table opened, its headings counted, the first of them read.
    fn opening(
        &mut self,
        inbox: &Folder,
        name: &str,
        columns: &[SortColumn],
        limit: Option<u64>,
    ) -> Result<()> {
        let before = processor_now();
        let figure = median_of(RUNS, || {
            let table = collapsed(inbox, columns)?;
            let headings = table.row_count()?;
            ensure!(headings <= MadeMail::GROUPS + 1, "{headings} headings");
            let rows = table.query_rows(PAGE)?;
            ensure!(rows.len() == 50, "only {} rows", rows.len());
            Ok(())
        })?;
        let runs = (before, RUNS + WARMING);
        self.add(format!("opened collapsed, {name}"), figure, runs, limit);
        Ok(())
    }

    /// Headings expanded, each with its first rows read.
    fn expanding(&mut self, inbox: &Folder, name: &str, column: SortColumn) -> Result<()> {
        let table = collapsed(inbox, &[column])?;
        let headings = table.query_rows(PAGE)?;
        let mut next = headings.iter();
        let before = processor_now();
        let figure = median_of(ONE_BY_ONE, || {
            let heading = next.next().context("too few headings")?;
            let key = heading
                .get(tags::INSTANCE_KEY)
                .context("a heading has a key")?;
            let shown = table.expand_row(&key, 50)?;
            let all = heading.get(tags::CONTENT_COUNT).context("it counts")?;
            ensure!(
                shown.added == u64::try_from(all)?,
                "{} of {all}",
                shown.added
            );
            Ok(())
        })?;
        let runs = (before, ONE_BY_ONE + WARMING);
        self.add(
            format!("one expanded, by {name}"),
            figure,
            runs,
            Some(EXPAND),
        );
        Ok(())
    }

    /// Messages marked, and the headings read after each.
    fn upkeep(&mut self, big: &Big, inbox: &Folder, name: &str, column: SortColumn) -> Result<()> {
        let table = collapsed(inbox, &[column])?;
        let first = table.query_rows(1)?;
        let heading = first.first().context("no headings")?;
        let key = heading
            .get(tags::INSTANCE_KEY)
            .context("a heading has a key")?;
        let below = table.expand_row(&key, 1)?.rows;
        let id = below.first().context("no rows")?.entry_id().clone();
        table.collapse_row(&key)?;
        let message = big.store()?.open_message(&id, OpenFlags::MODIFY)?;
        let (mut times, mut flags) = (Vec::new(), ReadFlags::CLEAR_READ_FLAG);
        let before = processor_now();
        for _ in 0..ONE_BY_ONE {
            message.set_read_flag(flags)?;
            let start = Instant::now();
            table
                .seek_row(mapi::Bookmark::Beginning, 0)?
                .ignore_warning();
            let unread = table.query_rows(1)?;
            times.push(start.elapsed());
            let unread = unread.first().and_then(|r| r.get(tags::CONTENT_UNREAD));
            ensure!(unread.is_some(), "a heading counts the unread");
            flags = if flags == ReadFlags::NONE {
                ReadFlags::CLEAR_READ_FLAG
            } else {
                ReadFlags::NONE
            };
        }
        let figure = Figure::of(times);
        self.add(
            format!("a change followed, by {name}"),
            figure,
            (before, ONE_BY_ONE),
            Some(UPKEEP),
        );
        Ok(())
    }

    fn into_json(self) -> Value {
        let line = |line: &Line| {
            json!({
                "case": line.name, "figure": line.figure.as_json(), "limit_ms": line.limit,
                "processor_ms": millis(line.processor),
                "holds": holds(line),
            })
        };
        json!({ "headings": MadeMail::GROUPS, "cases": self.0.iter().map(line).collect::<Vec<_>>() })
    }
}

fn holds(line: &Line) -> bool {
    let within = |ms| line.figure.median <= Duration::from_millis(ms);
    line.limit.is_none_or(within)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[expect(clippy::print_stderr, reason = "the program's table for people")]
fn note(line: &str) {
    eprintln!("{line}");
}
