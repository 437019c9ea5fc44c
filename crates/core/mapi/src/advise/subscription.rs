//! One registration: what it asks for, what waits for it, and the promise that nobody is called after it ended.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, ThreadId};
use std::time::Instant;

use mapi_spi::CancelToken;

use super::hub::Hub;
use super::notification::{Notification, TableEvent, TableNotification};
use super::{AdviseSink, EventMask};

/// Notifications kept for a sink that does not take them; one more and all of them become one [`Notification::Lost`].
const KEPT: usize = 4096;

/// Where call-backs of a registration run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runs {
    /// On the library's own thread.
    InBackground,
    /// On this thread, when it dispatches.
    On(ThreadId),
    /// Nowhere: a listener takes them.
    Nowhere,
}

/// A registration.
pub(crate) struct Subscription {
    pub(crate) number: u32,
    pub(crate) mask: EventMask,
    pub(crate) runs: Runs,
    /// Set when it has ended, so that a listener's wait ends.
    pub(crate) ended: CancelToken,
    /// It stands in the line of the delivering thread.
    pub(super) in_line: AtomicBool,
    /// Where it is entered, if it follows a store.
    hub: Weak<Hub>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    queue: VecDeque<Notification>,
    rows: Rows,
    sink: Option<Arc<dyn AdviseSink>>,
    /// The thread on which the sink is being called.
    running: Option<ThreadId>,
    /// Nothing more comes in.
    closed: bool,
}

/// What a table's sink knows of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rows {
    /// Some, and what was told since.
    Known,
    /// That it must read them anew waits in the queue: nothing of single rows is told before.
    Void,
    /// None that are still true. When it reads some, what it is told begins there.
    Unread,
}

impl Subscription {
    pub(crate) fn new(
        mask: EventMask,
        runs: Runs,
        sink: Option<Arc<dyn AdviseSink>>,
        hub: Weak<Hub>,
    ) -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        // A connection number is never 0, not even after four thousand million of them.
        let number = LAST.fetch_add(1, Ordering::Relaxed).wrapping_add(1).max(1);
        Self {
            number,
            mask,
            runs,
            ended: CancelToken::default(),
            in_line: AtomicBool::new(false),
            hub,
            state: Mutex::new(State {
                queue: VecDeque::new(),
                rows: Rows::Known,
                sink,
                running: None,
                closed: false,
            }),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a notification until it is taken.
    pub(crate) fn push(&self, notification: Notification) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        if state.queue.len() >= KEPT {
            state.queue.clear();
            state.push(self.lost());
        }
        state.push(notification);
        drop(state);
        self.changed.notify_all();
    }

    /// The rows that a table's sink may know of are not those of the view any more; it reads them anew.
    pub(crate) fn rows_are_void(&self) {
        let mut state = self.lock();
        if state.rows == Rows::Known {
            state.rows = Rows::Unread;
        }
    }

    /// Whether a table's sink knows no rows, as it was told or by its own doing.
    pub(crate) fn knows_no_rows(&self) -> bool {
        self.lock().rows == Rows::Unread
    }

    /// The rows were read, and what waits of single ones is older than that.
    pub(crate) fn rows_were_read(&self) {
        let mut state = self.lock();
        if state.rows == Rows::Unread {
            state.rows = Rows::Known;
            state.forget_rows();
        }
    }

    /// What says that notifications are missing.
    fn lost(&self) -> Notification {
        if self.mask == EventMask::TABLE_MODIFIED {
            return Notification::Table(TableNotification::plain(TableEvent::Changed, None));
        }
        Notification::Lost
    }

    /// A last notification; nothing comes after it.
    pub(crate) fn finish(&self, last: Notification) {
        self.push(last);
        self.lock().closed = true;
        self.ended.cancel();
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().queue.len()
    }

    /// The next notification.
    pub(crate) fn take(&self) -> Option<Notification> {
        self.lock().take(1).pop()
    }

    /// Whether it has ended and everything was taken.
    pub(crate) fn is_over(&self) -> bool {
        let state = self.lock();
        state.closed && state.queue.is_empty()
    }

    /// Waits for something to come in, at most until the deadline or a cancel that ends in a [`Self::nudge`].
    pub(crate) fn doze(&self, cancel: &CancelToken, deadline: Option<Instant>) {
        let state = self.lock();
        if !state.queue.is_empty() || state.closed || cancel.is_cancelled() {
            return;
        }
        match deadline.map(|at| at.saturating_duration_since(Instant::now())) {
            Some(rest) => drop(self.changed.wait_timeout(state, rest)),
            None => drop(self.changed.wait(state)),
        }
    }

    /// Has those who wait look whether they still should.
    pub(crate) fn nudge(&self) {
        // Under the lock, or it would be missed by one that has looked and does not sleep yet.
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Calls the sink with what waits, at most so many, on this thread; how many that were. Does nothing while the sink is
    /// being called already, here or on another thread.
    pub(crate) fn deliver(&self, at_most: usize) -> usize {
        let mut state = self.lock();
        if state.running.is_some() || state.queue.is_empty() || at_most == 0 {
            return 0;
        }
        let Some(sink) = state.sink.clone() else {
            return 0;
        };
        let batch = state.take(at_most);
        state.running = Some(thread::current().id());
        drop(state);
        let running = Running(self);
        sink.on_notify(&batch);
        // The sink goes before the waiters are let go, and not under the lock: it may be the last one to hold itself.
        drop(sink);
        drop(running);
        batch.len()
    }

    /// Ends it: no call begins any more, and a call that runs on another thread has returned.
    pub(crate) fn close(&self) {
        if let Some(hub) = self.hub.upgrade() {
            hub.leave(self);
        }
        let mut state = self.lock();
        state.closed = true;
        state.queue.clear();
        let me = thread::current().id();
        while state.running.is_some_and(|on| on != me) {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let sink = state.sink.take();
        drop(state);
        self.ended.cancel();
        self.changed.notify_all();
        drop(sink);
    }
}

impl State {
    fn push(&mut self, notification: Notification) {
        match change_of(&notification) {
            // It will be seen when all rows are read.
            Some(Change::OfRow) if self.rows == Rows::Void => return,
            Some(Change::OfAll) => {
                self.rows = Rows::Void;
                self.forget_rows();
                // Once is enough; unless it is more than what was said before.
                if self.queue.back() == Some(&notification) {
                    return;
                }
            }
            _ => {}
        }
        self.queue.push_back(notification);
    }

    fn forget_rows(&mut self) {
        self.queue.retain(|n| change_of(n) != Some(Change::OfRow));
    }

    /// The next notifications.
    fn take(&mut self, at_most: usize) -> Vec<Notification> {
        let some = at_most.min(self.queue.len());
        let batch: Vec<_> = self.queue.drain(..some).collect();
        let is_of_all = |n: &Notification| change_of(n) == Some(Change::OfAll);
        if batch.iter().any(is_of_all) && !self.queue.iter().any(is_of_all) {
            self.rows = Rows::Unread;
        }
        batch
    }
}

/// What a notification says of a table's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    OfRow,
    OfAll,
}

fn change_of(notification: &Notification) -> Option<Change> {
    let Notification::Table(table) = notification else {
        return None;
    };
    match table.event {
        TableEvent::RowAdded | TableEvent::RowDeleted | TableEvent::RowModified => {
            Some(Change::OfRow)
        }
        TableEvent::Changed | TableEvent::Reload => Some(Change::OfAll),
        _ => None,
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("number", &self.number)
            .field("mask", &self.mask)
            .field("runs", &self.runs)
            .finish_non_exhaustive()
    }
}

/// The sink is being called; says so until dropped, also when the sink panics.
struct Running<'a>(&'a Subscription);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.lock().running = None;
        self.0.changed.notify_all();
    }
}
