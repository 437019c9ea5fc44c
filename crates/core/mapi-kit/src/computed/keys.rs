//! Entry identifiers and keys of a store and what is in it.
//! Reference: "Constructing entry identifiers", "WrapStoreEntryID"; checks EID-01 to EID-06.

use mapi_props::{Guid, guids, object_type};
use mapi_spi::ItemId;

/// Version of the provider's part of an entry identifier.
const VERSION: u8 = 1;
/// The name that stands where Windows keeps a provider's DLL.
const WRAPPED_DLL: &[u8] = b"malle.dll\0";

/// PR_ENTRYID of an item: long-term, abFlags 0, the store's uid, version, kind and number.
#[must_use]
pub fn item_entry_id(store: &Guid, folder: bool, id: ItemId) -> Vec<u8> {
    let kind = if folder {
        object_type::FOLDER
    } else {
        object_type::MESSAGE
    };
    let mut out = Vec::with_capacity(30);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(store.as_bytes());
    out.push(VERSION);
    out.push(u8::try_from(kind).unwrap_or(0));
    out.extend_from_slice(&id.0.to_be_bytes());
    out
}

/// PR_STORE_ENTRYID: the store's own identifier in the wrapping that MAPI puts around it, the same
/// on every open.
#[must_use]
pub fn store_entry_id(store: &Guid) -> Vec<u8> {
    let mut out = vec![0; 4];
    out.extend_from_slice(guids::MUID_STORE_WRAP.as_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(WRAPPED_DLL);
    out.resize(out.len().next_multiple_of(4), 0);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(store.as_bytes());
    out.push(VERSION);
    out.push(u8::try_from(object_type::STORE).unwrap_or(0));
    out
}

/// PR_RECORD_KEY of an item: unique over all stores, bytewise comparable.
#[must_use]
pub fn record_key(store: &Guid, id: ItemId) -> Vec<u8> {
    let mut out = store.as_bytes().to_vec();
    out.extend_from_slice(&id.0.to_be_bytes());
    out
}

/// PR_INSTANCE_KEY of a row: its item and which of the item's rows it is.
#[must_use]
pub fn instance_key(id: ItemId, instance: u32) -> Vec<u8> {
    let mut out = id.0.to_be_bytes().to_vec();
    out.extend_from_slice(&instance.to_be_bytes());
    out
}
