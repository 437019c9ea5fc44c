//! Reads a parcel, record after record.

use std::fmt;
use std::io;
use std::sync::Arc;

use mapi_mime::{Condensed, SharedBytes, condense};
use mapi_props::codec::CodecError;
use mapi_props::{LargeSource, MessageTree, ReadAt};

use super::value::{Part, fill};
use super::{END, HEAD, LONGEST_HEAD, MAGIC, MAIL, MOST, RECORD, START, TREE, VERSION, decode};

/// Of larger mails, long attachments stay in the parcel.
const CONDENSED_FROM: u64 = 1 << 20;

/// What is wrong with a parcel, or with one record of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It does not start as parcels do.
    #[error("it is no parcel")]
    NoParcel,
    /// A version that this program does not know.
    #[error("it is a parcel of version {0}, which another malle wrote")]
    Version(u8),
    /// Its end is not there: it was cut.
    #[error("its end is missing")]
    NoEnd,
    /// The lengths of its records do not fit together.
    #[error("record {0} does not fit into it")]
    Frame(u64),
    /// A head that is not what was written.
    #[error("a message in it is damaged: it has not the hash that it was written with")]
    Hash,
    /// A head that makes no sense.
    #[error("a message in it makes no sense: {0}")]
    Head(&'static str),
    /// A head whose properties make none.
    #[error("a message in it makes no sense: {0}")]
    Codec(#[source] CodecError),
}

/// One message out of a parcel.
#[derive(Debug)]
pub struct Posted {
    /// The address that it was posted to; empty if it is that of a recipient whom it names.
    pub envelope: String,
    /// The message.
    pub content: Content,
    /// Bytes that it takes in memory, more or less.
    pub weight: u64,
}

/// What was posted.
#[derive(Debug)]
pub enum Content {
    /// A message with all its properties.
    Tree(Box<MessageTree>),
    /// A mail as it came.
    Mail(PostedMail),
}

/// The bytes of a mail, where they lie.
pub struct PostedMail(Arc<Part>);

impl fmt::Debug for PostedMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostedMail")
            .field("size", &self.0.len())
            .finish()
    }
}

impl PostedMail {
    /// Bytes in all.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.0.len()
    }

    /// All of it, as it came.
    #[must_use]
    pub fn source(&self) -> LargeSource {
        LargeSource::Lazy(Arc::clone(&self.0) as Arc<_>)
    }

    /// The bytes for parsing. Of a large mail most stay in the parcel.
    ///
    /// # Errors
    /// The file cannot be read, or is damaged.
    pub fn bytes(&self) -> io::Result<SharedBytes> {
        if self.size() > CONDENSED_FROM {
            let mut hash = blake3::Hasher::new();
            let all = Arc::clone(&self.0) as Arc<dyn ReadAt>;
            let Condensed { bytes, .. } = condense(all, &mut |seen| {
                hash.update(seen);
            })?;
            self.0.check(&hash)?;
            return Ok(bytes);
        }
        let mut bytes = Vec::new();
        self.source().open()?.read_to_end(&mut bytes)?;
        Ok(SharedBytes::new(bytes))
    }
}

/// A parcel while it is read. Iterates over its messages in order; after an error that is a [`Broken::Frame`] or
/// [`Broken::Io`] nothing comes any more, after others the next message does.
pub struct ParcelReader {
    source: Arc<dyn ReadAt>,
    at: u64,
    end: u64,
    next: u64,
    count: u64,
}

impl fmt::Debug for ParcelReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = (self.next, self.count);
        f.debug_tuple("ParcelReader").field(&places).finish()
    }
}

impl ParcelReader {
    /// Begins to read a parcel of `size` bytes.
    ///
    /// # Errors
    /// It is no parcel, or has no end.
    pub fn open(source: Arc<dyn ReadAt>, size: u64) -> Result<Self, Broken> {
        let mut start = [0; 9];
        fill(source.as_ref(), 0, &mut start).map_err(short)?;
        let Some((version, magic)) = start.split_last().filter(|(_, magic)| *magic == MAGIC) else {
            return Err(Broken::NoParcel);
        };
        let _ = magic;
        if *version != VERSION {
            return Err(Broken::Version(*version));
        }
        let end = size
            .checked_sub(RECORD + 8)
            .filter(|end| *end >= START)
            .ok_or(Broken::NoEnd)?;
        let (kind, length) = record(source.as_ref(), end)?;
        let mut count = [0; 8];
        fill(source.as_ref(), end + RECORD, &mut count)?;
        let count = u64::from_le_bytes(count);
        if kind != END || length != 8 || count > MOST {
            return Err(Broken::NoEnd);
        }
        Ok(Self {
            source,
            at: START,
            end,
            next: 0,
            count,
        })
    }

    /// How many messages it says to hold.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.count
    }

    fn read(&mut self) -> Result<Posted, Broken> {
        let frame = Broken::Frame(self.next);
        let (kind, length) = record(self.source.as_ref(), self.at)?;
        let body = self.at + RECORD;
        let after = body.checked_add(length).filter(|after| *after <= self.end);
        let Some(after) = after.filter(|_| length >= HEAD) else {
            return Err(frame);
        };
        self.at = after;
        self.next += 1;
        let mut start = [0; 40];
        fill(self.source.as_ref(), body, &mut start)?;
        let (size, hash) = start.split_first_chunk::<8>().ok_or(Broken::NoEnd)?;
        let size = u64::from_le_bytes(*size);
        if size > LONGEST_HEAD || size > length - HEAD {
            return Err(Broken::Head("it is longer than the record"));
        }
        // The file has so many bytes: the record fits into it.
        let mut head = vec![0; usize::try_from(size).unwrap_or(0)];
        fill(self.source.as_ref(), body + HEAD, &mut head)?;
        if blake3::hash(&head).as_bytes() != hash {
            return Err(Broken::Hash);
        }
        let opened = decode::open(&head, &self.source, body + HEAD + size, after)?;
        self.content(kind, opened, size)
    }

    fn content(&self, kind: u8, opened: decode::Opened<'_>, size: u64) -> Result<Posted, Broken> {
        let decode::Opened {
            envelope,
            parts,
            rest,
        } = opened;
        let (content, weight) = match (kind, parts.as_slice()) {
            (TREE, parts) => (Content::Tree(Box::new(decode::tree(rest, parts)?)), size),
            (MAIL, [mail]) => {
                let weight = mail.len().min(CONDENSED_FROM);
                (Content::Mail(PostedMail(Arc::clone(mail))), weight)
            }
            _ => return Err(Broken::Head("it is of no known kind")),
        };
        Ok(Posted {
            envelope,
            content,
            weight,
        })
    }
}

impl Iterator for ParcelReader {
    type Item = Result<Posted, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.count {
            if self.at != self.end {
                self.at = self.end;
                return Some(Err(Broken::Frame(self.next)));
            }
            return None;
        }
        let read = self.read();
        if matches!(read, Err(Broken::Frame(_) | Broken::Io(_))) {
            (self.next, self.at) = (self.count, self.end);
        }
        Some(read)
    }
}

/// Kind and length of the record at a place.
fn record(source: &dyn ReadAt, at: u64) -> Result<(u8, u64), Broken> {
    let mut bytes = [0; 9];
    fill(source, at, &mut bytes)?;
    let (kind, length) = bytes.split_first().ok_or(Broken::NoEnd)?;
    let length = length.first_chunk::<8>().ok_or(Broken::NoEnd)?;
    Ok((*kind, u64::from_le_bytes(*length)))
}

/// A file that is shorter than its start is none of ours.
fn short(error: io::Error) -> Broken {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Broken::NoParcel,
        _ => Broken::Io(error),
    }
}
