//! What the daemon costs while nothing happens: memory, wake-ups, writing. Linux only: the figures are the kernel's.
//!
//! The workload: the built command `malle daemon`, on profiles of one store each, the first of them with mail; nobody asks and
//! nothing changes. Measured over all its threads, from some seconds after it holds its leases.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use malle_host::control::{LeaseState, everybody};
use mapi_spi::Call;
use serde_json::{Map, Value, json};
use testkit::Malle;

use crate::measured::tidy;

/// How long what was begun at the start may still go on.
const SETTLE: Duration = Duration::from_secs(5);
/// For a daemon to be there.
const PATIENCE: Duration = Duration::from_secs(60);
/// Messages of the store that has some.
const MESSAGES: usize = 2000;
/// Profiles that are kept.
const PROFILES: [usize; 2] = [1, 3];

/// Measures it in homes of their own at `place`, which is made anew, each for so long.
///
/// # Errors
/// When the home cannot be used, or the daemon does not run.
pub fn measure(place: &Path, time: Duration, report: &mut Map<String, Value>) -> Result<()> {
    if !Path::new("/proc/self/smaps_rollup").exists() {
        report.insert("daemon".to_owned(), Value::Null);
        return Ok(());
    }
    let mut figures = Vec::new();
    for profiles in PROFILES {
        let home = place.join(profiles.to_string());
        if home.exists() {
            fs::remove_dir_all(&home)?;
        }
        figures.push(of_home(&home, profiles, time)?);
    }
    report.insert(
        "daemon".to_owned(),
        json!({
            "idle": figures,
            "target_pss_mib": 30,
            "target_voluntary_context_switches_in_120_s": 60,
            "target_written_bytes": 0,
        }),
    );
    Ok(())
}

fn of_home(home: &Path, profiles: usize, time: Duration) -> Result<Value> {
    fs::create_dir_all(home)?;
    let malle = Malle::at(home);
    furnish(&malle, home, profiles)?;
    let began = Instant::now();
    let mut daemon = malle.spawn(["daemon", "--quiet"])?;
    let pid = daemon.id();
    until_kept(home, pid, profiles)?;
    let ready = began.elapsed();
    std::thread::sleep(SETTLE);
    let before = Cost::of(pid)?;
    std::thread::sleep(time);
    let after = Cost::of(pid)?;
    let stopping = Instant::now();
    ensure!(
        malle.try_run(["daemon", "--stop"])?.status.success(),
        "the daemon did not end"
    );
    ensure!(daemon.wait()?.success(), "the daemon failed");
    let ended = stopping.elapsed();
    Ok(json!({
        "stores": profiles,
        "seconds": time.as_secs(),
        "pss_mib": tidy(after.pss as f64 / 1024.0),
        "private_mib": tidy(after.private as f64 / 1024.0),
        "threads": after.threads,
        "voluntary_context_switches": after.voluntary - before.voluntary,
        "written_bytes": after.written - before.written,
        "keeps_after_ms": tidy(ready.as_secs_f64() * 1000.0),
        "ends_within_ms": tidy(ended.as_secs_f64() * 1000.0),
    }))
}

/// Profiles of one store each; the first has mail.
fn furnish(malle: &Malle, home: &Path, profiles: usize) -> Result<()> {
    let done = |args: &[&str]| -> Result<()> {
        let run = malle.try_run(args)?;
        ensure!(run.status.success(), "malle {args:?}: {}", run.err());
        Ok(())
    };
    for n in 0..profiles {
        done(&["profile", "create", &format!("p{n}")])?;
    }
    let mut mbox = String::new();
    for n in 0..MESSAGES {
        mbox.push_str(&format!(
            "From a@b Mon Jun  1 10:00:00 2026\nFrom: a@b.example\nSubject: message {n}\n\nSome words of {n}.\n\n"
        ));
    }
    let file = home.join("mail.mbox");
    fs::write(&file, mbox)?;
    let file = file.to_string_lossy().into_owned();
    done(&["import", "-p", "p0", &file])?;
    done(&["search-folder", "create", "-p", "p0", "Unread", "is:unread"])
}

fn until_kept(home: &Path, pid: u32, stores: usize) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        let all = everybody(&home.join("run"), Duration::from_secs(1), &Call::default());
        let mine = all.iter().find(|process| process.pid == pid);
        if let Some(Ok(report)) = mine.map(|process| &process.report) {
            let held = report
                .leases
                .iter()
                .filter(|l| l.state == LeaseState::Holding);
            if held.count() == stores {
                return Ok(());
            }
        }
        if Instant::now() > until {
            bail!("the daemon keeps not all stores: {all:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What the kernel says of a process.
#[derive(Debug, Clone, Copy)]
struct Cost {
    /// KiB, each page divided by the number of processes that share it.
    pss: u64,
    /// KiB that nobody shares.
    private: u64,
    threads: u64,
    /// Sleeps of its own will, over all threads.
    voluntary: u64,
    /// Bytes that went, or will go, to a disk.
    written: u64,
}

impl Cost {
    fn of(pid: u32) -> Result<Self> {
        let read = |what: &str| {
            let path = format!("/proc/{pid}/{what}");
            fs::read_to_string(&path).with_context(|| path)
        };
        let (memory, io) = (read("smaps_rollup")?, read("io")?);
        let mut cost = Self {
            pss: number(&memory, "Pss:")?,
            private: number(&memory, "Private_Clean:")? + number(&memory, "Private_Dirty:")?,
            threads: 0,
            voluntary: 0,
            written: number(&io, "write_bytes:")?,
        };
        for task in fs::read_dir(format!("/proc/{pid}/task"))? {
            let status = fs::read_to_string(task?.path().join("status"))?;
            cost.threads += 1;
            cost.voluntary += number(&status, "voluntary_ctxt_switches:")?;
        }
        Ok(cost)
    }
}

/// The number behind a name at the beginning of a line.
fn number(text: &str, name: &str) -> Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let word = line.and_then(|line| line.split_whitespace().next());
    Ok(word.with_context(|| format!("no {name}"))?.parse()?)
}
