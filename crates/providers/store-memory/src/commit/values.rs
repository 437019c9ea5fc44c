//! Large values of a change set: made before the operations, bound by them.

use mapi_kit::storable;
use std::collections::BTreeMap;
use std::sync::Arc;

use mapi_props::{Bag, Code, LargePlace, LargeRef, Slot, StoredAttachment};
use mapi_spi::{Error, NewValue, RecipePart, Result};

use super::Commit;
use crate::content::{self, Content, Key, Part};
use crate::state::State;

/// Makes the values of a set, those that are bytes first, since recipes may name them.
pub(super) fn prepare(
    state: &mut State,
    values: Vec<NewValue>,
) -> Result<Vec<(Key, Arc<Content>)>> {
    let mut made = BTreeMap::new();
    let mut recipes = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        match value {
            NewValue::Bytes(bytes) => {
                made.insert(index, state.intern(Content::Bytes(bytes)));
            }
            NewValue::Recipe(parts) => recipes.push((index, parts)),
        }
    }
    for (index, parts) in recipes {
        let parts = parts.into_iter().map(|part| part_of(state, &made, part));
        let recipe = Content::recipe(parts.collect::<Result<_>>()?);
        made.insert(index, state.intern(recipe));
    }
    Ok(made.into_values().collect())
}

fn part_of(
    state: &State,
    made: &BTreeMap<usize, (Key, Arc<Content>)>,
    part: RecipePart,
) -> Result<Part> {
    let (place, encoding) = match part {
        RecipePart::Literal(bytes) => return Ok(Part::Literal(bytes)),
        RecipePart::Value { place, encoding } => (place, encoding),
    };
    let of = match place {
        LargePlace::Present(key) => state.content(&key).ok_or_else(|| unknown(&key))?,
        LargePlace::Pending(index) => {
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            let found = made.get(&index).map(|(_, c)| Arc::clone(c));
            found.ok_or_else(|| invalid("a recipe names no bytes of its set"))?
        }
        LargePlace::Remote => return Err(invalid("a recipe names a value that is not at hand")),
    };
    if of.is_recipe() {
        return Err(invalid("a recipe names a recipe"));
    }
    Ok(Part::Value { of, encoding })
}

impl Commit<'_> {
    /// Gives every large value of a bag its key and size.
    pub(super) fn resolve_bag(&self, bag: &mut Bag) -> Result<()> {
        let mut result = Ok(());
        bag.retain(|_, slot| {
            if result.is_ok() {
                result = self.resolve(slot);
            }
            true
        });
        result
    }

    pub(super) fn resolve_inner(
        &self,
        recipients: Option<&mut Vec<Bag>>,
        attachments: Option<&mut Vec<StoredAttachment>>,
    ) -> Result<()> {
        let mut result = Ok(());
        content::each_inner_bag(recipients, attachments, &mut |bag| {
            if result.is_ok() {
                result = storable::check_bag(bag).and_then(|()| self.resolve_bag(bag));
            }
        });
        result
    }

    pub(super) fn resolve(&self, slot: &mut Slot) -> Result<()> {
        let Slot::Large(large) = slot else {
            return Ok(());
        };
        match large.place {
            LargePlace::Pending(index) => self.resolve_pending(large, index),
            LargePlace::Present(key) => self.check_present(large, &key),
            LargePlace::Remote if self.info.capabilities.remote_values => Ok(()),
            LargePlace::Remote => Err(Error::new(
                Code::NO_SUPPORT,
                "this store keeps no values on servers",
            )),
        }
    }

    fn resolve_pending(&self, large: &mut LargeRef, index: u32) -> Result<()> {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let (key, content) = (self.values.get(index))
            .ok_or_else(|| invalid("a property names no value of its set"))?;
        large.place = LargePlace::Present(*key);
        large.size = content.size();
        Ok(())
    }

    fn check_present(&self, large: &LargeRef, key: &Key) -> Result<()> {
        let content = self.state.content(key).ok_or_else(|| unknown(key))?;
        if content.size() == large.size {
            return Ok(());
        }
        Err(invalid("a property gives a large value another size"))
    }
}

fn unknown(key: &Key) -> Error {
    let [a, b, c, d, ..] = key;
    Error::new(
        Code::NOT_FOUND,
        format!("no large value has the key {a:02x}{b:02x}{c:02x}{d:02x}…"),
    )
}

fn invalid(detail: &str) -> Error {
    Error::new(Code::INVALID_PARAMETER, detail)
}
