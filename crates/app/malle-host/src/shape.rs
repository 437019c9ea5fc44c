//! A profile between its two shapes: the TOML file's and the client API's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use mapi::{Identity, Profile as ApiProfile, ProfileProvider, ProfileService, resource_flags};
use mapi_props::names::{TagOrName, parse_tag};
use mapi_props::{Bag, Code, Guid, PropTag, Slot, text};
use mapi_spi::{Error, Result, ServiceConfig};

use crate::Profile;
use crate::profile::{IdentityEntry, Role, ServiceEntry};

/// Roles and the flags that say them.
const ROLES: [(Role, u32); 6] = [
    (Role::SimpleStore, resource_flags::SIMPLE_STORE),
    (Role::PrimaryStore, resource_flags::PRIMARY_STORE),
    (Role::SecondaryStore, resource_flags::SECONDARY_STORE),
    (Role::NoDefaultStore, resource_flags::NO_DEFAULT_STORE),
    (Role::PrimaryIdentity, resource_flags::PRIMARY_IDENTITY),
    (Role::NoPrimaryIdentity, resource_flags::NO_PRIMARY_IDENTITY),
];

/// A profile of a file as the client API takes it; relative paths of its services are below `base`.
pub(crate) fn to_api(name: &str, base: PathBuf, profile: &Profile) -> Result<ApiProfile> {
    let sections = profile.sections.iter();
    let services = profile.services.iter();
    Ok(ApiProfile {
        name: name.to_owned(),
        next_letter: profile.next_letter.as_str().to_owned(),
        services: services.map(|s| service_to_api(s, &base)).collect(),
        sections: sections
            .map(|(uid, props)| Ok((section_uid(uid)?, section_to_api(uid, props)?)))
            .collect::<Result<_>>()?,
        base,
        ..ApiProfile::default()
    })
}

fn service_to_api(entry: &ServiceEntry, base: &Path) -> ProfileService {
    let default = if entry.default {
        resource_flags::DEFAULT_STORE
    } else {
        0
    };
    let identity = entry.identity.as_ref().map(|i| Identity {
        name: i.name.clone(),
        address_type: i.address_type.clone(),
        address: i.address.clone(),
    });
    let has = |(role, _): &&(Role, u32)| entry.roles.contains(role);
    let flags = ROLES
        .iter()
        .filter(has)
        .fold(default, |all, (_, bit)| all | bit);
    let config = ServiceConfig {
        base: base.to_owned(),
        values: entry.config.clone(),
    };
    ProfileService {
        identity,
        ..ProfileService::store(&entry.name, entry.letter.as_str(), flags, config)
    }
}

fn section_uid(text: &str) -> Result<Guid> {
    text.parse().map_err(|_| damaged(text, "that is no UID"))
}

fn section_to_api(uid: &str, props: &BTreeMap<String, String>) -> Result<Bag> {
    let property = |(tag, value): (&String, &String)| {
        let Ok(TagOrName::Tag(tag)) = parse_tag(tag) else {
            return Err(damaged(uid, &format!("`{tag}` is no property tag")));
        };
        let value = text::parse_value(tag.ty(), value);
        let value = value.map_err(|e| damaged(uid, &format!("{tag}: {e}")))?;
        Ok((tag.id(), Slot::Value(value)))
    };
    props.iter().map(property).collect()
}

/// A profile of the client API as its file holds it.
pub(crate) fn from_api(profile: &ApiProfile) -> Result<Profile> {
    let letter = |text: &str| {
        let bad = |e| Error::caused(Code::INVALID_PARAMETER, format!("`{text}`"), e);
        text.parse().map_err(bad)
    };
    let service = |s: &ProfileService| {
        let store = only_store(s)?;
        let has = |(_, bit): &&(Role, u32)| store.flags & bit != 0;
        Ok(ServiceEntry {
            name: s.service.clone(),
            letter: letter(&store.letter)?,
            default: store.flags & resource_flags::DEFAULT_STORE != 0,
            roles: ROLES
                .iter()
                .filter(has)
                .map(|(role, _)| *role)
                .collect::<BTreeSet<_>>(),
            identity: s.identity.as_ref().map(|i| IdentityEntry {
                name: i.name.clone(),
                address_type: i.address_type.clone(),
                address: i.address.clone(),
            }),
            config: s.config.values.clone(),
        })
    };
    let section = |(uid, props): (&Guid, &Bag)| (uid.to_string(), section_from_api(props));
    Ok(Profile {
        next_letter: letter(&profile.next_letter)?,
        services: profile
            .services
            .iter()
            .map(service)
            .collect::<Result<_>>()?,
        sections: profile.sections.iter().map(section).collect(),
    })
}

fn only_store(service: &ProfileService) -> Result<&ProfileProvider> {
    let other = || {
        let detail = format!("`{}` is no service of one store", service.service);
        Error::new(Code::NO_SUPPORT, detail)
    };
    match service.providers.as_slice() {
        [store] if store.kind == mapi::ProviderKind::Store => Ok(store),
        _ => Err(other()),
    }
}

fn section_from_api(props: &Bag) -> BTreeMap<String, String> {
    let property = |(id, slot): (&u16, &Slot)| match slot {
        Slot::Value(value) => Some((
            PropTag::new(*id, value.ty()).to_string(),
            text::value(value),
        )),
        Slot::Large(_) => None,
    };
    props.iter().filter_map(property).collect()
}

fn damaged(uid: &str, why: &str) -> Error {
    let detail = format!("section {uid} of the profile: {why}");
    Error::new(Code::CORRUPT_DATA, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_props::{PropValue, tags};

    #[test]
    fn what_a_program_says_reads_back_from_the_file() {
        let mut section = Bag::new();
        section.set(tags::DISPLAY_NAME, "two\nlines, \"quoted\" and ü");
        section.set(tags::ENTRYID, &[0_u8, 255][..]);
        section.set(
            PropTag::new(0x6800, mapi_props::PropType::DOUBLE),
            PropValue::Double(0.1),
        );
        section.set(
            PropTag::new(0x6801, mapi_props::PropType::MV_UNICODE),
            PropValue::MvUnicode(vec!["a,b".into(), String::new()]),
        );
        let api = ApiProfile {
            name: "x".to_owned(),
            base: "/base".into(),
            next_letter: "c".to_owned(),
            services: vec![ProfileService {
                identity: Some(Identity {
                    name: "Ann".to_owned(),
                    address_type: "SMTP".to_owned(),
                    address: "ann@example.com".to_owned(),
                }),
                ..ProfileService::store(
                    "S",
                    "b",
                    0x2 | 0x1000 | 0x4,
                    ServiceConfig {
                        base: "/base".into(),
                        values: [("path".to_owned(), "mail".to_owned())].into(),
                    },
                )
            }],
            sections: [(Guid([7; 16]), section)].into(),
            ..ApiProfile::default()
        };
        let text = toml::to_string(&from_api(&api).unwrap()).unwrap();
        let read: Profile = toml::from_str(&text).unwrap();
        assert_eq!(to_api("x", "/base".into(), &read).unwrap(), api, "{text}");
    }

    #[test]
    fn a_damaged_section_is_named() {
        let mut profile = Profile::empty();
        let uid = Guid([7; 16]).to_string();
        let props = [("0x00370003".to_owned(), "no number".to_owned())];
        profile.sections.insert(uid.clone(), props.into());
        let error = to_api("x", PathBuf::new(), &profile).unwrap_err();
        assert_eq!(error.code(), Code::CORRUPT_DATA);
        assert!(error.detail().contains(&uid), "{error}");
    }
}
