//! The header of a compound file. [MS-CFB] 2.2

use super::{HEADER_FAT_SECTORS, SIGNATURE, u16_at, u32_at};

/// Bytes of the header that say something.
pub(super) const HEADER: usize = 512;

/// What of a header matters for reading. Counts of sectors are not believed: chains say where they end.
#[derive(Debug, Clone)]
pub(super) struct Header {
    /// Logarithm of the bytes of a sector: 9 or 12.
    pub(super) shift: u32,
    pub(super) first_directory: u32,
    pub(super) mini_cutoff: u64,
    pub(super) first_mini_fat: u32,
    pub(super) first_difat: u32,
    /// The first sectors of the FAT.
    pub(super) difat: Vec<u32>,
}

impl Header {
    /// `None` if this is no compound file.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let shift = u32::from(u16_at(bytes, 0x1E));
        if bytes.len() < HEADER || !bytes.starts_with(&SIGNATURE) || !matches!(shift, 9 | 12) {
            return None;
        }
        let fat_sector = |n: usize| u32_at(bytes, 0x4C + 4 * n);
        Some(Self {
            shift,
            first_directory: u32_at(bytes, 0x30),
            mini_cutoff: u64::from(u32_at(bytes, 0x38)),
            first_mini_fat: u32_at(bytes, 0x3C),
            first_difat: u32_at(bytes, 0x44),
            difat: (0..HEADER_FAT_SECTORS).map(fat_sector).collect(),
        })
    }
}
