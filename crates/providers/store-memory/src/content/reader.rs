//! Reading and staging large values.

use std::sync::Arc;

use mapi_spi::{Call, LargeReader, Lease, Result, Stage, Staged};

use super::{Content, Key, len};
use crate::store::Shared;

/// An open large value; keeps its bytes whatever happens to the item.
#[derive(Debug)]
pub(crate) struct Reader(Vec<u8>);

impl Reader {
    pub(crate) fn new(content: &Content) -> Self {
        Self(content.render())
    }
}

impl LargeReader for Reader {
    fn size(&self) -> u64 {
        len(self.0.len())
    }

    fn read_at(&mut self, offset: u64, buf: &mut [u8], call: &Call) -> Result<usize> {
        call.check()?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = self.0.get(start..).unwrap_or_default();
        let n = rest.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..n), rest.get(..n)) {
            to.copy_from_slice(from);
        }
        Ok(n)
    }
}

/// A value being written.
#[derive(Debug)]
pub(crate) struct Staging {
    pub(crate) shared: Arc<Shared>,
    pub(crate) bytes: Vec<u8>,
}

impl Stage for Staging {
    fn write(&mut self, bytes: &[u8], call: &Call) -> Result<()> {
        call.check()?;
        self.shared.write()?.faults.write()?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn finish(&mut self, call: &Call) -> Result<Staged> {
        call.check()?;
        let mut state = self.shared.write()?;
        state.faults.write()?;
        let bytes = std::mem::take(&mut self.bytes);
        let (key, content) = state.intern(Content::Bytes(bytes));
        Ok(kept(key, content))
    }
}

/// A value that nothing needs to hold but this.
pub(crate) fn kept(key: Key, content: Arc<Content>) -> Staged {
    let size = content.size();
    Staged::new(key, size, Arc::new(Kept(content)))
}

struct Kept(Arc<Content>);

impl Lease for Kept {
    fn open(&self, call: &Call) -> Result<Box<dyn LargeReader>> {
        call.check()?;
        Ok(Box::new(Reader::new(&self.0)))
    }
}
