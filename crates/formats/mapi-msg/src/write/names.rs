//! Gives named properties their identifiers in a file, and writes what they stand for. [MS-OXMSG] 2.2.3

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use mapi_props::{
    Guid, MessageTree, NameKind, PropKey, PropName, PropValue, TreeContent, TreeProps, TreeValue,
    guids,
};

use crate::compound::Storage;
use crate::rest::{Rest, rest_key};
use crate::text::to_utf16;

/// Identifiers from 0x8000 on that a file can give.
const MOST: usize = 0x7FFF;

/// The names of a whole file, embedded messages included, in their own order.
#[derive(Debug, Default)]
pub(super) struct Names {
    ids: BTreeMap<PropName, u16>,
    /// Where properties without a name have to give way.
    moved: BTreeMap<u16, u16>,
}

impl Names {
    pub(super) fn of(tree: &MessageTree) -> io::Result<Self> {
        let mut names = BTreeSet::new();
        let mut nameless = BTreeSet::new();
        each_bag(tree, &mut |props| {
            for (key, value) in props.iter() {
                match key {
                    key if *key == rest_key() => {
                        let rest = rest_of(value)?;
                        let tags = rest.entries.iter().map(super::object::tag_of);
                        nameless.extend(tags.map(|tag| tag.id()).filter(|id| *id >= 0x8000));
                    }
                    PropKey::Named(name) if fixed(name).is_none() => {
                        names.insert(name.clone());
                    }
                    PropKey::Named(_) | PropKey::Id(_) => {}
                }
            }
            Ok(())
        })?;
        let ids: BTreeMap<PropName, u16> = names.into_iter().take(MOST).zip(0x8000..).collect();
        let first_free = 0x8000 + ids.len();
        let is_free = |id: &u16| usize::from(*id) >= first_free;
        let mut free = (0x8000..=0xFFFE)
            .rev()
            .filter(is_free)
            .filter(|id| !nameless.contains(id));
        let in_the_way = nameless.iter().filter(|id| !is_free(id));
        let moved = in_the_way
            .filter_map(|id| Some((*id, free.next()?)))
            .collect();
        Ok(Self { ids, moved })
    }

    /// The identifier of a property in the file.
    pub(super) fn id(&self, key: &PropKey) -> Option<u16> {
        match key {
            PropKey::Id(id) => Some(*id),
            PropKey::Named(name) => fixed(name).or_else(|| self.ids.get(name).copied()),
        }
    }

    /// The identifier that a property without a name has now.
    pub(super) fn nameless(&self, id: u16) -> u16 {
        self.moved.get(&id).copied().unwrap_or(id)
    }

    /// `__nameid_version1.0`.
    pub(super) fn storage(&self) -> Storage {
        let mut sets: Vec<Guid> = Vec::new();
        let (mut entries, mut texts) = (Vec::new(), Vec::new());
        let mut buckets: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        for (name, id) in self.in_order() {
            let (number, hashed, kind) = match &name.kind {
                NameKind::Id(number) => (*number, *number, 0),
                NameKind::Text(text) => {
                    let place = u32::try_from(texts.len()).unwrap_or(u32::MAX);
                    let wide = to_utf16(text);
                    put_text(&wide, &mut texts);
                    (place, checksum(&wide), 1)
                }
            };
            let kind = set_of(name.guid, &mut sets) << 1 | kind;
            let entry = |number: u32| {
                let mut entry = number.to_le_bytes().to_vec();
                entry.extend_from_slice(&kind.to_le_bytes());
                entry.extend_from_slice(&(id - 0x8000).to_le_bytes());
                entry
            };
            entries.extend(entry(number));
            let bucket = 0x1000 + (hashed ^ u32::from(kind)) % 0x1F;
            buckets.entry(bucket).or_default().extend(entry(hashed));
        }
        let mut storage = Storage::default();
        let sets: Vec<u8> = sets.iter().flat_map(|set| set.0).collect();
        for (id, bytes) in [(2, sets), (3, entries), (4, texts)] {
            storage.stream(stream_name(id), bytes);
        }
        for (id, bytes) in buckets {
            storage.stream(stream_name(id), bytes);
        }
        storage
    }

    /// By identifier.
    fn in_order(&self) -> impl Iterator<Item = (&PropName, u16)> {
        // Identifiers were given in the order of the names.
        self.ids.iter().map(|(name, id)| (name, *id))
    }
}

/// A numbered name of PS_MAPI is an identifier by itself.
fn fixed(name: &PropName) -> Option<u16> {
    match name.kind {
        NameKind::Id(id) if name.guid == guids::PS_MAPI => {
            u16::try_from(id).ok().filter(|id| *id < 0x8000)
        }
        _ => None,
    }
}

fn stream_name(id: u32) -> String {
    format!("{}{id:04X}0102", crate::VALUE)
}

/// The number of a property set: two are known to everybody, others are listed (2.2.3.1.2).
fn set_of(guid: Guid, sets: &mut Vec<Guid>) -> u16 {
    if guid == guids::PS_MAPI {
        return 1;
    }
    if guid == guids::PS_PUBLIC_STRINGS {
        return 2;
    }
    let at = sets.iter().position(|set| *set == guid).unwrap_or_else(|| {
        sets.push(guid);
        sets.len() - 1
    });
    u16::try_from(at + 3).unwrap_or(u16::MAX)
}

/// Length and text, filled up to four bytes (2.2.3.1.3).
fn put_text(wide: &[u8], texts: &mut Vec<u8>) {
    let length = u32::try_from(wide.len()).unwrap_or(u32::MAX);
    texts.extend_from_slice(&length.to_le_bytes());
    texts.extend_from_slice(wide);
    texts.resize(texts.len().next_multiple_of(4), 0);
}

/// The checksum of [MS-OXRTFCP] 2.1.3.2: CRC-32 that begins with 0 and is not inverted.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            let carry = if sum & 1 == 1 { 0xEDB8_8320 } else { 0 };
            (sum >> 1) ^ carry
        })
    })
}

/// What is kept beside an object's properties.
pub(super) fn rest_of(value: &TreeValue) -> io::Result<Rest> {
    Ok(match value {
        TreeValue::Value(PropValue::Binary(bytes)) => Rest::decode(bytes),
        TreeValue::Value(_) => Rest::default(),
        TreeValue::Large(_, source) => {
            let mut bytes = Vec::new();
            let most = source.open()?;
            io::Read::read_to_end(&mut io::Read::take(most, 64 << 20), &mut bytes)?;
            Rest::decode(&bytes)
        }
    })
}

fn each_bag(
    tree: &MessageTree,
    each: &mut dyn FnMut(&TreeProps) -> io::Result<()>,
) -> io::Result<()> {
    each(&tree.props)?;
    tree.recipients.iter().try_for_each(&mut *each)?;
    for attachment in &tree.attachments {
        each(&attachment.props)?;
        if let TreeContent::Message(inner) = &attachment.content {
            each_bag(inner, each)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_published_example() {
        // [MS-OXRTFCP] 4.1.1: the content of its compressed example.
        assert_eq!(checksum(&[]), 0);
        assert_eq!(checksum(b"\x01"), 0x7707_3096);
        assert_eq!(checksum(b"123456789"), 0x2DFD_2D88);
    }
}
