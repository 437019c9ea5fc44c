//! Deleting and emptying folders with all that is below them.

use mapi_props::Code;
use mapi_spi::{
    CommitMode, DeleteMode, Error, FolderKind, ItemId, ItemKind, ItemMeta, LogKind, OpOutcome,
    Result,
};
use rusqlite::params;

use super::bulk::{Run, end_of};
use super::folder::saved;
use super::{Commit, refuse};
use crate::blob::move_refs;
use crate::failure::{Lift as _, corrupt};
use crate::{bag, item};

/// The obstacles that a deletion may clear away.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lift {
    pub(super) messages: bool,
    pub(super) folders: bool,
}

impl Commit<'_> {
    pub(super) fn delete_folder(
        &mut self,
        id: ItemId,
        lift: Lift,
        mode: DeleteMode,
    ) -> Result<OpOutcome> {
        let folder = self.deletable_folder(id, mode)?;
        self.refuse_root(id)?;
        self.txn.settle()?;
        let counts = item::counts(self.txn.db, id)?;
        let has_links = folder.kind == ItemKind::Folder(FolderKind::Search);
        if counts.contents > 0 && !lift.messages && !has_links {
            return Err(Error::new(
                Code::HAS_MESSAGES,
                format!("folder {id} has messages"),
            ));
        }
        if counts.folders > 0 && !lift.folders {
            return Err(Error::new(
                Code::HAS_FOLDERS,
                format!("folder {id} has folders"),
            ));
        }
        let mut going = Vec::new();
        self.collect(&folder, mode, &mut going)?;
        going.iter().try_for_each(refuse::submitted)?;
        let mut run = Run::of(going.len());
        let mark = self.mark(mode);
        if let Err(error) = self.clear(&folder, mode, mark, &mut run) {
            return self.end_early(run, error);
        }
        let mut outcome = run.outcome;
        match outcome.failed.pop() {
            Some(failure) if self.mode == CommitMode::Atomic => Err(failure.error),
            failed => {
                outcome.failed.extend(failed);
                Ok(OpOutcome::Bulk(outcome))
            }
        }
    }

    /// The change number that everything deleted softly with one folder gets.
    fn mark(&mut self, mode: DeleteMode) -> Option<u64> {
        (mode == DeleteMode::Soft).then(|| self.txn.next_change())
    }

    pub(super) fn recover_folder(&mut self, id: ItemId, name: Option<String>) -> Result<OpOutcome> {
        let old = match item::meta(self.txn.db, id)? {
            Some(meta) if matches!(meta.kind, ItemKind::Folder(_)) => meta,
            _ => item::live_folder(self.txn.db, id)?,
        };
        if !old.deleted {
            return Ok(saved(&old));
        }
        self.holder(old.parent)?;
        let back = self.recovered(&old, name)?;
        self.bring_back_below(&old)?;
        Ok(saved(&back))
    }

    /// Brings back what lies in a folder with the folder's mark, parents first.
    fn bring_back_below(&mut self, folder: &ItemMeta) -> Result<()> {
        let mut ids = self.messages_in(folder.id, true)?;
        ids.extend(self.folders_in(folder.id, true)?);
        ids.sort_unstable();
        for id in ids {
            self.call.check()?;
            let old = self.known(id)?;
            if !old.deleted || old.change != folder.change {
                continue;
            }
            if matches!(old.kind, ItemKind::Folder(_)) {
                self.recovered(&old, None)?;
                self.bring_back_below(&old)?;
            } else {
                let back = ItemMeta {
                    deleted: false,
                    ..old.clone()
                };
                self.replace_message(&old, &back)?;
                self.note(LogKind::Recovered, &back, &[], None)?;
            }
        }
        Ok(())
    }

    pub(super) fn empty_folder(
        &mut self,
        id: ItemId,
        associated: bool,
        mode: DeleteMode,
    ) -> Result<OpOutcome> {
        item::live_folder(self.txn.db, id)?;
        self.refuse_search(id)?;
        let inside = self.inside(id, mode)?;
        let mut run = Run::of(inside.len());
        match self.empty(id, inside, associated, mode, &mut run) {
            Ok(()) => Ok(OpOutcome::Bulk(run.outcome)),
            Err(error) => self.end_early(run, error),
        }
    }

    fn empty(
        &mut self,
        id: ItemId,
        inside: Vec<ItemId>,
        associated: bool,
        mode: DeleteMode,
        run: &mut Run,
    ) -> Result<()> {
        for child in inside {
            let Some(child) = self.still_inside(child, id, mode)? else {
                continue;
            };
            if !associated && child.kind == (ItemKind::Message { associated: true }) {
                continue;
            }
            // Each sub-folder can be recovered for itself.
            let is_folder = matches!(child.kind, ItemKind::Folder(_));
            let mark = is_folder.then(|| self.mark(mode)).flatten();
            self.clear(&child, mode, mark, run)?;
            if run.outcome.stopped.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// Deletes an item with all below it, save submitted messages and the folders above them.
    /// Whether it is gone.
    fn clear(
        &mut self,
        item: &ItemMeta,
        mode: DeleteMode,
        mark: Option<u64>,
        run: &mut Run,
    ) -> Result<bool> {
        let is_folder = matches!(item.kind, ItemKind::Folder(_));
        if is_folder && !self.clear_inside(item.id, mode, mark, run)? {
            return Ok(false);
        }
        if run.outcome.stopped.is_some() || self.stops(&mut run.outcome)? {
            return Ok(false);
        }
        // While others had their turn the folder may have gone too, or gone elsewhere.
        let now = if is_folder {
            self.still_inside(item.id, item.parent, mode)?
        } else {
            Some(item.clone())
        };
        let Some(item) = &now else {
            return Ok(true);
        };
        match refuse::submitted(item).and_then(|()| self.take_away(item, mode, mark)) {
            Ok(()) => run.outcome.done += 1,
            Err(error) => {
                self.refused(&mut run.outcome, item.id, error)?;
                return Ok(false);
            }
        }
        self.turn(run)?;
        Ok(true)
    }

    /// Deletes what is in a folder; whether it is empty now. When others had a turn it is looked through again, so that
    /// nothing is left in a folder that goes.
    fn clear_inside(
        &mut self,
        folder: ItemId,
        mode: DeleteMode,
        mark: Option<u64>,
        run: &mut Run,
    ) -> Result<bool> {
        loop {
            let (turns, mut gone) = (self.progress.turns, true);
            for child in self.inside(folder, mode)? {
                if let Some(child) = self.still_inside(child, folder, mode)? {
                    gone &= self.clear(&child, mode, mark, run)?;
                }
                if run.outcome.stopped.is_some() {
                    return Ok(false);
                }
            }
            if !gone || turns == self.progress.turns {
                return Ok(gone);
            }
        }
    }

    /// What a look into a folder found, unless it went meanwhile.
    fn still_inside(
        &self,
        id: ItemId,
        folder: ItemId,
        mode: DeleteMode,
    ) -> Result<Option<ItemMeta>> {
        let there = |m: &ItemMeta| m.parent == folder && (mode == DeleteMode::Hard || !m.deleted);
        Ok(item::meta(self.txn.db, id)?.filter(there))
    }

    /// Takes an item out of sight or out for good, whatever it is.
    fn take_away(&mut self, item: &ItemMeta, mode: DeleteMode, mark: Option<u64>) -> Result<()> {
        if matches!(item.kind, ItemKind::Message { .. }) {
            return self.take_away_message(item, mode, mark);
        }
        let body = bag::body(self.txn.db, item.id.0)?;
        self.holder = None;
        self.end_search(item, mode == DeleteMode::Hard)?;
        match mode {
            DeleteMode::Soft => {
                let new = ItemMeta {
                    deleted: true,
                    change: mark.unwrap_or(item.change),
                    ..item.clone()
                };
                self.update_item(&new, None)?;
                self.txn
                    .statement("UPDATE folder SET deleted = 1 WHERE id = ?1")?
                    .execute([item.id.0])
                    .lift()?;
                self.recount(item, &new);
                self.note_end(LogKind::SoftDeleted, item, &body)
            }
            DeleteMode::Hard => {
                self.txn.settle()?;
                move_refs(&self.txn, Some(&body), None)?;
                self.txn
                    .statement("DELETE FROM folder WHERE id = ?1")?
                    .execute(params![item.id.0])
                    .lift()?;
                self.remove_rows(item)?;
                self.note_end(end_of(item), item, &body)
            }
        }
    }

    /// A folder and all below it, what is inside before what it is in.
    fn collect(
        &mut self,
        folder: &ItemMeta,
        mode: DeleteMode,
        going: &mut Vec<ItemMeta>,
    ) -> Result<()> {
        for child in self.inside(folder.id, mode)? {
            let Some(child) = self.still_inside(child, folder.id, mode)? else {
                continue;
            };
            if matches!(child.kind, ItemKind::Folder(_)) {
                self.collect(&child, mode, going)?;
            } else {
                going.push(child);
            }
            self.turn_over()?;
        }
        going.push(folder.clone());
        Ok(())
    }

    /// What a deletion finds in a folder, by number: soft-deleted items only if it is for good.
    fn inside(&self, folder: ItemId, mode: DeleteMode) -> Result<Vec<ItemId>> {
        let for_good = mode == DeleteMode::Hard;
        let mut ids = self.messages_in(folder, for_good)?;
        ids.extend(self.folders_in(folder, for_good)?);
        ids.sort_unstable();
        Ok(ids)
    }

    /// An item that an index names.
    pub(super) fn known(&self, id: ItemId) -> Result<ItemMeta> {
        item::meta(self.txn.db, id)?
            .ok_or_else(|| corrupt(format!("an index names item {id}, which is not there")))
    }

    /// A folder that is there; for good also a soft-deleted one.
    fn deletable_folder(&self, id: ItemId, mode: DeleteMode) -> Result<ItemMeta> {
        match item::meta(self.txn.db, id)? {
            Some(meta) if matches!(meta.kind, ItemKind::Folder(_)) && mode == DeleteMode::Hard => {
                Ok(meta)
            }
            _ => item::live_folder(self.txn.db, id),
        }
    }
}
