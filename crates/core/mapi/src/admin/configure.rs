//! Configuring a service that a profile has: its entry point is called, and what it leaves is kept.
//! Reference: "IMsgServiceAdmin::ConfigureMsgService", "MSGSERVICEENTRY" (requirements PA-10, MS-02)

use mapi_props::{Code, Guid};
use mapi_spi::{Call, Error, Result, ServiceEvent};

use super::entry_point::{draft, gone, keep, known};
use super::identity;
use crate::host::ProfileService;
use crate::subsystem::Subsystem;

/// Calls the entry point of a service of a profile, and returns the service as it is then. The profile is not held meanwhile:
/// a person may take their time.
///
/// # Errors
/// `MAPI_E_NOT_FOUND` for a service that is not in the profile; `MAPI_E_UNCONFIGURED` for one that this program does not have;
/// `MAPI_E_NOT_INITIALIZED` for one without entry point; those of the entry point; `MAPI_E_OBJECT_CHANGED` if somebody else
/// changed the service meanwhile; those of the host. The profile is as it was then.
pub(crate) fn configure(
    subsystem: &Subsystem,
    profile: &str,
    uid: Guid,
    event: &ServiceEvent<'_>,
    call: &Call,
) -> Result<ProfileService> {
    let host = &subsystem.host;
    let held = host.profile(profile)?;
    let service = held.service(uid).ok_or_else(gone)?;
    let name = &service.service;
    let known = known(subsystem, name)
        .map_err(|_| Error::new(Code::UNCONFIGURED, format!("there is no service `{name}`")))?;
    if !known.has_entry() {
        let detail = format!("`{name}` has no entry point");
        return Err(Error::new(Code::NOT_INITIALIZED, detail));
    }
    let shown = draft(&held, service);
    let mut left = shown.clone();
    known.enter(subsystem, event, &mut left, call)?;
    let nameless = service.identity.is_none();
    let mut kept = None;
    host.change_profile(profile, &mut |profile| {
        keep(profile, &shown, left.clone())?;
        if nameless && profile.service(uid).is_some_and(identity::can) {
            identity::hand_over(profile);
        }
        kept = profile.service(uid).cloned();
        Ok(())
    })?;
    kept.ok_or_else(gone)
}
