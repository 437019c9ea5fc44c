//! One write transaction: waiting for it, the counters that move in it, and its end.

mod counters;

use std::time::{Duration, Instant};

use mapi_props::{Code, FileTime};
use mapi_spi::{Call, Durability, Error, Origin, Result};
use rusqlite::{CachedStatement, Connection, ErrorCode, params};

use crate::epoch;
use crate::failure::Lift;
use crate::fulltext::{self, Pending};
use crate::order::{self, Order};
use crate::thread;
use counters::Counters;
pub(crate) use counters::Delta;

/// How long a write transaction takes on work before it is ended and the next one begun. With its commit it holds up
/// others for less than 50 ms.
pub(crate) const STEP: Duration = Duration::from_millis(25);
/// How long whoever has more to write stays away between two transactions: long enough for everyone who waits to ask.
pub(crate) const PAUSE: Duration = Duration::from_millis(3);
/// How long a call without a deadline waits for another process.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a waiting writer asks again. SQLite's own waiting asks ever more seldom and so misses every pause.
const ASK: Duration = Duration::from_millis(1);
/// How often it asks at first: most transactions are short, and while nobody asks nobody writes.
const ASK_SOON: Duration = Duration::from_micros(150);
/// How long it asks that often.
const SOON: Duration = Duration::from_millis(20);
/// How long SQLite itself waits where it meets others inside a transaction.
const MEETING: Duration = Duration::from_millis(40);

/// A write transaction. Dropping it uncommitted leaves the rollback to the connection's guard.
#[derive(Debug)]
pub(crate) struct Txn<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) origin: Origin,
    pub(crate) now: FileTime,
    /// The log's last number.
    pub(crate) seq: u64,
    /// The last change number given.
    change: u64,
    pub(crate) log_bytes: i64,
    /// The indexed orders to keep, the default one first.
    pub(crate) orders: Vec<Order>,
    /// What is to be changed in the full-text index.
    pub(crate) words: Pending,
    /// What is to be noted of conversations.
    pub(crate) threads: thread::Pending,
    counters: Counters,
    began: Instant,
    seq_at_start: u64,
    open: bool,
}

impl<'a> Txn<'a> {
    /// Begins, waiting for other processes as long as the call lasts; not for a holder of a lease who has lost it.
    pub(crate) fn begin(
        db: &'a Connection,
        origin: Origin,
        now: FileTime,
        durability: Durability,
        call: &Call,
    ) -> Result<Self> {
        let level = match durability {
            Durability::Full => "PRAGMA synchronous = FULL",
            Durability::Batch => "PRAGMA synchronous = NORMAL",
        };
        db.prepare_cached(level)
            .and_then(|mut s| s.execute([]))
            .lift()?;
        lock(db, call)?;
        let mut this = Self {
            db,
            origin,
            now,
            seq: 0,
            change: 0,
            log_bytes: 0,
            orders: Vec::new(),
            words: Pending::default(),
            threads: thread::Pending::default(),
            counters: Counters::default(),
            began: Instant::now(),
            seq_at_start: 0,
            open: true,
        };
        epoch::check(db, call)?;
        this.load()?;
        Ok(this)
    }

    fn load(&mut self) -> Result<()> {
        let (seq, change, bytes) = self
            .statement("SELECT seq, change, log_bytes FROM state WHERE id = 1")?
            .query_row([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
            .lift()?;
        (self.seq, self.change, self.log_bytes) = (seq, change, bytes);
        self.seq_at_start = self.seq;
        self.orders = order::kept(self.db)?;
        self.words = Pending::begin(self.db)?;
        self.threads = thread::Pending::begin(self.db)?;
        Ok(())
    }

    /// A statement from the connection's cache.
    pub(crate) fn statement(&self, sql: &str) -> Result<CachedStatement<'a>> {
        self.db.prepare_cached(sql).lift()
    }

    /// The next change number.
    pub(crate) const fn next_change(&mut self) -> u64 {
        self.change += 1;
        self.change
    }

    /// The next number of the log.
    pub(crate) const fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    /// Moves the counters of a folder when the transaction ends.
    pub(crate) fn count(&mut self, folder: u64, delta: Delta) {
        self.counters.add(folder, delta);
    }

    /// Writes pending counters now, so that statements see them.
    pub(crate) fn settle(&mut self) -> Result<()> {
        self.counters.write(self.db)
    }

    /// Marks a point to which [`Self::undo`] returns: everything after it is one item's work.
    pub(crate) fn mark(&self) -> Result<Mark> {
        self.statement("SAVEPOINT item")?.execute([]).lift()?;
        Ok(Mark {
            seq: self.seq,
            change: self.change,
            log_bytes: self.log_bytes,
            counters: self.counters.clone(),
            words: self.words.standing(),
            threads: self.threads.standing(),
        })
    }

    /// Keeps what was done since the mark.
    pub(crate) fn keep(&self) -> Result<()> {
        self.statement("RELEASE item")?.execute([]).lift()?;
        Ok(())
    }

    /// Undoes what was done since the mark.
    pub(crate) fn undo(&mut self, mark: Mark) -> Result<()> {
        self.statement("ROLLBACK TO item")?.execute([]).lift()?;
        self.statement("RELEASE item")?.execute([]).lift()?;
        self.counters = mark.counters;
        self.words.return_to(mark.words);
        self.threads.return_to(mark.threads);
        (self.seq, self.change, self.log_bytes) = (mark.seq, mark.change, mark.log_bytes);
        Ok(())
    }

    /// Whether it has lasted as long as one may, with what writing its words will take.
    pub(crate) fn is_long(&self) -> bool {
        self.began.elapsed() + self.words.cost() >= STEP
    }

    /// Whether anything was logged.
    pub(crate) const fn has_logged(&self) -> bool {
        self.seq != self.seq_at_start
    }

    /// Ends it and gives the log's last number.
    pub(crate) fn commit(mut self) -> Result<u64> {
        self.end()?;
        Ok(self.seq)
    }

    /// Whether it was ended or given up.
    pub(crate) const fn is_over(&self) -> bool {
        !self.open
    }

    /// Gives it up when nothing was done in it yet.
    pub(crate) fn abandon(&mut self) -> Result<()> {
        self.statement("ROLLBACK")?.execute([]).lift()?;
        self.open = false;
        self.counters = Counters::default();
        self.words = Pending::default();
        self.threads = thread::Pending::default();
        Ok(())
    }

    /// Makes it durable. Nothing may be written through it afterwards.
    pub(crate) fn end(&mut self) -> Result<()> {
        if !self.open {
            return Err(Error::new(Code::CALL_FAILED, "the transaction is over"));
        }
        thread::write(self)?;
        fulltext::write(self)?;
        self.settle()?;
        crate::log::trim(self)?;
        self.statement("UPDATE state SET seq = ?1, change = ?2, log_bytes = ?3 WHERE id = 1")?
            .execute(params![self.seq, self.change, self.log_bytes])
            .lift()?;
        self.statement("COMMIT")?.execute([]).lift()?;
        self.open = false;
        Ok(())
    }
}

impl Drop for Txn<'_> {
    fn drop(&mut self) {
        if self.open && !self.db.is_autocommit() {
            let _guard_tries_again = self.db.execute_batch("ROLLBACK");
        }
    }
}

/// Where an item's work began.
#[derive(Debug)]
pub(crate) struct Mark {
    seq: u64,
    change: u64,
    log_bytes: i64,
    counters: Counters,
    words: fulltext::Standing,
    threads: thread::Standing,
}

/// Takes SQLite's write lock.
pub(crate) fn lock(db: &Connection, call: &Call) -> Result<()> {
    db.busy_timeout(Duration::ZERO).lift()?;
    let locked = wait(db, call);
    db.busy_timeout(MEETING).lift()?;
    locked
}

fn wait(db: &Connection, call: &Call) -> Result<()> {
    let started = Instant::now();
    loop {
        call.check()?;
        match db
            .prepare_cached("BEGIN IMMEDIATE")
            .and_then(|mut s| s.execute([]))
        {
            Ok(_) => return Ok(()),
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                if started.elapsed() > PATIENCE {
                    return Err(Error::caused(
                        Code::BUSY,
                        "another process keeps the store locked",
                        e,
                    ));
                }
                let waited = started.elapsed();
                std::thread::sleep(if waited < SOON { ASK_SOON } else { ASK });
            }
            Err(e) => return Err(e).lift(),
        }
    }
}
