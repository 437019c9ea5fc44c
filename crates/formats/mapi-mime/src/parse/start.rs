//! Where the message starts in a file, and whether there is one.

use mapi_props::{Defect, FileTime};

use super::NoMessage;
use crate::header::{line_at, name_len, without_eol};
use crate::source::SharedBytes;

/// The start of a message.
pub(super) struct Start {
    /// What is read: the original, or its text as UTF-8 where it was UTF-16.
    pub(super) source: SharedBytes,
    pub(super) transcoded: Option<&'static str>,
    pub(super) at: usize,
    /// The date of an mbox separator before the message.
    pub(super) received: Option<FileTime>,
    pub(super) defects: Vec<Defect>,
}

/// Finds the message's first header field behind a byte order mark, an mbox separator and blank lines.
pub(super) fn find(original: &SharedBytes) -> Result<Start, NoMessage> {
    let bytes = original.as_slice();
    if bytes.is_empty() {
        return Err(NoMessage::Empty);
    }
    let mut start = Start {
        source: original.clone(),
        transcoded: None,
        at: 0,
        received: None,
        defects: Vec::new(),
    };
    if let Some((label, text)) = utf16(bytes) {
        start.defect("utf-16-message", format!("the whole file is {label}"));
        start.source = SharedBytes::new(text);
        start.transcoded = Some(label);
    }
    if let Some(text) = bare_cr(bytes) {
        start.defect("bare-cr", "lines end in carriage returns alone");
        start.source = SharedBytes::new(text);
        start.transcoded = Some("CR lines");
    }
    let source = start.source.clone();
    let bytes = source.as_slice();
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        start.at = 3;
        start.defect("byte-order-mark", "before the header");
    }
    if bytes
        .get(start.at..)
        .unwrap_or_default()
        .iter()
        .all(|b| b.is_ascii_whitespace() || *b == 0)
    {
        return Err(NoMessage::Blank);
    }
    start.skip_separator(bytes);
    start.skip_blank_lines(bytes);
    if !has_field(bytes, start.at) {
        if !is_text(bytes) {
            return Err(outlook(bytes).map_or(NoMessage::Binary, NoMessage::Outlook));
        }
        start.defect("no-header", "the text has no header field");
    }
    Ok(start)
}

/// Which of Outlook's formats the bytes are in: compound file, [MS-PST] 2.2.2.6, [MS-OXTNEF] 2.1.1.
fn outlook(bytes: &[u8]) -> Option<&'static str> {
    const FORMATS: [(&[u8], &str); 3] = [
        (
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
            "a compound file (an Outlook .msg or .oft)",
        ),
        (b"!BDN", "an Outlook store (.pst or .ost)"),
        (b"\x78\x9F\x3E\x22", "TNEF (winmail.dat)"),
    ];
    FORMATS
        .iter()
        .find(|(magic, _)| bytes.starts_with(magic))
        .map(|(_, name)| *name)
}

impl Start {
    fn defect(&mut self, code: &'static str, detail: impl Into<String>) {
        self.defects.push(Defect {
            code,
            detail: detail.into(),
        });
    }

    /// Passes over `From sender date`, which is no header field.
    fn skip_separator(&mut self, bytes: &[u8]) {
        let Some((line, next)) = line_at(bytes, self.at) else {
            return;
        };
        if !(line.starts_with(b"From ") || line.starts_with(b">From ")) {
            return;
        }
        let text =
            String::from_utf8_lossy(without_eol(line.get(..1000).unwrap_or(line))).into_owned();
        self.received =
            crate::mbox::Separator::parse(text.trim_start_matches('>')).and_then(|s| s.date);
        self.at = next;
    }

    /// Passes over blank lines if a header follows them.
    fn skip_blank_lines(&mut self, bytes: &[u8]) {
        let mut at = self.at;
        while let Some((line, next)) = line_at(bytes, at) {
            if !line.iter().all(u8::is_ascii_whitespace) {
                break;
            }
            at = next;
        }
        if at > self.at && has_field(bytes, at) {
            self.at = at;
            self.defect("blank-lines", "before the header");
        }
    }
}

fn has_field(bytes: &[u8], at: usize) -> bool {
    line_at(bytes, at).is_some_and(|(line, _)| name_len(line).is_some())
}

/// Whether the start of the bytes looks like text of some kind.
fn is_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..8192).unwrap_or(bytes);
    let control = |b: &&u8| matches!(**b, 0..=8 | 14..=26 | 28..=31 | 127);
    head.iter().filter(control).count() * 20 <= head.len() && !head.contains(&0)
}

/// The file with line feeds, if its lines end in carriage returns as those of old Macintoshes did.
fn bare_cr(bytes: &[u8]) -> Option<Vec<u8>> {
    let first = memchr::memchr2(b'\r', b'\n', bytes)?;
    let alone = bytes.get(first) == Some(&b'\r') && memchr::memchr(b'\n', bytes).is_none();
    let line = bytes.get(..first).filter(|_| alone)?;
    name_len(line)?;
    let feed = |b: &u8| if *b == b'\r' { b'\n' } else { *b };
    Some(bytes.iter().map(feed).collect())
}

/// The text of a file in UTF-16 with a byte order mark, if it looks like a mail in it.
fn utf16(bytes: &[u8]) -> Option<(&'static str, String)> {
    let (label, read, mark): (_, fn([u8; 2]) -> u16, _) = match bytes {
        [0xFF, 0xFE, ..] => ("UTF-16LE", u16::from_le_bytes, 2),
        [0xFE, 0xFF, ..] => ("UTF-16BE", u16::from_be_bytes, 2),
        // Without a mark: the first letters of a field name.
        [1..=127, 0, 1..=127, 0, 1..=127, 0, ..] => ("UTF-16LE", u16::from_le_bytes, 0),
        [0, 1..=127, 0, 1..=127, 0, 1..=127, ..] => ("UTF-16BE", u16::from_be_bytes, 0),
        _ => return None,
    };
    let (pairs, _) = bytes.get(mark..)?.as_chunks::<2>();
    let text = char::decode_utf16(pairs.iter().map(|p| read(*p)))
        .map(|c| c.unwrap_or('\u{FFFD}'))
        .collect::<String>();
    text.get(..1)?.is_ascii().then_some((label, text))
}
