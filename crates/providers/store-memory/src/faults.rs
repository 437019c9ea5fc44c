//! Planted failures, for tests of what a failed write leaves behind.

use mapi_props::Code;
use mapi_spi::{Error, Result};

/// Counts writes down to the one that fails.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    left: Option<u64>,
}

impl Faults {
    /// Lets `writes` more writes through; the one after them fails, once.
    pub(crate) const fn fail_after(&mut self, writes: u64) {
        self.left = Some(writes);
    }

    /// Takes back what was planted; whether it was still waiting.
    pub(crate) const fn clear(&mut self) -> bool {
        self.left.take().is_some()
    }

    /// Asked before each write.
    pub(crate) fn write(&mut self) -> Result<()> {
        match self.left {
            Some(0) => {
                self.left = None;
                Err(Error::new(Code::DISK_ERROR, "a planted failure"))
            }
            Some(n) => {
                self.left = Some(n - 1);
                Ok(())
            }
            None => Ok(()),
        }
    }
}
