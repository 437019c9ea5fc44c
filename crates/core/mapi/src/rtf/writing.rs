//! RTF on its way into a packed stream, whole each time. [MS-OXRTFCP] 2.1.3.1.1

use std::io::{self, Seek, SeekFrom, Write};

use mapi_props::Code;
use mapi_rtf::compressed::{compress, store};
use mapi_spi::{Error, Result};

use crate::PropStream;

/// What a header's 32 bits can say, with room for what literals cost more than they are.
const MOST: usize = 3 << 30;

pub(super) struct Writing {
    packed: PropStream,
    rtf: Vec<u8>,
    /// As it is (`MELA`), not compressed.
    stored: bool,
    /// Something was written since the last commit.
    dirty: bool,
}

impl Writing {
    pub(super) fn over(packed: PropStream, stored: bool) -> Result<Self> {
        if !packed.is_writable() {
            let detail = "the packed stream is open read-only";
            return Err(Error::new(Code::NO_ACCESS, detail));
        }
        Ok(Self {
            packed,
            rtf: Vec::new(),
            stored,
            dirty: false,
        })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.rtf.len().saturating_add(bytes.len()) > MOST {
            let detail = "packed RTF says its length in 32 bits";
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, detail));
        }
        self.rtf.extend_from_slice(bytes);
        self.dirty = true;
        Ok(bytes.len())
    }

    pub(super) fn commit(&mut self) -> io::Result<()> {
        let packed = if self.stored {
            store(&self.rtf)
        } else {
            compress(&self.rtf)
        };
        self.dirty = true;
        self.packed.set_size(0)?;
        self.packed.seek(SeekFrom::Start(0))?;
        self.packed.write_all(&packed)?;
        self.packed.flush()?;
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
