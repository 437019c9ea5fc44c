//! New messages on their way into the index: read and parsed by several threads, entered in order, some at a time.

use std::io;
use std::num::NonZero;
use std::path::Path;
use std::thread;

use mapi_props::{Code, FileTime, MessageTree};
use mapi_spi::{Call, ItemId, Limits, Result};

use crate::index::{Change, File, Fresh, Index, Known, Names, encode};
use crate::mail::{Into, Mail, Raw};
use crate::place;

/// Messages of one transaction, and the bytes after which it is full.
const MESSAGES: usize = 400;
const BYTES: usize = 16 << 20;
/// Threads at most.
const THREADS: usize = 4;

/// A message to be read and entered.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) key: Vec<u8>,
    pub(super) file: File,
    pub(super) work: Work,
    /// Of an mbox: the message itself.
    pub(super) bytes: Option<Vec<u8>>,
}

/// Whether a message is new.
#[derive(Debug)]
pub(super) enum Work {
    New,
    /// It is this one, and says something else than before; whether that is more than flags.
    Again(Known, bool),
}

/// What no file lies behind.
pub(super) const fn no_file() -> File {
    File {
        at: Vec::new(),
        start: 0,
        length: 0,
        hash: None,
        letters: 0,
        born: FileTime(0),
        modified: FileTime(0),
        received: None,
    }
}

/// What became of a file.
enum Outcome {
    Mail(Box<MessageTree>, Raw),
    Refused(String),
    /// It went, or was renamed, since it was listed: the next look sees it.
    Gone,
}

/// Messages that wait to be entered.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    pub(super) index: &'a Index,
    pub(super) call: &'a Call,
    limits: Limits,
    jobs: Vec<Job>,
    bytes: usize,
    done: u64,
    total: u64,
}

impl<'a> Batch<'a> {
    pub(super) const fn new(index: &'a Index, limits: Limits, call: &'a Call) -> Self {
        Self {
            index,
            call,
            limits,
            jobs: Vec::new(),
            bytes: 0,
            done: 0,
            total: 0,
        }
    }

    /// That many messages will come, for whoever watches.
    pub(super) fn expect(&mut self, messages: usize) {
        self.total += u64::try_from(messages).unwrap_or(0);
    }

    /// Takes a message; from time to time all are entered.
    pub(super) fn add(&mut self, path: &Path, folder: ItemId, job: Job) -> Result<()> {
        self.bytes += job.bytes.as_ref().map_or(0, Vec::len);
        self.jobs.push(job);
        if self.jobs.len() >= MESSAGES || self.bytes >= BYTES {
            self.finish(path, folder)?;
        }
        Ok(())
    }

    /// Enters what waits.
    pub(super) fn finish(&mut self, path: &Path, folder: ItemId) -> Result<()> {
        self.bytes = 0;
        let mut jobs = std::mem::take(&mut self.jobs);
        if jobs.is_empty() {
            return Ok(());
        }
        self.call.check()?;
        let outcomes = parse_all(path, &mut jobs, self.limits);
        let entered = u64::try_from(jobs.len()).unwrap_or(0);
        self.index.write(|change| {
            let mut names = change.names()?;
            for (job, outcome) in jobs.iter().zip(outcomes) {
                self.enter(change, &mut names, folder, job, outcome)?;
            }
            Ok(())
        })?;
        self.done += entered;
        self.call.report(
            self.done,
            Some(self.total).filter(|total| *total >= self.done),
        );
        Ok(())
    }

    fn enter(
        &self,
        change: &mut Change<'_>,
        names: &mut Names,
        folder: ItemId,
        job: &Job,
        outcome: Outcome,
    ) -> Result<()> {
        let (tree, raw) = match outcome {
            Outcome::Gone => return Ok(()),
            Outcome::Refused(reason) => {
                if let Work::Again(known, _) = &job.work {
                    change.remove(known.id.0)?;
                }
                return change.refuse(folder, &job.key, &job.file, &reason);
            }
            Outcome::Mail(tree, raw) => (*tree, raw),
        };
        change.learn(names, &tree, self.limits)?;
        let numbers = match &job.work {
            Work::New if change.has(folder, &job.key)? => return Ok(()),
            Work::New => (change.next_id(), 1),
            Work::Again(known, content) => (known.id.0, known.version + u64::from(*content)),
        };
        let into = Into {
            uid: change.uid(),
            names,
            limits: self.limits,
        };
        let mail = match Mail::new(tree, &raw, &job.file, numbers, into) {
            Ok(mail) => mail,
            Err(e) if matches!(e.code(), Code::TOO_COMPLEX | Code::CORRUPT_DATA) => {
                return change.refuse(folder, &job.key, &job.file, e.detail());
            }
            Err(e) => return Err(e),
        };
        let bag = encode(&mail.remembered())?;
        let fresh = Fresh {
            folder,
            key: &job.key,
            file: &job.file,
            flags: mail.flags,
            status: mail.status,
            size: mail.size(),
            delivered: mail.delivered(),
            bag: &bag,
            links: mail.links(),
        };
        change.unrefuse(folder, &job.key)?;
        match &job.work {
            Work::New => change.insert(&fresh),
            Work::Again(known, content) => change.replace(known, &fresh, *content),
        }
    }
}

fn parse_all(path: &Path, jobs: &mut [Job], limits: Limits) -> Vec<Outcome> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.clamp(1, THREADS).min(jobs.len().div_ceil(8)).max(1);
    let share = jobs.len().div_ceil(threads).max(1);
    let parse = |jobs: &mut [Job]| -> Vec<Outcome> {
        jobs.iter_mut()
            .map(|job| parse(path, job, limits))
            .collect()
    };
    thread::scope(|scope| {
        let parts: Vec<_> = jobs
            .chunks_mut(share)
            .map(|part| scope.spawn(|| parse(part)))
            .collect();
        let joined = parts.into_iter().map(|part| {
            part.join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        joined.flatten().collect()
    })
}

fn parse(path: &Path, job: &mut Job, limits: Limits) -> Outcome {
    let raw = match job.bytes.take() {
        Some(bytes) => Raw::of(bytes),
        None => match Raw::read(&path.join(place::from_bytes(&job.file.at))) {
            Ok((raw, modified)) => {
                if matches!(job.work, Work::New) {
                    job.file.modified = modified;
                }
                raw
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Outcome::Gone,
            Err(e) => return Outcome::Refused(e.to_string()),
        },
    };
    match raw.parse(&job.file, limits) {
        Ok(tree) => Outcome::Mail(Box::new(tree), raw),
        Err(reason) => Outcome::Refused(reason),
    }
}
