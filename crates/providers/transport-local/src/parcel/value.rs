//! A large value where it lies in its parcel, held against its hash whenever it is read.

use std::io::{self, Read};
use std::sync::Arc;

use mapi_props::{OpenLarge, ReadAt};

/// The bytes of one value.
pub(super) struct Part {
    source: Arc<dyn ReadAt>,
    at: u64,
    len: u64,
}

impl Part {
    pub(super) const fn new(source: Arc<dyn ReadAt>, at: u64, len: u64) -> Self {
        Self { source, at, len }
    }

    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    /// Fails unless its bytes are those that were written.
    pub(super) fn check(&self, hash: &blake3::Hasher) -> io::Result<()> {
        let mut told = [0; 32];
        fill(self.source.as_ref(), self.at + self.len, &mut told)?;
        if *hash.finalize().as_bytes() == told {
            return Ok(());
        }
        let wrong =
            "a value of the parcel is damaged: it has not the hash that it was written with";
        Err(io::Error::new(io::ErrorKind::InvalidData, wrong))
    }
}

/// Offsets within the value.
impl ReadAt for Part {
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(at)).unwrap_or(usize::MAX);
        let want = buffer.len().min(left);
        let buffer = buffer.get_mut(..want).unwrap_or_default();
        if buffer.is_empty() {
            return Ok(0);
        }
        self.source.read_at(self.at.saturating_add(at), buffer)
    }
}

impl OpenLarge for Part {
    fn size(&self) -> u64 {
        self.len
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let whole = Self::new(Arc::clone(&self.source), self.at, self.len);
        let hash = blake3::Hasher::new();
        if self.len == 0 {
            whole.check(&hash)?;
        }
        Ok(Box::new(Checked {
            part: whole,
            at: 0,
            hash,
        }))
    }
}

/// Reads a value, and fails with its last bytes if it is damaged.
struct Checked {
    part: Part,
    at: u64,
    hash: blake3::Hasher,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.part.len || buffer.is_empty() {
            return Ok(0);
        }
        let n = self.part.read_at(self.at, buffer)?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.hash.update(buffer.get(..n).unwrap_or_default());
        self.at += u64::try_from(n).unwrap_or(u64::MAX);
        if self.at == self.part.len {
            self.part.check(&self.hash)?;
        }
        Ok(n)
    }
}

/// Reads exactly so many bytes.
pub(super) fn fill(source: &dyn ReadAt, mut at: u64, mut buffer: &mut [u8]) -> io::Result<()> {
    while !buffer.is_empty() {
        match source.read_at(at, buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => {
                buffer = buffer.get_mut(n..).unwrap_or_default();
                at = at.saturating_add(u64::try_from(n).unwrap_or(u64::MAX));
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}
