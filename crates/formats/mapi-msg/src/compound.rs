//! Compound files: storages and streams in one file. [MS-CFB]
//!
//! Reading claims every sector for one stream at most, so that no file, however made, costs more than its length.
//! Writing knows all sizes first and then only goes forward.

mod chain;
mod directory;
mod extent;
mod header;
mod layout;
mod plan;
mod read;
mod tree;

pub(crate) use plan::Plan;
pub(crate) use read::Compound;
pub(crate) use tree::{Node, Storage};

/// How a compound file begins ([MS-CFB] 2.2).
pub(crate) const SIGNATURE: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// DIFSECT, FATSECT, ENDOFCHAIN and FREESECT ([MS-CFB] 2.1): what a sector number may say instead.
const DIFAT_SECTOR: u32 = 0xFFFF_FFFC;
const FAT_SECTOR: u32 = 0xFFFF_FFFD;
const END_OF_CHAIN: u32 = 0xFFFF_FFFE;
const FREE: u32 = 0xFFFF_FFFF;
/// NOSTREAM: no entry of the directory.
const NO_ENTRY: u32 = 0xFFFF_FFFF;

/// Bytes of a sector of the mini stream.
const MINI_SECTOR: u64 = 64;
/// Streams of fewer bytes lie in the mini stream.
const MINI_CUTOFF: u64 = 4096;
/// Bytes of an entry of the directory.
const ENTRY: usize = 128;
/// Sectors of the FAT that the header itself names.
const HEADER_FAT_SECTORS: usize = 109;

/// The number at `at` in `bytes`, or 0 beyond their end.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
    found.map_or(0, |b| u32::from_le_bytes(*b))
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk::<2>());
    found.map_or(0, |b| u16::from_le_bytes(*b))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>());
    found.map_or(0, |b| u64::from_le_bytes(*b))
}
