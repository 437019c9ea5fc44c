//! `malle profile`: make, list, choose, copy and delete profiles.

mod change;
mod create;
mod transfer;

use std::io;

use malle_host::ProfileError;
use mapi::{Profile, ProviderKind, resource_flags};
use serde::Serialize;

use super::service::{ServiceView, write_services};
use crate::app::App;
use crate::args::ProfileCommand;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text::{Column, Table};

pub(super) fn run(app: &App, verb: ProfileCommand) -> Outcome<Exit> {
    match verb {
        ProfileCommand::Create {
            name,
            default,
            service,
            empty,
            settings,
        } => create::create(app, &name, (default, empty), &service, &settings),
        ProfileCommand::Wizard { service, add } => create::wizard(app, &service, add),
        ProfileCommand::List => list(app),
        ProfileCommand::Show { name } => show(app, name),
        ProfileCommand::Copy { name, new } => change::copy(app, &name, &new),
        ProfileCommand::Rename { name, new } => change::rename(app, &name, &new),
        ProfileCommand::Default { name, none } => default(app, name, none),
        ProfileCommand::Delete { name, purge } => change::delete(app, &name, purge),
        ProfileCommand::Export { name, to } => transfer::export(app, &name, to.as_deref()),
        ProfileCommand::Import { name, file } => transfer::import(app, &name, &file),
    }
}

/// A profile as shown: `{"name","default","stores":[{"letter","service","default"}]}`.
#[derive(Serialize)]
pub(super) struct ProfileView {
    name: String,
    default: bool,
    stores: Vec<StoreView>,
    /// The name that it gets when its last session ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    renamed_to: Option<String>,
}

#[derive(Serialize)]
struct StoreView {
    letter: String,
    service: String,
    default: bool,
}

impl ProfileView {
    pub(super) fn load(app: &App, name: &str) -> Outcome<Self> {
        let profile = app.profile_of(name)?;
        Ok(Self::of(&profile, is_default(app, name)?))
    }

    pub(super) fn of(profile: &Profile, default: bool) -> Self {
        let services = profile.services.iter();
        let all = services.flat_map(|s| s.providers.iter().map(|p| (s.service.as_str(), p)));
        let stores = all.filter(|(_, p)| p.kind == ProviderKind::Store && !p.deleted);
        let store = |(service, p): (&str, &mapi::ProfileProvider)| StoreView {
            letter: p.letter.clone(),
            service: service.to_owned(),
            default: p.flags & resource_flags::DEFAULT_STORE != 0,
        };
        Self {
            name: profile.name.clone(),
            default,
            stores: stores.map(store).collect(),
            renamed_to: profile.renamed_to.clone(),
        }
    }
}

fn is_default(app: &App, name: &str) -> Outcome<bool> {
    Ok(app
        .host()?
        .profiles()
        .default_name()
        .is_ok_and(|d| d == name))
}

#[derive(Serialize)]
#[serde(transparent)]
struct ProfileList(Vec<ProfileView>);

impl Shown for ProfileList {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let mut table = Table::new([
            Column::left(to.word(Msg::ColName)),
            Column::left(to.word(Msg::ColService)).elastic(),
            Column::left(""),
        ]);
        for profile in &self.0 {
            let stores = profile.stores.iter();
            let stores: Vec<_> = stores
                .map(|s| format!("{} {}", s.letter, s.service))
                .collect();
            let mut mark = String::new();
            if profile.default {
                mark.push_str(to.word(Msg::DefaultMark));
            }
            if let Some(new) = &profile.renamed_to {
                mark.push_str(&format!(" → {new}"));
            }
            table.row([profile.name.clone(), stores.join(", "), mark]);
        }
        let width = to.width();
        table.write(to, width)
    }
}

fn list(app: &App) -> Outcome<Exit> {
    let profiles = app.host()?.profiles();
    let entries = profiles.entries().map_err(|e| app.profile_failure(&e))?;
    let default = profiles.default_name().ok();
    let mut views = Vec::new();
    let mut exit = Exit::Ok;
    for entry in entries.into_iter().filter(|e| !e.deleted) {
        match profiles.load(&entry.name) {
            Ok(profile) => {
                let is_default = default.as_deref() == Some(&entry.name);
                views.push(ProfileView::of(&profile, is_default));
            }
            // Gone since it was listed.
            Err(ProfileError::Unknown { .. }) => {}
            // One that cannot be read keeps no other from being shown.
            Err(error @ ProfileError::Malformed { .. }) => {
                app.output.note(Msg::Verbatim, &[&error]);
                exit = Exit::Partial;
            }
            Err(error) => return Err(app.profile_failure(&error)),
        }
    }
    app.output.show(&ProfileList(views))?;
    Ok(exit)
}

/// A profile with its services: `{"name","default","base","in_use","services"}`.
#[derive(Serialize)]
struct Whole {
    name: String,
    default: bool,
    /// Where relative paths of its settings start.
    base: String,
    in_use: bool,
    renamed_to: Option<String>,
    services: Vec<ServiceView>,
}

impl Shown for Whole {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let mark = if self.default {
            to.word(Msg::DefaultMark)
        } else {
            ""
        };
        let head = to.strong(&self.name);
        to.line(format!("{head}  {}  {mark}", self.base).trim_end())?;
        if self.in_use {
            to.say(Msg::ProfileInUse, &[])?;
        }
        if let Some(new) = &self.renamed_to {
            to.say(Msg::ProfileRenamedLater, &[&self.name, new])?;
        }
        write_services(&self.services, to)
    }
}

fn show(app: &App, name: Option<String>) -> Outcome<Exit> {
    let name = match name {
        Some(name) => name,
        None => app.profile_name()?,
    };
    let profile = app.profile_of(&name)?;
    app.output.show(&Whole {
        default: is_default(app, &name)?,
        base: profile.base.display().to_string(),
        in_use: app.in_use(&name)?,
        renamed_to: profile.renamed_to.clone(),
        services: ServiceView::all(app, &profile)?,
        name,
    })?;
    Ok(Exit::Ok)
}

/// `{"default":NAME}`, null where there is none.
#[derive(Serialize)]
struct DefaultView {
    default: Option<String>,
}

impl Shown for DefaultView {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        match &self.default {
            Some(name) => to.say(Msg::ProfileIsDefault, &[name]),
            None => to.say(Msg::NoDefaultProfile, &[]),
        }
    }
}

fn default(app: &App, name: Option<String>, none: bool) -> Outcome<Exit> {
    let profiles = app.host()?.profiles();
    let failed = |e: &ProfileError| app.profile_failure(e);
    let default = match name {
        _ if none => None,
        Some(name) => {
            profiles.load(&name).map_err(|e| failed(&e))?;
            Some(name)
        }
        None => {
            let default = profiles.default_name().map_err(|e| failed(&e))?;
            app.output.show(&DefaultView {
                default: Some(default),
            })?;
            return Ok(Exit::Ok);
        }
    };
    if !app.global.dry_run {
        let set = app.profile_admin()?.set_default_profile(default.as_deref());
        set.map_err(|e| app.failure(&e))?;
    }
    app.output.show(&DefaultView { default })?;
    Ok(Exit::Ok)
}
