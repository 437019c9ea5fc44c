//! What can be wrong with settings: the key, the value, and what is allowed.

use mapi_props::Code;

use super::{Setting, SettingKind};
use crate::Error;

/// The most edits that still make two keys similar.
const NEAR: usize = 3;

/// A setting that is not as it may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingProblem {
    /// There is no setting of this key.
    #[error("there is no setting `{key}`{}", hint(near.as_deref(), known))]
    Unknown {
        /// As it was given.
        key: String,
        /// The one that was probably meant.
        near: Option<String>,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A setting that must be is not set.
    #[error("the setting `{key}` is missing: {}", kind.allowed())]
    Missing {
        /// Its key.
        key: String,
        /// What it may be.
        kind: SettingKind,
    },
    /// A value that cannot be.
    #[error("setting `{key}`: {} is not {}", shown(value.as_deref()), kind.allowed())]
    Wrong {
        /// Its key.
        key: String,
        /// What was given; `None` of a secret's name, which may be the secret itself by mistake.
        value: Option<String>,
        /// What it may be.
        kind: SettingKind,
    },
    /// A value that could be, but not as things are: a path where nothing is.
    #[error("setting `{key}`: `{value}` is not {allowed}: {why}")]
    Unfit {
        /// Its key.
        key: String,
        /// What was given.
        value: String,
        /// What it may be, in the service's words.
        allowed: String,
        /// Why this is not.
        why: String,
    },
}

fn hint(near: Option<&str>, known: &[String]) -> String {
    match (near, known) {
        (Some(near), _) => format!("; did you mean `{near}`?"),
        (None, []) => "; nothing can be set here".to_owned(),
        (None, known) => format!("; there are: {}", known.join(", ")),
    }
}

fn shown(value: Option<&str>) -> String {
    value.map_or_else(|| "what was given".to_owned(), |value| format!("`{value}`"))
}

impl SettingProblem {
    /// The problem of a key that no setting has.
    #[must_use]
    pub fn unknown(key: &str, settings: &[Setting]) -> Self {
        let known: Vec<String> = settings.iter().map(|s| s.key.clone()).collect();
        Self::Unknown {
            key: key.to_owned(),
            near: nearest(key, &known).map(str::to_owned),
            known,
        }
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Unknown { key, .. }
            | Self::Missing { key, .. }
            | Self::Wrong { key, .. }
            | Self::Unfit { key, .. } => key,
        }
    }
}

impl From<SettingProblem> for Error {
    /// `MAPI_E_UNCONFIGURED` for what is missing, else `MAPI_E_INVALID_PARAMETER`; the problem stays as the source.
    fn from(problem: SettingProblem) -> Self {
        let code = match problem {
            SettingProblem::Missing { .. } => Code::UNCONFIGURED,
            SettingProblem::Unknown { .. }
            | SettingProblem::Wrong { .. }
            | SettingProblem::Unfit { .. } => Code::INVALID_PARAMETER,
        };
        Self::caused(code, problem.to_string(), problem)
    }
}

/// The word that needs the fewest edits to become `key`, if they are few for its length.
fn nearest<'a>(key: &str, known: &'a [String]) -> Option<&'a str> {
    let key: Vec<char> = key.to_lowercase().chars().take(64).collect();
    let words = known.iter().map(|word| (edits(&key, word), word));
    let (distance, word) = words.min_by_key(|(distance, _)| *distance)?;
    let bearable = NEAR.min(word.chars().count().div_ceil(2));
    (distance <= bearable).then_some(word.as_str())
}

/// How many characters must be put in, left out or replaced to make one word of the other.
fn edits(from: &[char], to: &str) -> usize {
    let mut row: Vec<usize> = (0..=from.len()).collect();
    for (done, c) in to.chars().enumerate() {
        let (mut corner, mut left) = (done, done + 1);
        for (cell, f) in row.iter_mut().skip(1).zip(from) {
            let replaced = corner + usize::from(*f != c);
            corner = *cell;
            left = replaced.min(corner + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = done + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_that_was_meant_is_found() {
        let known = ["path", "read-only", "layout", "port"].map(str::to_owned);
        for (key, near) in [
            ("pth", Some("path")),
            ("PATH", Some("path")),
            ("readonly", Some("read-only")),
            ("layuot", Some("layout")),
            ("prot", Some("port")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(key, &known), near, "{key}");
        }
        let letters = |word: &str| word.chars().collect::<Vec<_>>();
        assert_eq!(edits(&letters("kitten"), "sitting"), 3);
        assert_eq!(edits(&[], "abc"), 3);
    }
}
