//! What secrets are called: `PROFILE/SERVICE/KEY`, and what backends call them.

use std::fmt;
use std::str::FromStr;

use mapi_props::Guid;

/// The longest key, in bytes.
const KEY_MAX: usize = 64;

/// The name of one secret of one service of one profile.
///
/// It is shown and read as `work/7d9b3f0e-…/password`: the profile, PR_SERVICE_UID of the service, and the key of the
/// setting that needs it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretName {
    profile: String,
    service: Guid,
    key: String,
}

/// The text is no name of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no name of a secret: PROFILE/SERVICE/KEY, where SERVICE is the UID of a service and KEY has \
     letters, digits, '-', '_' and '.', at most 64"
)]
pub struct BadSecretName(pub String);

impl SecretName {
    /// A name of its parts.
    ///
    /// # Errors
    /// [`BadSecretName`] for a key with other characters than letters, digits, `-`, `_` and `.`, or for no profile.
    pub fn new(profile: &str, service: Guid, key: &str) -> Result<Self, BadSecretName> {
        if profile.is_empty() || profile.contains('/') || !is_key(key) {
            return Err(BadSecretName(format!("{profile}/{service}/{key}")));
        }
        Ok(Self {
            profile: profile.to_owned(),
            service,
            key: key.to_owned(),
        })
    }

    /// The profile.
    #[must_use]
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// PR_SERVICE_UID of the service.
    #[must_use]
    pub const fn service(&self) -> Guid {
        self.service
    }

    /// The key of the setting.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The same in another profile.
    pub(super) fn in_profile(&self, profile: &str) -> Self {
        Self {
            profile: profile.to_owned(),
            ..self.clone()
        }
    }

    /// What backends call it. The profile is not in it, so a profile is renamed without touching any secret; the UID
    /// of a service is never used again, so what is left behind by accident is never found under another's name.
    pub(super) fn slot(&self) -> Slot {
        Slot {
            owner: self.service,
            key: self.key.clone(),
        }
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.profile, self.service, self.key)
    }
}

impl FromStr for SecretName {
    type Err = BadSecretName;

    fn from_str(text: &str) -> Result<Self, BadSecretName> {
        let bad = || BadSecretName(text.to_owned());
        let mut parts = text.split('/');
        let (Some(profile), Some(service), Some(key), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(bad());
        };
        let service = service.parse().map_err(|_| bad())?;
        Self::new(profile, service, key).map_err(|_| bad())
    }
}

fn is_key(key: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=KEY_MAX).contains(&key.len()) && key.chars().all(good)
}

/// What a backend calls a secret: its owner (a service, or a home) and its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Slot {
    pub(super) owner: Guid,
    pub(super) key: String,
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.key)
    }
}

impl FromStr for Slot {
    type Err = BadSecretName;

    fn from_str(text: &str) -> Result<Self, BadSecretName> {
        let bad = || BadSecretName(text.to_owned());
        let (owner, key) = text.split_once('/').ok_or_else(bad)?;
        let owner = owner.parse().map_err(|_| bad())?;
        if !is_key(key) {
            return Err(bad());
        }
        Ok(Self {
            owner,
            key: key.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UID: &str = "00020329-0000-0000-c000-000000000046";

    #[test]
    fn a_name_reads_as_it_is_shown() {
        let text = format!("work/{UID}/password");
        let name: SecretName = text.parse().unwrap();
        assert_eq!(name.to_string(), text);
        assert_eq!(name.slot().to_string(), format!("{UID}/password"));
        assert_eq!(
            name.slot().to_string().parse::<Slot>().unwrap(),
            name.slot()
        );
    }

    #[test]
    fn other_texts_are_none() {
        for bad in [
            "",
            "work",
            "work/x/password",
            &format!("/{UID}/k"),
            &format!("work/{UID}/"),
            &format!("work/{UID}/k/more"),
            &format!("work/{UID}/a b"),
            &format!("work/{UID}/{}", "k".repeat(65)),
        ] {
            assert!(bad.parse::<SecretName>().is_err(), "{bad:?}");
        }
    }
}
