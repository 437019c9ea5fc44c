//! Who the user is: the primary identity, and those of the services.
//! Reference: "Retrieving Primary and Provider Identity" (requirement SES-09)

use mapi_props::entry_id::OneOff;
use mapi_props::{Bag, Code, tags};
use mapi_spi::{Error, Identity, Result};

use super::Session;
use crate::host::resource_flags;
use crate::status::{provider_row, providers_with_rows};
use crate::{EntryId, Returned};

/// Who the user is when nobody says: always the same.
const NOBODY: (&str, &str, &str) = ("Unknown user", "UNKNOWN", "unknown");

impl Session {
    /// The entry id of the user (QueryIdentity): of the provider that has the primary identity, made of the rest of its row
    /// if it gives none; else of the first that knows the user. If none does: a one-off that is always the same, with the warning `MAPI_W_NO_SERVICE`.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION`; `MAPI_E_CORRUPT_DATA` for an identity that no entry id can hold.
    pub fn query_identity(&self) -> Result<Returned<EntryId>> {
        self.track(self.identity())
    }

    /// The rows of the providers, with their PR_RESOURCE_FLAGS. Nothing is started to know them.
    fn identities(&self) -> Vec<(u32, Bag)> {
        let all = providers_with_rows(self).into_iter();
        all.map(|p| (p.flags(), provider_row(self, &p))).collect()
    }

    fn identity(&self) -> Result<Returned<EntryId>> {
        self.check()?;
        let rows = self.identities();
        let primary = |(flags, _): &&(u32, Bag)| flags & resource_flags::PRIMARY_IDENTITY != 0;
        if let Some((_, row)) = rows.iter().find(primary) {
            return Ok(Returned::clean(match said(row) {
                Some(id) => id,
                None => made_of(row)?,
            }));
        }
        if let Some(id) = rows.iter().find_map(|(_, row)| said(row)) {
            return Ok(Returned::clean(id));
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

/// PR_IDENTITY_ENTRYID of a row.
fn said(row: &Bag) -> Option<EntryId> {
    let id = row.value(tags::IDENTITY_ENTRYID)?.as_bytes()?;
    Some(EntryId::from(id))
}

/// A one-off of what else a row says of the user, who has no address then.
fn made_of(row: &Bag) -> Result<EntryId> {
    let name = row.text(tags::IDENTITY_DISPLAY);
    let name = name.or_else(|| row.text(tags::DISPLAY_NAME));
    let name = name.unwrap_or(NOBODY.0);
    let user = Identity {
        name: name.to_owned(),
        address_type: NOBODY.1.to_owned(),
        address: name.to_owned(),
    };
    entry_id(&user)
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
