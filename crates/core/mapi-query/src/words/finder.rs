//! Looking for a pattern in words that have been cut already.

use memchr::memmem::Finder;

use super::WordPattern;

/// A pattern ready to be looked for in texts cut into words, as the full-text index of a store is fed them.
///
/// ```
/// use mapi_props::MatchKind;
/// use mapi_query::words::{WordFinder, WordPattern};
/// let finder = WordFinder::of(&WordPattern::of(MatchKind::Phrase, "Green Tea").unwrap());
/// assert!(finder.is_in("a green tea please") && !finder.is_in("evergreen tea"));
/// ```
#[derive(Debug, Clone)]
pub struct WordFinder {
    words: Finder<'static>,
    open: bool,
}

impl WordFinder {
    /// Looks for this pattern.
    #[must_use]
    pub fn of(pattern: &WordPattern) -> Self {
        Self {
            words: Finder::new(&pattern.words().join(" ")).into_owned(),
            open: pattern.is_open(),
        }
    }

    /// Whether the words stand in a text of words with one space between them.
    #[must_use]
    pub fn is_in(&self, words: &str) -> bool {
        let words = words.as_bytes();
        let mut from = 0;
        while let Some(at) = words.get(from..).and_then(|rest| self.words.find(rest)) {
            let start = from + at;
            let end = start + self.words.needle().len();
            let is_space = |at: usize| words.get(at).is_none_or(|byte| *byte == b' ');
            if (start == 0 || is_space(start - 1)) && (self.open || is_space(end)) {
                return true;
            }
            from = start + 1;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use mapi_props::MatchKind;

    use super::*;
    use crate::words::each_word;

    #[test]
    fn it_finds_what_the_pattern_finds_in_the_text() {
        let texts = [
            "",
            "tea",
            "Green tea",
            "evergreen tea",
            "green teas",
            "green green tea",
            "tea green",
            "a\u{300} Caf\u{e9}",
            "\u{4f1a}\u{8b70}\u{5ba4}",
            "\u{4f1a}",
            "x\u{4f1a}\u{8b70}y",
        ];
        let patterns = [
            "tea",
            "green tea",
            "tea gre",
            "cafe",
            "\u{4f1a}\u{8b70}",
            "\u{4f1a}",
            "t",
        ];
        for text in texts {
            let mut words = Vec::new();
            let _ = each_word(text, |word| {
                words.push(word.to_owned());
                ControlFlow::Continue(())
            });
            for pattern in patterns {
                for kind in [MatchKind::Phrase, MatchKind::WordPrefix] {
                    let pattern = WordPattern::of(kind, pattern).unwrap();
                    let found = WordFinder::of(&pattern).is_in(&words.join(" "));
                    assert_eq!(found, pattern.is_in(text), "{pattern:?} in {text}");
                }
            }
        }
    }
}
