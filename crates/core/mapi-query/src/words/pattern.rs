//! What is looked for: the words of a pattern as they must stand in a text.

use std::ops::ControlFlow;

use mapi_props::{FuzzyLevel, MatchKind};

use super::Cutter;
use super::cut::{Class, class};
use crate::{search_covers, search_fold};

/// Words that must stand in a text one after another, of which the last may go on.
///
/// A pattern that ends within a script without spaces is found in the middle of such a run too: 会議 in 会議室.
///
/// ```
/// use mapi_props::{FuzzyLevel, MatchKind};
/// use mapi_query::words::WordPattern;
/// let cafe = WordPattern::of(MatchKind::Phrase, "CAFÉ au lait").unwrap();
/// assert!(cafe.is_in("Un café au lait!") && !cafe.is_in("un café au laitage"));
/// assert!(WordPattern::of(MatchKind::WordPrefix, "cafe au la").unwrap().is_in("Café au Lait"));
/// assert_eq!(WordPattern::of(MatchKind::Phrase, "!?"), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WordPattern {
    words: Vec<String>,
    open: bool,
}

impl WordPattern {
    /// The words of a pattern for FL_PHRASE_MATCH or FL_PREFIX_ON_ANY_WORD; `None` for other match kinds, and for a
    /// pattern without any word, which is in no text.
    #[must_use]
    pub fn of(kind: MatchKind, pattern: &str) -> Option<Self> {
        let mut open = match kind {
            MatchKind::Phrase => false,
            MatchKind::WordPrefix => true,
            MatchKind::FullString | MatchKind::Substring | MatchKind::Prefix => return None,
        };
        let folded = search_fold(pattern);
        let folded = folded.trim_end_matches(|c| class(c) == Class::Separator);
        let mut words = Vec::new();
        let mut take = |word: &str| {
            words.push(word.to_owned());
            ControlFlow::Continue(())
        };
        let mut cutter = Cutter::default();
        let _ = cutter.feed(folded, &mut take);
        // The run that a pattern ends with may go on in the text: its last character alone would say that it does not.
        match cutter.open_run() {
            Some((_, false)) => open = false,
            Some((_, true)) => {
                open = true;
                let _ = cutter.finish(&mut take);
            }
            None => {
                let _ = cutter.finish(&mut take);
            }
        }
        (!words.is_empty()).then_some(Self { words, open })
    }

    /// Words that stand so in every text in which a content restriction of another kind finds this pattern, whatever its
    /// properties; `None` where words cannot tell. The first word of a substring may be the end of a longer one, so it does
    /// not count.
    #[must_use]
    pub fn covering(kind: MatchKind, fuzzy: FuzzyLevel, pattern: &str) -> Option<Self> {
        if !search_covers(pattern, fuzzy) {
            return None;
        }
        match kind {
            MatchKind::Phrase | MatchKind::WordPrefix => Self::of(kind, pattern),
            MatchKind::FullString => Self::of(MatchKind::Phrase, pattern),
            MatchKind::Prefix => Self::of(MatchKind::WordPrefix, pattern),
            MatchKind::Substring => {
                let mut words = Self::of(MatchKind::WordPrefix, pattern)?;
                let folded = search_fold(pattern);
                if folded.chars().next().map(class) == Some(Class::Letter) {
                    words.words.remove(0);
                }
                (!words.words.is_empty()).then_some(words)
            }
        }
    }

    /// The first `n` words (at least one) if there are more: they stand in every text in which the whole pattern does.
    #[must_use]
    pub fn beginning(&self, n: usize) -> Option<Self> {
        let words = self.words.get(..n.max(1))?.to_vec();
        (words.len() < self.words.len()).then_some(Self { words, open: false })
    }

    /// The words, at least one, as [`each_word`](super::each_word) gives those of texts.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether a word that begins with the last one will do in its place.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// Whether the words stand in a text so.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let mut phrase = super::Phrase::new(self);
        super::each_word(text, |word| phrase.take(word)).is_break()
    }
}
