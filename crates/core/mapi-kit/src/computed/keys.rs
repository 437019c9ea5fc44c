//! Entry identifiers and keys of a store and what is in it, in the layout of `mapi-props`.
//! Reference: "Constructing entry identifiers", "WrapStoreEntryID"; checks EID-01 to EID-06.

use mapi_props::Guid;
use mapi_props::entry_id::{self, EntryId};
use mapi_spi::{ItemId, ThreadId};

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

/// PR_CONVERSATION_ID of the messages of a conversation ([MS-OXOMSG] 2.2.1.2: 16 bytes that the server computes): the first
/// half of the store's identifier, and the conversation's number, most significant byte first.
#[must_use]
pub fn conversation_id(store: &Guid, thread: ThreadId) -> [u8; 16] {
    let mut out = *store.as_bytes();
    let number = out.iter_mut().skip(8).zip(thread.0.to_be_bytes());
    number.for_each(|(to, from)| *to = from);
    out
}

/// The conversation of this PR_CONVERSATION_ID; `None` if it is none of the store's.
#[must_use]
pub fn thread_of(store: &Guid, id: &[u8]) -> Option<ThreadId> {
    let (of, number) = id.split_first_chunk::<8>()?;
    let number = u64::from_be_bytes(number.try_into().ok()?);
    let ours = store.as_bytes().starts_with(of);
    (ours && number != 0).then_some(ThreadId(number))
}
