//! The tree of folders with their counts.

use std::collections::HashMap;
use std::io;

use mapi::{Depth, EntryId, Folder, FolderKind, MapiProp, MsgStore, OpenFlags, TableRow};
use mapi_props::{PropTag, PropValue, tags};
use serde::Serialize;

use crate::app::App;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text::{self, Column, Table};

/// `{"id","path","name","messages","unread","folders","class"}`.
#[derive(Debug, Serialize)]
pub(in crate::command) struct FolderView {
    pub(in crate::command) id: String,
    /// Filled in by who knows where the folder lies.
    pub(in crate::command) path: String,
    name: String,
    pub(in crate::command) messages: u64,
    pub(in crate::command) unread: u64,
    folders: u64,
    class: Option<String>,
    #[serde(skip)]
    depth: usize,
}

/// The folders of one store or of several, each store after its own heading; as JSON they are one list.
#[derive(Serialize)]
#[serde(transparent)]
struct FolderList {
    folders: Vec<FolderView>,
    /// Of several stores: letter and name of each, and how many of the folders are its own, in order.
    #[serde(skip)]
    headings: Vec<(String, String, usize)>,
}

impl Shown for FolderList {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let mut table = Table::new([
            Column::left(to.word(Msg::ColId)),
            Column::left(to.word(Msg::ColName)).elastic(),
            Column::right(to.word(Msg::ColMessages)),
            Column::right(to.word(Msg::ColUnread)),
        ]);
        let mut row = |folder: &FolderView, below: usize| {
            let indent = "  ".repeat(folder.depth + below);
            table.row([
                folder.id.clone(),
                format!("{indent}{}", text::clean(&folder.name)),
                folder.messages.to_string(),
                folder.unread.to_string(),
            ]);
        };
        if self.headings.is_empty() {
            self.folders.iter().for_each(|folder| row(folder, 0));
        }
        let mut folders = self.folders.iter();
        for (letter, name, own) in &self.headings {
            let heading = FolderView::heading(letter, name, folders.as_slice().get(..*own));
            row(&heading, 0);
            folders
                .by_ref()
                .take(*own)
                .for_each(|folder| row(folder, 1));
        }
        let width = to.width();
        table.write(to, width)
    }
}

impl FolderView {
    /// The columns that it is made from.
    pub(in crate::command) const COLUMNS: [PropTag; 6] = [
        tags::DISPLAY_NAME.raw(),
        tags::PARENT_ENTRYID.raw(),
        tags::CONTENT_COUNT.raw(),
        tags::CONTENT_UNREAD.raw(),
        tags::FOLDER_CHILD_COUNT.raw(),
        tags::CONTAINER_CLASS.raw(),
    ];

    /// A line for a store, with what is in these folders of it.
    fn heading(letter: &str, name: &str, folders: Option<&[Self]>) -> Self {
        let of = |count: fn(&Self) -> u64| folders.into_iter().flatten().map(count).sum();
        Self {
            id: letter.to_owned(),
            path: String::new(),
            name: name.to_owned(),
            messages: of(|folder| folder.messages),
            unread: of(|folder| folder.unread),
            folders: 0,
            class: None,
            depth: 0,
        }
    }

    /// A row of folders, without its path.
    pub(in crate::command) fn of(store: &MsgStore, row: &TableRow) -> Self {
        let count = |tag: mapi::Tag<i32>| {
            row.get(tag)
                .and_then(|n| u64::try_from(n).ok())
                .unwrap_or_default()
        };
        Self {
            id: store.short_id(row.item()).to_string(),
            path: String::new(),
            name: row.get(tags::DISPLAY_NAME).unwrap_or_default(),
            messages: count(tags::CONTENT_COUNT),
            unread: count(tags::CONTENT_UNREAD),
            folders: count(tags::FOLDER_CHILD_COUNT),
            class: row.get(tags::CONTAINER_CLASS),
            depth: 0,
        }
    }
}

pub(super) fn list(app: &App, folder: Option<&str>, all: bool) -> Outcome<Exit> {
    if let Some(path) = folder {
        let (store, top) = app.folder(path)?;
        let folders = below(&store, &top).map_err(|e| app.failure(&e))?;
        let headings = Vec::new();
        app.output.show(&FolderList { folders, headings })?;
        return Ok(Exit::Ok);
    }
    let (mut folders, mut headings) = (Vec::new(), Vec::new());
    for store in stores(app)? {
        let own = of_store(&store, all).map_err(|e| app.failure(&e))?;
        let name = store.find(tags::DISPLAY_NAME);
        let name = name.map_err(|e| app.failure(&e))?.unwrap_or_default();
        headings.push((store.letter().to_owned(), name, own.len()));
        folders.extend(own);
    }
    if headings.len() == 1 {
        headings.clear();
    }
    app.output.show(&FolderList { folders, headings })?;
    Ok(Exit::Ok)
}

/// The stores of the profile, the default one first; those that cannot be opened are named.
fn stores(app: &App) -> Outcome<Vec<MsgStore>> {
    let default = app.store()?;
    let profile = app.profile()?;
    let letters = profile.stores().map(|(_, store)| store.letter.as_str());
    let mut all = vec![default];
    for letter in letters.filter(|letter| !letter.is_empty()) {
        if all.iter().any(|store| store.letter() == letter) {
            continue;
        }
        match app.session()?.store_by_letter(letter) {
            Ok(store) => all.push(store),
            Err(error) => app.output.note(
                Msg::StoreNotOpened,
                &[&letter, &app.failure(&error).message],
            ),
        }
    }
    Ok(all)
}

fn of_store(store: &MsgStore, all: bool) -> mapi::Result<Vec<FolderView>> {
    let shown = match store.ipm_subtree() {
        _ if all => None,
        // A store that only delivers to others has none.
        Err(e) if e.code() == mapi::Code::NOT_FOUND => None,
        found => Some(found?),
    };
    let top = match shown {
        Some(top) => top,
        None => store.root_folder()?,
    };
    below(store, &top)
}

/// Everything below a folder, depth first, siblings by name.
pub(super) fn below(store: &MsgStore, top: &Folder) -> mapi::Result<Vec<FolderView>> {
    let table = top
        .hierarchy(Depth::All)
        .columns(FolderView::COLUMNS)
        .open()?;
    let mut of_parent: HashMap<EntryId, Vec<(EntryId, FolderView)>> = HashMap::new();
    loop {
        let rows = table.query_rows(500)?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            let parent = match row.value(tags::PARENT_ENTRYID) {
                Some(PropValue::Binary(bytes)) => EntryId::from(bytes.as_slice()),
                _ => top.entry_id(),
            };
            let view = FolderView::of(store, row);
            of_parent
                .entry(parent)
                .or_default()
                .push((row.entry_id().clone(), view));
        }
    }
    for siblings in of_parent.values_mut() {
        siblings.sort_by(|(_, a), (_, b)| mapi_query::compare_text(&a.name, &b.name));
    }
    let mut views = Vec::new();
    let path = store.path_of(&top.entry_id())?;
    flatten(&mut of_parent, &top.entry_id(), &path, 0, &mut views);
    Ok(views)
}

fn flatten(
    of_parent: &mut HashMap<EntryId, Vec<(EntryId, FolderView)>>,
    parent: &EntryId,
    path: &str,
    depth: usize,
    views: &mut Vec<FolderView>,
) {
    for (id, mut view) in of_parent.remove(parent).unwrap_or_default() {
        let name = view.name.replace('/', "\\/");
        view.path = if path.is_empty() {
            name
        } else {
            format!("{path}/{name}")
        };
        view.depth = depth;
        let path = view.path.clone();
        views.push(view);
        flatten(of_parent, &id, &path, depth + 1, views);
    }
}

/// The direct sub-folders, open for changes.
pub(super) fn children(folder: &Folder) -> mapi::Result<Vec<Folder>> {
    if folder.kind() == FolderKind::Search {
        return Ok(Vec::new());
    }
    let table = folder
        .hierarchy(Depth::Children)
        .columns(FolderView::COLUMNS)
        .open()?;
    let store = folder.store()?;
    let mut children = Vec::new();
    loop {
        let rows = table.query_rows(500)?;
        if rows.is_empty() {
            return Ok(children);
        }
        for row in rows {
            children.push(store.open_folder(row.entry_id(), OpenFlags::MODIFY)?);
        }
    }
}
