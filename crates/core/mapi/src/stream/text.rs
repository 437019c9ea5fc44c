//! Large text: stored as UTF-8, streamed as UTF-16LE, never whole in memory.

use mapi_props::Code;
use mapi_spi::{Call, Error, LargeReader, Result, Stage};

use super::body::{PIECE, copy_out, len, len_of};

/// Bytes of UTF-8 that are turned around at once.
const BLOCK: u64 = 64 * 1024;

/// A stored text, read at any offset of its UTF-16LE form.
pub(super) struct Utf16 {
    text: Box<dyn LargeReader>,
    /// Where blocks begin: offset in UTF-8, offset in UTF-16LE. The last mark is the end.
    marks: Vec<(u64, u64)>,
    /// The block that was read last.
    open: Option<(usize, Vec<u8>)>,
}

impl Utf16 {
    /// Looks through the text once to know where its characters lie.
    pub(super) fn open(mut text: Box<dyn LargeReader>, call: &Call) -> Result<Self> {
        let mut marks = Vec::new();
        let (mut at, mut wide) = (0, 0);
        let mut buf = vec![0; usize::try_from(BLOCK).unwrap_or(1)];
        loop {
            let block = read_block(text.as_mut(), at, &mut buf, call)?;
            if block.is_empty() {
                break;
            }
            // A character that began in the block before belongs to that one.
            let start = block.iter().take_while(|b| is_inside(**b)).count();
            marks.push((at + len_of(start), wide));
            wide += block.iter().map(|b| width(*b)).sum::<u64>();
            at += len(block);
        }
        marks.push((at, wide));
        Ok(Self {
            text,
            marks,
            open: None,
        })
    }

    fn block(&mut self, n: usize, call: &Call) -> Result<&[u8]> {
        if self.open.as_ref().is_none_or(|(open, _)| *open != n) {
            let (from, to) = match (self.marks.get(n), self.marks.get(n + 1)) {
                (Some((from, _)), Some((to, _))) => (*from, *to),
                _ => return Ok(&[]),
            };
            let mut bytes = vec![0; usize::try_from(to - from).unwrap_or(0)];
            let read = read_block(self.text.as_mut(), from, &mut bytes, call)?.len();
            bytes.truncate(read);
            let text = String::from_utf8(bytes)
                .map_err(|e| Error::caused(Code::CORRUPT_DATA, "a stored text is not UTF-8", e))?;
            let wide = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            self.open = Some((n, wide));
        }
        Ok(self.open.as_ref().map_or(&[], |(_, wide)| wide))
    }
}

impl LargeReader for Utf16 {
    fn size(&self) -> u64 {
        self.marks.last().map_or(0, |(_, wide)| *wide)
    }

    fn read_at(&mut self, offset: u64, buf: &mut [u8], call: &Call) -> Result<usize> {
        if offset >= self.size() {
            return Ok(0);
        }
        let n = self.marks.partition_point(|(_, wide)| *wide <= offset);
        let n = n.saturating_sub(1);
        let start = self.marks.get(n).map_or(0, |(_, wide)| *wide);
        Ok(copy_out(self.block(n, call)?, offset - start, buf))
    }
}

/// Writes a value of UTF-16LE to a stage as UTF-8.
pub(super) fn to_utf8(
    wide: &mut dyn LargeReader,
    stage: &mut dyn Stage,
    call: &Call,
) -> Result<()> {
    let mut buf = vec![0; PIECE];
    let (mut at, mut carry) = (0, Vec::new());
    loop {
        let block = read_block(wide, at, &mut buf, call)?;
        if block.is_empty() {
            break;
        }
        at += len(block);
        carry.extend_from_slice(block);
        let end = complete(&carry);
        let (whole, rest) = carry.split_at(end);
        stage.write(decode(whole)?.as_bytes(), call)?;
        carry = rest.to_vec();
    }
    if carry.is_empty() {
        return Ok(());
    }
    Err(not_utf16())
}

/// The text of these bytes.
pub(super) fn decode(wide: &[u8]) -> Result<String> {
    let (pairs, rest) = wide.as_chunks::<2>();
    let units = pairs.iter().map(|p| u16::from_le_bytes(*p));
    match char::decode_utf16(units).collect() {
        Ok(text) if rest.is_empty() => Ok(text),
        _ => Err(not_utf16()),
    }
}

fn not_utf16() -> Error {
    Error::new(Code::CORRUPT_DATA, "what was written is not UTF-16LE")
}

/// Bytes up to the last whole character.
fn complete(wide: &[u8]) -> usize {
    let (pairs, _) = wide.as_chunks::<2>();
    let open = pairs
        .last()
        .is_some_and(|unit| (0xD800..0xDC00).contains(&u16::from_le_bytes(*unit)));
    2 * (pairs.len() - usize::from(open))
}

/// As many bytes as there are, up to the length of `buf`.
fn read_block<'a>(
    from: &mut dyn LargeReader,
    at: u64,
    buf: &'a mut [u8],
    call: &Call,
) -> Result<&'a [u8]> {
    let mut done = 0;
    while let Some(rest) = buf.get_mut(done..).filter(|r| !r.is_empty()) {
        match from.read_at(at + len_of(done), rest, call)? {
            0 => break,
            n => done += n,
        }
    }
    Ok(buf.get(..done).unwrap_or_default())
}

/// Whether a byte of UTF-8 continues a character.
const fn is_inside(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// Bytes of UTF-16 that the character takes which begins with this byte of UTF-8.
const fn width(byte: u8) -> u64 {
    match byte {
        0x80..=0xBF => 0,
        0xF0..=0xFF => 4,
        _ => 2,
    }
}
