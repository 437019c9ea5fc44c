//! The durable marks: a transport is given messages, and says its last word.
//! Reference: "IMsgStore::SetLockState" (requirements SP-01, XP-01); docs/design/sending.md

use mapi_kit::outgoing::state::QueueState;
use mapi_spi::{ChangeSet, ItemId, Origin, QUEUE_STATE, Result, SyncRow};

use super::Spool;

impl Spool {
    /// Notes these states, in one durable transaction. The messages stay as they are.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION` when another process is the spooler; `MAPI_E_NOT_ENOUGH_DISK` … Nothing is noted then.
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
        origin: Origin::SPOOLER,
        object: Some(item),
        key: QUEUE_STATE.to_vec(),
        value: state.map(QueueState::to_bytes),
    }
}
