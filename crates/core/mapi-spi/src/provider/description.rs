//! What a message service is made of, as `mapisvc.inf` says it.
//! Reference: "File Format of MapiSvc.inf" (requirement MS-01)

use mapi_props::{Bag, Guid};

use super::Setting;

/// A message service: its providers, its further sections, its settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceDescription {
    /// PR_SERVICE_NAME, never translated: `MALLE_LOCAL`.
    pub name: String,
    /// PR_DISPLAY_NAME, for people.
    pub display_name: String,
    /// Whether every service made of this has that name, whatever the person who adds it says.
    pub display_name_is_fixed: bool,
    /// PR_SERVICE_DLL_NAME: base name of what the code is in.
    pub dll_name: String,
    /// PR_SERVICE_ENTRY_NAME: the entry point. Empty: the service has none, and cannot be configured.
    pub entry_name: String,
    /// PR_SERVICE_SUPPORT_FILES.
    pub support_files: Vec<String>,
    /// PR_SERVICE_DELETE_FILES.
    pub delete_files: Vec<String>,
    /// PR_RESOURCE_FLAGS; see [`service_flags`].
    pub flags: u32,
    /// Its providers, in order. Those with `on_demand` are not part of a new service.
    pub providers: Vec<ProviderDescription>,
    /// Its further profile sections (PR_SERVICE_EXTRA_UIDS).
    pub sections: Vec<SectionDescription>,
    /// What can be set for the whole service.
    pub settings: Vec<Setting>,
    /// Further properties of its section.
    pub props: Bag,
    /// Whether the profile wizard offers it (WIZARD_ENTRY_NAME).
    pub wizard: bool,
}

impl ServiceDescription {
    /// A service of one store, without settings.
    #[must_use]
    pub fn store(name: &str, display_name: &str) -> Self {
        let provider = ProviderDescription::new(name, display_name, ProviderKind::Store);
        Self::new(name, display_name).with(provider)
    }

    /// A service without providers and settings, with an entry point.
    #[must_use]
    pub fn new(name: &str, display_name: &str) -> Self {
        Self {
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            dll_name: name.to_lowercase(),
            entry_name: "ServiceEntry".to_owned(),
            ..Self::default()
        }
    }

    /// The same with one more provider.
    #[must_use]
    pub fn with(mut self, provider: ProviderDescription) -> Self {
        self.providers.push(provider);
        self
    }

    /// The same with one more setting.
    #[must_use]
    pub fn setting(mut self, setting: Setting) -> Self {
        self.settings.push(setting);
        self
    }

    /// The provider of this name.
    #[must_use]
    pub fn provider(&self, name: &str) -> Option<&ProviderDescription> {
        self.providers.iter().find(|p| p.name == name)
    }
}

/// One provider of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderDescription {
    /// The name of its section in `mapisvc.inf`: what CreateProvider is asked for.
    pub name: String,
    /// PR_DISPLAY_NAME: of what it provides.
    pub display_name: String,
    /// PR_PROVIDER_DISPLAY: of the provider itself.
    pub provider_display: String,
    /// PR_PROVIDER_DLL_NAME: base name of what the code is in.
    pub dll_name: String,
    /// PR_RESOURCE_TYPE.
    pub kind: ProviderKind,
    /// PR_RESOURCE_FLAGS: STATUS_*.
    pub flags: u32,
    /// Whether it is added to a service only when somebody asks for it.
    pub on_demand: bool,
    /// What can be set for it alone.
    pub settings: Vec<Setting>,
    /// Further properties of its section.
    pub props: Bag,
}

impl ProviderDescription {
    /// A provider without flags and settings, part of its service from the beginning.
    #[must_use]
    pub fn new(name: &str, display_name: &str, kind: ProviderKind) -> Self {
        Self {
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            provider_display: display_name.to_owned(),
            dll_name: name.to_lowercase(),
            kind,
            flags: 0,
            on_demand: false,
            settings: Vec::new(),
            props: Bag::new(),
        }
    }
}

/// What a provider provides (PR_RESOURCE_TYPE).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProviderKind {
    /// MAPI_STORE_PROVIDER: a message store.
    #[default]
    Store,
    /// MAPI_AB_PROVIDER: an address book.
    AddressBook,
    /// MAPI_TRANSPORT_PROVIDER: sends and fetches.
    Transport,
}

impl ProviderKind {
    /// PR_RESOURCE_TYPE.
    #[must_use]
    pub const fn number(self) -> i32 {
        match self {
            Self::Store => 33,
            Self::AddressBook => 35,
            Self::Transport => 36,
        }
    }

    /// The kind of a PR_RESOURCE_TYPE; `None` for any that no profile holds.
    #[must_use]
    pub const fn of_number(number: i32) -> Option<Self> {
        Some(match number {
            33 => Self::Store,
            35 => Self::AddressBook,
            36 => Self::Transport,
            _ => return None,
        })
    }
}

/// A further profile section of a service, at a UID that its programs know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SectionDescription {
    /// The name of its section in `mapisvc.inf`.
    pub name: String,
    /// Where it is.
    pub uid: Guid,
    /// What is in it.
    pub props: Bag,
}

/// PR_RESOURCE_FLAGS of a service.
pub mod service_flags {
    /// SERVICE_DEFAULT_STORE: has the default store; people are asked before it is removed.
    pub const DEFAULT_STORE: u32 = 0x1;
    /// SERVICE_SINGLE_COPY: a profile has it once at most.
    pub const SINGLE_COPY: u32 = 0x2;
    /// SERVICE_CREATE_WITH_STORE: added to every profile that has a store.
    pub const CREATE_WITH_STORE: u32 = 0x4;
    /// SERVICE_PRIMARY_IDENTITY: the user is who this service says.
    pub const PRIMARY_IDENTITY: u32 = 0x8;
    /// SERVICE_NO_PRIMARY_IDENTITY: it cannot say who the user is.
    pub const NO_PRIMARY_IDENTITY: u32 = 0x20;
}
