//! The writing connection of a handle, lent to one thread at a time; another one while it is lent for long.

use std::ops::Deref;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mapi_spi::{Call, Result};
use rusqlite::Connection;

/// How long a thread waits for the connection. Whoever keeps it longer changes much, in many transactions, and others get
/// between them with a connection of their own. Also how often a waiting thread asks its call.
const ASK: Duration = Duration::from_millis(50);

/// Lends the connection to one thread at a time and opens it for the first.
#[derive(Debug)]
pub(super) struct Gate {
    slot: Mutex<Slot>,
    freed: Condvar,
}

#[derive(Debug)]
enum Slot {
    Unopened,
    Idle(Connection),
    Lent,
}

/// The writing connection on loan.
#[derive(Debug)]
pub(crate) struct WriterGuard<'a> {
    /// Where it is given back; `None` for one that is closed then.
    gate: Option<&'a Gate>,
    db: Option<Connection>,
}

impl Gate {
    pub(super) const fn new() -> Self {
        Self {
            slot: Mutex::new(Slot::Unopened),
            freed: Condvar::new(),
        }
    }

    /// Waits for the connection as long as the call lasts; when it is not `only` one, for a moment.
    pub(super) fn take(
        &self,
        call: &Call,
        only: bool,
        open: impl FnOnce() -> Result<Connection>,
    ) -> Result<WriterGuard<'_>> {
        let mut slot = self.lock();
        let since = Instant::now();
        loop {
            match std::mem::replace(&mut *slot, Slot::Lent) {
                Slot::Idle(db) => {
                    return Ok(WriterGuard {
                        gate: Some(self),
                        db: Some(db),
                    });
                }
                Slot::Unopened => break,
                Slot::Lent => {}
            }
            call.check()?;
            if !only && since.elapsed() >= ASK {
                drop(slot);
                return Ok(WriterGuard {
                    gate: None,
                    db: Some(open()?),
                });
            }
            slot = self
                .freed
                .wait_timeout(slot, ASK)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        drop(slot);
        // Not under the lock: opening may wait for another process.
        match open() {
            Ok(db) => Ok(WriterGuard {
                gate: Some(self),
                db: Some(db),
            }),
            Err(e) => {
                *self.lock() = Slot::Unopened;
                self.freed.notify_one();
                Err(e)
            }
        }
    }

    /// Puts a connection in.
    pub(super) fn put(&self, db: Connection) {
        *self.lock() = Slot::Idle(db);
        self.freed.notify_one();
    }

    /// Takes the connection out for good, if it was ever opened.
    pub(super) fn retire(&self) -> Option<Connection> {
        match std::mem::replace(&mut *self.lock(), Slot::Unopened) {
            Slot::Idle(db) => Some(db),
            Slot::Unopened | Slot::Lent => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for WriterGuard<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.db
            .as_ref()
            .expect("the connection is given back only by drop")
    }
}

impl Drop for WriterGuard<'_> {
    fn drop(&mut self) {
        let (Some(db), Some(gate)) = (self.db.take(), self.gate) else {
            return;
        };
        // A transaction left open by an early return or a panic must not leak into the next loan.
        if db.is_autocommit() || db.execute_batch("ROLLBACK").is_ok() {
            gate.put(db);
        } else {
            *gate.lock() = Slot::Unopened;
            gate.freed.notify_one();
        }
    }
}
