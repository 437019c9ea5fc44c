//! Store entry identifiers as sessions hand them out: wrapped with the provider's library name.
//! [MS-OXCDATA] 2.2.4.3; WrapStoreEntryID

use super::{EntryIdError, FLAGS, provider_uid};
use crate::guids::MUID_STORE_WRAP;

/// Bytes before the library's name: flags, UID, version, flag.
const HEAD: usize = FLAGS + 16 + 2;

/// What [`unwrap_store`] finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrappedStore<'a> {
    /// File name of the provider's library, `emsmdb.dll`.
    pub dll: &'a str,
    /// The provider's own identifier of the store.
    pub entry_id: &'a [u8],
}

/// WrapStoreEntryID: the library's name ended by a zero and filled up to four bytes, then the identifier as it is.
///
/// # Errors
/// [`EntryIdError::Text`] if the name is not ASCII or holds a zero.
pub fn wrap_store(dll: &str, entry_id: &[u8]) -> Result<Vec<u8>, EntryIdError> {
    if !dll.is_ascii() || dll.contains('\0') {
        return Err(EntryIdError::Text);
    }
    let mut out = vec![0; FLAGS];
    out.extend_from_slice(MUID_STORE_WRAP.as_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(dll.as_bytes());
    out.push(0);
    out.resize(out.len().next_multiple_of(4), 0);
    out.extend_from_slice(entry_id);
    Ok(out)
}

/// The parts of a wrapped store entry identifier.
///
/// # Errors
/// [`EntryIdError::Foreign`] for identifiers that are not wrapped; else what is wrong with it.
pub fn unwrap_store(bytes: &[u8]) -> Result<WrappedStore<'_>, EntryIdError> {
    let short = EntryIdError::Length(bytes.len());
    match provider_uid(bytes) {
        None => return Err(short),
        Some(uid) if uid != MUID_STORE_WRAP => return Err(EntryIdError::Foreign(uid)),
        Some(_) => {}
    }
    let version = bytes
        .get(FLAGS + 16..HEAD)
        .and_then(|b| b.first_chunk::<2>())
        .ok_or(short)?;
    if *version != [0, 0] {
        return Err(EntryIdError::Version(u16::from_le_bytes(*version)));
    }
    let rest = bytes.get(HEAD..).unwrap_or_default();
    let len = rest
        .iter()
        .position(|b| *b == 0)
        .ok_or(EntryIdError::Text)?;
    let dll = rest.get(..len).unwrap_or_default();
    let dll = str::from_utf8(dll)
        .ok()
        .filter(|l| l.is_ascii())
        .ok_or(EntryIdError::Text)?;
    let end = (HEAD + len + 1).next_multiple_of(4);
    let fill = bytes.get(HEAD + len..end).ok_or(short)?;
    if fill.iter().any(|b| *b != 0) {
        return Err(EntryIdError::Text);
    }
    Ok(WrappedStore {
        dll,
        entry_id: bytes.get(end..).unwrap_or_default(),
    })
}
