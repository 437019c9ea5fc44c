//! Compound identifiers: the store and the object in it as one.
//!
//! Reference: HrComposeEID, HrDecomposeEID. The layout is ours: `abFlags[4]`, a UID of its own, the length of the
//! store's record key (32 bits, least significant byte first), the key, the object's identifier.

use super::{FLAGS, provider_uid};
use crate::Guid;

/// Marks a compound identifier.
const COMPOUND: Guid = Guid::from_fields(
    0x9D6B_1F4E,
    0x3C27,
    0x4B8A,
    [0x8E, 0x51, 0x6D, 0x61, 0x6C, 0x6C, 0x65, 0x01],
);

/// The parts of an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compound<'a> {
    /// PR_RECORD_KEY of the store; empty when the identifier was not compound.
    pub store_record_key: &'a [u8],
    /// The object's own identifier.
    pub entry_id: &'a [u8],
}

/// HrComposeEID: one identifier from a store's record key and an object's entry identifier. Without a key (or with one
/// of 4 GiB) the object's identifier is copied.
#[must_use]
pub fn compose(store_record_key: &[u8], entry_id: &[u8]) -> Vec<u8> {
    let len = u32::try_from(store_record_key.len()).unwrap_or(0);
    if len == 0 {
        return entry_id.to_vec();
    }
    let parts: [&[u8]; 5] = [
        &[0; FLAGS],
        COMPOUND.as_bytes(),
        &len.to_le_bytes(),
        store_record_key,
        entry_id,
    ];
    parts.concat()
}

/// HrDecomposeEID: the parts of a compound identifier; any other is the object's own, with an empty key.
#[must_use]
pub fn decompose(bytes: &[u8]) -> Compound<'_> {
    split(bytes).unwrap_or(Compound {
        store_record_key: &[],
        entry_id: bytes,
    })
}

/// Whether these bytes begin as a compound identifier does; one that does and still gives an empty key is cut short.
#[must_use]
pub fn is_compound(bytes: &[u8]) -> bool {
    provider_uid(bytes) == Some(COMPOUND) && bytes.starts_with(&[0; FLAGS])
}

fn split(bytes: &[u8]) -> Option<Compound<'_>> {
    if !is_compound(bytes) {
        return None;
    }
    let (len, rest) = bytes.get(FLAGS + 16..)?.split_first_chunk::<4>()?;
    let len = usize::try_from(u32::from_le_bytes(*len))
        .ok()
        .filter(|len| *len > 0)?;
    let (store_record_key, entry_id) = rest.split_at_checked(len)?;
    Some(Compound {
        store_record_key,
        entry_id,
    })
}
