//! A parcel that is not in its mailbox yet. Dropped before its marks were made, it leaves nothing.
//!
//! Whether a parcel came into its mailbox can be asked for ever after ([`super::Mailbox::fate`]), whatever became of it there: a
//! draft leaves its place in one step, either into the mailbox or by being withdrawn, and what is withdrawn leaves a word that it is
//! void. So once its marks may be durable, a draft is never just removed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mapi_props::ReadAt;

use super::durable;
use crate::parcel::ParcelName;

/// A parcel on its way.
#[derive(Debug)]
pub(crate) struct Draft {
    /// Locked until it is in place, so that nobody takes it for one that was left.
    file: File,
    place: Place,
    path: PathBuf,
    state: State,
}

/// Where it is, and where it goes.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) drafts: PathBuf,
    pub(super) mailbox: PathBuf,
    pub(super) name: ParcelName,
    pub(super) shared: bool,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nobody will ask what became of it.
    Written,
    /// Its marks may be durable.
    Marked,
    /// It is in the mailbox.
    Published,
}

impl Draft {
    pub(super) fn new(file: File, place: Place) -> io::Result<Self> {
        let draft = Self::linked(file, place);
        draft.file.lock()?;
        Ok(draft)
    }

    /// One that is the same file as another draft, which is locked already.
    pub(super) fn linked(file: File, place: Place) -> Self {
        Self {
            file,
            path: place.drafts.join(place.name.file()),
            place,
            state: State::Written,
        }
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

    pub(crate) const fn name(&self) -> ParcelName {
        self.place.name
    }

    /// Its marks are about to be made, and may be durable even if that is said to fail: from now on it leaves a word of what became
    /// of it.
    pub(crate) const fn marked(&mut self) {
        self.state = State::Marked;
    }

    /// Puts it in place: from here on whoever the mailbox belongs to sees it.
    ///
    /// # Errors
    /// It is not there, and never will be: also when it was withdrawn meanwhile by whoever took this process for dead.
    pub(crate) fn publish(&mut self) -> io::Result<()> {
        fs::rename(&self.path, self.place.mailbox.join(self.place.name.file()))?;
        self.state = State::Published;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        match self.state {
            State::Published => {}
            State::Written => {
                // It is nobody's; whoever sweeps removes it if this fails.
                let _left_behind = fs::remove_file(&self.path);
            }
            State::Marked => {
                let Place {
                    drafts,
                    name,
                    shared,
                    ..
                } = &self.place;
                // A draft that stays says the same.
                let _left_behind = withdraw(drafts, *name, *shared);
            }
        }
    }
}

/// Takes a draft out of its writer's reach, so that it never comes into its mailbox. Says whether it was there, or had been withdrawn
/// before: if neither, it has left for its mailbox, or never was.
pub(super) fn withdraw(drafts: &Path, name: ParcelName, shared: bool) -> io::Result<bool> {
    let void = drafts.join(name.file_void());
    match fs::rename(drafts.join(name.file()), &void) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::NotFound => return void.try_exists(),
        Err(e) => return Err(e),
    }
    // What it held is of no use to anybody, only that it is void. On a full disk it stays until that is forgotten.
    if let Err(error) = durable::replace(drafts, &name.file_void(), b"", shared) {
        tracing::debug!(%error, "a parcel that was withdrawn keeps its place on the disk");
    }
    Ok(true)
}
