//! Tags and text of HTML, as slices of it.
//! WHATWG HTML 13.2.5
//!
//! What these rules give is what the standard's tokenizer gives, but that names are left in the case they are written in
//! and that comments, doctypes and parse errors are passed over. Every byte is looked at a bounded number of times.

mod references;
mod script;

use std::borrow::Cow;

use memchr::{memchr, memmem};

pub(crate) use references::decode;

/// What a tokenizer finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// Text between tags, its references not yet decoded.
    Text(&'a str),
    /// Text in which references mean nothing.
    Raw(&'a str),
    /// A start tag.
    Start(Tag<'a>),
    /// An end tag's name.
    End(&'a str),
}

/// A start tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    pub(crate) name: &'a str,
    /// What stands between the name and `>`.
    inside: &'a str,
}

impl<'a> Tag<'a> {
    /// What stands between the name and `>`, as it is written.
    pub(crate) const fn inside(self) -> &'a str {
        self.inside
    }

    /// The attributes in order, each name as it is written; values that have none are empty.
    pub(crate) fn attributes(self) -> Attributes<'a> {
        Attributes { rest: self.inside }
    }
}

/// See [`Tag::attributes`].
#[derive(Debug, Clone)]
pub(crate) struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let found = attribute(self.rest)?;
        self.rest = found.rest;
        Some((found.name, found.value))
    }
}

/// A text value with its references decoded.
pub(crate) fn decode_attribute(value: &str) -> Cow<'_, str> {
    references::decode_attribute(value)
}

/// Cuts HTML into tokens.
#[derive(Debug)]
pub(crate) struct Tokens<'a> {
    rest: &'a str,
    /// The element whose content is no markup, while that is to come.
    raw: Option<&'a str>,
}

impl<'a> Tokens<'a> {
    pub(crate) const fn new(html: &'a str) -> Self {
        Self {
            rest: html,
            raw: None,
        }
    }

    /// Takes `len` bytes off the front.
    fn take(&mut self, len: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Passes over everything up to `end`, which is found from byte `from` on, or over all.
    fn skip_past(&mut self, from: usize, end: &str) {
        let bytes = self.rest.as_bytes();
        let found = memmem::find(bytes.get(from..).unwrap_or_default(), end.as_bytes());
        self.take(found.map_or(bytes.len(), |at| from + at + end.len()));
    }

    /// Reads what begins with `<`: a tag, or something to be passed over; `None` if it is text.
    fn markup(&mut self) -> Option<Option<Token<'a>>> {
        match self.rest.as_bytes() {
            [b'<', b'a'..=b'z' | b'A'..=b'Z', ..] => Some(self.start()),
            [b'<', b'/', b'a'..=b'z' | b'A'..=b'Z', ..] => Some(self.end()),
            [b'<', b'!', b'-', b'-', ..] => {
                self.take(4);
                self.comment();
                Some(None)
            }
            // A doctype, or a comment that is none.
            [b'<', b'!' | b'?', ..] | [b'<', b'/', _, ..] => {
                self.skip_past(2, ">");
                Some(None)
            }
            _ => None,
        }
    }

    fn start(&mut self) -> Option<Token<'a>> {
        let tag = self.tag(1)?;
        if is_raw(tag.name) {
            self.raw = Some(tag.name);
        }
        Some(Token::Start(tag))
    }

    fn end(&mut self) -> Option<Token<'a>> {
        Some(Token::End(self.tag(2)?.name))
    }

    /// A tag whose name begins at byte `at`; one that never ends is none (13.2.5.6), and with it all that follows.
    fn tag(&mut self, at: usize) -> Option<Tag<'a>> {
        self.take(at);
        let ends = |b: &u8| matches!(b, b'\t' | b'\n' | b'\x0C' | b'\r' | b' ' | b'/' | b'>');
        let len = self.rest.bytes().position(|b| ends(&b));
        let name = self.take(len.unwrap_or(self.rest.len()));
        let inside = self.rest;
        while let Some(found) = attribute(self.rest) {
            self.rest = found.rest;
        }
        let gap = self.rest.bytes().take_while(|b| is_gap(*b)).count();
        let len = inside.len() - self.rest.len();
        self.take(gap);
        if self.take(1) != ">" {
            self.rest = "";
            return None;
        }
        Some(Tag {
            name,
            inside: inside.get(..len).unwrap_or_default(),
        })
    }

    /// Passes over a comment whose `<!--` is behind (13.2.5.43 to 13.2.5.51).
    fn comment(&mut self) {
        for abrupt in [">", "->"] {
            if self.rest.starts_with(abrupt) {
                self.take(abrupt.len());
                return;
            }
        }
        let bytes = self.rest.as_bytes();
        let mut from = 0;
        while let Some(at) = memmem::find(bytes.get(from..).unwrap_or_default(), b"--") {
            let after = from + at + 2;
            match bytes.get(after..).unwrap_or_default() {
                [b'>', ..] => {
                    self.take(after + 1);
                    return;
                }
                [b'!', b'>', ..] => {
                    self.take(after + 2);
                    return;
                }
                // The second of these may be the first of two.
                _ => from = after - 1,
            }
        }
        self.rest = "";
    }

    /// The content of an element in which there are no tags but its own end.
    fn raw_text(&mut self, name: &'a str) -> Token<'a> {
        let len = if name.eq_ignore_ascii_case("plaintext") {
            self.rest.len()
        } else if name.eq_ignore_ascii_case("script") {
            script::len(self.rest)
        } else {
            end_tag(self.rest, name).unwrap_or(self.rest.len())
        };
        let text = self.take(len);
        let refers = ["textarea", "title"]
            .iter()
            .any(|n| name.eq_ignore_ascii_case(n));
        if refers {
            Token::Text(text)
        } else {
            Token::Raw(text)
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if let Some(name) = self.raw.take() {
            return Some(self.raw_text(name));
        }
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let text = memchr(b'<', self.rest.as_bytes()).unwrap_or(self.rest.len());
            if text > 0 {
                return Some(Token::Text(self.take(text)));
            }
            match self.markup() {
                Some(Some(token)) => return Some(token),
                Some(None) => {}
                None => return Some(Token::Text(self.take(1))),
            }
        }
    }
}

/// Elements whose content is no markup (13.2.6.2). There is no scripting here, so `noscript` is none of them.
fn is_raw(name: &str) -> bool {
    const RAW: [&str; 9] = [
        "title",
        "textarea",
        "style",
        "xmp",
        "iframe",
        "noembed",
        "noframes",
        "script",
        "plaintext",
    ];
    matches!(name.len(), 3..=9) && RAW.iter().any(|raw| name.eq_ignore_ascii_case(raw))
}

/// Where the end tag of this name begins (13.2.5.9 to 13.2.5.14).
fn end_tag(text: &str, name: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut found = memmem::find_iter(bytes, b"</");
    found.find(|at| {
        let after = bytes.get(at + 2..).unwrap_or_default();
        is_name(after, name)
    })
}

/// Whether bytes begin with this name and what may stand behind the name of a tag.
fn is_name(bytes: &[u8], name: &str) -> bool {
    let Some((start, rest)) = bytes.split_at_checked(name.len()) else {
        return false;
    };
    let ends = |b: &u8| matches!(b, b'\t' | b'\n' | b'\x0C' | b'\r' | b' ' | b'/' | b'>');
    start.eq_ignore_ascii_case(name.as_bytes()) && rest.first().is_some_and(ends)
}

/// White space and slashes, which stand between attributes.
const fn is_gap(b: u8) -> bool {
    matches!(b, b'\t' | b'\n' | b'\x0C' | b'\r' | b' ' | b'/')
}

const fn is_space(b: u8) -> bool {
    is_gap(b) && b != b'/'
}

/// An attribute, and what follows it.
struct Attribute<'a> {
    name: &'a str,
    value: &'a str,
    rest: &'a str,
}

/// The first attribute in a tag (13.2.5.32 to 13.2.5.39); `None` before `>` and at the end.
fn attribute(text: &str) -> Option<Attribute<'_>> {
    let start = text.bytes().position(|b| !is_gap(b))?;
    let text = text.get(start..)?;
    if text.starts_with('>') {
        return None;
    }
    // A name may begin with `=`.
    let len = text
        .bytes()
        .enumerate()
        .position(|(n, b)| is_gap(b) || b == b'>' || (b == b'=' && n > 0));
    let (name, rest) = text.split_at_checked(len.unwrap_or(text.len()))?;
    let after = rest.trim_start_matches(['\t', '\n', '\x0C', '\r', ' ']);
    let Some(after) = after.strip_prefix('=') else {
        return Some(Attribute {
            name,
            value: "",
            rest,
        });
    };
    let after = after.trim_start_matches(['\t', '\n', '\x0C', '\r', ' ']);
    let (value, rest) = value(after);
    Some(Attribute { name, value, rest })
}

/// An attribute's value and what follows it; a quote that never ends takes all.
fn value(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    if let Some(quote @ (b'"' | b'\'')) = bytes.first() {
        let inner = text.get(1..).unwrap_or_default();
        let len = memchr(*quote, inner.as_bytes()).unwrap_or(inner.len());
        let (value, rest) = inner.split_at_checked(len).unwrap_or((inner, ""));
        return (value, rest.get(1..).unwrap_or_default());
    }
    let len = bytes.iter().position(|b| is_space(*b) || *b == b'>');
    text.split_at_checked(len.unwrap_or(text.len()))
        .unwrap_or((text, ""))
}

#[cfg(test)]
mod tests;
