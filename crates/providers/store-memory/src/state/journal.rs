//! Undoing: every change leaves what was there before.

use std::sync::Arc;

use mapi_props::Bag;
use mapi_spi::ItemId;

use super::{Item, State};
use crate::search::{LinkChange, Search};
use crate::threads::ThreadUndo;

/// What one change replaced.
#[derive(Debug)]
pub(crate) enum Undo {
    Item(ItemId, Option<Arc<Item>>),
    Sync((u32, Option<ItemId>, Vec<u8>), Option<Vec<u8>>),
    StoreProps(Bag),
    Search(ItemId, Option<Arc<Search>>),
    Link(LinkChange),
    Thread(ThreadUndo),
    Log,
}

/// A point to which changes can be undone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Savepoint(usize);

impl State {
    /// The point reached.
    pub(crate) const fn savepoint(&self) -> Savepoint {
        Savepoint(self.journal.len())
    }

    /// Undoes all changes since a point, the last one first.
    pub(crate) fn roll_back(&mut self, to: Savepoint) {
        self.untold.clear();
        while self.journal.len() > to.0 {
            match self.journal.pop() {
                Some(Undo::Item(id, old)) => {
                    self.swap(id, old.as_ref());
                }
                Some(Undo::Sync(key, Some(old))) => {
                    self.sync.insert(key, old);
                }
                Some(Undo::Sync(key, None)) => {
                    self.sync.remove(&key);
                }
                Some(Undo::Search(folder, Some(old))) => {
                    self.searches.insert(folder, old);
                }
                Some(Undo::Search(folder, None)) => {
                    self.searches.remove(&folder);
                }
                Some(Undo::Link(change)) => self.put_link(change.undone()),
                Some(Undo::Thread(undo)) => self.threads.undo(undo),
                Some(Undo::StoreProps(old)) => self.store_props = old,
                Some(Undo::Log) => {
                    self.log.pop();
                }
                None => return,
            }
        }
    }

    /// Makes all changes final.
    pub(crate) fn forget_journal(&mut self) {
        self.journal.clear();
    }
}
