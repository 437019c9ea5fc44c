//! One round: through each transport in order, up and down, then what is left.
//! Reference: "Implementing the FlushQueues Method" (requirements TX-02, TX-03, XP-01)

use std::collections::HashSet;

use mapi::Session;
use mapi::spool::{Carrier, Carriers, Spool};
use mapi_props::{Code, FileTime, Guid};
use mapi_spi::{Call, Error, Result, TransportNotice, flush_flags};

use super::{Problem, Round, Wanted, survey};
use crate::notes::Heard;
use crate::route::Reached;
use crate::sending::Sending;
use crate::spooler::told;
use crate::work::Work;
use crate::{Options, backoff, inbound};

/// One round under way.
pub(crate) struct Driving<'a> {
    pub(crate) session: &'a Session,
    pub(crate) spool: &'a Spool,
    pub(crate) options: &'a Options,
    pub(crate) wanted: &'a Wanted,
    pub(crate) call: &'a Call,
}

impl Driving<'_> {
    /// Does what is wanted.
    ///
    /// # Errors
    /// As [`crate::Spooler::round`].
    pub(crate) fn run(&self, heard: &mut Heard, work: &mut Work, round: &mut Round) -> Result<()> {
        let carriers = self.session.carriers()?;
        let reached = self.reached(&carriers, heard, work);
        begin(&carriers.running, self.options.receives, work);
        let usable = self.usable(&carriers, heard, work, round)?;
        let complete = carriers.absent.is_empty();
        let mut sending = Sending {
            spool: self.spool.clone(),
            options: self.options,
            wanted: self.wanted,
            call: self.call,
            heard,
            work,
            round,
            reached,
            complete,
            down_until: None,
            tried: HashSet::new(),
        };
        let mut moved = false;
        for carrier in &usable {
            moved |= self.one(carrier, &mut sending)?;
        }
        // What a transport declined goes to the next one, which may have had its turn.
        while self.wanted.up && moved {
            moved = false;
            for carrier in &usable {
                if !is_occupied(carrier, sending.work) {
                    moved |= sending.through(carrier)?;
                }
            }
        }
        if self.wanted.up && self.wanted.target.is_none() {
            sending.stranded()?;
        }
        if self.wanted.up {
            let done = |uid: &Guid| usable.iter().any(|c| c.uid() == *uid);
            sending.heard.ready.retain(|uid| !done(uid));
        }
        sending.heard.changed.clear();
        survey::take(self.spool, self.wanted, sending.work, sending.round)
    }

    /// What all transports reach; those that said so are asked anew.
    fn reached(&self, carriers: &Carriers, heard: &Heard, work: &mut Work) -> Vec<Reached> {
        let reached = |carrier: &Carrier| {
            if heard.changed.contains(&carrier.uid())
                && let Err(error) = carrier.ask_reach()
            {
                tracing::warn!(%error, "a transport does not say what it reaches");
            }
            Reached {
                uid: carrier.uid(),
                reach: carrier.reach(),
            }
        };
        let all: Vec<Reached> = carriers.running.iter().map(reached).collect();
        if all != work.reached {
            work.routes.clear();
            work.reached.clone_from(&all);
        }
        all
    }

    /// The transports that are meant and can be asked something.
    fn usable(
        &self,
        carriers: &Carriers,
        heard: &Heard,
        work: &Work,
        round: &mut Round,
    ) -> Result<Vec<Carrier>> {
        let meant = |c: &&Carrier| self.wanted.target.is_none_or(|uid| uid == c.uid());
        let mut usable = Vec::new();
        for carrier in carriers.running.iter().filter(meant) {
            let why = match heard.broken.get(&carrier.uid()) {
                Some(why) => Error::new(Code::CALL_FAILED, why.clone()),
                None if is_occupied(carrier, work) => Error::new(
                    Code::BUSY,
                    "the transport has not come back from an earlier call",
                ),
                None => {
                    usable.push(carrier.clone());
                    continue;
                }
            };
            round.problems.push(Problem::of(carrier, why));
        }
        let known = carriers.running.iter().map(Carrier::uid);
        let mut known = known.chain(carriers.absent.iter().copied());
        match self.wanted.target {
            Some(target) if !known.any(|uid| uid == target) => {
                let detail = "the session has no such transport";
                Err(Error::new(Code::NOT_FOUND, detail))
            }
            _ => Ok(usable),
        }
    }

    /// The turn of one transport: all it has to send, then all that has arrived. Whether it was given anything.
    fn one(&self, carrier: &Carrier, sending: &mut Sending<'_>) -> Result<bool> {
        if self.wanted.flush {
            self.flush(carrier);
        }
        let mut moved = false;
        if self.wanted.up {
            let notices = (
                TransportNotice::BeginOutboundFlush,
                TransportNotice::EndOutboundFlush,
            );
            moved = self.between(carrier, &notices, || sending.through(carrier))?;
        }
        if self.wanted.down && self.options.receives && !is_occupied(carrier, sending.work) {
            let now = self.spool.now();
            let is_due = self.wanted.flush || asks(carrier, sending.heard, sending.work, now);
            if is_due && carrier.receives() {
                let notices = (
                    TransportNotice::BeginInboundFlush,
                    TransportNotice::EndInboundFlush,
                );
                self.between(carrier, &notices, || self.receive(carrier, sending))?;
            }
        }
        Ok(moved)
    }

    /// Tells a transport what somebody asked for. It need not listen: its messages are sent all the same.
    fn flush(&self, carrier: &Carrier) {
        let mut flags = flush_flags::NO_UI;
        for (wanted, flag) in [
            (self.wanted.up, flush_flags::UPLOAD),
            (self.wanted.down, flush_flags::DOWNLOAD),
            (self.wanted.force, flush_flags::FORCE),
        ] {
            flags |= if wanted { flag } else { 0 };
        }
        if let Err(error) = carrier.flush(flags, self.call) {
            tracing::debug!(%error, "a transport does nothing of its own when it is flushed");
        }
    }

    /// Does something between two notices, where somebody asked for it. Nothing is said any more when the lease is lost.
    fn between<T>(
        &self,
        carrier: &Carrier,
        (begin, end): &(TransportNotice, TransportNotice),
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        if self.wanted.flush {
            told(carrier, begin);
        }
        let done = work();
        let lost = matches!(&done, Err(error) if error.code() == Code::END_OF_SESSION);
        if self.wanted.flush && !lost {
            told(carrier, end);
        }
        done
    }

    fn receive(&self, carrier: &Carrier, sending: &mut Sending<'_>) -> Result<()> {
        let uid = carrier.uid();
        let before = sending.round.problems.len();
        sending.heard.mail.remove(&uid);
        let occupied = sending.work.occupied(uid);
        let limits = (self.options, &occupied);
        let (spool, call) = (self.spool, self.call);
        let next = inbound::receive(self.session, spool, carrier, limits, call, sending.round)?;
        let failed = sending.round.problems.len() > before;
        let next = next.or_else(|| failed.then_some(self.options.first_wait));
        let work = &mut sending.work;
        work.asked.insert(uid);
        match next {
            Some(wait) => {
                let at = backoff::after(self.spool.now(), wait);
                work.receive_at.insert(uid, at);
            }
            None => drop(work.receive_at.remove(&uid)),
        }
        Ok(())
    }
}

/// Whether a transport is to be asked what has arrived.
fn asks(carrier: &Carrier, heard: &Heard, work: &Work, now: FileTime) -> bool {
    let uid = carrier.uid();
    let due = work.receive_at.get(&uid).is_some_and(|at| *at <= now);
    due || heard.mail.contains(&uid) || !work.asked.contains(&uid)
}

fn is_occupied(carrier: &Carrier, work: &Work) -> bool {
    let occupied = work.occupied.get(&carrier.uid());
    occupied.is_some_and(crate::aside::Occupied::is)
}

/// Tells transports that are new that they may be asked to send and receive.
fn begin(running: &[Carrier], receives: bool, work: &mut Work) {
    work.begun
        .retain(|known| running.iter().any(|c| c.is(known)));
    for carrier in running {
        if work.begun.iter().any(|known| known.is(carrier)) {
            continue;
        }
        told(carrier, &TransportNotice::BeginOutbound);
        if receives && carrier.receives() {
            told(carrier, &TransportNotice::BeginInbound);
        }
        work.asked.remove(&carrier.uid());
        work.begun.push(carrier.clone());
    }
}
