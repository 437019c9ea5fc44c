//! One file of all messages, as mboxrd.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use mapi_mime::mbox::write_mboxrd;

use super::{Outgoing, Sink};
use crate::file::NewFile;
use crate::import::MailFlags;

/// Bytes of a header line that are looked at in one piece.
const PIECE: u64 = 64 * 1024;

/// Whether the state of a message is written into its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StatusFields {
    /// No: messages come back byte for byte.
    #[default]
    Leave,
    /// As `Status` and `X-Status`, in place of such fields that are there.
    Write,
}

/// An mbox being written. It appears under its name when it is finished.
#[derive(Debug)]
pub struct Mbox {
    path: PathBuf,
    status: StatusFields,
    file: BufWriter<NewFile>,
}

impl Mbox {
    /// A new mbox at `path`, which must not exist.
    ///
    /// # Errors
    /// `AlreadyExists`, and those of the file system.
    pub fn create(path: &Path, status: StatusFields) -> io::Result<Self> {
        super::refuse_existing(path)?;
        Ok(Self {
            path: path.to_owned(),
            status,
            file: BufWriter::with_capacity(256 * 1024, NewFile::create(path)?),
        })
    }
}

impl Sink for Mbox {
    fn put(&mut self, message: &Outgoing<'_>, bytes: &mut dyn Read) -> io::Result<PathBuf> {
        let Outgoing { sender, time, .. } = *message;
        match self.status {
            StatusFields::Leave => write_mboxrd(&mut self.file, sender, time, bytes)?,
            StatusFields::Write => {
                let mut marked = Marked::new(bytes, message.flags);
                write_mboxrd(&mut self.file, sender, time, &mut marked)?;
            }
        }
        Ok(self.path.clone())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        let mut file = self.file;
        file.flush()?;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.publish()
    }

    fn break_off(self: Box<Self>) -> io::Result<()> {
        Ok(()) // the draft goes when it is dropped
    }
}

/// A message with its state in its header.
struct Marked<R> {
    inner: BufReader<R>,
    flags: MailFlags,
    place: Place,
    /// Made, and not yet read.
    ready: Vec<u8>,
    read: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the start of a line of the header; the one before was a field to be left out, or was not.
    Line {
        left_out: bool,
    },
    /// Within a long line.
    Inside {
        left_out: bool,
    },
    Body,
}

impl<R: Read> Marked<R> {
    fn new(message: R, flags: MailFlags) -> Self {
        Self {
            inner: BufReader::new(message),
            flags,
            place: Place::Line { left_out: false },
            ready: Vec::new(),
            read: 0,
        }
    }

    /// Makes the next piece of the header ready.
    fn next_piece(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.read = 0;
        let mut piece = Vec::new();
        self.inner
            .by_ref()
            .take(PIECE)
            .read_until(b'\n', &mut piece)?;
        let ended = piece.ends_with(b"\n");
        let left_out = match self.place {
            Place::Inside { left_out } => left_out,
            Place::Line { .. } if matches!(&*piece, b"" | b"\n" | b"\r\n") => {
                let eol: &[u8] = if piece == b"\r\n" { b"\r\n" } else { b"\n" };
                for line in self.flags.to_mbox() {
                    self.ready.extend_from_slice(line.as_bytes());
                    self.ready.extend_from_slice(eol);
                }
                self.ready.append(&mut piece);
                self.place = Place::Body;
                return Ok(());
            }
            // A folded line belongs to the one before.
            Place::Line { left_out } if piece.starts_with(b" ") || piece.starts_with(b"\t") => {
                left_out
            }
            _ => is_status(&piece),
        };
        if !left_out {
            self.ready = piece;
        }
        self.place = if ended {
            Place::Line { left_out }
        } else {
            Place::Inside { left_out }
        };
        Ok(())
    }
}

impl<R: Read> Read for Marked<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let rest = self.ready.get(self.read..).unwrap_or_default();
            if !rest.is_empty() {
                let n = rest.len().min(buf.len());
                let (to, from) = (buf.get_mut(..n), rest.get(..n));
                if let (Some(to), Some(from)) = (to, from) {
                    to.copy_from_slice(from);
                }
                self.read += n;
                return Ok(n);
            }
            if self.place == Place::Body {
                return self.inner.read(buf);
            }
            self.next_piece()?;
        }
    }
}

fn is_status(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    let name = name.trim_ascii_end();
    name.eq_ignore_ascii_case(b"status") || name.eq_ignore_ascii_case(b"x-status")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(message: &str, flags: MailFlags) -> String {
        let mut out = String::new();
        let mut marked = Marked::new(message.as_bytes(), flags);
        marked.read_to_string(&mut out).unwrap();
        out
    }

    #[test]
    fn status_fields_stand_at_the_end_of_the_header_in_place_of_old_ones() {
        let read = MailFlags {
            seen: true,
            flagged: true,
            ..MailFlags::default()
        };
        assert_eq!(
            marked(
                "A: 1\r\nStatus: O\r\n more\r\nB: 2\r\n\r\nStatus: x\r\n",
                read
            ),
            "A: 1\r\nB: 2\r\nStatus: RO\r\nX-Status: F\r\n\r\nStatus: x\r\n"
        );
        let new = MailFlags::default();
        assert_eq!(
            marked("A: 1\nX-STATUS : D\n\nx", new),
            "A: 1\nStatus: O\n\nx"
        );
        assert_eq!(marked("A: 1\n", new), "A: 1\nStatus: O\n");
        let long = format!("A: {}\n\nbody", "x".repeat(200_000));
        assert_eq!(marked(&long, new), long.replace("\n\n", "\nStatus: O\n\n"));
        let state = MailFlags::of_mbox(marked("A: 1\n\n", read).as_bytes());
        assert_eq!(state, read);
    }

    #[test]
    fn an_export_that_is_broken_off_leaves_no_file() {
        let home = testkit::TempHome::new().unwrap();
        let path = home.path().join("all.mbox");
        let mut sink = Box::new(Mbox::create(&path, StatusFields::Leave).unwrap());
        let message = Outgoing {
            id: "a7",
            mark: 7,
            subject: "",
            sender: "",
            time: mapi_props::FileTime(0),
            flags: MailFlags::default(),
        };
        sink.put(&message, &mut &b"A: 1\n\nx"[..]).unwrap();
        sink.break_off().unwrap();
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
