//! `malle view show`: what a view says.

use std::io;

use malle_views::{StoreNames, property_name};
use mapi::{Arrangement, FolderView, PropTag, ViewProperty, ViewSort};
use mapi_props::names::NameMap;
use mapi_props::{json, text as written};
use serde::Serialize;
use serde_json::Value;

use super::{place_name, placed, short_id};
use crate::app::App;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text::{self, Column, Table};

/// `{"id","name","place","default","columns":[{"property","title","width"}],"sort":{"by","descending"},
/// "groups":[{"by","descending"}],"filter"}`.
#[derive(Serialize)]
struct Whole {
    id: String,
    name: String,
    place: &'static str,
    default: bool,
    columns: Vec<ColumnShown>,
    sort: Key,
    groups: Vec<Key>,
    /// A restriction, as `--where` takes it; null: every message.
    filter: Option<Value>,
    #[serde(skip)]
    filter_text: Option<String>,
}

#[derive(Serialize)]
struct ColumnShown {
    property: String,
    title: String,
    /// In pixels.
    width: u32,
}

#[derive(Serialize)]
struct Key {
    /// A property, or `conversations`.
    by: String,
    descending: bool,
}

impl Key {
    fn shown(&self) -> String {
        let mark = if self.descending { "-" } else { "" };
        format!("{mark}{}", self.by)
    }
}

impl Shown for Whole {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let mut table = Table::new([
            Column::left(to.word(Msg::ColProperty)).elastic(),
            Column::left(to.word(Msg::ColTitle)).elastic(),
            Column::right(to.word(Msg::ColWidth)),
        ]);
        for column in &self.columns {
            let property = text::clean(&column.property).into_owned();
            let title = text::clean(&column.title).into_owned();
            table.row([property, title, column.width.to_string()]);
        }
        let width = to.width();
        table.write(to, width)?;
        if !self.groups.is_empty() {
            let groups: Vec<_> = self.groups.iter().map(Key::shown).collect();
            to.say(Msg::ViewGroups, &[&text::clean(&groups.join(", "))])?;
        }
        to.say(Msg::ViewSort, &[&text::clean(&self.sort.shown())])?;
        if let Some(filter) = &self.filter_text {
            to.say(Msg::ViewFilter, &[&text::clean(filter)])?;
        }
        Ok(())
    }
}

pub(super) fn run(app: &App, folder: &str, name: &str) -> Outcome<Exit> {
    let (store, folder, _) = placed(app, folder)?;
    let names = StoreNames::of(&store);
    let view = folder.view_named(name).map_err(|e| app.failure(&e))?;
    let default = folder.default_view().map_err(|e| app.failure(&e))?;
    let default = default.view().map(FolderView::entry_id) == Some(view.entry_id());
    let arranged = view.arrangement().map_err(|e| app.failure(&e))?;
    let filter = arranged.restriction.as_ref();
    app.output.show(&Whole {
        id: short_id(&store, view.entry_id()),
        name: view.name().to_owned(),
        place: place_name(view.place()),
        default,
        columns: columns(&view, &arranged),
        sort: sort(&view),
        groups: groups(&view),
        filter: filter.map(|filter| json::restriction(filter, &names)),
        filter_text: filter.map(|filter| written::restriction(filter, &names)),
    })?;
    Ok(Exit::Ok)
}

fn columns(view: &FolderView, arranged: &Arrangement) -> Vec<ColumnShown> {
    let all = view.descriptor.shown_columns().zip(&arranged.columns);
    let shown = all.map(|(column, shown)| ColumnShown {
        property: name_of(&column.property),
        title: shown.title.clone(),
        width: shown.width,
    });
    shown.collect()
}

fn sort(view: &FolderView) -> Key {
    let by = match (view.descriptor.sort, view.descriptor.sort_column()) {
        (ViewSort::Conversations, _) => "conversations".to_owned(),
        (_, Some(column)) => name_of(&column.property),
        (_, None) => String::new(),
    };
    Key {
        by,
        descending: view.descriptor.descending,
    }
}

fn groups(view: &FolderView) -> Vec<Key> {
    let groups = view.descriptor.group_columns();
    let key = |(column, descending): (&mapi::ViewColumn, bool)| Key {
        by: name_of(&column.property),
        descending,
    };
    groups.map(key).collect()
}

/// A property by its name, whatever number the store gives to it.
fn name_of(property: &ViewProperty) -> String {
    match property {
        ViewProperty::Tag(tag) => property_name(*tag, None).unwrap_or_else(|| tag.to_string()),
        ViewProperty::Named(name, ty) => {
            let tag = PropTag::new(0x8000, *ty);
            property_name(tag, Some(name)).unwrap_or_else(|| format!("{name:?}"))
        }
    }
}

/// The heading of a column: the view's own title, else the property's name.
pub(in crate::command) fn heading(title: &str, tag: PropTag, names: &dyn NameMap) -> String {
    if !title.trim().is_empty() {
        return title.to_owned();
    }
    key_of(tag, names)
}

/// The name of a column in JSON.
pub(in crate::command) fn key_of(tag: PropTag, names: &dyn NameMap) -> String {
    let named = names.name_of(tag.id()).filter(|_| tag.is_named());
    property_name(tag, named.as_ref()).unwrap_or_else(|| tag.to_string())
}
