//! Sending what waits: through one transport at a time, the oldest first, in batches.
//! Reference: "MAPI Spooler", "Setting Transport Order" (requirements SP-01, TX-02, TX-03, XP-01); docs/design/sending.md

mod asking;
mod attempt;
mod due;
mod giving_up;
mod picking;
mod stranded;

use std::collections::HashSet;

use mapi::spool::{Carrier, Spool};
use mapi_props::{FileTime, Guid};
use mapi_spi::{Call, ItemId, Result};

use crate::job::Job;
use crate::notes::Heard;
use crate::roster::Lane;
use crate::round::{Problem, Round, Wanted};
use crate::route::Reached;
use crate::work::Work;
use crate::{Options, backoff};
use due::{Due, Queue};

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
        self.look_up(carrier.uid())?;
        let lane = Lane::Of(carrier.uid());
        'all: while let Some(page) = self.work.roster.page(&self.spool, lane, &mut after)? {
            for waiting in page {
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

    /// Learns what there is to look at for a transport: what others have submitted by now, what waited until now, what it wants.
    fn look_up(&mut self, transport: Guid) -> Result<()> {
        let roster = &mut self.work.roster;
        roster.catch_up(&self.spool)?;
        roster.wake(self.spool.now());
        self.heard.wanted.retain(|(_, item)| roster.knows(*item));
        if self.heard.want_all.remove(&transport) {
            let all = roster.resting().map(|item| (transport, item));
            self.heard.wanted.extend(all);
        }
        let wanted = self.heard.wanted.iter();
        for (_, item) in wanted.filter(|(by, _)| *by == transport) {
            roster.touch(*item);
        }
        Ok(())
    }

    /// Whether a transport that keeps a message wants it again.
    fn wants_again(&self, transport: Guid, item: ItemId) -> bool {
        self.heard.wanted.contains(&(transport, item))
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
