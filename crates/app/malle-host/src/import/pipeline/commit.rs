//! The last stage: messages into the store in batches, each item reported once it is safe.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::{
    ImportEvent, ImportFolder, ImportReport, InOrder, ParsedChunk, Result, Shared, Stopped,
};
use crate::import::parse::Verdict;
use crate::import::read::Place;
use crate::import::{Added, Failed, ItemDone, ItemStatus, NewMessage};

/// No write transaction should take longer (other processes wait for it).
const BATCH_TIME: Duration = Duration::from_millis(40);
/// A batch is written when nothing comes for so long.
const IDLE: Duration = Duration::from_millis(30);
/// Messages of a batch: where it starts, and its bounds.
const BATCH_START: usize = 200;
const BATCH_MIN: usize = 16;
const BATCH_MAX: usize = 400;
/// Bytes after which a batch is full, whatever it counts.
const BATCH_BYTES: u64 = 4 << 20;
/// How often what was added is made durable, and so told.
const SYNC_EVERY: Duration = Duration::from_millis(700);

pub(super) struct Committer<'a, 'b> {
    shared: &'a Shared<'b>,
    tell: &'a mut dyn FnMut(ImportEvent),
    report: ImportReport,
    order: InOrder,
    batch: Batch,
    batch_size: usize,
    /// Settled but not yet durable.
    unsynced: Vec<Settled>,
    last_sync: Instant,
    /// In a dry run: what this run has seen already.
    seen: HashMap<Vec<String>, HashSet<[u8; 32]>>,
}

/// Items waiting to be written, all for one folder.
#[derive(Default)]
struct Batch {
    folder: Vec<String>,
    items: Vec<(Place, u64, Verdict)>,
    bytes: u64,
    budget: u64,
}

/// An item whose outcome is known.
struct Settled {
    place: Place,
    bytes: u64,
    outcome: std::result::Result<ItemStatus, String>,
}

impl<'a, 'b> Committer<'a, 'b> {
    pub(super) fn new(shared: &'a Shared<'b>, tell: &'a mut dyn FnMut(ImportEvent)) -> Self {
        Self {
            shared,
            tell,
            report: ImportReport::default(),
            order: InOrder::default(),
            batch: Batch::default(),
            batch_size: BATCH_START,
            unsynced: Vec::new(),
            last_sync: Instant::now(),
            seen: HashMap::new(),
        }
    }

    /// Writes what the parsers send, until they end, the job is cancelled, or the store fails.
    pub(super) fn run(&mut self, parsed: &Receiver<Result<ParsedChunk>>) {
        loop {
            let done = match parsed.recv_timeout(IDLE) {
                Ok(chunk) => chunk.and_then(|chunk| self.take(chunk)),
                // The reader may be waiting for the room that this batch takes.
                Err(RecvTimeoutError::Timeout) => self.write(),
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if let Err(error) = done {
                self.report.stopped = Some(Stopped::Store(error));
                return;
            }
            if self.shared.job.cancel.is_cancelled() {
                return;
            }
        }
    }

    /// Writes the last batch, makes everything durable and gives the report.
    pub(super) fn finish(mut self) -> ImportReport {
        if self.report.stopped.is_none() {
            let done = self.write().and_then(|()| self.sync());
            if let Err(error) = done {
                self.report.stopped = Some(Stopped::Store(error));
            }
        } else if let Err(error) = self.sync() {
            tracing::warn!(%error, "the last batches may not be durable");
        }
        self.report
    }

    fn take(&mut self, chunk: ParsedChunk) -> Result<()> {
        for chunk in self.order.add(chunk) {
            if chunk.folder != self.batch.folder {
                self.write()?;
                self.batch.folder.clone_from(&chunk.folder);
            }
            self.batch.budget += chunk.bytes;
            for item in chunk.items {
                self.batch.bytes += item.1;
                self.batch.items.push(item);
            }
            if self.batch.items.len() >= self.batch_size || self.batch.bytes >= BATCH_BYTES {
                self.write()?;
            }
        }
        if self.last_sync.elapsed() >= SYNC_EVERY {
            self.sync()?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.batch);
        self.batch.folder.clone_from(&batch.folder);
        let mut new = Vec::new();
        let mut settled = Vec::with_capacity(batch.items.len());
        for (place, bytes, verdict) in batch.items {
            let outcome = match verdict {
                Verdict::New(message) => {
                    new.push(*message);
                    None
                }
                Verdict::Known(id) => Some(Ok(ItemStatus::Skipped(Some(id)))),
                Verdict::Refused(reason) => Some(Err(reason)),
            };
            settled.push((place, bytes, outcome));
        }
        let added = self.add(&batch.folder, new)?;
        self.shared.budget.give_back(batch.budget);
        let mut added = added.into_iter();
        for (place, bytes, outcome) in settled {
            let outcome = outcome.or_else(|| added.next());
            self.unsynced.push(Settled {
                place,
                bytes,
                outcome: outcome
                    .unwrap_or_else(|| Err("not written: the store answered short".to_owned())),
            });
        }
        Ok(())
    }

    /// Adds messages to a folder; one outcome each.
    fn add(
        &mut self,
        folder: &[String],
        new: Vec<NewMessage>,
    ) -> Result<Vec<std::result::Result<ItemStatus, String>>> {
        if self.shared.job.dry_run {
            let seen = self.seen.entry(folder.to_vec()).or_default();
            let judge = |message: NewMessage| match seen.insert(message.source) {
                true => Ok(ItemStatus::Imported(None)),
                false => Ok(ItemStatus::Skipped(None)),
            };
            return Ok(new.into_iter().map(judge).collect());
        }
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let Some(target): Option<Arc<dyn ImportFolder>> = self.shared.folder(folder)? else {
            return Ok(Vec::new());
        };
        let (count, started) = (new.len(), Instant::now());
        let added = target.add(new)?;
        self.resize(count, started.elapsed());
        let told = |result: Result<Added>| match result {
            Ok(Added::New(id)) => Ok(ItemStatus::Imported(Some(id))),
            Ok(Added::Known(id)) => Ok(ItemStatus::Skipped(Some(id))),
            Err(error) => Err(error.to_string()),
        };
        Ok(added.into_iter().map(told).collect())
    }

    /// Aims the next batch at [`BATCH_TIME`], changing by half at most.
    fn resize(&mut self, count: usize, took: Duration) {
        let took = took.max(Duration::from_micros(100));
        let fits = count as u128 * BATCH_TIME.as_micros() / took.as_micros();
        let fits = usize::try_from(fits).unwrap_or(BATCH_MAX);
        let near = fits.clamp(self.batch_size / 2, self.batch_size * 3 / 2);
        self.batch_size = near.clamp(BATCH_MIN, BATCH_MAX);
    }

    fn sync(&mut self) -> Result<()> {
        if !self.shared.job.dry_run {
            self.shared.target.sync()?;
        }
        self.last_sync = Instant::now();
        for item in std::mem::take(&mut self.unsynced) {
            self.settle(item);
        }
        let (files_done, files_total) = self.shared.files();
        (self.tell)(ImportEvent {
            imported: self.report.imported,
            skipped: self.report.skipped,
            failed: u64::try_from(self.report.failures.len()).unwrap_or(u64::MAX),
            bytes: self.report.bytes,
            files_total,
            files_done,
        });
        Ok(())
    }

    fn settle(&mut self, item: Settled) {
        let Place { path, offset } = item.place;
        let status = match item.outcome {
            Ok(status) => {
                self.report.bytes += item.bytes;
                match status {
                    ItemStatus::Imported(_) => self.report.imported += 1,
                    _ => self.report.skipped += 1,
                }
                status
            }
            Err(reason) => {
                self.report.failures.push(Failed {
                    path: path.clone(),
                    offset,
                    reason,
                });
                ItemStatus::Failed
            }
        };
        if self.shared.job.keep_items {
            self.report.items.push(ItemDone {
                path,
                offset,
                status,
            });
        }
    }
}
