//! Names and times of files: the one place where operating systems differ.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use mapi_props::FileTime;

/// A path as bytes that [`from_bytes`] reads back as the same path.
#[cfg(unix)]
pub(crate) fn to_bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

/// A path as bytes; a name that is no Unicode is lost, and its file then not found.
#[cfg(not(unix))]
pub(crate) fn to_bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

/// The path of [`to_bytes`].
#[cfg(unix)]
pub(crate) fn from_bytes(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// The path of [`to_bytes`].
#[cfg(not(unix))]
pub(crate) fn from_bytes(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// When a file or directory was changed last.
pub(crate) fn changed(meta: &Metadata) -> FileTime {
    meta.modified().map_or(FileTime(0), file_time)
}

/// The time now, by the clock that file systems use.
pub(crate) fn now() -> FileTime {
    file_time(SystemTime::now())
}

fn file_time(time: SystemTime) -> FileTime {
    let nanos = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i128::try_from(since.as_nanos()).unwrap_or(i128::MAX),
        Err(before) => -i128::try_from(before.duration().as_nanos()).unwrap_or(i128::MAX),
    };
    FileTime::from_unix_nanos(nanos)
}

#[cfg(all(test, unix))]
mod tests {
    use super::{from_bytes, to_bytes};

    #[test]
    fn any_bytes_are_a_path() {
        let bytes = b"cur/1.\xFF\xFE:2,S";
        assert_eq!(to_bytes(&from_bytes(bytes)), bytes);
    }
}
