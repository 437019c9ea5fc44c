//! Entry identifiers and keys of a store and what is in it, in the layout of `mapi-props`.
//! Reference: "Constructing entry identifiers", "WrapStoreEntryID"; checks EID-01 to EID-06.

use mapi_props::Guid;
use mapi_props::entry_id::{self, EntryId};
use mapi_spi::ItemId;

/// The name that stands where Windows keeps the file name of a provider's library.
const LIBRARY: &str = "malle.dll";

/// PR_ENTRYID of an item, long-term.
#[must_use]
pub fn item_entry_id(store: &Guid, folder: bool, id: ItemId) -> Vec<u8> {
    let entry_id = if folder {
        EntryId::of_folder(*store, id.0)
    } else {
        EntryId::of_message(*store, id.0)
    };
    entry_id.to_bytes().to_vec()
}

/// PR_STORE_ENTRYID: the store's own identifier in the wrapping that MAPI puts around it, the same
/// on every open.
#[must_use]
pub fn store_entry_id(store: &Guid) -> Vec<u8> {
    let own = EntryId::of_store(*store).to_bytes();
    entry_id::wrap_store(LIBRARY, &own).expect("the library's name is plain ASCII")
}

/// PR_RECORD_KEY of an item: unique over all stores, bytewise comparable.
#[must_use]
pub fn record_key(store: &Guid, id: ItemId) -> Vec<u8> {
    entry_id::record_key(*store, id.0).to_vec()
}

/// PR_INSTANCE_KEY of a row: its item and which of the item's rows it is.
#[must_use]
pub fn instance_key(id: ItemId, instance: u32) -> Vec<u8> {
    let mut out = id.0.to_be_bytes().to_vec();
    out.extend_from_slice(&instance.to_be_bytes());
    out
}
