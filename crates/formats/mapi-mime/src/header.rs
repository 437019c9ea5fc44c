//! Header fields: where they are, and their values as text.
//! RFC 5322 §2.2, §3.6.8, §4.5

pub(crate) mod address;
pub(crate) mod date;
pub(crate) mod language;
pub(crate) mod params;
pub(crate) mod words;

use std::borrow::Cow;
use std::ops::Range;

use crate::charset;

/// One field of a header block.
#[derive(Debug, Clone)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    /// After the colon, with its folding, without the last line end.
    pub(crate) raw: &'a [u8],
    /// The whole field with its line ends, relative to the block.
    pub(crate) range: Range<usize>,
}

/// The line of `bytes` at `at` with its end, and where the next one starts; `None` at the end.
pub(crate) fn line_at(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = bytes.get(at..).filter(|r| !r.is_empty())?;
    let len = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
    Some((rest.get(..len)?, at + len))
}

/// `line` without its line end.
pub(crate) fn without_eol(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The length of a field name with which `line` starts and its colon; white space before the colon is obsolete but allowed.
pub(crate) fn name_len(line: &[u8]) -> Option<(usize, usize)> {
    let name = line.iter().position(|b| !matches!(b, 33..=57 | 59..=126))?;
    let colon = name
        + line
            .get(name..)?
            .iter()
            .position(|b| !matches!(b, b' ' | b'\t'))?;
    (name > 0 && line.get(colon) == Some(&b':')).then_some((name, colon))
}

/// Walks the fields of a header block; what is no field is passed over.
pub(crate) fn fields(block: &[u8]) -> Fields<'_> {
    Fields { block, at: 0 }
}

/// See [`fields`].
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a> {
    block: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        loop {
            let start = self.at;
            let (line, mut next) = line_at(self.block, start)?;
            while let Some((more, after)) = line_at(self.block, next) {
                if !matches!(more.first(), Some(b' ' | b'\t')) {
                    break;
                }
                next = after;
            }
            self.at = next;
            // Only the first field can be indented: a later one continues the field before it.
            let indent = line.len() - line.trim_ascii_start().len();
            let start = start + indent;
            let line = line.get(indent..).unwrap_or_default();
            let Some((name, colon)) = name_len(line) else {
                continue;
            };
            let raw = self.block.get(start + colon + 1..next).unwrap_or_default();
            let name = line
                .get(..name)
                .and_then(|n| std::str::from_utf8(n).ok())
                .unwrap_or_default();
            return Some(Field {
                name,
                raw: without_eol(raw),
                range: start..next,
            });
        }
    }
}

/// Longest value that is read for a property; the rest stays in the header text and in the original.
pub(crate) const VALUE_MAX: usize = 1 << 20;

impl Field<'_> {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value as one line of text, encoded words not yet decoded; raw 8-bit bytes are UTF-8 or `default`.
    pub(crate) fn unfolded(&self, default: i32) -> String {
        let raw = self.raw.get(..VALUE_MAX).unwrap_or(self.raw);
        let mut line: Cow<'_, [u8]> = raw.into();
        if memchr::memchr3(b'\n', b'\r', 0, raw).is_some() {
            line.to_mut().retain(|b| !matches!(b, b'\n' | b'\r' | 0));
        }
        let text = match std::str::from_utf8(&line) {
            Ok(text) => text.to_owned(),
            Err(_) => charset::decode(&line, None, default).text.into_owned(),
        };
        text.trim_matches([' ', '\t']).to_owned()
    }

    /// The value as text with encoded words decoded.
    pub(crate) fn text(&self, default: i32) -> String {
        words::decode(&self.unfolded(default))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found() {
        let block = b"A: 1\r\nB : x\r\n y\nnonsense\nC:\n--x:1\nD";
        let found: Vec<_> = fields(block)
            .map(|f| (f.name, f.unfolded(1252), f.range))
            .collect();
        let expect = [
            ("A", "1", 0..6),
            ("B", "x y", 6..16),
            ("C", "", 25..28),
            ("--x", "1", 28..34),
        ];
        assert_eq!(found, expect.map(|(n, v, r)| (n, v.to_owned(), r)));
    }
}
