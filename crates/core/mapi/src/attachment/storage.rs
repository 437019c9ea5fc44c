//! An OLE attachment as structured storage: storages and streams in it, changed in one transaction.
//! Reference: "OLE Attachments", "IStorage" (requirements SES-04, INC-05); [MS-CFB]

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mapi_msg::{StorageNode, StorageTree};
use mapi_props::{Code, Guid, LargeSource, attach_method, tags};
use mapi_spi::{Error, Result};

use super::Attachment;
use crate::{MapiProp, PropertyFlags};

/// Bytes of the largest storage that is opened: it is held in memory.
const LARGEST: u64 = 256 << 20;
/// UTF-16 units of the longest name.
const LONGEST_NAME: usize = 31;

/// A storage in an attachment (IStorage). The root is transacted: what is changed in it, in the storages below and in their
/// streams is in the attachment once the root is committed; then the attachment is saved, and then its message (X-2).
/// Handles to one root see each other's changes at once. Clones are the same handle.
///
/// ```
/// # fn show(attachment: &mapi::Attachment) -> mapi::Result<()> {
/// use std::io::Write;
/// use mapi::{MapiProp, PropertyFlags, SaveFlags};
///
/// let root = attachment.open_storage(PropertyFlags::MODIFY | PropertyFlags::CREATE)?;
/// root.create_stream("CONTENTS")?.write_all(b"drawn").expect("it is in memory");
/// root.commit()?;
/// attachment.save_changes(SaveFlags::NONE)?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Storage {
    root: Arc<Root>,
    path: Vec<String>,
}

/// A stream of a storage (IStream), which is read and written where the pointer stands.
pub struct StorageStream {
    storage: Storage,
    name: String,
    at: u64,
}

/// What a storage holds under a name (STATSTG).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageElement {
    /// Its name; case does not matter, but is kept.
    pub name: String,
    /// Bytes of a stream; `None` for a storage.
    pub size: Option<u64>,
}

struct Root {
    attachment: Attachment,
    modify: bool,
    top: Mutex<Level>,
}

/// A storage as it stands.
#[derive(Default)]
struct Level {
    class: Guid,
    state: u32,
    times: (u64, u64),
    nodes: Vec<(String, Node)>,
}

enum Node {
    Storage(Level),
    Stream(Content),
}

/// Bytes of a stream: as they were, or loaded.
enum Content {
    Stored(LargeSource),
    Loaded(Vec<u8>),
}

impl Attachment {
    /// The storage that it holds (OpenProperty of PR_ATTACH_DATA_OBJ with IID_IStorage). With CREATE an empty one, which
    /// takes the place of what is there when it is committed.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there is no data and it is not created; `MAPI_E_CORRUPT_DATA` for data that is no compound file,
    /// and for MODIFY of a damaged one, of which only reading is safe; `MAPI_E_INVALID_PARAMETER` for CREATE without MODIFY;
    /// `MAPI_E_NO_ACCESS` for MODIFY on a read-only attachment; `MAPI_E_NOT_ENOUGH_MEMORY` over 256 MiB.
    pub fn open_storage(&self, flags: PropertyFlags) -> Result<Storage> {
        self.inner.errors.track(self.storage(flags))
    }

    fn storage(&self, flags: PropertyFlags) -> Result<Storage> {
        self.inner.context().spi()?;
        let modify = flags.contains(PropertyFlags::MODIFY);
        let create = flags.contains(PropertyFlags::CREATE);
        if create && !modify {
            return Err(Error::new(Code::INVALID_PARAMETER, "CREATE needs MODIFY"));
        }
        if modify && !self.is_writable() {
            let detail = "the attachment is open read-only";
            return Err(Error::new(Code::NO_ACCESS, detail));
        }
        let top = if create {
            Level::default()
        } else {
            self.load(modify)?
        };
        let root = Root {
            attachment: self.clone(),
            modify,
            top: Mutex::new(top),
        };
        Ok(Storage {
            root: Arc::new(root),
            path: Vec::new(),
        })
    }

    fn load(&self, modify: bool) -> Result<Level> {
        let mut stream = self.open_property(tags::ATTACH_DATA_OBJ, PropertyFlags::NONE)?;
        if stream.size() > LARGEST {
            let detail = "the storage is too large: open its bytes as a stream";
            return Err(Error::new(Code::NOT_ENOUGH_MEMORY, detail));
        }
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).map_err(unreadable)?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let opened = StorageTree::read(Arc::new(bytes), size).map_err(unreadable)?;
        let damaged = |detail| Error::new(Code::CORRUPT_DATA, detail);
        match opened {
            None => Err(damaged("the attachment holds no structured storage")),
            Some((_, damage)) if modify && !damage.is_empty() => {
                Err(damaged("the storage is damaged: it can only be read"))
            }
            Some((tree, _)) => Ok(tree.into()),
        }
    }
}

impl Storage {
    /// What is in it, in the order of the directory (EnumElements).
    ///
    /// # Errors
    /// `MAPI_E_OBJECT_DELETED` if the storage was removed meanwhile.
    pub fn elements(&self) -> Result<Vec<StorageElement>> {
        self.with(|level| {
            let element = |(name, node): &(String, Node)| StorageElement {
                name: name.clone(),
                size: match node {
                    Node::Storage(_) => None,
                    Node::Stream(content) => Some(content.size()),
                },
            };
            Ok(level.nodes.iter().map(element).collect())
        })
    }

    /// A storage in it.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there is none of that name.
    pub fn open_storage(&self, name: &str) -> Result<Self> {
        self.with(|level| match level.find(name) {
            Some(Node::Storage(_)) => Ok(()),
            _ => Err(missing(name, "storage")),
        })?;
        Ok(self.below(name))
    }

    /// A stream in it. Writing needs a storage that is open for writing.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there is none of that name.
    pub fn open_stream(&self, name: &str) -> Result<StorageStream> {
        self.with(|level| match level.find(name) {
            Some(Node::Stream(_)) => Ok(()),
            _ => Err(missing(name, "stream")),
        })?;
        Ok(self.stream(name))
    }

    /// A new, empty storage in it.
    ///
    /// # Errors
    /// `MAPI_E_COLLISION` if the name is taken; `MAPI_E_INVALID_PARAMETER` for what is no name: 1 to 31 characters, none of
    /// `/`, `\`, `:` and `!`; `MAPI_E_NO_ACCESS` in a storage that is open for reading.
    pub fn create_storage(&self, name: &str) -> Result<Self> {
        self.add(name, Node::Storage(Level::default()))?;
        Ok(self.below(name))
    }

    /// A new, empty stream in it.
    ///
    /// # Errors
    /// As [`Self::create_storage`].
    pub fn create_stream(&self, name: &str) -> Result<StorageStream> {
        self.add(name, Node::Stream(Content::Loaded(Vec::new())))?;
        Ok(self.stream(name))
    }

    /// Removes what has this name, with all that is in it (DestroyElement).
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_NO_ACCESS`.
    pub fn remove(&self, name: &str) -> Result<()> {
        self.writable()?;
        self.with(|level| {
            let before = level.nodes.len();
            level.nodes.retain(|(known, _)| !same(known, name));
            if level.nodes.len() == before {
                return Err(missing(name, "storage or stream"));
            }
            Ok(())
        })
    }

    /// Gives what has this name another one (RenameElement).
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_COLLISION`; `MAPI_E_INVALID_PARAMETER`; `MAPI_E_NO_ACCESS`.
    pub fn rename(&self, name: &str, new: &str) -> Result<()> {
        self.writable()?;
        check_name(new)?;
        self.with(|level| {
            if !same(name, new) && level.find(new).is_some() {
                return Err(taken(new));
            }
            let node = level.nodes.iter_mut().find(|(known, _)| same(known, name));
            let (known, _) = node.ok_or_else(|| missing(name, "storage or stream"))?;
            new.clone_into(known);
            Ok(())
        })
    }

    /// Its class.
    ///
    /// # Errors
    /// `MAPI_E_OBJECT_DELETED`.
    pub fn class(&self) -> Result<Guid> {
        self.with(|level| Ok(level.class))
    }

    /// Sets its class (SetClass).
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS`; `MAPI_E_OBJECT_DELETED`.
    pub fn set_class(&self, class: Guid) -> Result<()> {
        self.writable()?;
        self.with(|level| {
            level.class = class;
            Ok(())
        })
    }

    /// Puts the storage into the attachment, whole or not at all. Below the root it does nothing: what is there belongs to
    /// the root's transaction.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` in a storage that is open for reading, or when the attachment was saved and is read-only since.
    pub fn commit(&self) -> Result<()> {
        self.writable()?;
        if !self.path.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        let tree = self.root.top().tree();
        tree.write(&mut bytes).map_err(unreadable)?;
        let attachment = &self.root.attachment;
        let flags = PropertyFlags::MODIFY | PropertyFlags::CREATE;
        let mut stream = attachment.open_property(tags::ATTACH_DATA_OBJ, flags)?;
        stream.write_all(&bytes).map_err(unreadable)?;
        stream.commit()?;
        if attachment.method() == attach_method::NONE {
            attachment.set(tags::ATTACH_METHOD, attach_method::OLE)?;
        }
        Ok(())
    }

    /// Throws away what was changed since the attachment's data was read or committed last.
    ///
    /// # Errors
    /// Those of [`Attachment::open_storage`] without CREATE.
    pub fn revert(&self) -> Result<()> {
        let loaded = self.root.attachment.load(self.root.modify)?;
        *self.root.top() = loaded;
        Ok(())
    }

    fn add(&self, name: &str, node: Node) -> Result<()> {
        self.writable()?;
        check_name(name)?;
        self.with(|level| {
            if level.find(name).is_some() {
                return Err(taken(name));
            }
            level.nodes.push((name.to_owned(), node));
            Ok(())
        })
    }

    fn below(&self, name: &str) -> Self {
        let mut path = self.path.clone();
        path.push(name.to_owned());
        Self {
            root: Arc::clone(&self.root),
            path,
        }
    }

    fn stream(&self, name: &str) -> StorageStream {
        StorageStream {
            storage: self.clone(),
            name: name.to_owned(),
            at: 0,
        }
    }

    fn writable(&self) -> Result<()> {
        if self.root.modify {
            return Ok(());
        }
        let detail = "the storage is open for reading";
        Err(Error::new(Code::NO_ACCESS, detail))
    }

    fn with<T>(&self, f: impl FnOnce(&mut Level) -> Result<T>) -> Result<T> {
        self.root.attachment.inner.context().spi()?;
        let mut top = self.root.top();
        let mut level = &mut *top;
        for name in &self.path {
            level = match level.find(name) {
                Some(Node::Storage(next)) => next,
                _ => return Err(Error::new(Code::OBJECT_DELETED, "the storage was removed")),
            };
        }
        f(level)
    }
}

impl Root {
    fn top(&self) -> MutexGuard<'_, Level> {
        self.top.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Storage({} levels down)", self.path.len())
    }
}

impl fmt::Debug for StorageStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StorageStream(at {})", self.at)
    }
}

impl StorageStream {
    /// Cuts the stream or fills it up with zeros.
    ///
    /// # Errors
    /// As [`Write::write`].
    pub fn set_size(&mut self, size: u64) -> io::Result<()> {
        self.edit(|bytes| {
            bytes.resize(place(size)?, 0);
            Ok(())
        })
    }

    fn look<T>(&self, f: impl FnOnce(&mut Vec<u8>) -> io::Result<T>) -> io::Result<T> {
        let done = self.storage.with(|level| match level.find(&self.name) {
            Some(Node::Stream(content)) => Ok(content.loaded().and_then(f)),
            _ => Err(Error::new(Code::OBJECT_DELETED, "the stream was removed")),
        });
        done.map_err(io::Error::other)?
    }

    fn edit<T>(&self, f: impl FnOnce(&mut Vec<u8>) -> io::Result<T>) -> io::Result<T> {
        self.storage.writable().map_err(io::Error::other)?;
        self.look(f)
    }
}

impl Read for StorageStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let at = place(self.at)?;
        let read = self.look(|bytes| bytes.get(at..).unwrap_or_default().read(buffer))?;
        self.at += u64::try_from(read).unwrap_or_default();
        Ok(read)
    }
}

impl Write for StorageStream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let at = place(self.at)?;
        let end = place(
            self.at
                .saturating_add(u64::try_from(buffer.len()).unwrap_or(u64::MAX)),
        )?;
        self.edit(|bytes| {
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            let target = bytes.get_mut(at..end).unwrap_or_default();
            target.copy_from_slice(buffer);
            Ok(())
        })?;
        self.at += u64::try_from(buffer.len()).unwrap_or_default();
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for StorageStream {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => {
                let size = self.look(|bytes| Ok(bytes.len()))?;
                u64::try_from(size)
                    .ok()
                    .and_then(|s| s.checked_add_signed(by))
            }
        };
        let before = || io::Error::new(io::ErrorKind::InvalidInput, "before the stream");
        self.at = target.ok_or_else(before)?;
        Ok(self.at)
    }
}

impl Level {
    fn find(&mut self, name: &str) -> Option<&mut Node> {
        let mut nodes = self.nodes.iter_mut();
        let (_, node) = nodes.find(|(known, _)| same(known, name))?;
        Some(node)
    }

    fn tree(&self) -> StorageTree {
        let node = |(name, node): &(String, Node)| {
            let node = match node {
                Node::Storage(level) => StorageNode::Storage(level.tree()),
                Node::Stream(Content::Stored(source)) => StorageNode::Stream(source.clone()),
                Node::Stream(Content::Loaded(bytes)) => StorageNode::Stream(bytes.clone().into()),
            };
            (name.clone(), node)
        };
        StorageTree {
            class: self.class,
            state: self.state,
            created: self.times.0,
            modified: self.times.1,
            nodes: self.nodes.iter().map(node).collect(),
        }
    }
}

impl From<StorageTree> for Level {
    fn from(tree: StorageTree) -> Self {
        let node = |(name, node)| match node {
            StorageNode::Storage(tree) => (name, Node::Storage(tree.into())),
            StorageNode::Stream(source) => (name, Node::Stream(Content::Stored(source))),
        };
        Self {
            class: tree.class,
            state: tree.state,
            times: (tree.created, tree.modified),
            nodes: tree.nodes.into_iter().map(node).collect(),
        }
    }
}

impl Content {
    fn size(&self) -> u64 {
        match self {
            Self::Stored(source) => source.size(),
            Self::Loaded(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        }
    }

    fn loaded(&mut self) -> io::Result<&mut Vec<u8>> {
        if let Self::Stored(source) = self {
            let mut bytes = Vec::new();
            source.open()?.read_to_end(&mut bytes)?;
            *self = Self::Loaded(bytes);
        }
        match self {
            Self::Loaded(bytes) => Ok(bytes),
            Self::Stored(_) => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// A place in a stream, which no storage may be larger than.
fn place(at: u64) -> io::Result<usize> {
    let large = || io::Error::new(io::ErrorKind::FileTooLarge, "a storage has at most 256 MiB");
    let at = Some(at).filter(|at| *at <= LARGEST).ok_or_else(large)?;
    usize::try_from(at).map_err(|_| large())
}

/// Names have no case ([MS-CFB] 2.6.4).
fn same(a: &str, b: &str) -> bool {
    a == b || a.to_uppercase() == b.to_uppercase()
}

/// [MS-CFB] 2.6.1.
fn check_name(name: &str) -> Result<()> {
    let units = name.encode_utf16().count();
    if (1..=LONGEST_NAME).contains(&units) && !name.contains(['/', '\\', ':', '!', '\0']) {
        return Ok(());
    }
    let detail = format!("{name:?} is no name for a storage or a stream");
    Err(Error::new(Code::INVALID_PARAMETER, detail))
}

fn missing(name: &str, what: &str) -> Error {
    Error::new(Code::NOT_FOUND, format!("there is no {what} {name:?}"))
}

fn taken(name: &str) -> Error {
    Error::new(Code::COLLISION, format!("there is a {name:?} already"))
}

fn unreadable(error: io::Error) -> Error {
    Error::caused(
        Code::CORRUPT_DATA,
        "the storage cannot be read or written",
        error,
    )
}
