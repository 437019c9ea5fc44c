//! Folders below a folder: its children, or everything.

use std::collections::BTreeSet;

use mapi::{
    CopyFolderFlags, CreateFolderFlags, DeleteFolderFlags, Depth, EntryId, Folder, MapiProp,
    MsgStore, OpenFlags, Result, SortOrder, Table, columns, tags,
};
use mapi_spi::ItemId;
use testkit::Chance;

use super::{Deed, World, deed, number, text};
use crate::Fixture;
use crate::fixture::prop;
use crate::table_model::model::{By, Looks, Row};

pub(in crate::table_model) struct Folders {
    depth: Depth,
    top: Folder,
    /// The store as the table's session has it, and as another session has it.
    stores: [MsgStore; 2],
    items: Vec<Item>,
    /// Makes names unlike each other.
    made: u32,
}

struct Item {
    item: ItemId,
    id: EntryId,
    /// `None`: the top.
    parent: Option<ItemId>,
    name: String,
    number: Option<i32>,
}

impl Folders {
    pub(in crate::table_model) fn new(
        fixture: &Fixture,
        depth: Depth,
        chance: &mut Chance,
        size: usize,
    ) -> Result<Self> {
        let stores = [fixture.store()?, fixture.second_session()?.default_store()?];
        let mut world = Self {
            depth,
            top: fixture.folder("Model")?,
            stores,
            items: Vec::new(),
            made: 0,
        };
        for _ in 0..size {
            world.add(0, chance)?;
        }
        Ok(world)
    }

    fn name(&mut self, chance: &mut Chance) -> String {
        self.made += 1;
        format!("{}{}", text(chance).unwrap_or_default(), self.made)
    }

    /// Where a new folder goes, or one that is moved: the top, or any of those that are there.
    fn parent(&self, chance: &mut Chance) -> Option<usize> {
        let below = self.depth == Depth::All && !self.items.is_empty() && chance.percent(60);
        below.then(|| chance.in_range(0..self.items.len()))
    }

    fn open(&self, store: usize, at: Option<usize>) -> Result<Folder> {
        let id = at.map_or_else(|| self.top.entry_id(), |at| self.items[at].id.clone());
        self.stores[store].open_folder(&id, OpenFlags::MODIFY)
    }

    fn position(&self, item: Option<ItemId>) -> Option<usize> {
        self.items.iter().position(|i| Some(i.item) == item)
    }

    fn depth_of(&self, item: &Item) -> i32 {
        match self.position(item.parent) {
            Some(parent) => self.depth_of(&self.items[parent]) + 1,
            None => 0,
        }
    }

    /// A folder with everything below it.
    fn tree(&self, at: usize) -> BTreeSet<ItemId> {
        let mut tree: BTreeSet<ItemId> = [self.items[at].item].into();
        loop {
            let below = |i: &&Item| i.parent.is_some_and(|p| tree.contains(&p));
            let more: Vec<ItemId> = self.items.iter().filter(below).map(|i| i.item).collect();
            let before = tree.len();
            tree.extend(more);
            if tree.len() == before {
                return tree;
            }
        }
    }

    fn add(&mut self, store: usize, chance: &mut Chance) -> Result<()> {
        let (name, number) = (self.name(chance), number(chance));
        let parent = self.parent(chance);
        let above = self.open(store, parent)?;
        let folder = above.create_folder(&name, None, CreateFolderFlags::NONE)?;
        if let Some(number) = number {
            folder.set(tags::IMPORTANCE, number)?;
        }
        self.items.push(Item {
            item: folder.item(),
            id: folder.entry_id(),
            parent: parent.map(|at| self.items[at].item),
            name,
            number,
        });
        Ok(())
    }

    fn remove(&mut self, store: usize, at: usize, chance: &mut Chance) -> Result<Vec<ItemId>> {
        let gone = self.tree(at);
        let all = DeleteFolderFlags::DEL_FOLDERS | DeleteFolderFlags::DEL_MESSAGES;
        let flags = *chance.pick(&[all, all | DeleteFolderFlags::HARD_DELETE]);
        let above = self.open(store, self.position(self.items[at].parent))?;
        above.delete_folder(&self.items[at].id, flags)?;
        self.items.retain(|i| !gone.contains(&i.item));
        Ok(gone.into_iter().collect())
    }

    fn change(&mut self, store: usize, at: usize, chance: &mut Chance) -> Result<Vec<ItemId>> {
        let folder = self.open(store, Some(at))?;
        match chance.below(3) {
            0 => {
                let name = self.name(chance);
                let renamed = folder.set_props(&[prop(tags::DISPLAY_NAME, name.as_str())])?;
                assert_eq!(renamed, []);
                self.items[at].name = name;
            }
            1 if self.depth == Depth::All => return self.relocate(store, at, chance),
            _ => {
                let number = number(chance);
                match number {
                    Some(n) => folder.set(tags::IMPORTANCE, n)?,
                    None => assert_eq!(folder.delete_props(&columns![tags::IMPORTANCE])?, []),
                }
                self.items[at].number = number;
            }
        }
        Ok(vec![self.items[at].item])
    }

    /// Moves a folder, with everything below it, to where it may go.
    fn relocate(&mut self, store: usize, at: usize, chance: &mut Chance) -> Result<Vec<ItemId>> {
        let tree = self.tree(at);
        let to = self
            .parent(chance)
            .filter(|to| !tree.contains(&self.items[*to].item));
        let from = self.open(store, self.position(self.items[at].parent))?;
        let to_parent = to.map(|to| self.items[to].item);
        if to_parent == self.items[at].parent {
            return Ok(Vec::new());
        }
        let target = self.open(store, to)?;
        let id = self.items[at].id.clone();
        let moved = from.copy_folder(&id, &target, None, CopyFolderFlags::MOVE)?;
        assert_eq!(moved.warning, None);
        assert_eq!(moved.value.folder.item(), self.items[at].item);
        self.items[at].parent = to_parent;
        Ok(tree.into_iter().collect())
    }
}

impl World for Folders {
    fn table(&self) -> Result<Table> {
        let table = self.top.hierarchy(self.depth);
        table.columns(self.looks().columns()).open()
    }

    fn looks(&self) -> Looks {
        let name = (By::Text, SortOrder::Ascend);
        Looks {
            own: match self.depth {
                Depth::Children => vec![name],
                Depth::All => vec![(By::Depth, SortOrder::Ascend), name],
            },
            ..Looks::new(tags::DISPLAY_NAME.raw(), tags::IMPORTANCE.raw())
        }
    }

    fn rows(&self) -> Vec<Row> {
        let row = |item: &Item| Row {
            item: item.item,
            instance: 0,
            id: item.id.clone(),
            text: Some(item.name.clone()),
            number: item.number,
            read: false,
            depth: self.depth_of(item),
        };
        self.items.iter().map(row).collect()
    }

    fn mutate(&mut self, chance: &mut Chance, size: usize) -> Result<Vec<ItemId>> {
        let store = chance.in_range(0..2);
        match deed(chance, self.items.len(), size) {
            Deed::Add => self.add(store, chance).map(|()| Vec::new()),
            Deed::Remove(at) => self.remove(store, at, chance),
            Deed::Change(at) => self.change(store, at, chance),
        }
    }
}
