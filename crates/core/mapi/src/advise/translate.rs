//! Entries of the change log as notifications of objects.
//!
//! An entry makes an event of its own object. What follows from it for the counters of folders makes one event per folder
//! and reading: of the folder only, not of those above it (NTF-02, NT-04).

use std::collections::BTreeMap;

use mapi_props::{PropTag, PropValue, Slot, message_flags, object_type, tags};
use mapi_spi::{Call, ItemId, LogEntry, LogKind, Store};

use super::EventMask;
use super::notification::{NewMailNotification, Notification};
use crate::event::{EventKind, Ids, ObjectEvent};

/// Of which objects a registration is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of the store.
    Store,
    /// This folder or message.
    Object(ItemId),
}

/// A notification with the objects it is about.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) notification: Notification,
    object: ItemId,
    /// The original of a copy.
    original: Option<ItemId>,
}

impl Told {
    pub(super) fn concerns(&self, scope: Scope) -> bool {
        match scope {
            Scope::Store => true,
            // New mail is told to those who registered for the whole store (NT-04).
            Scope::Object(_) if matches!(self.notification, Notification::NewMail(_)) => false,
            Scope::Object(id) => self.object == id || self.original == Some(id),
        }
    }

    pub(super) fn is_asked_for(&self, mask: EventMask) -> bool {
        mask.contains(self.notification.event())
    }
}

pub(super) struct Translator<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) ids: Ids,
}

impl Translator<'_> {
    /// What consecutive entries tell, in order.
    pub(super) fn translate(&self, entries: &[LogEntry]) -> Vec<Told> {
        let mut counted = Counted::of(entries);
        let mut all = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            all.extend(self.told(entry));
            for (folder, changed) in counted.at(at) {
                all.extend(self.counters(folder, changed));
            }
        }
        all
    }

    fn told(&self, entry: &LogEntry) -> Option<Told> {
        let event = self.ids.event(entry)?;
        let notification = if entry.kind == LogKind::NewMail {
            Notification::NewMail(NewMailNotification {
                entry_id: event.entry_id,
                parent_id: event.parent_id,
                message_class: self.class(entry.object),
                message_flags: entry.flags,
            })
        } else {
            Notification::Object(event)
        };
        Some(Told {
            notification,
            object: entry.object,
            original: match entry.kind {
                LogKind::Copied { of } => Some(of),
                _ => None,
            },
        })
    }

    fn class(&self, message: ItemId) -> String {
        let data = self.store.message(message, &Call::default()).ok();
        let class = data.and_then(|d| Some(d.body.props.text(tags::MESSAGE_CLASS)?.to_owned()));
        class.unwrap_or_default()
    }

    /// Counters of a folder changed.
    fn counters(&self, folder: ItemId, changed: Vec<PropTag>) -> Option<Told> {
        let data = self.store.folder(folder, &Call::default()).ok()?;
        let event = ObjectEvent {
            kind: EventKind::Modified,
            entry_id: self.ids.item(true, folder),
            object_type: object_type::FOLDER,
            parent_id: self.ids.item(true, data.meta.parent),
            old_id: None,
            old_parent_id: None,
            changed,
        };
        Some(Told {
            notification: Notification::Object(event),
            object: folder,
            original: None,
        })
    }
}

/// Folders whose counters entries moved, by the last entry that did.
#[derive(Debug, Default)]
struct Counted {
    last: BTreeMap<ItemId, (usize, Vec<PropTag>)>,
}

impl Counted {
    fn of(entries: &[LogEntry]) -> Self {
        let mut counted = Self::default();
        for (at, entry) in entries.iter().enumerate() {
            let moved = moved(entry);
            let from = match entry.kind {
                LogKind::Moved { from } => Some(from),
                LogKind::SearchFilled | LogKind::SearchComplete => Some(entry.object),
                _ => None,
            };
            let to = match entry.kind {
                LogKind::SearchFilled | LogKind::SearchComplete => None,
                _ => Some(entry.parent),
            };
            for folder in [from, to].into_iter().flatten() {
                counted.note(folder, at, &moved);
            }
            // Of a folder that comes or goes, that is the news.
            if entry.folder && !matches!(entry.kind, LogKind::Modified | LogKind::Moved { .. }) {
                counted.last.remove(&entry.object);
            }
        }
        counted
    }

    fn note(&mut self, folder: ItemId, at: usize, moved: &[PropTag]) {
        if moved.is_empty() {
            return;
        }
        let (last, tags) = self.last.entry(folder).or_default();
        *last = at;
        tags.extend(
            moved
                .iter()
                .filter(|t| !tags.contains(t))
                .collect::<Vec<_>>(),
        );
    }

    /// Those whose last entry this is.
    fn at(&mut self, at: usize) -> Vec<(ItemId, Vec<PropTag>)> {
        let here = self.last.extract_if(.., |_, (last, _)| *last == at);
        here.map(|(folder, (_, tags))| (folder, tags)).collect()
    }
}

/// The counters of the entry's folder that it moved; of both folders for a move.
fn moved(entry: &LogEntry) -> Vec<PropTag> {
    let hierarchy = [tags::FOLDER_CHILD_COUNT.raw(), tags::SUBFOLDERS.raw()];
    match entry.kind {
        LogKind::SearchFilled | LogKind::SearchComplete => in_sight(false, true),
        LogKind::NewMail => Vec::new(),
        LogKind::Modified | LogKind::LinkModified if unread_moved(entry) => {
            vec![tags::CONTENT_UNREAD.raw()]
        }
        LogKind::Modified | LogKind::LinkModified => Vec::new(),
        LogKind::Purged if entry.folder => Vec::new(),
        _ if entry.folder => hierarchy.to_vec(),
        LogKind::Purged => vec![tags::DELETED_MSG_COUNT.raw()],
        LogKind::SoftDeleted | LogKind::Recovered => {
            let mut all = messages(entry);
            all.push(tags::DELETED_MSG_COUNT.raw());
            all
        }
        LogKind::Created
        | LogKind::Copied { .. }
        | LogKind::Deleted
        | LogKind::Moved { .. }
        | LogKind::Linked
        | LogKind::Unlinked => messages(entry),
    }
}

fn messages(entry: &LogEntry) -> Vec<PropTag> {
    in_sight(
        entry.flags & message_flags::ASSOCIATED != 0,
        entry.flags & message_flags::READ == 0,
    )
}

fn in_sight(associated: bool, unread: bool) -> Vec<PropTag> {
    if associated {
        return vec![tags::ASSOC_CONTENT_COUNT.raw()];
    }
    let mut all = vec![tags::CONTENT_COUNT.raw()];
    all.extend(unread.then_some(tags::CONTENT_UNREAD.raw()));
    all
}

/// Whether a message was marked read or unread.
fn unread_moved(entry: &LogEntry) -> bool {
    if entry.folder || entry.flags & message_flags::ASSOCIATED != 0 {
        return false;
    }
    let inverse = entry.inverse.iter().flat_map(|i| &i.props);
    let mut was = inverse.filter_map(|(id, slot)| match slot {
        Some(Slot::Value(PropValue::Long(flags))) if *id == tags::MESSAGE_FLAGS.id() => {
            Some(flags.cast_unsigned())
        }
        _ => None,
    });
    was.any(|was| (was ^ entry.flags) & message_flags::READ != 0)
}
