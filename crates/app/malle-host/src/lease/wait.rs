//! Waiting for the lock of a lease: a thread sleeps in the system's own wait, so that nobody looks again and again.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use mapi_props::Code;
use mapi_spi::{Call, Error, Result};

use super::no_lock;
use crate::FileLock;

/// Where the sleeping thread leaves the lock.
#[derive(Debug, Default)]
struct Place {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    got: Option<io::Result<FileLock>>,
    /// Nobody waits any more: the thread gives the lock back as soon as it gets it.
    abandoned: bool,
}

/// Waits for the lock as long as the call lasts.
pub(super) fn for_lock(path: &Path, call: &Call) -> Result<FileLock> {
    call.check()?;
    if let Some(lock) = FileLock::try_now(path).map_err(|e| no_lock(path, e))? {
        return Ok(lock);
    }
    let place = Arc::new(Place::default());
    let bell = Arc::clone(&place);
    let _woken = call.cancel.on_cancel(move || bell.ring());
    sleep_for(path.to_owned(), Arc::clone(&place))?;
    let mut state = place.lock();
    loop {
        if let Some(got) = state.got.take() {
            return got.map_err(|e| no_lock(path, e));
        }
        if let Err(ended) = call.check() {
            state.abandoned = true;
            return Err(ended);
        }
        state = place.wait(state, call.deadline);
    }
}

fn sleep_for(path: PathBuf, place: Arc<Place>) -> Result<()> {
    let work = move || {
        let got = FileLock::wait(&path);
        let mut state = place.lock();
        if !state.abandoned {
            state.got = Some(got);
            drop(state);
            place.changed.notify_all();
        }
    };
    let thread = thread::Builder::new().name("malle-lease".to_owned());
    let spawned = thread.spawn(work);
    spawned.map(drop).map_err(|e| {
        Error::caused(
            Code::NOT_ENOUGH_RESOURCES,
            "no thread to wait for a lease",
            e,
        )
    })
}

impl Place {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) {
        // Under the lock, or one that has looked and does not sleep yet would miss it.
        drop(self.lock());
        self.changed.notify_all();
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        until: Option<Instant>,
    ) -> MutexGuard<'a, State> {
        let Some(until) = until else {
            let woken = self.changed.wait(state);
            return woken.unwrap_or_else(PoisonError::into_inner);
        };
        let rest = until.saturating_duration_since(Instant::now());
        let woken = self.changed.wait_timeout(state, rest);
        woken.unwrap_or_else(PoisonError::into_inner).0
    }
}
