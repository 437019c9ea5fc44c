//! The durable marks: a transport is given messages, and says its last word.
//! Reference: "IMsgStore::SetLockState" (requirements SP-01, XP-01); docs/design/sending.md

use mapi_kit::outgoing::state::QueueState;
use mapi_kit::outgoing::{LOCKED, forgotten, lock};
use mapi_props::{Kind, tags};
use mapi_spi::{ChangeSet, ItemId, OpOutcome, Origin, Result, SyncRow};

use super::{Picked, Spool};

/// A message that is about to be given to a transport.
#[derive(Debug)]
pub struct Start<'a> {
    /// The message; it learns its new change number.
    pub message: &'a mut Picked,
    /// What is known of it from now on.
    pub state: &'a QueueState,
}

impl Spool {
    /// Locks messages, so that nobody takes them back, and notes these states: all in one durable transaction. One that was taken back
    /// or is gone since it was read is left out. Says of each whether it was locked.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION` when another process is the spooler; `MAPI_E_NOT_ENOUGH_DISK` … None is locked then.
    pub fn start(&self, messages: &mut [Start<'_>]) -> Result<Vec<bool>> {
        let mut wanted = vec![true; messages.len()];
        loop {
            let chosen = || messages.iter().zip(&wanted).filter(|(_, wanted)| **wanted);
            let ops = chosen()
                .map(|(m, _)| lock(&m.message.meta, &m.message.props))
                .collect();
            let rows = chosen().map(|(m, _)| row(m.message.meta.id, Some(m.state)));
            let changes = ChangeSet {
                ops,
                origin: Origin::SPOOLER,
                sync_state: rows.collect(),
                ..ChangeSet::default()
            };
            if changes.ops.is_empty() {
                return Ok(wanted);
            }
            let error = match self.context.commit(changes) {
                Ok(outcome) => {
                    let chosen = messages.iter_mut().zip(&wanted);
                    let chosen = chosen.filter(|(_, wanted)| **wanted);
                    for ((message, _), outcome) in chosen.zip(outcome.ops) {
                        if let OpOutcome::Saved(saved) = outcome {
                            message.message.meta.change = saved.change;
                            message.message.props.set(tags::SUBMIT_FLAGS, LOCKED);
                        }
                    }
                    return Ok(wanted);
                }
                Err(error) => error,
            };
            if !self.leave_out(messages, &mut wanted)? {
                return Err(error);
            }
        }
    }

    /// Leaves those out that are not as they were; whether there are any.
    fn leave_out(&self, messages: &[Start<'_>], wanted: &mut [bool]) -> Result<bool> {
        let mut any = false;
        let store = self.context.spi()?;
        for (message, wanted) in messages.iter().zip(wanted) {
            let meta = &message.message.meta;
            let same = match store.message(meta.id, &self.context.call) {
                Ok(now) => now.meta.change == meta.change,
                Err(e) if e.kind() == Kind::NotFound => false,
                Err(e) => return Err(e),
            };
            any |= *wanted && !same;
            *wanted &= same;
        }
        Ok(any)
    }

    /// Notes these states, in one durable transaction. The messages stay as they are.
    ///
    /// # Errors
    /// As [`Self::start`]. Nothing is noted then.
    pub fn mark(&self, states: &[(ItemId, &QueueState)]) -> Result<()> {
        let rows = states.iter().map(|(item, state)| row(*item, Some(state)));
        let changes = ChangeSet {
            origin: Origin::SPOOLER,
            sync_state: rows.collect(),
            ..ChangeSet::default()
        };
        self.context.commit(changes).map(drop)
    }
}

/// What is known of a message, as its row; none: nothing any more.
pub(super) fn row(item: ItemId, state: Option<&QueueState>) -> SyncRow {
    SyncRow {
        value: state.map(QueueState::to_bytes),
        ..forgotten(item)
    }
}
