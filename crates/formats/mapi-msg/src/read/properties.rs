//! The property stream of an object, and the streams beside it. [MS-OXMSG] 2.4

use std::collections::BTreeMap;

use mapi_props::{PropTag, PropType, TreeProps, TreeValue};

use super::value::Parsed;
use super::{Reader, Result2};
use crate::PROPERTIES;
use crate::rest::Rest;

/// One entry of a property stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) tag: PropTag,
    raw: [u8; 16],
}

impl Entry {
    /// Of a property that is there in several types, which one counts: whatever the order in the file, bytes come first,
    /// as with HTML, and texts of a code page last.
    pub(super) const fn rank(&self) -> (u16, u16) {
        let rank = match self.tag.ty() {
            PropType::BINARY => 0,
            PropType::STRING8 | PropType::MV_STRING8 => u16::MAX,
            ty => ty.0,
        };
        (self.tag.id(), rank)
    }

    /// The value, or the size of what lies in a stream.
    pub(super) const fn value(&self) -> [u8; 8] {
        let [.., a, b, c, d, e, f, g, h] = self.raw;
        [a, b, c, d, e, f, g, h]
    }

    /// Its first four bytes as a number.
    pub(super) const fn long(&self) -> i32 {
        let [a, b, c, d, ..] = self.value();
        i32::from_le_bytes([a, b, c, d])
    }
}

/// An object's storage while it is read.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) storage: usize,
    pub(super) entries: Vec<Entry>,
    /// Streams and storages that nothing was made of yet, by upper-case name.
    pub(super) children: BTreeMap<String, usize>,
}

impl Object {
    /// Reads the property stream, which begins with `header` bytes about the object (2.4.1).
    pub(super) fn open(reader: &mut Reader<'_>, storage: usize, header: usize) -> Result2<Self> {
        let mut children = reader.file.children(storage);
        let bytes = match children.remove(&PROPERTIES.to_uppercase()) {
            Some(at) => reader.file.bytes(at).map_err(|e| reader.failed(at, e))?,
            None => {
                let path = reader.file.path(storage);
                reader.defect(
                    "properties-missing",
                    &format!("{path} has no stream {PROPERTIES}"),
                );
                Vec::new()
            }
        };
        let entry = |raw: &[u8; 16]| {
            let [a, b, c, d, ..] = *raw;
            let tag = PropTag(u32::from_le_bytes([a, b, c, d]));
            Entry { tag, raw: *raw }
        };
        let (chunks, _) = bytes.get(header..).unwrap_or_default().as_chunks::<16>();
        Ok(Self {
            storage,
            // A tag of 0 is padding of writers that round the stream up.
            entries: chunks.iter().map(entry).filter(|e| e.tag.0 != 0).collect(),
            children,
        })
    }

    /// Takes a stream or storage out.
    pub(super) fn take(&mut self, name: &str) -> Option<usize> {
        self.children.remove(&name.to_uppercase())
    }

    /// Takes the storages called `prefix` and a number out, in the order of their numbers.
    pub(super) fn take_numbered(&mut self, reader: &Reader<'_>, prefix: &str) -> Vec<usize> {
        let prefix = prefix.to_uppercase();
        let is_storage = |at: usize| reader.file.entry(at).is_some_and(|e| e.is_storage);
        let mut found = Vec::new();
        self.children.retain(|name, at| {
            let number = name.strip_prefix(&prefix);
            let number = number.and_then(|n| u64::from_str_radix(n, 16).ok());
            match number {
                Some(number) if is_storage(*at) => {
                    found.push((number, *at));
                    false
                }
                _ => true,
            }
        });
        found.sort_unstable();
        found.into_iter().map(|(_, at)| at).collect()
    }
}

impl Reader<'_> {
    /// Puts one property where it belongs: among the properties, or into what is kept beside them.
    pub(super) fn property(
        &mut self,
        object: &mut Object,
        entry: &Entry,
        pages: &[u16],
        props: &mut TreeProps,
        rest: &mut Rest,
    ) -> Result2<()> {
        let (file, storage) = (self.file, object.storage);
        let path = || file.path(storage);
        let Some(key) = self.names.key(entry.tag.id()) else {
            let detail = format!("{}: {} has no name in the file", path(), entry.tag);
            self.defect("name-missing", &detail);
            return self.keep_entry(object, entry, rest);
        };
        if props.contains(&key) {
            // The same property in another type, as some writers have their texts in both widths.
            return self.keep_entry(object, entry, rest);
        }
        match self.value(object, entry, pages)? {
            Parsed::Value(value) => {
                props.insert(key, value);
            }
            Parsed::Missing => {
                let detail = format!("{}: the value of {} is missing", path(), entry.tag);
                self.defect("value-missing", &detail);
            }
            Parsed::Unknown => self.keep_entry(object, entry, rest)?,
        }
        Ok(())
    }

    /// Keeps an entry with all its streams.
    fn keep_entry(&mut self, object: &mut Object, entry: &Entry, rest: &mut Rest) -> Result2<()> {
        rest.entries.push(entry.raw);
        let name = crate::value_name(entry.tag).to_uppercase();
        let elements = format!("{name}-");
        let mut streams = Vec::new();
        object.children.retain(|child, at| {
            let its_own = *child == name || child.starts_with(&elements);
            if its_own {
                streams.push(*at);
            }
            !its_own
        });
        streams.into_iter().try_for_each(|at| self.keep(rest, at))
    }
}

impl From<mapi_props::PropValue> for Parsed {
    fn from(value: mapi_props::PropValue) -> Self {
        Self::Value(TreeValue::Value(value))
    }
}
