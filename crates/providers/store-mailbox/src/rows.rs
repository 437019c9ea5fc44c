//! Rows of a folder at one moment: what tables show comes from the index, the rest from the message's file when it is asked
//! for.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::Arc;

use mapi_kit::engine::{FolderRow, ItemRow, RowSource, SubRow};
use mapi_props::codec::StoredRef;
use mapi_props::{Code, LargePlace, LargeRef, PropType, PropValue, Slot, tags};
use mapi_query::Row;
use mapi_spi::{Call, Depth, Error, ItemId, ItemMeta, Result, RowSet};

use crate::index::{Folder, Hot, World};
use crate::mail::Mail;
use crate::store::MailboxStore;

/// The rows of a container, in id order; of a whole hierarchy level by level.
#[derive(Debug)]
pub(crate) struct Snapshot<'a> {
    store: &'a MailboxStore,
    call: &'a Call,
    pub(crate) world: Arc<World>,
    rows: Rows,
}

#[derive(Debug)]
enum Rows {
    Messages(Vec<Arc<[Hot]>>),
    /// Folders with their depths.
    Folders(Vec<(ItemId, u32)>),
}

impl<'a> Snapshot<'a> {
    pub(crate) fn of(
        store: &'a MailboxStore,
        container: ItemId,
        set: RowSet,
        call: &'a Call,
    ) -> Result<Self> {
        loop {
            let world = store.world()?;
            if !world.folders.contains_key(&container) {
                let detail = format!("there is no folder {container}");
                return Err(Error::new(Code::NOT_FOUND, detail));
            }
            // Between two looks the world may have become another one.
            if let Some(rows) = rows_of(store, &world, container, set)? {
                return Ok(Self {
                    store,
                    call,
                    world,
                    rows,
                });
            }
            call.check()?;
        }
    }

    /// Shows each message in id order.
    pub(crate) fn each_message(
        &self,
        each: &mut dyn FnMut(&Hot) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let Rows::Messages(parts) = &self.rows else {
            return Ok(());
        };
        if let [rows] = parts.as_slice() {
            for hot in rows.iter() {
                if each(hot)?.is_break() {
                    break;
                }
            }
            return Ok(());
        }
        let mut all: Vec<&Hot> = parts.iter().flat_map(|rows| rows.iter()).collect();
        all.sort_unstable_by_key(|hot| hot.meta.id);
        for hot in all {
            if each(hot)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Shows each folder with its depth.
    pub(crate) fn folders(&self) -> impl Iterator<Item = (&Folder, u32)> {
        let rows = match &self.rows {
            Rows::Folders(rows) => rows.as_slice(),
            Rows::Messages(_) => &[],
        };
        rows.iter()
            .filter_map(|(id, depth)| Some((self.world.folders.get(id)?, *depth)))
    }

    fn find(&self, id: ItemId) -> Option<&Hot> {
        let Rows::Messages(parts) = &self.rows else {
            return None;
        };
        parts.iter().find_map(|rows| {
            let at = rows.binary_search_by_key(&id, |hot| hot.meta.id).ok()?;
            rows.get(at)
        })
    }

    fn message_row<'b>(&'b self, hot: &'b Hot) -> LazyRow<'b> {
        LazyRow {
            from: self,
            hot,
            bag: OnceCell::new(),
            mail: OnceCell::new(),
        }
    }

    fn find_folder(&self, id: ItemId) -> Option<(&Folder, u32)> {
        self.folders().find(|(folder, _)| folder.id() == id)
    }
}

fn folder_row<T>(folder: &Folder, depth: u32, look: impl FnOnce(&dyn ItemRow) -> T) -> T {
    look(&FolderRow {
        meta: &folder.data.meta,
        props: &folder.data.props,
        counts: &folder.data.counts,
        depth,
        open: &|_| None,
    })
}

fn rows_of(
    store: &MailboxStore,
    world: &World,
    container: ItemId,
    set: RowSet,
) -> Result<Option<Rows>> {
    let contents = |folders: Vec<ItemId>| -> Result<Option<Rows>> {
        let mut parts = Vec::with_capacity(folders.len());
        for folder in folders {
            match store.index().contents(world, folder)? {
                Some(rows) => parts.push(rows),
                None => return Ok(None),
            }
        }
        Ok(Some(Rows::Messages(parts)))
    };
    match set {
        RowSet::Contents {
            associated: false,
            deleted: false,
        } => contents(vec![container]),
        // There are none.
        RowSet::Contents { .. } => Ok(Some(Rows::Messages(Vec::new()))),
        RowSet::Deep => {
            let mut below = Vec::new();
            descend(world, container, Depth::All, 0, &mut below);
            let below = below.into_iter().map(|(id, _)| id);
            contents(std::iter::once(container).chain(below).collect())
        }
        RowSet::Hierarchy { deleted: true, .. } => Ok(Some(Rows::Folders(Vec::new()))),
        RowSet::Hierarchy {
            depth,
            deleted: false,
        } => {
            let mut rows = Vec::new();
            descend(world, container, depth, 0, &mut rows);
            rows.sort_by_key(|(id, depth)| (*depth, *id));
            Ok(Some(Rows::Folders(rows)))
        }
    }
}

fn descend(world: &World, of: ItemId, depth: Depth, level: u32, rows: &mut Vec<(ItemId, u32)>) {
    for child in world.children(of) {
        rows.push((child.id(), level));
        if depth == Depth::All {
            descend(world, child.id(), depth, level + 1, rows);
        }
    }
}

impl RowSource for Snapshot<'_> {
    fn scan(&self, each: &mut dyn FnMut(&dyn ItemRow) -> ControlFlow<()>) -> Result<()> {
        self.each_message(&mut |hot| Ok(each(&self.message_row(hot))))?;
        for (folder, depth) in self.folders() {
            if folder_row(folder, depth, &mut *each).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn fetch(&self, item: ItemId, show: &mut dyn FnMut(&dyn ItemRow)) -> Result<()> {
        if let Some(hot) = self.find(item) {
            show(&self.message_row(hot));
            return Ok(());
        }
        let folder = self.find_folder(item);
        let (folder, depth) = folder.ok_or_else(|| Error::from(Code::NOT_FOUND))?;
        folder_row(folder, depth, show);
        Ok(())
    }

    fn has(&self, item: ItemId) -> Result<bool> {
        Ok(self.find(item).is_some() || self.find_folder(item).is_some())
    }
}

/// A message as a row.
struct LazyRow<'a> {
    from: &'a Snapshot<'a>,
    hot: &'a Hot,
    bag: OnceCell<Vec<u8>>,
    mail: OnceCell<Option<Arc<Mail>>>,
}

impl LazyRow<'_> {
    /// What the index has of it. A message that went meanwhile has nothing more to show.
    fn stored(&self) -> Option<StoredRef<'_>> {
        let id = self.hot.meta.id;
        let bytes = self
            .bag
            .get_or_init(|| match self.from.store.index().bag(id) {
                Ok(bag) => bag.unwrap_or_default(),
                Err(error) => {
                    tracing::warn!(message = %id, %error, "the index has nothing of a message");
                    Vec::new()
                }
            });
        StoredRef::new(bytes).ok()
    }

    /// The message itself, read from its file.
    fn mail(&self) -> Option<&Arc<Mail>> {
        let id = self.hot.meta.id;
        let read = || match self.from.store.mail(id, self.from.call) {
            Ok((_, mail)) => Some(mail),
            Err(error) => {
                tracing::warn!(message = %id, %error, "a message cannot be read in its file");
                None
            }
        };
        self.mail.get_or_init(read).as_ref()
    }

    fn is_elsewhere(slot: &Slot) -> bool {
        matches!(
            slot,
            Slot::Large(LargeRef {
                place: LargePlace::Remote,
                ..
            })
        )
    }
}

impl ItemRow for LazyRow<'_> {
    fn meta(&self) -> &ItemMeta {
        &self.hot.meta
    }

    fn slot(&self, id: u16) -> Option<Cow<'_, Slot>> {
        if id == tags::MESSAGE_DELIVERY_TIME.id() {
            let at = self.hot.delivered?;
            return Some(Cow::Owned(Slot::Value(PropValue::SysTime(at))));
        }
        let slot = self.stored()?.props().get(id).ok().flatten()?;
        if !Self::is_elsewhere(&slot) {
            return Some(Cow::Owned(slot));
        }
        self.mail()?.body.props.get(&id).map(Cow::Borrowed)
    }

    fn ty(&self, id: u16) -> Option<PropType> {
        Some(self.stored()?.props().raw(id)?.tag().ty())
    }

    fn text(&self, id: u16) -> Option<Cow<'_, str>> {
        if let Some(text) = self.stored()?.props().text(id) {
            return Some(Cow::Borrowed(text));
        }
        match self.slot(id)? {
            Cow::Borrowed(slot) => match slot.value()? {
                PropValue::Unicode(text) => Some(Cow::Borrowed(text)),
                _ => None,
            },
            Cow::Owned(Slot::Value(PropValue::Unicode(text))) => Some(Cow::Owned(text)),
            Cow::Owned(_) => None,
        }
    }

    fn large(&self, id: u16) -> Option<LargeRef> {
        let raw = self.stored()?.props().raw(id)?;
        match raw.is_large().then(|| raw.slot().ok()).flatten()? {
            Slot::Large(large) if large.place != LargePlace::Remote => Some(large),
            _ => None,
        }
    }

    fn open(&self, value: &LargeRef) -> Option<Box<dyn Read + '_>> {
        let reader = self.mail()?.open(value)?;
        Some(reader)
    }

    fn parent_name(&self) -> Option<String> {
        let folder = self.from.world.folders.get(&self.hot.meta.parent)?;
        Some(folder.name().to_owned())
    }

    fn any_recipient(&self, visit: &mut dyn FnMut(&dyn Row) -> bool) -> bool {
        let Some(stored) = self.stored() else {
            return false;
        };
        stored
            .recipients()
            .filter_map(|bag| decoded(bag.ok()?))
            .any(|bag| {
                visit(&SubRow {
                    bag: &bag,
                    item: self,
                })
            })
    }

    fn any_attachment(&self, visit: &mut dyn FnMut(&dyn Row) -> bool) -> bool {
        let Some(stored) = self.stored() else {
            return false;
        };
        stored
            .attachments()
            .filter_map(|attachment| decoded(attachment.ok()?.props))
            .any(|bag| {
                visit(&SubRow {
                    bag: &bag,
                    item: self,
                })
            })
    }
}

fn decoded(bag: mapi_props::codec::BagRef<'_>) -> Option<mapi_props::Bag> {
    bag.iter()
        .map(|raw| raw.slot().map(|slot| (raw.id, slot)))
        .collect::<std::result::Result<_, _>>()
        .ok()
}
