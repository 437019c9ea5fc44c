//! Being told what happens to a session, or through it to what is in its stores.
//! Reference: "IMAPISession::Advise" (requirements NT-02, 7.1)

use std::sync::{Arc, Weak};

use mapi_props::Code;
use mapi_spi::Result;

use super::Session;
use crate::advise::check_mask;
use crate::{Connection, EntryId, ErrorNotification, EventMask, LogoffFlags, OpenFlags, Sink};

/// What a session tells of itself.
const OFFERED: EventMask = EventMask::CRITICAL_ERROR.with(EventMask::EXTENDED);

impl Session {
    /// Tells a sink what happens to a store, folder or message, whichever store it is in: see [`crate::MsgStore::advise`].
    /// Without an entry id, what happens to the session: critical errors, which are told whatever the mask, and logoff as an
    /// extended event ([`crate::ExtendedNotification::LOGOFF`]), the last one.
    ///
    /// # Errors
    /// Those of the store; `MAPI_E_UNKNOWN_ENTRYID` if no open store claims the entry id; without one,
    /// `MAPI_E_INVALID_PARAMETER` for an empty mask and `MAPI_E_NO_SUPPORT` for one of which nothing is told.
    pub fn advise(
        &self,
        object: Option<&EntryId>,
        mask: EventMask,
        sink: &Sink,
    ) -> Result<Connection> {
        let object = object.filter(|id| !id.as_bytes().is_empty());
        let connection = match object {
            Some(id) => self.route(id).and_then(|opened| {
                let store = self.handle(opened, OpenFlags::BEST_ACCESS)?;
                let connection = store.advise(Some(id), mask, sink)?;
                Ok(connection.made_by(self.maker()))
            }),
            None => self.connect(mask, sink),
        };
        self.track(connection)
    }

    fn connect(&self, mask: EventMask, sink: &Sink) -> Result<Connection> {
        self.check()?;
        check_mask(mask, OFFERED)?;
        let dispatcher = &self.state().subsystem.dispatcher;
        let subscription = sink.subscribe(mask, dispatcher, Weak::new());
        dispatcher.enter(&subscription);
        self.member.registrations.enter_own(&subscription);
        Ok(Connection::new(subscription, self.maker()))
    }

    /// Logs off as [`Self::logoff`] does. With SHARED everybody else of a shared session is told first, as a critical
    /// error of the session (`MAPI_E_END_OF_SESSION`): they should log off too, and may go on until they do.
    pub fn logoff_with(&self, flags: LogoffFlags) {
        if flags.contains(LogoffFlags::SHARED) && self.check().is_ok() {
            let told = ErrorNotification {
                entry_id: None,
                code: Code::END_OF_SESSION,
                detail: "somebody else asks everybody to log off this session".to_owned(),
            };
            let others = self.state().everyone().into_iter();
            for other in others.filter(|m| !Arc::ptr_eq(m, &self.member)) {
                let dispatcher = &self.state().subsystem.dispatcher;
                other.registrations.critical(&told, dispatcher);
            }
        }
        self.logoff();
    }

    /// Ends a registration made with this session; see [`Connection`].
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` if it was made with another object; it is ended all the same.
    pub fn unadvise(&self, connection: Connection) -> Result<()> {
        self.track(connection.end(self.maker()))
    }

    fn maker(&self) -> usize {
        Arc::as_ptr(&self.member).addr()
    }
}
