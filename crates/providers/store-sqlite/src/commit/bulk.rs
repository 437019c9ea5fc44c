//! Operations on many messages: each on its own, with its own refusal, refused before anything is written.

use mapi_kit::computed;
use mapi_kit::engine::Plan;
use mapi_kit::receipt;
use mapi_props::{Code, Kind, SortOrderSet, message_flags};
use mapi_spi::{
    BulkOutcome, CommitMode, DeleteMode, Error, FlagPatch, ItemFailure, ItemId, ItemKind, ItemMeta,
    Items, LogKind, OpOutcome, Result, RowSet, View,
};
use rusqlite::params;

use super::{Commit, difference, ends_everything, refuse};
use crate::failure::Lift;
use crate::{bag, item, queries, view};

/// A bulk operation under way.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) outcome: BulkOutcome,
    /// How many messages there are, when that is known.
    total: Option<u64>,
    /// How much of the outcome is committed for good.
    settled: Settled,
}

#[derive(Debug, Clone, Copy, Default)]
struct Settled {
    done: u64,
    failed: usize,
    copies: usize,
    statuses: usize,
}

impl Run {
    pub(super) fn of(total: usize) -> Self {
        Self {
            total: u64::try_from(total).ok(),
            ..Self::default()
        }
    }

    const fn settle(&mut self) {
        self.settled = Settled {
            done: self.outcome.done,
            failed: self.outcome.failed.len(),
            copies: self.outcome.copies.len(),
            statuses: self.outcome.statuses.len(),
        };
    }
}

impl Commit<'_> {
    pub(super) fn set_flags(&mut self, items: &Items, flags: FlagPatch) -> Result<OpOutcome> {
        self.bulk(items, &mut |commit, old, _| {
            refuse::deleted(old)?;
            refuse::submitted(old)?;
            receipt::before_flags(old, flags)?;
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
            receipt::before_delete(old)?;
            commit.take_away_message(old, mode, None)
        })
    }

    pub(super) fn settle_report(
        &mut self,
        message: ItemId,
        pending: u32,
        patch: FlagPatch,
    ) -> Result<OpOutcome> {
        let old = item::live_message(self.txn.db, message)?;
        let flags = receipt::settled(&old, pending, patch)?;
        let new = ItemMeta {
            flags,
            ..old.clone()
        };
        self.put_flags(&old, &new)?;
        Ok(OpOutcome::Done)
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
        let inner = self.inner;
        let view = view_of(items);
        let plan = view.as_ref().map(|view| Plan::new(&inner.info, view));
        let plan = plan.transpose()?;
        let ids = match self.select_apart(items) {
            Err(error) if self.txn.is_over() => return self.end_early(Run::default(), error),
            ids => ids?,
        };
        let mut run = Run::of(ids.len());
        for id in ids {
            match self.one(id, (items, plan.as_ref()), each, &mut run) {
                Ok(()) => {}
                Err(error) => return self.end_early(run, error),
            }
            if run.outcome.stopped.is_some() {
                break;
            }
        }
        Ok(OpOutcome::Bulk(run.outcome))
    }

    /// One message.
    fn one(
        &mut self,
        id: ItemId,
        meant: (&Items, Option<&Plan<'_>>),
        each: &mut dyn FnMut(&mut Self, &ItemMeta, &mut BulkOutcome) -> Result<()>,
        run: &mut Run,
    ) -> Result<()> {
        let (items, plan) = meant;
        let outcome = &mut run.outcome;
        if self.stops(outcome)? {
            return Ok(());
        }
        if let Some(plan) = plan
            && !self.still_in(id, items, plan)?
        {
            return self.turn(run);
        }
        let meta = item::meta(self.txn.db, id)?;
        let meant = match &meta {
            Some(meta) => self.means(items, meta)?,
            None => false,
        };
        let result = match meta.filter(|_| meant) {
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
        self.turn(run)
    }

    /// Whether a message is one of those that are meant, now that its turn comes.
    fn means(&self, items: &Items, meta: &ItemMeta) -> Result<bool> {
        if !matches!(meta.kind, ItemKind::Message { .. }) {
            return Ok(false);
        }
        match items {
            Items::Of { folder, .. } if meta.parent != *folder => self.is_link(*folder, meta.id),
            _ => Ok(true),
        }
    }

    /// After an item: tells how far the run is, and gives others their turn when it is time.
    pub(super) fn turn(&mut self, run: &mut Run) -> Result<()> {
        self.call.report(run.outcome.done, run.total);
        let before = self.progress.turns;
        let turned = self.turn_over();
        if self.progress.turns > before {
            run.settle();
        }
        turned.map(drop)
    }

    /// The store failed in the middle, or the call ended while others had their turn: what is committed is told, with the
    /// reason for stopping. An atomic set fails.
    pub(super) fn end_early(&mut self, run: Run, error: Error) -> Result<OpOutcome> {
        if self.mode == CommitMode::Atomic {
            return Err(error);
        }
        let Run {
            mut outcome,
            settled,
            ..
        } = run;
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

    /// The numbers of the messages that are meant. Looking for them may take long, so that it happens between two
    /// transactions unless the set is atomic; each is looked at once more when its turn comes.
    fn select_apart(&mut self, items: &Items) -> Result<Vec<ItemId>> {
        if self.mode == CommitMode::Atomic || !matches!(items, Items::In { .. }) {
            return self.select(items);
        }
        self.step_back()?;
        let selected = self.select(items);
        self.step_in().and(selected)
    }

    /// Whether a message that was found is still where it was and as it was.
    fn still_in(&self, id: ItemId, items: &Items, plan: &Plan<'_>) -> Result<bool> {
        let Items::In {
            folder,
            associated,
            deleted,
            ..
        } = items
        else {
            return Ok(true);
        };
        let part = item::part(*associated, *deleted);
        match item::meta(self.txn.db, id)? {
            Some(meta) if meta.parent == *folder && item::part_of(&meta) == part => {}
            Some(meta) if self.is_link(*folder, meta.id)? => {}
            _ => return Ok(false),
        }
        Ok(plan.matcher().is_none()
            || view::show_known(self.txn.db, id.0, |row| Ok(plan.matches(row, 0)))?)
    }

    /// The numbers of the messages that are meant.
    fn select(&self, items: &Items) -> Result<Vec<ItemId>> {
        let (associated, deleted) = match items {
            Items::Ids(ids) | Items::Of { ids, .. } => return Ok(ids.clone()),
            Items::In {
                associated,
                deleted,
                ..
            } => (*associated, *deleted),
        };
        let Some(view) = view_of(items) else {
            return Ok(Vec::new());
        };
        let part = item::part(associated, deleted);
        view::chosen(self.inner, self.txn.db, &view, part, self.call)
    }

    /// The messages that are in a folder: living ones, or all.
    pub(super) fn messages_in(&self, folder: ItemId, all: bool) -> Result<Vec<ItemId>> {
        let mut ids = Vec::new();
        // Links of a search folder are messages of other folders.
        if self.searches.iter().any(|s| s.folder == folder.0) {
            return Ok(ids);
        }
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

/// The view whose rows are meant; `None` for a list.
fn view_of(items: &Items) -> Option<View> {
    let Items::In {
        folder,
        restriction,
        associated,
        deleted,
    } = items
    else {
        return None;
    };
    Some(View {
        container: *folder,
        rows: RowSet::Contents {
            associated: *associated,
            deleted: *deleted,
        },
        columns: Vec::new(),
        restriction: restriction.clone(),
        sort: SortOrderSet::default(),
    })
}
