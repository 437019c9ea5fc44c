//! Care of a store's file: check, figures, compaction, backup.

use std::path::Path;

use crate::{Call, Result};

/// Care of a store that lives in a file.
pub trait Maintain: Send + Sync {
    /// Reads everything and compares what is kept twice (counters, indexes, hashes, references).
    fn check(&self, call: &Call) -> Result<CheckReport>;

    /// Sizes and counts.
    fn figures(&self, call: &Call) -> Result<StoreFigures>;

    /// Gives unused space back, in steps of at most 50 ms; stops between them when the call ends and can be run
    /// again. Returns the bytes given back.
    fn compact(&self, call: &Call) -> Result<u64>;

    /// Makes what a file of an older version lacks and what would else be made at first use: conversations, the full-text
    /// index. In short transactions, with progress, from where it was left; nothing to do in a file that is complete.
    fn complete(&self, call: &Call) -> Result<()> {
        call.check()
    }

    /// Takes staged values away that nothing will ever name, unless somebody is staging just now. Writes nothing if there
    /// are none.
    fn sweep(&self, call: &Call) -> Result<()> {
        call.check()
    }

    /// How much [`Self::compact`] would give back, roughly and at once.
    fn room(&self, call: &Call) -> Result<Room> {
        call.check().map(|()| Room::default())
    }

    /// Writes a consistent copy to `to`, which must not exist. Readers and writers go on meanwhile.
    fn backup(&self, to: &Path, call: &Call) -> Result<()>;
}

/// Bytes of a store's file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Room {
    /// All of it, without its log.
    pub file_bytes: u64,
    /// Those in free pages.
    pub free_bytes: u64,
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Folders read.
    pub folders: u64,
    /// Messages read.
    pub messages: u64,
    /// Large values read and hashed.
    pub values: u64,
    /// What is wrong. None: clean.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Stable short name.
    pub code: &'static str,
    /// Which object, and what.
    pub detail: String,
}

/// Sizes and counts of a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreFigures {
    /// Format version of the file.
    pub format: u32,
    /// Bytes of the file, with its log.
    pub file_bytes: u64,
    /// Bytes that compaction could give back.
    pub free_bytes: u64,
    /// Folders.
    pub folders: u64,
    /// Messages.
    pub messages: u64,
    /// Soft-deleted messages.
    pub deleted: u64,
    /// Distinct large values.
    pub values: u64,
    /// Their stored bytes.
    pub value_bytes: u64,
    /// Named properties.
    pub names: u64,
    /// First and last number of the change log.
    pub log: (u64, u64),
}
