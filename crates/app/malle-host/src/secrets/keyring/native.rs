//! The keyrings of macOS and Windows, through the stores of the keyring project.

use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};
use mapi_spi::{Call, Secret};

use crate::secrets::place::Person;
use crate::secrets::{Place, SecretError};

/// What both systems show as the program that an entry is of.
const SERVICE: &str = "malle";

pub(super) fn is_there(_call: &Call) -> bool {
    store().is_ok()
}

// Both systems ask for themselves, and by their own rules: neither can be told to leave a person alone.
pub(super) fn get(
    slot: &str,
    _person: Person,
    _call: &Call,
) -> Result<Option<Secret>, SecretError> {
    match entry(slot)?.get_secret() {
        Ok(bytes) => Ok(Some(Secret::new(bytes))),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(refused(error)),
    }
}

pub(super) fn set(
    slot: &str,
    _label: &str,
    value: &Secret,
    _call: &Call,
) -> Result<(), SecretError> {
    entry(slot)?.set_secret(value.expose()).map_err(refused)
}

pub(super) fn remove(slot: &str, _person: Person, _call: &Call) -> Result<(), SecretError> {
    match entry(slot)?.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(refused(error)),
    }
}

fn entry(slot: &str) -> Result<Entry, SecretError> {
    store()?.build(SERVICE, slot, None).map_err(refused)
}

fn store() -> Result<Arc<CredentialStore>, SecretError> {
    #[cfg(target_os = "macos")]
    let store = apple_native_keyring_store::keychain::Store::new();
    #[cfg(windows)]
    let store = windows_native_keyring_store::Store::new();
    match store {
        Ok(store) => Ok(store),
        Err(error) => Err(SecretError::NoKeyring {
            detail: error.to_string(),
        }),
    }
}

fn refused(error: Error) -> SecretError {
    match error {
        Error::NoStorageAccess(_) => SecretError::Locked,
        Error::TooLong(_, limit) => SecretError::TooLong {
            limit: limit as usize,
            place: Place::Keyring,
        },
        // These two carry what was read.
        Error::BadEncoding(_) | Error::BadDataFormat(..) => SecretError::Keyring {
            detail: "what it keeps is not in its own form".to_owned(),
        },
        other => SecretError::Keyring {
            detail: other.to_string(),
        },
    }
}
