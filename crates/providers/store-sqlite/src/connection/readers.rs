//! Reading connections: as many as there are threads reading at once, kept for the next ones.

use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::{Use, WriterGuard};
use crate::failure::Lift;

/// Idle connections kept for later.
const KEPT: usize = 8;

/// Idle reading connections.
#[derive(Debug, Default)]
pub(super) struct Readers {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The warmest on top.
    idle: Vec<(Use, Connection)>,
    /// Whether there is one with the large cache, idle or lent.
    has_large: bool,
}

/// A reading connection on loan.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    db: Loan<'a>,
}

#[derive(Debug)]
enum Loan<'a> {
    Own(Option<Connection>, Use, &'a Readers),
    Writer(WriterGuard<'a>),
}

impl Readers {
    /// An idle connection, the one with the large cache before others; else what the next one is for.
    pub(super) fn take(&self) -> Result<(Use, Connection), Use> {
        let mut state = self.lock();
        let large = state
            .idle
            .iter()
            .position(|(use_, _)| *use_ == Use::Reading);
        if let Some(at) = large {
            return Ok(state.idle.remove(at));
        }
        if !state.has_large {
            state.has_large = true;
            return Err(Use::Reading);
        }
        state.idle.pop().ok_or(Use::AlsoReading)
    }

    pub(super) fn put(&self, purpose: Use, db: Connection) {
        let mut state = self.lock();
        state.has_large |= purpose == Use::Reading;
        if state.idle.len() < KEPT || purpose == Use::Reading {
            state.idle.push((purpose, db));
        }
    }

    /// One was not made, or is closed.
    pub(super) fn lost(&self, purpose: Use) {
        if purpose == Use::Reading {
            self.lock().has_large = false;
        }
    }

    pub(super) fn clear(&self) {
        *self.lock() = State::default();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Reader<'a> {
    pub(super) fn of(db: Connection, purpose: Use, readers: &'a Readers) -> Self {
        Self {
            db: Loan::Own(Some(db), purpose, readers),
        }
    }

    pub(super) fn through(writer: WriterGuard<'a>) -> Self {
        Self {
            db: Loan::Writer(writer),
        }
    }

    /// From here on all reads see one state, until the reader is dropped.
    pub(crate) fn begin(&self) -> mapi_spi::Result<()> {
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
            Loan::Own(db, ..) => db
                .as_ref()
                .expect("the connection is given back only by drop"),
            Loan::Writer(writer) => writer,
        }
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let Loan::Own(db, purpose, readers) = &mut self.db else {
            return;
        };
        let Some(db) = db.take() else { return };
        if db.is_autocommit() || end(&db) {
            readers.put(*purpose, db);
        } else {
            readers.lost(*purpose);
        }
    }
}

/// Ends the reading transaction; a connection that cannot is thrown away.
fn end(db: &Connection) -> bool {
    db.prepare_cached("COMMIT")
        .and_then(|mut s| s.execute([]))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_them_remembers_much_and_is_lent_first() {
        let readers = Readers::default();
        let db = || Connection::open_in_memory().unwrap();
        assert_eq!(readers.take().unwrap_err(), Use::Reading);
        assert_eq!(readers.take().unwrap_err(), Use::AlsoReading);
        let (large, other) = (
            Reader::of(db(), Use::Reading, &readers),
            Reader::of(db(), Use::AlsoReading, &readers),
        );
        drop(large);
        drop(other);
        assert_eq!(readers.take().unwrap().0, Use::Reading);
        assert_eq!(readers.take().unwrap().0, Use::AlsoReading);
        assert_eq!(readers.take().unwrap_err(), Use::AlsoReading);
        readers.lost(Use::Reading);
        assert_eq!(readers.take().unwrap_err(), Use::Reading);
    }
}
