//! Reads a `.msg` file as a message tree. [MS-OXMSG] 2

mod code_page;
mod names;
mod parts;
mod properties;
mod storage;
mod value;

use std::io;
use std::sync::Arc;

use mapi_props::{Defect, MessageTree, ReadAt, TreeProps};

use crate::compound::Compound;
use crate::rest::Rest;
use crate::{Limits, MAIL_MESSAGE, NAMES, PROPERTIES};
use code_page::code_pages;
use names::Names;
use properties::{Entry, Object};

pub(crate) use storage::{standalone, storage_of};

/// Why nothing of a file can be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is no compound file, or one without a directory.
    #[error("this is no compound file")]
    NotCompound,
    /// It is a compound file, but its root has no properties: a document, a thumbnail database.
    #[error("the compound file holds no message: it has no stream /{PROPERTIES}")]
    NotMessage,
    /// It is larger than [`Limits::file`].
    #[error("the file has {0} bytes, more than a message is read of")]
    TooLarge(u64),
    /// The file cannot be read.
    #[error("{path} cannot be read")]
    Io {
        /// The storage or stream.
        path: String,
        /// Why.
        source: io::Error,
    },
}

/// Reads a message from the `size` bytes of `source`. Values over [`Limits::in_memory`] stay there and are read when
/// needed; the tree keeps `source` for that.
///
/// What is damaged is left out, and the tree's defects name it with its place in the file.
///
/// ```
/// # fn show(bytes: Vec<u8>) -> Result<(), mapi_msg::ReadError> {
/// use std::sync::Arc;
///
/// let size = bytes.len() as u64;
/// let tree = mapi_msg::read(Arc::new(bytes), size, &mapi_msg::Limits::default())?;
/// println!("{:?}", tree.props.text(mapi_props::tags::SUBJECT));
/// # Ok(()) }
/// ```
///
/// # Errors
/// When nothing is usable.
pub fn read(source: Arc<dyn ReadAt>, size: u64, limits: &Limits) -> Result<MessageTree, ReadError> {
    if size > limits.file {
        return Err(ReadError::TooLarge(size));
    }
    let io = |source| ReadError::Io {
        path: "/".to_owned(),
        source,
    };
    let opened = Compound::open(source, size).map_err(io)?;
    let file = opened.ok_or(ReadError::NotCompound)?;
    let mut reader = Reader {
        names: Names::default(),
        file: &file,
        limits,
        defects: Vec::new(),
        in_memory: limits.all_in_memory,
    };
    for damage in &file.damage {
        reader.defect("compound-damaged", damage);
    }
    reader.read_names()?;
    let root = Compound::ROOT;
    let is_message = file.children(root).contains_key(&PROPERTIES.to_uppercase());
    if !is_message {
        return Err(ReadError::NotMessage);
    }
    let mut tree = reader.message(root, 32, &[], 0)?;
    tree.defects = reader.defects;
    Ok(tree)
}

/// Why a part could not be read: only I/O ends the whole.
type Result2<T> = Result<T, ReadError>;

struct Reader<'a> {
    file: &'a Compound,
    names: Names,
    limits: &'a Limits,
    defects: Vec<Defect>,
    /// Bytes of values that may still be read at once.
    in_memory: u64,
}

impl Reader<'_> {
    fn defect(&mut self, code: &'static str, detail: &str) {
        // A file of a million bad entries needs no million lines to say so.
        if self.defects.len() < 1000 {
            self.defects.push(Defect {
                code,
                detail: detail.to_owned(),
            });
        }
    }

    fn read_names(&mut self) -> Result2<()> {
        let children = self.file.children(Compound::ROOT);
        let Some(at) = children.get(&NAMES.to_uppercase()) else {
            return Ok(());
        };
        let (names, damage) = Names::read(self.file, *at).map_err(|e| self.failed(*at, e))?;
        self.names = names;
        if let Some(damage) = damage {
            self.defect("names-damaged", &damage);
        }
        Ok(())
    }

    fn failed(&self, at: usize, source: io::Error) -> ReadError {
        ReadError::Io {
            path: self.file.path(at),
            source,
        }
    }

    /// A message's storage: the root, or that of an embedded one. `header`: bytes before its properties.
    fn message(
        &mut self,
        storage: usize,
        header: usize,
        outer: &[u16],
        depth: usize,
    ) -> Result2<MessageTree> {
        let mut object = Object::open(self, storage, header)?;
        let pages = &code_pages(&object.entries, outer);
        if depth == 0 {
            object.children.remove(&NAMES.to_uppercase());
        }
        let recipients = object.take_numbered(self, crate::RECIPIENT);
        let attachments = object.take_numbered(self, crate::ATTACHMENT);
        let class = self.file.entry(storage).map(|e| e.class);
        let class = class
            .filter(|class| depth == 0 && ![mapi_props::Guid::NIL, MAIL_MESSAGE].contains(class));
        let props = self.finish(object, pages, class)?;
        let mut tree = MessageTree {
            props,
            ..MessageTree::default()
        };
        for storage in recipients {
            let object = Object::open(self, storage, 8)?;
            let row = self.finish(object, pages, None)?;
            tree.recipients.push(row);
        }
        for storage in attachments {
            let attachment = self.attachment(storage, pages, depth)?;
            tree.attachments.push(attachment);
        }
        Ok(tree)
    }

    /// The properties of an object; what is left of it goes into its rest.
    fn finish(
        &mut self,
        mut object: Object,
        pages: &[u16],
        class: Option<mapi_props::Guid>,
    ) -> Result2<TreeProps> {
        let mut rest = Rest {
            class,
            ..Rest::default()
        };
        let mut props = TreeProps::new();
        let mut entries = std::mem::take(&mut object.entries);
        entries.sort_by_key(Entry::rank);
        for entry in entries {
            self.property(&mut object, &entry, pages, &mut props, &mut rest)?;
        }
        for at in std::mem::take(&mut object.children).into_values() {
            self.keep(&mut rest, at)?;
        }
        if !rest.is_empty() {
            props.insert(
                crate::rest::rest_key(),
                mapi_props::PropValue::Binary(rest.encode()).into(),
            );
        }
        Ok(props)
    }

    /// Keeps what a tree has no place for.
    fn keep(&mut self, rest: &mut Rest, at: usize) -> Result2<()> {
        let kept = rest.keep(self.file, at, self.limits.rest);
        match kept {
            Ok(true) => {}
            Ok(false) => {
                let path = self.file.path(at);
                self.defect(
                    "not-kept",
                    &format!("{path} belongs to no property and is too large to be kept"),
                );
            }
            // A name that the format does not have cannot be written again.
            Err(e) if e.kind() == io::ErrorKind::InvalidInput => {
                let path = self.file.path(at);
                self.defect("not-kept", &format!("{path}: {e}"));
            }
            Err(e) => return Err(self.failed(at, e)),
        }
        Ok(())
    }
}
