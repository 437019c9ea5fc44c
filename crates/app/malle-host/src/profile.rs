//! One profile: which message services a user has, and the letters that their stores go by.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A profile as its TOML file holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The letter that the next store gets. Letters of removed stores are never given again.
    pub next_letter: StoreLetter,
    /// Message services. Without one that is marked so there is no default store.
    #[serde(default, rename = "service")]
    pub services: Vec<ServiceEntry>,
    /// Profile sections: by UID, properties by tag (`0x0037001F`) with their values as text.
    #[serde(
        default,
        rename = "section",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub sections: BTreeMap<String, BTreeMap<String, String>>,
}

/// One message service of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceEntry {
    /// PR_SERVICE_NAME: `MALLE_LOCAL`.
    pub name: String,
    /// What ids of this store begin with.
    pub letter: StoreLetter,
    /// Whether this is the default store.
    #[serde(default)]
    pub default: bool,
    /// Further roles of the store.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<Role>,
    /// Who the user is to this service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityEntry>,
    /// The service's own settings. Relative paths are below the profile's data directory.
    #[serde(default)]
    pub config: BTreeMap<String, String>,
}

/// A role of a service beside that of the default store (requirements 8.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// STATUS_SIMPLE_STORE.
    SimpleStore,
    /// STATUS_PRIMARY_STORE.
    PrimaryStore,
    /// STATUS_SECONDARY_STORE.
    SecondaryStore,
    /// STATUS_NO_DEFAULT_STORE.
    NoDefaultStore,
    /// STATUS_PRIMARY_IDENTITY.
    PrimaryIdentity,
    /// STATUS_NO_PRIMARY_IDENTITY.
    NoPrimaryIdentity,
}

/// Who the user is to a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityEntry {
    /// The user's name.
    pub name: String,
    /// The kind of address.
    #[serde(default = "smtp")]
    pub address_type: String,
    /// The address.
    pub address: String,
}

fn smtp() -> String {
    "SMTP".to_owned()
}

impl Profile {
    /// A profile without services.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            next_letter: StoreLetter::first(),
            services: Vec::new(),
            sections: BTreeMap::new(),
        }
    }

    /// Adds a service and gives its store a letter. The first one becomes the default store.
    pub fn add(&mut self, service: &str, config: BTreeMap<String, String>) -> StoreLetter {
        let letter = self.next_letter.clone();
        self.next_letter = letter.next();
        self.services.push(ServiceEntry {
            name: service.to_owned(),
            letter: letter.clone(),
            default: self.services.is_empty(),
            roles: BTreeSet::new(),
            identity: None,
            config,
        });
        letter
    }

    /// The service of the default store.
    #[must_use]
    pub fn default_service(&self) -> Option<&ServiceEntry> {
        self.services.iter().find(|entry| entry.default)
    }

    /// The service whose store goes by `letter`.
    #[must_use]
    pub fn service(&self, letter: &StoreLetter) -> Option<&ServiceEntry> {
        self.services.iter().find(|entry| entry.letter == *letter)
    }
}

/// What a store's ids begin with: `a` to `z`, then `aa` and so on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StoreLetter(String);

/// The text is not a store letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a store letter is one to four of the letters a to z")]
pub struct BadLetter;

impl StoreLetter {
    /// The letter of a profile's first store.
    #[must_use]
    pub fn first() -> Self {
        Self("a".to_owned())
    }

    /// The letters themselves.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The one after it: `b` after `a`, `aa` after `z`.
    fn next(&self) -> Self {
        Self(mapi::letter_after(self.as_str()))
    }
}

impl fmt::Display for StoreLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for StoreLetter {
    type Err = BadLetter;

    fn from_str(text: &str) -> Result<Self, BadLetter> {
        let good = matches!(text.len(), 1..=4) && text.bytes().all(|b| b.is_ascii_lowercase());
        good.then(|| Self(text.to_owned())).ok_or(BadLetter)
    }
}

impl TryFrom<String> for StoreLetter {
    type Error = BadLetter;

    fn try_from(text: String) -> Result<Self, BadLetter> {
        text.parse()
    }
}

impl From<StoreLetter> for String {
    fn from(letter: StoreLetter) -> Self {
        letter.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_on_after_z() {
        let next = |text: &str| text.parse::<StoreLetter>().unwrap().next().to_string();
        assert_eq!(next("a"), "b");
        assert_eq!(next("z"), "aa");
        assert_eq!(next("az"), "ba");
        assert_eq!(next("zz"), "aaa");
        assert_eq!("A".parse::<StoreLetter>(), Err(BadLetter));
        assert_eq!("a1".parse::<StoreLetter>(), Err(BadLetter));
    }

    #[test]
    fn a_letter_is_never_given_twice() {
        let mut profile = Profile::empty();
        let first = profile.add("X", BTreeMap::new());
        profile.services.clear();
        let second = profile.add("X", BTreeMap::new());
        assert_eq!(first.to_string(), "a");
        assert_eq!(second.to_string(), "b");
    }

    #[test]
    fn the_file_reads_back() {
        let mut profile = Profile::empty();
        profile.add(
            "MALLE_LOCAL",
            BTreeMap::from([("path".to_owned(), "mail.malle".to_owned())]),
        );
        let text = toml::to_string(&profile).unwrap();
        assert_eq!(toml::from_str::<Profile>(&text).unwrap(), profile);
    }
}
