//! Profiles made: in one step, or by the wizard.

use std::io;

use malle_host::default_config;
use mapi::{Host, ProfileFlags, Setting, SettingProblem, WizardFlags};
use serde::Serialize;

use super::ProfileView;
use crate::app::App;
use crate::args::{AskArgs, SettingArgs};
use crate::command::service::{Given, checked};
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::settings::say_problem;

#[derive(Serialize)]
struct Created {
    #[serde(flatten)]
    profile: ProfileView,
}

impl Shown for Created {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let msg = if self.profile.default {
            Msg::ProfileCreatedDefault
        } else {
            Msg::ProfileCreated
        };
        to.say(msg, &[&self.profile.name])
    }
}

pub(super) fn create(
    app: &App,
    name: &str,
    (default, empty): (bool, bool),
    service: &str,
    args: &SettingArgs,
) -> Outcome<Exit> {
    let config = config(app, service, args)?;
    let host = app.host()?;
    if app.global.dry_run {
        let profile = mapi::Profile {
            name: name.to_owned(),
            ..mapi::Profile::default()
        };
        let profile = ProfileView::of(&profile, default);
        app.output.show(&Created { profile })?;
        return Ok(Exit::Ok);
    }
    let before = host.profiles().default_name().ok();
    if empty {
        let made = app
            .profile_admin()?
            .create_profile(name, ProfileFlags::NONE);
        made.map_err(|e| app.failure(&e))?;
    } else {
        host.create_profile(name, service, config)
            .map_err(|e| app.create_failure(&e))?;
    }
    // Who was the default one for being alone stays it.
    let lost = before.filter(|_| host.profiles().default_name().is_err());
    let default = if default { Some(name.to_owned()) } else { lost };
    if let Some(default) = default {
        let chosen = host.set_default_profile(Some(&default));
        chosen.map_err(|e| app.failure(&e))?;
    }
    app.output.show(&Created {
        profile: ProfileView::load(app, name)?,
    })?;
    Ok(Exit::Ok)
}

/// The settings of the service of a new profile: what is given, over what such profiles usually have.
fn config(app: &App, service: &str, args: &SettingArgs) -> Outcome<Given> {
    let settings = app.known_service(service)?.description().settings;
    let given = checked(app, &settings, args)?;
    let mut config = default_config(service).unwrap_or_default();
    for setting in &settings {
        if let Some(default) = &setting.default {
            config
                .entry(setting.key.clone())
                .or_insert_with(|| default.clone());
        }
    }
    config.extend(given);
    let problems = Setting::problems(&settings, &config);
    let missing = |p: &&SettingProblem| matches!(p, SettingProblem::Missing { .. });
    match problems.iter().find(missing) {
        Some(problem) => {
            let said = say_problem(app.output.lang, problem);
            Err(Failure::new(Exit::Usage, "bad-setting", said))
        }
        None => Ok(config),
    }
}

pub(super) fn wizard(app: &App, services: &[String], add: bool) -> Outcome<Exit> {
    for service in services {
        app.known_service(service)?;
    }
    app.can_ask(AskArgs { ask: true })?;
    let services: Vec<&str> = services.iter().map(String::as_str).collect();
    let flags = if add {
        WizardFlags::ADD_SERVICE_ONLY | WizardFlags::PROVIDER_UI_ONLY
    } else {
        WizardFlags::NONE
    };
    let default = app.host()?.profiles().default_name().ok();
    let before = match default.filter(|_| add) {
        Some(name) => Some(app.profile_of(&name)?.services),
        None => None,
    };
    let admin = app.profile_admin()?;
    let name = admin.launch_wizard(flags, &services);
    let name = name.map_err(|e| app.setting_failure(&e))?;
    let there = before.as_deref().unwrap_or_default();
    let mut made = make_stores(app, &name, there);
    if before.is_none() {
        // All of its stores are new; the default one gets its folders.
        let logon = |()| app.host()?.make_stores(&name).map_err(|e| app.failure(&e));
        made = made.and_then(logon).map(drop);
    }
    if let Err(failure) = made {
        if before.is_none() {
            // What cannot be logged on to is not left behind.
            let gone = admin.delete_profile(&name, ProfileFlags::NONE);
            gone.map_err(|e| app.failure(&e))?;
        }
        return Err(failure);
    }
    app.output.show(&Created {
        profile: ProfileView::load(app, &name)?,
    })?;
    Ok(Exit::Ok)
}

/// Makes the stores of the services that a profile has and had not; those that cannot be made are taken out again.
fn make_stores(app: &App, name: &str, before: &[mapi::ProfileService]) -> Outcome<()> {
    let services = app.profile_of(name)?.services.into_iter();
    let new = services.filter(|s| !before.iter().any(|b| b.uid == s.uid));
    for service in new {
        if let Err(error) = app.host()?.make_stores_of(name, service.uid) {
            let taken = app.service_admin_of(name)?.delete_service(service.uid);
            taken.map_err(|e| app.failure(&e))?;
            return Err(app.failure(&error));
        }
    }
    Ok(())
}
