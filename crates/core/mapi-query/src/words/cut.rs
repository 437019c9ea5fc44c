//! Cuts folded text, in whatever pieces it comes, into words.

use std::ops::ControlFlow;

use icu_properties::props::GeneralCategory;

use super::LONGEST;
use crate::fold::CATEGORIES;

/// Cuts text that [`search_fold`](crate::search_fold) has folded. It may come in pieces; what is kept between them is a
/// word at most.
#[derive(Debug, Clone, Default)]
pub struct Cutter {
    /// The beginning of a word whose end has not been seen.
    word: String,
    /// The last character of a run of a script without spaces, and whether it is the first.
    dense: Option<(char, bool)>,
}

/// What a character is to words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Of no word.
    Separator,
    /// Of a word made of letters, digits and marks.
    Letter,
    /// Of a script that is written without spaces.
    Dense,
}

impl Cutter {
    /// Takes the next piece and shows the words that end in it.
    pub fn feed(
        &mut self,
        folded: &str,
        mut each: impl FnMut(&str) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut start = (!self.word.is_empty()).then_some(0);
        for (at, c) in folded.char_indices() {
            let class = class(c);
            if class == Class::Letter {
                if start.is_none() {
                    start = Some(at);
                    self.end_dense(&mut each)?;
                }
                continue;
            }
            if let Some(from) = start.take() {
                self.end_word(folded.get(from..at).unwrap_or_default(), &mut each)?;
            }
            match class {
                Class::Dense => self.pair(c, &mut each)?,
                _ => self.end_dense(&mut each)?,
            }
        }
        if let Some(from) = start {
            self.keep(folded.get(from..).unwrap_or_default());
        }
        ControlFlow::Continue(())
    }

    /// Shows the word that was not complete yet.
    pub fn finish(&mut self, mut each: impl FnMut(&str) -> ControlFlow<()>) -> ControlFlow<()> {
        self.end_dense(&mut each)?;
        if self.word.is_empty() {
            return ControlFlow::Continue(());
        }
        self.end_word("", each)
    }

    /// The run of a script without spaces that the text so far ends with: its last character, and whether it is the only
    /// one.
    pub(super) const fn open_run(&self) -> Option<(char, bool)> {
        self.dense
    }

    fn end_word(
        &mut self,
        rest: &str,
        mut each: impl FnMut(&str) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if self.word.is_empty() {
            return each(cut(rest));
        }
        self.keep(rest);
        let flow = each(cut(&self.word));
        self.word.clear();
        flow
    }

    /// Remembers more of a word, as much as can count.
    fn keep(&mut self, rest: &str) {
        if self.word.len() < LONGEST {
            self.word.push_str(cut(rest));
        }
    }

    fn pair(&mut self, c: char, mut each: impl FnMut(&str) -> ControlFlow<()>) -> ControlFlow<()> {
        let Some((before, _)) = self.dense.replace((c, self.dense.is_none())) else {
            return ControlFlow::Continue(());
        };
        let mut pair = String::with_capacity(8);
        pair.extend([before, c]);
        each(&pair)
    }

    fn end_dense(&mut self, mut each: impl FnMut(&str) -> ControlFlow<()>) -> ControlFlow<()> {
        match self.dense.take() {
            Some((c, _)) => each(c.encode_utf8(&mut [0; 4])),
            None => ControlFlow::Continue(()),
        }
    }
}

/// As much of a word as counts.
fn cut(word: &str) -> &str {
    if word.len() <= LONGEST {
        return word;
    }
    word.get(..word.floor_char_boundary(LONGEST))
        .unwrap_or_default()
}

/// What a folded character is to words.
pub(crate) fn class(c: char) -> Class {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() {
            Class::Letter
        } else {
            Class::Separator
        };
    }
    let in_words = c.is_alphanumeric() || CATEGORIES.get(c) == GeneralCategory::SpacingMark;
    match in_words {
        true if is_dense(c) => Class::Dense,
        true => Class::Letter,
        false => Class::Separator,
    }
}

/// Whether a character belongs to a script that is written without spaces: blocks of Thai, Lao, Myanmar, Khmer, Hangul,
/// Kana, Bopomofo and Han.
const fn is_dense(c: char) -> bool {
    matches!(
        c,
        '\u{0e00}'..='\u{0eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1100}'..='\u{11ff}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{2e80}'..='\u{2fdf}'
            | '\u{3005}'..='\u{3007}'
            | '\u{3021}'..='\u{3029}'
            | '\u{302e}'..='\u{302f}'
            | '\u{3031}'..='\u{3035}'
            | '\u{3038}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{a960}'..='\u{a97f}'
            | '\u{aa60}'..='\u{aa7f}'
            | '\u{ac00}'..='\u{d7ff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ffdc}'
            | '\u{1aff0}'..='\u{1b16f}'
            | '\u{20000}'..='\u{3ffff}'
    )
}
