//! Which properties are computed for which objects.

use mapi_props::{PropTag, tags};
use mapi_spi::ItemKind;

/// Which object a property is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The store object.
    Store,
    /// A folder.
    Folder,
    /// A message of a folder (not an embedded one).
    Message,
}

impl From<ItemKind> for Owner {
    fn from(kind: ItemKind) -> Self {
        match kind {
            ItemKind::Folder(_) => Self::Folder,
            ItemKind::Message { .. } => Self::Message,
        }
    }
}

/// Whether `id` is made by the kit for such an object, so that SetProps and DeleteProps answer
/// MAPI_E_COMPUTED.
#[must_use]
pub fn is_computed(owner: Owner, id: u16) -> bool {
    COMPUTED.iter().any(|c| c.tag.id() == id && c.of(owner))
}

/// Tags computed for such an object that GetPropList shows. Those of tables only are left out.
pub fn listed(owner: Owner) -> impl Iterator<Item = PropTag> {
    COMPUTED
        .iter()
        .filter(move |c| c.listed && c.of(owner))
        .map(|c| c.tag)
}

struct Computed {
    tag: PropTag,
    /// Bits of the owners.
    owners: u8,
    listed: bool,
}

impl Computed {
    const fn of(&self, owner: Owner) -> bool {
        self.owners & bit(owner) != 0
    }
}

const fn bit(owner: Owner) -> u8 {
    match owner {
        Owner::Store => S,
        Owner::Folder => F,
        Owner::Message => M,
    }
}

const S: u8 = 1;
const F: u8 = 2;
const M: u8 = 4;

const fn on(owners: u8, tag: PropTag) -> Computed {
    Computed {
        tag,
        owners,
        listed: true,
    }
}

const fn in_tables(owners: u8, tag: PropTag) -> Computed {
    Computed {
        tag,
        owners,
        listed: false,
    }
}

static COMPUTED: &[Computed] = &[
    on(S | F | M, tags::ENTRYID.raw()),
    on(S | F | M, tags::RECORD_KEY.raw()),
    on(S | F | M, tags::STORE_ENTRYID.raw()),
    on(S | F | M, tags::STORE_RECORD_KEY.raw()),
    on(S | F | M, tags::MAPPING_SIGNATURE.raw()),
    on(S | F | M, tags::STORE_SUPPORT_MASK.raw()),
    on(S | F | M, tags::OBJECT_TYPE.raw()),
    on(S | F | M, tags::ACCESS.raw()),
    on(S | F | M, tags::ACCESS_LEVEL.raw()),
    on(S, tags::MDB_PROVIDER.raw()),
    on(F | M, tags::PARENT_ENTRYID.raw()),
    on(F | M, tags::CHANGE_NUMBER.raw()),
    in_tables(F | M, tags::INSTANCE_KEY.raw()),
    in_tables(F | M, tags::DEPTH.raw()),
    on(F, tags::FOLDER_TYPE.raw()),
    on(F, tags::DISPLAY_TYPE.raw()),
    on(F, tags::CONTENT_COUNT.raw()),
    on(F, tags::CONTENT_UNREAD.raw()),
    on(F, tags::ASSOC_CONTENT_COUNT.raw()),
    on(F, tags::FOLDER_CHILD_COUNT.raw()),
    on(F, tags::DELETED_MSG_COUNT.raw()),
    on(F, tags::SUBFOLDERS.raw()),
    on(M, tags::MESSAGE_FLAGS.raw()),
    on(M, tags::MSG_STATUS.raw()),
    on(M, tags::MESSAGE_SIZE.raw()),
    on(M, tags::MESSAGE_SIZE_EXTENDED.raw()),
    on(M, tags::HASATTACH.raw()),
    on(M, tags::CONVERSATION_ID.raw()),
    in_tables(M, tags::ROW_TYPE.raw()),
];
