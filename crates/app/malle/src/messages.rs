//! What the command says to people, in their language. JSON and codes are never translated.

mod catalogue;
mod told;

use std::env;
use std::fmt::Display;

pub(crate) use catalogue::Msg;

/// The languages that malle speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lang {
    English,
    French,
}

impl Lang {
    /// As the environment says: `MALLE_LANG`, then the locale of messages.
    pub(crate) fn from_environment() -> Self {
        let set = |name: &&str| env::var(name).is_ok_and(|value| !value.is_empty());
        let names = ["MALLE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"];
        let value = names
            .iter()
            .find(|name| set(name))
            .and_then(|name| env::var(name).ok());
        Self::from_locale(value.as_deref().unwrap_or_default())
    }

    fn from_locale(locale: &str) -> Self {
        let language = locale.split(['_', '-', '.', '@']).next();
        match language {
            Some(l) if l.eq_ignore_ascii_case("fr") => Self::French,
            _ => Self::English,
        }
    }

    /// A sentence of the catalogue with `{0}`, `{1}` … filled in.
    pub(crate) fn say(self, msg: Msg, parts: &[&dyn Display]) -> String {
        let pattern = msg.text(self);
        let mut said = String::with_capacity(pattern.len() + 16);
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once('{') {
            said.push_str(before);
            let Some((number, tail)) = after.split_once('}') else {
                break;
            };
            if let Some(part) = number.parse().ok().and_then(|n: usize| parts.get(n)) {
                said.push_str(&part.to_string());
            }
            rest = tail;
        }
        said.push_str(rest);
        said
    }

    /// What stands between a word and what it introduces: French puts a thin space before the colon.
    pub(crate) const fn colon(self) -> &'static str {
        match self {
            Self::English => ":",
            Self::French => "\u{202F}:",
        }
    }

    /// A sentence without parts.
    pub(crate) const fn text(self, msg: Msg) -> &'static str {
        msg.text(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_chooses() {
        for (locale, lang) in [
            ("fr_CH.UTF-8", Lang::French),
            ("fr", Lang::French),
            ("FR-ca", Lang::French),
            ("frisian", Lang::English),
            ("C.UTF-8", Lang::English),
            ("", Lang::English),
        ] {
            assert_eq!(Lang::from_locale(locale), lang, "{locale}");
        }
    }

    #[test]
    fn both_languages_take_the_same_parts() {
        let holes = |text: &str| {
            let mut found: Vec<_> = text
                .split('{')
                .skip(1)
                .filter_map(|t| t.split('}').next())
                .map(str::to_owned)
                .collect();
            found.sort();
            found
        };
        for msg in Msg::ALL {
            assert_eq!(
                holes(msg.text(Lang::English)),
                holes(msg.text(Lang::French)),
                "{msg:?}"
            );
        }
    }

    #[test]
    fn parts_are_filled_in_any_order() {
        let said = Lang::French.say(Msg::UnknownProfile, &[&"x"]);
        assert!(said.contains('x') && !said.contains('{'), "{said}");
    }
}
