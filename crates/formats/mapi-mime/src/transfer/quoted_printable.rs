//! Quoted-printable.
//! RFC 2045 §6.7

use std::io::{self, Write};

/// Keeps what is no escape, drops soft line ends and white space before a line end.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// `=` and what followed it, while it is not clear what they are.
    escape: Vec<u8>,
    /// White space that may stand before a line end.
    space: Vec<u8>,
    odd: bool,
}

/// White space held back at most; a longer run is text.
const SPACE_MAX: usize = 1000;

impl Decoder {
    pub(crate) fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let mut rest = input;
        while let Some(&first) = rest.first() {
            if self.escape.is_empty() && self.space.is_empty() {
                let plain = rest
                    .iter()
                    .position(|b| matches!(b, b'=' | b' ' | b'\t'))
                    .unwrap_or(rest.len());
                if plain > 0 {
                    let (text, tail) = rest.split_at(plain);
                    out.extend_from_slice(text);
                    rest = tail;
                    continue;
                }
            }
            rest = rest.get(1..).unwrap_or_default();
            self.push(first, out);
        }
    }

    fn push(&mut self, byte: u8, out: &mut Vec<u8>) {
        if !self.escape.is_empty() {
            return self.push_escape(byte, out);
        }
        match byte {
            b'=' => {
                out.append(&mut self.space);
                self.escape.push(byte);
            }
            b' ' | b'\t' if self.space.len() < SPACE_MAX => self.space.push(byte),
            b'\n' => {
                let cr = self.space.last() == Some(&b'\r');
                self.space.clear();
                out.extend_from_slice(if cr { b"\r\n" } else { b"\n" });
            }
            b'\r' if !self.space.is_empty() && self.space.last() != Some(&b'\r') => {
                self.space.push(byte)
            }
            _ => {
                out.append(&mut self.space);
                out.push(byte);
            }
        }
    }

    fn push_escape(&mut self, byte: u8, out: &mut Vec<u8>) {
        let hex = |b: u8| {
            char::from(b)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        };
        match (self.escape.as_slice(), byte) {
            // A soft line end, with white space that transport may have added.
            (_, b'\n')
                if self
                    .escape
                    .iter()
                    .skip(1)
                    .all(|b| matches!(b, b' ' | b'\t' | b'\r')) =>
            {
                self.escape.clear()
            }
            ([b'=', held @ ..], b' ' | b'\t' | b'\r')
                if held.len() < SPACE_MAX && held.iter().all(|b| matches!(b, b' ' | b'\t')) =>
            {
                self.escape.push(byte);
            }
            ([b'='], _) if hex(byte).is_some() => self.escape.push(byte),
            ([b'=', high], _) => match (hex(*high), hex(byte)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    self.escape.clear();
                }
                _ => self.give_up(byte, out),
            },
            _ => self.give_up(byte, out),
        }
    }

    /// What was held is no escape: it is text.
    fn give_up(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.odd = true;
        out.append(&mut self.escape);
        self.push(byte, out);
    }

    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        match self.escape.as_slice() {
            [] | [b'='] => {}
            [_, held @ ..] if held.iter().all(|b| b.is_ascii_whitespace()) => {}
            _ => {
                self.odd = true;
                out.append(&mut self.escape);
            }
        }
        self.escape.clear();
        self.space.clear();
    }

    pub(crate) fn defect(&self) -> Option<&'static str> {
        self.odd.then_some("= without two hexadecimal digits")
    }
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

fn escape(byte: u8) -> [u8; 3] {
    let digit = |n: u8| HEX.get(usize::from(n)).copied().unwrap_or(b'0');
    [b'=', digit(byte >> 4), digit(byte & 15)]
}

/// Writes text in CRLF lines of at most 76 characters. Line ends of any kind in `text` become CRLF.
pub(crate) fn encode(text: &[u8], out: &mut dyn Write) -> io::Result<()> {
    for (n, line) in text.split(|b| *b == b'\n').enumerate() {
        if n > 0 {
            out.write_all(b"\r\n")?;
        }
        encode_line(line.strip_suffix(b"\r").unwrap_or(line), out)?;
    }
    Ok(())
}

fn encode_line(line: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let mut column = 0;
    for (i, &byte) in line.iter().enumerate() {
        let last = i + 1 == line.len();
        let plain = match byte {
            b' ' | b'\t' => !last,
            // A dot alone and "From " at a line's start are changed by some transports.
            b'.' | b'F' if column == 0 => false,
            b'=' => false,
            _ => (33..=126).contains(&byte),
        };
        let width = if plain { 1 } else { 3 };
        if column + width > 75 {
            out.write_all(b"=\r\n")?;
            column = 0;
        }
        if plain {
            out.write_all(&[byte])?;
        } else {
            out.write_all(&escape(byte))?;
        }
        column += width;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expect: &[u8]) {
        for step in [1, 2, 3, input.len().max(1)] {
            let (mut d, mut out) = (Decoder::default(), Vec::new());
            for piece in input.as_bytes().chunks(step) {
                d.feed(piece, &mut out);
            }
            d.finish(&mut out);
            assert_eq!(out, expect, "{input:?} in steps of {step}");
        }
    }

    #[test]
    fn decodes_what_is_there() {
        check("caf=C3=A9", "café".as_bytes());
        check("a=3Db=\r\nc", b"a=bc");
        check("a=  \r\nb", b"ab");
        check("a \t\r\nb\n", b"a\r\nb\n");
        check("a=zz=4", b"a=zz=4");
        check("a =\nb", b"a b");
        check("a==41", b"a=A");
        check("end=", b"end");
        check("a\r\n", b"a\r\n");
        check("=c3=a9", "é".as_bytes());
    }

    #[test]
    fn lines_are_short_and_come_back() {
        let text = format!(
            "{}\r\n.\r\nFrom me \r\n{}=\r\n",
            "é".repeat(100),
            "x".repeat(200)
        );
        let mut coded = Vec::new();
        encode(text.as_bytes(), &mut coded).unwrap();
        assert!(coded.split(|b| *b == b'\n').all(|l| l.len() <= 77));
        let (back, defect) = crate::transfer::Transfer::QuotedPrintable.decode(&coded);
        assert_eq!((String::from_utf8(back).unwrap(), defect), (text, None));
    }
}
