//! Operations on many messages: each on its own, with its own refusal.
//! Reference: "IMAPIFolder::SetReadFlags", "CopyMessages", "DeleteMessages"; checks X-8, STO-10, STO-14

use std::sync::Arc;

use mapi_kit::computed;
use mapi_kit::engine::{ItemRow, Plan};
use mapi_kit::receipt;
use mapi_props::{Code, Kind, LargePlace, Slot, message_flags};
use mapi_spi::{
    BulkOutcome, CommitMode, DeleteMode, Error, FlagPatch, ItemFailure, ItemId, ItemKind, Items,
    LogKind, OpOutcome, Result, RowSet, View,
};

use super::{Commit, difference};
use crate::content;
use crate::rows;
use crate::state::Item;

/// What a bulk operation does to one message.
type Each<'a, C> = dyn FnMut(&mut C, &Arc<Item>, &mut BulkOutcome) -> Result<()> + 'a;

impl Commit<'_> {
    pub(super) fn set_flags(&mut self, items: &Items, flags: FlagPatch) -> Result<OpOutcome> {
        self.bulk(items, &mut |commit, old, _| {
            live(old)?;
            not_submitted(old)?;
            receipt::before_flags(&old.meta, flags)?;
            let associated = matches!(old.meta.kind, ItemKind::Message { associated: true });
            let mut item = Item::clone(old);
            item.meta.flags = computed::message_flags_of(associated, flags.apply(old.meta.flags));
            commit.put_if_other(old, &item)
        })
    }

    pub(super) fn set_status(&mut self, items: &Items, value: u32, mask: u32) -> Result<OpOutcome> {
        self.bulk(items, &mut |commit, old, outcome| {
            live(old)?;
            outcome.statuses.push((old.meta.id, old.meta.status));
            let mut item = Item::clone(old);
            item.meta.status = (old.meta.status & !mask) | (value & mask);
            commit.put_if_other(old, &item)
        })
    }

    pub(super) fn move_messages(&mut self, items: &Items, to: ItemId) -> Result<OpOutcome> {
        self.holder(to)?;
        self.bulk(items, &mut |commit, old, _| {
            live(old)?;
            not_submitted(old)?;
            let from = old.meta.parent;
            if from == to {
                return Ok(());
            }
            let mut item = Item::clone(old);
            item.meta.parent = to;
            item.meta.status = 0;
            let (changed, inverse) = difference::of_items(old, &item);
            let inverse = (!changed.is_empty()).then_some(inverse);
            commit.state.put(&item)?;
            let kind = LogKind::Moved { from };
            commit
                .state
                .log(commit.origin, kind, &item, changed, inverse)
        })
    }

    pub(super) fn copy_messages(&mut self, items: &Items, to: ItemId) -> Result<OpOutcome> {
        self.holder(to)?;
        self.bulk(items, &mut |commit, old, outcome| {
            live(old)?;
            let id = commit.copy_message(old, to)?;
            outcome.copies.push((old.meta.id, id));
            Ok(())
        })
    }

    pub(super) fn delete_messages(&mut self, items: &Items, mode: DeleteMode) -> Result<OpOutcome> {
        self.bulk(items, &mut |commit, old, _| {
            not_submitted(old)?;
            receipt::before_delete(&old.meta)?;
            commit.delete(old, mode)
        })
    }

    pub(super) fn settle_report(
        &mut self,
        message: ItemId,
        pending: u32,
        patch: FlagPatch,
    ) -> Result<OpOutcome> {
        let old = self.state.live_message(message)?;
        let mut item = Item::clone(&old);
        item.meta.flags = receipt::settled(&old.meta, pending, patch)?;
        self.put_if_other(&old, &item)?;
        Ok(OpOutcome::Done)
    }

    pub(super) fn recover(&mut self, items: &Items) -> Result<OpOutcome> {
        self.bulk(items, &mut |commit, old, _| {
            if !old.meta.deleted {
                return Ok(());
            }
            commit.holder(old.meta.parent)?;
            let mut item = Item::clone(old);
            item.meta.deleted = false;
            commit.state.put(&item)?;
            commit
                .state
                .log(commit.origin, LogKind::Recovered, &item, Vec::new(), None)
        })
    }

    /// One copy of a message.
    pub(super) fn copy_message(&mut self, old: &Item, to: ItemId) -> Result<ItemId> {
        refuse_remote(old)?;
        let mut item = Item::clone(old);
        item.meta.id = self.state.new_id();
        item.meta.change = self.state.new_change();
        item.meta.parent = to;
        item.meta.status = 0;
        item.meta.flags &=
            !(message_flags::RN_PENDING | message_flags::NRN_PENDING | message_flags::SUBMIT);
        let id = item.meta.id;
        self.state.put(&item)?;
        let kind = LogKind::Copied { of: old.meta.id };
        self.state.log(self.origin, kind, &item, Vec::new(), None)?;
        Ok(id)
    }

    /// Deletes one message.
    pub(super) fn delete(&mut self, old: &Item, mode: DeleteMode) -> Result<()> {
        not_submitted(old)?;
        if mode == DeleteMode::Soft {
            live(old)?;
        }
        self.take_away(old, mode, None)
    }

    /// Takes an item out of sight or out for good, whatever it is. `mark`: the change number of a folder's soft deletion.
    pub(super) fn take_away(
        &mut self,
        old: &Item,
        mode: DeleteMode,
        mark: Option<u64>,
    ) -> Result<()> {
        let inverse = Some(difference::whole(&self.info.uid, old));
        if mode == DeleteMode::Soft && self.info.capabilities.soft_delete {
            let mut item = old.clone();
            item.meta.deleted = true;
            item.meta.change = mark.unwrap_or(old.meta.change);
            self.state.end_search(old.meta.id, false)?;
            self.state.put(&item)?;
            let kind = LogKind::SoftDeleted;
            return self.state.log(self.origin, kind, old, Vec::new(), inverse);
        }
        self.state.end_search(old.meta.id, true)?;
        self.state.remove(old.meta.id)?;
        let kind = if old.meta.deleted {
            LogKind::Purged
        } else {
            LogKind::Deleted
        };
        self.state.log(self.origin, kind, old, Vec::new(), inverse)
    }

    fn put_if_other(&mut self, old: &Item, item: &Item) -> Result<()> {
        let (changed, inverse) = difference::of_items(old, item);
        if changed.is_empty() {
            return Ok(());
        }
        self.state.put(item)?;
        self.state
            .log(self.origin, LogKind::Modified, item, changed, Some(inverse))
    }

    /// Does something to each message of a list.
    fn bulk(&mut self, items: &Items, each: &mut Each<'_, Self>) -> Result<OpOutcome> {
        let ids = self.select(items)?;
        let total = u64::try_from(ids.len()).ok();
        let mut outcome = BulkOutcome::default();
        for id in ids {
            if self.stops(&mut outcome)? {
                break;
            }
            let before = self.state.savepoint();
            let message = self
                .state
                .item(id)
                .filter(|i| self.means(items, i))
                .cloned();
            let result = match message {
                Some(item) => each(self, &item, &mut outcome),
                None => Err(Error::new(
                    Code::NOT_FOUND,
                    format!("there is no message {id}"),
                )),
            };
            match result {
                Ok(()) => outcome.done += 1,
                Err(error) => {
                    self.state.roll_back(before);
                    self.refused(&mut outcome, id, error)?;
                }
            }
            self.call.report(outcome.done, total);
        }
        Ok(OpOutcome::Bulk(outcome))
    }

    /// Whether a message is one of those that are meant, now that its turn comes.
    fn means(&self, items: &Items, item: &Item) -> bool {
        let linked = match items {
            Items::Of { folder, .. } => self.state.is_link(*folder, item.meta.id),
            Items::Ids(_) | Items::In { .. } => false,
        };
        !item.is_folder() && (linked || items.allows(item.meta.parent))
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

    /// Notes an item that stays as it was; a failing disk ends an atomic set.
    pub(super) fn refused(
        &self,
        outcome: &mut BulkOutcome,
        id: ItemId,
        error: Error,
    ) -> Result<()> {
        if error.kind() == Kind::Disk && self.mode == CommitMode::Atomic {
            return Err(error);
        }
        outcome.failed.push(ItemFailure { id, error });
        Ok(())
    }

    /// The numbers of the messages that are meant.
    fn select(&self, items: &Items) -> Result<Vec<ItemId>> {
        let (folder, restriction, rows) = match items {
            Items::Ids(ids) | Items::Of { ids, .. } => return Ok(ids.clone()),
            Items::In {
                folder,
                restriction,
                associated,
                deleted,
            } => (*folder, restriction, (*associated, *deleted)),
        };
        let view = View {
            container: folder,
            rows: RowSet::Contents {
                associated: rows.0,
                deleted: rows.1,
            },
            columns: Vec::new(),
            restriction: restriction.clone(),
            sort: mapi_props::SortOrderSet::default(),
        };
        let plan = Plan::new(self.info, &view)?;
        let limit = plan.matcher().and_then(mapi_query::Matcher::limit);
        let rows = rows::Snapshot::of(self.state, folder, view.rows)?;
        let matching = rows
            .items()
            .filter(|item| rows::with_row(item, 0, |row: &dyn ItemRow| plan.matches(row, 0)));
        let limit = limit.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        Ok(matching.map(|item| item.meta.id).take(limit).collect())
    }
}

/// Refuses soft-deleted messages.
fn live(item: &Item) -> Result<()> {
    if !item.meta.deleted {
        return Ok(());
    }
    let detail = format!("message {} is deleted", item.meta.id);
    Err(Error::new(Code::OBJECT_DELETED, detail))
}

/// Refuses messages that are in the outgoing queue.
pub(super) fn not_submitted(item: &Item) -> Result<()> {
    if item.meta.flags & message_flags::SUBMIT == 0 {
        return Ok(());
    }
    let detail = format!("message {} is being sent", item.meta.id);
    Err(Error::new(Code::SUBMITTED, detail))
}

/// Refuses to copy values that only a server has: a copy of them could never be fetched.
fn refuse_remote(item: &Item) -> Result<()> {
    let remote = |slot: &&Slot| matches!(slot, Slot::Large(l) if l.place == LargePlace::Remote);
    if !content::slots_of(item).iter().any(remote) {
        return Ok(());
    }
    Err(Error::not_downloaded(format!(
        "a value of message {} is on a server and cannot be copied",
        item.meta.id
    )))
}
