//! The last stage: messages into the store in batches, each item reported once it is safe.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::time::{Duration, Instant};

use mapi_props::Code;
use mapi_spi::{Error, Turns};

use super::write::{Answer, Task, WRITERS};
use super::{
    ImportEvent, ImportFolder, ImportReport, InOrder, ParsedChunk, Result, Shared, Stopped,
};
use crate::import::parse::Verdict;
use crate::import::read::Place;
use crate::import::{Added, Damaged, Failed, ItemDone, ItemStatus, NewMessage};

/// How long one batch should keep the store busy: what is being written when somebody cancels is finished.
const BATCH_TIME: Duration = Duration::from_millis(40);
/// A batch is written when nothing comes for so long and nothing else is being written.
const IDLE: Duration = Duration::from_millis(30);
/// Messages of a batch: where it starts, and its bounds.
const BATCH_START: usize = 200;
const BATCH_MIN: usize = 16;
const BATCH_MAX: usize = 400;
/// Bytes after which a batch is full, whatever it counts.
const BATCH_BYTES: u64 = 4 << 20;
/// Batches under way at most: one for each writer, and the next one.
const FLIGHTS: usize = WRITERS + 1;
/// How often what was added is made durable, and so told.
const SYNC_EVERY: Duration = Duration::from_millis(700);

pub(super) struct Committer<'a, 'b> {
    shared: &'a Shared<'b>,
    tell: &'a mut dyn FnMut(ImportEvent),
    report: ImportReport,
    order: InOrder,
    batch: Batch,
    batch_size: usize,
    to_writers: Sender<Task>,
    turns: Turns,
    /// Batches on their way into the store, in order.
    flights: VecDeque<Flight>,
    /// When the last batch had arrived there.
    landed: Instant,
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

type Outcome = std::result::Result<ItemStatus, String>;

/// A batch on its way into the store. Items without an outcome wait for the answer.
struct Flight {
    items: Vec<(Place, u64, Option<Outcome>)>,
    budget: u64,
    started: Instant,
    /// None: nothing of it had to be written.
    answer: Option<Receiver<Answer>>,
}

/// An item whose outcome is known.
struct Settled {
    place: Place,
    bytes: u64,
    outcome: Outcome,
}

impl<'a, 'b> Committer<'a, 'b> {
    pub(super) fn new(
        shared: &'a Shared<'b>,
        tell: &'a mut dyn FnMut(ImportEvent),
        to_writers: Sender<Task>,
    ) -> Self {
        Self {
            shared,
            tell,
            report: ImportReport::default(),
            order: InOrder::default(),
            batch: Batch::default(),
            batch_size: BATCH_START,
            to_writers,
            turns: Turns::default(),
            flights: VecDeque::new(),
            landed: Instant::now(),
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
                // The reader may be waiting for the room that these batches take.
                Err(RecvTimeoutError::Timeout) if self.flights.is_empty() => self.write(),
                Err(RecvTimeoutError::Timeout) => self.land_ready(),
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
        let mut done = match self.report.stopped {
            None => self.write(),
            Some(_) => Ok(()),
        };
        // Batches behind one that failed may have arrived, and count.
        while !self.flights.is_empty() {
            done = done.and(self.land());
        }
        done = done.and(self.sync());
        match done {
            Err(error) if self.report.stopped.is_none() => {
                self.report.stopped = Some(Stopped::Store(error));
            }
            Err(error) => tracing::warn!(%error, "the last batches may not be durable"),
            Ok(()) => {}
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
        self.land_ready()?;
        if self.last_sync.elapsed() >= SYNC_EVERY {
            self.sync()?;
        }
        Ok(())
    }

    /// Sends the batch on its way.
    fn write(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.batch);
        self.batch.folder.clone_from(&batch.folder);
        if batch.items.is_empty() {
            return Ok(());
        }
        let mut new = Vec::new();
        let mut items = Vec::with_capacity(batch.items.len());
        for (place, bytes, mut verdict) in batch.items {
            self.note_damage(&place, &mut verdict);
            let outcome = match verdict {
                Verdict::New(message) if self.shared.job.dry_run => {
                    Some(Ok(self.judge(&batch.folder, message.source)))
                }
                Verdict::New(message) => {
                    new.push(*message);
                    None
                }
                Verdict::Known(id) => Some(Ok(ItemStatus::Skipped(Some(id)))),
                Verdict::Refused(reason) => Some(Err(reason)),
            };
            items.push((place, bytes, outcome));
        }
        while self.flights.len() >= FLIGHTS {
            self.land()?;
        }
        let answer = self.send(&batch.folder, new)?;
        self.flights.push_back(Flight {
            items,
            budget: batch.budget,
            started: Instant::now(),
            answer,
        });
        Ok(())
    }

    fn note_damage(&mut self, place: &Place, verdict: &mut Verdict) {
        if let Verdict::New(message) = verdict
            && !message.damage.is_empty()
        {
            self.report.damaged.push(Damaged {
                path: place.path.clone(),
                defects: std::mem::take(&mut message.damage),
            });
        }
    }

    /// In a dry run: whether this run has met the message before.
    fn judge(&mut self, folder: &[String], source: [u8; 32]) -> ItemStatus {
        match self.seen.entry(folder.to_vec()).or_default().insert(source) {
            true => ItemStatus::Imported(None),
            false => ItemStatus::Skipped(None),
        }
    }

    /// Gives messages to a writer.
    fn send(&self, folder: &[String], new: Vec<NewMessage>) -> Result<Option<Receiver<Answer>>> {
        if new.is_empty() {
            return Ok(None);
        }
        let Some(folder): Option<Arc<dyn ImportFolder>> = self.shared.folder(folder)? else {
            return Ok(None);
        };
        let (answer, receiver) = mpsc::sync_channel(1);
        let task = Task {
            folder,
            messages: new,
            turn: self.turns.take(),
            answer,
        };
        self.to_writers.send(task).map_err(|_| writer_gone())?;
        Ok(Some(receiver))
    }

    /// Takes the outcomes of all batches that have arrived, in order.
    fn land_ready(&mut self) -> Result<()> {
        while let Some(flight) = self.flights.front() {
            let answer = match flight.answer.as_ref().map(Receiver::try_recv) {
                None => None,
                Some(Ok(answer)) => Some(answer),
                Some(Err(TryRecvError::Empty)) => return Ok(()),
                Some(Err(TryRecvError::Disconnected)) => Some(Err(writer_gone())),
            };
            self.arrive(answer)?;
        }
        Ok(())
    }

    /// Waits for the oldest batch.
    fn land(&mut self) -> Result<()> {
        let answer = match self.flights.front().map(|flight| &flight.answer) {
            None => return Ok(()),
            Some(answer) => answer.as_ref().map(Receiver::recv),
        };
        self.arrive(answer.map(|answer| answer.unwrap_or_else(|_| Err(writer_gone()))))
    }

    /// The oldest batch has arrived, with this answer.
    fn arrive(&mut self, answer: Option<Answer>) -> Result<()> {
        let Some(flight) = self.flights.pop_front() else {
            return Ok(());
        };
        self.shared.budget.give_back(flight.budget);
        let added = match answer {
            None => Vec::new(),
            Some(added) => {
                let added = added?;
                self.resize(added.len(), flight.started);
                added
            }
        };
        let mut added = added.into_iter().map(told);
        for (place, bytes, outcome) in flight.items {
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

    /// Aims the next batch at [`BATCH_TIME`], changing by half at most. A batch that had to wait for the one before it
    /// is not blamed for that.
    fn resize(&mut self, count: usize, started: Instant) {
        let took = started.max(self.landed).elapsed();
        self.landed = Instant::now();
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

fn told(result: Result<Added>) -> Outcome {
    match result {
        Ok(Added::New(id)) => Ok(ItemStatus::Imported(Some(id))),
        Ok(Added::Known(id)) => Ok(ItemStatus::Skipped(Some(id))),
        Err(error) => Err(error.to_string()),
    }
}

fn writer_gone() -> Error {
    Error::new(Code::CALL_FAILED, "a thread that writes messages broke")
}
