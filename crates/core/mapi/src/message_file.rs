//! Messages in structured storages: a `.msg` file as a message object.
//! Reference: "OpenIMsgOnIStg" (requirements STO-11, HLP-03)
//!
//! The message is the same object as one of a store. Behind it stands a store that holds this one message and has no
//! folders; a save writes the whole storage anew.

mod content;
mod large;
mod storage;
mod store;

use std::sync::Arc;

use mapi_props::{Code, Defect};
use mapi_spi::{Call, Error, Result};

use crate::{Mapi, Message, OpenFlags};
use store::FileStore;
pub(crate) use store::{MESSAGE as STORED, ROOT as STORED_IN};

pub use storage::{MessageStorage, Scratch, StorageAccess, StorageBytes};

/// How a message in a storage is opened.
#[derive(Debug, Clone, Default)]
pub struct OnStorage {
    /// MODIFY or BEST_ACCESS to write.
    pub flags: OpenFlags,
    /// Who commits the storage.
    pub commit: StorageCommit,
    /// For reading it, and for all that is done with the message.
    pub call: Call,
}

/// Who commits a storage after SaveChanges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum StorageCommit {
    /// SaveChanges itself.
    #[default]
    OnSave,
    /// IMSG_NO_ISTG_COMMIT: the caller, by [`MessageStorage::commit`]; else nothing was changed.
    ByCaller,
}

/// A message that was opened in a storage.
#[derive(Debug)]
pub struct StorageMessage {
    /// The message. It keeps its storage for as long as a handle to it or to anything in it is open.
    pub message: Message,
    /// What of the storage could not be read, with its place; the rest is there.
    pub defects: Vec<Defect>,
}

impl Mapi {
    /// Opens the message in a structured storage, or begins one in an empty storage (OpenIMsgOnIStg). It needs no session.
    /// Files are written in the Unicode flavour, whatever they were.
    ///
    /// A message in a storage has recipients, attachments and properties as any other, but no entry id and no parent; it
    /// cannot be sent, and what is marked in it is saved with the rest. What [`Message::copy_to`] copies may come from a store or go to one.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` for a storage that can only be written, and for MODIFY on one that is not transacted;
    /// `MAPI_E_CORRUPT_DATA` for one that holds no message; `MAPI_E_DISK_ERROR`; `MAPI_E_NOT_INITIALIZED`.
    pub fn open_message_on_storage(
        &self,
        storage: Arc<dyn MessageStorage>,
        how: OnStorage,
    ) -> Result<StorageMessage> {
        self.subsystem.check()?;
        let modify = granted(storage.access(), how.flags)?;
        let support = self
            .subsystem
            .host
            .support("", &crate::ProfileService::default());
        let (store, defects) = FileStore::open(storage, modify, how.commit, support.as_ref())?;
        let is_new = store.is_empty();
        let context = crate::session::alone(&self.subsystem, store, how.call)?;
        if is_new && !modify {
            let detail = "the storage is empty, and not opened for writing";
            return Err(Error::new(Code::NOT_FOUND, detail));
        }
        let message = Message::in_storage(&context, modify)?;
        Ok(StorageMessage { message, defects })
    }
}

/// Whether the message may be written.
fn granted(access: StorageAccess, flags: OpenFlags) -> Result<bool> {
    let refused = |detail| Err(Error::new(Code::NO_ACCESS, detail));
    let best = flags.contains(OpenFlags::BEST_ACCESS);
    let asked = best || flags.contains(OpenFlags::MODIFY);
    match access {
        StorageAccess::WriteOnly => refused("the storage can only be written"),
        StorageAccess::Transacted => Ok(asked),
        StorageAccess::ReadOnly | StorageAccess::Direct if best || !asked => Ok(false),
        StorageAccess::ReadOnly => refused("the storage is open read-only"),
        StorageAccess::Direct => refused("a message is written in transacted storages only"),
    }
}
