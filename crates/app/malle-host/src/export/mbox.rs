//! One file of all messages, as mboxrd.

use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use mapi_mime::mbox::write_mboxrd;

use super::{Outgoing, Sink};
use crate::file::NewFile;

/// An mbox being written. It appears under its name when it is finished.
#[derive(Debug)]
pub struct Mbox {
    path: PathBuf,
    file: BufWriter<NewFile>,
}

impl Mbox {
    /// A new mbox at `path`, which must not exist.
    ///
    /// # Errors
    /// `AlreadyExists`, and those of the file system.
    pub fn create(path: &Path) -> io::Result<Self> {
        super::refuse_existing(path)?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::with_capacity(256 * 1024, NewFile::create(path)?),
        })
    }
}

impl Sink for Mbox {
    fn put(&mut self, message: &Outgoing<'_>, bytes: &mut dyn Read) -> io::Result<PathBuf> {
        write_mboxrd(&mut self.file, message.sender, message.time, bytes)?;
        Ok(self.path.clone())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        let mut file = self.file;
        file.flush()?;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.publish()
    }
}
