//! `malle list`: the messages of a folder.

use std::io::{self, Write};

use malle_views::{LIST_COLUMNS, ListRow, StoreNames, list_row};
use mapi::{Bookmark, MsgStore, PropTag, Table as MapiTable};

use crate::app::App;
use crate::args::ListArgs;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::Printer;
use crate::text::{self, Column, Table};

/// Rows read in one go.
const PAGE: u64 = 500;
/// Rows of a listing on a terminal when no limit is given.
const SCREEN: u64 = 50;

pub(super) fn run(app: &App, args: &ListArgs) -> Outcome<Exit> {
    let (store, folder) = app.folder(&args.folder)?;
    let names = StoreNames::of(&store);
    let extra = app.columns(&args.columns, &names)?;
    let restriction = match &args.restriction {
        Some(written) => Some(app.restriction(written, &names)?),
        None => None,
    };
    let sort = app.sort_order(&args.sort, &names)?;
    let columns: Vec<PropTag> = LIST_COLUMNS
        .into_iter()
        .chain(extra.iter().map(|(tag, _)| *tag))
        .collect();
    let opened = folder
        .contents()
        .columns(columns)
        .restrict(restriction)
        .open();
    let table = opened.map_err(|e| app.failure(&e))?;
    if !sort.columns.is_empty() {
        table.sort(sort).map_err(|e| app.failure(&e))?;
    }
    if args.offset > 0 {
        let offset = i64::try_from(args.offset).unwrap_or(i64::MAX);
        let sought = table.seek_row(Bookmark::Beginning, offset);
        sought.map_err(|e| app.failure(&e))?.ignore_warning();
    }
    let path = store
        .path_of(&folder.entry_id())
        .map_err(|e| app.failure(&e))?;
    let screen = (args.limit.is_none() && app.output.on_terminal()).then_some(SCREEN);
    let listing = Listing {
        app,
        store: &store,
        table: &table,
        path,
        extra: extra.into_iter().map(|(_, name)| name).collect(),
        left: args.limit.or(screen).unwrap_or(u64::MAX),
    };
    let shown = if app.output.json {
        listing.json()?
    } else {
        listing.text()?
    };
    if screen == Some(shown) {
        let rows = table.row_count().map_err(|e| app.failure(&e))?;
        if args.offset.saturating_add(shown) < rows {
            app.output.note(Msg::MoreMessages, &[&shown, &rows]);
        }
    }
    Ok(Exit::Ok)
}

struct Listing<'a> {
    app: &'a App,
    store: &'a MsgStore,
    table: &'a MapiTable,
    path: String,
    extra: Vec<String>,
    left: u64,
}

impl Listing<'_> {
    /// The next page of rows; empty at the end.
    fn page(&mut self) -> Outcome<Vec<ListRow>> {
        let count = self.left.min(PAGE);
        if count == 0 {
            return Ok(Vec::new());
        }
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let rows = self
            .table
            .query_rows(count)
            .map_err(|e| self.app.failure(&e))?;
        self.left -= u64::try_from(rows.len()).unwrap_or(u64::MAX).min(self.left);
        let row = |row: &mapi::TableRow| {
            let id = self.store.short_id(row.item()).to_string();
            list_row(row, id, &self.path, &self.extra)
        };
        Ok(rows.iter().map(row).collect())
    }

    /// One JSON array, written page by page. Gives the number of rows.
    fn json(mut self) -> Outcome<u64> {
        let mut page = self.page()?;
        let mut failure = None;
        let mut shown = 0;
        self.app.output.write(|to| {
            to.write_all(b"[")?;
            while !page.is_empty() {
                for row in &page {
                    to.write_all(if shown == 0 { b"\n" } else { b",\n" })?;
                    serde_json::to_writer(&mut *to, row)?;
                    shown += 1;
                }
                match self.page() {
                    Ok(next) => page = next,
                    Err(e) => {
                        failure = Some(e);
                        break;
                    }
                }
            }
            to.write_all(if shown == 0 { b"]\n" } else { b"\n]\n" })
        })?;
        failure.map_or(Ok(shown), Err)
    }

    fn text(mut self) -> Outcome<u64> {
        let mut rows = Vec::new();
        loop {
            let page = self.page()?;
            if page.is_empty() {
                break;
            }
            rows.extend(page);
        }
        let shown = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        self.app.output.write(|to| show(to, &rows, &self.extra))?;
        Ok(shown)
    }
}

fn show(to: &mut Printer<'_>, rows: &[ListRow], extra: &[String]) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut columns = vec![
        Column::left(to.word(Msg::ColId)),
        Column::left(""),
        Column::left(to.word(Msg::ColFrom)).elastic(),
        Column::left(to.word(Msg::ColSubject)).elastic(),
        Column::left(to.word(Msg::ColDate)),
        Column::right(to.word(Msg::ColSize)),
    ];
    columns.extend(
        extra
            .iter()
            .map(|name| Column::left(name.as_str()).elastic()),
    );
    let mut table = Table::new(columns);
    for row in rows {
        let time = row.received.or(row.date);
        let subject = row.subject.as_deref().filter(|s| !s.is_empty());
        let mut cells = vec![
            row.id.clone(),
            marks(row),
            text::clean(row.from_name.as_deref().unwrap_or_default()).into_owned(),
            text::clean(subject.unwrap_or(to.word(Msg::NoSubject))).into_owned(),
            time.map(|t| text::local_time(t, to.output.zone()))
                .unwrap_or_default(),
            text::size(u64::try_from(row.size).unwrap_or_default()),
        ];
        let value = |value: &Option<mapi::PropValue>| match value {
            Some(value) => text::clean(&mapi_props::text::value(value)).into_owned(),
            None => String::new(),
        };
        cells.extend(row.extra.iter().map(|(_, cell)| value(cell)));
        table.row(cells);
    }
    let width = to.width();
    table.write(to, width)
}

/// N: unread, F: flagged, @: has attachments.
fn marks(row: &ListRow) -> String {
    let mark = |on: bool, mark: char| if on { mark } else { ' ' };
    let marks = [
        mark(!row.read, 'N'),
        mark(row.flagged, 'F'),
        mark(row.has_attachments, '@'),
    ];
    marks.into_iter().collect()
}
