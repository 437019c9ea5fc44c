//! Live tables while several processes change one SQLite store, and threads one in memory.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;

use conformance::{Fixture, Ground, LiveWriter};
use mapi::{Service, ServiceConfig};
use store_memory::MemoryService;
use store_sqlite::SqliteService;
use testkit::TempHome;

/// Set in a process that is a writer: where the store is.
const PLACE: &str = "MALLE_LIVE_PLACE";
/// Its seed.
const SEED: &str = "MALLE_LIVE_SEED";

/// Stores in a folder that somebody else takes away.
#[derive(Debug)]
struct Files(PathBuf);

impl Ground for Files {
    fn service(&self) -> Arc<dyn Service> {
        Arc::new(SqliteService)
    }

    fn config(&self, name: &str) -> ServiceConfig {
        let values = [("path".to_owned(), format!("{name}.malle"))].into();
        ServiceConfig {
            base: self.0.clone(),
            values,
        }
    }
}

#[derive(Debug)]
struct Memory(Arc<MemoryService>);

impl Ground for Memory {
    fn service(&self) -> Arc<dyn Service> {
        Arc::clone(&self.0) as Arc<dyn Service>
    }

    fn config(&self, name: &str) -> ServiceConfig {
        let values = [("name".to_owned(), name.to_owned())].into();
        ServiceConfig {
            values,
            ..ServiceConfig::default()
        }
    }
}

#[test]
fn copies_kept_by_events_equal_the_tables_while_three_processes_write() {
    let home = TempHome::new().unwrap();
    let ground = Box::new(Files(home.path().to_owned()));
    let start = |_: &Fixture, seed| Ok(process(&home, seed));
    conformance::live_model(ground, start, 600).unwrap();
}

#[test]
fn copies_kept_by_events_equal_the_tables_while_three_threads_write() {
    let ground = Box::new(Memory(Arc::default()));
    conformance::live_model(ground, LiveWriter::in_thread, 1500).unwrap();
}

/// Does nothing unless it runs in a process that [`process`] started: then that process is a writer.
#[test]
fn a_writer_of_its_own() {
    let Some(place) = std::env::var_os(PLACE) else {
        return;
    };
    let seed = std::env::var(SEED).unwrap().parse().unwrap();
    let fixture = Fixture::new(Box::new(Files(place.into()))).unwrap();
    let (go, wanted) = channel();
    let (tell, done) = channel();
    thread::spawn(move || {
        for line in std::io::stdin().lines() {
            go.send(line.unwrap().trim().parse().unwrap()).unwrap();
        }
    });
    thread::spawn(move || {
        for made in done {
            // Past what the test's own output has begun.
            println!("\ndone {made}");
        }
    });
    conformance::live_writer(&fixture, seed, &wanted, &tell).unwrap();
}

/// A writer in a process of its own. It ends when nobody asks it for more.
fn process(home: &TempHome, seed: u64) -> LiveWriter {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_writer_of_its_own", "--nocapture"])
        .env(PLACE, home.path())
        .env(SEED, seed.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut orders, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (go, wanted) = channel::<u64>();
    let (tell, done) = channel();
    thread::spawn(move || {
        for changes in wanted {
            writeln!(orders, "{changes}").unwrap();
        }
    });
    thread::spawn(move || {
        for line in BufReader::new(answers).lines().map_while(Result::ok) {
            if let Some(made) = line.strip_prefix("done ") {
                tell.send(made.parse().unwrap()).unwrap();
            }
        }
        // The end of its output is the end of the process.
        drop(child.wait());
    });
    LiveWriter { go, done }
}
