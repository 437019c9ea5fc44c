//! Connections to one store file: how it is opened and made, one writer, a stack of readers.

mod create;
mod gate;
mod readers;

use std::path::{Path, PathBuf};
use std::time::Duration;

use mapi_props::Code;
use mapi_spi::{Call, Error, OpenMode, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::failure::Lift;
use crate::{blob, migrations, platform};

pub(crate) use create::Birth;
use gate::Gate;
pub(crate) use gate::WriterGuard;
pub(crate) use readers::Reader;
use readers::Readers;

/// How long a reader waits for a process that recovers the file.
const READER_PATIENCE: Duration = Duration::from_secs(5);
/// Statements kept prepared per connection: all that the crate has.
const STATEMENTS: usize = 200;
/// Pages of the write-ahead log after which a commit moves them into the file: 16 MiB. Recovery after a kill
/// reads at most about this much.
const CHECKPOINT_PAGES: u32 = 2048;
/// The write-ahead log is cut back to this when it starts anew.
const JOURNAL_LIMIT: u32 = 32 * 1024 * 1024;

/// Whether other processes may open the store meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// Yes, unless the file lies where processes cannot share memory.
    WherePossible,
    /// No.
    Never,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Writing,
    Reading,
    /// Beside another one that reads, in another thread.
    AlsoReading,
}

impl Use {
    /// KiB of pages that it remembers.
    const fn cache_kib(self) -> u32 {
        match self {
            Self::Writing => 64 * 1024,
            // Half of the date order of a million messages: finding its middle row walks all of that.
            Self::Reading => 32 * 1024,
            // An import reads in four threads; what each would remember of a big store is a large part of its memory.
            Self::AlsoReading => 8 * 1024,
        }
    }
}

/// All connections of one handle to one file.
#[derive(Debug)]
pub(crate) struct Connections {
    path: PathBuf,
    mode: OpenMode,
    /// Other processes cannot look in: everything goes through the one connection.
    alone: bool,
    writer: Gate,
    readers: Readers,
}

impl Connections {
    /// Opens the file, makes it when the mode says so, and brings an older one to the present version.
    pub(crate) fn open(
        path: &Path,
        mode: OpenMode,
        sharing: Sharing,
        birth: &Birth<'_>,
    ) -> Result<Self> {
        let file = path.display().to_string();
        if is_missing(path)? {
            if mode != OpenMode::Create {
                return Err(Error::new(
                    Code::NOT_FOUND,
                    format!("there is no store at {file}"),
                ));
            }
            create::create(path, birth)?;
        }
        let shared = sharing == Sharing::WherePossible && platform::shares_memory(path);
        let alone = mode != OpenMode::ReadOnly && !shared;
        let this = Self {
            path: path.to_owned(),
            mode,
            alone,
            writer: Gate::new(),
            readers: Readers::default(),
        };
        this.first_connection(&file)?;
        Ok(this)
    }

    fn first_connection(&self, file: &str) -> Result<()> {
        let purpose = match self.alone {
            true => Use::Writing,
            false => Use::Reading,
        };
        let db = self.connect(purpose).map_err(|e| named(e, file))?;
        blob::forget_dictionary(&db);
        let version = migrations::examine(&db, file).map_err(|e| named(e, file))?;
        if version < migrations::CURRENT && self.mode != OpenMode::ReadOnly {
            migrations::upgrade(&db, file)?;
        }
        if self.alone {
            self.writer.put(db);
        } else {
            self.readers.put(purpose, db);
        }
        Ok(())
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this handle keeps all other processes out.
    pub(crate) const fn is_alone(&self) -> bool {
        self.alone
    }

    /// Whether writing is allowed.
    pub(crate) fn may_write(&self) -> Result<()> {
        if self.mode == OpenMode::ReadOnly {
            return Err(Error::new(
                Code::NO_ACCESS,
                "the store is open for reading only",
            ));
        }
        Ok(())
    }

    /// The one writing connection, when no other thread of this handle has it.
    pub(crate) fn writer(&self, call: &Call) -> Result<WriterGuard<'_>> {
        self.may_write()?;
        self.writer
            .take(call, self.alone, || self.connect(Use::Writing))
    }

    /// A connection for reading.
    pub(crate) fn reader(&self, call: &Call) -> Result<Reader<'_>> {
        if self.alone {
            return Ok(Reader::through(
                self.writer
                    .take(call, true, || self.connect(Use::Writing))?,
            ));
        }
        let (purpose, db) = match self.readers.take() {
            Ok(idle) => idle,
            Err(purpose) => {
                let made = self.connect(purpose);
                (purpose, made.inspect_err(|_| self.readers.lost(purpose))?)
            }
        };
        Ok(Reader::of(db, purpose, &self.readers))
    }

    /// A connection that belongs to nobody else, for long reads that must not hold up the others.
    pub(crate) fn separate(&self) -> Result<Connection> {
        self.connect(Use::Reading)
    }

    fn connect(&self, purpose: Use) -> Result<Connection> {
        let access = if self.mode == OpenMode::ReadOnly {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        } else {
            OpenFlags::SQLITE_OPEN_READ_WRITE
        };
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let db = Connection::open_with_flags(&self.path, flags).lift()?;
        if self.mode != OpenMode::ReadOnly {
            return prepare(&db, purpose, self.alone).map(|()| db);
        }
        let db = match prepare(&db, purpose, self.alone) {
            Err(e) if e.code() == Code::NO_ACCESS => self.immutable(flags)?,
            prepared => prepared.map(|()| db)?,
        };
        migrations::stand_in(&db)?;
        Ok(db)
    }

    /// A store in a folder where nothing can be written, not even the shared-memory file: readable as it
    /// stands when no log waits beside it.
    fn immutable(&self, flags: OpenFlags) -> Result<Connection> {
        let log = platform::beside(&self.path, "-wal");
        if std::fs::metadata(log).is_ok_and(|m| m.len() > 0) {
            return Err(Error::new(
                Code::NO_ACCESS,
                "the store's log must be read first, and its folder cannot be written",
            ));
        }
        let escaped: String = self
            .path
            .to_string_lossy()
            .chars()
            .map(|c| match c {
                '%' => "%25".to_owned(),
                '?' => "%3f".to_owned(),
                '#' => "%23".to_owned(),
                c => c.to_string(),
            })
            .collect();
        let uri = format!("file:{escaped}?immutable=1");
        let db = Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI).lift()?;
        prepare(&db, Use::Reading, false)?;
        Ok(db)
    }

    /// Hands the log's content over to the file when the last handle closes, so that the next opening is quick.
    fn tidy_up(&self) {
        self.readers.clear();
        if let Some(db) = self.writer.retire() {
            let _still_read = db.busy_timeout(Duration::ZERO);
            let _still_read = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.tidy_up();
    }
}

fn is_missing(path: &Path) -> Result<bool> {
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_dir() => Err(Error::new(
            Code::CORRUPT_STORE,
            format!("{} is a folder, not a store", path.display()),
        )),
        Ok(_) => Ok(false),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(e) => Err(Error::caused(
            Code::NO_ACCESS,
            format!("{} cannot be opened", path.display()),
            e,
        )),
    }
}

/// The same error with the file's name in its detail.
fn named(error: Error, file: &str) -> Error {
    let (code, detail) = (error.code(), format!("{file}: {}", error.detail()));
    Error::caused(code, detail, error)
}

fn prepare(db: &Connection, purpose: Use, alone: bool) -> Result<()> {
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    db.busy_timeout(READER_PATIENCE).lift()?;
    // Without this, SQLite parses a statement anew for every new value of a parameter that it compares with the
    // condition of a partial index: two thirds of the time of a page.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .lift()?;
    // Declared for the check and for strangers. Enforcing them would search whole tables at every hard delete.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)
        .lift()?;
    // Whoever only looks must not pay for what an importer left in the log.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .lift()?;
    if alone {
        db.pragma_update(None, "locking_mode", "EXCLUSIVE").lift()?;
    }
    let kib = purpose.cache_kib();
    db.execute_batch(&format!(
        "PRAGMA cache_size = -{kib}; PRAGMA temp_store = MEMORY;"
    ))
    .lift()?;
    if purpose == Use::Writing {
        db.execute_batch(&format!(
            "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};
             PRAGMA journal_size_limit = {JOURNAL_LIMIT};"
        ))
        .lift()?;
    }
    // The first touch of the file: reads its head and, after a crash, its log.
    db.query_row("SELECT 1 FROM sqlite_schema LIMIT 1", [], |_| Ok(()))
        .lift()
}
