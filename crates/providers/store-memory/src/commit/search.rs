//! Setting the criteria of search folders.
//! Reference: "IMAPIContainer::SetSearchCriteria"; checks STO-05.1 to STO-05.3

use mapi_props::Code;
use mapi_spi::{
    Error, FolderKind, ItemId, ItemKind, LogKind, OpOutcome, Result, SearchData, SearchSave,
};

use super::Commit;
use crate::state::Item;

impl Commit<'_> {
    pub(super) fn set_search(&mut self, save: SearchSave) -> Result<OpOutcome> {
        let folder = self.state.live_folder(save.folder)?;
        let id = folder.meta.id;
        let scope = save.scope.clone();
        let old = self.state.search(id).cloned();
        let data = save.apply(old.as_ref())?;
        if !is_search(&folder) {
            let detail = format!("folder {id} is no search folder");
            return Err(Error::new(Code::NO_SUPPORT, detail));
        }
        for searched in scope.into_iter().flatten() {
            if is_search(&*self.state.live_folder(searched)?) {
                let detail = format!("folder {searched} is a search folder itself");
                return Err(Error::new(Code::NO_SUPPORT, detail));
            }
        }
        self.put_search(&folder, old.as_ref(), data)
    }

    fn put_search(
        &mut self,
        folder: &Item,
        old: Option<&SearchData>,
        data: SearchData,
    ) -> Result<OpOutcome> {
        if old != Some(&data) {
            self.state.set_search(folder.meta.id, data)?;
            self.state
                .log(self.origin, LogKind::Modified, folder, Vec::new(), None)?;
        }
        Ok(OpOutcome::Done)
    }

    /// Search folders are neither copied nor moved nor emptied: what they show is elsewhere.
    pub(super) fn refuse_search(&self, folder: ItemId) -> Result<()> {
        match self.state.item(folder) {
            Some(item) if is_search(item) => Err(Error::new(
                Code::NO_SUPPORT,
                format!("{folder} is a search folder and stays what it is"),
            )),
            _ => Ok(()),
        }
    }
}

/// Whether an item is a search folder.
pub(super) fn is_search(item: &Item) -> bool {
    item.meta.kind == ItemKind::Folder(FolderKind::Search)
}
