//! What keeps staged values from being swept before they are bound: a lock that ends with the process.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use mapi_props::Code;
use mapi_spi::{Call, Error, LargeReader, Lease, Result, Staged};

use super::reader::OpenValue;
use super::table::Key;
use crate::platform::ProcessLock;
use crate::store::Inner;

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
    /// Shared as long as anything is held.
    lock: Option<ProcessLock>,
    /// Values being written, and values finished whose owner still lives.
    held: usize,
}

impl Leases {
    pub(crate) fn new(store: &Path) -> Self {
        Self {
            path: store.to_owned(),
            state: Mutex::default(),
        }
    }

    fn begin(&self, call: &Call) -> Result<()> {
        let mut state = self.lock();
        while state.held == 0 {
            call.check()?;
            if state.share(&self.path).map_err(|e| failed(&self.path, e))? {
                break;
            }
            drop(state);
            thread::sleep(ASK);
            state = self.lock();
        }
        state.held += 1;
        Ok(())
    }

    fn end(&self) {
        let mut state = self.lock();
        state.held = state.held.saturating_sub(1);
        if state.held == 0 {
            // Closing the file gives the lock back, whatever the system says.
            state.lock = None;
        }
    }

    /// Runs `sweep` while no process holds unbound values; says nothing if one does.
    pub(crate) fn alone<T>(&self, sweep: impl FnOnce() -> Result<T>) -> Result<Option<T>> {
        let state = self.lock();
        if state.held > 0 {
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
    fn share(&mut self, path: &Path) -> std::io::Result<bool> {
        match &mut self.lock {
            Some(lock) => lock,
            empty => empty.insert(ProcessLock::open(path)?),
        }
        .try_share()
    }
}

fn failed(path: &Path, error: std::io::Error) -> Error {
    Error::caused(
        Code::DISK_ERROR,
        format!("the lock file of {} cannot be used", path.display()),
        error,
    )
}

/// One lease: nothing of this store is swept while it lives.
pub(super) struct Hold(Arc<Inner>);

impl Hold {
    pub(super) fn take(store: Arc<Inner>, call: &Call) -> Result<Arc<Self>> {
        store.leases.begin(call)?;
        Ok(Arc::new(Self(store)))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.leases.end();
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hold")
    }
}

/// A value that is in the store, kept by a lease.
pub(super) fn staged(hold: Arc<Hold>, key: Key, size: u64) -> Staged {
    Staged::new(key, size, Arc::new(Kept { hold, key }))
}

struct Kept {
    hold: Arc<Hold>,
    key: Key,
}

impl Lease for Kept {
    fn open(&self, call: &Call) -> Result<Box<dyn LargeReader>> {
        let store = Arc::clone(&self.hold.0);
        Ok(Box::new(OpenValue::open(store, self.key, call)?))
    }
}
