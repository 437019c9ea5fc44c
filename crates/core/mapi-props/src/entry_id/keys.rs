//! Record keys (this very object) and search keys (this content).
//!
//! Reference: PidTagRecordKey, PidTagSearchKey, "MAPI Record and Search Keys".

use crate::Guid;

/// PR_RECORD_KEY of an item: the store's UID and the item number. Item 0 is the store itself.
#[must_use]
pub fn record_key(store: Guid, item: u64) -> [u8; 24] {
    let mut out = [0; 24];
    fill(&mut out, &[store.as_bytes(), &item.to_be_bytes()]);
    out
}

/// What [`record_key`] was made of.
#[must_use]
pub fn split_record_key(key: &[u8]) -> Option<(Guid, u64)> {
    let (uid, item) = key.split_first_chunk::<16>()?;
    Some((Guid(*uid), u64::from_be_bytes(item.try_into().ok()?)))
}

/// PR_RECORD_KEY of an attachment: that of its message (of an embedded one: of the attachment it lies in), and what tells
/// it from others there and is never reused.
#[must_use]
pub fn attachment_record_key(host: &[u8], own: &[u8]) -> Vec<u8> {
    [host, own].concat()
}

/// PR_SEARCH_KEY of a new message: the caller's 16 random bytes. A copy keeps it; a reply gets its own.
#[must_use]
pub const fn message_search_key(random: [u8; 16]) -> [u8; 16] {
    random
}

/// PR_SEARCH_KEY of a recipient: `SMTP:ANN@EXAMPLE.ORG` and a zero, in upper case so that equal addresses have equal keys.
#[must_use]
pub fn recipient_search_key(address_type: &str, address: &str) -> Vec<u8> {
    let mut key = format!("{address_type}:{address}")
        .to_uppercase()
        .into_bytes();
    key.push(0);
    key
}

fn fill(out: &mut [u8], parts: &[&[u8]]) {
    for (to, from) in out.iter_mut().zip(parts.iter().copied().flatten()) {
        *to = *from;
    }
}
