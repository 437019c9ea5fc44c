//! Restricted views: the first 50 rows of each kind of restriction, in the easy and in the hard case, beside a bare reading
//! and decoding of all bags in the same run.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mapi::{EntryId, Folder, ReadFlags, SortColumn, tags};
use mapi_props::codec::decode_stored;
use mapi_props::{
    BitOp, FuzzyLevel, MatchKind, PropValue, RelOp, Restriction, SubObject, message_flags,
};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value, json};

use crate::{Big, Figure, MadeMail, median_of};

const RUNS: usize = 20;
const PAGE: i64 = 50;
/// Readings of all bags.
const BARE_RUNS: usize = 5;
/// Unread messages that the hard case leaves, the oldest ones.
const LEFT_UNREAD: usize = 40;
/// Messages marked in one call.
const MARKED: usize = 10_000;
/// How fast a pass must be, against the bare reading.
const LEAST_SPEED: f64 = 0.6;

/// What rows from an index must keep to.
const INDEX: Limit = Limit::Millis(5);
/// What a pass over all bags must keep to.
const PASS: Limit = Limit::Pass(1500);

/// What a figure must keep to.
#[derive(Debug, Clone, Copy)]
enum Limit {
    /// Milliseconds.
    Millis(u64),
    /// Milliseconds, and [`LEAST_SPEED`] of the bare reading.
    Pass(u64),
}

/// One restricted view.
struct Case {
    name: &'static str,
    restriction: Restriction,
    sort: SortColumn,
    limit: Limit,
    /// Rows of the first page.
    rows: std::ops::RangeInclusive<usize>,
}

/// Measures all kinds and puts them into the report; a table of them goes to stderr. Unread flags that the hard case
/// clears are set again.
///
/// # Errors
/// When a view fails or has other rows than it should.
pub fn measure(home: &Path, report: &mut Map<String, Value>) -> Result<()> {
    let big = Big::open(home)?;
    let inbox = big.inbox()?;
    let mut table = Table::default();
    table.first_uses(&inbox)?;
    table.bare = bare_reading(&big.store_file()?)?;
    for case in cases(&inbox)? {
        table.case(&inbox, &case)?;
    }
    table.sparse_unread(&inbox)?;
    table.tell();
    report.insert("restricted".into(), table.into_json());
    Ok(())
}

fn cases(inbox: &Folder) -> Result<Vec<Case>> {
    let frequent = frequent_sender(inbox)?;
    let large = usize::try_from(inbox.counts()?.contents / MadeMail::PER_LARGE)?.min(50);
    let mut all = unread_and_senders(&frequent);
    all.extend(sizes(large));
    all.extend(subjects());
    all.extend(passes(&frequent));
    Ok(all)
}

fn case(
    name: &'static str,
    restriction: Restriction,
    sort: SortColumn,
    limit: Limit,
    rows: std::ops::RangeInclusive<usize>,
) -> Case {
    Case {
        name,
        restriction,
        sort,
        limit,
        rows,
    }
}

fn by_date() -> SortColumn {
    SortColumn::descending(tags::MESSAGE_DELIVERY_TIME)
}

/// (a) and (b).
fn unread_and_senders(frequent: &str) -> Vec<Case> {
    let sender = |name: &str| Restriction::property(tags::SENDER_NAME, RelOp::Eq, name);
    let oldest_first = SortColumn::ascending(tags::MESSAGE_DELIVERY_TIME);
    let both = Restriction::And(vec![unread(), sender(frequent)]);
    let index = |name, restriction, sort, rows| case(name, restriction, sort, INDEX, rows);
    vec![
        index("a unread, by date", unread(), by_date(), 50..=50),
        index(
            "a unread, by date, oldest first",
            unread(),
            oldest_first,
            50..=50,
        ),
        index(
            "a unread and of a frequent sender, by date",
            both,
            by_date(),
            50..=50,
        ),
        index(
            "b sender = a frequent one, by date",
            sender(frequent),
            by_date(),
            50..=50,
        ),
        index(
            "b sender = one of one old message",
            sender(MadeMail::ONCE),
            by_date(),
            1..=1,
        ),
        index("b sender = nobody", sender("Nobody"), by_date(), 0..=0),
    ]
}

/// (c).
fn sizes(large: usize) -> Vec<Case> {
    let larger = |name, bytes: i32, rows| {
        let restriction = Restriction::property(tags::MESSAGE_SIZE, RelOp::Gt, bytes);
        let by_size = SortColumn::descending(tags::MESSAGE_SIZE);
        case(name, restriction, by_size, INDEX, rows)
    };
    vec![
        larger("c size > 1 MB, by size", 1 << 20, large..=large),
        larger("c size > 0, by size", 0, 50..=50),
        larger("c size > 1 GB, by size", 1 << 30, 0..=0),
    ]
}

/// (d).
fn subjects() -> Vec<Case> {
    let contains =
        |name, text: &str, rows| case(name, containing(text), by_date(), Limit::Millis(400), rows);
    vec![
        contains("d subject contains a common piece, by date", "DÝ", 50..=50),
        contains("d subject contains a rare word", "XYLOGRÁPH", 0..=50),
        contains("d subject contains what none has", "Qqqxzzj", 0..=0),
    ]
}

/// (e) and (f).
fn passes(frequent: &str) -> Vec<Case> {
    let rated = |name, least: i32, rows| {
        let restriction = Restriction::property(MadeMail::RATING, RelOp::Ge, least);
        let by_sender = SortColumn::ascending(tags::SENDER_NAME);
        case(name, restriction, by_sender, PASS, rows)
    };
    let named = |name, who: &str, rows| case(name, recipient(who), by_date(), PASS, rows);
    vec![
        rated("e rating >= half, by sender", 500_000, 50..=50),
        rated("e rating >= nearly all", 999_950, 0..=50),
        rated("e rating >= that of one message", MadeMail::BEST, 1..=1),
        named("f recipient = a frequent one, by date", frequent, 50..=50),
        named(
            "f recipient = one of one old message",
            MadeMail::ONCE,
            1..=1,
        ),
        named("f recipient = nobody", "Nobody", 0..=0),
    ]
}

fn unread() -> Restriction {
    Restriction::Bitmask {
        op: BitOp::Zero,
        tag: tags::MESSAGE_FLAGS.raw(),
        mask: message_flags::READ,
    }
}

fn containing(text: &str) -> Restriction {
    Restriction::Content {
        kind: MatchKind::Substring,
        fuzzy: FuzzyLevel {
            ignore_case: true,
            ignore_nonspace: true,
            loose: false,
        },
        tag: tags::SUBJECT.raw(),
        value_tag: tags::SUBJECT.raw(),
        value: text.into(),
    }
}

fn recipient(name: &str) -> Restriction {
    Restriction::Sub {
        object: SubObject::Recipients,
        child: Box::new(Restriction::property(tags::DISPLAY_NAME, RelOp::Eq, name)),
    }
}

/// The sender of most of the newest messages.
fn frequent_sender(inbox: &Folder) -> Result<String> {
    let newest = inbox
        .contents()
        .columns([tags::SENDER_NAME.raw()])
        .open()?
        .query_rows(1000)?;
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for row in &newest {
        if let Some(PropValue::Unicode(name)) = row.value(tags::SENDER_NAME) {
            *counts.entry(name.clone()).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(_, n)| *n);
    most.map(|(name, _)| name).context("no senders")
}

fn first_rows(inbox: &Folder, restriction: &Restriction, sort: SortColumn) -> Result<usize> {
    let table = inbox
        .contents()
        .columns([
            tags::ENTRYID.raw(),
            tags::SUBJECT.raw(),
            tags::SENDER_NAME.raw(),
            tags::MESSAGE_DELIVERY_TIME.raw(),
            tags::MESSAGE_SIZE.raw(),
            tags::MESSAGE_FLAGS.raw(),
        ])
        .restrict(restriction.clone())
        .sort([sort])
        .open()?;
    Ok(table.query_rows(PAGE)?.len())
}

/// Reads every bag of the file in order and decodes it whole.
fn bare_reading(file: &Path) -> Result<Bare> {
    let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut bags = 0_u64;
    let figure = median_of(BARE_RUNS, || {
        bags = 0;
        let mut select = db.prepare_cached("SELECT form, data FROM bag ORDER BY id")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let data = row.get_ref(1)?.as_blob()?;
            let message = match row.get::<_, u8>(0)? {
                0 => decode_stored(data)?,
                _ => decode_stored(&zstd::decode_all(data)?)?,
            };
            std::hint::black_box(message);
            bags += 1;
        }
        Ok(())
    })?;
    Ok(Bare { figure, bags })
}

struct Bare {
    figure: Figure,
    bags: u64,
}

impl Default for Bare {
    fn default() -> Self {
        Self {
            figure: Figure {
                median: Duration::ZERO,
                least: Duration::ZERO,
                most: Duration::ZERO,
            },
            bags: 0,
        }
    }
}

/// The figures as they come.
#[derive(Default)]
struct Table {
    bare: Bare,
    builds: Vec<(&'static str, Duration)>,
    lines: Vec<Line>,
    /// Messages marked per second while the unread ones are kept.
    marked_per_second: f64,
}

struct Line {
    name: &'static str,
    figure: Figure,
    limit: Limit,
    rows: usize,
}

impl Table {
    /// Builds each index by its first use.
    fn first_uses(&mut self, inbox: &Folder) -> Result<()> {
        let by_date = SortColumn::descending(tags::MESSAGE_DELIVERY_TIME);
        let sender = Restriction::property(tags::SENDER_NAME, RelOp::Eq, "Nobody");
        for (name, restriction, sort) in [
            ("unread by date", unread(), by_date),
            ("sender", sender, by_date),
            ("folded subjects", containing("Qqqxzzj"), by_date),
            (
                "by size",
                Restriction::exist(tags::MESSAGE_SIZE),
                SortColumn::descending(tags::MESSAGE_SIZE),
            ),
            (
                "by sender",
                Restriction::exist(tags::SENDER_NAME),
                SortColumn::ascending(tags::SENDER_NAME),
            ),
        ] {
            let start = Instant::now();
            first_rows(inbox, &restriction, sort)?;
            self.builds.push((name, start.elapsed()));
        }
        Ok(())
    }

    fn case(&mut self, inbox: &Folder, case: &Case) -> Result<()> {
        let mut rows = 0;
        let figure = median_of(RUNS, || {
            rows = first_rows(inbox, &case.restriction, case.sort)?;
            ensure!(case.rows.contains(&rows), "{}: {rows} rows", case.name);
            Ok(())
        })?;
        self.lines.push(Line {
            name: case.name,
            figure,
            limit: case.limit,
            rows,
        });
        Ok(())
    }

    /// Marks all messages but the oldest unread ones read, measures, and marks them unread again.
    fn sparse_unread(&mut self, inbox: &Folder) -> Result<()> {
        let by_date = SortColumn::descending(tags::MESSAGE_DELIVERY_TIME);
        let table = inbox
            .contents()
            .columns([tags::ENTRYID.raw()])
            .restrict(unread())
            .sort([by_date])
            .open()?;
        let mut ids = Vec::new();
        for row in table.query_rows(i64::from(i32::MAX))? {
            if let Some(PropValue::Binary(id)) = row.value(tags::ENTRYID) {
                ids.push(EntryId::from(id.clone()));
            }
        }
        ids.truncate(ids.len().saturating_sub(LEFT_UNREAD));
        let start = Instant::now();
        let measured = mark(inbox, &ids, ReadFlags::NONE).and_then(|()| {
            self.marked_per_second = per_second(ids.len(), start.elapsed());
            self.case(
                inbox,
                &Case {
                    name: "a unread, the 40 oldest of all, by date",
                    restriction: unread(),
                    sort: by_date,
                    limit: Limit::Millis(5),
                    rows: LEFT_UNREAD..=LEFT_UNREAD,
                },
            )
        });
        mark(inbox, &ids, ReadFlags::CLEAR_READ_FLAG)?;
        measured
    }

    fn speed(&self, line: &Line) -> f64 {
        self.bare.figure.median.as_secs_f64() / line.figure.median.as_secs_f64()
    }

    fn holds(&self, line: &Line) -> bool {
        let within = |ms: u64| line.figure.median <= Duration::from_millis(ms);
        match line.limit {
            Limit::Millis(ms) => within(ms),
            Limit::Pass(ms) => within(ms) && self.speed(line) >= LEAST_SPEED,
        }
    }

    fn tell(&self) {
        note(&format!(
            "bare reading and decoding of {} bags: {:.0} ms",
            self.bare.bags,
            millis(self.bare.figure.median)
        ));
        for (name, time) in &self.builds {
            note(&format!("first use of {name}: {:.0} ms", millis(*time)));
        }
        note(&format!(
            "marking with the unread ones kept: {:.0} messages/s",
            self.marked_per_second
        ));
        note("  median ms     least      most   limit  rows  × bare");
        for line in &self.lines {
            let ms = match line.limit {
                Limit::Millis(ms) | Limit::Pass(ms) => ms,
            };
            note(&format!(
                "{} {:>9.2} {:>9.2} {:>9.2} {ms:>7} {:>5} {:>7.2}  {}",
                if self.holds(line) { " " } else { "!" },
                millis(line.figure.median),
                millis(line.figure.least),
                millis(line.figure.most),
                line.rows,
                self.speed(line),
                line.name,
            ));
        }
    }

    fn into_json(self) -> Value {
        let builds: Map<_, _> = (self.builds.iter())
            .map(|(name, time)| ((*name).to_owned(), json!(millis(*time))))
            .collect();
        let lines: Vec<_> = (self.lines.iter())
            .map(|line| {
                json!({
                    "case": line.name, "figure": line.figure.as_json(), "rows": line.rows,
                    "speed_against_bare": self.speed(line), "holds": self.holds(line),
                })
            })
            .collect();
        json!({
            "bare_reading": self.bare.figure.as_json(), "bags": self.bare.bags,
            "first_use_ms": builds, "marked_per_second": self.marked_per_second, "cases": lines,
        })
    }
}

fn mark(inbox: &Folder, ids: &[EntryId], flags: ReadFlags) -> Result<()> {
    for some in ids.chunks(MARKED) {
        inbox.set_read_flags(Some(some), flags)?.ignore_warning();
    }
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn per_second(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

#[expect(clippy::print_stderr, reason = "the program's table for people")]
fn note(line: &str) {
    eprintln!("{line}");
}
