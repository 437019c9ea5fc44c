//! What a message in a storage needs of whoever has the file.

use std::fmt::{self, Debug};
use std::io::{self, Read, Write};
use std::sync::Arc;

use mapi_props::ReadAt;
use mapi_spi::Result;

/// How a storage was opened (STGM).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StorageAccess {
    /// For reading.
    ReadOnly,
    /// For writing only. No message is opened in one.
    WriteOnly,
    /// For reading and writing, every write at once in the file. Messages in one are read-only.
    Direct,
    /// For reading and writing; the file changes when the storage is committed.
    Transacted,
}

/// A structured storage: a compound file, as bytes. One transaction is under way at a time: what was written since the last
/// commit is dropped with the storage.
pub trait MessageStorage: Send + Sync + Debug {
    /// How it was opened.
    fn access(&self) -> StorageAccess;

    /// The bytes as this storage shows them: what was written and not committed yet, else the file's. None for an empty
    /// storage. They stay readable, whatever is written later.
    ///
    /// # Errors
    /// Those of the file system.
    fn contents(&self) -> io::Result<Option<StorageBytes>>;

    /// Puts other bytes in the place of all, in the transaction. `bytes` may come from [`Self::contents`].
    ///
    /// # Errors
    /// Those of the file system; nothing has changed then.
    fn write(&self, bytes: &mut dyn Read) -> io::Result<()>;

    /// Makes what was written durable and visible: all of it or, when it fails, nothing.
    ///
    /// # Errors
    /// `MAPI_E_OBJECT_CHANGED` if the file is another one by now; `MAPI_E_DISK_ERROR`, `MAPI_E_NOT_ENOUGH_DISK`.
    fn commit(&self) -> Result<()>;

    /// Room for a large value that is not saved yet.
    ///
    /// # Errors
    /// Those of the file system.
    fn scratch(&self) -> io::Result<Box<dyn Scratch>>;
}

/// Bytes of a storage.
#[derive(Clone)]
pub struct StorageBytes {
    /// To be read at any place.
    pub bytes: Arc<dyn ReadAt>,
    /// How many there are.
    pub size: u64,
}

impl Debug for StorageBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StorageBytes({} bytes)", self.size)
    }
}

/// A value on its way: written once, then read until it is dropped.
pub trait Scratch: Write + Send {
    /// Ends the writing.
    ///
    /// # Errors
    /// Those of the file system.
    fn finish(self: Box<Self>) -> io::Result<Arc<dyn ReadAt>>;
}
