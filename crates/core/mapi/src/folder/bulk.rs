//! Bulk work on messages: it goes on as far as possible and reports at the end.

use std::collections::BTreeSet;

use mapi_props::{Code, Restriction, message_flags, tags};
use mapi_spi::{
    BulkOutcome, ChangeSet, CommitMode, Error, FlagPatch, FolderKind, ItemId, Items, Op, OpOutcome,
    Result,
};

use super::Folder;
use super::across::Across;
use super::children::mode;
use crate::context::Context;
use crate::receipts::{self, Settle};
use crate::{CopyFlags, DeleteFlags, EntryId, ReadFlags, Returned};

/// What came of a bulk call. If anything stayed undone, the call's warning is `MAPI_W_PARTIAL_COMPLETION`.
#[derive(Debug, Default)]
pub struct BulkReport {
    /// Messages done.
    pub done: u64,
    /// Messages left as they were, and why.
    pub failed: Vec<(EntryId, Error)>,
    /// For copies and moves to another store: old and new entry id of each message, and of each folder.
    pub copies: Vec<(EntryId, EntryId)>,
    /// The call was cancelled or timed out before the end.
    pub stopped: Option<Error>,
}

impl Folder {
    /// Copies messages of this folder to another, or moves them. Copies keep the search key and get a new entry id; moves
    /// inside a store keep both. In another store properties keep their names under that store's identifiers.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` where a handle is read-only; `MAPI_E_NO_SUPPORT` into a search folder. What goes wrong for
    /// single messages is in the report.
    pub fn copy_messages(
        &self,
        messages: &[EntryId],
        to: &Self,
        flags: CopyFlags,
    ) -> Result<Returned<BulkReport>> {
        self.errors
            .track(self.transfer_messages(messages, to, flags))
    }

    fn transfer_messages(
        &self,
        messages: &[EntryId],
        to: &Self,
        flags: CopyFlags,
    ) -> Result<Returned<BulkReport>> {
        let moves = flags.contains(CopyFlags::MOVE);
        to.writable()?;
        if moves {
            self.writable()?;
        }
        if to.kind == FolderKind::Search {
            return Err(Error::new(
                Code::NO_SUPPORT,
                "nothing is copied into a search folder",
            ));
        }
        if to.context.info().uid != self.context.info().uid {
            let mut report = BulkReport::default();
            let way = Across {
                from: self,
                to,
                moves,
                associated: false,
            };
            way.carry(messages, &mut report)?;
            return Ok(report.returned());
        }
        self.run(messages, |items| {
            if moves {
                Op::Move { items, to: to.id }
            } else {
                Op::Copy { items, to: to.id }
            }
        })
    }

    /// Deletes messages of this folder: soft where the store can, for good with HARD_DELETE.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` on a read-only handle. What goes wrong for single messages is in the report.
    pub fn delete_messages(
        &self,
        messages: &[EntryId],
        flags: DeleteFlags,
    ) -> Result<Returned<BulkReport>> {
        self.errors.track(self.delete_list(messages, flags))
    }

    pub(super) fn delete_list(
        &self,
        messages: &[EntryId],
        flags: DeleteFlags,
    ) -> Result<Returned<BulkReport>> {
        self.writable()?;
        let mode = mode(flags.contains(DeleteFlags::HARD_DELETE));
        let op = |items| Op::Delete { items, mode };
        let done = self.run(messages, op)?;
        self.with_reports(done, Settle::Delete(mode), op)
    }

    /// Does what a bulk operation left alone because a report is due first.
    fn with_reports(
        &self,
        done: Returned<BulkReport>,
        how: Settle,
        op: impl Fn(Items) -> Op,
    ) -> Result<Returned<BulkReport>> {
        let mut report = done.ignore_warning();
        let (due, failed) = report
            .failed
            .into_iter()
            .partition(|(_, error)| receipts::is_due(error));
        report.failed = failed;
        for (id, error) in due {
            if report.stopped.is_some() {
                report.failed.push((id, error));
                continue;
            }
            let item = self.context.message_id(&id)?;
            match receipts::settle(&self.context, item, how) {
                Ok(()) => report.done += 1,
                Err(error) if receipts::is_settled(&error) => {
                    let again = self.run(&[id], &op)?.ignore_warning();
                    report.done += again.done;
                    report.failed.extend(again.failed);
                    report.stopped = again.stopped;
                }
                Err(error) => report.failed.push((id, error)),
            }
        }
        Ok(report.returned())
    }

    /// Brings soft-deleted messages back into the folder they were in.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` on a read-only handle.
    pub fn recover_messages(&self, messages: &[EntryId]) -> Result<Returned<BulkReport>> {
        let recovered = self
            .writable()
            .and_then(|()| self.run(messages, |items| Op::Recover { items }));
        self.errors.track(recovered)
    }

    /// Marks messages as read or unread, or settles their pending read reports; `None`: all of this folder. The table of
    /// flags is that of SetReadFlags (7.4).
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for combinations without meaning; `MAPI_E_NO_ACCESS` on a read-only handle.
    pub fn set_read_flags(
        &self,
        messages: Option<&[EntryId]>,
        flags: ReadFlags,
    ) -> Result<Returned<BulkReport>> {
        self.errors.track(self.mark(messages, flags))
    }

    fn mark(&self, messages: Option<&[EntryId]>, flags: ReadFlags) -> Result<Returned<BulkReport>> {
        let patch = read_patch(flags)?;
        self.writable()?;
        if flags.contains(ReadFlags::GENERATE_RECEIPT_ONLY) {
            return if flags.contains(ReadFlags::SUPPRESS_RECEIPT) {
                self.withdraw_requests(messages)
            } else {
                self.send_pending(messages, patch)
            };
        }
        let op = |items| Op::SetFlags {
            items,
            flags: patch,
        };
        let done = match messages {
            Some(list) => self.run(list, op)?,
            None => self.run_op(op(self.all_that(patch)))?,
        };
        self.with_reports(done, Settle::Read(patch), op)
    }

    /// GENERATE_RECEIPT_ONLY: sends the read reports that are pending.
    fn send_pending(
        &self,
        messages: Option<&[EntryId]>,
        patch: FlagPatch,
    ) -> Result<Returned<BulkReport>> {
        let pending = message_flags::RN_PENDING;
        let owing = receipts::owing(&self.context, self.id, pending)?;
        self.each(messages, &owing, |item| {
            receipts::settle(&self.context, item, Settle::Read(patch))
        })
    }

    /// GENERATE_RECEIPT_ONLY and SUPPRESS_RECEIPT: PR_READ_RECEIPT_REQUESTED becomes FALSE, and nothing is pending.
    fn withdraw_requests(&self, messages: Option<&[EntryId]>) -> Result<Returned<BulkReport>> {
        let asking = receipts::asking(&self.context, self.id)?;
        self.each(messages, &asking, |item| {
            receipts::withdraw(&self.context, item)
        })
    }

    /// Does something to those of a list, or of this folder, that are among `concerned`; the others are done as they are.
    fn each(
        &self,
        messages: Option<&[EntryId]>,
        concerned: &BTreeSet<ItemId>,
        mut each: impl FnMut(ItemId) -> Result<()>,
    ) -> Result<Returned<BulkReport>> {
        let mut report = BulkReport::default();
        let ids: Vec<EntryId> = match messages {
            Some(list) => list.to_vec(),
            None => {
                let id = |item: &ItemId| self.context.entry_id(false, *item);
                concerned.iter().map(id).collect()
            }
        };
        for id in ids {
            if let Err(e) = self.context.call.check() {
                report.stopped = Some(e);
                break;
            }
            let done = self.context.message_id(&id).and_then(|item| {
                if concerned.contains(&item) {
                    return each(item);
                }
                // A message of another folder is none of this one's.
                self.context
                    .spi()?
                    .message(item, &self.context.call)
                    .map(drop)
            });
            match done {
                Ok(()) => report.done += 1,
                Err(error) => report.failed.push((id, error)),
            }
        }
        Ok(report.returned())
    }

    /// Messages of this folder on which a patch has an effect.
    fn all_that(&self, patch: FlagPatch) -> Items {
        let bits = |op, mask| Restriction::Bitmask {
            op,
            tag: tags::MESSAGE_FLAGS.into(),
            mask,
        };
        let lacks = bits(mapi_props::BitOp::Zero, patch.set);
        let has = bits(mapi_props::BitOp::NonZero, patch.clear);
        let restriction = match (patch.set, patch.clear) {
            (0, _) => has,
            (_, 0) => lacks,
            _ => Restriction::Or(vec![lacks, has]),
        };
        Items::In {
            folder: self.id,
            restriction: Some(restriction),
            associated: false,
            deleted: false,
        }
    }

    /// Runs an operation over a list; entry ids that are none of this store's messages count as failed.
    fn run(
        &self,
        messages: &[EntryId],
        op: impl FnOnce(Items) -> Op,
    ) -> Result<Returned<BulkReport>> {
        let mut ids = Vec::with_capacity(messages.len());
        let mut bad = Vec::new();
        for id in messages {
            match self.context.message_id(id) {
                Ok(item) => ids.push(item),
                Err(e) => bad.push((id.clone(), e)),
            }
        }
        let mut returned = if ids.is_empty() {
            Returned::clean(BulkReport::default())
        } else {
            self.run_op(op(self.of_mine(ids)))?
        };
        returned.value.failed.extend(bad);
        Ok(returned.value.returned())
    }

    /// Messages by number, as far as they are here: of a search folder its links.
    const fn of_mine(&self, ids: Vec<ItemId>) -> Items {
        Items::Of {
            folder: self.id,
            ids,
        }
    }

    fn run_op(&self, op: Op) -> Result<Returned<BulkReport>> {
        let set = ChangeSet {
            mode: CommitMode::EachItem,
            ..ChangeSet::one(op)
        };
        let outcome = self.context.commit(set)?;
        outcome_of(&self.context, outcome.ops.into_iter().next())
    }
}

impl BulkReport {
    pub(super) fn returned(self) -> Returned<Self> {
        let partial = !self.failed.is_empty() || self.stopped.is_some();
        Returned::warn_if(self, partial, Code::W_PARTIAL_COMPLETION)
    }
}

/// The report of one bulk operation.
pub(super) fn outcome_of(
    context: &Context,
    outcome: Option<OpOutcome>,
) -> Result<Returned<BulkReport>> {
    match outcome {
        Some(OpOutcome::Bulk(bulk)) => Ok(report(context, bulk).returned()),
        Some(OpOutcome::Failed(e)) => Err(e),
        _ => Ok(Returned::clean(BulkReport::default())),
    }
}

fn report(context: &Context, bulk: BulkOutcome) -> BulkReport {
    let id = |item: ItemId| context.entry_id(false, item);
    BulkReport {
        done: bulk.done,
        failed: bulk
            .failed
            .into_iter()
            .map(|f| (id(f.id), f.error))
            .collect(),
        copies: bulk
            .copies
            .into_iter()
            .map(|(old, new)| (id(old), id(new)))
            .collect(),
        stopped: bulk.stopped,
    }
}

/// What read flags do to message flags (table of 7.4).
pub(crate) fn read_patch(flags: ReadFlags) -> Result<FlagPatch> {
    let has = |f| flags.contains(f);
    let (suppress, clear, generate) = (
        has(ReadFlags::SUPPRESS_RECEIPT),
        has(ReadFlags::CLEAR_READ_FLAG),
        has(ReadFlags::GENERATE_RECEIPT_ONLY),
    );
    if clear && (suppress || generate) {
        return Err(Error::new(
            Code::INVALID_PARAMETER,
            "CLEAR_READ_FLAG goes with neither SUPPRESS_RECEIPT nor GENERATE_RECEIPT_ONLY",
        ));
    }
    let (rn, nrn) = (
        has(ReadFlags::CLEAR_RN_PENDING),
        has(ReadFlags::CLEAR_NRN_PENDING),
    );
    let mut patch = FlagPatch::default();
    if rn || suppress {
        patch.clear |= message_flags::RN_PENDING;
    }
    if nrn || suppress {
        patch.clear |= message_flags::NRN_PENDING;
    }
    if clear {
        patch.clear |= message_flags::READ;
    } else if !generate && !rn && !nrn {
        patch.set |= message_flags::READ;
    }
    Ok(patch)
}

#[cfg(test)]
mod tests {
    use super::read_patch;
    use crate::ReadFlags as F;
    use mapi_props::{Code, message_flags as m};

    #[test]
    fn the_table_of_read_flags() {
        let patch = |f| {
            let p = read_patch(f).unwrap();
            (p.set, p.clear)
        };
        assert_eq!(patch(F::NONE), (m::READ, 0));
        assert_eq!(
            patch(F::SUPPRESS_RECEIPT),
            (m::READ, m::RN_PENDING | m::NRN_PENDING)
        );
        assert_eq!(patch(F::CLEAR_READ_FLAG), (0, m::READ));
        assert_eq!(patch(F::GENERATE_RECEIPT_ONLY), (0, 0));
        assert_eq!(
            patch(F::GENERATE_RECEIPT_ONLY | F::SUPPRESS_RECEIPT),
            (0, m::RN_PENDING | m::NRN_PENDING)
        );
        assert_eq!(patch(F::CLEAR_NRN_PENDING), (0, m::NRN_PENDING));
        for bad in [F::SUPPRESS_RECEIPT, F::GENERATE_RECEIPT_ONLY] {
            let error = read_patch(F::CLEAR_READ_FLAG | bad).unwrap_err();
            assert_eq!(error.code(), Code::INVALID_PARAMETER);
        }
    }
}
