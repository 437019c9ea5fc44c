//! Numbers and blocks of a head.

use super::read::Broken;

pub(super) fn put_u32(out: &mut Vec<u8>, n: usize) -> bool {
    let Ok(n) = u32::try_from(n) else {
        return false;
    };
    out.extend_from_slice(&n.to_le_bytes());
    true
}

pub(super) fn put_block(out: &mut Vec<u8>, bytes: &[u8]) -> bool {
    let good = put_u32(out, bytes.len());
    out.extend_from_slice(bytes);
    good
}

/// What of a head has not been read yet.
pub(super) struct Rest<'a>(pub(super) &'a [u8]);

impl<'a> Rest<'a> {
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let (head, tail) = self
            .0
            .split_first_chunk::<N>()
            .ok_or(Broken::Head("it is cut short"))?;
        self.0 = tail;
        Ok(*head)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Broken> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Broken> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Broken> {
        self.array().map(u64::from_le_bytes)
    }

    /// A count of things that take `least` bytes or more each.
    pub(super) fn count(&mut self, least: usize) -> Result<usize, Broken> {
        let count = usize::try_from(self.u32()?).unwrap_or(usize::MAX);
        if count > self.0.len() / least {
            return Err(Broken::Head("it promises more than it has"));
        }
        Ok(count)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Broken> {
        let len = self.count(1)?;
        let (head, tail) = self
            .0
            .split_at_checked(len)
            .ok_or(Broken::Head("it is cut short"))?;
        self.0 = tail;
        str::from_utf8(head).map_err(|_| Broken::Head("a text in it is no UTF-8"))
    }
}
