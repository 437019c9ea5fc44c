//! Sending what waits: through one transport at a time, the oldest first, in batches.
//! Reference: "MAPI Spooler", "Setting Transport Order" (requirements SP-01, TX-02, TX-03, XP-01); docs/design/sending.md

mod attempt;
mod due;
mod picking;
mod stranded;

use std::collections::HashSet;

use mapi::EntryId;
use mapi::spool::{Carrier, Spool};
use mapi_props::{FileTime, Guid};
use mapi_spi::{Call, ItemId, Result};

use crate::job::Job;
use crate::notes::Heard;
use crate::round::{Problem, Round, Wanted};
use crate::route::Reached;
use crate::work::Work;
use crate::{Options, backoff};
use due::{Due, Queue};

/// How many entries of the queue are read at once.
const PAGE: usize = 256;

/// One round of sending.
pub(crate) struct Sending<'a> {
    /// Stopped with the round.
    pub(crate) spool: Spool,
    pub(crate) options: &'a Options,
    pub(crate) wanted: &'a Wanted,
    pub(crate) call: &'a Call,
    pub(crate) heard: &'a mut Heard,
    pub(crate) work: &'a mut Work,
    pub(crate) round: &'a mut Round,
    /// What all transports that are logged on reach, in transport order.
    pub(crate) reached: Vec<Reached>,
    /// Whether all transports of the profile are logged on.
    pub(crate) complete: bool,
    /// Until when the batch at hand waits for its transport, if that is down: all of it until the same time.
    pub(crate) down_until: Option<FileTime>,
    /// Which transports had which messages in this round.
    pub(crate) tried: HashSet<(ItemId, Guid)>,
}

/// Whether more can be sent through a transport now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Goes,
    Stops,
}

impl Sending<'_> {
    /// Sends what a transport is to send and what is due. Whether it was given anything.
    ///
    /// # Errors
    /// Those of the store; the end of the call.
    pub(crate) fn through(&mut self, carrier: &Carrier) -> Result<bool> {
        let (limit, mut tried) = (carrier.batch(), false);
        let mut batch: Vec<Job> = Vec::new();
        let (mut bytes, mut after) = (0_u64, None);
        let mut queue = Queue::default();
        // Whoever commits between two pages may belong before the first one's end, and what it submits next into the second one:
        // what was submitted since the first was read is for the next time.
        let mut horizon = self.spool.now();
        loop {
            let mut page = self.spool.queue(after, PAGE)?;
            match after {
                None => {
                    horizon = page
                        .last()
                        .map_or(horizon, |l| l.place.submitted.max(horizon))
                }
                Some(_) => page.retain(|waiting| waiting.place.submitted <= horizon),
            }
            after = page.last().map(|last| last.place);
            if after.is_none() {
                break;
            }
            for waiting in page {
                self.call.check()?;
                let again = match self.due(&waiting, carrier.uid(), &mut queue) {
                    Due::Now { again } => again,
                    Due::Not => continue,
                    Due::Stop => {
                        after = None;
                        break;
                    }
                };
                let Some(job) = self.job(&waiting, carrier, again)? else {
                    continue;
                };
                let size = job.size();
                if !batch.is_empty() && bytes.saturating_add(size) > self.options.batch_bytes {
                    tried = true;
                    let full = std::mem::take(&mut batch);
                    bytes = 0;
                    if self.attempt(carrier, full, &mut queue)? == Flow::Stops {
                        return Ok(tried);
                    }
                }
                bytes = bytes.saturating_add(size);
                batch.push(job);
                if batch.len() >= limit {
                    tried = true;
                    let full = std::mem::take(&mut batch);
                    bytes = 0;
                    if self.attempt(carrier, full, &mut queue)? == Flow::Stops {
                        return Ok(tried);
                    }
                }
            }
            if after.is_none() {
                break;
            }
        }
        if !batch.is_empty() {
            tried = true;
            self.attempt(carrier, batch, &mut queue)?;
        }
        Ok(tried)
    }

    /// The entry id of a message as transports know it.
    fn wants_again(&self, transport: Guid, item: ItemId) -> bool {
        if self.heard.wanted.is_empty() {
            return false;
        }
        let id: EntryId = self.spool.entry_id(item);
        let id = id.as_bytes().to_vec();
        self.heard.wanted.contains(&(transport, id))
    }

    /// The wait after so many attempts, with chance.
    fn wait(&self, attempts: u32) -> std::time::Duration {
        let mut chance = [0; 2];
        self.spool.random(&mut chance);
        backoff::wait(self.options, attempts, u16::from_le_bytes(chance))
    }

    fn problem(&mut self, carrier: &Carrier, error: mapi::Error) {
        self.round.problems.push(Problem {
            transport: Some(carrier.uid()),
            what: carrier.name(),
            error,
        });
    }
}
