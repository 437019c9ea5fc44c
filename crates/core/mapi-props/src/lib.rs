//! MAPI's values: property tags, types, values, names, restrictions, sort orders and message trees.
//!
//! This is the ground floor: plain data without I/O. Every other room speaks in these words.
//! Facts come from the Outlook MAPI reference and [MS-OXCDATA]; tables are generated from `data/*.csv`.
//!
//! * [`tags`], [`guids`]: typed tags and property sets by name; [`names`] finds names of everything, both ways.
//! * [`PropValue`], [`Restriction`], [`SortOrderSet`], [`Bag`], [`MessageTree`], [`StoredMessage`]: the data.
//! * [`entry_id`]: entry identifiers, record keys, search keys, one-off recipients; [`view_descriptor`]: the views of folders;
//!   [`display_table`]: dialogs as rows.
//! * [`upper_halves`]: what bytes mean in code pages that no crate reads.
//! * [`codec`]: the canonical binary form, which stores keep; [`json`] and [`text`]: the forms that people and scripts read and write.

#[cfg(test)]
mod arbitrary;
pub mod codec;
pub mod display_table;
pub mod entry_id;
mod error;
mod flags;
mod generated;
mod guid;
mod hex;
pub mod json;
mod map;
mod name;
pub mod names;
pub mod person;
mod prop_type;
mod read_at;
mod restriction;
mod sort;
mod stored;
mod tag;
pub mod text;
mod time;
mod transmit;
mod tree;
pub mod upper_halves;
mod value;
pub mod view_descriptor;

pub use entry_id::{EntryId, EntryIdError, EntryKind};
pub use error::{Code, Kind};
pub use flags::{
    access, attach_method, folder_type, message_flags, object_type, recipient_type,
    resource_methods, resource_type, status_code, store_support,
};
pub use generated::{guids, tags};
pub use guid::Guid;
pub use map::{Bag, LargePlace, LargeRef, PropMap, Slot};
pub use name::{NameKind, PropKey, PropName};
pub use prop_type::PropType;
pub use read_at::ReadAt;
pub use restriction::{AND, BitOp, FuzzyLevel, MatchKind, OR, RelOp, Restriction, SubObject};
pub use sort::{SortColumn, SortOrder, SortOrderSet};
pub use stored::{StoredAttachment, StoredMessage};
pub use tag::{PropTag, Tag};
pub use time::{FileTime, ParseTimeError};
pub use tree::{
    AttachmentTree, Defect, Encoding, LargeSource, MessageTree, OpenLarge, Recipe, Segment,
    TreeContent, TreeProps, TreeValue,
};
pub use value::{AnsiString, PropValue};
