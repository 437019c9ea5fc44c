//! The host's side: everything that a provider may learn from outside itself.

use std::fmt::Debug;

use mapi_props::{FileTime, Guid, LargeRef};

use crate::{Call, Error, ItemId, Result};

/// What the host gives a provider. One per opened provider.
pub trait Support: Send + Sync + Debug {
    /// The time.
    fn now(&self) -> FileTime;

    /// Fills `bytes` with randomness.
    fn random(&self, bytes: &mut [u8]);

    /// A new random GUID (version 4).
    fn new_guid(&self) -> Guid {
        let mut b = [0; 16];
        self.random(&mut b);
        b[7] = (b[7] & 0x0F) | 0x40;
        b[8] = (b[8] & 0x3F) | 0x80;
        Guid(b)
    }

    /// Asks the engine behind a store for a Remote value and waits until the call's deadline. When this returns,
    /// the item's bag names the value as Present.
    ///
    /// # Errors
    /// Kind `NotDownloaded` when there is no engine or no deadline to wait for.
    fn fetch(&self, item: ItemId, value: &LargeRef, call: &Call) -> Result<()> {
        let _ = (value, call);
        Err(Error::not_downloaded(format!(
            "a value of item {item} is on a server that is not connected"
        )))
    }
}
