//! What the client API asks of the program around it: profiles, services and the host's side of each provider.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use mapi_forms::Form;
use mapi_props::{Bag, Code, Guid};
use mapi_spi::{Error, Result, Service, ServiceConfig, Support};

use crate::FormHost;

/// The program's side. Implemented once by the composition root, and by tests.
pub trait Host: Send + Sync + Debug {
    /// Names of the profiles, in order.
    ///
    /// # Errors
    /// `MAPI_E_DISK_ERROR` and the like.
    fn profile_names(&self) -> Result<Vec<String>>;

    /// The profile that is used when none is named.
    ///
    /// # Errors
    /// As [`Self::profile_names`].
    fn default_profile(&self) -> Result<Option<String>>;

    /// What a profile holds.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there is none of that name.
    fn profile(&self, name: &str) -> Result<Profile>;

    /// Changes a profile: `change` is shown it as it stands, and what it leaves behind is kept, whole or not at all.
    /// Nobody else changes the profile meanwhile. If `change` fails, nothing is kept and its error comes back.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there is none of that name; `MAPI_E_NO_SUPPORT` for profiles that cannot be changed;
    /// `MAPI_E_DISK_ERROR` and the like.
    fn change_profile(
        &self,
        name: &str,
        change: &mut dyn FnMut(&mut Profile) -> Result<()>,
    ) -> Result<()>;

    /// The service called `name`; `None` if this program has none.
    fn service(&self, name: &str) -> Option<Arc<dyn Service>>;

    /// The local library of forms, which all profiles share.
    ///
    /// # Errors
    /// `MAPI_E_CORRUPT_DATA`, `MAPI_E_DISK_ERROR` and the like.
    fn local_forms(&self) -> Result<Vec<Form>> {
        Ok(Vec::new())
    }

    /// Changes the local library, as [`Self::change_profile`] does a profile.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` of a program without one; what `change` says; those of [`Self::local_forms`].
    fn change_local_forms(
        &self,
        _change: &mut dyn FnMut(&mut Vec<Form>) -> Result<()>,
    ) -> Result<()> {
        let detail = "this program has no local library of forms";
        Err(Error::new(Code::NO_SUPPORT, detail))
    }

    /// What shows forms to the user; `None`: nothing does.
    fn form_host(&self) -> Option<Arc<dyn FormHost>> {
        None
    }

    /// The host's side of one provider of a profile.
    fn support(&self, profile: &str, service: &ProfileService) -> Arc<dyn Support>;
}

/// A profile: which message services a user has, and what programs keep in its sections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Where relative paths in the settings of its services start.
    pub base: PathBuf,
    /// The letter that the next store gets; empty: `a`. Letters of removed stores are never given again.
    pub next_letter: String,
    /// Its services, in order.
    pub services: Vec<ProfileService>,
    /// Profile sections by their UID.
    pub sections: BTreeMap<Guid, Bag>,
}

impl Profile {
    /// Adds a service with the next letter, and returns it.
    pub fn add(&mut self, service: &str, values: BTreeMap<String, String>) -> ProfileService {
        let taken = |letter: &str| self.services.iter().any(|s| s.letter == letter);
        let mut letter = std::mem::take(&mut self.next_letter);
        while letter.is_empty() || taken(&letter) {
            letter = letter_after(&letter);
        }
        self.next_letter = letter_after(&letter);
        let config = ServiceConfig {
            base: self.base.clone(),
            values,
        };
        let added = ProfileService {
            service: service.to_owned(),
            letter,
            config,
            ..ProfileService::default()
        };
        self.services.push(added.clone());
        added
    }
}

/// The letters of the store after the one that has these: `a` after none, `b` after `a`, `aa` after `z`.
#[must_use]
pub fn letter_after(letters: &str) -> String {
    let mut letters = letters.as_bytes().to_vec();
    for letter in letters.iter_mut().rev() {
        if *letter < b'z' {
            *letter += 1;
            return letters.into_iter().map(char::from).collect();
        }
        *letter = b'a';
    }
    letters.push(b'a');
    letters.into_iter().map(char::from).collect()
}

/// One message service of a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileService {
    /// PR_SERVICE_NAME: `MALLE_LOCAL`.
    pub service: String,
    /// What ids of its store begin with: `a`.
    pub letter: String,
    /// PR_RESOURCE_FLAGS: which roles its store has; see [`resource_flags`].
    pub resource_flags: u32,
    /// Who the user is to this service, if it knows.
    pub identity: Option<Identity>,
    /// Its settings.
    pub config: ServiceConfig,
}

/// Who the user is to a service (requirement SES-09).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// PR_IDENTITY_DISPLAY.
    pub name: String,
    /// PR_ADDRTYPE of the address: `SMTP`.
    pub address_type: String,
    /// The address.
    pub address: String,
}

/// PR_RESOURCE_FLAGS (requirements 8.5).
pub mod resource_flags {
    /// STATUS_DEFAULT_STORE: the default store of the session.
    pub const DEFAULT_STORE: u32 = 0x2;
    /// STATUS_PRIMARY_IDENTITY: the user is who this service says.
    pub const PRIMARY_IDENTITY: u32 = 0x4;
    /// STATUS_SIMPLE_STORE: the default store of Simple MAPI clients.
    pub const SIMPLE_STORE: u32 = 0x8;
    /// STATUS_NO_PRIMARY_IDENTITY: the service cannot say who the user is.
    pub const NO_PRIMARY_IDENTITY: u32 = 0x20;
    /// STATUS_NO_DEFAULT_STORE: never the default store.
    pub const NO_DEFAULT_STORE: u32 = 0x40;
    /// STATUS_TEMP_SECTION: open for this session only, not in the profile.
    pub const TEMP_SECTION: u32 = 0x80;
    /// STATUS_PRIMARY_STORE: the default store at logon.
    pub const PRIMARY_STORE: u32 = 0x1000;
    /// STATUS_SECONDARY_STORE: the default store at logon while the primary one cannot be opened.
    pub const SECONDARY_STORE: u32 = 0x2000;
}

#[cfg(test)]
mod tests {
    use super::{Profile, letter_after};
    use std::collections::BTreeMap;

    #[test]
    fn letters_go_on_after_z() {
        for (letters, next) in [
            ("", "a"),
            ("a", "b"),
            ("z", "aa"),
            ("az", "ba"),
            ("zz", "aaa"),
        ] {
            assert_eq!(letter_after(letters), next);
        }
    }

    #[test]
    fn a_letter_is_never_given_twice() {
        let mut profile = Profile::default();
        let mut add = || profile.add("X", BTreeMap::new()).letter;
        assert_eq!((add(), add()), ("a".to_owned(), "b".to_owned()));
        profile.services.clear();
        assert_eq!(profile.add("X", BTreeMap::new()).letter, "c");
    }
}
