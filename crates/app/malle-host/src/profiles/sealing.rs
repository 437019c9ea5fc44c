//! Between what programs see of a profile and what lies in its file: values of the secure range are sealed.

use std::collections::BTreeMap;

use mapi::{Profile, ProfileService};
use mapi_props::names::{TagOrName, parse_tag};
use mapi_props::{Bag, Guid, PropTag, Slot, text};

use super::secure::Seal;
use super::{ProfileError, Result};
use crate::Home;
use crate::descriptions::Catalogue;
use crate::profile_file::{ProfileFile, SealedPlace, looks_sealed};
use crate::secrets::SecretError;

type Values = BTreeMap<String, String>;

/// A profile with all that can be opened; without a key, or with another one, what is sealed is not in it.
pub(super) fn open(file: &ProfileFile, home: &Home) -> Profile {
    let mut profile = file.profile.clone();
    for (place, value) in opened(file, home) {
        put(&mut profile, &place, &value);
    }
    profile
}

fn opened(file: &ProfileFile, home: &Home) -> BTreeMap<SealedPlace, String> {
    // Without a key the profile works on; only what is sealed in it is not to be had.
    let seal = match file.sealed.is_empty() {
        true => None,
        false => Seal::of(home).ok(),
    };
    let instance = file.profile.instance;
    let open = |(place, sealed): (&SealedPlace, &String)| {
        let value = seal.as_ref()?.open(instance, place, sealed)?;
        Some((place.clone(), value))
    };
    file.sealed.iter().filter_map(open).collect()
}

fn put(profile: &mut Profile, place: &SealedPlace, value: &str) {
    if place.setting {
        for service in &mut profile.services {
            let providers = service.providers.iter_mut();
            let providers = providers.map(|p| (p.uid, &mut p.values));
            let own = (service.uid, &mut service.config.values);
            for (uid, values) in providers.chain([own]) {
                if uid == place.uid {
                    values.insert(place.key.clone(), value.to_owned());
                }
            }
        }
        return;
    }
    let Ok(TagOrName::Tag(tag)) = parse_tag(&place.key) else {
        return;
    };
    if let Ok(value) = text::parse_value(tag.ty(), value) {
        let section = profile.sections.entry(place.uid).or_default();
        section.insert(tag.id(), Slot::Value(value));
    }
}

/// What is written of a profile. Sealed values that did not change stay as they lie in `old`; so do those that could not
/// be opened, as long as their service or section is there.
pub(super) fn seal(
    profile: &Profile,
    old: &ProfileFile,
    home: &Home,
    catalogue: &Catalogue,
) -> Result<ProfileFile> {
    let mut file = ProfileFile {
        profile: profile.clone(),
        data: old.data.clone(),
        sealed: BTreeMap::new(),
    };
    let secure = take_secure(&mut file.profile, catalogue);
    let same_instance = old.profile.instance == profile.instance;
    let was = match same_instance {
        true => opened(old, home),
        false => BTreeMap::new(),
    };
    let mut seal = None;
    for (place, value) in secure {
        let kept = was.get(&place).filter(|old| **old == value);
        let kept = kept.and_then(|_| old.sealed.get(&place)).cloned();
        let sealed = match kept {
            Some(sealed) => sealed,
            None => {
                let seal = match &mut seal {
                    Some(seal) => seal,
                    none => none.insert(Seal::of(home).map_err(|e| unsealed(profile, e))?),
                };
                seal.seal(profile.instance, &place, &value)
            }
        };
        file.sealed.insert(place, sealed);
    }
    if same_instance {
        for (place, sealed) in &old.sealed {
            if !was.contains_key(place) && has_place(profile, place) {
                let value = file.sealed.entry(place.clone());
                value.or_insert_with(|| sealed.clone());
            }
        }
    }
    Ok(file)
}

fn unsealed(profile: &Profile, source: SecretError) -> ProfileError {
    ProfileError::Unsealed {
        name: profile.name.clone(),
        source,
    }
}

fn has_place(profile: &Profile, place: &SealedPlace) -> bool {
    if !place.setting {
        return profile.sections.contains_key(&place.uid);
    }
    let of = |service: &ProfileService| {
        let mut providers = service.providers.iter();
        service.uid == place.uid || providers.any(|p| p.uid == place.uid)
    };
    profile.services.iter().any(of)
}

/// Takes out of a profile what nobody shall read in its file.
fn take_secure(profile: &mut Profile, catalogue: &Catalogue) -> BTreeMap<SealedPlace, String> {
    let mut secure = BTreeMap::new();
    for (uid, section) in &mut profile.sections {
        take_properties(*uid, section, &mut secure);
    }
    for service in &mut profile.services {
        let keys = catalogue.secure_keys(&service.service);
        take_settings(service.uid, &mut service.config.values, &keys, &mut secure);
        for provider in &mut service.providers {
            take_settings(provider.uid, &mut provider.values, &keys, &mut secure);
        }
    }
    secure
}

fn take_properties(uid: Guid, section: &mut Bag, secure: &mut BTreeMap<SealedPlace, String>) {
    section.retain(|id, slot| {
        let Slot::Value(value) = slot else {
            return true;
        };
        let tag = PropTag::new(*id, value.ty());
        if tag.is_secure() {
            let place = SealedPlace {
                uid,
                setting: false,
                key: tag.to_string(),
            };
            secure.insert(place, text::value(value));
        }
        !tag.is_secure()
    });
}

fn take_settings(
    uid: Guid,
    values: &mut Values,
    keys: &[String],
    secure: &mut BTreeMap<SealedPlace, String>,
) {
    values.retain(|key, value| {
        // An open value that looks sealed could not be told from one that is.
        let hidden = keys.contains(key) || looks_sealed(value);
        if hidden {
            let place = SealedPlace {
                uid,
                setting: true,
                key: key.clone(),
            };
            secure.insert(place, value.clone());
        }
        !hidden
    });
}
