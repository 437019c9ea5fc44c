//! Rows of a container at one moment: what scans and views run over.

use std::io::{Cursor, Read};
use std::ops::ControlFlow;
use std::sync::Arc;

use mapi_kit::engine::{FolderRow, ItemRow, MessageRow, RowSource};
use mapi_props::{Code, LargePlace, LargeRef};
use mapi_spi::{Depth, Error, ItemId, ItemKind, Result, RowSet, ScanBody, ScanRow};

use crate::state::{Data, Item, State};

/// Items with their depths, in scan order. Holds them, not the lock.
#[derive(Debug)]
pub(crate) struct Snapshot {
    rows: Vec<(Arc<Item>, u32)>,
}

impl Snapshot {
    /// The rows of a container: in id order, in deep hierarchies parents first.
    pub(crate) fn of(state: &State, container: ItemId, set: RowSet) -> Result<Self> {
        let folder = state.item(container).filter(|i| i.is_folder());
        if folder.is_none() {
            let detail = format!("there is no folder {container}");
            return Err(Error::new(Code::NOT_FOUND, detail));
        }
        let mut rows = Vec::new();
        match set {
            RowSet::Contents {
                associated,
                deleted,
            } => {
                let kind = ItemKind::Message { associated };
                let of_table = |i: &&Arc<Item>| i.meta.kind == kind && i.meta.deleted == deleted;
                rows.extend(
                    state
                        .children(container)
                        .filter(of_table)
                        .map(|i| (Arc::clone(i), 0)),
                );
            }
            RowSet::Hierarchy { depth, deleted } => {
                descend(state, container, (depth, deleted), 0, &mut rows);
                rows.sort_by_key(|(item, depth)| (*depth, item.meta.id));
            }
        }
        Ok(Self { rows })
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = &Arc<Item>> {
        self.rows.iter().map(|(item, _)| item)
    }

    /// The row of a number: messages stand in id order, a hierarchy does so level by level.
    fn row(&self, id: ItemId) -> Option<&(Arc<Item>, u32)> {
        let mut levels = self.rows.chunk_by(|(_, a), (_, b)| a == b);
        levels.find_map(|level| {
            let at = level.binary_search_by_key(&id, |(item, _)| item.meta.id);
            level.get(at.ok()?)
        })
    }

    /// Shows each row as a scan does.
    pub(crate) fn each(
        &self,
        each: &mut dyn FnMut(ScanRow<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        for (item, depth) in &self.rows {
            let body = match &item.data {
                Data::Folder { props, counts } => ScanBody::Folder(props, counts),
                Data::Message { body, .. } => ScanBody::Message(body),
            };
            let row = ScanRow {
                meta: &item.meta,
                body,
                depth: *depth,
            };
            if each(row)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl RowSource for Snapshot {
    fn scan(&self, each: &mut dyn FnMut(&dyn ItemRow) -> ControlFlow<()>) -> Result<()> {
        for (item, depth) in &self.rows {
            if with_row(item, *depth, &mut *each).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn fetch(&self, id: ItemId, show: &mut dyn FnMut(&dyn ItemRow)) -> Result<()> {
        let row = self.row(id);
        let (item, depth) = row.ok_or_else(|| Error::from(Code::NOT_FOUND))?;
        with_row(item, *depth, show);
        Ok(())
    }

    fn has(&self, id: ItemId) -> Result<bool> {
        Ok(self.row(id).is_some())
    }
}

/// Shows an item as the table engine wants it.
pub(crate) fn with_row<T>(item: &Item, depth: u32, look: impl FnOnce(&dyn ItemRow) -> T) -> T {
    let open = |value: &LargeRef| -> Option<Box<dyn Read>> {
        let LargePlace::Present(key) = value.place else {
            return None;
        };
        Some(Box::new(Cursor::new(item.values.get(&key)?.render())))
    };
    match &item.data {
        Data::Folder { props, counts } => look(&FolderRow {
            meta: &item.meta,
            props,
            counts,
            depth,
            open: &open,
        }),
        Data::Message { body, .. } => look(&MessageRow {
            meta: &item.meta,
            body,
            open: &open,
        }),
    }
}

/// Folders below a folder; of soft-deleted ones those that hang below any folder, deleted or not.
fn descend(
    state: &State,
    folder: ItemId,
    (depth, deleted): (Depth, bool),
    level: u32,
    rows: &mut Vec<(Arc<Item>, u32)>,
) {
    for child in state.children(folder).filter(|c| c.is_folder()) {
        if child.meta.deleted == deleted {
            rows.push((Arc::clone(child), level));
        }
        if depth == Depth::All && (deleted || !child.meta.deleted) {
            descend(state, child.meta.id, (depth, deleted), level + 1, rows);
        }
    }
}
