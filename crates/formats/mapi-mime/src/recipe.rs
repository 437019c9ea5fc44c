//! How a message's original bytes are kept: once, as its attachments and what stands around them.

use std::collections::VecDeque;
use std::io::{self, Cursor, Read};
use std::ops::Range;

use mapi_props::{Encoding, LargeSource, MessageTree, Recipe, Segment, TreeContent};

use crate::source::SharedBytes;
use crate::transfer::Transfer;
use crate::transfer::base64::{EncodeReader, Lines};

/// Attachments smaller than this are kept as literal bytes: a reference would save nothing.
const WORTH_IT: u64 = 4096;

/// Where an attachment's bytes stand in the original.
pub(crate) struct Slot {
    pub(crate) range: Range<usize>,
    pub(crate) transfer: Transfer,
    pub(crate) path: Vec<u32>,
    pub(crate) source: LargeSource,
}

/// Makes the recipe of `original`. Each attachment is encoded again and compared; where a byte differs it stays literal.
///
/// # Errors
/// Those of the file that a condensed mail lies in.
pub(crate) fn build(original: &SharedBytes, mut slots: Vec<Slot>) -> io::Result<Recipe> {
    slots.sort_by_key(|s| s.range.start);
    let end = original.as_slice().len();
    let mut segments = Vec::new();
    let mut at = 0;
    for slot in slots.into_iter().filter(|s| s.source.size() >= WORTH_IT) {
        if slot.range.start < at || slot.range.end > end {
            continue;
        }
        let Some((encoding, after)) = proved(original, &slot)? else {
            continue;
        };
        if at < slot.range.start {
            segments.push(Segment::Literal(original.copy(at..slot.range.start)?));
        }
        segments.push(Segment::Attachment {
            attachment: slot.path,
            encoding,
        });
        at = after;
    }
    if at < end {
        segments.push(Segment::Literal(original.copy(at..end)?));
    }
    Ok(Recipe { segments })
}

/// The encoding that turns the attachment into the start of its slot, and where in `original` that ends.
fn proved(original: &SharedBytes, slot: &Slot) -> io::Result<Option<(Encoding, usize)>> {
    let text = original.slice(slot.range.clone());
    let Some(encoding) = promising(text, slot.transfer) else {
        return Ok(None);
    };
    let mut again = encoded(slot.source.open()?, encoding);
    let same = if original.is_cut(&slot.range) {
        common_prefix(&mut again, &mut original.reader(slot.range.clone()))?
    } else {
        let mut text = text;
        common_prefix(&mut again, &mut text)?
    };
    let after = same.and_then(|len| original.place_after(&slot.range, len));
    Ok(after.map(|after| (encoding, after)))
}

/// The encoding that the first line and the end of `text` suggest.
fn promising(text: &[u8], transfer: Transfer) -> Option<Encoding> {
    match transfer {
        Transfer::Identity => Some(Encoding::Identity),
        Transfer::Base64 => {
            // Blank lines may follow the last one.
            let end = text.trim_ascii_end().len();
            let eol = match text.get(end..).unwrap_or_default() {
                [b'\r', b'\n', ..] => 2,
                [b'\n', ..] => 1,
                _ => 0,
            };
            let lines = Lines::guess(text.get(..end + eol)?)?;
            Some(Encoding::Base64 {
                line_len: lines.len,
                crlf: lines.crlf,
                last_eol: lines.last_eol,
            })
        }
        _ => None,
    }
}

/// Bytes compared at once.
const STEP: usize = 32 * 1024;

/// The length of what `again` gives, if `text` starts with it.
fn common_prefix(again: &mut dyn Read, text: &mut dyn Read) -> io::Result<Option<u64>> {
    let (mut made, mut there) = (vec![0; STEP], vec![0; STEP]);
    let mut len = 0;
    loop {
        let n = again.read(&mut made)?;
        if n == 0 {
            return Ok(Some(len));
        }
        let there = there.get_mut(..n).unwrap_or_default();
        match text.read_exact(there) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(e) => return Err(e),
        }
        if made.get(..n) != Some(&*there) {
            return Ok(None);
        }
        len += u64::try_from(n).unwrap_or(u64::MAX);
    }
}

fn encoded(data: Box<dyn Read + Send>, encoding: Encoding) -> Box<dyn Read + Send> {
    match encoding {
        Encoding::Identity => data,
        Encoding::Base64 {
            line_len,
            crlf,
            last_eol,
        } => Box::new(EncodeReader::new(
            data,
            Lines {
                len: line_len,
                crlf,
                last_eol,
            },
        )),
    }
}

/// Gives the original bytes of a recipe as a stream.
///
/// `open` opens the data of the attachment at an index path. Its errors, and those of its readers, come out of the
/// reader; nothing is read before it is asked for.
pub fn rebuild<'a, F>(recipe: &Recipe, open: F) -> Rebuilt<'a>
where
    F: FnMut(&[u32]) -> io::Result<Box<dyn Read + Send>> + 'a,
{
    Rebuilt {
        segments: recipe.segments.iter().cloned().collect(),
        open: Box::new(open),
        current: None,
    }
}

/// Opens the data of an attachment at an index path.
type Open<'a> = dyn FnMut(&[u32]) -> io::Result<Box<dyn Read + Send>> + 'a;

/// See [`rebuild`].
pub struct Rebuilt<'a> {
    segments: VecDeque<Segment>,
    open: Box<Open<'a>>,
    current: Option<Box<dyn Read + Send>>,
}

impl std::fmt::Debug for Rebuilt<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rebuilt({} segments to come)", self.segments.len())
    }
}

impl Read for Rebuilt<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(current) = &mut self.current {
                let n = current.read(buf)?;
                if n > 0 {
                    return Ok(n);
                }
                self.current = None;
            }
            self.current = Some(match self.segments.pop_front() {
                None => return Ok(0),
                Some(Segment::Literal(bytes)) => Box::new(Cursor::new(bytes)),
                Some(Segment::Attachment {
                    attachment,
                    encoding,
                }) => encoded((self.open)(&attachment)?, encoding),
            });
        }
    }
}

/// Opens the data of the attachment of `tree` at an index path: what [`rebuild`] asks for.
///
/// # Errors
/// `NotFound` if there is no such attachment or it has no data of its own; else those of its source.
pub fn open_attachment(tree: &MessageTree, path: &[u32]) -> io::Result<Box<dyn Read + Send>> {
    let missing = || {
        io::Error::new(
            io::ErrorKind::NotFound,
            format!("no attachment data at {path:?}"),
        )
    };
    let (last, above) = path.split_last().ok_or_else(missing)?;
    let at = |tree: &'_ MessageTree, index: u32| {
        usize::try_from(index)
            .ok()
            .filter(|i| *i < tree.attachments.len())
    };
    let mut tree = tree;
    for index in above {
        let attachment = at(tree, *index)
            .and_then(|i| tree.attachments.get(i))
            .ok_or_else(missing)?;
        match &attachment.content {
            TreeContent::Message(inner) => tree = inner,
            _ => return Err(missing()),
        }
    }
    let attachment = at(tree, *last)
        .and_then(|i| tree.attachments.get(i))
        .ok_or_else(missing)?;
    match &attachment.content {
        TreeContent::Data(data) | TreeContent::Storage(data) => data.open(),
        TreeContent::None | TreeContent::Message(_) => Err(missing()),
    }
}
