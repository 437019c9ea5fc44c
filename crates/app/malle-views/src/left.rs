//! A message that has left the queue: whether a copy is kept, and whom it did not reach.
//! Requirement RP-01

use std::collections::BTreeMap;

use mapi::{
    Code, EntryId, MapiProp, Message, MsgStore, OpenFlags, SortColumn, Track, columns, tags,
};
use mapi_props::{PropValue, TreeProps};
use serde::Serialize;

/// How many of the newest messages are looked through for a report.
const RECENT: i64 = 200;

/// A message that has left the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Left {
    /// A copy of it is kept.
    pub kept: bool,
    /// It did not reach anybody.
    pub reached_nobody: bool,
    /// Whom it did not reach.
    pub refused: Vec<Refused>,
}

/// Somebody whom a message did not reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Display name.
    pub name: Option<String>,
    /// Mail address.
    pub address: Option<String>,
    /// Why, as whoever refused it said.
    pub why: Option<String>,
    /// The id of the report, from which it can be sent again.
    pub report: Option<String>,
}

impl Refused {
    /// The person as one reads of one.
    #[must_use]
    pub fn shown(&self) -> String {
        match (&self.name, &self.address) {
            (Some(name), Some(address)) if name != address => format!("{name} <{address}>"),
            (_, Some(one)) | (Some(one), None) => one.clone(),
            (None, None) => String::new(),
        }
    }
}

/// What became of a message that is in the queue no more: as its recipients' rows and the reports tell that arrived of late.
///
/// # Errors
/// Those of the store; a message of which no copy was kept is none.
pub fn left(store: &MsgStore, message: &EntryId) -> mapi::Result<Left> {
    let message = match store.open_message(message, OpenFlags::NONE) {
        Ok(message) => message,
        Err(e) if e.code() == Code::NOT_FOUND => return Ok(Left::default()),
        Err(e) => return Err(e),
    };
    let tree = message.to_tree()?;
    let track = |row: &TreeProps| {
        let code = row.value(tags::RECIPIENT_TRACKSTATUS);
        Track::of(code.and_then(PropValue::as_long).unwrap_or_default())
    };
    let (not_reached, others): (Vec<_>, Vec<_>) =
        (tree.recipients.iter()).partition(|row| track(row) == Track::NotDelivered);
    let mut left = Left {
        kept: true,
        reached_nobody: others.is_empty() && !not_reached.is_empty(),
        refused: Vec::new(),
    };
    if not_reached.is_empty() {
        return Ok(left);
    }
    let told = reports(store, &message)?;
    for row in not_reached {
        let text = |tag| row.text(tag).filter(|t| !t.is_empty()).map(str::to_owned);
        let address = text(tags::SMTP_ADDRESS).or_else(|| text(tags::EMAIL_ADDRESS));
        let key = address.as_deref().unwrap_or_default().to_lowercase();
        let known = told.get(&key).cloned();
        let (report, why) = known.unwrap_or_default();
        left.refused.push(Refused {
            name: text(tags::DISPLAY_NAME),
            address,
            why: why.or_else(|| text(tags::SUPPLEMENTARY_INFO)),
            report,
        });
    }
    Ok(left)
}

/// Of each address that a report about the message names: the report, and what it says.
type Told = BTreeMap<String, (Option<String>, Option<String>)>;

fn reports(store: &MsgStore, about: &Message) -> mapi::Result<Told> {
    let key = about.find(tags::SEARCH_KEY)?;
    let folder = store.receive_folder("REPORT.IPM.Note.NDR")?;
    let table = folder
        .contents()
        .columns(columns![
            tags::ENTRYID,
            tags::PARENT_KEY,
            tags::MESSAGE_CLASS
        ])
        .sort([SortColumn::descending(tags::MESSAGE_DELIVERY_TIME)])
        .open()?;
    let mut told = Told::new();
    for row in table.query_rows(RECENT)? {
        let class = row.get(tags::MESSAGE_CLASS).unwrap_or_default();
        let of_this = key.is_some() && row.get(tags::PARENT_KEY) == key;
        if !of_this || !class.to_ascii_uppercase().ends_with(".NDR") {
            continue;
        }
        let report = folder.open_message(row.entry_id())?;
        let id = report.short_id().map(|id| id.to_string());
        for row in &report.to_tree()?.recipients {
            let text = |tag| row.text(tag).map(str::to_owned);
            let address = text(tags::SMTP_ADDRESS).or_else(|| text(tags::EMAIL_ADDRESS));
            let why = text(tags::SUPPLEMENTARY_INFO).or_else(|| text(tags::REPORT_TEXT));
            let address = address.unwrap_or_default().to_lowercase();
            told.entry(address).or_insert_with(|| (id.clone(), why));
        }
    }
    Ok(told)
}
