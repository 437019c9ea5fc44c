//! Entry identifiers and keys: how an object is named outside its store.
//!
//! Reference: "MAPI Entry Identifiers", "Constructing Entry Identifiers", "MAPI Record and Search Keys".
//!
//! A store of malle names its objects by 30 bytes: `abFlags[4]`, the store's 16-byte UID, a version byte, a kind
//! byte (0 store, else the object type: 3 MAPI_FOLDER, 5 MAPI_MESSAGE) and the item number as 64 bits, most
//! significant byte first.

mod compound;
mod flat;
mod keys;
mod one_off;
mod wrapped;

use crate::{Code, Guid};

pub use compound::{Compound, compose, decompose, is_compound};
pub use flat::{flat_entries, flat_entry_list};
pub use keys::{
    attachment_record_key, message_search_key, recipient_search_key, record_key, split_record_key,
};
pub use one_off::{OneOff, OneOffStrings, one_off_flags};
pub use wrapped::{WrappedStore, unwrap_store, wrap_store};

/// Bits of `abFlags[0]`.
pub mod entry_id_flags {
    /// MAPI_SHORTTERM: means nothing after this session.
    pub const SHORTTERM: u8 = 0x80;
    /// MAPI_NOTRECIP: cannot be a recipient.
    pub const NOTRECIP: u8 = 0x40;
    /// MAPI_THISSESSION: means nothing in another session.
    pub const THISSESSION: u8 = 0x20;
    /// MAPI_NOW: means nothing later.
    pub const NOW: u8 = 0x10;
    /// MAPI_NOTRESERVED: means nothing on another workstation.
    pub const NOTRESERVED: u8 = 0x08;
}

/// Bytes of `abFlags`.
const FLAGS: usize = 4;
/// Version of our layout.
const VERSION: u8 = 1;

/// What an [`EntryId`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// The store itself; its item number is 0.
    Store,
    /// A folder.
    Folder,
    /// A message.
    Message,
}

impl EntryKind {
    const fn byte(self) -> u8 {
        match self {
            Self::Store => 0,
            Self::Folder => 3,
            Self::Message => 5,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0 => Self::Store,
            3 => Self::Folder,
            5 => Self::Message,
            _ => return None,
        })
    }
}

/// The identity of an object of one of malle's stores.
///
/// Two of them are equal exactly when they name the same object; long and short term forms decode to the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    /// The store instance's UID.
    pub store: Guid,
    /// What it names.
    pub kind: EntryKind,
    /// The item number in the store; 0 for the store itself.
    pub item: u64,
}

/// Bytes that are no entry identifier of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryIdError {
    /// Cut short, or too long.
    #[error("an entry identifier of {0} bytes")]
    Length(usize),
    /// `abFlags` are not those of an entry identifier.
    #[error("bad flags in an entry identifier")]
    Flags,
    /// A version that this program does not know.
    #[error("entry identifier of version {0}")]
    Version(u16),
    /// A kind of object that does not exist, or that cannot have this item number.
    #[error("entry identifier of an unknown kind of object ({0})")]
    Kind(u8),
    /// A text in it does not end, is no valid text, or holds a zero.
    #[error("bad text in an entry identifier")]
    Text,
    /// Another provider's, or another store's.
    #[error("an entry identifier of somebody else ({{{0}}})")]
    Foreign(Guid),
}

impl EntryIdError {
    /// The result code: MAPI_E_UNKNOWN_ENTRYID for somebody else's, MAPI_E_INVALID_ENTRYID for all others.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::Foreign(_) => Code::UNKNOWN_ENTRYID,
            _ => Code::INVALID_ENTRYID,
        }
    }
}

impl EntryId {
    /// Bytes of the encoded form.
    pub const LEN: usize = FLAGS + 16 + 1 + 1 + 8;

    /// The entry identifier of a store.
    #[must_use]
    pub const fn of_store(store: Guid) -> Self {
        Self {
            store,
            kind: EntryKind::Store,
            item: 0,
        }
    }

    /// The entry identifier of a folder.
    #[must_use]
    pub const fn of_folder(store: Guid, item: u64) -> Self {
        Self {
            store,
            kind: EntryKind::Folder,
            item,
        }
    }

    /// The entry identifier of a message.
    #[must_use]
    pub const fn of_message(store: Guid, item: u64) -> Self {
        Self {
            store,
            kind: EntryKind::Message,
            item,
        }
    }

    /// The long-term form: valid for ever, in every session.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        self.with_flag(0)
    }

    /// The short-term form, for rows and dialogs of this session.
    #[must_use]
    pub fn to_short_term(&self) -> [u8; Self::LEN] {
        use entry_id_flags::{NOTRECIP, NOTRESERVED, NOW, SHORTTERM, THISSESSION};
        self.with_flag(SHORTTERM | NOTRECIP | THISSESSION | NOW | NOTRESERVED)
    }

    fn with_flag(&self, flag: u8) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        let parts: [&[u8]; 4] = [
            &[flag, 0, 0, 0],
            self.store.as_bytes(),
            &[VERSION, self.kind.byte()],
            &self.item.to_be_bytes(),
        ];
        for (to, from) in out.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        out
    }

    /// Reads either form. Whose store it is, is the caller's matter (or [`Self::decode_in`]'s).
    ///
    /// # Errors
    /// [`EntryIdError`] for anything that `to_bytes` or `to_short_term` cannot have written, but that a short-term
    /// form may have any of its other flags cleared or set.
    pub fn decode(bytes: &[u8]) -> Result<Self, EntryIdError> {
        let whole: &[u8; Self::LEN] = bytes
            .try_into()
            .map_err(|_| EntryIdError::Length(bytes.len()))?;
        let [f0, f1, f2, f3, rest @ ..] = whole;
        let long_or_short = *f0 == 0 || f0 & entry_id_flags::SHORTTERM != 0;
        if !long_or_short || (*f1, *f2, *f3) != (0, 0, 0) {
            return Err(EntryIdError::Flags);
        }
        let (uid, rest) = rest.split_first_chunk::<16>().ok_or(EntryIdError::Flags)?;
        let [version, kind, item @ ..] = rest else {
            return Err(EntryIdError::Length(bytes.len()));
        };
        if *version != VERSION {
            return Err(EntryIdError::Version(u16::from(*version)));
        }
        let item = item.try_into().map(u64::from_be_bytes);
        let item = item.map_err(|_| EntryIdError::Length(bytes.len()))?;
        let known = EntryKind::from_byte(*kind).ok_or(EntryIdError::Kind(*kind))?;
        if (known == EntryKind::Store) != (item == 0) {
            return Err(EntryIdError::Kind(*kind));
        }
        Ok(Self {
            store: Guid(*uid),
            kind: known,
            item,
        })
    }

    /// Reads an entry identifier that must be of this store.
    ///
    /// # Errors
    /// As [`Self::decode`]; [`EntryIdError::Foreign`] (MAPI_E_UNKNOWN_ENTRYID) for well-formed ones of other stores
    /// and for whatever carries another provider's UID.
    pub fn decode_in(store: Guid, bytes: &[u8]) -> Result<Self, EntryIdError> {
        match provider_uid(bytes) {
            Some(uid) if uid != store => Err(EntryIdError::Foreign(uid)),
            _ => Self::decode(bytes),
        }
    }
}

/// Bytes 4 to 20 of any provider's entry identifier, by which it finds its provider.
#[must_use]
pub fn provider_uid(bytes: &[u8]) -> Option<Guid> {
    bytes.get(FLAGS..)?.first_chunk::<16>().copied().map(Guid)
}

/// Whether an entry identifier of any provider is of the short-term kind.
#[must_use]
pub fn is_short_term(bytes: &[u8]) -> bool {
    bytes
        .first()
        .is_some_and(|f| f & entry_id_flags::SHORTTERM != 0)
}

/// CompareEntryIDs for our own: whether two encoded identifiers name the same object, in whatever form.
///
/// # Errors
/// As [`EntryId::decode`], of the first one that cannot be read.
pub fn same_object(a: &[u8], b: &[u8]) -> Result<bool, EntryIdError> {
    Ok(EntryId::decode(a)? == EntryId::decode(b)?)
}

#[cfg(test)]
mod tests;
