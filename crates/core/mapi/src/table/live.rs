//! A table that somebody is told about: what changed in its view since it was told last.
//! Reference: "About Table Notifications", "TABLE_NOTIFICATION" (requirements TAB-24, NT-06)
//!
//! Contents of a folder are followed entry by entry of the change log, whatever their number: see [`follow`]. All other tables
//! are short, so a picture of their rows is kept and compared: see [`picture`]. Either way the events of one reading
//! are told in an order in which they turn the old rows into the new ones: what goes, then what comes or moves, in
//! the order of the view. Where that would be too much, or cannot be known, one [`TableEvent::Changed`] says so.

mod follow;
mod picture;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mapi_props::{Code, message_flags};
use mapi_spi::{Error, ItemId, LogEntry, LogKind, Result, Row, RowSet};

use super::width::Width;
use super::{Source, Spec, StoreRows, TableRow};
use crate::advise::Subscription;
use crate::advise::{Notification, TableEvent, TableNotification};

use follow::Followed;
use picture::Picture;

/// Rows that one reading tells of singly; more are one [`TableEvent::Changed`].
const SINGLY: usize = 256;
/// Entries of the log kept for one reading.
const ENTRIES: usize = 1024;

/// A table with a registration.
#[derive(Debug)]
pub(crate) struct LiveTable {
    pub(crate) subscription: Arc<Subscription>,
    source: Arc<dyn Source>,
    width: Width,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    spec: Spec,
    how: How,
    /// Entries that may concern the view and were not told yet.
    entries: Vec<LogEntry>,
    /// There were too many of them.
    overflow: bool,
    /// What happened up to here was read with the rows.
    since: u64,
}

/// How a view is followed.
#[derive(Debug)]
enum How {
    /// By the log.
    Entries,
    /// By comparing rows.
    Picture(Picture),
    /// Not row by row.
    Whole,
    /// Not at all: it was told that the rows cannot be read.
    Broken,
}

impl How {
    /// Whether what is told can begin at this number of the log.
    fn is_of(&self, seq: u64) -> bool {
        match self {
            // A folder that is gone shows nothing, whenever it is looked at.
            Self::Picture(picture) => picture.seq.is_none_or(|taken| taken == seq),
            Self::Entries | Self::Whole | Self::Broken => true,
        }
    }
}

impl LiveTable {
    /// Begins to follow a view as it is now.
    pub(super) fn open(
        subscription: Arc<Subscription>,
        source: &Arc<dyn Source>,
        width: Width,
        spec: Spec,
    ) -> Result<Arc<Self>> {
        let source = source.at_rest().unwrap_or_else(|| Arc::clone(source));
        let how = how(source.as_ref(), &spec)?;
        Ok(Arc::new(Self {
            subscription,
            source,
            width,
            state: Mutex::new(State {
                spec,
                how,
                entries: Vec::new(),
                overflow: false,
                since: 0,
            }),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The view is another one now, of which is told what happens after `seq`, if there is a log; no if it is not known as it
    /// was then. Without `patience` it tells so.
    pub(crate) fn switch(&self, spec: &Spec, seq: Option<u64>, patience: bool) -> bool {
        let how = how(self.source.as_ref(), spec).unwrap_or(How::Whole);
        let known = seq.is_none_or(|seq| how.is_of(seq));
        if !known && patience {
            return false;
        }
        let mut state = self.lock();
        state.forget();
        state.how = how;
        state.spec = spec.clone();
        drop(state);
        if !known {
            self.is_void();
        }
        true
    }

    /// Rows were read as they were at `seq`: what is told begins there, first with what the entries after it did; no if that
    /// cannot be.
    pub(crate) fn begin_with(&self, seq: u64, since: &[LogEntry]) -> bool {
        let mut state = self.lock();
        let how = how(self.source.as_ref(), &state.spec).unwrap_or(How::Whole);
        if !how.is_of(seq) {
            return false;
        }
        state.forget();
        state.how = how;
        state.since = seq;
        drop(state);
        self.subscription.rows_were_read();
        self.collect(since);
        true
    }

    /// Tells that the rows must be read anew.
    pub(super) fn is_void(&self) {
        self.tell(TableNotification::plain(TableEvent::Changed, None));
    }

    /// Work on the table ended.
    pub(super) fn done(&self, event: TableEvent, error: Option<Code>) {
        self.tell(TableNotification::plain(event, error));
    }

    /// Takes note of entries of the log, to be told with the next [`Self::settle`].
    pub(crate) fn collect(&self, entries: &[LogEntry]) {
        let mut state = self.lock();
        for entry in entries {
            if entry.seq <= state.since || !state.concerned(self.source.as_ref(), entry) {
                continue;
            }
            if state.entries.len() >= ENTRIES {
                state.entries.clear();
                state.overflow = true;
            }
            if !state.overflow {
                state.entries.push(entry.clone());
            }
        }
    }

    /// Tells what the entries collected did to the view, of which `seq` is the last; no if the store has gone on since, so
    /// that more must be collected first. Without `patience` it tells that it does not know.
    pub(crate) fn settle(&self, seq: u64, patience: bool) -> bool {
        let mut state = self.lock();
        if state.entries.is_empty() && !state.overflow {
            return true;
        }
        let settled = match state.settle(self, seq) {
            Ok(Settled::Rows(events, seq)) if events.len() <= SINGLY => {
                state.since = state.since.max(seq);
                events.into_iter().for_each(|event| self.tell(event));
                true
            }
            Ok(Settled::Behind) if patience => return false,
            Ok(Settled::Rows(..) | Settled::Behind | Settled::Unknown) => {
                self.tell(TableNotification::plain(TableEvent::Changed, None));
                true
            }
            Err(error) => {
                state.how = How::Broken;
                self.tell(TableNotification::plain(
                    TableEvent::Error,
                    Some(error.code()),
                ));
                true
            }
        };
        state.forget();
        settled
    }

    /// Compares the rows although no log said anything: tables whose rows are made by the program.
    pub(super) fn look_again(&self) {
        self.lock().overflow = true;
        // Without a log it is never behind.
        let _settled = self.settle(0, false);
    }

    /// Tells of a row that the program calls changed, if the view has it.
    pub(super) fn touch(&self, item: ItemId) {
        let state = self.lock();
        if let How::Picture(picture) = &state.how {
            let event = picture.touched(item, |row| self.row(&state.spec, row));
            event.into_iter().for_each(|event| self.tell(event));
        }
    }

    /// Entries of the log are gone that the table has not seen.
    pub(crate) fn lost(&self) {
        let mut state = self.lock();
        state.forget();
        let how = how(self.source.as_ref(), &state.spec);
        state.how = how.unwrap_or(How::Whole);
        self.tell(TableNotification::plain(TableEvent::Reload, None));
    }

    /// The log cannot be read.
    pub(crate) fn failed(&self, code: Code) {
        self.tell(TableNotification::plain(TableEvent::Error, Some(code)));
    }

    fn tell(&self, event: TableNotification) {
        self.subscription.push(Notification::Table(event));
    }

    /// A row as the table shows it.
    fn row(&self, spec: &Spec, row: Row) -> TableRow {
        let id = self.source.entry_ids(std::slice::from_ref(&row)).pop();
        let id = id.unwrap_or_else(|| crate::EntryId::from(Vec::new()));
        TableRow::new(&spec.columns, row, id, self.width)
    }
}

/// What came of looking at the entries collected.
enum Settled {
    /// These, by entries up to this number of the log; 0: the ones collected.
    Rows(Vec<TableNotification>, u64),
    /// The store has gone on.
    Behind,
    /// Which rows it did something to cannot be known.
    Unknown,
}

impl State {
    fn forget(&mut self) {
        self.entries.clear();
        self.overflow = false;
    }

    fn concerned(&self, source: &dyn Source, entry: &LogEntry) -> bool {
        match self.how {
            How::Broken => false,
            How::Entries => {
                let touched = |e: &LogEntry| e.object == entry.object;
                source.concerns(entry) || self.entries.iter().any(touched)
            }
            How::Picture(_) | How::Whole => source.concerns(entry),
        }
    }

    fn settle(&mut self, table: &LiveTable, seq: u64) -> Result<Settled> {
        match &mut self.how {
            How::Broken => Ok(Settled::Rows(Vec::new(), 0)),
            How::Whole => Ok(Settled::Unknown),
            How::Entries if self.overflow => Ok(Settled::Unknown),
            How::Entries => match table.source.store_rows() {
                Some(rows) => Followed {
                    rows,
                    spec: &self.spec,
                    table,
                }
                .settle(&self.entries, seq),
                None => Ok(Settled::Unknown),
            },
            How::Picture(picture) => {
                let new = Picture::take(table.source.as_ref(), &self.spec);
                let Some(new) = emptied(new)? else {
                    self.how = How::Whole;
                    return Ok(Settled::Unknown);
                };
                let touched = |row: &Row| {
                    let modified = |e: &LogEntry| e.object == row.key.item && modifies(e);
                    self.entries.iter().any(modified)
                };
                let rows = |row| table.row(&self.spec, row);
                let events = picture.replace(new, touched, rows);
                Ok(Settled::Rows(events, 0))
            }
        }
    }
}

/// Whether an entry of the log may concern the rows of a store's view.
pub(super) fn concerns(rows: &StoreRows, entry: &LogEntry) -> bool {
    if matches!(rows.rows, RowSet::Hierarchy { .. }) {
        // Folders, and the counters that messages move.
        return entry.object.0 != 0 && entry.kind != LogKind::NewMail;
    }
    if rows.rows == RowSet::Deep {
        // Messages, and folders that come and go with theirs.
        let associated = entry.flags & message_flags::ASSOCIATED != 0;
        return entry.object.0 != 0 && entry.kind != LogKind::NewMail && !associated;
    }
    let ends = matches!(
        entry.kind,
        LogKind::SoftDeleted
            | LogKind::Deleted
            | LogKind::SearchFilled
            | LogKind::SearchComplete
            | LogKind::Recovered
    );
    follow::passage(rows, entry).is_some() || (entry.object == rows.container && ends)
}

/// Whether an entry says that the object itself has other values.
const fn modifies(entry: &LogEntry) -> bool {
    matches!(entry.kind, LogKind::Modified | LogKind::LinkModified)
}

/// A folder that is gone shows no rows any more.
fn emptied(picture: Result<Option<Picture>>) -> Result<Option<Picture>> {
    match picture {
        Err(e) if is_gone(&e) => Ok(Some(Picture::default())),
        other => other,
    }
}

fn is_gone(error: &Error) -> bool {
    matches!(error.code(), Code::NOT_FOUND | Code::OBJECT_DELETED)
}

/// How a view of this source can be followed.
fn how(source: &dyn Source, spec: &Spec) -> Result<How> {
    if let Some(rows) = source.store_rows()
        && follow::can_follow(rows, spec)?
    {
        return Ok(How::Entries);
    }
    let picture = emptied(Picture::take(source, spec))?;
    Ok(picture.map_or(How::Whole, How::Picture))
}
