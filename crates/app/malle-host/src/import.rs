//! Mail from files into a store.
//!
//! One thread reads files and splits them into messages, several parse, two write batches (one prepares its batch while
//! the other one's is written), and the calling thread keeps all in order and tells how far it is. Messages keep the
//! order of their sources. What is in memory at once is bounded by bytes.

mod budget;
mod parse;
mod pipeline;
mod read;
mod report;
mod store_target;
mod target;
mod walk;

use std::path::PathBuf;

use mapi_mime::mbox;
use mapi_spi::CancelToken;

pub use mapi_mime::MailFlags;
pub use pipeline::import;
pub use report::{Damaged, Failed, ImportEvent, ImportReport, ItemDone, ItemStatus, Stopped};
pub use store_target::StoreTarget;
pub use target::{Added, ImportFolder, ImportTarget, NewMessage};

/// How messages are separated in mbox files.
pub type MboxVariant = mbox::Variant;

/// What to import and how.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent choices of the caller, each asked for by name"
)]
pub struct ImportJob {
    /// Files and directories, in order; `-` is standard input.
    pub paths: Vec<PathBuf>,
    /// For mbox files.
    pub mbox: MboxVariant,
    /// Directories become folders below the target folder.
    pub tree: bool,
    /// Read and judge everything, write nothing.
    pub dry_run: bool,
    /// Keep every item in the report, not only the failures.
    pub keep_items: bool,
    /// Count the files ahead, for progress with an end.
    pub count_ahead: bool,
    /// Ends the import after the batch that is being written.
    pub cancel: CancelToken,
}
