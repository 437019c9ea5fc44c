//! The rows of a table of messages as text or as JSON, read page by page.

mod groups;

use std::collections::HashMap;
use std::io::{self, Write};

use malle_views::{LIST_COLUMNS, ListRow, Snippet, SnippetField, Snippets, list_row};
use mapi::{
    Bookmark, EntryId, MessageStatus, MsgStore, OpenFlags, PropTag, PropValue, Table as MapiTable,
    TableRow, tags,
};
use mapi_props::Code;
use serde::Serialize;

use crate::app::App;
use crate::args::RowArgs;
use crate::exit::Outcome;
use crate::messages::Msg;
use crate::output::Printer;
use crate::text::{self, Column, Table};

pub(super) use groups::Groups;
use groups::Heading;

/// Rows read in one go.
const PAGE: u64 = 500;
/// Rows of a listing on a terminal when no limit is given.
const SCREEN: u64 = 50;

/// A table of messages about to be shown.
pub(super) struct Listing<'a> {
    pub(super) app: &'a App,
    pub(super) store: &'a MsgStore,
    /// Has the columns of [`columns`].
    pub(super) table: &'a MapiTable,
    pub(super) folders: Folders,
    /// Names of the columns that were asked for.
    pub(super) extra: Vec<String>,
    /// Headings of the first of these, which are a view's and take the place of the list's own; none: no view.
    pub(super) view: Vec<String>,
    /// Whether messages that are hidden (MSGSTATUS_HIDDEN) are shown too.
    pub(super) hidden: bool,
    /// What finds the words that were looked for, if they are to be shown.
    pub(super) snippets: Option<Snippets>,
    /// What the rows are grouped by.
    pub(super) groups: &'a Groups,
}

/// The folders of messages.
pub(super) enum Folders {
    /// All are in the one with this path.
    One(String),
    /// Each is somewhere; paths found so far.
    Many(HashMap<EntryId, String>),
}

/// The columns that rows are made from, with those that were asked for.
pub(super) fn columns(extra: &[(PropTag, String)]) -> Vec<PropTag> {
    let asked = extra.iter().map(|(tag, _)| *tag);
    let all = LIST_COLUMNS.into_iter().chain(asked);
    all.chain([tags::PARENT_ENTRYID.raw()]).collect()
}

/// What is shown in one place of a listing.
#[derive(Serialize)]
#[serde(untagged)]
enum Entry {
    Heading { heading: Heading },
    Message(Box<Row>),
}

/// A row, and the place that shows why it was found if that is asked for.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    row: ListRow,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<Option<Snippet>>,
}

impl Listing<'_> {
    /// Shows the rows that the arguments ask for, and says how many there are beside those that fit a screen.
    pub(super) fn show(mut self, rows: &RowArgs) -> Outcome<()> {
        let (app, table) = (self.app, self.table);
        if rows.offset > 0 {
            let offset = i64::try_from(rows.offset).unwrap_or(i64::MAX);
            let sought = table.seek_row(Bookmark::Beginning, offset);
            sought.map_err(|e| app.failure(&e))?.ignore_warning();
        }
        let screen = (rows.limit.is_none() && app.output.on_terminal()).then_some(SCREEN);
        let limit = rows.limit.or(screen).unwrap_or(u64::MAX);
        let shown = if app.output.json {
            self.json(limit)?
        } else {
            self.text(limit)?
        };
        if screen == Some(shown) {
            let all = table.row_count().map_err(|e| app.failure(&e))?;
            if rows.offset.saturating_add(shown) < all {
                app.output.note(Msg::MoreMessages, &[&shown, &all]);
            }
        } else if shown == 0 && matches!(self.folders, Folders::Many(_)) {
            app.output.note(Msg::NothingFound, &[]);
        }
        Ok(())
    }

    /// At most so many of the next rows; empty at the end.
    fn page(&mut self, most: u64) -> Outcome<Vec<Entry>> {
        let count = most.min(PAGE);
        if count == 0 {
            return Ok(Vec::new());
        }
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        loop {
            let rows = self.table.query_rows(count);
            let mut rows = rows.map_err(|e| self.app.failure(&e))?;
            let at_end = rows.is_empty();
            rows.retain(|row| self.hidden || !is_hidden(row));
            if at_end || !rows.is_empty() {
                let rows = rows.iter().map(|row| self.entry(row));
                let rows: mapi::Result<Vec<Entry>> = rows.collect();
                return rows.map_err(|e| self.app.failure(&e));
            }
        }
    }

    fn entry(&mut self, row: &TableRow) -> mapi::Result<Entry> {
        if let Some(heading) = self.groups.heading(row) {
            return Ok(Entry::Heading { heading });
        }
        self.row(row).map(|row| Entry::Message(Box::new(row)))
    }

    fn row(&mut self, row: &TableRow) -> mapi::Result<Row> {
        let folder = self.folder_of(row)?;
        let id = self.store.short_id(row.item()).to_string();
        let snippet = match &self.snippets {
            Some(snippets) => Some(self.snippet(snippets, row)?),
            None => None,
        };
        Ok(Row {
            row: list_row(row, id, &folder, &self.extra),
            snippet,
        })
    }

    /// The path of the folder that the row's message is in; empty if it is gone by now.
    fn folder_of(&mut self, row: &TableRow) -> mapi::Result<String> {
        let known = match &mut self.folders {
            Folders::One(path) => return Ok(path.clone()),
            Folders::Many(known) => known,
        };
        let Some(parent) = row.get(tags::PARENT_ENTRYID) else {
            return Ok(String::new());
        };
        let parent = EntryId::from(parent);
        if let Some(path) = known.get(&parent) {
            return Ok(path.clone());
        }
        let path = match self.store.path_of(&parent) {
            Ok(path) => path,
            Err(e) if is_gone(&e) => String::new(),
            Err(e) => return Err(e),
        };
        known.insert(parent, path.clone());
        Ok(path)
    }

    fn snippet(&self, snippets: &Snippets, row: &TableRow) -> mapi::Result<Option<Snippet>> {
        let message = self.store.open_message(row.entry_id(), OpenFlags::NONE);
        match message.and_then(|message| snippets.snippet(&message)) {
            Err(e) if is_gone(&e) => Ok(None),
            snippet => snippet,
        }
    }

    /// One JSON array, written page by page. Gives the number of rows.
    fn json(&mut self, limit: u64) -> Outcome<u64> {
        let mut page = self.page(limit)?;
        let app = self.app;
        let mut failure = None;
        let mut shown = 0;
        app.output.write(|to| {
            to.write_all(b"[")?;
            while !page.is_empty() {
                for row in &page {
                    to.write_all(if shown == 0 { b"\n" } else { b",\n" })?;
                    serde_json::to_writer(&mut *to, row)?;
                    shown += 1;
                }
                match self.page(limit - shown) {
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

    fn text(&mut self, limit: u64) -> Outcome<u64> {
        let mut rows = Vec::new();
        let mut shown = 0;
        loop {
            let page = self.page(limit - shown)?;
            if page.is_empty() {
                break;
            }
            shown += u64::try_from(page.len()).unwrap_or(u64::MAX);
            rows.extend(page);
        }
        let with_folder = matches!(self.folders, Folders::Many(_));
        let output = &self.app.output;
        let later = self.extra.get(self.view.len()..).unwrap_or_default();
        let layout = Layout {
            view: &self.view,
            extra: later,
            with_folder,
        };
        output.write(|to| write(to, &rows, layout))?;
        Ok(shown)
    }
}

fn is_gone(error: &mapi::Error) -> bool {
    matches!(error.code(), Code::NOT_FOUND | Code::OBJECT_DELETED)
}

/// The columns of the text form.
#[derive(Clone, Copy)]
struct Layout<'a> {
    /// Headings of a view's columns, which stand for the list's own.
    view: &'a [String],
    /// Those of further columns.
    extra: &'a [String],
    with_folder: bool,
}

impl Layout<'_> {
    fn titles(self, to: &Printer<'_>) -> Vec<Column> {
        let asked = |name: &String| Column::left(name.as_str()).elastic();
        let mut titles = vec![Column::left(to.word(Msg::ColId)), Column::left("")];
        if self.view.is_empty() {
            titles.extend([
                Column::left(to.word(Msg::ColFrom)).elastic(),
                Column::left(to.word(Msg::ColSubject)).elastic(),
            ]);
        } else {
            titles.extend(self.view.iter().map(asked));
        }
        if self.with_folder {
            titles.push(Column::left(to.word(Msg::ColFolder)).elastic());
        }
        if self.view.is_empty() {
            titles.push(Column::left(to.word(Msg::ColDate)));
            titles.push(Column::right(to.word(Msg::ColSize)));
        }
        titles.extend(self.extra.iter().map(asked));
        titles
    }

    fn cells(self, to: &Printer<'_>, row: &ListRow) -> Vec<String> {
        let (view, extra) = row
            .extra
            .split_at_checked(self.view.len())
            .unwrap_or_default();
        let shown = |(_, cell): &(String, Option<PropValue>)| value(to, cell.as_ref());
        let mut cells = vec![row.id.clone(), marks(row)];
        if self.view.is_empty() {
            let subject = row.subject.as_deref().filter(|s| !s.is_empty());
            let subject = subject.unwrap_or(to.word(Msg::NoSubject));
            cells.push(text::clean(row.from_name.as_deref().unwrap_or_default()).into_owned());
            cells.push(text::clean(subject).into_owned());
        } else {
            cells.extend(view.iter().map(shown));
        }
        if self.with_folder {
            cells.push(text::clean(&row.folder).into_owned());
        }
        if self.view.is_empty() {
            let time = row.received.or(row.date);
            let time = time.map(|t| text::local_time(t, to.output.zone()));
            cells.push(time.unwrap_or_default());
            cells.push(text::size(u64::try_from(row.size).unwrap_or_default()));
        }
        cells.extend(extra.iter().map(shown));
        cells
    }
}

/// A cell of a column that was asked for: times as the list's own, the rest as it is written.
fn value(to: &Printer<'_>, value: Option<&PropValue>) -> String {
    match value {
        Some(PropValue::SysTime(time)) => text::local_time(*time, to.output.zone()),
        Some(PropValue::Unicode(plain)) => text::clean(plain).into_owned(),
        Some(value) => text::clean(&mapi_props::text::value(value)).into_owned(),
        None => String::new(),
    }
}

fn write(to: &mut Printer<'_>, rows: &[Entry], layout: Layout<'_>) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(layout.titles(to));
    let width = to.width();
    for one in rows {
        let one = match one {
            Entry::Heading { heading } => {
                table.heading(heading.line(to, width));
                continue;
            }
            Entry::Message(row) => row,
        };
        table.row(layout.cells(to, &one.row));
        if let Some(Some(snippet)) = &one.snippet {
            table.below(below(to, snippet, width));
        }
    }
    table.write(to, width)
}

fn is_hidden(row: &TableRow) -> bool {
    let status = row.get(tags::MSG_STATUS).unwrap_or_default();
    status.cast_unsigned() & MessageStatus::HIDDEN.0 != 0
}

/// N: unread, F: flagged, @: has attachments. After them, where they are set: H: highlighted, T: tagged, D: marked to be
/// deleted, v: to be fetched, x: to be deleted where it is.
fn marks(row: &ListRow) -> String {
    let mark = |on: bool, mark: char| if on { mark } else { ' ' };
    let marks = [
        mark(!row.read, 'N'),
        mark(row.flagged, 'F'),
        mark(row.has_attachments, '@'),
    ];
    let status = [
        (MessageStatus::HIGHLIGHTED, 'H'),
        (MessageStatus::TAGGED, 'T'),
        (MessageStatus::DELMARKED, 'D'),
        (MessageStatus::REMOTE_DOWNLOAD, 'v'),
        (MessageStatus::REMOTE_DELETE, 'x'),
    ];
    let set = status.iter().filter(|(bit, _)| row.status.0 & bit.0 != 0);
    marks
        .into_iter()
        .chain(set.map(|(_, mark)| *mark))
        .collect()
}

/// A snippet as a line below its row, what was found in bold.
fn below(to: &Printer<'_>, snippet: &Snippet, width: Option<usize>) -> String {
    let mut line = String::from("    ");
    let label = match snippet.field {
        SnippetField::Body => None,
        SnippetField::To => Some(Msg::To),
        SnippetField::Cc => Some(Msg::Cc),
        SnippetField::Bcc => Some(Msg::Bcc),
        SnippetField::Attachment => Some(Msg::Attachment),
    };
    if let Some(label) = label {
        line.push_str(&format!("{}{} ", to.word(label), to.output.lang.colon()));
    }
    let mut left = width.map(|width| width.saturating_sub(text::columns(&line)));
    for part in &snippet.parts {
        let whole = text::clean(&part.text);
        let shown = match left {
            Some(left) => text::cut(&whole, left),
            None => whole.clone().into_owned(),
        };
        let is_cut = shown != whole;
        left = left.map(|left| left.saturating_sub(text::columns(&shown)));
        line.push_str(&if part.found { to.strong(&shown) } else { shown });
        if is_cut || left == Some(0) {
            break;
        }
    }
    line
}
