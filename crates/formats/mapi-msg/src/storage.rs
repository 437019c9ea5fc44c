//! Any compound file as a tree of storages and streams, read and written whole. [MS-CFB]

use std::io::{self, Read, Write};
use std::sync::Arc;

use mapi_props::{Guid, LargeSource, OpenLarge, ReadAt};

use crate::compound::{Compound, Node, Plan, Storage};

/// A storage with all that is in it.
#[derive(Debug, Clone, Default)]
pub struct StorageTree {
    /// Its class.
    pub class: Guid,
    /// User-defined flags.
    pub state: u32,
    /// When it was made, as a FILETIME; 0: unknown.
    pub created: u64,
    /// When it was changed last.
    pub modified: u64,
    /// By name, in the order of the directory. Of two names that differ in case only, writing takes the first.
    pub nodes: Vec<(String, StorageNode)>,
}

/// What a storage holds under a name.
#[derive(Debug, Clone)]
pub enum StorageNode {
    /// A storage.
    Storage(StorageTree),
    /// A stream.
    Stream(LargeSource),
}

impl StorageTree {
    /// Reads a compound file: its root storage, and what of it is damaged. `None` if it is no compound file. Streams stay
    /// where they are until they are opened.
    ///
    /// # Errors
    /// Those of reading.
    pub fn read(source: Arc<dyn ReadAt>, size: u64) -> io::Result<Option<(Self, Vec<String>)>> {
        let Some(file) = Compound::open(source, size)? else {
            return Ok(None);
        };
        let tree = Self::of(&file, Compound::ROOT);
        Ok(Some((tree, file.damage)))
    }

    /// Writes the compound file of which this is the root storage, from its first byte to its last.
    ///
    /// # Errors
    /// `InvalidInput` for a name that the format does not have; those of reading streams and of writing.
    pub fn write(self, to: &mut dyn Write) -> io::Result<u64> {
        let plan = Plan::of(self.into())?;
        io::copy(&mut plan.open()?.by_ref(), to)
    }

    /// Depth is bounded by that of the directory.
    fn of(file: &Compound, at: usize) -> Self {
        let Some(entry) = file.entry(at) else {
            return Self::default();
        };
        let node = |child: &usize| {
            let entry = file.entry(*child)?;
            let node = if entry.is_storage {
                StorageNode::Storage(Self::of(file, *child))
            } else {
                StorageNode::Stream(file.source(*child))
            };
            Some((entry.name.clone(), node))
        };
        Self {
            class: entry.class,
            state: entry.state,
            created: entry.created,
            modified: entry.modified,
            nodes: file.all_children(at).iter().filter_map(node).collect(),
        }
    }
}

impl From<StorageTree> for Storage {
    fn from(tree: StorageTree) -> Self {
        let node = |(name, node)| match node {
            StorageNode::Storage(tree) => (name, Node::Storage(tree.into())),
            StorageNode::Stream(bytes) => (name, Node::Stream(bytes)),
        };
        Self {
            class: tree.class,
            state: tree.state,
            created: tree.created,
            modified: tree.modified,
            nodes: tree.nodes.into_iter().map(node).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let stream = |bytes: &[u8]| StorageNode::Stream(bytes.to_vec().into());
        let inner = StorageTree {
            class: Guid([7; 16]),
            nodes: vec![("Long".to_owned(), stream(&[5; 9000]))],
            ..StorageTree::default()
        };
        let tree = StorageTree {
            nodes: vec![
                ("A".to_owned(), stream(b"short")),
                ("\u{1}Ole".to_owned(), StorageNode::Storage(inner)),
            ],
            ..StorageTree::default()
        };
        let mut bytes = Vec::new();
        let size = tree.write(&mut bytes).unwrap();
        assert_eq!(size, u64::try_from(bytes.len()).unwrap());
        let (tree, damage) = StorageTree::read(Arc::new(bytes), size).unwrap().unwrap();
        assert_eq!(damage, Vec::<String>::new());
        let names: Vec<_> = tree.nodes.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["A", "\u{1}Ole"]);
        let Some((_, StorageNode::Storage(inner))) = tree.nodes.last() else {
            panic!("{tree:?}")
        };
        assert_eq!(inner.class, Guid([7; 16]));
        let Some((_, StorageNode::Stream(long))) = inner.nodes.first() else {
            panic!("{inner:?}")
        };
        let mut read = Vec::new();
        long.open().unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, [5; 9000]);
        assert!(
            StorageTree::read(Arc::new(vec![0; 600]), 600)
                .unwrap()
                .is_none()
        );
    }
}
