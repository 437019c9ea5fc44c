//! The tables of profiles, services and providers.
//! Reference: "Profile Tables", "Message Service Tables", "Provider Tables" (requirements TAB-02, D8, D15, R-MsgServiceAdmin)

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mapi_props::{Bag, Guid, PropTag, tags};
use mapi_spi::{Call, Result, ServiceDescription};

use super::Place;
use crate::advise::Dispatcher;
use crate::host::{Profile, ProfileEntry, ProfileProvider, ProfileService};
use crate::table::{Bell, MemoryRow, MemoryRows, Snapshot, Source};
use crate::{EntryId, TableBuilder};

const PROFILES: [PropTag; 2] = [tags::DISPLAY_NAME.raw(), tags::DEFAULT_PROFILE.raw()];

const SERVICES: [PropTag; 8] = [
    tags::DISPLAY_NAME.raw(),
    tags::INSTANCE_KEY.raw(),
    tags::RESOURCE_FLAGS.raw(),
    tags::SERVICE_DLL_NAME.raw(),
    tags::SERVICE_ENTRY_NAME.raw(),
    tags::SERVICE_NAME.raw(),
    tags::SERVICE_SUPPORT_FILES.raw(),
    tags::SERVICE_UID.raw(),
];

const PROVIDERS: [PropTag; 10] = [
    tags::DISPLAY_NAME.raw(),
    tags::INSTANCE_KEY.raw(),
    tags::PROVIDER_DISPLAY.raw(),
    tags::PROVIDER_DLL_NAME.raw(),
    tags::PROVIDER_ORDINAL.raw(),
    tags::PROVIDER_UID.raw(),
    tags::RESOURCE_FLAGS.raw(),
    tags::RESOURCE_TYPE.raw(),
    tags::SERVICE_NAME.raw(),
    tags::SERVICE_UID.raw(),
];

/// The table of these profiles.
pub(super) fn profiles(entries: Result<Vec<ProfileEntry>>) -> TableBuilder {
    let rows = entries.map(|entries| {
        let row = |entry: &ProfileEntry| {
            let mut props = Bag::new();
            props.set(tags::DISPLAY_NAME, entry.name.as_str());
            props.set(tags::DEFAULT_PROFILE, entry.default);
            props
        };
        numbered(entries.iter().map(row))
    });
    snapshot(&PROFILES, rows)
}

/// The table of the services of a profile.
pub(super) fn services(place: &Place) -> TableBuilder {
    let told = place.subsystem.service_bells.of(place);
    let now = place.read().map(|profile| told.rows(place, &profile));
    let (bell, live) = (Arc::clone(&told.bell), told);
    let at_rest = Place {
        call: Call::default(),
        ..place.clone()
    };
    let fetch = move || Ok(live.rows(&at_rest, &at_rest.read()?));
    let live = MemoryRows::new(&SERVICES, fetch);
    let live = match &place.member {
        Some(member) => live.told(crate::table::Feed::Bell(bell), member, |_| false),
        None => live.rung_by(&bell),
    };
    let source = now.map(|rows| {
        let rows = MemoryRows::new(&SERVICES, move || Ok(rows.clone()));
        let snapshot = Snapshot::new(rows).told_of(Arc::new(live));
        Box::new(snapshot) as Box<dyn Source>
    });
    TableBuilder::new(source)
}

/// The table of all providers of a profile; or of those of one service, with its further sections.
pub(super) fn providers(place: &Place, of: Option<Guid>) -> TableBuilder {
    let rows = place.read().map(|profile| {
        let describe = |service: &ProfileService| describe(place, &service.service);
        let mut all = Vec::new();
        let services = profile.services.iter();
        for service in services.filter(|s| of.is_none_or(|uid| s.uid == uid)) {
            let description = describe(service);
            let listed = service.providers.iter().filter(|p| !p.deleted);
            all.extend(listed.map(|p| provider(&profile, service, p, description.as_ref())));
            if of.is_some() {
                let extras = service.extra_sections.iter();
                all.extend(extras.map(|uid| extra(&profile, service, *uid, description.as_ref())));
            }
        }
        numbered(all.into_iter())
    });
    snapshot(&PROVIDERS, rows)
}

/// Tells tables over the services of a profile that these may be others now.
pub(crate) fn services_changed(place: &Place) {
    place.subsystem.service_bells.of(place).bell.ring();
}

fn snapshot(columns: &'static [PropTag], rows: Result<Vec<MemoryRow>>) -> TableBuilder {
    let source = rows.map(|rows| {
        let rows = MemoryRows::new(columns, move || Ok(rows.clone()));
        Box::new(Snapshot::new(rows)) as Box<dyn Source>
    });
    TableBuilder::new(source)
}

fn numbered(rows: impl Iterator<Item = Bag>) -> Vec<MemoryRow> {
    (1..)
        .zip(rows)
        .map(|(number, props)| row(number, props))
        .collect()
}

fn row(number: u64, props: Bag) -> MemoryRow {
    MemoryRow {
        number,
        props,
        entry_id: EntryId::from(Vec::new()),
    }
}

fn describe(place: &Place, service: &str) -> Option<ServiceDescription> {
    let service = place.subsystem.host.service(service)?;
    Some(service.description())
}

/// What tables of services are told by, for each profile.
#[derive(Debug, Default)]
pub(crate) struct ServiceBells(Mutex<BTreeMap<String, Arc<ServiceBell>>>);

#[derive(Debug)]
struct ServiceBell {
    bell: Arc<Bell>,
    /// Numbers of the rows by PR_SERVICE_UID; never given again.
    numbers: Mutex<BTreeMap<Guid, u64>>,
}

impl ServiceBells {
    fn of(&self, place: &Place) -> Arc<ServiceBell> {
        let dispatcher: &Arc<Dispatcher> = &place.subsystem.dispatcher;
        let bell = || ServiceBell {
            bell: Arc::new(Bell::new(Arc::clone(dispatcher))),
            numbers: Mutex::default(),
        };
        let mut bells = lock(&self.0);
        let bell = bells
            .entry(place.profile.clone())
            .or_insert_with(|| Arc::new(bell()));
        Arc::clone(bell)
    }
}

impl ServiceBell {
    /// The rows of the services as they are, in the order in which they were added.
    fn rows(&self, place: &Place, profile: &Profile) -> Vec<MemoryRow> {
        let mut numbers = lock(&self.numbers);
        let mut next = numbers.values().max().map_or(1, |last| last + 1);
        let mut rows = Vec::new();
        for service in &profile.services {
            let number = *numbers.entry(service.uid).or_insert_with(|| {
                next += 1;
                next - 1
            });
            let description = describe(place, &service.service);
            rows.push(row(number, service_props(service, description.as_ref())));
        }
        rows
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is known of a service without its own properties.
pub(crate) fn service_props(
    service: &ProfileService,
    description: Option<&ServiceDescription>,
) -> Bag {
    let mut props = Bag::new();
    props.set(tags::DISPLAY_NAME, service.display_name.as_str());
    props.set(tags::RESOURCE_FLAGS, service.shown_flags().cast_signed());
    props.set(tags::SERVICE_NAME, service.service.as_str());
    props.set(tags::SERVICE_UID, &service.uid.0[..]);
    if let Some(known) = description {
        props.set(tags::SERVICE_DLL_NAME, known.dll_name.as_str());
        if !known.entry_name.is_empty() {
            props.set(tags::SERVICE_ENTRY_NAME, known.entry_name.as_str());
        }
        if !known.support_files.is_empty() {
            props.set(tags::SERVICE_SUPPORT_FILES, known.support_files.clone());
        }
    }
    props
}

/// What is known of a provider without its own properties.
pub(crate) fn provider(
    profile: &Profile,
    service: &ProfileService,
    provider: &ProfileProvider,
    description: Option<&ServiceDescription>,
) -> Bag {
    let described = description.and_then(|d| d.provider(&provider.name));
    let display = described.map_or(provider.name.as_str(), |d| &d.provider_display);
    let dll = described.map_or(provider.name.as_str(), |d| &d.dll_name);
    let mut props = Bag::new();
    props.set(tags::DISPLAY_NAME, provider.display_name.as_str());
    props.set(tags::PROVIDER_DISPLAY, display);
    props.set(tags::PROVIDER_DLL_NAME, dll);
    props.set(tags::PROVIDER_UID, &provider.uid.0[..]);
    props.set(tags::RESOURCE_FLAGS, provider.flags.cast_signed());
    props.set(tags::RESOURCE_TYPE, provider.kind.number());
    props.set(tags::SERVICE_NAME, service.service.as_str());
    props.set(tags::SERVICE_UID, &service.uid.0[..]);
    if let Some(ordinal) = profile.ordinal(provider) {
        props.set(tags::PROVIDER_ORDINAL, ordinal);
    }
    props
}

/// A further section of a service, without PR_RESOURCE_TYPE (D8).
fn extra(
    profile: &Profile,
    service: &ProfileService,
    uid: Guid,
    description: Option<&ServiceDescription>,
) -> Bag {
    let mut sections = description.map_or(&[][..], |d| &d.sections).iter();
    let name = sections.find(|s| s.uid == uid).map(|s| s.name.as_str());
    let bag = profile.sections.get(&uid);
    let own = bag.and_then(|bag| bag.text(tags::DISPLAY_NAME));
    let mut props = Bag::new();
    if let Some(name) = own.or(name) {
        props.set(tags::DISPLAY_NAME, name);
    }
    props.set(tags::PROVIDER_UID, &uid.0[..]);
    props.set(tags::SERVICE_NAME, service.service.as_str());
    props.set(tags::SERVICE_UID, &service.uid.0[..]);
    props
}
