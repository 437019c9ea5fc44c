//! `malle search`: messages found by words, people, dates and more.

use std::collections::HashMap;
use std::io;

use malle_views::{Snippets, StoreNames};
use mapi::query::Query;
use mapi::{MsgStore, Restriction, Search};
use mapi_props::names::NameMap;
use mapi_props::{json, text};
use serde::Serialize;
use serde_json::Value;

use crate::app::App;
use crate::args::{SearchArgs, SnippetsWhen};
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text::clean;

use super::listing::{Folders, Groups, Listing, columns};

pub(super) fn run(app: &App, args: &SearchArgs) -> Outcome<Exit> {
    let mut query = app.query(&args.query.join(" "))?;
    if let Some(folder) = &args.folder {
        query = query.inside(folder);
    }
    let store = app.store()?.with_call(app.cancellable());
    let search = search(app, args, &store, &query)?;
    if lacks_index(app, &search, &query)? {
        // The index of an older file is built at its first use, by who may write.
        return run_in(&app.inspecting(), args, &query);
    }
    show(app, args, &store, search, &query)
}

/// Whether words are looked for that the store, open for reading only, does not find in an index.
fn lacks_index(app: &App, search: &Search, query: &Query) -> Outcome<bool> {
    if query.words().is_empty() {
        return Ok(false);
    }
    let plan = search.explain().map_err(|e| app.failure(&e))?;
    Ok(plan.expression.is_none())
}

fn run_in(app: &App, args: &SearchArgs, query: &Query) -> Outcome<Exit> {
    let (call, _watch) = app.watched(Msg::Searching);
    let store = app.store()?.with_call(call);
    let search = search(app, args, &store, query)?;
    show(app, args, &store, search, query)
}

fn show(
    app: &App,
    args: &SearchArgs,
    store: &MsgStore,
    search: Search,
    query: &Query,
) -> Outcome<Exit> {
    if args.explain {
        app.output.show(&explain(app, store, &search, query)?)?;
    } else if args.count {
        let count = search.count().map_err(|e| app.failure(&e))?;
        app.output.show(&Count { count })?;
    } else {
        list(app, args, store, search, query)?;
    }
    Ok(Exit::Ok)
}

/// What the arguments ask for.
fn search(app: &App, args: &SearchArgs, store: &MsgStore, query: &Query) -> Outcome<Search> {
    let names = StoreNames::of(store);
    let search = app.with_calendar(|calendar| store.search_for(query, calendar));
    let mut search = search.map_err(|e| app.unresolved(&e))?;
    if let Some(written) = &args.rows.restriction {
        let restriction = app.restriction(written, &names)?;
        search = search.also(restriction);
    }
    // Looked up once for all that is asked of it.
    let folder = search.folder().map_err(|e| app.failure(&e))?;
    let order = app.sort_order(&args.rows.sort, &names)?;
    Ok(search.within(&folder).order(order))
}

fn list(
    app: &App,
    args: &SearchArgs,
    store: &MsgStore,
    search: Search,
    query: &Query,
) -> Outcome<()> {
    let extra = app.columns(&args.rows.columns, &StoreNames::of(store))?;
    let table = search.columns(columns(&extra)).open();
    let snippets = match args.snippets {
        SnippetsWhen::Auto => !app.output.json,
        SnippetsWhen::Always => true,
        SnippetsWhen::Never => false,
    };
    let listing = Listing {
        app,
        store,
        table: &table.map_err(|e| app.failure(&e))?,
        folders: Folders::Many(HashMap::new()),
        extra: extra.into_iter().map(|(_, name)| name).collect(),
        view: Vec::new(),
        hidden: true,
        snippets: snippets.then(|| Snippets::of(query)),
        groups: &Groups::default(),
    };
    listing.show(&args.rows)
}

/// `{"count"}`.
#[derive(Serialize)]
struct Count {
    count: u64,
}

impl Shown for Count {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        to.line(self.count)
    }
}

/// What a search is, and how it will run.
#[derive(Serialize)]
struct Explained {
    query: String,
    folder: String,
    restriction: Value,
    restriction_text: String,
    index: String,
    expression: Option<String>,
    exact: bool,
    ordered: bool,
}

fn explain(app: &App, store: &MsgStore, search: &Search, query: &Query) -> Outcome<Explained> {
    let names = StoreNames::of(store);
    let everything = Restriction::And(Vec::new());
    let restriction = search.restriction().unwrap_or(&everything);
    let plan = search.explain();
    let folder = search.folder();
    let folder = folder.and_then(|folder| store.path_of(&folder.entry_id()));
    let plan = plan.map_err(|e| app.failure(&e))?;
    Ok(Explained {
        query: query.to_string(),
        folder: folder.map_err(|e| app.failure(&e))?,
        restriction: json::restriction(restriction, &names as &dyn NameMap),
        restriction_text: text::restriction(restriction, &names),
        index: plan.index,
        expression: plan.expression,
        exact: plan.exact,
        ordered: plan.ordered,
    })
}

impl Shown for Explained {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let folder = match self.folder.as_str() {
            "" => to.word(Msg::AllFolders),
            path => path,
        };
        let tested = if self.exact {
            Msg::RowsExact
        } else {
            Msg::RowsTested
        };
        let order = if self.ordered {
            Msg::RowsInOrder
        } else {
            Msg::RowsSorted
        };
        let (tested, order) = (to.word(tested), to.word(order));
        let mut lines = vec![
            (Msg::QueryField, self.query.as_str()),
            (Msg::FolderField, folder),
            (Msg::RestrictionField, &self.restriction_text),
            (Msg::IndexField, &self.index),
            (Msg::RowsField, tested),
            (Msg::OrderField, order),
        ];
        if let Some(expression) = &self.expression {
            lines.insert(4, (Msg::ExpressionField, expression));
        }
        for (label, said) in lines {
            let heading = to.heading(label);
            to.line(format!("{heading} {}", clean(said)))?;
        }
        Ok(())
    }
}
