//! The pipeline over a target that only remembers.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use mapi_props::{Code, tags};
use mapi_spi::{Call, CancelToken, Error, Turn};

use super::super::{Added, ItemStatus, NewMessage};
use super::*;

type Held = Arc<Mutex<HashMap<Vec<String>, Vec<([u8; 32], String)>>>>;

#[derive(Debug, Default)]
struct Memory {
    held: Held,
    full: AtomicBool,
    cancel_after_add: Option<CancelToken>,
}

#[derive(Debug)]
struct MemoryFolder {
    path: Vec<String>,
    held: Held,
    full: bool,
    cancel: Option<CancelToken>,
}

impl ImportTarget for Memory {
    fn folder(&self, path: &[String], _create: bool) -> Result<Option<Box<dyn ImportFolder>>> {
        Ok(Some(Box::new(MemoryFolder {
            path: path.to_vec(),
            held: Arc::clone(&self.held),
            full: self.full.load(Ordering::Relaxed),
            cancel: self.cancel_after_add.clone(),
        })))
    }

    fn embed_depth(&self) -> usize {
        32
    }

    fn header_names(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }
}

impl ImportFolder for MemoryFolder {
    fn known(&self, sources: &[[u8; 32]]) -> Result<Vec<Option<u64>>> {
        let held = self.held.lock().unwrap();
        let here = held.get(&self.path).map_or(&[][..], Vec::as_slice);
        let at = |hash: &[u8; 32]| here.iter().position(|(h, _)| h == hash).map(|n| n as u64);
        Ok(sources.iter().map(at).collect())
    }

    fn add(&self, messages: Vec<NewMessage>, turn: Turn) -> Result<Vec<Result<Added>>> {
        if self.full {
            return Err(Error::new(Code::NOT_ENOUGH_DISK, "the disk is full"));
        }
        turn.wait(&Call::default())?;
        let mut held = self.held.lock().unwrap();
        let here = held.entry(self.path.clone()).or_default();
        let mut added = Vec::new();
        for message in messages {
            let subject = message.tree.props.text(tags::SUBJECT).unwrap_or_default();
            let known = here.iter().position(|(h, _)| *h == message.source);
            added.push(Ok(match known {
                Some(at) => Added::Known(at as u64),
                None => {
                    here.push((message.source, subject.to_owned()));
                    Added::New(here.len() as u64 - 1)
                }
            }));
        }
        if let Some(cancel) = &self.cancel {
            cancel.cancel();
        }
        Ok(added)
    }
}

fn lay(root: &testkit::TempHome, count: usize) -> Vec<PathBuf> {
    for n in 0..count {
        let text = format!("From: a@example.org\r\nSubject: {n:05}\r\n\r\nBody {n}\r\n");
        std::fs::write(root.path().join(format!("{n:05}.eml")), text).unwrap();
    }
    vec![root.path().to_owned()]
}

fn run(job: &ImportJob, target: &Memory) -> ImportReport {
    import(job, target, FileTime::from_unix(0), &mut |_| {})
}

fn subjects(target: &Memory) -> Vec<String> {
    let held = target.held.lock().unwrap();
    held.values().flatten().map(|(_, s)| s.clone()).collect()
}

#[test]
fn everything_in_the_order_of_its_sources_and_only_once() {
    let home = testkit::TempHome::new().unwrap();
    let paths = lay(&home, 1000);
    std::fs::write(home.path().join("00500x.eml"), b"").unwrap();
    let job = ImportJob {
        paths,
        keep_items: true,
        ..ImportJob::default()
    };
    let target = Memory::default();
    let report = run(&job, &target);
    assert_eq!((report.imported, report.skipped), (1000, 0));
    assert_eq!(report.failures.len(), 1);
    assert!(report.failures[0].reason.contains("empty"));
    assert!(subjects(&target).is_sorted());
    assert_eq!(report.items.len(), 1001);
    assert_eq!(report.items[501].status, ItemStatus::Failed);
    let again = run(&job, &target);
    assert_eq!((again.imported, again.skipped), (0, 1000));
}

#[test]
fn a_dry_run_judges_and_writes_nothing() {
    let home = testkit::TempHome::new().unwrap();
    let mut paths = lay(&home, 10);
    paths.push(home.path().join("00003.eml"));
    let job = ImportJob {
        paths,
        dry_run: true,
        ..ImportJob::default()
    };
    let target = Memory::default();
    let report = run(&job, &target);
    assert_eq!((report.imported, report.skipped), (10, 1));
    assert!(subjects(&target).is_empty());
}

#[test]
fn an_interrupted_import_goes_on() {
    let home = testkit::TempHome::new().unwrap();
    let cancel = CancelToken::default();
    let mut job = ImportJob {
        paths: lay(&home, 2000),
        cancel: cancel.clone(),
        ..ImportJob::default()
    };
    let mut target = Memory {
        cancel_after_add: Some(cancel),
        ..Memory::default()
    };
    let report = run(&job, &target);
    assert!(matches!(report.stopped, Some(Stopped::Interrupted)));
    assert!(report.imported > 0 && report.imported < 2000);
    assert_eq!(subjects(&target).len() as u64, report.imported);
    job.cancel = CancelToken::default();
    target.cancel_after_add = None;
    let rest = run(&job, &target);
    assert_eq!(rest.skipped, report.imported);
    assert_eq!(rest.imported + rest.skipped, 2000);
}

#[test]
fn a_failing_store_ends_it_without_hanging() {
    let home = testkit::TempHome::new().unwrap();
    let job = ImportJob {
        paths: lay(&home, 3000),
        ..ImportJob::default()
    };
    let target = Memory::default();
    target.full.store(true, Ordering::Relaxed);
    let report = run(&job, &target);
    assert!(matches!(report.stopped, Some(Stopped::Store(_))));
    assert_eq!(report.imported, 0);
}

#[test]
fn an_mbox_with_status_lines_and_offsets() {
    let home = testkit::TempHome::new().unwrap();
    let path = home.path().join("box");
    let text = "From a@b Thu Jan  1 00:00:00 2026\nSubject: 1\nStatus: RO\n\nx\n\n\
                From a@b Thu Jan  1 00:00:00 2026\nSubject: 2\n\ny\n";
    std::fs::write(&path, text).unwrap();
    let job = ImportJob {
        paths: vec![path],
        keep_items: true,
        ..ImportJob::default()
    };
    let target = Memory::default();
    let report = run(&job, &target);
    assert_eq!(report.imported, 2);
    assert_eq!(report.items[0].offset, Some(0));
    assert!(report.items[1].offset > Some(0));
    assert_eq!(subjects(&target), ["1", "2"]);
}

#[test]
fn giants_pass_one_by_one() {
    let home = testkit::TempHome::new().unwrap();
    for n in 0..3 {
        let body = vec![b'x'; 40 << 20];
        let head = format!("Subject: {n}\r\n\r\n");
        let bytes = [head.as_bytes(), &body].concat();
        std::fs::write(home.path().join(format!("{n}.eml")), bytes).unwrap();
    }
    let job = ImportJob {
        paths: vec![home.path().to_owned()],
        ..ImportJob::default()
    };
    let target = Memory::default();
    assert_eq!(run(&job, &target).imported, 3);
    assert_eq!(subjects(&target), ["0", "1", "2"]);
}
