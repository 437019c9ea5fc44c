//! The one room that reads secrets: in the system's keyring, through commands, or from an encrypted file.
//!
//! Nothing else in the house opens any of these. A provider asks `Support` for a secret of its own service; that is the
//! only way by which one leaves. What secrets there are is known without opening anything: their names, and where each
//! lies, stand in a file of their own. docs/design/secrets.md says what this protects against and what not.

mod age;
mod age_file;
mod child;
mod choice;
mod command;
mod error;
pub mod foreign;
mod index;
mod keyring;
mod moves;
mod name;
mod of_service;
mod passphrase;
mod place;
mod secure_key;
mod stash;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use mapi_spi::{Call, Secret};

use crate::{FileLock, Home};
use age_file::AgeFile;
use choice::Choice;
use command::Commands;
use index::Index;
use keyring::Keyring;
use passphrase::Passphrase;
use place::{Keeper, Person};
use stash::InKeyring;

pub use error::SecretError;
pub use name::{BadSecretName, SecretName};
pub(crate) use of_service::ServiceSecrets;
pub use passphrase::{AskNobody, AskPassphrase, NotAsked, Question};
pub use place::Place;
pub use secure_key::{NotOpened, SecureKey};

/// The most bytes of a secret; some places take less.
pub const SECRET_MAX: usize = 16 * 1024;

/// The secrets of one home. Making it reads nothing and opens nothing.
#[derive(Debug)]
pub struct Secrets {
    home: Home,
    passphrase: Passphrase,
    choice: OnceLock<Choice>,
}

/// A secret in the list of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretEntry {
    /// Its name.
    pub name: SecretName,
    /// Where it lies.
    pub place: Place,
    /// It is deleted, and is removed from there when that place is next open.
    pub leaving: bool,
}

/// How far a deletion went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It is gone.
    Done,
    /// It is forgotten here, and removed from where it lies when that is next open.
    Pending,
}

impl Secrets {
    /// The secrets of `home`. A passphrase that is needed is asked for by `asker`, unless `passphrase_file` holds it.
    #[must_use]
    pub fn of(home: Home, asker: Arc<dyn AskPassphrase>, passphrase_file: Option<PathBuf>) -> Self {
        Self {
            home,
            passphrase: Passphrase::of(passphrase_file, asker),
            choice: OnceLock::new(),
        }
    }

    /// All secrets by name. Opens none of them.
    ///
    /// # Errors
    /// [`SecretError::Damaged`], [`SecretError::Config`], [`SecretError::Io`].
    pub fn list(&self) -> Result<Vec<SecretEntry>, SecretError> {
        let index = Index::read(&self.home)?;
        let entry = |name: &SecretName, place: Place, leaving: bool| SecretEntry {
            name: name.clone(),
            place,
            leaving,
        };
        let mut entries = Vec::new();
        let own = self.choice()?.commands.keys();
        let own: Vec<SecretName> = own.filter_map(|name| name.parse().ok()).collect();
        entries.extend(own.iter().map(|name| entry(name, Place::Command, false)));
        for (name, places) in &index.secrets {
            let first = places.first().filter(|_| !own.contains(name));
            entries.extend(first.map(|place| entry(name, *place, false)));
        }
        for (name, places) in &index.leaving {
            entries.extend(places.iter().map(|place| entry(name, *place, true)));
        }
        entries.sort_by(|a, b| (&a.name, a.leaving).cmp(&(&b.name, b.leaving)));
        Ok(entries)
    }

    /// Stores a secret, in place of the one of this name: where that lies, else where `secrets.toml` says, else in the
    /// keyring if there is one, else in the encrypted file. It is read back before the old one is given up.
    ///
    /// # Errors
    /// [`SecretError`]; the old secret is kept then.
    pub fn store(
        &self,
        name: &SecretName,
        value: &Secret,
        call: &Call,
    ) -> Result<Place, SecretError> {
        let place = self.place_for(name, call)?;
        held_to_limits(value, place)?;
        let keeper = self.keeper(place)?;
        let before = match self.places(name)?.contains(&place) {
            true => old_value(&*keeper, name, call)?,
            false => None,
        };
        Index::change(&self.home, |index| {
            index.expect(name, place);
            Ok(())
        })?;
        keeper.set(name, value, call)?;
        let kept = keeper.get(name, call)?;
        if kept.is_none_or(|kept| !kept.is_same(value)) {
            if let Some(before) = before {
                keeper.set(name, &before, call)?;
            }
            return Err(SecretError::NotKept { place });
        }
        Index::change(&self.home, |index| {
            index.arrived(name, place);
            Ok(())
        })?;
        self.sweep(Person::IsLeftAlone, call)?;
        Ok(place)
    }

    /// Whether a secret can be read, and where from. What it is stays here.
    ///
    /// # Errors
    /// [`SecretError::Missing`], and why it cannot be read.
    pub fn check(&self, name: &SecretName, call: &Call) -> Result<Place, SecretError> {
        self.find(name, call).map(|(_, place)| place)
    }

    /// Deletes a secret. What keeps it is opened if somebody can be asked to.
    ///
    /// # Errors
    /// [`SecretError::Missing`]; [`SecretError::NoCommand`] when only a person can remove it; those of writing.
    pub fn delete(&self, name: &SecretName, call: &Call) -> Result<Removal, SecretError> {
        let places = self.places(name)?;
        let known = Index::read(&self.home)?.places(name).is_some();
        if places.contains(&Place::Command) && self.choice()?.command.delete.is_empty() {
            return Err(SecretError::NoCommand {
                what: "delete",
                key: "delete",
            });
        }
        if places.is_empty() {
            let name = name.clone();
            return Err(SecretError::Missing { name });
        }
        if !known {
            self.keeper(Place::Command)?
                .remove(name, Person::MayBeAsked, call)?;
            return Ok(Removal::Done);
        }
        Index::change(&self.home, |index| {
            index.forget(|known| known.slot() == name.slot());
            Ok(())
        })?;
        self.sweep(Person::MayBeAsked, call)?;
        let left = Index::read(&self.home)?;
        Ok(match left.leaving.keys().any(|n| n.slot() == name.slot()) {
            true => Removal::Pending,
            false => Removal::Done,
        })
    }

    /// Gives the encrypted file another passphrase: the first line of `from`, else one that a person chooses.
    ///
    /// # Errors
    /// [`SecretError`]; the file is as it was then.
    pub fn rotate_passphrase(&self, from: Option<&Path>, call: &Call) -> Result<(), SecretError> {
        self.file()?.rotate(from, call)
    }

    /// Has the passphrase of the encrypted file known from now on, for a program that will run where nobody can be
    /// asked. Does nothing where there is no such file.
    ///
    /// # Errors
    /// [`SecretError::NoPassphrase`], [`SecretError::WrongPassphrase`], [`SecretError::Damaged`].
    pub fn unlock(&self, call: &Call) -> Result<(), SecretError> {
        self.file()?.unlock(call)
    }

    /// The key that secure profile properties are encrypted with. The first time it is made, and kept in the keyring if
    /// there is one, else in a file of its own that only its owner may read; from then on it is sought there alone.
    ///
    /// # Errors
    /// [`SecretError::NoKeyring`] and [`SecretError::Locked`] when the key is in a keyring that cannot be opened now,
    /// [`SecretError::Damaged`] when it is lost.
    pub fn secure_key(&self, call: &Call) -> Result<SecureKey, SecretError> {
        if let Some(place) = Index::read(&self.home)?.secure_key {
            return self.key_from(place, call);
        }
        let lock = self.home.lock_file("secure-key.lock");
        let _maker = FileLock::wait(&lock).map_err(SecretError::io(&lock))?;
        if let Some(place) = Index::read(&self.home)?.secure_key {
            return self.key_from(place, call);
        }
        if self.home.secure_key_file().exists() {
            // Made before the list of names knew of it.
            self.note_secure_key(Place::File)?;
            return self.key_in_file();
        }
        let key = SecureKey::new_random();
        let place = if Keyring::is_there(call) {
            let slot = stash::own_slot(&self.home, "secure-key")?;
            let label = format!("malle: secure properties ({})", slot.owner);
            Keyring.set(&slot, &label, &key.secret(), call)?;
            Place::Keyring
        } else {
            self.key_into_file(&key)?;
            Place::File
        };
        // Nothing is sealed with the key before everybody can find it.
        self.note_secure_key(place)?;
        Ok(key)
    }

    fn note_secure_key(&self, place: Place) -> Result<(), SecretError> {
        Index::change(&self.home, |index| {
            index.secure_key = Some(place);
            Ok(())
        })
    }

    fn key_from(&self, place: Place, call: &Call) -> Result<SecureKey, SecretError> {
        if place != Place::Keyring {
            return self.key_in_file();
        }
        let slot = stash::own_slot(&self.home, "secure-key")?;
        let kept = Keyring.get(&slot, Person::MayBeAsked, call)?;
        let key = kept.as_ref().and_then(SecureKey::of);
        key.ok_or_else(|| SecretError::Damaged {
            path: self.home.secret_names_file(),
            detail: "the keyring has lost the key of the secure properties".to_owned(),
        })
    }

    /// A secret itself. Only this room may call it: see [`ServiceSecrets`].
    fn read(&self, name: &SecretName, call: &Call) -> Result<Secret, SecretError> {
        self.find(name, call).map(|(secret, _)| secret)
    }

    fn find(&self, name: &SecretName, call: &Call) -> Result<(Secret, Place), SecretError> {
        for place in self.places(name)? {
            tracing::debug!(target: "malle::secrets", %name, %place, "read");
            if let Some(secret) = self.keeper(place)?.get(name, call)? {
                return Ok((secret, place));
            }
        }
        let name = name.clone();
        Err(SecretError::Missing { name })
    }

    /// Where a secret may be, the likeliest first.
    fn places(&self, name: &SecretName) -> Result<Vec<Place>, SecretError> {
        let choice = self.choice()?;
        if choice.commands.contains_key(&name.to_string()) {
            return Ok(vec![Place::Command]);
        }
        match Index::read(&self.home)?.places(name) {
            Some(places) => Ok(places.clone()),
            // What commands read was stored by others.
            None if choice.backend == Some(Place::Command) => Ok(vec![Place::Command]),
            None => Ok(Vec::new()),
        }
    }

    /// Where a secret is to be stored.
    fn place_for(&self, name: &SecretName, call: &Call) -> Result<Place, SecretError> {
        let choice = self.choice()?;
        if choice.commands.contains_key(&name.to_string()) {
            return Err(SecretError::NoCommand {
                what: "store",
                key: "set",
            });
        }
        if let Some(chosen) = choice.backend {
            return Ok(chosen);
        }
        if let Some(place) = self.places(name)?.first() {
            return Ok(*place);
        }
        Ok(match Keyring::is_there(call) {
            true => Place::Keyring,
            false => Place::File,
        })
    }

    fn keeper(&self, place: Place) -> Result<Box<dyn Keeper + '_>, SecretError> {
        Ok(match place {
            Place::Keyring => Box::new(Keyring),
            Place::File => Box::new(self.file()?),
            Place::Command => Box::new(Commands(self.choice()?)),
        })
    }

    fn file(&self) -> Result<AgeFile<'_>, SecretError> {
        let choice = &self.choice()?.file;
        let path = choice.path.clone();
        Ok(AgeFile {
            path: path.unwrap_or_else(|| self.home.secret_file()),
            choice,
            passphrase: &self.passphrase,
            stash: match choice.passphrase_in_keyring {
                true => Box::new(InKeyring(&self.home)),
                false => Box::new(stash::Nowhere),
            },
        })
    }

    fn choice(&self) -> Result<&Choice, SecretError> {
        if let Some(choice) = self.choice.get() {
            return Ok(choice);
        }
        let choice = Choice::read(&self.home.secrets_choice_file())?;
        Ok(self.choice.get_or_init(|| choice))
    }
}

/// What is stored now, if that can be told.
fn old_value(
    keeper: &dyn Keeper,
    name: &SecretName,
    call: &Call,
) -> Result<Option<Secret>, SecretError> {
    match keeper.get(name, call) {
        // A command does not say whether it failed or knows no such name.
        Err(SecretError::Command { .. }) => Ok(None),
        other => other,
    }
}

fn held_to_limits(value: &Secret, place: Place) -> Result<(), SecretError> {
    if value.is_empty() {
        return Err(SecretError::Empty);
    }
    if value.expose().len() > SECRET_MAX {
        return Err(SecretError::TooLong {
            limit: SECRET_MAX,
            place,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
