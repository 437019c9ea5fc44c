//! Messages that were tried for too long: their sender is told who did not get them, and why.
//! RFC 5321 §4.5.4.1 (requirement SP-01); docs/design/sending.md

use std::collections::BTreeMap;
use std::time::Duration;

use mapi::spool::{Picked, Settlement, Waiting};
use mapi_kit::outgoing::state::{Cause, Known, Phase, QueueState};
use mapi_props::{FileTime, Guid, Kind, PropValue, tags};
use mapi_spi::Result;

use super::Sending;
use crate::backoff::{IDLE, after};
use crate::outcome;
use crate::roster::PAGE;
use crate::route;
use crate::settle;

/// Why transports could send nothing, by transport.
type Whys = BTreeMap<Guid, String>;

impl Sending<'_> {
    /// Gives messages up that every transport had its turn with and that have waited longer than the profile says. Not what its sender
    /// wants later, somebody holds, a transport keeps, or is unknown; and not soon after a time in which nobody was there to send.
    ///
    /// # Errors
    /// Those of the store; the end of the call.
    pub(crate) fn give_up(&mut self) -> Result<()> {
        let Some(limit) = self.work.reporting.give_up else {
            return Ok(());
        };
        if !self
            .work
            .clock
            .is_some_and(|clock| clock.may_give_up(limit))
        {
            return Ok(());
        }
        // Where many are old that nobody gives up, they are not looked at each time.
        let now = self.spool.now();
        let recent = |seen: FileTime| seen <= now && now < after(seen, IDLE);
        if self.work.old_seen.is_some_and(recent) {
            return Ok(());
        }
        let is_over = |since: FileTime, now| after(since, limit) <= now;
        let (mut whys, mut place) = (Whys::new(), None);
        loop {
            let page = self.spool.queue(place, PAGE)?;
            place = page.last().map(|last| last.place);
            let mut due = Vec::new();
            for waiting in page {
                self.call.check()?;
                // In order of submission: what follows is younger.
                if !is_over(waiting.place.submitted, self.spool.now()) {
                    place = None;
                    break;
                }
                let state = &waiting.state;
                if let (Phase::Waiting { why, .. }, Some(of)) = (&state.phase, state.transport) {
                    whys.entry(of).or_insert_with(|| why.clone());
                }
                if self.may_be_given_up(&waiting)
                    && is_over(asked_since(&waiting), self.spool.now())
                {
                    due.extend(self.given_up(waiting, limit, &whys)?);
                }
            }
            settle::write(&self.spool, due, self.work, self.round)?;
            if place.is_none() {
                return Ok(());
            }
            self.work.old_seen = Some(now);
        }
    }

    fn may_be_given_up(&self, waiting: &Waiting) -> bool {
        let waits = match waiting.state.phase {
            Phase::Ready => true,
            Phase::Waiting { cause, .. } => cause != Cause::SendTime,
            _ => false,
        };
        waits && !self.work.is_unsettled(waiting.item)
    }

    fn given_up(
        &self,
        waiting: Waiting,
        limit: Duration,
        whys: &Whys,
    ) -> Result<Option<settle::Due>> {
        let picked = match self.spool.pick(waiting.item) {
            Ok((picked, _)) => picked,
            Err(error) if error.kind() == Kind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let wanted = picked.props.value(tags::DEFERRED_SEND_TIME);
        let wanted = wanted.and_then(PropValue::as_time).unwrap_or(FileTime(0));
        if !Self::is_as_found(&waiting, &picked) || after(wanted, limit) > self.spool.now() {
            return Ok(None);
        }
        let mut state = waiting.state;
        let rows = picked.recipients.iter().enumerate();
        let open = rows.filter(|(place, row)| route::is_ours(row) && state.of(*place).is_open());
        let why = |(place, _): (usize, _)| (place, self.why(&picked, &state, place, whys));
        let refused: Vec<(usize, String)> = open.map(why).collect();
        for (place, why) in refused {
            state.set(place, Known::Refused(outcome::expired(limit, &why)));
        }
        let verdict = outcome::verdict(&mut state, &picked.recipients);
        Ok(Some(settle::Due::surmised(Settlement {
            message: picked,
            state,
            verdict,
            recipients: None,
            reports: Vec::new(),
        })))
    }

    /// Why a recipient is not served: what was said of it, else of the message, else of the transport whose turn it is.
    fn why(&self, picked: &Picked, state: &QueueState, place: usize, whys: &Whys) -> String {
        match (state.of(place), &state.phase) {
            (Known::Open { why, .. }, _) if !why.is_empty() => return why.clone(),
            (_, Phase::Waiting { why, .. }) if !why.is_empty() => return why.clone(),
            _ => {}
        }
        let row = picked.recipients.get(place);
        let next =
            row.and_then(|row| route::next(&self.reached, row, |uid| state.declined(place, uid)));
        let said = next.and_then(|uid| whys.get(&uid).cloned());
        said.or_else(|| self.hope()).unwrap_or_default()
    }
}

/// Since when a message is tried.
fn asked_since(waiting: &Waiting) -> FileTime {
    let since = waiting.state.since.unwrap_or(FileTime(0));
    since.max(waiting.place.submitted)
}
