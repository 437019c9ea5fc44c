//! What a store says about itself.

use mapi_props::Guid;

use crate::ItemId;

/// What a store is and can do. Fixed while it is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreInfo {
    /// Unique over all stores: PR_RECORD_KEY of the store, bytes 4–20 of every entry id in it.
    pub uid: Guid,
    /// PR_MDB_PROVIDER: the kind of store.
    pub provider: Guid,
    /// PR_MAPPING_SIGNATURE: equal means that named identifiers are comparable.
    pub mapping_signature: Guid,
    /// The root folder.
    pub root: ItemId,
    /// What it claims; the conformance suite holds it to each.
    pub capabilities: Capabilities,
    /// Sizes and counts.
    pub limits: Limits,
    /// A name for people when PR_DISPLAY_NAME is not set.
    pub display_name: String,
}

/// What a store claims. PR_STORE_SUPPORT_MASK is made from this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a set of independent claims, each asked for by name"
)]
pub struct Capabilities {
    /// Changes are accepted (STORE_MODIFY_OK, STORE_CREATE_OK); else STORE_READONLY.
    pub write: bool,
    /// Soft delete and recovery.
    pub soft_delete: bool,
    /// Associated contents.
    pub associated: bool,
    /// Search folders (STORE_SEARCH_OK).
    pub search: bool,
    /// One row per value of a multi-valued column (STORE_MV_PROPS_OK).
    pub mv_instances: bool,
    /// A change log and wake-ups (STORE_NOTIFY_OK).
    pub notify: bool,
    /// Outgoing queue (STORE_SUBMIT_OK).
    pub submit: bool,
    /// Values may be Remote.
    pub remote_values: bool,
    /// Outlives the process.
    pub persistent: bool,
}

/// Sizes and counts of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Values over this many bytes are large (kept outside the bag, read as streams).
    pub inline_bytes: u32,
    /// Embedded messages may nest this deep.
    pub embed_depth: u32,
    /// Named identifiers that names met in mail may take.
    pub mail_names: u32,
    /// Longest PT_UNICODE display name of a folder, in characters.
    pub folder_name_chars: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            inline_bytes: 8 * 1024,
            embed_depth: 32,
            mail_names: 4096,
            folder_name_chars: 255,
        }
    }
}
