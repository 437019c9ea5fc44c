//! Files from before version 2: a service was one store, and nothing had a UID.

use std::collections::{BTreeMap, BTreeSet};

use mapi::{ProfileService, resource_flags};
use mapi_spi::ServiceConfig;
use serde::Deserialize;

use super::shape::{IdentityShape, Section, Uid};
use super::{ProfileFile, StoreLetter};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileShape {
    next_letter: StoreLetter,
    #[serde(default)]
    service: Vec<ServiceShape>,
    #[serde(default)]
    section: BTreeMap<Uid, Section>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceShape {
    name: String,
    letter: StoreLetter,
    #[serde(default)]
    default: bool,
    #[serde(default)]
    roles: BTreeSet<Role>,
    #[serde(default)]
    identity: Option<IdentityShape>,
    #[serde(default)]
    config: BTreeMap<String, String>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Role {
    SimpleStore,
    PrimaryStore,
    SecondaryStore,
    NoDefaultStore,
    PrimaryIdentity,
    NoPrimaryIdentity,
}

impl Role {
    const fn flag(self) -> u32 {
        match self {
            Self::SimpleStore => resource_flags::SIMPLE_STORE,
            Self::PrimaryStore => resource_flags::PRIMARY_STORE,
            Self::SecondaryStore => resource_flags::SECONDARY_STORE,
            Self::NoDefaultStore => resource_flags::NO_DEFAULT_STORE,
            Self::PrimaryIdentity => resource_flags::PRIMARY_IDENTITY,
            Self::NoPrimaryIdentity => resource_flags::NO_PRIMARY_IDENTITY,
        }
    }
}

pub(super) fn read(text: &str) -> Result<ProfileFile, toml::de::Error> {
    let shape: FileShape = toml::from_str(text)?;
    let sections = shape.section.into_iter();
    let sections = sections.map(|(uid, section)| (uid.0, section.open));
    Ok(ProfileFile {
        profile: mapi::Profile {
            next_letter: shape.next_letter.into(),
            services: shape.service.into_iter().map(service).collect(),
            sections: sections.collect(),
            ..mapi::Profile::default()
        },
        ..ProfileFile::default()
    })
}

fn service(shape: ServiceShape) -> ProfileService {
    let default = if shape.default {
        resource_flags::DEFAULT_STORE
    } else {
        0
    };
    let flags = shape
        .roles
        .iter()
        .fold(default, |all, role| all | role.flag());
    let config = ServiceConfig {
        values: shape.config,
        ..ServiceConfig::default()
    };
    ProfileService {
        identity: shape.identity.map(Into::into),
        ..ProfileService::store(&shape.name, shape.letter.as_str(), flags, config)
    }
}
