//! What errors of files and of the index mean to a caller.

use std::io;
use std::path::Path;

use mapi_props::Code;
use mapi_props::codec::CodecError;
use mapi_spi::{Error, Result};
use rusqlite::ErrorCode;

/// Turns an error of the index's database into one of the boundary.
pub(crate) trait Lift<T> {
    /// The value, or the error with MAPI's code.
    fn lift(self) -> Result<T>;
}

impl<T> Lift<T> for rusqlite::Result<T> {
    fn lift(self) -> Result<T> {
        self.map_err(of_index)
    }
}

fn of_index(error: rusqlite::Error) -> Error {
    let code = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Code::BUSY,
        Some(ErrorCode::DiskFull) => Code::NOT_ENOUGH_DISK,
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            Code::NO_ACCESS
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) | None => Code::CORRUPT_STORE,
        Some(_) => Code::DISK_ERROR,
    };
    Error::caused(code, "the mailbox's index cannot be used", error)
}

/// Bytes of the index that are none of its own.
pub(crate) fn bad(error: CodecError) -> Error {
    let detail = "what the mailbox's index holds of a message is damaged";
    Error::caused(Code::CORRUPT_STORE, detail, error)
}

/// An error of the mail's own files.
pub(crate) fn of_file(path: &Path, error: io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::NotFound => Code::NOT_FOUND,
        io::ErrorKind::PermissionDenied => Code::NO_ACCESS,
        _ => Code::DISK_ERROR,
    };
    Error::caused(code, format!("{} cannot be read", path.display()), error)
}

/// An error while a value of a message is read.
pub(crate) fn of_value(error: io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::NotFound => Code::OBJECT_DELETED,
        io::ErrorKind::PermissionDenied => Code::NO_ACCESS,
        _ => Code::DISK_ERROR,
    };
    Error::caused(code, "the message's file cannot be read", error)
}

/// The file of a message went between two looks at it.
pub(crate) fn vanished(what: impl std::fmt::Display) -> Error {
    let detail = format!("the file of message {what} is gone, or another one by now");
    Error::new(Code::OBJECT_DELETED, detail)
}
