//! Files of the user that attachments name, opened for a message that is submitted.
//! Reference: "PR_ATTACH_METHOD" (requirement OUT-06); docs/design/references.md
//!
//! Taken is the whole path of an ordinary file, as this system writes it. Links are followed, as they are when a program opens what
//! its user named. What else can be opened by a name (folders, pipes, devices) may wait for ever, never end, or do something.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Component, Path, Prefix};
use std::time::SystemTime;

use mapi::HostFile;
use mapi_props::Code;
use mapi_spi::{Call, Error, Result};

/// Opens a file that an attachment names ([`mapi::Host::open_file`]).
///
/// # Errors
/// `MAPI_E_INVALID_PARAMETER` for what is no whole path on this machine: relative ones, URLs, paths of another kind of system;
/// `MAPI_E_NOT_FOUND`; `MAPI_E_NO_ACCESS` for what may not be read or is no ordinary file; `MAPI_E_DISK_ERROR`.
pub fn open_referenced(path: &str, call: &Call) -> Result<HostFile> {
    call.check()?;
    let place = whole(path)?;
    // Looked at first: opening alone can wait, or ring a bell. And again when it is open, for it may be another one by then.
    ordinary(&fs::metadata(place).map_err(failed)?)?;
    let file = opened(place).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    ordinary(&meta)?;
    let name = place.file_name().unwrap_or(place.as_os_str());
    Ok(HostFile {
        name: name.to_string_lossy().into_owned(),
        size: meta.len(),
        content: Box::new(Unchanged {
            size: meta.len(),
            modified: meta.modified().ok(),
            read: 0,
            file,
        }),
    })
}

/// The path, if it is one that says the same wherever the program runs.
fn whole(path: &str) -> Result<&Path> {
    let refused = |why: &str| Err(Error::new(Code::INVALID_PARAMETER, why));
    let place = Path::new(path);
    if path.contains('\0') {
        return refused("a path holds no zero");
    }
    if !place.is_absolute() {
        return refused(match path.split_once(':') {
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("file") => {
                "it is a URL, and only the path of a file is taken"
            }
            Some((_, rest)) if rest.starts_with("//") => {
                "it is a URL, and only the path of a file is taken"
            }
            Some((drive, rest)) if drive.len() == 1 && rest.starts_with(['\\', '/']) => {
                "it is a path of Windows, which names nothing here"
            }
            _ if path.starts_with("\\\\") => "it is a path of Windows, which names nothing here",
            _ => "it is no whole path, and nothing says where it starts",
        });
    }
    let device = |part| match part {
        Component::Prefix(prefix) => {
            matches!(prefix.kind(), Prefix::DeviceNS(_) | Prefix::Verbatim(_))
        }
        _ => false,
    };
    if place.components().any(device) {
        return refused("it names a device");
    }
    Ok(place)
}

fn ordinary(meta: &Metadata) -> Result<()> {
    let what = match meta {
        meta if meta.is_file() => return Ok(()),
        meta if meta.is_dir() => "it is a folder",
        _ => "it is a pipe or a device",
    };
    let detail = format!("{what}, and only ordinary files are attached");
    Err(Error::new(Code::NO_ACCESS, detail))
}

/// Opens it without waiting for whoever would write into it.
#[cfg(unix)]
fn opened(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    File::options().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn opened(path: &Path) -> io::Result<File> {
    File::open(path)
}

fn failed(error: io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Code::NOT_FOUND,
        io::ErrorKind::PermissionDenied => Code::NO_ACCESS,
        _ => Code::DISK_ERROR,
    };
    Error::caused(code, error.to_string(), error)
}

/// A file that is read once, and must be the same at the end as when it was opened.
struct Unchanged {
    file: File,
    size: u64,
    modified: Option<SystemTime>,
    read: u64,
}

impl Read for Unchanged {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.read = self.read.saturating_add(n as u64);
        if n > 0 && self.size == 0 {
            let why = "it does not say how long it is, and only ordinary files are attached";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        if n == 0 && !buffer.is_empty() {
            self.check()?;
        }
        Ok(n)
    }
}

impl Unchanged {
    fn check(&self) -> io::Result<()> {
        let now = self.file.metadata()?;
        let same = self.read == self.size
            && now.len() == self.size
            && now.modified().ok() == self.modified;
        match same {
            true => Ok(()),
            false => Err(io::ErrorKind::ResourceBusy.into()),
        }
    }
}

#[cfg(test)]
mod tests;
