//! The full-text index: which words stand in which field of which message. `docs/format.md` describes its tables.
//!
//! Each message that is not associated has a row in `indexed`, which gives it a key that grows with its delivery time, and
//! under that key its words in the FTS5 table `fulltext`. Both move in the message's own transaction. The rooms: `words`
//! (what is indexed of a message), `keys`, `upkeep` (writing, at the end of a transaction), `build` (messages of older
//! files).
//!
//! Deliberately absent: reading. Queries are compiled and run by `view`.

mod build;
mod keys;
mod upkeep;
mod words;

use std::sync::LazyLock;

use mapi_query::COLLATION_VERSION;
use mapi_spi::Result;
use rusqlite::{Connection, OptionalExtension};

pub(crate) use build::ensure;
pub(crate) use keys::{natural_key, time_of};
pub(crate) use upkeep::{Pending, Standing, enter, is_kept, leave, merge, relieve, write};
pub(crate) use words::{Ready, UNBORN, Words, gives_words, is_covered, is_indexed, prepare};

use crate::failure::Lift;

/// The rules by which texts become words and messages rows: of this crate, and of folding. An index made by others is
/// read by nobody and made anew.
static RULES: LazyLock<String> = LazyLock::new(|| format!("words 3; {COLLATION_VERSION}"));

/// Takes a new, empty index for our own.
pub(crate) fn begin(db: &Connection) -> Result<()> {
    db.execute("UPDATE indexing SET rules = ?1 WHERE id = 1", [&*RULES])
        .lift()?;
    Ok(())
}

/// Whether every message is indexed, by our rules.
pub(crate) fn is_ready(db: &Connection) -> Result<bool> {
    Ok(progress(db)?.is_some_and(|p| p.reached >= p.last))
}

/// How far the index of an older file is built: messages up to `reached`, and all above `last`, are in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) reached: u64,
    pub(crate) last: u64,
}

impl Progress {
    /// Whether a message of this number must be indexed.
    pub(crate) const fn covers(self, id: u64) -> bool {
        id <= self.reached || id > self.last
    }
}

/// How far the index is built; `None` if it was made by other rules, or in a file of an older version.
pub(crate) fn progress(db: &Connection) -> Result<Option<Progress>> {
    if !has_tables(db)? {
        return Ok(None);
    }
    db.prepare_cached("SELECT reached, last FROM indexing WHERE id = 1 AND rules = ?1")
        .and_then(|mut s| {
            s.query_row([&*RULES], |r| {
                Ok(Progress {
                    reached: r.get(0)?,
                    last: r.get(1)?,
                })
            })
            .optional()
        })
        .lift()
}

/// A file of an older version that is open for reading only has none.
fn has_tables(db: &Connection) -> Result<bool> {
    db.prepare_cached("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'indexing'")
        .and_then(|mut s| s.exists([]))
        .lift()
}

/// Gives up an index that other rules made: it is made anew at the next use.
fn disown(db: &Connection) -> Result<()> {
    db.prepare_cached("UPDATE indexing SET rules = '' WHERE id = 1")
        .and_then(|mut s| s.execute([]))
        .lift()?;
    Ok(())
}

/// Has a connection look at the index as it is now: SQLite's integrity check believes what it remembers of the index from
/// the last query.
pub(crate) fn look_anew(db: &Connection) -> Result<()> {
    if !has_tables(db)? {
        return Ok(());
    }
    db.prepare_cached("SELECT 1 FROM fulltext WHERE rowid = 0")
        .and_then(|mut s| s.exists([]))
        .lift()?;
    Ok(())
}
