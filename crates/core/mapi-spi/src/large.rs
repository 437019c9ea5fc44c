//! Large values: written in pieces before a commit, read at any offset.

use std::fmt;
use std::sync::Arc;

use mapi_props::LargePlace;

use crate::{Call, Result};

/// A large value being written. Dropping it unfinished leaves nothing behind for good: what no committed
/// change set binds is swept.
pub trait Stage: Send {
    /// Appends bytes: all of them or, when it fails, none, so that the call can be made again once there is room.
    ///
    /// # Errors
    /// `MAPI_E_NOT_ENOUGH_DISK`, `MAPI_E_DISK_ERROR`, `MAPI_E_USER_CANCEL`.
    fn write(&mut self, bytes: &[u8], call: &Call) -> Result<()>;

    /// Ends the value. After a failure the call can be made again, after a success the stage has nothing left to say.
    ///
    /// # Errors
    /// As [`Self::write`].
    fn finish(&mut self, call: &Call) -> Result<Staged>;
}

/// A value that was staged: a change set of the same store binds it by naming [`Self::place`].
///
/// It is kept as long as one of its clones lives, so it must live until the change set is committed. A value that nothing
/// bound by then is swept, at once or at the store's leisure, in this process or another.
#[derive(Clone)]
pub struct Staged {
    key: [u8; 32],
    size: u64,
    lease: Arc<dyn Lease>,
}

impl Staged {
    /// For stores: the value of this key, kept by this lease.
    #[must_use]
    pub fn new(key: [u8; 32], size: u64, lease: Arc<dyn Lease>) -> Self {
        Self { key, size, lease }
    }

    /// The store's key.
    #[must_use]
    pub const fn key(&self) -> [u8; 32] {
        self.key
    }

    /// Bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// How a change set names it.
    #[must_use]
    pub const fn place(&self) -> LargePlace {
        LargePlace::Present(self.key)
    }

    /// Opens it for reading, bound or not.
    ///
    /// # Errors
    /// Those of [`LargeReader::read_at`].
    pub fn open(&self, call: &Call) -> Result<Box<dyn LargeReader>> {
        self.lease.open(call)
    }
}

impl fmt::Debug for Staged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Staged({} bytes)", self.size)
    }
}

/// What keeps a staged value from being swept, until it is dropped.
pub trait Lease: Send + Sync {
    /// Opens the value.
    ///
    /// # Errors
    /// Those of [`LargeReader::read_at`].
    fn open(&self, call: &Call) -> Result<Box<dyn LargeReader>>;
}

/// An open large value. Reads touch only what they need.
pub trait LargeReader: Send {
    /// Bytes in all.
    fn size(&self) -> u64;

    /// Reads at `offset` into `buf` and says how many bytes; 0 only at the end. May return fewer than asked.
    ///
    /// # Errors
    /// `MAPI_E_CORRUPT_DATA`, `MAPI_E_DISK_ERROR`, `MAPI_E_NETWORK_ERROR`, `MAPI_E_USER_CANCEL`.
    fn read_at(&mut self, offset: u64, buf: &mut [u8], call: &Call) -> Result<usize>;
}
