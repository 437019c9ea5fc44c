//! The pieces of a query's text: keywords, field names, words and quoted text.

use std::borrow::Cow;

use super::error::{Problem, QueryError};
use super::term::Field;

/// Stands in a text and takes what comes next.
#[derive(Debug, Clone)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    /// Byte offset of what has not been taken.
    at: usize,
}

/// A word or a quoted text.
#[derive(Debug)]
pub(super) struct Value<'a> {
    /// Without quotes; of a word, with its `*`.
    pub(super) text: Cow<'a, str>,
    quoted: bool,
    /// `*` right behind the closing quote.
    star: bool,
}

impl Value<'_> {
    /// A `*` alone.
    pub(super) fn is_star(&self) -> bool {
        !self.quoted && self.text == "*"
    }

    /// The text, and whether a `*` at its end says that it may go on.
    pub(super) fn starred(&self) -> Result<(String, bool), Problem> {
        if self.quoted {
            return Ok((self.text.to_string(), self.star));
        }
        match self.text.strip_suffix('*') {
            Some(text) if !text.contains('*') => Ok((text.to_owned(), true)),
            None if !self.text.contains('*') => Ok((self.text.to_string(), false)),
            _ => Err(Problem::StarInside),
        }
    }

    /// The text where `*` is nothing special.
    pub(super) fn whole(&self) -> String {
        let mut text = self.text.to_string();
        if self.star {
            text.push('*');
        }
        text
    }
}

/// `"`, and what word processors make of it.
pub(super) const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„')
}

const fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')') || is_quote(c)
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// What comes after white space.
    fn ahead(&self) -> &'a str {
        self.rest().trim_start()
    }

    /// Byte offset of what comes after white space.
    pub(super) fn place(&self) -> usize {
        self.text.len() - self.ahead().len()
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let taken = self.ahead().get(..bytes).unwrap_or_default();
        self.at = self.place() + taken.len();
        taken
    }

    pub(super) fn error_here(&self, problem: Problem) -> QueryError {
        self.error_at(self.place(), problem)
    }

    pub(super) fn error_at(&self, offset: usize, problem: Problem) -> QueryError {
        let before = self.text.get(..offset).unwrap_or(self.text);
        QueryError {
            offset,
            column: before.chars().count() + 1,
            problem,
        }
    }

    pub(super) fn at_end(&self) -> bool {
        self.ahead().is_empty()
    }

    /// Whether white space or the end stands here.
    pub(super) fn has_gap(&self) -> bool {
        self.ahead().len() < self.rest().len() || self.rest().is_empty()
    }

    pub(super) fn sees(&self, c: char) -> bool {
        self.ahead().starts_with(c)
    }

    pub(super) fn eat(&mut self, c: char) -> bool {
        let seen = self.sees(c);
        if seen {
            self.take(c.len_utf8());
        }
        seen
    }

    /// Whether AND, OR or NOT in capitals stands here.
    pub(super) fn sees_keyword(&self, word: &str) -> bool {
        let after = self.ahead().strip_prefix(word);
        after.is_some_and(|after| after.chars().next().is_none_or(ends_word))
    }

    pub(super) fn eat_keyword(&mut self, word: &str) -> bool {
        let seen = self.sees_keyword(word);
        if seen {
            self.take(word.len());
        }
        seen
    }

    /// `-` right before what it is about; before white space, signs alone or another `-` it is a dash.
    pub(super) fn eat_minus(&mut self) -> bool {
        let after = self.ahead().strip_prefix('-').unwrap_or_default();
        let mut word = after.chars().take_while(|c| !c.is_whitespace());
        let something = |c: char| c.is_alphanumeric() || is_quote(c) || matches!(c, '(' | '*');
        let seen = !after.starts_with(['-', ')']) && word.any(something);
        if seen {
            self.take(1);
        }
        seen
    }

    /// The name of a field with its colon. A colon behind another word makes it a field that is unknown, unless what
    /// follows shows an address (`http://…`, `C:\`), a path in code (`std::vec`) or the end of the word (`Re: …`).
    pub(super) fn eat_field(&mut self) -> Option<&'a str> {
        let ahead = self.ahead();
        let end = ahead.find(|c: char| !(c.is_ascii_alphabetic() || matches!(c, '-' | '_')))?;
        let name = ahead.get(..end)?;
        let after = ahead.get(end..)?.strip_prefix(':')?;
        let goes_on = |c: char| !(c.is_whitespace() || matches!(c, ')' | '/' | ':' | '\\'));
        let unknown = || name.len() > 1 && after.chars().next().is_some_and(goes_on);
        if Field::named(name).is_none() && !unknown() {
            return None;
        }
        self.take(end + 1);
        Some(name)
    }

    /// The word or quoted text that comes next.
    pub(super) fn value(&mut self) -> Result<Value<'a>, QueryError> {
        match self.ahead().chars().next() {
            Some(c) if is_quote(c) => self.quoted(c),
            _ => {
                let ahead = self.ahead();
                let end = ahead.find(ends_word).unwrap_or(ahead.len());
                Ok(Value {
                    text: Cow::Borrowed(self.take(end)),
                    quoted: false,
                    star: false,
                })
            }
        }
    }

    fn quoted(&mut self, open: char) -> Result<Value<'a>, QueryError> {
        let start = self.place();
        self.eat(open);
        let mut text = String::new();
        let mut chars = self.rest().char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, c)| *c);
            match c {
                '\\' if next.is_some_and(|n| n == '\\' || is_quote(n)) => {
                    text.extend(next);
                    chars.next();
                }
                '"' => return Ok(self.close(at + 1, text)),
                c if open != '"' && is_quote(c) => return Ok(self.close(at + c.len_utf8(), text)),
                c => text.push(c),
            }
        }
        Err(self.error_at(start, Problem::OpenQuote))
    }

    fn close(&mut self, bytes: usize, text: String) -> Value<'a> {
        self.at += bytes;
        let star = self.rest().starts_with('*');
        self.at += usize::from(star);
        Value {
            text: Cow::Owned(text),
            quoted: true,
            star,
        }
    }
}
