//! Waking those who wait for the log: at once in this handle, through a small file in other processes.

use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mapi_spi::{Call, Result};

use crate::platform::WakeFile;

/// How often a waiting thread looks at the file: eight bytes, a few microseconds.
const LOOK: Duration = Duration::from_millis(50);
/// How often it asks the database although the file says nothing: the safety net.
const ASK: Duration = Duration::from_secs(10);

/// Tells and hears that the log has grown.
#[derive(Debug)]
pub(crate) struct Waker {
    state: Mutex<State>,
    grown: Condvar,
}

#[derive(Debug)]
struct State {
    file: WakeFile,
    /// The log's last number as far as this handle knows.
    last: u64,
}

impl Waker {
    pub(crate) fn new(store: &Path) -> Self {
        Self {
            state: Mutex::new(State {
                file: WakeFile::beside(store),
                last: 0,
            }),
            grown: Condvar::new(),
        }
    }

    /// After a commit: the log's last number is now `seq`.
    pub(crate) fn tell(&self, seq: u64) {
        let mut state = self.lock();
        if seq > state.last {
            state.last = seq;
            state.file.write(seq);
        }
        drop(state);
        self.grown.notify_all();
    }

    /// Waits until the log's last number, as `ask` reads it, is above `seen`.
    pub(crate) fn wait(
        &self,
        seen: u64,
        call: &Call,
        ask: impl Fn() -> Result<u64>,
    ) -> Result<u64> {
        let mut asked = None::<Instant>;
        let mut heard = self.lock().file.read();
        loop {
            if asked.is_none_or(|at| at.elapsed() >= ASK) {
                let last = ask()?;
                if last > seen {
                    return Ok(last);
                }
                asked = Some(Instant::now());
            }
            call.check()?;
            let state = self.lock();
            if state.last > seen {
                return Ok(state.last);
            }
            let patience = call.deadline.map_or(LOOK, |d| {
                d.saturating_duration_since(Instant::now()).min(LOOK)
            });
            let (mut state, _) = self
                .grown
                .wait_timeout(state, patience)
                .unwrap_or_else(PoisonError::into_inner);
            let now = state.file.read();
            drop(state);
            if now != heard {
                heard = now;
                asked = None;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
