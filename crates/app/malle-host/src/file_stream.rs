//! Files as streams, for what is copied between a property and a file.
//! Reference: "OpenStreamOnFile" (requirement HLP-02)

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use mapi_props::Code;
use mapi_spi::{Error, Result, Support};

use crate::SystemSupport;

/// The most characters of a prefix that go into the name of a temporary file.
const PREFIX_MAX: usize = 3;
/// How many names are tried for a temporary file.
const TRIES: usize = 1000;

/// How a file is opened; STGM_READ is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub struct FileStreamOptions {
    write: bool,
    create: bool,
    delete: bool,
}

impl FileStreamOptions {
    /// STGM_READ: for reading; the file must exist.
    pub const fn read() -> Self {
        Self {
            write: false,
            create: false,
            delete: false,
        }
    }

    /// STGM_READWRITE: for reading and writing; the file must exist.
    pub const fn read_write() -> Self {
        Self {
            write: true,
            ..Self::read()
        }
    }

    /// STGM_CREATE: the file is made, or what is in it is thrown away.
    pub const fn create(self) -> Self {
        Self {
            create: true,
            ..self
        }
    }

    /// STGM_DELETEONRELEASE: the file goes when the stream is dropped.
    pub const fn delete_on_release(self) -> Self {
        Self {
            delete: true,
            ..self
        }
    }

    /// Opens the file at `path`.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a file that is made for reading only; `MAPI_E_NOT_FOUND` if it, or the folder that
    /// it shall be in, does not exist; `MAPI_E_NO_ACCESS` if it may not be opened so; `MAPI_E_DISK_ERROR`.
    pub fn open(self, path: &Path) -> Result<FileStream> {
        if self.create && !self.write {
            let detail = "a file that is made is open for writing too";
            return Err(Error::new(Code::INVALID_PARAMETER, detail));
        }
        let mut options = OpenOptions::new();
        options.read(true).write(self.write);
        options.create(self.create).truncate(self.create);
        let file = options.open(path).map_err(|e| failed(path, e))?;
        self.stream(file, path.to_owned())
    }

    /// SOF_UNIQUEFILENAME: makes a file of a new name in `folder`: up to three characters of `prefix`, four hexadecimal
    /// digits and `.TMP`. It is open for reading and writing.
    ///
    /// # Errors
    /// Those of [`Self::open`]; `MAPI_E_INVALID_PARAMETER` for a prefix that is no part of a file name;
    /// `MAPI_E_COLLISION` when no name is free.
    pub fn open_unique(self, folder: &Path, prefix: &str) -> Result<FileStream> {
        if !prefix
            .chars()
            .all(|c| c.is_alphanumeric() || "-_~$".contains(c))
        {
            let detail = format!("{prefix:?} cannot begin the name of a file");
            return Err(Error::new(Code::INVALID_PARAMETER, detail));
        }
        let prefix: String = prefix.chars().take(PREFIX_MAX).collect();
        for _ in 0..TRIES {
            let mut digits = [0; 2];
            SystemSupport.random(&mut digits);
            let name = format!("{prefix}{:04X}.TMP", u16::from_be_bytes(digits));
            let path = folder.join(name);
            let mut options = OpenOptions::new();
            options.read(true).write(true).create_new(true);
            match options.open(&path) {
                Ok(file) => return self.stream(file, path),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(failed(&path, e)),
            }
        }
        let detail = format!("no name for a file is free in {}", folder.display());
        Err(Error::new(Code::COLLISION, detail))
    }

    fn stream(self, file: File, path: PathBuf) -> Result<FileStream> {
        let kind = file.metadata().map_err(|e| failed(&path, e))?;
        if kind.is_dir() {
            let detail = format!("{} is a folder", path.display());
            return Err(Error::new(Code::NO_ACCESS, detail));
        }
        Ok(FileStream {
            file: Some(file),
            path,
            delete: self.delete,
        })
    }
}

/// A file as a stream: read, written and sought in like any other.
///
/// ```
/// use std::io::Write;
/// use malle_host::FileStreamOptions;
///
/// let options = FileStreamOptions::read_write().delete_on_release();
/// let mut draft = options.open_unique(&std::env::temp_dir(), "mal")?;
/// draft.write_all(b"for now").expect("it is open for writing");
/// let path = draft.path().to_owned();
/// drop(draft);
/// assert!(!path.exists());
/// # Ok::<(), mapi::Error>(())
/// ```
#[derive(Debug)]
pub struct FileStream {
    /// `None` only while it is being dropped.
    file: Option<File>,
    path: PathBuf,
    delete: bool,
}

impl FileStream {
    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn file(&mut self) -> io::Result<&mut File> {
        self.file
            .as_mut()
            .ok_or_else(|| io::Error::other("the stream is closed"))
    }
}

impl Read for FileStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.file()?.read(buf)
    }
}

impl Write for FileStream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.file()?.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file()?.flush()
    }
}

impl Seek for FileStream {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        self.file()?.seek(pos)
    }
}

impl Drop for FileStream {
    fn drop(&mut self) {
        // Some systems do not remove a file that is open.
        drop(self.file.take());
        if self.delete {
            // Whoever drops a stream can do nothing about it; the file is temporary by its name.
            let _left_behind = fs::remove_file(&self.path);
        }
    }
}

fn failed(path: &Path, error: io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::NotFound => Code::NOT_FOUND,
        io::ErrorKind::PermissionDenied
        | io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::IsADirectory => Code::NO_ACCESS,
        io::ErrorKind::StorageFull => Code::NOT_ENOUGH_DISK,
        _ => Code::DISK_ERROR,
    };
    Error::caused(code, format!("{} cannot be opened", path.display()), error)
}
