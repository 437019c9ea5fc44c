//! Being told: how long after a change sinks hear of it, in the process that made it and in another, and what a process costs
//! that only waits. Requirements NTF-01, TAB-24.
//!
//! The workload: `CHANGES` changes at `RATE` a second, by turns a message that is watched gets another subject and a new
//! message is saved, each in a transaction of its own. There are sinks on the message, its folder and the store, and on a
//! table of the folder in order of subject. What is measured begins when the call that made the change has returned, and
//! ends when the sink runs. Wall time: read it on a quiet machine.

mod idle;
mod watching;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use mapi::{CreateFolderFlags, Folder, MapiProp, OpenFlags, SaveFlags, tags};
use serde_json::{Map, Value, json};

use crate::Big;
use crate::measured::tidy;
use watching::Watching;

/// Changes of one run, and how many a second.
const CHANGES: u32 = 1000;
const RATE: u32 = 200;
/// How long the process that only waits is looked at.
const IDLE: Duration = Duration::from_secs(30);
/// The folder that is watched, in the Inbox.
const FOLDER: &str = "Live";

/// When one change was made, in nanoseconds since 1970: the call began, and it returned.
#[derive(Debug, Clone, Copy)]
struct Made {
    begun: u64,
    returned: u64,
}

/// Measures both, in a home of its own at `place`, which is made anew.
///
/// # Errors
/// When the home cannot be used, or sinks do not hear of everything.
pub fn measure(place: &Path, report: &mut Map<String, Value>) -> Result<()> {
    if place.exists() {
        std::fs::remove_dir_all(place)?;
    }
    let inbox = Big::create(place)?.inbox()?;
    let folder = inbox.create_folder(FOLDER, None, CreateFolderFlags::NONE)?;
    let watched = folder.create_message()?;
    watched.set(tags::SUBJECT, subject(0))?;
    watched.save_changes(SaveFlags::NONE)?;

    let watching = Watching::begin(place, FOLDER)?;
    let made = write(&watching.folder, CHANGES)?;
    let in_process = watching.latencies(&made)?;
    let made = write_elsewhere(place)?;
    let across = watching.latencies(&made)?;
    let idle = idle::look(IDLE)?;
    report.insert(
        "live".to_owned(),
        json!({
            "changes_per_second": RATE,
            "in_process": in_process,
            "in_process_target_p99_ms": 5,
            "across_processes": across,
            "across_processes_target_p99_ms": 50,
            "idle": idle,
            "idle_target_cpu_percent": 0.1,
        }),
    );
    Ok(())
}

/// The other process: waits for a line, makes the changes, and says when it made them.
///
/// # Errors
/// When the home cannot be used.
pub fn write_for(home: &Path) -> Result<()> {
    let folder = Big::open(home)?.inbox()?.child(FOLDER)?;
    let folder = folder.context("no folder to write to")?;
    let mut out = std::io::stdout();
    writeln!(out, "ready")?;
    std::io::stdin().read_line(&mut String::new())?;
    for made in write(&folder, CHANGES)? {
        writeln!(out, "{} {}", made.begun, made.returned)?;
    }
    Ok(())
}

fn write_elsewhere(home: &Path) -> Result<Vec<Made>> {
    let mut writer = Command::new(std::env::current_exe()?)
        .arg("--live-writer")
        .arg(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut orders = writer.stdin.take().context("a pipe")?;
    let mut answers = BufReader::new(writer.stdout.take().context("a pipe")?).lines();
    ensure!(
        answers.next().transpose()?.as_deref() == Some("ready"),
        "the writer"
    );
    writeln!(orders, "go")?;
    let made = |line: std::io::Result<String>| -> Result<Made> {
        let line = line?;
        let (begun, returned) = line.split_once(' ').context("two times")?;
        Ok(Made {
            begun: begun.parse()?,
            returned: returned.parse()?,
        })
    };
    let made = answers.map(made).collect::<Result<Vec<_>>>()?;
    ensure!(writer.wait()?.success(), "the writer failed");
    Ok(made)
}

/// Makes changes at the rate; even ones to the message that is there first, odd ones are new messages.
fn write(folder: &Folder, changes: u32) -> Result<Vec<Made>> {
    let first = folder
        .contents()
        .columns([tags::ENTRYID.raw()])
        .sort([mapi::SortColumn::ascending(tags::CREATION_TIME)])
        .open()?
        .query_rows(1)?
        .pop()
        .context("a message to change")?;
    let start = Instant::now();
    let mut all = Vec::new();
    for n in 0..changes {
        let due = start + Duration::from_secs(1) * n / RATE;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let message = if n % 2 == 0 {
            folder.open_message_with(first.entry_id(), OpenFlags::MODIFY)?
        } else {
            folder.create_message()?
        };
        message.set(tags::SUBJECT, subject(n + 1))?;
        let begun = now();
        message.save_changes(SaveFlags::NONE)?;
        all.push(Made {
            begun,
            returned: now(),
        });
    }
    Ok(all)
}

fn subject(n: u32) -> String {
    format!("change {n:06}")
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = since.unwrap_or_default().as_nanos();
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

/// Half, 99 of 100 and the slowest of some durations in nanoseconds, in milliseconds.
fn spread(mut all: Vec<u64>) -> Value {
    all.sort_unstable();
    let at = |per_cent: usize| {
        let n = (all.len() * per_cent / 100).min(all.len().saturating_sub(1));
        let nanos = all.get(n).copied().unwrap_or_default();
        tidy(Duration::from_nanos(nanos).as_secs_f64() * 1000.0)
    };
    json!({ "events": all.len(), "p50_ms": at(50), "p99_ms": at(99), "max_ms": at(100) })
}
