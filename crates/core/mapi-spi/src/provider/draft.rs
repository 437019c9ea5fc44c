//! What an entry point sees and changes: the part of a profile that is its service.

use std::collections::BTreeMap;

use mapi_props::{Bag, Guid};

use super::{ProviderKind, ServiceConfig};

/// A message service of a profile, as its entry point sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceDraft {
    /// Name of the profile.
    pub profile: String,
    /// PR_SERVICE_UID.
    pub uid: Guid,
    /// PR_DISPLAY_NAME.
    pub display_name: String,
    /// Its settings.
    pub config: ServiceConfig,
    /// Who the user is to it, if it knows.
    pub identity: Option<Identity>,
    /// Further properties of its section.
    pub props: Bag,
    /// Its providers, in order. Adding and removing is not for entry points.
    pub providers: Vec<ProviderDraft>,
    /// Its further sections (PR_SERVICE_EXTRA_UIDS).
    pub sections: BTreeMap<Guid, Bag>,
}

/// One provider of such a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderDraft {
    /// PR_PROVIDER_UID.
    pub uid: Guid,
    /// Which of the service's descriptions it was made of.
    pub name: String,
    /// PR_DISPLAY_NAME.
    pub display_name: String,
    /// PR_RESOURCE_TYPE.
    pub kind: ProviderKind,
    /// PR_RESOURCE_FLAGS: STATUS_*.
    pub flags: u32,
    /// Its own settings, over those of the service.
    pub values: BTreeMap<String, String>,
    /// Further properties of its section.
    pub props: Bag,
}

/// Who the user is to a service (requirement SES-09).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// PR_IDENTITY_DISPLAY.
    pub name: String,
    /// PR_ADDRTYPE of the address: `SMTP`.
    pub address_type: String,
    /// The address.
    pub address: String,
}
