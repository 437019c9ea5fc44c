//! Operations on many messages: each on its own, with its own refusal, refused before anything is written.

use mapi_kit::computed;
use mapi_kit::engine::Plan;
use mapi_props::{Code, Kind, SortOrderSet, message_flags};
use mapi_spi::{
    BulkOutcome, CommitMode, DeleteMode, Error, FlagPatch, ItemFailure, ItemId, ItemKind, ItemMeta,
    Items, LogKind, OpOutcome, Result, RowSet, View,
};
use rusqlite::params;

use super::{Commit, difference, ends_everything, refuse};
use crate::failure::Lift;
use crate::{bag, item, queries, store, view};

/// How far an outcome tells what is committed for good.
#[derive(Debug, Clone, Copy)]
struct Settled {
    done: u64,
    failed: usize,
    copies: usize,
    statuses: usize,
}

impl Commit<'_> {
    pub(super) fn set_flags(&mut self, items: &Items, flags: FlagPatch) -> Result<OpOutcome> {
        self.bulk(items, &mut |commit, old, _| {
            refuse::deleted(old)?;
            refuse::submitted(old)?;
            let associated = matches!(old.kind, ItemKind::Message { associated: true });
            let flags = computed::message_flags_of(associated, flags.apply(old.flags));
            commit.put_flags(
                old,
                &ItemMeta {
                    flags,
                    ..old.clone()
                },
            )
        })
    }

    pub(super) fn set_status(&mut self, items: &Items, value: u32, mask: u32) -> Result<OpOutcome> {
        self.bulk(items, &mut |commit, old, outcome| {
            refuse::deleted(old)?;
            outcome.statuses.push((old.id, old.status));
            let status = (old.status & !mask) | (value & mask);
            commit.put_flags(
                old,
                &ItemMeta {
                    status,
                    ..old.clone()
                },
            )
        })
    }

    fn put_flags(&mut self, old: &ItemMeta, new: &ItemMeta) -> Result<()> {
        let (changed, inverse) = difference::entry(difference::of_metas(old, new));
        if changed.is_empty() {
            return Ok(());
        }
        self.update_flags(old, new)?;
        self.note(LogKind::Modified, new, &changed, Some(inverse))
    }

    pub(super) fn move_messages(&mut self, items: &Items, to: ItemId) -> Result<OpOutcome> {
        self.holder(to)?;
        self.bulk(items, &mut |commit, old, _| {
            refuse::deleted(old)?;
            refuse::submitted(old)?;
            let from = old.parent;
            if from == to {
                return Ok(());
            }
            // After a turn of transactions the folder may be gone.
            commit.holder(to)?;
            let new = ItemMeta {
                parent: to,
                status: 0,
                ..old.clone()
            };
            let (changed, inverse) = difference::entry(difference::of_metas(old, &new));
            let inverse = (!changed.is_empty()).then_some(inverse);
            commit.replace_message(old, &new)?;
            commit.note(LogKind::Moved { from }, &new, &changed, inverse)
        })
    }

    pub(super) fn copy_messages(&mut self, items: &Items, to: ItemId) -> Result<OpOutcome> {
        self.holder(to)?;
        self.bulk(items, &mut |commit, old, outcome| {
            refuse::deleted(old)?;
            commit.holder(to)?;
            let id = commit.copy_message(old, to)?;
            outcome.copies.push((old.id, id));
            Ok(())
        })
    }

    /// One copy of a message.
    pub(super) fn copy_message(&mut self, old: &ItemMeta, to: ItemId) -> Result<ItemId> {
        let body = bag::body(self.txn.db, old.id.0)?;
        refuse::remote(old, &body)?;
        let source: Option<[u8; 32]> = self
            .txn
            .statement("SELECT source FROM item WHERE id = ?1")?
            .query_row([old.id.0], |r| r.get(0))
            .lift()?;
        let not_carried =
            message_flags::RN_PENDING | message_flags::NRN_PENDING | message_flags::SUBMIT;
        let mut meta = ItemMeta {
            change: self.txn.next_change(),
            parent: to,
            status: 0,
            flags: old.flags & !not_carried,
            ..old.clone()
        };
        self.insert_message(&mut meta, &body, source.as_ref())?;
        self.note(LogKind::Copied { of: old.id }, &meta, &[], None)?;
        Ok(meta.id)
    }

    pub(super) fn delete_messages(&mut self, items: &Items, mode: DeleteMode) -> Result<OpOutcome> {
        self.bulk(items, &mut |commit, old, _| {
            refuse::submitted(old)?;
            if mode == DeleteMode::Soft {
                refuse::deleted(old)?;
            }
            commit.take_away_message(old, mode, None)
        })
    }

    /// Takes a message out of sight or out for good. `mark`: the change number of a folder's soft deletion.
    pub(super) fn take_away_message(
        &mut self,
        old: &ItemMeta,
        mode: DeleteMode,
        mark: Option<u64>,
    ) -> Result<()> {
        let body = bag::body(self.txn.db, old.id.0)?;
        match mode {
            DeleteMode::Soft => {
                self.replace_message(
                    old,
                    &ItemMeta {
                        deleted: true,
                        change: mark.unwrap_or(old.change),
                        ..old.clone()
                    },
                )?;
                self.note_end(LogKind::SoftDeleted, old, &body)
            }
            DeleteMode::Hard => {
                self.remove_message(old, &body)?;
                self.note_end(end_of(old), old, &body)
            }
        }
    }

    pub(super) fn recover(&mut self, items: &Items) -> Result<OpOutcome> {
        self.bulk(items, &mut |commit, old, _| {
            if !old.deleted {
                return Ok(());
            }
            commit.holder(old.parent)?;
            let new = ItemMeta {
                deleted: false,
                ..old.clone()
            };
            commit.replace_message(old, &new)?;
            commit.note(LogKind::Recovered, &new, &[], None)
        })
    }

    /// Does something to each message of a list; `each` must refuse before it writes.
    fn bulk(
        &mut self,
        items: &Items,
        each: &mut dyn FnMut(&mut Self, &ItemMeta, &mut BulkOutcome) -> Result<()>,
    ) -> Result<OpOutcome> {
        let ids = self.select(items)?;
        let total = u64::try_from(ids.len()).ok();
        let mut outcome = BulkOutcome::default();
        let mut settled = None;
        for id in ids {
            match self.one(id, items, each, &mut outcome) {
                Ok(true) => {
                    settled = Some(Settled {
                        done: outcome.done,
                        failed: outcome.failed.len(),
                        copies: outcome.copies.len(),
                        statuses: outcome.statuses.len(),
                    });
                }
                Ok(false) => {}
                Err(error) => return self.broken(outcome, settled, error),
            }
            if outcome.stopped.is_some() {
                break;
            }
            self.call.report(outcome.done, total);
        }
        Ok(OpOutcome::Bulk(outcome))
    }

    /// One message; whether a transaction ended after it.
    fn one(
        &mut self,
        id: ItemId,
        items: &Items,
        each: &mut dyn FnMut(&mut Self, &ItemMeta, &mut BulkOutcome) -> Result<()>,
        outcome: &mut BulkOutcome,
    ) -> Result<bool> {
        if self.stops(outcome)? {
            return Ok(false);
        }
        let meant =
            |m: &ItemMeta| matches!(m.kind, ItemKind::Message { .. }) && items.allows(m.parent);
        let message = item::meta(self.txn.db, id)?.filter(meant);
        let result = match message {
            Some(meta) => each(self, &meta, outcome),
            None => Err(Error::new(
                Code::NOT_FOUND,
                format!("there is no message {id}"),
            )),
        };
        match result {
            Ok(()) => outcome.done += 1,
            Err(error) => self.refused(outcome, id, error)?,
        }
        self.turn_over()
    }

    /// The store failed in the middle: what is committed is told, with the reason for stopping.
    fn broken(
        &mut self,
        mut outcome: BulkOutcome,
        settled: Option<Settled>,
        error: Error,
    ) -> Result<OpOutcome> {
        let Some(settled) = settled else {
            return Err(error);
        };
        outcome.done = settled.done;
        outcome.failed.truncate(settled.failed);
        outcome.copies.truncate(settled.copies);
        outcome.statuses.truncate(settled.statuses);
        let error = self.inner.explain(error);
        outcome.stopped = Some(Error::new(error.code(), error.detail()));
        self.progress.dead = Some(error);
        Ok(OpOutcome::Bulk(outcome))
    }

    /// Whether the call ends here; an atomic set fails then.
    pub(super) fn stops(&self, outcome: &mut BulkOutcome) -> Result<bool> {
        match (self.call.check(), self.mode) {
            (Ok(()), _) => Ok(false),
            (Err(error), CommitMode::Atomic) => Err(error),
            (Err(error), CommitMode::EachItem) => {
                outcome.stopped = Some(error);
                Ok(true)
            }
        }
    }

    /// Notes an item that stays as it was; a failing store ends everything.
    pub(super) fn refused(
        &self,
        outcome: &mut BulkOutcome,
        id: ItemId,
        error: Error,
    ) -> Result<()> {
        let disk = error.kind() == Kind::Disk && self.mode == CommitMode::Atomic;
        if disk || ends_everything(&error) {
            return Err(error);
        }
        outcome.failed.push(ItemFailure { id, error });
        Ok(())
    }

    /// The numbers of the messages that are meant.
    fn select(&self, items: &Items) -> Result<Vec<ItemId>> {
        let (folder, restriction, associated, deleted) = match items {
            Items::Ids(ids) | Items::Of { ids, .. } => return Ok(ids.clone()),
            Items::In {
                folder,
                restriction,
                associated,
                deleted,
            } => (*folder, restriction, *associated, *deleted),
        };
        let view = View {
            container: folder,
            rows: RowSet::Contents {
                associated,
                deleted,
            },
            columns: Vec::new(),
            restriction: restriction.clone(),
            sort: SortOrderSet::default(),
        };
        let plan = Plan::new(&self.inner.info, &view)?;
        let limit = plan.matcher().and_then(mapi_query::Matcher::limit);
        let limit = limit.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        let db = self.txn.db;
        store::expect_folder(db, folder)?;
        let part = item::part(associated, deleted);
        let all = match view::Narrow::of(restriction.as_ref()) {
            Some(narrow) => narrow.contents(db, folder, part)?,
            None => store::contents(db, folder, part)?,
        };
        let mut chosen = Vec::new();
        for id in all {
            if chosen.len() >= limit {
                break;
            }
            if plan.matcher().is_none() || view::show_known(db, id, |row| Ok(plan.matches(row, 0)))?
            {
                chosen.push(ItemId(id));
            }
            if id % 256 == 0 {
                self.call.check()?;
            }
        }
        Ok(chosen)
    }

    /// The messages of a folder: living ones, or all.
    pub(super) fn messages_in(&self, folder: ItemId, all: bool) -> Result<Vec<ItemId>> {
        let mut ids = Vec::new();
        let mut select = self.txn.statement(queries::CONTENTS)?;
        for part in 0..(if all { 4_u8 } else { 2 }) {
            let rows = select
                .query_map(params![folder.0, part], |r| r.get(0).map(ItemId))
                .lift()?;
            for id in rows {
                ids.push(id.lift()?);
            }
        }
        ids.sort_unstable();
        Ok(ids)
    }
}

/// What the log says of an item that goes for good.
pub(super) const fn end_of(old: &ItemMeta) -> LogKind {
    if old.deleted {
        LogKind::Purged
    } else {
        LogKind::Deleted
    }
}
