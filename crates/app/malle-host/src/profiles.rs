//! The profiles of a home: files that are made, listed, changed, chosen and removed.
//!
//! A profile is one file, and every change of it is one rename: it is there whole or not at all, whenever a process or the
//! machine stops. Readers need no lock; writers take one for the whole home. Sessions hold a lock of their profile, each of its
//! own file; the system gives it back when they end in any way.

mod chosen;
mod error;
mod in_use;
mod name;
mod sealing;
mod secure;
#[cfg(test)]
mod tests;
mod transfer;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mapi::{Profile, ProfileEntry};
use mapi_props::Guid;

use crate::descriptions::Catalogue;
use crate::file::sync_folder;
use crate::profile_file::{ProfileFile, StoreLetter};
use crate::{FileLock, Home, write_atomically};

pub use error::ProfileError;
pub(crate) use name::ProfileName;
use name::{is_name, same};
pub use transfer::{ImportNote, LeftOut, ProfileExport};

type Result<T> = std::result::Result<T, ProfileError>;

/// The profiles of one home.
#[derive(Debug, Clone)]
pub struct Profiles {
    home: Home,
    catalogue: Arc<Catalogue>,
}

impl Profiles {
    /// The profiles of `home`, made of the services that this program and `home` know.
    #[must_use]
    pub fn of(home: Home) -> Self {
        let catalogue = Catalogue::of(&home);
        Self::made_of(home, catalogue)
    }

    /// The profiles of `home`, made of the services of a catalogue.
    #[must_use]
    pub fn made_of(home: Home, catalogue: Catalogue) -> Self {
        let catalogue = Arc::new(catalogue);
        Self { home, catalogue }
    }

    /// Where they lie.
    #[must_use]
    pub const fn home(&self) -> &Home {
        &self.home
    }

    /// What they can be made of.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// All names, sorted; those of profiles that are marked as deleted among them.
    ///
    /// # Errors
    /// [`ProfileError::Io`].
    pub fn names(&self) -> Result<Vec<String>> {
        let folder = self.home.profiles_dir();
        let listing = match fs::read_dir(&folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(ProfileError::at(&folder))?,
        };
        let mut names = Vec::new();
        for entry in listing {
            let file = entry.map_err(ProfileError::at(&folder))?.file_name();
            let name = file.to_str().and_then(|f| f.strip_suffix(".toml"));
            names.extend(name.filter(|n| is_name(n)).map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    /// All profiles with their marks, by name. One that cannot be read has no marks.
    ///
    /// # Errors
    /// [`ProfileError::Io`].
    pub fn entries(&self) -> Result<Vec<ProfileEntry>> {
        let default = match self.default_name() {
            Err(ProfileError::NoneYet | ProfileError::NoDefault) => None,
            other => Some(other?),
        };
        let entry = |name: String| {
            let profile = self.read(&name).unwrap_or_default().profile;
            ProfileEntry {
                default: default.as_ref() == Some(&name),
                name,
                app: profile.app,
                deleted: profile.deleted,
                renamed_to: profile.renamed_to,
            }
        };
        Ok(self.names()?.into_iter().map(entry).collect())
    }

    /// Reads a profile. What is sealed is opened, where this user's key does.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`], [`ProfileError::Malformed`] with the place in the file, [`ProfileError::Io`].
    pub fn load(&self, name: &str) -> Result<Profile> {
        let file = self.read(name)?;
        Ok(self.opened(name, &file))
    }

    /// Where relative paths of a profile start.
    ///
    /// # Errors
    /// Those of [`Self::load`].
    pub fn data_dir(&self, name: &str) -> Result<PathBuf> {
        Ok(self.base(name, &self.read(name)?))
    }

    /// The same; of a profile that there is not, where they would start.
    #[must_use]
    pub fn expected_data_dir(&self, name: &str) -> PathBuf {
        self.data_dir(name).unwrap_or_else(|_| {
            let folder = self.free_folder(name);
            let folder = folder.unwrap_or_else(|_| name.to_owned());
            self.home.profile_data(&folder)
        })
    }

    fn base(&self, name: &str, file: &ProfileFile) -> PathBuf {
        let folder = if file.data.is_empty() {
            name
        } else {
            &file.data
        };
        self.home.profile_data(folder)
    }

    fn read(&self, name: &str) -> Result<ProfileFile> {
        if !is_name(name) {
            return Err(ProfileError::unknown(name));
        }
        let path = self.home.profile_file(name);
        let text = read_if_there(&path)?.ok_or_else(|| ProfileError::unknown(name))?;
        let read = ProfileFile::read(name, &text);
        let mut file = read.map_err(|e| ProfileError::malformed(&path, &e))?;
        file.profile.renamed_to.take_if(|new| new == name);
        Ok(file)
    }

    fn exists(&self, name: &str) -> bool {
        is_name(name) && self.home.profile_file(name).is_file()
    }

    fn must_exist(&self, name: &str) -> Result<()> {
        let there = self.exists(name);
        there
            .then_some(())
            .ok_or_else(|| ProfileError::unknown(name))
    }

    /// Makes a profile. `prepare` is shown it, with its base, before it becomes visible; if it fails, there is no profile.
    ///
    /// # Errors
    /// [`ProfileError::BadName`], [`ProfileError::Exists`], [`ProfileError::Unkept`], what `prepare` says, and those of
    /// writing.
    pub fn create<E: From<ProfileError>>(
        &self,
        mut profile: Profile,
        prepare: impl FnOnce(&Profile) -> std::result::Result<(), E>,
    ) -> std::result::Result<Profile, E> {
        let _writer = self.lock()?;
        self.sweep_drafts();
        self.must_be_free(&profile.name, None)?;
        self.forget_stale_choice()?;
        if profile.instance == Guid::NIL {
            profile.instance = mapi_spi::Support::new_guid(&crate::SystemSupport);
        }
        let data = self.free_folder(&profile.name)?;
        let base = self.home.profile_data(&data);
        make_private(&base)?;
        for service in &mut profile.services {
            service.config.base.clone_from(&base);
        }
        profile.base = base;
        prepare(&profile)?;
        let old = ProfileFile {
            data,
            ..ProfileFile::default()
        };
        self.write(&profile, &old)?;
        Ok(profile)
    }

    /// Changes a profile: `change` is shown it as it stands, and what it leaves behind is written, whole or not at all.
    /// No other process changes a profile meanwhile.
    ///
    /// # Errors
    /// What `change` says, those of [`Self::load`] and those of writing; the profile is as it was then.
    pub fn change<E: From<ProfileError>>(
        &self,
        name: &str,
        change: impl FnOnce(&mut Profile) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let _writer = self.lock()?;
        let old = self.read(name)?;
        let mut profile = self.opened(name, &old);
        change(&mut profile)?;
        name.clone_into(&mut profile.name);
        Ok(self.write(&profile, &old)?)
    }

    /// Renames a profile at once. Its data stay where they are, and the default profile stays it.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`], [`ProfileError::BadName`], [`ProfileError::Exists`], and those of writing.
    pub fn rename(&self, name: &str, new: &str) -> Result<()> {
        let _writer = self.lock()?;
        self.sweep_drafts();
        let mut file = self.read(name)?;
        self.must_be_free(new, Some(name))?;
        if name == new {
            return Ok(());
        }
        // Said in the file first, for under its new name it could not be known any more. Should the process be killed right
        // after, the mark gives it its name later; under that name the mark says nothing.
        if file.data.is_empty() {
            name.clone_into(&mut file.data);
        }
        file.profile.renamed_to = Some(new.to_owned());
        self.write_file(name, &file)?;
        let (from, to) = (self.home.profile_file(name), self.home.profile_file(new));
        fs::rename(&from, &to).map_err(ProfileError::at(&to))?;
        sync_folder(&to).map_err(ProfileError::at(&to))?;
        self.choice_was_renamed(name, new, file.profile.instance)
    }

    /// Removes a profile at once. Its data stay.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`], [`ProfileError::Io`].
    pub fn remove(&self, name: &str) -> Result<()> {
        let _writer = self.lock()?;
        self.sweep_drafts();
        self.must_exist(name)?;
        remove(&self.home.profile_file(name))?;
        self.choice_was_removed(name)
    }

    /// Removes a profile that nobody uses, and its data if that is wanted.
    ///
    /// # Errors
    /// [`ProfileError::InUse`], and those of [`Self::remove`].
    pub fn delete(&self, name: &str, data: DataOnDelete) -> Result<()> {
        let in_use = || ProfileError::InUse {
            name: name.to_owned(),
        };
        let _alone = self.alone(name)?.ok_or_else(in_use)?;
        let folder = self.data_dir(name);
        self.remove(name)?;
        match (data, folder) {
            (DataOnDelete::Remove, Ok(folder)) if folder.exists() => {
                fs::remove_dir_all(&folder).map_err(ProfileError::at(&folder))
            }
            // A file that nobody can read names no folder either.
            _ => Ok(()),
        }
    }

    /// Whether a profile could get this name; `but` may have it already.
    fn must_be_free(&self, name: &str, but: Option<&str>) -> Result<()> {
        let named = name.to_owned();
        if !is_name(name) {
            return Err(ProfileError::BadName { name: named });
        }
        let names = self.names()?;
        let mut others = names.iter().filter(|other| Some(other.as_str()) != but);
        // A file system without case would give both the same file.
        if others.any(|other| same(other, name)) {
            return Err(ProfileError::Exists { name: named });
        }
        Ok(())
    }

    /// A folder for the data of a new profile: called as the profile, unless one of another name has that.
    fn free_folder(&self, name: &str) -> Result<String> {
        let mut taken = Vec::new();
        for other in self.names()? {
            let file = self.read(&other).unwrap_or_default();
            taken.push(if file.data.is_empty() {
                other
            } else {
                file.data
            });
        }
        let numbered = (2_u32..).map(|n| format!("{name}-{n}"));
        let mut candidates = std::iter::once(name.to_owned()).chain(numbered);
        let free = candidates.find(|folder| !taken.iter().any(|t| same(t, folder)));
        Ok(free.unwrap_or_default())
    }

    fn opened(&self, name: &str, file: &ProfileFile) -> Profile {
        let mut profile = sealing::open(file, &self.home);
        name.clone_into(&mut profile.name);
        profile.base = self.base(name, file);
        for service in &mut profile.services {
            service.config.base.clone_from(&profile.base);
        }
        profile
    }

    fn write(&self, profile: &Profile, old: &ProfileFile) -> Result<()> {
        keepable(profile)?;
        let file = sealing::seal(profile, old, &self.home, &self.catalogue)?;
        self.write_file(&profile.name, &file)
    }

    fn write_file(&self, name: &str, file: &ProfileFile) -> Result<()> {
        write_file(&self.home.profile_file(name), &file.write())
    }

    fn lock(&self) -> Result<FileLock> {
        let path = self.home.lock_file("profiles.lock");
        FileLock::wait(&path).map_err(ProfileError::at(&path))
    }

    /// Removes what writers left that were killed. The caller is the only writer.
    fn sweep_drafts(&self) {
        let folder = self.home.profiles_dir();
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        for entry in entries {
            let name = entry.file_name();
            let draft = name
                .to_str()
                .is_some_and(|n| n.starts_with('.') && n.ends_with(".new"));
            if draft {
                // One that stays is in nobody's way.
                let _left_behind = fs::remove_file(entry.path());
            }
        }
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

/// What a file could not give back as it is.
fn keepable(profile: &Profile) -> Result<()> {
    let unkept = |detail: String| ProfileError::Unkept {
        name: profile.name.clone(),
        detail,
    };
    let letters = profile.stores().map(|(_, store)| store.letter.as_str());
    for letter in letters.chain([profile.next_letter.as_str()]) {
        if !letter.is_empty() {
            letter
                .parse::<StoreLetter>()
                .map_err(|e| unkept(e.to_string()))?;
        }
    }
    match &profile.renamed_to {
        Some(name) if !is_name(name) => Err(ProfileError::BadName { name: name.clone() }),
        _ => Ok(()),
    }
}

fn read_if_there(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) if e.kind() == io::ErrorKind::InvalidData => {
            Err(ProfileError::malformed(path, &"the file is no UTF-8 text"))
        }
        Err(e) => Err(ProfileError::at(path)(e)),
    }
}

fn write_file(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    let written = folder.and_then(|()| write_atomically(path, text.as_bytes()));
    written.map_err(ProfileError::at(path))
}

/// Makes a directory that only its owner may enter, where the system knows owners.
fn make_private(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(ProfileError::at(path))
}

fn remove(path: &Path) -> Result<()> {
    let removed = fs::remove_file(path).and_then(|()| sync_folder(path));
    removed.map_err(ProfileError::at(path))
}
