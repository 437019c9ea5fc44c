//! `malle store`: care of a store's file.

use std::io;
use std::path::Path;

use mapi::{CheckReport, MsgStore, StoreFigures};
use mapi_props::Code;
use serde::Serialize;

use crate::app::App;
use crate::args::StoreCommand;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text;

pub(super) fn run(app: &App, verb: StoreCommand) -> Outcome<Exit> {
    match verb {
        StoreCommand::Check => check(app),
        StoreCommand::Info => info(app),
        StoreCommand::Compact => compact(app),
        StoreCommand::Backup { to } => backup(app, &to),
        StoreCommand::Care(args) => super::care::run(app, &args),
    }
}

/// Runs long work on the default store with progress and Ctrl-C.
fn long<T>(app: &App, what: Msg, work: impl FnOnce(&MsgStore) -> mapi::Result<T>) -> Outcome<T> {
    let (call, _watch) = app.watched(what);
    work(&app.store()?.with_call(call)).map_err(|e| failure(app, &e))
}

fn failure(app: &App, error: &mapi::Error) -> Failure {
    if error.code() == Code::NO_SUPPORT {
        return app.fail(Exit::Failure, "MAPI_E_NO_SUPPORT", Msg::NoFile, &[]);
    }
    app.failure(error)
}

/// `{"clean":bool,"folders","messages","values","problems":[{"code","detail"}]}`.
#[derive(Serialize)]
struct CheckView {
    clean: bool,
    folders: u64,
    messages: u64,
    values: u64,
    problems: Vec<ProblemView>,
}

#[derive(Serialize)]
struct ProblemView {
    code: &'static str,
    detail: String,
}

impl Shown for CheckView {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        if self.clean {
            return to.say(
                Msg::StoreClean,
                &[&self.folders, &self.messages, &self.values],
            );
        }
        to.say(Msg::StoreProblems, &[&self.problems.len()])?;
        for problem in &self.problems {
            to.line(format_args!("  {}: {}", problem.code, problem.detail))?;
        }
        Ok(())
    }
}

fn check(app: &App) -> Outcome<Exit> {
    let report: CheckReport = long(app, Msg::Checking, MsgStore::check)?;
    let problem = |p: mapi::Problem| ProblemView {
        code: p.code,
        detail: p.detail,
    };
    let view = CheckView {
        clean: report.problems.is_empty(),
        folders: report.folders,
        messages: report.messages,
        values: report.values,
        problems: report.problems.into_iter().map(problem).collect(),
    };
    app.output.show(&view)?;
    Ok(if view.clean { Exit::Ok } else { Exit::Failure })
}

/// Sizes and counts.
#[derive(Serialize)]
struct InfoView {
    store: String,
    letter: String,
    profile: String,
    directory: String,
    format: u32,
    file_bytes: u64,
    free_bytes: u64,
    folders: u64,
    messages: u64,
    deleted: u64,
    values: u64,
    value_bytes: u64,
    names: u64,
    log: LogView,
}

#[derive(Serialize)]
struct LogView {
    first: u64,
    last: u64,
}

impl Shown for InfoView {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let values = format!("{} ({})", self.values, text::size(self.value_bytes));
        let lines = [
            (Msg::InfoStore, format!("{} ({})", self.store, self.letter)),
            (Msg::InfoPath, self.directory.clone()),
            (Msg::InfoFormat, self.format.to_string()),
            (Msg::InfoFile, text::size(self.file_bytes)),
            (Msg::InfoFree, text::size(self.free_bytes)),
            (Msg::InfoFolders, self.folders.to_string()),
            (Msg::InfoMessages, self.messages.to_string()),
            (Msg::InfoDeleted, self.deleted.to_string()),
            (Msg::InfoValues, values),
            (Msg::InfoNames, self.names.to_string()),
            (
                Msg::InfoLog,
                format!("{}–{}", self.log.first, self.log.last),
            ),
        ];
        let width = lines
            .iter()
            .map(|(name, _)| to.word(*name).chars().count())
            .max();
        for (name, value) in lines {
            let word = to.word(name);
            let pad = width.unwrap_or(0).saturating_sub(word.chars().count());
            to.line(format_args!("{word}{}  {value}", " ".repeat(pad)))?;
        }
        Ok(())
    }
}

fn info(app: &App) -> Outcome<Exit> {
    let store = app.store()?;
    let figures: StoreFigures = store.figures().map_err(|e| failure(app, &e))?;
    let name = mapi::MapiProp::find(&store, mapi_props::tags::DISPLAY_NAME);
    let profile = app.profile_name()?;
    let directory = app.host()?.profiles().data_dir(&profile);
    let directory = directory.map_err(|e| app.profile_failure(&e))?;
    app.output.show(&InfoView {
        store: name.map_err(|e| app.failure(&e))?.unwrap_or_default(),
        letter: store.letter().to_owned(),
        profile,
        directory: directory.display().to_string(),
        format: figures.format,
        file_bytes: figures.file_bytes,
        free_bytes: figures.free_bytes,
        folders: figures.folders,
        messages: figures.messages,
        deleted: figures.deleted,
        values: figures.values,
        value_bytes: figures.value_bytes,
        names: figures.names,
        log: LogView {
            first: figures.log.0,
            last: figures.log.1,
        },
    })?;
    Ok(Exit::Ok)
}

/// `{"freed_bytes"}`.
#[derive(Serialize)]
struct Compacted {
    freed_bytes: u64,
}

impl Shown for Compacted {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        to.say(Msg::Compacted, &[&text::size(self.freed_bytes)])
    }
}

fn compact(app: &App) -> Outcome<Exit> {
    let freed_bytes = if app.global.dry_run {
        app.store()?
            .figures()
            .map_err(|e| failure(app, &e))?
            .free_bytes
    } else {
        long(app, Msg::Compacting, MsgStore::compact)?
    };
    app.output.show(&Compacted { freed_bytes })?;
    Ok(Exit::Ok)
}

/// `{"backup":PATH}`.
#[derive(Serialize)]
struct BackedUp {
    backup: String,
}

impl Shown for BackedUp {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        to.say(Msg::BackedUp, &[&self.backup])
    }
}

fn backup(app: &App, to: &Path) -> Outcome<Exit> {
    if !app.global.dry_run {
        long(app, Msg::CopyingStore, |store| store.backup(to))?;
    }
    app.output.show(&BackedUp {
        backup: to.display().to_string(),
    })?;
    Ok(Exit::Ok)
}
