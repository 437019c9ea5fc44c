//! The one neutral message that formats, stores and wires exchange.

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::{PropKey, PropMap, PropTag, PropType, PropValue};

/// Properties keyed by what they mean anywhere, never by a store's own identifiers.
pub type TreeProps = PropMap<PropKey, TreeValue>;

/// A message with its recipients and attachments, to any depth.
#[derive(Debug, Clone, Default)]
pub struct MessageTree {
    /// The message's own properties.
    pub props: TreeProps,
    /// One row of properties per recipient, in order.
    pub recipients: Vec<TreeProps>,
    /// Attachments, in order.
    pub attachments: Vec<AttachmentTree>,
    /// How to rebuild the bytes that this came from, proved at import. Top-level messages only.
    pub original: Option<Recipe>,
    /// What was wrong with the source, in reading order.
    pub defects: Vec<Defect>,
}

/// One attachment: properties (method, names, type …) and its content.
#[derive(Debug, Clone, Default)]
pub struct AttachmentTree {
    /// PR_ATTACH_METHOD, names, content id and the like. The data itself is in `content`.
    pub props: TreeProps,
    /// PR_ATTACH_DATA_BIN or PR_ATTACH_DATA_OBJ.
    pub content: TreeContent,
}

/// What an attachment holds.
#[derive(Debug, Clone, Default)]
pub enum TreeContent {
    /// Nothing (by reference, or no data).
    #[default]
    None,
    /// Bytes (PR_ATTACH_DATA_BIN).
    Data(LargeSource),
    /// An OLE storage as bytes (PR_ATTACH_DATA_OBJ).
    Storage(LargeSource),
    /// An embedded message (PR_ATTACH_DATA_OBJ).
    Message(Box<MessageTree>),
}

/// A value, or a lazy source of a large one.
#[derive(Debug, Clone)]
pub enum TreeValue {
    /// The value itself.
    Value(PropValue),
    /// A large one of this type; the source gives PT_UNICODE as UTF-8.
    Large(PropType, LargeSource),
}

impl<V: Into<PropValue>> From<V> for TreeValue {
    fn from(value: V) -> Self {
        Self::Value(value.into())
    }
}

impl TreeValue {
    /// The value, unless it is large.
    #[must_use]
    pub const fn value(&self) -> Option<&PropValue> {
        match self {
            Self::Value(v) => Some(v),
            Self::Large(..) => None,
        }
    }
}

impl TreeProps {
    /// Puts a value under its tag's identifier (below 0x8000).
    pub fn set(&mut self, tag: impl Into<PropTag>, value: impl Into<PropValue>) {
        self.insert(PropKey::from(tag.into()), TreeValue::Value(value.into()));
    }

    /// The small value of `tag`.
    #[must_use]
    pub fn value(&self, tag: impl Into<PropTag>) -> Option<&PropValue> {
        self.get(&PropKey::Id(tag.into().id()))
            .and_then(TreeValue::value)
    }

    /// The text of `tag`, if it is a small PT_UNICODE.
    #[must_use]
    pub fn text(&self, tag: impl Into<PropTag>) -> Option<&str> {
        self.value(tag).and_then(PropValue::as_str)
    }
}

/// Bytes that can be read again and again: in memory, or behind something that can be opened.
#[derive(Clone)]
pub enum LargeSource {
    /// In memory, shared.
    Bytes(Arc<[u8]>),
    /// Opened when needed.
    Lazy(Arc<dyn OpenLarge>),
}

/// Something that gives the bytes of a large value.
pub trait OpenLarge: Send + Sync {
    /// Bytes in all.
    fn size(&self) -> u64;

    /// A reader from the first byte. May be called many times.
    ///
    /// # Errors
    /// Whatever keeps the source from being read.
    fn open(&self) -> io::Result<Box<dyn io::Read + Send>>;

    /// The BLAKE3 of its bytes, when that may be known without reading them. Only a hint: a store that has no value of
    /// this hash reads the bytes.
    fn blake3(&self) -> Option<[u8; 32]> {
        None
    }
}

impl LargeSource {
    /// The BLAKE3 of its bytes, when that may be known without reading them; a hint ([`OpenLarge::blake3`]).
    #[must_use]
    pub fn blake3(&self) -> Option<[u8; 32]> {
        match self {
            Self::Bytes(_) => None,
            Self::Lazy(source) => source.blake3(),
        }
    }

    /// Bytes in all.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(b) => u64::try_from(b.len()).unwrap_or(u64::MAX),
            Self::Lazy(l) => l.size(),
        }
    }

    /// A reader from the first byte.
    ///
    /// # Errors
    /// Whatever keeps a lazy source from being read.
    pub fn open(&self) -> io::Result<Box<dyn io::Read + Send>> {
        match self {
            Self::Bytes(b) => Ok(Box::new(io::Cursor::new(Arc::clone(b)))),
            Self::Lazy(l) => l.open(),
        }
    }
}

impl fmt::Debug for LargeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self {
            Self::Bytes(_) => "memory",
            Self::Lazy(_) => "lazy",
        };
        write!(f, "LargeSource({} bytes, {place})", self.size())
    }
}

impl From<Vec<u8>> for LargeSource {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

/// How to rebuild a message's original bytes: segments one after another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipe {
    /// In order.
    pub segments: Vec<Segment>,
}

/// One piece of a [`Recipe`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// These bytes as they are.
    Literal(Vec<u8>),
    /// The data of attachment `attachment` of the same tree, encoded again.
    Attachment {
        /// Index path: `[1]` is the second attachment, `[1, 0]` the first one inside its embedded message.
        attachment: Vec<u32>,
        /// How its bytes stood in the original.
        encoding: Encoding,
    },
}

/// How an attachment's bytes stood in the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// As they are.
    Identity,
    /// RFC 4648 §4 in lines.
    Base64 {
        /// Characters per line; 0: one line.
        line_len: u16,
        /// Lines end with CR LF rather than LF.
        crlf: bool,
        /// The last line has its line end.
        last_eol: bool,
    },
}

/// Something wrong with a source that was read all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    /// Stable short name, `header-not-promoted`.
    pub code: &'static str,
    /// Where and what, for a person.
    pub detail: String,
}
