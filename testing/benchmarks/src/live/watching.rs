//! Sinks that write down when they were called, and how long after the changes that was.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mapi::{
    Connection, EventKind, EventMask, Folder, Notification, Sink, SortColumn, Table, TableEvent,
    columns, object_type, tags,
};
use serde_json::{Value, json};

use super::{Made, now, spread};
use crate::Big;

/// How long the last events may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// When events came, in order.
type Times = Arc<Mutex<Vec<u64>>>;

/// Sinks on a message, its folder, its store and a table, called in the background.
pub(super) struct Watching {
    _here: Big,
    pub(super) folder: Folder,
    _table: Table,
    _connections: Vec<Connection>,
    /// One event for each change.
    store: Times,
    /// One for each change of the message.
    message: Times,
    /// One for each new message, or for several at once.
    counters: Times,
    /// The same for all changes.
    table: Times,
}

impl Watching {
    pub(super) fn begin(home: &Path, folder: &str) -> Result<Self> {
        let here = Big::in_background(home)?;
        let (store, folder) = (here.store()?, here.inbox()?.child(folder)?);
        let folder = folder.context("a folder to watch")?;
        let table = folder
            .contents()
            .columns(columns![tags::ENTRYID, tags::SUBJECT])
            .sort([SortColumn::descending(tags::SUBJECT)])
            .open()?;
        let first = table.query_rows(1)?.pop().context("a message to watch")?;
        let objects = EventMask::OBJECT_CREATED | EventMask::OBJECT_MODIFIED;
        let times: [Times; 4] = Default::default();
        let [of_store, of_message, of_folder, of_table] = times.clone();
        let of_messages = |n: &Notification| match n {
            Notification::Object(event) => {
                event.object_type == object_type::MESSAGE
                    && matches!(event.kind, EventKind::Created | EventKind::Modified)
            }
            _ => false,
        };
        let of_rows = |n: &Notification| match n {
            Notification::Table(event) => {
                matches!(event.event, TableEvent::RowAdded | TableEvent::RowModified)
            }
            _ => false,
        };
        let any = |_: &Notification| true;
        let (message, folder_id) = (first.entry_id().clone(), folder.entry_id());
        let connections = vec![
            store.advise(None, objects, &sink(of_store, of_messages))?,
            store.advise(Some(&message), objects, &sink(of_message, any))?,
            store.advise(Some(&folder_id), objects, &sink(of_folder, any))?,
            table.advise(EventMask::TABLE_MODIFIED, &sink(of_table, of_rows))?,
        ];
        let [store, message, counters, rows] = times;
        Ok(Self {
            _here: here,
            folder,
            _table: table,
            _connections: connections,
            store,
            message,
            counters,
            table: rows,
        })
    }

    /// How long after these changes each sink was called.
    pub(super) fn latencies(&self, made: &[Made]) -> Result<Value> {
        wait_for(&self.store, made.len())?;
        let even: Vec<Made> = made.iter().step_by(2).copied().collect();
        let odd: Vec<Made> = made.iter().skip(1).step_by(2).copied().collect();
        let calls: Vec<u64> = made.iter().map(|m| m.returned - m.begun).collect();
        let (first, last) = (made.first(), made.last());
        let took = first.zip(last).map_or(0, |(a, b)| b.returned - a.begun);
        let seconds = Duration::from_nanos(took).as_secs_f64();
        // The others are told by the same thread, in no order among them.
        wait_for(&self.message, even.len())?;
        wait_past(&self.counters, odd.last())?;
        wait_past(&self.table, last)?;
        Ok(json!({
            "changes": made.len(),
            "seconds": crate::measured::tidy(seconds),
            "saving_itself": spread(calls),
            "store": spread(one_each(made, &take(&self.store))?),
            "message": spread(one_each(&even, &take(&self.message))?),
            "folder": spread(first_after(&odd, &take(&self.counters))),
            "table": spread(first_after(made, &take(&self.table))),
        }))
    }
}

/// A sink that writes down when it heard of what counts.
fn sink(times: Times, counts: impl Fn(&Notification) -> bool + Send + Sync + 'static) -> Sink {
    Sink::new(move |told: &[Notification]| {
        let at = now();
        let heard = told.iter().filter(|n| counts(n)).map(|_| at);
        lock(&times).extend(heard);
    })
}

/// Of events that come one for each change: none is lost, and none too many.
fn one_each(made: &[Made], times: &[u64]) -> Result<Vec<u64>> {
    ensure!(
        times.len() == made.len(),
        "{} events of {} changes",
        times.len(),
        made.len()
    );
    let after = |(made, at): (&Made, &u64)| at.saturating_sub(made.returned);
    Ok(made.iter().zip(times).map(after).collect())
}

/// Of events that may stand for several changes: the first one since each.
fn first_after(made: &[Made], times: &[u64]) -> Vec<u64> {
    let next = |made: &Made| {
        let at = times.get(times.partition_point(|at| *at < made.begun));
        at.map(|at| at.saturating_sub(made.returned))
    };
    made.iter().filter_map(next).collect()
}

fn wait_for(times: &Times, count: usize) -> Result<()> {
    until(times, |times| times.len() >= count)
}

fn wait_past(times: &Times, last: Option<&Made>) -> Result<()> {
    let end = last.map_or(0, |made| made.begun);
    until(times, |times| times.last().is_some_and(|at| *at >= end))
}

fn until(times: &Times, holds: impl Fn(&[u64]) -> bool) -> Result<()> {
    let begun = Instant::now();
    while !holds(&lock(times)) {
        ensure!(begun.elapsed() < PATIENCE, "events are missing");
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn take(times: &Times) -> Vec<u64> {
    std::mem::take(&mut *lock(times))
}

fn lock(times: &Times) -> std::sync::MutexGuard<'_, Vec<u64>> {
    times.lock().unwrap_or_else(PoisonError::into_inner)
}
