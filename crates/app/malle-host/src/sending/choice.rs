//! What a person chose about sending: `sending.toml` among the settings. Only a person writes it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::Home;

/// What a person chose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SendingChoice {
    /// How long a message waits before it leaves, so that it can be taken back.
    pub undo: Duration,
}

/// A choice that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BadChoice {
    /// The file cannot be read.
    #[error("{}", path.display())]
    File {
        /// Where it lies.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It says what nobody understands.
    #[error("{}", path.display())]
    Text {
        /// Where it lies.
        path: PathBuf,
        /// What is wrong, and where.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A time that is none.
    #[error("{}: undo = {said:?} is no time such as \"10s\" or \"2m\" (s, m, h, d, w)", path.display())]
    Undo {
        /// Where it lies.
        path: PathBuf,
        /// What stands there.
        said: String,
    },
}

/// The file: for all profiles, and for single ones below `[profile.NAME]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    undo: Option<String>,
    #[serde(default)]
    profile: BTreeMap<String, Own>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    undo: Option<String>,
}

impl SendingChoice {
    /// What was chosen for a profile; nothing where there is no file.
    ///
    /// # Errors
    /// [`BadChoice`].
    pub fn of(home: &Home, profile: &str) -> Result<Self, BadChoice> {
        let path = home.sending_choice_file();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(BadChoice::File { path, source }),
        };
        let mut file: File = match toml::from_str(&text) {
            Ok(file) => file,
            Err(e) => {
                let source = Box::new(e);
                return Err(BadChoice::Text { path, source });
            }
        };
        let own = file.profile.remove(profile).unwrap_or_default();
        let undo = match own.undo.or(file.undo) {
            None => Duration::ZERO,
            Some(said) => span(&said).ok_or(BadChoice::Undo { path, said })?,
        };
        Ok(Self { undo })
    }
}

/// A time that is so long, as people write it: `10s`, `30m`, `2h`, `3d`, `1w`.
#[must_use]
pub fn span(said: &str) -> Option<Duration> {
    let digits = said.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match said.strip_prefix(digits)? {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let count = digits.parse::<u64>().ok().filter(|_| plain)?;
    count.checked_mul(unit).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::{SendingChoice, span};
    use crate::Home;
    use std::fs;
    use std::time::Duration;

    #[test]
    fn what_is_said_of_a_profile_comes_before_what_is_said_of_all() {
        let place = testkit::TempHome::new().unwrap();
        let home = Home::below(place.path());
        let none = SendingChoice::of(&home, "me").unwrap();
        assert_eq!(none, SendingChoice::default());
        let text = "undo = \"10s\"\n[profile.work]\nundo = \"2m\"\n";
        fs::write(home.sending_choice_file(), text).unwrap();
        let me = SendingChoice::of(&home, "me").unwrap();
        assert_eq!(me.undo, Duration::from_secs(10));
        let work = SendingChoice::of(&home, "work").unwrap();
        assert_eq!(work.undo, Duration::from_secs(120));
        for wrong in ["undo = 10", "undo = \"soon\"", "und = \"1s\""] {
            fs::write(home.sending_choice_file(), wrong).unwrap();
            let said = crate::reason(&SendingChoice::of(&home, "me").unwrap_err());
            assert!(said.contains("sending.toml"), "{said}");
        }
    }

    #[test]
    fn spans_as_people_write_them() {
        assert_eq!(span("10s"), Some(Duration::from_secs(10)));
        assert_eq!(span("2h"), Some(Duration::from_secs(7200)));
        for wrong in [
            "",
            "s",
            "10",
            "+1s",
            "-1s",
            "1 s",
            "1S",
            "1.5h",
            "é",
            "99999999999999999999w",
        ] {
            assert_eq!(span(wrong), None, "{wrong}");
        }
    }
}
