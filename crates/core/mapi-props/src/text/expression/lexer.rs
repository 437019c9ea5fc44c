//! Words, signs and JSON, one after another.

use serde_json::Value;

use super::ExpressionError;
use crate::text::property_end;

/// What stands at a place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Anything without spaces and signs: a property, a keyword, a plain value.
    Word(&'a str),
    /// `( ) [ ] , @ & = != < <= > >= =~`
    Sign(&'static str),
    /// The start of a JSON string or object.
    Json,
    /// A character that starts nothing.
    Odd(char),
    /// The end of the text.
    End,
}

/// Longer ones first.
const SIGNS: [&str; 16] = [
    "!=", "<>", "<=", ">=", "=~", "==", "=", "<", ">", "(", ")", "[", "]", ",", "@", "&",
];

/// The text and how much of it has been read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Skips spaces, and says where the next token starts.
    pub(super) fn start(&mut self) -> usize {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.at
    }

    pub(super) fn peek(&mut self) -> Token<'a> {
        self.token().0
    }

    pub(super) fn next(&mut self) -> Token<'a> {
        let (token, len) = self.token();
        self.at += len;
        token
    }

    /// Takes the sign if it is the next token.
    pub(super) fn eat(&mut self, sign: &str) -> bool {
        let found = self.peek() == Token::Sign(canonical(sign));
        if found {
            self.next();
        }
        found
    }

    fn token(&mut self) -> (Token<'a>, usize) {
        self.start();
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return (Token::End, 0);
        };
        if let Some(sign) = SIGNS.into_iter().find(|s| rest.starts_with(s)) {
            return (Token::Sign(canonical(sign)), sign.len());
        }
        match first {
            '"' | '{' if !is_guid(rest) => (Token::Json, 0),
            '!' | ')' | ']' => (Token::Odd(first), first.len_utf8()),
            _ => {
                let len = property_end(rest, |c| c.is_whitespace() || is_sign(c));
                (Token::Word(rest.get(..len).unwrap_or_default()), len)
            }
        }
    }

    /// The JSON value that starts here; none, and nothing read, if there is none.
    pub(super) fn json(&mut self) -> Option<Value> {
        self.start();
        let mut stream = serde_json::Deserializer::from_str(self.rest()).into_iter::<Value>();
        let value = stream.next()?.ok()?;
        self.at += stream.byte_offset();
        Some(value)
    }

    /// The word's first characters are taken, its rest comes again.
    pub(super) fn skip(&mut self, len: usize) {
        self.start();
        self.at += len;
    }

    pub(super) fn error(&self, offset: usize, message: impl Into<String>) -> ExpressionError {
        let before = self.text.get(..offset).unwrap_or(self.text);
        ExpressionError {
            offset,
            column: before.chars().count() + 1,
            message: message.into(),
        }
    }
}

/// A sign's one spelling.
fn canonical(sign: &str) -> &'static str {
    match sign {
        "<>" => "!=",
        "==" => "=",
        other => SIGNS.into_iter().find(|s| *s == other).unwrap_or("="),
    }
}

const fn is_sign(c: char) -> bool {
    matches!(
        c,
        '(' | ')' | '[' | ']' | ',' | '@' | '&' | '=' | '<' | '>' | '!'
    )
}

/// Whether `{` starts a property set in figures, not JSON.
fn is_guid(rest: &str) -> bool {
    rest.strip_prefix('{')
        .is_some_and(|r| r.starts_with(|c: char| c.is_ascii_hexdigit()))
}
