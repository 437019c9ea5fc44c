//! Bulk calls on many messages, and what another process feels meanwhile.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mapi::{
    BulkReport, Call, CancelToken, CopyFlags, CreateFolderFlags, DeleteFlags, DeleteFolderFlags,
    EmptyFolderFlags, EntryId, Folder, MsgStore, OpenFlags, Progress, ProgressEvent, ReadFlags,
    tags,
};
use serde_json::{Map, Value, json};
use testkit::Malle;

use crate::Big;

/// Messages that each call is about, when the store has so many.
const MESSAGES: usize = 100_000;

/// Runs every bulk call of the client API on many messages of the store and puts rates, times of the other process and
/// cancelling into the report. The store is left as it was found.
///
/// # Errors
/// When a call fails or does not do what it says.
pub fn measure(home: &Path, report: &mut Map<String, Value>) -> Result<()> {
    let big = Big::open(home)?;
    let inbox = big.inbox()?;
    let ids = first_messages(&inbox)?;
    let (marked, ids) = ids.split_first().context("the store is empty")?;
    let bench = Bench {
        store: big.store()?,
        malle: Malle::at(home),
        marked: short_id(&inbox, marked)?,
        home: &inbox,
        times: Mutex::default(),
    };
    let mut figures = Map::new();
    bench.run(ids, &mut figures)?;
    let mut times = bench
        .times
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    figures.insert("other_process".into(), shares(&mut times));
    report.insert("bulk".into(), Value::Object(figures));
    Ok(())
}

struct Bench<'a> {
    store: MsgStore,
    malle: Malle,
    /// The message that the other process marks.
    marked: String,
    home: &'a Folder,
    /// What all marks beside bulk calls took.
    times: Mutex<Vec<Duration>>,
}

impl Bench<'_> {
    fn run(&self, ids: &[EntryId], figures: &mut Map<String, Value>) -> Result<()> {
        let one = self.folder("Bulk one")?;
        let two = self.folder("Bulk two")?;
        let copies = self.whole(figures, "copy", ids.len(), |_| {
            Ok(self.home.copy_messages(ids, &one, CopyFlags::NONE)?.value)
        })?;
        let ids: Vec<EntryId> = copies.copies.into_iter().map(|(_, new)| new).collect();
        one.set_read_flags(None, ReadFlags::NONE)?.ignore_warning();
        let count = ids.len();
        self.whole(figures, "mark_unread_list", count, |_| {
            let flags = ReadFlags::CLEAR_READ_FLAG;
            Ok(one.set_read_flags(Some(&ids), flags)?.value)
        })?;
        self.cancelled(figures, &one, count)?;
        self.whole(figures, "mark_read_all", count, |_| {
            Ok(one.set_read_flags(None, ReadFlags::NONE)?.value)
        })?;
        self.whole(figures, "move", count, |_| {
            Ok(one.copy_messages(&ids, &two, CopyFlags::MOVE)?.value)
        })?;
        self.whole(figures, "delete_soft", count, |_| {
            Ok(two.delete_messages(&ids, DeleteFlags::NONE)?.value)
        })?;
        self.whole(figures, "recover", count, |_| {
            Ok(two.recover_messages(&ids)?.value)
        })?;
        self.whole(figures, "empty_folder_soft", count, |_| {
            Ok(two.empty(EmptyFolderFlags::NONE)?.value)
        })?;
        self.whole(figures, "delete_hard", count, |_| {
            Ok(two.delete_messages(&ids, DeleteFlags::HARD_DELETE)?.value)
        })?;
        self.folders(figures, &one, count)?;
        for folder in [one, two] {
            let flags = DeleteFolderFlags::DEL_MESSAGES | DeleteFolderFlags::HARD_DELETE;
            self.home.delete_folder(&folder.entry_id(), flags)?;
        }
        Ok(())
    }

    /// Copying and deleting a folder with all that is in it.
    fn folders(&self, figures: &mut Map<String, Value>, one: &Folder, count: usize) -> Result<()> {
        let from = first_messages(self.home)?;
        let from = from.get(1..=count).context("the store shrank")?;
        self.home
            .copy_messages(from, one, CopyFlags::NONE)?
            .ignore_warning();
        let mut made = None;
        self.whole(figures, "copy_folder", count, |_| {
            let flags = mapi::CopyFolderFlags::NONE;
            let name = Some("Bulk three");
            made = Some(
                self.home
                    .copy_folder(&one.entry_id(), self.home, name, flags)?
                    .ignore_warning()
                    .folder,
            );
            Ok(all_done(count))
        })?;
        let made = made.context("copied")?;
        ensure!(
            made.counts()?.contents == u64::try_from(count)?,
            "a whole copy"
        );
        self.whole(figures, "delete_folder_hard", count, |_| {
            let flags = DeleteFolderFlags::DEL_MESSAGES | DeleteFolderFlags::HARD_DELETE;
            self.home.delete_folder(&made.entry_id(), flags)?;
            Ok(all_done(count))
        })?;
        self.whole(figures, "empty_folder_hard", count, |_| {
            Ok(one.empty(EmptyFolderFlags::HARD_DELETE)?.value)
        })?;
        Ok(())
    }

    /// One call on all messages, with the other process beside it.
    fn whole(
        &self,
        figures: &mut Map<String, Value>,
        name: &str,
        count: usize,
        call: impl FnOnce(()) -> Result<BulkReport>,
    ) -> Result<BulkReport> {
        let other = Other::start(self.malle.clone(), self.marked.clone());
        let start = Instant::now();
        let done = call(());
        let took = start.elapsed();
        let mut times = other.stop()?;
        self.times
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(&times);
        let done = done.with_context(|| format!("bulk {name}"))?;
        ensure!(
            done.failed.is_empty() && done.stopped.is_none() && done.done == u64::try_from(count)?,
            "bulk {name}: {} of {count} done, {} failed, {:?}",
            done.done,
            done.failed.len(),
            done.stopped
        );
        figures.insert(
            name.to_owned(),
            json!({
                "messages": count,
                "seconds": (took.as_secs_f64() * 1000.0).round() / 1000.0,
                "per_second": per_second(count, took),
                "other_process": shares(&mut times),
            }),
        );
        Ok(done)
    }

    /// A call that is cancelled on its way: how soon it ends, and whether it tells the truth.
    fn cancelled(
        &self,
        figures: &mut Map<String, Value>,
        folder: &Folder,
        count: usize,
    ) -> Result<()> {
        let cancel = CancelToken::default();
        let heard = Arc::new(Heard {
            cancel: cancel.clone(),
            cancel_at: u64::try_from(count / 3)?,
            ..Heard::default()
        });
        let call = Call {
            cancel,
            progress: Some(Arc::clone(&heard) as Arc<dyn Progress>),
            ..Call::default()
        };
        let store = self.store.with_call(call);
        let same = store.open_folder(&folder.entry_id(), OpenFlags::MODIFY)?;
        let done = same.set_read_flags(None, ReadFlags::NONE)?.value;
        let ended = Instant::now();
        let at = *heard.at.lock().unwrap_or_else(PoisonError::into_inner);
        let at = at.context("it was cancelled")?;
        let unread = folder.counts()?.unread;
        ensure!(
            done.done + unread == u64::try_from(count)?,
            "it tells how far it went"
        );
        ensure!(done.stopped.is_some(), "it tells that it was stopped");
        ensure!(
            heard.last.load(Ordering::Relaxed) == done.done,
            "progress tells the same"
        );
        let late = ended.saturating_duration_since(at);
        figures.insert(
            "cancel".into(),
            json!({ "ended_after_ms": millis(late), "done": done.done, "reports": heard.reports.load(Ordering::Relaxed) }),
        );
        folder
            .set_read_flags(None, ReadFlags::CLEAR_READ_FLAG)?
            .ignore_warning();
        Ok(())
    }

    fn folder(&self, name: &str) -> Result<Folder> {
        let made = self
            .home
            .create_folder(name, None, CreateFolderFlags::OPEN_IF_EXISTS)?;
        made.empty(EmptyFolderFlags::HARD_DELETE)?.ignore_warning();
        Ok(made)
    }
}

/// What the progress of a call told, and when it was cancelled on that.
#[derive(Debug, Default)]
struct Heard {
    last: AtomicU64,
    reports: AtomicU64,
    cancel: CancelToken,
    cancel_at: u64,
    at: Mutex<Option<Instant>>,
}

impl Progress for Heard {
    fn report(&self, event: ProgressEvent) {
        self.last.store(event.done, Ordering::Relaxed);
        self.reports.fetch_add(1, Ordering::Relaxed);
        if event.done == self.cancel_at {
            self.cancel.cancel();
            *self.at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }
}

/// Another process that marks one message again and again.
struct Other {
    stop: Arc<AtomicBool>,
    times: Arc<Mutex<Vec<Duration>>>,
    thread: thread::JoinHandle<Result<()>>,
}

impl Other {
    fn start(malle: Malle, id: String) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let times = Arc::new(Mutex::new(Vec::new()));
        let (stopped, noted) = (Arc::clone(&stop), Arc::clone(&times));
        let thread = thread::spawn(move || {
            let mut read = true;
            while !stopped.load(Ordering::Relaxed) {
                let start = Instant::now();
                let flag = if read { "--read" } else { "--unread" };
                let run = malle.command(["mark", flag, id.as_str()]).output()?;
                let took = start.elapsed();
                ensure!(
                    run.status.success(),
                    "malle mark: {}",
                    String::from_utf8_lossy(&run.stderr)
                );
                noted
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(took);
                read = !read;
            }
            Ok(())
        });
        Self {
            stop,
            times,
            thread,
        }
    }

    fn stop(self) -> Result<Vec<Duration>> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread
            .join()
            .map_err(|_| anyhow::anyhow!("the other process's thread died"))??;
        Ok(std::mem::take(
            &mut *self.times.lock().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

fn first_messages(inbox: &Folder) -> Result<Vec<EntryId>> {
    let table = inbox.contents().columns([tags::ENTRYID.raw()]).open()?;
    let wanted = i64::try_from(MESSAGES + 1)?;
    let rows = table.query_rows(wanted)?;
    Ok(rows.iter().map(|row| row.entry_id().clone()).collect())
}

fn short_id(inbox: &Folder, id: &EntryId) -> Result<String> {
    let message = inbox.open_message(id)?;
    Ok(message
        .short_id()
        .context("a stored message has a short id")?
        .to_string())
}

/// Median, 99th percentile and the longest of these times.
fn shares(times: &mut [Duration]) -> Value {
    times.sort_unstable();
    let at = |share: usize| {
        let last = times.len().saturating_sub(1);
        let time = times.get((times.len() * share / 100).min(last));
        millis(time.copied().unwrap_or_default())
    };
    json!({ "marks": times.len(), "p50_ms": at(50), "p99_ms": at(99), "max_ms": at(100) })
}

fn all_done(count: usize) -> BulkReport {
    BulkReport {
        done: u64::try_from(count).unwrap_or(u64::MAX),
        ..BulkReport::default()
    }
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn per_second(count: usize, took: Duration) -> f64 {
    (count as f64 / took.as_secs_f64()).round()
}
