//! What a store's ids begin with.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// What a store's ids begin with: `a` to `z`, then `aa` and so on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct StoreLetter(String);

/// The text is not a store letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no store letter: one to four of the letters a to z are allowed")]
pub struct BadLetter(String);

impl StoreLetter {
    /// The letters themselves.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
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
        let bad = || BadLetter(text.to_owned());
        good.then(|| Self(text.to_owned())).ok_or_else(bad)
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
        letter.0
    }
}
