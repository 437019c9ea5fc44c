//! Reading connections: as many as there are threads reading at once, kept for the next ones.

use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mapi_spi::Result;
use rusqlite::Connection;

use super::WriterGuard;
use crate::failure::Lift;

/// Idle connections kept for later.
const KEPT: usize = 8;

/// Idle reading connections, the warmest on top.
#[derive(Debug, Default)]
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
}

/// A reading connection on loan.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    db: Loan<'a>,
}

#[derive(Debug)]
enum Loan<'a> {
    Own(Option<Connection>, &'a Readers),
    Writer(WriterGuard<'a>),
}

impl Readers {
    pub(super) fn take(&self) -> Option<Connection> {
        self.lock().pop()
    }

    pub(super) fn put(&self, db: Connection) {
        let mut idle = self.lock();
        if idle.len() < KEPT {
            idle.push(db);
        }
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Reader<'a> {
    pub(super) fn of(db: Connection, readers: &'a Readers) -> Self {
        Self {
            db: Loan::Own(Some(db), readers),
        }
    }

    pub(super) fn through(writer: WriterGuard<'a>) -> Self {
        Self {
            db: Loan::Writer(writer),
        }
    }

    /// From here on all reads see one state, until the reader is dropped.
    pub(crate) fn begin(&self) -> Result<()> {
        self.prepare_cached("BEGIN")
            .and_then(|mut s| s.execute([]))
            .lift()?;
        Ok(())
    }
}

impl Deref for Reader<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match &self.db {
            Loan::Own(db, _) => db
                .as_ref()
                .expect("the connection is given back only by drop"),
            Loan::Writer(writer) => writer,
        }
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        if let Loan::Own(db, readers) = &mut self.db
            && let Some(db) = db.take()
            && (db.is_autocommit() || end(&db))
        {
            readers.put(db);
        }
    }
}

/// Ends the reading transaction; a connection that cannot is thrown away.
fn end(db: &Connection) -> bool {
    db.prepare_cached("COMMIT")
        .and_then(|mut s| s.execute([]))
        .is_ok()
}
