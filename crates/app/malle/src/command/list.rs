//! `malle list`: the messages of a folder.

mod opened;

use std::collections::HashMap;

use malle_views::StoreNames;
use mapi::{Folder, FolderKind, Restriction, SearchState};

use crate::app::App;
use crate::args::ListArgs;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;

use super::listing::{Folders, Groups, Listing, columns};

pub(super) fn run(app: &App, args: &ListArgs) -> Outcome<Exit> {
    let (store, folder) = app.folder(&args.folder)?;
    let names = StoreNames::of(&store);
    let path = store.path_of(&folder.entry_id());
    let path = path.map_err(|e| app.failure(&e))?;
    let view = opened::opened(app, &store, (&folder, &path), args.view.as_deref(), &names)?;
    let mut extra = view.columns;
    for asked in app.columns(&args.rows.columns, &names)? {
        if !extra.contains(&asked) {
            extra.push(asked);
        }
    }
    let restriction = match &args.rows.restriction {
        Some(written) => Some(app.restriction(written, &names)?),
        None => None,
    };
    let filter = match &args.filter {
        Some(query) => {
            let query = app.query(query)?;
            let asked = app.with_calendar(|calendar| store.restriction_of(&query, calendar));
            Some(asked.map_err(|e| app.unresolved(&e))?)
        }
        None => None,
    };
    // In JSON there are headings only where somebody asks for them.
    let as_viewed = args.rows.sort.is_empty() && args.group.is_empty() && !app.output.json;
    let (groups, sort) = if as_viewed {
        Groups::of_view(&view.sort, &names)
    } else {
        let sort = match args.rows.sort.as_slice() {
            [] => opened::flat(&view.sort),
            written => app.sort_order(written, &names)?,
        };
        (Groups::asked(app, args, &names)?, sort)
    };
    let mut all = columns(&extra);
    all.extend(groups.columns());
    let sort = groups.over(sort);
    let table = folder
        .contents()
        .columns(all)
        .restrict(both(view.restriction, both(restriction, filter)))
        .order(sort)
        .open()
        .map_err(|e| app.failure(&e))?;
    groups.expand(app, &table)?;
    let listing = Listing {
        app,
        store: &store,
        table: &table,
        folders: shown_in(app, &folder, path)?,
        extra: extra.into_iter().map(|(_, name)| name).collect(),
        view: view.titles,
        hidden: args.hidden,
        snippets: None,
        groups: &groups,
    };
    listing.show(&args.rows)?;
    Ok(Exit::Ok)
}

/// Where the messages of a folder are: those of a search folder lie elsewhere.
fn shown_in(app: &App, folder: &Folder, path: String) -> Outcome<Folders> {
    if folder.kind() != FolderKind::Search {
        return Ok(Folders::One(path));
    }
    let criteria = folder.search_criteria();
    if criteria.is_ok_and(|c| c.state.contains(SearchState::REBUILD)) {
        app.output.note(Msg::NotFilledYet, &[]);
    }
    Ok(Folders::Many(HashMap::new()))
}

/// Those of two restrictions that there are, joined.
pub(super) fn both(one: Option<Restriction>, other: Option<Restriction>) -> Option<Restriction> {
    match (one, other) {
        (Some(one), Some(other)) => Some(Restriction::And(vec![one, other])),
        (one, other) => one.or(other),
    }
}
