//! Sending what waits: through one transport at a time, the oldest first, in batches.
//! Reference: "MAPI Spooler", "Setting Transport Order" (requirements SP-01, TX-02, TX-03, XP-01); docs/design/sending.md

mod attempt;
mod due;
mod giving_up;
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
    /// What is the matter with transports of the profile that are not logged on.
    pub(crate) stopped: Vec<String>,
    /// The clock was set back: times that messages wait for mean nothing, but for those that their senders want.
    pub(crate) turned_back: bool,
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

/// Messages that are given to a transport together.
#[derive(Debug, Default)]
struct Batch {
    jobs: Vec<Job>,
    bytes: u64,
    /// How many messages at most.
    limit: usize,
    /// Some were given already.
    tried: bool,
}

impl Batch {
    fn has_room(&self, job: &Job, bytes: u64) -> bool {
        self.jobs.is_empty() || self.bytes.saturating_add(job.size()) <= bytes
    }

    fn add(&mut self, job: Job) {
        self.bytes = self.bytes.saturating_add(job.size());
        self.jobs.push(job);
    }

    const fn is_full(&self) -> bool {
        self.jobs.len() >= self.limit
    }

    fn take(&mut self) -> Vec<Job> {
        (self.bytes, self.tried) = (0, true);
        std::mem::take(&mut self.jobs)
    }
}

impl Sending<'_> {
    /// Sends what a transport is to send and what is due. Whether it was given anything.
    ///
    /// # Errors
    /// Those of the store; the end of the call.
    pub(crate) fn through(&mut self, carrier: &Carrier) -> Result<bool> {
        let mut batch = Batch {
            limit: self.work.ways_of(carrier.uid()).batch.max(1),
            ..Batch::default()
        };
        let (mut queue, mut after) = (Queue::default(), None);
        // Whoever commits between two pages may belong before the first one's end, and what it submits next into the second one:
        // what was submitted since this began is for the next time.
        let (mut seen, mut newer) = (self.spool.latest()?, HashSet::new());
        'all: loop {
            let page = self.spool.queue(after, PAGE)?;
            if after.is_some() {
                match self.spool.submitted_since(&mut seen)? {
                    Some(submitted) => newer.extend(submitted),
                    None => break,
                }
            }
            after = page.last().map(|last| last.place);
            if after.is_none() {
                break;
            }
            for waiting in page.into_iter().filter(|w| !newer.contains(&w.item)) {
                self.call.check()?;
                let again = match self.due(&waiting, carrier.uid(), &mut queue) {
                    Due::Now { again } => again,
                    Due::Not => continue,
                    Due::Stop => break 'all,
                };
                let Some(job) = self.job(&waiting, carrier, again)? else {
                    continue;
                };
                if !batch.has_room(&job, self.options.batch_bytes)
                    && self.attempt(carrier, batch.take(), &mut queue)? == Flow::Stops
                {
                    return Ok(true);
                }
                batch.add(job);
                if batch.is_full()
                    && self.attempt(carrier, batch.take(), &mut queue)? == Flow::Stops
                {
                    return Ok(true);
                }
            }
        }
        if !batch.jobs.is_empty() {
            self.attempt(carrier, batch.take(), &mut queue)?;
        }
        Ok(batch.tried)
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
