//! The person at the terminal: in which words they are asked, and where their answers come from.
//!
//! Questions go to standard error and answers come from standard input, only if both are terminals. Ctrl-C and Ctrl-D give up.

mod lines;

#[cfg(test)]
mod tests;

use malle_views::{LineUi, Said, Words};
use mapi::Refused;

use crate::messages::{Lang, Msg};
use crate::output::Output;
use crate::progress;
use crate::settings::say_error;
use lines::Console;

/// The person who sits there; `None` if nobody can be asked, or is not to be (`--json`, `--quiet`).
pub(crate) fn person(output: &Output) -> Option<LineUi> {
    let there = malle_host::terminal::somebody_is_there() && !output.json && !output.quiet;
    let ui = || LineUi::new(Box::new(output.lang), Box::new(Console));
    there.then(|| ui().with_progress(progress::bar))
}

impl Words for Lang {
    fn say(&self, said: &Said<'_>) -> String {
        let msg = match said {
            Said::Keys => Msg::SheetKeys,
            Said::Keep => Msg::SheetKeep,
            Said::YesUnless => Msg::AnswerYesUnless,
            Said::NoUnless => Msg::AnswerYesNo,
            Said::Yes => Msg::Yes,
            Said::No => Msg::No,
            Said::NoHelp => Msg::NoHelp,
            Said::WhichProfile => Msg::WhichProfile,
            Said::OrNewProfile => Msg::WhichProfileNew,
            Said::WizardTurn { last, back } => match (last, back) {
                (true, true) => Msg::WizardDoneOrBack,
                (true, false) => Msg::WizardDone,
                (false, true) => Msg::WizardOnOrBack,
                (false, false) => Msg::WizardOn,
            },
            Said::NoneOfThese(answer) => return Self::say(*self, Msg::NoneOfThese, &[answer]),
            Said::WizardStep(number) => return Self::say(*self, Msg::WizardStep, &[number]),
            Said::Refused(refused) => return say_refused(*self, refused),
            Said::Failed(error) => return say_error(*self, error),
        };
        self.text(msg).to_owned()
    }
}

fn say_refused(lang: Lang, refused: &Refused) -> String {
    match refused {
        Refused::Data(error) => say_error(lang, error),
        Refused::Missing { label, .. } => lang.say(Msg::RefusedMissing, &[label]),
        Refused::Character {
            label,
            character,
            filter,
        } => lang.say(Msg::RefusedCharacter, &[label, character, filter]),
        Refused::TooLong { label, max } => lang.say(Msg::RefusedTooLong, &[label, max]),
        Refused::ReadOnly { label } => lang.say(Msg::RefusedReadOnly, &[label]),
        Refused::NoRow { .. } | Refused::NoControl | Refused::OtherKind { .. } => {
            refused.to_string()
        }
    }
}
