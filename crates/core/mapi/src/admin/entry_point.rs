//! The entry point of a service: what it is shown of a profile, and what is kept of what it leaves.
//! Reference: "MSGSERVICEENTRY" (requirement MS-02)

use std::sync::Arc;

use mapi_props::{Bag, Code, Guid};
use mapi_spi::{
    Call, Error, Headless, ProviderDraft, Result, Service, ServiceDescription, ServiceDraft,
    ServiceEvent, UiUse,
};

use crate::host::{Profile, ProfileProvider, ProfileService};
use crate::session::caught;
use crate::subsystem::Subsystem;

/// A service of this program with what it says of itself.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) service: Arc<dyn Service>,
    pub(super) description: ServiceDescription,
}

/// The service called `name`.
///
/// # Errors
/// `MAPI_E_NOT_FOUND` if this program has none.
pub(super) fn known(subsystem: &Subsystem, name: &str) -> Result<Known> {
    let missing = || Error::new(Code::NOT_FOUND, format!("there is no service `{name}`"));
    let service = subsystem.host.service(name).ok_or_else(missing)?;
    let description = service.description();
    Ok(Known {
        service,
        description,
    })
}

impl Known {
    /// Whether there is an entry point at all.
    pub(super) const fn has_entry(&self) -> bool {
        !self.description.entry_name.is_empty()
    }

    /// Calls the entry point, if there is one.
    pub(super) fn enter(
        &self,
        subsystem: &Subsystem,
        event: &ServiceEvent<'_>,
        draft: &mut ServiceDraft,
        call: &Call,
    ) -> Result<()> {
        if !self.has_entry() {
            return Ok(());
        }
        let who = format!("service `{}`", self.description.name);
        let asks = match event {
            ServiceEvent::Create { ui }
            | ServiceEvent::Configure { ui, .. }
            | ServiceEvent::ProviderCreate { ui, .. } => *ui != UiUse::Never,
            _ => false,
        };
        if asks {
            let ui = subsystem.host.ui();
            return caught(&who, || self.service.entry(event, draft, ui.as_ref(), call));
        }
        caught(&who, || self.service.entry(event, draft, &Headless, call))
    }
}

/// What an entry point is shown of a service.
pub(super) fn draft(profile: &Profile, service: &ProfileService) -> ServiceDraft {
    let bag = |uid: &Guid| profile.sections.get(uid).cloned().unwrap_or_default();
    let present = service.providers.iter().filter(|p| !p.deleted);
    let provider = |p: &ProfileProvider| ProviderDraft {
        uid: p.uid,
        name: p.name.clone(),
        display_name: p.display_name.clone(),
        kind: p.kind,
        flags: p.flags,
        values: p.values.clone(),
        props: bag(&p.uid),
    };
    let extras = service.extra_sections.iter();
    ServiceDraft {
        profile: profile.name.clone(),
        uid: service.uid,
        display_name: service.display_name.clone(),
        config: service.config.clone(),
        identity: service.identity.clone(),
        props: bag(&service.uid),
        providers: present.map(provider).collect(),
        sections: extras.map(|uid| (*uid, bag(uid))).collect(),
    }
}

/// Keeps what an entry point left of a service. Which providers and sections there are is not for it to say.
///
/// # Errors
/// `MAPI_E_NOT_FOUND` if the service is gone; `MAPI_E_OBJECT_CHANGED` if it is not any more what the entry point was shown.
pub(super) fn keep(profile: &mut Profile, shown: &ServiceDraft, left: ServiceDraft) -> Result<()> {
    let found = profile.service(shown.uid).ok_or_else(gone)?;
    if draft(profile, found) != *shown {
        let detail = "somebody else changed the service meanwhile";
        return Err(Error::new(Code::OBJECT_CHANGED, detail));
    }
    let mut bags = vec![(shown.uid, left.props)];
    let known = |uid: &Guid| shown.sections.contains_key(uid);
    bags.extend(left.sections.into_iter().filter(|(uid, _)| known(uid)));
    let mut services = profile.services.iter_mut();
    let service = services.find(|s| s.uid == shown.uid).ok_or_else(gone)?;
    service.display_name = left.display_name;
    service.config.values = left.config.values;
    service.identity = left.identity;
    for new in left.providers {
        let mut providers = service.providers.iter_mut();
        if let Some(provider) = providers.find(|p| p.uid == new.uid) {
            provider.display_name = new.display_name;
            provider.flags = new.flags;
            provider.values = new.values;
            bags.push((new.uid, new.props));
        }
    }
    for (uid, bag) in bags {
        put(profile, uid, bag);
    }
    Ok(())
}

/// Puts properties where they are kept; nothing is kept of none, but for sections of their own.
pub(super) fn put(profile: &mut Profile, uid: Guid, bag: Bag) {
    let own = |s: &ProfileService| s.extra_sections.contains(&uid);
    if bag.is_empty() && !profile.services.iter().any(own) {
        profile.sections.remove(&uid);
    } else {
        profile.sections.insert(uid, bag);
    }
}

pub(super) fn gone() -> Error {
    Error::new(Code::NOT_FOUND, "there is no such service in the profile")
}
