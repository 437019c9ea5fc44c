//! Two people with the same script: one at a terminal, one with a browser that runs no scripts.
//!
//! Both find what to fill in by its label, as people do, and answer again what is refused.

mod browser;
mod page;
mod terminal;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use mapi::Refused;

pub(crate) use browser::Browser;
pub(crate) use terminal::terminal;

/// What somebody does with one field.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// Nothing.
    Keep,
    /// Types this instead of what is there.
    Text(&'static str),
    /// Empties it.
    Clear,
    /// Ticks it, or presses it.
    Yes,
    /// Takes the tick away.
    No,
    /// Picks these, and no others.
    Pick(&'static [&'static str]),
}

/// The answers for each field by its label, one after the other as long as they are refused.
pub(crate) type Script = &'static [(&'static str, &'static [Answer])];

/// What a person has still to do, and what was not taken of it.
#[derive(Clone, Default)]
pub(crate) struct Person {
    answers: Arc<Mutex<BTreeMap<&'static str, VecDeque<Answer>>>>,
    refused: Arc<Mutex<Vec<String>>>,
}

impl Person {
    pub(crate) fn new(script: Script) -> Self {
        let answers = script
            .iter()
            .map(|(label, all)| (*label, all.iter().copied().collect()));
        Self {
            answers: Arc::new(Mutex::new(answers.collect())),
            refused: Arc::default(),
        }
    }

    /// The next answer for a field.
    fn next(&self, label: &str) -> Answer {
        let mut answers = self.answers.lock().unwrap();
        let next = answers.get_mut(label).and_then(VecDeque::pop_front);
        next.unwrap_or(Answer::Keep)
    }

    /// The labels of fields that there are answers for.
    fn wanted(&self) -> Vec<&'static str> {
        let answers = self.answers.lock().unwrap();
        let wanted = answers.iter().filter(|(_, left)| !left.is_empty());
        wanted.map(|(label, _)| *label).collect()
    }

    /// Remembers a refusal: what it says of texts, and of other fields which it was.
    fn note(&self, refused: &Refused) {
        let labels: Vec<_> = self.answers.lock().unwrap().keys().copied().collect();
        let noted = match refused {
            Refused::OtherKind { label } | Refused::NoRow { label, .. } => {
                format!("{label}: no such choice")
            }
            Refused::Data(error) => {
                let of = labels
                    .iter()
                    .find(|label| error.detail().starts_with(**label));
                let label = of.unwrap_or_else(|| panic!("{error}"));
                format!("{label}: no such choice")
            }
            other => other.to_string(),
        };
        self.refused.lock().unwrap().push(noted);
    }

    /// What was not taken, in no order; every answer was given.
    pub(crate) fn refusals(&self) -> Vec<String> {
        assert_eq!(self.wanted(), [""; 0], "these were never asked for");
        let mut refused = self.refused.lock().unwrap().clone();
        refused.sort();
        refused
    }
}
