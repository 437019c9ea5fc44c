//! Making a store file: under another name first, so that a half-made one never stands at its place.

use std::io::ErrorKind;
use std::path::Path;

use mapi_props::{Code, Guid, StoredMessage};
use mapi_spi::{Error, Result};
use rusqlite::{Connection, params};

use crate::failure::Lift;
use crate::schema::PAGE_SIZE;
use crate::{bag, migrations, order, platform};

/// What a new store is born with.
#[derive(Debug)]
pub(crate) struct Birth<'a> {
    /// Its identity.
    pub(crate) uid: Guid,
    /// Whose names its identifiers stand for.
    pub(crate) mapping_signature: Guid,
    /// Properties of the root folder.
    pub(crate) root: &'a StoredMessage,
}

/// Makes the store at `path`. If another process was faster, its store stays.
pub(super) fn create(path: &Path, birth: &Birth<'_>) -> Result<()> {
    let name: String = birth.uid.to_string();
    let draft = platform::beside(path, &format!(".new-{name}"));
    let made = fill(&draft, birth).and_then(|()| publish(&draft, path));
    for suffix in ["", "-wal", "-shm"] {
        let _gone = std::fs::remove_file(platform::beside(&draft, suffix));
    }
    made
}

/// Nothing is synced on the way: until it has its name nobody reads it, and then all of it is synced at once.
fn fill(draft: &Path, birth: &Birth<'_>) -> Result<()> {
    // What keeps this from being made keeps SQLite from it too, which says why.
    let _told_below = platform::make_private(draft);
    let db = Connection::open(draft).lift()?;
    db.execute_batch(&format!(
        "PRAGMA page_size = {PAGE_SIZE}; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA synchronous = OFF;
         PRAGMA journal_mode = MEMORY;
         BEGIN IMMEDIATE;"
    ))
    .lift()?;
    migrations::create(&db)?;
    let root = bag::pack_first(birth.root)?;
    let store = bag::pack_first(&StoredMessage::default())?;
    first_rows(&db, birth, [(1, root), (0, store)]).lift()?;
    db.execute_batch("COMMIT; PRAGMA journal_mode = WAL;")
        .lift()?;
    db.close().map_err(|(_, e)| e).lift()?;
    std::fs::File::open(draft)
        .and_then(|f| f.sync_all())
        .map_err(|e| disk(draft, e))
}

fn first_rows(
    db: &Connection,
    birth: &Birth<'_>,
    bags: [(u64, bag::Stored); 2],
) -> rusqlite::Result<()> {
    let mut meta = db.prepare("INSERT INTO meta (key, value) VALUES (?1, ?2)")?;
    meta.execute(params!["uid", birth.uid.as_bytes()])?;
    meta.execute(params![
        "mapping_signature",
        birth.mapping_signature.as_bytes()
    ])?;
    meta.execute(params!["root", 1])?;
    db.execute(
        "INSERT INTO state (id, seq, change, log_bytes) VALUES (1, 0, 1, 0)",
        [],
    )?;
    db.execute(
        "INSERT INTO item (id, parent, kind, part, flags, status, size, change, content, date)
         VALUES (1, 1, 0, 0, 0, 0, 0, 1, 1, ?1)",
        [order::MISSING_KEY],
    )?;
    db.execute(
        "INSERT INTO folder (id, parent, deleted, name, contents, unread, associated, folders, removed)
         VALUES (1, 1, 0, '', 0, 0, 0, 0, 0)",
        [],
    )?;
    let mut insert = db.prepare("INSERT INTO bag (id, form, data) VALUES (?1, ?2, ?3)")?;
    for (id, bag) in bags {
        insert.execute(params![id, bag.form, bag.data])?;
    }
    Ok(())
}

/// Gives the finished file its name unless a store has it by now.
fn publish(draft: &Path, path: &Path) -> Result<()> {
    match std::fs::hard_link(draft, path) {
        Ok(()) => {}
        Err(e) if e.kind() == ErrorKind::AlreadyExists => return Ok(()),
        // File systems without links: a rename, which two creators at the same instant could both win.
        Err(_) if !path.exists() => std::fs::rename(draft, path).map_err(|e| disk(path, e))?,
        Err(_) => return Ok(()),
    }
    platform::sync_folder(path).map_err(|e| disk(path, e))
}

fn disk(path: &Path, error: std::io::Error) -> Error {
    let code = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            Code::NOT_ENOUGH_DISK
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Code::NO_ACCESS,
        _ => Code::DISK_ERROR,
    };
    Error::caused(code, format!("{} cannot be made", path.display()), error)
}
