//! What becomes of secrets when services and profiles are deleted, renamed and copied.

use mapi_props::Guid;
use mapi_spi::Call;

use super::index::Index;
use super::place::Person;
use super::{Place, SecretError, SecretName, Secrets};

impl Secrets {
    /// Forgets all secrets of services that were deleted, by PR_SERVICE_UID. Nobody is asked: what is locked is removed
    /// when it is next open, and listed as leaving until then.
    ///
    /// # Errors
    /// Those of writing the list of names.
    pub fn forget_services(&self, services: &[Guid]) -> Result<(), SecretError> {
        Index::change(&self.home, |index| {
            index.forget(|name| services.contains(&name.service()));
            Ok(())
        })?;
        self.sweep(Person::IsLeftAlone, &Call::default())
    }

    /// A profile was renamed: its secrets go by its new name. None of them is opened.
    ///
    /// # Errors
    /// Those of writing the list of names.
    pub fn rename_profile(&self, from: &str, to: &str) -> Result<(), SecretError> {
        Index::change(&self.home, |index| {
            index.rename(from, to);
            Ok(())
        })
    }

    /// Services were copied into the profile `to`: copies their secrets, each pair being PR_SERVICE_UID of the old
    /// service and of the new one. What could not be copied is returned with the reason; it has to be set anew.
    ///
    /// # Errors
    /// Those of reading the list of names.
    pub fn copy_services(
        &self,
        to: &str,
        services: &[(Guid, Guid)],
        call: &Call,
    ) -> Result<Vec<(SecretName, SecretError)>, SecretError> {
        let index = Index::read(&self.home)?;
        let mut failed = Vec::new();
        for (old, places) in &index.secrets {
            let pair = services
                .iter()
                .find(|(service, _)| *service == old.service());
            let Some((_, new)) = pair else { continue };
            let new = SecretName::new(to, *new, old.key())?;
            let copied = self.copy(old, &new, places, call);
            failed.extend(copied.err().map(|error| (new, error)));
        }
        Ok(failed)
    }

    fn copy(
        &self,
        old: &SecretName,
        new: &SecretName,
        places: &[Place],
        call: &Call,
    ) -> Result<(), SecretError> {
        let secret = self.read(old, call)?;
        let Some(place) = places.first().copied() else {
            return Ok(());
        };
        Index::change(&self.home, |index| {
            index.expect(new, place);
            Ok(())
        })?;
        self.keeper(place)?.set(new, &secret, call)
    }

    /// Removes what is deleted from where it lies, as far as that can be opened.
    pub(super) fn sweep(&self, person: Person, call: &Call) -> Result<(), SecretError> {
        let index = Index::read(&self.home)?;
        for place in Place::ALL {
            for name in index.leaving_from(place) {
                let removed = self.keeper(place)?.remove(&name, person, call);
                // What only a person can remove is not ours to remember.
                let ours = !matches!(removed, Err(SecretError::NoCommand { .. }));
                if let Err(error) = &removed
                    && ours
                {
                    tracing::debug!(target: "malle::secrets", %name, %place, %error, "stays for now");
                    break;
                }
                Index::change(&self.home, |index| {
                    index.left(&name, place);
                    Ok(())
                })?;
            }
        }
        Ok(())
    }
}
