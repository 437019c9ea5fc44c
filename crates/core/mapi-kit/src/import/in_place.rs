//! A message that stays where it lies: its tree as a store over files shows it, nothing copied.

use std::fmt;

use mapi_props::{
    Defect, LargeSource, MessageTree, PropKey, PropType, PropValue, Slot, StoredMessage, TreeValue,
};
use mapi_spi::{Result, Support};

use super::values::read;
use super::{Builder, TreeValues, flags_of, storable};
use crate::held::Held;

/// What a message in its place needs to become one of a store.
#[derive(Clone, Copy)]
pub struct InPlace<'a> {
    /// Identifiers of names; none for a name that the store has no room for.
    pub id_of: &'a dyn Fn(&PropKey) -> Option<u16>,
    /// Clock and randomness. For the same message always the same, or it would change with every look.
    pub support: &'a dyn Support,
    /// [`mapi_spi::Limits::embed_depth`] of the store.
    pub embed_depth: u32,
    /// Its PR_MESSAGE_FLAGS.
    pub flags: u32,
}

impl fmt::Debug for InPlace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InPlace").finish_non_exhaustive()
    }
}

/// A message in its place, as its store shows it.
#[derive(Debug)]
pub struct Laid {
    /// The message.
    pub body: StoredMessage,
    /// PR_MESSAGE_FLAGS, MSGFLAG_HASATTACH as the attachments say.
    pub flags: u32,
    /// What was left out.
    pub defects: Vec<Defect>,
}

/// Makes of a tree exactly what an import would store, but its large values are held as the sources that they are.
/// The recipe of its original stays behind: whoever has the file has the original.
///
/// # Errors
/// `MAPI_E_TOO_COMPLEX` beyond the store's depth of nesting; `MAPI_E_CORRUPT_DATA` for a value that cannot be read.
pub fn lay(tree: MessageTree, how: InPlace<'_>, held: &mut Held) -> Result<Laid> {
    let mut values = Stays(held);
    let mut builder = Builder {
        embed_depth: how.embed_depth,
        support: how.support,
        id_of: how.id_of,
        values: &mut values,
        defects: Vec::new(),
    };
    let body = builder.message(tree, 0)?;
    Ok(Laid {
        flags: flags_of(how.flags, &body),
        defects: builder.defects,
        body,
    })
}

struct Stays<'a>(&'a mut Held);

impl TreeValues for Stays<'_> {
    fn value(&mut self, value: TreeValue) -> Result<Option<Slot>> {
        match value {
            TreeValue::Value(value) if !storable(&value) => Ok(None),
            TreeValue::Value(value) => Ok(Some(self.0.value(value))),
            TreeValue::Large(ty, source) => self.source(ty, &source).map(Some),
        }
    }

    fn source(&mut self, ty: PropType, source: &LargeSource) -> Result<Slot> {
        if source.size() > self.0.inline_bytes() {
            return self.large(ty, source);
        }
        Ok(match ty {
            PropType::UNICODE => Slot::from(String::from_utf8_lossy(&read(source)?).into_owned()),
            PropType::BINARY => Slot::Value(PropValue::Binary(read(source)?)),
            ty => self.0.large(ty, source.clone()),
        })
    }

    fn large(&mut self, ty: PropType, source: &LargeSource) -> Result<Slot> {
        Ok(self.0.large(ty, source.clone()))
    }
}
