//! Being told what happens in a store.
//! Reference: "IMsgStore::Advise" (requirements NTF-01, NTF-02, NT-02 … NT-04)

use std::sync::Arc;

use mapi_kit::entry_ids::EntryTarget;
use mapi_props::Code;
use mapi_spi::{Error, Result};

use super::MsgStore;
use crate::advise::{Runs, Scope, Subscription, check_mask};
use crate::table::Feed;
use crate::{Connection, EntryId, EventMask, Listener, Sink};

/// What a store tells.
const OFFERED: EventMask = EventMask::CRITICAL_ERROR
    .with(EventMask::NEW_MAIL)
    .with(EventMask::OBJECT_CREATED)
    .with(EventMask::OBJECT_DELETED)
    .with(EventMask::OBJECT_MODIFIED)
    .with(EventMask::OBJECT_MOVED)
    .with(EventMask::OBJECT_COPIED)
    .with(EventMask::SEARCH_COMPLETE);

impl MsgStore {
    /// Tells a sink what happens to the whole store from now on, or to one folder or message of it. The store's own entry id
    /// stands for the whole store. What is told of which object:
    ///
    /// * to the whole store: everything, new mail too;
    /// * to an object: what happens to it, copies made of it included; to a folder also changes of its own counters; to a
    ///   search folder that its search is complete. What happens to the objects in a folder is told to those, not to it.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` without STORE_NOTIFY_OK, or for a mask of which nothing is told; `MAPI_E_INVALID_PARAMETER` for
    /// an empty mask; `MAPI_E_UNKNOWN_ENTRYID`, `MAPI_E_INVALID_ENTRYID`, `MAPI_E_NOT_FOUND` for the object.
    pub fn advise(
        &self,
        object: Option<&EntryId>,
        mask: EventMask,
        sink: &Sink,
    ) -> Result<Connection> {
        self.errors.track(self.connect(object, mask, sink))
    }

    fn connect(
        &self,
        object: Option<&EntryId>,
        mask: EventMask,
        sink: &Sink,
    ) -> Result<Connection> {
        let scope = self.scope(object, mask)?;
        let hub = self.context.opened.hub();
        let subscription = sink.subscribe(mask, &hub.dispatcher, Arc::downgrade(hub));
        let connection = Connection::new(Arc::clone(&subscription), self.maker());
        self.context.member.registrations.enter(&subscription);
        hub.enter_objects(&subscription, scope)?;
        Ok(connection)
    }

    /// The same without a sink: the program takes the notifications itself.
    ///
    /// # Errors
    /// Those of [`Self::advise`].
    pub fn listen(&self, object: Option<&EntryId>, mask: EventMask) -> Result<Listener> {
        let listener = self.scope(object, mask).and_then(|scope| {
            let hub = self.context.opened.hub();
            let link = Arc::downgrade(hub);
            let subscription = Arc::new(Subscription::new(mask, Runs::Nowhere, None, link.clone()));
            let call = self.context.call.clone();
            let listener = Listener::new(Arc::clone(&subscription), link, call);
            self.context.member.registrations.enter(&subscription);
            hub.enter_objects(&subscription, scope)?;
            Ok(listener)
        });
        self.errors.track(listener)
    }

    /// Ends a registration made with this store; see [`Connection`]. Handles of the same open store are alike.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` if it was made with another object; it is ended all the same.
    pub fn unadvise(&self, connection: Connection) -> Result<()> {
        self.errors.track(connection.end(self.maker()))
    }

    /// The change log, for tables that are made of what is in the store.
    pub(super) fn feed(&self) -> Feed {
        Feed::Log(Arc::clone(self.context.opened.hub()))
    }

    fn maker(&self) -> usize {
        Arc::as_ptr(&self.context.opened).addr()
    }

    fn scope(&self, object: Option<&EntryId>, mask: EventMask) -> Result<Scope> {
        let store = self.context.spi()?;
        check_mask(mask, OFFERED)?;
        if !store.info().capabilities.notify {
            let detail = "this store tells nobody what happens in it";
            return Err(Error::new(Code::NO_SUPPORT, detail));
        }
        let Some(id) = object.filter(|id| !id.as_bytes().is_empty()) else {
            return Ok(Scope::Store);
        };
        match self.context.target(id)? {
            EntryTarget::Store(_) => Ok(Scope::Store),
            EntryTarget::Folder(_, item) => {
                store.folder(item, &self.context.call)?;
                Ok(Scope::Object(item))
            }
            EntryTarget::Message(_, item) => {
                store.message(item, &self.context.call)?;
                Ok(Scope::Object(item))
            }
        }
    }
}
