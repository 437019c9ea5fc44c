//! Large values: searched in bounded memory, loaded in part for comparisons, measured.

use std::io::Read;

use encoding_rs::{Decoder, UTF_8};
use mapi_props::{AnsiString, PropTag, PropType, PropValue, RelOp};

use super::needle::{Folding, Needle, Search};
use crate::ansi::encoding_or_western;
use crate::fold::folds_alone;
use crate::value_order::same_kind;
use crate::words::{Cutter, Phrase, WordPattern};
use crate::{Large, Row};

/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;

/// Bytes of a large value that comparisons look at.
const LOADED: u64 = 16 * 1024 * 1024;

/// Whether the large value under `id` contains the needle, in memory of a chunk and the needle.
pub(super) fn content(row: &dyn Row, id: u16, needle: &Needle) -> bool {
    let Some(large) = row.large(id) else {
        return false;
    };
    let bytes = needle.folding() == Folding::Bytes;
    let fits = if bytes {
        large.ty == PropType::BINARY
    } else {
        large.ty.is_string()
    };
    let Some(source) = row.open(id).filter(|_| fits) else {
        return false;
    };
    let mut search = Search::new(needle);
    let found = if bytes {
        read_all(source, |piece, _| search.feed(piece))
    } else {
        let mut text = TextPieces::new(large, needle.folding());
        read_all(source, |piece, last| {
            text.feed(piece, last, |folded| search.feed(folded.as_bytes()))
        })
    };
    found.is_some_and(|early| early.unwrap_or_else(|| search.finish()))
}

/// Whether the words of a pattern stand in the large text under `id`, in memory of a chunk and the pattern.
pub(super) fn words(row: &dyn Row, id: u16, pattern: &WordPattern) -> bool {
    let Some(large) = row.large(id).filter(|l| l.ty.is_string()) else {
        return false;
    };
    let Some(source) = row.open(id) else {
        return false;
    };
    let mut text = TextPieces::new(large, Folding::Search);
    let mut cutter = Cutter::default();
    let mut phrase = Phrase::new(pattern);
    let found = read_all(source, |piece, last| {
        text.feed(piece, last, |folded| {
            let flow = cutter.feed(folded, |word| phrase.take(word));
            flow.is_break().then_some(true)
        })
    });
    match found {
        Some(Some(answer)) => answer,
        Some(None) => cutter.finish(|word| phrase.take(word)).is_break(),
        None => false,
    }
}

/// Feeds `source` to `take` in chunks until it answers, the last time with an empty piece and `true`;
/// `None` if reading fails.
fn read_all(
    mut source: Box<dyn Read + '_>,
    mut take: impl FnMut(&[u8], bool) -> Option<bool>,
) -> Option<Option<bool>> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let n = match source.read(&mut buffer) {
            Ok(n) => n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return None,
        };
        if let Some(answer) = take(buffer.get(..n)?, n == 0) {
            return Some(Some(answer));
        }
        if n == 0 {
            return Some(None);
        }
    }
}

/// Decodes text that comes in pieces and folds it, cutting only where folding does not look across.
struct TextPieces {
    decoder: Decoder,
    folding: Folding,
    pending: String,
}

impl TextPieces {
    fn new(large: Large, folding: Folding) -> Self {
        let encoding = if large.ty == PropType::UNICODE {
            UTF_8
        } else {
            encoding_or_western(large.code_page)
        };
        Self {
            decoder: encoding.new_decoder_without_bom_handling(),
            folding,
            pending: String::new(),
        }
    }

    fn feed(
        &mut self,
        piece: &[u8],
        last: bool,
        take: impl FnOnce(&str) -> Option<bool>,
    ) -> Option<bool> {
        let need = self
            .decoder
            .max_utf8_buffer_length(piece.len())
            .unwrap_or(piece.len() * 3 + 16);
        self.pending.reserve(need);
        let _ = self
            .decoder
            .decode_to_string(piece, &mut self.pending, last);
        let cut = if last {
            self.pending.len()
        } else {
            cut_point(&self.pending)
        };
        let rest = self.pending.split_off(cut);
        let answer = take(&self.folding.apply(&self.pending));
        self.pending = rest;
        answer
    }
}

/// The last place where the text may be cut for folding; the start if more must come first. A run of marks longer than
/// a chunk is cut anyway.
fn cut_point(text: &str) -> usize {
    let place = text
        .char_indices()
        .rev()
        .take(CHUNK)
        .find(|(_, c)| folds_alone(*c));
    match place {
        Some((at, _)) => at,
        None if text.len() < CHUNK => 0,
        None => text.len(),
    }
}

/// A large value as far as comparisons look at it.
pub(super) struct Loaded {
    pub(super) value: PropValue,
    /// Whether there is more of it.
    pub(super) cut: bool,
}

/// The first [`LOADED`] bytes of the large value under `tag`, if it has the tag's type and is at hand.
pub(super) fn load(row: &dyn Row, tag: PropTag) -> Option<Loaded> {
    let large = row.large(tag.id()).filter(|l| same_kind(l.ty, tag.ty()))?;
    let mut bytes = Vec::new();
    row.open(tag.id())?
        .take(LOADED)
        .read_to_end(&mut bytes)
        .ok()?;
    let value = match large.ty {
        PropType::UNICODE => PropValue::Unicode(String::from_utf8_lossy(&bytes).into_owned()),
        PropType::STRING8 => PropValue::String8(AnsiString {
            code_page: large.code_page,
            bytes,
        }),
        PropType::BINARY => PropValue::Binary(bytes),
        _ => return None,
    };
    Some(Loaded {
        value,
        cut: large.size > LOADED,
    })
}

/// SIZE of the large value under `tag`. Text is read only where its stored length leaves the answer open.
pub(super) fn size(row: &dyn Row, tag: PropTag, op: RelOp, size: u64) -> bool {
    let Some(large) = row.large(tag.id()) else {
        return false;
    };
    let asked = if tag.ty() == PropType::UNSPECIFIED {
        large.ty
    } else {
        tag.ty().single()
    };
    if tag.ty() != PropType::UNSPECIFIED && !same_kind(large.ty, asked) {
        return false;
    }
    let (low, high) = size_bounds(large, asked);
    let holds = |n: u64| super::eval::holds(op, n.cmp(&size));
    if low == high || size < low || size > high {
        return holds(low);
    }
    exact_size(row, tag.id(), large, asked).is_some_and(holds)
}

/// The least and the most that a text of this stored length can take as `asked`, terminator included.
fn size_bounds(large: Large, asked: PropType) -> (u64, u64) {
    let n = large.size;
    match (large.ty, asked) {
        // One UTF-8 byte is one unit of UTF-16; three bytes are one unit, four are two.
        (PropType::UNICODE, PropType::UNICODE) => (n.div_ceil(3) * 2 + 2, n * 2 + 2),
        (PropType::UNICODE, PropType::STRING8) => (n.div_ceil(4) + 1, n + 1),
        (PropType::STRING8, PropType::STRING8) => (n + 1, n + 1),
        // A byte may be anything from a part of a character to three UTF-8 bytes.
        (PropType::STRING8, PropType::UNICODE) => (2, n.saturating_mul(6) + 2),
        _ => (n, n),
    }
}

/// Reads the text and counts.
fn exact_size(row: &dyn Row, id: u16, large: Large, asked: PropType) -> Option<u64> {
    let encoding = if large.ty == PropType::UNICODE {
        UTF_8
    } else {
        encoding_or_western(large.code_page)
    };
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(CHUNK * 3 + 64);
    let mut units = 0_u64;
    let source = row.open(id)?;
    read_all(source, |piece, last| {
        text.clear();
        text.reserve(
            decoder
                .max_utf8_buffer_length(piece.len())
                .unwrap_or(piece.len() * 3 + 16),
        );
        let _ = decoder.decode_to_string(piece, &mut text, last);
        let count = if asked == PropType::UNICODE {
            text.encode_utf16().count()
        } else {
            text.chars().count()
        };
        units = units.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        None
    })?;
    Some(if asked == PropType::UNICODE {
        units * 2 + 2
    } else {
        units + 1
    })
}
