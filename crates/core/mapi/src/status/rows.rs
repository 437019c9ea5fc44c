//! What the rows of the status table show. Nothing here calls a store or a transport: they may be the ones who say that
//! their row is another one.

use std::sync::Arc;

use mapi_props::{
    Bag, PropTag, PropValue, object_type, resource_methods, resource_type, status_code, tags,
};
use mapi_spi::{ProviderKind, ServiceDescription};

use crate::session::{Provider, Standing, caught, write_identity};
use crate::table::MemoryRow;
use crate::{EntryId, Session};

/// Number of the row of the subsystem.
pub(super) const SUBSYSTEM: u64 = 1;
/// Number of the row of the spooler.
pub(super) const SPOOLER: u64 = 2;
/// What the numbers of providers begin after.
const PROVIDERS: u64 = 16;

/// abFlags of this session only, and a UID of our own; the number of the row follows.
pub(super) const PREFIX: [u8; 20] = [
    0x38, 0, 0, 0, 0x6d, 0x61, 0x6c, 0x6c, 0x65, 0x2d, 0x73, 0x4f, 0x8d, 0x74, 0x61, 0x74, 0x75,
    0x73, 0x49, 0x44,
];

/// What is the session's to say, whatever a provider says of itself.
const OURS: [PropTag; 7] = [
    tags::ENTRYID.raw(),
    tags::INSTANCE_KEY.raw(),
    tags::OBJECT_TYPE.raw(),
    tags::PROVIDER_DLL_NAME.raw(),
    tags::RESOURCE_FLAGS.raw(),
    tags::RESOURCE_TYPE.raw(),
    tags::ROWID.raw(),
];

/// All rows, as this logon sees them.
pub(super) fn all(session: &Session) -> Vec<MemoryRow> {
    let own = [(SUBSYSTEM, subsystem(session)), (SPOOLER, spooler(session))];
    let providers = providers(session).into_iter();
    let providers = providers.map(|p| (number_of(&p), provider(session, &p)));
    let all = own.into_iter().chain(providers);
    all.map(|(number, props)| finish(number, props)).collect()
}

/// One of them; `None` if it is gone.
pub(super) fn one(session: &Session, number: u64) -> Option<Bag> {
    let props = match number {
        SUBSYSTEM => subsystem(session),
        SPOOLER => spooler(session),
        _ => {
            let of = provider_of(session, number)?;
            provider(session, &of)
        }
    };
    Some(finish(number, props).props)
}

/// The providers that have rows for this logon.
pub(crate) fn providers(session: &Session) -> Vec<Arc<Provider>> {
    let mut all = session.state().providers.all();
    if session.member.has_no_mail() {
        all.retain(|p| p.kind != ProviderKind::Transport);
    }
    all
}

/// The provider of a row.
pub(super) fn provider_of(session: &Session, number: u64) -> Option<Arc<Provider>> {
    let mut all = providers(session).into_iter();
    all.find(|p| number_of(p) == number)
}

fn number_of(provider: &Provider) -> u64 {
    PROVIDERS + provider.number
}

fn finish(number: u64, mut props: Bag) -> MemoryRow {
    let mut id = PREFIX.to_vec();
    id.extend_from_slice(&number.to_be_bytes());
    let entry_id = EntryId::from(id);
    props.set(tags::ENTRYID, entry_id.as_bytes());
    props.set(tags::ROWID, i32::try_from(number).unwrap_or(i32::MAX));
    props.set(tags::OBJECT_TYPE, object_type::STATUS);
    MemoryRow {
        number,
        props,
        entry_id,
    }
}

fn subsystem(session: &Session) -> Bag {
    let failed = if session.failures().is_empty() {
        0
    } else {
        status_code::FAILURE
    };
    let mut props = Bag::new();
    props.set(tags::DISPLAY_NAME, session.profile_name());
    props.set(tags::PROVIDER_DISPLAY, "MAPI Subsystem");
    props.set(tags::PROVIDER_DLL_NAME, "malle");
    props.set(tags::RESOURCE_TYPE, resource_type::SUBSYSTEM);
    props.set(tags::RESOURCE_FLAGS, 0);
    props.set(tags::RESOURCE_METHODS, resource_methods::VALIDATE_STATE);
    props.set(tags::STATUS_CODE, status_code::AVAILABLE | failed);
    props
}

fn spooler(session: &Session) -> Bag {
    let (code, says, methods) = spooler_stands(session);
    let mut props = Bag::new();
    props.set(tags::DISPLAY_NAME, "MAPI Spooler");
    props.set(tags::PROVIDER_DISPLAY, "MAPI Spooler");
    props.set(tags::PROVIDER_DLL_NAME, "malle");
    props.set(tags::RESOURCE_TYPE, resource_type::SPOOLER);
    props.set(tags::RESOURCE_FLAGS, 0);
    props.set(tags::RESOURCE_METHODS, methods);
    props.set(tags::STATUS_CODE, code);
    props.set(tags::STATUS_STRING, says);
    props
}

/// Whether what is submitted goes out: PR_STATUS_CODE, PR_STATUS_STRING, PR_RESOURCE_METHODS.
fn spooler_stands(session: &Session) -> (i32, String, i32) {
    let state = session.state();
    if session.member.has_no_mail() {
        let says = "This logon neither sends nor receives.";
        return (status_code::FAILURE, says.to_owned(), 0);
    }
    if !state.subsystem.host.spools() {
        let says = "No spooler runs: what is submitted waits.";
        let methods = resource_methods::VALIDATE_STATE;
        return (status_code::OFFLINE, says.to_owned(), methods);
    }
    let methods = resource_methods::VALIDATE_STATE | resource_methods::FLUSH_QUEUES;
    let bits = state.flushing.bits();
    let transports = state.providers.all().into_iter();
    let mut transports = transports.filter(|p| p.kind == ProviderKind::Transport);
    if !transports.any(|p| !matches!(p.standing(), Standing::Failed(_))) {
        let says = "No transport works: what is submitted waits.";
        return (status_code::OFFLINE | bits, says.to_owned(), methods);
    }
    let says = match (bits, state.flushing.failure()) {
        (0, Some(failure)) => format!("The last time it failed: {}", failure.detail),
        (0, None) => "It sends what is submitted.".to_owned(),
        _ => "It sends and fetches at the moment.".to_owned(),
    };
    (status_code::AVAILABLE | bits, says, methods)
}

/// The row of a provider without what all rows have.
pub(crate) fn provider(session: &Session, provider: &Provider) -> Bag {
    let description = description(session, provider);
    let mut props = Bag::new();
    props.set(tags::DISPLAY_NAME, provider.display_name());
    let (display, dll) = names(&description, provider);
    props.set(tags::PROVIDER_DISPLAY, display);
    props.set(tags::RESOURCE_METHODS, resource_methods::VALIDATE_STATE);
    props.set(tags::STATUS_CODE, status_code::AVAILABLE);
    props.set(tags::SERVICE_NAME, provider.service.as_str());
    if let Some(identity) = &provider.identity {
        write_identity(identity, &mut props);
    }
    for (id, slot) in provider.said().iter() {
        if !OURS.iter().any(|tag| tag.id() == *id) {
            props.insert(*id, slot.clone());
        }
    }
    props.set(tags::PROVIDER_DLL_NAME, dll);
    props.set(tags::RESOURCE_FLAGS, provider.flags().cast_signed());
    props.set(tags::RESOURCE_TYPE, provider.kind.number());
    stand(provider, &mut props);
    if has_settings(&description, provider) {
        let methods = methods(&props);
        let with_settings = methods | resource_methods::SETTINGS_DIALOG;
        props.set(tags::RESOURCE_METHODS, with_settings);
    }
    props
}

/// PR_RESOURCE_METHODS.
pub(super) fn methods(props: &Bag) -> i32 {
    match props.value(tags::RESOURCE_METHODS) {
        Some(PropValue::Long(methods)) => *methods,
        _ => 0,
    }
}

/// How it stands, which is not for a provider to say that does not work.
fn stand(provider: &Provider, props: &mut Bag) {
    let said = methods(props);
    let (works, methods) = match provider.standing() {
        Standing::Store => (true, resource_methods::VALIDATE_STATE),
        Standing::Transport(_) => (true, said & !resource_methods::SETTINGS_DIALOG),
        Standing::Waiting | Standing::Starting | Standing::Late | Standing::Failed(_) => (false, 0),
    };
    props.set(tags::RESOURCE_METHODS, methods);
    if works {
        if let Some(why) = provider.aside() {
            props.set(tags::STATUS_CODE, status_code::FAILURE);
            props.set(tags::STATUS_STRING, why);
        }
        return;
    }
    match provider.failure() {
        Some(failure) => {
            props.set(tags::STATUS_CODE, status_code::FAILURE);
            props.set(tags::STATUS_STRING, failure.detail);
        }
        None => {
            props.set(tags::STATUS_CODE, 0);
            props.set(tags::STATUS_STRING, "It is started when it is needed.");
        }
    }
}

fn description(session: &Session, provider: &Provider) -> Option<ServiceDescription> {
    let host = &session.state().subsystem.host;
    let service = host.service(&provider.service)?;
    caught("a service", || Ok(service.description())).ok()
}

/// PR_PROVIDER_DISPLAY and PR_PROVIDER_DLL_NAME. A service that this program does not have is called what the profile
/// calls it.
fn names(description: &Option<ServiceDescription>, provider: &Provider) -> (String, String) {
    let of = description.as_ref();
    let Some(of) = of.and_then(|d| {
        let named = d.provider(&provider.name);
        named.or_else(|| d.providers.iter().find(|p| p.kind == provider.kind))
    }) else {
        return (provider.service.clone(), provider.service.clone());
    };
    (of.provider_display.clone(), of.dll_name.clone())
}

/// Whether there is something to set, and a profile to keep it in.
fn has_settings(description: &Option<ServiceDescription>, provider: &Provider) -> bool {
    let Some(description) = description else {
        return false;
    };
    let own = description.provider(&provider.name);
    let own = own.is_some_and(|p| !p.settings.is_empty());
    let in_profile = provider.service_uid != mapi_props::Guid::default();
    in_profile && (own || !description.settings.is_empty())
}
