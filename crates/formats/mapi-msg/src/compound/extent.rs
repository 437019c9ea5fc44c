//! Where the bytes of a stream lie in the file.

use std::io::{self, Read};
use std::sync::Arc;

use mapi_props::{OpenLarge, ReadAt};

/// Consecutive bytes of a stream that are consecutive in the file too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    /// Place of the first one in the stream.
    start: u64,
    /// And in the file.
    at: u64,
    len: u64,
}

/// The places of a whole stream, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Extent {
    runs: Vec<Run>,
    size: u64,
}

impl Extent {
    /// Bytes in all.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// Adds `len` bytes that lie at `at` in the file.
    pub(super) fn push(&mut self, at: u64, len: u64) {
        let start = self.size;
        self.size = self.size.saturating_add(len);
        match self.runs.last_mut() {
            Some(last) if last.at.saturating_add(last.len) == at => last.len += len,
            _ => self.runs.push(Run { start, at, len }),
        }
    }

    /// Where byte `offset` lies in the file, and how many bytes follow there.
    pub(super) fn place(&self, offset: u64) -> Option<(u64, u64)> {
        let after = self.runs.partition_point(|run| run.start <= offset);
        let run = self.runs.get(after.checked_sub(1)?)?;
        let into = offset - run.start;
        (into < run.len).then(|| (run.at + into, run.len - into))
    }
}

/// The bytes of a stream, to be read as often as wanted.
#[derive(Clone)]
pub(super) struct StreamBytes {
    pub(super) source: Arc<dyn ReadAt>,
    pub(super) extent: Arc<Extent>,
}

impl OpenLarge for StreamBytes {
    fn size(&self) -> u64 {
        self.extent.size()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(StreamReader {
            bytes: self.clone(),
            at: 0,
        }))
    }
}

/// Reads a stream from its first byte on.
pub(super) struct StreamReader {
    pub(super) bytes: StreamBytes,
    pub(super) at: u64,
}

impl Read for StreamReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((at, there)) = self.bytes.extent.place(self.at) else {
            return Ok(0);
        };
        let most = usize::try_from(there).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        let Some(room) = buffer.get_mut(..most).filter(|room| !room.is_empty()) else {
            return Ok(0);
        };
        let n = self.bytes.source.read_at(at, room)?;
        if n == 0 {
            let detail = "the file became shorter while it was read";
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, detail));
        }
        self.at += u64::try_from(n).unwrap_or(u64::MAX);
        Ok(n)
    }
}
