//! Values that come with a change set: hashed and compressed before the transaction begins.

use std::sync::Arc;

use mapi_props::{Code, Encoding, LargePlace};
use mapi_spi::{Call, Error, NewValue, RecipePart, Result};
use rusqlite::Connection;

use super::base64::Lines;
use super::chunks::{CHUNK, Packed, pack_all};
use super::content::{Content, len_of};
use super::dictionary::Dictionary;
use super::recipe::{Part, Recipe};
use super::table::{Key, find};

/// A value ready to be written.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) key: Key,
    pub(crate) size: u64,
    pub(super) recipe: Option<Recipe>,
    /// Content of a plain value, literals of a recipe; taken when packed.
    raw: Vec<u8>,
    packed: Option<Vec<Packed>>,
    dictionary: Option<Arc<Dictionary>>,
}

impl Prepared {
    /// Whether it is made of other values.
    pub(crate) const fn is_recipe(&self) -> bool {
        self.recipe.is_some()
    }

    /// The chunks, packed now if they were thought to be there already.
    pub(super) fn chunks(&mut self) -> &[Packed] {
        let (raw, dictionary) = (&self.raw, self.dictionary.as_deref());
        self.packed.get_or_insert_with(|| pack_all(raw, dictionary))
    }
}

/// Hashes all values; compresses those that the store does not have yet.
pub(crate) fn prepare(
    values: Vec<NewValue>,
    db: &Connection,
    dictionary: Option<&Arc<Dictionary>>,
    call: &Call,
) -> Result<Vec<Prepared>> {
    let mut ready: Vec<Option<Prepared>> = values.iter().map(|_| None).collect();
    let mut recipes = Vec::new();
    for (index, (value, place)) in values.into_iter().zip(&mut ready).enumerate() {
        call.check()?;
        match value {
            NewValue::Bytes(bytes) => *place = Some(plain(bytes)),
            NewValue::Recipe(parts) => recipes.push((index, parts)),
        }
    }
    for (index, parts) in recipes {
        let made = recipe(parts, &ready, db, call)?;
        if let Some(place) = ready.get_mut(index) {
            *place = Some(made);
        }
    }
    let mut out: Vec<Prepared> = ready.into_iter().flatten().collect();
    for value in &mut out {
        call.check()?;
        value.dictionary = dictionary.cloned();
        if find(db, &value.key)?.is_none() {
            value.chunks();
        }
    }
    Ok(out)
}

fn plain(bytes: Vec<u8>) -> Prepared {
    Prepared {
        key: *blake3::hash(&bytes).as_bytes(),
        size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        recipe: None,
        raw: bytes,
        packed: None,
        dictionary: None,
    }
}

fn recipe(
    parts: Vec<RecipePart>,
    ready: &[Option<Prepared>],
    db: &Connection,
    call: &Call,
) -> Result<Prepared> {
    let mut hasher = blake3::Hasher::new();
    let mut raw = Vec::new();
    let mut made = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            RecipePart::Literal(bytes) => {
                hasher.update(&bytes);
                made.push(Part::Literal(
                    u64::try_from(bytes.len()).unwrap_or(u64::MAX),
                ));
                raw.extend_from_slice(&bytes);
            }
            RecipePart::Value { place, encoding } => {
                made.push(value_part(place, encoding, ready, db, &mut hasher, call)?);
            }
        }
    }
    let size = made.iter().map(Part::len).sum();
    Ok(Prepared {
        key: *hasher.finalize().as_bytes(),
        size,
        recipe: Some(Recipe { parts: made }),
        raw,
        packed: None,
        dictionary: None,
    })
}

fn value_part(
    place: LargePlace,
    encoding: Encoding,
    ready: &[Option<Prepared>],
    db: &Connection,
    hasher: &mut blake3::Hasher,
    call: &Call,
) -> Result<Part> {
    let wrong = |what: &str| {
        Error::new(
            Code::INVALID_PARAMETER,
            format!("a part of a recipe {what}"),
        )
    };
    match place {
        LargePlace::Remote => Err(wrong("is not downloaded")),
        LargePlace::Pending(index) => {
            let value = usize::try_from(index)
                .ok()
                .and_then(|i| ready.get(i))
                .and_then(Option::as_ref);
            let value = value.ok_or_else(|| wrong("is no plain value of the change set"))?;
            hash_encoded(encoding, value.size, hasher, call, &mut |from, to| {
                let range = usize::try_from(from).unwrap_or(usize::MAX)
                    ..usize::try_from(to).unwrap_or(usize::MAX);
                Ok(value.raw.get(range).unwrap_or_default().to_vec())
            })?;
            Ok(Part::Value {
                key: value.key,
                encoding,
                len: len_of(encoding, value.size),
            })
        }
        LargePlace::Present(key) => {
            let mut content = Content::open(db, &key)?.ok_or_else(|| {
                Error::new(Code::NOT_FOUND, "a part of a recipe is not in this store")
            })?;
            let size = content.size();
            hash_encoded(encoding, size, hasher, call, &mut |from, to| {
                content.read_range(db, from, to)
            })?;
            Ok(Part::Value {
                key,
                encoding,
                len: len_of(encoding, size),
            })
        }
    }
}

/// Feeds a value, encoded, to the hasher, piece by piece.
fn hash_encoded(
    encoding: Encoding,
    size: u64,
    hasher: &mut blake3::Hasher,
    call: &Call,
    read: &mut dyn FnMut(u64, u64) -> Result<Vec<u8>>,
) -> Result<()> {
    let total = len_of(encoding, size);
    let step = u64::try_from(CHUNK).unwrap_or(u64::MAX);
    let mut out = vec![0; CHUNK];
    let mut at = 0;
    while at < total {
        call.check()?;
        let len = step.min(total - at);
        let n = match Lines::of(encoding, size) {
            None => {
                let bytes = read(at, at + len)?;
                hasher.update(&bytes);
                bytes.len()
            }
            Some(lines) => {
                let (from, to) = lines.needs(at, len);
                let n = lines.encode(at, &read(from, to)?, &mut out);
                hasher.update(out.get(..n).unwrap_or_default());
                n
            }
        };
        if n == 0 {
            return Err(Error::new(
                Code::CORRUPT_DATA,
                "a part of a recipe ends too early",
            ));
        }
        at += u64::try_from(n).unwrap_or(u64::MAX);
    }
    Ok(())
}
