//! The stages of an import and what runs between them.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use mapi_mime::ImportContext;
use mapi_props::FileTime;
use mapi_spi::Result;

use super::budget::Budget;
use super::parse::{Chunk, ParsedChunk, parse};
use super::read::{self, Item};
use super::{ImportEvent, ImportFolder, ImportJob, ImportReport, ImportTarget, Stopped};

mod commit;
mod write;

use commit::Committer;

/// Items of one chunk, and the bytes after which a chunk is full.
const CHUNK_ITEMS: usize = 32;
const CHUNK_BYTES: u64 = 512 * 1024;
/// Bytes of messages between reading and commit.
const IN_FLIGHT: u64 = 24 << 20;
/// What an item takes beside its bytes, once it is a tree: of short messages, far more than they have.
const ITEM_COST: u64 = 8 << 10;
/// Parsing threads at most; the store has one writer, so more would wait.
const PARSERS_MAX: usize = 4;

/// Runs an import to its end and tells how far it is. `now` is the time of the import.
///
/// Items that fail are reported and the rest goes on; so does a store that fails, with everything that it had taken.
pub fn import(
    job: &ImportJob,
    target: &dyn ImportTarget,
    now: FileTime,
    tell: &mut dyn FnMut(ImportEvent),
) -> ImportReport {
    let started = Instant::now();
    let shared = &Shared {
        job,
        target,
        context: context(target, now),
        budget: Budget::of(IN_FLIGHT),
        folders: Mutex::default(),
        files_done: AtomicU64::new(0),
        files_total: AtomicU64::new(u64::MAX),
    };
    let mut report = thread::scope(|scope| {
        let (to_parsers, chunks) = mpsc::sync_channel(PARSERS_MAX);
        let (to_committer, parsed) = mpsc::channel();
        if job.count_ahead {
            scope.spawn(|| shared.count());
        }
        scope.spawn(move || shared.read(&to_parsers));
        let chunks = Arc::new(Mutex::new(chunks));
        for _ in 0..parsers() {
            let (chunks, to_committer) = (Arc::clone(&chunks), to_committer.clone());
            scope.spawn(move || shared.parse(&chunks, &to_committer));
        }
        // The committer's line ends when the last parser drops its end.
        drop(to_committer);
        // The parsers hold the only receivers, so that the reader's line ends with them.
        drop(chunks);
        let (to_writers, tasks) = mpsc::channel();
        let tasks = Arc::new(Mutex::new(tasks));
        for _ in 0..write::WRITERS {
            let tasks = Arc::clone(&tasks);
            scope.spawn(move || write::write_all(&tasks));
        }
        let mut committer = Committer::new(shared, tell, to_writers);
        committer.run(&parsed);
        // A parser that still has something to send learns that nobody takes it.
        drop(parsed);
        // Whoever still waits for room must not.
        shared.budget.close();
        committer.finish()
    });
    if report.stopped.is_none() && job.cancel.is_cancelled() {
        report.stopped = Some(Stopped::Interrupted);
    }
    report.elapsed = started.elapsed();
    report
}

fn context(target: &dyn ImportTarget, now: FileTime) -> ImportContext {
    let mut context = ImportContext::new(now);
    context.limits.depth = context.limits.depth.min(target.embed_depth());
    // A store that cannot even tell its names fails with the first message, and says why there.
    let names = target.header_names().unwrap_or_default();
    let spelt = names.into_iter().map(|name| (name.to_lowercase(), name));
    context.named_headers.extend(spelt);
    context
}

fn parsers() -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    cores.clamp(1, PARSERS_MAX)
}

/// None: it does not exist, and the job may not make it.
type FoundFolder = Option<Arc<dyn ImportFolder>>;

/// What all stages see.
struct Shared<'a> {
    job: &'a ImportJob,
    target: &'a dyn ImportTarget,
    /// For every message; each has its own time of arrival.
    context: ImportContext,
    budget: Budget,
    folders: Mutex<HashMap<Vec<String>, FoundFolder>>,
    files_done: AtomicU64,
    files_total: AtomicU64,
}

impl Shared<'_> {
    fn count(&self) {
        let total = read::count_files(self.job);
        if !self.job.cancel.is_cancelled() {
            self.files_total.store(total, Ordering::Relaxed);
        }
    }

    fn read(&self, to_parsers: &SyncSender<Chunk>) {
        let mut filler = Filler {
            shared: self,
            to_parsers,
            number: 0,
            folder: Vec::new(),
            items: Vec::new(),
            bytes: 0,
        };
        let done = || {
            self.files_done.fetch_add(1, Ordering::Relaxed);
        };
        read::read_all(self.job, &mut |item| filler.add(item), &done);
        filler.send();
    }

    fn parse(&self, chunks: &Mutex<Receiver<Chunk>>, to_committer: &Sender<Result<ParsedChunk>>) {
        loop {
            // The lock is held while waiting: whoever holds it gets the next chunk.
            let chunk = chunks.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(chunk) = chunk else { return };
            if self.job.cancel.is_cancelled() {
                self.budget.give_back(chunk.bytes);
                continue; // takes the rest off the line, so that the reader can end
            }
            let folder = self.folder(&chunk.folder);
            let parsed = folder.and_then(|folder| parse(chunk, folder.as_deref(), &self.context));
            if to_committer.send(parsed).is_err() {
                return;
            }
        }
    }

    /// The folder at this path, looked up or made once.
    fn folder(&self, path: &[String]) -> Result<FoundFolder> {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = folders.get(path) {
            return Ok(found.clone());
        }
        let found = self.target.folder(path, !self.job.dry_run)?;
        let found: FoundFolder = found.map(Arc::from);
        folders.insert(path.to_vec(), found.clone());
        Ok(found)
    }

    fn files(&self) -> (u64, Option<u64>) {
        let total = self.files_total.load(Ordering::Relaxed);
        let done = self.files_done.load(Ordering::Relaxed);
        (done, (total != u64::MAX).then_some(total))
    }
}

/// Collects items into chunks and sends them, waiting for room.
struct Filler<'a> {
    shared: &'a Shared<'a>,
    to_parsers: &'a SyncSender<Chunk>,
    number: u64,
    folder: Vec<String>,
    items: Vec<Item>,
    bytes: u64,
}

impl Filler<'_> {
    /// Adds an item. False: the import is over.
    fn add(&mut self, item: Item) -> bool {
        let mut go_on = true;
        let bytes = match &item {
            Ok(piece) => {
                if piece.folder != self.folder {
                    go_on = self.send();
                    self.folder.clone_from(&piece.folder);
                }
                let bytes = piece.in_memory();
                bytes.saturating_add(ITEM_COST)
            }
            Err(_) => ITEM_COST,
        };
        self.items.push(item);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.items.len() >= CHUNK_ITEMS || self.bytes >= CHUNK_BYTES {
            go_on &= self.send();
        }
        go_on && !self.shared.job.cancel.is_cancelled()
    }

    fn send(&mut self) -> bool {
        if self.items.is_empty() {
            return true;
        }
        let chunk = Chunk {
            number: self.number,
            folder: self.folder.clone(),
            items: std::mem::take(&mut self.items),
            bytes: std::mem::take(&mut self.bytes),
        };
        self.number += 1;
        self.shared.budget.take(chunk.bytes) && self.to_parsers.send(chunk).is_ok()
    }
}

/// Puts chunks back into the order of their sources.
#[derive(Debug, Default)]
struct InOrder {
    next: u64,
    early: BTreeMap<u64, ParsedChunk>,
}

impl InOrder {
    /// Takes a chunk in and gives all whose turn it is.
    fn add(&mut self, chunk: ParsedChunk) -> Vec<ParsedChunk> {
        self.early.insert(chunk.number, chunk);
        let mut ready = Vec::new();
        while let Some(chunk) = self.early.remove(&self.next) {
            ready.push(chunk);
            self.next += 1;
        }
        ready
    }
}

#[cfg(test)]
mod tests;
