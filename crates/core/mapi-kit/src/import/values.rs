//! Values of a batch: small ones inline, larger ones with the change set, the largest staged before it.

use std::io::Read;

use mapi_props::{
    Code, LargeRef, LargeSource, PropType, PropValue, Recipe, Slot, StoredMessage, TreeValue,
};
use mapi_spi::{Call, Error, NewValue, Result, Staged, Store};

use super::{TreeValues, recipe, storable};
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
    /// For a working copy: what is not staged stays inline, whatever its size.
    working: bool,
    /// Keeps what was staged until it is bound.
    held: Vec<Staged>,
}

impl<'a> Values<'a> {
    pub(super) fn new(store: &'a dyn Store, call: &'a Call) -> Self {
        let limit = store.info().limits.inline_bytes;
        Self {
            store,
            call,
            lifter: Lifter::new(limit),
            limit: u64::from(limit),
            working: false,
            held: Vec::new(),
        }
    }

    /// As in a working copy: values stay inline up to the size from which on they are staged.
    pub(super) fn working(store: &'a dyn Store, call: &'a Call) -> Self {
        Self {
            lifter: Lifter::new(u32::MAX),
            limit: STAGE_OVER,
            working: true,
            ..Self::new(store, call)
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

    /// The values that go with the change set, and those that were staged.
    pub(super) fn finish(self) -> (Vec<NewValue>, Vec<Staged>) {
        (self.lifter.finish(), self.held)
    }

    fn stage(&self, source: &LargeSource) -> Result<Staged> {
        let mut stage = self.store.stage(self.call)?;
        let mut reader = source.open().map_err(unreadable)?;
        let mut buf = vec![0; 256 * 1024];
        loop {
            match reader.read(&mut buf).map_err(unreadable)? {
                0 => break,
                n => stage.write(buf.get(..n).unwrap_or_default(), self.call)?,
            }
        }
        stage.finish(self.call)
    }

    /// Where the store holds the same bytes, so that they are not written a second time. Reading a source twice
    /// costs less than writing it once.
    fn already_there(&self, source: &LargeSource) -> Result<Option<Staged>> {
        if let Some(hint) = source.blake3() {
            return self.store.adopt(&hint, source.size(), self.call);
        }
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
        self.store.adopt(&key, source.size(), self.call)
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

impl TreeValues for Values<'_> {
    fn value(&mut self, value: TreeValue) -> Result<Option<Slot>> {
        match value {
            TreeValue::Value(v) if storable(&v) => Ok(Some(self.lifter.slot(Slot::Value(v)))),
            TreeValue::Value(_) => Ok(None),
            TreeValue::Large(ty, source) => self.source(ty, &source).map(Some),
        }
    }

    fn source(&mut self, ty: PropType, source: &LargeSource) -> Result<Slot> {
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

    fn large(&mut self, ty: PropType, source: &LargeSource) -> Result<Slot> {
        if source.size() <= STAGE_OVER && self.working {
            // A storage in a working copy is bytes until it is saved.
            return Ok(Slot::Value(PropValue::Binary(read(source)?)));
        }
        if source.size() <= STAGE_OVER {
            return Ok(self.lifter.bytes(ty, read(source)?));
        }
        let staged = match self.already_there(source)? {
            Some(staged) => staged,
            None => self.stage(source)?,
        };
        let slot = Slot::Large(LargeRef {
            ty,
            size: staged.size(),
            place: staged.place(),
        });
        self.held.push(staged);
        Ok(slot)
    }
}

/// All bytes of a small source.
pub(super) fn read(source: &LargeSource) -> Result<Vec<u8>> {
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
