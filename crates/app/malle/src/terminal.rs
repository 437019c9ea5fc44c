//! The user interface of MAPI on a terminal: sheets, profiles, wizards and questions, line by line.
//! Requirements: client 2, section 0.3
//!
//! Questions go to standard error and answers come from standard input, only if both are terminals. Ctrl-C and Ctrl-D give up:
//! what was entered is forgotten, and nothing of it was set.

mod lines;
mod sheet;

#[cfg(test)]
mod tests;

use std::fmt::{self, Display};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mapi::{
    Call, Code, Error, ProfileAnswer, ProfileChoice, Progress, Result, Sheet, SheetData,
    SheetRequest, UiHost, WizardMove, WizardPage, cancelled,
};

use crate::messages::{Lang, Msg};
use crate::output::Output;
use crate::progress;
use lines::{Console, Lines};

/// A person at a terminal.
pub(crate) struct Terminal {
    lang: Lang,
    /// Whether progress is shown.
    quiet: bool,
    lines: Mutex<Box<dyn Lines>>,
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal").finish_non_exhaustive()
    }
}

impl Terminal {
    /// The person who sits there; `None` if nobody can be asked, or is not to be (`--json`, `--quiet`).
    pub(crate) fn of(output: &Output) -> Option<Self> {
        let there = malle_host::terminal::somebody_is_there() && !output.json && !output.quiet;
        there.then(|| Self::over(output.lang, Box::new(Console)))
    }

    fn over(lang: Lang, lines: Box<dyn Lines>) -> Self {
        Self {
            lang,
            quiet: false,
            lines: Mutex::new(lines),
        }
    }

    fn talk<'a>(&'a self, call: &'a Call) -> Talk<'a> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        Talk {
            lang: self.lang,
            lines,
            call,
        }
    }
}

/// One conversation.
struct Talk<'a> {
    lang: Lang,
    lines: MutexGuard<'a, Box<dyn Lines>>,
    call: &'a Call,
}

impl Talk<'_> {
    fn say(&mut self, msg: Msg, parts: &[&dyn Display]) {
        let text = self.lang.say(msg, parts);
        self.lines.say(&text);
    }

    /// An answer without the blanks around it.
    fn ask(&mut self, prompt: &str) -> Result<String> {
        let answer = self.lines.ask(prompt, false, self.call)?;
        Ok(answer.ok_or_else(cancelled)?.trim().to_owned())
    }

    /// Yes or no; an empty answer is `otherwise`.
    fn yes(&mut self, prompt: &str, otherwise: bool) -> Result<bool> {
        let choice = if otherwise {
            Msg::AnswerYesUnless
        } else {
            Msg::AnswerYesNo
        };
        let prompt = format!("{prompt} {} ", self.lang.text(choice));
        loop {
            match self.ask(&prompt)?.to_lowercase().as_str() {
                "" => return Ok(otherwise),
                "y" | "yes" | "o" | "oui" => return Ok(true),
                "n" | "no" | "non" => return Ok(false),
                other => self.say(Msg::NoneOfThese, &[&other]),
            }
        }
    }
}

impl UiHost for Terminal {
    fn is_there(&self) -> bool {
        true
    }

    fn sheet(
        &self,
        request: &SheetRequest<'_>,
        data: &mut dyn SheetData,
        call: &Call,
    ) -> Result<()> {
        let mut sheet = Sheet::open(request, data)?;
        let mut talk = self.talk(call);
        talk.show_title(&sheet);
        if request.read_only {
            return talk.show_all(&mut sheet);
        }
        let mut first = None;
        loop {
            talk.fill(&mut sheet, first)?;
            let keep = self.lang.text(Msg::SheetKeep);
            if !talk.yes(keep, true)? {
                return Err(cancelled());
            }
            match sheet.accept() {
                Ok(_) => return Ok(()),
                Err(refused) => first = Some(talk.refused(&refused)),
            }
        }
    }

    fn choose_profile(&self, choice: &ProfileChoice<'_>, call: &Call) -> Result<ProfileAnswer> {
        let mut talk = self.talk(call);
        talk.say(Msg::WhichProfile, &[]);
        let default = choice
            .default
            .filter(|d| choice.profiles.iter().any(|p| p == d));
        for (number, name) in (1..).zip(choice.profiles) {
            let mark = if Some(name.as_str()) == default {
                "*"
            } else {
                " "
            };
            talk.lines.say(&format!("{mark}{number:>3}  {name}"));
        }
        if choice.may_create {
            talk.say(Msg::WhichProfileNew, &[]);
        }
        loop {
            let answer = talk.ask("> ")?;
            let numbered = answer.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
            let chosen = match answer.as_str() {
                "" => default.map(str::to_owned),
                "+" if choice.may_create => return Ok(ProfileAnswer::Create),
                name => {
                    let named = choice.profiles.iter().find(|p| *p == name);
                    let numbered = || numbered.and_then(|n| choice.profiles.get(n));
                    named.or_else(numbered).cloned()
                }
            };
            match chosen {
                Some(name) => return Ok(ProfileAnswer::Use(name)),
                None => talk.say(Msg::NoneOfThese, &[&answer]),
            }
        }
    }

    fn wizard_page(
        &self,
        page: &WizardPage<'_>,
        data: &mut dyn SheetData,
        call: &Call,
    ) -> Result<WizardMove> {
        let mut sheet = Sheet::open(&page.sheet, data)?;
        let mut talk = self.talk(call);
        talk.say(Msg::WizardStep, &[&page.number]);
        talk.show_title(&sheet);
        let mut first = None;
        loop {
            talk.fill(&mut sheet, first)?;
            let (on, word) = match (page.is_last, page.has_back) {
                (true, true) => (Msg::WizardDoneOrBack, "<"),
                (true, false) => (Msg::WizardDone, ""),
                (false, true) => (Msg::WizardOnOrBack, "<"),
                (false, false) => (Msg::WizardOn, ""),
            };
            let prompt = format!("{} ", self.lang.text(on));
            let answer = talk.ask(&prompt)?;
            if !word.is_empty() && answer == word {
                sheet.save()?;
                return Ok(WizardMove::Back);
            }
            match sheet.accept() {
                Ok(_) => return Ok(WizardMove::Next),
                Err(refused) => first = Some(talk.refused(&refused)),
            }
        }
    }

    fn confirm(&self, question: &str, call: &Call) -> Result<()> {
        if self.talk(call).yes(question, false)? {
            return Ok(());
        }
        Err(Error::new(Code::USER_CANCEL, "the answer was no"))
    }

    fn progress(&self, title: &str) -> Option<Arc<dyn Progress>> {
        (!self.quiet).then(|| progress::bar(title.to_owned()))
    }
}
