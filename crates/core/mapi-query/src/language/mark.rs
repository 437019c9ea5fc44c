//! Where the words of a query stand in a text as it was written, for showing them.

use std::collections::VecDeque;
use std::ops::{ControlFlow, Range};

use super::Query;
use super::term::TextField;
use crate::fold::{folds_alone, search_fold};
use crate::words::{Class, LONGEST, WordPattern, class};

/// Finds the words of a query in texts.
#[derive(Debug, Clone)]
pub struct Marker {
    patterns: Vec<WordPattern>,
    /// Words of the longest pattern.
    longest: usize,
}

impl Query {
    /// A marker of the words that it looks for in any of `fields`, or anywhere.
    ///
    /// ```
    /// use mapi_query::language::{TextField, parse};
    /// let marker = parse("cafe from:ann subject:tea")?.marker(&[TextField::Subject]);
    /// assert_eq!(marker.marks("Ann's Café: tea"), [6..11, 13..16]);
    /// # Ok::<(), mapi_query::language::QueryError>(())
    /// ```
    #[must_use]
    pub fn marker(&self, fields: &[TextField]) -> Marker {
        let terms = self.words().into_iter();
        let here = terms.filter(|t| t.field == TextField::Any || fields.contains(&t.field));
        let patterns: Vec<WordPattern> = here.filter_map(|t| t.pattern()).collect();
        let longest = patterns.iter().map(|p| p.words().len()).max();
        Marker {
            longest: longest.unwrap_or_default(),
            patterns,
        }
    }
}

impl Marker {
    /// Whether it looks for nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The byte ranges of all that is found, ascending; those that touch or overlap are one.
    #[must_use]
    pub fn marks(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let _ = self.each(text, |range| {
            found.push(range);
            ControlFlow::Continue(())
        });
        found.sort_by_key(|range: &Range<usize>| range.start);
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in found {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
    }

    /// The byte range of what is found first; the text behind it is not looked at.
    #[must_use]
    pub fn first(&self, text: &str) -> Option<Range<usize>> {
        let mut first = None;
        let _ = self.each(text, |range| {
            first = Some(range);
            ControlFlow::Break(())
        });
        first
    }

    fn each(
        &self,
        text: &str,
        mut each: impl FnMut(Range<usize>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if self.is_empty() {
            return ControlFlow::Continue(());
        }
        let mut last: VecDeque<Token> = VecDeque::with_capacity(self.longest + 1);
        each_token(text, |token| {
            last.push_back(token);
            if last.len() > self.longest {
                last.pop_front();
            }
            for pattern in &self.patterns {
                if let Some(range) = ends_with(&last, pattern) {
                    each(range)?;
                }
            }
            ControlFlow::Continue(())
        })
    }
}

/// A word of a text, folded, and where it stands.
#[derive(Debug)]
struct Token {
    word: String,
    range: Range<usize>,
    /// Of two characters of a script without spaces, where the first one ends; else the end.
    first_end: usize,
}

/// What the pattern covers if the words end with it.
fn ends_with(words: &VecDeque<Token>, pattern: &WordPattern) -> Option<Range<usize>> {
    let wanted = pattern.words();
    let skipped = words.len().checked_sub(wanted.len())?;
    let mut here = words.iter().skip(skipped);
    let start = here.clone().next()?.range.start;
    let (last, before) = wanted.split_last()?;
    if !before
        .iter()
        .all(|word| here.next().is_some_and(|token| token.word == *word))
    {
        return None;
    }
    let token = here.next()?;
    if token.word == *last {
        return Some(start..token.range.end);
    }
    (pattern.is_open() && token.word.starts_with(last.as_str())).then_some(start..token.first_end)
}

/// Shows the words of a text, the same as [`each_word`](crate::words::each_word) gives, with their places.
fn each_token(text: &str, each: impl FnMut(Token) -> ControlFlow<()>) -> ControlFlow<()> {
    let mut cutter = Cutter {
        word: None,
        dense: None,
        each,
    };
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let mut end = start + c.len_utf8();
        while let Some((at, mark)) = chars.next_if(|(_, c)| !folds_alone(*c)) {
            end = at + mark.len_utf8();
        }
        if c.is_ascii() && end == start + 1 {
            cutter.take(c.to_ascii_lowercase(), start..end)?;
            continue;
        }
        let folded = search_fold(text.get(start..end).unwrap_or_default());
        for c in folded.chars() {
            cutter.take(c, start..end)?;
        }
    }
    cutter.end_word()?;
    cutter.end_run()
}

struct Cutter<F> {
    word: Option<(String, Range<usize>)>,
    /// The last character of a script without spaces.
    dense: Option<(char, Range<usize>)>,
    each: F,
}

impl<F: FnMut(Token) -> ControlFlow<()>> Cutter<F> {
    fn take(&mut self, c: char, place: Range<usize>) -> ControlFlow<()> {
        match class(c) {
            Class::Letter => {
                self.end_run()?;
                let (word, range) = self
                    .word
                    .get_or_insert_with(|| (String::new(), place.clone()));
                range.end = place.end;
                // One byte too many is enough for cutting.
                if word.len() <= LONGEST {
                    word.push(c);
                }
                ControlFlow::Continue(())
            }
            Class::Dense => {
                self.end_word()?;
                match self.dense.replace((c, place.clone())) {
                    Some((before, first)) => (self.each)(Token {
                        word: String::from_iter([before, c]),
                        range: first.start..place.end,
                        first_end: first.end,
                    }),
                    None => ControlFlow::Continue(()),
                }
            }
            Class::Separator => {
                self.end_word()?;
                self.end_run()
            }
        }
    }

    fn end_word(&mut self) -> ControlFlow<()> {
        let Some((mut word, range)) = self.word.take() else {
            return ControlFlow::Continue(());
        };
        word.truncate(word.floor_char_boundary(LONGEST));
        let first_end = range.end;
        (self.each)(Token {
            word,
            range,
            first_end,
        })
    }

    fn end_run(&mut self) -> ControlFlow<()> {
        let Some((c, range)) = self.dense.take() else {
            return ControlFlow::Continue(());
        };
        let first_end = range.end;
        (self.each)(Token {
            word: c.into(),
            range,
            first_end,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::each_token;
    use crate::language::{TextField, parse};
    use crate::words::each_word;
    use std::ops::ControlFlow;

    fn marked(query: &str, text: &str) -> String {
        let marker = parse(query).unwrap().marker(&[TextField::Body]);
        let mut out = String::new();
        let mut done = 0;
        for range in marker.marks(text) {
            out.push_str(text.get(done..range.start).unwrap());
            out.extend(["[", text.get(range.clone()).unwrap(), "]"]);
            done = range.end;
        }
        out + text.get(done..).unwrap()
    }

    #[test]
    fn words_are_marked_as_they_stand() {
        for (query, text, expect) in [
            ("cafe", "Un Café, un cafetier", "Un [Café], un cafetier"),
            ("cafe*", "Un Café, un cafetier", "Un [Café], un [cafetier]"),
            ("cafe", "Cafe\u{301}!", "[Cafe\u{301}]!"),
            ("strasse", "Hauptstraße Straße", "Hauptstraße [Straße]"),
            ("file", "ﬁle", "[ﬁle]"),
            ("\"a b\"", "a b a-B ab a c b", "[a b] [a-B] ab a c b"),
            ("\"a b\"*", "a bc", "[a bc]"),
            ("会議", "東京の会議室で", "東京の[会議]室で"),
            ("会", "会議室", "[会]議室"),
            ("会議室", "会議室会議", "[会議室]会議"),
            ("soft", "so\u{ad}ft", "[so\u{ad}ft]"),
            ("a b", "a b", "[a] [b]"),
            ("x -y", "x y", "[x] y"),
            ("from:x subject:y body:z", "x y z", "x y [z]"),
            (
                "ann@example.org",
                "<ann@example.org>",
                "<[ann@example.org]>",
            ),
            ("İstanbul", "istanbul ISTANBUL", "[istanbul] [ISTANBUL]"),
        ] {
            assert_eq!(marked(query, text), expect, "{query}");
        }
    }

    proptest::proptest! {
        #[test]
        fn words_with_places_are_the_words(text in "[aBé\u{301}ßﬁ会議室각\u{1100}\u{1161}ｶ\u{ff9e}\u{ad} .'0]{0,90}") {
            let (mut here, mut there) = (Vec::new(), Vec::new());
            let _ = each_token(&text, |token| {
                assert!(text.is_char_boundary(token.range.start) && text.is_char_boundary(token.range.end));
                assert!(token.range.start < token.range.end && token.first_end <= token.range.end);
                here.push(token.word);
                ControlFlow::Continue(())
            });
            let _ = each_word(&text, |word| {
                there.push(word.to_owned());
                ControlFlow::Continue(())
            });
            assert_eq!(here, there);
        }
    }
}
