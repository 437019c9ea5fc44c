//! What is made of an older file, or for an order, at its first use: by one builder at a time, whichever process it is in.

use std::thread;
use std::time::Duration;

use mapi_spi::{Call, Result};
use rusqlite::Connection;

use crate::platform::{ProcessLock, beside};
use crate::store::Inner;

/// How often a process that waits for another's building looks.
const LOOK: Duration = Duration::from_millis(20);

/// What is made, and how to see that it is there.
pub(crate) struct Making<'a> {
    pub(crate) inner: &'a Inner,
    /// The name of the lock file behind the store's: `.order`.
    pub(crate) lock: &'a str,
    pub(crate) ready: &'a dyn Fn(&Connection) -> Result<bool>,
}

impl Making<'_> {
    /// Makes sure that it is there; false where it cannot be made (a store open for reading only), or `build` says so.
    pub(crate) fn ensure(&self, call: &Call, build: impl FnOnce() -> Result<bool>) -> Result<bool> {
        let connections = &self.inner.connections;
        let ready = || (self.ready)(&*connections.reader(call)?);
        if ready()? {
            return Ok(true);
        }
        if connections.may_write().is_err() {
            return Ok(false);
        }
        // The lock ends with the process that has it.
        let Ok(lock) = ProcessLock::open(&beside(connections.path(), self.lock)) else {
            return Ok(false);
        };
        while !matches!(lock.try_own(), Ok(true)) {
            call.check()?;
            thread::sleep(LOOK);
        }
        let there = ready().and_then(|ready| if ready { Ok(true) } else { build() });
        let _closed_anyway = lock.release();
        there
    }
}
