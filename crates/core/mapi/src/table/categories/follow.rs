//! Which rows the change log says something happened to.

use std::collections::BTreeSet;

use mapi_props::tags;
use mapi_spi::{Call, ItemId, LogEntry, LogKind, Result};

use crate::table::StoreRows;

/// Entries read at a time.
const ENTRIES: usize = 512;

/// What happened to rows.
#[derive(Debug)]
pub(super) enum Touched {
    /// All that happened, happened to these messages, in order.
    Items(Vec<ItemId>),
    /// Anything may have.
    Unknown,
}

/// What happened since `seq`, and the number up to which that is known. More than `most` messages are
/// [`Touched::Unknown`].
pub(super) fn since(
    rows: &StoreRows,
    seq: u64,
    most: usize,
    call: &Call,
) -> Result<(Touched, u64)> {
    let store = rows.context.spi()?;
    let mut items = BTreeSet::new();
    let mut seen = seq;
    loop {
        let page = store.log(seen, None, ENTRIES, call)?;
        if page.lost {
            return Ok((Touched::Unknown, page.last));
        }
        for entry in &page.entries {
            match concerned(entry, rows) {
                Concerned::Nothing => {}
                Concerned::Message => {
                    items.insert(entry.object);
                }
                Concerned::All => return Ok((Touched::Unknown, page.last)),
            }
        }
        if items.len() > most {
            return Ok((Touched::Unknown, page.last));
        }
        match page.entries.last() {
            Some(last) if last.seq < page.last => seen = last.seq,
            _ => {
                let items = items.into_iter().collect();
                return Ok((Touched::Items(items), page.last.max(seen)));
            }
        }
    }
}

/// What an entry says of the rows.
enum Concerned {
    Nothing,
    Message,
    All,
}

fn concerned(entry: &LogEntry, rows: &StoreRows) -> Concerned {
    match entry.kind {
        LogKind::SearchFilled | LogKind::SearchComplete => {
            if entry.object == rows.container {
                return Concerned::All;
            }
            Concerned::Nothing
        }
        LogKind::NewMail => Concerned::Nothing,
        // Nothing is in a new folder yet.
        LogKind::Created if entry.folder => Concerned::Nothing,
        LogKind::Modified if entry.folder => {
            // PR_PARENT_DISPLAY is a folder's name: that of the rows' own, or of any where they are links.
            let named = entry.changed.contains(&tags::DISPLAY_NAME.id());
            if named && (rows.links || entry.object == rows.container) {
                return Concerned::All;
            }
            Concerned::Nothing
        }
        // The folder itself may go with one that it is in.
        _ if entry.folder => Concerned::All,
        LogKind::Moved { from } if from == rows.container => Concerned::Message,
        _ if entry.parent == rows.container => Concerned::Message,
        _ => Concerned::Nothing,
    }
}
