//! Mail out of a store: as single files, an mbox, or a Maildir. No file is ever half there.

mod eml;
mod maildir;
mod mbox;
mod mime;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mapi_props::FileTime;

use crate::import::MailFlags;

pub use eml::EmlFiles;
pub use maildir::Maildir;
pub use mbox::Mbox;
pub use mime::MimeOf;

/// A message on its way out.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Its id for people, `a1234`: what makes its file name unique.
    pub id: &'a str,
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
    /// Writes one message. Gives the file that holds it.
    ///
    /// # Errors
    /// Those of the message's bytes and of the file system. What was written before stays.
    fn put(&mut self, message: &Outgoing<'_>, bytes: &mut dyn Read) -> io::Result<PathBuf>;

    /// Makes everything written durable and visible.
    ///
    /// # Errors
    /// Those of the file system.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Refuses to write over what is there.
fn refuse_existing(path: &Path) -> io::Result<()> {
    if path.exists() {
        let detail = format!("{} exists already", path.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, detail));
    }
    Ok(())
}
