//! What OpenEntry gives: an object of whatever kind the entry id names.

use mapi_props::{Code, object_type};
use mapi_spi::{Error, Result};

use crate::{Folder, Message, MsgStore, Status};

/// An opened object.
#[derive(Debug)]
pub enum Object {
    /// MAPI_STORE.
    Store(MsgStore),
    /// MAPI_FOLDER.
    Folder(Folder),
    /// MAPI_MESSAGE.
    Message(Message),
    /// MAPI_STATUS.
    Status(Status),
}

impl Object {
    /// PR_OBJECT_TYPE.
    #[must_use]
    pub const fn object_type(&self) -> i32 {
        match self {
            Self::Store(_) => object_type::STORE,
            Self::Folder(_) => object_type::FOLDER,
            Self::Message(_) => object_type::MESSAGE,
            Self::Status(_) => object_type::STATUS,
        }
    }

    /// The folder.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_OBJECT` if it is something else.
    pub fn into_folder(self) -> Result<Folder> {
        match self {
            Self::Folder(folder) => Ok(folder),
            _ => Err(Error::new(Code::INVALID_OBJECT, "the object is no folder")),
        }
    }

    /// The message.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_OBJECT` if it is something else.
    pub fn into_message(self) -> Result<Message> {
        match self {
            Self::Message(message) => Ok(message),
            _ => Err(Error::new(Code::INVALID_OBJECT, "the object is no message")),
        }
    }
}
