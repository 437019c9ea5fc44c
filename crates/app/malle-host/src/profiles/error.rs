//! What can go wrong with profiles.

use std::io;
use std::path::{Path, PathBuf};

use mapi_props::Code;
use mapi_spi::Error;

use super::name::ALLOWED;
use crate::secrets::SecretError;

/// What can go wrong with profiles.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// There is no profile of this name.
    #[error("there is no profile {name:?}")]
    Unknown {
        /// The name asked for.
        name: String,
    },
    /// No profile was named, and no default is set.
    #[error("no profile is set up")]
    NoneYet,
    /// Several profiles and no default, or none is wanted.
    #[error("no default profile is chosen")]
    NoDefault,
    /// There is one already.
    #[error("there is a profile {name:?} already")]
    Exists {
        /// The name asked for.
        name: String,
    },
    /// A session uses it.
    #[error("the profile {name:?} is in use")]
    InUse {
        /// The name asked for.
        name: String,
    },
    /// Not a name for a profile.
    #[error("{name:?} is no name for a profile: {ALLOWED}")]
    BadName {
        /// The name asked for.
        name: String,
    },
    /// A file is not as it should be.
    #[error("{}: {detail}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Where and what.
        detail: String,
    },
    /// A profile that no file can hold as it is.
    #[error("the profile {name:?} cannot be kept: {detail}")]
    Unkept {
        /// Its name.
        name: String,
        /// Why.
        detail: String,
    },
    /// The key is not to be had with which secure values of the profile are sealed.
    #[error("the secure values of the profile {name:?} cannot be sealed: {source}")]
    Unsealed {
        /// Its name.
        name: String,
        /// Why.
        source: SecretError,
    },
    /// The file system failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl ProfileError {
    pub(crate) fn unknown(name: &str) -> Self {
        let name = name.to_owned();
        Self::Unknown { name }
    }

    pub(crate) fn malformed(path: &Path, detail: &impl ToString) -> Self {
        Self::Malformed {
            path: path.to_owned(),
            detail: detail.to_string(),
        }
    }

    /// Of the file system, at this file.
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Io { path, source }
    }

    const fn code(&self) -> Code {
        match self {
            Self::Unknown { .. } | Self::NoneYet | Self::NoDefault => Code::NOT_FOUND,
            Self::Exists { .. } | Self::InUse { .. } => Code::NO_ACCESS,
            Self::BadName { .. } | Self::Unkept { .. } => Code::INVALID_PARAMETER,
            Self::Malformed { .. } => Code::CORRUPT_DATA,
            Self::Io { .. } => Code::DISK_ERROR,
            Self::Unsealed { .. } => Code::NO_ACCESS,
        }
    }
}

/// As the client API says it.
impl From<ProfileError> for Error {
    fn from(error: ProfileError) -> Self {
        let code = error.code();
        Self::caused(code, error.to_string(), error)
    }
}
