//! Bags, whole and by one property.

use super::value::{put_value, take_value};
use super::wire::{Reader, put_length, put_varint};
use super::{CodecError, VERSION};
use crate::{Bag, FileTime, LargePlace, LargeRef, PropTag, PropType, Slot};

/// In a directory: the value lies elsewhere.
const LARGE: u16 = 0x8000;
/// Fewest bytes of a directory entry.
const ENTRY: usize = 5;

/// Appends the canonical form of a bag.
///
/// ```
/// use mapi_props::codec::{BagRef, decode_bag, encode_bag};
/// use mapi_props::{Bag, tags};
///
/// let mut bag = Bag::new();
/// bag.set(tags::SUBJECT, "Budget");
/// bag.set(tags::IMPORTANCE, 2);
/// let mut bytes = Vec::new();
/// encode_bag(&bag, &mut bytes)?;
/// assert_eq!(BagRef::new(&bytes)?.text(tags::SUBJECT.id()), Some("Budget"));
/// assert_eq!(decode_bag(&bytes)?, bag);
/// # Ok::<(), mapi_props::codec::CodecError>(())
/// ```
///
/// # Errors
/// [`CodecError::Pending`] for a large value without a place; [`CodecError::TooDeep`] for a restriction beyond
/// the limit; [`CodecError::Type`] for a large value of a type above 0x7FFF. `out` is as it was then.
pub fn encode_bag(bag: &Bag, out: &mut Vec<u8>) -> Result<(), CodecError> {
    encode_bag_where(bag, &|_| true, out)
}

/// Appends the canonical form of a bag that holds only the properties for which `keep` holds.
///
/// # Errors
/// As [`encode_bag`].
pub fn encode_bag_where(
    bag: &Bag,
    keep: &dyn Fn(&Slot) -> bool,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let start = out.len();
    let written = put_bag(bag, keep, out);
    if written.is_err() {
        out.truncate(start);
    }
    written
}

fn put_bag(bag: &Bag, keep: &dyn Fn(&Slot) -> bool, out: &mut Vec<u8>) -> Result<(), CodecError> {
    let kept = || bag.iter().filter(|(_, slot)| keep(slot));
    let mut values = Vec::with_capacity(bag.len() * 32);
    out.reserve(bag.len() * 40);
    out.push(VERSION);
    put_length(out, kept().count());
    for (id, slot) in kept() {
        let start = values.len();
        let ty = match slot {
            Slot::Value(value) => {
                put_value(&mut values, value, 0)?;
                value.ty().0
            }
            Slot::Large(large) => put_large(&mut values, *id, large)?,
        };
        out.extend_from_slice(&id.to_le_bytes());
        out.extend_from_slice(&ty.to_le_bytes());
        put_length(out, values.len() - start);
    }
    out.extend_from_slice(&values);
    Ok(())
}

fn put_large(out: &mut Vec<u8>, id: u16, large: &LargeRef) -> Result<u16, CodecError> {
    if large.ty.0 & LARGE != 0 {
        return Err(CodecError::Type(large.ty.0));
    }
    match large.place {
        LargePlace::Remote => out.push(0),
        LargePlace::Present(key) => {
            out.push(1);
            out.extend_from_slice(&key);
        }
        LargePlace::Pending(_) => return Err(CodecError::Pending(id)),
    }
    put_varint(out, large.size);
    Ok(large.ty.0 | LARGE)
}

/// Reads a whole bag.
///
/// # Errors
/// [`CodecError`] for anything that [`encode_bag`] does not write.
pub fn decode_bag(bytes: &[u8]) -> Result<Bag, CodecError> {
    let bag = BagRef::new(bytes)?;
    // The directory has been read: the count is true.
    let mut out = Bag::with_capacity(bag.len());
    for raw in bag.iter() {
        out.insert(raw.id, raw.slot()?);
    }
    Ok(out)
}

/// A bag in its encoded form, read property by property.
#[derive(Debug, Clone, Copy)]
pub struct BagRef<'a> {
    directory: &'a [u8],
    values: &'a [u8],
    count: usize,
}

/// One property of a [`BagRef`], not decoded yet.
#[derive(Debug, Clone, Copy)]
pub struct RawSlot<'a> {
    /// The property's identifier.
    pub id: u16,
    ty: u16,
    bytes: &'a [u8],
}

impl<'a> BagRef<'a> {
    /// Looks at the directory, not at the values.
    ///
    /// # Errors
    /// [`CodecError`] if version, directory or total length are not those of a bag.
    pub fn new(bytes: &'a [u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let count = reader.count(ENTRY)?;
        let directory = reader.rest;
        let (mut total, mut next) = (0usize, 0u32);
        for _ in 0..count {
            let id = reader.u16()?;
            if u32::from(id) < next {
                return Err(CodecError::Order(id));
            }
            next = u32::from(id) + 1;
            reader.u16()?;
            total = total
                .checked_add(reader.length()?)
                .ok_or(CodecError::Truncated)?;
        }
        let values = reader.rest;
        match values.len().cmp(&total) {
            std::cmp::Ordering::Less => Err(CodecError::Truncated),
            std::cmp::Ordering::Greater => Err(CodecError::Trailing),
            std::cmp::Ordering::Equal => Ok(Self {
                directory,
                values,
                count,
            }),
        }
    }

    /// Number of properties.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All properties by ascending identifier, undecoded.
    pub fn iter(&self) -> impl Iterator<Item = RawSlot<'a>> + use<'a> {
        let (mut directory, mut values) = (Reader::new(self.directory), Reader::new(self.values));
        (0..self.count).map_while(move |_| {
            // `new` has read all of the directory once: nothing here can fail.
            let (id, ty) = (directory.u16().ok()?, directory.u16().ok()?);
            let bytes = values.take(directory.length().ok()?).ok()?;
            Some(RawSlot { id, ty, bytes })
        })
    }

    /// The property `id`, undecoded.
    #[must_use]
    pub fn raw(&self, id: u16) -> Option<RawSlot<'a>> {
        let mut directory = Reader::new(self.directory);
        let mut start = 0usize;
        for _ in 0..self.count {
            let (found, ty) = (directory.u16().ok()?, directory.u16().ok()?);
            let len = directory.length().ok()?;
            if found >= id {
                let bytes = self.values.get(start..start + len)?;
                return (found == id).then_some(RawSlot { id, ty, bytes });
            }
            start += len;
        }
        None
    }

    /// Whether property `id` is there.
    #[must_use]
    pub fn contains(&self, id: u16) -> bool {
        self.raw(id).is_some()
    }

    /// The property `id`, decoded.
    ///
    /// # Errors
    /// [`CodecError`] if its bytes are not a value of its type.
    pub fn get(&self, id: u16) -> Result<Option<Slot>, CodecError> {
        self.raw(id).map(RawSlot::slot).transpose()
    }

    /// The tags of all properties: identifiers with the types of their values.
    pub fn types(&self) -> impl Iterator<Item = PropTag> + use<'a> {
        self.iter().map(|raw| raw.tag())
    }

    /// The text of property `id`, if it is a small PT_UNICODE.
    #[must_use]
    pub fn text(&self, id: u16) -> Option<&'a str> {
        let bytes = self.small(id, PropType::UNICODE)?;
        str::from_utf8(bytes).ok()
    }

    /// The bytes of property `id`, if it is a small PT_BINARY.
    #[must_use]
    pub fn binary(&self, id: u16) -> Option<&'a [u8]> {
        self.small(id, PropType::BINARY)
    }

    /// The number of property `id`, if it is PT_LONG.
    #[must_use]
    pub fn long(&self, id: u16) -> Option<i32> {
        self.small(id, PropType::LONG)?
            .try_into()
            .ok()
            .map(i32::from_le_bytes)
    }

    /// The time of property `id`, if it is PT_SYSTIME.
    #[must_use]
    pub fn time(&self, id: u16) -> Option<FileTime> {
        let bytes = self.small(id, PropType::SYSTIME)?.try_into().ok()?;
        Some(FileTime(u64::from_le_bytes(bytes)))
    }

    fn small(&self, id: u16, ty: PropType) -> Option<&'a [u8]> {
        self.raw(id)
            .filter(|raw| raw.ty == ty.0)
            .map(|raw| raw.bytes)
    }
}

impl<'a> RawSlot<'a> {
    /// The text, if it is a small PT_UNICODE.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        (self.ty == PropType::UNICODE.0)
            .then(|| str::from_utf8(self.bytes).ok())
            .flatten()
    }

    /// Identifier and type of the value.
    #[must_use]
    pub const fn tag(&self) -> PropTag {
        PropTag::new(self.id, PropType(self.ty & !LARGE))
    }

    /// Whether the value lies elsewhere.
    #[must_use]
    pub const fn is_large(&self) -> bool {
        self.ty & LARGE != 0
    }

    /// The decoded value.
    ///
    /// # Errors
    /// [`CodecError`] if the bytes are not a value of the type.
    pub fn slot(self) -> Result<Slot, CodecError> {
        let ty = self.tag().ty();
        if !self.is_large() {
            return take_value(ty, self.bytes, 0).map(Slot::Value);
        }
        let mut reader = Reader::new(self.bytes);
        let place = match reader.u8()? {
            0 => LargePlace::Remote,
            1 => LargePlace::Present(reader.array()?),
            other => return Err(CodecError::Mark(other)),
        };
        let size = reader.varint()?;
        reader.end()?;
        Ok(Slot::Large(LargeRef { ty, size, place }))
    }
}
