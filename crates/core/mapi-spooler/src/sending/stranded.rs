//! Recipients that no transport serves: their sender is told at once, unless somebody may serve them yet. Then why they wait.

use mapi::spool::{Picked, Settlement, Waiting};
use mapi_kit::outgoing::state::{Cause, Known, Phase, QueueState};
use mapi_props::{Guid, Kind};
use mapi_spi::{ItemId, Result};

use super::Sending;
use crate::outcome;
use crate::roster::Lane;
use crate::route;
use crate::settle;

/// The UID of no transport.
const NOBODY: Guid = Guid([0; 16]);

/// What becomes of a message with such recipients.
enum Fate {
    /// They are refused.
    Due(Box<settle::Due>),
    /// They wait, and their rows say why.
    Waits(QueueState),
}

impl Sending<'_> {
    /// Settles recipients that no transport reaches, or that all who do have declined. While a transport of the profile is not
    /// running, or there is none, they wait, and what is known of them says for what.
    ///
    /// # Errors
    /// Those of the store; the end of the call.
    pub(crate) fn stranded(&mut self) -> Result<()> {
        let hope = self.hope();
        if self.work.hope != hope {
            self.work.roster.unsay();
            self.work.hope.clone_from(&hope);
        }
        let mut after = None;
        loop {
            let page = self
                .work
                .roster
                .page(&self.spool, Lane::Stranded, &mut after)?;
            let Some(page) = page else {
                return Ok(());
            };
            let (mut due, mut notes) = (Vec::new(), Vec::<(ItemId, u64, QueueState)>::new());
            for waiting in page {
                self.call.check()?;
                if !self.may_be_stranded(&waiting) {
                    continue;
                }
                let (item, change) = (waiting.item, waiting.change);
                match self.strand(waiting, hope.as_deref())? {
                    Some(Fate::Due(one)) => due.push(*one),
                    Some(Fate::Waits(state)) => notes.push((item, change, state)),
                    None => {}
                }
            }
            self.spool.note(&notes)?;
            for (item, ..) in &notes {
                self.work.roster.say(*item);
            }
            settle::write(&self.spool, due, self.work, self.round)?;
        }
    }

    /// Why somebody may serve them yet; `None`: nobody will.
    pub(super) fn hope(&self) -> Option<String> {
        match (self.stopped.as_slice(), self.reached.is_empty()) {
            ([], true) => Some("The profile has no transport.".to_owned()),
            ([], false) => None,
            (stopped, _) => Some(format!(
                "No transport takes it but perhaps one that does not run: {}",
                stopped.join("; ")
            )),
        }
    }

    fn may_be_stranded(&self, waiting: &Waiting) -> bool {
        let sendable = match &waiting.state.phase {
            Phase::Ready => true,
            Phase::Waiting { until, cause, .. } => {
                *cause != Cause::SendTime || *until <= self.spool.now()
            }
            _ => false,
        };
        let route = self.work.roster.route(waiting.item, waiting.change);
        let known = route.is_some_and(|route| !route.stranded || route.said);
        sendable && !known && !self.work.is_unsettled(waiting.item)
    }

    fn strand(&mut self, waiting: Waiting, hope: Option<&str>) -> Result<Option<Fate>> {
        let picked = match self.spool.pick(waiting.item) {
            Ok((picked, _)) => picked,
            Err(error) if error.kind() == Kind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if !Self::is_as_found(&waiting, &picked) || self.put_off(&waiting, &picked)? {
            return Ok(None);
        }
        let mut state = waiting.state;
        let (route, _) = self.routes(&picked, &state, NOBODY);
        let stranded = route.stranded;
        let roster = &mut self.work.roster;
        roster.set_route(waiting.item, waiting.change, route);
        if !stranded {
            return Ok(None);
        }
        let places = self.unserved(&picked, &state);
        if let Some(hope) = hope {
            let news = noted(&mut state, &places, hope);
            if !news {
                self.work.roster.say(waiting.item);
            }
            return Ok(news.then_some(Fate::Waits(state)));
        }
        for place in places {
            state.set(place, Known::Refused(outcome::nobody()));
        }
        let verdict = outcome::verdict(&mut state, &picked.recipients);
        let due = settle::Due::surmised(Settlement {
            message: picked,
            state,
            verdict,
            recipients: None,
            reports: Vec::new(),
        });
        Ok(Some(Fate::Due(Box::new(due))))
    }

    fn unserved(&self, picked: &Picked, state: &QueueState) -> Vec<usize> {
        let rows = picked.recipients.iter().enumerate();
        let open = rows.filter(|(place, row)| route::is_ours(row) && state.of(*place).is_open());
        open.filter(|(place, row)| {
            route::next(&self.reached, row, |uid| state.declined(*place, uid)).is_none()
        })
        .map(|(place, _)| place)
        .collect()
    }
}

/// Has these recipients wait for something. Whether that is news.
fn noted(state: &mut QueueState, places: &[usize], why: &str) -> bool {
    let mut news = false;
    for place in places {
        if let Known::Open {
            declined,
            why: said,
        } = state.of(*place)
            && said != why
        {
            let declined = *declined;
            let why = why.to_owned();
            state.set(*place, Known::Open { declined, why });
            news = true;
        }
    }
    news
}
