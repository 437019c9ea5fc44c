//! Names of properties: what an identifier of 0x8000 and above stands for.
//! [MS-OXCDATA] 2.6.1; MAPINAMEID

use crate::{Guid, PropTag};

/// The second half of a property name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    /// MNID_ID: a 32-bit number.
    Id(u32),
    /// MNID_STRING: a Unicode string, compared code point by code point.
    Text(String),
}

/// A property set and a number or string in it. `(set, 5)` and `(set, "5")` never collide.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropName {
    /// The property set.
    pub guid: Guid,
    /// The number or string.
    pub kind: NameKind,
}

impl PropName {
    /// The name `(guid, id)`.
    #[must_use]
    pub const fn id(guid: Guid, id: u32) -> Self {
        Self {
            guid,
            kind: NameKind::Id(id),
        }
    }

    /// The name `(guid, text)`.
    #[must_use]
    pub fn text(guid: Guid, text: impl Into<String>) -> Self {
        Self {
            guid,
            kind: NameKind::Text(text.into()),
        }
    }
}

/// What identifies a property outside any one store: a fixed identifier or a name, never 0x8000+.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PropKey {
    /// A property identifier below 0x8000; the type is the value's.
    Id(u16),
    /// A named property; each store gives it an identifier of its own.
    Named(PropName),
}

impl From<PropTag> for PropKey {
    /// The key of a tag below 0x8000. A caller with a store-local tag asks the store for its name first.
    fn from(tag: PropTag) -> Self {
        debug_assert!(!tag.is_named(), "{tag} is a store's own identifier");
        Self::Id(tag.id())
    }
}
