//! Attachments that name a file: which they are, and putting the file into the message before it is sent.
//! Reference: "PR_ATTACH_METHOD", "Sending Messages: MAPI Spooler Tasks" (requirement OUT-06); docs/design/references.md
//!
//! Done by who submits, for these are his files and his rights, and he is there to be told what is wrong with them.

use std::io::{self, Read};

use mapi_kit::reference;
use mapi_kit::working::WorkingMessage;
use mapi_props::{
    Code, LargeRef, PropType, PropValue, Slot, StoredAttachment, StoredMessage, tags,
};
use mapi_spi::{Error, Result, Staged};

use super::{Message, MessageInner};
use crate::HostFile;
use crate::context::Context;
use crate::prop::Object as _;

/// Bytes that are moved at once.
const PIECE: usize = 256 << 10;

/// An attachment that names a file instead of holding it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// PR_ATTACH_NUM of the attachment, or of the one whose embedded message it is in.
    pub number: i32,
    /// The path; empty if it says none.
    pub path: String,
    /// Whether the file is put into the message when it is submitted; else the message only ever names it.
    pub resolves: bool,
}

impl Message {
    /// The attachments that name a file instead of holding it, those of embedded messages too. Of a message that was submitted these
    /// are the ones that leave as they are: nobody who gets it has their files.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        let state = self.inner.state();
        let mut all = Vec::new();
        for (number, attachment) in state.working.attachments() {
            collect(*number, attachment, &mut all);
        }
        all
    }

    /// Puts the files that attachments name into the message, as [`Self::submit`] does, for who wants to see what would be sent; to be
    /// saved. Files of any size pass through as streams.
    ///
    /// Only ATTACH_BY_REF_RESOLVE means that, and only where a client of this machine set it, or the path, through the attachment's
    /// properties. What came with a message, or was copied from another one, opens no file: it stays a reference.
    ///
    /// # Errors
    /// Those of [`crate::Host::open_file`], naming the attachment and the file; `MAPI_E_BUSY` if the file changes while it is read;
    /// `MAPI_E_NO_ACCESS` on a read-only handle; those of the store. The message is as it was then.
    pub fn resolve_references(&self) -> Result<()> {
        let done = self.inner.writable().and_then(|()| {
            let mut state = self.inner.state();
            resolve(&self.inner, &mut state.working).map(drop)
        });
        self.errors().track(done)
    }
}

fn collect(number: i32, attachment: &StoredAttachment, all: &mut Vec<Reference>) {
    let props = &attachment.props;
    if let Some(path) = reference::named(props) {
        all.push(Reference {
            number,
            path: path.to_owned(),
            resolves: reference::to_resolve(props).is_some(),
        });
    }
    let inner = attachment.embedded.iter();
    for inner in inner.flat_map(|message| &message.attachments) {
        collect(number, inner, all);
    }
}

/// Puts the files that attachments of `working` name into it: all or none. Whether there were any.
pub(super) fn resolve(inner: &MessageInner, working: &mut WorkingMessage) -> Result<bool> {
    let all = working.attachments().iter();
    let wanted: Vec<_> = all.filter(|(_, a)| names_files(a)).cloned().collect();
    if wanted.is_empty() {
        return Ok(false);
    }
    let mut held = Vec::new();
    let mut filled = Vec::new();
    for (number, mut attachment) in wanted {
        let mut filling = Filling {
            context: &inner.context,
            number,
            held: &mut held,
        };
        filling.attachment(&mut attachment)?;
        filled.push((number, attachment));
    }
    inner.hold(held);
    for (number, attachment) in filled {
        working.put_attachment(number, attachment);
    }
    Ok(true)
}

fn names_files(attachment: &StoredAttachment) -> bool {
    let inner = attachment.embedded.iter();
    let mut inner = inner.flat_map(|message| &message.attachments);
    reference::to_resolve(&attachment.props).is_some() || inner.any(names_files)
}

/// One attachment of the message, which gets its files.
struct Filling<'a> {
    context: &'a Context,
    number: i32,
    /// Large values, until they are saved.
    held: &'a mut Vec<Staged>,
}

impl Filling<'_> {
    fn attachment(&mut self, attachment: &mut StoredAttachment) -> Result<()> {
        if let Some(path) = reference::to_resolve(&attachment.props).map(str::to_owned) {
            let (data, name) = self.file(&path).map_err(|e| self.named(&path, e))?;
            let props = &mut attachment.props;
            props.insert(tags::ATTACH_DATA_BIN.id(), data);
            reference::resolved(props, &name);
        }
        match &mut attachment.embedded {
            Some(message) => self.message(message),
            None => Ok(()),
        }
    }

    fn message(&mut self, message: &mut StoredMessage) -> Result<()> {
        let all = message.attachments.iter_mut();
        all.filter(|a| names_files(a))
            .try_for_each(|attachment| self.attachment(attachment))
    }

    /// What a file holds, and its name.
    fn file(&mut self, path: &str) -> Result<(Slot, String)> {
        let call = &self.context.call;
        call.check()?;
        let host = &self.context.member.session.subsystem.host;
        let file = host.open_file(path, call)?;
        let small = file.size <= u64::from(self.context.info().limits.inline_bytes);
        let mut name = String::new();
        let data = if small {
            let mut bytes = Vec::new();
            name = self.pieces(file, |piece| {
                bytes.extend_from_slice(piece);
                Ok(())
            })?;
            Slot::Value(PropValue::Binary(bytes))
        } else {
            let mut stage = self.context.spi()?.stage(call)?;
            name.push_str(&self.pieces(file, |piece| stage.write(piece, call))?);
            let staged = stage.finish(call)?;
            let (ty, size, place) = (PropType::BINARY, staged.size(), staged.place());
            self.held.push(staged);
            Slot::Large(LargeRef { ty, size, place })
        };
        Ok((data, name))
    }

    /// Reads a file to its end, which must be where it was when it was opened. Says its name.
    fn pieces(&self, file: HostFile, mut put: impl FnMut(&[u8]) -> Result<()>) -> Result<String> {
        let HostFile {
            name,
            size,
            content,
        } = file;
        // One byte more shows that it has grown, and that what says it is small has no end.
        let mut content = content.take(size.saturating_add(1));
        let mut buffer = vec![0; PIECE];
        let mut read = 0_u64;
        loop {
            self.context.call.check()?;
            let piece = match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => buffer.get(..n).unwrap_or_default(),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(unreadable(e)),
            };
            read = read.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            if read > size {
                return Err(changed());
            }
            put(piece)?;
        }
        if read < size {
            return Err(changed());
        }
        Ok(name)
    }

    /// An error with what it is about.
    fn named(&self, path: &str, error: Error) -> Error {
        let (number, why) = (self.number, error.detail());
        let detail = format!("attachment {number}, which names the file {path}: {why}");
        Error::caused(error.code(), detail, error)
    }
}

fn changed() -> Error {
    Error::new(Code::BUSY, "the file changed while it was read")
}

fn unreadable(error: io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::ResourceBusy => return changed(),
        io::ErrorKind::PermissionDenied => Code::NO_ACCESS,
        _ => Code::DISK_ERROR,
    };
    Error::caused(code, format!("the file cannot be read: {error}"), error)
}
