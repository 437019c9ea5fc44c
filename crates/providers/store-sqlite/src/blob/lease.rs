//! What keeps staged values from being swept before they are bound: a lock that ends with the process.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use mapi_props::Code;
use mapi_spi::{Call, Error, Result};

use super::table::Key;
use crate::platform::ProcessLock;

/// How often a lock held by a sweeper is asked for again.
const ASK: Duration = Duration::from_millis(5);

/// The stages of this handle. While there are any, it shares the store's lock file; who sweeps owns it alone.
#[derive(Debug)]
pub(crate) struct Leases {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    lock: Option<ProcessLock>,
    shared: bool,
    /// Values being written.
    writing: usize,
    /// Values finished and not bound yet.
    finished: HashSet<Key>,
}

impl Leases {
    pub(crate) fn new(store: &Path) -> Self {
        Self {
            path: store.to_owned(),
            state: Mutex::default(),
        }
    }

    /// A value begins to be written.
    pub(super) fn begin(&self, call: &Call) -> Result<()> {
        let mut state = self.lock();
        while !state.shared {
            call.check()?;
            let shared = state
                .file(&self.path)
                .and_then(ProcessLock::try_share)
                .map_err(|e| failed(&self.path, e))?;
            state.shared = shared;
            if !shared {
                drop(state);
                thread::sleep(ASK);
                state = self.lock();
            }
        }
        state.writing += 1;
        Ok(())
    }

    /// A value is written, or was given up.
    pub(super) fn end(&self, finished: Option<Key>) {
        let mut state = self.lock();
        state.writing = state.writing.saturating_sub(1);
        state.finished.extend(finished);
        state.release_if_idle();
    }

    /// These values are bound by a commit now.
    pub(crate) fn bound(&self, keys: impl Iterator<Item = Key>) {
        let mut state = self.lock();
        if state.finished.is_empty() {
            return;
        }
        for key in keys {
            state.finished.remove(&key);
        }
        state.release_if_idle();
    }

    /// Runs `sweep` while no process holds unbound values; says nothing if one does.
    pub(crate) fn alone<T>(&self, sweep: impl FnOnce() -> Result<T>) -> Result<Option<T>> {
        let state = self.lock();
        if state.shared {
            return Ok(None);
        }
        let lock = ProcessLock::open(&self.path).map_err(|e| failed(&self.path, e))?;
        if !lock.try_own().map_err(|e| failed(&self.path, e))? {
            return Ok(None);
        }
        let swept = sweep();
        lock.release().map_err(|e| failed(&self.path, e))?;
        drop(state);
        swept.map(Some)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn file(&mut self, path: &Path) -> std::io::Result<&ProcessLock> {
        match &mut self.lock {
            Some(lock) => Ok(lock),
            empty => Ok(empty.insert(ProcessLock::open(path)?)),
        }
    }

    fn release_if_idle(&mut self) {
        if self.shared && self.writing == 0 && self.finished.is_empty() {
            // Closing the file gives the lock back, whatever the system says.
            self.lock = None;
            self.shared = false;
        }
    }
}

fn failed(path: &Path, error: std::io::Error) -> Error {
    Error::caused(
        Code::DISK_ERROR,
        format!("the lock file of {} cannot be used", path.display()),
        error,
    )
}
