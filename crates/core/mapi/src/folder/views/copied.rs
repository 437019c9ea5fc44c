//! The default view of a folder that is copied, where the store does not see to it itself: CopyTo, and other stores.
//! Reference: "PidTagDefaultViewEntryId" (requirement STO-13)

use mapi_kit::default_view::named_by;
use mapi_props::tags;
use mapi_spi::{ItemId, Result};

use super::super::Folder;
use crate::{EntryId, MapiProp};

/// What a copy of a folder opens with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::folder) enum CopiedDefault {
    /// What the original opens with: it stands elsewhere in the same store, or there is none.
    Same,
    /// The copy of the original's own view.
    Copy(EntryId),
    /// The normal view: the original's stays behind.
    Normal,
}

impl Folder {
    /// What `to` opens with, given which messages were copied to it.
    pub(in crate::folder) fn copied_default(
        &self,
        to: &Self,
        copies: &[(EntryId, EntryId)],
    ) -> Result<CopiedDefault> {
        let Some(view) = self.default_message()? else {
            return Ok(CopiedDefault::Same);
        };
        let is_it =
            |(old, _): &&(EntryId, EntryId)| self.context.message_id(old).ok() == Some(view);
        if let Some((_, copy)) = copies.iter().find(is_it) {
            return Ok(CopiedDefault::Copy(copy.clone()));
        }
        let stays = !to.is_of_store(self) || self.holds(view);
        Ok(if stays {
            CopiedDefault::Normal
        } else {
            CopiedDefault::Same
        })
    }

    /// Has a copy in another store open with its own copy of the default view, if it has one.
    pub(in crate::folder) fn carry_default(
        &self,
        to: &Self,
        copies: &[(EntryId, EntryId)],
    ) -> Result<()> {
        match self.copied_default(to, copies)? {
            CopiedDefault::Copy(id) => to.set(tags::DEFAULT_VIEW_ENTRYID, id.as_bytes()),
            CopiedDefault::Same | CopiedDefault::Normal => Ok(()),
        }
    }

    fn default_message(&self) -> Result<Option<ItemId>> {
        let props = self.data()?.props;
        Ok(named_by(&self.context.info().uid, &props))
    }

    fn holds(&self, message: ItemId) -> bool {
        let there = |store: &dyn mapi_spi::Store| store.message(message, &self.context.call);
        let data = self.context.spi().and_then(there);
        data.is_ok_and(|data| data.meta.parent == self.id)
    }
}
