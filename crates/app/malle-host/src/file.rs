//! Files that are never half there: written beside, synced, renamed; and one writer at a time.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mapi_props::ReadAt;

/// Writes `bytes` to `path` so that a reader, or a crash at any moment, finds the old file or the new one.
///
/// # Errors
/// Whatever the file system says; the old file is untouched then.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = NewFile::create(path)?;
    file.write_all(bytes)?;
    file.publish()
}

/// The same for a file that only its owner may read, where the system knows owners.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = NewFile::open(path, |options| {
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    })?;
    file.write_all(bytes)?;
    file.publish()
}

/// A file being written beside its final place. Dropped before [`NewFile::publish`], it leaves nothing.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: File,
    draft: PathBuf,
    path: PathBuf,
    published: bool,
}

impl NewFile {
    /// Starts a file that will be `path`.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Self::open(path, |_| ())
    }

    fn open(path: &Path, with: impl FnOnce(&mut OpenOptions)) -> io::Result<Self> {
        // Which file is the first thing that whoever reads the error wants to know.
        Self::try_create(path, with)
            .map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))
    }

    fn try_create(path: &Path, with: impl FnOnce(&mut OpenOptions)) -> io::Result<Self> {
        let draft = beside(path);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        with(&mut options);
        let file = match options.open(&draft) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                // Left by a process of the same id that was killed.
                fs::remove_file(&draft)?;
                options.open(&draft)?
            }
            other => other?,
        };
        Ok(Self {
            file,
            draft,
            path: path.to_owned(),
            published: false,
        })
    }

    /// Whether this process writes such a file just now, or left a draft of it.
    pub(crate) fn is_under_way(path: &Path) -> bool {
        beside(path).exists()
    }

    /// Syncs the file and puts it in place, replacing what was there.
    pub(crate) fn publish(self) -> io::Result<()> {
        let path = self.path.clone();
        self.place()?;
        sync_folder(&path)
    }

    /// The same for one of many: who writes them syncs their folder at the end.
    pub(crate) fn place(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.draft, &self.path)?;
        self.published = true;
        Ok(())
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.published {
            // The draft is nobody's; a failure to remove it changes nothing for anybody.
            let _left_behind = fs::remove_file(&self.draft);
        }
    }
}

/// A file that is read at any place, and written at its end.
#[derive(Debug)]
pub(crate) struct FileAt(Mutex<File>);

impl FileAt {
    pub(crate) const fn new(file: File) -> Self {
        Self(Mutex::new(file))
    }

    fn file(&self) -> MutexGuard<'_, File> {
        // A place in the file that somebody left is set anew.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn append(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self.file();
        file.seek(SeekFrom::End(0))?;
        file.write(bytes)
    }

    pub(crate) fn size(&self) -> io::Result<u64> {
        Ok(self.file().metadata()?.len())
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file().sync_all()
    }
}

impl ReadAt for FileAt {
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file();
        file.seek(SeekFrom::Start(at))?;
        file.read(buffer)
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}

/// Makes a rename survive a power cut, where directories can be synced.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// An operating-system lock on a file, held until dropped or until the process ends in any way.
#[derive(Debug)]
pub struct FileLock(#[expect(dead_code, reason = "closing the file is what unlocks it")] File);

impl FileLock {
    /// Waits for the lock.
    ///
    /// # Errors
    /// When the lock file cannot be made.
    pub fn wait(path: &Path) -> io::Result<Self> {
        let file = Self::open(path)?;
        file.lock()?;
        Ok(Self(file))
    }

    /// Takes the lock if nobody holds it.
    ///
    /// # Errors
    /// When the lock file cannot be made.
    pub fn try_now(path: &Path) -> io::Result<Option<Self>> {
        let file = Self::open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }

    /// Waits for the lock, to hold it with others.
    ///
    /// # Errors
    /// When the lock file cannot be made.
    pub fn shared(path: &Path) -> io::Result<Self> {
        let file = Self::open(path)?;
        file.lock_shared()?;
        Ok(Self(file))
    }

    /// Takes the lock with others, if nobody holds it alone.
    ///
    /// # Errors
    /// When the lock file cannot be made.
    pub fn try_shared(path: &Path) -> io::Result<Option<Self>> {
        let file = Self::open(path)?;
        match file.try_lock_shared() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }

    fn open(path: &Path) -> io::Result<File> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_abandoned_draft_leaves_the_old_file_alone() {
        let home = testkit::TempHome::new().unwrap();
        let path = home.path().join("f");
        write_atomically(&path, b"old").unwrap();
        let mut draft = NewFile::create(&path).unwrap();
        draft.write_all(b"ne").unwrap();
        drop(draft);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
        write_atomically(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn one_holder_at_a_time() {
        let home = testkit::TempHome::new().unwrap();
        let path = home.path().join("sub/lock");
        let held = FileLock::try_now(&path).unwrap();
        assert!(held.is_some());
        assert!(FileLock::try_now(&path).unwrap().is_none());
        drop(held);
        assert!(FileLock::try_now(&path).unwrap().is_some());
    }
}
