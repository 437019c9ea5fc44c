//! Recipes: one with lies in it gives an error or bounded bytes, and a true one gives what an encoder of our own gives.

use std::io::Read;

use mapi_mime::{open_attachment, rebuild};
use mapi_props::{AttachmentTree, Encoding, MessageTree, Recipe, Segment, TreeContent};

use super::mail;
use crate::choices::Choices;
use crate::seen::Seen;
use crate::target::Target;

pub(super) static TARGET: Target = Target {
    name: "recipe",
    about: "recipes with lies give an error or bounded bytes; encoded attachments come back byte for byte",
    longest: 4096,
    seeds,
    takes_mail: false,
    tokens: &[b"\x4c", b"\x00", b"\x01\x00\x00\x00", b"\xff\xff"],
    run,
};

fn run(input: &[u8], seen: &mut Seen) {
    let mut choices = Choices::new(input);
    if choices.flag() {
        encoded_mail(&mut choices, seen);
    } else {
        with_lies(&mut choices, seen);
    }
}

/// A recipe over a small tree whose paths and encodings are any.
fn with_lies(choices: &mut Choices<'_>, seen: &mut Seen) {
    let tree = tree(choices, 2);
    let segments = (0..choices.below(8)).map(|_| match choices.below(3) {
        0 => Segment::Literal(choices.bytes().to_vec()),
        _ => Segment::Attachment {
            attachment: (0..choices.below(4)).map(|_| path_part(choices)).collect(),
            encoding: encoding(choices),
        },
    });
    let recipe = Recipe {
        segments: segments.collect(),
    };
    let mut expected = Some(Vec::new());
    for segment in &recipe.segments {
        let more = by_hand(&tree, segment);
        expected = expected.zip(more).map(|(mut all, more)| {
            all.extend(more);
            all
        });
    }
    let mut bytes = Vec::new();
    let result = rebuild(&recipe, |path| open_attachment(&tree, path)).read_to_end(&mut bytes);
    seen.mark(
        "rebuilt",
        result
            .as_ref()
            .map_err(std::io::Error::kind)
            .map(|len| len.min(&1).to_owned())
            .ok(),
    );
    seen.count("segments", recipe.segments.len());
    match (result, expected) {
        (Ok(_), Some(expected)) => assert_eq!(bytes, expected, "{recipe:?}"),
        (Err(_), None) => {}
        (result, expected) => assert!(
            result.is_ok() == expected.is_some(),
            "{result:?}, but by hand {:?} bytes: {recipe:?}",
            expected.map(|e| e.len())
        ),
    }
}

/// What a segment gives, worked out in the plainest way; `None` where it lies.
fn by_hand(tree: &MessageTree, segment: &Segment) -> Option<Vec<u8>> {
    let (path, encoding) = match segment {
        Segment::Literal(bytes) => return Some(bytes.clone()),
        Segment::Attachment {
            attachment,
            encoding,
        } => (attachment, encoding),
    };
    let (last, above) = path.split_last()?;
    let at =
        |tree: &'_ MessageTree, n: u32| tree.attachments.get(usize::try_from(n).ok()?).cloned();
    let mut inside = tree.clone();
    for n in above {
        match at(&inside, *n)?.content {
            TreeContent::Message(inner) => inside = *inner,
            _ => return None,
        }
    }
    let data = match at(&inside, *last)?.content {
        TreeContent::Data(data) | TreeContent::Storage(data) => mail::bytes_of(&data),
        _ => return None,
    };
    Some(match encoding {
        Encoding::Identity => data,
        Encoding::Base64 {
            line_len,
            crlf,
            last_eol,
        } => {
            let eol: &[u8] = if *crlf { b"\r\n" } else { b"\n" };
            lines(&base64(&data), usize::from(*line_len), eol, *last_eol)
        }
    })
}

/// RFC 4648 §4.
fn base64(data: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32| {
        *DIGITS
            .get(usize::try_from(bits & 63).unwrap_or(0))
            .unwrap_or(&b'=')
    };
    let mut out = Vec::new();
    for three in data.chunks(3) {
        let bits = (0..3).fold(0, |bits, n| {
            bits << 8 | u32::from(three.get(n).copied().unwrap_or(0))
        });
        let four = [
            digit(bits >> 18),
            digit(bits >> 12),
            digit(bits >> 6),
            digit(bits),
        ];
        out.extend(four.iter().take(three.len() + 1));
        out.extend(std::iter::repeat_n(b'=', 3 - three.len()));
    }
    out
}

/// Lines of `len` characters; 0: one line.
fn lines(text: &[u8], len: usize, eol: &[u8], last_eol: bool) -> Vec<u8> {
    let len = if len == 0 { text.len().max(1) } else { len };
    let lines: Vec<&[u8]> = text.chunks(len).collect();
    let mut out = lines.join(eol);
    if last_eol && !text.is_empty() {
        out.extend_from_slice(eol);
    }
    out
}

fn tree(choices: &mut Choices<'_>, depth: u32) -> MessageTree {
    let attachments = (0..choices.below(3)).map(|_| AttachmentTree {
        content: match choices.below(4) {
            0 => TreeContent::None,
            1 if depth > 0 => TreeContent::Message(Box::new(tree(choices, depth - 1))),
            _ => TreeContent::Data(choices.bytes().to_vec().into()),
        },
        ..AttachmentTree::default()
    });
    MessageTree {
        attachments: attachments.collect(),
        ..MessageTree::default()
    }
}

fn path_part(choices: &mut Choices<'_>) -> u32 {
    match choices.below(8) {
        7 => choices.u32(),
        n => u32::try_from(n % 3).unwrap_or(0),
    }
}

fn encoding(choices: &mut Choices<'_>) -> Encoding {
    if choices.flag() {
        return Encoding::Identity;
    }
    Encoding::Base64 {
        line_len: choices.pick(&[76, 0, 1, 3, 4, 5, 60, 64, 72, 77, 1000, u16::MAX]),
        crlf: choices.flag(),
        last_eol: choices.flag(),
    }
}

/// A mail with a long attachment encoded in any lines, some of them spoilt; the recipe must give it back.
fn encoded_mail(choices: &mut Choices<'_>, seen: &mut Seen) {
    let data: Vec<u8> = choices
        .bytes()
        .iter()
        .copied()
        .cycle()
        .take(4096 + choices.below(256))
        .collect();
    let eol: &[u8] = if choices.flag() { b"\r\n" } else { b"\n" };
    let len = choices.pick(&[76, 4, 60, 64, 73, 1000, 0]);
    let mut text = lines(&base64(&data), len, eol, choices.flag());
    for _ in 0..choices.below(3) {
        let at = usize::from(choices.u16()) % text.len().max(1);
        let with = choices.bytes();
        text.splice(at..at, with.iter().copied());
    }
    let mut mail =
        b"Content-Type: application/x; name=a\nContent-Transfer-Encoding: base64\n\n".to_vec();
    mail.extend(text);
    mail::read(&mail, &mail::context(), seen);
}

fn seeds() -> Vec<Vec<u8>> {
    (0..64_u8)
        .map(|n| (0..80_u8).map(|k| k.wrapping_mul(2 * n + 1) ^ n).collect())
        .collect()
}
