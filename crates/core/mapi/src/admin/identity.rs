//! The primary identity: which service says who the user is.
//! Reference: "IMsgServiceAdmin::SetPrimaryIdentity", "Primary Identity" (requirements SES-09, R-MsgServiceAdmin)

use mapi_props::{Code, Guid};
use mapi_spi::{Error, Result, service_flags};

use super::entry_point::gone;
use crate::host::{Profile, ProfileService, resource_flags};

/// Gives the role to a service and takes it from all others; without one, from all.
///
/// # Errors
/// `MAPI_E_NOT_FOUND`; `MAPI_E_NO_ACCESS` for a service that cannot say who the user is.
pub(super) fn assign(profile: &mut Profile, uid: Option<Guid>) -> Result<()> {
    if let Some(uid) = uid {
        let service = profile.service(uid).ok_or_else(gone)?;
        if service.flags & service_flags::NO_PRIMARY_IDENTITY != 0 {
            let detail = "the service cannot say who the user is";
            return Err(Error::new(Code::NO_ACCESS, detail));
        }
    }
    for service in &mut profile.services {
        mark(service, Some(service.uid) == uid);
    }
    Ok(())
}

/// Gives the role to the first service that knows the user, if none has it.
pub(super) fn hand_over(profile: &mut Profile) {
    let has = |s: &ProfileService| s.flags & service_flags::PRIMARY_IDENTITY != 0;
    if profile.services.iter().any(has) {
        return;
    }
    let mut services = profile.services.iter_mut();
    if let Some(next) = services.find(|s| can(s)) {
        mark(next, true);
    }
}

/// Whether a service knows who the user is, and may say so.
pub(super) const fn can(service: &ProfileService) -> bool {
    service.flags & service_flags::NO_PRIMARY_IDENTITY == 0 && service.identity.is_some()
}

/// Whether a service has the role.
pub(super) const fn has(service: &ProfileService) -> bool {
    service.flags & service_flags::PRIMARY_IDENTITY != 0
}

fn mark(service: &mut ProfileService, on: bool) {
    set(&mut service.flags, service_flags::PRIMARY_IDENTITY, on);
    for provider in &mut service.providers {
        set(&mut provider.flags, resource_flags::PRIMARY_IDENTITY, on);
    }
}

const fn set(flags: &mut u32, bit: u32, on: bool) {
    *flags = if on { *flags | bit } else { *flags & !bit };
}
