//! The bytes of an open stream: in memory while they are few, else in the store.

use mapi_spi::{Call, Result, Stage, Staged, Store};

use super::layers::Layers;

/// Values up to this many bytes are held in memory.
pub(super) const SMALL: usize = 1 << 20;
/// Bytes that are handed on at once.
pub(super) const PIECE: usize = 256 * 1024;

/// Where bytes go that are too many for memory.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) call: &'a Call,
}

pub(super) enum Body {
    /// In memory.
    Small(Vec<u8>),
    /// So far only appended to: staged as it comes.
    Growing { stage: Box<dyn Stage>, size: u64 },
    /// A value that lies in a store and what was written over it.
    Layered(Layers),
}

impl Body {
    pub(super) const fn empty() -> Self {
        Self::Small(Vec::new())
    }

    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Small(bytes) => len(bytes),
            Self::Growing { size, .. } => *size,
            Self::Layered(layers) => layers.size(),
        }
    }

    /// Reads at `at`; 0 only at the end.
    pub(super) fn read_at(&mut self, at: u64, buf: &mut [u8], call: &Call) -> Result<usize> {
        if at >= self.size() {
            return Ok(0);
        }
        self.seal(call)?;
        match self {
            Self::Small(bytes) => Ok(copy_out(bytes, at, buf)),
            Self::Layered(layers) => layers.read_at(at, buf, call),
            Self::Growing { .. } => Ok(0),
        }
    }

    /// Writes some of the bytes at `at` and says how many; those before, if there are none, are zeros. When it fails,
    /// nothing was written and it may be tried again.
    pub(super) fn write_at(&mut self, at: u64, bytes: &[u8], desk: Desk<'_>) -> Result<usize> {
        let bytes = bytes.get(..PIECE).unwrap_or(bytes);
        if let Self::Small(small) = self {
            if at.saturating_add(len(bytes)) <= len_of(SMALL) {
                write_small(small, at, bytes);
                return Ok(bytes.len());
            }
            *self = Self::outgrown(small, at, desk)?;
        }
        if let Self::Growing { stage, size } = self
            && *size == at
        {
            stage.write(bytes, desk.call)?;
            *size += len(bytes);
            return Ok(bytes.len());
        }
        self.seal(desk.call)?;
        match self {
            Self::Layered(layers) => layers.write_at(at, bytes, desk),
            Self::Small(_) | Self::Growing { .. } => Ok(0),
        }
    }

    /// What memory held, where more than memory has room.
    fn outgrown(small: &mut Vec<u8>, at: u64, desk: Desk<'_>) -> Result<Self> {
        if at != len(small) {
            return Ok(Self::Layered(Layers::over_bytes(small)));
        }
        let mut stage = desk.store.stage(desk.call)?;
        stage.write(small, desk.call)?;
        Ok(Self::Growing {
            stage,
            size: len(small),
        })
    }

    /// Cuts the value off, or fills it up with zeros.
    pub(super) fn set_size(&mut self, size: u64, call: &Call) -> Result<()> {
        if size == 0 {
            *self = Self::empty();
            return Ok(());
        }
        if size == self.size() {
            return Ok(());
        }
        self.seal(call)?;
        if let Self::Small(bytes) = self {
            if let Some(size) = usize::try_from(size).ok().filter(|size| *size <= SMALL) {
                bytes.resize(size, 0);
                return Ok(());
            }
            *self = Self::Layered(Layers::over_bytes(bytes));
        }
        match self {
            Self::Layered(layers) => layers.set_size(size, call),
            Self::Small(_) | Self::Growing { .. } => Ok(()),
        }
    }

    /// Ends appending, so that all can be read.
    fn seal(&mut self, call: &Call) -> Result<()> {
        if let Self::Growing { stage, .. } = self {
            *self = Self::Layered(Layers::over_staged(stage.finish(call)?));
        }
        Ok(())
    }

    /// The whole value, staged.
    pub(super) fn staged(&mut self, desk: Desk<'_>) -> Result<Staged> {
        self.seal(desk.call)?;
        match self {
            Self::Layered(layers) => layers.whole(desk),
            Self::Small(bytes) => {
                let mut stage = desk.store.stage(desk.call)?;
                stage.write(bytes, desk.call)?;
                stage.finish(desk.call)
            }
            Self::Growing { stage, .. } => stage.finish(desk.call),
        }
    }

    /// The whole value in memory, however large.
    pub(super) fn in_memory(&mut self, call: &Call) -> Result<&[u8]> {
        if !matches!(self, Self::Small(_)) {
            let mut bytes = Vec::new();
            let mut buf = vec![0; PIECE];
            loop {
                match self.read_at(len(&bytes), &mut buf, call)? {
                    0 => break,
                    n => bytes.extend_from_slice(buf.get(..n).unwrap_or_default()),
                }
            }
            *self = Self::Small(bytes);
        }
        match self {
            Self::Small(bytes) => Ok(bytes),
            Self::Growing { .. } | Self::Layered(_) => Ok(&[]),
        }
    }
}

fn write_small(small: &mut Vec<u8>, at: u64, bytes: &[u8]) {
    let at = usize::try_from(at).unwrap_or(usize::MAX);
    let end = at.saturating_add(bytes.len());
    if small.len() < end {
        small.resize(end, 0);
    }
    if let Some(place) = small.get_mut(at..end) {
        place.copy_from_slice(bytes);
    }
}

/// Copies what lies at `at` and says how much that is.
pub(super) fn copy_out(bytes: &[u8], at: u64, buf: &mut [u8]) -> usize {
    let from = usize::try_from(at)
        .ok()
        .and_then(|at| bytes.get(at..))
        .unwrap_or_default();
    buf.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    from.len().min(buf.len())
}

pub(super) fn len(bytes: &[u8]) -> u64 {
    len_of(bytes.len())
}

pub(super) fn len_of(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
