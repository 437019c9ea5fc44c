//! Looking for a pattern in words as they come.

use std::ops::ControlFlow;

use super::WordPattern;

/// A search that sees each word of a text once; keeps as much as the pattern has words.
#[derive(Debug)]
pub(crate) struct Phrase<'p> {
    pattern: &'p WordPattern,
    /// How many words of the pattern the text ends with, for each beginning that may still become the whole.
    begun: Vec<usize>,
}

impl<'p> Phrase<'p> {
    pub(crate) const fn new(pattern: &'p WordPattern) -> Self {
        Self {
            pattern,
            begun: Vec::new(),
        }
    }

    /// Takes the next word of the text; breaks when the pattern is found.
    pub(crate) fn take(&mut self, word: &str) -> ControlFlow<()> {
        let pattern = self.pattern;
        let last = pattern.words().len() - 1;
        let fits = |place: usize| match pattern.words().get(place) {
            Some(wanted) if place == last && pattern.is_open() => word.starts_with(wanted.as_str()),
            Some(wanted) => word == wanted,
            None => false,
        };
        let mut found = last == 0 && fits(0);
        self.begun.retain_mut(|place| {
            let goes_on = fits(*place);
            found |= goes_on && *place == last;
            *place += 1;
            goes_on && *place <= last
        });
        if last > 0 && fits(0) {
            self.begun.push(1);
        }
        if found {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}
