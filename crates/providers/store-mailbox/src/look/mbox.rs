//! Looking at an mbox file: its messages against the index.
//!
//! A message is known again by what it says, wherever in the file it stands: programs cut messages out of the middle. What
//! they write into its header about its state is left out of that.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use mapi_mime::MailFlags;
use mapi_mime::mbox::{MboxError, MboxMessage};
use mapi_props::FileTime;
use mapi_spi::Result;

use super::batch::{Batch, Job, Work, no_file};
use crate::index::{File, Folder, Known, Marks, Refused};
use crate::mail::{flags_of, letters_of, messages_of};

/// Fields that programs change in place: flags, numbers, room for these, and the length that counts them too.
const STATE: [&[u8]; 9] = [
    b"status",
    b"x-status",
    b"x-uid",
    b"x-imap",
    b"x-imapbase",
    b"x-keywords",
    b"x-mozilla-status",
    b"x-mozilla-status2",
    b"content-length",
];

/// Brings the index up to date. The inner error is the file's.
pub(super) fn look(
    path: &Path,
    folder: &Folder,
    marks: &Marks,
    batch: &mut Batch<'_>,
) -> Result<io::Result<()>> {
    let mut messages = match messages_of(path) {
        Ok(messages) => messages,
        Err(error) => return Ok(Err(error)),
    };
    let mut look = Look {
        path,
        folder,
        known: batch.index.known(folder.id())?,
        refused: batch.index.refused(folder.id())?,
        moved: Vec::new(),
        copies: HashMap::new(),
        marks,
        batch,
    };
    look.refused.remove(&b""[..]);
    // The end of a message is where the next one starts.
    let mut waiting: Option<MboxMessage> = None;
    let end = marks.parts.first().map_or(0, |(_, size)| *size);
    loop {
        let next = messages.next();
        let until = match &next {
            Some(Ok(message)) => message.offset,
            Some(Err(MboxError::Garbage { offset, .. } | MboxError::TooLarge { offset, .. })) => {
                *offset
            }
            Some(Err(MboxError::Io(_))) | None => end,
        };
        if let Some(message) = waiting.take() {
            look.message(message, until)?;
        }
        match next {
            None => break,
            Some(Ok(message)) => waiting = Some(message),
            Some(Err(MboxError::Io(error))) => return Ok(Err(error)),
            Some(Err(
                error @ (MboxError::Garbage { offset, .. } | MboxError::TooLarge { offset, .. }),
            )) => look.no_message(offset, &error.to_string())?,
        }
    }
    look.finish()
}

struct Look<'a, 'b> {
    path: &'a Path,
    folder: &'a Folder,
    /// What was not met yet.
    known: HashMap<Vec<u8>, Known>,
    refused: HashMap<Vec<u8>, Refused>,
    /// What stands at another place.
    moved: Vec<(Known, File)>,
    /// How often the same message stood before.
    copies: HashMap<[u8; 16], u32>,
    marks: &'a Marks,
    batch: &'a mut Batch<'b>,
}

impl Look<'_, '_> {
    fn message(&mut self, message: MboxMessage, until: u64) -> Result<()> {
        let key = self.key_of(&message.bytes);
        let file = File {
            at: Vec::new(),
            start: message.offset,
            length: until.saturating_sub(message.offset),
            hash: Some(blake3::hash(&message.bytes).as_bytes().to_vec()),
            letters: letters_of(MailFlags::of_mbox(&message.bytes)),
            born: self.marks.looked,
            modified: self.modified(),
            received: message.separator.date,
        };
        if let Some(refused) = self.refused.remove(&key)
            && refused.start == file.start
        {
            return Ok(());
        }
        let work = match self.known.remove(&key) {
            None => Work::New,
            Some(known) if known.file.hash == file.hash => {
                self.same(known, &file);
                return Ok(());
            }
            Some(known) => Work::Again(known, true),
        };
        let (born, modified) = match &work {
            Work::Again(known, _) => (known.file.born, known.file.modified),
            Work::New => (file.born, file.modified),
        };
        let job = Job {
            key,
            file: File {
                born,
                modified,
                ..file
            },
            work,
            bytes: Some(message.bytes),
        };
        self.batch.add(self.path, self.folder.id(), job)
    }

    /// Nothing but its place in the file may be another one.
    fn same(&mut self, known: Known, file: &File) {
        if (known.file.start, known.file.length) != (file.start, file.length) {
            let file = File {
                start: file.start,
                length: file.length,
                ..known.file.clone()
            };
            self.moved.push((known, file));
        }
    }

    /// When the file was changed last.
    fn modified(&self) -> FileTime {
        let parts = self.marks.parts.first();
        parts.map(|(at, _)| *at).unwrap_or_default()
    }

    fn key_of(&mut self, bytes: &[u8]) -> Vec<u8> {
        let own = identity(bytes);
        let copies = self.copies.entry(own).or_default();
        let key = [&own[..], &copies.to_be_bytes()].concat();
        *copies += 1;
        key
    }

    fn no_message(&mut self, offset: u64, reason: &str) -> Result<()> {
        let key = [&b"at"[..], &offset.to_be_bytes()].concat();
        self.refused.remove(&key);
        let file = File {
            start: offset,
            ..no_file()
        };
        let folder = self.folder.id();
        let index = self.batch.index;
        index.write(|change| change.refuse(folder, &key, &file, reason))
    }

    fn finish(self) -> Result<io::Result<()>> {
        let folder = self.folder.id();
        self.batch.finish(self.path, folder)?;
        let mut gone: Vec<Known> = self.known.into_values().collect();
        gone.sort_unstable_by_key(|known| known.id);
        if !gone.is_empty() && !self.marks.holds(&self.marks.parts) {
            // Somebody is writing: what is missing now may come back in a moment.
            let detail = "the file is being written; what is missing from it is looked for again";
            return Ok(Err(io::Error::new(io::ErrorKind::WouldBlock, detail)));
        }
        let (refused, moved) = (self.refused, self.moved);
        self.batch.index.write(|change| {
            for (known, file) in &moved {
                let said = flags_of(file.letters);
                change.renew(known, file, said.message_flags(), said.status())?;
            }
            for known in &gone {
                change.remove(known.id.0)?;
            }
            refused
                .keys()
                .try_for_each(|key| change.unrefuse(folder, key))
        })?;
        Ok(Ok(()))
    }
}

/// What a message is known by: a hash of it without the fields that say in which state it is.
fn identity(bytes: &[u8]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    let mut rest = bytes;
    let mut skipping = false;
    while !rest.is_empty() {
        let length = line_length(rest);
        let (line, after) = rest.split_at(length);
        if line.trim_ascii().is_empty() {
            break;
        }
        let folded = matches!(line.first(), Some(b' ' | b'\t'));
        skipping = if folded { skipping } else { is_state(line) };
        if !skipping {
            hasher.update(line);
        }
        rest = after;
    }
    hasher.update(rest);
    let mut own = [0; 16];
    hasher.finalize_xof().fill(&mut own);
    own
}

/// The length of the first line, with its end.
fn line_length(bytes: &[u8]) -> usize {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    end.map_or(bytes.len(), |at| at + 1)
}

fn is_state(line: &[u8]) -> bool {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        return false;
    };
    let name = line.get(..colon).unwrap_or_default().trim_ascii_end();
    STATE.iter().any(|state| name.eq_ignore_ascii_case(state))
}

#[cfg(test)]
mod tests {
    use super::identity;

    #[test]
    fn a_state_makes_no_other_message() {
        let plain = b"From: a\nSubject: x\n\nStatus: is part of the text\n";
        let marked = b"From: a\nStatus: RO\nX-Keywords: a\n  b\nSubject: x\nX-UID: 7\n\nStatus: is part of the text\n";
        assert_eq!(identity(plain), identity(marked));
        assert_ne!(
            identity(plain),
            identity(b"From: a\nSubject: x\n\nStatus: other\n")
        );
    }
}
