//! The storage of one object: its property stream and the streams of its values. [MS-OXMSG] 2.4

use std::collections::BTreeMap;
use std::io;

use mapi_props::{Defect, LargeSource, PropTag, Tag, TreeProps};

use super::names::{Names, rest_of};
use crate::compound::Storage;
use crate::rest::{Rest, rest_key};
use crate::{PROPERTIES, value_name};

/// PROPATTR_READABLE and PROPATTR_WRITABLE (2.4.2).
const FLAGS: u32 = 6;

/// An object while it is written.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// Flags and value of each property, by identifier and type.
    entries: BTreeMap<PropTag, [u8; 12]>,
    storage: Storage,
    /// Storages below it.
    pub(super) below: Vec<(String, Storage)>,
}

pub(super) fn tag_of(raw: &[u8; 16]) -> PropTag {
    let [a, b, c, d, ..] = *raw;
    PropTag(u32::from_le_bytes([a, b, c, d]))
}

impl Writer {
    pub(super) fn all(
        &mut self,
        props: &TreeProps,
        names: &Names,
        losses: &mut Vec<Defect>,
    ) -> io::Result<()> {
        let mut kept = None;
        for (key, value) in props.iter() {
            if *key == rest_key() {
                kept = Some(rest_of(value)?);
                continue;
            }
            let carried = match names.id(key) {
                Some(id) => self.value(id, value)?,
                None => Err("the file has no identifier left for it"),
            };
            if let Err(why) = carried {
                losses.push(Defect {
                    code: "not-carried",
                    detail: format!("{key:?}: {why}"),
                });
            }
        }
        if let Some(rest) = kept {
            self.rest(rest, names);
        }
        Ok(())
    }

    /// An entry with its value.
    pub(super) fn entry(&mut self, tag: PropTag, value: [u8; 8]) {
        let [a, b, c, d] = FLAGS.to_le_bytes();
        let [e, f, g, h, i, j, k, l] = value;
        self.entries
            .insert(tag, [a, b, c, d, e, f, g, h, i, j, k, l]);
    }

    /// A number, whatever the tree says of it.
    pub(super) fn long(&mut self, tag: Tag<i32>, value: u32) {
        self.entry(tag.raw(), u64::from(value).to_le_bytes());
    }

    /// A value in a stream; its size counts `terminator` bytes that are not there.
    pub(super) fn stream(&mut self, tag: PropTag, bytes: LargeSource, terminator: u64) {
        let size = u32::try_from(bytes.size().saturating_add(terminator)).unwrap_or(u32::MAX);
        self.entry(tag, u64::from(size).to_le_bytes());
        self.storage.stream(value_name(tag), bytes);
    }

    /// A stream beside the property's own: one element of many.
    pub(super) fn element(&mut self, tag: PropTag, number: usize, bytes: Vec<u8>) {
        self.storage
            .stream(format!("{}-{number:08X}", value_name(tag)), bytes);
    }

    /// PR_ATTACH_DATA_OBJ: the size says nothing, what kind of object it is does.
    pub(super) fn holds(&mut self, tag: PropTag, what: u32) {
        self.entry(tag, (u64::from(what) << 32 | 0xFFFF_FFFF).to_le_bytes());
    }

    fn rest(&mut self, mut rest: Rest, names: &Names) {
        for raw in std::mem::take(&mut rest.entries) {
            let tag = tag_of(&raw);
            let [_, _, _, _, entry @ ..] = raw;
            let now = match tag.id() {
                id if id >= 0x8000 => PropTag::new(names.nameless(id), tag.ty()),
                _ => tag,
            };
            if now != tag {
                rename(&mut rest, &value_name(tag), &value_name(now));
            }
            self.entries.entry(now).or_insert(entry);
        }
        rest.put(&mut self.storage);
    }

    /// The storage, its property stream beginning with `header`.
    pub(super) fn finish(mut self, header: Vec<u8>) -> Storage {
        let mut properties = header;
        for (tag, entry) in self.entries {
            properties.extend_from_slice(&tag.0.to_le_bytes());
            properties.extend_from_slice(&entry);
        }
        for (name, below) in self.below {
            self.storage.storage(name, below);
        }
        self.storage.stream(PROPERTIES, properties);
        self.storage
    }
}

/// Streams and storages of a property get the name of its new identifier.
fn rename(rest: &mut Rest, from: &str, to: &str) {
    let renamed = |name: &mut String| {
        if let Some(after) = name.strip_prefix(from) {
            *name = format!("{to}{after}");
        }
    };
    rest.streams.iter_mut().for_each(|(name, _)| renamed(name));
    rest.storages.iter_mut().for_each(|(name, _)| renamed(name));
}
