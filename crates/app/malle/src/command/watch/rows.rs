//! Events of the rows of a list.

use malle_views::{StoreNames, list_row};
use mapi::{
    Bookmark, Call, Depth, Folder, Listener, MsgStore, Notification, Prop, PropTag, PropValue,
    Restriction, SortOrderSet, Table, TableEvent, TableNotification, TableRow,
};
use mapi_props::tags;

use crate::app::App;
use crate::args::{EventName, WatchArgs};
use crate::command::folder::FolderView;
use crate::command::list::both;
use crate::command::listing::columns;
use crate::exit::Outcome;

use super::event::{Event, Of, RowShown, RowView};

/// Rows read in one go.
const PAGE: i64 = 500;

/// A list of messages or folders, described.
pub(super) struct Rows<'a> {
    app: &'a App,
    store: MsgStore,
    folder: Folder,
    what: What,
    columns: Vec<PropTag>,
    /// Names of the columns that were asked for.
    extra: Vec<String>,
    /// What it is called.
    pub(super) name: String,
}

enum What {
    Folders,
    Messages {
        restriction: Option<Restriction>,
        order: SortOrderSet,
    },
}

/// The list as it is followed.
pub(super) struct Followed {
    table: Table,
    pub(super) listener: Listener,
}

impl<'a> Rows<'a> {
    pub(super) fn new(app: &'a App, args: &WatchArgs, folder: &str) -> Outcome<Self> {
        let (store, folder) = app.folder(folder)?;
        let name = store.path_of(&folder.entry_id());
        let name = name.map_err(|e| app.failure(&e))?;
        let names = StoreNames::of(&store);
        let extra = app.columns(&args.columns, &names)?;
        let (what, mut columns) = if args.hierarchy {
            (What::Folders, FolderView::COLUMNS.to_vec())
        } else {
            let written = args.restriction.as_deref();
            let restriction = written.map(|r| app.restriction(r, &names)).transpose()?;
            let messages = What::Messages {
                restriction: both(restriction, filter(app, &store, args)?),
                order: app.sort_order(&args.sort, &names)?,
            };
            (messages, columns(&extra))
        };
        // Last, where no column that is shown is looked for.
        columns.push(tags::INSTANCE_KEY.raw());
        drop(names);
        Ok(Self {
            app,
            store,
            folder,
            what,
            columns,
            extra: extra.into_iter().map(|(_, name)| name).collect(),
            name,
        })
    }

    /// Begins to follow it, until the call is cancelled.
    pub(super) fn follow(&self, call: Call) -> mapi::Result<Followed> {
        let folder = self.folder.with_call(call);
        let builder = match &self.what {
            What::Folders => folder.hierarchy(Depth::All),
            What::Messages { restriction, order } => {
                let contents = folder.contents().restrict(restriction.clone());
                contents.order(order.clone())
            }
        };
        let table = builder.columns(self.columns.clone()).open()?;
        let listener = table.listen()?;
        Ok(Followed { table, listener })
    }

    /// Hands out every row, as long as it is wanted; how many there were, or `None` if the store has changed meanwhile.
    pub(super) fn read(
        &self,
        followed: &Followed,
        mut wanted: impl FnMut(&Event) -> Outcome<bool>,
    ) -> Outcome<Option<u64>> {
        let api = |e: mapi::Error| self.app.failure(&e);
        let before = self.last().map_err(api)?;
        // What was told up to here is in the rows that are read now.
        while followed.listener.try_next().map_err(api)?.is_some() {}
        let sought = followed.table.seek_row(Bookmark::Beginning, 0);
        sought.map_err(api)?.ignore_warning();
        let (mut count, mut prior) = (0, None);
        loop {
            let rows = followed.table.query_rows(PAGE).map_err(api)?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let key = key_of(row.value(tags::INSTANCE_KEY)).unwrap_or_default();
                let view = RowView {
                    key: key.clone(),
                    prior: Some(prior.replace(key)),
                    row: Some(self.shown(&row)),
                };
                count += 1;
                if !wanted(&Event::about(EventName::RowAdded, Of::Row(Box::new(view))))? {
                    return Ok(None);
                }
            }
        }
        let after = self.last().map_err(api)?;
        Ok((before == after).then_some(count))
    }

    /// The number of the store's last change.
    fn last(&self) -> mapi::Result<u64> {
        Ok(self.store.events(0, 0)?.last)
    }

    /// What a notification says, if anything.
    pub(super) fn event(&self, notification: Notification) -> Option<Event> {
        let Notification::Table(told) = notification else {
            return None;
        };
        let name = match told.event {
            TableEvent::RowAdded => EventName::RowAdded,
            TableEvent::RowModified => EventName::RowModified,
            TableEvent::RowDeleted => EventName::RowDeleted,
            TableEvent::Changed | TableEvent::Reload => EventName::Reload,
            TableEvent::Error => EventName::CriticalError,
            TableEvent::SortDone | TableEvent::RestrictDone | TableEvent::SetColumnsDone => {
                return None;
            }
        };
        Some(match name {
            EventName::Reload => Event::now(name),
            EventName::CriticalError => Event::about(name, self.error(&told)),
            _ => Event::about(name, self.row(&told)),
        })
    }

    fn error(&self, told: &TableNotification) -> Of {
        let failure = told.error.map(|code| self.app.failure(&code.into()));
        Of::Error {
            code: failure
                .as_ref()
                .map(|f| f.code.to_string())
                .unwrap_or_default(),
            message: failure.map(|f| f.message).unwrap_or_default(),
        }
    }

    fn row(&self, told: &TableNotification) -> Of {
        let placed = told.row.is_some();
        Of::Row(Box::new(RowView {
            key: key(&told.index).unwrap_or_default(),
            prior: placed.then(|| key(&told.prior)),
            row: told.row.as_ref().map(|row| self.shown(row)),
        }))
    }

    fn shown(&self, row: &TableRow) -> RowShown {
        match self.what {
            What::Folders => {
                let mut view = FolderView::of(&self.store, row);
                view.path = self.store.path_of(row.entry_id()).unwrap_or_default();
                RowShown::Folder(view)
            }
            What::Messages { .. } => {
                let id = self.store.short_id(row.item()).to_string();
                RowShown::Message(list_row(row, id, &self.name, &self.extra))
            }
        }
    }
}

fn filter(app: &App, store: &MsgStore, args: &WatchArgs) -> Outcome<Option<Restriction>> {
    let Some(query) = &args.filter else {
        return Ok(None);
    };
    let query = app.query(query)?;
    let asked = app.with_calendar(|calendar| store.restriction_of(&query, calendar));
    asked.map(Some).map_err(|e| app.unresolved(&e))
}

fn key(prop: &Prop) -> Option<String> {
    key_of(Some(&prop.value))
}

/// PR_INSTANCE_KEY in hexadecimal.
fn key_of(value: Option<&PropValue>) -> Option<String> {
    match value {
        Some(PropValue::Binary(bytes)) => Some(bytes.iter().map(|b| format!("{b:02x}")).collect()),
        _ => None,
    }
}
