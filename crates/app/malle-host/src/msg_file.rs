//! A `.msg` file as a transacted storage: written beside, synced, renamed; never half there.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use mapi::{MessageStorage, Scratch, StorageAccess, StorageBytes};
use mapi_props::{Code, ReadAt};
use mapi_spi::{Error, Result};

use crate::file::{FileAt, sync_folder};

/// A file that holds one message, or will. What was written and not committed goes with it.
#[derive(Debug)]
pub struct MsgFile {
    path: PathBuf,
    access: StorageAccess,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The file as it was when opened or last committed; none when there was none.
    seen: Option<Seen>,
    /// What was written since.
    draft: Option<Arc<Draft>>,
}

/// What tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    size: u64,
    modified: Option<SystemTime>,
    file: (u64, u64),
}

impl MsgFile {
    /// The file at `path`. It may be missing or empty if it is opened for writing: the first save makes it.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(path: &Path, access: StorageAccess) -> io::Result<Self> {
        // A link stays one: what it leads to is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let seen = look(&path)?;
        if seen.is_none() && access != StorageAccess::Transacted {
            return Err(io::Error::from(io::ErrorKind::NotFound));
        }
        Ok(Self {
            path,
            access,
            state: Mutex::new(State { seen, draft: None }),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self, draft: &Draft) -> io::Result<()> {
        draft.file.sync()?;
        if let Ok(old) = fs::metadata(&self.path) {
            fs::set_permissions(&draft.path, old.permissions())?;
        }
        fs::rename(&draft.path, &self.path)?;
        sync_folder(&self.path)
    }
}

impl MessageStorage for MsgFile {
    fn access(&self) -> StorageAccess {
        self.access
    }

    fn contents(&self) -> io::Result<Option<StorageBytes>> {
        if let Some(draft) = &self.state().draft {
            let size = draft.file.size()?;
            return Ok(Some(StorageBytes {
                bytes: Arc::clone(draft) as Arc<dyn ReadAt>,
                size,
            }));
        }
        let file = match File::open(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let size = file.metadata()?.len();
        let bytes = Arc::new(FileAt::new(file));
        Ok((size > 0).then_some(StorageBytes { bytes, size }))
    }

    fn write(&self, bytes: &mut dyn Read) -> io::Result<()> {
        let mut draft = Draft::beside(&self.path)?;
        io::copy(bytes, &mut draft)?;
        self.state().draft = Some(Arc::new(draft));
        Ok(())
    }

    fn commit(&self) -> Result<()> {
        let mut state = self.state();
        let Some(draft) = state.draft.clone() else {
            return Ok(());
        };
        if look(&self.path).map_err(unwritten)? != state.seen {
            let detail = format!("{} was changed since it was opened", self.path.display());
            return Err(Error::new(Code::OBJECT_CHANGED, detail));
        }
        self.place(&draft).map_err(unwritten)?;
        state.seen = look(&self.path).map_err(unwritten)?;
        state.draft = None;
        Ok(())
    }

    fn scratch(&self) -> io::Result<Box<dyn Scratch>> {
        Ok(Box::new(Draft::beside(&self.path)?))
    }
}

fn unwritten(error: io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::NOT_ENOUGH_DISK,
        io::ErrorKind::PermissionDenied => Code::NO_ACCESS,
        _ => Code::DISK_ERROR,
    };
    Error::caused(code, "the message's file cannot be written", error)
}

fn look(path: &Path) -> io::Result<Option<Seen>> {
    match fs::metadata(path) {
        Ok(meta) => Ok(Some(Seen {
            size: meta.len(),
            modified: meta.modified().ok(),
            file: identity(&meta),
        })),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

#[cfg(unix)]
fn identity(meta: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (meta.dev(), meta.ino())
}

/// Size and time must do.
#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// A file of nobody's name: removed when dropped, unless it was given another one.
#[derive(Debug)]
struct Draft {
    file: FileAt,
    path: PathBuf,
}

impl Draft {
    fn beside(path: &Path) -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let draft = path.with_file_name(format!(".{name}.{}-{number}.new", std::process::id()));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        let file = match options.open(&draft) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                // Left by a process of the same id that was killed.
                fs::remove_file(&draft)?;
                options.open(&draft)?
            }
            other => other?,
        };
        Ok(Self {
            file: FileAt::new(file),
            path: draft,
        })
    }
}

impl ReadAt for Draft {
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(at, buffer)
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.append(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Scratch for Draft {
    fn finish(self: Box<Self>) -> io::Result<Arc<dyn ReadAt>> {
        Ok(Arc::new(*self))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // It has another name by now, or is nobody's: either way nothing is lost if it cannot be removed.
        let _left_behind = fs::remove_file(&self.path);
    }
}
