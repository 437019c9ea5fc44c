//! One event as it is shown.

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use malle_views::ListRow;
use mapi_props::FileTime;
use serde::Serialize;

use crate::args::EventName;
use crate::command::folder::FolderView;
use crate::output::{Printer, Shown};
use crate::text;

/// One line: what is not known of an event is left out, and null where it is known to be nothing.
#[derive(Serialize)]
pub(super) struct Event {
    /// When it was heard of.
    time: String,
    #[serde(skip)]
    at: FileTime,
    #[serde(rename = "event", serialize_with = "word")]
    pub(super) name: EventName,
    #[serde(flatten)]
    pub(super) of: Of,
}

/// What an event is about.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Of {
    Nothing(BTreeMap<(), ()>),
    Rows { rows: u64 },
    Object(Box<ObjectView>),
    Row(Box<RowView>),
    Error { code: String, message: String },
}

/// A store, folder or message.
#[derive(Default, Serialize)]
pub(super) struct ObjectView {
    /// `store`, `folder` or `message`.
    pub(super) object: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    /// Path of the folder that it is, or that it is in; null if that is gone.
    pub(super) folder: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) copy_of: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) old_folder: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) changed: Vec<String>,
}

/// A row of a list, with PR_INSTANCE_KEY of it and of the row before it.
#[derive(Serialize)]
pub(super) struct RowView {
    pub(super) key: String,
    /// Of a row that has a place: `Some(None)` for the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prior: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) row: Option<RowShown>,
}

/// What a row stands for.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum RowShown {
    Message(ListRow),
    Folder(FolderView),
}

impl Event {
    /// An event that is now, about `of`.
    pub(super) fn about(name: EventName, of: Of) -> Self {
        let at = FileTime::from_unix_nanos(Timestamp::now().as_nanosecond());
        Self {
            time: at.to_string(),
            at,
            name,
            of,
        }
    }

    /// One that says all by its name.
    pub(super) fn now(name: EventName) -> Self {
        Self::about(name, Of::Nothing(BTreeMap::new()))
    }

    /// All rows have been shown.
    pub(super) fn ready(rows: u64) -> Self {
        Self::about(EventName::Ready, Of::Rows { rows })
    }
}

fn word<S: serde::Serializer>(name: &EventName, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(name.word())
}

impl Shown for Event {
    /// Time, kind, id, folder and subject.
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let time = text::local_clock(self.at, to.output.zone());
        let (id, rest) = self.of.told();
        let line = format!("{time}  {:<15}  {id:<8}  {rest}", self.name.word());
        to.line(line.trim_end())
    }
}

impl Of {
    /// The id of what it is about, and what else people want to know.
    fn told(&self) -> (String, String) {
        match self {
            Self::Nothing(_) => Default::default(),
            Self::Rows { rows } => (String::new(), rows.to_string()),
            Self::Error { code, message } => (String::new(), clean(&[message, code])),
            Self::Object(object) => {
                let id = object
                    .id
                    .clone()
                    .unwrap_or_else(|| object.object.to_owned());
                let path = object.folder.as_deref().unwrap_or_default();
                let from = object.old_folder.as_deref();
                let place = from.map_or_else(|| path.to_owned(), |from| format!("{from} → {path}"));
                let subject = object.subject.as_deref().unwrap_or_default();
                (id, clean(&[&place, subject]))
            }
            Self::Row(row) => match &row.row {
                Some(RowShown::Message(row)) => {
                    let subject = row.subject.as_deref().unwrap_or_default();
                    (row.id.clone(), clean(&[&row.folder, subject]))
                }
                Some(RowShown::Folder(folder)) => {
                    let counts = format!("{}/{}", folder.unread, folder.messages);
                    (folder.id.clone(), clean(&[&folder.path, &counts]))
                }
                None => (String::new(), row.key.clone()),
            },
        }
    }
}

/// Texts side by side, without what could steer a terminal.
fn clean(texts: &[&str]) -> String {
    let there = texts.iter().filter(|text| !text.is_empty());
    let cleaned: Vec<_> = there.map(|text| text::clean(text)).collect();
    cleaned.join("  ")
}
