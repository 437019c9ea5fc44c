//! Carrying out change sets.

mod bulk;
mod difference;
mod folder;
mod message;
mod refuse;
mod rows;
mod search;
mod threads;
mod tree;
mod values;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use mapi_props::{Code, Slot};
use mapi_spi::{
    Call, ChangeSet, CommitMode, CommitOutcome, Durability, Error, ItemId, LogKind, Op, OpOutcome,
    Origin, PropPatch, Result, SyncRow,
};
use rusqlite::{Connection, params};

use crate::blob::{Prepared, make_dictionary_before, prepare};
use crate::failure::Lift;
use crate::fulltext::{self, Ready};
use crate::log::Note;
use crate::order::Keys;
use crate::search::Search;
use crate::store::Inner;
use crate::transaction::{PAUSE, Txn};
use crate::{bag, item, log};
use mapi_kit::computed::Owner;
use mapi_kit::storable;

/// A commit under way.
struct Commit<'a> {
    inner: &'a Inner,
    writer: &'a Connection,
    call: &'a Call,
    origin: Origin,
    mode: CommitMode,
    durability: Durability,
    txn: Txn<'a>,
    /// Makes the keys of the orders that the transaction keeps.
    keys: Keys<'a>,
    /// The set's own values, by index.
    values: Vec<Prepared>,
    /// Those of them that the operation at hand names.
    wanted: Vec<usize>,
    /// The words of what operations save, by operation, as far as they were made in advance.
    words: Vec<Option<Ready>>,
    /// Set of each item on its own: where it is.
    progress: Progress,
    /// The folder that last proved able to hold messages in this transaction.
    holder: Option<ItemId>,
    /// Search folders with criteria, by number.
    searches: Vec<Arc<Search>>,
    /// Those that follow what happens in a folder, as places in that list.
    followers: BTreeMap<ItemId, Arc<[usize]>>,
    /// What the change at hand did to search folders; told with it.
    untold: Vec<search::Untold>,
}

/// How far a set of single items is.
#[derive(Debug, Default)]
struct Progress {
    /// Transactions committed before the open one, and the log's number after them.
    turns: u64,
    seq: u64,
    /// The operation at hand.
    at: usize,
    /// The first operation that the open transaction has a part in.
    open_from: usize,
    /// The store failed in the middle of a bulk operation that has told how far it came.
    dead: Option<Error>,
    /// The open transaction is lost.
    lost: bool,
}

/// Carries out a change set; after an error nothing has changed.
pub(crate) fn run(inner: &Inner, changes: ChangeSet, call: &Call) -> Result<CommitOutcome> {
    inner.connections.may_write()?;
    call.check()?;
    let ChangeSet {
        ops,
        mode,
        origin,
        values,
        sync_state,
        durability,
        turn,
    } = changes;
    // Before the transaction: hashing and compressing may take long.
    make_dictionary_before(inner, ops.len(), call)?;
    let words = words::prepare(inner, &ops, &values, call)?;
    let values = if values.is_empty() {
        Vec::new()
    } else {
        let reader = inner.connections.reader(call)?;
        let dictionary = inner.dictionaries.get(&reader)?;
        prepare(values, &reader, dictionary.as_ref(), call)?
    };
    // The next set's turn comes when this one is dropped, at the end.
    if let Some(turn) = &turn {
        turn.wait(call)?;
    }
    let writer = inner.connections.writer(call)?;
    let txn = Txn::begin(&writer, origin, inner.support.now(), durability, call)
        .map_err(|e| inner.explain(e))?;
    let (keys, seq) = (Keys::new(&inner.info, &txn.orders)?, txn.seq);
    let searches = inner.searches.committed(txn.db)?;
    let mut commit = Commit {
        inner,
        writer: &writer,
        call,
        origin,
        mode,
        durability,
        txn,
        keys,
        values,
        wanted: Vec::new(),
        words,
        progress: Progress {
            seq,
            ..Progress::default()
        },
        holder: None,
        searches,
        followers: BTreeMap::new(),
        untold: Vec::new(),
    };
    let done = match mode {
        CommitMode::Atomic => commit.atomic(ops, sync_state),
        CommitMode::EachItem => commit.each(ops, sync_state),
    };
    done.and_then(|ops| commit.finish(ops))
        .map_err(|e| inner.explain(e))
}

impl<'a> Commit<'a> {
    fn atomic(&mut self, ops: Vec<Op>, sync: Vec<SyncRow>) -> Result<Vec<OpOutcome>> {
        let mut outcomes = Vec::with_capacity(ops.len());
        for op in ops {
            self.call.check()?;
            self.progress.at = outcomes.len();
            outcomes.push(self.apply(op)?);
            fulltext::relieve(&mut self.txn)?;
        }
        for row in sync {
            self.sync_row(row)?;
        }
        Ok(outcomes)
    }

    /// Each operation on its own; after a stop the rest fails with its reason. What earlier transactions of the set
    /// committed stays and is told even when the store itself fails later.
    fn each(&mut self, ops: Vec<Op>, sync: Vec<SyncRow>) -> Result<Vec<OpOutcome>> {
        let total = u64::try_from(ops.len()).ok().filter(|n| *n > 1);
        let all = ops.len();
        let mut outcomes = Vec::with_capacity(all);
        for op in ops {
            self.progress.at = outcomes.len();
            let outcome = self.call.check().and_then(|()| self.apply_alone(op));
            match outcome {
                Ok(outcome) => outcomes.push(outcome),
                Err(e) if ends_everything(&e) => return self.give_up(outcomes, all, e),
                Err(e) => {
                    if self.txn.is_over() {
                        self.progress.dead = Some(Error::new(e.code(), e.detail()));
                    }
                    outcomes.push(OpOutcome::Failed(e));
                }
            }
            if let Some(reason) = self.progress.dead.take() {
                self.progress.open_from = outcomes.len();
                return self.give_up(outcomes, all, reason);
            }
            self.progress.at = outcomes.len();
            if let Err(e) = self.turn_over() {
                return self.give_up(outcomes, all, e);
            }
            if total.is_some() {
                self.call
                    .report(u64::try_from(outcomes.len()).unwrap_or(u64::MAX), total);
            }
        }
        match self.sync_rows(sync) {
            Ok(()) => Ok(outcomes),
            Err(e) => self.give_up(outcomes, all, e),
        }
    }

    fn sync_rows(&mut self, rows: Vec<SyncRow>) -> Result<()> {
        for row in rows {
            let gone = match row.object {
                Some(id) => item::meta(self.txn.db, id)?.is_none(),
                None => false,
            };
            if !gone {
                self.sync_row(row)?;
            }
        }
        Ok(())
    }

    /// The store failed, or the call ended between two transactions: what the open transaction did is lost, what was
    /// committed before stays.
    fn give_up(
        &mut self,
        mut outcomes: Vec<OpOutcome>,
        all: usize,
        error: Error,
    ) -> Result<Vec<OpOutcome>> {
        let by_call = matches!(error.code(), Code::USER_CANCEL | Code::TIMEOUT);
        if self.progress.turns == 0 && !by_call {
            return Err(error);
        }
        let error = self.inner.explain(error);
        outcomes.truncate(self.progress.open_from);
        outcomes.resize_with(all, || {
            OpOutcome::Failed(Error::new(error.code(), error.detail()))
        });
        self.progress.lost = true;
        Ok(outcomes)
    }

    /// One operation that leaves nothing behind when it fails.
    fn apply_alone(&mut self, op: Op) -> Result<OpOutcome> {
        // Bulk operations refuse item by item before they write.
        let refuses_first = matches!(
            op,
            Op::SetFlags { .. }
                | Op::SetStatus { .. }
                | Op::Move { .. }
                | Op::Copy { .. }
                | Op::Delete { .. }
                | Op::Recover { .. }
                | Op::DeleteFolder { .. }
                | Op::EmptyFolder { .. }
        );
        if refuses_first {
            return self.apply(op);
        }
        let mark = self.txn.mark()?;
        let done = self.apply(op);
        match &done {
            Ok(_) => self.txn.keep()?,
            // The whole transaction goes; SQLite may have undone it already.
            Err(e) if ends_everything(e) => {}
            Err(_) => {
                self.txn.undo(mark)?;
                self.untold.clear();
                self.reload_searches()?;
            }
        }
        done
    }

    fn apply(&mut self, op: Op) -> Result<OpOutcome> {
        self.wanted.clear();
        match op {
            Op::SaveFolder(save) => self.save_folder(save),
            Op::SaveMessage(save) => self.save_message(*save),
            Op::Deliver(save) => self.deliver(*save),
            Op::PatchStore(patch) => self.patch_store(&patch),
            Op::SetFlags { items, flags } => self.set_flags(&items, flags),
            Op::SetStatus { items, value, mask } => self.set_status(&items, value, mask),
            Op::SettleReport {
                message,
                pending,
                flags,
            } => self.settle_report(message, pending, flags),
            Op::Move { items, to } => self.move_messages(&items, to),
            Op::Copy { items, to } => self.copy_messages(&items, to),
            Op::Delete { items, mode } => self.delete_messages(&items, mode),
            Op::Recover { items } => self.recover(&items),
            Op::MoveFolder { folder, to, name } => self.move_folder(folder, to, name),
            Op::RecoverFolder { folder, name } => self.recover_folder(folder, name),
            Op::CopyFolder {
                folder,
                to,
                name,
                subfolders,
            } => self.copy_folder(folder, to, name, subfolders),
            Op::DeleteFolder {
                folder,
                messages,
                folders,
                mode,
            } => self.delete_folder(folder, tree::Lift { messages, folders }, mode),
            Op::EmptyFolder {
                folder,
                associated,
                mode,
            } => self.empty_folder(folder, associated, mode),
            Op::SetSearch(save) => self.set_search(save),
            Op::NotifyNewMail { message } => self.notify_new_mail(message),
        }
    }

    /// Ends a transaction that has lasted long enough and begins the next one. Only between items. Whether it did.
    fn turn_over(&mut self) -> Result<bool> {
        if self.mode == CommitMode::Atomic {
            fulltext::relieve(&mut self.txn)?;
            return Ok(false);
        }
        if !self.txn.is_long() {
            return Ok(false);
        }
        self.step_back()?;
        // Others who wait get their turn.
        thread::sleep(PAUSE);
        self.step_in()?;
        Ok(true)
    }

    /// Ends the open transaction: what was done in it is committed and told.
    fn step_back(&mut self) -> Result<()> {
        if !self.txn.has_logged() {
            return self.txn.abandon();
        }
        self.begin();
        self.txn.end()?;
        self.tell();
        self.progress.turns += 1;
        self.progress.open_from = self.progress.at;
        self.progress.seq = self.txn.seq;
        Ok(())
    }

    /// Begins the next transaction, when others are done with theirs.
    fn step_in(&mut self) -> Result<()> {
        let now = self.inner.support.now();
        self.txn = Txn::begin(self.writer, self.origin, now, self.durability, self.call)?;
        self.keys = Keys::new(&self.inner.info, &self.txn.orders)?;
        self.holder = None;
        self.searches = self.inner.searches.committed(self.txn.db)?;
        self.followers.clear();
        Ok(())
    }

    fn begin(&self) {
        if self.txn.has_logged() {
            self.inner.waker.begin(self.txn.seq);
        }
    }

    fn tell(&mut self) {
        if self.txn.has_logged() {
            self.inner.waker.tell(self.txn.seq);
        }
    }

    fn finish(mut self, ops: Vec<OpOutcome>) -> Result<CommitOutcome> {
        if self.progress.lost {
            return Ok(CommitOutcome {
                ops,
                seq: self.progress.seq,
            });
        }
        self.begin();
        if let Err(e) = self.txn.end() {
            let all = ops.len();
            let ops = self.give_up(ops, all, e)?;
            return Ok(CommitOutcome {
                ops,
                seq: self.progress.seq,
            });
        }
        self.tell();
        Ok(CommitOutcome {
            ops,
            seq: self.txn.seq,
        })
    }

    fn patch_store(&mut self, patch: &PropPatch) -> Result<OpOutcome> {
        storable::check_patch(Owner::Store, patch)?;
        if patch.set.iter().any(|(_, s)| matches!(s, Slot::Large(_))) {
            return Err(Error::new(
                Code::NOT_ENOUGH_MEMORY,
                "the store object holds no large values",
            ));
        }
        let mut body = bag::body(self.txn.db, 0)?;
        let old = body.props.clone();
        patch.apply(&mut body.props);
        let former = difference::of_bags(&old, &body.props);
        if former.is_empty() {
            return Ok(OpOutcome::Done);
        }
        bag::write(self.txn.db, 0, &self.pack(&body)?)?;
        let (changed, inverse) = difference::entry(former);
        let note = Note {
            kind: LogKind::Modified,
            object: 0,
            folder: false,
            parent: 0,
            flags: 0,
            changed: &changed,
            inverse: Some(inverse),
        };
        log::append(&mut self.txn, &note)?;
        Ok(OpOutcome::Done)
    }

    fn sync_row(&mut self, row: SyncRow) -> Result<()> {
        let object = row.object.map_or(0, |id| id.0);
        let Some(value) = row.value else {
            self.txn
                .statement("DELETE FROM sync WHERE origin = ?1 AND object = ?2 AND key = ?3")?
                .execute(params![row.origin.0, object, row.key])
                .lift()?;
            return Ok(());
        };
        if let Some(id) = row.object
            && item::meta(self.txn.db, id)?.is_none()
        {
            let detail = format!("an engine keeps a row about item {id}, which is not there");
            return Err(Error::new(Code::NOT_FOUND, detail));
        }
        self.txn
            .statement(
                "INSERT OR REPLACE INTO sync (origin, object, key, value) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![row.origin.0, object, row.key, value])
            .lift()?;
        Ok(())
    }
}

/// Failures of the store itself, after which no further item can be tried and the transaction is lost.
fn ends_everything(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::DISK_ERROR
            | Code::NOT_ENOUGH_DISK
            | Code::CORRUPT_STORE
            | Code::BUSY
            | Code::CALL_FAILED
    )
}
