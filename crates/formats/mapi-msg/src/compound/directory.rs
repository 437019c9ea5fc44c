//! Entries of the directory of a compound file. [MS-CFB] 2.6

use mapi_props::Guid;

use super::{u16_at, u32_at, u64_at};

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Storage,
    Stream,
    Root,
}

/// One entry as it stands.
#[derive(Debug, Clone)]
pub(super) struct RawEntry {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) left: u32,
    pub(super) right: u32,
    pub(super) child: u32,
    pub(super) class: Guid,
    pub(super) state: u32,
    pub(super) created: u64,
    pub(super) modified: u64,
    pub(super) first: u32,
    pub(super) size: u64,
}

impl RawEntry {
    /// `None` for a place that is not used.
    pub(super) fn read(bytes: &[u8], shift: u32) -> Option<Self> {
        let kind = match bytes.get(0x42)? {
            1 => Kind::Storage,
            2 => Kind::Stream,
            5 => Kind::Root,
            _ => return None,
        };
        let length = usize::from(u16_at(bytes, 0x40)).clamp(2, 64) - 2;
        let name: Vec<u16> = (0..length / 2).map(|n| u16_at(bytes, 2 * n)).collect();
        let class = bytes.get(0x50..).and_then(|rest| rest.first_chunk::<16>());
        let size = u64_at(bytes, 0x78);
        Some(Self {
            name: String::from_utf16_lossy(&name),
            kind,
            left: u32_at(bytes, 0x44),
            right: u32_at(bytes, 0x48),
            child: u32_at(bytes, 0x4C),
            class: class.map_or(Guid::NIL, |b| Guid(*b)),
            state: u32_at(bytes, 0x60),
            created: u64_at(bytes, 0x64),
            modified: u64_at(bytes, 0x6C),
            first: u32_at(bytes, 0x74),
            // The upper half means nothing in files of small sectors, and some writers leave rubbish there (2.6.1).
            size: if shift == 9 { size & 0xFFFF_FFFF } else { size },
        })
    }
}
