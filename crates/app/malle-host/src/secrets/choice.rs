//! What a person chose in `secrets.toml`: where secrets are kept, and how.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::{Place, SecretError};

/// `secrets.toml` as it is written. Every part may be missing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Choice {
    /// Where new secrets go; none: into the keyring if there is one, else into the encrypted file.
    pub(super) backend: Option<Place>,
    /// The encrypted file.
    pub(super) file: FileChoice,
    /// The commands of the backend `command`.
    pub(super) command: CommandChoice,
    /// Commands that read one secret each, by its name, wherever the others are.
    pub(super) commands: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileChoice {
    /// Where it is; none: beside the list of names.
    pub(super) path: Option<PathBuf>,
    /// A file whose first line is the passphrase.
    pub(super) passphrase_file: Option<PathBuf>,
    /// A command whose first line is the passphrase.
    pub(super) passphrase_command: Vec<String>,
    /// Whether the keyring keeps the passphrase once it was given.
    pub(super) passphrase_in_keyring: bool,
    /// How hard guessing is made, as a power of two. 18 takes about a second and 256 MiB.
    pub(super) work: u8,
}

impl Default for FileChoice {
    fn default() -> Self {
        Self {
            path: None,
            passphrase_file: None,
            passphrase_command: Vec::new(),
            passphrase_in_keyring: false,
            work: 18,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CommandChoice {
    /// Prints a secret: program and arguments. `{name}`, `{profile}`, `{service}` and `{key}` are filled in.
    pub(super) get: Vec<String>,
    /// Takes a secret on standard input.
    pub(super) set: Vec<String>,
    /// Removes one.
    pub(super) delete: Vec<String>,
    /// What of its output is the secret.
    pub(super) output: Output,
    /// How many seconds it may take.
    pub(super) timeout: u64,
}

impl Default for CommandChoice {
    fn default() -> Self {
        Self {
            get: Vec::new(),
            set: Vec::new(),
            delete: Vec::new(),
            output: Output::FirstLine,
            timeout: 30,
        }
    }
}

impl CommandChoice {
    pub(super) const fn limit(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }
}

/// What of a command's output is the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Output {
    /// The first line, without its end: what `pass` and its like print.
    FirstLine,
    /// All of it, to the byte.
    Whole,
}

impl Choice {
    /// Reads `secrets.toml`; without one everything is as by default.
    pub(super) fn read(path: &Path) -> Result<Self, SecretError> {
        let text = match fs::read_to_string(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            other => other.map_err(SecretError::io(path))?,
        };
        let wrong = |detail: String| SecretError::Config {
            path: path.to_owned(),
            detail,
        };
        let choice: Self = toml::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        if !(1..=20).contains(&choice.file.work) {
            let work = choice.file.work;
            return Err(wrong(format!("file.work is {work}; it can be 1 to 20")));
        }
        if choice.backend == Some(Place::Command) && choice.command.get.is_empty() {
            return Err(wrong("backend = \"command\" needs command.get".to_owned()));
        }
        if choice.command.timeout == 0 {
            return Err(wrong(
                "command.timeout is 0; it can be 1 or more".to_owned(),
            ));
        }
        if let Some((name, _)) = choice.commands.iter().find(|(_, words)| words.is_empty()) {
            return Err(wrong(format!(
                "commands.{name:?} is empty: it needs a program"
            )));
        }
        Ok(choice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Choice, SecretError> {
        let home = testkit::TempHome::new().unwrap();
        let path = home.path().join("secrets.toml");
        fs::write(&path, text).unwrap();
        Choice::read(&path)
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, want) in [
            ("backend = \"plain\"", "line 1"),
            ("backend = \"command\"", "command.get"),
            ("[file]\nwork = 40", "1 to 20"),
            ("[file]\npath = 3", "line 2"),
            ("[command]\ntimeout = 0", "1 or more"),
            ("[command]\nget = \"pass show\"", "line 2"),
            ("[commands]\n\"a/b/c\" = []", "needs a program"),
            ("pasword = \"x\"", "pasword"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(
                error.contains("secrets.toml") && error.contains(want),
                "{error}"
            );
        }
    }

    #[test]
    fn a_whole_choice_is_read() {
        let choice = read(
            "backend = \"command\"\n[command]\nget = [\"pass\", \"show\", \"{name}\"]\noutput = \"whole\"\n\
             [file]\npassphrase_in_keyring = true\n[commands]\n\"work/u/password\" = [\"pass\", \"show\", \"x\"]\n",
        )
        .unwrap();
        assert_eq!(choice.backend, Some(Place::Command));
        assert_eq!(choice.command.output, Output::Whole);
        assert!(choice.file.passphrase_in_keyring);
        assert_eq!(choice.commands.len(), 1);
        assert_eq!(read("").unwrap().backend, None);
    }
}
