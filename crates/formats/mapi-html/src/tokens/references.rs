//! Character references. WHATWG HTML 13.2.5.72 to 13.2.5.80

use std::borrow::Cow;
use std::convert::Infallible;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};
use memchr::memchr;

/// Text with its references decoded.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    match memchr(b'&', text.as_bytes()) {
        Some(first) => Cow::Owned(decoded(text, first, standard_text)),
        None => Cow::Borrowed(text),
    }
}

/// The same for an attribute's value, where a name without a semicolon may be part of an address (13.2.5.73).
pub(super) fn decode_attribute(value: &str) -> Cow<'_, str> {
    match memchr(b'&', value.as_bytes()) {
        Some(first) => Cow::Owned(decoded(value, first, standard_attribute)),
        None => Cow::Borrowed(value),
    }
}

/// Decodes what is frequent here, and leaves everything from the first other reference on to `standard`, which knows
/// all names. `at` is the first `&`.
fn decoded(text: &str, mut at: usize, standard: fn(&str, &mut String)) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let (before, reference) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let Some((c, len)) = frequent(reference) else {
            standard(reference, &mut out);
            return out;
        };
        out.push(c);
        rest = reference.get(len..).unwrap_or_default();
        match memchr(b'&', rest.as_bytes()) {
            Some(next) => at = next,
            None => return out + rest,
        }
    }
}

/// Names that stand in most mail.
const FREQUENT: &[(&str, char)] = &[
    ("nbsp", '\u{A0}'),
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("zwnj", '\u{200C}'),
    ("shy", '\u{AD}'),
    ("copy", '©'),
    ("reg", '®'),
    ("trade", '™'),
    ("hellip", '…'),
    ("mdash", '—'),
    ("ndash", '–'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bull", '•'),
    ("middot", '·'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("euro", '€'),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("szlig", 'ß'),
    ("eacute", 'é'),
    ("egrave", 'è'),
    ("agrave", 'à'),
    ("ccedil", 'ç'),
];

/// A frequent reference at the start of `text`, with its semicolon: its character and length; a lone `&` too.
fn frequent(text: &str) -> Option<(char, usize)> {
    let after = text.get(1..)?;
    if let Some(number) = after.strip_prefix('#') {
        return numeric(number).map(|(c, len)| (c, len + 2));
    }
    if !after.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Some(('&', 1));
    }
    let end = after.as_bytes().iter().take(8).position(|b| *b == b';')?;
    let name = after.get(..end)?;
    let known = FREQUENT.iter().find(|(n, _)| *n == name);
    known.map(|(_, c)| (*c, end + 2))
}

/// `8364;` or `x20ac;` behind `&#`, and its length. Numbers that the standard maps to others are left to it.
fn numeric(text: &str) -> Option<(char, usize)> {
    let end = text.as_bytes().iter().take(9).position(|b| *b == b';')?;
    let digits = text.get(..end)?;
    let number = match digits.strip_prefix(['x', 'X']) {
        Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16),
        None if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse(),
        _ => return None,
    };
    let c = char::from_u32(number.ok()?)?;
    (!c.is_control()).then_some((c, end + 1))
}

fn standard_text(text: &str, out: &mut String) {
    // No markup: text of an element whose content is none may hold what looks like it.
    tokenize(&text.replace('<', "&lt;"), |event| {
        if let CallbackEvent::String { value } = event {
            out.push_str(&String::from_utf8_lossy(value));
        }
    });
}

fn standard_attribute(value: &str, out: &mut String) {
    let tag = format!("<a x=\"{}\">", value.replace('"', "&quot;"));
    tokenize(&tag, |event| {
        if let CallbackEvent::AttributeValue { value } = event {
            out.push_str(&String::from_utf8_lossy(value));
        }
    });
}

fn tokenize(text: &str, mut take: impl FnMut(CallbackEvent<'_>)) {
    let callback = |event: CallbackEvent<'_>, _: Span<()>| -> Option<Infallible> {
        take(event);
        None
    };
    // A string never fails to be read.
    let Ok(()) = Tokenizer::new_with_emitter(text, CallbackEmitter::new(callback)).finish();
}
