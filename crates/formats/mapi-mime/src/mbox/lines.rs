//! Lines of a file in pieces of bounded length, some of which may be given back.

use std::io::{self, BufRead, Read};

/// Longest piece of a line that is held at once.
const PIECE: usize = 64 * 1024;

/// A line with its end, or a piece of a very long one.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) bytes: Vec<u8>,
    /// It begins a line.
    pub(super) starts: bool,
}

#[derive(Debug)]
pub(super) struct Lines<R> {
    inner: R,
    /// Bytes given back, to be read before those of `inner`.
    back: Vec<u8>,
    back_at: usize,
    offset: u64,
    at_start: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            back: Vec::new(),
            back_at: 0,
            offset: 0,
            at_start: true,
        }
    }

    /// Bytes before the next line.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        let starts = self.at_start;
        let mut bytes = Vec::new();
        while bytes.len() < PIECE && !bytes.ends_with(b"\n") {
            let room = PIECE - bytes.len();
            let from_back = self.back.get(self.back_at..).unwrap_or_default();
            if from_back.is_empty() {
                let limit = u64::try_from(room).unwrap_or(u64::MAX);
                if (&mut self.inner)
                    .take(limit)
                    .read_until(b'\n', &mut bytes)?
                    == 0
                {
                    break;
                }
            } else {
                let len = memchr::memchr(b'\n', from_back)
                    .map_or(from_back.len(), |n| n + 1)
                    .min(room);
                bytes.extend_from_slice(from_back.get(..len).unwrap_or_default());
                self.back_at += len;
            }
        }
        self.offset += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.at_start = bytes.ends_with(b"\n");
        Ok((!bytes.is_empty()).then_some(Line { bytes, starts }))
    }

    /// The next line, which stays the next one.
    pub(super) fn peek(&mut self) -> io::Result<Option<Vec<u8>>> {
        let starts = self.at_start;
        let line = self.next()?;
        if let Some(line) = &line {
            self.give_back(&line.bytes);
        }
        self.at_start = starts;
        Ok(line.map(|l| l.bytes))
    }

    /// Up to `len` bytes, fewer only at the end.
    pub(super) fn take(&mut self, len: u64) -> io::Result<Vec<u8>> {
        let wanted = usize::try_from(len).unwrap_or(usize::MAX);
        let from_back = self.back.get(self.back_at..).unwrap_or_default();
        let mut bytes = from_back
            .get(..wanted.min(from_back.len()))
            .unwrap_or_default()
            .to_vec();
        self.back_at += bytes.len();
        let missing = len - u64::try_from(bytes.len()).unwrap_or(len);
        (&mut self.inner).take(missing).read_to_end(&mut bytes)?;
        self.offset += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if let Some(last) = bytes.last() {
            self.at_start = *last == b'\n';
        }
        Ok(bytes)
    }

    /// Puts bytes before those to come; they began a line.
    pub(super) fn give_back(&mut self, bytes: &[u8]) {
        let len = bytes.len();
        if self.back_at >= len && self.back.get(self.back_at - len..self.back_at) == Some(bytes) {
            self.back_at -= len;
        } else {
            let mut all = bytes.to_vec();
            all.extend_from_slice(self.back.get(self.back_at..).unwrap_or_default());
            self.back = all;
            self.back_at = 0;
        }
        self.offset -= u64::try_from(len).unwrap_or(0);
        self.at_start = true;
    }
}
