//! What happened in a store: its change log in MAPI's words. Reference: "OBJECT_NOTIFICATION" (requirements NTF-01, NTF-02)

use mapi_spi::{LogEntry, LogKind, Result};

use crate::{EntryId, MsgStore};

/// Events of a store after a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreEvents {
    /// In commit order.
    pub events: Vec<ObjectEvent>,
    /// Ask on from here.
    pub last: u64,
    /// Some events are gone: whoever kept a picture of the store must make it anew.
    pub lost: bool,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectEvent {
    /// What happened.
    pub kind: EventKind,
    /// The object; for the store object itself the store's.
    pub entry_id: EntryId,
    /// The folder it is in now.
    pub parent_id: EntryId,
    /// Its former entry id: moves and copies only.
    pub old_id: Option<EntryId>,
    /// The folder it was in: moves only.
    pub old_parent_id: Option<EntryId>,
}

/// Kinds of events (fnev…).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// fnevObjectCreated.
    Created,
    /// fnevObjectModified.
    Modified,
    /// fnevObjectDeleted: soft or for good.
    Deleted,
    /// fnevObjectMoved.
    Moved,
    /// fnevObjectCopied.
    Copied,
    /// fnevSearchComplete: of the search folder.
    SearchComplete,
    /// fnevNewMail.
    NewMail,
}

impl MsgStore {
    /// Events after `since`, at most `limit`. 0 begins with the oldest that is kept.
    ///
    /// # Errors
    /// Those of the store.
    pub fn events(&self, since: u64, limit: usize) -> Result<StoreEvents> {
        let page = self
            .context
            .spi()?
            .log(since, None, limit, &self.context.call)?;
        let last = page.entries.last().map_or(page.last.max(since), |e| e.seq);
        let events = page.entries.iter().filter_map(|e| self.event(e)).collect();
        Ok(StoreEvents {
            events,
            last,
            lost: page.lost,
        })
    }

    /// `None`: nothing happened to an object, rows of a search folder moved.
    fn event(&self, entry: &LogEntry) -> Option<ObjectEvent> {
        let id = |item| {
            if entry.object.0 == 0 {
                self.entry_id()
            } else {
                self.context.entry_id(entry.folder, item)
            }
        };
        let folder = |item| self.context.entry_id(true, item);
        let (kind, old_id, old_parent_id) = match entry.kind {
            LogKind::Created | LogKind::Recovered => (EventKind::Created, None, None),
            LogKind::Modified => (EventKind::Modified, None, None),
            LogKind::SoftDeleted | LogKind::Deleted | LogKind::Purged => {
                (EventKind::Deleted, None, None)
            }
            LogKind::Moved { from } => {
                (EventKind::Moved, Some(id(entry.object)), Some(folder(from)))
            }
            LogKind::NewMail => (EventKind::NewMail, None, None),
            LogKind::Copied { of } => (EventKind::Copied, Some(id(of)), None),
            LogKind::SearchComplete => (EventKind::SearchComplete, None, None),
            LogKind::Linked | LogKind::LinkModified | LogKind::Unlinked | LogKind::SearchFilled => {
                return None;
            }
        };
        Some(ObjectEvent {
            kind,
            entry_id: id(entry.object),
            parent_id: folder(entry.parent),
            old_id,
            old_parent_id,
        })
    }
}
