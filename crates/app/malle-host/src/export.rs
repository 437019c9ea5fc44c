//! Mail out of a store: as single files (.eml, .msg), an mbox, or a Maildir. No file is ever half there.

mod eml;
mod maildir;
mod mbox;
mod mime;
mod msg;
mod placing;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mapi::{MapiProp, Message};
use mapi_props::{Code, FileTime, tags};

use crate::import::MailFlags;

pub use eml::MessageFiles;
pub use maildir::Maildir;
pub use mbox::{Mbox, StatusFields};
pub use mime::MimeOf;
pub use msg::MsgOf;

/// A message on its way out.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Its id for people, `a1234`: what makes the name of its file unique.
    pub id: &'a str,
    /// What makes its name in a Maildir unique; see [`mark_of`].
    pub mark: u64,
    /// For its file name.
    pub subject: &'a str,
    /// The sender's address, for the separator of an mbox.
    pub sender: &'a str,
    /// When it was delivered.
    pub time: FileTime,
    /// Its state.
    pub flags: MailFlags,
}

/// Somewhere that messages go.
pub trait Sink {
    /// Writes one message. Gives the file that holds it, or will when it is synced.
    ///
    /// # Errors
    /// Those of the message's bytes and of the file system, also about earlier messages. What was written before stays.
    fn put(&mut self, message: &Outgoing<'_>, bytes: &mut dyn Read) -> io::Result<PathBuf>;

    /// Makes everything written durable and visible.
    ///
    /// # Errors
    /// Those of the file system.
    fn finish(self: Box<Self>) -> io::Result<()>;

    /// Ends before all messages were written, so that the same export can be run again: what holds one message each stays, a
    /// file of several is not made.
    ///
    /// # Errors
    /// Those of the file system.
    fn break_off(self: Box<Self>) -> io::Result<()> {
        self.finish()
    }
}

/// What tells a message in its present state from all others of all stores: the same export, run again, knows what is
/// there already.
///
/// # Errors
/// `MAPI_E_NOT_FOUND` for a message that was never saved.
pub fn mark_of(message: &Message, original: bool) -> mapi::Result<u64> {
    let never_saved = || mapi::Error::new(Code::NOT_FOUND, "the message was never saved");
    let id = message.entry_id().ok_or_else(never_saved)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(id.as_bytes());
    if !original {
        let changed = message.find(tags::LAST_MODIFICATION_TIME)?;
        hasher.update(&changed.map_or(0, |time| time.0).to_le_bytes());
    }
    let [a, b, c, d, e, f, g, h, ..] = *hasher.finalize().as_bytes();
    Ok(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
}

/// Refuses to write over what is there.
fn refuse_existing(path: &Path) -> io::Result<()> {
    if path.exists() {
        let detail = format!("{} exists already", path.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, detail));
    }
    Ok(())
}
