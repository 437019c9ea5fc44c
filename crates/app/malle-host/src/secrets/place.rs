//! The places that keep secrets, and what each can do.

use std::fmt;

use mapi_spi::{Call, Secret};
use serde::{Deserialize, Serialize};

use super::{SecretError, SecretName};

/// What keeps secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// The system's keyring: Secret Service, Keychain, Credential Manager.
    Keyring,
    /// A file that is encrypted with a passphrase.
    File,
    /// Commands that the user chose.
    Command,
}

impl Place {
    pub(super) const ALL: [Self; 3] = [Self::Keyring, Self::File, Self::Command];

    /// Its word in `secrets.toml` and in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
            Self::Command => "command",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Whether a person may be asked to unlock something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Person {
    /// By the keyring's own window, or for a passphrase.
    MayBeAsked,
    /// What is locked stays locked.
    IsLeftAlone,
}

/// One place. A name that is not there is `None`, and removing it is no error.
pub(super) trait Keeper {
    fn get(&self, name: &SecretName, call: &Call) -> Result<Option<Secret>, SecretError>;

    /// Puts a secret there, in place of what was there by that name.
    fn set(&self, name: &SecretName, value: &Secret, call: &Call) -> Result<(), SecretError>;

    fn remove(&self, name: &SecretName, person: Person, call: &Call) -> Result<(), SecretError>;
}
