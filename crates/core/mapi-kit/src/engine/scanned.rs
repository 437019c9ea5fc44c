//! Rows over decoded messages and folders, as a store that keeps them so has them.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;

use mapi_props::{Bag, LargeRef, Slot, StoredMessage};
use mapi_query::Row;
use mapi_spi::{FolderCounts, ItemMeta};

use super::row::{ItemRow, SubRow};

/// How the large values of a row are opened.
pub type OpenLarge<'a> = dyn Fn(&LargeRef) -> Option<Box<dyn Read + 'a>> + 'a;

/// A message as a row.
#[derive(Clone, Copy)]
pub struct MessageRow<'a> {
    /// What the store knows of it.
    pub meta: &'a ItemMeta,
    /// Its tree.
    pub body: &'a StoredMessage,
    /// How its large values are opened.
    pub open: &'a OpenLarge<'a>,
}

impl fmt::Debug for MessageRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageRow")
            .field("meta", self.meta)
            .finish_non_exhaustive()
    }
}

impl ItemRow for MessageRow<'_> {
    fn meta(&self) -> &ItemMeta {
        self.meta
    }

    fn slot(&self, id: u16) -> Option<Cow<'_, Slot>> {
        self.body.props.get(&id).map(Cow::Borrowed)
    }

    fn open(&self, value: &LargeRef) -> Option<Box<dyn Read + '_>> {
        (self.open)(value)
    }

    fn any_recipient(&self, visit: &mut dyn FnMut(&dyn Row) -> bool) -> bool {
        let rows = self.body.recipients.iter();
        rows.map(|bag| SubRow { bag, item: self })
            .any(|row| visit(&row))
    }

    fn any_attachment(&self, visit: &mut dyn FnMut(&dyn Row) -> bool) -> bool {
        let rows = self.body.attachments.iter();
        rows.map(|a| SubRow {
            bag: &a.props,
            item: self,
        })
        .any(|row| visit(&row))
    }
}

/// A folder as a row of a hierarchy.
#[derive(Clone, Copy)]
pub struct FolderRow<'a> {
    /// What the store knows of it.
    pub meta: &'a ItemMeta,
    /// Its stored properties.
    pub props: &'a Bag,
    /// Its counters.
    pub counts: &'a FolderCounts,
    /// PR_DEPTH.
    pub depth: u32,
    /// How its large values are opened.
    pub open: &'a OpenLarge<'a>,
}

impl fmt::Debug for FolderRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FolderRow")
            .field("meta", self.meta)
            .finish_non_exhaustive()
    }
}

impl ItemRow for FolderRow<'_> {
    fn meta(&self) -> &ItemMeta {
        self.meta
    }

    fn counts(&self) -> Option<&FolderCounts> {
        Some(self.counts)
    }

    fn depth(&self) -> u32 {
        self.depth
    }

    fn slot(&self, id: u16) -> Option<Cow<'_, Slot>> {
        self.props.get(&id).map(Cow::Borrowed)
    }

    fn open(&self, value: &LargeRef) -> Option<Box<dyn Read + '_>> {
        (self.open)(value)
    }
}
