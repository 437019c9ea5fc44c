//! Rows of search folders: messages with the name of the folder that they are in.

use std::borrow::Cow;
use std::io::Read;

use mapi_kit::engine::ItemRow;
use mapi_props::{LargeRef, PropType, Slot};
use mapi_query::Row;
use mapi_spi::{FolderCounts, ItemMeta};

/// A message as a row of a search folder.
pub(super) struct LinkRow<'a> {
    pub(super) message: &'a dyn ItemRow,
    /// PR_DISPLAY_NAME of its folder.
    pub(super) folder_name: &'a str,
}

impl ItemRow for LinkRow<'_> {
    fn meta(&self) -> &ItemMeta {
        self.message.meta()
    }

    fn counts(&self) -> Option<&FolderCounts> {
        self.message.counts()
    }

    fn depth(&self) -> u32 {
        self.message.depth()
    }

    fn slot(&self, id: u16) -> Option<Cow<'_, Slot>> {
        self.message.slot(id)
    }

    fn ty(&self, id: u16) -> Option<PropType> {
        self.message.ty(id)
    }

    fn large(&self, id: u16) -> Option<LargeRef> {
        self.message.large(id)
    }

    fn open(&self, value: &LargeRef) -> Option<Box<dyn Read + '_>> {
        self.message.open(value)
    }

    fn parent_name(&self) -> Option<String> {
        Some(self.folder_name.to_owned())
    }

    fn any_recipient(&self, visit: &mut dyn FnMut(&dyn Row) -> bool) -> bool {
        self.message.any_recipient(visit)
    }

    fn any_attachment(&self, visit: &mut dyn FnMut(&dyn Row) -> bool) -> bool {
        self.message.any_attachment(visit)
    }
}
