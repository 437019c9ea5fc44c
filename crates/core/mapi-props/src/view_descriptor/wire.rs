//! Reading numbers from the front of a descriptor, knowing the place.

use super::{ViewError, ViewProblem};

/// What has not been read yet.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    all: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(all: &'a [u8]) -> Self {
        Self { all, rest: all }
    }

    pub(super) const fn at(&self) -> usize {
        self.all.len().saturating_sub(self.rest.len())
    }

    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) const fn fail(&self, problem: ViewProblem) -> ViewError {
        ViewError {
            at: self.at(),
            problem,
        }
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], ViewError> {
        let cut = || self.fail(ViewProblem::Truncated);
        let (head, tail) = self.rest.split_first_chunk::<N>().ok_or_else(cut)?;
        self.rest = tail;
        Ok(*head)
    }

    pub(super) fn u16(&mut self) -> Result<u16, ViewError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, ViewError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn take(&mut self, len: u32) -> Result<&'a [u8], ViewError> {
        let cut = || self.fail(ViewProblem::Truncated);
        let len = usize::try_from(len).map_err(|_| cut())?;
        let (head, tail) = self.rest.split_at_checked(len).ok_or_else(cut)?;
        self.rest = tail;
        Ok(head)
    }

    /// A count of things that take `least` bytes or more each: never more than the rest can hold.
    pub(super) fn count(&mut self, least: usize) -> Result<u32, ViewError> {
        let place = self.clone();
        let count = self.u32()?;
        self.fits(count, least)
            .then_some(count)
            .ok_or_else(|| place.fail(ViewProblem::Count(count)))
    }

    /// Whether the rest can hold so many things of `least` bytes or more each.
    pub(super) fn fits(&self, count: u32, least: usize) -> bool {
        usize::try_from(count).is_ok_and(|count| count <= self.rest.len() / least)
    }
}
