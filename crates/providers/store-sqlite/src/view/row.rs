//! Rows of a view in their stored form: properties are decoded one by one, as they are asked for.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;
use std::ops::ControlFlow;

use mapi_kit::engine::ItemRow;
use mapi_props::codec::{BagRef, RawSlot, StoredRef};
use mapi_props::{LargePlace, LargeRef, PropTag, PropType, PropValue, Slot, tags};
use mapi_query::{Large, Row as QueryRow, decode_ansi};
use mapi_spi::{Error, FolderCounts, FolderData, ItemMeta, Result};
use rusqlite::{Connection, OptionalExtension};

use crate::bag::{self, Long};
use crate::blob::SlotReader;
use crate::failure::{Lift, corrupt};
use crate::item::{META_COLUMNS, meta_at};
use crate::queries;

/// A message as its bag holds it.
#[derive(Clone, Copy)]
pub(crate) struct EncodedRow<'a> {
    db: &'a Connection,
    meta: &'a ItemMeta,
    body: StoredRef<'a>,
    props: BagRef<'a>,
    long: Option<&'a Long<'a>>,
}

impl<'a> EncodedRow<'a> {
    /// The part of the bag that holds a property, if there is one.
    fn part(&self, id: u16) -> BagRef<'a> {
        self.long
            .and_then(|long| long.bag_of(id))
            .unwrap_or(self.props)
    }
}

impl fmt::Debug for EncodedRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedRow")
            .field("meta", self.meta)
            .finish_non_exhaustive()
    }
}

/// Shows the message of a number; `None` if it is not there.
pub(crate) fn show<T>(
    db: &Connection,
    id: u64,
    look: impl FnOnce(&EncodedRow<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut select = db.prepare_cached(queries::MESSAGE).lift()?;
    select
        .query_row([id], |row| Ok(encoded(db, row, look)))
        .optional()
        .lift()?
        .transpose()
}

/// Shows a message that an index names, so it must be there.
pub(crate) fn show_known<T>(
    db: &Connection,
    id: u64,
    look: impl FnOnce(&EncodedRow<'_>) -> Result<T>,
) -> Result<T> {
    show(db, id, look)?.ok_or_else(|| not_there(id))
}

/// What an index names is missing.
pub(super) fn not_there(id: u64) -> Error {
    corrupt(format!("an index names message {id}, which is not there"))
}

/// Shows every message with a number in a range, by number, until `look` breaks.
pub(crate) fn each_message(
    db: &Connection,
    (first, last): (u64, u64),
    look: &mut dyn FnMut(&EncodedRow<'_>) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let mut select = db.prepare_cached(queries::MESSAGES).lift()?;
    let mut rows = select.query([first, last]).lift()?;
    while let Some(row) = rows.next().lift()? {
        if encoded(db, row, &mut *look)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Shows the message of a row of [`queries::MESSAGE`] or its like.
pub(super) fn encoded<T>(
    db: &Connection,
    row: &rusqlite::Row<'_>,
    look: impl FnOnce(&EncodedRow<'_>) -> Result<T>,
) -> Result<T> {
    let meta = meta_at(row)?;
    with_bag(db, &meta, row, META_COLUMNS, look)
}

/// Shows a message whose bag is in the columns from `at` on.
pub(crate) fn with_bag<T>(
    db: &Connection,
    meta: &ItemMeta,
    row: &rusqlite::Row<'_>,
    at: usize,
    look: impl FnOnce(&EncodedRow<'_>) -> Result<T>,
) -> Result<T> {
    let form = row.get(at).lift()?;
    let data = row.get_ref(at + 1).lift()?;
    let data = data.as_blob();
    let data = data.map_err(|_| corrupt("a bag that is no blob"))?;
    let unpacked = bag::unpack(db, form, data)?;
    let body = StoredRef::new(&unpacked.lean).map_err(bag::bad)?;
    look(&EncodedRow {
        db,
        meta,
        props: body.props(),
        body,
        long: unpacked.long.as_ref(),
    })
}

impl ItemRow for EncodedRow<'_> {
    fn meta(&self) -> &ItemMeta {
        self.meta
    }

    fn slot(&self, id: u16) -> Option<Cow<'_, Slot>> {
        self.part(id).get(id).ok().flatten().map(Cow::Owned)
    }

    fn ty(&self, id: u16) -> Option<PropType> {
        if let Some(tag) = self.long.and_then(|long| long.tag(id)) {
            return Some(tag.ty());
        }
        self.props.raw(id).map(|raw| raw.tag().ty())
    }

    fn text(&self, id: u16) -> Option<Cow<'_, str>> {
        text(self.part(id), id)
    }

    fn large(&self, id: u16) -> Option<LargeRef> {
        match self.props.raw(id).filter(RawSlot::is_large)?.slot().ok()? {
            Slot::Large(large) => Some(large),
            Slot::Value(_) => None,
        }
    }

    fn open(&self, value: &LargeRef) -> Option<Box<dyn Read + '_>> {
        open(self.db, value)
    }

    fn parent_name(&self) -> Option<String> {
        let folder = bag::body(self.db, self.meta.parent.0).ok()?;
        folder.props.text(tags::DISPLAY_NAME).map(str::to_owned)
    }

    fn any_recipient(&self, visit: &mut dyn FnMut(&dyn QueryRow) -> bool) -> bool {
        let mut rows = self.body.recipients().filter_map(|r| {
            Some(EncodedSub {
                db: self.db,
                props: r.ok()?,
            })
        });
        rows.any(|row| visit(&row))
    }

    fn any_attachment(&self, visit: &mut dyn FnMut(&dyn QueryRow) -> bool) -> bool {
        let rows = self.body.attachments();
        let mut rows = rows.filter_map(|a| {
            Some(EncodedSub {
                db: self.db,
                props: a.ok()?.props,
            })
        });
        rows.any(|row| visit(&row))
    }
}

/// A recipient or attachment as the bag of its message holds it.
struct EncodedSub<'a> {
    db: &'a Connection,
    props: BagRef<'a>,
}

impl EncodedSub<'_> {
    fn large_ref(&self, id: u16) -> Option<LargeRef> {
        match self.props.raw(id).filter(RawSlot::is_large)?.slot().ok()? {
            Slot::Large(large) => Some(large),
            Slot::Value(_) => None,
        }
    }
}

impl QueryRow for EncodedSub<'_> {
    fn get(&self, tag: PropTag) -> Option<Cow<'_, PropValue>> {
        match self.props.get(tag.id()).ok()?? {
            Slot::Value(value) => Some(Cow::Owned(value)),
            Slot::Large(_) => None,
        }
    }

    fn ty(&self, id: u16) -> Option<PropType> {
        self.props.raw(id).map(|raw| raw.tag().ty())
    }

    fn text(&self, id: u16) -> Option<Cow<'_, str>> {
        text(self.props, id)
    }

    fn large(&self, id: u16) -> Option<Large> {
        let large = self.large_ref(id)?;
        Some(Large {
            ty: large.ty,
            size: large.size,
            code_page: 0,
        })
    }

    fn open(&self, id: u16) -> Option<Box<dyn Read + '_>> {
        open(self.db, &self.large_ref(id)?)
    }
}

/// The text of a small property, lent where it is PT_UNICODE.
fn text<'a>(props: BagRef<'a>, id: u16) -> Option<Cow<'a, str>> {
    let raw = props.raw(id).filter(|raw| !raw.is_large())?;
    if let Some(text) = raw.text() {
        return Some(Cow::Borrowed(text));
    }
    match raw.slot().ok()? {
        Slot::Value(PropValue::String8(ansi)) => Some(Cow::Owned(decode_ansi(&ansi).into_owned())),
        _ => None,
    }
}

/// Opens a value that is in the store.
pub(crate) fn open<'a>(db: &'a Connection, value: &LargeRef) -> Option<Box<dyn Read + 'a>> {
    match value.place {
        LargePlace::Present(key) => Some(Box::new(SlotReader::open(db, &key).ok()?)),
        LargePlace::Remote | LargePlace::Pending(_) => None,
    }
}

/// A folder of a hierarchy.
pub(crate) struct FolderLine<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) data: &'a FolderData,
    pub(crate) depth: u32,
}

impl ItemRow for FolderLine<'_> {
    fn meta(&self) -> &ItemMeta {
        &self.data.meta
    }

    fn counts(&self) -> Option<&FolderCounts> {
        Some(&self.data.counts)
    }

    fn depth(&self) -> u32 {
        self.depth
    }

    fn slot(&self, id: u16) -> Option<Cow<'_, Slot>> {
        self.data.props.get(&id).map(Cow::Borrowed)
    }

    fn open(&self, value: &LargeRef) -> Option<Box<dyn Read + '_>> {
        open(self.db, value)
    }
}

/// A message about to be written, as the keys see it.
pub(crate) fn in_memory<'a>(
    meta: &'a ItemMeta,
    body: &'a mapi_props::StoredMessage,
) -> mapi_kit::engine::MessageRow<'a> {
    mapi_kit::engine::MessageRow {
        meta,
        body,
        open: &|_| None,
    }
}
