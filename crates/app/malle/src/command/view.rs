//! `malle view`: the views with which folders are opened.

mod create;
mod show;

use std::io;

use mapi::{DefaultView, EntryId, Folder, MsgStore, ViewPlace};
use serde::Serialize;

use crate::app::App;
use crate::args::ViewCommand;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text::{self, Column, Table};

pub(super) use show::{heading, key_of};

/// What stands for the normal view where a view's name is expected.
pub(super) const NORMAL: &str = "normal";

pub(super) fn run(app: &App, verb: ViewCommand) -> Outcome<Exit> {
    match verb {
        ViewCommand::List { folder } => list(app, &folder),
        ViewCommand::Show { folder, name } => show::run(app, &folder, &name),
        ViewCommand::Create(args) => create::run(app, &args),
        ViewCommand::SetDefault { folder, name } => set_default(app, &folder, &name),
        ViewCommand::Delete { folder, name } => delete(app, &folder, &name),
    }
}

/// `{"id","name","place","default"}`.
#[derive(Serialize)]
struct ViewRow {
    id: String,
    name: String,
    place: &'static str,
    default: bool,
}

#[derive(Serialize)]
#[serde(transparent)]
struct ViewRows(Vec<ViewRow>);

impl Shown for ViewRows {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut table = Table::new([
            Column::left(to.word(Msg::ColId)),
            Column::left(""),
            Column::left(to.word(Msg::ColName)).elastic(),
            Column::left(to.word(Msg::ColPlace)),
        ]);
        for view in &self.0 {
            let mark = if view.default { "*" } else { "" };
            let name = text::clean(&view.name).into_owned();
            let place = to.word(place_word(view.place)).to_owned();
            table.row([view.id.clone(), mark.to_owned(), name, place]);
        }
        let width = to.width();
        table.write(to, width)
    }
}

/// `{"action","id","name","folder","default","dry_run"?}`: what became of a view.
#[derive(Serialize)]
struct ViewDone {
    action: &'static str,
    /// Null for the normal view.
    id: Option<String>,
    name: String,
    folder: String,
    /// Whether the folder opens with it now.
    default: bool,
    #[serde(skip)]
    msg: Msg,
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
}

impl Shown for ViewDone {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        if self.dry_run.is_some() {
            return to.say(Msg::DryRun, &[]);
        }
        let (name, folder) = (text::clean(&self.name), text::clean(&self.folder));
        to.say(self.msg, &[&name, &folder])
    }
}

/// The name of a place in JSON and on the command line.
const fn place_name(place: ViewPlace) -> &'static str {
    match place {
        ViewPlace::Folder => "folder",
        ViewPlace::Personal => "personal",
        ViewPlace::Common => "common",
    }
}

fn place_word(name: &str) -> Msg {
    match name {
        "personal" => Msg::PlacePersonal,
        "common" => Msg::PlaceCommon,
        _ => Msg::PlaceFolder,
    }
}

/// The id of a view for people.
fn short_id(store: &MsgStore, id: &EntryId) -> String {
    match mapi_props::EntryId::decode(id.as_bytes()) {
        Ok(id) => store.short_id(mapi::ItemId(id.item)).to_string(),
        Err(_) => id.to_string(),
    }
}

/// A folder, its store and its path.
fn placed(app: &App, folder: &str) -> Outcome<(MsgStore, Folder, String)> {
    let (store, folder) = app.folder(folder)?;
    let path = store.path_of(&folder.entry_id());
    let path = path.map_err(|e| app.failure(&e))?;
    Ok((store, folder, path))
}

fn list(app: &App, folder: &str) -> Outcome<Exit> {
    let (store, folder, path) = placed(app, folder)?;
    let views = folder.views().map_err(|e| app.failure(&e))?;
    let default = folder.default_view().map_err(|e| app.failure(&e))?;
    tell_stale(app, &default, &path);
    let opens_with = default.view().map(|view| view.entry_id().clone());
    let row = |view: mapi::ListedView| ViewRow {
        id: short_id(&store, &view.id),
        default: opens_with.as_ref() == Some(&view.id),
        place: place_name(view.place),
        name: view.name,
    };
    app.output
        .show(&ViewRows(views.into_iter().map(row).collect()))?;
    Ok(Exit::Ok)
}

/// Says that a folder opens with the normal view because its own cannot be used.
pub(super) fn tell_stale(app: &App, default: &DefaultView, path: &str) {
    if let DefaultView::Stale { reason, .. } = default {
        let reason = malle_host::reason(reason);
        app.output.note(Msg::StaleView, &[&path, &reason]);
    }
}

fn set_default(app: &App, folder: &str, name: &str) -> Outcome<Exit> {
    let (store, folder, path) = placed(app, folder)?;
    let view = if name == NORMAL {
        None
    } else {
        Some(folder.view_named(name).map_err(|e| app.failure(&e))?)
    };
    let id = view.as_ref().map(mapi::FolderView::entry_id);
    if !app.global.dry_run {
        folder.set_default_view(id).map_err(|e| app.failure(&e))?;
    }
    app.output.show(&ViewDone {
        action: "default",
        id: id.map(|id| short_id(&store, id)),
        name: view
            .as_ref()
            .map_or(NORMAL, mapi::FolderView::name)
            .to_owned(),
        folder: path,
        default: true,
        msg: if view.is_some() {
            Msg::ViewIsDefault
        } else {
            Msg::NormalIsDefault
        },
        dry_run: app.global.dry_run.then_some(true),
    })?;
    Ok(Exit::Ok)
}

fn delete(app: &App, folder: &str, name: &str) -> Outcome<Exit> {
    let (store, folder, path) = placed(app, folder)?;
    // One that cannot be read can be deleted all the same.
    let views = folder.views().map_err(|e| app.failure(&e))?;
    let wanted = name.to_lowercase();
    let found = views.into_iter().find(|v| v.name.to_lowercase() == wanted);
    let missing = || mapi::Error::new(mapi::Code::NOT_FOUND, format!("there is no view `{name}`"));
    let view = found.ok_or_else(|| app.failure(&missing()))?;
    if !app.global.dry_run {
        folder.delete_view(&view.id).map_err(|e| app.failure(&e))?;
    }
    app.output.show(&ViewDone {
        action: "deleted",
        id: Some(short_id(&store, &view.id)),
        name: view.name,
        folder: path,
        default: false,
        msg: Msg::ViewDeleted,
        dry_run: app.global.dry_run.then_some(true),
    })?;
    Ok(Exit::Ok)
}
