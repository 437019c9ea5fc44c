//! One round: through each transport in order, up and down, then what is left.
//! Reference: "Implementing the FlushQueues Method" (requirements TX-02, TX-03, XP-01)

use std::collections::HashSet;

use mapi::Session;
use mapi::spool::{Carrier, Carriers, Spool};
use mapi_props::{Code, FileTime, Guid};
use mapi_spi::{Call, Error, Result, TransportNotice, flush_flags};

use super::{Problem, Round, Wanted, survey};
use crate::aside::brief;
use crate::clock::Clock;
use crate::inbound::Receiving;
use crate::notes::Heard;
use crate::route::Reached;
use crate::sending::Sending;
use crate::work::Work;
use crate::{Options, backoff, ways};

/// What is the matter with a transport that does not come back.
const STUCK: &str = "the transport has not come back from an earlier call";

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
        let turned_back = self.clock(work)?;
        let carriers = self.session.carriers()?;
        let reached = self.reached(&carriers, heard, work)?;
        begin(&carriers.running, self.options, work);
        let usable = self.usable(&carriers, heard, work, round)?;
        work.roster.calm();
        if self.wanted.force {
            // Who forces it gets it from the rows.
            work.roster.fill(self.spool)?;
        }
        if self.wanted.force || turned_back || !heard.ready.is_empty() {
            work.roster.hurry();
        }
        let mut sending = Sending {
            spool: self.spool.clone(),
            options: self.options,
            wanted: self.wanted,
            call: self.call,
            heard,
            work,
            round,
            reached,
            stopped: carriers.stopped,
            turned_back,
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
                if !sending.work.is_occupied(carrier.uid()) {
                    moved |= sending.through(carrier)?;
                }
            }
        }
        if self.wanted.up && self.wanted.target.is_none() {
            sending.stranded()?;
            sending.give_up()?;
        }
        if self.wanted.up {
            let done = |uid: &Guid| usable.iter().any(|c| c.uid() == *uid);
            sending.heard.ready.retain(|uid| !done(uid));
        }
        survey::take(self.spool, self.wanted, sending.work, sending.round)?;
        match &mut sending.work.clock {
            Some(clock) if sending.round.waiting > 0 => clock.keep(self.spool),
            _ => Ok(()),
        }
    }

    /// Looks at the clock: whether it was set back. Times that were remembered mean nothing then.
    fn clock(&self, work: &mut Work) -> Result<bool> {
        let mut clock = match work.clock {
            Some(clock) => clock,
            None => Clock::of(self.spool)?,
        };
        let turned_back = clock.look(self.spool.now(), work.reporting.give_up);
        work.clock = Some(clock);
        if turned_back {
            tracing::warn!("the clock was set back: what waits is tried now");
            let now = self.spool.now();
            work.receive_at.values_mut().for_each(|at| *at = now);
        }
        Ok(turned_back)
    }

    /// What all transports reach; those that said that this has changed are asked anew. One that does not answer is what it was.
    ///
    /// # Errors
    /// The end of the call.
    fn reached(
        &self,
        carriers: &Carriers,
        heard: &mut Heard,
        work: &mut Work,
    ) -> Result<Vec<Reached>> {
        let mut all = Vec::new();
        for carrier in &carriers.running {
            let uid = carrier.uid();
            let changed = heard.changed.contains(&uid);
            if ways::ask(carrier, changed, self.options, self.call, work)? {
                heard.changed.remove(&uid);
            }
            all.push(Reached {
                uid,
                reach: carrier.reach(),
            });
        }
        if all != work.reached {
            work.roster.forget_routes();
            work.reached.clone_from(&all);
        }
        Ok(all)
    }

    /// The transports that are meant and can be asked something.
    fn usable(
        &self,
        carriers: &Carriers,
        heard: &Heard,
        work: &mut Work,
        round: &mut Round,
    ) -> Result<Vec<Carrier>> {
        let meant = |c: &&Carrier| self.wanted.target.is_none_or(|uid| uid == c.uid());
        let mut usable = Vec::new();
        for carrier in carriers.running.iter().filter(meant) {
            let uid = carrier.uid();
            let stuck = work.is_occupied(uid) || !ways::told_rest(carrier, self.options, work);
            carrier.set_aside(stuck.then(|| STUCK.to_owned()));
            let why = match heard.broken.get(&uid) {
                Some(why) => Error::new(Code::CALL_FAILED, why.clone()),
                None if stuck => Error::new(Code::BUSY, STUCK),
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
        let uid = carrier.uid();
        if self.wanted.flush {
            self.flush(carrier, sending.work)?;
        }
        let mut moved = false;
        if self.wanted.up && !sending.work.is_occupied(uid) {
            let notices = (
                TransportNotice::BeginOutboundFlush,
                TransportNotice::EndOutboundFlush,
            );
            moved = self.between(carrier, notices, sending, |s| s.through(carrier))?;
        }
        if self.wanted.down && self.options.receives && !sending.work.is_occupied(uid) {
            let now = self.spool.now();
            let is_due = self.wanted.flush || asks(carrier, sending.heard, sending.work, now);
            if is_due && sending.work.ways_of(uid).receives {
                let notices = (
                    TransportNotice::BeginInboundFlush,
                    TransportNotice::EndInboundFlush,
                );
                self.between(carrier, notices, sending, |s| self.receive(carrier, s))?;
            }
        }
        Ok(moved)
    }

    /// Tells a transport what somebody asked for. It need not listen: its messages are sent all the same.
    ///
    /// # Errors
    /// The end of the call.
    fn flush(&self, carrier: &Carrier, work: &mut Work) -> Result<()> {
        let mut flags = flush_flags::NO_UI;
        for (wanted, flag) in [
            (self.wanted.up, flush_flags::UPLOAD),
            (self.wanted.down, flush_flags::DOWNLOAD),
            (self.wanted.force, flush_flags::FORCE),
        ] {
            flags |= if wanted { flag } else { 0 };
        }
        let (theirs, occupied) = (carrier.clone(), work.occupied(carrier.uid()));
        let flush = move |call: &Call| {
            if let Err(error) = theirs.flush(flags, call) {
                tracing::debug!(%error, "a transport does nothing of its own when it is flushed");
            }
        };
        if let Err(error) = brief(&occupied, self.options, self.call, flush) {
            tracing::warn!(%error, "a transport is not told that it is flushed");
        }
        self.call.check()
    }

    /// Does something between two notices, where somebody asked for it. Nothing is said any more when the lease is lost.
    fn between<'s, T>(
        &self,
        carrier: &Carrier,
        (begin, end): (TransportNotice, TransportNotice),
        sending: &mut Sending<'s>,
        act: impl FnOnce(&mut Sending<'s>) -> Result<T>,
    ) -> Result<T> {
        if self.wanted.flush {
            ways::told(carrier, begin, self.options, sending.work);
        }
        let done = act(sending);
        let lost = matches!(&done, Err(error) if error.code() == Code::END_OF_SESSION);
        if self.wanted.flush && !lost {
            ways::told(carrier, end, self.options, sending.work);
        }
        done
    }

    fn receive(&self, carrier: &Carrier, sending: &mut Sending<'_>) -> Result<()> {
        let uid = carrier.uid();
        let before = sending.round.problems.len();
        sending.heard.mail.remove(&uid);
        let receiving = Receiving {
            spool: self.spool,
            options: self.options,
            call: self.call,
            occupied: &sending.work.occupied(uid),
            reporting: &sending.work.reporting,
        };
        let next = receiving.take(carrier, sending.round)?;
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

/// Tells transports that are new that they may be asked to send and receive.
fn begin(running: &[Carrier], options: &Options, work: &mut Work) {
    work.begun
        .retain(|known| running.iter().any(|c| c.is(known)));
    for carrier in running {
        let uid = carrier.uid();
        if work.begun.iter().any(|known| known.is(carrier)) || work.is_occupied(uid) {
            continue;
        }
        let receives = options.receives && work.ways_of(uid).receives;
        let mut notices = vec![TransportNotice::BeginOutbound];
        notices.extend(receives.then_some(TransportNotice::BeginInbound));
        for notice in notices {
            ways::told_surely(carrier, notice, options, work);
        }
        work.asked.remove(&uid);
        work.begun.push(carrier.clone());
    }
}
