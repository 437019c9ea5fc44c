//! Values over the store's inline limit become large ones of the change set that carries them.

use mapi_props::{Bag, LargePlace, LargeRef, PropType, PropValue, Slot};
use mapi_spi::NewValue;

/// Collects the large values of one change set.
#[derive(Debug)]
pub struct Lifter {
    limit: usize,
    values: Vec<NewValue>,
}

impl Lifter {
    /// For a store that keeps values up to `inline_bytes` in the bag.
    #[must_use]
    pub fn new(inline_bytes: u32) -> Self {
        Self {
            limit: usize::try_from(inline_bytes).unwrap_or(usize::MAX),
            values: Vec::new(),
        }
    }

    /// The bag with its large values moved out.
    #[must_use]
    pub fn bag(&mut self, bag: Bag) -> Bag {
        bag.into_iter()
            .map(|(id, slot)| (id, self.slot(slot)))
            .collect()
    }

    /// The slot, moved out if it is a single text or binary over the limit.
    #[must_use]
    pub fn slot(&mut self, slot: Slot) -> Slot {
        match slot {
            Slot::Value(PropValue::Unicode(s)) if s.len() > self.limit => {
                self.bytes(PropType::UNICODE, s.into_bytes())
            }
            Slot::Value(PropValue::Binary(b)) if b.len() > self.limit => {
                self.bytes(PropType::BINARY, b)
            }
            Slot::Value(PropValue::String8(s)) if s.bytes.len() > self.limit => {
                // A large PT_STRING8 has no place for its code page, so it is kept as the text that it is.
                let text = mapi_query::decode_ansi(&s).into_owned();
                self.bytes(PropType::UNICODE, text.into_bytes())
            }
            slot => slot,
        }
    }

    /// A large value of these bytes, whatever their number.
    #[must_use]
    pub fn bytes(&mut self, ty: PropType, bytes: Vec<u8>) -> Slot {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Slot::Large(LargeRef {
            ty,
            size,
            place: self.add(NewValue::Bytes(bytes)),
        })
    }

    /// Adds a value and says by which place to name it.
    #[must_use]
    pub fn add(&mut self, value: NewValue) -> LargePlace {
        let at = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value);
        LargePlace::Pending(at)
    }

    /// How many values there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Forgets the values after the first `len`; nothing may name them any more.
    pub fn truncate(&mut self, len: usize) {
        self.values.truncate(len);
    }

    /// The values, in the order of their places.
    #[must_use]
    pub fn finish(self) -> Vec<NewValue> {
        self.values
    }
}
