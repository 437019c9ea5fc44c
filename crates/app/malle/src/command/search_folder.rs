//! `malle search-folder`: folders that show what a query finds.
//! Reference: "MAPI Search Folders", "IMAPIContainer::SetSearchCriteria" (requirement STO-05)

mod change;
mod view;

use mapi::{Depth, EntryId, Folder, FolderKind, MsgStore, OpenFlags, SpecialFolder};
use mapi_props::{Code, RelOp, Restriction, tags};

use crate::app::App;
use crate::args::SearchFolderCommand;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;

use view::{Done, Line, Lines, Whole};

/// PR_FOLDER_TYPE of search folders.
const FOLDER_SEARCH: i32 = 2;

pub(super) fn run(app: &App, verb: SearchFolderCommand) -> Outcome<Exit> {
    match verb {
        SearchFolderCommand::Create(args) => change::create(app, &args),
        SearchFolderCommand::List => list(app),
        SearchFolderCommand::Show { name } => show(app, &name),
        SearchFolderCommand::Edit(args) => change::edit(app, &args),
        SearchFolderCommand::Delete { name } => delete(app, &name),
    }
}

fn list(app: &App) -> Outcome<Exit> {
    let store = app.store()?;
    let folders = app.api(all(&store))?;
    let lines = folders.iter().map(|folder| Line::of(&store, folder));
    let mut lines = app.api(lines.collect::<mapi::Result<Vec<_>>>())?;
    lines.sort_by(|a, b| a.path.cmp(&b.path));
    app.output.show(&Lines(lines))?;
    Ok(Exit::Ok)
}

/// All search folders of a store.
fn all(store: &MsgStore) -> mapi::Result<Vec<Folder>> {
    let is_search = Restriction::property(tags::FOLDER_TYPE, RelOp::Eq, FOLDER_SEARCH);
    let table = store
        .root_folder()?
        .hierarchy(Depth::All)
        .columns([tags::ENTRYID.raw()])
        .restrict(is_search)
        .open()?;
    let mut found = Vec::new();
    loop {
        let rows = table.query_rows(500)?;
        if rows.is_empty() {
            return Ok(found);
        }
        for row in rows {
            found.push(store.open_folder(row.entry_id(), OpenFlags::BEST_ACCESS)?);
        }
    }
}

fn show(app: &App, name: &str) -> Outcome<Exit> {
    let (store, folder) = search_folder(app, name)?;
    let whole = app.api(Whole::of(&store, &folder))?;
    app.output.show(&whole)?;
    Ok(Exit::Ok)
}

fn delete(app: &App, name: &str) -> Outcome<Exit> {
    let (store, folder) = search_folder(app, name)?;
    let line = app.api(Line::of(&store, &folder))?;
    if !app.global.dry_run {
        app.api(remove(&store, &folder))?;
    }
    let said = Some((Msg::SearchFolderDeleted, vec![line.path.clone()]));
    done(app, "deleted", line, said)
}

fn remove(store: &MsgStore, folder: &Folder) -> mapi::Result<()> {
    let parent = store.open_folder(&folder.parent_id()?, OpenFlags::MODIFY)?;
    parent
        .delete_folder(&folder.entry_id(), mapi::DeleteFolderFlags::NONE)
        .map(drop)
}

/// A search folder by its name in the search root, its path or its id.
fn search_folder(app: &App, name: &str) -> Outcome<(MsgStore, Folder)> {
    let (store, folder) = app.folder(name)?;
    if folder.kind() == FolderKind::Search {
        return Ok((store, folder));
    }
    // An ordinary folder may have the same name.
    let root = app.api(search_root(&store))?;
    match app.api(root.child(name))? {
        Some(found) if found.kind() == FolderKind::Search => Ok((store, found)),
        _ => Err(app.fail(
            Exit::NotFound,
            "MAPI_E_NOT_FOUND",
            Msg::NotASearchFolder,
            &[&name],
        )),
    }
}

fn search_root(store: &MsgStore) -> mapi::Result<Folder> {
    store.special_folder(SpecialFolder::Finder)
}

/// Shows what was done to a search folder.
fn done(
    app: &App,
    action: &'static str,
    line: Line,
    said: Option<(Msg, Vec<String>)>,
) -> Outcome<Exit> {
    let dry_run = app.global.dry_run.then_some(true);
    app.output.show(&Done {
        action,
        line,
        said,
        dry_run,
    })?;
    Ok(Exit::Ok)
}

/// The folders of a search by path; those that are gone by their ids.
fn paths(store: &MsgStore, folders: &[EntryId]) -> mapi::Result<Vec<String>> {
    let path = |id: &EntryId| match store.path_of(id) {
        Err(e) if matches!(e.code(), Code::NOT_FOUND | Code::OBJECT_DELETED) => Ok(id.to_string()),
        path => path,
    };
    folders.iter().map(path).collect()
}
