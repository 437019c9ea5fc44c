//! The index: numbers of folders and messages that stay, and of each message what tables show.
//!
//! One SQLite file in the profile's data directory. It may be thrown away: the next opening makes a new one, with a new
//! identifier of the store, so that no entry id of the old one ever names another message. While it exists, numbers are
//! never used again. Every change is one transaction with the entries of the change log that tell of it.

mod folders;
mod log;
mod messages;
mod names;
mod threads;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use mapi_props::{Code, Guid};
use mapi_spi::{Error, Result, Support};
use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};

use crate::failure::Lift;
use crate::place;

pub(crate) use folders::{Folder, Marks, SUBTREE, Wanted, World};
use log::Told;
pub(crate) use messages::{File, Fresh, Hot, Known, Refused, encode};
pub(crate) use names::Names;

/// The root folder.
pub(crate) const ROOT: u64 = 1;
/// The version of the index. One of another version is made anew.
const VERSION: i32 = 1;
/// How long one process waits while another one writes.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two tries of what SQLite does not wait for by itself.
const PAUSE: Duration = Duration::from_millis(10);

const SCHEMA: &str = "
CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  uid BLOB NOT NULL, signature BLOB NOT NULL, root BLOB NOT NULL,
  seq INTEGER NOT NULL, trimmed INTEGER NOT NULL,
  next_item INTEGER NOT NULL, next_thread INTEGER NOT NULL,
  mail_names INTEGER NOT NULL, walked BLOB, inbox INTEGER
) STRICT;
CREATE TABLE folder (
  id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, name TEXT NOT NULL,
  kind INTEGER NOT NULL, place BLOB NOT NULL, born INTEGER NOT NULL, change INTEGER NOT NULL,
  contents INTEGER NOT NULL, unread INTEGER NOT NULL, marks BLOB,
  UNIQUE (parent, name)
) STRICT;
CREATE TABLE message (
  id INTEGER PRIMARY KEY, folder INTEGER NOT NULL, key BLOB NOT NULL,
  at BLOB NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL, hash BLOB, letters INTEGER NOT NULL,
  flags INTEGER NOT NULL, status INTEGER NOT NULL, size INTEGER NOT NULL,
  change INTEGER NOT NULL, version INTEGER NOT NULL, thread INTEGER NOT NULL,
  delivered INTEGER, born INTEGER NOT NULL, received INTEGER, modified INTEGER NOT NULL,
  UNIQUE (folder, key)
) STRICT;
CREATE INDEX message_thread ON message (thread);
CREATE TABLE bag (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE refused (
  folder INTEGER NOT NULL, key BLOB NOT NULL, at BLOB NOT NULL, start INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (folder, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE name (
  id INTEGER PRIMARY KEY, guid BLOB NOT NULL, number INTEGER, text TEXT,
  UNIQUE (guid, number, text)
) STRICT;
CREATE TABLE node (key INTEGER PRIMARY KEY, thread INTEGER NOT NULL) STRICT;
CREATE TABLE topic (key INTEGER PRIMARY KEY, thread INTEGER NOT NULL, begun INTEGER NOT NULL) STRICT;
CREATE TABLE joined (thread INTEGER PRIMARY KEY, whole INTEGER NOT NULL) STRICT;
CREATE TABLE log (
  seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, object INTEGER NOT NULL, folder INTEGER NOT NULL,
  parent INTEGER NOT NULL, flags INTEGER NOT NULL, changed BLOB NOT NULL, inverse BLOB
) STRICT;
";

/// The index of one mailbox, open.
#[derive(Debug)]
pub(crate) struct Index {
    db: Mutex<Connection>,
    pub(crate) uid: Guid,
    pub(crate) signature: Guid,
}

impl Index {
    /// Opens the index at `path`, or makes it; without a path it lives only as long as it is open. `root` is the mailbox.
    /// One that cannot be read is made anew.
    pub(crate) fn open(path: Option<&Path>, root: &Path, support: &dyn Support) -> Result<Self> {
        let Some(path) = path else {
            return Self::of(Connection::open_in_memory().lift()?, root, support);
        };
        let opened = Connection::open(path).lift();
        match opened.and_then(|db| Self::of(db, root, support)) {
            Err(e) if matches!(e.code(), Code::CORRUPT_STORE | Code::VERSION) => {
                tracing::warn!(path = %path.display(), "a mailbox's index is damaged or of another version, and made anew");
                forget(path).map_err(|e| crate::failure::of_file(path, e))?;
                Self::of(Connection::open(path).lift()?, root, support)
            }
            opened => opened,
        }
    }

    fn of(mut db: Connection, root: &Path, support: &dyn Support) -> Result<Self> {
        db.busy_timeout(PATIENCE).lift()?;
        db.set_prepared_statement_cache_capacity(64);
        with_log(&db)?;
        db.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -16384; PRAGMA journal_size_limit = 8388608;",
        )
        .lift()?;
        let version = |db: &Connection| db.query_row("PRAGMA user_version", [], |r| r.get(0));
        if version(&db).lift()? != VERSION {
            let txn = db.transaction_with_behavior(TransactionBehavior::Immediate);
            let txn = txn.lift()?;
            // Another process may have been faster.
            match version(&txn).lift()? {
                VERSION => {}
                0 => create(&txn, root, support)?,
                other => {
                    let detail = format!("the mailbox's index has version {other}");
                    return Err(Error::new(Code::VERSION, detail));
                }
            }
            txn.commit().lift()?;
        }
        let (uid, signature) = db
            .query_row("SELECT uid, signature FROM state", [], |r| {
                Ok((Guid(r.get(0)?), Guid(r.get(1)?)))
            })
            .lift()?;
        Ok(Self {
            db: Mutex::new(db),
            uid,
            signature,
        })
    }

    /// The connection; nothing may be called back while it is held.
    pub(crate) fn db(&self) -> MutexGuard<'_, Connection> {
        // A transaction that a panic left behind was rolled back.
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `change` in one transaction, whole or not at all.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut Change<'_>) -> Result<T>) -> Result<T> {
        let mut db = self.db();
        let txn = db.transaction_with_behavior(TransactionBehavior::Immediate);
        let txn = txn.lift()?;
        let mut state = Change::begin(&txn, self.uid)?;
        let done = change(&mut state)?;
        state.end()?;
        txn.commit().lift()?;
        Ok(done)
    }

    /// The change log's last number.
    pub(crate) fn seq(&self) -> Result<u64> {
        seq(&self.db())
    }

    /// What the last walk left behind, for the next one to compare.
    pub(crate) fn walked(&self) -> Result<Option<Vec<u8>>> {
        let db = self.db();
        db.query_row("SELECT walked FROM state", [], |r| r.get(0))
            .lift()
    }

    /// Bytes of the index.
    pub(crate) fn bytes(&self) -> Result<u64> {
        let db = self.db();
        let number = |pragma: &str| db.query_row(pragma, [], |r| r.get::<_, u64>(0)).lift();
        Ok(number("PRAGMA page_count")? * number("PRAGMA page_size")?)
    }
}

pub(crate) fn seq(db: &Connection) -> Result<u64> {
    db.prepare_cached("SELECT seq FROM state")
        .and_then(|mut s| s.query_row([], |r| r.get(0)))
        .lift()
}

/// Has changes go to a log first, so that readers and the one who writes do not wait for each other. SQLite does not wait by
/// itself while somebody else does the same.
fn with_log(db: &Connection) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    loop {
        match db.pragma_update(None, "journal_mode", "WAL") {
            Err(e)
                if e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < end =>
            {
                thread::sleep(PAUSE);
            }
            done => return done.lift(),
        }
    }
}

fn create(db: &Connection, root: &Path, support: &dyn Support) -> Result<()> {
    db.execute_batch(SCHEMA).lift()?;
    let (uid, signature) = (support.new_guid(), support.new_guid());
    db.execute(
        "INSERT INTO state (id, uid, signature, root, seq, trimmed, next_item, next_thread, mail_names)
         VALUES (1, ?1, ?2, ?3, 1, 1, 3, 1, 0)",
        params![uid.0, signature.0, place::to_bytes(root)],
    )
    .lift()?;
    folders::create(db, root)?;
    db.pragma_update(None, "user_version", VERSION).lift()
}

/// Takes a damaged index away, with what belongs to it.
fn forget(path: &Path) -> std::io::Result<()> {
    for suffix in ["-wal", "-shm", ""] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(PathBuf::from(name)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok(())
}

/// A transaction under way: counters that are written at its end, and what the log will tell.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    db: &'a Connection,
    uid: Guid,
    seq: u64,
    trimmed: u64,
    next_item: u64,
    next_thread: u64,
    mail_names: u32,
    told: Vec<Told>,
}

impl<'a> Change<'a> {
    fn begin(db: &'a Connection, uid: Guid) -> Result<Self> {
        let columns = "SELECT seq, trimmed, next_item, next_thread, mail_names FROM state";
        db.query_row(columns, [], |r| {
            Ok(Self {
                db,
                uid,
                seq: r.get(0)?,
                trimmed: r.get(1)?,
                next_item: r.get(2)?,
                next_thread: r.get(3)?,
                mail_names: r.get(4)?,
                told: Vec::new(),
            })
        })
        .lift()
    }

    fn end(&mut self) -> Result<()> {
        self.tell()?;
        self.db
            .prepare_cached(
                "UPDATE state SET seq = ?1, trimmed = ?2, next_item = ?3, next_thread = ?4, mail_names = ?5",
            )
            .and_then(|mut s| {
                s.execute(params![
                    self.seq,
                    self.trimmed,
                    self.next_item,
                    self.next_thread,
                    self.mail_names
                ])
            })
            .lift()?;
        Ok(())
    }

    /// The store's identifier.
    pub(crate) const fn uid(&self) -> Guid {
        self.uid
    }

    /// A number that no folder or message ever had.
    fn new_item(&mut self) -> u64 {
        let id = self.next_item;
        self.next_item += 1;
        id
    }

    /// The number that the log will have once this change is told: what its objects have as their change number.
    fn change_number(&self) -> u64 {
        self.seq + 1
    }

    /// Keeps what the walk was made of.
    pub(crate) fn set_walked(&self, marks: &[u8]) -> Result<()> {
        self.db
            .execute("UPDATE state SET walked = ?1", [marks])
            .lift()?;
        Ok(())
    }

    fn one<T: rusqlite::types::FromSql>(&self, sql: &str, of: u64) -> Result<Option<T>> {
        self.db
            .prepare_cached(sql)
            .and_then(|mut s| s.query_row([of], |r| r.get(0)).optional())
            .lift()
    }
}
