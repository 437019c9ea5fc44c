//! Text between the UTF-16 of files and the UTF-8 of values, in memory and in streams.

use std::io::{self, Read};
use std::sync::Arc;

use mapi_props::{AnsiString, LargeSource, OpenLarge};

/// Bytes converted at once.
const CHUNK: usize = 64 << 10;

/// The text of UTF-16LE without terminators, and whether it was well-formed.
pub(crate) fn from_utf16(bytes: &[u8]) -> (String, bool) {
    let units: Vec<u16> = units(bytes).collect();
    let ends = units.iter().rposition(|u| *u != 0).map_or(0, |at| at + 1);
    let units = units.get(..ends).unwrap_or_default();
    match String::from_utf16(units) {
        Ok(text) => (text, bytes.len().is_multiple_of(2)),
        Err(_) => (String::from_utf16_lossy(units), false),
    }
}

/// The text of bytes without terminators; `None` if they are none of their code page.
pub(crate) fn from_ansi(ansi: &AnsiString) -> Option<String> {
    let text = mapi_query::decode_ansi(ansi);
    let text = text.trim_end_matches('\0');
    (!text.contains('\u{FFFD}')).then(|| text.to_owned())
}

/// UTF-16LE of a text, without a terminator.
pub(crate) fn to_utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn units(bytes: &[u8]) -> impl Iterator<Item = u16> + '_ {
    let unit = |pair: &[u8]| match pair {
        [low, high] => u16::from_le_bytes([*low, *high]),
        _ => 0,
    };
    bytes.chunks_exact(2).map(unit)
}

/// A large text in the other form. Its size is found by reading it once.
pub(crate) fn converted(inner: LargeSource, to: Form) -> io::Result<LargeSource> {
    let mut counting = Converter::new(&inner, to)?;
    let size = io::copy(&mut counting, &mut io::sink())?;
    Ok(LargeSource::Lazy(Arc::new(Converted { inner, to, size })))
}

/// A form of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Utf8,
    Utf16,
}

struct Converted {
    inner: LargeSource,
    to: Form,
    size: u64,
}

impl OpenLarge for Converted {
    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Converter::new(&self.inner, self.to)?))
    }
}

struct Converter {
    inner: Box<dyn Read + Send>,
    to: Form,
    /// Bytes read that are no whole character yet.
    pending: Vec<u8>,
    out: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Converter {
    fn new(inner: &LargeSource, to: Form) -> io::Result<Self> {
        Ok(Self {
            inner: inner.open()?,
            to,
            pending: Vec::new(),
            out: Vec::new(),
            at: 0,
            ended: false,
        })
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        let most = u64::try_from(CHUNK).unwrap_or(u64::MAX);
        let read = (&mut self.inner)
            .take(most)
            .read_to_end(&mut self.pending)?;
        self.ended = read < CHUNK;
        self.out.clear();
        self.at = 0;
        match self.to {
            Form::Utf8 => self.give_utf8(),
            Form::Utf16 => self.give_utf16(),
        }
        Ok(())
    }

    fn give_utf8(&mut self) {
        let units: Vec<u16> = units(&self.pending).collect();
        let split = units.last().is_some_and(|u| (0xD800..0xDC00).contains(u));
        let whole = units.len() - usize::from(split && !self.ended);
        let text = String::from_utf16_lossy(units.get(..whole).unwrap_or_default());
        let text = if self.ended {
            text.trim_end_matches('\0')
        } else {
            &text
        };
        self.out.extend_from_slice(text.as_bytes());
        self.pending.drain(..2 * whole);
    }

    fn give_utf16(&mut self) {
        let cut = match std::str::from_utf8(&self.pending) {
            Err(e) if e.error_len().is_none() && !self.ended => e.valid_up_to(),
            _ => self.pending.len(),
        };
        let whole = self.pending.get(..cut).unwrap_or_default();
        self.out = to_utf16(&String::from_utf8_lossy(whole));
        self.pending.drain(..cut);
    }
}

impl Read for Converter {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.out.len() {
            if self.ended {
                return Ok(0);
            }
            self.next_chunk()?;
        }
        let mut there = self.out.get(self.at..).unwrap_or_default();
        let n = there.read(buffer)?;
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &LargeSource) -> Vec<u8> {
        let mut bytes = Vec::new();
        source.open().unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!(u64::try_from(bytes.len()).unwrap(), source.size());
        bytes
    }

    #[test]
    fn large_texts_go_both_ways_whatever_is_cut() {
        // An odd length puts characters of every width across the chunks.
        let text = "aé語😀".repeat(40_001);
        let wide = converted(text.clone().into_bytes().into(), Form::Utf16).unwrap();
        assert_eq!(read(&wide), to_utf16(&text));
        let back = converted(wide, Form::Utf8).unwrap();
        assert_eq!(read(&back), text.as_bytes());
    }

    #[test]
    fn terminators_are_no_text() {
        assert_eq!(from_utf16(b"a\0\0\0"), ("a".to_owned(), true));
        assert_eq!(from_utf16(b"\x00\xD8"), ("\u{FFFD}".to_owned(), false));
        let ended = [to_utf16("a"), vec![0, 0]].concat();
        assert_eq!(read(&converted(ended.into(), Form::Utf8).unwrap()), b"a");
    }
}
