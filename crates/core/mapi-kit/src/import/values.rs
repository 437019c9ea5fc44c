//! Values of a batch: small ones inline, larger ones with the change set, the largest staged before it.

use std::io::Read;

use mapi_props::{
    Code, LargePlace, LargeRef, LargeSource, PropType, PropValue, Recipe, Slot, StoredMessage,
    TreeValue,
};
use mapi_spi::{Call, Error, NewValue, Result, Store};

use super::{recipe, storable};
use crate::lift::Lifter;

/// Sources over this many bytes are staged piece by piece, so that they never lie in memory as a whole.
const STAGE_OVER: u64 = 1 << 20;

/// The large values of a batch.
pub(super) struct Values<'a> {
    store: &'a dyn Store,
    call: &'a Call,
    lifter: Lifter,
    /// Values over this many bytes become large.
    limit: u64,
}

impl<'a> Values<'a> {
    pub(super) fn new(store: &'a dyn Store, call: &'a Call) -> Self {
        let limit = store.info().limits.inline_bytes;
        Self {
            store,
            call,
            lifter: Lifter::new(limit),
            limit: u64::from(limit),
        }
    }

    /// Everything stays inline, as in a working copy.
    pub(super) fn inline(store: &'a dyn Store, call: &'a Call) -> Self {
        Self {
            store,
            call,
            lifter: Lifter::new(u32::MAX),
            limit: u64::MAX,
        }
    }

    /// How many values there are, for [`Self::roll_back`].
    pub(super) const fn mark(&self) -> usize {
        self.lifter.len()
    }

    /// Forgets the values of an item that failed.
    pub(super) fn roll_back(&mut self, mark: usize) {
        self.lifter.truncate(mark);
    }

    pub(super) fn finish(self) -> Vec<NewValue> {
        self.lifter.finish()
    }

    /// A property's value; `None` if it is none that can be stored.
    pub(super) fn value(&mut self, value: TreeValue) -> Result<Option<Slot>> {
        match value {
            TreeValue::Value(v) if storable(&v) => Ok(Some(self.lifter.slot(Slot::Value(v)))),
            TreeValue::Value(_) => Ok(None),
            TreeValue::Large(ty, source) => self.source(ty, &source).map(Some),
        }
    }

    /// A source: inline when it is small after all.
    pub(super) fn source(&mut self, ty: PropType, source: &LargeSource) -> Result<Slot> {
        if source.size() > self.limit {
            return self.large(ty, source);
        }
        let bytes = read(source)?;
        Ok(match ty {
            PropType::UNICODE => self
                .lifter
                .slot(Slot::from(String::from_utf8_lossy(&bytes).into_owned())),
            PropType::BINARY => self.lifter.slot(Slot::Value(PropValue::Binary(bytes))),
            ty => self.lifter.bytes(ty, bytes),
        })
    }

    /// A source as a large value, whatever its size.
    pub(super) fn large(&mut self, ty: PropType, source: &LargeSource) -> Result<Slot> {
        if self.limit == u64::MAX {
            // A storage in a working copy is bytes until it is saved.
            return Ok(Slot::Value(PropValue::Binary(read(source)?)));
        }
        if source.size() <= STAGE_OVER {
            return Ok(self.lifter.bytes(ty, read(source)?));
        }
        if let Some(place) = self.already_there(source)? {
            return Ok(Slot::Large(LargeRef {
                ty,
                size: source.size(),
                place,
            }));
        }
        let mut stage = self.store.stage(self.call)?;
        let mut reader = source.open().map_err(unreadable)?;
        let mut buf = vec![0; 256 * 1024];
        loop {
            match reader.read(&mut buf).map_err(unreadable)? {
                0 => break,
                n => stage.write(buf.get(..n).unwrap_or_default(), self.call)?,
            }
        }
        let staged = stage.finish(self.call)?;
        Ok(Slot::Large(LargeRef {
            ty,
            size: staged.size,
            place: LargePlace::Present(staged.key),
        }))
    }

    /// Where the store holds the same bytes, so that they are not written a second time. Reading a source twice
    /// costs less than writing it once.
    fn already_there(&self, source: &LargeSource) -> Result<Option<LargePlace>> {
        let mut hasher = blake3::Hasher::new();
        let mut reader = source.open().map_err(unreadable)?;
        let mut buf = vec![0; 256 * 1024];
        loop {
            self.call.check()?;
            match reader.read(&mut buf).map_err(unreadable)? {
                0 => break,
                n => hasher.update(buf.get(..n).unwrap_or_default()),
            };
        }
        let key = *hasher.finalize().as_bytes();
        let there = self.store.adopt(&key, source.size(), self.call)?;
        Ok(there.then_some(LargePlace::Present(key)))
    }

    /// The recipe of a message's original, over the attachments of its stored form.
    pub(super) fn recipe(&mut self, recipe: &Recipe, body: &StoredMessage) -> Result<Slot> {
        let (parts, size) = recipe::resolve(recipe, body)?;
        let place = self.lifter.add(NewValue::Recipe(parts));
        Ok(Slot::Large(LargeRef {
            ty: PropType::BINARY,
            size,
            place,
        }))
    }
}

fn read(source: &LargeSource) -> Result<Vec<u8>> {
    if let LargeSource::Bytes(b) = source {
        return Ok(b.to_vec());
    }
    let mut bytes = Vec::new();
    source
        .open()
        .and_then(|mut r| r.read_to_end(&mut bytes))
        .map_err(unreadable)?;
    Ok(bytes)
}

fn unreadable(error: std::io::Error) -> Error {
    Error::caused(
        Code::CORRUPT_DATA,
        "a value of the message could not be read",
        error,
    )
}
