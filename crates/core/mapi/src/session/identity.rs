//! Who the user is: the primary identity, and those of the services.
//! Reference: "Retrieving Primary and Provider Identity" (requirement SES-09)

use mapi_props::entry_id::OneOff;
use mapi_props::{Bag, Code, tags};
use mapi_spi::{Error, Identity, Result};

use super::Session;
use crate::host::resource_flags;
use crate::{EntryId, Returned};

/// Who the user is when nobody says: always the same.
const NOBODY: (&str, &str, &str) = ("Unknown user", "UNKNOWN", "unknown");

impl Session {
    /// The entry id of the user (QueryIdentity): of the service that has the primary identity, else of the first that
    /// knows the user. If none does: a one-off that is always the same, with the warning `MAPI_W_NO_SERVICE`.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION`; `MAPI_E_CORRUPT_DATA` for an identity that no entry id can hold.
    pub fn query_identity(&self) -> Result<Returned<EntryId>> {
        self.track(self.identity())
    }

    fn identity(&self) -> Result<Returned<EntryId>> {
        self.check()?;
        let stores = self.state().roster.with_flags();
        let known = |primary: bool| {
            let mut stores = stores.iter();
            stores.find_map(|(store, flags)| {
                let has_role = flags & resource_flags::PRIMARY_IDENTITY != 0;
                store
                    .place
                    .identity
                    .clone()
                    .filter(|_| has_role || !primary)
            })
        };
        if let Some(identity) = known(true).or_else(|| known(false)) {
            return Ok(Returned::clean(entry_id(&identity)?));
        }
        let (name, address_type, address) = NOBODY;
        let nobody = Identity {
            name: name.to_owned(),
            address_type: address_type.to_owned(),
            address: address.to_owned(),
        };
        Ok(Returned::warn_if(
            entry_id(&nobody)?,
            true,
            Code::W_NO_SERVICE,
        ))
    }
}

/// PR_IDENTITY_ENTRYID: a one-off.
fn entry_id(identity: &Identity) -> Result<EntryId> {
    let one_off = OneOff::new(&identity.name, &identity.address_type, &identity.address);
    let encoded = one_off.encode().map_err(|e| {
        Error::caused(
            Code::CORRUPT_DATA,
            "the identity of the service is damaged",
            e,
        )
    });
    encoded.map(EntryId::from)
}

/// The three properties of a status row: all, or none.
pub(crate) fn write_identity(identity: &Identity, props: &mut Bag) {
    let Ok(entry_id) = entry_id(identity) else {
        return;
    };
    let key = format!("{}:{}\0", identity.address_type, identity.address).to_uppercase();
    props.set(tags::IDENTITY_ENTRYID, entry_id.as_bytes());
    props.set(tags::IDENTITY_DISPLAY, identity.name.as_str());
    props.set(tags::IDENTITY_SEARCH_KEY, key.as_bytes());
}
