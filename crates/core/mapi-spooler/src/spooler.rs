//! The spooler of a store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mapi::spool::{Carrier, Spool};
use mapi::{EntryId, MsgStore, Session, ValidateFlags};
use mapi_props::{Code, Guid};
use mapi_spi::{Call, Error, Result, SpoolerNotice, TransportNotice};

use crate::aside::{Asking, aside};
use crate::gate::Gate;
use crate::notes::Notes;
use crate::order;
use crate::recover::Recovering;
use crate::round::driving::Driving;
use crate::work::Work;
use crate::{Options, Order, Problem, Round, Wanted, settle, ways};

/// Sends what waits in a store and receives what arrives for it.
#[derive(Debug)]
pub struct Spooler {
    session: Session,
    spool: Spool,
    options: Options,
    notes: Arc<Notes>,
    work: Gate<Work>,
    /// Another process has the lease: nothing more is said to any transport.
    over: AtomicBool,
}

impl Spooler {
    /// Begins to be the spooler of `store`, which `session` has open under the lease of [`mapi_spi::Role::Spooler`]. What
    /// transports of the session say is heard from now on; nothing is done before the first round.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` for a session without that lease; `MAPI_E_NO_ACCESS` for a store that can only be read;
    /// `MAPI_E_END_OF_SESSION`.
    pub fn begin(session: &Session, store: &MsgStore, options: Options) -> Result<Self> {
        let spool = store.spool()?;
        let notes = Arc::new(Notes::new(spool.clone(), options.wake.clone()));
        let heard = Arc::downgrade(&notes);
        session.hear_transports(move |transport, notice| {
            if let Some(notes) = heard.upgrade() {
                notes.note(transport, notice);
            }
        });
        Ok(Self {
            session: session.clone(),
            spool,
            options,
            notes,
            work: Gate::default(),
            over: AtomicBool::new(false),
        })
    }

    /// Does what is wanted and due, on this thread: takes up what an earlier one left, sends, receives. Rounds wait for each other.
    /// Cancelling `call` ends it soon, with what was done until then.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION` when another process has the lease: nothing more is said to any transport. `MAPI_E_NOT_FOUND` for a
    /// target that the session does not have; `MAPI_E_USER_CANCEL`, `MAPI_E_TIMEOUT`; those of the store, after which nothing is lost.
    /// What goes wrong with one transport or message is no error; see [`Round::problems`].
    pub fn round(&self, wanted: &Wanted, call: &Call) -> Result<Round> {
        let mut work = self.work.enter(call)?;
        let mut round = Round::default();
        self.read_settings(&mut work, &mut round);
        let mut heard = self.notes.take();
        let hurry = wanted.flush || wanted.force || !heard.ready.is_empty();
        let prepared = self.prepared(&mut work, &mut round, hurry, call);
        let done = prepared.and_then(|()| {
            let driving = Driving {
                session: &self.session.with_call(call.clone()),
                spool: &self.spool.under(call).writing(work.reporting.language),
                options: &self.options,
                wanted,
                call,
            };
            driving.run(&mut heard, &mut work, &mut round)
        });
        self.notes.put_back(heard);
        self.ended(done)?;
        Ok(round)
    }

    /// Carries an order out for each of these messages, and says for each whether it could be. Waits for a round to end.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION`, `MAPI_E_USER_CANCEL`, `MAPI_E_TIMEOUT`, as [`Self::round`]. Of a message: `MAPI_E_NOT_IN_QUEUE` for one that
    /// does not wait (any more); those of the store.
    pub fn order(
        &self,
        order: Order,
        messages: &[EntryId],
        call: &Call,
    ) -> Result<Vec<Result<()>>> {
        let mut work = self.work.enter(call)?;
        self.read_settings(&mut work, &mut Round::default());
        let prepared = self.prepared(&mut work, &mut Round::default(), true, call);
        self.ended(prepared)?;
        let spool = self.spool.under(call);
        let mut done = Vec::new();
        for message in messages {
            let session = self.session.with_call(call.clone());
            let one = order::carry_out(&spool, &mut work, &session, &self.options, order, message);
            match one {
                Err(error) if error.code() == Code::END_OF_SESSION => {
                    return self.ended(Err(error));
                }
                one => done.push(one),
            }
        }
        Ok(done)
    }

    /// A transport says something; the next round acts on it. What transports of the session say by themselves is heard anyway.
    pub fn tell(&self, transport: Guid, notice: SpoolerNotice) {
        self.notes.note(transport, notice);
    }

    /// Has the transports of the session, or one of them, do what a status object was asked for (ValidateState). One that does not come
    /// back is left behind, and the others are asked all the same.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` for a transport that the session does not have; `MAPI_E_BUSY` for one that has not come back from a call; the
    /// first that a transport gives; the end of the call.
    pub fn validate(&self, target: Option<Guid>, flags: ValidateFlags, call: &Call) -> Result<()> {
        let mut work = self.work.enter(call)?;
        let carriers = self.session.with_call(call.clone()).carriers()?;
        let known = carriers.running.iter().map(Carrier::uid);
        let known = known.chain(carriers.absent.iter().copied());
        let meant: Vec<Guid> = known
            .filter(|uid| target.is_none_or(|t| t == *uid))
            .collect();
        if target.is_some() && meant.is_empty() {
            let detail = "the session has no such transport";
            return Err(Error::new(Code::NOT_FOUND, detail));
        }
        let mut first = Ok(());
        for uid in meant {
            let session = self.session.clone();
            let ask = move |_: &Asking<(), (), _>, call: &Call| {
                session
                    .with_call(call.clone())
                    .validate_transports(Some(uid), flags)
            };
            let occupied = work.occupied(uid);
            let done = match occupied.is() {
                true => None,
                false => aside(&occupied, &self.options, call, ask, Ok)?,
            };
            first = first.and(done.unwrap_or_else(|| {
                let detail = "the transport has not come back from a call";
                Err(Error::new(Code::BUSY, detail))
            }));
        }
        first
    }

    /// Whether a transport brings messages and says itself when there are some, as far as a round has found out.
    ///
    /// # Errors
    /// The end of the call.
    pub fn listens(&self, call: &Call) -> Result<bool> {
        let work = self.work.enter(call)?;
        let mut begun = work.begun.iter();
        Ok(self.options.receives && begun.any(|c| work.ways_of(c.uid()).receives))
    }

    /// Whether a transport keeps messages for later, and is to ask for them, as far as a round has found out.
    ///
    /// # Errors
    /// The end of the call.
    pub fn keeps(&self, call: &Call) -> Result<bool> {
        Ok(self.work.enter(call)?.roster.keeps())
    }

    /// What the profile says of reports. Mail goes and comes whatever that is; where it cannot be read, what was read last goes on.
    fn read_settings(&self, work: &mut Work, round: &mut Round) {
        match self.session.reporting() {
            Ok(reporting) => work.reporting = reporting,
            Err(error) => round.problems.push(Problem {
                transport: None,
                what: "rules of the profile for reports".to_owned(),
                error,
            }),
        }
    }

    /// Takes up what is left of earlier; transports that could not say what became of messages are asked again if it is time, or
    /// somebody is in a `hurry`.
    fn prepared(&self, work: &mut Work, round: &mut Round, hurry: bool, call: &Call) -> Result<()> {
        let spool = self.spool.under(call).writing(work.reporting.language);
        settle::write_rest(&spool, work, round)?;
        let recovering = Recovering {
            session: &self.session.with_call(call.clone()),
            spool: &spool,
            options: &self.options,
            call,
        };
        recovering.run(hurry, work, round)
    }

    fn ended<T>(&self, done: Result<T>) -> Result<T> {
        if let Err(error) = &done
            && error.code() == Code::END_OF_SESSION
        {
            self.over.store(true, Ordering::Release);
        }
        done
    }
}

impl Drop for Spooler {
    /// Transports are told that they are asked nothing more, unless another process has the lease.
    fn drop(&mut self) {
        if self.over.load(Ordering::Acquire) {
            return;
        }
        let work = self.work.get_mut();
        // The last chance for what could not be written.
        if let Err(error) = settle::write_rest(&self.spool, work, &mut Round::default()) {
            tracing::warn!(%error, "what became of messages is not written");
            return;
        }
        for carrier in std::mem::take(&mut work.begun) {
            let receives = self.options.receives && work.ways_of(carrier.uid()).receives;
            let mut notices = vec![TransportNotice::EndOutbound];
            notices.extend(receives.then_some(TransportNotice::EndInbound));
            for notice in notices {
                ways::told(&carrier, notice, &self.options, work);
            }
        }
    }
}
