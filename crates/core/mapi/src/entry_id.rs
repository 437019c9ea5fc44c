//! Entry identifiers for callers, and the short ids that people type.

use std::fmt;
use std::str::FromStr;

use mapi_kit::entry_ids;
use mapi_props::entry_id::{unwrap_store, wrap_store};
use mapi_props::{Code, Guid};
use mapi_spi::{Error, ItemId, Result, ServiceConfig};

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

    /// The id of a store that is described instead of named: by its service and settings (WrapStoreEntryID). With it a
    /// session opens a store that is not in its profile ([`crate::Session::open_store`]).
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a service name that is not ASCII, a path that is not Unicode, or a zero in a text.
    pub fn wrap_store(service: &str, config: &ServiceConfig) -> Result<Self> {
        let bad = |what| {
            Error::new(
                Code::INVALID_PARAMETER,
                format!("the {what} cannot be put into an id"),
            )
        };
        let base = config.base.to_str().ok_or_else(|| bad("path"))?;
        let pairs = config
            .values
            .iter()
            .flat_map(|(k, v)| [k.as_str(), v.as_str()]);
        let count = u32::try_from(config.values.len()).map_err(|_| bad("list of settings"))?;
        let mut own = DESCRIBED.to_vec();
        own.extend_from_slice(&count.to_le_bytes());
        for text in std::iter::once(base).chain(pairs) {
            if text.contains('\0') {
                return Err(bad("text"));
            }
            own.extend_from_slice(text.as_bytes());
            own.push(0);
        }
        let wrapped = wrap_store(service, &own);
        wrapped.map(Self).map_err(|_| bad("name of the service"))
    }

    /// The service and settings of a store's id that describes it; `None` for all other ids.
    pub(crate) fn described_store(&self) -> Option<(String, ServiceConfig)> {
        let wrapped = unwrap_store(&self.0).ok()?;
        let rest = wrapped.entry_id.strip_prefix(&DESCRIBED)?;
        let (count, texts) = rest.split_first_chunk::<4>()?;
        let texts = texts.strip_suffix(&[0])?;
        let mut texts = texts.split(|b| *b == 0).map(str::from_utf8);
        let base = texts.next()?.ok()?;
        let mut config = ServiceConfig {
            base: base.into(),
            ..ServiceConfig::default()
        };
        while let Some(key) = texts.next() {
            let (key, value) = (key.ok()?, texts.next()?.ok()?);
            config.values.insert(key.to_owned(), value.to_owned());
        }
        // An id that was cut says less than it counts.
        let whole =
            u32::try_from(config.values.len()).is_ok_and(|n| n == u32::from_le_bytes(*count));
        whole.then(|| (wrapped.dll.to_owned(), config))
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
        Self(mapi_props::entry_id::compose(store_key, &object.0))
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

/// abFlags 0, a UID of our own by which the id of a described store is known, and the version of what follows.
const DESCRIBED: [u8; 21] = [
    0, 0, 0, 0, 0x6d, 0x61, 0x6c, 0x6c, 0x65, 0x2d, 0x64, 0x4f, 0x9d, 0x65, 0x73, 0x63, 0x72, 0x69,
    0x62, 0x65, 1,
];

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

#[cfg(test)]
mod tests {
    use super::EntryId;
    use mapi_spi::ServiceConfig;

    #[test]
    fn a_described_store_reads_back_and_no_bytes_make_a_panic() {
        let values = [("name", "x"), ("empty", "")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let config = ServiceConfig {
            base: "/home/me".into(),
            values: values.into(),
        };
        let id = EntryId::wrap_store("MALLE_MEMORY", &config).unwrap();
        assert_eq!(
            id.described_store(),
            Some(("MALLE_MEMORY".to_owned(), config))
        );
        for at in 0..id.as_bytes().len() {
            assert!(
                EntryId::from(&id.as_bytes()[..at])
                    .described_store()
                    .is_none()
            );
            let mut changed = id.as_bytes().to_vec();
            changed[at] ^= 0xA5;
            let _ = EntryId::from(changed).described_store();
        }
        assert!(EntryId::wrap_store("Ä", &ServiceConfig::default()).is_err());
    }
}
