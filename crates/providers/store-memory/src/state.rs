//! What the store holds, and the one primitive through which items change.

mod check;
mod identified;
mod journal;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::{Arc, Weak};

use mapi_kit::outgoing;
use mapi_props::{Bag, Code, StoredMessage, message_flags, tags};
use mapi_spi::{
    Error, FolderCounts, FolderData, FolderKind, Inverse, ItemId, ItemKind, ItemMeta, LogEntry,
    LogKind, MessageData, Origin, QueuePlace, Queued, Result, Role, StoreInfo, Tenure,
};

use crate::content::{Content, Key};
use crate::faults::Faults;
use crate::names::Names;

use identified::Identified;
pub(crate) use journal::Undo;

use crate::search::{LinkChange, Search, Untold};
use crate::threads::Threading;

/// A folder or message. Shared with readers; a change makes a new one.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) meta: ItemMeta,
    pub(crate) data: Data,
    /// The large values that its bags name.
    pub(crate) values: Arc<BTreeMap<Key, Arc<Content>>>,
}

#[derive(Debug, Clone)]
pub(crate) enum Data {
    Folder {
        props: Arc<Bag>,
        counts: FolderCounts,
    },
    Message {
        body: Arc<StoredMessage>,
        /// Hash of the bytes that it was imported from.
        source: Option<[u8; 32]>,
    },
}

impl Item {
    pub(crate) const fn is_folder(&self) -> bool {
        matches!(self.data, Data::Folder { .. })
    }

    /// Its own properties.
    pub(crate) fn props(&self) -> &Bag {
        match &self.data {
            Data::Folder { props, .. } => props,
            Data::Message { body, .. } => &body.props,
        }
    }

    pub(crate) fn folder_data(&self) -> Option<FolderData> {
        match &self.data {
            Data::Folder { props, counts } => Some(FolderData {
                meta: self.meta.clone(),
                props: Bag::clone(props),
                counts: *counts,
            }),
            Data::Message { .. } => None,
        }
    }

    pub(crate) fn message_data(&self) -> Option<MessageData> {
        match &self.data {
            Data::Message { body, .. } => Some(MessageData {
                meta: self.meta.clone(),
                body: StoredMessage::clone(body),
            }),
            Data::Folder { .. } => None,
        }
    }

    pub(crate) const fn counts(&self) -> Option<FolderCounts> {
        match &self.data {
            Data::Folder { counts, .. } => Some(*counts),
            Data::Message { .. } => None,
        }
    }

    /// The source by which the item's folder knows it.
    const fn live_source(&self) -> Option<[u8; 32]> {
        match &self.data {
            Data::Message { source, .. } if !self.meta.deleted => *source,
            _ => None,
        }
    }

    /// What the item adds to the counters of its folder.
    pub(crate) fn weight(&self) -> FolderCounts {
        let mut w = FolderCounts::default();
        match self.meta.kind {
            ItemKind::Folder(FolderKind::Root) => {}
            ItemKind::Folder(_) => w.folders = u64::from(!self.meta.deleted),
            ItemKind::Message { .. } if self.meta.deleted => w.deleted = 1,
            ItemKind::Message { associated: true } => w.associated = 1,
            ItemKind::Message { associated: false } => {
                w.contents = 1;
                w.unread = u64::from(self.meta.flags & message_flags::READ == 0);
            }
        }
        w
    }
}

/// Rows of engines' own state, by engine, object and key.
pub(crate) type SyncRows = BTreeMap<(u32, Option<ItemId>, Vec<u8>), Vec<u8>>;

/// Everything. Items, store properties, sync rows and the log are undone with a failed commit.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) root: ItemId,
    /// What the store says about itself, as restrictions see it.
    pub(crate) info: StoreInfo,
    items: BTreeMap<ItemId, Arc<Item>>,
    /// Items by the folder that they are in.
    children: BTreeMap<ItemId, BTreeSet<ItemId>>,
    /// Messages that are there, by folder and source.
    sources: BTreeSet<(ItemId, [u8; 32], ItemId)>,
    /// Messages that wait to be sent.
    queue: BTreeSet<QueuePlace>,
    /// Messages by PR_INTERNET_MESSAGE_ID.
    identified: Identified,
    /// Search folders that have criteria, and the messages that are their links.
    pub(crate) searches: BTreeMap<ItemId, Arc<Search>>,
    pub(crate) links: BTreeMap<ItemId, BTreeSet<ItemId>>,
    /// What the change at hand did to search folders; told with it.
    pub(crate) untold: Vec<Untold>,
    /// Which messages make one conversation.
    pub(crate) threads: Threading,
    pub(crate) store_props: Bag,
    pub(crate) sync: SyncRows,
    pub(crate) log: Vec<LogEntry>,
    /// Entries that were trimmed away.
    pub(crate) trimmed: u64,
    pub(crate) names: Names,
    /// Every large value that something still holds, so that equal ones are kept once.
    pub(crate) contents: BTreeMap<Key, Weak<Content>>,
    pub(crate) faults: Faults,
    /// Who does the background work, by role.
    pub(crate) tenures: HashMap<Role, Tenure>,
    next_id: u64,
    next_change: u64,
    journal: Vec<Undo>,
}

impl State {
    /// A store with its root folder.
    pub(crate) fn new(info: StoreInfo) -> Self {
        let mut state = Self {
            root: info.root,
            info,
            items: BTreeMap::new(),
            children: BTreeMap::new(),
            sources: BTreeSet::new(),
            queue: BTreeSet::new(),
            identified: Identified::default(),
            searches: BTreeMap::new(),
            links: BTreeMap::new(),
            untold: Vec::new(),
            threads: Threading::default(),
            store_props: Bag::new(),
            sync: BTreeMap::new(),
            log: Vec::new(),
            trimmed: 0,
            names: Names::default(),
            contents: BTreeMap::new(),
            faults: Faults::default(),
            tenures: HashMap::new(),
            next_id: 2,
            next_change: 1,
            journal: Vec::new(),
        };
        let mut props = Bag::new();
        props.set(tags::DISPLAY_NAME, "Root");
        let root = Item {
            meta: ItemMeta {
                id: state.root,
                parent: state.root,
                kind: ItemKind::Folder(FolderKind::Root),
                deleted: false,
                change: 1,
                content_version: 1,
                thread: None,
                flags: 0,
                status: 0,
                size: 0,
            },
            data: Data::Folder {
                props: Arc::new(props),
                counts: FolderCounts::default(),
            },
            values: Arc::default(),
        };
        state.items.insert(state.root, Arc::new(root));
        state
    }

    pub(crate) fn item(&self, id: ItemId) -> Option<&Arc<Item>> {
        self.items.get(&id)
    }

    /// Items in all.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// All messages, soft-deleted and associated ones too, in the order of their numbers.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &Arc<Item>> {
        self.items.values().filter(|item| !item.is_folder())
    }

    /// Items of a folder, soft-deleted ones too, in the order of their numbers.
    pub(crate) fn children(&self, folder: ItemId) -> impl Iterator<Item = &Arc<Item>> {
        let ids = self.children.get(&folder).into_iter().flatten();
        ids.filter_map(|id| self.items.get(id))
    }

    /// The message of a folder that comes from this source; soft-deleted ones do not count.
    pub(crate) fn of_source(&self, folder: ItemId, source: [u8; 32]) -> Option<ItemId> {
        let all = (folder, source, ItemId(0))..=(folder, source, ItemId(u64::MAX));
        self.sources.range(all).next().map(|(_, _, id)| *id)
    }

    /// Messages that wait to be sent, those after a place.
    pub(crate) fn queue(&self, after: Option<QueuePlace>) -> impl Iterator<Item = Queued> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let places = self.queue.range((from, Bound::Unbounded));
        places.filter_map(|place| {
            let meta = &self.items.get(&place.item)?.meta;
            let row = (
                Origin::SPOOLER.0,
                Some(place.item),
                mapi_spi::QUEUE_STATE.to_vec(),
            );
            Some(Queued {
                place: *place,
                change: meta.change,
                folder: meta.parent,
                size: meta.size,
                state: self.sync.get(&row).cloned(),
            })
        })
    }

    /// Why an item that is asked for is not there.
    fn absence(&self, id: ItemId) -> Error {
        if id.0 != 0 && id.0 < self.next_id && !self.items.contains_key(&id) {
            return Error::new(Code::OBJECT_DELETED, format!("item {id} is deleted"));
        }
        Error::new(Code::NOT_FOUND, format!("there is no such item as {id}"))
    }

    /// A folder that is there and not soft-deleted.
    pub(crate) fn live_folder(&self, id: ItemId) -> Result<Arc<Item>> {
        self.live(id, Item::is_folder)
    }

    /// A message that is there and not soft-deleted.
    pub(crate) fn live_message(&self, id: ItemId) -> Result<Arc<Item>> {
        self.live(id, |item| !item.is_folder())
    }

    fn live(&self, id: ItemId, fits: impl Fn(&Item) -> bool) -> Result<Arc<Item>> {
        let item = self.item(id).ok_or_else(|| self.absence(id))?;
        if !fits(item) {
            return Err(Error::new(
                Code::NOT_FOUND,
                format!("item {id} is of another kind"),
            ));
        }
        if item.meta.deleted {
            return Err(Error::new(
                Code::OBJECT_DELETED,
                format!("item {id} is deleted"),
            ));
        }
        Ok(Arc::clone(item))
    }

    /// A large value that something holds.
    pub(crate) fn content(&self, key: &Key) -> Option<Arc<Content>> {
        self.contents.get(key)?.upgrade()
    }

    /// Keeps a large value as long as its `Arc` lives; an equal one is kept once.
    pub(crate) fn intern(&mut self, content: Content) -> (Key, Arc<Content>) {
        let key = content.key();
        if let Some(known) = self.content(&key) {
            return (key, known);
        }
        let content = Arc::new(content);
        self.contents.retain(|_, held| held.strong_count() > 0);
        self.contents.insert(key, Arc::downgrade(&content));
        (key, content)
    }

    /// A number never used before.
    pub(crate) const fn new_id(&mut self) -> ItemId {
        let id = ItemId(self.next_id);
        self.next_id += 1;
        id
    }

    /// A change number above all before.
    pub(crate) const fn new_change(&mut self) -> u64 {
        self.next_change += 1;
        self.next_change
    }

    /// Puts an item in place of what has its number; keeps the counters of the folders.
    pub(crate) fn put(&mut self, item: &Item) -> Result<()> {
        self.replace(item.meta.id, Some(&Arc::new(item.clone())))
    }

    /// Takes an item out for good, with what engines keep about it.
    pub(crate) fn remove(&mut self, id: ItemId) -> Result<()> {
        self.replace(id, None)?;
        let rows: Vec<_> = self
            .sync
            .keys()
            .filter(|k| k.1 == Some(id))
            .cloned()
            .collect();
        for key in rows {
            self.set_sync(key, None)?;
        }
        Ok(())
    }

    /// Writes or deletes a row of an engine.
    pub(crate) fn set_sync(
        &mut self,
        key: (u32, Option<ItemId>, Vec<u8>),
        value: Option<Vec<u8>>,
    ) -> Result<()> {
        self.faults.write()?;
        let old = match value {
            Some(value) => self.sync.insert(key.clone(), value),
            None => self.sync.remove(&key),
        };
        self.journal.push(Undo::Sync(key, old));
        Ok(())
    }

    /// Replaces the properties of the store.
    pub(crate) fn set_store_props(&mut self, props: Bag) -> Result<()> {
        self.faults.write()?;
        let old = std::mem::replace(&mut self.store_props, props);
        self.journal.push(Undo::StoreProps(old));
        Ok(())
    }

    /// The log's last number.
    pub(crate) fn last(&self) -> u64 {
        self.trimmed
            .saturating_add(u64::try_from(self.log.len()).unwrap_or(u64::MAX))
    }

    /// Appends to the log what happened to an item.
    pub(crate) fn log(
        &mut self,
        origin: Origin,
        kind: LogKind,
        item: &Item,
        changed: Vec<u16>,
        inverse: Option<Inverse>,
    ) -> Result<()> {
        let links = (!self.untold.is_empty()).then(|| (changed.clone(), inverse.clone()));
        self.append(LogEntry {
            seq: self.last() + 1,
            origin,
            kind,
            object: item.meta.id,
            folder: item.is_folder(),
            parent: item.meta.parent,
            flags: item.meta.flags,
            changed,
            inverse,
        })?;
        match links {
            Some((changed, inverse)) => self.tell_links(origin, item, &changed, inverse.as_ref()),
            None => Ok(()),
        }
    }

    /// Appends to the log what happened to the store.
    pub(crate) fn log_store(
        &mut self,
        origin: Origin,
        changed: Vec<u16>,
        inverse: Inverse,
    ) -> Result<()> {
        let store = ItemId(0);
        self.append(LogEntry {
            seq: self.last() + 1,
            origin,
            kind: LogKind::Modified,
            object: store,
            folder: false,
            parent: store,
            flags: 0,
            changed,
            inverse: Some(inverse),
        })
    }

    pub(crate) fn append(&mut self, entry: LogEntry) -> Result<()> {
        self.faults.write()?;
        self.log.push(entry);
        self.journal.push(Undo::Log);
        Ok(())
    }

    fn replace(&mut self, id: ItemId, new: Option<&Arc<Item>>) -> Result<()> {
        self.faults.write()?;
        let old = self.swap(id, new);
        self.journal.push(Undo::Item(id, old.clone()));
        self.follow(id, old.as_ref(), new)
    }

    /// Moves a link and what it weighs in its search folder.
    pub(crate) fn change_link(&mut self, change: LinkChange) -> Result<()> {
        self.faults.write()?;
        self.put_link(change);
        self.journal.push(Undo::Link(change));
        Ok(())
    }

    fn put_link(&mut self, change: LinkChange) {
        let links = self.links.entry(change.folder).or_default();
        match change.after {
            Some(_) => links.insert(change.item),
            None => links.remove(&change.item),
        };
        if links.is_empty() {
            self.links.remove(&change.folder);
        }
        if let Some(weight) = change.before {
            self.weigh(change.folder, weight, u64::wrapping_sub);
        }
        if let Some(weight) = change.after {
            self.weigh(change.folder, weight, u64::wrapping_add);
        }
    }

    /// Remembers how to undo what was just done.
    pub(crate) fn journal(&mut self, undo: Undo) {
        self.journal.push(undo);
    }

    /// Exchanges an item, its place among its folder's items and its weight in the counters. A
    /// folder's own counters stay: only what is in it moves them.
    fn swap(&mut self, id: ItemId, new: Option<&Arc<Item>>) -> Option<Arc<Item>> {
        let old = self.items.remove(&id);
        self.threads.regroup(old.as_deref(), new.map(Arc::as_ref));
        (self.identified).regroup(old.as_deref(), new.map(Arc::as_ref));
        if let Some(mut item) = new.cloned() {
            if let Some(kept) = old.as_deref().and_then(Item::counts)
                && item.counts() != Some(kept)
                && let Data::Folder { counts, .. } = &mut Arc::make_mut(&mut item).data
            {
                *counts = kept;
            }
            self.items.insert(id, item);
        }
        if id == self.root {
            return old;
        }
        if let Some(old) = &old {
            let siblings = self.children.entry(old.meta.parent).or_default();
            siblings.remove(&id);
            if siblings.is_empty() {
                self.children.remove(&old.meta.parent);
            }
            self.weigh(old.meta.parent, old.weight(), u64::wrapping_sub);
            if let Some(source) = old.live_source() {
                self.sources.remove(&(old.meta.parent, source, id));
            }
            if let Some(place) = outgoing::place(&old.meta, old.props()) {
                self.queue.remove(&place);
            }
        }
        if let Some(new) = new {
            self.children.entry(new.meta.parent).or_default().insert(id);
            self.weigh(new.meta.parent, new.weight(), u64::wrapping_add);
            if let Some(source) = new.live_source() {
                self.sources.insert((new.meta.parent, source, id));
            }
            if let Some(place) = outgoing::place(&new.meta, new.props()) {
                self.queue.insert(place);
            }
        }
        old
    }

    fn weigh(&mut self, folder: ItemId, weight: FolderCounts, apply: fn(u64, u64) -> u64) {
        let Some(item) = self.items.get_mut(&folder) else {
            return;
        };
        if let Data::Folder { counts, .. } = &mut Arc::make_mut(item).data {
            *counts = FolderCounts {
                contents: apply(counts.contents, weight.contents),
                unread: apply(counts.unread, weight.unread),
                associated: apply(counts.associated, weight.associated),
                folders: apply(counts.folders, weight.folders),
                deleted: apply(counts.deleted, weight.deleted),
            };
        }
    }
}
