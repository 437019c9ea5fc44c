//! Large values of a message in a storage: in its file, or in scratch room until they are saved.

use std::io::{self, Read};
use std::sync::Arc;

use mapi_kit::held::SourceReader;
use mapi_props::{Code, LargeSource, OpenLarge, ReadAt};
use mapi_spi::{Call, Error, LargeReader, Lease, Result, Stage, Staged};

use super::storage::Scratch;
use super::store::FileStore;

/// A value being written into scratch room.
pub(super) struct ScratchStage {
    pub(super) store: Arc<FileStore>,
    pub(super) scratch: Option<Box<dyn Scratch>>,
    pub(super) size: u64,
}

impl Stage for ScratchStage {
    fn write(&mut self, bytes: &[u8], call: &Call) -> Result<()> {
        call.check()?;
        let scratch = self.scratch.as_mut().ok_or_else(ended)?;
        scratch.write_all(bytes).map_err(super::store::disk)?;
        self.size += u64::try_from(bytes.len()).unwrap_or(0);
        Ok(())
    }

    fn finish(&mut self, call: &Call) -> Result<Staged> {
        call.check()?;
        let scratch = self.scratch.take().ok_or_else(ended)?;
        let bytes = scratch.finish().map_err(super::store::disk)?;
        let size = self.size;
        let source = LargeSource::Lazy(Arc::new(Scratched { bytes, size }));
        let key = self.store.hold(source.clone());
        Ok(Staged::new(key, size, Arc::new(Held(source))))
    }
}

fn ended() -> Error {
    Error::new(Code::CALL_FAILED, "the value was ended already")
}

/// A finished value in scratch room.
struct Scratched {
    bytes: Arc<dyn ReadAt>,
    size: u64,
}

impl OpenLarge for Scratched {
    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(ScratchReader {
            bytes: Arc::clone(&self.bytes),
            at: 0,
        }))
    }
}

struct ScratchReader {
    bytes: Arc<dyn ReadAt>,
    at: u64,
}

impl Read for ScratchReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.bytes.read_at(self.at, buf)?;
        self.at += u64::try_from(n).unwrap_or(0);
        Ok(n)
    }
}

struct Held(LargeSource);

impl Lease for Held {
    fn open(&self, call: &Call) -> Result<Box<dyn LargeReader>> {
        call.check()?;
        Ok(Box::new(SourceReader::new(
            self.0.clone(),
            super::store::disk,
        )))
    }
}
