//! `malle props`: the properties of any object, shown, compared and changed.

mod change;
mod show;

use malle_views::StoreNames;
use mapi::{MapiProp, Message, MsgStore, OpenFlags, Prop, TableRow};
use mapi_props::tags;

use crate::app::App;
use crate::args::PropsArgs;
use crate::exit::{Exit, Outcome};
use crate::object::Target;

pub(super) fn run(app: &App, args: &PropsArgs) -> Outcome<Exit> {
    if !args.set.is_empty() || !args.delete.is_empty() {
        return change::run(app, args);
    }
    let target = app.target(&args.object, OpenFlags::NONE)?;
    let named = Named::of(app, &args.object, &target)?;
    let names = named.names();
    let props = values(&target, args.all).map_err(|e| app.failure(&e))?;
    match &args.diff {
        None => show::one(app, &args.object, &props, &names),
        Some(other) => {
            let theirs = app.target(other, OpenFlags::NONE)?;
            let their_named = Named::of(app, other, &theirs)?;
            let their_names = their_named.names();
            let theirs = values(&theirs, args.all).map_err(|e| app.failure(&e))?;
            let left = (args.object.as_str(), props.as_slice(), &names);
            let right = (other.as_str(), theirs.as_slice(), &their_names);
            show::difference(app, left, right)
        }
    }
}

/// Who maps the names of an object's properties: its store, or the message in a file that it belongs to.
enum Named {
    Store(MsgStore),
    File(Message),
}

impl Named {
    fn of(app: &App, text: &str, target: &Target) -> Outcome<Self> {
        let message = match target {
            Target::Message(message, _) | Target::Recipient(message, ..) => Some(message.clone()),
            Target::Attachment(_, home) => home.message(),
            Target::Store(_) | Target::Folder(_) => None,
        };
        match message.filter(|_| app.names_a_file(text)) {
            Some(message) => Ok(Self::File(message)),
            None => Ok(Self::Store(store_of(app, text)?)),
        }
    }

    fn names(&self) -> StoreNames<'_> {
        match self {
            Self::Store(store) => StoreNames::of(store),
            Self::File(message) => StoreNames::of_file(message),
        }
    }
}

/// The store whose names an object's properties have.
fn store_of(app: &App, text: &str) -> Outcome<MsgStore> {
    let first = text.split('/').next().unwrap_or(text);
    match first.parse::<mapi::ShortId>() {
        Ok(id) => app.store_of(&id),
        Err(_) => app.store(),
    }
}

/// All properties of an object in order of their tags.
fn values(target: &Target, all: bool) -> mapi::Result<Vec<Prop>> {
    let mut props = match target {
        Target::Store(store) => of(store, all)?,
        Target::Folder(folder) => of(folder, all)?,
        Target::Message(message, _) => of(message, all)?,
        Target::Attachment(attachment, _) => of(attachment, all)?,
        Target::Recipient(message, index, _) => {
            let row = recipient(message, *index)?;
            let cells = row.iter().flat_map(|row| row.cells().iter());
            let there = |cell: &&Prop| !matches!(cell.value, mapi::PropValue::Error(_));
            cells.filter(there).cloned().collect()
        }
    };
    props.sort_by_key(|prop| prop.tag.id());
    Ok(props)
}

fn of(object: &impl MapiProp, all: bool) -> mapi::Result<Vec<Prop>> {
    let mut props = object.get_all_props()?.ignore_warning();
    if all {
        for tag in object.prop_list()? {
            if !props.iter().any(|prop| prop.tag.id() == tag.id()) {
                let read = object.get_props(&[tag])?.ignore_warning();
                // Tables and objects have no value; that they are there is what is shown.
                props.extend(read.into_iter().map(|prop| Prop { tag, ..prop }));
            }
        }
    }
    Ok(props)
}

/// The row of a recipient with all its properties.
fn recipient(message: &mapi::Message, index: usize) -> mapi::Result<Option<TableRow>> {
    let table = message.recipients().open()?;
    let columns = table.query_all_columns();
    table.set_columns(columns)?;
    table.sort(mapi::SortOrderSet::by([mapi::SortColumn::ascending(
        tags::ROWID,
    )]))?;
    let count = i64::try_from(index).unwrap_or(i64::MAX).saturating_add(1);
    Ok(table.query_rows(count)?.into_iter().nth(index))
}
