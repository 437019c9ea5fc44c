//! `malle profile`: make, list, choose and delete profiles.

use std::io::{self, BufRead, IsTerminal, Write};

use malle_host::{DataOnDelete, default_config};
use serde::Serialize;

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
        } => create(app, &name, default, &service),
        ProfileCommand::List => list(app),
        ProfileCommand::Default { name } => default(app, name),
        ProfileCommand::Delete { name, purge } => delete(app, name, purge),
    }
}

/// A profile as shown: `{"name","default","stores":[{"letter","service"}]}`.
#[derive(Serialize)]
struct ProfileView {
    name: String,
    default: bool,
    stores: Vec<StoreView>,
}

#[derive(Serialize)]
struct StoreView {
    letter: String,
    service: String,
    default: bool,
}

fn view(app: &App, name: &str, default: bool) -> Outcome<ProfileView> {
    let loaded = app.host()?.profiles().load(name);
    let profile = loaded.map_err(|e| app.profile_failure(&e))?;
    let is_default = |p: &mapi::ProfileProvider| p.flags & mapi::resource_flags::DEFAULT_STORE != 0;
    let mut chosen = profile.stores().filter(|(_, store)| is_default(store));
    let chosen = chosen.next().map(|(_, store)| store.letter.clone());
    let store = |(service, store): (&mapi::ProfileService, &mapi::ProfileProvider)| StoreView {
        letter: store.letter.clone(),
        service: service.service.clone(),
        default: Some(&store.letter) == chosen.as_ref(),
    };
    Ok(ProfileView {
        name: name.to_owned(),
        default,
        stores: profile.stores().map(store).collect(),
    })
}

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

fn create(app: &App, name: &str, default: bool, service: &str) -> Outcome<Exit> {
    let Some(config) = default_config(service) else {
        return Err(app.fail(
            Exit::Usage,
            "no-such-service",
            Msg::UnknownService,
            &[&service],
        ));
    };
    let host = app.host()?;
    if !app.global.dry_run {
        host.create_profile(name, service, config)
            .map_err(|e| app.create_failure(&e))?;
        if default {
            let chosen = host.profiles().set_default(Some(name));
            chosen.map_err(|e| app.profile_failure(&e))?;
        }
    }
    let is_default = host.profiles().default_name().is_ok_and(|d| d == name);
    app.output.show(&Created {
        profile: view(app, name, is_default)?,
    })?;
    Ok(Exit::Ok)
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
            let mark = if profile.default {
                to.word(Msg::DefaultMark)
            } else {
                ""
            };
            table.row([profile.name.clone(), stores.join(", "), mark.to_owned()]);
        }
        let width = to.width();
        table.write(to, width)
    }
}

fn list(app: &App) -> Outcome<Exit> {
    let profiles = app.host()?.profiles();
    let names = profiles.names().map_err(|e| app.profile_failure(&e))?;
    let default = profiles.default_name().ok();
    let mut views = Vec::new();
    for name in names {
        views.push(view(app, &name, default.as_deref() == Some(&name))?);
    }
    app.output.show(&ProfileList(views))?;
    Ok(Exit::Ok)
}

/// `{"default":NAME}`.
#[derive(Serialize)]
struct DefaultView {
    default: String,
}

impl Shown for DefaultView {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        to.say(Msg::ProfileIsDefault, &[&self.default])
    }
}

fn default(app: &App, name: Option<String>) -> Outcome<Exit> {
    let profiles = app.host()?.profiles();
    let default = match name {
        Some(name) if app.global.dry_run => {
            profiles.load(&name).map_err(|e| app.profile_failure(&e))?;
            name
        }
        Some(name) => {
            profiles
                .set_default(Some(&name))
                .map_err(|e| app.profile_failure(&e))?;
            name
        }
        None => profiles
            .default_name()
            .map_err(|e| app.profile_failure(&e))?,
    };
    app.output.show(&DefaultView { default })?;
    Ok(Exit::Ok)
}

/// `{"deleted":NAME,"purged":bool,"data":DIR}`.
#[derive(Serialize)]
struct Deleted {
    deleted: String,
    purged: bool,
    data: String,
}

impl Shown for Deleted {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        if self.purged {
            to.say(Msg::ProfilePurged, &[&self.deleted])
        } else {
            to.say(Msg::ProfileDeleted, &[&self.deleted, &self.data])
        }
    }
}

fn delete(app: &App, name: String, purge: bool) -> Outcome<Exit> {
    let profiles = app.host()?.profiles();
    let folder = profiles.data_dir(&name);
    let folder = folder.map_err(|e| app.profile_failure(&e))?;
    if purge && !app.global.dry_run {
        app.confirm(Msg::ConfirmPurge, &[&name])?;
    }
    if !app.global.dry_run {
        let data = if purge {
            DataOnDelete::Remove
        } else {
            DataOnDelete::Keep
        };
        profiles
            .delete(&name, data)
            .map_err(|e| app.profile_failure(&e))?;
    }
    let data = folder.display().to_string();
    app.output.show(&Deleted {
        deleted: name,
        purged: purge,
        data,
    })?;
    Ok(Exit::Ok)
}

impl App {
    /// Asks before something that cannot be undone. Without a terminal only `--yes` goes on.
    #[expect(clippy::print_stderr, reason = "questions belong on standard error")]
    pub(crate) fn confirm(&self, question: Msg, parts: &[&dyn std::fmt::Display]) -> Outcome<()> {
        if self.global.yes {
            return Ok(());
        }
        let lang = self.output.lang;
        if self.output.json || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(self.fail(Exit::Usage, "needs-yes", Msg::NeedsYes, &[]));
        }
        eprint!(
            "{} {} ",
            lang.say(question, parts),
            lang.text(Msg::AnswerYesNo)
        );
        let _shown = io::stderr().flush();
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        let yes = ["y", "yes", "o", "oui"];
        if read.is_ok() && yes.contains(&answer.trim().to_lowercase().as_str()) {
            return Ok(());
        }
        Err(self.fail(Exit::Failure, "not-done", Msg::NotDone, &[]))
    }
}
