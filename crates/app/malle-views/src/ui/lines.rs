//! The user interface of MAPI line by line: sheets, profiles, wizards and questions.
//! Requirements: client 2, section 0.3
//!
//! Who has no more to answer gives up: what was entered is forgotten, and nothing of it was set.

mod sheet;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mapi::{
    Call, Code, Error, ProfileAnswer, ProfileChoice, Progress, Refused, Result, Sheet, SheetData,
    SheetRequest, UiHost, WizardMove, WizardPage, cancelled,
};

/// A place to write lines and to ask for some.
pub trait Lines: Send {
    /// One line of text.
    fn say(&mut self, text: &str);

    /// A line in answer to a prompt; `None`: there is none, and will not be. What answers a `hidden` one is not shown.
    ///
    /// # Errors
    /// `MAPI_E_USER_CANCEL` if the person gives up, those of the place.
    fn ask(&mut self, prompt: &str, hidden: bool, call: &Call) -> Result<Option<String>>;
}

/// What is said to the person beside the texts of the sheets themselves.
#[derive(Debug)]
pub enum Said<'a> {
    /// Which answers mean something of their own: nothing keeps, `-` empties, `?` explains, `<` goes back.
    Keys,
    /// Whether to keep what was entered.
    Keep,
    /// How to answer if nothing means yes.
    YesUnless,
    /// How to answer if nothing means no.
    NoUnless,
    /// That something is ticked.
    Yes,
    /// That it is not.
    No,
    /// There is no help.
    NoHelp,
    /// An answer that is not among those that there are.
    NoneOfThese(&'a str),
    /// Which profile to use.
    WhichProfile,
    /// A new one can be made by `+`.
    OrNewProfile,
    /// The number of a page of a wizard.
    WizardStep(usize),
    /// How to go on from a page of a wizard, and back if `back`.
    WizardTurn {
        /// Whether it is the last page.
        last: bool,
        /// Whether there is a page before it.
        back: bool,
    },
    /// Why something is not taken.
    Refused(&'a Refused),
    /// What went wrong with what is to be set at once.
    Failed(&'a Error),
}

/// The language of a person.
pub trait Words: Send + Sync {
    /// What is said, as one line or as the words of a prompt.
    fn say(&self, said: &Said<'_>) -> String;
}

/// A person who is asked line by line.
pub struct LineUi {
    words: Box<dyn Words>,
    lines: Mutex<Box<dyn Lines>>,
    bar: Option<fn(String) -> Arc<dyn Progress>>,
}

impl fmt::Debug for LineUi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineUi").finish_non_exhaustive()
    }
}

impl LineUi {
    /// Asks in these words over these lines, and shows no progress.
    #[must_use]
    pub fn new(words: Box<dyn Words>, lines: Box<dyn Lines>) -> Self {
        Self {
            words,
            lines: Mutex::new(lines),
            bar: None,
        }
    }

    /// The same with what shows how far something is, made from its title.
    #[must_use]
    pub fn with_progress(mut self, bar: fn(String) -> Arc<dyn Progress>) -> Self {
        self.bar = Some(bar);
        self
    }

    fn talk<'a>(&'a self, call: &'a Call) -> Talk<'a> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        Talk {
            words: &*self.words,
            lines,
            call,
        }
    }
}

/// One conversation.
struct Talk<'a> {
    words: &'a dyn Words,
    lines: MutexGuard<'a, Box<dyn Lines>>,
    call: &'a Call,
}

impl Talk<'_> {
    fn say(&mut self, said: &Said<'_>) {
        let text = self.words.say(said);
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
            Said::YesUnless
        } else {
            Said::NoUnless
        };
        let prompt = format!("{prompt} {} ", self.words.say(&choice));
        loop {
            let answer = self.ask(&prompt)?;
            match (answer.as_str(), yes_or_no(&answer)) {
                ("", _) => return Ok(otherwise),
                (_, Some(yes)) => return Ok(yes),
                (other, None) => self.say(&Said::NoneOfThese(other)),
            }
        }
    }
}

impl UiHost for LineUi {
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
            let keep = self.words.say(&Said::Keep);
            if !talk.yes(&keep, true)? {
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
        talk.say(&Said::WhichProfile);
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
            talk.say(&Said::OrNewProfile);
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
                None => talk.say(&Said::NoneOfThese(&answer)),
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
        talk.say(&Said::WizardStep(page.number));
        talk.show_title(&sheet);
        let mut first = None;
        loop {
            talk.fill(&mut sheet, first)?;
            let turn = Said::WizardTurn {
                last: page.is_last,
                back: page.has_back,
            };
            let prompt = format!("{} ", self.words.say(&turn));
            let answer = talk.ask(&prompt)?;
            if page.has_back && answer == sheet::BACK {
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
        self.bar.map(|bar| bar(title.to_owned()))
    }
}

/// An answer that means yes or no, in English or French.
fn yes_or_no(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "y" | "yes" | "o" | "oui" => Some(true),
        "n" | "no" | "non" => Some(false),
        _ => None,
    }
}
