//! Bags in two parts: what lists, searches and keys ask for, and the long texts beside it, unpacked only when one of
//! them is asked for.
//!
//! Layout: `02` (a whole stored message begins with `01`), number of long properties (16 bits), their tags (32 bits each),
//! then both parts, each with its form (0 raw, 1 zstd), length (32 bits) and bytes: the encoded stored message without
//! the long properties, and the encoded bag of these. Numbers are least significant byte first.

use std::borrow::Cow;
use std::cell::OnceCell;

use mapi_props::codec::{BagRef, decode_bag, decode_stored, encode_bag_where, encode_stored_where};
use mapi_props::{Bag, Code, PropTag, PropValue, Slot, StoredMessage};
use mapi_spi::{Error, Result};
use rusqlite::Connection;

use super::{MOST, WORTH_IT, bad};
use crate::blob::{Dictionary, Packed, pack_bytes, unpack_bytes};
use crate::failure::corrupt;

/// What a bag in parts begins with.
const PARTED: u8 = 2;
/// From this many bytes on a value is long.
const LONG: usize = 256;

/// Whether the bytes of a bag are in parts.
pub(super) fn is_parted(data: &[u8]) -> bool {
    data.first() == Some(&PARTED)
}

/// Both parts of a bag, encoded.
pub(super) struct Parts {
    count: u16,
    tags: Vec<PropTag>,
    lean: Vec<u8>,
    rest: Vec<u8>,
}

impl Parts {
    /// The parts of a message; `None` of one that is short, or has no long values.
    pub(super) fn of(body: &StoredMessage) -> Result<Option<Self>> {
        let long = body.props.iter().filter(|(_, slot)| is_long(slot));
        let tags: Vec<PropTag> = long.filter_map(|(id, slot)| tag(*id, slot)).collect();
        let Ok(count @ 1..) = u16::try_from(tags.len()) else {
            return Ok(None);
        };
        let (mut lean, mut rest) = (Vec::with_capacity(512), Vec::with_capacity(4096));
        encode_stored_where(body, &|slot| !is_long(slot), &mut lean).map_err(super::unstorable)?;
        encode_bag_where(&body.props, &is_long, &mut rest).map_err(super::unstorable)?;
        let parts = Self {
            count,
            tags,
            lean,
            rest,
        };
        Ok((parts.lean.len() + parts.rest.len() >= WORTH_IT).then_some(parts))
    }

    /// The stored form.
    pub(super) fn pack(self, dictionary: Option<&Dictionary>) -> Result<Vec<u8>> {
        let lean = match self.lean.len() {
            ..WORTH_IT => Packed {
                form: 0,
                data: self.lean,
            },
            _ => pack_bytes(&self.lean, dictionary),
        };
        let rest = pack_bytes(&self.rest, dictionary);
        let mut out = Vec::with_capacity(lean.data.len() + rest.data.len() + 64);
        out.push(PARTED);
        out.extend_from_slice(&self.count.to_le_bytes());
        for tag in self.tags {
            out.extend_from_slice(&tag.0.to_le_bytes());
        }
        for part in [lean, rest] {
            let len = u32::try_from(part.data.len()).map_err(|_| too_large())?;
            out.push(part.form);
            out.extend_from_slice(&len.to_le_bytes());
            out.extend_from_slice(&part.data);
        }
        Ok(out)
    }
}

fn too_large() -> Error {
    Error::new(
        Code::NOT_ENOUGH_RESOURCES,
        "the properties of an item are too many",
    )
}

fn is_long(slot: &Slot) -> bool {
    let len = match slot {
        Slot::Value(PropValue::Unicode(text)) => text.len(),
        Slot::Value(PropValue::String8(text)) => text.bytes.len(),
        Slot::Value(PropValue::Binary(bytes)) => bytes.len(),
        _ => 0,
    };
    len >= LONG
}

fn tag(id: u16, slot: &Slot) -> Option<PropTag> {
    match slot {
        Slot::Value(value) => Some(PropTag::new(id, value.ty())),
        Slot::Large(_) => None,
    }
}

/// A bag in parts, read.
#[derive(Debug)]
pub(crate) struct Parted<'a> {
    /// The encoded stored message without its long properties.
    pub(crate) lean: Cow<'a, [u8]>,
    pub(crate) long: Long<'a>,
}

impl<'a> Parted<'a> {
    pub(super) fn read(db: &'a Connection, data: &'a [u8]) -> Result<Self> {
        let mut rest = data;
        let [_parted] = take(&mut rest)?;
        let count = u16::from_le_bytes(take(&mut rest)?);
        let tags = (0..count).map(|_| take(&mut rest).map(|tag| PropTag(u32::from_le_bytes(tag))));
        let tags = tags.collect::<Result<_>>()?;
        let (form, lean) = take_part(&mut rest)?;
        let lean = unpack_bytes(db, form, lean, MOST)?;
        let (form, packed) = take_part(&mut rest)?;
        if !rest.is_empty() {
            return Err(damaged());
        }
        let long = Long {
            db,
            tags,
            form,
            packed,
            bytes: OnceCell::new(),
        };
        Ok(Self { lean, long })
    }

    pub(super) fn whole(&self) -> Result<StoredMessage> {
        let mut whole = decode_stored(&self.lean).map_err(bad)?;
        for (id, slot) in self.long.bag()? {
            whole.props.insert(id, slot);
        }
        Ok(whole)
    }
}

/// The long properties of an item.
#[derive(Debug)]
pub(crate) struct Long<'a> {
    db: &'a Connection,
    tags: Vec<PropTag>,
    form: u8,
    packed: &'a [u8],
    /// Unpacked when one is asked for; `None` if they are damaged.
    bytes: OnceCell<Option<Cow<'a, [u8]>>>,
}

impl Long<'_> {
    /// The tag of the long property `id`; nothing is unpacked.
    pub(crate) fn tag(&self, id: u16) -> Option<PropTag> {
        self.tags.iter().copied().find(|tag| tag.id() == id)
    }

    /// The bag of the long properties, if `id` is one of them.
    pub(crate) fn bag_of(&self, id: u16) -> Option<BagRef<'_>> {
        self.tag(id)?;
        let unpack = || unpack_bytes(self.db, self.form, self.packed, MOST).ok();
        let bytes = self.bytes.get_or_init(unpack).as_ref()?;
        BagRef::new(bytes).ok()
    }

    /// All of them.
    pub(crate) fn bag(&self) -> Result<Bag> {
        let bytes = unpack_bytes(self.db, self.form, self.packed, MOST)?;
        decode_bag(&bytes).map_err(bad)
    }

    /// Their encoded bag.
    pub(super) fn bytes(&self) -> Result<Cow<'_, [u8]>> {
        unpack_bytes(self.db, self.form, self.packed, MOST)
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N]> {
    let (taken, after) = rest.split_first_chunk().ok_or_else(damaged)?;
    *rest = after;
    Ok(*taken)
}

fn take_part<'a>(rest: &mut &'a [u8]) -> Result<(u8, &'a [u8])> {
    let [form] = take(rest)?;
    let len = usize::try_from(u32::from_le_bytes(take(rest)?)).map_err(|_| damaged())?;
    let (part, after) = rest.split_at_checked(len).ok_or_else(damaged)?;
    *rest = after;
    Ok((form, part))
}

fn damaged() -> Error {
    corrupt("the stored properties of an item are damaged")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_props::tags;

    fn long_message() -> StoredMessage {
        let mut body = StoredMessage::default();
        body.props.set(tags::SUBJECT, "short");
        body.props.set(tags::BODY, "word ".repeat(400).as_str());
        body.props.set(tags::ENTRYID, &[7_u8; 300][..]);
        body
    }

    fn packed(body: &StoredMessage) -> Vec<u8> {
        Parts::of(body).unwrap().unwrap().pack(None).unwrap()
    }

    #[test]
    fn what_is_parted_is_put_together_again() {
        let db = Connection::open_in_memory().unwrap();
        let body = long_message();
        let data = packed(&body);
        let parted = Parted::read(&db, &data).unwrap();
        assert_eq!(parted.whole().unwrap(), body);
        assert_eq!(parted.long.tag(tags::BODY.id()), Some(tags::BODY.raw()));
        assert!(parted.long.bag_of(tags::SUBJECT.id()).is_none());
        let long = parted.long.bag_of(tags::ENTRYID.id()).unwrap();
        assert_eq!(long.binary(tags::ENTRYID.id()), Some(&[7_u8; 300][..]));
    }

    #[test]
    fn without_long_values_there_are_no_parts() {
        let mut body = StoredMessage::default();
        body.props.set(tags::SUBJECT, "short");
        assert!(Parts::of(&body).unwrap().is_none());
    }

    #[test]
    fn every_truncation_is_an_error() {
        let db = Connection::open_in_memory().unwrap();
        let data = packed(&long_message());
        for len in 0..data.len() {
            let cut = Parted::read(&db, &data[..len]).and_then(|parted| parted.whole());
            assert!(cut.is_err(), "{len}");
        }
    }
}
