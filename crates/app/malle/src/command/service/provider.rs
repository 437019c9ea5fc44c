//! Providers added to a service and taken out of it.

use mapi::ServiceFlags;

use super::change::props;
use super::settings::checked;
use super::{Done, ServiceView, find};
use crate::app::App;
use crate::args::{ProviderCommand, SettingArgs};
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;

pub(super) fn run(app: &App, verb: ProviderCommand) -> Outcome<Exit> {
    match verb {
        ProviderCommand::Add {
            service,
            name,
            settings,
        } => add(app, &service, &name, &settings),
        ProviderCommand::Delete { service, provider } => delete(app, &service, &provider),
    }
}

fn add(app: &App, word: &str, name: &str, args: &SettingArgs) -> Outcome<Exit> {
    let profile = app.profile()?;
    let at = find::service(app, &profile, word)?;
    let Some(entry) = profile.services.get(at) else {
        return Ok(Exit::NotFound);
    };
    let description = app.known_service(&entry.service)?.description();
    let known: Vec<&str> = description
        .providers
        .iter()
        .map(|p| p.name.as_str())
        .collect();
    let unknown = || {
        let parts: [&dyn std::fmt::Display; 2] = [&name, &known.join(", ")];
        app.fail(
            Exit::NotFound,
            "MAPI_E_NOT_FOUND",
            Msg::UnknownProviderOf,
            &parts,
        )
    };
    let provider = description.provider(name).ok_or_else(unknown)?;
    let given = checked(app, &provider.settings, args)?;
    if !app.global.dry_run {
        let props = props(app, &provider.settings, &given, &[])?;
        let admin = app.service_admin()?.admin_providers(entry.uid);
        let admin = admin.map_err(|e| app.failure(&e))?;
        let made = admin.create_provider(name, ServiceFlags::NONE, &props);
        made.map_err(|e| app.setting_failure(&e))?;
    }
    let view = ServiceView::of(app, &app.profile()?, at)?;
    Done::show(app, ("provider-added", Msg::ProviderAdded), view)
}

fn delete(app: &App, word: &str, provider: &str) -> Outcome<Exit> {
    let profile = app.profile()?;
    let at = find::service(app, &profile, word)?;
    let Some(entry) = profile.services.get(at) else {
        return Ok(Exit::NotFound);
    };
    let number = find::provider(app, entry, provider)?;
    let Some(provider) = entry.providers.get(number) else {
        return Ok(Exit::NotFound);
    };
    let mut deferred = false;
    if !app.global.dry_run {
        app.confirm(Msg::ConfirmProvider, &[&provider.display_name])?;
        let admin = app.service_admin()?.admin_providers(entry.uid);
        let admin = admin.map_err(|e| app.failure(&e))?;
        admin
            .delete_provider(provider.uid)
            .map_err(|e| app.setting_failure(&e))?;
        let now = app.profile()?;
        let mut marked = now.services.iter().flat_map(|s| &s.providers);
        deferred = marked.any(|p| p.uid == provider.uid && p.deleted);
    }
    let view = ServiceView::of(app, &app.profile()?, at)?;
    let done = ("provider-deleted", Msg::ProviderDeleted);
    Done::show_deferred(app, done, view, deferred)
}
