//! What happened in a store: its change log in MAPI's words. Reference: "OBJECT_NOTIFICATION" (requirements NTF-01, NTF-02)

use mapi_props::{PropTag, PropType, object_type};
use mapi_spi::{LogEntry, LogKind, Result};

use crate::context::Context;
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

/// One event of a folder, a message or the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectEvent {
    /// What happened.
    pub kind: EventKind,
    /// The object; for the store object itself the store's.
    pub entry_id: EntryId,
    /// PR_OBJECT_TYPE: store, folder or message.
    pub object_type: i32,
    /// The folder it is in now.
    pub parent_id: EntryId,
    /// Its former entry id: moves and copies only.
    pub old_id: Option<EntryId>,
    /// The folder it was in: moves only.
    pub old_parent_id: Option<EntryId>,
    /// Which properties changed, as far as that is known; types of properties that were not there before are not
    /// (PT_UNSPECIFIED).
    pub changed: Vec<PropTag>,
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
    /// fnevNewMail.
    NewMail,
    /// fnevSearchComplete.
    SearchComplete,
}

impl MsgStore {
    /// Events after `since`, from at most `limit` entries of the change log. 0 begins with the oldest that is kept.
    ///
    /// # Errors
    /// Those of the store.
    pub fn events(&self, since: u64, limit: usize) -> Result<StoreEvents> {
        let page = self
            .context
            .spi()?
            .log(since, None, limit, &self.context.call)?;
        let last = page.entries.last().map_or(page.last.max(since), |e| e.seq);
        let ids = Ids::of(&self.context);
        let events = page.entries.iter().filter_map(|entry| ids.event(entry));
        Ok(StoreEvents {
            events: events.collect(),
            last,
            lost: page.lost,
        })
    }
}

/// Makes entry ids of one store.
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    uid: mapi_props::Guid,
}

impl Ids {
    fn of(context: &Context) -> Self {
        Self::new(context.info().uid)
    }

    pub(crate) const fn new(uid: mapi_props::Guid) -> Self {
        Self { uid }
    }

    pub(crate) fn store(&self) -> EntryId {
        EntryId::from(mapi_kit::computed::store_entry_id(&self.uid))
    }

    pub(crate) fn item(&self, folder: bool, item: mapi_spi::ItemId) -> EntryId {
        EntryId::from(mapi_kit::computed::item_entry_id(&self.uid, folder, item))
    }

    /// What an entry of the log says about its own object; `None` for what only tables of search folders and of deleted
    /// objects look at.
    pub(crate) fn event(&self, entry: &LogEntry) -> Option<ObjectEvent> {
        let of_store = entry.object.0 == 0;
        let id = |item| {
            if of_store {
                self.store()
            } else {
                self.item(entry.folder, item)
            }
        };
        let (kind, old_id, old_parent_id) = match entry.kind {
            LogKind::Created | LogKind::Recovered => (EventKind::Created, None, None),
            LogKind::Modified => (EventKind::Modified, None, None),
            LogKind::SoftDeleted | LogKind::Deleted => (EventKind::Deleted, None, None),
            LogKind::Moved { from } => (
                EventKind::Moved,
                Some(id(entry.object)),
                Some(self.item(true, from)),
            ),
            LogKind::Copied { of } => (EventKind::Copied, Some(id(of)), None),
            LogKind::NewMail => (EventKind::NewMail, None, None),
            LogKind::SearchComplete => (EventKind::SearchComplete, None, None),
            LogKind::Purged
            | LogKind::Linked
            | LogKind::LinkModified
            | LogKind::Unlinked
            | LogKind::SearchFilled => return None,
        };
        Some(ObjectEvent {
            kind,
            entry_id: id(entry.object),
            object_type: match (of_store, entry.folder) {
                (true, _) => object_type::STORE,
                (false, true) => object_type::FOLDER,
                (false, false) => object_type::MESSAGE,
            },
            parent_id: if of_store {
                self.store()
            } else {
                self.item(true, entry.parent)
            },
            old_id,
            old_parent_id,
            changed: changed(entry),
        })
    }
}

fn changed(entry: &LogEntry) -> Vec<PropTag> {
    let was = |id: u16| {
        let inverse = entry.inverse.as_ref()?;
        let (_, slot) = inverse.props.iter().find(|(known, _)| *known == id)?;
        slot.as_ref().map(mapi_props::Slot::ty)
    };
    let tag = |id: &u16| PropTag::new(*id, was(*id).unwrap_or(PropType::UNSPECIFIED));
    entry.changed.iter().map(tag).collect()
}
