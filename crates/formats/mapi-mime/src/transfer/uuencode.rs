//! Uuencode, as a transfer encoding of old mail and as files in the middle of text.
//! POSIX.1-2017, uuencode

use super::{InText, Transfer};
use crate::header::{line_at, without_eol};

/// Decodes the first encoded file; lines before `begin` and after `end` are dropped.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    line: Vec<u8>,
    begun: bool,
    ended: bool,
}

/// Longest line worth keeping: a count and 63 bytes as characters, with room.
const LINE_MAX: usize = 256;

impl Decoder {
    pub(crate) fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) {
        for &byte in input {
            if byte == b'\n' {
                self.take_line(out);
            } else if self.line.len() < LINE_MAX {
                self.line.push(byte);
            }
        }
    }

    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        self.take_line(out);
    }

    fn take_line(&mut self, out: &mut Vec<u8>) {
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        if !self.begun {
            self.begun = line.starts_with(b"begin ");
        } else if line == b"end" {
            self.ended = true;
        } else if !self.ended {
            decode_line(line, out);
        }
    }
}

fn six(byte: u8) -> u32 {
    u32::from(byte.wrapping_sub(32) & 63)
}

fn decode_line(line: &[u8], out: &mut Vec<u8>) {
    let Some((&count, data)) = line.split_first() else {
        return;
    };
    let mut left = six(count) as usize;
    for group in data.chunks(4) {
        let mut word = 0u32;
        for i in 0..4 {
            word = word << 6 | group.get(i).map_or(0, |b| six(*b));
        }
        let [_, bytes @ ..] = word.to_be_bytes();
        let n = left.min(3);
        out.extend_from_slice(bytes.get(..n).unwrap_or_default());
        left -= n;
    }
}

/// Full lines that make a file believed that has no `end`.
const CONVINCING: usize = 3;

/// The file whose `begin` line stands at `at`, if every line up to `end` is what uuencode writes.
///
/// Text that only looks like a start stays text. A file that breaks off after some full lines is one, with a defect.
pub(crate) fn file_at(text: &[u8], at: usize) -> Option<InText<'_>> {
    let (line, mut next) = line_at(text, at)?;
    let line = without_eol(line);
    if let Some(rest) = line.strip_prefix(b"begin-base64 ") {
        return base64_file(text, name_of(rest)?, next);
    }
    let name = name_of(line.strip_prefix(b"begin ")?)?;
    let mut data = Vec::new();
    let (mut lines, mut full) = (0, 0);
    while let Some((line, after)) = line_at(text, next) {
        let line = without_eol(line);
        if lines > 0 && is_end(line) {
            return Some(InText::whole(name, data, after));
        }
        // The last line, a space alone, may have lost its space on the way.
        let blank = line.is_empty() && line_at(text, after).is_some_and(|(l, _)| is_end(l));
        if !(blank || is_encoded(line)) {
            break;
        }
        decode_line(line, &mut data);
        lines += 1;
        full += usize::from(line.len() > 60 && line.starts_with(b"M"));
        next = after;
    }
    let cut = InText {
        defect: Some("a uuencoded file has no end"),
        ..InText::whole(name, data, next)
    };
    Some(cut).filter(|_| full >= CONVINCING)
}

fn is_end(line: &[u8]) -> bool {
    without_eol(line).trim_ascii_end() == b"end"
}

/// The name after an octal mode.
fn name_of(rest: &[u8]) -> Option<&[u8]> {
    let digits = rest.iter().take_while(|b| matches!(b, b'0'..=b'7')).count();
    let name = rest.get(digits..)?.strip_prefix(b" ")?.trim_ascii();
    ((3..=4).contains(&digits) && !name.is_empty()).then_some(name)
}

/// Whether a line holds a count and as many characters, but for spaces lost at its end and a checksum.
fn is_encoded(line: &[u8]) -> bool {
    let Some((&count, data)) = line.split_first() else {
        return false;
    };
    let most = (six(count) as usize).div_ceil(3) * 4 + 2;
    data.len() <= most && line.iter().all(|b| (32..=96).contains(b))
}

/// The file of `uuencode -m`: base64 up to a line of `====`.
fn base64_file<'t>(text: &'t [u8], name: &'t [u8], start: usize) -> Option<InText<'t>> {
    let mut next = start;
    while let Some((line, after)) = line_at(text, next) {
        let line = without_eol(line).trim_ascii_end();
        if line == b"====" {
            let (data, odd) = Transfer::Base64.decode(text.get(start..next)?);
            return odd.is_none().then(|| InText::whole(name, data, after));
        }
        let alphabet = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
        if !line.iter().all(alphabet) {
            return None;
        }
        next = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_the_file() {
        let text = b"hello\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\nbye";
        assert_eq!(Transfer::Uuencode.decode(text).0, b"Cat");
    }

    #[test]
    fn files_in_text_are_whole_or_text() {
        let check = |text: &str, expect: Option<(&str, usize)>| {
            let found = file_at(text.as_bytes(), 0);
            let found = found.map(|f| (String::from_utf8(f.name.to_vec()).unwrap(), f.data.len()));
            assert_eq!(found, expect.map(|(n, l)| (n.to_owned(), l)), "{text}");
        };
        check("begin 644 cat.txt\n#0V%T\n`\nend\n", Some(("cat.txt", 3)));
        check(
            "begin 644 cat.txt\r\n#0V%T\r\n\r\nend",
            Some(("cat.txt", 3)),
        );
        check("begin 0600 a b\n`\nend\n", Some(("a b", 0)));
        check("begin-base64 644 c\nQ2F0\n====\n", Some(("c", 3)));
        let full = format!("M{}\n", "0".repeat(60));
        let cut = format!("begin 644 x\n{}", full.repeat(3));
        check(&cut, Some(("x", 135)));
        assert!(file_at(cut.as_bytes(), 0).unwrap().defect.is_some());
        for text in [
            "begin 644 x\nend\n",
            "begin 644 x\nhello there\nend\n",
            "begin 644 x\n#0V%T\nfoo\n",
            "begin again\n#0V%T\nend\n",
            "begin 99 x\n#0V%T\nend\n",
            "begin-base64 644 c\nno spaces\n====\n",
            "begin 644 x",
        ] {
            check(text, None);
        }
    }
}
