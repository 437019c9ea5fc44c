//! Folder counters, gathered during a transaction and written once.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use mapi_spi::Result;
use rusqlite::{Connection, params};

use crate::failure::Lift;

/// How much the counters of a folder move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Delta {
    pub(crate) contents: i64,
    pub(crate) unread: i64,
    pub(crate) associated: i64,
    pub(crate) folders: i64,
    pub(crate) removed: i64,
}

impl AddAssign for Delta {
    fn add_assign(&mut self, other: Self) {
        self.contents += other.contents;
        self.unread += other.unread;
        self.associated += other.associated;
        self.folders += other.folders;
        self.removed += other.removed;
    }
}

impl std::ops::Neg for Delta {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            contents: -self.contents,
            unread: -self.unread,
            associated: -self.associated,
            folders: -self.folders,
            removed: -self.removed,
        }
    }
}

/// Movements not yet written.
#[derive(Debug, Clone, Default)]
pub(super) struct Counters(BTreeMap<u64, Delta>);

impl Counters {
    pub(super) fn add(&mut self, folder: u64, delta: Delta) {
        *self.0.entry(folder).or_default() += delta;
    }

    pub(super) fn write(&mut self, db: &Connection) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut update = db
            .prepare_cached(
                "UPDATE folder SET contents = contents + ?2, unread = unread + ?3,
                 associated = associated + ?4, folders = folders + ?5, removed = removed + ?6 WHERE id = ?1",
            )
            .lift()?;
        for (folder, d) in std::mem::take(&mut self.0) {
            if d != Delta::default() {
                update
                    .execute(params![
                        folder,
                        d.contents,
                        d.unread,
                        d.associated,
                        d.folders,
                        d.removed
                    ])
                    .lift()?;
            }
        }
        Ok(())
    }
}
