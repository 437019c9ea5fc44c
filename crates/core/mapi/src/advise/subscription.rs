//! One registration: what it asks for, what waits for it, and the promise that nobody is called after it ended.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, ThreadId};
use std::time::Duration;

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
    /// Where it is entered, if it follows a store.
    hub: Weak<Hub>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    queue: VecDeque<Notification>,
    sink: Option<Arc<dyn AdviseSink>>,
    /// The thread on which the sink is being called.
    running: Option<ThreadId>,
    /// Nothing more comes in.
    closed: bool,
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
            hub,
            state: Mutex::new(State {
                queue: VecDeque::new(),
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
            state.queue.push_back(self.lost());
        }
        state.queue.push_back(notification);
        drop(state);
        self.changed.notify_all();
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

    /// Whether something waits.
    pub(crate) fn has_news(&self) -> bool {
        !self.lock().queue.is_empty()
    }

    /// The next notification.
    pub(crate) fn take(&self) -> Option<Notification> {
        self.lock().queue.pop_front()
    }

    /// Whether it has ended and everything was taken.
    pub(crate) fn is_over(&self) -> bool {
        let state = self.lock();
        state.closed && state.queue.is_empty()
    }

    /// Waits a moment for something to come in.
    pub(crate) fn doze(&self, at_most: Duration) {
        let state = self.lock();
        if state.queue.is_empty() && !state.closed {
            drop(self.changed.wait_timeout(state, at_most));
        }
    }

    /// Calls the sink with everything that waits, on this thread; how many that were. Does nothing while the sink is being
    /// called already, here or on another thread.
    pub(crate) fn deliver(&self) -> usize {
        let mut state = self.lock();
        if state.running.is_some() || state.queue.is_empty() {
            return 0;
        }
        let Some(sink) = state.sink.clone() else {
            return 0;
        };
        let batch: Vec<Notification> = state.queue.drain(..).collect();
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
