//! The default view of a folder (PR_DEFAULT_VIEW_ENTRYID), and what becomes of it in a copy of the folder.
//! Reference: "PidTagDefaultViewEntryId", "IMAPIFolder::CopyFolder" (requirements STO-13, FLD-07)
//!
//! A copy has copies of the folder's own view descriptors. Its default view is then its own copy: the original's would be
//! wrong as soon as somebody changed or deleted it. Views that stand elsewhere (Common Views) are its default as before.

use mapi_props::{Bag, Guid, PropValue, tags};
use mapi_spi::{ItemId, PropPatch};

use crate::computed::item_entry_id;
use crate::entry_ids::{self, EntryTarget};

/// The message of this store that a folder with these properties names as its default view.
#[must_use]
pub fn named_by(store: &Guid, props: &Bag) -> Option<ItemId> {
    let id = props.value(tags::DEFAULT_VIEW_ENTRYID)?;
    match entry_ids::parse(id.as_bytes()?) {
        Ok(EntryTarget::Message(uid, item)) if uid == *store => Some(item),
        _ => None,
    }
}

/// What makes this message of the store a folder's default view.
#[must_use]
pub fn naming(store: &Guid, view: ItemId) -> PropPatch {
    let id = item_entry_id(store, false, view);
    PropPatch::default().with(tags::DEFAULT_VIEW_ENTRYID, PropValue::Binary(id))
}
