//! What SQLite's errors mean to a caller.

use std::path::Path;

use mapi_props::Code;
use mapi_spi::{Error, Result};
use rusqlite::ErrorCode;

use crate::platform;

/// Turns an error of SQLite into one of the boundary.
pub(crate) trait Lift<T> {
    /// The value, or the error with MAPI's code.
    fn lift(self) -> Result<T>;
}

impl<T> Lift<T> for rusqlite::Result<T> {
    fn lift(self) -> Result<T> {
        self.map_err(from_sqlite)
    }
}

/// The boundary's error for one of SQLite.
pub(crate) fn from_sqlite(error: rusqlite::Error) -> Error {
    let (code, detail) = meaning(&error);
    Error::caused(code, detail, error)
}

/// The same error, or that there is no room where SQLite only says that a write to the store at `path` failed.
pub(crate) fn explained(error: Error, path: &Path) -> Error {
    if error.code() == Code::DISK_ERROR && !platform::has_room(path) {
        return Error::caused(
            Code::NOT_ENOUGH_DISK,
            "there is no room left for the store",
            error,
        );
    }
    error
}

/// A store whose own data contradict themselves.
pub(crate) fn corrupt(detail: impl Into<String>) -> Error {
    Error::new(Code::CORRUPT_STORE, detail)
}

/// No item of this kind.
pub(crate) fn not_found(what: impl std::fmt::Display) -> Error {
    Error::new(Code::NOT_FOUND, format!("{what} is not in this store"))
}

fn meaning(error: &rusqlite::Error) -> (Code, &'static str) {
    match error {
        rusqlite::Error::SqliteFailure(e, _) => of_code(e.code),
        rusqlite::Error::QueryReturnedNoRows => {
            (Code::CORRUPT_STORE, "a row that the store needs is missing")
        }
        rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..) => (
            Code::CORRUPT_STORE,
            "a column of the store holds what it never should",
        ),
        _ => (Code::CALL_FAILED, "the store's database refused the call"),
    }
}

const fn of_code(code: ErrorCode) -> (Code, &'static str) {
    match code {
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::FileLockingProtocolFailed => (Code::BUSY, "another process holds the store"),
        ErrorCode::DiskFull => (Code::NOT_ENOUGH_DISK, "the disk is full"),
        ErrorCode::SystemIoFailure => (Code::DISK_ERROR, "the disk failed"),
        ErrorCode::DatabaseCorrupt => (Code::CORRUPT_STORE, "the store's file is damaged"),
        ErrorCode::NotADatabase => (Code::CORRUPT_STORE, "the file is not a store"),
        ErrorCode::CannotOpen
        | ErrorCode::PermissionDenied
        | ErrorCode::AuthorizationForStatementDenied => {
            (Code::NO_ACCESS, "the store's file cannot be opened")
        }
        ErrorCode::ReadOnly => (Code::NO_ACCESS, "the store's file cannot be written"),
        ErrorCode::OutOfMemory => (Code::NOT_ENOUGH_RESOURCES, "out of memory"),
        ErrorCode::TooBig => (Code::TOO_BIG, "a value is too large for the store"),
        ErrorCode::OperationInterrupted => (Code::USER_CANCEL, "cancelled"),
        _ => (Code::CALL_FAILED, "the store's database refused the call"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_disaster_has_its_code() {
        let of = |raw: i32| {
            from_sqlite(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(raw),
                None,
            ))
            .code()
        };
        assert_eq!(of(rusqlite::ffi::SQLITE_FULL), Code::NOT_ENOUGH_DISK);
        assert_eq!(of(rusqlite::ffi::SQLITE_IOERR), Code::DISK_ERROR);
        assert_eq!(of(rusqlite::ffi::SQLITE_CORRUPT), Code::CORRUPT_STORE);
        assert_eq!(of(rusqlite::ffi::SQLITE_NOTADB), Code::CORRUPT_STORE);
        assert_eq!(of(rusqlite::ffi::SQLITE_BUSY), Code::BUSY);
    }
}
