//! An order among change sets that are prepared side by side.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{Call, Result};

/// How often a waiting turn asks its call.
const ASK: Duration = Duration::from_millis(50);

/// A line of turns. Work that is prepared in several threads enters the store in the order in which its turns were taken.
///
/// ```
/// use mapi_spi::{Call, ChangeSet, Turns};
///
/// let line = Turns::default();
/// let (first, second) = (line.take(), line.take());
/// let set = ChangeSet { turn: Some(first), ..ChangeSet::default() };
/// drop(set); // committed, or given up
/// second.wait(&Call::default())?;
/// # Ok::<(), mapi_spi::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Line>);

/// A place in a line of [`Turns`]. It is over when the last clone is dropped, used or not.
#[derive(Debug, Clone)]
pub struct Turn(Arc<Place>);

#[derive(Debug, Default)]
struct Line {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct State {
    taken: u64,
    /// All turns before this one are over.
    next: u64,
    /// Later ones that are over too.
    over: BTreeSet<u64>,
}

#[derive(Debug)]
struct Place {
    number: u64,
    line: Arc<Line>,
}

impl Turns {
    /// The next turn.
    #[must_use]
    pub fn take(&self) -> Turn {
        let mut state = self.0.lock();
        let number = state.taken;
        state.taken += 1;
        drop(state);
        let line = Arc::clone(&self.0);
        Turn(Arc::new(Place { number, line }))
    }
}

impl Turn {
    /// Waits until all turns taken before this one are over.
    ///
    /// # Errors
    /// `MAPI_E_USER_CANCEL`, `MAPI_E_TIMEOUT`: those of the call.
    pub fn wait(&self, call: &Call) -> Result<()> {
        let Place { number, line } = &*self.0;
        let mut state = line.lock();
        while state.next < *number {
            call.check()?;
            let waited = line.moved.wait_timeout(state, ASK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can fail happens under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.line.lock();
        state.over.insert(self.number);
        while let Some(first) = state.over.first().copied()
            && first == state.next
        {
            state.over.remove(&first);
            state.next += 1;
        }
        drop(state);
        self.line.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use mapi_props::Code;

    use super::*;

    #[test]
    fn turns_come_in_the_order_in_which_they_were_taken() {
        let line = Turns::default();
        let done = Mutex::new(Vec::new());
        let turns: Vec<_> = (0..20).map(|n| (n, line.take())).collect();
        thread::scope(|scope| {
            for (n, turn) in turns.into_iter().rev() {
                let done = &done;
                scope.spawn(move || {
                    if n % 5 == 3 {
                        return; // given up: it holds nobody up
                    }
                    turn.wait(&Call::default()).unwrap();
                    done.lock().unwrap().push(n);
                });
            }
        });
        let done = done.into_inner().unwrap();
        assert_eq!(done.len(), 16);
        assert!(done.is_sorted());
    }

    #[test]
    fn whoever_waits_can_be_cancelled() {
        let line = Turns::default();
        let (first, second) = (line.take(), line.take());
        let call = Call::default();
        call.cancel.cancel();
        assert_eq!(second.wait(&call).unwrap_err().code(), Code::USER_CANCEL);
        drop(first);
        second.wait(&call).unwrap();
    }
}
