//! Recipes over a tree's attachments become recipes over a store's values.

use mapi_props::{Code, Encoding, PropValue, Recipe, Segment, Slot, StoredMessage, tags};
use mapi_spi::{Error, RecipePart, Result};

use super::as_large;

/// The parts and how many bytes they make. The data of a small attachment lies in its bag, where a recipe cannot point,
/// so it is written out.
pub(super) fn resolve(recipe: &Recipe, body: &StoredMessage) -> Result<(Vec<RecipePart>, u64)> {
    let mut parts: Vec<RecipePart> = Vec::new();
    let mut size = 0;
    for segment in &recipe.segments {
        let part = match segment {
            Segment::Literal(bytes) => RecipePart::Literal(bytes.clone()),
            Segment::Attachment {
                attachment,
                encoding,
            } => {
                let slot = data_of(body, attachment).ok_or_else(|| {
                    Error::new(
                        Code::CORRUPT_DATA,
                        "the recipe names an attachment that is not there",
                    )
                })?;
                part_of(slot, *encoding)?
            }
        };
        size += match &part {
            RecipePart::Literal(bytes) => len(bytes.len()),
            RecipePart::Value { encoding, .. } => {
                let raw = match segment {
                    Segment::Attachment { attachment, .. } => data_of(body, attachment)
                        .and_then(as_large)
                        .map_or(0, |l| l.size),
                    Segment::Literal(_) => 0,
                };
                encoded_len(raw, *encoding)
            }
        };
        match (parts.last_mut(), part) {
            (Some(RecipePart::Literal(last)), RecipePart::Literal(more)) => last.extend(more),
            (_, part) => parts.push(part),
        }
    }
    Ok((parts, size))
}

fn part_of(slot: &Slot, encoding: Encoding) -> Result<RecipePart> {
    match slot {
        Slot::Large(l) => Ok(RecipePart::Value {
            place: l.place,
            encoding,
        }),
        Slot::Value(PropValue::Binary(bytes)) => Ok(RecipePart::Literal(encode(bytes, encoding))),
        Slot::Value(_) => Err(Error::new(
            Code::CORRUPT_DATA,
            "the recipe names an attachment without bytes",
        )),
    }
}

/// The data of the attachment at an index path.
fn data_of<'a>(body: &'a StoredMessage, path: &[u32]) -> Option<&'a Slot> {
    let (first, rest) = path.split_first()?;
    let attachment = body.attachments.get(usize::try_from(*first).ok()?)?;
    if rest.is_empty() {
        return attachment.props.get(&tags::ATTACH_DATA_BIN.id());
    }
    data_of(attachment.embedded.as_deref()?, rest)
}

/// Bytes of `raw` bytes once encoded.
fn encoded_len(raw: u64, encoding: Encoding) -> u64 {
    let Encoding::Base64 {
        line_len,
        crlf,
        last_eol,
    } = encoding
    else {
        return raw;
    };
    let chars = raw.div_ceil(3) * 4;
    let eol = if crlf { 2 } else { 1 };
    let lines = match u64::from(line_len) {
        0 => u64::from(chars > 0),
        n => chars.div_ceil(n),
    };
    let ends = if last_eol {
        lines
    } else {
        lines.saturating_sub(1)
    };
    chars + ends * eol
}

/// The bytes as they stood in the original. RFC 4648 §4.
fn encode(bytes: &[u8], encoding: Encoding) -> Vec<u8> {
    let Encoding::Base64 {
        line_len,
        crlf,
        last_eol,
    } = encoding
    else {
        return bytes.to_vec();
    };
    let text = base64(bytes);
    let eol: &[u8] = if crlf { b"\r\n" } else { b"\n" };
    let line = match usize::from(line_len) {
        0 => text.len().max(1),
        n => n,
    };
    let mut out = Vec::with_capacity(text.len() + text.len() / line * 2 + 2);
    let mut lines = text.chunks(line).peekable();
    while let Some(chars) = lines.next() {
        out.extend_from_slice(chars);
        if lines.peek().is_some() || last_eol {
            out.extend_from_slice(eol);
        }
    }
    out
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |n: u32| {
        usize::try_from(n & 63)
            .ok()
            .and_then(|n| ALPHABET.get(n))
            .copied()
            .unwrap_or(b'=')
    };
    let mut out = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let n = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digits = [digit(n >> 18), digit(n >> 12), digit(n >> 6), digit(n)];
        let keep = chunk.len() + 1;
        out.extend(digits.iter().take(keep));
        out.extend(std::iter::repeat_n(b'=', 4 - keep));
    }
    out
}

fn len(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{encode, encoded_len};
    use mapi_props::Encoding;

    #[test]
    fn lengths_agree_with_bytes() {
        for raw in [0, 1, 2, 3, 56, 57, 58, 1000] {
            for (line_len, crlf, last_eol) in [
                (0, true, true),
                (76, true, true),
                (76, false, false),
                (60, true, false),
                (4, false, true),
            ] {
                let encoding = Encoding::Base64 {
                    line_len,
                    crlf,
                    last_eol,
                };
                let bytes = encode(&vec![0xA5; raw], encoding);
                assert_eq!(
                    encoded_len(raw as u64, encoding),
                    bytes.len() as u64,
                    "{raw} {encoding:?}"
                );
            }
        }
        let lines = Encoding::Base64 {
            line_len: 8,
            crlf: true,
            last_eol: false,
        };
        assert_eq!(
            encode(b"any carnal pleas", lines),
            b"YW55IGNh\r\ncm5hbCBw\r\nbGVhcw=="
        );
    }
}
