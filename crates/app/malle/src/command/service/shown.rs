//! A service of a profile as it is shown.

use std::collections::BTreeMap;
use std::io;

use mapi::{
    Host, Profile, ProfileProvider, ProfileService, ProviderKind, Setting, resource_flags,
    service_flags,
};
use serde::Serialize;

use crate::app::App;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text::{Column, Table};

/// What is shown of a value that is secret.
const HIDDEN: &str = "•••";

/// `{"number","uid","service","name","known","roles","settings","identity","providers","sections"}`.
#[derive(Serialize, Clone)]
pub(crate) struct ServiceView {
    /// Its place in the profile, from 1.
    number: usize,
    uid: String,
    service: String,
    name: String,
    /// Whether this program has the service.
    known: bool,
    roles: Vec<&'static str>,
    settings: BTreeMap<String, String>,
    identity: Option<IdentityView>,
    providers: Vec<ProviderView>,
    /// UIDs of its further sections.
    sections: Vec<String>,
}

#[derive(Serialize, Clone)]
struct IdentityView {
    name: String,
    address_type: String,
    address: String,
}

#[derive(Serialize, Clone)]
struct ProviderView {
    number: usize,
    uid: String,
    name: String,
    display_name: String,
    kind: &'static str,
    letter: Option<String>,
    roles: Vec<&'static str>,
    settings: BTreeMap<String, String>,
}

impl ServiceView {
    pub(crate) fn all(app: &App, profile: &Profile) -> Outcome<Vec<Self>> {
        (0..profile.services.len())
            .map(|at| Self::of(app, profile, at))
            .collect()
    }

    pub(crate) fn of(app: &App, profile: &Profile, at: usize) -> Outcome<Self> {
        let gone = || {
            app.fail(
                Exit::NotFound,
                "MAPI_E_NOT_FOUND",
                Msg::UnknownServiceIn,
                &[&at],
            )
        };
        let entry = profile.services.get(at).ok_or_else(gone)?;
        let known = app.host()?.service(&entry.service);
        let description = known.as_ref().map(|service| service.description());
        let settings = description.as_ref().map_or(&[][..], |d| &d.settings);
        let providers = entry.providers.iter().filter(|p| !p.deleted);
        let of_provider = |(number, provider): (usize, &ProfileProvider)| {
            let known = description
                .as_ref()
                .and_then(|d| d.provider(&provider.name));
            let settings = known.map_or(&[][..], |p| &p.settings);
            ProviderView::of(number, provider, settings)
        };
        Ok(Self {
            number: at + 1,
            uid: entry.uid.to_string(),
            service: entry.service.clone(),
            name: entry.display_name.clone(),
            known: known.is_some(),
            roles: roles_of(entry),
            settings: shown(settings, &entry.config.values),
            identity: entry.identity.as_ref().map(|who| IdentityView {
                name: who.name.clone(),
                address_type: who.address_type.clone(),
                address: who.address.clone(),
            }),
            providers: (1..).zip(providers).map(of_provider).collect(),
            sections: entry
                .extra_sections
                .iter()
                .map(ToString::to_string)
                .collect(),
        })
    }

    /// What people call it.
    pub(crate) fn name_shown(&self) -> &str {
        if self.name.is_empty() {
            &self.service
        } else {
            &self.name
        }
    }

    fn letters(&self) -> String {
        let letters = self.providers.iter().filter_map(|p| p.letter.as_deref());
        letters.collect::<Vec<_>>().join(", ")
    }
}

impl ProviderView {
    fn of(number: usize, provider: &ProfileProvider, settings: &[Setting]) -> Self {
        let letter = Some(provider.letter.clone());
        Self {
            number,
            uid: provider.uid.to_string(),
            name: provider.name.clone(),
            display_name: provider.display_name.clone(),
            kind: kind_word(provider.kind),
            letter: letter.filter(|letter| !letter.is_empty()),
            roles: named(provider.flags, &PROVIDER_ROLES),
            settings: shown(settings, &provider.values),
        }
    }
}

/// Never translated.
pub(super) const fn kind_word(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Store => "store",
        ProviderKind::AddressBook => "address-book",
        ProviderKind::Transport => "transport",
    }
}

const PROVIDER_ROLES: [(u32, &str); 9] = [
    (resource_flags::DEFAULT_STORE, "default-store"),
    (resource_flags::PRIMARY_STORE, "primary-store"),
    (resource_flags::SECONDARY_STORE, "secondary-store"),
    (resource_flags::SIMPLE_STORE, "simple-store"),
    (resource_flags::NO_DEFAULT_STORE, "no-default-store"),
    (resource_flags::PRIMARY_IDENTITY, "primary-identity"),
    (resource_flags::NO_PRIMARY_IDENTITY, "no-primary-identity"),
    (resource_flags::DEFAULT_OUTBOUND, "default-outbound"),
    (resource_flags::XP_PREFER_LAST, "prefer-last"),
];

fn roles_of(service: &ProfileService) -> Vec<&'static str> {
    named(
        service.flags,
        &[
            (service_flags::DEFAULT_STORE, "default-store"),
            (service_flags::SINGLE_COPY, "single-copy"),
            (service_flags::CREATE_WITH_STORE, "create-with-store"),
            (service_flags::PRIMARY_IDENTITY, "primary-identity"),
            (service_flags::NO_PRIMARY_IDENTITY, "no-primary-identity"),
        ],
    )
}

fn named(flags: u32, names: &[(u32, &'static str)]) -> Vec<&'static str> {
    let set = names.iter().filter(|(bit, _)| flags & bit != 0);
    set.map(|(_, name)| *name).collect()
}

/// Values as they are, but not those that are kept sealed.
fn shown(settings: &[Setting], values: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let secret = |key: &String| settings.iter().any(|s| s.key == *key && s.tag.is_secure());
    let value = |(key, value): (&String, &String)| {
        let value = if secret(key) { HIDDEN } else { value };
        (key.clone(), value.to_owned())
    };
    values.iter().map(value).collect()
}

/// The services of a profile as a table.
pub(crate) fn write_services(services: &[ServiceView], to: &mut Printer<'_>) -> io::Result<()> {
    let mut table = Table::new([
        Column::left(""),
        Column::left(to.word(Msg::ColService)),
        Column::left(to.word(Msg::ColName)).elastic(),
        Column::left(to.word(Msg::ColStores)),
        Column::left(""),
    ]);
    for service in services {
        let stores = service.providers.iter().flat_map(|p| &p.roles);
        let mut roles: Vec<&str> = service.roles.iter().chain(stores).copied().collect();
        roles.sort_unstable();
        roles.dedup();
        table.row([
            service.number.to_string(),
            service.service.clone(),
            service.name.clone(),
            service.letters(),
            roles.join(", "),
        ]);
    }
    let width = to.width();
    table.write(to, width)
}

impl Shown for ServiceView {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let head = to.strong(self.name_shown());
        to.line(format!("{head}  {}  {}", self.service, self.uid))?;
        if !self.known {
            to.say(Msg::ServiceNotHere, &[&self.service])?;
        }
        if !self.roles.is_empty() {
            to.line(format!("  {}", self.roles.join(", ")))?;
        }
        for (key, value) in &self.settings {
            to.line(format!("  {key} = {value}"))?;
        }
        if let Some(who) = &self.identity {
            to.line(format!(
                "  {} <{}:{}>",
                who.name, who.address_type, who.address
            ))?;
        }
        for provider in &self.providers {
            let letter = provider.letter.as_deref().unwrap_or("-");
            let (number, name, kind) = (provider.number, &provider.display_name, provider.kind);
            let roles = provider.roles.join(", ");
            let line = format!(
                "  {number}. {kind} {letter}  {name}  {}  {roles}",
                provider.uid
            );
            to.line(line.trim_end())?;
            for (key, value) in &provider.settings {
                to.line(format!("     {key} = {value}"))?;
            }
        }
        Ok(())
    }
}
