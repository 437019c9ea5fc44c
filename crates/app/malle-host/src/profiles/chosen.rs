//! Which profile is used when none is named.

use mapi_props::Guid;
use serde::Deserialize;

use super::{ProfileError, Profiles, Result, is_name, read_if_there, remove, write_file};

/// The file that says it. No profile at all: an empty name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChosenFile {
    profile: String,
    /// Which of those that had the name it is: a rename that was killed before it could write this file loses nothing.
    #[serde(default)]
    instance: Option<String>,
}

enum Choice {
    /// Nobody chose; the only profile is the one.
    Unmade,
    /// Somebody chose to have none.
    Nobody,
    Profile(String),
}

impl Profiles {
    /// The name of the default profile: the chosen one, or the only one if nobody chose.
    ///
    /// # Errors
    /// [`ProfileError::NoneYet`], [`ProfileError::NoDefault`], and those of reading.
    pub fn default_name(&self) -> Result<String> {
        match self.chosen()? {
            Choice::Profile(name) => return Ok(name),
            Choice::Nobody => return Err(ProfileError::NoDefault),
            Choice::Unmade => {}
        }
        let mut names = self.names()?;
        if names.len() > 1 {
            // What is marked or a program's own is nobody's only one.
            names.retain(|name| match self.read(name) {
                Ok(file) => !file.profile.deleted && !file.profile.app,
                Err(_) => true,
            });
        }
        match (names.pop(), names.is_empty()) {
            (None, _) => Err(ProfileError::NoneYet),
            (Some(only), true) => Ok(only),
            (Some(_), false) => Err(ProfileError::NoDefault),
        }
    }

    /// Makes a profile the default one; `None`: none is.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`], and those of reading and writing.
    pub fn set_default(&self, name: Option<&str>) -> Result<()> {
        let _writer = self.lock()?;
        match name {
            Some(name) => {
                let instance = self.read(name)?.profile.instance;
                self.choose(name, instance)
            }
            None => write_file(
                &self.home.default_file(),
                "# No profile is used when none is named.\nprofile = \"\"\n",
            ),
        }
    }

    fn choose(&self, name: &str, instance: Guid) -> Result<()> {
        let quoted = toml::Value::String(name.to_owned());
        let text = format!(
            "# The profile that is used when none is named. `malle profile default` changes it.\n\
             profile = {quoted}\ninstance = \"{instance}\"\n"
        );
        write_file(&self.home.default_file(), &text)
    }

    fn chosen(&self) -> Result<Choice> {
        let Some(file) = self.choice()? else {
            return Ok(Choice::Unmade);
        };
        if file.profile.is_empty() {
            return Ok(Choice::Nobody);
        }
        if self.exists(&file.profile) {
            return Ok(Choice::Profile(file.profile));
        }
        let renamed = match file.instance {
            Some(instance) => self.with_instance(&instance)?,
            None => None,
        };
        Ok(renamed.map_or(Choice::Unmade, Choice::Profile))
    }

    fn choice(&self) -> Result<Option<ChosenFile>> {
        let path = self.home.default_file();
        let Some(text) = read_if_there(&path)? else {
            return Ok(None);
        };
        let file: ChosenFile =
            toml::from_str(&text).map_err(|e| ProfileError::malformed(&path, &e))?;
        let good = file.profile.is_empty() || is_name(&file.profile);
        Ok(good.then_some(file))
    }

    fn with_instance(&self, instance: &str) -> Result<Option<String>> {
        let is_it = |name: &String| {
            let file = self.read(name);
            file.is_ok_and(|file| file.profile.instance.to_string() == instance)
        };
        Ok(self.names()?.into_iter().find(is_it))
    }

    /// Forgets a choice of a profile that is gone, so that a new one of its name does not inherit it.
    pub(super) fn forget_stale_choice(&self) -> Result<()> {
        let gone = matches!(self.chosen()?, Choice::Unmade) && self.choice()?.is_some();
        if gone {
            remove(&self.home.default_file())?;
        }
        Ok(())
    }

    pub(super) fn choice_was_removed(&self, name: &str) -> Result<()> {
        if self.choice()?.is_some_and(|file| file.profile == name) {
            remove(&self.home.default_file())?;
        }
        Ok(())
    }

    pub(super) fn choice_was_renamed(&self, old: &str, new: &str, instance: Guid) -> Result<()> {
        if self.choice()?.is_some_and(|file| file.profile == old) {
            self.choose(new, instance)?;
        }
        Ok(())
    }
}
