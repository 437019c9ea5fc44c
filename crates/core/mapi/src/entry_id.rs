//! Entry identifiers for callers, and the short ids that people type.

use std::fmt;
use std::str::FromStr;

use mapi_kit::entry_ids;
use mapi_props::{Code, Guid};
use mapi_spi::{Error, ItemId, Result};

/// An entry identifier: opaque bytes that name a store, folder or message across restarts.
///
/// Compared with [`crate::Session::compare_entry_ids`], not bytewise (X-9).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EntryId(Vec<u8>);

impl EntryId {
    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The UID of the provider that it belongs to: bytes 4 to 20, of the wrapped store for a store's.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_ENTRYID` when it is too short to have one.
    pub fn provider_uid(&self) -> Result<Guid> {
        entry_ids::store_uid(&self.0)
    }

    /// A store key and an object's id in one (reference: "HrComposeEID").
    ///
    /// ```
    /// use mapi::EntryId;
    ///
    /// let object = EntryId::from(vec![0; 30]);
    /// let both = EntryId::compose(b"store", &object);
    /// assert_eq!(both.decompose()?, (b"store".to_vec(), object));
    /// # Ok::<(), mapi::Error>(())
    /// ```
    #[must_use]
    pub fn compose(store_key: &[u8], object: &Self) -> Self {
        Self(entry_ids::compose(store_key, &object.0))
    }

    /// The store key and the object's id of a compound one; the key of a plain one is empty.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_ENTRYID` when a compound one is cut short.
    pub fn decompose(&self) -> Result<(Vec<u8>, Self)> {
        let (key, object) = entry_ids::decompose(&self.0)?;
        Ok((key.to_vec(), Self(object.to_vec())))
    }
}

impl From<Vec<u8>> for EntryId {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for EntryId {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl From<EntryId> for Vec<u8> {
    fn from(id: EntryId) -> Self {
        id.0
    }
}

impl fmt::Display for EntryId {
    /// Lower-case hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryId({self})")
    }
}

impl FromStr for EntryId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || {
            Error::new(
                Code::INVALID_ENTRYID,
                "an entry id is written in hexadecimal pairs",
            )
        };
        let digit = |c: u8| {
            char::from(c)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        };
        let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
            [a, b] => Some(digit(*a)? << 4 | digit(*b)?),
            _ => None,
        });
        pairs.collect::<Option<Vec<u8>>>().map(Self).ok_or_else(bad)
    }
}

/// An id for people: the letter that the profile gives to a store, and the item's number: `a1234`.
///
/// Survives restarts, renames and moves inside the store; never given to another item.
///
/// ```
/// use mapi::ShortId;
///
/// let id: ShortId = "a1234".parse()?;
/// assert_eq!(id.to_string(), "a1234");
/// assert!("1234".parse::<ShortId>().is_err());
/// # Ok::<(), mapi::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ShortId {
    /// The store's letter in the profile.
    pub store: String,
    /// The item's number in the store.
    pub item: ItemId,
}

impl fmt::Display for ShortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.store, self.item)
    }
}

impl FromStr for ShortId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || {
            Error::new(
                Code::INVALID_ENTRYID,
                format!("`{text}` is no id: a store's letter and a number"),
            )
        };
        let digits = text.find(|c: char| c.is_ascii_digit()).ok_or_else(bad)?;
        let (letter, number) = text.split_at(digits);
        let good =
            (1..=4).contains(&letter.len()) && letter.bytes().all(|b| b.is_ascii_lowercase());
        let plain = number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
        match number.parse::<u64>() {
            Ok(item) if good && plain => Ok(Self {
                store: letter.to_owned(),
                item: ItemId(item),
            }),
            _ => Err(bad()),
        }
    }
}
