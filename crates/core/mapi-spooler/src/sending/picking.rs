//! Reading a message of the queue, and making it ready for a transport.

use mapi::spool::{Carrier, Picked, Waiting};
use mapi_kit::outgoing::state::{Cause, Known, Phase, QueueState};
use mapi_props::{FileTime, Guid, Kind, PropValue, message_flags, tags};
use mapi_spi::Result;

use super::Sending;
use crate::backoff::after;
use crate::job::Job;
use crate::outcome::Next;
use crate::roster::Route;
use crate::route;
use crate::settle;

impl Sending<'_> {
    /// The message for this transport; none if it has nothing to do with it, or it waits.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn job(
        &mut self,
        waiting: &Waiting,
        carrier: &Carrier,
        again: bool,
    ) -> Result<Option<Job>> {
        let (picked, message) = match self.spool.pick(waiting.item) {
            Ok(read) => read,
            Err(error) if error.kind() == Kind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if !Self::is_as_found(waiting, &picked) || self.put_off(waiting, &picked)? {
            return Ok(None);
        }
        let mut state = waiting.state.clone();
        let places = if again {
            wanted_again(&mut state, carrier.uid())
        } else {
            self.places(&picked, &state, carrier)
        };
        let entry_id = self.spool.entry_id(waiting.item).as_bytes().to_vec();
        if places.is_empty() {
            // A transport that asks for what it has not kept is not asked about it again.
            self.heard.wanted.remove(&(carrier.uid(), waiting.item));
            return Ok(None);
        }
        let copy = self.spool.outgoing(message, &picked, carrier);
        Ok(Some(Job {
            entry_id,
            picked,
            state,
            places,
            again,
            copy: Some(copy),
            marked: None,
            token: Vec::new(),
        }))
    }

    /// Whether a message is in the queue as it was found there.
    pub(super) const fn is_as_found(waiting: &Waiting, picked: &Picked) -> bool {
        let queued = picked.meta.flags & message_flags::SUBMIT != 0;
        queued && picked.meta.change == waiting.change
    }

    /// Whether its sender wants it to be sent later (PR_DEFERRED_SEND_TIME); it is not locked meanwhile. Whoever has looked at it
    /// once, or said otherwise, is believed.
    pub(super) fn put_off(&mut self, waiting: &Waiting, picked: &Picked) -> Result<bool> {
        let parked = matches!(
            waiting.state.phase,
            Phase::Waiting {
                cause: Cause::SendTime,
                ..
            }
        );
        if waiting.seen && !parked {
            return Ok(false);
        }
        let wanted = picked.props.value(tags::DEFERRED_SEND_TIME);
        let until = wanted.and_then(PropValue::as_time).unwrap_or(FileTime(0));
        if until <= self.spool.now() {
            return Ok(false);
        }
        let mut state = waiting.state.clone();
        state.phase = Phase::Waiting {
            until,
            cause: Cause::SendTime,
            why: String::new(),
        };
        self.spool.note(&[(waiting.item, waiting.change, state)])?;
        self.work.roster.touch(waiting.item);
        Ok(true)
    }

    /// The recipients that this transport serves next, and who serves the others, noted for other transports' turns.
    fn places(&mut self, picked: &Picked, state: &QueueState, carrier: &Carrier) -> Vec<usize> {
        let (route, places) = self.routes(picked, state, carrier.uid());
        let roster = &mut self.work.roster;
        roster.set_route(picked.meta.id, picked.meta.change, route);
        places
    }

    /// Who serves the recipients of a message next, and which of them `of` does.
    pub(super) fn routes(
        &self,
        picked: &Picked,
        state: &QueueState,
        of: Guid,
    ) -> (Route, Vec<usize>) {
        let mut route = Route {
            next: Vec::new(),
            stranded: false,
            said: false,
        };
        let mut places = Vec::new();
        for (place, row) in picked.recipients.iter().enumerate() {
            if !route::is_ours(row) || !state.of(place).is_open() {
                continue;
            }
            match route::next(&self.reached, row, |uid| state.declined(place, uid)) {
                Some(uid) => {
                    if uid == of {
                        places.push(place);
                    }
                    if !route.next.contains(&uid) {
                        route.next.push(uid);
                    }
                }
                None => route.stranded = true,
            }
        }
        (route, places)
    }

    /// What follows from what a transport said, ready to be written.
    pub(super) fn after(&mut self, carrier: &Carrier, mut job: Job, next: Next) -> settle::Due {
        let uid = carrier.uid();
        let now = self.spool.now();
        match next {
            Next::Goes | Next::Stopped => {}
            Next::Later { after: wait, why } => {
                let wait = wait.unwrap_or_else(|| self.wait(job.state.attempts));
                let until = after(now, wait);
                job.wait(uid, until, Cause::Recipients, why);
            }
            Next::Down { why } => {
                let until = self.down_until;
                let until = until.unwrap_or_else(|| after(now, self.wait(job.state.attempts)));
                self.down_until = Some(until);
                job.wait(uid, until, Cause::Transport, why);
            }
        }
        settle::Due {
            settlement: job.settlement(),
            delivers: self.work.ways_of(uid).delivers,
            sure: true,
        }
    }
}

/// The recipients for whom this transport keeps the message; they are open again. Those for whom another one keeps it stay with that.
fn wanted_again(state: &mut QueueState, by: Guid) -> Vec<usize> {
    let places = (0..state.known.len()).filter(|place| state.is_kept_by(*place, by));
    let places: Vec<usize> = places.collect();
    for place in &places {
        if let Known::Deferred { declined, .. } = *state.of(*place) {
            let why = String::new();
            state.set(*place, Known::Open { declined, why });
        }
    }
    places
}
