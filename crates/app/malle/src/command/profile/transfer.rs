//! Profiles as files: written without their secrets, and read.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use serde::Serialize;

use super::ProfileView;
use crate::app::App;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};

/// `{"exported":NAME,"to":FILE,"left_out":[…]}`; without a file: `{"exported","text","left_out"}`.
#[derive(Serialize)]
struct Exported {
    exported: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    left_out: Vec<String>,
}

impl Shown for Exported {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        match (&self.text, &self.to) {
            (Some(text), _) => to.write_all(text.as_bytes()),
            (None, Some(file)) => to.say(Msg::ProfileExported, &[&self.exported, file]),
            (None, None) => Ok(()),
        }
    }
}

fn at(path: &Path, error: &io::Error) -> Failure {
    let exit = match error.kind() {
        io::ErrorKind::NotFound => Exit::NotFound,
        _ => Exit::Failure,
    };
    Failure::new(exit, "file", format!("{}: {error}", path.display()))
}

pub(super) fn export(app: &App, name: &str, to: Option<&Path>) -> Outcome<Exit> {
    let export = app.host()?.profiles().export(name);
    let export = export.map_err(|e| app.profile_failure(&e))?;
    if let Some(path) = to.filter(|_| !app.global.dry_run) {
        let written = malle_host::write_atomically(path, export.text.as_bytes());
        written.map_err(|e| at(path, &e))?;
    }
    for what in &export.left_out {
        app.output.note(Msg::LeftOut, &[what]);
    }
    app.output.show(&Exported {
        exported: name.to_owned(),
        to: to.map(|path| path.display().to_string()),
        text: to.is_none().then_some(export.text),
        left_out: export.left_out.iter().map(ToString::to_string).collect(),
    })?;
    Ok(Exit::Ok)
}

/// `{"imported":NAME,"notes":[…]}`.
#[derive(Serialize)]
struct Imported {
    #[serde(flatten)]
    profile: ProfileView,
    /// What it cannot work with yet.
    notes: Vec<String>,
}

impl Shown for Imported {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        to.say(Msg::ProfileCreated, &[&self.profile.name])
    }
}

pub(super) fn import(app: &App, name: &str, file: &Path) -> Outcome<Exit> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    let text = text.map_err(|e| at(file, &e))?;
    let profiles = app.host()?.profiles();
    if app.global.dry_run {
        let notes = profiles.try_import(name, file, &text);
        let notes = notes.map_err(|e| app.profile_failure(&e))?;
        let profile = mapi::Profile {
            name: name.to_owned(),
            ..mapi::Profile::default()
        };
        let profile = ProfileView::of(&profile, false);
        app.output.show(&Imported {
            profile,
            notes: notes.iter().map(ToString::to_string).collect(),
        })?;
        return Ok(Exit::Ok);
    }
    let notes = profiles.import(name, file, &text);
    let notes = notes.map_err(|e| app.profile_failure(&e))?;
    let mut notes: Vec<_> = notes.iter().map(ToString::to_string).collect();
    // What does not work yet is told; the profile is there all the same.
    match app.host()?.make_stores(name) {
        Ok(failures) => notes.extend(
            failures
                .iter()
                .map(|f| format!("{}: {}", f.display_name, f.error.detail)),
        ),
        Err(error) => notes.push(malle_host::reason(&error)),
    }
    for note in &notes {
        app.output.note(Msg::Verbatim, &[note]);
    }
    app.output.show(&Imported {
        profile: ProfileView::load(app, name)?,
        notes,
    })?;
    Ok(Exit::Ok)
}
