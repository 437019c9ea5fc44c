//! Measures a store made by `bigstore`, and malle beside its peers:
//! `bench [HOME] [--messages N] [--maildir DIR] [--report FILE] [--in-process] [--idle SECONDS] [--only PART]`.
//!
//! Without a home it makes one of N messages (default 1,000,000) below the target directory and keeps it; the part `search`
//! wants one with bodies (`bigstore N HOME --bodies`; `search-folders` takes either), `categories` one with few values (`bigstore N HOME --grouped`): each is
//! left out where another part's home is given. The parts `peers`,
//! `threads` and `mime` take a Maildir instead: DIR, or one of N messages (default 20,000) that is made and kept in the same way.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use benchmarks::{Big, Figure, MadeMail, median_of};
use mapi::{Folder, SortColumn, tags};
use mapi_props::PropTag;
use serde_json::{Map, Value, json};
use testkit::{Chance, Malle};

/// What is measured on a big store.
const STORE_PARTS: [&str; 4] = ["pages", "restricted", "bulk", "search-folders"];
/// Messages with bodies on which random searches are compared with a pass, and the most that a home given may have.
const COMPARED: usize = 20_000;
const MOST_COMPARED: u64 = 50_000;
const RUNS: usize = 20;
const PAGE: i64 = 50;

/// Ten columns, of which the last two lie only in the bag.
const COLUMNS: [PropTag; 10] = [
    tags::ENTRYID.raw(),
    tags::SUBJECT.raw(),
    tags::SENDER_NAME.raw(),
    tags::MESSAGE_DELIVERY_TIME.raw(),
    tags::MESSAGE_SIZE.raw(),
    tags::MESSAGE_FLAGS.raw(),
    tags::MESSAGE_CLASS.raw(),
    tags::HASATTACH.raw(),
    tags::INTERNET_MESSAGE_ID.raw(),
    MadeMail::RATING,
];

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    if std::env::args().nth(1).as_deref() == Some("--sending") {
        return benchmarks::sending::serve(std::env::args().skip(2));
    }
    if std::env::args().nth(1).as_deref() == Some("--rtf-body") {
        return benchmarks::rtf::serve(std::env::args().skip(2));
    }
    if let (Some("--live-writer"), Some(home)) = (args.next().as_deref(), args.next()) {
        return benchmarks::live::write_for(Path::new(&home));
    }
    let plan = Plan::from_args(std::env::args().skip(1))?;
    let mut report = Map::new();
    if STORE_PARTS.iter().any(|part| plan.wants(part)) {
        of_store(&plan, &mut report)?;
    }
    if plan.wants("search") && (plan.home.is_none() || plan.only.is_some()) {
        searches(&plan, &mut report)?;
    }
    if plan.wants("categories") && (plan.home.is_none() || plan.only.is_some()) {
        let home = plan.grouped()?;
        benchmarks::categories::measure(&home, &mut report)?;
    }
    if plan.wants("live") && (plan.home.is_none() || plan.only.is_some()) {
        benchmarks::live::measure(&place("bench-live")?, &mut report)?;
    }
    if plan.wants("daemon") && !plan.in_process && (plan.home.is_none() || plan.only.is_some()) {
        benchmarks::daemon::measure(&place("bench-daemon")?, plan.idle, &mut report)?;
    }
    if plan.wants("session") && !plan.in_process && (plan.home.is_none() || plan.only.is_some()) {
        benchmarks::session::measure(&place("bench-session")?, &mut report)?;
    }
    if plan.wants("sending") && !plan.in_process && (plan.home.is_none() || plan.only.is_some()) {
        benchmarks::sending::measure(&place("bench-sending")?, plan.messages, &mut report)?;
    }
    if plan.wants("rtf") && !plan.in_process && (plan.home.is_none() || plan.only.is_some()) {
        benchmarks::rtf::measure(&place("bench-rtf")?, &mut report)?;
    }
    if plan.wants("mime") {
        benchmarks::mime::measure(&plan.maildir()?, &mut report)?;
    }
    if plan.wants("search-folders") && plan.home.is_none() {
        let home = with_bodies(plan.messages.unwrap_or(1_000_000))?;
        benchmarks::search_folders::measure(&home, &mut report)?;
    }
    if plan.wants("search-folders") && !plan.in_process {
        let place = place("bench-search-folders")?;
        benchmarks::search_folders::upkeep(&place, &plan.maildir()?, &mut report)?;
    }
    if plan.wants("threads") && !plan.in_process {
        let (place, compared) = (place("bench-threads")?, plan.maildir()?);
        let many = made_maildir(plan.messages.unwrap_or(100_000))?;
        let threads = benchmarks::threads::Threads {
            compared: &compared,
            many: &many,
            place: &place,
        };
        threads.measure(&mut report)?;
    }
    if plan.wants("peers") && !plan.in_process {
        let databases = place("bench-peers")?;
        let maildir = plan.maildir()?;
        let peers = benchmarks::peers::Peers {
            maildir: &maildir,
            place: &databases,
        };
        peers.measure(&mut report)?;
    }
    let text = serde_json::to_string_pretty(&Value::Object(report))?;
    if let Some(path) = &plan.report {
        std::fs::write(path, &text)?;
    }
    say(&text);
    Ok(())
}

/// The parts that need a big store.
fn of_store(plan: &Plan, report: &mut Map<String, Value>) -> Result<()> {
    let home = plan.home()?;
    report.insert(
        "messages".into(),
        Big::open(&home)?.inbox()?.counts()?.contents.into(),
    );
    if plan.wants("pages") {
        in_process(&home, report)?;
    }
    if plan.wants("pages") && !plan.in_process {
        whole_process(&home, report)?;
    }
    if plan.wants("restricted") {
        benchmarks::restricted::measure(&home, report)?;
    }
    if plan.wants("bulk") && !plan.in_process {
        benchmarks::bulk::measure(&home, report)?;
    }
    if plan.wants("search-folders") {
        benchmarks::search_folders::measure(&home, report)?;
    }
    Ok(())
}

/// The part that needs a big store with bodies: the one given, or one that is made. Random questions are compared on a
/// smaller one.
fn searches(plan: &Plan, report: &mut Map<String, Value>) -> Result<()> {
    let home = match &plan.home {
        Some(home) => home.clone(),
        None => with_bodies(plan.messages.unwrap_or(1_000_000))?,
    };
    benchmarks::search::measure(&home, report)?;
    let small = Big::open(&home)?.inbox()?.counts()?.contents <= MOST_COMPARED;
    let compared = if small { home } else { with_bodies(COMPARED)? };
    benchmarks::search::compare(&compared, report)
}

/// A home of so many messages with bodies below the target directory, made where it is not there.
fn with_bodies(messages: usize) -> Result<PathBuf> {
    made(
        &place(&format!("bench-bodies-{messages}"))?,
        messages,
        &["--bodies"],
    )
}

/// A home that `bigstore` makes where it is not there.
fn made(home: &Path, messages: usize, flags: &[&str]) -> Result<PathBuf> {
    if !home.exists() {
        let status = Command::new(programs()?.join("bigstore"))
            .arg(messages.to_string())
            .arg(home)
            .args(flags)
            .status()?;
        ensure!(status.success(), "bigstore failed: {status}");
    }
    Ok(home.to_owned())
}

struct Plan {
    home: Option<PathBuf>,
    messages: Option<usize>,
    maildir: Option<PathBuf>,
    report: Option<PathBuf>,
    /// Without the command `malle`.
    in_process: bool,
    /// How long the daemon is looked at while nothing happens.
    idle: Duration,
    /// This part alone.
    only: Option<String>,
}

impl Plan {
    fn wants(&self, part: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == part)
    }

    fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let mut plan = Self {
            home: None,
            messages: None,
            maildir: None,
            report: None,
            in_process: false,
            idle: Duration::from_secs(120),
            only: None,
        };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--messages" => {
                    plan.messages = Some(args.next().context("--messages N")?.parse()?);
                }
                "--maildir" => plan.maildir = Some(args.next().context("--maildir DIR")?.into()),
                "--report" => plan.report = Some(args.next().context("--report FILE")?.into()),
                "--idle" => {
                    let seconds = args.next().context("--idle SECONDS")?.parse()?;
                    plan.idle = Duration::from_secs(seconds);
                }
                "--in-process" => plan.in_process = true,
                "--only" => plan.only = Some(args.next().context("--only PART")?),
                flag if flag.starts_with("--") => bail!("unknown argument {flag}"),
                _ => plan.home = Some(arg.into()),
            }
        }
        Ok(plan)
    }

    fn home(&self) -> Result<PathBuf> {
        if let Some(home) = &self.home {
            return Ok(home.clone());
        }
        let messages = self.messages.unwrap_or(1_000_000);
        made(&place(&format!("bench-home-{messages}"))?, messages, &[])
    }

    /// The home given, or one whose messages have few values.
    fn grouped(&self) -> Result<PathBuf> {
        if let Some(home) = &self.home {
            return Ok(home.clone());
        }
        let messages = self.messages.unwrap_or(1_000_000);
        let home = place(&format!("bench-grouped-{messages}"))?;
        made(&home, messages, &["--grouped"])
    }

    /// The Maildir given, or one that is made.
    fn maildir(&self) -> Result<PathBuf> {
        if let Some(maildir) = &self.maildir {
            return Ok(std::path::absolute(maildir)?);
        }
        made_maildir(self.messages.unwrap_or(20_000))
    }
}

/// A Maildir of so many messages below the target directory, made where it is not there.
fn made_maildir(messages: usize) -> Result<PathBuf> {
    let maildir = place(&format!("bench-maildir-{messages}"))?;
    if !maildir.exists() {
        let draft = place("bench-maildir-new")?;
        if draft.exists() {
            std::fs::remove_dir_all(&draft)?;
        }
        benchmarks::maildir::make(&draft, messages, 1)?;
        std::fs::rename(&draft, &maildir)?;
    }
    Ok(maildir)
}

/// A place below the target directory.
fn place(name: &str) -> Result<PathBuf> {
    Ok(programs()?.join("..").canonicalize()?.join(name))
}

/// Where this program and `bigstore` lie.
fn programs() -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    let folder = this.parent().context("a program lies in a folder")?;
    Ok(folder.to_owned())
}

fn in_process(home: &Path, report: &mut Map<String, Value>) -> Result<()> {
    let big = Big::open(home)?;
    let inbox = big.inbox()?;
    let by_date = [SortColumn::descending(tags::MESSAGE_DELIVERY_TIME)];
    put(
        report,
        "first_page_by_delivery_time",
        first_page(&inbox, &by_date)?,
    );
    let orders = [
        ("subject", SortColumn::ascending(tags::SUBJECT)),
        ("sender", SortColumn::ascending(tags::SENDER_NAME)),
        ("size", SortColumn::descending(tags::MESSAGE_SIZE)),
    ];
    for (name, column) in orders {
        let start = Instant::now();
        page(&inbox, &[column])?;
        report.insert(
            format!("first_use_of_order_{name}_s"),
            json!(start.elapsed().as_secs_f64()),
        );
        put(
            report,
            &format!("first_page_by_{name}"),
            first_page(&inbox, &[column])?,
        );
    }
    let far = inbox.counts()?.contents / 2;
    let table = inbox.contents().columns(COLUMNS).sort(by_date).open()?;
    let figure = median_of(RUNS, || {
        ensure!(
            table.rows(far..far + 50)?.len() == 50,
            "a page at row {far}"
        );
        Ok(())
    })?;
    put(report, &format!("page_at_row_{far}"), figure);
    Ok(())
}

fn first_page(inbox: &Folder, sort: &[SortColumn]) -> Result<Figure> {
    median_of(RUNS, || page(inbox, sort))
}

fn page(inbox: &Folder, sort: &[SortColumn]) -> Result<()> {
    let table = inbox
        .contents()
        .columns(COLUMNS)
        .sort(sort.iter().copied())
        .open()?;
    let rows = table.query_rows(PAGE)?;
    ensure!(rows.len() == 50, "only {} rows", rows.len());
    Ok(())
}

fn whole_process(home: &Path, report: &mut Map<String, Value>) -> Result<()> {
    let malle = Malle::at(home);
    let list = || -> Result<()> {
        let run = malle
            .command(["list", "Inbox", "--limit", "50", "--json"])
            .output()?;
        ensure!(
            run.status.success(),
            "malle list: {}",
            String::from_utf8_lossy(&run.stderr)
        );
        Ok(())
    };
    put(report, "malle_list_whole_process", median_of(RUNS, list)?);
    let mut times = Vec::new();
    for round in 0..5 {
        killed_import(&malle, round)?;
        let start = Instant::now();
        list()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let at = |n: usize| times.get(n).copied().unwrap_or_default();
    put(
        report,
        "malle_list_after_kill",
        Figure {
            median: at(2),
            least: at(0),
            most: at(4),
        },
    );
    // The killed imports went to a folder of their own; the store is left as it was found.
    let gone = malle
        .command(["folder", "delete", "Killed", "--permanently", "--yes"])
        .output()?;
    ensure!(
        gone.status.success(),
        "{}",
        String::from_utf8_lossy(&gone.stderr)
    );
    Ok(())
}

/// Starts an import of many small messages and kills it while its log is well filled.
fn killed_import(malle: &Malle, round: u64) -> Result<()> {
    let place = testkit::TempHome::new()?;
    let mut chance = Chance::from_seed(round);
    let mut mbox = String::new();
    for n in 0..40_000 {
        let (word, text) = (chance.word(9), chance.word(200));
        mbox.push_str(&format!(
            "From a@b Mon Jun  1 10:00:00 2026\nFrom: a@b.example\nSubject: {word} {round} {n}\n\n{text}\n\n"
        ));
    }
    let file = place.path().join("many.mbox");
    std::fs::write(&file, mbox)?;
    let _there = malle.command(["folder", "create", "Killed"]).output()?;
    let mut child = malle.spawn([
        "import".as_ref(),
        "--folder".as_ref(),
        "Killed".as_ref(),
        file.as_os_str(),
    ])?;
    std::thread::sleep(Duration::from_millis(700 + 137 * round));
    ensure!(
        child.child().try_wait()?.is_none(),
        "the import ended before the kill"
    );
    child.kill()?;
    Ok(())
}

fn put(report: &mut Map<String, Value>, name: &str, figure: Figure) {
    report.insert(name.to_owned(), figure.as_json());
}

#[expect(clippy::print_stdout, reason = "the program's result")]
fn say(line: &str) {
    println!("{line}");
}
