//! Base64 in lines, readable at any offset. RFC 4648 §4, RFC 2045 §6.8

use std::sync::LazyLock;

use mapi_props::Encoding;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes that `size` bytes become under an encoding.
pub(super) fn encoded_len(encoding: Encoding, size: u64) -> u64 {
    match encoding {
        Encoding::Identity => size,
        Encoding::Base64 {
            line_len,
            crlf,
            last_eol,
        } => {
            let chars = size.div_ceil(3).saturating_mul(4);
            let lines = if line_len == 0 {
                u64::from(chars > 0)
            } else {
                chars.div_ceil(u64::from(line_len))
            };
            let ends = if last_eol {
                lines
            } else {
                lines.saturating_sub(1)
            };
            chars.saturating_add(ends.saturating_mul(if crlf { 2 } else { 1 }))
        }
    }
}

/// The lines of one base64 text and where its characters lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
    /// Characters of a line.
    line: u64,
    /// Characters with the line end.
    stride: u64,
    crlf: bool,
    /// Bytes of the decoded value.
    size: u64,
    /// Bytes in all.
    total: u64,
}

impl Lines {
    /// The layout of `size` bytes; `None` for what is not base64.
    pub(super) fn of(encoding: Encoding, size: u64) -> Option<Self> {
        let Encoding::Base64 { line_len, crlf, .. } = encoding else {
            return None;
        };
        let chars = size.div_ceil(3).saturating_mul(4);
        let line = if line_len == 0 {
            chars.max(1)
        } else {
            u64::from(line_len)
        };
        let stride = line + if crlf { 2 } else { 1 };
        Some(Self {
            line,
            stride,
            crlf,
            size,
            total: encoded_len(encoding, size),
        })
    }

    /// The decoded bytes needed for the encoded ones from `offset`, at most `len` of them: start and end.
    pub(super) fn needs(&self, offset: u64, len: u64) -> (u64, u64) {
        let end = offset.saturating_add(len).min(self.total);
        let first = self.char_at(offset) / 4;
        let last = self.char_at(end).div_ceil(4);
        (
            first.saturating_mul(3).min(self.size),
            last.saturating_mul(3).min(self.size),
        )
    }

    /// Writes encoded bytes from `offset` on into `out`, from the decoded bytes that [`Self::needs`] named.
    /// Gives the number written; short only at the end.
    pub(super) fn encode(&self, offset: u64, decoded: &[u8], out: &mut [u8]) -> usize {
        let characters = characters(decoded);
        let base = self.char_at(offset) / 4 * 4;
        let mut written = 0;
        let mut at = offset;
        while let Some(room) = out
            .get_mut(written..)
            .filter(|room| !room.is_empty() && at < self.total)
        {
            let first = at / self.stride * self.line;
            let in_line = self.line.min(self.chars().saturating_sub(first));
            let column = at % self.stride;
            let n = if column < in_line {
                let run = usize::try_from(in_line - column)
                    .unwrap_or(usize::MAX)
                    .min(room.len());
                let from = usize::try_from(first + column - base).unwrap_or(usize::MAX);
                let Some(text) = characters.get(from..from.saturating_add(run)) else {
                    break;
                };
                room.iter_mut().zip(text).for_each(|(to, c)| *to = *c);
                run
            } else {
                let byte = if self.crlf && column == in_line {
                    b'\r'
                } else {
                    b'\n'
                };
                room.iter_mut().take(1).for_each(|to| *to = byte);
                1
            };
            written += n;
            at += u64::try_from(n).unwrap_or(u64::MAX);
        }
        written
    }

    const fn chars(&self) -> u64 {
        self.size.div_ceil(3).saturating_mul(4)
    }

    /// Characters before the encoded byte at `offset`.
    fn char_at(&self, offset: u64) -> u64 {
        let before = (offset / self.stride).saturating_mul(self.line);
        before
            .saturating_add((offset % self.stride).min(self.line))
            .min(self.chars())
    }
}

fn characters(decoded: &[u8]) -> Vec<u8> {
    let mut out = vec![b'='; decoded.len().div_ceil(3) * 4];
    let mut rooms = out.chunks_exact_mut(4);
    let groups = decoded.chunks_exact(3);
    let last = groups.remainder();
    for (group, room) in groups.zip(&mut rooms) {
        if let ([a, b, c], to) = (group, room) {
            let bits = u32::from(*a) << 16 | u32::from(*b) << 8 | u32::from(*c);
            to.copy_from_slice(&letters(bits));
        }
    }
    if let (false, Some(room)) = (last.is_empty(), rooms.next()) {
        let byte = |i: usize| u32::from(last.get(i).copied().unwrap_or(0));
        let letters = letters(byte(0) << 16 | byte(1) << 8);
        // The rest stays padding.
        room.iter_mut()
            .zip(letters)
            .take(last.len() + 1)
            .for_each(|(to, letter)| *to = letter);
    }
    out
}

/// The four letters of 24 bits, from a table of pairs.
fn letters(bits: u32) -> [u8; 4] {
    static PAIRS: LazyLock<Vec<[u8; 2]>> = LazyLock::new(|| {
        let second = |a: u8| ALPHABET.iter().map(move |b| [a, *b]);
        ALPHABET.iter().flat_map(|a| second(*a)).collect()
    });
    let pair = |bits: u32| {
        let pair = usize::try_from(bits & 0xFFF)
            .ok()
            .and_then(|at| PAIRS.get(at));
        pair.copied().unwrap_or_default()
    };
    let ([a, b], [c, d]) = (pair(bits >> 12), pair(bits));
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(encoding: Encoding, data: &[u8]) -> Vec<u8> {
        let Encoding::Base64 {
            line_len,
            crlf,
            last_eol,
        } = encoding
        else {
            return data.to_vec();
        };
        let eol: &[u8] = if crlf { b"\r\n" } else { b"\n" };
        let chars = characters(data);
        let width = if line_len == 0 {
            chars.len().max(1)
        } else {
            usize::from(line_len)
        };
        let lines: Vec<&[u8]> = chars.chunks(width).collect();
        let mut out = lines.join(eol);
        if last_eol && !lines.is_empty() {
            out.extend_from_slice(eol);
        }
        out
    }

    #[test]
    fn vectors_of_the_rfc() {
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, encoded) in vectors {
            assert_eq!(characters(plain.as_bytes()), encoded.as_bytes());
        }
        assert_eq!(characters(&[0xFB, 0xEF, 0xFF]), b"++//");
    }

    #[test]
    fn any_window_equals_the_whole() {
        let data: Vec<u8> = (0..=255).cycle().take(1000).collect();
        for size in [0, 1, 2, 3, 56, 57, 58, 171, 999, 1000_usize] {
            for line_len in [0, 4, 60, 64, 76, 7] {
                for (crlf, last_eol) in [(true, true), (true, false), (false, true), (false, false)]
                {
                    let encoding = Encoding::Base64 {
                        line_len,
                        crlf,
                        last_eol,
                    };
                    let whole = naive(encoding, &data[..size]);
                    let lines = Lines::of(encoding, size as u64).unwrap();
                    assert_eq!(encoded_len(encoding, size as u64), whole.len() as u64);
                    for step in [1, 5, 77, 4096_usize] {
                        let mut got = Vec::new();
                        while got.len() < whole.len() {
                            let offset = got.len() as u64;
                            let (from, to) = lines.needs(offset, step as u64);
                            let mut out = vec![0; step];
                            let n =
                                lines.encode(offset, &data[from as usize..to as usize], &mut out);
                            assert!(n > 0);
                            got.extend_from_slice(&out[..n]);
                        }
                        assert_eq!(got, whole, "{size} {encoding:?} {step}");
                    }
                }
            }
        }
    }
}
