//! The profiles of a home: made, listed, chosen and removed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{FileLock, Home, Profile, write_atomically};

/// The longest name of a profile, in bytes.
const NAME_MAX: usize = 64;

/// The profiles of one home. Readers need no lock; writers take one for the whole home.
#[derive(Debug, Clone)]
pub struct Profiles {
    home: Home,
}

/// What can go wrong with profiles.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// There is no profile of this name.
    #[error("there is no profile {name:?}")]
    Unknown {
        /// The name asked for.
        name: String,
    },
    /// No profile was named, and no default is set.
    #[error("no profile is set up")]
    NoneYet,
    /// Several profiles and no default.
    #[error("no default profile is chosen")]
    NoDefault,
    /// There is one already.
    #[error("there is a profile {name:?} already")]
    Exists {
        /// The name asked for.
        name: String,
    },
    /// Not a name for a profile.
    #[error(
        "{name:?} is no name for a profile: letters, digits, '-', '_' and '.', not first '.', at most 64"
    )]
    BadName {
        /// The name asked for.
        name: String,
    },
    /// A file is not as it should be.
    #[error("{}: {detail}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Where and what.
        detail: String,
    },
    /// The file system failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DefaultFile {
    profile: String,
}

impl Profiles {
    /// The profiles of `home`.
    #[must_use]
    pub const fn of(home: Home) -> Self {
        Self { home }
    }

    /// Where they lie.
    #[must_use]
    pub const fn home(&self) -> &Home {
        &self.home
    }

    /// All names, sorted.
    ///
    /// # Errors
    /// [`ProfileError::Io`].
    pub fn names(&self) -> Result<Vec<String>, ProfileError> {
        let folder = self.home.profiles_dir();
        let at = |source| ProfileError::Io {
            path: folder.clone(),
            source,
        };
        let listing = match fs::read_dir(&folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(at)?,
        };
        let mut names = Vec::new();
        for entry in listing {
            let file = entry.map_err(at)?.file_name();
            let name = file.to_str().and_then(|f| f.strip_suffix(".toml"));
            names.extend(name.filter(|n| is_name(n)).map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    /// The name of the default profile: the chosen one, or the only one.
    ///
    /// # Errors
    /// [`ProfileError::NoneYet`], [`ProfileError::NoDefault`], and those of reading.
    pub fn default_name(&self) -> Result<String, ProfileError> {
        if let Some(chosen) = self.chosen()? {
            return Ok(chosen);
        }
        let mut names = self.names()?;
        match (names.pop(), names.is_empty()) {
            (None, _) => Err(ProfileError::NoneYet),
            (Some(only), true) => Ok(only),
            (Some(_), false) => Err(ProfileError::NoDefault),
        }
    }

    fn chosen(&self) -> Result<Option<String>, ProfileError> {
        let path = self.home.default_file();
        let Some(text) = read_if_there(&path)? else {
            return Ok(None);
        };
        let file: DefaultFile = toml::from_str(&text).map_err(|e| malformed(&path, &e))?;
        Ok(Some(file.profile).filter(|name| is_name(name)))
    }

    /// Reads a profile.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`], [`ProfileError::Malformed`] with the place in the file, [`ProfileError::Io`].
    pub fn load(&self, name: &str) -> Result<Profile, ProfileError> {
        let unknown = || ProfileError::Unknown {
            name: name.to_owned(),
        };
        if !is_name(name) {
            return Err(unknown());
        }
        let path = self.home.profile_file(name);
        let text = read_if_there(&path)?.ok_or_else(unknown)?;
        toml::from_str(&text).map_err(|e| malformed(&path, &e))
    }

    /// Makes a profile with these services, in order; the first one's store is the default store. `prepare` runs
    /// before the profile becomes visible (to make its stores); if it fails, there is no profile.
    ///
    /// # Errors
    /// [`ProfileError::BadName`], [`ProfileError::Exists`], what `prepare` says, and those of writing.
    pub fn create<E: From<ProfileError>>(
        &self,
        name: &str,
        services: Vec<(String, BTreeMap<String, String>)>,
        prepare: impl FnOnce(&Profile) -> Result<(), E>,
    ) -> Result<Profile, E> {
        let _writer = self.lock()?;
        let named = || name.to_owned();
        if !is_name(name) {
            return Err(ProfileError::BadName { name: named() }.into());
        }
        // A file system without case would give both the same file and the same mail.
        let taken = self.names()?;
        if taken.iter().any(|old| old.eq_ignore_ascii_case(name)) {
            return Err(ProfileError::Exists { name: named() }.into());
        }
        let mut profile = Profile::empty();
        for (service, config) in services {
            profile.add(&service, config);
        }
        make_private(&self.home.profile_data(name))?;
        prepare(&profile)?;
        self.write(name, &profile)?;
        Ok(profile)
    }

    /// Changes a profile: `change` is shown it as it stands, and what it returns is written, whole or not at all. No
    /// other process changes a profile meanwhile.
    ///
    /// # Errors
    /// What `change` says, those of [`Self::load`] and those of writing; the profile is as it was then.
    pub fn change<E: From<ProfileError>>(
        &self,
        name: &str,
        change: impl FnOnce(Profile) -> Result<Profile, E>,
    ) -> Result<(), E> {
        let _writer = self.lock()?;
        let changed = change(self.load(name)?)?;
        Ok(self.write(name, &changed)?)
    }

    fn write(&self, name: &str, profile: &Profile) -> Result<(), ProfileError> {
        let path = self.home.profile_file(name);
        let text = toml::to_string(profile).map_err(|e| ProfileError::Malformed {
            path: path.clone(),
            detail: e.to_string(),
        })?;
        write_file(
            &path,
            &format!("# A profile of malle: `malle profile list` shows all of them.\n\n{text}"),
        )
    }

    /// Makes `name` the default profile.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`], and those of writing.
    pub fn set_default(&self, name: &str) -> Result<(), ProfileError> {
        let _writer = self.lock()?;
        self.load(name)?;
        let quoted = toml::Value::String(name.to_owned());
        write_file(&self.home.default_file(), &format!("profile = {quoted}\n"))
    }

    /// Removes a profile. Its data directory stays unless `purge` says to remove it too.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`], [`ProfileError::Io`].
    pub fn delete(&self, name: &str, data: DataOnDelete) -> Result<(), ProfileError> {
        let _writer = self.lock()?;
        let path = self.home.profile_file(name);
        if !is_name(name) || !path.is_file() {
            return Err(ProfileError::Unknown {
                name: name.to_owned(),
            });
        }
        if self.chosen()?.as_deref() == Some(name) {
            remove(&self.home.default_file())?;
        }
        remove(&path)?;
        let folder = self.home.profile_data(name);
        if data == DataOnDelete::Remove && folder.exists() {
            fs::remove_dir_all(&folder).map_err(|source| ProfileError::Io {
                path: folder,
                source,
            })?;
        }
        Ok(())
    }

    fn lock(&self) -> Result<FileLock, ProfileError> {
        let path = self.home.run_dir().join("profiles.lock");
        FileLock::wait(&path).map_err(|source| ProfileError::Io { path, source })
    }
}

/// What happens to a removed profile's mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataOnDelete {
    /// It stays; a new profile of the same name finds it again.
    Keep,
    /// It is removed for good.
    Remove,
}

/// Whether this can be a profile's name: safe as a file name everywhere.
fn is_name(name: &str) -> bool {
    let good = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=NAME_MAX).contains(&name.len())
        && name.chars().all(good)
        && !name.starts_with('.')
        && !name.starts_with('-')
        && !name.ends_with('.')
}

fn read_if_there(path: &Path) -> Result<Option<String>, ProfileError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ProfileError::Io {
            path: path.to_owned(),
            source,
        }),
    }
}

fn write_file(path: &Path, text: &str) -> Result<(), ProfileError> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder
        .and_then(|()| write_atomically(path, text.as_bytes()))
        .map_err(|source| ProfileError::Io {
            path: path.to_owned(),
            source,
        })
}

/// Makes a directory that only its owner may enter, where the system knows owners.
fn make_private(path: &Path) -> Result<(), ProfileError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| ProfileError::Io {
        path: path.to_owned(),
        source,
    })
}

fn remove(path: &Path) -> Result<(), ProfileError> {
    fs::remove_file(path).map_err(|source| ProfileError::Io {
        path: path.to_owned(),
        source,
    })
}

fn malformed(path: &Path, error: &toml::de::Error) -> ProfileError {
    ProfileError::Malformed {
        path: path.to_owned(),
        detail: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(profiles: &Profiles, name: &str) -> Result<Profile, ProfileError> {
        profiles.create(name, vec![("S".to_owned(), BTreeMap::new())], |_| {
            Ok::<(), ProfileError>(())
        })
    }

    #[test]
    fn made_listed_chosen_removed() {
        let home = testkit::TempHome::new().unwrap();
        let profiles = Profiles::of(Home::below(home.path()));
        assert!(matches!(
            profiles.default_name(),
            Err(ProfileError::NoneYet)
        ));
        make(&profiles, "work").unwrap();
        assert_eq!(profiles.default_name().unwrap(), "work");
        make(&profiles, "home").unwrap();
        assert!(matches!(
            profiles.default_name(),
            Err(ProfileError::NoDefault)
        ));
        profiles.set_default("work").unwrap();
        assert_eq!(profiles.names().unwrap(), ["home", "work"]);
        assert!(matches!(
            make(&profiles, "Work"),
            Err(ProfileError::Exists { .. })
        ));
        profiles.delete("work", DataOnDelete::Keep).unwrap();
        assert_eq!(profiles.default_name().unwrap(), "home");
        assert!(profiles.home().profile_data("work").is_dir());
        profiles.delete("home", DataOnDelete::Remove).unwrap();
        assert!(!profiles.home().profile_data("home").exists());
    }

    #[test]
    fn names_cannot_leave_the_directory() {
        let home = testkit::TempHome::new().unwrap();
        let profiles = Profiles::of(Home::below(home.path()));
        for bad in ["", ".", "..", "a/b", "a\\b", "-x", ".x", "x\0", "con:"] {
            assert!(
                matches!(make(&profiles, bad), Err(ProfileError::BadName { .. })),
                "{bad:?}"
            );
            assert!(profiles.load(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_profile_that_cannot_be_prepared_is_not_there() {
        let home = testkit::TempHome::new().unwrap();
        let profiles = Profiles::of(Home::below(home.path()));
        let refused = profiles.create("x", Vec::new(), |_| Err(ProfileError::NoneYet));
        assert!(refused.is_err());
        assert!(profiles.names().unwrap().is_empty());
    }

    #[test]
    fn a_broken_file_is_named_with_its_place() {
        let home = testkit::TempHome::new().unwrap();
        let profiles = Profiles::of(Home::below(home.path()));
        make(&profiles, "x").unwrap();
        fs::write(profiles.home().profile_file("x"), "next_letter = 7").unwrap();
        let error = profiles.load("x").unwrap_err().to_string();
        assert!(
            error.contains("x.toml") && error.contains("line 1"),
            "{error}"
        );
    }
}
