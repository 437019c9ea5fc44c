//! A profile as one file without secrets, to be taken elsewhere, and such a file as a new profile.

use std::fmt;
use std::path::Path;

use mapi::{Profile, ProfileService};
use mapi_props::{Guid, Slot};
use mapi_spi::{Setting, SettingKind, SettingProblem};

use super::{ProfileError, Profiles, Result};
use crate::descriptions::Catalogue;
use crate::profile_file::{ProfileFile, SealedPlace};

/// A profile to be taken elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileExport {
    /// The file: that of a profile, without what belongs to this home alone.
    pub text: String,
    /// What is not in it.
    pub left_out: Vec<LeftOut>,
}

/// Something that an exported profile lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOut {
    /// A property of a section that is sealed here.
    Property {
        /// The section.
        section: Guid,
        /// Its tag: `0x67F0001F`.
        tag: String,
    },
    /// A setting that is sealed here.
    Setting {
        /// The service, as people call it.
        service: String,
        /// Its key.
        key: String,
    },
    /// What a secret is; the file has its name.
    Secret {
        /// The service, as people call it.
        service: String,
        /// The key that names it.
        key: String,
        /// Its name.
        name: String,
    },
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Property { section, tag } => write!(f, "section {section}, property {tag}"),
            Self::Setting { service, key } => write!(f, "{service}, setting `{key}`"),
            Self::Secret { service, key, name } => {
                write!(f, "{service}, setting `{key}`: the secret {name:?} itself")
            }
        }
    }
}

/// Something that an imported profile cannot work with yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportNote {
    /// Nothing here is the service; its providers will not load.
    NoService {
        /// PR_SERVICE_NAME.
        service: String,
    },
    /// A setting that was left out, and that the service needs.
    Missing {
        /// The service, as people call it.
        service: String,
        /// The key of the setting.
        key: String,
    },
}

impl fmt::Display for ImportNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoService { service } => write!(f, "there is no service {service:?} here"),
            Self::Missing { service, key } => write!(f, "{service} needs the setting `{key}`"),
        }
    }
}

impl Profiles {
    /// A profile as a file for other homes. Secrets are not in it, nor what marks this profile alone: its instance, its
    /// folder, marks of a deferred change. Letters, UIDs and paths are as they are here.
    ///
    /// # Errors
    /// Those of [`Self::load`].
    pub fn export(&self, name: &str) -> Result<ProfileExport> {
        let mut file = self.read(name)?;
        let mut left_out: Vec<_> = file
            .sealed
            .keys()
            .map(|p| left_out(&file.profile, p))
            .collect();
        left_out.extend(secrets(&file.profile, &self.catalogue));
        file.sealed.clear();
        file.data.clear();
        let profile = &mut file.profile;
        // What stands open in a file that somebody wrote by hand is as secret.
        for (uid, section) in &mut profile.sections {
            section.retain(|id, slot| {
                let tag = match slot {
                    Slot::Value(value) => value.tag(*id),
                    Slot::Large(_) => return false,
                };
                if tag.is_secure() {
                    let tag = tag.to_string();
                    left_out.push(LeftOut::Property { section: *uid, tag });
                }
                !tag.is_secure()
            });
        }
        profile.instance = Guid::NIL;
        (profile.deleted, profile.renamed_to) = (false, None);
        let heads = left_out
            .iter()
            .map(|what| format!("# Not in this file: {what}.\n"));
        let text = heads.collect::<String>() + &file.write();
        Ok(ProfileExport { text, left_out })
    }

    /// Makes a profile of a file that [`Self::export`] gave, or that somebody wrote. `origin` is what errors call it.
    ///
    /// # Errors
    /// [`ProfileError::Exists`], [`ProfileError::BadName`]; [`ProfileError::Malformed`] with the key, its place and what is
    /// allowed; those of writing.
    pub fn import(&self, name: &str, origin: &Path, text: &str) -> Result<Vec<ImportNote>> {
        let (profile, notes) = self.imported(name, origin, text)?;
        self.create(profile, |_| Ok::<(), ProfileError>(()))?;
        Ok(notes)
    }

    /// What [`Self::import`] would say; nothing is made.
    ///
    /// # Errors
    /// Those of [`Self::import`].
    pub fn try_import(&self, name: &str, origin: &Path, text: &str) -> Result<Vec<ImportNote>> {
        let (profile, notes) = self.imported(name, origin, text)?;
        self.must_be_free(&profile.name, None).map(|()| notes)
    }

    fn imported(
        &self,
        name: &str,
        origin: &Path,
        text: &str,
    ) -> Result<(Profile, Vec<ImportNote>)> {
        let read = ProfileFile::read(name, text);
        // What was sealed elsewhere opens nowhere else, and stays behind.
        let mut profile = read
            .map_err(|e| ProfileError::malformed(origin, &e))?
            .profile;
        let notes = self.checked(origin, &profile)?;
        name.clone_into(&mut profile.name);
        profile.instance = Guid::NIL;
        (profile.deleted, profile.renamed_to) = (false, None);
        Ok((profile, notes))
    }

    /// What the services make of their settings.
    fn checked(&self, origin: &Path, profile: &Profile) -> Result<Vec<ImportNote>> {
        let mut notes = Vec::new();
        let mut letters = Vec::new();
        for service in &profile.services {
            let place = || format!("{} ({})", service.display_name, service.service);
            let Some(known) = self.catalogue.service(&service.service) else {
                let service = service.service.clone();
                notes.push(ImportNote::NoService { service });
                continue;
            };
            let description = known.description();
            let problems = Setting::problems(&description.settings, &service.config.values);
            for problem in problems {
                let missing = match &problem {
                    SettingProblem::Missing { key, .. } => Some(key.clone()),
                    _ => None,
                };
                let Some(key) = missing else {
                    let detail = format!("{}: {problem}", place());
                    return Err(ProfileError::malformed(origin, &detail));
                };
                notes.push(ImportNote::Missing {
                    service: service.display_name.clone(),
                    key,
                });
            }
        }
        for (service, store) in profile.stores() {
            if letters.contains(&&store.letter) || store.letter.is_empty() {
                let detail = format!(
                    "{} ({}): key `letter`: {:?} is not allowed: every store has letters of its own, from a to z",
                    service.display_name, service.service, store.letter
                );
                return Err(ProfileError::malformed(origin, &detail));
            }
            letters.push(&store.letter);
        }
        Ok(notes)
    }
}

fn left_out(profile: &Profile, place: &SealedPlace) -> LeftOut {
    if !place.setting {
        return LeftOut::Property {
            section: place.uid,
            tag: place.key.clone(),
        };
    }
    let owns =
        |s: &&ProfileService| s.uid == place.uid || s.providers.iter().any(|p| p.uid == place.uid);
    let service = profile.services.iter().find(owns);
    LeftOut::Setting {
        service: service.map(|s| s.display_name.clone()).unwrap_or_default(),
        key: place.key.clone(),
    }
}

/// The secrets that settings name.
fn secrets(profile: &Profile, catalogue: &Catalogue) -> Vec<LeftOut> {
    let mut secrets = Vec::new();
    for service in &profile.services {
        let Some(known) = catalogue.service(&service.service) else {
            continue;
        };
        let description = known.description();
        let own = description.settings.iter();
        let all = own.chain(description.providers.iter().flat_map(|p| &p.settings));
        for setting in all.filter(|s| s.kind == SettingKind::Secret) {
            let providers = service.providers.iter().map(|p| &p.values);
            let values = providers.chain([&service.config.values]);
            for name in values.filter_map(|values| values.get(&setting.key)) {
                secrets.push(LeftOut::Secret {
                    service: service.display_name.clone(),
                    key: setting.key.clone(),
                    name: name.clone(),
                });
            }
        }
    }
    secrets
}
