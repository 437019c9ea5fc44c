//! The bytes of a mail, shared by everything that was read from it.

use std::fmt;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use mapi_props::{LargeSource, OpenLarge, ReadAt};

use crate::transfer::{Decoder, Transfer};

/// Bytes that can be shared and kept for as long as somebody reads from them.
///
/// Anything that gives a byte slice will do: a `Vec<u8>`, an `Arc<[u8]>`, a mapped file. Of a mail that is too large for
/// memory, [`condense`](crate::condense) keeps what its structure is in, and leaves the rest where it lies.
#[derive(Clone)]
pub struct SharedBytes {
    kept: Arc<dyn AsRef<[u8]> + Send + Sync>,
    cuts: Option<Arc<Cuts>>,
}

/// What was left out of the kept bytes, and where it lies.
pub(crate) struct Cuts {
    pub(crate) backing: Arc<dyn ReadAt>,
    /// In order.
    pub(crate) list: Vec<Cut>,
}

/// Bytes that were left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    /// They stand before the kept byte of this number.
    pub(crate) at: usize,
    /// Where they lie in the backing.
    pub(crate) from: u64,
    pub(crate) len: u64,
}

impl SharedBytes {
    /// Shares `bytes`.
    #[must_use]
    pub fn new(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self {
            kept: Arc::new(bytes),
            cuts: None,
        }
    }

    pub(crate) fn with_cuts(kept: Vec<u8>, cuts: Cuts) -> Self {
        Self {
            kept: Arc::new(kept),
            cuts: Some(Arc::new(cuts)).filter(|cuts| !cuts.list.is_empty()),
        }
    }

    /// Those that are kept in memory: all of them, unless they were condensed.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        (*self.kept).as_ref()
    }

    /// Those kept in `range`; nothing where it lies outside.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> &[u8] {
        self.as_slice().get(range).unwrap_or_default()
    }

    /// What was left out of `range`, in order.
    fn cuts_in(&self, range: &Range<usize>) -> &[Cut] {
        let list = self.cuts.as_ref().map_or(&[][..], |cuts| &cuts.list);
        let from = list.partition_point(|cut| cut.at <= range.start);
        let to = list.partition_point(|cut| cut.at < range.end);
        list.get(from..to).unwrap_or_default()
    }

    /// Whether some of `range` is not in memory.
    pub(crate) fn is_cut(&self, range: &Range<usize>) -> bool {
        !self.cuts_in(range).is_empty()
    }

    /// The bytes that `range` stands for.
    pub(crate) fn size_of(&self, range: &Range<usize>) -> u64 {
        let left_out: u64 = self.cuts_in(range).iter().map(|cut| cut.len).sum();
        u64::try_from(range.len()).unwrap_or(u64::MAX) + left_out
    }

    /// Where the byte stands that comes `n` bytes after the start of `range`; `None` if it was left out.
    pub(crate) fn place_after(&self, range: &Range<usize>, n: u64) -> Option<usize> {
        let mut place = u64::try_from(range.start).ok()?.checked_add(n)?;
        for cut in self.cuts_in(range) {
            let at = u64::try_from(cut.at).ok()?;
            if place <= at {
                break;
            }
            place = place.checked_sub(cut.len).filter(|place| *place >= at)?;
        }
        usize::try_from(place).ok()
    }

    /// Reads what `range` stands for.
    pub(crate) fn reader(&self, range: Range<usize>) -> RawReader {
        RawReader {
            cuts: self.cuts_in(&range).to_vec(),
            bytes: self.clone(),
            range,
            in_cut: 0,
        }
    }

    /// What `range` stands for, all of it in memory.
    ///
    /// # Errors
    /// Those of the backing.
    pub(crate) fn copy(&self, range: Range<usize>) -> io::Result<Vec<u8>> {
        if !self.is_cut(&range) {
            return Ok(self.slice(range).to_vec());
        }
        let mut all = Vec::with_capacity(usize::try_from(self.size_of(&range)).unwrap_or(0));
        self.reader(range).read_to_end(&mut all)?;
        Ok(all)
    }
}

impl fmt::Debug for SharedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedBytes({}", self.as_slice().len())?;
        let cuts = self.cuts.as_ref().map_or(0, |cuts| cuts.list.len());
        if cuts > 0 {
            write!(f, ", {cuts} cuts")?;
        }
        f.write_str(")")
    }
}

impl<T: AsRef<[u8]> + Send + Sync + 'static> From<T> for SharedBytes {
    fn from(bytes: T) -> Self {
        Self::new(bytes)
    }
}

/// Reads a range with what was left out of it.
pub(crate) struct RawReader {
    bytes: SharedBytes,
    /// What is still to be read of the kept bytes.
    range: Range<usize>,
    /// The cuts still ahead.
    cuts: Vec<Cut>,
    /// Bytes read of the next cut.
    in_cut: u64,
}

impl Read for RawReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let next = self.cuts.first().copied();
        let until = next.map_or(self.range.end, |cut| cut.at);
        if self.range.start < until {
            let mut ready = self.bytes.slice(self.range.start..until);
            let n = ready.read(buffer)?;
            self.range.start += n;
            return Ok(if n == 0 && !buffer.is_empty() {
                self.range.start = self.range.end;
                0
            } else {
                n
            });
        }
        let (Some(cut), Some(cuts)) = (next, self.bytes.cuts.as_ref()) else {
            return Ok(0);
        };
        let left = cut.len.saturating_sub(self.in_cut);
        let want = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let room = buffer.get_mut(..want).unwrap_or_default();
        let n = cuts.backing.read_at(cut.from + self.in_cut, room)?;
        if n == 0 && want > 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file became shorter while it was read",
            ));
        }
        self.in_cut += u64::try_from(n).unwrap_or(u64::MAX);
        if self.in_cut >= cut.len {
            self.cuts.remove(0);
            self.in_cut = 0;
        }
        Ok(n)
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
            source.size = source.bytes.size_of(&source.range);
            return (source, None);
        }
        let mut reader = source.reader();
        // A file that cannot be read fails again when the value is wanted.
        source.size = io::copy(&mut reader, &mut io::sink()).unwrap_or(0);
        (source, reader.decoder.defect())
    }

    pub(crate) fn reader(&self) -> PartReader {
        PartReader {
            raw: self.bytes.reader(self.range.clone()),
            decoder: Decoder::new(self.transfer),
            encoded: vec![0; STEP],
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
    raw: RawReader,
    decoder: Decoder,
    encoded: Vec<u8>,
    out: Vec<u8>,
    read: usize,
    done: bool,
}

impl PartReader {
    fn refill(&mut self) -> io::Result<()> {
        self.out.clear();
        self.read = 0;
        while self.out.is_empty() && !self.done {
            let n = self.raw.read(&mut self.encoded)?;
            if n > 0 {
                let chunk = self.encoded.get(..n).unwrap_or_default();
                self.decoder.feed(chunk, &mut self.out);
            } else {
                self.decoder.finish(&mut self.out);
                self.done = true;
            }
        }
        Ok(())
    }
}

impl Read for PartReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.read >= self.out.len() {
            self.refill()?;
        }
        let mut ready = self.out.get(self.read..).unwrap_or_default();
        let n = ready.read(buf)?;
        self.read += n;
        Ok(n)
    }
}
