//! The system's keyring: Secret Service, Keychain or Credential Manager.

#[cfg(all(unix, not(target_os = "macos")))]
mod bus;
#[cfg(any(target_os = "macos", windows))]
#[path = "keyring/native.rs"]
mod system;
#[cfg(all(unix, not(target_os = "macos")))]
#[path = "keyring/secret_service.rs"]
mod system;

#[cfg(all(unix, not(target_os = "macos")))]
pub(super) use bus::is_bus_message;
use mapi_spi::{Call, Secret};

use super::name::Slot;
use super::place::{Keeper, Person};
use super::{SecretError, SecretName};

/// The keyring of whoever runs this.
pub(super) struct Keyring;

impl Keyring {
    /// Whether there is one that can be reached. It may be locked.
    pub(super) fn is_there(call: &Call) -> bool {
        system::is_there(call)
    }

    pub(super) fn get(
        &self,
        slot: &Slot,
        person: Person,
        call: &Call,
    ) -> Result<Option<Secret>, SecretError> {
        system::get(&slot.to_string(), person, call)
    }

    /// Stores a secret. `label` is what programs show that list the keyring.
    pub(super) fn set(
        &self,
        slot: &Slot,
        label: &str,
        value: &Secret,
        call: &Call,
    ) -> Result<(), SecretError> {
        system::set(&slot.to_string(), label, value, call)
    }

    pub(super) fn remove_slot(
        &self,
        slot: &Slot,
        person: Person,
        call: &Call,
    ) -> Result<(), SecretError> {
        system::remove(&slot.to_string(), person, call)
    }
}

impl Keeper for Keyring {
    fn get(&self, name: &SecretName, call: &Call) -> Result<Option<Secret>, SecretError> {
        Self::get(self, &name.slot(), Person::MayBeAsked, call)
    }

    fn set(&self, name: &SecretName, value: &Secret, call: &Call) -> Result<(), SecretError> {
        Self::set(self, &name.slot(), &format!("malle: {name}"), value, call)
    }

    fn remove(&self, name: &SecretName, person: Person, call: &Call) -> Result<(), SecretError> {
        self.remove_slot(&name.slot(), person, call)
    }
}
