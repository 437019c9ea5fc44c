//! Reading entry identifiers: which store and which object one names.
//! Reference: "Constructing entry identifiers" (requirements EID-01 to EID-06); written by [`crate::computed`].

use std::fmt::Display;

use mapi_props::entry_id::{self, EntryId, EntryKind};
use mapi_props::{Code, Guid, guids};
use mapi_spi::{Error, ItemId, Result};

/// What an entry identifier names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryTarget {
    /// A store.
    Store(Guid),
    /// A folder of a store.
    Folder(Guid, ItemId),
    /// A message of a store.
    Message(Guid, ItemId),
}

impl EntryTarget {
    /// The store that it is in.
    #[must_use]
    pub const fn store(self) -> Guid {
        match self {
            Self::Store(g) | Self::Folder(g, _) | Self::Message(g, _) => g,
        }
    }
}

/// Reads an entry identifier: a store's, wrapped or bare, or an item's, short-term (any abFlags) or long-term.
///
/// # Errors
/// `MAPI_E_INVALID_ENTRYID` when it is cut short or malformed. One of another kind of provider reads as malformed only
/// if too short; otherwise see [`store_uid`].
pub fn parse(id: &[u8]) -> Result<EntryTarget> {
    let bytes = match entry_id::provider_uid(id) {
        // A wrap in a wrap reads as malformed, so a crafted id cannot recurse.
        Some(uid) if uid == guids::MUID_STORE_WRAP => {
            entry_id::unwrap_store(id).map_err(malformed)?.entry_id
        }
        _ => id,
    };
    let EntryId { store, kind, item } = EntryId::decode(bytes).map_err(malformed)?;
    Ok(match kind {
        EntryKind::Store => EntryTarget::Store(store),
        EntryKind::Folder => EntryTarget::Folder(store, ItemId(item)),
        EntryKind::Message => EntryTarget::Message(store, ItemId(item)),
    })
}

/// The provider UID of an entry identifier, of the wrapped store for a wrapped one; by this a session routes.
///
/// # Errors
/// `MAPI_E_INVALID_ENTRYID` when it is too short to have one.
pub fn store_uid(id: &[u8]) -> Result<Guid> {
    let uid_of = |id| entry_id::provider_uid(id).ok_or_else(|| malformed("it is too short"));
    match uid_of(id)? {
        uid if uid == guids::MUID_STORE_WRAP => {
            uid_of(entry_id::unwrap_store(id).map_err(malformed)?.entry_id)
        }
        uid => Ok(uid),
    }
}

/// Takes a compound identifier ([`entry_id::compose`]) apart into store key and object; a plain one has an empty key
/// (reference: "HrDecomposeEID").
///
/// # Errors
/// `MAPI_E_INVALID_ENTRYID` when it begins as a compound one but is cut short.
pub fn decompose(id: &[u8]) -> Result<(&[u8], &[u8])> {
    let parts = entry_id::decompose(id);
    if parts.store_record_key.is_empty() && entry_id::is_compound(id) {
        return Err(malformed("the compound is cut short"));
    }
    Ok((parts.store_record_key, parts.entry_id))
}

fn malformed(why: impl Display) -> Error {
    Error::new(
        Code::INVALID_ENTRYID,
        format!("the entry id cannot be read: {why}"),
    )
}

#[cfg(test)]
mod tests {
    use super::{EntryTarget, decompose, parse, store_uid};
    use crate::computed::{item_entry_id, store_entry_id};
    use mapi_props::entry_id::compose;
    use mapi_props::{Code, Guid};
    use mapi_spi::ItemId;

    const STORE: Guid = Guid([7; 16]);

    #[test]
    fn what_is_written_reads_back() {
        let folder = item_entry_id(&STORE, true, ItemId(9));
        assert_eq!(
            parse(&folder).unwrap(),
            EntryTarget::Folder(STORE, ItemId(9))
        );
        let mut message = item_entry_id(&STORE, false, ItemId(u64::MAX));
        message[0] = 0xFF;
        assert_eq!(
            parse(&message).unwrap(),
            EntryTarget::Message(STORE, ItemId(u64::MAX))
        );
        let store = store_entry_id(&STORE);
        assert_eq!(parse(&store).unwrap(), EntryTarget::Store(STORE));
        assert_eq!(store_uid(&store).unwrap(), STORE);
    }

    #[test]
    fn cut_or_changed_ids_are_refused_without_panic() {
        for id in [
            item_entry_id(&STORE, true, ItemId(9)),
            store_entry_id(&STORE),
        ] {
            for len in 0..id.len() {
                assert_eq!(parse(&id[..len]).unwrap_err().code(), Code::INVALID_ENTRYID);
            }
            for at in 0..id.len() {
                let mut changed = id.clone();
                changed[at] ^= 0xFF;
                let _ = parse(&changed);
            }
        }
    }

    #[test]
    fn compound_ids_come_apart() {
        let object = item_entry_id(&STORE, false, ItemId(3));
        for key in [&b"key"[..], &[0; 300]] {
            let id = compose(key, &object);
            assert_eq!(decompose(&id).unwrap(), (key, &object[..]));
            assert_eq!(
                decompose(&id[..22]).unwrap_err().code(),
                Code::INVALID_ENTRYID
            );
        }
        assert_eq!(compose(&[], &object), object);
        assert_eq!(decompose(&object).unwrap(), (&[][..], &object[..]));
    }
}
