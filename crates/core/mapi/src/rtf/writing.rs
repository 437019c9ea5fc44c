//! RTF on its way into a packed stream, packed as it comes and put there whole each time. [MS-OXRTFCP] 2.1.3.1.1

use std::io;

use mapi_props::Code;
use mapi_rtf::compressed::{Packer, Packing};
use mapi_spi::{Error, Result};

use crate::PropStream;
use crate::stream::Draft;

pub(super) struct Writing {
    packed: PropStream,
    packer: Packer,
    /// What was packed so far; the header before it is known at the end only.
    contents: Draft,
    /// Packed, and not yet in there.
    pending: Vec<u8>,
    /// Something was written since the last commit.
    dirty: bool,
}

/// How much is packed at once, and how much waits.
const PIECE: usize = 64 * 1024;

impl Writing {
    pub(super) fn over(packed: PropStream, packing: Packing) -> Result<Self> {
        if !packed.is_writable() {
            let detail = "the packed stream is open read-only";
            return Err(Error::new(Code::NO_ACCESS, detail));
        }
        Ok(Self {
            packed,
            packer: Packer::new(packing),
            contents: Draft::default(),
            pending: Vec::new(),
            dirty: false,
        })
    }

    /// Takes some bytes. When it fails none were taken, and it may be tried again.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let bytes = bytes.get(..PIECE).unwrap_or(bytes);
        if self.packer.taken().saturating_add(bytes.len()) > Packer::MOST {
            let detail = "packed RTF says its length in 32 bits";
            let error = Error::new(Code::TOO_BIG, detail);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, error));
        }
        if self.pending.len() >= PIECE {
            self.put()?;
        }
        self.packer.write(bytes, &mut self.pending);
        self.dirty = true;
        Ok(bytes.len())
    }

    /// Puts what waits behind what was packed before.
    fn put(&mut self) -> io::Result<()> {
        while !self.pending.is_empty() {
            let count = self.packed.append(&mut self.contents, &self.pending)?;
            self.pending.drain(..count);
        }
        Ok(())
    }

    pub(super) fn commit(&mut self) -> io::Result<()> {
        self.dirty = true;
        self.put()?;
        // The packer itself goes on: more may be written afterwards.
        let mut rest = Vec::new();
        let header = self.packer.clone().finish(&mut rest);
        let mut whole = Draft::default();
        self.packed.append_all(&mut whole, &header.bytes())?;
        self.packed.append_draft(&mut whole, &mut self.contents)?;
        self.packed.append_all(&mut whole, &rest)?;
        self.packed.replace(whole)?;
        self.dirty = false;
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.dirty {
            // Release commits (7.7). An error here has nobody left to tell; `commit` tells it.
            let _ = self.commit();
        }
    }
}
