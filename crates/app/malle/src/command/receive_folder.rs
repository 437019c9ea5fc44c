//! `malle receive-folder`: the folders in which messages arrive, by class.
//! [MS-OXCSTOR] 2.2.1.2, 2.2.1.3

use std::io;

use mapi::{EntryId, MsgStore, TableRow};
use mapi_props::{SortColumn, tags};
use serde::Serialize;

use crate::app::App;
use crate::args::ReceiveFolderCommand;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text::{self, Column, Table};

/// What the class of a report begins with.
const REPORT: &str = "Report";
/// Characters of a message class. [MS-OXCSTOR] 2.2.1.2.1.2
const LONGEST: usize = 255;

pub(super) fn run(app: &App, verb: ReceiveFolderCommand) -> Outcome<Exit> {
    match verb {
        ReceiveFolderCommand::List => list(app),
        ReceiveFolderCommand::Get { class } => get(app, &class.unwrap_or_default()),
        ReceiveFolderCommand::Set {
            class,
            folder,
            with_reports,
        } => set(app, &class, &folder, with_reports),
        ReceiveFolderCommand::Remove {
            class,
            with_reports,
        } => remove(app, &class, with_reports),
    }
}

/// `{"class","id","folder"}`: an assignment; no class for messages that no other covers.
#[derive(Serialize)]
struct Assignment {
    class: String,
    id: String,
    /// Null if the folder is gone.
    folder: Option<String>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Assignments(Vec<Assignment>);

impl Shown for Assignments {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let mut table = Table::new([
            Column::left(to.word(Msg::ColClass)),
            Column::left(to.word(Msg::ColId)),
            Column::left(to.word(Msg::ColFolder)).elastic(),
        ]);
        for one in &self.0 {
            let path = match one.folder.as_deref() {
                Some("") => to.word(Msg::RootFolder).to_owned(),
                path => clean(path.unwrap_or("?")),
            };
            table.row([class_shown(to, &one.class), one.id.clone(), path]);
        }
        let width = to.width();
        table.write(to, width)
    }
}

/// `{"class","matched","id","folder"}`.
#[derive(Serialize)]
struct Found {
    class: String,
    /// The assignment that decided; null where none did.
    matched: Option<String>,
    id: String,
    folder: String,
}

impl Shown for Found {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let class = class_shown(to, &self.class);
        match &self.matched {
            Some(matched) => {
                let matched = class_shown(to, matched);
                to.say(Msg::ReceivedIn, &[&class, &clean(&self.folder), &matched])
            }
            None => to.say(Msg::ReceivedInRoot, &[&class]),
        }
    }
}

/// `{"changed":[{"class","matched","id","folder"}],"dry_run"?}`: where messages of the classes arrive from now on.
#[derive(Serialize)]
struct Changed {
    changed: Vec<Found>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
}

impl Shown for Changed {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        if self.dry_run.is_some() {
            return to.say(Msg::DryRun, &[]);
        }
        for one in &self.changed {
            if one.matched.is_none() {
                one.text(to)?;
                continue;
            }
            let class = class_shown(to, &one.class);
            to.say(Msg::NowReceived, &[&class, &clean(&one.folder)])?;
        }
        Ok(())
    }
}

fn list(app: &App) -> Outcome<Exit> {
    let store = app.store()?;
    let table = store
        .receive_folder_table()
        .sort([SortColumn::ascending(tags::MESSAGE_CLASS)])
        .open();
    let table = app.api(table)?;
    let mut all = Vec::new();
    loop {
        let rows = app.api(table.query_rows(500))?;
        if rows.is_empty() {
            break;
        }
        all.extend(rows.iter().map(|row| assignment(&store, row)));
    }
    app.output.show(&Assignments(all))?;
    Ok(Exit::Ok)
}

fn assignment(store: &MsgStore, row: &TableRow) -> Assignment {
    Assignment {
        class: row.get(tags::MESSAGE_CLASS).unwrap_or_default(),
        id: short(store, row.entry_id()),
        folder: path(store, row.entry_id()),
    }
}

fn get(app: &App, class: &str) -> Outcome<Exit> {
    checked(app, class)?;
    let found = found(app, &app.store()?, class)?;
    app.output.show(&found)?;
    Ok(Exit::Ok)
}

fn found(app: &App, store: &MsgStore, class: &str) -> Outcome<Found> {
    let (id, matched) = app.api(store.receive_folder_id(class))?;
    let root = app.api(store.root_folder())?.entry_id();
    let by_none = matched.is_empty() && id == root;
    Ok(Found {
        class: class.to_owned(),
        matched: (!by_none).then_some(matched),
        id: short(store, &id),
        folder: path(store, &id).unwrap_or_default(),
    })
}

fn set(app: &App, class: &str, folder: &str, with_reports: bool) -> Outcome<Exit> {
    let (store, folder) = app.folder(folder)?;
    assign(app, &store, class, Some(&folder.entry_id()), with_reports)
}

fn remove(app: &App, class: &str, with_reports: bool) -> Outcome<Exit> {
    if class.is_empty() && !app.global.dry_run {
        app.confirm(Msg::ConfirmNoDefault, &[])?;
    }
    assign(app, &app.store()?, class, None, with_reports)
}

fn assign(
    app: &App,
    store: &MsgStore,
    class: &str,
    folder: Option<&EntryId>,
    with_reports: bool,
) -> Outcome<Exit> {
    let mut classes = vec![class.to_owned()];
    if with_reports {
        classes.push(report_of(class));
    }
    for class in &classes {
        checked(app, class)?;
    }
    if !app.global.dry_run {
        for class in &classes {
            app.api(store.set_receive_folder(class, folder))?;
        }
    }
    let changed = classes.iter().map(|class| found(app, store, class));
    app.output.show(&Changed {
        changed: changed.collect::<Outcome<_>>()?,
        dry_run: app.global.dry_run.then_some(true),
    })?;
    Ok(Exit::Ok)
}

/// The class that reports about messages of a class begin with.
fn report_of(class: &str) -> String {
    if class.is_empty() {
        REPORT.to_owned()
    } else {
        format!("{REPORT}.{class}")
    }
}

/// A class is words of printable ASCII joined by dots. [MS-OXCSTOR] 2.2.1.2.1.2
fn checked(app: &App, class: &str) -> Outcome<()> {
    let words = class.split('.').all(|word| !word.is_empty());
    let printable = class.chars().all(|c| matches!(c, ' '..='~'));
    if class.is_empty() || (words && printable && class.len() <= LONGEST) {
        return Ok(());
    }
    let class = text::clean(class);
    Err(app.fail(Exit::Usage, "bad-class", Msg::BadClass, &[&class]))
}

fn short(store: &MsgStore, id: &EntryId) -> String {
    match mapi_props::EntryId::decode(id.as_bytes()) {
        Ok(decoded) => format!("{}{}", store.letter(), decoded.item),
        Err(_) => id.to_string(),
    }
}

/// `None` for a folder that is gone.
fn path(store: &MsgStore, id: &EntryId) -> Option<String> {
    store.path_of(id).ok()
}

fn class_shown(to: &Printer<'_>, class: &str) -> String {
    if class.is_empty() {
        to.word(Msg::AnyOther).to_owned()
    } else {
        clean(class)
    }
}

fn clean(text: &str) -> String {
    text::clean(text).into_owned()
}
