//! The keys of a profile's file, as they are read.

use std::collections::BTreeMap;
use std::fmt;

use mapi::{Identity, ProfileProvider, ProfileService, ProviderKind};
use mapi_props::names::{TagOrName, parse_tag};
use mapi_props::{Bag, Guid, PropTag, Slot, text};
use mapi_spi::ServiceConfig;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::flags::{ProviderFlags, ServiceFlags};
use super::{ProfileFile, SEALED, SealedPlace, StoreLetter, VERSION};
use crate::profiles::ProfileName;

type Sealed = BTreeMap<SealedPlace, String>;
type Values = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileShape {
    #[serde(rename = "version")]
    _version: Version,
    #[serde(default)]
    instance: Option<Uid>,
    #[serde(default)]
    data: Option<ProfileName>,
    next_letter: StoreLetter,
    #[serde(default)]
    transport_order: Vec<Uid>,
    #[serde(default)]
    app: bool,
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    renamed_to: Option<ProfileName>,
    #[serde(default)]
    service: Vec<ServiceShape>,
    #[serde(default)]
    section: BTreeMap<Uid, Section>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceShape {
    name: String,
    #[serde(default)]
    display_name: String,
    uid: Uid,
    #[serde(default)]
    flags: ServiceFlags,
    #[serde(default)]
    extra_sections: Vec<Uid>,
    #[serde(default)]
    identity: Option<IdentityShape>,
    #[serde(default)]
    config: Values,
    #[serde(default)]
    provider: Vec<ProviderShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderShape {
    name: String,
    #[serde(default)]
    display_name: String,
    uid: Uid,
    kind: Kind,
    #[serde(default)]
    letter: Option<StoreLetter>,
    #[serde(default)]
    flags: ProviderFlags,
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    config: Values,
}

/// Who the user is to a service.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IdentityShape {
    pub(super) name: String,
    #[serde(default = "smtp")]
    pub(super) address_type: String,
    pub(super) address: String,
}

fn smtp() -> String {
    "SMTP".to_owned()
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Store,
    AddressBook,
    Transport,
}

pub(super) const fn kind_word(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Store => "store",
        ProviderKind::AddressBook => "address-book",
        ProviderKind::Transport => "transport",
    }
}

#[derive(Deserialize)]
#[serde(try_from = "i64")]
struct Version;

impl TryFrom<i64> for Version {
    type Error = String;

    fn try_from(version: i64) -> Result<Self, String> {
        match version {
            VERSION => Ok(Self),
            _ => Err(format!(
                "version {version} is unknown: this program reads version {VERSION} and files from before versions"
            )),
        }
    }
}

/// A UID as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Uid(pub(super) Guid);

impl TryFrom<String> for Uid {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
            .map(Self)
            .map_err(|e| format!("{text:?} is {e}"))
    }
}

/// A section: properties by tag (`0x0037001F`), their values as text.
#[derive(Default)]
pub(super) struct Section {
    pub(super) open: Bag,
    pub(super) sealed: Vec<(PropTag, String)>,
}

impl<'de> Deserialize<'de> for Section {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Properties;
        impl<'de> Visitor<'de> for Properties {
            type Value = Section;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("properties by tag (0x0037001F), their values as text")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Section, A::Error> {
                let mut section = Section::default();
                while let Some((key, value)) = map.next_entry::<String, String>()? {
                    section.add(&key, &value).map_err(A::Error::custom)?;
                }
                Ok(section)
            }
        }
        from.deserialize_map(Properties)
    }
}

impl Section {
    fn add(&mut self, key: &str, value: &str) -> Result<(), String> {
        let Ok(TagOrName::Tag(tag)) = parse_tag(key) else {
            return Err(format!(
                "`{key}` is no property tag: 0x and eight hexadecimal digits are allowed"
            ));
        };
        if let Some(sealed) = value.strip_prefix(SEALED).filter(|_| tag.is_secure()) {
            self.sealed.push((tag, sealed.to_owned()));
            return Ok(());
        }
        let value = text::parse_value(tag.ty(), value);
        let value = value.map_err(|e| format!("`{key}`: {e}"))?;
        self.open.insert(tag.id(), Slot::Value(value));
        Ok(())
    }
}

impl From<FileShape> for ProfileFile {
    fn from(shape: FileShape) -> Self {
        let mut sealed = Sealed::new();
        let services = shape.service.into_iter();
        let services = services.map(|s| s.into_api(&mut sealed)).collect();
        let mut sections = BTreeMap::new();
        for (Uid(uid), section) in shape.section {
            sections.insert(uid, section.open);
            for (tag, value) in section.sealed {
                let key = tag.to_string();
                sealed.insert(
                    SealedPlace {
                        uid,
                        setting: false,
                        key,
                    },
                    value,
                );
            }
        }
        let order = shape.transport_order.into_iter();
        Self {
            data: shape.data.map(String::from).unwrap_or_default(),
            sealed,
            profile: mapi::Profile {
                instance: shape.instance.map(|uid| uid.0).unwrap_or_default(),
                next_letter: shape.next_letter.into(),
                services,
                transport_order: order.map(|uid| uid.0).collect(),
                sections,
                deleted: shape.deleted,
                renamed_to: shape.renamed_to.map(String::from),
                app: shape.app,
                ..mapi::Profile::default()
            },
        }
    }
}

impl ServiceShape {
    fn into_api(self, sealed: &mut Sealed) -> ProfileService {
        let Uid(uid) = self.uid;
        let values = take_sealed(uid, self.config, sealed);
        let providers = self.provider.into_iter();
        let extra = self.extra_sections.into_iter();
        ProfileService {
            uid,
            service: self.name,
            display_name: self.display_name,
            flags: self.flags.0,
            identity: self.identity.map(Identity::from),
            config: ServiceConfig {
                values,
                ..ServiceConfig::default()
            },
            providers: providers.map(|p| p.into_api(sealed)).collect(),
            extra_sections: extra.map(|uid| uid.0).collect(),
        }
    }
}

impl ProviderShape {
    fn into_api(self, sealed: &mut Sealed) -> ProfileProvider {
        let Uid(uid) = self.uid;
        ProfileProvider {
            uid,
            name: self.name,
            display_name: self.display_name,
            kind: match self.kind {
                Kind::Store => ProviderKind::Store,
                Kind::AddressBook => ProviderKind::AddressBook,
                Kind::Transport => ProviderKind::Transport,
            },
            letter: self.letter.map(String::from).unwrap_or_default(),
            flags: self.flags.0,
            values: take_sealed(uid, self.config, sealed),
            deleted: self.deleted,
        }
    }
}

/// The settings that anybody can read; the others move to `sealed`.
fn take_sealed(uid: Guid, config: Values, sealed: &mut Sealed) -> Values {
    let mut open = Values::new();
    for (key, value) in config {
        match value.strip_prefix(SEALED) {
            Some(value) => {
                let place = SealedPlace {
                    uid,
                    setting: true,
                    key,
                };
                sealed.insert(place, value.to_owned());
            }
            None => drop(open.insert(key, value)),
        }
    }
    open
}

impl From<IdentityShape> for Identity {
    fn from(shape: IdentityShape) -> Self {
        Self {
            name: shape.name,
            address_type: shape.address_type,
            address: shape.address,
        }
    }
}
