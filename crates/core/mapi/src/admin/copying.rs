//! Copies of profiles and services: the same settings under UIDs of their own.
//! Reference: "IProfAdmin::CopyProfile", "IMsgServiceAdmin::CopyMsgService" (requirements PA-05, PA-11)

use std::collections::BTreeMap;
use std::path::Path;

use mapi_props::{Bag, Guid};
use mapi_spi::{ServiceDescription, SettingKind, service_flags};

use crate::host::{Profile, ProfileService, resource_flags};

/// Roles that one store or one service of a profile has.
const STORE_ROLES: u32 = resource_flags::DEFAULT_STORE
    | resource_flags::SIMPLE_STORE
    | resource_flags::PRIMARY_STORE
    | resource_flags::SECONDARY_STORE
    | resource_flags::PRIMARY_IDENTITY;

/// A copy of a profile under another name: all its sections, secure properties too; services, providers and the profile itself
/// have new UIDs. Letters stay, for each profile has its own.
pub(super) fn profile(
    from: &Profile,
    name: &str,
    describe: impl Fn(&str) -> Option<ServiceDescription>,
    uid: &mut dyn FnMut() -> Guid,
) -> Profile {
    let mut copy = Profile {
        name: name.to_owned(),
        instance: uid(),
        deleted: false,
        renamed_to: None,
        ..from.clone()
    };
    let mut renamed = BTreeMap::new();
    for service in &mut copy.services {
        service.providers.retain(|p| !p.deleted);
        renamed.insert(service.uid, uid());
        for provider in &service.providers {
            renamed.insert(provider.uid, uid());
        }
        name_again(service, &renamed);
        free_of_place(service, describe(&service.service).as_ref());
    }
    let gone = |uid: &Guid| {
        from.services
            .iter()
            .any(|s| s.providers.iter().any(|p| p.uid == *uid && p.deleted))
    };
    let sections = from.sections.iter().filter(|(uid, _)| !gone(uid));
    let new = |uid: &Guid| renamed.get(uid).copied().unwrap_or(*uid);
    copy.sections = sections.map(|(uid, bag)| (new(uid), bag.clone())).collect();
    copy.transport_order = from.transport_order.iter().map(new).collect();
    copy
}

/// A service of one profile, copied out of it.
pub(super) struct Copied {
    service: ProfileService,
    sections: BTreeMap<Guid, Bag>,
}

/// A copy of a service with what is in its sections.
pub(super) fn service(
    from: &Profile,
    service: &ProfileService,
    describe: impl Fn(&str) -> Option<ServiceDescription>,
    uid: &mut dyn FnMut() -> Guid,
) -> Copied {
    let mut copy = service.clone();
    copy.providers.retain(|p| !p.deleted);
    let mut renamed = BTreeMap::from([(copy.uid, uid())]);
    for provider in &copy.providers {
        renamed.insert(provider.uid, uid());
    }
    for extra in &copy.extra_sections {
        renamed.insert(*extra, *extra);
    }
    name_again(&mut copy, &renamed);
    free_of_place(&mut copy, describe(&service.service).as_ref());
    let section = |(old, new): (&Guid, &Guid)| Some((*new, from.sections.get(old)?.clone()));
    Copied {
        service: copy,
        sections: renamed.iter().filter_map(section).collect(),
    }
}

impl Copied {
    /// Adds the copy to a profile: the last service, its stores with letters of their own, without roles that others have.
    pub(super) fn add_to(&self, profile: &mut Profile) -> Guid {
        let mut service = self.service.clone();
        let all = profile.services.iter().flat_map(|s| &s.providers);
        let taken = all.fold(0, |flags, p| flags | p.flags) & STORE_ROLES;
        for provider in &mut service.providers {
            provider.flags &= !taken;
            if !provider.letter.is_empty() {
                provider.letter = profile.take_letter();
            }
        }
        let identity = |s: &ProfileService| s.flags & service_flags::PRIMARY_IDENTITY != 0;
        if profile.services.iter().any(identity) {
            service.flags &= !service_flags::PRIMARY_IDENTITY;
        }
        service.config.base.clone_from(&profile.base);
        let uid = service.uid;
        profile.services.push(service);
        for (uid, bag) in &self.sections {
            // A section that both have is that of the profile.
            let kept = profile.sections.entry(*uid);
            kept.or_insert_with(|| bag.clone());
        }
        uid
    }
}

fn name_again(service: &mut ProfileService, renamed: &BTreeMap<Guid, Guid>) {
    let new = |uid: Guid| renamed.get(&uid).copied().unwrap_or(uid);
    service.uid = new(service.uid);
    for provider in &mut service.providers {
        provider.uid = new(provider.uid);
    }
}

/// Writes paths out, so that they name the same files from another profile's folder.
fn free_of_place(service: &mut ProfileService, description: Option<&ServiceDescription>) {
    let base = service.config.base.clone();
    let Some(description) = description.filter(|_| base.is_absolute()) else {
        return;
    };
    let paths = |settings: &[mapi_spi::Setting], values: &mut BTreeMap<String, String>| {
        let paths = settings.iter().filter(|s| s.kind == SettingKind::Path);
        for setting in paths {
            if let Some(path) = values.get_mut(&setting.key)
                && Path::new(path.as_str()).is_relative()
                && let Some(full) = base.join(path.as_str()).to_str()
            {
                full.clone_into(path);
            }
        }
    };
    paths(&description.settings, &mut service.config.values);
    for provider in &mut service.providers {
        if let Some(known) = description.provider(&provider.name) {
            paths(&known.settings, &mut provider.values);
        }
    }
}
