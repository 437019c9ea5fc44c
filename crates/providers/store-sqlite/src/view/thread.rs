//! Views of one conversation: its messages are known without looking through folders.

use std::collections::BTreeSet;

use mapi_kit::computed::thread_of;
use mapi_spi::{FolderKind, ItemId, ItemKind, Result, RowSet};
use rusqlite::params;

use super::reading::Reading;
use crate::failure::Lift;
use crate::{item, queries, search, store};

/// The rows of a view that may hold a message.
enum Container {
    /// Messages of these folders.
    Folders(BTreeSet<u64>),
    /// Links of this search folder.
    Search(ItemId),
}

impl Reading<'_> {
    /// The messages of the conversation to which the restriction keeps, in the view's folders, by number.
    pub(super) fn in_conversation(&self) -> Result<Option<Vec<u64>>> {
        let Some(id) = &self.narrow.conversation else {
            return Ok(None);
        };
        let Some(thread) = thread_of(self.uid(), id) else {
            return Ok(Some(Vec::new()));
        };
        let container = self.container()?;
        let mut select = self.db.prepare_cached(queries::THREAD_PLACES).lift()?;
        let mut rows = select.query(params![thread.0]).lift()?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next().lift()? {
            let (id, parent, part): (u64, u64, u8) =
                (row.get(0).lift()?, row.get(1).lift()?, row.get(2).lift()?);
            let inside = match &container {
                Container::Folders(folders) => folders.contains(&parent),
                Container::Search(folder) => search::find_link(self.db, folder.0, id)?,
            };
            if inside && part == self.part.unwrap_or(0) {
                ids.push(id);
            }
        }
        Ok(Some(ids))
    }

    fn container(&self) -> Result<Container> {
        let folder = self.view.container;
        let kind = item::meta(self.db, folder)?.map(|meta| meta.kind);
        if kind == Some(ItemKind::Folder(FolderKind::Search)) {
            return Ok(Container::Search(folder));
        }
        let folders = match self.view.rows {
            RowSet::Deep => store::deep(self.db, folder)?,
            RowSet::Contents { .. } | RowSet::Hierarchy { .. } => vec![folder],
        };
        Ok(Container::Folders(folders.iter().map(|f| f.0).collect()))
    }
}
