//! The error of the boundary: MAPI's code, what a caller can do about it, and what happened.

use std::error::Error as StdError;

use mapi_props::{Code, Kind};

/// Result of a call across the boundary.
pub type Result<T> = std::result::Result<T, Error>;

/// A failed call.
#[derive(Debug, thiserror::Error)]
#[error("{detail} ({code})")]
pub struct Error {
    code: Code,
    kind: Kind,
    detail: String,
    #[source]
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error with its code and a sentence that names the object or argument.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            kind: code.kind(),
            detail: detail.into(),
            source: None,
        }
    }

    /// The same with the error below.
    #[must_use]
    pub fn caused(
        code: Code,
        detail: impl Into<String>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            code,
            kind: code.kind(),
            detail: detail.into(),
            source: Some(source.into()),
        }
    }

    /// A large value that lies on a server while this call may not wait for it
    /// (`MAPI_E_NETWORK_ERROR`, kind [`Kind::NotDownloaded`]).
    #[must_use]
    pub fn not_downloaded(detail: impl Into<String>) -> Self {
        Self {
            kind: Kind::NotDownloaded,
            ..Self::new(Code::NETWORK_ERROR, detail)
        }
    }

    /// MAPI's result code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// What a caller can do about it.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// What happened, for a person.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::new(code, "the call failed")
    }
}
