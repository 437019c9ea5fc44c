//! A container as the table engine scans it.

use std::ops::ControlFlow;

use mapi_kit::engine::{ItemRow, RowSource};
use mapi_spi::{Call, FolderKind, ItemId, ItemKind, Result, RowSet, View};
use rusqlite::{Connection, params};

use super::narrow::Narrow;
use super::row::{FolderLine, show_known};
use super::sieve::each_of;
use crate::failure::{Lift, not_found};
use crate::{item, queries, store};

/// One view over one read transaction.
pub(super) struct Source<'a> {
    pub(super) db: &'a Connection,
    pub(super) view: &'a View,
    /// The rows of the view are among these, by number, where that is known.
    pub(super) only: Option<&'a [u64]>,
    pub(super) narrow: &'a Narrow,
    pub(super) call: &'a Call,
}

impl RowSource for Source<'_> {
    fn scan(&self, each: &mut dyn FnMut(&dyn ItemRow) -> ControlFlow<()>) -> Result<()> {
        match self.view.rows {
            RowSet::Contents {
                associated,
                deleted,
            } => {
                let part = item::part(associated, deleted);
                let listed;
                let ids = match self.only {
                    Some(ids) => ids,
                    None => {
                        listed = self.messages(part)?;
                        &listed
                    }
                };
                each_of(self.db, ids, self.call, &mut |row| Ok(each(row)))?;
            }
            RowSet::Deep => {
                let listed;
                let ids = match self.only {
                    Some(ids) => ids,
                    None => {
                        listed = self.tree()?;
                        &listed
                    }
                };
                each_of(self.db, ids, self.call, &mut |row| Ok(each(row)))?;
            }
            RowSet::Hierarchy { .. } => {
                for (id, depth) in self.folders()? {
                    let data = store::read_folder(self.db, id)?;
                    if each(&FolderLine {
                        db: self.db,
                        data: &data,
                        depth,
                    })
                    .is_break()
                    {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn fetch(&self, item: ItemId, show: &mut dyn FnMut(&dyn ItemRow)) -> Result<()> {
        if matches!(self.view.rows, RowSet::Contents { .. } | RowSet::Deep) {
            return show_known(self.db, item.0, |row| {
                show(row);
                Ok(())
            });
        }
        let (_, depth) = self
            .folders()?
            .into_iter()
            .find(|(id, _)| *id == item)
            .ok_or_else(|| not_found(format_args!("folder {item}")))?;
        let data = store::read_folder(self.db, item)?;
        show(&FolderLine {
            db: self.db,
            data: &data,
            depth,
        });
        Ok(())
    }

    fn has(&self, item: ItemId) -> Result<bool> {
        let (associated, deleted) = match self.view.rows {
            RowSet::Contents {
                associated,
                deleted,
            } => (associated, deleted),
            RowSet::Deep => {
                let meta = item::meta(self.db, item)?
                    .filter(|m| m.kind == ItemKind::Message { associated: false } && !m.deleted);
                let Some(meta) = meta else { return Ok(false) };
                let is_search = item::meta(self.db, self.view.container)?
                    .is_some_and(|f| f.kind == ItemKind::Folder(FolderKind::Search));
                if is_search {
                    return self.is_in(item, 0);
                }
                let folders = store::deep(self.db, self.view.container)?;
                return Ok(folders.contains(&meta.parent));
            }
            RowSet::Hierarchy { .. } => {
                return Ok(self.folders()?.iter().any(|(id, _)| *id == item));
            }
        };
        self.is_in(item, item::part(associated, deleted))
    }
}

impl Source<'_> {
    /// Whether a message is in a part of the container itself.
    fn is_in(&self, item: ItemId, part: u8) -> Result<bool> {
        let mut select = self.db.prepare_cached(queries::IN_CONTENTS).lift()?;
        select
            .exists(params![item.0, part, self.view.container.0])
            .lift()
    }

    /// The messages that the restriction may match.
    fn messages(&self, part: u8) -> Result<Vec<u64>> {
        let container = self.view.container;
        let found = (self.narrow).candidates(self.db, container, part, self.call)?;
        found.map_or_else(|| store::contents(self.db, container, part), Ok)
    }

    /// All messages of a tree of folders.
    fn tree(&self) -> Result<Vec<u64>> {
        let mut ids = Vec::new();
        for folder in store::deep(self.db, self.view.container)? {
            ids.extend(store::contents(self.db, folder, 0)?);
        }
        ids.sort_unstable();
        Ok(ids)
    }

    fn folders(&self) -> Result<Vec<(ItemId, u32)>> {
        match self.view.rows {
            RowSet::Hierarchy { depth, deleted } => {
                store::hierarchy(self.db, self.view.container, depth, deleted)
            }
            RowSet::Contents { .. } | RowSet::Deep => Ok(Vec::new()),
        }
    }
}
