//! Having a service configured: its entry point is called with what the profile holds of it, and what it leaves is kept.
//! Reference: "MSGSERVICEENTRY", "Verifying Service Provider Configuration" (requirements MS-02, PA-10)

use mapi_props::{Code, Guid};
use mapi_spi::{Call, Error, ProviderDraft, Result, ServiceDraft, ServiceEvent};

use super::caught;
use crate::host::{Profile, ProfileService};
use crate::subsystem::Subsystem;

/// Calls the entry point of a service of a profile, and returns the service as it is then.
///
/// The profile is not held meanwhile: a person may take their time. What somebody else changes of the same service then is
/// lost, as with any sheet.
///
/// # Errors
/// `MAPI_E_NOT_FOUND` for a service that is not in the profile; `MAPI_E_UNCONFIGURED` for one that this program does not have;
/// those of the entry point. The profile is as it was then.
pub(crate) fn configure(
    subsystem: &Subsystem,
    profile: &str,
    service: Guid,
    event: &ServiceEvent<'_>,
    call: &Call,
) -> Result<ProfileService> {
    let host = &subsystem.host;
    let held = host.profile(profile)?;
    let entry = held.service(service).ok_or_else(gone)?;
    let missing = || {
        let name = &entry.service;
        Error::new(Code::UNCONFIGURED, format!("there is no service `{name}`"))
    };
    let code = host.service(&entry.service).ok_or_else(missing)?;
    let mut draft = draft(&held, entry);
    let who = format!("service `{}`", entry.service);
    let ui = host.ui();
    caught(&who, || code.entry(event, &mut draft, ui.as_ref(), call))?;
    let mut kept = None;
    host.change_profile(profile, &mut |profile| {
        keep(profile, service, &draft)?;
        kept = profile.service(service).cloned();
        Ok(())
    })?;
    kept.ok_or_else(gone)
}

fn gone() -> Error {
    Error::new(Code::NOT_FOUND, "the service is not in the profile")
}

/// What the entry point is shown.
fn draft(profile: &Profile, service: &ProfileService) -> ServiceDraft {
    let section = |uid: &Guid| profile.sections.get(uid).cloned().unwrap_or_default();
    let providers = service.providers.iter().map(|p| ProviderDraft {
        uid: p.uid,
        name: p.name.clone(),
        display_name: p.display_name.clone(),
        kind: p.kind,
        flags: p.flags,
        values: p.values.clone(),
        props: section(&p.uid),
    });
    let sections = service.extra_sections.iter();
    ServiceDraft {
        profile: profile.name.clone(),
        uid: service.uid,
        display_name: service.display_name.clone(),
        config: service.config.clone(),
        identity: service.identity.clone(),
        props: section(&service.uid),
        providers: providers.collect(),
        sections: sections.map(|uid| (*uid, section(uid))).collect(),
    }
}

/// Keeps what the entry point left. Which providers there are is not for it to say.
fn keep(profile: &mut Profile, service: Guid, draft: &ServiceDraft) -> Result<()> {
    let mut services = profile.services.iter_mut();
    let entry = services.find(|s| s.uid == service).ok_or_else(gone)?;
    entry.display_name.clone_from(&draft.display_name);
    entry.config.values.clone_from(&draft.config.values);
    entry.identity.clone_from(&draft.identity);
    let mut sections = vec![(service, draft.props.clone())];
    for provider in &mut entry.providers {
        if let Some(new) = draft.providers.iter().find(|p| p.uid == provider.uid) {
            provider.display_name.clone_from(&new.display_name);
            provider.flags = new.flags;
            provider.values.clone_from(&new.values);
            sections.push((provider.uid, new.props.clone()));
        }
    }
    sections.extend(draft.sections.clone());
    for (uid, props) in sections {
        if props.is_empty() {
            profile.sections.remove(&uid);
        } else {
            profile.sections.insert(uid, props);
        }
    }
    Ok(())
}
