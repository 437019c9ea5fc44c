//! Which secrets there are and where each lies: a file of names, so that nothing has to be opened to know them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mapi_props::Guid;
use serde::{Deserialize, Serialize};

use super::{Place, SecretError, SecretName};
use crate::file::write_private;
use crate::{FileLock, Home};

/// The file of names as it is written: profile, service and key, and where the secret lies; never a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IndexFile {
    /// What the home's own secrets are called by.
    home: String,
    /// Where the key of secure properties lies, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secure_key: Option<Place>,
    /// By name: where it is read, then where an older copy may lie.
    #[serde(default)]
    secret: BTreeMap<String, Vec<Place>>,
    /// By name: where a deleted one still has to be removed from.
    #[serde(default)]
    leaving: BTreeMap<String, BTreeSet<Place>>,
}

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) home: Guid,
    pub(super) secure_key: Option<Place>,
    pub(super) secrets: BTreeMap<SecretName, Vec<Place>>,
    pub(super) leaving: BTreeMap<SecretName, BTreeSet<Place>>,
}

impl Index {
    /// Reads it as it stands now.
    pub(super) fn read(home: &Home) -> Result<Self, SecretError> {
        let path = home.secret_names_file();
        let text = match fs::read_to_string(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            other => other.map_err(SecretError::io(&path))?,
        };
        let damaged = |detail: String| SecretError::Damaged {
            path: path.clone(),
            detail,
        };
        let file: IndexFile = toml::from_str(&text).map_err(|e| damaged(e.to_string()))?;
        Self::of_file(file).map_err(damaged)
    }

    /// Changes it, whole or not at all, while nobody else does.
    pub(super) fn change<T>(
        home: &Home,
        change: impl FnOnce(&mut Self) -> Result<T, SecretError>,
    ) -> Result<T, SecretError> {
        let lock = home.lock_file("secret-names.lock");
        let _writer = FileLock::wait(&lock).map_err(SecretError::io(&lock))?;
        let before = Self::read(home)?;
        let mut index = before.clone();
        let done = change(&mut index)?;
        if index != before {
            index.own();
            index.write(home)?;
        }
        Ok(done)
    }

    /// What the home's own secrets are called by; made when first asked for.
    pub(super) fn own(&mut self) -> Guid {
        if self.home == Guid::default() {
            self.home = new_guid();
        }
        self.home
    }

    fn write(self, home: &Home) -> Result<(), SecretError> {
        let path = home.secret_names_file();
        make_private_folder(&home.secrets_dir())?;
        let text = toml::to_string(&self.into_file()).map_err(|e| SecretError::Damaged {
            path: path.clone(),
            detail: e.to_string(),
        })?;
        let text = format!(
            "# Which secrets malle knows and where each lies; no secret is in here.\n\n{text}"
        );
        write_private(&path, text.as_bytes()).map_err(SecretError::io(path))
    }

    fn of_file(file: IndexFile) -> Result<Self, String> {
        let mut index = Self {
            home: file
                .home
                .parse()
                .map_err(|_| format!("home = {:?}", file.home))?,
            secure_key: file.secure_key,
            ..Self::default()
        };
        for (name, places) in file.secret {
            let name: SecretName = name.parse().map_err(|e| format!("{e}"))?;
            index.secrets.insert(name, places);
        }
        for (name, places) in file.leaving {
            let name: SecretName = name.parse().map_err(|e| format!("{e}"))?;
            index.leaving.insert(name, places);
        }
        Ok(index)
    }

    fn into_file(self) -> IndexFile {
        IndexFile {
            home: self.home.to_string(),
            secure_key: self.secure_key,
            secret: keyed(self.secrets),
            leaving: keyed(self.leaving),
        }
    }

    /// Where a secret lies. The UID of a service is that of no other, so a profile that was renamed a moment ago by a
    /// process which did not live to note it here finds its secrets too.
    pub(super) fn places(&self, name: &SecretName) -> Option<&Vec<Place>> {
        let renamed = || {
            let slot = name.slot();
            let same = self.secrets.iter().find(|(other, _)| other.slot() == slot);
            same.map(|(_, places)| places)
        };
        self.secrets.get(name).or_else(renamed)
    }

    /// Notes that a secret goes into `place`, before it does; what else has a copy stays noted.
    pub(super) fn expect(&mut self, name: &SecretName, place: Place) {
        let slot = name.slot();
        let renamed = self.secrets.keys().find(|n| n.slot() == slot).cloned();
        let known = renamed.and_then(|other| self.secrets.remove(&other));
        let places = self.secrets.entry(name.clone()).or_default();
        places.extend(known.into_iter().flatten());
        if !places.contains(&place) {
            places.push(place);
        }
        // What is used again is no longer to be removed from there, even if its profile had another name then.
        for (left, places) in &mut self.leaving {
            if left.slot() == slot {
                places.remove(&place);
            }
        }
        self.leaving.retain(|_, places| !places.is_empty());
    }

    /// Notes that a secret is in `place` now. Copies elsewhere are to be removed.
    pub(super) fn arrived(&mut self, name: &SecretName, place: Place) {
        let before = self.secrets.insert(name.clone(), vec![place]);
        let elsewhere = before.into_iter().flatten().filter(|old| *old != place);
        self.leave(name, elsewhere);
    }

    /// Forgets secrets; what keeps them is to remove them.
    pub(super) fn forget(&mut self, which: impl Fn(&SecretName) -> bool) {
        let gone: Vec<SecretName> = self.secrets.keys().filter(|n| which(n)).cloned().collect();
        for name in gone {
            let places = self.secrets.remove(&name);
            self.leave(&name, places.into_iter().flatten());
        }
    }

    /// A profile has another name now. What backends call its secrets stays the same.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        let old: Vec<SecretName> = self
            .secrets
            .keys()
            .filter(|n| n.profile() == from)
            .cloned()
            .collect();
        for name in old {
            if let Some(places) = self.secrets.remove(&name) {
                self.secrets.insert(name.in_profile(to), places);
            }
        }
    }

    fn leave(&mut self, name: &SecretName, places: impl Iterator<Item = Place>) {
        let places: BTreeSet<Place> = places.collect();
        if !places.is_empty() {
            let leaving = self.leaving.entry(name.clone());
            leaving.or_default().extend(places);
        }
    }

    /// Notes that a deleted secret is out of `place`.
    pub(super) fn left(&mut self, name: &SecretName, place: Place) {
        if let Some(places) = self.leaving.get_mut(name) {
            places.remove(&place);
        }
        self.leaving.retain(|_, places| !places.is_empty());
    }

    /// What is still to be removed from `place`.
    pub(super) fn leaving_from(&self, place: Place) -> Vec<SecretName> {
        let here = self
            .leaving
            .iter()
            .filter(|(_, places)| places.contains(&place));
        here.map(|(name, _)| name.clone()).collect()
    }
}

fn keyed<K: ToString, V>(map: BTreeMap<K, V>) -> BTreeMap<String, V> {
    map.into_iter().map(|(k, v)| (k.to_string(), v)).collect()
}

fn new_guid() -> Guid {
    use mapi_spi::Support;
    crate::SystemSupport.new_guid()
}

/// Makes a directory that only its owner may enter, where the system knows owners.
pub(super) fn make_private_folder(path: &Path) -> Result<(), SecretError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(SecretError::io(PathBuf::from(path)))
}
