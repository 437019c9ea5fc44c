//! A folder of an open store as the target of an import.

use mapi::{
    CreateFolderFlags, EntryId, Folder, ImportItem, ImportOptions, ImportOutcome, MapiProp,
    MessageStatus, MsgStore, NameFlags,
};
use mapi_props::{Code, NameKind, PropName, PropTag, guids};
use mapi_spi::{Durability, Error, Result, Turn};

use super::{Added, ImportFolder, ImportTarget, NewMessage};
use crate::{create_path, split_path};

/// The part of a store below one folder.
#[derive(Debug)]
pub struct StoreTarget {
    store: MsgStore,
    base: Vec<String>,
}

impl StoreTarget {
    /// Below the folder of this path (`Inbox/Projects`), which is made when missing.
    #[must_use]
    pub fn new(store: MsgStore, path: &str) -> Self {
        Self {
            store,
            base: split_path(path),
        }
    }

    /// Below this folder.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if it is gone.
    pub fn below(store: MsgStore, folder: &Folder) -> Result<Self> {
        let path = store.path_of(&folder.entry_id())?;
        Ok(Self::new(store, &path))
    }
}

impl ImportTarget for StoreTarget {
    fn folder(&self, path: &[String], create: bool) -> Result<Option<Box<dyn ImportFolder>>> {
        let whole: Vec<String> = self.base.iter().chain(path).cloned().collect();
        let text = crate::join_path(&whole);
        let folder = match self.store.folder(&text) {
            Ok(folder) => folder,
            Err(e) if e.code() == Code::NOT_FOUND && create => {
                create_path(&self.store, &whole, CreateFolderFlags::OPEN_IF_EXISTS)?
            }
            Err(e) if e.code() == Code::NOT_FOUND => return Ok(None),
            Err(e) => return Err(e),
        };
        Ok(Some(Box::new(StoreFolder(folder))))
    }

    fn embed_depth(&self) -> usize {
        usize::try_from(self.store.limits().embed_depth).unwrap_or(usize::MAX)
    }

    fn header_names(&self) -> Result<Vec<String>> {
        let set = Some(guids::PS_INTERNET_HEADERS);
        let names = self.store.all_names(set, NameFlags::NO_IDS)?;
        let text = |(_, name): (PropTag, PropName)| match name.kind {
            NameKind::Text(text) => Some(text),
            NameKind::Id(_) => None,
        };
        Ok(names.into_iter().filter_map(text).collect())
    }

    fn sync(&self) -> Result<()> {
        self.store.sync()
    }
}

#[derive(Debug)]
struct StoreFolder(Folder);

impl ImportFolder for StoreFolder {
    fn known(&self, sources: &[[u8; 32]]) -> Result<Vec<Option<u64>>> {
        let known = self.0.known_sources(sources)?;
        let number = |id: Option<EntryId>| id.map(|id| item_of(&id)).transpose();
        known.into_iter().map(number).collect()
    }

    fn add(&self, messages: Vec<NewMessage>, turn: Turn) -> Result<Vec<Result<Added>>> {
        let statuses: Vec<u32> = messages.iter().map(|m| m.status).collect();
        let item = |m: NewMessage| ImportItem {
            tree: m.tree,
            flags: m.flags,
            source: Some(m.source),
        };
        let items = messages.into_iter().map(item).collect();
        let options = ImportOptions {
            durability: Durability::Batch,
            turn: Some(turn),
            ..ImportOptions::default()
        };
        let outcomes = self.0.import(items, options)?;
        let added = outcomes.into_iter().zip(statuses);
        Ok(added
            .map(|(outcome, status)| self.settle(outcome, status))
            .collect())
    }
}

impl StoreFolder {
    fn settle(&self, outcome: ImportOutcome, status: u32) -> Result<Added> {
        match outcome {
            ImportOutcome::Imported { id, .. } => {
                if status != 0 {
                    let bits = MessageStatus(status);
                    self.0.set_message_status(&id, bits, bits)?;
                }
                item_of(&id).map(Added::New)
            }
            ImportOutcome::Skipped { id } => item_of(&id).map(Added::Known),
            ImportOutcome::Failed(error) => Err(error),
        }
    }
}

/// The number of the item that an entry id of one of our stores names.
fn item_of(id: &EntryId) -> Result<u64> {
    match mapi_props::EntryId::decode(id.as_bytes()) {
        Ok(id) => Ok(id.item),
        Err(e) => Err(Error::caused(
            e.code(),
            "the store gave an entry id of another kind",
            e,
        )),
    }
}
