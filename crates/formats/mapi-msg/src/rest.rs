//! What a file says that a message tree has no place for: kept as one value, put back when a file is written.

use std::io::{self, Read};

use mapi_props::{Guid, LargeSource, OpenLarge, PropKey, PropName};

use crate::compound::{Compound, Node, Plan, Storage};
use crate::read::storage_of;

/// Under this name an object keeps what only a `.msg` file can say: properties of unknown types, named ones without a
/// name, streams and storages of no property, and the root's class. PT_BINARY; the form is this crate's own.
#[must_use]
pub fn rest_name() -> PropName {
    let set = Guid::from_fields(
        0x6D61_6C6C,
        0x652D,
        0x4D53,
        [0x86, 0x2D, 0x72, 0x65, 0x73, 0x74, 0x00, 0x01],
    );
    PropName::text(set, "msg-rest")
}

pub(crate) fn rest_key() -> PropKey {
    PropKey::Named(rest_name())
}

/// What is kept of one object.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Rest {
    /// Entries of the property stream, 16 bytes each.
    pub(crate) entries: Vec<[u8; 16]>,
    /// Streams by name.
    pub(crate) streams: Vec<(String, Vec<u8>)>,
    /// Storages by name, as compound files.
    pub(crate) storages: Vec<(String, Vec<u8>)>,
    /// Class of the root storage, if it is not a mail message's.
    pub(crate) class: Option<Guid>,
    /// Bytes of all that is kept.
    pub(crate) bytes: usize,
}

impl Rest {
    pub(crate) const fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.streams.is_empty()
            && self.storages.is_empty()
            && self.class.is_none()
    }

    /// Keeps a stream or storage of a file; false if it is too much.
    pub(crate) fn keep(&mut self, file: &Compound, at: usize, limit: usize) -> io::Result<bool> {
        let Some(entry) = file.entry(at) else {
            return Ok(false);
        };
        let room = u64::try_from(limit.saturating_sub(self.bytes)).unwrap_or(u64::MAX);
        let name = entry.name.clone();
        let bytes = if entry.is_storage {
            let plan = Plan::of(storage_of(file, at)?)?;
            if plan.size() > room {
                return Ok(false);
            }
            let mut bytes = Vec::new();
            plan.open()?.read_to_end(&mut bytes)?;
            bytes
        } else {
            if file.size(at) > room {
                return Ok(false);
            }
            file.bytes(at)?
        };
        self.bytes += bytes.len();
        let kept = if entry.is_storage {
            &mut self.storages
        } else {
            &mut self.streams
        };
        kept.push((name, bytes));
        Ok(true)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for entry in &self.entries {
            out.push(1);
            out.extend_from_slice(entry);
        }
        let named = [(2, &self.streams), (3, &self.storages)];
        for (kind, list) in named {
            for (name, bytes) in list {
                out.push(kind);
                put_bytes(name.as_bytes(), &mut out);
                put_bytes(bytes, &mut out);
            }
        }
        if let Some(class) = self.class {
            out.push(4);
            out.extend_from_slice(class.as_bytes());
        }
        out
    }

    /// What can be read of it: somebody may have set the property to anything.
    pub(crate) fn decode(mut bytes: &[u8]) -> Self {
        let mut rest = Self::default();
        while let Some((kind, after)) = bytes.split_first() {
            bytes = after;
            if rest.one(*kind, &mut bytes).is_none() {
                break;
            }
        }
        rest
    }

    fn one(&mut self, kind: u8, bytes: &mut &[u8]) -> Option<()> {
        match kind {
            1 => self.entries.push(*take(bytes, 16)?.first_chunk()?),
            2 | 3 => {
                let name = String::from_utf8(take_bytes(bytes)?.to_vec()).ok()?;
                let value = take_bytes(bytes)?.to_vec();
                let list = if kind == 2 {
                    &mut self.streams
                } else {
                    &mut self.storages
                };
                list.push((name, value));
            }
            4 => self.class = Some(Guid(*take(bytes, 16)?.first_chunk()?)),
            _ => return None,
        }
        Some(())
    }

    /// Puts streams and storages back.
    pub(crate) fn put(self, storage: &mut Storage) {
        for (name, bytes) in self.streams {
            storage.nodes.push((name, Node::Stream(bytes.into())));
        }
        for (name, bytes) in self.storages {
            let node = match crate::read::standalone(&LargeSource::from(bytes.clone())) {
                Some(inner) => Node::Storage(inner),
                None => Node::Stream(bytes.into()),
            };
            storage.nodes.push((name, node));
        }
        if let Some(class) = self.class {
            storage.class = class;
        }
    }
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(bytes.len()).unwrap_or(0);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(bytes.get(..place(length)).unwrap_or_default());
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, after) = bytes.split_at_checked(count)?;
    *bytes = after;
    Some(taken)
}

fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_le_bytes(*take(bytes, 4)?.first_chunk()?);
    take(bytes, place(length))
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
