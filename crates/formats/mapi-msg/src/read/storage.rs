//! Storages of other programs: taken out of a file as compound files of their own, and put back.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use mapi_props::{LargeSource, ReadAt};

use crate::compound::{Compound, Node, Storage};

/// Storages inside each other that are copied.
const DEPTH_MAX: usize = 64;

/// A storage of a file with everything in it; streams are read when they are written.
pub(crate) fn storage_of(file: &Compound, at: usize) -> io::Result<Storage> {
    copy(file, at, 0)
}

fn copy(file: &Compound, at: usize, depth: usize) -> io::Result<Storage> {
    if depth > DEPTH_MAX {
        let detail = "storages are nested too deep";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, detail));
    }
    let mut storage = Storage::default();
    if let Some(entry) = file.entry(at) {
        storage.class = entry.class;
        storage.state = entry.state;
        storage.created = entry.created;
        storage.modified = entry.modified;
    }
    for child in file.all_children(at) {
        let Some(entry) = file.entry(*child) else {
            continue;
        };
        let node = if entry.is_storage {
            Node::Storage(copy(file, *child, depth + 1)?)
        } else {
            Node::Stream(file.source(*child))
        };
        storage.nodes.push((entry.name.clone(), node));
    }
    Ok(storage)
}

/// The root storage of a compound file; `None` if it is none.
pub(crate) fn standalone(bytes: &LargeSource) -> Option<Storage> {
    let size = bytes.size();
    let source: Arc<dyn ReadAt> = match bytes {
        LargeSource::Bytes(bytes) => Arc::new(Arc::clone(bytes)),
        LargeSource::Lazy(_) => Arc::new(Forward {
            inner: bytes.clone(),
            reader: Mutex::default(),
        }),
    };
    let file = Compound::open(source, size).ok().flatten()?;
    storage_of(&file, Compound::ROOT).ok()
}

/// Reads anywhere in what can only be read from its start: a place before the last one begins anew.
struct Forward {
    inner: LargeSource,
    reader: Mutex<Option<Reader>>,
}

struct Reader {
    bytes: Box<dyn Read + Send>,
    at: u64,
}

impl ReadAt for Forward {
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut held = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reader = match held.take() {
            Some(reader) if reader.at <= at => reader,
            _ => Reader {
                bytes: self.inner.open()?,
                at: 0,
            },
        };
        let skipped = at - reader.at;
        reader.at += io::copy(&mut (&mut reader.bytes).take(skipped), &mut io::sink())?;
        let n = if reader.at == at {
            reader.bytes.read(buffer)?
        } else {
            0
        };
        reader.at += u64::try_from(n).unwrap_or(0);
        *held = Some(reader);
        Ok(n)
    }
}
