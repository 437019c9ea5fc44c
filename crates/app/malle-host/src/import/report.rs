//! What an import tells while it runs and at its end.

use std::path::PathBuf;
use std::time::Duration;

use mapi_props::Defect;

/// How far an import is. Messages count only when they are safe on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportEvent {
    /// Messages now in the store.
    pub imported: u64,
    /// Messages that were there already.
    pub skipped: u64,
    /// Items refused.
    pub failed: u64,
    /// Bytes of the messages so far.
    pub bytes: u64,
    /// Files to come, as far as they are known.
    pub files_total: Option<u64>,
    /// Files read.
    pub files_done: u64,
}

/// What came of an import.
#[derive(Debug, Default)]
pub struct ImportReport {
    /// Messages put into the store (in a dry run: that would be).
    pub imported: u64,
    /// Messages whose bytes the folder held already.
    pub skipped: u64,
    /// What failed, in the order of the sources.
    pub failures: Vec<Failed>,
    /// What was imported without what could not be read of it, in the order of the sources.
    pub damaged: Vec<Damaged>,
    /// Every item, if asked for, in the order of the sources.
    pub items: Vec<ItemDone>,
    /// Bytes of imported and skipped messages.
    pub bytes: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// Why it ended before its end.
    pub stopped: Option<Stopped>,
}

/// Why an import ended early. What the report counts is in the store all the same.
#[derive(Debug)]
pub enum Stopped {
    /// Somebody cancelled it.
    Interrupted,
    /// The store failed.
    Store(mapi_spi::Error),
}

/// A message of which a part could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Which file.
    pub path: PathBuf,
    /// What, with its place in the file.
    pub defects: Vec<Defect>,
}

/// An item that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Which file.
    pub path: PathBuf,
    /// Where in the file, for an mbox.
    pub offset: Option<u64>,
    /// Why.
    pub reason: String,
}

/// An item and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemDone {
    /// Which file.
    pub path: PathBuf,
    /// Where in the file, for an mbox.
    pub offset: Option<u64>,
    /// What became of it.
    pub status: ItemStatus,
}

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemStatus {
    /// It is in the store under this number; none in a dry run.
    Imported(Option<u64>),
    /// The folder held its bytes already, under this number.
    Skipped(Option<u64>),
    /// It was refused; see the failures.
    Failed,
}
