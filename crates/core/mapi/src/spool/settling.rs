//! What becomes of messages that were tried: sent and put away, or kept for later, with what there is to report.
//! Reference: "IMsgStore::FinishedMsg", "Processing a Sent Message" (requirements OUT-09, SP-01, RP-01)

use mapi_kit::outgoing::state::QueueState;
use mapi_kit::outgoing::{Disposition, finish, lock, served, taken_back, unlock};
use mapi_kit::report::OwnReport;
use mapi_props::{Bag, message_flags};
use mapi_spi::{ChangeSet, Error, Op, Origin, Result, SyncRow};

use super::starting::row;
use super::{Picked, Spool};
use crate::placing::{Placing, place};

/// What becomes of one message.
#[derive(Debug)]
pub struct Settlement {
    /// The message, as it is in the store now: its change number is the one of the lock.
    pub message: Picked,
    /// What is known of it now.
    pub state: QueueState,
    /// What happens to it.
    pub verdict: Verdict,
    /// Its recipient rows as they are from now on; none: as they were.
    pub recipients: Option<Vec<Bag>>,
    /// Reports to its sender, delivered with it.
    pub reports: Vec<OwnReport>,
}

/// What happens to a message of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All its recipients are settled: it leaves the queue for where its sender wants it (FinishedMsg).
    Finish,
    /// It stays in the queue, and can be taken back.
    Unlock,
    /// It stays in the queue, and cannot be taken back: it is, or may be, on its way.
    Keep,
    /// It leaves the queue unsent and can be changed again.
    Draft,
    /// The same with MSGFLAG_RESEND: sent again, it goes to its rows of MAPI_P1 alone.
    Resend,
}

impl Spool {
    /// Settles messages: all in one durable transaction, with their reports.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION` when another process is the spooler; `MAPI_E_OBJECT_CHANGED` if one is not as it was;
    /// `MAPI_E_NOT_ENOUGH_DISK` … Nothing has happened then.
    pub fn settle(&self, settlements: &[Settlement]) -> Result<()> {
        let placing = self.reporting(settlements)?;
        let mut ops = Vec::new();
        for settlement in settlements {
            self.settled(settlement, &mut ops)?;
        }
        ops.extend(placing.ops);
        let changes = ChangeSet {
            ops,
            origin: Origin::SPOOLER,
            values: placing.values,
            sync_state: settlements.iter().map(Settlement::row).collect(),
            ..ChangeSet::default()
        };
        self.context.commit(changes).map(drop)
    }

    /// The reports in their places. One whose original cannot be read does not bring it: its sender is told all the same.
    fn reporting(&self, settlements: &[Settlement]) -> Result<Placing> {
        let reports = || settlements.iter().flat_map(|s| s.reports.iter().cloned());
        let placing = place(&self.context, self.placed(reports().collect())?)?;
        if placing.items.iter().all(Result::is_ok) {
            return Ok(placing);
        }
        let without = |(mut report, item): (OwnReport, &Result<_>)| {
            if let Err(error) = item {
                tracing::warn!(%error, "a report is made without the message that it is about");
                report.message.attachments.clear();
            }
            report
        };
        let reports = reports().zip(&placing.items).map(without);
        let placing = place(&self.context, self.placed(reports.collect())?)?;
        match placing.items.iter().find_map(|item| item.as_ref().err()) {
            // Whoever settles tries again: nothing is settled of which nobody is told.
            Some(error) => Err(Error::new(error.code(), error.detail())),
            None => Ok(placing),
        }
    }

    fn settled(&self, settlement: &Settlement, ops: &mut Vec<Op>) -> Result<()> {
        let Picked {
            meta,
            props,
            recipients,
        } = &settlement.message;
        let changed = settlement.recipients.as_ref();
        match settlement.verdict {
            Verdict::Finish => {
                let disposition = Disposition::of(self.context.spi()?, props, &self.context.call)?;
                if let Some(problem) = disposition.problem {
                    tracing::warn!(item = %meta.id, %problem, "a sent message stays where it was");
                }
                let rows = served(changed.unwrap_or(recipients));
                ops.extend(finish(meta, Some(rows), disposition.sent));
            }
            Verdict::Unlock => ops.push(with_rows(unlock(meta, props), changed, 0)),
            Verdict::Keep => ops.push(with_rows(lock(meta, props), changed, 0)),
            Verdict::Draft => ops.push(with_rows(taken_back(meta), changed, 0)),
            Verdict::Resend => {
                ops.push(with_rows(taken_back(meta), changed, message_flags::RESEND));
            }
        }
        Ok(())
    }
}

impl Settlement {
    /// The row that is left of it.
    fn row(&self) -> SyncRow {
        let stays = matches!(self.verdict, Verdict::Unlock | Verdict::Keep);
        row(self.message.meta.id, stays.then_some(&self.state))
    }
}

/// The operation with these recipient rows and flags.
fn with_rows(mut op: Op, rows: Option<&Vec<Bag>>, flags: u32) -> Op {
    if let Op::SaveMessage(save) = &mut op {
        save.recipients = rows.cloned();
        save.flags.set |= flags;
    }
    op
}
