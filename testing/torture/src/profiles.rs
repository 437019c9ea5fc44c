//! Two processes change profiles and services of one home, and are killed while they do.
//!
//! After each kill every profile file parses, what had been said done is there, and the change that was under way is there whole
//! or not at all: what only was marked is done by the next administration call. The other process works on meanwhile.

mod change;
pub(crate) mod worker;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use malle_host::{Home, MalleHost, ProfileError};
use mapi::{Host, Mapi, ProfileFlags};
use serde_json::{Value, json};
use testkit::{Chance, ChildGuard, TempHome};

use change::{Change, State};
use worker::{host_of, state_of};

const WORKERS: [&str; 2] = ["anna", "bert"];
/// The longest time between the blows, in microseconds.
const PAUSE: u64 = 60_000;
/// How long a process may take to begin to work, or to do what it found undone.
const PATIENCE: Duration = Duration::from_secs(60);

/// A file as it was written before profiles had a version.
const OLD: &str = "next_letter = \"b\"\n\n[[service]]\nname = \"MALLE_MEMORY\"\nletter = \"a\"\ndefault = true\n\n\
                   [service.config]\nname = \"old\"\n";

/// Runs the part.
pub(crate) fn run(plan: &crate::plan::Plan, chance: &mut Chance) -> Result<Value> {
    let home = TempHome::new()?;
    furnish(home.path())?;
    let mut workers = Vec::new();
    for name in WORKERS {
        let state = [(format!("{name}-old"), old())].into();
        workers.push(Worker::begin(home.path(), name, state, chance)?);
    }
    let host = host_of(home.path());
    let mapi = Mapi::initialize(Arc::clone(&host) as Arc<dyn Host>);
    let mut report = Report::default();
    for blow in 0..plan.kills * 2 {
        thread::sleep(Duration::from_micros(chance.below(PAUSE)));
        let at = chance.in_range(0..workers.len());
        let victim = workers.get_mut(at).context("one of the workers")?;
        victim.child.kill()?;
        let name = victim.name;
        let after = || format!("after blow {blow}, of {name}");
        settled(&mapi, &host, name).with_context(after)?;
        victim.judge(&host, &mut report).with_context(after)?;
        let state = std::mem::take(&mut victim.state);
        *victim = Worker::begin(home.path(), victim.name, state, chance)?;
    }
    for mut worker in workers {
        worker.child.kill()?;
        settled(&mapi, &host, worker.name)?;
        worker.judge(&host, &mut report)?;
    }
    report.kills = plan.kills * 2;
    let default = host.profiles().default_name().ok();
    let names = host.profiles().names()?;
    ensure!(
        default.as_ref().is_none_or(|name| names.contains(name)),
        "the default {default:?} is none of {names:?}"
    );
    Ok(report.to_json(names.len()))
}

/// A home with a key of its own (keyrings are left alone) and a profile of each worker that is as old as can be.
fn furnish(path: &Path) -> Result<()> {
    let home = Home::below(path);
    let key = home.secure_key_file();
    fs::create_dir_all(key.parent().context("the key is in a folder")?)?;
    fs::write(key, [42; 32])?;
    fs::create_dir_all(home.profiles_dir())?;
    for worker in WORKERS {
        fs::write(home.profile_file(&format!("{worker}-old")), OLD)?;
    }
    Ok(())
}

/// Does what kills left to do of a worker's profiles, as any administration does first; then every file parses. What the other
/// process is just doing for it is soon done.
fn settled(mapi: &Mapi, host: &MalleHost, worker: &str) -> Result<()> {
    let begun = Instant::now();
    loop {
        let table = mapi.admin_profiles()?.profile_table(ProfileFlags::NONE);
        table.open().context("the table of profiles")?;
        let entries = host.profiles().entries()?;
        let mut own = entries.iter().filter(|e| e.name.starts_with(worker));
        let Some(marked) = own.find(|e| e.deleted || e.renamed_to.is_some()) else {
            break;
        };
        ensure!(begun.elapsed() < PATIENCE, "{marked:?} stays marked");
        thread::sleep(Duration::from_millis(1));
    }
    for name in host.profiles().names()? {
        match host.profiles().load(&name) {
            // The other process may have taken it away since the folder was read.
            Ok(_) | Err(ProfileError::Unknown { .. }) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

#[derive(Default)]
struct Report {
    kills: u32,
    /// Changes that were said done.
    done: usize,
    /// Kills between two changes.
    idle: u32,
    /// By kind of change that was under way: how often it was there, and how often not.
    under_way: BTreeMap<String, (u32, u32)>,
}

impl Report {
    fn to_json(&self, profiles: usize) -> Value {
        let kinds = self.under_way.iter();
        let kinds = kinds.map(|(kind, (whole, absent))| (kind.clone(), json!([whole, absent])));
        json!({
            "killed": self.kills,
            "done": self.done,
            "between_changes": self.idle,
            "whole_or_absent": kinds.collect::<serde_json::Map<_, _>>(),
            "profiles": profiles,
        })
    }
}

struct Worker {
    name: &'static str,
    child: ChildGuard,
    journal: PathBuf,
    /// Its profiles as they were when it began.
    state: State,
}

impl Worker {
    fn begin(home: &Path, name: &'static str, state: State, chance: &mut Chance) -> Result<Self> {
        let journal = home.join(format!("{name}.journal"));
        fs::write(&journal, "")?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--profile-worker").arg(home);
        command.args([name, &chance.next_u64().to_string()]);
        command.arg(&journal).stdin(Stdio::null());
        let begun = Self {
            name,
            child: ChildGuard::spawn(&mut command)?,
            journal,
            state,
        };
        begun.wait()?;
        Ok(begun)
    }

    /// Until its first change is said: what is killed before that has changed nothing.
    fn wait(&self) -> Result<()> {
        let begun = Instant::now();
        while fs::metadata(&self.journal)?.len() == 0 {
            ensure!(begun.elapsed() < PATIENCE, "{} does not begin", self.name);
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Holds the profiles against the journal.
    fn judge(&mut self, host: &MalleHost, report: &mut Report) -> Result<()> {
        let text = fs::read_to_string(&self.journal)?;
        let mut under_way = None;
        let mut state = std::mem::take(&mut self.state);
        let whole_lines = text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        for line in whole_lines {
            let line: Value = serde_json::from_str(line)?;
            if let Some(change) = line.get("begin") {
                under_way = Change::from_json(change);
            } else if line.get("done").is_some() {
                let change: Change = under_way.take().context("a change that is done began")?;
                state = change.applied(&state);
                report.done += 1;
            } else {
                bail!("{}: {under_way:?}: {line}", self.name);
            }
        }
        let is = state_of(host, self.name)?;
        let Some(change) = under_way else {
            report.idle += 1;
            ensure!(is == state, "not as was said: {state:?}\n{is:?}");
            self.state = is;
            return Ok(());
        };
        let whole = change.applied(&state);
        let counts = report.under_way.entry(change.kind.clone()).or_default();
        // A change that changes nothing is there either way.
        if is == whole {
            counts.0 += 1;
        } else {
            counts.1 += 1;
            ensure!(
                is == state,
                "{change:?} is neither whole nor absent\nbefore: {state:?}\nis: {is:?}"
            );
        }
        self.state = is;
        Ok(())
    }
}

fn old() -> change::Content {
    change::Content {
        services: vec![("MALLE_MEMORY".to_owned(), "old".to_owned())],
        written: None,
    }
}
