//! `malle view create`: a view from what is written on the command line.

use malle_views::{StoreNames, property_name};
use mapi::{
    Folder, MsgStore, PropTag, Restriction, SortColumn, SortOrder, ViewColumn, ViewDescriptor,
    ViewPlace, ViewSort,
};
use mapi_props::names::NameMap;

use super::super::list::both;
use super::{NORMAL, ViewDone, place_name, placed, short_id};
use crate::app::App;
use crate::args::{CreateViewArgs, PlaceName};
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;

/// What `--sort` calls the arrangement by conversation.
const CONVERSATIONS: &str = "conversations";
/// Most levels of groups that a table has.
const GROUPS: usize = 4;

pub(super) fn run(app: &App, args: &CreateViewArgs) -> Outcome<Exit> {
    let (store, folder, path) = placed(app, &args.folder)?;
    if args.name.eq_ignore_ascii_case(NORMAL) {
        return Err(app.fail(Exit::Usage, "bad-view", Msg::NormalIsTaken, &[&args.name]));
    }
    let descriptor = descriptor(app, &store, args)?;
    let place = match args.place {
        PlaceName::Folder => ViewPlace::Folder,
        PlaceName::Personal => ViewPlace::Personal,
        PlaceName::Common => ViewPlace::Common,
    };
    let id = if app.global.dry_run {
        None
    } else {
        let id = make(&folder, args, &descriptor, place).map_err(|e| app.failure(&e))?;
        Some(short_id(&store, &id))
    };
    app.output.show(&ViewDone {
        action: "created",
        id,
        name: args.name.clone(),
        folder: path,
        default: args.default,
        msg: match place_name(place) {
            "folder" => Msg::ViewCreated,
            _ => Msg::ViewCreatedForAll,
        },
        dry_run: app.global.dry_run.then_some(true),
    })?;
    Ok(Exit::Ok)
}

fn make(
    folder: &Folder,
    args: &CreateViewArgs,
    descriptor: &ViewDescriptor,
    place: ViewPlace,
) -> mapi::Result<mapi::EntryId> {
    let view = folder.create_view(&args.name, descriptor, place)?;
    if args.default {
        folder.set_default_view(Some(view.entry_id()))?;
    }
    Ok(view.entry_id().clone())
}

fn descriptor(app: &App, store: &MsgStore, args: &CreateViewArgs) -> Outcome<ViewDescriptor> {
    // A view names properties by the store's own numbers in its filter, so they must have one.
    let names = if app.global.dry_run {
        StoreNames::of(store)
    } else {
        StoreNames::creating(store)
    };
    let mut view = ViewDescriptor::default();
    let groups = app.sort_order(&args.group, &names)?.columns;
    if groups.len() > GROUPS {
        return Err(app.fail(Exit::Usage, "bad-view", Msg::TooManyGroups, &[&GROUPS]));
    }
    for (n, key) in groups.iter().enumerate() {
        view.columns.push(column(key.tag, None, &names));
        if key.order == SortOrder::Descend {
            view.groups_descending |= 1 << n;
        }
    }
    view.groups = u32::try_from(groups.len()).unwrap_or_default();
    for written in args.columns.iter().filter(|one| !one.trim().is_empty()) {
        let (written, title) = match written.split_once('=') {
            Some((property, title)) => (property, Some(title)),
            None => (written.as_str(), None),
        };
        let tag = app.property(written, &names)?;
        view.columns.push(column(tag, title, &names));
    }
    sort(app, &mut view, args, &names)?;
    let filter = filter(app, store, args, &names)?;
    let bad = |e: mapi::ViewError| -> Failure { app.failure(&mapi::view_error(e)) };
    view.set_filter(filter.as_ref()).map_err(bad)?;
    view.encode().map_err(bad)?;
    Ok(view)
}

/// What the rows are sorted by; a column that they are sorted by is one of the view's.
fn sort(
    app: &App,
    view: &mut ViewDescriptor,
    args: &CreateViewArgs,
    names: &StoreNames<'_>,
) -> Outcome<()> {
    let written = args.sort.trim();
    let (descends, name) = match written.strip_prefix('-') {
        Some(name) => (true, name),
        None => (false, written),
    };
    view.descending = descends;
    if name == CONVERSATIONS {
        view.sort = ViewSort::Conversations;
        return Ok(());
    }
    let keys = app.sort_order(&[written.to_owned()], names)?.columns;
    let [SortColumn { tag, .. }] = keys.as_slice() else {
        return Err(app.fail(Exit::Usage, "bad-view", Msg::OneSortKey, &[&written]));
    };
    let wanted = column(*tag, None, names);
    let there = view.columns.iter();
    let place = there
        .map(|c| &c.property)
        .position(|p| *p == wanted.property);
    let place = place.unwrap_or_else(|| {
        view.columns.push(wanted);
        view.columns.len() - 1
    });
    view.sort = ViewSort::Column(u32::try_from(place).unwrap_or_default());
    Ok(())
}

fn column(tag: PropTag, title: Option<&str>, names: &StoreNames<'_>) -> ViewColumn {
    let named = names.name_of(tag.id()).filter(|_| tag.is_named());
    let own = || property_name(tag, named.as_ref()).unwrap_or_else(|| tag.to_string());
    let title = title.map_or_else(own, str::to_owned);
    match named {
        Some(name) => ViewColumn::named(name, tag.ty(), &title),
        None => ViewColumn::new(tag, &title),
    }
}

fn filter(
    app: &App,
    store: &MsgStore,
    args: &CreateViewArgs,
    names: &StoreNames<'_>,
) -> Outcome<Option<Restriction>> {
    let restriction = match &args.restriction {
        Some(written) => Some(app.restriction(written, names)?),
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
    Ok(both(restriction, filter))
}
