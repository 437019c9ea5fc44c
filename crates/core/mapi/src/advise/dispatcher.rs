//! Bringing notifications to their sinks: on a thread of the library's own, or when a program dispatches.
//! Reference: "MAPIInitialize", "HrDispatchNotifications", "HrThisThreadAdviseSink" (requirements SES-03, NT-09, NT-10)

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread::{self, ThreadId};
use std::time::Duration;

use super::changing::Changing;
use super::hub::Hub;
use super::subscription::{Runs, Subscription};

/// How long the delivering thread waits for more before it ends; the next notification starts another one.
const IDLE: Duration = Duration::from_secs(2);

/// Brings notifications to sinks. One per library.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    /// Where sinks that do not care are called, once the library was initialised.
    place: OnceLock<Runs>,
    /// The calls that change something at the moment.
    pub(crate) changing: Changing,
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct State {
    hubs: Vec<Weak<Hub>>,
    /// Registrations that are called when a thread dispatches.
    waiting: Vec<Weak<Subscription>>,
    /// Registrations with news for the delivering thread.
    ready: VecDeque<Weak<Subscription>>,
    delivering: bool,
}

impl Dispatcher {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            place: OnceLock::new(),
            changing: Changing::default(),
            state: Mutex::default(),
            news: Condvar::new(),
        })
    }

    /// Sinks are called in the background, or by this thread when it dispatches. The first call decides.
    pub(crate) fn start(&self, background: bool) {
        self.place.get_or_init(|| {
            if background {
                Runs::InBackground
            } else {
                Runs::On(thread::current().id())
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where sinks that do not care are called.
    pub(crate) fn place(&self) -> Runs {
        // Nothing is registered before the library was initialised.
        self.place.get().copied().unwrap_or(Runs::InBackground)
    }

    /// Dispatching reads this hub's log from now on.
    pub(crate) fn follow(&self, hub: &Arc<Hub>) {
        let mut state = self.lock();
        state.hubs.retain(|h| h.strong_count() > 0);
        state.hubs.push(Arc::downgrade(hub));
    }

    /// Makes a new registration known.
    pub(crate) fn enter(&self, subscription: &Arc<Subscription>) {
        if matches!(subscription.runs, Runs::On(_)) {
            let mut state = self.lock();
            state.waiting.retain(|s| s.strong_count() > 0);
            state.waiting.push(Arc::downgrade(subscription));
        }
    }

    /// A registration has news.
    pub(crate) fn ring(self: &Arc<Self>, subscription: &Arc<Subscription>) {
        if subscription.runs != Runs::InBackground || subscription.waiting() == 0 {
            return;
        }
        // Once is enough: a sink that takes its time must not make the line grow.
        if subscription.in_line.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut state = self.lock();
        state.ready.push_back(Arc::downgrade(subscription));
        if state.delivering {
            drop(state);
            self.news.notify_one();
            return;
        }
        let me = Arc::clone(self);
        let named = thread::Builder::new().name("notifications".to_owned());
        // Without a thread to be had the news wait for the next ring.
        state.delivering = named.spawn(move || me.work()).is_ok();
    }

    /// The delivering thread.
    fn work(&self) {
        while let Some(next) = self.next() {
            if let Some(subscription) = next.upgrade() {
                // What comes in from here on gets into line anew.
                subscription.in_line.store(false, Ordering::Release);
                let waiting = subscription.waiting();
                self.changing.let_return();
                // A sink that panics must not silence all others.
                drop(catch_unwind(AssertUnwindSafe(|| {
                    subscription.deliver(waiting)
                })));
            }
        }
    }

    fn next(&self) -> Option<Weak<Subscription>> {
        let mut state = self.lock();
        loop {
            if let Some(next) = state.ready.pop_front() {
                return Some(next);
            }
            let (back, waited) = self
                .news
                .wait_timeout(state, IDLE)
                .unwrap_or_else(PoisonError::into_inner);
            state = back;
            if waited.timed_out() && state.ready.is_empty() {
                state.delivering = false;
                return None;
            }
        }
    }

    /// Reads every log up to now and calls the sinks of this thread with what came of it; how many notifications.
    pub(crate) fn dispatch(&self) -> usize {
        let hubs: Vec<_> = self.lock().hubs.iter().filter_map(Weak::upgrade).collect();
        for hub in hubs {
            hub.pump();
        }
        let me = thread::current().id();
        let waiting: Vec<_> = self
            .lock()
            .waiting
            .iter()
            .filter_map(Weak::upgrade)
            .filter(|s| s.runs == Runs::On(me))
            .map(|s| (s.waiting(), s))
            .collect();
        if waiting.iter().any(|(count, _)| *count > 0) {
            self.changing.let_return();
        }
        waiting.iter().map(|(count, s)| s.deliver(*count)).sum()
    }
}

/// A thread with the registrations whose sinks run on it only: they end with it.
#[derive(Debug)]
pub(crate) struct Home {
    pub(super) thread: ThreadId,
    subscriptions: Mutex<Vec<Weak<Subscription>>>,
}

impl Home {
    /// This thread's.
    pub(super) fn here() -> Arc<Self> {
        HERE.with(|owner| Arc::clone(&owner.0))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Subscription>>> {
        self.subscriptions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enter(&self, subscription: &Arc<Subscription>) {
        let mut all = self.lock();
        all.retain(|s| s.strong_count() > 0);
        all.push(Arc::downgrade(subscription));
    }
}

/// What a thread leaves behind ends with it.
struct Owner(Arc<Home>);

impl Drop for Owner {
    fn drop(&mut self) {
        let all = std::mem::take(&mut *self.0.lock());
        all.iter().filter_map(Weak::upgrade).for_each(|s| s.close());
    }
}

thread_local! {
    static HERE: Owner = Owner(Arc::new(Home {
        thread: thread::current().id(),
        subscriptions: Mutex::default(),
    }));
}
