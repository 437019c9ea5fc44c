//! A process that watches a list, and a copy of the list kept from what it tells and from nothing else.

use std::io::{BufRead, BufReader};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use testkit::ChildGuard;

use crate::world::World;

/// How long the copy may differ from a list that has come to rest after commands that ended or were killed. Well below the
/// time after which waiting processes ask the store although nothing woke them, so that a lost wake-up is seen.
const PATIENCE: Duration = Duration::from_secs(12);

/// Columns that say the same in a list and in an event.
const TREE: [&str; 6] = ["id", "path", "name", "messages", "unread", "folders"];

/// A watching process.
pub(crate) struct Observer {
    args: Vec<String>,
    /// The command that lists the same.
    list: Vec<String>,
    /// The order of the rows is part of what is compared.
    ordered: bool,
    child: ChildGuard,
    copy: Arc<Shared>,
    tally: Tally,
}

/// What observers have seen in all.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    events: u64,
    reloads: u64,
    kills: u64,
    slowest: Duration,
}

#[derive(Default)]
struct Shared {
    copy: Mutex<Copy>,
    changed: Condvar,
}

/// The rows, by their instance keys.
#[derive(Default)]
struct Copy {
    rows: Vec<(String, Value)>,
    /// All rows there were have been told.
    ready: bool,
    events: u64,
    reloads: u64,
    /// What could not be applied.
    wrong: Option<String>,
    ended: bool,
}

impl Observer {
    /// Watches the messages of a folder, in the order of a list.
    pub(crate) fn of_messages(world: &World, folder: &str) -> Result<Self> {
        let args = ["watch", "--table", folder, "--rows", "--json"];
        let list = ["list", folder, "--limit", "1000000", "--json"];
        Self::start(world, &args, &list, true)
    }

    /// Watches all folders with their counts.
    pub(crate) fn of_folders(world: &World) -> Result<Self> {
        let args = ["watch", "--table", "", "--hierarchy", "--rows", "--json"];
        Self::start(world, &args, &["folder", "list", "--json"], false)
    }

    fn start(world: &World, args: &[&str], list: &[&str], ordered: bool) -> Result<Self> {
        let owned = |words: &[&str]| words.iter().map(|&w| w.to_owned()).collect::<Vec<_>>();
        let (args, list) = (owned(args), owned(list));
        let (child, copy) = spawn(world, &args)?;
        Ok(Self {
            args,
            list,
            ordered,
            child,
            copy,
            tally: Tally::default(),
        })
    }

    /// Kills the process, and has another one begin anew.
    pub(crate) fn kill(&mut self, world: &World) -> Result<()> {
        self.child.kill()?;
        self.take_stock();
        self.tally.kills += 1;
        (self.child, self.copy) = spawn(world, &self.args)?;
        Ok(())
    }

    /// The copy must soon be what the list is, now that nothing changes.
    pub(crate) fn examine(&mut self, world: &World) -> Result<()> {
        let run = world.malle.try_run(&self.list)?;
        ensure!(run.status.success(), "{:?}: {}", self.list, run.err());
        let fresh: Value = serde_json::from_slice(&run.stdout)?;
        let fresh = fresh.as_array().context("an array")?;
        let fresh = self.comparable(fresh.iter());
        let start = Instant::now();
        let mut copy = self.copy.lock();
        loop {
            if let Some(wrong) = &copy.wrong {
                bail!("{:?}: {wrong}", self.args);
            }
            let rows = self.comparable(copy.rows.iter().map(|(_, row)| row));
            if copy.ready && rows == fresh {
                break;
            }
            ensure!(!copy.ended, "{:?} has ended", self.args);
            ensure!(
                start.elapsed() < PATIENCE,
                "{:?}: the copy is not the list after {PATIENCE:?}: {}",
                self.args,
                difference(&rows, &fresh)
            );
            let waited = self.copy.changed.wait_timeout(copy, PATIENCE / 10);
            copy = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(copy);
        self.tally.slowest = self.tally.slowest.max(start.elapsed());
        Ok(())
    }

    /// What can be compared of rows: of messages all but the path that a list gives them.
    fn comparable<'a>(&self, rows: impl Iterator<Item = &'a Value>) -> Vec<Value> {
        let tree = |row: &Value| TREE.map(|name| row.get(name).cloned().unwrap_or_default());
        if self.ordered {
            return rows.map(without_folder).collect();
        }
        let mut rows: Vec<Value> = rows.map(|row| json!(tree(row))).collect();
        rows.sort_by_key(Value::to_string);
        rows
    }

    fn take_stock(&mut self) {
        let mut copy = self.copy.lock();
        self.tally.events += std::mem::take(&mut copy.events);
        self.tally.reloads += std::mem::take(&mut copy.reloads);
    }

    /// What it has seen.
    pub(crate) fn report(&mut self) -> Value {
        self.take_stock();
        json!({
            "watched": self.args.get(2),
            "events": self.tally.events,
            "reloads": self.tally.reloads,
            "kills": self.tally.kills,
            "slowest_ms": self.tally.slowest.as_millis() as u64,
        })
    }
}

fn without_folder(row: &Value) -> Value {
    let mut row = row.clone();
    if let Some(columns) = row.as_object_mut() {
        columns.remove("folder");
    }
    row
}

/// The first row that differs.
fn difference(rows: &[Value], fresh: &[Value]) -> String {
    let place = rows.iter().zip(fresh).position(|(a, b)| a != b);
    let place = place.unwrap_or_else(|| rows.len().min(fresh.len()));
    let at = |rows: &[Value]| {
        rows.get(place)
            .map_or("nothing".to_owned(), Value::to_string)
    };
    format!(
        "{} rows instead of {}; row {place} is {} instead of {}",
        rows.len(),
        fresh.len(),
        at(rows),
        at(fresh)
    )
}

/// Starts the process, and a thread that applies what it tells.
fn spawn(world: &World, args: &[String]) -> Result<(ChildGuard, Arc<Shared>)> {
    let mut child = world.malle.spawn(args)?;
    let out = child.child().stdout.take().context("stdout is piped")?;
    let copy = Arc::new(Shared::default());
    let shared = Arc::clone(&copy);
    thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            shared.lock().take(&line);
            shared.changed.notify_all();
        }
        shared.lock().ended = true;
        shared.changed.notify_all();
    });
    Ok((child, copy))
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Copy> {
        self.copy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Copy {
    fn take(&mut self, line: &str) {
        // A killed process may leave half a line.
        let Ok(event) = serde_json::from_str::<Value>(line) else {
            return;
        };
        self.events += 1;
        if let Err(error) = self.apply(&event)
            && self.wrong.is_none()
        {
            self.wrong = Some(format!("{error}: {event}"));
        }
    }

    fn apply(&mut self, event: &Value) -> Result<()> {
        let text = |name: &str| event.get(name).and_then(Value::as_str);
        let key = text("key").unwrap_or_default();
        let place = |rows: &[(String, Value)], key: &str| rows.iter().position(|(k, _)| k == key);
        match text("event").context("no event")? {
            "reload" => {
                self.rows.clear();
                self.ready = false;
                self.reloads += 1;
            }
            "ready" => self.ready = true,
            "row-deleted" => {
                let at = place(&self.rows, key).context("a row goes that was never there")?;
                self.rows.remove(at);
            }
            kind @ ("row-added" | "row-modified") => {
                let was = place(&self.rows, key);
                ensure!((kind == "row-added") == was.is_none(), "{kind} of {was:?}");
                if let Some(at) = was {
                    self.rows.remove(at);
                }
                let at = match text("prior") {
                    None => 0,
                    Some(prior) => {
                        1 + place(&self.rows, prior).context("the row before it is not there")?
                    }
                };
                let row = event.get("row").context("no row")?;
                self.rows.insert(at, (key.to_owned(), row.clone()));
            }
            // The store is being compacted or was full for a moment: rows follow.
            "critical-error" => {}
            other => bail!("a list knows no {other}"),
        }
        Ok(())
    }
}
