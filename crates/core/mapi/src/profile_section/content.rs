//! What a section shows and keeps: its own properties, and those of the service or provider that it is the section of.
//! Reference: "MAPI Profiles", "IProfSect : IMAPIProp" (requirements R-ProfSect, MS-02)

use mapi_props::{Bag, Code, Guid, PropTag, PropValue, Slot, tags};
use mapi_spi::{ProviderKind, ServiceDescription, Setting};

use crate::admin::{Place, provider_props, service_props};
use crate::host::{Profile, ProfileProvider, ProfileService};

/// The section of every profile that says which one it is (MUID_PROFILE_INSTANCE).
pub(super) const INSTANCE: Guid =
    Guid::from_fields(0x0002_0385, 0, 0, [0xC0, 0, 0, 0, 0, 0, 0, 0x46]);

/// Whose section it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The profile's own: [`INSTANCE`].
    Instance,
    Service,
    Provider,
    /// Programs'.
    Anybody,
}

/// Whose section this is; `None` if there is none.
pub(super) fn owner(profile: &Profile, uid: Guid) -> Option<Owner> {
    if uid == INSTANCE {
        return Some(Owner::Instance);
    }
    if profile.service(uid).is_some() {
        return Some(Owner::Service);
    }
    if provider(profile, uid).is_some() {
        return Some(Owner::Provider);
    }
    profile
        .sections
        .contains_key(&uid)
        .then_some(Owner::Anybody)
}

fn provider(profile: &Profile, uid: Guid) -> Option<(&ProfileService, &ProfileProvider)> {
    let services = profile.services.iter();
    let mut all = services.flat_map(|s| s.providers.iter().map(move |p| (s, p)));
    all.find(|(_, p)| p.uid == uid)
}

/// Everything that a section shows; `None` if it is gone.
pub(super) fn read(place: &Place, profile: &Profile, uid: Guid) -> Option<Bag> {
    let own = || profile.sections.get(&uid).cloned().unwrap_or_default();
    Some(match owner(profile, uid)? {
        Owner::Anybody => own(),
        Owner::Instance => {
            let mut props = Bag::new();
            props.set(tags::SEARCH_KEY, &profile.instance.0[..]);
            props
        }
        Owner::Service => {
            let service = profile.service(uid)?;
            let described = describe(place, service);
            let mut props = own();
            let settings = described.as_ref().map_or(&[][..], |d| &d.settings);
            lay_out(settings, &service.config.values, &mut props);
            lay_over(service_props(service, described.as_ref()), &mut props);
            lay_over(links(service), &mut props);
            props
        }
        Owner::Provider => {
            let (service, found) = provider(profile, uid)?;
            let described = describe(place, service);
            let mut props = own();
            lay_out(
                settings_of(described.as_ref(), found),
                &found.values,
                &mut props,
            );
            let known = provider_props(profile, service, found, described.as_ref());
            lay_over(known, &mut props);
            props
        }
    })
}

/// What a service's section says of its providers and further sections.
fn links(service: &ProfileService) -> Bag {
    let of = |kind| {
        let providers = service.providers.iter();
        let of_kind = providers.filter(|p| p.kind == kind && !p.deleted);
        of_kind.flat_map(|p| p.uid.0).collect::<Vec<u8>>()
    };
    let extras = service.extra_sections.iter().flat_map(|uid| uid.0);
    let mut props = Bag::new();
    for (tag, uids) in [
        (tags::STORE_PROVIDERS, of(ProviderKind::Store)),
        (tags::AB_PROVIDERS, of(ProviderKind::AddressBook)),
        (tags::TRANSPORT_PROVIDERS, of(ProviderKind::Transport)),
        (tags::SERVICE_EXTRA_UIDS, extras.collect()),
    ] {
        if !uids.is_empty() {
            props.set(tag, uids);
        }
    }
    props
}

fn lay_over(known: Bag, props: &mut Bag) {
    for (id, slot) in known {
        props.insert(id, slot);
    }
}

/// Settings under their tags. One whose value cannot be is not shown; checking it is for the entry point.
fn lay_out(
    settings: &[Setting],
    values: &std::collections::BTreeMap<String, String>,
    props: &mut Bag,
) {
    for setting in settings {
        let value = values.get(&setting.key).map(|text| setting.value(text));
        if let Some(Ok(value)) = value {
            props.insert(setting.tag.id(), Slot::Value(value));
        }
    }
}

fn describe(place: &Place, service: &ProfileService) -> Option<ServiceDescription> {
    let service = place.subsystem.host.service(&service.service)?;
    Some(service.description())
}

fn settings_of<'a>(
    description: Option<&'a ServiceDescription>,
    provider: &ProfileProvider,
) -> &'a [Setting] {
    let known = description.and_then(|d| d.provider(&provider.name));
    known.map_or(&[][..], |known| &known.settings)
}

/// Sets a property of a section, or deletes it. What may be there or not was checked before.
///
/// # Errors
/// `MAPI_E_INVALID_PARAMETER` and `MAPI_E_INVALID_TYPE` for a setting that cannot be; `MAPI_E_COMPUTED` for what only the
/// profile says; `MAPI_E_OBJECT_DELETED` if the section is gone.
pub(super) fn write(
    place: &Place,
    profile: &mut Profile,
    uid: Guid,
    id: u16,
    value: Option<&PropValue>,
) -> Result<(), Code> {
    let owner = owner(profile, uid).ok_or(Code::OBJECT_DELETED)?;
    let (settings, name) = match owner {
        Owner::Instance => return Err(Code::NO_ACCESS),
        Owner::Anybody => (Vec::new(), None),
        Owner::Service => {
            let service = profile.services.iter_mut().find(|s| s.uid == uid);
            let service = service.ok_or(Code::OBJECT_DELETED)?;
            let described = describe(place, service);
            let settings = described.map_or_else(Vec::new, |d| d.settings);
            (
                settings,
                Some((&mut service.display_name, &mut service.config.values)),
            )
        }
        Owner::Provider => {
            let services = profile.services.iter_mut();
            let mut all = services.flat_map(|s| {
                let described = describe(place, s);
                s.providers.iter_mut().map(move |p| (described.clone(), p))
            });
            let found = all.find(|(_, p)| p.uid == uid);
            let (described, provider) = found.ok_or(Code::OBJECT_DELETED)?;
            let settings = settings_of(described.as_ref(), provider).to_vec();
            (
                settings,
                Some((&mut provider.display_name, &mut provider.values)),
            )
        }
    };
    if let Some((display_name, values)) = name {
        if id == tags::DISPLAY_NAME.id() {
            let text = value.and_then(PropValue::as_str).ok_or(Code::COMPUTED)?;
            text.clone_into(display_name);
            return Ok(());
        }
        if OWNED.iter().any(|tag| tag.id() == id) {
            return Err(Code::COMPUTED);
        }
        if let Some(setting) = settings.iter().find(|s| s.tag.id() == id) {
            match value {
                Some(value) => {
                    let text = setting.text(value).map_err(|e| e.code())?;
                    values.insert(setting.key.clone(), text);
                }
                None => drop(values.remove(&setting.key)),
            }
            return Ok(());
        }
    }
    let bag = profile.sections.entry(uid).or_default();
    match value {
        Some(value) => drop(bag.insert(id, Slot::Value(value.clone()))),
        None => drop(bag.remove(&id)),
    }
    Ok(())
}

/// What the profile says of services and providers; nobody sets it.
const OWNED: [PropTag; 16] = [
    tags::AB_PROVIDERS.raw(),
    tags::PROVIDER_DISPLAY.raw(),
    tags::PROVIDER_DLL_NAME.raw(),
    tags::PROVIDER_ORDINAL.raw(),
    tags::PROVIDER_UID.raw(),
    tags::RESOURCE_FLAGS.raw(),
    tags::RESOURCE_TYPE.raw(),
    tags::SERVICE_DLL_NAME.raw(),
    tags::SERVICE_ENTRY_NAME.raw(),
    tags::SERVICE_EXTRA_UIDS.raw(),
    tags::SERVICE_NAME.raw(),
    tags::SERVICE_SUPPORT_FILES.raw(),
    tags::SERVICE_UID.raw(),
    tags::STORE_PROVIDERS.raw(),
    tags::TRANSPORT_PROVIDERS.raw(),
    tags::SERVICES.raw(),
];
