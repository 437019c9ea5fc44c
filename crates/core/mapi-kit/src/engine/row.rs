//! Rows as the engine sees them: stored slots from the provider, computed properties from the kit.

use std::borrow::Cow;
use std::io::Read;

use mapi_props::{Bag, LargeRef, PropTag, PropType, PropValue, Slot, tags};
use mapi_query::{Large, Row, decode_ansi};
use mapi_spi::{FolderCounts, ItemId, ItemKind, ItemMeta, StoreInfo};

use crate::bodies::{self, TextBody};
use crate::computed::{self, Facts, Owner};

/// The longest HTML or RTF that searching makes a text of: it is held in memory.
const LONGEST_MADE: u64 = 64 * 1024 * 1024;

/// One item of a container in a provider's own form, which may be encoded bytes.
///
/// Only stored properties: computed ones are added by the engine.
pub trait ItemRow {
    /// What the store knows of it.
    fn meta(&self) -> &ItemMeta;

    /// Counters of a folder.
    fn counts(&self) -> Option<&FolderCounts> {
        None
    }

    /// PR_DEPTH of a hierarchy row.
    fn depth(&self) -> u32 {
        0
    }

    /// What is stored under an identifier.
    fn slot(&self, id: u16) -> Option<Cow<'_, Slot>>;

    /// The type of what is stored under an identifier. Stores over encoded rows answer without decoding.
    fn ty(&self, id: u16) -> Option<PropType> {
        self.slot(id).map(|slot| slot.ty())
    }

    /// The text of a small single text stored under an identifier. Stores over encoded rows lend it.
    fn text(&self, id: u16) -> Option<Cow<'_, str>> {
        match self.slot(id)? {
            Cow::Borrowed(slot) => match slot.value()? {
                PropValue::Unicode(text) => Some(Cow::Borrowed(text)),
                PropValue::String8(text) => Some(decode_ansi(text)),
                _ => None,
            },
            Cow::Owned(Slot::Value(PropValue::Unicode(text))) => Some(Cow::Owned(text)),
            Cow::Owned(Slot::Value(PropValue::String8(text))) => {
                Some(Cow::Owned(decode_ansi(&text).into_owned()))
            }
            Cow::Owned(_) => None,
        }
    }

    /// The large value stored under an identifier. Stores over encoded rows answer without decoding others.
    fn large(&self, id: u16) -> Option<LargeRef> {
        match self.slot(id)?.as_ref() {
            Slot::Large(large) => Some(*large),
            Slot::Value(_) => None,
        }
    }

    /// Opens a large value; `None` if it is not at hand. Asks no server.
    fn open(&self, value: &LargeRef) -> Option<Box<dyn Read + '_>>;

    /// PR_DISPLAY_NAME of the folder that a message is in: asked for rows of search folders only.
    fn parent_name(&self) -> Option<String> {
        None
    }

    /// Shows each recipient to `visit` until it returns true; whether it did.
    fn any_recipient(&self, visit: &mut dyn FnMut(&dyn Row) -> bool) -> bool {
        let _ = visit;
        false
    }

    /// Shows each attachment to `visit` until it returns true; whether it did.
    fn any_attachment(&self, visit: &mut dyn FnMut(&dyn Row) -> bool) -> bool {
        let _ = visit;
        false
    }
}

/// An [`ItemRow`] with its computed properties, as restrictions and sort orders look at it.
#[derive(Clone, Copy)]
pub(super) struct Full<'a> {
    pub(super) info: &'a StoreInfo,
    pub(super) row: &'a dyn ItemRow,
    pub(super) instance: u32,
    /// The folder whose table this is a row of; none where it is no row.
    pub(super) container: Option<ItemId>,
}

impl Full<'_> {
    fn computed(&self, tag: PropTag) -> Option<PropValue> {
        let facts = Facts {
            info: self.info,
            meta: self.row.meta(),
            counts: self.row.counts(),
            depth: self.row.depth(),
            instance: self.instance,
        };
        computed::computed(&facts, tag)
    }

    fn owner(&self) -> Owner {
        self.row.meta().kind.into()
    }

    /// PR_PARENT_DISPLAY, which messages have as rows of search folders: in tables of folders that they are not in.
    fn parent_display(&self, id: u16) -> Option<PropValue> {
        if id != tags::PARENT_DISPLAY.id() {
            return None;
        }
        let meta = self.row.meta();
        let is_link = matches!(meta.kind, ItemKind::Message { .. })
            && self.container.is_some_and(|c| c != meta.parent);
        is_link
            .then(|| self.row.parent_name().map(PropValue::Unicode))
            .flatten()
    }

    fn large_ref(&self, id: u16) -> Option<LargeRef> {
        if computed::is_computed(self.owner(), id) || self.parent_display(id).is_some() {
            return None;
        }
        self.row.large(id)
    }

    /// The code page of the item's PT_STRING8 values.
    fn code_page(&self) -> u16 {
        let read = |tag: PropTag| match self.get(tag)?.as_ref() {
            PropValue::Long(n) => u16::try_from(*n).ok(),
            _ => None,
        };
        read(tags::MESSAGE_CODEPAGE.raw())
            .or_else(|| read(tags::INTERNET_CPID.raw()))
            .unwrap_or(0)
    }
}

impl Row for Full<'_> {
    fn get(&self, tag: PropTag) -> Option<Cow<'_, PropValue>> {
        if computed::is_computed(self.owner(), tag.id()) {
            return self.computed(tag).map(Cow::Owned);
        }
        if let Some(name) = self.parent_display(tag.id()) {
            return Some(Cow::Owned(name));
        }
        match self.row.slot(tag.id()) {
            Some(slot) => small(slot),
            None => computed::fallback(self.owner(), tag.id()).map(Cow::Owned),
        }
    }

    fn ty(&self, id: u16) -> Option<PropType> {
        if computed::is_computed(self.owner(), id) {
            let value = self.computed(PropTag::new(id, PropType::UNSPECIFIED));
            return value.map(|v| v.ty());
        }
        if let Some(name) = self.parent_display(id) {
            return Some(name.ty());
        }
        let stored = self.row.ty(id);
        stored.or_else(|| computed::fallback(self.owner(), id).map(|v| v.ty()))
    }

    fn text(&self, id: u16) -> Option<Cow<'_, str>> {
        if let Some(PropValue::Unicode(name)) = self.parent_display(id) {
            return Some(Cow::Owned(name));
        }
        // No other computed property of an item is text.
        if computed::is_computed(self.owner(), id) {
            return None;
        }
        self.row.text(id)
    }

    fn large(&self, id: u16) -> Option<Large> {
        let large = self.large_ref(id)?;
        let code_page = match large.ty {
            PropType::STRING8 => self.code_page(),
            _ => 0,
        };
        Some(Large {
            ty: large.ty,
            size: large.size,
            code_page,
        })
    }

    fn open(&self, id: u16) -> Option<Box<dyn Read + '_>> {
        self.row.open(&self.large_ref(id)?)
    }

    fn made_body(&self) -> Option<Cow<'_, str>> {
        match bodies::made_body(self.row, LONGEST_MADE) {
            TextBody::Text(text) => Some(text),
            TextBody::None | TextBody::Unknown => None,
        }
    }

    fn any_recipient(&self, visit: &mut dyn FnMut(&dyn Row) -> bool) -> bool {
        self.row.any_recipient(visit)
    }

    fn any_attachment(&self, visit: &mut dyn FnMut(&dyn Row) -> bool) -> bool {
        self.row.any_attachment(visit)
    }
}

/// A recipient or attachment of an item: its bag, and the item to open large values with.
#[derive(Clone, Copy)]
pub struct SubRow<'a> {
    /// Its properties.
    pub bag: &'a Bag,
    /// The item that it belongs to.
    pub item: &'a dyn ItemRow,
}

impl std::fmt::Debug for SubRow<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SubRow")
            .field("bag", &self.bag)
            .field("item", &self.item.meta().id)
            .finish()
    }
}

impl Row for SubRow<'_> {
    fn get(&self, tag: PropTag) -> Option<Cow<'_, PropValue>> {
        self.bag.value(tag).map(Cow::Borrowed)
    }

    fn ty(&self, id: u16) -> Option<PropType> {
        self.bag.get(&id).map(Slot::ty)
    }

    fn large(&self, id: u16) -> Option<Large> {
        match self.bag.get(&id)? {
            Slot::Large(l) => Some(Large {
                ty: l.ty,
                size: l.size,
                code_page: 0,
            }),
            Slot::Value(_) => None,
        }
    }

    fn open(&self, id: u16) -> Option<Box<dyn Read + '_>> {
        match self.bag.get(&id)? {
            Slot::Large(l) => self.item.open(l),
            Slot::Value(_) => None,
        }
    }
}

fn small(slot: Cow<'_, Slot>) -> Option<Cow<'_, PropValue>> {
    match slot {
        Cow::Borrowed(slot) => slot.value().map(Cow::Borrowed),
        Cow::Owned(Slot::Value(value)) => Some(Cow::Owned(value)),
        Cow::Owned(Slot::Large(_)) => None,
    }
}
