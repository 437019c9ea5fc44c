//! Opens a compound file: what storages and streams it has, and where their bytes lie. [MS-CFB] 2

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

use mapi_props::{Guid, LargeSource, ReadAt};

use super::chain::{Sectors, fill, words};
use super::directory::{Kind, RawEntry};
use super::extent::{Extent, StreamBytes, StreamReader};
use super::header::{HEADER, Header};
use super::{ENTRY, MINI_SECTOR, NO_ENTRY};

/// Entries of a directory that are looked at.
const ENTRIES_MAX: usize = 1 << 18;
/// Storages inside each other.
const DEPTH_MAX: usize = 512;

/// An open compound file.
pub(crate) struct Compound {
    source: Arc<dyn ReadAt>,
    entries: Vec<Entry>,
    /// What is wrong with it, for a person.
    pub(crate) damage: Vec<String>,
}

/// A storage or stream.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) is_storage: bool,
    pub(crate) class: Guid,
    pub(crate) state: u32,
    pub(crate) created: u64,
    pub(crate) modified: u64,
    parent: usize,
    /// Those of a storage, in the order of the directory.
    children: Vec<usize>,
    extent: Arc<Extent>,
}

impl Compound {
    /// The root storage.
    pub(crate) const ROOT: usize = 0;

    /// Opens the file; `None` if it is no compound file or has no root.
    pub(crate) fn open(source: Arc<dyn ReadAt>, size: u64) -> io::Result<Option<Self>> {
        let mut start = [0; HEADER];
        let there = fill(source.as_ref(), 0, &mut start)?;
        let header = start.get(..there).and_then(Header::read);
        let Some(header) = header else {
            return Ok(None);
        };
        let mut opener = Opener {
            sectors: Sectors::read(source.as_ref(), size, &header)?,
            source,
            header,
            raw: Vec::new(),
            mini: Extent::default(),
            mini_next: Vec::new(),
            mini_taken: Vec::new(),
            damage: Vec::new(),
        };
        opener.read_directory()?;
        opener.open()
    }

    pub(crate) fn entry(&self, at: usize) -> Option<&Entry> {
        self.entries.get(at)
    }

    /// What lies in a storage, by upper-case name; of two of one name the first.
    pub(crate) fn children(&self, storage: usize) -> BTreeMap<String, usize> {
        let mut named = BTreeMap::new();
        for child in self.entry(storage).iter().flat_map(|e| &e.children) {
            if let Some(entry) = self.entry(*child) {
                named.entry(entry.name.to_uppercase()).or_insert(*child);
            }
        }
        named
    }

    /// What lies in a storage, in the order of the directory.
    pub(crate) fn all_children(&self, storage: usize) -> &[usize] {
        self.entry(storage).map_or(&[], |e| &e.children)
    }

    /// Bytes of a stream.
    pub(crate) fn size(&self, stream: usize) -> u64 {
        self.entry(stream).map_or(0, |e| e.extent.size())
    }

    /// All bytes of a stream.
    pub(crate) fn bytes(&self, stream: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if let Some(there) = self.stream(stream) {
            let mut reader = StreamReader {
                bytes: there,
                at: 0,
            };
            reader.read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    }

    /// A stream as a source that is read when needed.
    pub(crate) fn source(&self, stream: usize) -> LargeSource {
        match self.stream(stream) {
            Some(bytes) => LargeSource::Lazy(Arc::new(bytes)),
            None => Vec::new().into(),
        }
    }

    fn stream(&self, stream: usize) -> Option<StreamBytes> {
        Some(StreamBytes {
            source: Arc::clone(&self.source),
            extent: Arc::clone(&self.entry(stream)?.extent),
        })
    }

    /// Where an entry is, `/__attach_version1.0_#00000000/__substg1.0_37010102`.
    pub(crate) fn path(&self, mut at: usize) -> String {
        let mut names = Vec::new();
        while at != Self::ROOT && names.len() <= DEPTH_MAX {
            let Some(entry) = self.entry(at) else { break };
            names.push(entry.name.escape_debug().to_string());
            at = entry.parent;
        }
        names.reverse();
        format!("/{}", names.join("/"))
    }
}

struct Opener {
    source: Arc<dyn ReadAt>,
    header: Header,
    sectors: Sectors,
    raw: Vec<Option<RawEntry>>,
    mini: Extent,
    mini_next: Vec<u32>,
    mini_taken: Vec<bool>,
    damage: Vec<String>,
}

impl Opener {
    fn read_directory(&mut self) -> io::Result<()> {
        let chain = self.sectors.chain(self.header.first_directory, u64::MAX);
        if !chain.whole {
            self.damaged("the directory is cut");
        }
        for number in chain.numbers {
            let Some(bytes) = self.sectors.sector(self.source.as_ref(), number)? else {
                self.damaged("the directory lies behind the end of the file");
                break;
            };
            let entries = bytes.chunks_exact(ENTRY);
            self.raw
                .extend(entries.map(|bytes| RawEntry::read(bytes, self.header.shift)));
            if self.raw.len() >= ENTRIES_MAX {
                self.damaged("the directory has more entries than are looked at");
                break;
            }
        }
        Ok(())
    }

    fn damaged(&mut self, what: &str) {
        // One line for each of thousands would say no more.
        if self.damage.len() < 100 {
            self.damage.push(what.to_owned());
        }
    }

    fn open(mut self) -> io::Result<Option<Compound>> {
        let Some(Some(root)) = self.raw.first_mut().map(Option::take) else {
            return Ok(None);
        };
        if root.kind != Kind::Root {
            return Ok(None);
        }
        self.open_mini(&root)?;
        let mut entries = vec![entry_of(&root, 0, Extent::default())];
        // Storages to be filled: their entry, first child and depth.
        let mut todo = vec![(Compound::ROOT, root.child, 0)];
        while let Some((at, child, depth)) = todo.pop() {
            for raw in self.siblings(child) {
                let number = entries.len();
                let extent = match raw.kind {
                    Kind::Stream => self.extent(&raw),
                    _ => Extent::default(),
                };
                if raw.kind != Kind::Stream && depth < DEPTH_MAX {
                    todo.push((number, raw.child, depth + 1));
                }
                entries.push(entry_of(&raw, at, extent));
                if let Some(parent) = entries.get_mut(at) {
                    parent.children.push(number);
                }
            }
        }
        Ok(Some(Compound {
            source: self.source,
            entries,
            damage: self.damage,
        }))
    }

    fn open_mini(&mut self, root: &RawEntry) -> io::Result<()> {
        self.mini = self.sectors.extent(root.first, root.size);
        let chain = self.sectors.chain(self.header.first_mini_fat, u64::MAX);
        for number in chain.numbers {
            if let Some(bytes) = self.sectors.sector(self.source.as_ref(), number)? {
                self.mini_next.extend(words(&bytes));
            }
        }
        let count = usize::try_from(self.mini.size().div_ceil(MINI_SECTOR)).unwrap_or(0);
        self.mini_next.truncate(count);
        self.mini_taken = vec![false; count];
        Ok(())
    }

    /// Takes the entries of a tree of siblings out, in order. Each can be taken once, so no tree is a circle.
    fn siblings(&mut self, root: u32) -> Vec<RawEntry> {
        enum Visit {
            Entry(u32),
            Taken(Box<RawEntry>),
        }
        let mut found = Vec::new();
        let mut todo = vec![Visit::Entry(root)];
        while let Some(visit) = todo.pop() {
            let number = match visit {
                Visit::Taken(raw) => {
                    found.push(*raw);
                    continue;
                }
                Visit::Entry(NO_ENTRY) => continue,
                Visit::Entry(number) => number,
            };
            let at = usize::try_from(number).unwrap_or(usize::MAX);
            match self.raw.get_mut(at).and_then(Option::take) {
                Some(raw) if raw.kind != Kind::Root => {
                    let (left, right) = (raw.left, raw.right);
                    todo.push(Visit::Entry(right));
                    todo.push(Visit::Taken(Box::new(raw)));
                    todo.push(Visit::Entry(left));
                }
                _ => self.damaged("the directory names an entry twice, or one that is not there"),
            }
        }
        found
    }

    fn extent(&mut self, raw: &RawEntry) -> Extent {
        let extent = if raw.size >= self.header.mini_cutoff {
            self.sectors.extent(raw.first, raw.size)
        } else {
            self.mini_extent(raw.first, raw.size)
        };
        if extent.size() < raw.size {
            let (there, said) = (extent.size(), raw.size);
            self.damaged(&format!(
                "of the {said} bytes of {} only {there} are there",
                raw.name.escape_debug()
            ));
        }
        extent
    }

    fn mini_extent(&mut self, first: u32, size: u64) -> Extent {
        let mut extent = Extent::default();
        let mut at = first;
        while extent.size() < size {
            let number = usize::try_from(at).unwrap_or(usize::MAX);
            let Some(taken) = self.mini_taken.get_mut(number) else {
                break;
            };
            if std::mem::replace(taken, true) {
                break;
            }
            let Some((place, there)) = self.mini.place(u64::from(at) * MINI_SECTOR) else {
                break;
            };
            let wanted = (size - extent.size()).min(MINI_SECTOR);
            extent.push(place, wanted.min(there));
            if there < wanted {
                break;
            }
            at = self.mini_next.get(number).copied().unwrap_or(NO_ENTRY);
        }
        extent
    }
}

fn entry_of(raw: &RawEntry, parent: usize, extent: Extent) -> Entry {
    Entry {
        name: raw.name.clone(),
        is_storage: raw.kind != Kind::Stream,
        class: raw.class,
        state: raw.state,
        created: raw.created,
        modified: raw.modified,
        parent,
        children: Vec::new(),
        extent: Arc::new(extent),
    }
}
