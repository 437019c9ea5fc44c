//! What spoolers of a store note without a change of any message: for those that follow them, and for people.
//! Requirement SP-01; docs/design/sending.md

use mapi_kit::outgoing::forgotten;
use mapi_kit::outgoing::state::QueueState;
use mapi_props::Kind;
use mapi_spi::{ChangeSet, ItemId, Origin, Result, SyncRow};

use super::Spool;
use super::starting::row;

/// What keys of values begin with.
const KEPT: &[u8] = b"kept/";

impl Spool {
    /// Notes these states of messages that are not locked, each as it was when it had this change number. One that somebody has changed
    /// meanwhile, who may have submitted it anew, is left without: what is noted of a message never outlives its turn in the queue.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION`; those of the store.
    pub fn note(&self, states: &[(ItemId, u64, QueueState)]) -> Result<()> {
        let rows = states.iter();
        let rows: Vec<_> = rows
            .map(|(item, _, state)| row(*item, Some(state)))
            .collect();
        self.write(rows)?;
        // Whoever takes a message back deletes its row: before this was written, or after it.
        let mut stale = Vec::new();
        for (item, change, _) in states {
            if !self.is_still(*item, *change)? {
                stale.push(forgotten(*item));
            }
        }
        self.write(stale)
    }

    fn is_still(&self, item: ItemId, change: u64) -> Result<bool> {
        match self.context.spi()?.message(item, &self.context.call) {
            Ok(now) => Ok(now.meta.change == change),
            Err(e) if e.kind() == Kind::NotFound => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// A value that a spooler of this store kept under this name.
    ///
    /// # Errors
    /// Those of the store.
    pub fn kept(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let key = key(name);
        let call = &self.context.call;
        let rows = self.context.spi()?.sync_rows(Origin::SPOOLER, None, call)?;
        let mut found = rows.into_iter().filter(|(of, _)| *of == key);
        Ok(found.next().map(|(_, value)| value))
    }

    /// Keeps a value for the spoolers that follow.
    ///
    /// # Errors
    /// As [`Self::note`].
    pub fn keep(&self, name: &str, value: Vec<u8>) -> Result<()> {
        self.write(vec![SyncRow {
            origin: Origin::SPOOLER,
            object: None,
            key: key(name),
            value: Some(value),
        }])
    }

    fn write(&self, rows: Vec<SyncRow>) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let changes = ChangeSet {
            origin: Origin::SPOOLER,
            sync_state: rows,
            ..ChangeSet::default()
        };
        self.context.commit(changes).map(drop)
    }
}

fn key(name: &str) -> Vec<u8> {
    [KEPT, name.as_bytes()].concat()
}
