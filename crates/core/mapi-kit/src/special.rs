//! What a store says of its special folders, where MAPI has no property or only a bit for it.
//! Reference: "PidTagValidFolderMask", "Special Folders" (requirement STO-04)

use mapi_props::Tag;

/// Entry id of the Inbox among the store's properties. MAPI has none (GetReceiveFolder finds it), so it is one of the
/// provider's range, not transmittable.
pub const INBOX_ENTRYID: Tag<[u8]> = Tag::<[u8]>::of(0x6671);

/// In PR_VALID_FOLDER_MASK: PR_IPM_SUBTREE_ENTRYID names a folder.
pub const IPM_SUBTREE_VALID: i32 = 0x1;
/// In PR_VALID_FOLDER_MASK: [`INBOX_ENTRYID`] names a folder.
pub const INBOX_VALID: i32 = 0x2;
