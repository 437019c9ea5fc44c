//! Services added, configured, copied and taken out.

use std::collections::BTreeMap;

use mapi::{
    NewService, Profile, PropTag, PropValue, ServiceFlags, Setting, SettingProblem, UiUse,
    service_flags,
};

use super::settings::{checked, refuse};
use super::{Done, ServiceView, find};
use crate::app::App;
use crate::args::{AskArgs, SettingArgs};
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;

pub(super) fn add(
    app: &App,
    name: &str,
    display_name: Option<&str>,
    args: &SettingArgs,
    ask: AskArgs,
) -> Outcome<Exit> {
    let description = app.known_service(name)?.description();
    let given = checked(app, &description.settings, args)?;
    app.can_ask(ask)?;
    let profile = app.profile()?;
    if !ask.ask {
        complete(app, &description.settings, &given)?;
    }
    let said = ("added", Msg::ServiceAdded);
    if app.global.dry_run {
        let mut would = profile;
        would.add(&description, given, &mut || mapi::Guid::NIL);
        let view = ServiceView::of(app, &would, would.services.len().saturating_sub(1))?;
        return Done::show(app, said, view);
    }
    let ui = if ask.ask { UiUse::Always } else { UiUse::Never };
    let mut new = NewService::of(name).settings(&given).ui(ui).with_stores();
    if let Some(display_name) = display_name {
        new = new.named(display_name);
    }
    let added = app.service_admin()?.create_service(&new);
    let uid = added.map_err(|e| app.setting_failure(&e))?;
    Done::show(app, said, view_of(app, uid)?)
}

/// Fails for what is missing: there is nobody to ask for it.
fn complete(app: &App, settings: &[Setting], values: &BTreeMap<String, String>) -> Outcome<()> {
    let problems = Setting::problems(settings, values).into_iter();
    let missing = problems.filter(|p| matches!(p, SettingProblem::Missing { .. }));
    refuse(app, &missing.collect::<Vec<_>>())
}

fn view_of(app: &App, uid: mapi::Guid) -> Outcome<ServiceView> {
    let profile = app.profile()?;
    let at = find::service(app, &profile, &uid.to_string())?;
    ServiceView::of(app, &profile, at)
}

pub(super) fn configure(
    app: &App,
    word: &str,
    args: &SettingArgs,
    unset: &[String],
    ask: AskArgs,
) -> Outcome<Exit> {
    let profile = app.profile()?;
    let at = find::service(app, &profile, word)?;
    let Some(entry) = profile.services.get(at) else {
        return Ok(Exit::NotFound);
    };
    let description = app.known_service(&entry.service)?.description();
    let settings = &description.settings;
    let given = checked(app, settings, args)?;
    let taken = unset
        .iter()
        .filter(|key| !settings.iter().any(|s| s.key == **key));
    let unknown: Vec<_> = taken
        .map(|key| SettingProblem::unknown(key, settings))
        .collect();
    refuse(app, &unknown)?;
    app.can_ask(ask)?;
    if given.is_empty() && unset.is_empty() && !ask.ask {
        return Err(app.fail(Exit::Usage, "usage", Msg::NothingToSet, &[]));
    }
    let mut values = entry.config.values.clone();
    values.extend(given.clone());
    values.retain(|key, _| !unset.contains(key));
    if !ask.ask {
        complete(app, settings, &values)?;
    }
    let said = ("configured", Msg::ServiceConfigured);
    if app.global.dry_run {
        return Done::show(app, said, would_be(app, &profile, at, values)?);
    }
    let props = props(app, settings, &given, unset)?;
    let flags = if ask.ask {
        ServiceFlags::UI_ALWAYS
    } else {
        ServiceFlags::NONE
    };
    let done = app
        .service_admin()?
        .configure_service(entry.uid, flags, &props);
    done.map_err(|e| app.setting_failure(&e))?;
    Done::show(app, said, view_of(app, entry.uid)?)
}

fn would_be(
    app: &App,
    profile: &Profile,
    at: usize,
    values: BTreeMap<String, String>,
) -> Outcome<ServiceView> {
    let mut would = profile.clone();
    if let Some(service) = would.services.get_mut(at) {
        service.config.values = values;
    }
    ServiceView::of(app, &would, at)
}

/// Settings by their tags; PT_NULL takes one away.
pub(super) fn props(
    app: &App,
    settings: &[Setting],
    given: &BTreeMap<String, String>,
    unset: &[String],
) -> Outcome<Vec<(PropTag, PropValue)>> {
    let mut props = Vec::new();
    for setting in settings {
        if let Some(text) = given.get(&setting.key) {
            let value = setting.value(text).map_err(|e| app.setting_failure(&e))?;
            props.push((value.tag(setting.tag.id()), value));
        } else if unset.contains(&setting.key) {
            props.push((setting.tag.with_type(mapi::PropType::NULL), PropValue::Null));
        }
    }
    Ok(props)
}

pub(super) fn delete(app: &App, word: &str) -> Outcome<Exit> {
    let profile = app.profile()?;
    let at = find::service(app, &profile, word)?;
    let view = ServiceView::of(app, &profile, at)?;
    let Some(entry) = profile.services.get(at) else {
        return Ok(Exit::NotFound);
    };
    if !app.global.dry_run {
        let has_default = entry.flags & service_flags::DEFAULT_STORE != 0
            || entry
                .providers
                .iter()
                .any(|p| p.flags & mapi::resource_flags::DEFAULT_STORE != 0);
        let question = if has_default {
            Msg::ConfirmDefaultService
        } else {
            Msg::ConfirmService
        };
        app.confirm(question, &[&view.name_shown()])?;
        let done = app.service_admin()?.delete_service(entry.uid);
        done.map_err(|e| app.setting_failure(&e))?;
    }
    Done::show(app, ("deleted", Msg::ServiceDeleted), view)
}

pub(super) fn copy(app: &App, word: &str, to: Option<&str>) -> Outcome<Exit> {
    let profile = app.profile()?;
    let at = find::service(app, &profile, word)?;
    let view = ServiceView::of(app, &profile, at)?;
    let Some(entry) = profile.services.get(at) else {
        return Ok(Exit::NotFound);
    };
    let to = match to {
        Some(name) => app.service_admin_of(name)?,
        None => app.service_admin()?,
    };
    if !app.global.dry_run {
        let done = app.service_admin()?.copy_service(entry.uid, &to);
        done.map_err(|e| app.setting_failure(&e))?;
    }
    Done::show(app, ("copied", Msg::ServiceCopied), view)
}

pub(super) fn rename(app: &App, word: &str, name: &str) -> Outcome<Exit> {
    let profile = app.profile()?;
    let at = find::service(app, &profile, word)?;
    let Some(entry) = profile.services.get(at) else {
        return Ok(Exit::NotFound);
    };
    match app.service_admin()?.rename_service(entry.uid, name) {
        Ok(()) => Ok(Exit::Ok),
        Err(e) => {
            let failure = app.failure(&e);
            Err(failure.hint(app.output.lang.text(Msg::ServiceNotRenamed)))
        }
    }
}
