//! Rows as they were when the table was opened. Reference: "Types of Tables" (requirements TAB-02, D15)

use std::sync::Arc;

use mapi_props::{PropTag, Restriction};
use mapi_spi::{Anchor, Call, Direction, LogEntry, Page, Result, Row, RowKey};

use super::advise::Feed;
use super::{MemoryRows, Source, Spec, TableKind};
use crate::EntryId;
use crate::advise::Subscription;

/// A table whose rows never change. Registrations may be told of rows that do.
#[derive(Debug)]
pub(crate) struct Snapshot {
    rows: MemoryRows,
    live: Option<Arc<dyn Source>>,
}

impl Snapshot {
    /// Rows that nobody is told of. They must be the same each time that they are asked for.
    pub(crate) const fn new(rows: MemoryRows) -> Self {
        Self { rows, live: None }
    }

    /// The same; who advises on the table is told what happens to these.
    pub(crate) fn told_of(self, live: Arc<dyn Source>) -> Self {
        Self {
            live: Some(live),
            ..self
        }
    }
}

impl Source for Snapshot {
    fn default_columns(&self) -> Vec<PropTag> {
        self.rows.default_columns()
    }

    fn all_columns(&self) -> Vec<PropTag> {
        self.rows.all_columns()
    }

    fn check(&self, spec: &Spec) -> Result<()> {
        self.rows.check(spec)
    }

    fn page(&self, spec: &Spec, from: &Anchor, count: i64) -> Result<Page> {
        self.rows.page(spec, from, count)
    }

    fn count(&self, spec: &Spec) -> Result<u64> {
        self.rows.count(spec)
    }

    fn position(&self, spec: &Spec, key: &RowKey) -> Result<u64> {
        self.rows.position(spec, key)
    }

    fn find(
        &self,
        spec: &Spec,
        restriction: &Restriction,
        from: &Anchor,
        direction: Direction,
    ) -> Result<Option<Row>> {
        self.rows.find(spec, restriction, from, direction)
    }

    fn entry_ids(&self, rows: &[Row]) -> Vec<EntryId> {
        self.rows.entry_ids(rows)
    }

    fn feed(&self) -> Result<Option<Feed>> {
        match &self.live {
            Some(live) => live.feed(),
            None => Ok(None),
        }
    }

    fn concerns(&self, entry: &LogEntry) -> bool {
        self.live.as_ref().is_some_and(|live| live.concerns(entry))
    }

    fn registered(&self, subscription: &Arc<Subscription>) {
        if let Some(live) = &self.live {
            live.registered(subscription);
        }
    }

    /// What registrations follow.
    fn at_rest(&self) -> Option<Arc<dyn Source>> {
        self.live.clone()
    }

    fn kind(&self) -> TableKind {
        TableKind::Snapshot
    }

    fn prepare(&self, spec: &Spec, call: &Call) -> Result<()> {
        self.rows.prepare(spec, call)
    }
}
