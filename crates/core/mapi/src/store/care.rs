//! Care of a store: sync, check, figures, compaction, backup; and deleting as users mean it.

use std::path::Path;

use mapi_props::Code;
use mapi_spi::{CheckReport, Error, ItemId, Maintain, Result, StoreFigures};

use super::{MsgStore, SpecialFolder};
use crate::{BulkReport, CopyFlags, DeleteFlags, EntryId, Folder, OpenFlags, Returned};

impl MsgStore {
    /// Makes all commits so far survive a power cut.
    ///
    /// # Errors
    /// `MAPI_E_DISK_ERROR`.
    pub fn sync(&self) -> Result<()> {
        let synced = self.context.spi().and_then(|s| s.sync(&self.context.call));
        self.errors.track(synced)
    }

    /// Reads the whole store and says what is wrong with it.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` for a store without a file.
    pub fn check(&self) -> Result<CheckReport> {
        self.errors
            .track(self.maintain().and_then(|m| m.check(&self.context.call)))
    }

    /// Sizes and counts.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` for a store without a file.
    pub fn figures(&self) -> Result<StoreFigures> {
        self.errors
            .track(self.maintain().and_then(|m| m.figures(&self.context.call)))
    }

    /// Gives unused space back; returns the bytes.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` for a store without a file; `MAPI_E_USER_CANCEL` between steps, run it again to go on.
    pub fn compact(&self) -> Result<u64> {
        self.errors
            .track(self.maintain().and_then(|m| m.compact(&self.context.call)))
    }

    /// Writes a consistent copy to `to`, which must not exist.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` for a store without a file; `MAPI_E_COLLISION`; `MAPI_E_NOT_ENOUGH_DISK`.
    pub fn backup(&self, to: &Path) -> Result<()> {
        self.errors.track(
            self.maintain()
                .and_then(|m| m.backup(to, &self.context.call)),
        )
    }

    fn maintain(&self) -> Result<&dyn Maintain> {
        let none = || {
            Error::new(
                Code::NO_SUPPORT,
                "this kind of store has no file to care for",
            )
        };
        self.context.spi()?.maintain().ok_or_else(none)
    }

    /// Deletes messages of one folder as users mean it: to Deleted Items, or, from there and below, out of sight
    /// (STO-14).
    ///
    /// # Errors
    /// Those of [`Folder::copy_messages`] and [`Folder::delete_messages`].
    pub fn discard_messages(
        &self,
        from: &Folder,
        messages: &[EntryId],
    ) -> Result<Returned<BulkReport>> {
        let basket = self.special_folder(SpecialFolder::DeletedItems)?;
        if self.is_below(from.item(), basket.item())? {
            return from.delete_messages(messages, DeleteFlags::NONE);
        }
        from.copy_messages(messages, &basket, CopyFlags::MOVE)
    }

    /// Whether `item` is `top` or a folder below it.
    pub(crate) fn is_below(&self, item: ItemId, top: ItemId) -> Result<bool> {
        let root = self.context.info().root;
        let mut at = item;
        while at != top {
            if at == root {
                return Ok(false);
            }
            at = self
                .context
                .spi()?
                .folder(at, &self.context.call)?
                .meta
                .parent;
        }
        Ok(true)
    }

    /// Opens the folder that a message is in.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if the message is gone.
    pub fn folder_of(&self, message: &EntryId) -> Result<Folder> {
        let item = self.context.message_id(message)?;
        let meta = self.context.spi()?.message(item, &self.context.call)?.meta;
        Folder::open(&self.context, meta.parent, OpenFlags::BEST_ACCESS)
    }
}
