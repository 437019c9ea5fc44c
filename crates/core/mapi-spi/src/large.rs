//! Large values: written in pieces before a commit, read at any offset.

use crate::{Call, Result};

/// A large value being written. Dropping it unfinished leaves nothing behind for good: what no committed
/// change set binds is swept.
pub trait Stage: Send {
    /// Appends bytes.
    ///
    /// # Errors
    /// `MAPI_E_NOT_ENOUGH_DISK`, `MAPI_E_DISK_ERROR`, `MAPI_E_USER_CANCEL`.
    fn write(&mut self, bytes: &[u8], call: &Call) -> Result<()>;

    /// Ends the value and gives the key under which a change set of the same store may bind it.
    ///
    /// # Errors
    /// As [`Self::write`].
    fn finish(self: Box<Self>, call: &Call) -> Result<Staged>;
}

/// A value that was staged: bound by naming `LargePlace::Present(key)` in a change set soon after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Staged {
    /// The key.
    pub key: [u8; 32],
    /// Bytes.
    pub size: u64,
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
