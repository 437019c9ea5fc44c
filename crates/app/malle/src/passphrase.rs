//! Asks whoever sits at the terminal for what nobody else should see: passphrases and secrets.

use std::io::{self, Write};
use std::path::PathBuf;

use malle_host::secrets::{AskPassphrase, NotAsked, Question};
use malle_host::terminal::{Echo, read_line, somebody_is_there};
use mapi::{Call, Secret};

use crate::messages::{Lang, Msg};

/// The file that holds the passphrase, as the environment names it.
pub(crate) fn file_from_environment() -> Option<PathBuf> {
    let set = std::env::var_os("MALLE_PASSPHRASE_FILE");
    set.filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Asks on the terminal.
#[derive(Debug)]
pub(crate) struct AtTerminal {
    pub(crate) lang: Lang,
    pub(crate) call: Call,
}

impl AskPassphrase for AtTerminal {
    fn ask(&self, question: &Question<'_>) -> Result<Secret, NotAsked> {
        match question {
            Question::Open(path) => {
                let said = self.lang.say(Msg::AskPassphrase, &[&path.display()]);
                self.hidden(&said)
            }
            Question::Choose(path) => {
                let said = self.lang.say(Msg::AskNewPassphrase, &[&path.display()]);
                self.twice(&said)
            }
            _ => Err(NotAsked::Nobody),
        }
    }
}

impl AtTerminal {
    /// Asks for something twice, until both answers agree.
    pub(crate) fn twice(&self, question: &str) -> Result<Secret, NotAsked> {
        loop {
            let first = self.hidden(question)?;
            let again = self.hidden(self.lang.text(Msg::AskAgain))?;
            if first.is_same(&again) {
                return Ok(first);
            }
            say(self.lang.text(Msg::AnswersDiffer), "\n");
        }
    }

    /// Asks for something that is not shown while it is typed.
    fn hidden(&self, question: &str) -> Result<Secret, NotAsked> {
        if !somebody_is_there() {
            return Err(NotAsked::Nobody);
        }
        say(&format!("{question}{}", self.lang.colon()), " ");
        match read_line(Echo::Hidden, &self.call) {
            // No copy is made of what was typed.
            Ok(Some(mut line)) if !line.is_empty() => Ok(Secret::new(std::mem::take(&mut *line))),
            _ => Err(NotAsked::Refused),
        }
    }
}

#[expect(clippy::print_stderr, reason = "questions belong on standard error")]
fn say(text: &str, end: &str) {
    eprint!("{text}{end}");
    let _shown = io::stderr().flush();
}
