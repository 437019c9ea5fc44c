//! Messages in `.msg` files: compound files that hold properties, recipients and attachments.
//! [MS-OXMSG]; reference: "OpenIMsgOnIStg"
//!
//! [`read`] gives a [`mapi_props::MessageTree`] and loses nothing that the file says: what a tree has no place for travels in
//! a named property ([`rest_name`]), which [`write()`] puts back. Both leave large values where they lie. No I/O of its own:
//! bytes come from a [`mapi_props::ReadAt`] and go to a [`std::io::Write`].

mod compound;
mod limits;
mod read;
mod rest;
mod storage;
mod text;
mod write;

pub use limits::Limits;
pub use read::{ReadError, read};
pub use rest::rest_name;
pub use storage::{StorageNode, StorageTree};
pub use write::{MsgFile, write};

/// Whether bytes begin as a compound file does, which a `.msg` file is ([MS-CFB] 2.2).
#[must_use]
pub fn is_compound(start: &[u8]) -> bool {
    start.starts_with(&compound::SIGNATURE)
}

/// Names of storages and streams ([MS-OXMSG] 2.2, 2.3).
const PROPERTIES: &str = "__properties_version1.0";
const NAMES: &str = "__nameid_version1.0";
const RECIPIENT: &str = "__recip_version1.0_#";
const ATTACHMENT: &str = "__attach_version1.0_#";
const VALUE: &str = "__substg1.0_";

/// CLSID_MailMessage: the class of a message's root storage.
const MAIL_MESSAGE: mapi_props::Guid =
    mapi_props::Guid::from_fields(0x0002_0D0B, 0, 0, [0xC0, 0, 0, 0, 0, 0, 0, 0x46]);

/// The name of the stream or storage of a property's value.
fn value_name(tag: mapi_props::PropTag) -> String {
    format!("{VALUE}{:08X}", tag.0)
}
