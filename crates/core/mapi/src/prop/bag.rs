//! Objects whose properties lie in one bag: status objects, profile sections.

use mapi_props::{Bag, Code, PropTag, PropValue, Slot, Tag};
use mapi_spi::{Error, Result};

use super::{PropSource, Typed};

/// The properties of such an object at one moment.
#[derive(Debug)]
pub(crate) struct BagSource(pub(crate) Bag);

impl BagSource {
    /// One property.
    pub(crate) fn get<T: Typed + ?Sized>(&self, tag: Tag<T>) -> Result<T::Value> {
        let found = self.0.value(tag).cloned().and_then(T::from_value);
        found.ok_or_else(|| Error::new(Code::NOT_FOUND, format!("{} is not there", tag.raw())))
    }
}

impl PropSource for BagSource {
    fn slot(&self, id: u16) -> Option<Slot> {
        self.0.get(&id).cloned()
    }

    fn computed(&self, _tag: PropTag) -> Option<PropValue> {
        None
    }

    fn ids(&self) -> Vec<u16> {
        self.0.iter().map(|(id, _)| *id).collect()
    }

    fn computed_tags(&self) -> Vec<PropTag> {
        Vec::new()
    }

    fn objects(&self) -> &'static [PropTag] {
        &[]
    }
}
