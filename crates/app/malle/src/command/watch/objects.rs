//! Events of a store, a folder or a message, told by path and subject.

use std::cell::RefCell;
use std::collections::HashMap;

use malle_views::{StoreNames, property_name};
use mapi::{
    Call, EntryId, EventKind, EventMask, Listener, MapiProp, MsgStore, Notification, ObjectEvent,
    OpenFlags,
};
use mapi_props::names::NameMap;
use mapi_props::{PropTag, object_type, tags};

use crate::app::App;
use crate::args::EventName;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::object::Target;

use super::event::{Event, ObjectView, Of};

/// What is listened to: everything that a store tells.
const ALL: EventMask = EventMask::CRITICAL_ERROR
    .with(EventMask::NEW_MAIL)
    .with(EventMask::OBJECT_CREATED)
    .with(EventMask::OBJECT_DELETED)
    .with(EventMask::OBJECT_MODIFIED)
    .with(EventMask::OBJECT_MOVED)
    .with(EventMask::OBJECT_COPIED)
    .with(EventMask::SEARCH_COMPLETE);

/// What is watched.
pub(super) struct Objects {
    store: MsgStore,
    scope: Scope,
    /// What it is called.
    pub(super) name: String,
    /// Paths of folders found so far; forgotten when folders change.
    paths: RefCell<HashMap<EntryId, Option<String>>>,
}

enum Scope {
    Store,
    /// The folder and what is directly in it.
    Folder(EntryId),
    Message(EntryId),
}

impl Objects {
    pub(super) fn new(app: &App, object: Option<&str>) -> Outcome<Self> {
        let name = object.unwrap_or("store");
        let api = |e: mapi::Error| app.failure(&e);
        let (store, scope) = match app.target(name, OpenFlags::NONE)? {
            Target::Store(store) => (store, Scope::Store),
            Target::Folder(folder) => {
                let store = folder.store().map_err(api)?;
                (store, Scope::Folder(folder.entry_id()))
            }
            Target::Message(message, home) if home.chain.is_empty() => {
                let id = message.get(tags::ENTRYID).map_err(api)?;
                let store = app.store_of(&app.short_id(name)?)?;
                (store, Scope::Message(EntryId::from(id)))
            }
            _ => return Err(app.fail(Exit::Usage, "usage", Msg::NotWatched, &[&name])),
        };
        Ok(Self {
            store,
            scope,
            name: name.to_owned(),
            paths: RefCell::default(),
        })
    }

    /// Begins to listen, until the call is cancelled.
    pub(super) fn listen(&self, call: Call) -> mapi::Result<Listener> {
        let object = match &self.scope {
            // What is in a folder is not told to the folder.
            Scope::Store | Scope::Folder(_) => None,
            Scope::Message(id) => Some(id),
        };
        self.store.with_call(call).listen(object, ALL)
    }

    /// What a notification says about what is watched, if anything.
    pub(super) fn event(&self, notification: Notification) -> Option<Event> {
        match notification {
            Notification::Object(event) => self.object(&event),
            Notification::NewMail(mail) => {
                if !self.concerns(&mail.entry_id, &mail.parent_id, None) {
                    return None;
                }
                let mut view = self.message(&mail.entry_id, &mail.parent_id, OpenFlags::NONE);
                view.class = Some(mail.message_class).filter(|class| !class.is_empty());
                Some(Event::about(EventName::NewMail, Of::Object(Box::new(view))))
            }
            Notification::Lost => {
                self.paths.borrow_mut().clear();
                Some(Event::now(EventName::Lost))
            }
            Notification::CriticalError(error) => {
                let code = error
                    .code
                    .name()
                    .map_or_else(|| error.code.to_string(), Into::into);
                let message = error.detail;
                Some(Event::about(
                    EventName::CriticalError,
                    Of::Error { code, message },
                ))
            }
            Notification::Table(_) | Notification::Extended(_) => None,
        }
    }

    fn concerns(&self, id: &EntryId, parent: &EntryId, old: Option<&EntryId>) -> bool {
        match &self.scope {
            Scope::Store | Scope::Message(_) => true,
            Scope::Folder(folder) => [Some(id), Some(parent), old].contains(&Some(folder)),
        }
    }

    fn object(&self, event: &ObjectEvent) -> Option<Event> {
        let is_folder = event.object_type == object_type::FOLDER;
        if is_folder && tells_of_paths(event) {
            self.paths.borrow_mut().clear();
        }
        let (id, old) = (&event.entry_id, event.old_parent_id.as_ref());
        if !self.concerns(id, &event.parent_id, old) {
            return None;
        }
        let mut view = match event.object_type {
            object_type::STORE => ObjectView {
                object: "store",
                ..ObjectView::default()
            },
            object_type::FOLDER => ObjectView {
                object: "folder",
                id: self.id(id),
                folder: self.path(id),
                ..ObjectView::default()
            },
            _ => self.message(id, &event.parent_id, flags_for(event.kind)),
        };
        view.old_folder = old.and_then(|old| self.path(old));
        if event.kind == EventKind::Copied {
            view.copy_of = event.old_id.as_ref().and_then(|old| self.id(old));
        }
        view.changed = self.names(&event.changed);
        let name = match event.kind {
            EventKind::Created => EventName::Created,
            EventKind::Modified => EventName::Modified,
            EventKind::Deleted => EventName::Deleted,
            EventKind::Moved => EventName::Moved,
            EventKind::Copied => EventName::Copied,
            EventKind::NewMail => EventName::NewMail,
            EventKind::SearchComplete => EventName::SearchComplete,
        };
        Some(Event::about(name, Of::Object(Box::new(view))))
    }

    /// A message as it is by now; one that is gone has neither subject nor class.
    fn message(&self, id: &EntryId, parent: &EntryId, flags: OpenFlags) -> ObjectView {
        let opened = self.store.open_message(id, flags).ok();
        let text = |tag| opened.as_ref().and_then(|message| message.get(tag).ok());
        ObjectView {
            object: "message",
            id: self.id(id),
            folder: self.path(parent),
            subject: text(tags::SUBJECT),
            class: text(tags::MESSAGE_CLASS),
            ..ObjectView::default()
        }
    }

    fn id(&self, id: &EntryId) -> Option<String> {
        let decoded = mapi_props::EntryId::decode(id.as_bytes()).ok()?;
        Some(format!("{}{}", self.store.letter(), decoded.item))
    }

    /// `None` for a folder that is gone.
    fn path(&self, folder: &EntryId) -> Option<String> {
        if let Some(known) = self.paths.borrow().get(folder) {
            return known.clone();
        }
        let path = self.store.path_of(folder).ok();
        self.paths.borrow_mut().insert(folder.clone(), path.clone());
        path
    }

    /// Properties by their canonical names, else as tags.
    fn names(&self, changed: &[PropTag]) -> Vec<String> {
        let names = StoreNames::of(&self.store);
        let name = |tag: &PropTag| {
            let named = names.name_of(tag.id()).filter(|_| tag.is_named());
            property_name(*tag, named.as_ref()).unwrap_or_else(|| tag.to_string())
        };
        changed.iter().map(name).collect()
    }
}

/// What is in the wastebasket of soft-deleted messages has a subject still.
const fn flags_for(kind: EventKind) -> OpenFlags {
    match kind {
        EventKind::Deleted => OpenFlags::SHOW_SOFT_DELETES,
        _ => OpenFlags::NONE,
    }
}

/// Whether paths may be others now: not when only counters of a folder changed.
fn tells_of_paths(event: &ObjectEvent) -> bool {
    let named = |tag: &PropTag| tag.id() == tags::DISPLAY_NAME.id();
    event.kind != EventKind::Modified || event.changed.iter().any(named)
}
