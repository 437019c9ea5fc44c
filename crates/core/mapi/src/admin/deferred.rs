//! What waits until no session uses a profile: its deletion, its new name, providers that go.
//! Reference: "IProfAdmin::DeleteProfile", "IProfAdmin::RenameProfile" (requirements PA-06, PA-13, R-ProfAdmin)

use mapi_props::{Code, Guid};
use mapi_spi::{Call, Result, ServiceEvent};

use super::entry_point::{draft, known};
use super::identity;
use crate::host::{Profile, ProfileProvider, ProfileService};
use crate::subsystem::Subsystem;

/// How often it is looked whether a profile is free, each time after whoever had it alone.
const LOOKS: u32 = 8;

/// Does what waits, if there is anything and nobody uses the profile. Whoever lets go of a profile as the last one calls it,
/// and whoever marks one; so of two at the same time one sees the mark and finds the profile free.
///
/// # Errors
/// Those of the host; a profile that is gone by then is none.
pub(crate) fn settle(subsystem: &Subsystem, name: &str) -> Result<()> {
    match settle_all(subsystem, name) {
        // Another process was as fast: it sweeps, too.
        Err(error) if error.code() == Code::NOT_FOUND => Ok(()),
        other => other,
    }
}

fn settle_all(subsystem: &Subsystem, name: &str) -> Result<()> {
    let host = &subsystem.host;
    let mut looks = 0..LOOKS;
    let _alone = loop {
        if !waits(&host.profile(name)?) {
            return Ok(());
        }
        if let Some(alone) = host.sole_use(name)? {
            break alone;
        }
        if looks.next().is_none() {
            return Ok(());
        }
        // A session uses it, or another process does this very thing: that is waited for, so that it is done afterwards.
        drop(host.use_profile(name)?);
    };
    // Somebody else may have done it before the profile was ours.
    let profile = host.profile(name)?;
    if profile.deleted {
        return remove(subsystem, &profile);
    }
    if profile.services.iter().any(has_leaving) {
        host.change_profile(name, &mut |profile| {
            drop_leaving(profile);
            Ok(())
        })?;
    }
    match &profile.renamed_to {
        Some(new) => host.rename_profile(name, new),
        None => Ok(()),
    }
}

/// Does what waits in all profiles: marks that a crash has left.
pub(super) fn sweep(subsystem: &Subsystem) -> Result<()> {
    let entries = subsystem.host.profile_entries()?;
    let marked = entries
        .iter()
        .filter(|e| e.deleted || e.renamed_to.is_some());
    for entry in marked {
        // One that cannot be settled stays marked, and is in nobody's way.
        let _left = settle(subsystem, &entry.name);
    }
    Ok(())
}

fn waits(profile: &Profile) -> bool {
    profile.deleted || profile.renamed_to.is_some() || profile.services.iter().any(has_leaving)
}

fn has_leaving(service: &ProfileService) -> bool {
    service.providers.iter().any(|p| p.deleted)
}

/// Removes a profile: first each service hears of it and goes, so that none hears of it twice, then the rest.
fn remove(subsystem: &Subsystem, profile: &Profile) -> Result<()> {
    let host = &subsystem.host;
    for service in &profile.services {
        if let Ok(known) = known(subsystem, &service.service) {
            let mut draft = draft(profile, service);
            let call = Call::default();
            // The profile goes whatever a service thinks of it.
            let _told = known.enter(subsystem, &ServiceEvent::Delete, &mut draft, &call);
        }
        host.change_profile(&profile.name, &mut |profile| {
            remove_service(profile, service.uid);
            Ok(())
        })?;
    }
    host.remove_profile(&profile.name)
}

/// Takes a service with all its sections out of a profile; another one gets its primary identity.
pub(super) fn remove_service(profile: &mut Profile, uid: Guid) {
    let gone: Vec<ProfileService> = profile.services.extract_if(.., |s| s.uid == uid).collect();
    for service in &gone {
        profile.sections.remove(&service.uid);
        for provider in &service.providers {
            forget(profile, provider);
        }
        for extra in &service.extra_sections {
            let shared = profile
                .services
                .iter()
                .any(|s| s.extra_sections.contains(extra));
            if !shared {
                profile.sections.remove(extra);
            }
        }
    }
    if gone.iter().any(identity::has) {
        identity::hand_over(profile);
    }
}

/// Takes a provider with its section out of its service.
pub(super) fn remove_provider(profile: &mut Profile, uid: Guid) {
    let services = profile.services.iter_mut();
    let gone: Vec<ProfileProvider> = services
        .flat_map(|s| {
            s.providers
                .extract_if(.., |p| p.uid == uid)
                .collect::<Vec<_>>()
        })
        .collect();
    for provider in &gone {
        forget(profile, provider);
    }
}

fn drop_leaving(profile: &mut Profile) {
    let providers = profile.services.iter().flat_map(|s| &s.providers);
    let leaving: Vec<Guid> = providers.filter(|p| p.deleted).map(|p| p.uid).collect();
    for uid in leaving {
        remove_provider(profile, uid);
    }
}

fn forget(profile: &mut Profile, provider: &ProfileProvider) {
    profile.sections.remove(&provider.uid);
    profile.transport_order.retain(|uid| *uid != provider.uid);
}
