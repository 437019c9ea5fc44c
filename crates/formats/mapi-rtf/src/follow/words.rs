//! The words of a text, as numbers that are equal where the words are.

use std::collections::HashMap;
use std::ops::Range;

use crate::sync::is_significant;

/// A word: its bytes in the text, and its number.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) at: Range<usize>,
    pub(super) number: u32,
}

/// Numbers words.
#[derive(Debug, Default)]
pub(super) struct Words {
    numbers: HashMap<String, u32>,
    word: String,
}

impl Words {
    /// The words of a text: runs of letters and digits, each other character alone. White space parts words; what says
    /// nothing otherwise does not.
    pub(super) fn of(&mut self, text: &str) -> Vec<Word> {
        let mut words = Vec::new();
        let mut run: Option<Range<usize>> = None;
        for (at, c) in text.char_indices() {
            let end = at + c.len_utf8();
            let says = is_significant(c);
            if !says && !c.is_whitespace() {
                continue;
            }
            let joins = says && in_runs(c);
            if joins && let Some(run) = &mut run {
                run.end = end;
                self.word.push(c);
                continue;
            }
            if let Some(at) = run.take() {
                words.push(self.finish(at));
            }
            if says {
                self.word.push(c);
                run = Some(at..end);
            }
            if !joins && let Some(at) = run.take() {
                words.push(self.finish(at));
            }
        }
        if let Some(at) = run {
            words.push(self.finish(at));
        }
        words
    }

    fn finish(&mut self, at: Range<usize>) -> Word {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let number = match self.numbers.get(&self.word) {
            Some(number) => *number,
            None => {
                self.numbers.insert(self.word.clone(), next);
                next
            }
        };
        self.word.clear();
        Word { at, number }
    }
}

/// Whether a character makes words with its neighbours; those of scripts without blanks are words of their own.
fn in_runs(c: char) -> bool {
    c.is_alphanumeric() && (c < '\u{2E80}' || ('\u{AC00}'..='\u{D7A3}').contains(&c))
}
