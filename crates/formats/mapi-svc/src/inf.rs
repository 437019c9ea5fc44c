//! What a `mapisvc.inf` file says.
//! Reference: "File Format of MapiSvc.inf" (requirement MS-01)

use mapi_props::{Guid, PropTag, PropValue, Tag, tags};

use crate::diagnostic::{Diagnostic, InfError};

/// A whole file.
///
/// ```
/// use mapi_svc::Inf;
///
/// let text = "[Services]\nX=My Service\n[X]\nProviders=X Store\nPR_SERVICE_DLL_NAME=X.DLL\n[X Store]\n\
///             PR_DISPLAY_NAME=My Mail\nPR_PROVIDER_DISPLAY=My Store\nPR_PROVIDER_DLL_NAME=X.DLL\n\
///             PR_RESOURCE_TYPE=MAPI_STORE_PROVIDER\n66000003=00040000\n";
/// let (inf, notes) = Inf::read(text.as_bytes())?;
/// assert!(notes.is_empty());
/// let store = &inf.service("X").unwrap().providers[0];
/// assert_eq!(store.properties.long(mapi_props::PropTag(0x6600_0003)), Some(1024));
/// # Ok::<(), mapi_svc::InfError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inf {
    /// The services of `[Services]`, in their order.
    pub services: Vec<Service>,
    /// Names of the services that a default profile begins with (`[Default Services]`).
    pub default_services: Vec<String>,
    /// `[Help File Mappings]`.
    pub help_files: Vec<HelpFile>,
    /// Sections that nothing refers to, as they stand.
    pub other: Vec<Section>,
}

/// One message service.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Service {
    /// PR_SERVICE_NAME: the name of its section, which no translation changes.
    pub name: String,
    /// What `[Services]` calls it.
    pub title: String,
    /// Where it is listed; 0: nowhere.
    pub line: u32,
    /// The properties of its section.
    pub properties: Properties,
    /// Its providers, in order.
    pub providers: Vec<Provider>,
    /// Its extra sections, in order.
    pub extra_sections: Vec<ExtraSection>,
    /// WIZARD_ENTRY_NAME: the entry point of a service that the profile wizard can set up.
    pub wizard_entry: Option<String>,
    /// Why the service cannot be made. It can when there is nothing.
    pub defects: Vec<Diagnostic>,
}

/// One provider of a service.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Provider {
    /// The name of its section.
    pub section: String,
    /// The properties of its section.
    pub properties: Properties,
}

/// An extra section of a service.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExtraSection {
    /// Its name.
    pub section: String,
    /// What it goes by in the profile. Without one it cannot be made.
    pub uid: Option<Guid>,
    /// Its properties.
    pub properties: Properties,
}

/// What a component calls its help file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HelpFile {
    /// The component, at most 30 characters.
    pub component: String,
    /// The file.
    pub file: String,
}

/// The properties of a section, in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Properties {
    /// Those that could be read. Text is always PT_UNICODE.
    pub known: Vec<Property>,
    /// Entries whose keys say nothing here, kept as they stand.
    pub other: Vec<Entry>,
}

/// One property.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// Its tag.
    pub tag: PropTag,
    /// Its value.
    pub value: PropValue,
    /// Where it stands; 0: nowhere.
    pub line: u32,
}

/// A section as it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// Where it begins; 0: nowhere.
    pub line: u32,
    /// Its entries, in order.
    pub entries: Vec<Entry>,
}

/// One `key=value`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The key. It has no case.
    pub key: String,
    /// The value, without the pair of quotes that may stand around it.
    pub value: String,
    /// Where it stands; 0: nowhere.
    pub line: u32,
}

impl Inf {
    /// Reads a file: UTF-16 with a byte order mark, else UTF-8, else Windows-1252. What cannot be used is named in the
    /// diagnostics, and in [`Service::defects`] when its service cannot be made without it.
    ///
    /// # Errors
    /// [`InfError::TooLarge`] beyond the limits of this crate.
    pub fn read(bytes: &[u8]) -> Result<(Self, Vec<Diagnostic>), InfError> {
        crate::read::read(bytes)
    }

    /// The service of this name, in any case.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service> {
        let mut services = self.services.iter();
        services.find(|s| s.name.eq_ignore_ascii_case(name))
    }
}

impl Service {
    /// What people call it: PR_DISPLAY_NAME, which then no one may change, or its title.
    #[must_use]
    pub fn display_name(&self) -> &str {
        let fixed = self.properties.text(tags::DISPLAY_NAME);
        fixed.unwrap_or(&self.title)
    }

    /// PR_SERVICE_DLL_NAME.
    #[must_use]
    pub fn dll_name(&self) -> Option<&str> {
        self.properties.text(tags::SERVICE_DLL_NAME)
    }

    /// PR_SERVICE_ENTRY_NAME.
    #[must_use]
    pub fn entry_name(&self) -> Option<&str> {
        self.properties.text(tags::SERVICE_ENTRY_NAME)
    }

    /// PR_SERVICE_SUPPORT_FILES: what must be installed with it.
    #[must_use]
    pub fn support_files(&self) -> &[String] {
        self.properties.texts(tags::SERVICE_SUPPORT_FILES)
    }

    /// PR_SERVICE_DELETE_FILES: what must go with it.
    #[must_use]
    pub fn delete_files(&self) -> &[String] {
        self.properties.texts(tags::SERVICE_DELETE_FILES)
    }

    /// PR_RESOURCE_FLAGS: SERVICE_SINGLE_COPY and the like.
    #[must_use]
    pub fn flags(&self) -> u32 {
        self.properties.flags()
    }
}

impl Provider {
    /// PR_DISPLAY_NAME.
    #[must_use]
    pub fn display_name(&self) -> Option<&str> {
        self.properties.text(tags::DISPLAY_NAME)
    }

    /// PR_PROVIDER_DISPLAY: what people call the kind of provider.
    #[must_use]
    pub fn provider_display(&self) -> Option<&str> {
        self.properties.text(tags::PROVIDER_DISPLAY)
    }

    /// PR_PROVIDER_DLL_NAME.
    #[must_use]
    pub fn dll_name(&self) -> Option<&str> {
        self.properties.text(tags::PROVIDER_DLL_NAME)
    }

    /// PR_RESOURCE_TYPE: 33 a store, 35 an address book, 36 a transport.
    #[must_use]
    pub fn resource_type(&self) -> Option<i32> {
        self.properties.long(tags::RESOURCE_TYPE)
    }

    /// PR_RESOURCE_FLAGS: STATUS_NO_DEFAULT_STORE and the like.
    #[must_use]
    pub fn flags(&self) -> u32 {
        self.properties.flags()
    }
}

impl Properties {
    /// The value of a property.
    #[must_use]
    pub fn value(&self, tag: impl Into<PropTag>) -> Option<&PropValue> {
        let id = tag.into().id();
        let found = self.known.iter().find(|p| p.tag.id() == id)?;
        Some(&found.value)
    }

    /// The value of a text.
    #[must_use]
    pub fn text(&self, tag: impl Into<PropTag>) -> Option<&str> {
        self.value(tag)?.as_str()
    }

    /// The value of a number.
    #[must_use]
    pub fn long(&self, tag: impl Into<PropTag>) -> Option<i32> {
        self.value(tag)?.as_long()
    }

    /// The value of a list of texts; empty when there is none.
    #[must_use]
    pub fn texts(&self, tag: Tag<[String]>) -> &[String] {
        match self.value(tag) {
            Some(PropValue::MvUnicode(all)) => all,
            _ => &[],
        }
    }

    fn flags(&self) -> u32 {
        self.long(tags::RESOURCE_FLAGS)
            .map_or(0, i32::cast_unsigned)
    }
}

/// The name that a library is compared by: without folder, `.dll`, and the `32` that MAPI itself adds.
///
/// ```
/// assert_eq!(mapi_svc::dll_base("MyServ32.DLL"), "myserv");
/// ```
#[must_use]
pub fn dll_base(name: &str) -> String {
    let file = name.rsplit(['\\', '/']).next().unwrap_or(name);
    let lower = file.trim().to_ascii_lowercase();
    let stem = lower.strip_suffix(".dll").unwrap_or(&lower);
    let short = stem.strip_suffix("32").filter(|short| !short.is_empty());
    short.unwrap_or(stem).to_owned()
}
