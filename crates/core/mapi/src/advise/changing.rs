//! The calls that change a store at the moment: sinks are called when those have returned that made the change.
//! Reference: "Timing a Notification" (requirement NT-08)

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// How long a call may hold up what is told: one that changes very much is told of while it goes on.
const PATIENCE: Duration = Duration::from_millis(100);
/// How often to look. Nobody is woken by a call that ends, or the sink might run before the call has quite returned.
const LOOK: Duration = Duration::from_micros(100);

/// The calls of this program that change something.
#[derive(Debug, Default)]
pub(crate) struct Changing(Mutex<Calls>);

#[derive(Debug, Default)]
struct Calls {
    next: u64,
    /// By the order in which they began.
    running: BTreeMap<u64, ThreadId>,
}

impl Changing {
    /// A call begins; it returns with the drop of what this gives.
    pub(crate) fn begin(&self) -> ChangingCall<'_> {
        let mut calls = self.lock();
        let number = calls.next;
        calls.next += 1;
        calls.running.insert(number, thread::current().id());
        ChangingCall { all: self, number }
    }

    /// Waits until the calls that are running now have returned, save those of this thread, which waits inside one.
    pub(super) fn let_return(&self) {
        let end = self.lock().next;
        let me = thread::current().id();
        let begun = Instant::now();
        let runs = || {
            let calls = self.lock();
            let mut before = calls.running.range(..end);
            before.any(|(_, thread)| *thread != me)
        };
        while runs() && begun.elapsed() < PATIENCE {
            thread::sleep(LOOK);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that runs, until dropped.
#[derive(Debug)]
#[must_use = "the call ends when this is dropped"]
pub(crate) struct ChangingCall<'a> {
    all: &'a Changing,
    number: u64,
}

impl Drop for ChangingCall<'_> {
    fn drop(&mut self) {
        self.all.lock().running.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn what_runs_is_waited_for_and_what_begins_later_is_not() {
        let all = Changing::default();
        let returned = AtomicBool::new(false);
        thread::scope(|scope| {
            let first = all.begin();
            let waiting = scope.spawn(|| {
                let begun = Instant::now();
                all.let_return();
                returned.load(Ordering::SeqCst) || begun.elapsed() >= PATIENCE
            });
            let later = all.begin();
            returned.store(true, Ordering::SeqCst);
            drop(first);
            assert!(waiting.join().unwrap());
            drop(later);
        });
        assert!(all.lock().running.is_empty());
    }

    #[test]
    fn a_thread_does_not_wait_for_itself_nor_for_ever() {
        let all = Changing::default();
        let begun = Instant::now();
        let _mine = all.begin();
        all.let_return();
        assert!(begun.elapsed() < PATIENCE);
        let begun = Instant::now();
        thread::scope(|scope| scope.spawn(|| all.let_return()).join().unwrap());
        assert!(begun.elapsed() >= PATIENCE);
    }
}
