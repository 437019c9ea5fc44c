//! The bytes of a mail, shared by everything that was read from it.

use std::fmt;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use mapi_props::{LargeSource, OpenLarge};

use crate::transfer::{Decoder, Transfer};

/// Bytes that can be shared and kept for as long as somebody reads from them.
///
/// Anything that gives a byte slice will do: a `Vec<u8>`, an `Arc<[u8]>`, a mapped file.
#[derive(Clone)]
pub struct SharedBytes(Arc<dyn AsRef<[u8]> + Send + Sync>);

impl SharedBytes {
    /// Shares `bytes`.
    #[must_use]
    pub fn new(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self(Arc::new(bytes))
    }

    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        (*self.0).as_ref()
    }

    /// Those in `range`; nothing where it lies outside.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> &[u8] {
        self.as_slice().get(range).unwrap_or_default()
    }
}

impl fmt::Debug for SharedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedBytes({})", self.as_slice().len())
    }
}

impl<T: AsRef<[u8]> + Send + Sync + 'static> From<T> for SharedBytes {
    fn from(bytes: T) -> Self {
        Self::new(bytes)
    }
}

/// A part's transfer-decoded bytes, decoded while they are read.
#[derive(Clone)]
pub(crate) struct PartSource {
    bytes: SharedBytes,
    range: Range<usize>,
    transfer: Transfer,
    size: u64,
}

impl PartSource {
    /// The part of `bytes` at `range`; decodes it once to learn its size and what is wrong with it.
    pub(crate) fn new(
        bytes: SharedBytes,
        range: Range<usize>,
        transfer: Transfer,
    ) -> (Self, Option<&'static str>) {
        let mut source = Self {
            bytes,
            range,
            transfer,
            size: 0,
        };
        if transfer == Transfer::Identity {
            source.size = source.range.len().try_into().unwrap_or(u64::MAX);
            return (source, None);
        }
        let mut reader = source.reader();
        // Reading shared bytes cannot fail.
        source.size = io::copy(&mut reader, &mut io::sink()).unwrap_or(0);
        (source, reader.decoder.defect())
    }

    pub(crate) fn reader(&self) -> PartReader {
        PartReader {
            bytes: self.bytes.clone(),
            at: self.range.start,
            end: self.range.end,
            decoder: Decoder::new(self.transfer),
            out: Vec::new(),
            read: 0,
            done: false,
        }
    }
}

impl OpenLarge for PartSource {
    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(self.reader()))
    }
}

impl From<PartSource> for LargeSource {
    fn from(source: PartSource) -> Self {
        Self::Lazy(Arc::new(source))
    }
}

/// Encoded bytes decoded in one step.
const STEP: usize = 32 * 1024;

pub(crate) struct PartReader {
    bytes: SharedBytes,
    at: usize,
    end: usize,
    decoder: Decoder,
    out: Vec<u8>,
    read: usize,
    done: bool,
}

impl PartReader {
    fn refill(&mut self) {
        self.out.clear();
        self.read = 0;
        while self.out.is_empty() && !self.done {
            let next = self.at.saturating_add(STEP).min(self.end);
            if self.at < next {
                let chunk = self.bytes.as_slice().get(self.at..next).unwrap_or_default();
                self.decoder.feed(chunk, &mut self.out);
                self.at = next;
            } else {
                self.decoder.finish(&mut self.out);
                self.done = true;
            }
        }
    }
}

impl Read for PartReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.read >= self.out.len() {
            self.refill();
        }
        let mut ready = self.out.get(self.read..).unwrap_or_default();
        let n = ready.read(buf)?;
        self.read += n;
        Ok(n)
    }
}
