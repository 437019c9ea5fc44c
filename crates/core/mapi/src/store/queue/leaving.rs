//! StoreLogoff: how a client leaves a store, and what goes on in it then.
//! Reference: "IMsgStore::StoreLogoff" (requirement M-IMsgStore.StoreLogoff)

use std::collections::BTreeSet;

use mapi_kit::outgoing::LOCKED;
use mapi_kit::outgoing::state::{Phase, QueueState};
use mapi_props::{Code, PropValue, status_code, tags};
use mapi_spi::{Error, ItemId, Result};

use super::MsgStore;
use crate::{FlushFlags, FlushRequest, StoreLogoffFlags};

impl MsgStore {
    /// Says how this client leaves the store, and is told what goes on in it (INBOUND, OUTBOUND, OUTBOUND_QUEUE). The handle
    /// lives on until it is dropped.
    ///
    /// What was submitted is sent by whoever is the spooler of the store, in this program or another, whether clients come
    /// or go: it stays queued with every flag. So NO_WAIT and ORDERLY only look; PURGE has everything sent first, and, in the
    /// default store, fetched, and waits for that ([`crate::Host::flush`]; a program without a spooler looks only). ABORT ends
    /// what this session has the spooler do (FlushQueues, PURGE), and returns when that has ended: what was not just leaving waits as it
    /// did before. The spooler itself is not this client's: while it has messages of the store on their way for others nobody leaves with
    /// ABORT, and nothing changes for it. With QUIET one does not leave while anything is on its way, and nothing is ended.
    ///
    /// INBOUND is what this session asked for: nobody knows what another program fetches. A session that logs off without this call
    /// ends what it asked for as with ABORT.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for none or more than one of NO_WAIT, ORDERLY, PURGE, ABORT and QUIET; `MAPI_E_BUSY` with
    /// QUIET while messages are on their way, with ABORT while they still are after that; `MAPI_E_USER_CANCEL` of a PURGE that somebody
    /// ends with ABORT; those of [`crate::Host::flush`] and of the store.
    pub fn store_logoff(&self, flags: StoreLogoffFlags) -> Result<StoreLogoffFlags> {
        self.errors.track(self.leave(flags))
    }

    fn leave(&self, how: StoreLogoffFlags) -> Result<StoreLogoffFlags> {
        match how {
            StoreLogoffFlags::NO_WAIT | StoreLogoffFlags::ORDERLY => self.activity(),
            StoreLogoffFlags::PURGE => {
                self.purge()?;
                self.activity()
            }
            StoreLogoffFlags::ABORT => {
                self.context.spi()?;
                let session = &self.context.member.session;
                session.flushing.stop(&self.context.call)?;
                self.if_quiet()
            }
            StoreLogoffFlags::QUIET => self.if_quiet(),
            _ => {
                let detail = "one way to leave a store is to be named";
                Err(Error::new(Code::INVALID_PARAMETER, detail))
            }
        }
    }

    /// What goes on, if nothing is on its way.
    fn if_quiet(&self) -> Result<StoreLogoffFlags> {
        let goes_on = self.activity()?;
        let under_way = StoreLogoffFlags::INBOUND | StoreLogoffFlags::OUTBOUND;
        if goes_on.bits() & under_way.bits() == 0 {
            return Ok(goes_on);
        }
        let detail = "messages of the store are on their way";
        Err(Error::new(Code::BUSY, detail))
    }

    /// Has everything sent, and fetched into the default store.
    fn purge(&self) -> Result<()> {
        self.context.spi()?;
        let session = &self.context.member.session;
        let host = &session.subsystem.host;
        if !host.spools() {
            return Ok(());
        }
        let flags = if self.is_default() {
            FlushFlags::UPLOAD | FlushFlags::DOWNLOAD
        } else {
            FlushFlags::UPLOAD
        };
        let request = FlushRequest {
            target: None,
            flags,
        };
        // What could not go stays queued, which the caller is told.
        let flushed = session.flushing.stoppable(&self.context.call, |call| {
            host.flush(session.profile(), &request, call)
        });
        flushed.map(drop)
    }

    /// What goes on.
    fn activity(&self) -> Result<StoreLogoffFlags> {
        let waiting = self.queued()?;
        let mut goes_on = StoreLogoffFlags::NONE;
        if !waiting.is_empty() {
            goes_on = goes_on | StoreLogoffFlags::OUTBOUND_QUEUE;
        }
        let locked = waiting.iter().filter(|row| {
            let flags = row.props.value(tags::SUBMIT_FLAGS);
            flags.and_then(PropValue::as_long).unwrap_or(0) & LOCKED != 0
        });
        let locked: BTreeSet<_> = locked.map(|row| ItemId(row.number)).collect();
        if !locked.is_empty() && self.is_sending(&locked)? {
            goes_on = goes_on | StoreLogoffFlags::OUTBOUND;
        }
        let flushing = self.context.member.session.flushing.bits();
        if self.is_default() && flushing & status_code::INBOUND_FLUSH != 0 {
            goes_on = goes_on | StoreLogoffFlags::INBOUND;
        }
        Ok(goes_on)
    }

    /// Whether one of these messages, which are locked, is being handed over: not one of which only nobody knows whether it
    /// was.
    fn is_sending(&self, locked: &BTreeSet<ItemId>) -> Result<bool> {
        let rests = |state: Option<Vec<u8>>| {
            let state = state.map(|row| QueueState::from_bytes(&row));
            matches!(state, Some(Ok(s)) if matches!(s.phase, Phase::Unknown | Phase::Held))
        };
        let mut sending = false;
        self.each_queued(|queued| {
            sending |= locked.contains(&queued.place.item) && !rests(queued.state);
        })?;
        Ok(sending)
    }
}
