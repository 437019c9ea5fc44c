//! The canonical binary form of bags, stored messages and restrictions, version 1.
//!
//! Same value, same bytes, and the other way round: a reader refuses any other spelling. Numbers are least significant
//! byte first; a *varint* is LEB128 in its shortest form; a *block* is a varint length and that many bytes.
//!
//! * **Bag**: `01`, varint count, the directory (per property, by ascending identifier: identifier 16 bits, type
//!   16 bits, varint length of the value), then the values one after another. One property is found by scanning
//!   the directory. Type bit 0x8000 marks a value kept elsewhere: `00` (remote) or `01` and its 32-byte key, then varint size.
//! * **Value**: by type. Numbers as they are, PT_BOOLEAN one byte `00`/`01`, PT_UNICODE as UTF-8, PT_STRING8 its code page
//!   (16 bits) and bytes, PT_SRESTRICT a restriction, others their bytes. Multi-values of fixed size stand side by
//!   side; of variable size: varint count, then a block each.
//! * **Stored message**: `01`, block of its bag, varint count and a block per recipient's bag, varint count and per
//!   attachment: block of its bag, `00` or `01` and a block of the embedded stored message.
//! * **Restriction**: `01`, then a node: the kind's number (RES_AND `00` … RES_COUNT `0B`) and its fields, children in place.
//!
//! Nothing is allocated for what the input only promises; nesting ends at [`MAX_DEPTH`].

mod bag;
mod restriction;
mod stored;
mod value;
mod wire;

use crate::Code;

pub use bag::{BagRef, RawSlot, decode_bag, encode_bag, encode_bag_where};
pub use restriction::{decode_restriction, encode_restriction};
pub use stored::{AttachmentRef, StoredRef, decode_stored, encode_stored, encode_stored_where};

/// How deep restrictions, and messages in attachments, may nest.
pub const MAX_DEPTH: usize = 64;

/// The version that is written, and the only one that is read.
const VERSION: u8 = 1;

/// Bytes that are not the canonical form, or a value that has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The bytes end too early.
    #[error("the stored properties are cut short")]
    Truncated,
    /// Something follows the value.
    #[error("something follows the stored properties")]
    Trailing,
    /// A version that this program does not know.
    #[error("stored properties of version {0}")]
    Version(u8),
    /// A length or count in more bytes than it needs, or beyond 64 bits.
    #[error("a length in the stored properties is not in its shortest form")]
    Varint,
    /// Identifiers do not ascend.
    #[error("stored properties are out of order at 0x{0:04X}")]
    Order(u16),
    /// A property type that has no values.
    #[error("stored property of unknown type 0x{0:04X}")]
    Type(u16),
    /// Not a value of its type: wrong length, no UTF-8, no truth value.
    #[error("stored property with a bad value of type 0x{0:04X}")]
    Value(u16),
    /// A number that stands for no restriction, operator or flag.
    #[error("stored restriction or message with the unknown mark {0}")]
    Mark(u8),
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("stored restriction or message nested too deep")]
    TooDeep,
    /// A large value that has not been bound to its place yet cannot be stored.
    #[error("property 0x{0:04X} still waits for its large value")]
    Pending(u16),
}

impl CodecError {
    /// The result code: MAPI_E_TOO_COMPLEX for nesting, MAPI_E_INVALID_PARAMETER for what cannot be
    /// written, else MAPI_E_CORRUPT_DATA.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::TooDeep => Code::TOO_COMPLEX,
            Self::Pending(_) => Code::INVALID_PARAMETER,
            _ => Code::CORRUPT_DATA,
        }
    }
}

#[cfg(test)]
mod tests;
