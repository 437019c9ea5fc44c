//! RTF cut into groups, control words, symbols and text, as slices of it with their places.
//! RTF 1.9.1, "RTF Syntax"

#[cfg(test)]
mod tests;

use std::ops::Range;

/// What a tokenizer finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// `{`
    Open,
    /// `}`
    Close,
    /// A control word with the number behind it. Bytes of `\bin` belong to it.
    Word(&'a [u8], Option<i32>),
    /// A control symbol: what stands behind the backslash. `\` at the end of a line is `\par`, as the rules have it.
    Symbol(u8),
    /// `\'` and two digits.
    Hex(u8),
    /// Bytes without any of these and without line ends, which mean nothing.
    Text(&'a [u8]),
}

/// Cuts RTF into tokens; each byte is looked at a bounded number of times.
#[derive(Debug, Clone)]
pub(crate) struct Tokens<'a> {
    source: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(crate) const fn new(source: &'a [u8], at: usize) -> Self {
        Self { source, at }
    }

    /// The next token and where it stands.
    pub(crate) fn next(&mut self) -> Option<(Token<'a>, Range<usize>)> {
        loop {
            let start = self.at;
            let token = match self.peek()? {
                b'{' => self.step(Token::Open),
                b'}' => self.step(Token::Close),
                b'\r' | b'\n' => {
                    self.at += 1;
                    continue;
                }
                b'\\' => self.control()?,
                _ => Token::Text(self.take(|byte| !is_special(byte))),
            };
            return Some((token, start..self.at));
        }
    }

    /// Where the next token is looked for.
    pub(crate) const fn place(&self) -> usize {
        self.at
    }

    /// Passes over the rest of a group whose end is the next unmatched `}`, and over that. Nothing is told of what is in it.
    pub(crate) fn skip_group(&mut self) {
        let mut depth = 1usize;
        while depth > 0 {
            self.take(|byte| !matches!(byte, b'\\' | b'{' | b'}'));
            match self.peek() {
                None => return,
                Some(b'{') => depth += 1,
                Some(b'}') => depth -= 1,
                Some(_) => {
                    self.control();
                    continue;
                }
            }
            self.at += 1;
        }
    }

    /// What is still to come.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// Passes over a blank, if one comes next.
    pub(crate) fn blank(&mut self) -> bool {
        let blank = self.peek() == Some(b' ');
        self.at += usize::from(blank);
        blank
    }

    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn step(&mut self, token: Token<'a>) -> Token<'a> {
        self.at += 1;
        token
    }

    /// The bytes from here for which `wanted` holds.
    fn take(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.source.get(self.at..).unwrap_or_default();
        let len = rest
            .iter()
            .position(|byte| !wanted(*byte))
            .unwrap_or(rest.len());
        self.at += len;
        rest.get(..len).unwrap_or_default()
    }

    /// What begins with the backslash at `at`; nothing for one that is the last byte.
    fn control(&mut self) -> Option<Token<'a>> {
        self.at += 1;
        let first = self.peek()?;
        if first.is_ascii_alphabetic() {
            return Some(self.word());
        }
        self.at += 1;
        Some(match first {
            b'\'' => self.hex(),
            b'\r' | b'\n' => {
                if first == b'\r' && self.peek() == Some(b'\n') {
                    self.at += 1;
                }
                Token::Word(b"par", None)
            }
            symbol => Token::Symbol(symbol),
        })
    }

    fn word(&mut self) -> Token<'a> {
        let name = self.take(|byte| byte.is_ascii_alphabetic());
        let value = self.number();
        if self.peek() == Some(b' ') {
            self.at += 1;
        }
        if name == b"bin" {
            self.binary(value);
        }
        Token::Word(name, value)
    }

    /// The number behind a control word, held to what an `i32` can be.
    fn number(&mut self) -> Option<i32> {
        let digit = |at: usize| self.source.get(at).is_some_and(u8::is_ascii_digit);
        let negative = self.peek() == Some(b'-');
        if !digit(self.at + usize::from(negative)) {
            return None;
        }
        self.at += usize::from(negative);
        let digits = self.take(|byte| byte.is_ascii_digit());
        let value = digits.iter().fold(0i32, |value, digit| {
            value
                .saturating_mul(10)
                .saturating_add(i32::from(digit - b'0'))
        });
        Some(if negative { -value } else { value })
    }

    /// Passes over the data of `\bin`; of one that says to be longer than the file nothing is believed.
    fn binary(&mut self, len: Option<i32>) {
        let len = len.and_then(|len| usize::try_from(len).ok()).unwrap_or(0);
        if len <= self.source.len() - self.at {
            self.at += len;
        }
    }

    /// Two digits; what is cut short counts with the digits that it has.
    fn hex(&mut self) -> Token<'a> {
        let digit = |at: usize| {
            self.source
                .get(at)
                .and_then(|byte| char::from(*byte).to_digit(16))
                .and_then(|digit| u8::try_from(digit).ok())
        };
        match (digit(self.at), digit(self.at + 1)) {
            (Some(high), Some(low)) => {
                self.at += 2;
                Token::Hex(high << 4 | low)
            }
            (Some(low), None) => {
                self.at += 1;
                Token::Hex(low)
            }
            (None, _) => Token::Symbol(b'\''),
        }
    }
}

const fn is_special(byte: u8) -> bool {
    matches!(byte, b'\\' | b'{' | b'}' | b'\r' | b'\n')
}
