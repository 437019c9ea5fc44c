//! mbox files: splitting into messages, and joining as mboxrd.
//! RFC 4155, and the descriptions of mboxo, mboxrd, mboxcl and mboxcl2 by their programs
//!
//! A message's bytes are those between its separator line and the next one, less the one blank line that the format
//! puts before a separator, with the variant's quoting undone. "Byte-identical" means these bytes: an mbox cannot say
//! whether a message had a line end at its end, so joining adds one where it is missing.

mod lines;
mod separator;

use std::io::{self, BufRead, BufReader, Read, Write};

use mapi_props::{Defect, FileTime};

use crate::header::{date, line_at, name_len, without_eol};
use lines::Lines;
pub use separator::Separator;

/// How a file keeps lines that begin with `From ` inside messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Variant {
    /// Found out message by message: Content-Length counts if a separator or the end stands where it says, and then
    /// quoting is undone unless the body has an unquoted `From ` line (mboxcl2); else as mboxrd, but in the body only,
    /// since `>From ` in a header is what some delivery programs leave there.
    #[default]
    Auto,
    /// mboxo: `From ` was written as `>From `, nothing else was quoted.
    O,
    /// mboxrd: one `>` was put before `From ` and before any number of `>` and `From `.
    Rd,
    /// mboxcl: quoted as mboxo, length in Content-Length.
    Cl,
    /// mboxcl2: not quoted, length in Content-Length.
    Cl2,
}

/// One message of an mbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MboxMessage {
    /// Where its separator line starts in the file.
    pub offset: u64,
    /// What the separator line says.
    pub separator: Separator,
    /// Its bytes, quoting undone.
    pub bytes: Vec<u8>,
    /// What was odd about the container; those of the message are found by [`crate::parse`].
    pub defects: Vec<Defect>,
}

/// Why a piece of an mbox gives no message. Reading goes on after all but [`MboxError::Io`].
#[derive(Debug, thiserror::Error)]
pub enum MboxError {
    /// The file could not be read; the reader ends.
    #[error("the mbox cannot be read")]
    Io(#[from] io::Error),
    /// Bytes before the first separator.
    #[error("{len} bytes at offset {offset} stand before any separator line")]
    Garbage {
        /// Where they start.
        offset: u64,
        /// How many.
        len: u64,
    },
    /// A message larger than the limit.
    #[error("the message at offset {offset} has {size} bytes, more than the limit")]
    TooLarge {
        /// Where its separator line starts.
        offset: u64,
        /// Its bytes.
        size: u64,
    },
}

/// Wrong lengths after which Content-Length is not looked at any more: each costs reading the body twice.
const WRONG_LENGTHS_MAX: u32 = 16;

/// Splits an mbox into messages, one at a time in memory.
#[derive(Debug)]
pub struct MboxReader<R> {
    lines: Lines<R>,
    variant: Variant,
    max: u64,
    /// The separator that was read and whose message comes next, with its offset.
    ahead: Option<(u64, Separator)>,
    started: bool,
    failed: bool,
    wrong_lengths: u32,
}

impl<R: BufRead> MboxReader<R> {
    /// Reads from `reader`. Messages may have up to 2 GiB.
    pub fn new(reader: R, variant: Variant) -> Self {
        Self {
            lines: Lines::new(reader),
            variant,
            max: 2 << 30,
            ahead: None,
            started: false,
            failed: false,
            wrong_lengths: 0,
        }
    }

    /// Sets how many bytes a message may have; larger ones give [`MboxError::TooLarge`].
    #[must_use]
    pub fn with_limit(mut self, bytes: u64) -> Self {
        self.max = bytes;
        self
    }

    fn step(&mut self) -> Result<Option<MboxMessage>, MboxError> {
        if !self.started {
            self.started = true;
            self.find_first()?;
        }
        let Some((offset, separator)) = self.ahead.take() else {
            return Ok(None);
        };
        let mut body = Collector::new(offset, self.variant, self.max);
        self.collect(&mut body)?;
        body.finish(separator).map(Some)
    }

    /// Reads up to the first separator.
    fn find_first(&mut self) -> Result<(), MboxError> {
        let (mut garbage, mut first, mut blank) = (false, 0, true);
        loop {
            let offset = self.lines.offset();
            let Some(line) = self.lines.next()? else {
                break;
            };
            if line.starts
                && line.bytes.starts_with(b"From ")
                && (blank || self.is_separator(&line.bytes, false)?)
            {
                self.ahead = Some((offset, Separator::of_line(&line.bytes)));
                break;
            }
            blank = is_blank(&line.bytes);
            if !blank && !garbage {
                garbage = true;
                first = offset;
            }
        }
        let end = self
            .ahead
            .as_ref()
            .map_or(self.lines.offset(), |(at, _)| *at);
        if garbage {
            Err(MboxError::Garbage {
                offset: first,
                len: end - first,
            })
        } else {
            Ok(())
        }
    }

    fn collect(&mut self, body: &mut Collector) -> Result<(), MboxError> {
        loop {
            let offset = self.lines.offset();
            let Some(line) = self.lines.next()? else {
                return Ok(());
            };
            if line.starts
                && line.bytes.starts_with(b"From ")
                && self.is_separator(&line.bytes, body.last_blank)?
            {
                if !body.last_blank && !body.is_empty() {
                    body.defect(
                        "missing-blank-line",
                        format!("before the separator at offset {offset}"),
                    );
                }
                self.ahead = Some((offset, Separator::of_line(&line.bytes)));
                return Ok(());
            }
            let header_ended = body.add(&line.bytes, line.starts);
            if header_ended && self.take_by_length(body)? {
                return Ok(());
            }
        }
    }

    /// Whether a line that begins with `From ` starts a message: it names a date, or stands after a blank line and
    /// before a header field.
    fn is_separator(&mut self, line: &[u8], after_blank: bool) -> io::Result<bool> {
        let separator = Separator::of_line(line);
        if separator.is_dated() {
            return Ok(true);
        }
        // `From - `: Mozilla's, sometimes without a date.
        if !(after_blank || separator.sender == "-") {
            return Ok(false);
        }
        let next = self.lines.peek()?;
        Ok(next.is_some_and(|next| name_len(&next).is_some()))
    }

    /// Takes the body that Content-Length promises, if it ends where a message may end.
    fn take_by_length(&mut self, body: &mut Collector) -> Result<bool, MboxError> {
        let uses = matches!(self.variant, Variant::Auto | Variant::Cl | Variant::Cl2);
        let Some(length) = body.content_length.filter(|n| uses && *n <= self.max) else {
            return Ok(false);
        };
        if self.wrong_lengths >= WRONG_LENGTHS_MAX {
            return Ok(false);
        }
        let bytes = self.lines.take(length)?;
        let complete = u64::try_from(bytes.len()).is_ok_and(|n| n == length);
        if complete && self.ends_here(&bytes)? {
            body.add_counted(&bytes);
            return Ok(true);
        }
        self.wrong_lengths += 1;
        body.defect(
            "wrong-content-length",
            format!("{length} at offset {}", body.offset),
        );
        self.lines.give_back(&bytes);
        Ok(false)
    }

    /// Whether a separator or the end comes next; takes the blank line and the separator.
    fn ends_here(&mut self, bytes: &[u8]) -> io::Result<bool> {
        let mut taken = Vec::new();
        loop {
            let offset = self.lines.offset();
            let Some(line) = self.lines.next()? else {
                return Ok(true);
            };
            let at_line = bytes.is_empty() || bytes.ends_with(b"\n") || !taken.is_empty();
            if line.bytes.starts_with(b"From ")
                && at_line
                && self.is_separator(&line.bytes, !taken.is_empty())?
            {
                self.ahead = Some((offset, Separator::of_line(&line.bytes)));
                return Ok(true);
            }
            taken.extend_from_slice(&line.bytes);
            if !is_blank(&line.bytes) || taken.len() > 16 {
                self.lines.give_back(&taken);
                return Ok(false);
            }
        }
    }
}

impl<R: BufRead> Iterator for MboxReader<R> {
    type Item = Result<MboxMessage, MboxError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let item = self.step().transpose();
        self.failed = matches!(item, Some(Err(MboxError::Io(_))));
        item
    }
}

fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n")
}

/// A message while its lines come in.
struct Collector {
    offset: u64,
    variant: Variant,
    max: u64,
    size: u64,
    bytes: Vec<u8>,
    in_header: bool,
    content_length: Option<u64>,
    /// The last line was blank; nothing was read counts as such.
    last_blank: bool,
    /// The blank line that belongs to the separator.
    counted: bool,
    defects: Vec<Defect>,
}

impl Collector {
    fn new(offset: u64, variant: Variant, max: u64) -> Self {
        Self {
            offset,
            variant,
            max,
            size: 0,
            bytes: Vec::new(),
            in_header: true,
            content_length: None,
            last_blank: true,
            counted: false,
            defects: Vec::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.size == 0
    }

    fn defect(&mut self, code: &'static str, detail: String) {
        self.defects.push(Defect { code, detail });
    }

    /// Adds a line or a piece of one; says whether the header ended with it.
    fn add(&mut self, line: &[u8], starts: bool) -> bool {
        let blank = starts && is_blank(line);
        let header_ended = self.in_header && blank;
        if self.in_header && starts {
            self.note_length(line);
        }
        let quoted = starts && is_quoted(line, self.variant, self.in_header);
        self.push(if quoted {
            line.get(1..).unwrap_or_default()
        } else {
            line
        });
        self.in_header &= !header_ended;
        self.last_blank = blank;
        header_ended
    }

    fn note_length(&mut self, line: &[u8]) {
        let name = line.get(..14).unwrap_or_default();
        if self.content_length.is_none() && name.eq_ignore_ascii_case(b"content-length") {
            let value = line
                .iter()
                .position(|b| *b == b':')
                .and_then(|at| line.get(at + 1..));
            let value = value.and_then(|v| std::str::from_utf8(v).ok());
            self.content_length = value.and_then(|v| v.trim().parse().ok());
        }
    }

    /// Adds a body whose length is known.
    fn add_counted(&mut self, body: &[u8]) {
        self.counted = true;
        let unquoted =
            || body.starts_with(b"From ") || memchr::memmem::find(body, b"\nFrom ").is_some();
        if self.variant == Variant::Cl2 || (self.variant == Variant::Auto && unquoted()) {
            return self.push(body);
        }
        let mut at = 0;
        while let Some((line, next)) = line_at(body, at) {
            let quoted = is_quoted(line, self.variant, false);
            self.push(if quoted {
                line.get(1..).unwrap_or_default()
            } else {
                line
            });
            at = next;
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.size = self
            .size
            .saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.size <= self.max {
            self.bytes.extend_from_slice(bytes);
        } else {
            self.bytes = Vec::new();
        }
    }

    fn finish(mut self, separator: Separator) -> Result<MboxMessage, MboxError> {
        if self.size > self.max {
            return Err(MboxError::TooLarge {
                offset: self.offset,
                size: self.size,
            });
        }
        if self.last_blank && !self.counted {
            let len = without_eol(&self.bytes).len();
            self.bytes.truncate(len);
        }
        Ok(MboxMessage {
            offset: self.offset,
            separator,
            bytes: self.bytes,
            defects: self.defects,
        })
    }
}

/// Whether the first `>` of a line was put there by the container.
fn is_quoted(line: &[u8], variant: Variant, in_header: bool) -> bool {
    match variant {
        Variant::Auto if in_header => false,
        Variant::Auto | Variant::Rd => line.first() == Some(&b'>') && is_from_line(line),
        Variant::O | Variant::Cl => !in_header && line.starts_with(b">From "),
        Variant::Cl2 => false,
    }
}

/// Whether a line is any number of `>` and `From `.
fn is_from_line(line: &[u8]) -> bool {
    let marks = line.iter().take_while(|b| **b == b'>').count();
    line.get(marks..)
        .is_some_and(|rest| rest.starts_with(b"From "))
}

/// Writes one message as mboxrd: separator, the message with `From ` lines quoted, a blank line.
///
/// # Errors
/// Those of the reader and the writer.
pub fn write_mboxrd(
    out: &mut dyn Write,
    sender: &str,
    time: FileTime,
    message: &mut dyn Read,
) -> io::Result<()> {
    let sender: String = sender
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .collect();
    let sender = if sender.is_empty() {
        "MAILER-DAEMON"
    } else {
        &sender
    };
    writeln!(out, "From {sender} {}", date::format_asctime(time))?;
    let mut lines = Lines::new(BufReader::new(message));
    let mut ended = true;
    while let Some(line) = lines.next()? {
        if line.starts && is_from_line(&line.bytes) {
            out.write_all(b">")?;
        }
        out.write_all(&line.bytes)?;
        ended = line.bytes.ends_with(b"\n");
    }
    out.write_all(if ended { b"\n" } else { b"\n\n" })
}
