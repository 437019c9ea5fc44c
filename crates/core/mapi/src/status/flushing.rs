//! FlushQueues: having everything sent and fetched now, by whoever is the spooler.
//! Reference: "IMAPIStatus::FlushQueues", "Sending or Receiving a Message on Demand" (requirements SES-10, ST-01, TX-02)

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use mapi_props::{Code, Guid, resource_methods, status_code};
use mapi_spi::{Call, CancelToken, Error, ProviderKind, Result};

use super::{Status, gone, rows};
use crate::context::LastError;
use crate::session::transports::{begin_flush, end_flush};
use crate::session::{SessionState, busy, caught};
use crate::{EntryId, FlushFlags, FlushRequest};

/// So often whoever waits for the end of a flush looks whether its own call has ended.
const GLANCE: Duration = Duration::from_millis(100);

/// What the spooler was asked for by a session: by its status objects, and by who leaves a store.
#[derive(Debug, Default)]
pub(crate) struct Flushing {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The directions, while it is at it.
    under_way: Option<FlushFlags>,
    /// What went wrong the last time.
    failed: Option<LastError>,
    /// Flushes that go on, in whatever way they were asked for, each with what stops it.
    running: Vec<(u64, CancelToken)>,
    /// How many there were.
    count: u64,
}

impl Flushing {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does a flush that [`Self::stop`] can end, with a call of its own.
    pub(crate) fn stoppable<R>(&self, call: &Call, flush: impl FnOnce(&Call) -> R) -> R {
        let own = Call {
            cancel: call.cancel.child(),
            ..call.clone()
        };
        let mut state = self.lock();
        state.count += 1;
        let number = state.count;
        state.running.push((number, own.cancel.clone()));
        drop(state);
        let _running = Running(self, number);
        flush(&own)
    }

    /// Ends the flushes that go on, and waits until they have: what was not just leaving is as it was.
    ///
    /// # Errors
    /// Those of [`Call::check`]: they are told to end all the same.
    pub(crate) fn stop(&self, call: &Call) -> Result<()> {
        let mut state = self.lock();
        let of_now = state.count;
        // What cancelling wakes may look at the state.
        let tokens: Vec<_> = state.running.iter().map(|(_, t)| t.clone()).collect();
        drop(state);
        tokens.iter().for_each(CancelToken::cancel);
        state = self.lock();
        while state.running.iter().any(|(number, _)| *number <= of_now) {
            call.check()?;
            let waited = self.ended.wait_timeout(state, GLANCE);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// The bits of PR_STATUS_CODE.
    pub(crate) fn bits(&self) -> i32 {
        let flags = self.lock().under_way.unwrap_or_default();
        let bit = |flag, bit| if flags.contains(flag) { bit } else { 0 };
        bit(FlushFlags::UPLOAD, status_code::OUTBOUND_FLUSH)
            | bit(FlushFlags::DOWNLOAD, status_code::INBOUND_FLUSH)
    }

    /// What went wrong the last time, for a person.
    pub(super) fn failure(&self) -> Option<LastError> {
        self.lock().failed.clone()
    }
}

/// A flush that goes on.
struct Running<'a>(&'a Flushing, u64);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.running.retain(|(number, _)| *number != self.1);
        drop(state);
        self.0.ended.notify_all();
    }
}

/// The right to be the one who has the spooler do something; the row shows it as long as it lasts.
struct Turn {
    flushing: Arc<Flushing>,
    session: Weak<SessionState>,
}

impl Turn {
    fn take(session: &Arc<SessionState>, flags: FlushFlags) -> Result<Self> {
        let flushing = Arc::clone(&session.flushing);
        let mut state = flushing.lock();
        if state.under_way.is_some() {
            return Err(busy());
        }
        state.under_way = Some(flags);
        state.failed = None;
        drop(state);
        session.providers.changed();
        Ok(Self {
            flushing,
            session: Arc::downgrade(session),
        })
    }

    /// It is done; the row says what kept it from its end, or went wrong with a transport or a message.
    fn end(self, result: &Result<Vec<Error>>) {
        let failed = match result {
            Ok(problems) => problems.first(),
            Err(error) => Some(error),
        };
        self.flushing.lock().failed = failed.map(LastError::of);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.flushing.lock().under_way = None;
        if let Some(session) = self.session.upgrade() {
            session.providers.changed();
        }
    }
}

impl Status {
    /// FlushQueues: has everything sent (UPLOAD) and fetched (DOWNLOAD) now, and waits until that is done: the spooler by all transports,
    /// one after the other, or by the one whose row has the entry id `target`; a transport by itself. FORCE also takes what
    /// waits for its time, or was put off by its transport. What cannot go now stays queued, and what goes wrong with a transport or a
    /// message is no error: the spooler's row says it in words until the next time.
    ///
    /// With ASYNC_OK the spooler does not keep the caller waiting: it has accepted that when the answer is `MAPI_E_BUSY`, its row
    /// shows the direction until it is done, and then in words what failed. Logging off ends it as cancelling would.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` where PR_RESOURCE_METHODS does not name it; `MAPI_E_INVALID_PARAMETER` for a target elsewhere than
    /// at the spooler, or one that is no transport; `MAPI_E_BUSY` while another operation runs, and as above; those of
    /// [`crate::Host::flush`] and of the transport.
    pub fn flush_queues(&self, target: Option<&EntryId>, flags: FlushFlags) -> Result<()> {
        self.errors.track(self.flush(target, flags))
    }

    fn flush(&self, target: Option<&EntryId>, flags: FlushFlags) -> Result<()> {
        self.must_have(resource_methods::FLUSH_QUEUES)?;
        let target = target.filter(|id| !id.as_bytes().is_empty());
        match (self.row, target) {
            (rows::SPOOLER, None) => self.flush_by_spooler(None, flags),
            (rows::SPOOLER, Some(id)) => self.flush_by_spooler(Some(self.transport(id)?), flags),
            (_, None) => self.flush_transport(flags),
            (_, Some(_)) => {
                let detail = "only the spooler can be told which transport is meant";
                Err(Error::new(Code::INVALID_PARAMETER, detail))
            }
        }
    }

    /// PR_PROVIDER_UID of the transport whose row this is.
    fn transport(&self, row: &EntryId) -> Result<Guid> {
        let none = || Error::new(Code::INVALID_PARAMETER, "the target is no transport");
        let target = Self::by_id(&self.session, row)?.ok_or_else(none)?;
        let provider = rows::provider_of(&self.session, target.row);
        let is_transport = provider.filter(|p| p.kind == ProviderKind::Transport);
        is_transport.map(|p| p.uid).ok_or_else(none)
    }

    fn flush_by_spooler(&self, target: Option<Guid>, flags: FlushFlags) -> Result<()> {
        let state = &self.session.member.session;
        let turn = Turn::take(state, flags)?;
        let request = FlushRequest { target, flags };
        let (host, profile) = (
            Arc::clone(&state.subsystem.host),
            state.profile().to_owned(),
        );
        let flushing = Arc::clone(&state.flushing);
        let work = move |call: &Call| {
            flushing.stoppable(call, |call| {
                let done = caught("the spooler", || host.flush(&profile, &request, call));
                turn.end(&done);
                done.map(drop)
            })
        };
        if !flags.contains(FlushFlags::ASYNC_OK) {
            return work(self.session.call());
        }
        let background = &self.session.member.background;
        background.run("malle-flush", move |call| {
            // Nobody waits for it; the row says what went wrong.
            let _shown = work(call);
        })?;
        let detail = "the spooler has accepted it and is at it";
        Err(Error::new(Code::BUSY, detail))
    }

    /// The transport says in its row that it was told, the spooler does the work.
    fn flush_transport(&self, flags: FlushFlags) -> Result<()> {
        let provider = self.provider()?;
        let _mine = provider.occupy()?;
        let active = provider.transport().ok_or_else(gone)?;
        let state = self.session.state();
        let (host, call) = (&state.subsystem.host, self.session.call());
        begin_flush(&active, flags.bits(), call)?;
        if !host.spools() {
            return Ok(());
        }
        let request = FlushRequest {
            target: Some(provider.uid),
            flags,
        };
        let done = state.flushing.stoppable(call, |call| {
            caught("the spooler", || {
                host.flush(state.profile(), &request, call)
            })
        });
        end_flush(&active, flags.bits());
        let failed = done?.into_iter().next();
        if let Some(error) = failed {
            tracing::debug!(%error, "a transport could not send or fetch everything");
        }
        Ok(())
    }
}
