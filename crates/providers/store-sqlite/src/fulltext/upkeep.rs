//! Keeping the index: rows change as messages do, and are written sorted by key just before the transaction ends.
//!
//! FTS5 begins a new segment whenever a key is not above the one before, and at every savepoint; so nothing is written to it
//! before all work of the transaction is done.

use mapi_spi::Result;
use rusqlite::{Connection, OptionalExtension, params};

use super::keys::{self, Last};
use super::{RULES, Words, natural_key};
use crate::failure::Lift;
use crate::transaction::Txn;

/// How long a byte of words takes to be written, and to be merged as often as it will be: measured, in nanoseconds.
const NANOS_PER_BYTE: usize = 40;
/// The same of a row that goes.
const NANOS_PER_REMOVAL: usize = 8000;
/// Bytes of words after which a transaction that does not end yet writes them.
const RELIEF: usize = 16 << 20;
/// Bytes of a page of the index: `pgsz` in the schema.
const PAGE: usize = 8100;
/// Pages that are merged for each page written. A page is merged with 15 others of its level, then again with what came of
/// them: so often in a store of a million messages.
const MERGED_PER_PAGE: usize = 3;
/// Rows that go for each page merged, so that the room they took is found again.
const REMOVALS_PER_PAGE: usize = 20;
/// Pages that one step of merging writes at most, whatever is due: about 20 ms.
const STEP_PAGES: usize = 128;

/// What a transaction has to change in the index.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    changes: Vec<(i64, Change)>,
    bytes: usize,
    removals: usize,
    last: Last,
    /// Whether the index is kept by our rules.
    kept: bool,
}

/// What becomes of the row of a key.
#[derive(Debug)]
enum Change {
    Add(Box<Words>),
    Remove,
}

/// How much was to be changed at some point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    changes: usize,
    bytes: usize,
    removals: usize,
}

impl Pending {
    /// As a transaction begins.
    pub(crate) fn begin(db: &Connection) -> Result<Self> {
        let rules: String = db
            .prepare_cached("SELECT rules FROM indexing WHERE id = 1")
            .and_then(|mut s| s.query_row([], |r| r.get(0)))
            .lift()?;
        let kept = rules == *RULES;
        if !kept && !rules.is_empty() {
            // Whoever knows those rules must not read what we do not keep.
            super::disown(db)?;
        }
        Ok(Self {
            kept,
            ..Self::default()
        })
    }

    /// How long writing it will take.
    pub(crate) fn cost(&self) -> std::time::Duration {
        let nanos = self.bytes * NANOS_PER_BYTE + self.removals * NANOS_PER_REMOVAL;
        std::time::Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Where it stands now.
    pub(crate) const fn standing(&self) -> Standing {
        Standing {
            changes: self.changes.len(),
            bytes: self.bytes,
            removals: self.removals,
        }
    }

    /// Forgets what came after.
    pub(crate) fn return_to(&mut self, standing: Standing) {
        self.changes.truncate(standing.changes);
        (self.bytes, self.removals) = (standing.bytes, standing.removals);
        self.last = Last::default();
    }

    fn push(&mut self, key: i64, change: Change) {
        match &change {
            Change::Add(words) => self.bytes += words.len(),
            Change::Remove => self.removals += 1,
        }
        self.changes.push((key, change));
    }
}

/// Whether the index is kept in this transaction, so that words are wanted.
pub(crate) const fn is_kept(txn: &Txn<'_>) -> bool {
    txn.words.kept
}

/// Indexes a message that is not indexed. `date`: its key in order 0.
pub(crate) fn enter(txn: &mut Txn<'_>, item: u64, date: &[u8], words: Words) -> Result<()> {
    if !txn.words.kept {
        return Ok(());
    }
    let key = keys::free(txn.db, natural_key(date), &mut txn.words.last)?;
    txn.statement("INSERT INTO indexed (key, item, whole) VALUES (?1, ?2, ?3)")?
        .execute(params![key, item, words.whole])
        .lift()?;
    txn.words.push(key, Change::Add(Box::new(words)));
    Ok(())
}

/// Takes a message out of the index, if it is in it.
pub(crate) fn leave(txn: &mut Txn<'_>, item: u64) -> Result<()> {
    if !txn.words.kept {
        return Ok(());
    }
    let key = txn
        .statement("DELETE FROM indexed WHERE item = ?1 RETURNING key")?
        .query_row([item], |r| r.get(0))
        .optional()
        .lift()?;
    if let Some(key) = key {
        txn.words.push(key, Change::Remove);
    }
    Ok(())
}

/// Writes what is pending when it has become much. Never inside a savepoint.
pub(crate) fn relieve(txn: &mut Txn<'_>) -> Result<()> {
    if txn.words.bytes < RELIEF {
        return Ok(());
    }
    write(txn)
}

/// Writes what is pending: removals, then additions, both by ascending keys; then merges a little.
pub(crate) fn write(txn: &mut Txn<'_>) -> Result<()> {
    let mut changes = std::mem::take(&mut txn.words.changes);
    if changes.is_empty() {
        return Ok(());
    }
    // Stable: what happened to one key stays in its order.
    changes.sort_by_key(|(key, _)| *key);
    let mut remove = txn.statement("DELETE FROM fulltext WHERE rowid = ?1")?;
    for of_key in changes.chunk_by(|a, b| a.0 == b.0) {
        // What was added after the transaction began is not there yet.
        if let Some((key, Change::Remove)) = of_key.first() {
            remove.execute([key]).lift()?;
        }
    }
    let mut add = txn.statement(
        "INSERT INTO fulltext (rowid, subject, sender, \"to\", cc, bcc, other, body, attachment)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for of_key in changes.chunk_by(|a, b| a.0 == b.0) {
        if let Some((key, Change::Add(words))) = of_key.last() {
            let [a, b, c, d, e, f, g, h] = &words.fields;
            add.execute(params![key, a, b, c, d, e, f, g, h]).lift()?;
        }
    }
    let due = txn.words.bytes.div_ceil(PAGE) * MERGED_PER_PAGE
        + txn.words.removals.div_ceil(REMOVALS_PER_PAGE);
    (txn.words.bytes, txn.words.removals) = (0, 0);
    merge(txn.db, due)?;
    Ok(())
}

/// Merges segments where that is due, as far as so many pages, but never for long; whether anything was merged.
pub(crate) fn merge(db: &Connection, pages: usize) -> Result<bool> {
    let before = db.total_changes();
    db.prepare_cached("INSERT INTO fulltext (fulltext, rank) VALUES ('merge', ?1)")
        .and_then(|mut s| s.execute([pages.clamp(1, STEP_PAGES)]))
        .lift()?;
    // The command itself counts as one.
    Ok(db.total_changes() - before >= 2)
}
