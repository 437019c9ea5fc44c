//! Stored large values as readers and as lazy sources of message trees.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use mapi_props::{Code, LargePlace, LargeRef, OpenLarge};
use mapi_spi::{Call, Error, ItemId, LargeReader, Result, Staged, Store};

/// An open large value as a standard reader: reads go to the store as they come, seeking costs nothing.
pub struct ValueReader {
    inner: Box<dyn LargeReader>,
    at: u64,
    call: Call,
}

impl ValueReader {
    /// Opens `value` of `item`.
    ///
    /// # Errors
    /// Those of [`Store::large`].
    pub fn open(store: &dyn Store, item: ItemId, value: &LargeRef, call: &Call) -> Result<Self> {
        Ok(Self::new(store.large(item, value, call)?, call))
    }

    /// Over an open value.
    #[must_use]
    pub fn new(inner: Box<dyn LargeReader>, call: &Call) -> Self {
        Self {
            inner,
            at: 0,
            call: call.clone(),
        }
    }

    /// The open value itself.
    #[must_use]
    pub fn into_inner(self) -> Box<dyn LargeReader> {
        self.inner
    }

    /// Bytes in all.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.inner.size()
    }

    /// The rest of the value.
    ///
    /// # Errors
    /// Those of [`LargeReader::read_at`].
    pub fn read_all(mut self) -> Result<Vec<u8>> {
        let rest = self.inner.size().saturating_sub(self.at);
        // A size that a damaged store claims must not reserve memory by itself.
        let mut out = Vec::with_capacity(usize::try_from(rest.min(1 << 20)).unwrap_or(0));
        let mut buf = vec![0; 64 * 1024];
        loop {
            match self.inner.read_at(self.at, &mut buf, &self.call)? {
                0 => return Ok(out),
                n => {
                    out.extend_from_slice(buf.get(..n).unwrap_or_default());
                    self.at += u64::try_from(n).unwrap_or(0);
                }
            }
        }
    }
}

impl fmt::Debug for ValueReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValueReader")
            .field("size", &self.size())
            .field("at", &self.at)
            .finish()
    }
}

impl Read for ValueReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let n = self
            .inner
            .read_at(self.at, buf, &self.call)
            .map_err(io_error)?;
        self.at += u64::try_from(n).unwrap_or(0);
        Ok(n)
    }
}

impl Seek for ValueReader {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        let at = match pos {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(d) => self.size().checked_add_signed(d),
            SeekFrom::Current(d) => self.at.checked_add_signed(d),
        };
        self.at = at.ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "seek before the start of a value",
            )
        })?;
        Ok(self.at)
    }
}

/// A store's error as one of the standard library, kept as its source.
#[must_use]
pub fn io_error(error: Error) -> io::Error {
    use mapi_props::Kind;
    let kind = match error.kind() {
        Kind::NotFound => io::ErrorKind::NotFound,
        Kind::Denied => io::ErrorKind::PermissionDenied,
        Kind::Corrupt => io::ErrorKind::InvalidData,
        _ if error.code() == Code::NOT_ENOUGH_DISK => io::ErrorKind::StorageFull,
        // Cancelled too: `Interrupted` would be retried for ever by the standard library's loops.
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

/// A stored large value that is opened when somebody reads it.
#[derive(Debug)]
pub(crate) struct StoredSource {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) item: Option<ItemId>,
    pub(crate) staged: Option<Staged>,
    pub(crate) value: LargeRef,
    pub(crate) call: Call,
}

impl OpenLarge for StoredSource {
    fn size(&self) -> u64 {
        self.value.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let reader = match (&self.staged, self.item) {
            (Some(staged), _) => staged.open(&self.call),
            (None, Some(item)) => self.store.large(item, &self.value, &self.call),
            (None, None) => Err(never_saved()),
        };
        let reader = reader.map_err(io_error)?;
        Ok(Box::new(ValueReader::new(reader, &self.call)))
    }

    fn blake3(&self) -> Option<[u8; 32]> {
        match self.value.place {
            LargePlace::Present(key) => Some(key),
            LargePlace::Remote | LargePlace::Pending(_) => None,
        }
    }
}

/// The error for a stored value of a message that is in no store.
#[must_use]
pub fn never_saved() -> Error {
    let detail = "a message that was never saved has no stored values";
    Error::new(Code::NOT_FOUND, detail)
}
