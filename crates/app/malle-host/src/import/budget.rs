//! How many bytes may be on their way at once.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes that readers take and the committer gives back. Taken in order by one thread, so the oldest
/// message always has its share and the line cannot lock up.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: u64,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    used: u64,
    closed: bool,
}

impl Budget {
    pub(crate) fn of(limit: u64) -> Self {
        Self {
            limit,
            state: Mutex::default(),
            freed: Condvar::new(),
        }
    }

    /// Waits for room. One message larger than the whole budget passes when it is alone.
    /// False when the budget was closed meanwhile.
    pub(crate) fn take(&self, bytes: u64) -> bool {
        let mut state = self.state();
        while !state.closed && state.used > 0 && state.used + bytes > self.limit {
            state = self
                .freed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.used += bytes;
        !state.closed
    }

    /// Gives room back.
    pub(crate) fn give_back(&self, bytes: u64) {
        let mut state = self.state();
        state.used = state.used.saturating_sub(bytes);
        self.freed.notify_all();
    }

    /// Ends all waiting, now and later.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.freed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Two counters are never half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_giant_passes_alone_and_closing_frees() {
        let budget = Budget::of(10);
        assert!(budget.take(100));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| budget.take(1));
            budget.give_back(100);
            assert!(waiting.join().unwrap());
            let waiting = scope.spawn(|| budget.take(10));
            budget.close();
            assert!(!waiting.join().unwrap());
        });
    }
}
