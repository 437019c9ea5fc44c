//! Base64 in lines.
//! RFC 2045 §6.8, RFC 4648 §4

use std::io::{self, Read};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SKIP: u8 = 0xFF;
const PAD: u8 = 0xFE;
const SPACE: u8 = 0xFD;

static VALUES: [u8; 256] = values();

#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "constant evaluation over fixed tables: a slip does not compile"
)]
const fn values() -> [u8; 256] {
    let mut table = [SKIP; 256];
    let mut i = 0;
    while i < 64 {
        table[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    table[b'=' as usize] = PAD;
    table[b' ' as usize] = SPACE;
    table[b'\t' as usize] = SPACE;
    table[b'\r' as usize] = SPACE;
    table[b'\n' as usize] = SPACE;
    table
}

fn value(byte: u8) -> u8 {
    VALUES.get(usize::from(byte)).copied().unwrap_or(SKIP)
}

/// Skips what is not of the alphabet, stops at complete padding, gives what an incomplete end still holds.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    bits: u32,
    have: u8,
    pads: u8,
    ended: bool,
    odd: bool,
    after_end: bool,
}

impl Decoder {
    pub(crate) fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let mut rest = input;
        while !rest.is_empty() {
            if self.have == 0 && !self.ended {
                rest = decode_quads(rest, out);
            }
            let Some((&byte, tail)) = rest.split_first() else {
                return;
            };
            rest = tail;
            self.push(byte, out);
        }
    }

    fn push(&mut self, byte: u8, out: &mut Vec<u8>) {
        let v = value(byte);
        match v {
            SPACE => {}
            _ if self.ended => self.after_end |= v < 64,
            SKIP => self.odd = true,
            PAD if self.have < 2 => self.odd = true,
            PAD => {
                self.pads += 1;
                if self.have + self.pads >= 4 {
                    self.flush(out);
                    self.ended = true;
                }
            }
            _ => {
                self.odd |= self.pads > 0;
                self.pads = 0;
                self.bits = (self.bits << 6) | u32::from(v);
                self.have += 1;
                if self.have == 4 {
                    let [_, a, b, c] = self.bits.to_be_bytes();
                    out.extend_from_slice(&[a, b, c]);
                    self.have = 0;
                    self.bits = 0;
                }
            }
        }
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        let [_, a, b, _] = (self.bits << (6 * u32::from(4 - self.have.min(4)))).to_be_bytes();
        match self.have {
            2 => out.push(a),
            3 => out.extend_from_slice(&[a, b]),
            _ => {}
        }
        self.have = 0;
        self.bits = 0;
    }

    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        if self.have > 0 {
            self.odd = true;
            self.flush(out);
        }
    }

    pub(crate) fn defect(&self) -> Option<&'static str> {
        if self.odd {
            Some("characters outside base64 or a missing end")
        } else if self.after_end {
            Some("text after the end of base64")
        } else {
            None
        }
    }
}

/// Decodes whole groups of four from the front and gives what follows them.
fn decode_quads<'a>(mut rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    while let [a, b, c, d, tail @ ..] = rest {
        let (a, b, c, d) = (value(*a), value(*b), value(*c), value(*d));
        if (a | b | c | d) >= 64 {
            break;
        }
        let word = (u32::from(a) << 18) | (u32::from(b) << 12) | (u32::from(c) << 6) | u32::from(d);
        let [_, x, y, z] = word.to_be_bytes();
        out.extend_from_slice(&[x, y, z]);
        rest = tail;
    }
    rest
}

/// Encodes groups of three; the last may be short and is then padded.
fn encode_groups(input: &[u8], out: &mut Vec<u8>) {
    let digit = |n: u32| ALPHABET.get((n & 63) as usize).copied().unwrap_or(b'A');
    for group in input.chunks(3) {
        let (word, len) = match *group {
            [a, b, c] => (u32::from_be_bytes([0, a, b, c]), 4),
            [a, b] => (u32::from_be_bytes([0, a, b, 0]), 3),
            [a] => (u32::from_be_bytes([0, a, 0, 0]), 2),
            _ => continue,
        };
        let mut four = [
            digit(word >> 18),
            digit(word >> 12),
            digit(word >> 6),
            digit(word),
        ];
        for pad in four.iter_mut().skip(len) {
            *pad = b'=';
        }
        out.extend_from_slice(&four);
    }
}

/// Encodes without line ends.
pub(crate) fn encode(input: &[u8]) -> String {
    let mut out = Vec::with_capacity(input.len().div_ceil(3) * 4);
    encode_groups(input, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// How lines are cut: characters per line (0: one line), their ends, and whether the last one has its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lines {
    pub(crate) len: u16,
    pub(crate) crlf: bool,
    pub(crate) last_eol: bool,
}

impl Lines {
    /// The shape that the first line of `text` and its end suggest; not checked.
    pub(crate) fn guess(text: &[u8]) -> Option<Self> {
        let first = memchr::memchr(b'\n', text);
        let last_eol = text.last() == Some(&b'\n');
        let Some(first) = first else {
            return Some(Self {
                len: 0,
                crlf: false,
                last_eol: false,
            });
        };
        let line = text.get(..first)?;
        let crlf = line.last() == Some(&b'\r');
        let len = line.len() - usize::from(crlf);
        Some(Self {
            len: u16::try_from(len).ok().filter(|n| *n > 0)?,
            crlf,
            last_eol,
        })
    }
}

/// Reads bytes and gives them as base64 in lines.
pub(crate) struct EncodeReader<R> {
    inner: R,
    lines: Lines,
    raw: Vec<u8>,
    flat: Vec<u8>,
    out: Vec<u8>,
    read: usize,
    column: usize,
    done: bool,
}

/// Raw bytes encoded in one step: a multiple of three.
const STEP: usize = 24 * 1024;

impl<R: Read> EncodeReader<R> {
    pub(crate) fn new(inner: R, lines: Lines) -> Self {
        Self {
            inner,
            lines,
            raw: vec![0; STEP],
            flat: Vec::new(),
            out: Vec::new(),
            read: 0,
            column: 0,
            done: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        self.out.clear();
        self.read = 0;
        let mut filled = 0;
        while let Some(room) = self.raw.get_mut(filled..).filter(|r| !r.is_empty()) {
            match self.inner.read(room) {
                Ok(0) => {
                    self.done = true;
                    break;
                }
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        self.flat.clear();
        encode_groups(self.raw.get(..filled).unwrap_or_default(), &mut self.flat);
        self.wrap();
        Ok(())
    }

    fn wrap(&mut self) {
        let eol: &[u8] = if self.lines.crlf { b"\r\n" } else { b"\n" };
        let width = if self.lines.len == 0 {
            usize::MAX
        } else {
            usize::from(self.lines.len)
        };
        let mut rest = self.flat.as_slice();
        while !rest.is_empty() {
            if self.column == width {
                self.out.extend_from_slice(eol);
                self.column = 0;
            }
            let (line, tail) = rest.split_at(rest.len().min(width - self.column));
            self.out.extend_from_slice(line);
            self.column += line.len();
            rest = tail;
        }
        if self.done && self.lines.last_eol && self.column > 0 {
            self.out.extend_from_slice(eol);
        }
    }
}

impl<R: Read> Read for EncodeReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.read >= self.out.len() && !self.done {
            self.refill()?;
        }
        let mut ready = self.out.get(self.read..).unwrap_or_default();
        let n = ready.read(buf)?;
        self.read += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expect: &[u8], defect: bool) {
        for step in [1, 2, 3, 7, input.len().max(1)] {
            let (mut d, mut out) = (Decoder::default(), Vec::new());
            for piece in input.as_bytes().chunks(step) {
                d.feed(piece, &mut out);
            }
            d.finish(&mut out);
            assert_eq!(out, expect, "{input:?} in steps of {step}");
            assert_eq!(d.defect().is_some(), defect, "{input:?} in steps of {step}");
        }
    }

    #[test]
    fn decodes_what_is_there() {
        check("", b"", false);
        check("aGVsbG8=", b"hello", false);
        check("aGVs\r\nbG8=\r\n", b"hello", false);
        check("aGVsbG8", b"hello", true);
        check("aGV*sbG8=", b"hello", true);
        check("aGVsbG8=\n-- \nfooter", b"hello", true);
        check("aGVsb", b"hel", true);
        check("YQ==YQ==", b"a", true);
        check("====", b"", true);
    }

    #[test]
    fn lines_come_back() {
        let data: Vec<u8> = (0..100_000u32)
            .map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1])
            .collect();
        for len in [0u16, 4, 60, 75, 76] {
            for (crlf, last_eol) in [(true, true), (false, false), (true, false)] {
                let last_eol = last_eol && len > 0;
                let lines = Lines {
                    len,
                    crlf: crlf && len > 0,
                    last_eol,
                };
                let mut text = Vec::new();
                EncodeReader::new(&data[..], lines)
                    .read_to_end(&mut text)
                    .unwrap();
                assert_eq!(Lines::guess(&text), Some(lines));
                assert_eq!(
                    crate::transfer::Transfer::Base64.decode(&text),
                    (data.clone(), None)
                );
            }
        }
    }
}
