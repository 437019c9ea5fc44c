//! Why a secret could not be kept or read. No error says what a secret is.

use std::io;
use std::path::PathBuf;

use mapi_props::Code;
use mapi_spi::Error;

use super::{BadSecretName, Place, SecretName};

/// What can go wrong with secrets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// Not a name.
    #[error(transparent)]
    Name(#[from] BadSecretName),
    /// None was stored by this name.
    #[error("no secret {name} was stored")]
    Missing {
        /// The name asked for.
        name: SecretName,
    },
    /// There is no keyring, or it cannot be reached from here.
    #[error("the keyring cannot be reached: {detail}")]
    NoKeyring {
        /// Why.
        detail: String,
    },
    /// The keyring was reached and refused.
    #[error("the keyring refused: {detail}")]
    Keyring {
        /// What it said.
        detail: String,
    },
    /// What keeps the secret is locked, and was not unlocked.
    #[error("the keyring is locked, and was not unlocked")]
    Locked,
    /// The encrypted file needs its passphrase, and there is nobody to ask.
    #[error(
        "the passphrase of {} is needed and cannot be asked for here: name a file that holds it \
         (--passphrase-file, MALLE_PASSPHRASE_FILE, or passphrase_file in secrets.toml)",
        path.display()
    )]
    NoPassphrase {
        /// Which file.
        path: PathBuf,
    },
    /// It is another passphrase.
    #[error("the passphrase does not open {}", path.display())]
    WrongPassphrase {
        /// Which file.
        path: PathBuf,
    },
    /// A file is not what it should be.
    #[error("{}: {detail}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The configuration is not as it should be.
    #[error("{}: {detail}", path.display())]
    Config {
        /// Which file.
        path: PathBuf,
        /// Where and what.
        detail: String,
    },
    /// The commands of the configuration can read secrets, but not do this.
    #[error("secrets.toml names no command to {what} secrets: set `{key}` under [command]")]
    NoCommand {
        /// `store` or `delete`.
        what: &'static str,
        /// The key that is missing.
        key: &'static str,
    },
    /// A command of the configuration failed.
    #[error("the command {program:?} {detail}")]
    Command {
        /// Its first word.
        program: String,
        /// How it ended. Nothing that it printed.
        detail: String,
    },
    /// What was stored could not be read back, so the old value was put back where there was one.
    #[error("what was stored in the {place} could not be read back: the old value is kept")]
    NotKept {
        /// Where.
        place: Place,
    },
    /// Too long for a secret.
    #[error("a secret has at most {limit} bytes in the {place}")]
    TooLong {
        /// The most.
        limit: usize,
        /// Where.
        place: Place,
    },
    /// It has no bytes.
    #[error("a secret cannot be empty")]
    Empty,
    /// Somebody stopped it.
    #[error("cancelled")]
    Cancelled,
    /// It took too long.
    #[error("{what} gave no answer in time")]
    TimedOut {
        /// Who.
        what: String,
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

impl SecretError {
    /// MAPI's code for it.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Name(_) | Self::Empty => Code::INVALID_PARAMETER,
            Self::Missing { .. } => Code::NOT_FOUND,
            Self::Locked | Self::NoPassphrase { .. } | Self::WrongPassphrase { .. } => {
                Code::NO_ACCESS
            }
            Self::Damaged { .. } | Self::NotKept { .. } => Code::CORRUPT_DATA,
            Self::NoKeyring { .. } | Self::Config { .. } => Code::UNCONFIGURED,
            Self::NoCommand { .. } => Code::NO_SUPPORT,
            Self::TooLong { .. } => Code::TOO_BIG,
            Self::Cancelled => Code::USER_CANCEL,
            Self::TimedOut { .. } => Code::TIMEOUT,
            Self::Io { .. } => Code::DISK_ERROR,
            Self::Keyring { .. } | Self::Command { .. } => Code::CALL_FAILED,
        }
    }

    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

impl From<SecretError> for Error {
    fn from(error: SecretError) -> Self {
        Self::caused(error.code(), error.to_string(), error)
    }
}

/// What became of a call: cancelled, or out of time.
pub(super) fn stopped(error: &Error, what: &str) -> SecretError {
    if error.code() == Code::TIMEOUT {
        let what = what.to_owned();
        return SecretError::TimedOut { what };
    }
    SecretError::Cancelled
}
