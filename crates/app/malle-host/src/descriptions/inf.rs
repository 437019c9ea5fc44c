//! A description of a service as `mapisvc.inf` has it.

use mapi_props::{Bag, PropTag, PropValue, Slot, tags};
use mapi_spi::{ProviderDescription, ServiceDescription, Setting};
use mapi_svc::{ExtraSection, Inf, Properties, Property, Provider, Service};

pub(super) fn of<'a>(services: impl IntoIterator<Item = &'a ServiceDescription>) -> Inf {
    Inf {
        services: services.into_iter().map(service).collect(),
        ..Inf::default()
    }
}

fn service(service: &ServiceDescription) -> Service {
    let mut known = Vec::new();
    let mut add = |tag: PropTag, value: PropValue| known.push(property(tag, value));
    if service.display_name_is_fixed {
        add(
            tags::DISPLAY_NAME.raw(),
            service.display_name.as_str().into(),
        );
    }
    add(
        tags::SERVICE_DLL_NAME.raw(),
        service.dll_name.as_str().into(),
    );
    if !service.entry_name.is_empty() {
        add(
            tags::SERVICE_ENTRY_NAME.raw(),
            service.entry_name.as_str().into(),
        );
    }
    for (tag, files) in [
        (tags::SERVICE_SUPPORT_FILES, &service.support_files),
        (tags::SERVICE_DELETE_FILES, &service.delete_files),
    ] {
        if !files.is_empty() {
            add(tag.raw(), PropValue::MvUnicode(files.clone()));
        }
    }
    if service.flags != 0 {
        add(
            tags::RESOURCE_FLAGS.raw(),
            service.flags.cast_signed().into(),
        );
    }
    known.extend(defaults(&service.settings));
    known.extend(further(&service.props));
    let sections = service.sections.iter().map(|section| ExtraSection {
        section: section.name.clone(),
        uid: Some(section.uid),
        properties: properties(further(&section.props)),
    });
    Service {
        name: service.name.clone(),
        title: service.display_name.clone(),
        properties: properties(known),
        providers: service
            .providers
            .iter()
            .map(|p| provider(p, service))
            .collect(),
        extra_sections: sections.collect(),
        wizard_entry: service.wizard.then(|| service.entry_name.clone()),
        ..Service::default()
    }
}

fn provider(provider: &ProviderDescription, of: &ServiceDescription) -> Provider {
    // The section of the service has its name; a provider that is called alike gets one of its own.
    let section = match provider.name == of.name {
        true => format!("{} Provider", provider.name),
        false => provider.name.clone(),
    };
    let mut known = vec![
        property(
            tags::DISPLAY_NAME.raw(),
            provider.display_name.as_str().into(),
        ),
        property(
            tags::PROVIDER_DISPLAY.raw(),
            provider.provider_display.as_str().into(),
        ),
        property(
            tags::PROVIDER_DLL_NAME.raw(),
            provider.dll_name.as_str().into(),
        ),
        property(tags::RESOURCE_TYPE.raw(), provider.kind.number().into()),
    ];
    if provider.flags != 0 {
        known.push(property(
            tags::RESOURCE_FLAGS.raw(),
            provider.flags.cast_signed().into(),
        ));
    }
    known.extend(defaults(&provider.settings));
    known.extend(further(&provider.props));
    Provider {
        section,
        properties: properties(known),
    }
}

/// Defaults of settings, but for secrets, which have no place in the file.
fn defaults(settings: &[Setting]) -> impl Iterator<Item = Property> {
    settings
        .iter()
        .filter(|s| !s.tag.is_secure())
        .filter_map(|setting| {
            let value = setting.value(setting.default.as_deref()?).ok()?;
            Some(property(value.tag(setting.tag.id()), value))
        })
}

fn further(props: &Bag) -> impl Iterator<Item = Property> {
    props.iter().filter_map(|(id, slot)| match slot {
        Slot::Value(value) => Some(property(value.tag(*id), value.clone())),
        Slot::Large(_) => None,
    })
}

const fn property(tag: PropTag, value: PropValue) -> Property {
    Property {
        tag,
        value,
        line: 0,
    }
}

fn properties(known: impl IntoIterator<Item = Property>) -> Properties {
    Properties {
        known: known.into_iter().collect(),
        other: Vec::new(),
    }
}
