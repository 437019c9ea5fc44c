//! A compound file that is written from its first byte to its last, as often as wanted.

use std::io::{self, Read};
use std::sync::Arc;

use mapi_props::{LargeSource, OpenLarge};

use super::layout::layout;
use super::tree::Storage;

/// The bytes of a file to be: what describes it, then streams with what fills their sectors up.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pieces: Arc<[Piece]>,
    size: u64,
}

/// Bytes, and zeros after them.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) bytes: LargeSource,
    pub(super) padding: u64,
}

impl Plan {
    /// Lays the file out.
    ///
    /// # Errors
    /// `InvalidInput` for a name or a size that the format does not have.
    pub(crate) fn of(root: Storage) -> io::Result<Self> {
        let pieces = layout(root)?;
        let size = pieces.iter().map(|p| p.bytes.size() + p.padding).sum();
        Ok(Self {
            pieces: pieces.into(),
            size,
        })
    }
}

impl OpenLarge for Plan {
    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(PlanReader {
            pieces: Arc::clone(&self.pieces),
            next: 0,
            current: None,
            left: 0,
            padding: 0,
        }))
    }
}

struct PlanReader {
    pieces: Arc<[Piece]>,
    next: usize,
    current: Option<Box<dyn Read + Send>>,
    /// Bytes of the current piece still to come, and zeros after them.
    left: u64,
    padding: u64,
}

impl Read for PlanReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left == 0 && self.padding == 0 {
            let Some(piece) = self.pieces.get(self.next) else {
                return Ok(0);
            };
            self.next += 1;
            self.left = piece.bytes.size();
            self.padding = piece.padding;
            self.current = (self.left > 0).then(|| piece.bytes.open()).transpose()?;
        }
        if self.left == 0 {
            return Ok(self.zeros(buffer));
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        let room = buffer.get_mut(..most).unwrap_or_default();
        let read = match &mut self.current {
            Some(current) => current.read(room)?,
            None => 0,
        };
        if read == 0 && !room.is_empty() {
            let detail = "a value became shorter while it was written";
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, detail));
        }
        self.left -= u64::try_from(read).unwrap_or(0);
        Ok(read)
    }
}

impl PlanReader {
    fn zeros(&mut self, buffer: &mut [u8]) -> usize {
        let most = usize::try_from(self.padding).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        buffer.get_mut(..most).unwrap_or_default().fill(0);
        self.padding -= u64::try_from(most).unwrap_or(0);
        most
    }
}
