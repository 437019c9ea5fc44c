//! The fast way in: many message trees in one change set.

use mapi_kit::import::{ImportItem, ImportTo, prepare};
use mapi_props::{Code, Defect};
use mapi_spi::{ChangeSet, CommitMode, Durability, Error, OpOutcome, Result, Turn};

use super::Folder;
use crate::EntryId;

/// How a batch is imported.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// When the batch survives a power cut: at once, or after [`crate::MsgStore::sync`].
    pub durability: Durability,
    /// Into the folder's associated contents.
    pub associated: bool,
    /// When it is this batch's turn, for batches that are imported from several threads and yet in order: each is prepared
    /// at once and written when all whose turns were taken before are over.
    pub turn: Option<Turn>,
}

/// What became of one tree.
#[derive(Debug)]
pub enum ImportOutcome {
    /// It is a message now.
    Imported {
        /// Its entry id.
        id: EntryId,
        /// What could not be kept, `header-not-promoted`.
        defects: Vec<Defect>,
    },
    /// The folder already held a message of this source.
    Skipped {
        /// That message.
        id: EntryId,
    },
    /// It was not stored; the others were.
    Failed(Error),
}

impl Folder {
    /// Stores a batch of messages, one outcome per item, in order. 200 to 400 messages at a time are fastest.
    ///
    /// ```
    /// # fn show(inbox: &mapi::Folder, tree: mapi::MessageTree) -> mapi::Result<()> {
    /// use mapi::{ImportItem, ImportOptions, message_flags};
    ///
    /// let item = ImportItem { tree, flags: message_flags::READ, source: None };
    /// let outcomes = inbox.import(vec![item], ImportOptions::default())?;
    /// # drop(outcomes); Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those that concern the whole batch: `MAPI_E_NO_ACCESS`, `MAPI_E_NOT_ENOUGH_DISK`, `MAPI_E_USER_CANCEL` … Nothing
    /// was stored then.
    pub fn import(
        &self,
        items: Vec<ImportItem>,
        options: ImportOptions,
    ) -> Result<Vec<ImportOutcome>> {
        self.errors.track(self.take_in(items, options))
    }

    fn take_in(
        &self,
        items: Vec<ImportItem>,
        options: ImportOptions,
    ) -> Result<Vec<ImportOutcome>> {
        self.writable()?;
        if self.kind == mapi_spi::FolderKind::Search {
            return Err(Error::new(
                Code::NO_SUPPORT,
                "a search folder holds no messages",
            ));
        }
        let opened = &self.context.opened;
        let to = ImportTo {
            store: self.context.spi()?,
            names: &opened.names,
            support: opened.place.support.as_ref(),
            folder: self.id,
            associated: options.associated,
        };
        let prepared = prepare(to, items, &self.context.call)?;
        let outcome = self.context.commit(ChangeSet {
            ops: prepared.ops,
            mode: CommitMode::EachItem,
            values: prepared.values,
            durability: options.durability,
            turn: options.turn,
            ..ChangeSet::default()
        })?;
        let mut results = outcome.ops.into_iter();
        let join = |item: Result<Vec<Defect>>| match item {
            Err(e) => ImportOutcome::Failed(e),
            Ok(defects) => self.joined(results.next(), defects),
        };
        Ok(prepared.items.into_iter().map(join).collect())
    }

    fn joined(&self, outcome: Option<OpOutcome>, defects: Vec<Defect>) -> ImportOutcome {
        match outcome {
            Some(OpOutcome::Saved(saved)) => ImportOutcome::Imported {
                id: self.context.entry_id(false, saved.id),
                defects,
            },
            Some(OpOutcome::Skipped(id)) => ImportOutcome::Skipped {
                id: self.context.entry_id(false, id),
            },
            Some(OpOutcome::Failed(e)) => ImportOutcome::Failed(e),
            _ => ImportOutcome::Failed(Error::new(Code::CALL_FAILED, "the store gave no result")),
        }
    }

    /// Which of these sources the folder already holds a message of, in order.
    ///
    /// # Errors
    /// Those of the store.
    pub fn known_sources(&self, sources: &[[u8; 32]]) -> Result<Vec<Option<EntryId>>> {
        let store = self.context.spi()?;
        let known = store.known_sources(self.id, sources, &self.context.call);
        let ids = self.errors.track(known)?;
        Ok(ids
            .into_iter()
            .map(|id| id.map(|id| self.context.entry_id(false, id)))
            .collect())
    }
}
