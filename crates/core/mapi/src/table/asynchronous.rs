//! Setting up a table later or beside other work: TBL_BATCH and TBL_ASYNC, and what waits for it or stops it.
//! Reference: "About Asynchronous Table Operations" (requirements TAB-15, TAB-18)

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mapi_props::{Code, PropTag, Restriction, SortOrderSet};
use mapi_spi::{Call, CancelToken, Error, Result};

use super::{Folds, Source, Spec, State, Table, check_sort};
use crate::TableFlags;
use crate::context::ErrorNote;

/// What a table tells of itself (GetStatus).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableStatus {
    /// What is going on.
    pub work: TableWork,
    /// How it follows changes of its rows.
    pub kind: TableKind,
}

/// What is going on in a table, or how the last of it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum TableWork {
    /// TBLSTAT_COMPLETE: nothing, and all went well.
    Complete = 0,
    /// TBLSTAT_SORTING.
    Sorting = 0x9,
    /// TBLSTAT_SORT_ERROR: the order before is in force still.
    SortError = 0xA,
    /// TBLSTAT_SETTING_COLS.
    SettingColumns = 0xB,
    /// TBLSTAT_SETCOL_ERROR: the columns before are in force still.
    ColumnsError = 0xD,
    /// TBLSTAT_RESTRICTING.
    Restricting = 0xE,
    /// TBLSTAT_RESTRICT_ERROR: the restriction before is in force still.
    RestrictError = 0xF,
}

impl TableWork {
    /// MAPI's number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self as u32
    }
}

/// How a table follows changes of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum TableKind {
    /// TBLTYPE_SNAPSHOT: not at all.
    Snapshot = 0,
    /// TBLTYPE_KEYSET: values change, rows neither come nor go.
    Keyset = 1,
    /// TBLTYPE_DYNAMIC: rows are always those that there are.
    Dynamic = 2,
}

impl TableKind {
    /// MAPI's number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self as u32
    }
}

/// How often a wait looks whether its own call was stopped.
const TICK: Duration = Duration::from_millis(20);

/// The state of a table, which a worker shares while it runs, and a bell for when that ends.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    ended: Condvar,
}

impl Shared {
    pub(super) fn new(state: State) -> Self {
        Self {
            state: Mutex::new(state),
            ended: Condvar::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nothing runs; an error of `check` ends the wait.
    fn until_idle(&self, check: impl Fn() -> Result<()>) -> Result<MutexGuard<'_, State>> {
        let mut state = self.lock();
        while state.running.is_some() {
            check()?;
            let waited = self.ended.wait_timeout(state, TICK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(state)
    }
}

/// Work in the background.
#[derive(Debug)]
pub(super) struct Running {
    work: TableWork,
    cancel: CancelToken,
    /// Whatever it comes to, nothing changes.
    aborted: bool,
}

/// One change of what a table shows.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Columns(Vec<PropTag>),
    Restriction(Option<Restriction>),
    Sort(SortOrderSet),
}

impl Change {
    fn apply(&self, spec: &mut Spec) {
        match self {
            Self::Columns(columns) => spec.columns.clone_from(columns),
            Self::Restriction(restriction) => spec.restriction.clone_from(restriction),
            Self::Sort(sort) => {
                spec.sort.clone_from(sort);
                spec.folds = Folds::default();
            }
        }
    }

    /// What is wrong with it, whatever the rows are.
    fn check(&self) -> Result<()> {
        match self {
            Self::Sort(sort) => check_sort(sort),
            Self::Columns(_) | Self::Restriction(_) => Ok(()),
        }
    }

    const fn work(&self) -> TableWork {
        match self {
            Self::Columns(_) => TableWork::SettingColumns,
            Self::Restriction(_) => TableWork::Restricting,
            Self::Sort(_) => TableWork::Sorting,
        }
    }

    const fn failure(&self) -> TableWork {
        match self {
            Self::Columns(_) => TableWork::ColumnsError,
            Self::Restriction(_) => TableWork::RestrictError,
            Self::Sort(_) => TableWork::SortError,
        }
    }
}

impl Table {
    /// What is going on in the table (GetStatus). Never waits.
    #[must_use]
    pub fn status(&self) -> TableStatus {
        let state = self.state();
        let running = state.running.as_ref().map(|r| r.work);
        TableStatus {
            work: running.unwrap_or(state.work),
            kind: self.source.kind(),
        }
    }

    /// Stops work in the background and waits for its end: columns, filter and order are what they were before it.
    ///
    /// # Errors
    /// `MAPI_E_UNABLE_TO_ABORT` when nothing is going on.
    pub fn abort(&self) -> Result<()> {
        let stopped = if self.stop() {
            Ok(())
        } else {
            let detail = "the table does nothing in the background";
            Err(Error::new(Code::UNABLE_TO_ABORT, detail))
        };
        self.errors.track(stopped)
    }

    /// Waits until work in the background has ended and says how. Without a time it waits as long as that takes, or
    /// until the call under which the table was opened ends.
    ///
    /// # Errors
    /// `MAPI_E_TIMEOUT`: the work goes on; `MAPI_E_USER_CANCEL`.
    pub fn wait_for_completion(&self, at_most: Option<Duration>) -> Result<TableWork> {
        let end = at_most.and_then(|t| Instant::now().checked_add(t));
        let call = self.source.call();
        let waited = self.shared.until_idle(|| {
            call.check()?;
            if end.is_some_and(|end| Instant::now() >= end) {
                return Err(Error::new(Code::TIMEOUT, "the table is at work still"));
            }
            Ok(())
        });
        match waited.map(|state| state.work) {
            Ok(work) => {
                self.join();
                Ok(work)
            }
            Err(e) => self.errors.track(Err(e)),
        }
    }

    /// The state for a call that reads rows or moves in them: whatever was put off is worked out first.
    ///
    /// # Errors
    /// `MAPI_E_BUSY` while work goes on in the background; the first error of what was put off.
    pub(super) fn ready(&self) -> Result<MutexGuard<'_, State>> {
        let mut state = self.idle()?;
        let mut first = None;
        for change in std::mem::take(&mut state.deferred) {
            if let Err(error) = self.make(&mut state, &change) {
                first.get_or_insert((error, change.failure()));
            }
        }
        if let Some((error, failure)) = first {
            state.work = failure;
            return Err(error);
        }
        Ok(state)
    }

    /// Makes a change now, later or beside other work.
    pub(super) fn change(&self, change: Change, flags: TableFlags) -> Result<()> {
        let mut state = self.idle()?;
        // It would be undone by this one.
        state.deferred.retain(|d| d.work() != change.work());
        if flags.contains(TableFlags::BATCH) {
            state.deferred.push(change);
            return Ok(());
        }
        if flags.contains(TableFlags::ASYNC) {
            return self.start(state, &change);
        }
        self.make(&mut state, &change)
    }

    fn idle(&self) -> Result<MutexGuard<'_, State>> {
        let state = self.state();
        match &state.running {
            None => Ok(state),
            Some(running) => Err(Error::new(
                Code::BUSY,
                format!("the table is at work: {:?}", running.work),
            )),
        }
    }

    fn make(&self, state: &mut State, change: &Change) -> Result<()> {
        let mut spec = state.spec.clone();
        change.apply(&mut spec);
        let checked = change.check().and_then(|()| self.source.check(&spec));
        state.settle(change, spec, checked)
    }

    /// Makes a change beside other work.
    fn start(&self, mut state: MutexGuard<'_, State>, change: &Change) -> Result<()> {
        self.join();
        let mut spec = state.spec.clone();
        change.apply(&mut spec);
        let call = self.source.call();
        let call = Call {
            cancel: call.cancel.child(),
            ..call
        };
        let running = Running {
            work: change.work(),
            cancel: call.cancel.clone(),
            aborted: false,
        };
        let job = Job {
            source: Arc::clone(&self.source),
            shared: Arc::clone(&self.shared),
            errors: Arc::clone(&self.errors),
            change: change.clone(),
            spec,
            call,
        };
        let thread = thread::Builder::new().name("table".to_owned());
        match thread.spawn(move || job.run()) {
            Ok(worker) => {
                *self.worker() = Some(worker);
                state.running = Some(running);
                Ok(())
            }
            // No thread to be had: the caller may wait as well.
            Err(_) => self.make(&mut state, change),
        }
    }

    /// Stops what runs, if anything does, and waits for its end.
    fn stop(&self) -> bool {
        let mut state = self.state();
        let Some(running) = &mut state.running else {
            return false;
        };
        running.aborted = true;
        running.cancel.cancel();
        drop(state);
        // The check never fails, so neither does the wait.
        let waited = self.shared.until_idle(|| Ok(())).map(drop);
        self.join();
        waited.is_ok()
    }

    /// Takes leave of a worker that has ended.
    fn join(&self) {
        if let Some(worker) = self.worker().take() {
            // What it had to say, panics too, it said in the state.
            drop(worker.join());
        }
    }

    fn worker(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.worker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        self.stop();
        self.join();
    }
}

/// What a worker has to do.
struct Job {
    source: Arc<dyn Source>,
    shared: Arc<Shared>,
    errors: Arc<ErrorNote>,
    change: Change,
    spec: Spec,
    call: Call,
}

impl Job {
    fn run(self) {
        let work = || {
            self.change.check()?;
            self.source.check(&self.spec)?;
            self.source.prepare(&self.spec, &self.call)
        };
        let outcome = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            let detail = "the work in the background broke down";
            Err(Error::new(Code::CALL_FAILED, detail))
        });
        let mut state = self.shared.lock();
        let aborted = state.running.take().is_some_and(|r| r.aborted);
        if aborted {
            state.work = TableWork::Complete;
        } else {
            let settled = state.settle(&self.change, self.spec, outcome);
            let failed = settled.as_ref().err().map(Error::code);
            state.followers.done(self.change.work(), failed);
            // The error is told by GetLastError and the status; there is no caller to return it to.
            drop(self.errors.track(settled));
        }
        drop(state);
        self.shared.ended.notify_all();
    }
}

impl State {
    /// Takes over a change that was worked out, or keeps everything as it is.
    fn settle(&mut self, change: &Change, spec: Spec, outcome: Result<()>) -> Result<()> {
        if let Err(error) = outcome {
            self.work = change.failure();
            return Err(error);
        }
        self.work = TableWork::Complete;
        let same_rows = matches!(change, Change::Columns(_))
            && spec.keys_only().columns == self.spec.keys_only().columns;
        if !same_rows {
            self.rewind();
        }
        self.spec = spec;
        self.view_changed();
        Ok(())
    }

    /// The change of this kind that waits to be worked out.
    pub(super) fn waiting(&self, work: TableWork) -> Option<&Change> {
        self.deferred.iter().find(|c| c.work() == work)
    }
}
