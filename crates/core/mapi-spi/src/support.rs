//! The host's side: everything that a provider may learn from outside itself.

use std::fmt::Debug;

use mapi_props::{Code, FileTime, Guid, LargeRef, PropTag, PropValue};

use crate::{Call, Error, ItemId, Result, Secret, SpoolerNotice};

/// How a provider's row in the status table changes (ModifyStatusRow).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusChange {
    /// All that the provider said before is forgotten.
    Replace,
    /// STATUSROW_UPDATE: the other columns stay.
    Update,
}

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

    /// Says what the provider's row in the status table of its session shows (ModifyStatusRow): PR_STATUS_CODE,
    /// PR_STATUS_STRING, PR_RESOURCE_METHODS and whatever else there is to say. Who has the table open is told. Entry ids,
    /// keys, names, types and flags of the row are the session's and stay as they are. May be called on any thread and
    /// under locks of the provider; a provider without a session says it to nobody.
    fn modify_status_row(&self, columns: &[(PropTag, PropValue)], change: StatusChange) {
        let _ = (columns, change);
    }

    /// A transport tells the spooler something (SpoolerNotify); from any thread, also while it is called. Ignored where no
    /// spooler works in this session.
    fn spooler_notify(&self, notice: SpoolerNotice) {
        let _ = notice;
    }

    /// The secret of this provider's own service that goes by `key`, the key of its setting. Asked for when it is used,
    /// not before, and dropped right after: reading may ask a person, unlock a keyring or run a command.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` where the host keeps no secrets, `MAPI_E_NOT_FOUND` when none was stored,
    /// `MAPI_E_NO_ACCESS` when what keeps it stays locked, `MAPI_E_CORRUPT_DATA` when that is damaged,
    /// `MAPI_E_TIMEOUT` and `MAPI_E_USER_CANCEL` as the call says. No error tells what the secret is.
    fn secret(&self, key: &str, call: &Call) -> Result<Secret> {
        let _ = call;
        Err(Error::new(
            Code::NO_SUPPORT,
            format!("this host keeps no secrets, so none by the key {key:?}"),
        ))
    }
}
