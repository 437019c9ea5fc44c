//! The events of an entry point, and what one does that only knows the description of its service.
//! Reference: "MSGSERVICEENTRY" (requirements MS-02, PA-09, PA-10, PA-13)

use std::collections::BTreeMap;

use mapi_props::{Code, Guid, PropTag, PropValue, Slot};

use super::{ServiceDescription, ServiceDraft, Setting};
use crate::{Call, Error, Result, SettingsSheet, UiHost};

/// Why an entry point is called (ulContext).
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum ServiceEvent<'a> {
    /// MSG_SERVICE_INSTALL: the service is new on this machine.
    Install,
    /// MSG_SERVICE_CREATE: it is being added to a profile.
    Create {
        /// Whether a person may be asked.
        ui: UiUse,
    },
    /// MSG_SERVICE_CONFIGURE: it is being changed.
    Configure {
        /// Whether a person may be asked.
        ui: UiUse,
        /// MSG_SERVICE_UI_READ_ONLY: settings are shown but cannot be changed.
        read_only: bool,
        /// UI_CURRENT_PROVIDER_FIRST: whose settings are shown first.
        first: Option<Guid>,
        /// What to set.
        props: &'a [(PropTag, PropValue)],
    },
    /// MSG_SERVICE_DELETE: it is being taken out of a profile.
    Delete,
    /// MSG_SERVICE_UNINSTALL: it goes from this machine.
    Uninstall,
    /// MSG_SERVICE_PROVIDER_CREATE: one more provider, in the draft already.
    ProviderCreate {
        /// PR_PROVIDER_UID.
        provider: Guid,
        /// Whether a person may be asked.
        ui: UiUse,
        /// What to set for it.
        props: &'a [(PropTag, PropValue)],
    },
    /// MSG_SERVICE_PROVIDER_DELETE: one provider goes; it is in the draft still.
    ProviderDelete {
        /// PR_PROVIDER_UID.
        provider: Guid,
    },
}

impl ServiceEvent<'_> {
    /// MSGSERVICEENTRY's ulContext.
    #[must_use]
    pub const fn number(&self) -> u32 {
        match self {
            Self::Install => 1,
            Self::Create { .. } => 2,
            Self::Configure { .. } => 3,
            Self::Delete => 4,
            Self::Uninstall => 5,
            Self::ProviderCreate { .. } => 6,
            Self::ProviderDelete { .. } => 7,
        }
    }
}

/// Whether an entry point may ask a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum UiUse {
    /// Never.
    #[default]
    Never,
    /// SERVICE_UI_ALLOWED: if something is missing.
    Allowed,
    /// SERVICE_UI_ALWAYS: in any case.
    Always,
}

/// What [`super::Service::entry`] does unless a service says otherwise, for those that do more beside it.
///
/// # Errors
/// Those of [`super::Service::entry`].
pub fn enter_by_description(
    service: &ServiceDescription,
    event: &ServiceEvent<'_>,
    draft: &mut ServiceDraft,
    ui: &dyn UiHost,
    call: &Call,
) -> Result<()> {
    call.check()?;
    match event {
        ServiceEvent::Create { ui: ask } => settle(service, draft, *ask, false, ui, call),
        ServiceEvent::Configure {
            ui: ask,
            read_only,
            props,
            ..
        } => {
            set(
                &service.settings,
                props,
                &mut draft.config.values,
                |id, value| {
                    draft.props.insert(id, value);
                },
            )?;
            settle(service, draft, *ask, *read_only, ui, call)
        }
        ServiceEvent::ProviderCreate {
            provider, props, ..
        } => {
            let lost = || Error::new(Code::NOT_FOUND, "the provider is not in the service");
            let mut providers = draft.providers.iter_mut();
            let new = providers.find(|p| p.uid == *provider).ok_or_else(lost)?;
            let known = service.provider(&new.name);
            let settings = known.map_or(&[][..], |p| &p.settings);
            set(settings, props, &mut new.values, |id, value| {
                new.props.insert(id, value);
            })?;
            complete(settings, &new.values)
        }
        ServiceEvent::Install
        | ServiceEvent::Delete
        | ServiceEvent::Uninstall
        | ServiceEvent::ProviderDelete { .. } => Ok(()),
    }
}

/// Sets what has a setting of its property, or takes it away for PT_NULL; the rest is for `other`.
fn set(
    settings: &[Setting],
    props: &[(PropTag, PropValue)],
    values: &mut BTreeMap<String, String>,
    mut other: impl FnMut(u16, Slot),
) -> Result<()> {
    for (tag, value) in props {
        match settings.iter().find(|s| s.tag.id() == tag.id()) {
            Some(setting) if *value == PropValue::Null => {
                values.remove(&setting.key);
            }
            Some(setting) => {
                values.insert(setting.key.clone(), setting.text(value)?);
            }
            None => other(tag.id(), Slot::Value(value.clone())),
        }
    }
    Ok(())
}

/// Asks a person if that is wanted, and checks what there is then.
fn settle(
    service: &ServiceDescription,
    draft: &mut ServiceDraft,
    ask: UiUse,
    read_only: bool,
    ui: &dyn UiHost,
    call: &Call,
) -> Result<()> {
    let lacking = complete(&service.settings, &draft.config.values);
    let wanted = match ask {
        UiUse::Never => false,
        UiUse::Allowed => lacking.is_err(),
        UiUse::Always => true,
    };
    if !wanted {
        return lacking;
    }
    let sheet = SettingsSheet {
        title: &draft.display_name,
        owner: draft.uid,
        settings: &service.settings,
        values: &draft.config.values,
        read_only,
    };
    let values = sheet.ask(ui, call)?;
    if !read_only {
        draft.config.values = values;
    }
    complete(&service.settings, &draft.config.values)
}

/// Whether everything is set that must be, and all that is set may be so.
fn complete(settings: &[Setting], values: &BTreeMap<String, String>) -> Result<()> {
    for setting in settings {
        match values.get(&setting.key) {
            Some(value) => setting.check(value)?,
            None => {
                if let Some(problem) = setting.lacking() {
                    return Err(problem.into());
                }
            }
        }
    }
    Ok(())
}
