//! Recipients that no transport serves: their sender is told, unless somebody may serve them yet.

use mapi::spool::{Picked, Settlement, Waiting};
use mapi_kit::outgoing::state::{Cause, Known, Phase};
use mapi_props::{Code, Guid};
use mapi_spi::Result;

use super::{PAGE, Sending};
use crate::outcome;
use crate::route;
use crate::settle;

/// The UID of no transport.
const NOBODY: Guid = Guid([0; 16]);

impl Sending<'_> {
    /// Settles recipients that no transport reaches, or that all who do have declined. While a transport of the profile is not
    /// running, or there is none, they wait.
    ///
    /// # Errors
    /// Those of the store; the end of the call.
    pub(crate) fn stranded(&mut self) -> Result<()> {
        if !self.complete || self.reached.is_empty() {
            return Ok(());
        }
        let mut after = None;
        loop {
            let page = self.spool.queue(after, PAGE)?;
            after = page.last().map(|last| last.place);
            if after.is_none() {
                return Ok(());
            }
            let mut due = Vec::new();
            for waiting in page {
                self.call.check()?;
                if self.may_be_stranded(&waiting) {
                    due.extend(self.strand(waiting)?);
                }
            }
            settle::write(&self.spool, due, self.work, self.round)?;
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
        let route = self.work.routes.get(&waiting.item);
        let route = route.filter(|route| route.change == waiting.change);
        let known = route.is_some_and(|route| !route.stranded);
        sendable && !known && !self.work.is_unsettled(waiting.item)
    }

    fn strand(&mut self, waiting: Waiting) -> Result<Option<settle::Due>> {
        let picked = match self.spool.pick(waiting.item) {
            Ok((picked, _)) => picked,
            Err(error) if error.code() == Code::NOT_FOUND => return Ok(None),
            Err(error) => return Err(error),
        };
        if !Self::is_as_found(&waiting, &picked) || self.put_off(&waiting, &picked)? {
            return Ok(None);
        }
        let mut state = waiting.state;
        let (route, _) = self.routes(&picked, &state, NOBODY);
        let stranded = route.stranded;
        self.work.routes.insert(waiting.item, route);
        if !stranded {
            return Ok(None);
        }
        for place in self.unserved(&picked, &state) {
            state.set(place, Known::Refused(outcome::nobody()));
        }
        let verdict = outcome::verdict(&mut state, &picked.recipients);
        Ok(Some(settle::Due::of(Settlement {
            message: picked,
            state,
            verdict,
            recipients: None,
            reports: Vec::new(),
        })))
    }

    fn unserved(
        &self,
        picked: &Picked,
        state: &mapi_kit::outgoing::state::QueueState,
    ) -> Vec<usize> {
        let rows = picked.recipients.iter().enumerate();
        let open = rows.filter(|(place, row)| route::is_ours(row) && state.of(*place).is_open());
        open.filter(|(place, row)| {
            route::next(&self.reached, row, |uid| state.declined(*place, uid)).is_none()
        })
        .map(|(place, _)| place)
        .collect()
    }
}
