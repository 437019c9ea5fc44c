//! Properties that no provider stores: made from what a store knows of itself and of an item.
//!
//! Reference: the canonical property pages; checks TAB-04, EID-01 to EID-06, FLD-01, MASK.1.
//! One definition, so that tables, handles and restrictions never disagree about PR_ENTRYID or
//! PR_HASATTACH.

mod keys;
mod list;
mod size;
#[cfg(test)]
mod tests;

use mapi_props::{
    PropTag, PropType, PropValue, access, folder_type, message_flags, object_type, store_support,
    tags,
};
use mapi_spi::{Capabilities, FolderCounts, FolderKind, ItemKind, ItemMeta, StoreInfo};

pub use keys::{
    conversation_id, instance_key, item_entry_id, record_key, store_entry_id, thread_of,
};
pub use list::{Owner, is_computed, listed};
pub use size::{bag_size, message_size};

/// DT_FOLDER: PR_DISPLAY_TYPE of a folder.
const DT_FOLDER: i32 = 0x0100_0000;
/// DT_FOLDER_LINK: PR_DISPLAY_TYPE of a search folder.
const DT_FOLDER_LINK: i32 = 0x0200_0000;
/// TBL_LEAF_ROW: PR_ROW_TYPE of a row that is no heading.
const TBL_LEAF_ROW: i32 = 1;

/// Everything that a folder's or message's computed properties are made from.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The store.
    pub info: &'a StoreInfo,
    /// The item.
    pub meta: &'a ItemMeta,
    /// Counters of a folder; without them its counts are missing.
    pub counts: Option<&'a FolderCounts>,
    /// PR_DEPTH of a hierarchy row; else 0.
    pub depth: u32,
    /// Which row of an expanded table; else 0.
    pub instance: u32,
}

/// The computed value of `tag`'s identifier for a folder or message; `None` if it is not computed
/// for such an object.
///
/// The type is the property's own, save where one identifier has two: 0x0E08 gives PR_MESSAGE_SIZE
/// (PT_LONG, saturating) unless PT_I8 is asked for.
#[must_use]
pub fn computed(facts: &Facts<'_>, tag: PropTag) -> Option<PropValue> {
    if !is_computed(facts.meta.kind.into(), tag.id()) {
        return None;
    }
    of_any_object(facts.info, tag.id())
        .or_else(|| of_item(facts, tag))
        .or_else(|| match facts.meta.kind {
            ItemKind::Folder(kind) => of_folder(facts, kind, tag.id()),
            ItemKind::Message { associated } => of_message(facts, associated, tag),
        })
}

/// The computed value of `tag`'s identifier for the store object; `None` if it is not computed.
#[must_use]
pub fn store_computed(info: &StoreInfo, tag: PropTag) -> Option<PropValue> {
    let caps = &info.capabilities;
    Some(match tag.id() {
        id if id == tags::ENTRYID.id() => store_entry_id(&info.uid).into(),
        id if id == tags::RECORD_KEY.id() => info.uid.as_bytes().as_slice().into(),
        id if id == tags::OBJECT_TYPE.id() => object_type::STORE.into(),
        id if id == tags::MDB_PROVIDER.id() => info.provider.as_bytes().as_slice().into(),
        id if id == tags::ACCESS.id() => {
            item_access(caps, ItemKind::Folder(FolderKind::Root)).into()
        }
        id => return of_any_object(info, id),
    })
}

/// What a property reads as where nothing is stored: `None` for almost all.
///
/// PR_STATUS of a folder is 0 (required in hierarchy tables, TAB-04).
#[must_use]
pub fn fallback(owner: Owner, id: u16) -> Option<PropValue> {
    (owner == Owner::Folder && id == tags::STATUS.id()).then_some(PropValue::Long(0))
}

/// PR_STORE_SUPPORT_MASK (8.4): each bit is a promise that the capabilities make.
///
/// Every store sorts, restricts, categorises, keeps attachments, HTML and both widths of text, and never reuses
/// an identifier: the boundary asks it of all. RTF and the plain text are made from each other above it, for all.
#[must_use]
pub fn support_mask(caps: &Capabilities) -> u32 {
    use store_support as s;
    let always = s::ENTRYID_UNIQUE
        | s::ATTACH_OK
        | s::RESTRICTION_OK
        | s::SORT_OK
        | s::CATEGORIZE_OK
        | s::HTML_OK
        | s::RTF_OK
        | s::UNCOMPRESSED_RTF
        | s::ANSI_OK
        | s::UNICODE_OK;
    let when = |claim: bool, bits: u32| if claim { bits } else { 0 };
    always
        | when(caps.write, s::MODIFY_OK | s::CREATE_OK)
        | when(!caps.write, s::READONLY)
        | when(caps.search, s::SEARCH_OK)
        | when(caps.submit, s::SUBMIT_OK)
        | when(caps.notify, s::NOTIFY_OK)
        | when(caps.mv_instances, s::MV_PROPS_OK)
}

fn of_any_object(info: &StoreInfo, id: u16) -> Option<PropValue> {
    Some(match id {
        id if id == tags::STORE_ENTRYID.id() => store_entry_id(&info.uid).into(),
        id if id == tags::STORE_RECORD_KEY.id() => info.uid.as_bytes().as_slice().into(),
        id if id == tags::MAPPING_SIGNATURE.id() => {
            info.mapping_signature.as_bytes().as_slice().into()
        }
        id if id == tags::STORE_SUPPORT_MASK.id() => {
            support_mask(&info.capabilities).cast_signed().into()
        }
        id if id == tags::ACCESS_LEVEL.id() => i32::from(info.capabilities.write).into(),
        _ => return None,
    })
}

fn of_item(facts: &Facts<'_>, tag: PropTag) -> Option<PropValue> {
    let Facts { info, meta, .. } = facts;
    let is_folder = matches!(meta.kind, ItemKind::Folder(_));
    Some(match tag.id() {
        id if id == tags::ENTRYID.id() => item_entry_id(&info.uid, is_folder, meta.id).into(),
        id if id == tags::PARENT_ENTRYID.id() => item_entry_id(&info.uid, true, meta.parent).into(),
        id if id == tags::RECORD_KEY.id() => record_key(&info.uid, meta.id).into(),
        id if id == tags::INSTANCE_KEY.id() => instance_key(meta.id, facts.instance).into(),
        // A message in the outgoing queue can only be read (OUT-08).
        id if id == tags::ACCESS.id() && meta.flags & message_flags::SUBMIT != 0 => {
            access::READ.into()
        }
        id if id == tags::ACCESS.id() => item_access(&info.capabilities, meta.kind).into(),
        id if id == tags::CHANGE_NUMBER.id() => {
            i64::try_from(meta.change).unwrap_or(i64::MAX).into()
        }
        id if id == tags::DEPTH.id() => i32::try_from(facts.depth).unwrap_or(i32::MAX).into(),
        id if id == tags::OBJECT_TYPE.id() && is_folder => object_type::FOLDER.into(),
        id if id == tags::OBJECT_TYPE.id() => object_type::MESSAGE.into(),
        _ => return None,
    })
}

fn of_folder(facts: &Facts<'_>, kind: FolderKind, id: u16) -> Option<PropValue> {
    let count = |n: u64| i32::try_from(n).unwrap_or(i32::MAX).into();
    Some(match id {
        id if id == tags::FOLDER_TYPE.id() => folder_type_of(kind).into(),
        id if id == tags::DISPLAY_TYPE.id() && kind == FolderKind::Search => DT_FOLDER_LINK.into(),
        id if id == tags::DISPLAY_TYPE.id() => DT_FOLDER.into(),
        id if id == tags::CONTENT_COUNT.id() => count(facts.counts?.contents),
        id if id == tags::CONTENT_UNREAD.id() => count(facts.counts?.unread),
        id if id == tags::ASSOC_CONTENT_COUNT.id() => count(facts.counts?.associated),
        id if id == tags::FOLDER_CHILD_COUNT.id() => count(facts.counts?.folders),
        id if id == tags::DELETED_MSG_COUNT.id() => count(facts.counts?.deleted),
        id if id == tags::SUBFOLDERS.id() => (facts.counts?.folders > 0).into(),
        _ => return None,
    })
}

fn of_message(facts: &Facts<'_>, associated: bool, tag: PropTag) -> Option<PropValue> {
    let meta = facts.meta;
    let flags = message_flags_of(associated, meta.flags);
    Some(match tag.id() {
        id if id == tags::MESSAGE_FLAGS.id() => flags.cast_signed().into(),
        id if id == tags::MSG_STATUS.id() => meta.status.cast_signed().into(),
        id if id == tags::HASATTACH.id() => (flags & message_flags::HASATTACH != 0).into(),
        id if id == tags::MESSAGE_SIZE.id() && tag.ty().single() == PropType::I8 => {
            i64::try_from(meta.size).unwrap_or(i64::MAX).into()
        }
        id if id == tags::MESSAGE_SIZE.id() => i32::try_from(meta.size).unwrap_or(i32::MAX).into(),
        id if id == tags::CONVERSATION_ID.id() => conversation_id(&facts.info.uid, meta.thread?)
            .as_slice()
            .into(),
        id if id == tags::ROW_TYPE.id() => TBL_LEAF_ROW.into(),
        _ => return None,
    })
}

/// PR_MESSAGE_FLAGS as a store keeps them: MSGFLAG_ASSOCIATED says which table the message is in,
/// whatever a patch says (8.2: fixed at CreateMessage).
#[must_use]
pub const fn message_flags_of(associated: bool, flags: u32) -> u32 {
    if associated {
        flags | message_flags::ASSOCIATED
    } else {
        flags & !message_flags::ASSOCIATED
    }
}

/// PR_ACCESS: what the store lets anybody do with such an object.
fn item_access(caps: &Capabilities, kind: ItemKind) -> i32 {
    if !caps.write {
        return access::READ;
    }
    let hold = access::CREATE_HIERARCHY | access::CREATE_CONTENTS;
    let hold = if caps.associated {
        hold | access::CREATE_ASSOCIATED
    } else {
        hold
    };
    let change = access::READ | access::MODIFY;
    match kind {
        ItemKind::Message { .. } => change | access::DELETE,
        ItemKind::Folder(FolderKind::Root) => change | hold,
        ItemKind::Folder(FolderKind::Generic) => change | access::DELETE | hold,
        ItemKind::Folder(FolderKind::Search) => change | access::DELETE,
    }
}

const fn folder_type_of(kind: FolderKind) -> i32 {
    match kind {
        FolderKind::Root => folder_type::ROOT,
        FolderKind::Generic => folder_type::GENERIC,
        FolderKind::Search => folder_type::SEARCH,
    }
}
