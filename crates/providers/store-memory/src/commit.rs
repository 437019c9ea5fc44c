//! Carrying out change sets.

mod bulk;
mod difference;
mod folder;
mod message;
mod search;
mod tree;
mod values;

use std::sync::Arc;

use mapi_kit::computed::Owner;
use mapi_kit::storable;
use mapi_props::{Code, Slot};
use mapi_spi::{
    Call, ChangeSet, CommitMode, CommitOutcome, Error, Expect, Op, OpOutcome, Origin, PropPatch,
    Result, StoreInfo, SyncRow,
};

pub(crate) use difference::whole;

use crate::content::{Content, Key};
use crate::state::{Item, State};

/// A commit under way.
pub(crate) struct Commit<'a> {
    state: &'a mut State,
    info: &'a StoreInfo,
    call: &'a Call,
    origin: Origin,
    mode: CommitMode,
    /// The set's own values, by index.
    values: Vec<(Key, Arc<Content>)>,
}

/// Carries out a change set; after an error nothing has changed.
pub(crate) fn run(
    state: &mut State,
    info: &StoreInfo,
    changes: ChangeSet,
    call: &Call,
) -> Result<CommitOutcome> {
    call.check()?;
    let start = state.savepoint();
    let ChangeSet {
        ops,
        mode,
        origin,
        values,
        sync_state,
        durability: _,
        // Kept to the end: the next one comes when it is dropped.
        turn: _turn,
    } = changes;
    let values = values::prepare(state, values)?;
    let mut commit = Commit {
        state,
        info,
        call,
        origin,
        mode,
        values,
    };
    let done = match mode {
        CommitMode::Atomic => commit.atomic(ops, sync_state),
        CommitMode::EachItem => commit.each(ops, sync_state),
    };
    drop(commit);
    let outcome = done.map(|ops| CommitOutcome {
        ops,
        seq: state.last(),
    });
    if outcome.is_err() {
        state.roll_back(start);
    }
    state.forget_journal();
    outcome
}

impl Commit<'_> {
    fn atomic(&mut self, ops: Vec<Op>, sync: Vec<SyncRow>) -> Result<Vec<OpOutcome>> {
        let mut outcomes = Vec::with_capacity(ops.len());
        for op in ops {
            self.call.check()?;
            outcomes.push(self.apply(op)?);
        }
        for row in sync {
            self.sync_row(row)?;
        }
        Ok(outcomes)
    }

    /// Each operation on its own; after a stop the rest fails with its reason.
    fn each(&mut self, ops: Vec<Op>, sync: Vec<SyncRow>) -> Result<Vec<OpOutcome>> {
        let mut outcomes = Vec::with_capacity(ops.len());
        for op in ops {
            let before = self.state.savepoint();
            let outcome = self.call.check().and_then(|()| self.apply(op));
            outcomes.push(outcome.unwrap_or_else(|error| {
                self.state.roll_back(before);
                OpOutcome::Failed(error)
            }));
        }
        for row in sync {
            let gone = row.object.is_some_and(|id| self.state.item(id).is_none());
            if !gone {
                self.sync_row(row)?;
            }
        }
        Ok(outcomes)
    }

    fn apply(&mut self, op: Op) -> Result<OpOutcome> {
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

    fn patch_store(&mut self, patch: &PropPatch) -> Result<OpOutcome> {
        storable::check_patch(Owner::Store, patch)?;
        if patch.set.iter().any(|(_, s)| matches!(s, Slot::Large(_))) {
            return Err(Error::new(
                Code::NOT_ENOUGH_MEMORY,
                "the store object holds no large values",
            ));
        }
        let mut props = self.state.store_props.clone();
        patch.apply(&mut props);
        let inverse = difference::of_bags(&self.state.store_props, &props);
        if !inverse.is_empty() {
            let (changed, inverse) = difference::entry(inverse);
            self.state.set_store_props(props)?;
            self.state.log_store(self.origin, changed, inverse)?;
        }
        Ok(OpOutcome::Done)
    }

    fn sync_row(&mut self, row: SyncRow) -> Result<()> {
        if let Some(id) = row.object
            && row.value.is_some()
            && self.state.item(id).is_none()
        {
            return Err(Error::new(
                Code::NOT_FOUND,
                format!("an engine keeps a row about item {id}, which is not there"),
            ));
        }
        self.state
            .set_sync((row.origin.0, row.object, row.key), row.value)
    }
}

/// Conflict check.
fn check_expected(item: &Item, expect: Expect) -> Result<()> {
    match expect {
        Expect::Exactly(change) if change != item.meta.change => Err(Error::new(
            Code::OBJECT_CHANGED,
            format!("item {} was saved by somebody else", item.meta.id),
        )),
        Expect::Exactly(_) | Expect::Any => Ok(()),
    }
}
