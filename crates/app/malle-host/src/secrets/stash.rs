//! The home's own secrets in the keyring: the passphrase of the encrypted file, where a person wants that.

use mapi_spi::{Call, Secret};

use super::SecretError;
use super::index::Index;
use super::keyring::Keyring;
use super::name::Slot;
use super::passphrase::Stash;
use super::place::Person;
use crate::Home;

/// The keyring keeps the passphrase.
pub(super) struct InKeyring<'a>(pub(super) &'a Home);

/// Nothing keeps it.
pub(super) struct Nowhere;

/// What a secret of the home itself is called.
pub(super) fn own_slot(home: &Home, key: &str) -> Result<Slot, SecretError> {
    let owner = Index::change(home, |index| Ok(index.own()))?;
    Ok(Slot {
        owner,
        key: key.to_owned(),
    })
}

impl InKeyring<'_> {
    fn get(&self, key: &str, call: &Call) -> Option<Secret> {
        let slot = own_slot(self.0, key).ok()?;
        // Without the keyring the passphrase is asked for.
        Keyring.get(&slot, Person::MayBeAsked, call).ok()?
    }

    fn set(&self, key: &str, passphrase: &Secret, call: &Call) -> Result<(), SecretError> {
        let slot = own_slot(self.0, key)?;
        Keyring.set(
            &slot,
            "malle: passphrase of the file of secrets",
            passphrase,
            call,
        )
    }
}

impl Stash for InKeyring<'_> {
    fn stashed(&self, call: &Call) -> Vec<Secret> {
        let keys = ["passphrase", "passphrase-before"];
        keys.iter().filter_map(|key| self.get(key, call)).collect()
    }

    fn stash(&self, passphrase: &Secret, call: &Call) -> Result<(), SecretError> {
        if let Some(before) = self.get("passphrase", call) {
            self.set("passphrase-before", &before, call)?;
        }
        self.set("passphrase", passphrase, call)
    }

    fn settled(&self, call: &Call) -> Result<(), SecretError> {
        let slot = own_slot(self.0, "passphrase-before")?;
        Keyring.remove_slot(&slot, Person::MayBeAsked, call)
    }
}

impl Stash for Nowhere {
    fn stashed(&self, _call: &Call) -> Vec<Secret> {
        Vec::new()
    }

    fn stash(&self, _passphrase: &Secret, _call: &Call) -> Result<(), SecretError> {
        Ok(())
    }

    fn settled(&self, _call: &Call) -> Result<(), SecretError> {
        Ok(())
    }
}
