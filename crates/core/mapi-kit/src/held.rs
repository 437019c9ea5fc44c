//! Large values that are held as sources: of messages that lie in files of their own, not in a store's.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};

use mapi_props::{LargePlace, LargeRef, LargeSource, PropType, PropValue, Slot};
use mapi_spi::{Call, Error, LargeReader, Result};

/// Values by the keys that name them. They only grow in number, so handles may still know an older one.
///
/// The n-th value that is held has the key of the salt and n: whoever reads the same message again under the same salt
/// finds the same values by the same keys.
pub struct Held {
    values: BTreeMap<[u8; 32], LargeSource>,
    salt: [u8; 16],
    inline: u64,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Held({} values)", self.values.len())
    }
}

impl Held {
    /// No values yet. Those over `inline` bytes are large. The salt makes the keys others than those of any other message.
    #[must_use]
    pub const fn new(salt: [u8; 16], inline: u64) -> Self {
        Self {
            values: BTreeMap::new(),
            salt,
            inline,
        }
    }

    /// Values of more bytes are large.
    #[must_use]
    pub const fn inline_bytes(&self) -> u64 {
        self.inline
    }

    /// Keeps a source and says by which key.
    pub fn hold(&mut self, source: LargeSource) -> [u8; 32] {
        let mut key = [0; 32];
        let number = u64::try_from(self.values.len()).unwrap_or(u64::MAX);
        let bytes = self.salt.into_iter().chain(number.to_le_bytes());
        key.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        self.values.insert(key, source);
        key
    }

    /// The source of this key.
    #[must_use]
    pub fn source(&self, key: &[u8; 32]) -> Option<LargeSource> {
        self.values.get(key).cloned()
    }

    /// A source as a large value.
    pub fn large(&mut self, ty: PropType, source: LargeSource) -> Slot {
        let size = source.size();
        let place = LargePlace::Present(self.hold(source));
        Slot::Large(LargeRef { ty, size, place })
    }

    /// A value, held where it is large.
    pub fn value(&mut self, value: PropValue) -> Slot {
        let inline = self.inline;
        let long = |bytes: usize| u64::try_from(bytes).is_ok_and(|n| n > inline);
        match value {
            PropValue::Unicode(s) if long(s.len()) => {
                self.large(PropType::UNICODE, s.into_bytes().into())
            }
            PropValue::Binary(b) if long(b.len()) => self.large(PropType::BINARY, b.into()),
            value => Slot::Value(value),
        }
    }
}

/// Reads a source at any offset. Forward costs what lies between; a place before the last one begins anew.
pub struct SourceReader {
    source: LargeSource,
    open: Option<(Box<dyn Read + Send>, u64)>,
    failed: fn(io::Error) -> Error,
}

impl SourceReader {
    /// Nothing is opened before it is read; `failed` says what an error of the source means.
    #[must_use]
    pub const fn new(source: LargeSource, failed: fn(io::Error) -> Error) -> Self {
        Self {
            source,
            open: None,
            failed,
        }
    }

    fn read(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let (mut reader, mut at) = match self.open.take() {
            Some((reader, at)) if at <= offset => (reader, at),
            _ => (self.source.open()?, 0),
        };
        at += io::copy(&mut (&mut reader).take(offset - at), &mut io::sink())?;
        let n = if at == offset { reader.read(buf)? } else { 0 };
        at += u64::try_from(n).unwrap_or(0);
        self.open = Some((reader, at));
        Ok(n)
    }
}

impl fmt::Debug for SourceReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceReader({} bytes)", self.source.size())
    }
}

impl LargeReader for SourceReader {
    fn size(&self) -> u64 {
        self.source.size()
    }

    fn read_at(&mut self, offset: u64, buf: &mut [u8], call: &Call) -> Result<usize> {
        call.check()?;
        if offset >= self.size() {
            return Ok(0);
        }
        self.read(offset, buf).map_err(self.failed)
    }
}
