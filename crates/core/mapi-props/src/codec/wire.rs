//! Reading from the front of a slice, and writing varints.

use super::CodecError;

/// What has not been read yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    #[inline]
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let (head, tail) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or(CodecError::Truncated)?;
        self.rest = tail;
        Ok(*head)
    }

    #[inline]
    pub(super) fn u8(&mut self) -> Result<u8, CodecError> {
        self.array().map(u8::from_le_bytes)
    }

    #[inline]
    pub(super) fn u16(&mut self) -> Result<u16, CodecError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, CodecError> {
        self.array().map(u32::from_le_bytes)
    }

    #[inline]
    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], CodecError> {
        let (head, tail) = self
            .rest
            .split_at_checked(len)
            .ok_or(CodecError::Truncated)?;
        self.rest = tail;
        Ok(head)
    }

    /// A varint in its shortest form.
    #[inline]
    pub(super) fn varint(&mut self) -> Result<u64, CodecError> {
        let first = self.u8()?;
        if first < 0x80 {
            return Ok(u64::from(first));
        }
        let mut value = u64::from(first & 0x7F);
        let mut shift = 7;
        loop {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7F);
            if shift >= 64 || (shift == 63 && bits > 1) {
                return Err(CodecError::Varint);
            }
            value |= bits << shift;
            if byte < 0x80 {
                return if byte == 0 {
                    Err(CodecError::Varint)
                } else {
                    Ok(value)
                };
            }
            shift += 7;
        }
    }

    /// A length: no more than a slice can have.
    #[inline]
    pub(super) fn length(&mut self) -> Result<usize, CodecError> {
        usize::try_from(self.varint()?).map_err(|_| CodecError::Truncated)
    }

    /// A count of things that take `least` bytes or more each: never more than the rest can hold.
    pub(super) fn count(&mut self, least: usize) -> Result<usize, CodecError> {
        let count = self.length()?;
        if count > self.rest.len() / least {
            Err(CodecError::Truncated)
        } else {
            Ok(count)
        }
    }

    /// A varint length and that many bytes.
    pub(super) fn block(&mut self) -> Result<&'a [u8], CodecError> {
        let len = self.length()?;
        self.take(len)
    }

    pub(super) fn version(&mut self) -> Result<(), CodecError> {
        match self.u8()? {
            super::VERSION => Ok(()),
            other => Err(CodecError::Version(other)),
        }
    }

    pub(super) const fn end(&self) -> Result<(), CodecError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(CodecError::Trailing)
        }
    }
}

/// Appends a varint.
#[inline]
pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        if value < 0x80 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
        value >>= 7;
    }
}

/// Appends a length or count.
#[inline]
pub(super) fn put_length(out: &mut Vec<u8>, len: usize) {
    // usize has at most 64 bits on every target there is.
    put_varint(out, u64::try_from(len).unwrap_or(u64::MAX));
}

/// Appends a varint length and the bytes.
pub(super) fn put_block(out: &mut Vec<u8>, bytes: &[u8]) {
    put_length(out, bytes.len());
    out.extend_from_slice(bytes);
}
