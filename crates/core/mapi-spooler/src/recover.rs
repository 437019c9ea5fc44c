//! Taking up what an earlier spooler left. Reference: requirement SP-01; docs/design/sending.md
//!
//! A message that was only *started* has not left: it is tried again. Of one whose transport was saying its last word the transport
//! is asked, by the token of its mark. Until it answers nothing is done with the message. If it does not know, or cannot be asked for
//! too long, recipients that were said to be sent become unknown, and are not served again unless somebody says so.

use std::collections::BTreeMap;
use std::time::Duration;

use mapi::Session;
use mapi::spool::{Carriers, Settlement, Spool, Waiting};
use mapi_kit::outgoing::state::{Cause, Phase};
use mapi_props::{FileTime, Guid, Kind};
use mapi_spi::{Call, Fate, Result};

use crate::ascertain::{self, Said};
use crate::roster::Lane;
use crate::round::{Problem, Round};
use crate::settle::{self, Due};
use crate::work::{Recovery, Work};
use crate::{Options, backoff, outcome};

/// Messages that are asked about and written at once.
const PAGE: usize = 64;

/// So many attempts without an end, and the message may be what ends the process: it waits then.
const SUSPECT: u32 = 5;

/// So often a transport is asked in vain, each time later than the last; then nobody knows.
const ASKED: u32 = 10;

/// What taking up needs.
pub(crate) struct Recovering<'a> {
    /// Stopped with the call, as the queue.
    pub(crate) session: &'a Session,
    pub(crate) spool: &'a Spool,
    pub(crate) options: &'a Options,
    pub(crate) call: &'a Call,
}

impl Recovering<'_> {
    /// Takes up everything, once for each spooler; what transports could not say yet when it is time, or in a `hurry`.
    ///
    /// # Errors
    /// Those of the store; the end of the call.
    pub(crate) fn run(&self, hurry: bool, work: &mut Work, round: &mut Round) -> Result<()> {
        // What is asked only because somebody is in a hurry does not count.
        let counts = match work.recovery {
            Recovery::Done => return Ok(()),
            Recovery::Asks(at) => at <= self.spool.now(),
            Recovery::Due => true,
        };
        if !counts && !hurry {
            return Ok(());
        }
        let (mut after, mut again) = (None, None);
        let mut carriers = None;
        work.roster.catch_up(self.spool)?;
        while let Some(mut page) = work.roster.page(self.spool, Lane::Begun, &mut after)? {
            page.retain(|waiting| {
                let phase = &waiting.state.phase;
                matches!(phase, Phase::Started | Phase::Committing)
                    && !work.is_unsettled(waiting.item)
            });
            while !page.is_empty() {
                let begun = page.drain(..page.len().min(PAGE)).collect();
                let at = self.page(begun, counts, &mut carriers, work, round)?;
                again = again.into_iter().chain(at).min();
            }
        }
        // What does not count puts nothing off: who flushes every now and then is told in the end as well.
        let again = match work.recovery {
            Recovery::Asks(at) if !counts => again.map(|again| again.min(at)),
            _ => again,
        };
        work.recovery = again.map_or(Recovery::Done, Recovery::Asks);
        Ok(())
    }

    /// Takes these up. When to ask again, if that is to be.
    fn page(
        &self,
        begun: Vec<Waiting>,
        counts: bool,
        carriers: &mut Option<Carriers>,
        work: &mut Work,
        round: &mut Round,
    ) -> Result<Option<FileTime>> {
        let mut asked: BTreeMap<Guid, Vec<Waiting>> = BTreeMap::new();
        let mut due = Vec::new();
        for waiting in begun {
            self.call.check()?;
            match waiting.state.transport {
                Some(transport) if !waiting.state.token.is_empty() => {
                    asked.entry(transport).or_default().push(waiting);
                }
                _ => due.extend(self.due(waiting, &[], false)?),
            }
        }
        let mut again = None;
        for (transport, messages) in asked {
            if carriers.is_none() {
                *carriers = Some(self.session.carriers()?);
            }
            let said = match carriers {
                Some(carriers) => self.ask(transport, carriers, &messages, work, round)?,
                None => Said::Later(None),
            };
            let at = self.heard(said, counts, messages, &mut due)?;
            again = again.into_iter().chain(at).min();
        }
        settle::write(self.spool, due, work, round)?;
        Ok(again)
    }

    /// Notes what a transport said. When to ask again, if that is to be.
    fn heard(
        &self,
        said: Said,
        counts: bool,
        messages: Vec<Waiting>,
        due: &mut Vec<Due>,
    ) -> Result<Option<FileTime>> {
        let mut again = None;
        match said {
            Said::Known { fates, delivers } => {
                // An answer that is missing says nothing.
                let fates = fates.into_iter().chain(std::iter::repeat(Vec::new()));
                for (waiting, fates) in messages.into_iter().zip(fates) {
                    due.extend(self.due(waiting, &fates, delivers)?);
                }
            }
            Said::Nothing => {
                for waiting in messages {
                    due.extend(self.due(waiting, &[], false)?);
                }
            }
            Said::Later(_) => {
                let (mut kept, mut lost) = (messages, Vec::new());
                for waiting in &mut kept {
                    waiting.state.asked += u32::from(counts);
                }
                lost.extend(kept.extract_if(.., |waiting| waiting.state.asked >= ASKED));
                for waiting in lost {
                    due.extend(self.due(waiting, &[], false)?);
                }
                let rows: Vec<_> = kept.iter().map(|w| (w.item, &w.state)).collect();
                if counts && !rows.is_empty() {
                    self.spool.mark(&rows)?;
                }
                for waiting in &kept {
                    let wait = backoff::wait(self.options, waiting.state.asked, 0);
                    let at = backoff::after(self.spool.now(), wait);
                    again = again.into_iter().chain([at]).min();
                }
            }
        }
        Ok(again)
    }

    /// Asks a transport what became of messages.
    ///
    /// # Errors
    /// The end of the call.
    fn ask(
        &self,
        transport: Guid,
        carriers: &Carriers,
        messages: &[Waiting],
        work: &mut Work,
        round: &mut Round,
    ) -> Result<Said> {
        let Some(carrier) = carriers.running.iter().find(|c| c.uid() == transport) else {
            // One that the profile has no more will never say it.
            return Ok(match carriers.absent.contains(&transport) {
                true => Said::Later(None),
                false => Said::Nothing,
            });
        };
        let occupied = work.occupied(transport);
        let tokens = messages.iter().map(|m| m.state.token.clone()).collect();
        let said = ascertain::ask(carrier, tokens, &occupied, self.options, self.call)?;
        Ok(match said {
            Said::Later(Some(error)) => {
                round.problems.push(Problem::of(carrier, error));
                Said::Later(None)
            }
            said => said,
        })
    }

    /// What is to be written of a message, of which this is known; nothing if it is gone.
    fn due(&self, waiting: Waiting, fates: &[Option<Fate>], delivers: bool) -> Result<Option<Due>> {
        let message = match self.spool.pick(waiting.item) {
            Ok((picked, _)) => picked,
            Err(error) if error.kind() == Kind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut state = waiting.state;
        let by = state.transport;
        outcome::ascertained(&mut state, by, fates);
        if let Some((wait, why)) = self.wait(state.attempts, fates) {
            let until = backoff::after(self.spool.now(), wait);
            let cause = Cause::Recipients;
            state.phase = Phase::Waiting { until, cause, why };
        }
        let verdict = outcome::verdict(&mut state, &message.recipients);
        Ok(Some(Due {
            settlement: Settlement {
                message,
                state,
                verdict,
                recipients: None,
                reports: Vec::new(),
            },
            delivers,
            sure: true,
        }))
    }

    /// How long a message is to wait before it is tried again, and why.
    fn wait(&self, attempts: u32, fates: &[Option<Fate>]) -> Option<(Duration, String)> {
        if attempts >= SUSPECT {
            let why = "The program ended while it was sending this message.".to_owned();
            return Some((backoff::wait(self.options, attempts, 0), why));
        }
        let later = fates.iter().flatten().filter_map(|fate| match fate {
            Fate::Later {
                after: Some(after),
                why,
            } => Some((*after, why.clone())),
            _ => None,
        });
        later.max_by_key(|(after, _)| *after)
    }
}
