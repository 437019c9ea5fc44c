//! Deleting and emptying folders with all that is below them.
//! Reference: "IMAPIFolder::DeleteFolder", "EmptyFolder"; checks FLD-01, TAB-05

use std::sync::Arc;

use mapi_props::Code;
use mapi_spi::{
    BulkOutcome, DeleteMode, Error, FolderKind, ItemId, ItemKind, LogKind, OpOutcome, Result,
};

use super::bulk::not_submitted;
use super::{Commit, difference};
use crate::state::Item;

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
        self.refuse_root(&folder)?;
        let counts = folder.counts().unwrap_or_default();
        let has_links = folder.meta.kind == ItemKind::Folder(FolderKind::Search);
        if counts.contents > 0 && !lift.messages && !has_links {
            let detail = format!("folder {id} has messages");
            return Err(Error::new(Code::HAS_MESSAGES, detail));
        }
        if counts.folders > 0 && !lift.folders {
            let detail = format!("folder {id} has folders");
            return Err(Error::new(Code::HAS_FOLDERS, detail));
        }
        let mut going = Vec::new();
        self.collect(&folder, mode, &mut going);
        going.iter().try_for_each(|item| not_submitted(item))?;
        let mut outcome = BulkOutcome::default();
        let mark = self.mark(mode);
        for item in going {
            self.call.check()?;
            self.take_away(&item, mode, mark)?;
            outcome.done += 1;
        }
        Ok(OpOutcome::Bulk(outcome))
    }

    /// The change number that everything deleted softly with one folder gets.
    fn mark(&mut self, mode: DeleteMode) -> Option<u64> {
        (mode == DeleteMode::Soft).then(|| self.state.new_change())
    }

    pub(super) fn recover_folder(&mut self, id: ItemId, name: Option<String>) -> Result<OpOutcome> {
        let folder = match self.state.item(id) {
            Some(item) if item.is_folder() => Arc::clone(item),
            _ => self.state.live_folder(id)?,
        };
        if !folder.meta.deleted {
            return Ok(super::folder::saved(&folder.meta));
        }
        self.holder(folder.meta.parent)?;
        let back = self.recovered(&folder, name)?;
        let outcome = super::folder::saved(&back.meta);
        self.bring_back(&folder, &back)?;
        Ok(outcome)
    }

    /// Brings an item back, and what lies below it with the same mark.
    fn bring_back(&mut self, old: &Item, back: &Item) -> Result<()> {
        self.call.check()?;
        let (changed, inverse) = difference::of_items(old, back);
        let inverse = (!changed.is_empty()).then_some(inverse);
        self.state.put(back)?;
        self.state
            .log(self.origin, LogKind::Recovered, back, changed, inverse)?;
        let mark = old.meta.change;
        let below: Vec<Arc<Item>> = self.state.children(old.meta.id).cloned().collect();
        for child in below {
            if child.meta.deleted && child.meta.change == mark {
                let mut back = Item::clone(&child);
                back.meta.deleted = false;
                self.bring_back(&child, &back)?;
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
        let folder = self.state.live_folder(id)?;
        self.refuse_search(id)?;
        let mut outcome = BulkOutcome::default();
        let stays =
            |item: &Item| !associated && item.meta.kind == (ItemKind::Message { associated: true });
        for child in self.inside(&folder, mode) {
            if stays(&child) {
                continue;
            }
            // Each sub-folder can be recovered for itself.
            let mark = child.is_folder().then(|| self.mark(mode)).flatten();
            self.clear(&child, mode, mark, &mut outcome)?;
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
        item: &Item,
        mode: DeleteMode,
        mark: Option<u64>,
        outcome: &mut BulkOutcome,
    ) -> Result<bool> {
        let mut gone = true;
        if item.is_folder() {
            for child in self.inside(item, mode) {
                gone &= self.clear(&child, mode, mark, outcome)?;
            }
        }
        if outcome.stopped.is_some() || self.stops(outcome)? || !gone {
            return Ok(false);
        }
        let before = self.state.savepoint();
        let result = not_submitted(item).and_then(|()| self.take_away(item, mode, mark));
        match result {
            Ok(()) => outcome.done += 1,
            Err(error) => {
                self.state.roll_back(before);
                self.refused(outcome, item.meta.id, error)?;
                gone = false;
            }
        }
        Ok(gone)
    }

    /// A folder and all below it, what is inside before what it is in.
    fn collect(&self, folder: &Arc<Item>, mode: DeleteMode, going: &mut Vec<Arc<Item>>) {
        for child in self.inside(folder, mode) {
            if child.is_folder() {
                self.collect(&child, mode, going);
            } else {
                going.push(child);
            }
        }
        going.push(Arc::clone(folder));
    }

    /// What a deletion finds in a folder: soft-deleted items only if it is for good.
    fn inside(&self, folder: &Item, mode: DeleteMode) -> Vec<Arc<Item>> {
        let for_good = mode == DeleteMode::Hard || !self.info.capabilities.soft_delete;
        let children = self.state.children(folder.meta.id);
        children
            .filter(|c| for_good || !c.meta.deleted)
            .cloned()
            .collect()
    }

    /// A folder that is there; for good also a soft-deleted one.
    fn deletable_folder(&self, id: ItemId, mode: DeleteMode) -> Result<Arc<Item>> {
        match self.state.item(id) {
            Some(item) if item.is_folder() && mode == DeleteMode::Hard => Ok(Arc::clone(item)),
            _ => self.state.live_folder(id),
        }
    }
}
