//! `malle service`: the message services of a profile, added, configured and taken out.

mod available;
mod change;
mod find;
mod provider;
mod roles;
mod settings;
mod shown;

use std::io;

use serde::Serialize;

use crate::app::App;
use crate::args::ServiceCommand;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};

pub(super) use settings::{Given, checked};
pub(super) use shown::{ServiceView, write_services};

pub(super) fn run(app: &App, verb: ServiceCommand) -> Outcome<Exit> {
    match verb {
        ServiceCommand::List => list(app),
        ServiceCommand::Available { name } => available::run(app, name.as_deref()),
        ServiceCommand::Add {
            name,
            display_name,
            settings,
            ask,
        } => change::add(app, &name, display_name.as_deref(), &settings, ask),
        ServiceCommand::Configure {
            service,
            settings,
            unset,
            ask,
        } => change::configure(app, &service, &settings, &unset, ask),
        ServiceCommand::Show { service } => show(app, &service),
        ServiceCommand::Delete { service } => change::delete(app, &service),
        ServiceCommand::Copy { service, to } => change::copy(app, &service, to.as_deref()),
        ServiceCommand::Rename { service, name } => change::rename(app, &service, &name),
        ServiceCommand::Order { providers } => roles::order(app, &providers),
        ServiceCommand::Identity { service, none } => {
            roles::identity(app, service.as_deref(), none)
        }
        ServiceCommand::DefaultStore { store } => roles::default_store(app, store.as_deref()),
        ServiceCommand::Provider(verb) => provider::run(app, verb),
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct List(Vec<ServiceView>);

impl Shown for List {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        write_services(&self.0, to)
    }
}

fn list(app: &App) -> Outcome<Exit> {
    let profile = app.profile()?;
    app.output.show(&List(ServiceView::all(app, &profile)?))?;
    Ok(Exit::Ok)
}

fn show(app: &App, service: &str) -> Outcome<Exit> {
    let profile = app.profile()?;
    let at = find::service(app, &profile, service)?;
    let view = ServiceView::of(app, &profile, at)?;
    app.output.show(&view)?;
    Ok(Exit::Ok)
}

/// What was done to a service: `{"done","service","in_use","dry_run"}`.
#[derive(Serialize)]
pub(super) struct Done {
    /// `added`, `configured` …
    done: &'static str,
    service: ServiceView,
    /// Whether sessions use the profile, which see the change when they start anew.
    in_use: bool,
    /// Whether what was deleted goes only when the last of them ends.
    deferred: bool,
    dry_run: bool,
    #[serde(skip)]
    said: Msg,
}

impl Done {
    /// Shows it, and when it takes effect.
    pub(super) fn show(
        app: &App,
        done: (&'static str, Msg),
        service: ServiceView,
    ) -> Outcome<Exit> {
        Self::show_deferred(app, done, service, false)
    }

    /// The same; `deferred`: what was deleted is still there for the sessions that use it.
    pub(super) fn show_deferred(
        app: &App,
        (done, said): (&'static str, Msg),
        service: ServiceView,
        deferred: bool,
    ) -> Outcome<Exit> {
        let in_use = app.in_use(&app.profile_name()?)?;
        let dry_run = app.global.dry_run;
        app.output.show(&Self {
            done,
            service,
            in_use,
            deferred,
            dry_run,
            said,
        })?;
        match (dry_run, deferred, in_use) {
            (false, true, _) => app.output.note(Msg::InUseLater, &[]),
            (false, false, true) => app.output.note(Msg::NextSession, &[]),
            _ => {}
        }
        Ok(Exit::Ok)
    }
}

impl Shown for Done {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        if self.dry_run {
            to.say(Msg::WouldBe, &[&self.service.name_shown()])
        } else {
            to.say(self.said, &[&self.service.name_shown()])
        }
    }
}
