//! A message as its item's row alone tells of it: enough for many a restriction, and far cheaper than its bag.

use std::borrow::Cow;
use std::io::Read;

use mapi_kit::computed::{Owner, is_computed};
use mapi_kit::engine::ItemRow;
use mapi_props::{FileTime, LargeRef, PropTag, PropValue, Slot, tags};
use mapi_spi::{ItemId, ItemMeta, Result};
use rusqlite::Connection;

use super::Hit;
use crate::failure::corrupt;
use crate::fulltext::time_of;
use crate::item;

/// A message without its bag.
#[derive(Debug)]
pub(crate) struct LeanRow {
    meta: ItemMeta,
    delivered: Option<FileTime>,
}

/// Whether such a row answers for a property as the whole message would.
pub(crate) fn knows(tag: PropTag) -> bool {
    tag == tags::MESSAGE_DELIVERY_TIME.raw() || is_computed(Owner::Message, tag.id())
}

impl LeanRow {
    /// A message by its item's row, and its key in the order by delivery time.
    pub(crate) fn new(meta: ItemMeta, date: &[u8]) -> Self {
        Self {
            meta,
            delivered: time_of(date).map(FileTime),
        }
    }

    pub(super) fn of(db: &Connection, hit: &Hit) -> Result<Self> {
        let meta = item::meta(db, ItemId(hit.item))?;
        let meta = meta.ok_or_else(|| corrupt(format!("item {} is missing", hit.item)))?;
        Ok(Self::new(meta, &hit.date))
    }
}

impl ItemRow for LeanRow {
    fn meta(&self) -> &ItemMeta {
        &self.meta
    }

    fn slot(&self, id: u16) -> Option<Cow<'_, Slot>> {
        let delivered = self
            .delivered
            .filter(|_| id == tags::MESSAGE_DELIVERY_TIME.id())?;
        Some(Cow::Owned(Slot::Value(PropValue::SysTime(delivered))))
    }

    fn open(&self, _: &LargeRef) -> Option<Box<dyn Read + '_>> {
        None
    }
}
