//! A parcel that is not in its mailbox yet. Dropped, it leaves nothing.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mapi_props::ReadAt;

/// A parcel on its way.
#[derive(Debug)]
pub(crate) struct Draft {
    /// Locked until it is in place, so that nobody takes it for one that was left.
    file: File,
    path: PathBuf,
    target: PathBuf,
    published: bool,
}

impl Draft {
    pub(super) fn new(file: File, path: PathBuf, target: PathBuf) -> io::Result<Self> {
        let draft = Self {
            file,
            path,
            target,
            published: false,
        };
        draft.file.lock()?;
        Ok(draft)
    }

    /// One that is the same file as another draft, which is locked already.
    pub(super) fn linked(file: File, path: PathBuf, target: PathBuf) -> io::Result<Self> {
        Ok(Self {
            file,
            path,
            target,
            published: false,
        })
    }

    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// What was written, for reading, and its size.
    pub(crate) fn read(&self) -> io::Result<(Arc<dyn ReadAt>, u64)> {
        let found = super::mailbox::open(&self.path)?;
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it in place: from here on whoever the mailbox belongs to sees it.
    pub(crate) fn publish(&mut self) -> io::Result<()> {
        fs::rename(&self.path, &self.target)?;
        self.published = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.published {
            // It is nobody's; whoever sweeps removes it if this fails.
            let _left_behind = fs::remove_file(&self.path);
        }
    }
}
