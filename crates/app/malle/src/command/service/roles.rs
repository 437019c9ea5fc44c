//! Roles of services and their providers: the order of transports, the identity, the default store.

use std::io;

use mapi::{Guid, Profile, ProfileProvider, ProviderKind, StoreRole, resource_flags};
use serde::Serialize;

use super::find;
use crate::app::App;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};

/// `[{"uid","name","service"}]`, the first to be asked first.
#[derive(Serialize)]
#[serde(transparent)]
struct Order(Vec<Transport>);

#[derive(Serialize)]
struct Transport {
    uid: String,
    name: String,
    service: String,
}

impl Shown for Order {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        if self.0.is_empty() {
            return to.say(Msg::NoTransports, &[]);
        }
        for (number, transport) in (1..).zip(&self.0) {
            let Transport { uid, name, service } = transport;
            to.line(format!("{number:>3}  {name}  {service}  {uid}"))?;
        }
        Ok(())
    }
}

/// Transports as they are asked: in the order that was set, then those that are not in it; of these, the ones that prefer to be
/// last come last.
fn transports(profile: &Profile) -> Vec<(&ProfileProvider, &str)> {
    let services = profile.services.iter();
    let all = services.flat_map(|s| s.providers.iter().map(|p| (p, s.service.as_str())));
    let is_transport = |p: &ProfileProvider| !p.deleted && p.kind == ProviderKind::Transport;
    let mut found: Vec<_> = all.filter(|(p, _)| is_transport(p)).collect();
    let place = |p: &ProfileProvider| {
        let set = profile.transport_order.iter().position(|uid| *uid == p.uid);
        let last = p.flags & resource_flags::XP_PREFER_LAST != 0;
        set.map_or((1, usize::from(last)), |at| (0, at))
    };
    found.sort_by_key(|(p, _)| place(p));
    found
}

pub(super) fn order(app: &App, words: &[String]) -> Outcome<Exit> {
    let profile = app.profile()?;
    if !words.is_empty() {
        let all = transports(&profile);
        let named = |word: &String| -> Outcome<Guid> {
            let mut found = all.iter().filter(|(p, _)| {
                p.uid.to_string() == *word || p.name == *word || p.display_name == *word
            });
            let several = || app.fail(Exit::Usage, "ambiguous", Msg::SeveralProviders, &[word]);
            let missing = || {
                app.fail(
                    Exit::NotFound,
                    "MAPI_E_NOT_FOUND",
                    Msg::UnknownProvider,
                    &[word],
                )
            };
            let (provider, _) = found.next().ok_or_else(missing)?;
            found.next().map_or(Ok(provider.uid), |_| Err(several()))
        };
        let order: Vec<Guid> = words.iter().map(named).collect::<Outcome<_>>()?;
        if order.len() != all.len() {
            let parts: [&dyn std::fmt::Display; 2] = [&all.len(), &order.len()];
            return Err(app.fail(Exit::Usage, "MAPI_E_BUSY", Msg::OrderIncomplete, &parts));
        }
        if !app.global.dry_run {
            let done = app.service_admin()?.set_transport_order(&order);
            done.map_err(|e| app.failure(&e))?;
        }
    }
    let profile = app.profile()?;
    let shown = transports(&profile)
        .into_iter()
        .map(|(p, service)| Transport {
            uid: p.uid.to_string(),
            name: p.display_name.clone(),
            service: service.to_owned(),
        });
    app.output.show(&Order(shown.collect()))?;
    Ok(Exit::Ok)
}

/// `{"service":UID,"name"}`, both null where nobody's idea of the user counts.
#[derive(Serialize)]
struct IdentityOf {
    service: Option<String>,
    name: Option<String>,
}

impl Shown for IdentityOf {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        match &self.name {
            Some(name) => to.say(Msg::IdentityIs, &[name]),
            None => to.say(Msg::IdentityNone, &[]),
        }
    }
}

pub(super) fn identity(app: &App, word: Option<&str>, none: bool) -> Outcome<Exit> {
    let profile = app.profile()?;
    let chosen = match word {
        Some(word) => {
            let at = find::service(app, &profile, word)?;
            profile.services.get(at).map(|s| s.uid)
        }
        None => None,
    };
    if (none || chosen.is_some()) && !app.global.dry_run {
        let done = app.service_admin()?.set_primary_identity(chosen);
        done.map_err(|e| app.failure(&e))?;
    }
    let profile = app.profile()?;
    let holds = |s: &&mapi::ProfileService| s.flags & mapi::service_flags::PRIMARY_IDENTITY != 0;
    let holder = profile.services.iter().find(holds);
    app.output.show(&IdentityOf {
        service: holder.map(|s| s.uid.to_string()),
        name: holder.map(|s| s.display_name.clone()),
    })?;
    Ok(Exit::Ok)
}

/// `{"default_store":LETTER}`.
#[derive(Serialize)]
struct DefaultStore {
    default_store: Option<String>,
}

impl Shown for DefaultStore {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        match &self.default_store {
            Some(letter) => to.say(Msg::DefaultStoreIs, &[letter]),
            None => to.say(Msg::DefaultStoreNone, &[]),
        }
    }
}

pub(super) fn default_store(app: &App, letter: Option<&str>) -> Outcome<Exit> {
    if let Some(letter) = letter {
        let store = app.store_by_letter(letter)?;
        if !app.global.dry_run {
            let session = app.session()?;
            let done = session.set_default_store(Some(&store.entry_id()), StoreRole::Default);
            done.map_err(|e| app.failure(&e))?;
        }
    }
    let profile = app.profile()?;
    let stores = profile.services.iter().flat_map(|s| &s.providers);
    let is_default = |p: &&ProfileProvider| p.flags & resource_flags::DEFAULT_STORE != 0;
    let found = stores.filter(|p| !p.deleted).find(is_default);
    app.output.show(&DefaultStore {
        default_store: found.map(|p| p.letter.clone()),
    })?;
    Ok(Exit::Ok)
}
