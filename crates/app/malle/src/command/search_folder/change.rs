//! Making search folders, and changing what they look for.

use mapi::query::Query;
use mapi::{CreateFolderFlags, EntryId, Folder, MsgStore, SearchFlags};
use mapi_props::{Code, Kind};

use super::view::{Line, State, criteria};
use super::{done, remove, search_folder, search_root};
use crate::app::App;
use crate::args::{SearchFolderCreateArgs, SearchFolderEditArgs};
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;

/// What a search folder is to look for, and where.
struct Wanted {
    query: Option<Query>,
    folders: Option<Vec<EntryId>>,
    flags: SearchFlags,
}

pub(super) fn create(app: &App, args: &SearchFolderCreateArgs) -> Outcome<Exit> {
    let query = app.query(&args.query.join(" "))?;
    let parent = args.parent.as_deref().map(|p| app.folder(p)).transpose()?;
    let store = app.store()?;
    let (store, parent) = match parent {
        Some(placed) => placed,
        None => {
            let root = app.api(search_root(&store))?;
            (store, root)
        }
    };
    let mut wanted = wanted(app, &store, query, &args.folders)?;
    wanted.flags = wanted.flags | depth(args.shallow, !args.shallow);
    if args.fixed {
        wanted.flags = wanted.flags | SearchFlags::STATIC;
    }
    if wanted.folders.is_none() {
        wanted.folders = Some(vec![app.api(store.ipm_subtree())?.entry_id()]);
    }
    if app.global.dry_run {
        return tried(app, &store, &parent, &args.name, &wanted);
    }
    let made = parent.create_search_folder(&args.name, None, CreateFolderFlags::NONE);
    let folder = app.api(made)?;
    fill_new(app, &store, &folder, &wanted)?;
    tell_days(app, wanted.query.as_ref());
    let line = app.api(Line::of(&store, &folder))?;
    let said = vec![
        line.path.clone(),
        line.id.clone().unwrap_or_default(),
        line.messages.to_string(),
    ];
    done(app, "created", line, Some((Msg::SearchFolderCreated, said)))
}

pub(super) fn edit(app: &App, args: &SearchFolderEditArgs) -> Outcome<Exit> {
    let (store, folder) = search_folder(app, &args.name)?;
    let mut wanted = match &args.query {
        Some(query) => wanted(app, &store, app.query(query)?, &args.folders)?,
        None => Wanted {
            query: None,
            folders: scope(app, &args.folders)?,
            flags: SearchFlags::FOREGROUND,
        },
    };
    wanted.flags = wanted.flags | depth(args.shallow, args.recursive);
    if args.stop {
        wanted.flags = wanted.flags | SearchFlags::STOP;
    }
    // Who says what to look for wants to see it.
    let anew = args.query.is_some() || !args.folders.is_empty();
    if args.restart || (anew && !args.stop) {
        wanted.flags = wanted.flags | SearchFlags::RESTART;
    }
    if app.global.dry_run {
        let line = app.api(Line::of(&store, &folder))?;
        return done(app, "changed", line, None);
    }
    if wanted.folders.is_none() && app.api(criteria(&folder))?.is_none() {
        // It has looked nowhere yet.
        wanted.folders = Some(vec![app.api(store.ipm_subtree())?.entry_id()]);
    }
    app.fill(&folder, &wanted)?;
    tell_days(app, wanted.query.as_ref());
    let folder = match &args.rename {
        Some(name) => renamed(app, &store, &folder, name)?,
        None => folder,
    };
    let line = app.api(Line::of(&store, &folder))?;
    let said = vec![
        line.path.clone(),
        line.id.clone().unwrap_or_default(),
        line.messages.to_string(),
    ];
    let msg = match line.state {
        State::Stopped => Msg::SearchFolderStopped,
        _ => Msg::SearchFolderChanged,
    };
    done(app, "changed", line, Some((msg, said)))
}

/// What a query asks for: a folder at its top is where to look, unless others are given.
fn wanted(app: &App, store: &MsgStore, query: Query, folders: &[String]) -> Outcome<Wanted> {
    let mut folders = scope(app, folders)?;
    let mut query = query;
    if folders.is_none()
        && let Some((path, rest)) = query.within()
    {
        folders = Some(vec![app.folder(&path)?.1.entry_id()]);
        query = rest;
    }
    // What it names must be there before anything is made.
    app.with_calendar(|calendar| store.restriction_of(&query, calendar))
        .map_err(|e| app.unresolved(&e))?;
    Ok(Wanted {
        query: Some(query),
        folders,
        flags: SearchFlags::FOREGROUND,
    })
}

fn scope(app: &App, folders: &[String]) -> Outcome<Option<Vec<EntryId>>> {
    if folders.is_empty() {
        return Ok(None);
    }
    let id = |path: &String| Ok(app.folder(path)?.1.entry_id());
    folders.iter().map(id).collect::<Outcome<_>>().map(Some)
}

fn depth(shallow: bool, recursive: bool) -> SearchFlags {
    match (shallow, recursive) {
        (true, _) => SearchFlags::SHALLOW,
        (false, true) => SearchFlags::RECURSIVE,
        (false, false) => SearchFlags::NONE,
    }
}

/// Says that days counted from today are fixed now.
fn tell_days(app: &App, query: Option<&Query>) {
    if query.is_some_and(Query::is_relative) {
        app.output.note(Msg::DaysAreFixed, &[]);
    }
}

/// What would be made, with the messages that it would show.
fn tried(
    app: &App,
    store: &MsgStore,
    parent: &Folder,
    name: &str,
    wanted: &Wanted,
) -> Outcome<Exit> {
    let parent = app.api(store.path_of(&parent.entry_id()))?;
    let line = Line {
        id: None,
        path: format!("{parent}/{}", name.replace('/', "\\/")),
        query: wanted.query.as_ref().map(ToString::to_string),
        state: State::Unset,
        messages: 0,
        unread: 0,
    };
    done(app, "created", line, None)
}

/// Sets the criteria of a folder that was just made; one that cannot be set is not left behind.
fn fill_new(app: &App, store: &MsgStore, folder: &Folder, wanted: &Wanted) -> Outcome<()> {
    match app.fill(folder, wanted) {
        Err(failure) if failure.exit != Exit::Interrupted => {
            let state = criteria(folder);
            if matches!(state, Ok(None)) {
                app.api(remove(store, folder))?;
            }
            Err(failure)
        }
        filled => filled,
    }
}

/// A folder of another name that looks for the same, in place of this one.
fn renamed(app: &App, store: &MsgStore, folder: &Folder, name: &str) -> Outcome<Folder> {
    if app.api(criteria(folder))?.is_none() {
        return Err(app.fail(
            Exit::Failure,
            "MAPI_E_NOT_INITIALIZED",
            Msg::SearchUnset,
            &[],
        ));
    }
    let parent = app.api(folder.parent_id())?;
    let parent = app.api(store.open_folder(&parent, mapi::OpenFlags::MODIFY))?;
    let made = parent.create_search_folder(name, None, CreateFolderFlags::NONE);
    let made = app.api(made)?;
    let (call, _watch) = app.watched(Msg::Searching);
    let copied = made.with_call(call).copy_search(folder);
    if let Err(e) = copied {
        if e.kind() != Kind::Cancelled {
            app.api(remove(store, &made))?;
        }
        return Err(app.failure(&e));
    }
    app.api(remove(store, folder))?;
    Ok(made)
}

impl App {
    /// Has a search folder look for what is wanted, until it shows that.
    fn fill(&self, folder: &Folder, wanted: &Wanted) -> Outcome<()> {
        let (call, _watch) = self.watched(Msg::Searching);
        let folder = folder.with_call(call);
        let (folders, flags) = (wanted.folders.as_deref(), wanted.flags);
        let set = match &wanted.query {
            Some(query) => self
                .with_calendar(|calendar| folder.set_search_query(query, calendar, folders, flags)),
            None => folder.set_search_criteria(None, folders, flags),
        };
        set.map_err(|e| {
            if e.kind() == Kind::Cancelled {
                return self
                    .failure(&e)
                    .hint(self.output.lang.text(Msg::SearchGoesOn));
            }
            if e.code() == Code::NOT_FOUND {
                return self.unresolved(&e);
            }
            self.failure(&e)
        })
    }
}
