//! Care of the file: check, figures, compaction, backup.

mod backup;
mod check;
mod compact;

use std::path::Path;

use mapi_spi::{Call, CheckReport, Maintain, Result, Room, StoreFigures};
use rusqlite::Connection;

use crate::failure::Lift;
use crate::{SqliteStore, fulltext, log, migrations, platform, thread};

impl Maintain for SqliteStore {
    fn check(&self, call: &Call) -> Result<CheckReport> {
        check::run(&self.inner, call)
    }

    fn figures(&self, call: &Call) -> Result<StoreFigures> {
        let reader = self.inner.connections.reader(call)?;
        reader.begin()?;
        figures(&reader, self.path())
    }

    fn compact(&self, call: &Call) -> Result<u64> {
        compact::run(&self.inner, call)
    }

    fn complete(&self, call: &Call) -> Result<()> {
        thread::ensure(&self.inner, call)?;
        fulltext::ensure(&self.inner, call)?;
        Ok(())
    }

    fn sweep(&self, call: &Call) -> Result<()> {
        compact::sweep(&self.inner, call)
    }

    fn room(&self, call: &Call) -> Result<Room> {
        let reader = self.inner.connections.reader(call)?;
        reader.begin()?;
        let pages = |what: &str| -> Result<u64> {
            let sql = format!("PRAGMA {what}");
            reader.query_row(&sql, [], |r| r.get(0)).lift()
        };
        let page = pages("page_size")?;
        Ok(Room {
            file_bytes: pages("page_count")? * page,
            free_bytes: pages("freelist_count")? * page,
        })
    }

    fn backup(&self, to: &Path, call: &Call) -> Result<()> {
        backup::run(&self.inner, to, call)
    }
}

fn figures(db: &Connection, path: &Path) -> Result<StoreFigures> {
    let number = |sql: &str| db.query_row(sql, [], |r| r.get::<_, u64>(0)).lift();
    let pages = |what: &str| number(&format!("PRAGMA {what}"));
    let last = log::last(db)?;
    Ok(StoreFigures {
        format: migrations::CURRENT,
        file_bytes: file_bytes(path),
        free_bytes: pages("freelist_count")? * pages("page_size")?
            + number("SELECT coalesce(sum(stored), 0) FROM blob WHERE refs = 0")?,
        folders: number("SELECT count(*) FROM folder WHERE deleted = 0")?,
        messages: number("SELECT coalesce(sum(contents + associated), 0) FROM folder")?,
        deleted: number("SELECT coalesce(sum(removed), 0) FROM folder")?,
        values: number("SELECT count(*) FROM blob WHERE hash IS NOT NULL")?,
        value_bytes: number("SELECT coalesce(sum(stored), 0) FROM blob")?,
        names: number("SELECT count(*) FROM name")?,
        log: (log::first(db)?.unwrap_or(last + 1), last),
    })
}

/// Bytes of the file and of its log.
fn file_bytes(path: &Path) -> u64 {
    let size =
        |suffix: &str| std::fs::metadata(platform::beside(path, suffix)).map_or(0, |m| m.len());
    size("") + size("-wal")
}
