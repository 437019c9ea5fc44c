//! Rows of a container at one moment: what scans and views run over.

mod link;

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;
use std::sync::Arc;

use mapi_kit::engine::{FolderRow, ItemRow, MessageRow, RowSource};
use mapi_props::{Code, LargePlace, LargeRef, tags};
use mapi_spi::{
    Depth, Error, FolderKind, ItemId, ItemKind, Result, RowSet, ScanBody, ScanRow, ThreadId,
};

use link::LinkRow;

use crate::state::{Data, Item, State};

/// What a folder's ordinary table shows.
const CONTENTS: RowSet = RowSet::Contents {
    associated: false,
    deleted: false,
};

/// Items with their depths, in scan order. Holds them, not the lock.
#[derive(Debug)]
pub(crate) struct Snapshot {
    rows: Vec<(Arc<Item>, u32)>,
    /// Of a search folder: names of the folders that its messages are in.
    names: BTreeMap<ItemId, String>,
}

impl Snapshot {
    /// The rows of a container: in id order, in deep hierarchies parents first.
    pub(crate) fn of(state: &State, container: ItemId, set: RowSet) -> Result<Self> {
        let folder = state.item(container).filter(|i| i.is_folder());
        if folder.is_none() {
            let detail = format!("there is no folder {container}");
            return Err(Error::new(Code::NOT_FOUND, detail));
        }
        let is_search = folder.is_some_and(|f| f.meta.kind == ItemKind::Folder(FolderKind::Search));
        let set = match set {
            RowSet::Deep if is_search => CONTENTS,
            set => set,
        };
        let mut rows = Vec::new();
        let mut names = BTreeMap::new();
        match set {
            RowSet::Contents {
                associated,
                deleted,
            } => {
                let kind = ItemKind::Message { associated };
                let of_table = |i: &&Arc<Item>| i.meta.kind == kind && i.meta.deleted == deleted;
                if !associated && !deleted {
                    let links = state.links(container);
                    rows.extend(links.map(|i| (Arc::clone(i), 0)));
                    let parents = rows.iter().filter_map(|(i, _)| state.item(i.meta.parent));
                    names.extend(parents.map(|f| (f.meta.id, name_of(f))));
                }
                rows.extend(
                    state
                        .children(container)
                        .filter(of_table)
                        .map(|i| (Arc::clone(i), 0)),
                );
            }
            RowSet::Deep => {
                let mut folders = Vec::new();
                descend(state, container, (Depth::All, false), 0, &mut folders);
                folders.extend(folder.map(|f| (Arc::clone(f), 0)));
                let living = |i: &&Arc<Item>| {
                    i.meta.kind == ItemKind::Message { associated: false } && !i.meta.deleted
                };
                for (folder, _) in folders {
                    names.insert(folder.meta.id, name_of(&folder));
                    let messages = state.children(folder.meta.id).filter(living);
                    rows.extend(messages.map(|i| (Arc::clone(i), 0)));
                }
                rows.sort_by_key(|(item, _)| item.meta.id);
            }
            RowSet::Hierarchy { depth, deleted } => {
                descend(state, container, (depth, deleted), 0, &mut rows);
                rows.sort_by_key(|(item, depth)| (*depth, item.meta.id));
            }
        }
        Ok(Self { rows, names })
    }

    /// The messages of a conversation by number, soft-deleted ones too.
    pub(crate) fn of_thread(state: &State, thread: ThreadId) -> Self {
        let members = state.threads.members(thread);
        let items = members.filter_map(|id| state.item(id));
        Self {
            rows: items.map(|item| (Arc::clone(item), 0)).collect(),
            names: BTreeMap::new(),
        }
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = &Arc<Item>> {
        self.rows.iter().map(|(item, _)| item)
    }

    /// The row of a number: messages stand in id order, a hierarchy does so level by level.
    fn row(&self, id: ItemId) -> Option<&(Arc<Item>, u32)> {
        let (_, deepest) = self.rows.last()?;
        (0..=*deepest).find_map(|depth| {
            let place = |(item, depth): &(Arc<Item>, u32)| (*depth, item.meta.id);
            let at = self.rows.binary_search_by_key(&(depth, id), place);
            self.rows.get(at.ok()?)
        })
    }

    /// Shows an item as a row of this container.
    fn with_row<T>(&self, item: &Item, depth: u32, look: impl FnOnce(&dyn ItemRow) -> T) -> T {
        with_row(item, depth, |row| match self.names.get(&item.meta.parent) {
            Some(folder_name) => look(&LinkRow {
                message: row,
                folder_name,
            }),
            None => look(row),
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
            if self.with_row(item, *depth, &mut *each).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn fetch(&self, id: ItemId, show: &mut dyn FnMut(&dyn ItemRow)) -> Result<()> {
        let row = self.row(id);
        let (item, depth) = row.ok_or_else(|| Error::from(Code::NOT_FOUND))?;
        self.with_row(item, *depth, show);
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

fn name_of(folder: &Item) -> String {
    let name = folder.props().text(tags::DISPLAY_NAME);
    name.unwrap_or_default().to_owned()
}

/// The root folder and those below it that are living, as are all between.
pub(crate) fn living_folders(state: &State) -> Vec<ItemId> {
    let mut below = Vec::new();
    descend(state, state.root, (Depth::All, false), 0, &mut below);
    let mut folders = vec![state.root];
    folders.extend(below.iter().map(|(folder, _)| folder.meta.id));
    folders
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
