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
