//! A message service that `mapisvc.inf` describes, and the program's service that works for it.

use std::path::Path;
use std::sync::Arc;

use mapi_props::{Code, PropTag, Slot, tags};
use mapi_spi::{
    Call, Error, OpenStore, OpenTransport, ProviderDescription, ProviderKind, Result,
    SectionDescription, Service, ServiceDescription, ServiceDraft, ServiceEvent, Setting, Store,
    Support, Transport, UiHost, enter_by_description,
};
use mapi_svc::{Properties, Provider, dll_base};

/// What of a section is a field of the description, and no further property.
const FIELDS: [u16; 10] = [
    tags::DISPLAY_NAME.id(),
    tags::RESOURCE_FLAGS.id(),
    tags::RESOURCE_TYPE.id(),
    tags::PROVIDER_DISPLAY.id(),
    tags::PROVIDER_DLL_NAME.id(),
    tags::SERVICE_NAME.id(),
    tags::SERVICE_DLL_NAME.id(),
    tags::SERVICE_ENTRY_NAME.id(),
    tags::SERVICE_SUPPORT_FILES.id(),
    tags::SERVICE_DELETE_FILES.id(),
];

/// Such a service.
#[derive(Debug)]
pub(super) struct DescribedService {
    description: ServiceDescription,
    /// None: nothing in this program has these names of library and entry point.
    worker: Option<Arc<dyn Service>>,
    /// Why it cannot be added to a profile.
    defects: Vec<String>,
}

impl DescribedService {
    /// The service that a section of the file at `path` describes.
    pub(super) fn new(
        service: &mapi_svc::Service,
        known: &[Arc<dyn Service>],
        path: &Path,
    ) -> Self {
        let worker = worker_of(service, known);
        let base = worker.as_ref().map(|w| w.description());
        let defects = service.defects.iter();
        let defects: Vec<_> = defects
            .map(|d| format!("{}: {d}", path.display()))
            .collect();
        let mut description = describe(service, base.unwrap_or_default());
        if !defects.is_empty() && description.entry_name.is_empty() {
            // Without an entry point nobody would ask whether it can be made.
            "ServiceEntry".clone_into(&mut description.entry_name);
        }
        Self {
            description,
            worker,
            defects,
        }
    }

    fn worker(&self) -> Result<&Arc<dyn Service>> {
        self.worker.as_ref().ok_or_else(|| {
            let detail = format!(
                "nothing in this program is called `{}` with the entry point `{}`",
                self.description.dll_name, self.description.entry_name
            );
            Error::new(Code::FAILONEPROVIDER, detail)
        })
    }

    /// What the worker calls a provider: the same, or the one that is so many-th of its kind.
    fn provider(&self, worker: &Arc<dyn Service>, name: &str) -> String {
        let theirs = worker.description();
        if name.is_empty() || theirs.provider(name).is_some() {
            return name.to_owned();
        }
        let Some(ours) = self.description.provider(name) else {
            return name.to_owned();
        };
        let of_kind = |p: &&ProviderDescription| p.kind == ours.kind;
        let mut before = self.description.providers.iter().filter(of_kind);
        let place = before.position(|p| p.name == name).unwrap_or_default();
        let found = theirs.providers.iter().filter(of_kind).nth(place);
        found.map_or_else(|| name.to_owned(), |p| p.name.clone())
    }
}

/// The service that works for this one: by the names of library and entry point, or by its own name.
fn worker_of(service: &mapi_svc::Service, known: &[Arc<dyn Service>]) -> Option<Arc<dyn Service>> {
    let named = known
        .iter()
        .find(|s| s.name().eq_ignore_ascii_case(&service.name));
    let by_entry = |dll: &str| {
        let entry = service.entry_name().unwrap_or_default();
        known.iter().find(|s| {
            let theirs = s.description();
            dll_base(&theirs.dll_name) == dll_base(dll) && theirs.entry_name == entry
        })
    };
    match service.dll_name() {
        Some(dll) => by_entry(dll).cloned(),
        None => named.cloned(),
    }
}

/// What the file says, over what the program says of the service that works for it.
fn describe(service: &mapi_svc::Service, base: ServiceDescription) -> ServiceDescription {
    let fixed = service.properties.text(tags::DISPLAY_NAME).is_some();
    let mut props = base.props;
    for (id, value) in further(&service.properties) {
        props.insert(id, value);
    }
    let settings = defaults(&base.settings, &service.properties);
    let providers = match service.providers.is_empty() {
        true => base.providers,
        false => service
            .providers
            .iter()
            .filter_map(|p| provider(p, &settings))
            .collect(),
    };
    let sections = service.extra_sections.iter().filter_map(|extra| {
        Some(SectionDescription {
            name: extra.section.clone(),
            uid: extra.uid?,
            props: further(&extra.properties).collect(),
        })
    });
    let or = |said: Option<&str>, base: String| said.map_or(base, str::to_owned);
    let has_flags = service.properties.value(tags::RESOURCE_FLAGS).is_some();
    let listed = |said: &[String], base: Vec<String>| match said.is_empty() {
        true => base,
        false => said.to_vec(),
    };
    ServiceDescription {
        name: service.name.clone(),
        display_name: service.display_name().to_owned(),
        display_name_is_fixed: fixed,
        dll_name: or(service.dll_name(), base.dll_name),
        entry_name: or(service.entry_name(), base.entry_name),
        support_files: listed(service.support_files(), base.support_files),
        delete_files: listed(service.delete_files(), base.delete_files),
        flags: if has_flags {
            service.flags()
        } else {
            base.flags
        },
        providers,
        sections: base.sections.into_iter().chain(sections).collect(),
        settings,
        props,
        wizard: base.wizard || service.wizard_entry.is_some(),
    }
}

fn provider(provider: &Provider, service: &[Setting]) -> Option<ProviderDescription> {
    let kind = ProviderKind::of_number(provider.resource_type()?)?;
    let display = provider.display_name().unwrap_or(&provider.section);
    let own = |s: &&Setting| provider.properties.value(s.tag).is_some();
    let own: Vec<_> = service.iter().filter(own).cloned().collect();
    Some(ProviderDescription {
        name: provider.section.clone(),
        display_name: display.to_owned(),
        provider_display: provider.provider_display().unwrap_or(display).to_owned(),
        dll_name: provider.dll_name().unwrap_or_default().to_owned(),
        kind,
        flags: provider.flags(),
        on_demand: false,
        settings: defaults(&own, &provider.properties),
        props: further(&provider.properties).collect(),
    })
}

/// The settings, with what the section says as defaults.
fn defaults(settings: &[Setting], section: &Properties) -> Vec<Setting> {
    let settings = settings.iter().cloned();
    let with_default = |mut setting: Setting| {
        let value = section.value(setting.tag);
        if let Some(text) = value.and_then(|value| setting.text(value).ok()) {
            setting.default = Some(text);
        }
        setting
    };
    settings.map(with_default).collect()
}

fn further(section: &Properties) -> impl Iterator<Item = (u16, Slot)> {
    let known = section.known.iter();
    let further = known.filter(|p| !FIELDS.contains(&PropTag::id(p.tag)));
    further.map(|p| (p.tag.id(), Slot::Value(p.value.clone())))
}

impl Service for DescribedService {
    fn name(&self) -> &str {
        &self.description.name
    }

    fn display_name(&self) -> &str {
        &self.description.display_name
    }

    fn description(&self) -> ServiceDescription {
        self.description.clone()
    }

    fn entry(
        &self,
        event: &ServiceEvent<'_>,
        draft: &mut ServiceDraft,
        ui: &dyn UiHost,
        call: &Call,
    ) -> Result<()> {
        if let (ServiceEvent::Create { .. }, Some(defect)) = (event, self.defects.first()) {
            return Err(Error::new(Code::CORRUPT_DATA, defect.clone()));
        }
        match &self.worker {
            Some(worker) => worker.entry(event, draft, ui, call),
            None => enter_by_description(&self.description, event, draft, ui, call),
        }
    }

    fn open_store(
        &self,
        open: &OpenStore,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Store>> {
        let worker = self.worker()?;
        let mut open = open.clone();
        open.provider = self.provider(worker, &open.provider);
        worker.open_store(&open, support, call)
    }

    fn open_transport(
        &self,
        open: &OpenTransport,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Transport>> {
        let worker = self.worker()?;
        let mut open = open.clone();
        open.provider = self.provider(worker, &open.provider);
        worker.open_transport(&open, support, call)
    }

    fn shutdown(&self) {
        if let Some(worker) = &self.worker {
            worker.shutdown();
        }
    }
}
