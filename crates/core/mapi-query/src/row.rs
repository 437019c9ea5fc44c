//! What matching and sorting need to know of an object: its properties, large values and sub-objects.

use std::borrow::Cow;
use std::io::Read;

use mapi_props::{Bag, PropTag, PropType, PropValue, Slot, tags};

use crate::decode_ansi;

/// What [`Row::made_body`] is made from.
pub(crate) const BODY_SOURCES: [PropTag; 5] = [
    tags::HTML.raw(),
    tags::INTERNET_CPID.raw(),
    tags::RTF_COMPRESSED.raw(),
    tags::RTF_IN_SYNC.raw(),
    tags::NATIVE_BODY_INFO.raw(),
];

/// PR_BODY, under any type.
pub(crate) const fn is_body(tag: PropTag) -> bool {
    tag.id() == tags::BODY.id()
}

/// An object whose properties can be looked at. Implemented by each store over its own row form.
///
/// All methods are cheap questions; nothing is fetched from a server by asking.
pub trait Row {
    /// The small value of `tag`'s identifier, whatever its type; `None` if missing or large.
    ///
    /// A tag with an MV_INSTANCE type asks a row of an expanded table for its own single value; a row that
    /// is not expanded on that property gives the whole multi-value.
    fn get(&self, tag: PropTag) -> Option<Cow<'_, PropValue>>;

    /// The type under which the property is stored, large or small; `None` if missing.
    fn ty(&self, id: u16) -> Option<PropType>;

    /// The text of a small single text property, decoded; `None` for anything else.
    ///
    /// Rows that can lend their text override this to save the copy that [`get`](Self::get) may make.
    fn text(&self, id: u16) -> Option<Cow<'_, str>> {
        match self.get(PropTag::new(id, PropType::UNICODE))? {
            Cow::Borrowed(PropValue::Unicode(s)) => Some(Cow::Borrowed(s)),
            Cow::Borrowed(PropValue::String8(s)) => Some(decode_ansi(s)),
            Cow::Owned(PropValue::Unicode(s)) => Some(Cow::Owned(s)),
            Cow::Owned(PropValue::String8(s)) => Some(Cow::Owned(decode_ansi(&s).into_owned())),
            _ => None,
        }
    }

    /// What is known of a large value without reading it; `None` if the property is missing or small.
    fn large(&self, id: u16) -> Option<Large> {
        let _ = id;
        None
    }

    /// Opens a large value (PT_UNICODE as UTF-8, others as stored); `None` if it is not at hand (not downloaded).
    fn open(&self, id: u16) -> Option<Box<dyn Read + '_>> {
        let _ = id;
        None
    }

    /// The text of a message whose PR_BODY is not stored, as a reader gets it: made from HTML or RTF, the
    /// better one; `None` where there is neither or it is not at hand. What looks for words in PR_BODY looks here then.
    fn made_body(&self) -> Option<Cow<'_, str>> {
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

/// A large value as seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Large {
    /// PT_UNICODE, PT_STRING8, PT_BINARY or PT_OBJECT.
    pub ty: PropType,
    /// Bytes as [`Row::open`] gives them.
    pub size: u64,
    /// Code page of a PT_STRING8; 0 if unknown.
    pub code_page: u16,
}

/// A [`Bag`] as a row, without sub-objects; large values are known but cannot be opened.
#[derive(Debug, Clone, Copy)]
pub struct BagRow<'a>(pub &'a Bag);

impl Row for BagRow<'_> {
    fn get(&self, tag: PropTag) -> Option<Cow<'_, PropValue>> {
        self.0.value(tag).map(Cow::Borrowed)
    }

    fn ty(&self, id: u16) -> Option<PropType> {
        self.0.get(&id).map(Slot::ty)
    }

    fn large(&self, id: u16) -> Option<Large> {
        match self.0.get(&id)? {
            Slot::Large(l) => Some(Large {
                ty: l.ty,
                size: l.size,
                code_page: 0,
            }),
            Slot::Value(_) => None,
        }
    }
}

/// One row of a table that is expanded on multi-valued columns: for those, MVI tags give one element.
#[derive(Clone, Copy)]
pub struct Instance<'a> {
    /// The object.
    pub row: &'a dyn Row,
    /// Property identifier and element index of each MVI column.
    pub elements: &'a [(u16, usize)],
}

impl std::fmt::Debug for Instance<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance")
            .field("elements", &self.elements)
            .finish_non_exhaustive()
    }
}

impl Row for Instance<'_> {
    fn get(&self, tag: PropTag) -> Option<Cow<'_, PropValue>> {
        let value = self.row.get(tag)?;
        let index = self
            .elements
            .iter()
            .find(|(id, _)| *id == tag.id() && tag.ty().is_mv_instance());
        match index {
            Some((_, index)) if value.multi_len().is_some() => {
                value.element(*index).map(Cow::Owned)
            }
            _ => Some(value),
        }
    }

    fn ty(&self, id: u16) -> Option<PropType> {
        self.row.ty(id)
    }

    fn text(&self, id: u16) -> Option<Cow<'_, str>> {
        self.row.text(id)
    }

    fn large(&self, id: u16) -> Option<Large> {
        self.row.large(id)
    }

    fn open(&self, id: u16) -> Option<Box<dyn Read + '_>> {
        self.row.open(id)
    }

    fn made_body(&self) -> Option<Cow<'_, str>> {
        self.row.made_body()
    }

    fn any_recipient(&self, visit: &mut dyn FnMut(&dyn Row) -> bool) -> bool {
        self.row.any_recipient(visit)
    }

    fn any_attachment(&self, visit: &mut dyn FnMut(&dyn Row) -> bool) -> bool {
        self.row.any_attachment(visit)
    }
}
