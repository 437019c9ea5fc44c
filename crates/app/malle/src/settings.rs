//! What is wrong with settings, in the user's language.

use std::error::Error as _;

use mapi::{SettingKind, SettingProblem};

use crate::messages::{Lang, Msg};

/// A problem as a sentence: the key, the value, and what is allowed.
pub(crate) fn say_problem(lang: Lang, problem: &SettingProblem) -> String {
    match problem {
        SettingProblem::Unknown { key, near, known } => {
            let said = lang.say(Msg::SettingUnknown, &[key]);
            let hint = match (near, known.as_slice()) {
                (Some(near), _) => lang.say(Msg::SettingNear, &[near]),
                (None, []) => lang.text(Msg::SettingNone).to_owned(),
                (None, known) => lang.say(Msg::SettingKnown, &[&known.join(", ")]),
            };
            said + &hint
        }
        SettingProblem::Missing { key, kind } => {
            lang.say(Msg::SettingMissing, &[key, &say_allowed(lang, kind)])
        }
        SettingProblem::Wrong {
            key,
            value: Some(value),
            kind,
        } => lang.say(Msg::SettingWrong, &[key, value, &say_allowed(lang, kind)]),
        SettingProblem::Wrong {
            key,
            value: None,
            kind,
        } => lang.say(Msg::SettingWrongHidden, &[key, &say_allowed(lang, kind)]),
        SettingProblem::Unfit {
            key,
            value,
            allowed,
            why,
        } => lang.say(Msg::SettingUnfit, &[key, value, allowed, why]),
    }
}

/// What a setting may be: `a number from 1 to 9`.
pub(crate) fn say_allowed(lang: Lang, kind: &SettingKind) -> String {
    match kind {
        SettingKind::Text => lang.text(Msg::AllowedText).to_owned(),
        SettingKind::Path => lang.text(Msg::AllowedPath).to_owned(),
        SettingKind::Number { min, max } => lang.say(Msg::AllowedNumber, &[min, max]),
        SettingKind::Choice(words) => lang.say(Msg::AllowedChoice, &[&words.join(", ")]),
        SettingKind::Switch => lang.text(Msg::AllowedSwitch).to_owned(),
        SettingKind::Secret => lang.text(Msg::AllowedSecret).to_owned(),
    }
}

/// The problem with a setting that an error is about.
pub(crate) fn problem_behind(error: &mapi::Error) -> Option<&SettingProblem> {
    let mut below = error.source();
    while let Some(cause) = below {
        if let Some(problem) = cause.downcast_ref() {
            return Some(problem);
        }
        below = cause.source();
    }
    None
}

/// An error as a person is told of it.
pub(crate) fn say_error(lang: Lang, error: &mapi::Error) -> String {
    match problem_behind(error) {
        Some(problem) => say_problem(lang, problem),
        None => malle_host::reason(error),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use mapi::{PropTag, PropType, Setting};

    use super::*;

    /// Of what services ship none has a number or a choice: so every kind is held against the words here.
    #[test]
    fn every_kind_says_what_it_may_be_in_both_languages() {
        let tag = PropTag::new(0x6600, PropType::UNICODE);
        let long = "x".repeat(4097);
        let number = SettingKind::Number { min: 1, max: 9 };
        let choice = SettingKind::Choice(vec!["plain".to_owned(), "tls".to_owned()]);
        for (kind, wrong, allowed, french) in [
            (
                SettingKind::Text,
                "a\u{7}b",
                "a text of at most 4096",
                "un texte de 4096",
            ),
            (
                SettingKind::Text,
                long.as_str(),
                "a text of at most 4096",
                "un texte de 4096",
            ),
            (SettingKind::Path, "a\0b", "a path", "un chemin"),
            (SettingKind::Path, "", "a path", "un chemin"),
            (
                number.clone(),
                "10",
                "a number from 1 to 9",
                "un nombre de 1 à 9",
            ),
            (
                number.clone(),
                "-1",
                "a number from 1 to 9",
                "un nombre de 1 à 9",
            ),
            (number, "two", "a number from 1 to 9", "un nombre de 1 à 9"),
            (choice, "TLS1", "one of plain, tls", "l’un de plain, tls"),
            (SettingKind::Switch, "perhaps", "yes or no", "yes ou no"),
            (
                SettingKind::Secret,
                "hunter 2!",
                "the name of a secret",
                "le nom d’un secret",
            ),
        ] {
            let setting = Setting::new("key", tag, kind.clone());
            let given = BTreeMap::from([("key".to_owned(), wrong.to_owned())]);
            let problems = Setting::problems(&[setting], &given);
            let [problem] = problems.as_slice() else {
                panic!("{kind:?} {wrong:?}: {problems:?}");
            };
            let said = say_problem(Lang::English, problem);
            assert!(said.contains("“key”") && said.contains(allowed), "{said}");
            let hidden = kind == SettingKind::Secret;
            assert_eq!(said.contains(wrong), !hidden, "{said}");
            let said = say_problem(Lang::French, problem);
            assert!(said.contains("« key »") && said.contains(french), "{said}");
        }
    }
}
