//! A value in the making beside an open stream, whose own it becomes at once when it is whole.

use std::io;

use mapi_kit::large::io_error;
use mapi_spi::Call;

use super::PropStream;
use super::body::{Body, Desk, PIECE, len_of};

/// A value in the making: in memory while it is small, else staged in the store.
pub(crate) struct Draft(Body);

impl Default for Draft {
    fn default() -> Self {
        Self(Body::empty())
    }
}

impl PropStream {
    /// Appends some of `bytes` and says how many. When it fails nothing was appended, and it may be tried again.
    pub(crate) fn append(&self, to: &mut Draft, bytes: &[u8]) -> io::Result<usize> {
        let store = self.home()?.host().spi().map_err(io_error)?;
        let call = self.call();
        let desk = Desk { store, call: &call };
        let at = to.0.size();
        to.0.write_at(at, bytes, desk).map_err(io_error)
    }

    /// Appends all of `bytes`.
    pub(crate) fn append_all(&self, to: &mut Draft, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let count = self.append(to, rest)?;
            rest = rest.get(count..).unwrap_or_default();
        }
        Ok(())
    }

    /// Appends all of `from`, to which more may be appended afterwards.
    pub(crate) fn append_draft(&self, to: &mut Draft, from: &mut Draft) -> io::Result<()> {
        let call = self.call();
        let (mut at, mut piece) = (0, vec![0; PIECE]);
        loop {
            match from.0.read_at(at, &mut piece, &call).map_err(io_error)? {
                0 => return Ok(()),
                count => {
                    self.append_all(to, piece.get(..count).unwrap_or_default())?;
                    at += len_of(count);
                }
            }
        }
    }

    /// Puts `draft` in the place of the whole value and commits that; its end is where the stream goes on.
    pub(crate) fn replace(&mut self, draft: Draft) -> io::Result<()> {
        self.home()?;
        let mut shared = self.lock();
        shared.at = draft.0.size();
        shared.body = draft.0;
        shared.dirty = true;
        self.write_back(&mut shared).map_err(io_error)
    }

    fn call(&self) -> Call {
        self.lock().call.clone()
    }
}
