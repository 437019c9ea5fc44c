//! What an object gives so that property access can be written once for all.

use mapi_kit::large::ValueReader;
use mapi_props::{Code, LargeRef, PropTag, PropValue, Slot};
use mapi_spi::{Result, Staged};

use super::write::Change;
use crate::SaveFlags;
use crate::context::{Context, ErrorNote};
use crate::stream::Streams;

/// Properties of an object as they stand.
pub(crate) trait PropSource {
    /// The stored or pending value.
    fn slot(&self, id: u16) -> Option<Slot>;
    /// The computed value.
    fn computed(&self, tag: PropTag) -> Option<PropValue>;
    /// A value that is made from another one: where nothing is stored, or something in another form than asked for.
    fn derived(&self, _tag: PropTag) -> Option<Result<PropValue>> {
        None
    }
    /// Tags of such values that are listed where nothing is stored.
    fn derived_tags(&self) -> Vec<PropTag> {
        Vec::new()
    }
    /// Bytes of the largest derived value that GetProps gives, as the store does with its own.
    fn value_limit(&self) -> u64 {
        u64::MAX
    }
    /// Identifiers of stored and pending values.
    fn ids(&self) -> Vec<u16>;
    /// Tags of computed values that are listed.
    fn computed_tags(&self) -> Vec<PropTag>;
    /// Tables and objects (PT_OBJECT), reached otherwise.
    fn objects(&self) -> &'static [PropTag];
    /// The code page for PT_STRING8 made from wide text.
    fn code_page(&self) -> u16 {
        1252
    }
}

/// An object with properties.
pub(crate) trait Object {
    fn context(&self) -> &Context;
    fn errors(&self) -> &ErrorNote;
    /// The streams that are open on it.
    fn streams(&self) -> &Streams;
    /// Shows the properties at one moment.
    fn with_source<T>(&self, f: &mut dyn FnMut(&dyn PropSource) -> Result<T>) -> Result<T>
    where
        Self: Sized;
    /// Whether the handle may write.
    fn can_modify(&self) -> bool;
    /// Why this property cannot be set to this value (`None`: deleted), beyond what is computed for all.
    fn refuses(&self, tag: PropTag, value: Option<&PropValue>) -> Option<Code>;
    /// Takes over checked changes.
    fn apply(&self, change: Change) -> Result<()>;
    /// SaveChanges.
    fn save(&self, flags: SaveFlags) -> Result<()>;
    /// Opens a stored large value of this object.
    fn open_large(&self, value: &LargeRef) -> Result<ValueReader>;
    /// A second handle to the same state, for a stream to write through.
    fn stream_home(&self) -> Box<dyn StreamHome>;
}

/// Where a stream puts its bytes when it is committed.
pub(crate) trait StreamHome: Send + Sync {
    /// The store that takes them.
    fn host(&self) -> &Context;
    /// `staged`: the value itself if the slot is a large one.
    fn put(&self, id: u16, slot: Slot, staged: Option<Staged>) -> Result<()>;
}

impl<T: Object + Send + Sync> StreamHome for T {
    fn host(&self) -> &Context {
        self.context()
    }

    fn put(&self, id: u16, slot: Slot, staged: Option<Staged>) -> Result<()> {
        self.apply(Change {
            set: vec![(id, slot)],
            delete: Vec::new(),
            staged: staged.into_iter().collect(),
        })
    }
}
