//! Where things lie: one directory given by the user, or the platform's own directories.

use std::env;
use std::path::{Path, PathBuf};

use etcetera::{AppStrategy, AppStrategyArgs};

/// The directories of one user's malle.
///
/// With `MALLE_HOME` (or `--home`) everything lies below that one directory. Otherwise the platform decides: XDG
/// directories on Unix, `Library` on macOS, `AppData` on Windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    config: PathBuf,
    data: PathBuf,
    run: PathBuf,
    locks: PathBuf,
}

/// The platform tells no home directory for this user.
#[derive(Debug, thiserror::Error)]
#[error("no home directory is known for this user: set MALLE_HOME")]
pub struct NoHome(#[source] etcetera::HomeDirError);

impl Home {
    /// `given`, else `MALLE_HOME`, else the platform's directories. Creates nothing.
    ///
    /// # Errors
    /// [`NoHome`] when nothing is given and the platform knows no home directory.
    pub fn find(given: Option<&Path>) -> Result<Self, NoHome> {
        let named = given.map(Path::to_owned).or_else(|| {
            let value = env::var_os("MALLE_HOME").filter(|value| !value.is_empty())?;
            Some(PathBuf::from(value))
        });
        match named {
            Some(root) => Ok(Self::below(&root)),
            None => Self::native(),
        }
    }

    /// Everything below `root`.
    #[must_use]
    pub fn below(root: &Path) -> Self {
        Self {
            config: root.to_owned(),
            data: root.join("data"),
            run: root.join("run"),
            locks: root.join("run"),
        }
    }

    fn native() -> Result<Self, NoHome> {
        let args = AppStrategyArgs {
            top_level_domain: "org".to_owned(),
            author: "malle".to_owned(),
            app_name: "malle".to_owned(),
        };
        let places = etcetera::app_strategy::choose_native_strategy(args).map_err(NoHome)?;
        let data = places.data_dir();
        let run = places.runtime_dir().unwrap_or_else(|| data.join("run"));
        Ok(Self {
            config: places.config_dir(),
            // Not with the sockets: a program that is started without a runtime directory must meet the locks of the others.
            locks: data.join("locks"),
            data,
            run,
        })
    }

    /// The file that names the default profile. Only the command that changes the default writes it.
    #[must_use]
    pub fn default_file(&self) -> PathBuf {
        self.config.join("default-profile.toml")
    }

    /// The directory of profile files, `NAME.toml` each.
    #[must_use]
    pub fn profiles_dir(&self) -> PathBuf {
        self.config.join("profiles")
    }

    /// The file of one profile.
    #[must_use]
    pub fn profile_file(&self, name: &str) -> PathBuf {
        self.profiles_dir().join(format!("{name}.toml"))
    }

    /// A folder for the data of a profile; which one, its file says.
    #[must_use]
    pub fn profile_data(&self, folder: &str) -> PathBuf {
        self.data.join(folder)
    }

    /// The key of what lies sealed in profile files.
    #[must_use]
    pub fn secure_key_file(&self) -> PathBuf {
        self.data.join("secure.key")
    }

    /// Descriptions of message services beside those of the program.
    #[must_use]
    pub fn descriptions_file(&self) -> PathBuf {
        self.config.join("mapisvc.inf")
    }

    /// Signatures of one profile: `ADDRESS.txt` for one address, `default.txt` for all others.
    #[must_use]
    pub fn signatures_dir(&self, profile: &str) -> PathBuf {
        self.config.join("signatures").join(profile)
    }

    /// Texts of one profile that an editor is working on, or was when it was interrupted. No profile can have its name,
    /// which starts with a dot.
    #[must_use]
    pub fn editing_dir(&self, profile: &str) -> PathBuf {
        self.data.join(".editing").join(profile)
    }

    /// The local library of forms.
    #[must_use]
    pub fn forms_file(&self) -> PathBuf {
        self.config.join("forms.toml")
    }

    /// Where mail waits between the profiles of this home, unless they say otherwise. No profile can have its name, which
    /// starts with a dot.
    #[must_use]
    pub fn spool_dir(&self) -> PathBuf {
        self.data.join(".spool")
    }

    /// Where secrets lie that lie in files, and the list of all names. Only its owner may enter. No profile can have
    /// its name, which starts with a dot.
    #[must_use]
    pub fn secrets_dir(&self) -> PathBuf {
        self.data.join(".secrets")
    }

    /// Which secrets there are and where each lies.
    #[must_use]
    pub fn secret_names_file(&self) -> PathBuf {
        self.secrets_dir().join("names.toml")
    }

    /// The encrypted file, unless `secrets.toml` names another.
    #[must_use]
    pub fn secret_file(&self) -> PathBuf {
        self.secrets_dir().join("secrets.age")
    }

    /// What a person chose about secrets. Only a person writes it.
    #[must_use]
    pub fn secrets_choice_file(&self) -> PathBuf {
        self.config.join("secrets.toml")
    }

    /// What a person chose about sending. Only a person writes it.
    #[must_use]
    pub fn sending_choice_file(&self) -> PathBuf {
        self.config.join("sending.toml")
    }

    /// A file that processes lock, for all processes of this user the same. It stays empty, and stays.
    #[must_use]
    pub fn lock_file(&self, name: &str) -> PathBuf {
        self.locks.join(name)
    }

    /// Sockets of running processes.
    #[must_use]
    pub fn run_dir(&self) -> &Path {
        &self.run
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_home_holds_everything() {
        let home = Home::find(Some(Path::new("/x"))).unwrap();
        assert_eq!(
            home.profile_file("work"),
            Path::new("/x/profiles/work.toml")
        );
        assert!(home.profile_data("work").starts_with("/x"));
        assert!(home.run_dir().starts_with("/x"));
        assert!(home.default_file().starts_with("/x"));
    }
}
