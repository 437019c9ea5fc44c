//! `malle secret`: store, test, list, delete and rotate secrets. None is ever shown.

mod input;
mod named;

use std::io;

use malle_host::secrets::{Removal, SecretEntry, SecretError, SecretName};
use serde::Serialize;

use crate::app::App;
use crate::args::{InputArgs, SecretCommand};
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text::{Column, Table};

pub(super) fn run(app: &App, verb: SecretCommand) -> Outcome<Exit> {
    match verb {
        SecretCommand::Set { name, input, .. } => set(app, &name, &input),
        SecretCommand::Test { name, .. } => test(app, &name),
        SecretCommand::List => list(app),
        SecretCommand::Delete { name, .. } => delete(app, &name),
        SecretCommand::Rotate {
            name: Some(name),
            input,
            ..
        } => rotate(app, &name, &input),
        SecretCommand::Rotate {
            new_passphrase_file,
            ..
        } => rotate_passphrase(app, new_passphrase_file.as_deref()),
    }
}

/// `{"name","place"}`: never the secret.
#[derive(Serialize)]
struct Named {
    name: String,
    place: Option<&'static str>,
    #[serde(skip)]
    said: Msg,
}

impl Shown for Named {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        to.say(self.said, &[&self.name, &self.place.unwrap_or("-")])
    }
}

fn set(app: &App, name: &str, input: &InputArgs) -> Outcome<Exit> {
    let name = named::of_service(app, name)?;
    store(app, &name, input, Msg::SecretStored)
}

fn rotate(app: &App, name: &str, input: &InputArgs) -> Outcome<Exit> {
    let name = named::any(app, name)?;
    let secrets = app.host()?.secrets();
    let call = app.cancellable();
    // What cannot be read now could not be put back if the new one were refused.
    secrets
        .check(&name, &call)
        .map_err(|e| app.secret_failure(&e))?;
    store(app, &name, input, Msg::SecretRotated)
}

fn store(app: &App, name: &SecretName, input: &InputArgs, said: Msg) -> Outcome<Exit> {
    let secrets = app.host()?.secrets();
    let value = input::secret(app, name, input)?;
    let place = match app.global.dry_run {
        true => None,
        false => {
            let stored = secrets.store(name, &value, &app.cancellable());
            Some(stored.map_err(|e| app.secret_failure(&e))?)
        }
    };
    app.output.show(&Named {
        name: name.to_string(),
        place: place.map(malle_host::secrets::Place::word),
        said,
    })?;
    Ok(Exit::Ok)
}

fn test(app: &App, name: &str) -> Outcome<Exit> {
    let name = named::any(app, name)?;
    let found = app.host()?.secrets().check(&name, &app.cancellable());
    let place = found.map_err(|e| app.secret_failure(&e))?;
    app.output.show(&Named {
        name: name.to_string(),
        place: Some(place.word()),
        said: Msg::SecretReadable,
    })?;
    Ok(Exit::Ok)
}

/// `{"name","place","leaving"}`.
#[derive(Serialize)]
struct EntryView {
    name: String,
    place: &'static str,
    leaving: bool,
}

#[derive(Serialize)]
#[serde(transparent)]
struct EntryList(Vec<EntryView>);

impl Shown for EntryList {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let mut table = Table::new([
            Column::left(to.word(Msg::ColName)).elastic(),
            Column::left(to.word(Msg::ColKeptIn)),
            Column::left(""),
        ]);
        for entry in &self.0 {
            let leaving = to.word(Msg::SecretLeaving);
            let mark = if entry.leaving { leaving } else { "" };
            table.row([entry.name.clone(), entry.place.to_owned(), mark.to_owned()]);
        }
        let width = to.width();
        table.write(to, width)
    }
}

fn list(app: &App) -> Outcome<Exit> {
    let entries = app.host()?.secrets().list();
    let entries = entries.map_err(|e| app.secret_failure(&e))?;
    let view = |entry: SecretEntry| EntryView {
        name: entry.name.to_string(),
        place: entry.place.word(),
        leaving: entry.leaving,
    };
    let wanted = |entry: &SecretEntry| {
        let profile = app.global.profile.as_deref();
        profile.is_none_or(|profile| entry.name.profile() == profile)
    };
    let shown = entries.into_iter().filter(wanted).map(view).collect();
    app.output.show(&EntryList(shown))?;
    Ok(Exit::Ok)
}

/// `{"deleted","pending"}`.
#[derive(Serialize)]
struct Deleted {
    deleted: String,
    pending: bool,
}

impl Shown for Deleted {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let said = if self.pending {
            Msg::SecretDeletedLater
        } else {
            Msg::SecretDeleted
        };
        to.say(said, &[&self.deleted])
    }
}

fn delete(app: &App, name: &str) -> Outcome<Exit> {
    let name = named::any(app, name)?;
    let secrets = app.host()?.secrets();
    let removal = match app.global.dry_run {
        true => secrets.list().map(|_| Removal::Done),
        false => secrets.delete(&name, &app.cancellable()),
    };
    let removal = removal.map_err(|e| app.secret_failure(&e))?;
    app.output.show(&Deleted {
        deleted: name.to_string(),
        pending: removal == Removal::Pending,
    })?;
    Ok(Exit::Ok)
}

/// `{"rotated":"passphrase"}`.
#[derive(Serialize)]
struct PassphraseRotated {
    rotated: &'static str,
}

impl Shown for PassphraseRotated {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        to.say(Msg::PassphraseRotated, &[])
    }
}

fn rotate_passphrase(app: &App, from: Option<&std::path::Path>) -> Outcome<Exit> {
    if !app.global.dry_run {
        let secrets = app.host()?.secrets();
        let done = secrets.rotate_passphrase(from, &app.cancellable());
        done.map_err(|e| app.secret_failure(&e))?;
    }
    app.output.show(&PassphraseRotated {
        rotated: "passphrase",
    })?;
    Ok(Exit::Ok)
}

impl App {
    /// A failure of the room of secrets.
    pub(crate) fn secret_failure(&self, error: &SecretError) -> Failure {
        let lang = self.output.lang;
        let (exit, code, message) = match error {
            SecretError::Missing { name } => (
                Exit::NotFound,
                "no-such-secret",
                lang.say(Msg::SecretMissing, &[name]),
            ),
            SecretError::WrongPassphrase { path } => (
                Exit::Authentication,
                "wrong-passphrase",
                lang.say(Msg::WrongPassphrase, &[&path.display()]),
            ),
            SecretError::NoPassphrase { path } => {
                let text = lang.say(Msg::NoPassphrase, &[&path.display()]);
                return Failure::new(Exit::Authentication, "no-passphrase", text)
                    .hint(lang.text(Msg::NoPassphraseHint));
            }
            SecretError::Locked => (
                Exit::Authentication,
                "keyring-locked",
                lang.text(Msg::KeyringLocked).to_owned(),
            ),
            SecretError::NoKeyring { detail } => (
                Exit::Failure,
                "no-keyring",
                lang.say(Msg::NoKeyring, &[detail]),
            ),
            SecretError::Empty => (
                Exit::Usage,
                "empty-secret",
                lang.text(Msg::SecretEmpty).to_owned(),
            ),
            SecretError::Name(bad) => (Exit::Usage, "bad-secret-name", bad.to_string()),
            SecretError::Cancelled => (
                Exit::Interrupted,
                "cancelled",
                lang.text(Msg::NotDone).to_owned(),
            ),
            other => (Exit::Failure, "secret", other.to_string()),
        };
        Failure::new(exit, code, message)
    }
}
