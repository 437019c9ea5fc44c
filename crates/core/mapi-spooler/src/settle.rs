//! Writing what became of messages: responsibility of recipients, reports, tracking, and where the message goes.
//! Reference: "Sending Messages: MAPI Spooler Tasks" (requirements SP-01, MSG-07, OUT-09)

use mapi::spool::{OwnReport, Settlement, Spool, Verdict};
use mapi_kit::outgoing::state::Known;
use mapi_props::{Code, Kind, message_flags, tags};
use mapi_spi::{Error, Result};

use crate::outcome;
use crate::reports::{self, Outcome};
use crate::round::{Problem, Round};
use crate::route;
use crate::work::Work;

/// A settlement that is to be written.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) settlement: Settlement,
    /// Whether what its transport has sent is delivered.
    pub(crate) delivers: bool,
    /// Whether it says what has happened. Else it says what is to become of a message that nobody has locked: if that is not as it was
    /// any more, nothing becomes of it, and the next round looks anew.
    pub(crate) sure: bool,
}

impl Due {
    /// What is to become of a message that no transport has.
    pub(crate) const fn surmised(settlement: Settlement) -> Self {
        Self {
            settlement,
            delivers: false,
            sure: false,
        }
    }

    /// Adds what follows from what is known of its recipients: PR_RESPONSIBILITY of those who are settled now, what is tracked of
    /// them, and reports.
    ///
    /// # Errors
    /// Those of the store, when the message must be read again for a report.
    fn complete(&mut self, spool: &Spool) -> Result<()> {
        let settlement = &mut self.settlement;
        let (rows, state) = (&settlement.message.recipients, &settlement.state);
        let is_new = |place: &usize| {
            let ours = rows.get(*place).is_some_and(route::is_ours);
            ours && state.of(*place).is_settled()
        };
        let settled: Vec<usize> = (0..rows.len()).filter(is_new).collect();
        if settled.is_empty() {
            return Ok(());
        }
        let now = spool.now();
        let of = |place: &usize| Outcome::of(*place, state.of(*place), self.delivers, now);
        let outcomes: Vec<Outcome> = settled.iter().filter_map(of).collect();
        settlement.reports = due_reports(spool, settlement, &outcomes)?;
        let mut rows = std::mem::take(&mut settlement.message.recipients);
        for place in settled {
            if let Some(row) = rows.get_mut(place) {
                row.set(tags::RESPONSIBILITY, true);
            }
        }
        reports::track(&mut rows, &outcomes, now);
        settlement.recipients = Some(rows);
        Ok(())
    }

    /// Takes the message as it is now. Whether it is still in the queue.
    fn refresh(&mut self, spool: &Spool) -> Result<bool> {
        let settlement = &mut self.settlement;
        let picked = match spool.pick(settlement.message.meta.id) {
            Ok((picked, _)) => picked,
            Err(error) if error.kind() == Kind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let queued = picked.meta.flags & message_flags::SUBMIT != 0 && !picked.meta.deleted;
        settlement.message = picked;
        settlement.recipients = None;
        settlement.reports = Vec::new();
        let stays = matches!(settlement.verdict, Verdict::Unlock | Verdict::Keep);
        if stays || settlement.verdict == Verdict::Finish {
            let rows = &settlement.message.recipients;
            settlement.verdict = outcome::verdict(&mut settlement.state, rows);
        }
        Ok(queued)
    }
}

fn due_reports(
    spool: &Spool,
    settlement: &Settlement,
    outcomes: &[Outcome],
) -> Result<Vec<OwnReport>> {
    if outcomes.is_empty() {
        return Ok(Vec::new());
    }
    let (_, message) = spool.pick(settlement.message.meta.id)?;
    Ok(reports::due(spool, &message, outcomes))
}

/// Writes settlements: all at once, and each by itself if that fails. What cannot be written is kept for the next round: nobody
/// forgets that a message was sent.
///
/// # Errors
/// `MAPI_E_END_OF_SESSION`: the one who has the lease now decides by the marks.
pub(crate) fn write(
    spool: &Spool,
    due: Vec<Due>,
    work: &mut Work,
    round: &mut Round,
) -> Result<()> {
    let spool = spool.unstoppable();
    let (mut ready, mut manners) = (Vec::new(), Vec::new());
    for mut one in due {
        work.roster.touch(one.settlement.message.meta.id);
        match one.complete(&spool) {
            Ok(()) => {
                ready.push(one.settlement);
                manners.push((one.delivers, one.sure));
            }
            Err(error) => keep(one, error, work, round)?,
        }
    }
    if ready.is_empty() {
        return Ok(());
    }
    let together = match spool.settle(&ready) {
        Ok(()) => {
            ready.iter().for_each(|s| settled(s, work, round));
            return Ok(());
        }
        Err(error) if error.code() == Code::END_OF_SESSION => return Err(error),
        Err(error) => error,
    };
    let mut alone = (ready.len() == 1).then_some(together);
    for (settlement, (delivers, sure)) in ready.into_iter().zip(manners) {
        // Perhaps it is one of them alone.
        let written = match alone.take() {
            Some(error) => Err(error),
            None => spool.settle(std::slice::from_ref(&settlement)),
        };
        match written {
            Ok(()) => settled(&settlement, work, round),
            Err(error) => {
                let one = Due {
                    settlement,
                    delivers,
                    sure,
                };
                keep(one, error, work, round)?;
            }
        }
    }
    Ok(())
}

/// Writes what could not be written in earlier rounds. What is still not written stays.
///
/// # Errors
/// As [`write`].
pub(crate) fn write_rest(spool: &Spool, work: &mut Work, round: &mut Round) -> Result<()> {
    for mut one in std::mem::take(&mut work.unsettled) {
        match one.refresh(&spool.unstoppable()) {
            Ok(true) => write(spool, vec![one], work, round)?,
            Ok(false) => {}
            Err(error) => keep(one, error, work, round)?,
        }
    }
    Ok(())
}

fn keep(due: Due, error: Error, work: &mut Work, round: &mut Round) -> Result<()> {
    if error.code() == Code::END_OF_SESSION {
        return Err(error);
    }
    if due.sure {
        work.unsettled.push(due);
    } else if error.code() == Code::OBJECT_CHANGED {
        return Ok(());
    }
    round.problems.push(Problem {
        transport: None,
        what: "noting what became of a message".to_owned(),
        error,
    });
    Ok(())
}

fn settled(settlement: &Settlement, work: &mut Work, round: &mut Round) {
    if !matches!(settlement.verdict, Verdict::Unlock | Verdict::Keep) {
        work.roster.remove(settlement.message.meta.id);
    }
    let known = &settlement.state.known;
    match settlement.verdict {
        Verdict::Finish if known.contains(&Known::Sent) => round.sent += 1,
        Verdict::Finish => round.failed += 1,
        _ if known.contains(&Known::Unknown) => round.unknown += 1,
        Verdict::Unlock | Verdict::Keep | Verdict::Draft | Verdict::Resend => {}
    }
}
