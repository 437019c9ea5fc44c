//! Deleting and emptying folders with all that is below them.

use mapi_props::Code;
use mapi_spi::{
    BulkOutcome, DeleteMode, Error, FolderKind, ItemId, ItemKind, ItemMeta, LogKind, OpOutcome,
    Result,
};
use rusqlite::params;

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
        let mut outcome = BulkOutcome::default();
        for item in going {
            self.call.check()?;
            self.take_away(&item, mode)?;
            outcome.done += 1;
        }
        Ok(OpOutcome::Bulk(outcome))
    }

    pub(super) fn empty_folder(
        &mut self,
        id: ItemId,
        associated: bool,
        mode: DeleteMode,
    ) -> Result<OpOutcome> {
        item::live_folder(self.txn.db, id)?;
        let mut outcome = BulkOutcome::default();
        for child in self.inside(id, mode)? {
            let child = self.known(child)?;
            if !associated && child.kind == (ItemKind::Message { associated: true }) {
                continue;
            }
            self.clear(&child, mode, &mut outcome)?;
            if outcome.stopped.is_some() {
                break;
            }
        }
        Ok(OpOutcome::Bulk(outcome))
    }

    /// Deletes an item with all below it, save submitted messages and the folders above them.
    /// Whether it is gone.
    fn clear(
        &mut self,
        item: &ItemMeta,
        mode: DeleteMode,
        outcome: &mut BulkOutcome,
    ) -> Result<bool> {
        let mut gone = true;
        if matches!(item.kind, ItemKind::Folder(_)) {
            for child in self.inside(item.id, mode)? {
                let child = self.known(child)?;
                gone &= self.clear(&child, mode, outcome)?;
            }
        }
        if outcome.stopped.is_some() || self.stops(outcome)? || !gone {
            return Ok(false);
        }
        match refuse::submitted(item).and_then(|()| self.take_away(item, mode)) {
            Ok(()) => outcome.done += 1,
            Err(error) => {
                self.refused(outcome, item.id, error)?;
                gone = false;
            }
        }
        Ok(gone)
    }

    /// Takes an item out of sight or out for good, whatever it is.
    fn take_away(&mut self, item: &ItemMeta, mode: DeleteMode) -> Result<()> {
        if matches!(item.kind, ItemKind::Message { .. }) {
            return self.take_away_message(item, mode);
        }
        let body = bag::body(self.txn.db, item.id.0)?;
        self.holder = None;
        match mode {
            DeleteMode::Soft => {
                let new = ItemMeta {
                    deleted: true,
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
                self.note_end(LogKind::Deleted, item, &body)
            }
        }
    }

    /// A folder and all below it, what is inside before what it is in.
    fn collect(
        &self,
        folder: &ItemMeta,
        mode: DeleteMode,
        going: &mut Vec<ItemMeta>,
    ) -> Result<()> {
        for child in self.inside(folder.id, mode)? {
            let child = self.known(child)?;
            if matches!(child.kind, ItemKind::Folder(_)) {
                self.collect(&child, mode, going)?;
            } else {
                going.push(child);
            }
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
