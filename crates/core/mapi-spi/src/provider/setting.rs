//! One setting of a service: its key, its property, what it may be.

mod data;
mod problem;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use mapi_props::{Code, PropTag, PropValue};

use crate::{Error, Result};

pub use data::{SettingsData, settings_table};
pub use problem::SettingProblem;

/// The longest text of a setting, in characters.
pub(crate) const LONGEST_TEXT: usize = 4096;

/// The longest name of a secret, in characters.
const LONGEST_SECRET: usize = 64;

/// Something that can be set for a service or a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its key in profiles and on the command line: `path`.
    pub key: String,
    /// Its property in the profile section, 0x6600 to 0x67FF; those from 0x67F0 are secure.
    pub tag: PropTag,
    /// What it may be.
    pub kind: SettingKind,
    /// Whether the service cannot do without.
    pub required: bool,
    /// What a new service gets.
    pub default: Option<String>,
    /// A few words for people.
    pub label: String,
    /// A sentence for people.
    pub help: String,
}

/// What a setting may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingKind {
    /// Any text.
    Text,
    /// A path; a relative one is below the profile's folder.
    Path,
    /// A whole number in these limits, both included.
    Number {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// One of these words.
    Choice(Vec<String>),
    /// `yes` or `no`.
    Switch,
    /// The name of a secret that is kept elsewhere; never the secret.
    Secret,
}

impl Setting {
    /// A setting that may be missing, labelled with its key.
    #[must_use]
    pub fn new(key: &str, tag: impl Into<PropTag>, kind: SettingKind) -> Self {
        Self {
            key: key.to_owned(),
            tag: tag.into(),
            kind,
            required: false,
            default: None,
            label: key.to_owned(),
            help: String::new(),
        }
    }

    /// The same; the service cannot do without.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same; a new service gets this.
    #[must_use]
    pub fn default(mut self, value: &str) -> Self {
        self.default = Some(value.to_owned());
        self
    }

    /// The same, explained to people.
    #[must_use]
    pub fn explained(mut self, label: &str, help: &str) -> Self {
        self.label = label.to_owned();
        self.help = help.to_owned();
        self
    }

    /// Whether the setting may be `value`.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` with the key, the value and what is allowed; its source is a [`SettingProblem`].
    pub fn check(&self, value: &str) -> Result<()> {
        self.value(value).map(drop)
    }

    /// What its property holds for the text that a profile holds.
    ///
    /// # Errors
    /// Those of [`Self::check`].
    pub fn value(&self, text: &str) -> Result<PropValue> {
        let value = self.kind.value(text);
        value.ok_or_else(|| self.refusal(text).into())
    }

    /// The text that a profile holds for a value of its property.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_TYPE` for a value that no such setting has; those of [`Self::check`].
    pub fn text(&self, value: &PropValue) -> Result<String> {
        let text = match value {
            PropValue::Unicode(text) => text.clone(),
            PropValue::Long(number) => number.to_string(),
            PropValue::I8(number) => number.to_string(),
            PropValue::Bool(on) => (if *on { "yes" } else { "no" }).to_owned(),
            other => {
                let detail = format!("setting `{}`: {} is no value of it", self.key, other.ty());
                return Err(Error::new(Code::INVALID_TYPE, detail));
            }
        };
        self.check(&text)?;
        Ok(text)
    }

    /// What may be set, in words: `yes or no`.
    #[must_use]
    pub fn allowed(&self) -> String {
        self.kind.allowed()
    }

    /// Its label, its help and what it may be, as one sentence for people.
    #[must_use]
    pub fn explanation(&self) -> String {
        let allowed = self.allowed();
        match self.help.as_str() {
            "" => format!("{} (`{}`): {allowed}", self.label, self.key),
            help => format!("{} (`{}`): {allowed}. {help}", self.label, self.key),
        }
    }

    /// All that is wrong with `values`: unknown keys, values that cannot be, and what is missing.
    #[must_use]
    pub fn problems(settings: &[Self], values: &BTreeMap<String, String>) -> Vec<SettingProblem> {
        let known = |key: &String| settings.iter().any(|s| s.key == *key);
        let unknown = values.keys().filter(|key| !known(key));
        let mut problems: Vec<_> = unknown
            .map(|key| SettingProblem::unknown(key, settings))
            .collect();
        let wrong = |setting: &Self| match values.get(&setting.key) {
            Some(value) => setting.wrong(value),
            None => setting.lacking(),
        };
        problems.extend(settings.iter().filter_map(wrong));
        problems
    }

    /// What is wrong with a value.
    #[must_use]
    pub fn wrong(&self, value: &str) -> Option<SettingProblem> {
        let good = self.kind.value(value).is_some();
        (!good).then(|| self.refusal(value))
    }

    fn refusal(&self, value: &str) -> SettingProblem {
        let hidden = self.kind == SettingKind::Secret;
        SettingProblem::Wrong {
            key: self.key.clone(),
            value: (!hidden).then(|| value.to_owned()),
            kind: self.kind.clone(),
        }
    }

    /// What is wrong if there is no value.
    #[must_use]
    pub fn lacking(&self) -> Option<SettingProblem> {
        (self.required && self.default.is_none()).then(|| SettingProblem::Missing {
            key: self.key.clone(),
            kind: self.kind.clone(),
        })
    }
}

impl SettingKind {
    /// What may be set, in words: `yes or no`.
    #[must_use]
    pub fn allowed(&self) -> String {
        match self {
            Self::Text => {
                format!("a text of at most {LONGEST_TEXT} characters, without control characters")
            }
            Self::Path => "a path".to_owned(),
            Self::Number { min, max } => format!("a number from {min} to {max}"),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Switch => "yes or no".to_owned(),
            Self::Secret => {
                "the name of a secret (letters, digits and _ . / @ + -, at most 64)".to_owned()
            }
        }
    }

    /// A word that never changes, for programs: `number`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Path => "path",
            Self::Number { .. } => "number",
            Self::Choice(_) => "choice",
            Self::Switch => "switch",
            Self::Secret => "secret",
        }
    }

    /// What a property holds for a text; `None` for one that cannot be.
    fn value(&self, text: &str) -> Option<PropValue> {
        let control = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        let long = text.chars().nth(LONGEST_TEXT).is_some();
        let good = match self {
            Self::Text => !long && !text.chars().any(control),
            Self::Path => !long && !text.is_empty() && !text.contains('\0'),
            Self::Secret => is_secret_name(text),
            Self::Choice(words) => words.iter().any(|word| word == text),
            Self::Number { min, max } => {
                let number: i64 = text.trim().parse().ok()?;
                let inside = (*min..=*max).contains(&number);
                let value =
                    i32::try_from(number).map_or_else(|_| PropValue::from(number), PropValue::from);
                return inside.then_some(value);
            }
            Self::Switch => {
                return match text {
                    "yes" | "true" | "on" => Some(PropValue::from(true)),
                    "no" | "false" | "off" => Some(PropValue::from(false)),
                    _ => None,
                };
            }
        };
        good.then(|| PropValue::from(text))
    }
}

/// Whether this can be the name of a secret: so narrow that most secrets given in its place are refused.
fn is_secret_name(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || "_./@+-".contains(c);
    !text.is_empty() && text.len() <= LONGEST_SECRET && text.chars().all(good)
}
