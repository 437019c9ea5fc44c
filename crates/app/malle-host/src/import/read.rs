//! Reads files and splits them into messages: the first stage.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mapi_mime::mbox::{MboxError, MboxMessage, MboxReader};
use mapi_mime::{SharedBytes, condense, maildir};
use mapi_props::{FileTime, ReadAt};
use store_mailbox::walk::starts_as_mbox;

use super::walk::{SourceFile, Walk};
use super::{ImportJob, MailFlags};
use crate::file::FileAt;
use crate::reason;

/// The largest single message that is read.
const MESSAGE_MAX: u64 = 2 << 30;
/// Files over this many bytes are not read into memory as a whole.
const CONDENSED_FROM: u64 = 16 << 20;

/// Where a message lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    pub(crate) offset: Option<u64>,
}

/// The bytes of one message and what its container says about it.
pub(crate) struct Piece {
    pub(crate) place: Place,
    pub(crate) folder: Vec<String>,
    pub(crate) bytes: SharedBytes,
    /// Of the whole message, which may be more than is in memory.
    pub(crate) size: u64,
    /// BLAKE3 of the message, where it was made while reading.
    pub(crate) hash: Option<[u8; 32]>,
    pub(crate) received: Option<FileTime>,
    pub(crate) flags: MailFlags,
    /// The compound file that it is, instead of `bytes`.
    pub(crate) compound: Option<Arc<dyn ReadAt>>,
}

impl Piece {
    /// Bytes of it that are in memory.
    pub(crate) fn in_memory(&self) -> u64 {
        match self.compound {
            Some(_) if self.size > CONDENSED_FROM => 0,
            Some(_) => self.size,
            None => u64::try_from(self.bytes.as_slice().len()).unwrap_or(u64::MAX),
        }
    }
}

impl fmt::Debug for Piece {
    /// Where it is, never what it says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Piece")
            .field("place", &self.place)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// What could not be read, and where.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) place: Place,
    pub(crate) reason: String,
}

/// One message, or one refusal.
pub(crate) type Item = Result<Piece, Refused>;

/// Reads all sources of a job in order, giving each item away as it comes. `each` says whether to go on.
pub(crate) fn read_all(job: &ImportJob, each: &mut dyn FnMut(Item) -> bool, file_done: &dyn Fn()) {
    let mut reader = Reader { job, each };
    for found in walk(job) {
        if job.cancel.is_cancelled() {
            return;
        }
        let go_on = match found {
            Ok(file) => reader.file(&file),
            Err((path, error)) => reader.refuse(&path, None, &error),
        };
        file_done();
        if !go_on {
            return;
        }
    }
}

type Found = Result<SourceFile, (PathBuf, io::Error)>;

fn walk(job: &ImportJob) -> impl Iterator<Item = Found> {
    Walk::over(&job.paths, job.tree)
        .map(|found| found.map_err(|unreadable| (unreadable.path, unreadable.error)))
}

/// How many files a job has; stops counting when cancelled.
pub(crate) fn count_files(job: &ImportJob) -> u64 {
    let files = walk(job).take_while(|_| !job.cancel.is_cancelled());
    u64::try_from(files.count()).unwrap_or(u64::MAX)
}

struct Reader<'a> {
    job: &'a ImportJob,
    each: &'a mut dyn FnMut(Item) -> bool,
}

impl Reader<'_> {
    /// Reads one file. False: stop.
    fn file(&mut self, file: &SourceFile) -> bool {
        match self.try_file(file) {
            Ok(go_on) => go_on,
            Err(error) => self.refuse(&file.path, None, &error),
        }
    }

    fn try_file(&mut self, file: &SourceFile) -> io::Result<bool> {
        let (input, size): (Box<dyn Read>, u64) = if file.path == Path::new("-") {
            (Box::new(io::stdin()), 0)
        } else {
            let input = File::open(&file.path)?;
            let size = input.metadata()?.len();
            (Box::new(input), size)
        };
        let mut input = BufReader::with_capacity(256 * 1024, input);
        if !file.in_maildir && starts_as_mbox(&mut input)? {
            return Ok(self.mbox(file, input));
        }
        if !file.in_maildir && mapi_msg::is_compound(input.fill_buf()?) {
            return Ok((self.each)(Ok(compound(file, input, size)?)));
        }
        if size > CONDENSED_FROM && size <= MESSAGE_MAX {
            return Ok((self.each)(Ok(condensed(file)?)));
        }
        let mut bytes = Vec::new();
        input.take(MESSAGE_MAX + 1).read_to_end(&mut bytes)?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > MESSAGE_MAX {
            return Err(io::Error::other(
                "the file is larger than 2 GiB, too large for one message",
            ));
        }
        Ok((self.each)(Ok(piece(file, bytes.into(), size, None))))
    }

    fn mbox(&mut self, file: &SourceFile, input: impl BufRead) -> bool {
        let messages = MboxReader::new(input, self.job.mbox).with_limit(MESSAGE_MAX);
        for message in messages {
            if self.job.cancel.is_cancelled() {
                return false;
            }
            let go_on = match message {
                Ok(message) => (self.each)(Ok(of_mbox(file, message))),
                Err(error) => self.refuse(&file.path, offset_of(&error), &error),
            };
            if !go_on {
                return false;
            }
        }
        true
    }

    fn refuse(
        &mut self,
        path: &Path,
        offset: Option<u64>,
        error: &(dyn std::error::Error + 'static),
    ) -> bool {
        (self.each)(Err(Refused {
            place: place(path, offset),
            reason: reason(error),
        }))
    }
}

/// A large message, of which most stays in its file until it is stored.
fn condensed(file: &SourceFile) -> io::Result<Piece> {
    let backing = Arc::new(FileAt::new(File::open(&file.path)?));
    let mut hasher = blake3::Hasher::new();
    let condensed = condense(backing, &mut |bytes| {
        hasher.update(bytes);
    })?;
    let hash = *hasher.finalize().as_bytes();
    Ok(piece(file, condensed.bytes, condensed.size, Some(hash)))
}

/// A message in a compound file. A large one stays there, and what is read of it is read when it is stored.
fn compound(file: &SourceFile, mut input: impl BufRead, size: u64) -> io::Result<Piece> {
    if size <= CONDENSED_FROM {
        let mut bytes = Vec::new();
        input.take(MESSAGE_MAX).read_to_end(&mut bytes)?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let mut piece = piece(file, Vec::new().into(), size, None);
        piece.hash = Some(*blake3::hash(&bytes).as_bytes());
        piece.compound = Some(Arc::new(bytes));
        return Ok(piece);
    }
    let mut hasher = blake3::Hasher::new();
    loop {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        hasher.update(bytes);
        let read = bytes.len();
        input.consume(read);
    }
    let hash = *hasher.finalize().as_bytes();
    let mut piece = piece(file, Vec::new().into(), size, Some(hash));
    piece.compound = Some(Arc::new(FileAt::new(File::open(&file.path)?)));
    Ok(piece)
}

fn piece(file: &SourceFile, bytes: SharedBytes, size: u64, hash: Option<[u8; 32]>) -> Piece {
    let (received, flags) = said_by_name(file);
    Piece {
        place: place(&file.path, None),
        folder: file.folder.clone(),
        bytes,
        size,
        hash,
        received,
        flags,
        compound: None,
    }
}

fn of_mbox(file: &SourceFile, message: MboxMessage) -> Piece {
    Piece {
        place: place(&file.path, Some(message.offset)),
        folder: file.folder.clone(),
        received: message.separator.date,
        flags: MailFlags::of_mbox(&message.bytes),
        size: u64::try_from(message.bytes.len()).unwrap_or(u64::MAX),
        hash: None,
        bytes: message.bytes.into(),
        compound: None,
    }
}

/// What the name of a Maildir file says: when it was delivered, and its flags.
fn said_by_name(file: &SourceFile) -> (Option<FileTime>, MailFlags) {
    if !file.in_maildir {
        return (None, MailFlags::default());
    }
    let name = file.path.file_name().unwrap_or_default().to_string_lossy();
    let (unique, flags) = maildir::parse_name(&name);
    (maildir::delivered(unique), MailFlags::of_maildir(&flags))
}

fn place(path: &Path, offset: Option<u64>) -> Place {
    Place {
        path: path.to_owned(),
        offset,
    }
}

const fn offset_of(error: &MboxError) -> Option<u64> {
    match error {
        MboxError::Garbage { offset, .. } | MboxError::TooLarge { offset, .. } => Some(*offset),
        _ => None,
    }
}
