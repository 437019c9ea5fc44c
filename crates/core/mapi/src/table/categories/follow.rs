//! Whether an outline is still true: a look at the change log instead of at the rows.

use mapi_props::tags;
use mapi_spi::{Call, LogEntry, LogKind, Result};

use crate::table::StoreRows;

/// Entries read at a time.
const ENTRIES: usize = 512;

/// The number up to which rows that were read at `seq` are true now; `None` if something happened to them.
pub(super) fn still_true(rows: &StoreRows, seq: u64, call: &Call) -> Result<Option<u64>> {
    let store = rows.context.spi()?;
    let mut seen = seq;
    loop {
        let page = store.log(seen, None, ENTRIES, call)?;
        if page.lost || page.entries.iter().any(|e| concerns(e, rows)) {
            return Ok(None);
        }
        match page.entries.last() {
            Some(last) if last.seq < page.last => seen = last.seq,
            _ => return Ok(Some(page.last.max(seen))),
        }
    }
}

fn concerns(entry: &LogEntry, rows: &StoreRows) -> bool {
    match entry.kind {
        LogKind::SearchFilled | LogKind::SearchComplete => entry.object == rows.container,
        LogKind::NewMail => false,
        LogKind::Moved { from } if from == rows.container => true,
        // PR_PARENT_DISPLAY of links is a folder's name.
        LogKind::Created | LogKind::Modified if entry.folder => {
            entry.changed.contains(&tags::DISPLAY_NAME.id())
        }
        // The folder itself may go with one that it is in.
        _ => entry.folder || entry.parent == rows.container,
    }
}
