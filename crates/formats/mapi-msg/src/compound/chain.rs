//! Chains of sectors: the FAT and what it links. [MS-CFB] 2.3 to 2.5

use std::io;

use mapi_props::ReadAt;

use super::extent::Extent;
use super::header::Header;
use super::{END_OF_CHAIN, u32_at};

/// The sectors of a file, which follows which, and which are taken already.
pub(super) struct Sectors {
    shift: u32,
    /// Bytes of the file.
    size: u64,
    next: Vec<u32>,
    taken: Vec<bool>,
}

/// Sectors that follow one another, and whether they came to their end.
pub(super) struct Chain {
    pub(super) numbers: Vec<u32>,
    pub(super) whole: bool,
}

impl Sectors {
    /// Reads the FAT, as far as it is there.
    pub(super) fn read(source: &dyn ReadAt, size: u64, header: &Header) -> io::Result<Self> {
        let bytes = 1_u64 << header.shift;
        let count = size.saturating_sub(bytes).div_ceil(bytes);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let mut sectors = Self {
            shift: header.shift,
            size,
            next: Vec::new(),
            taken: vec![false; count],
        };
        let per_sector = usize::try_from(bytes / 4).unwrap_or(usize::MAX);
        let enough = count.div_ceil(per_sector);
        for number in sectors.fat_sectors(source, header, enough)? {
            if let Some(bytes) = sectors.sector(source, number)? {
                sectors.next.extend(words(&bytes));
            }
        }
        sectors.next.truncate(count);
        Ok(sectors)
    }

    /// Numbers of the sectors of the FAT: those of the header, then those of the DIFAT's chain.
    fn fat_sectors(
        &mut self,
        source: &dyn ReadAt,
        header: &Header,
        enough: usize,
    ) -> io::Result<Vec<u32>> {
        let mut numbers = header.difat.clone();
        let mut at = header.first_difat;
        while numbers.len() < enough.saturating_add(header.difat.len()) && self.take(at) {
            let Some(bytes) = self.sector(source, at)? else {
                break;
            };
            let mut there: Vec<u32> = words(&bytes).collect();
            at = there.pop().unwrap_or(END_OF_CHAIN);
            numbers.extend(there);
        }
        numbers.retain(|n| self.take(*n));
        numbers.truncate(enough);
        Ok(numbers)
    }

    /// Takes a sector; false if it is not there or was taken before.
    fn take(&mut self, number: u32) -> bool {
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        match self.taken.get_mut(at) {
            Some(taken) => !std::mem::replace(taken, true),
            None => false,
        }
    }

    /// The chain from `first` on, at most `most` sectors.
    pub(super) fn chain(&mut self, first: u32, most: u64) -> Chain {
        let mut numbers = Vec::new();
        let mut at = first;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        while at != END_OF_CHAIN && numbers.len() < most {
            if !self.take(at) {
                return Chain {
                    numbers,
                    whole: false,
                };
            }
            numbers.push(at);
            let next = usize::try_from(at).ok().and_then(|n| self.next.get(n));
            at = next.copied().unwrap_or(END_OF_CHAIN);
        }
        Chain {
            numbers,
            whole: true,
        }
    }

    /// Where a stream of `size` bytes lies that begins with sector `first`; shorter where its chain or the file ends.
    pub(super) fn extent(&mut self, first: u32, size: u64) -> Extent {
        let chain = self.chain(first, size.div_ceil(1 << self.shift));
        let mut extent = Extent::default();
        for number in chain.numbers {
            let at = self.offset(number);
            let there = self.size.saturating_sub(at).min(1 << self.shift);
            extent.push(at, there.min(size - extent.size()));
            if there < 1 << self.shift {
                break;
            }
        }
        extent
    }

    fn offset(&self, number: u32) -> u64 {
        (u64::from(number) + 1) << self.shift
    }

    /// The bytes of a sector, the last one of a cut file filled up with zeros; `None` if it begins after the end.
    pub(super) fn sector(&self, source: &dyn ReadAt, number: u32) -> io::Result<Option<Vec<u8>>> {
        let at = self.offset(number);
        if at >= self.size {
            return Ok(None);
        }
        let mut bytes = vec![0; 1 << self.shift];
        fill(source, at, &mut bytes)?;
        Ok(Some(bytes))
    }
}

/// Reads as many bytes as there are, at most as many as `buffer` takes, and says how many.
pub(super) fn fill(source: &dyn ReadAt, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        let offset = u64::try_from(done).unwrap_or(u64::MAX);
        match source.read_at(at.saturating_add(offset), rest) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(done)
}

/// The numbers in a sector.
pub(super) fn words(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.chunks_exact(4).map(|four| u32_at(four, 0))
}
