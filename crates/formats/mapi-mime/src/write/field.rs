//! Header fields: folding, encoded words, phrases and parameters.
//! RFC 5322 §2.2.3, RFC 2047 §2 and §5, RFC 2231 §3–4

use crate::transfer::base64;

/// Where a line is folded.
const FOLD: usize = 76;
/// Longest encoded word: 75 are allowed, but the first one shares its line with the name of the field.
const WORD_MAX: usize = 60;
/// Longest token that is written: a line may have 998 characters, and the name of the field may stand before it.
const TOKEN_MAX: usize = 900;
/// Longest name of a field.
pub(super) const NAME_MAX: usize = 90;

/// `name: value`, folded at blanks; `None` if a piece without blanks is too long for any line.
pub(super) fn structured(name: &str, value: &str) -> Option<String> {
    let value = clean(value);
    let fits = value.split_ascii_whitespace().all(|t| t.len() <= TOKEN_MAX);
    fits.then(|| fold(name, value.split_ascii_whitespace(), ""))
}

/// `name: value` for text of any kind: as it is if it can be, else as encoded words.
pub(super) fn unstructured(name: &str, text: &str) -> String {
    let text = clean(text);
    if is_plain_words(&text) && text.split(' ').all(|w| w.len() < FOLD) {
        fold(name, text.split(' '), "")
    } else {
        fold(name, encoded_words(&text).split(' '), "")
    }
}

/// The same for text that programs read, which holds to ASCII where it is ASCII, however long its words are.
pub(super) fn verbatim(name: &str, text: &str) -> String {
    let text = clean(text);
    let plain = is_printable(&text) && !text.contains("=?");
    plain
        .then(|| structured(name, &text))
        .flatten()
        .unwrap_or_else(|| unstructured(name, &text))
}

/// `name: a, b, c`, folded after commas and at blanks.
pub(super) fn list(name: &str, items: &[String]) -> String {
    let last = items.len().saturating_sub(1);
    let items: Vec<String> = items
        .iter()
        .enumerate()
        .map(|(n, item)| {
            if n < last {
                format!("{item},")
            } else {
                item.clone()
            }
        })
        .collect();
    // Blanks in a quoted string may be folded at, and mean one blank each: there are no two in a row.
    fold(name, items.iter().flat_map(|i| i.split(' ')), "")
}

/// Writes tokens with blanks between them on lines that end before [`FOLD`], if tokens are not longer.
fn fold<'a>(name: &str, tokens: impl Iterator<Item = &'a str>, end: &str) -> String {
    let mut out = format!("{name}:");
    let mut column = out.len();
    for token in tokens.filter(|t| !t.is_empty()) {
        // Some readers take a first line without a value for an empty field; but an encoded word's line is short.
        let may_fold = !out.ends_with(':') || (token.starts_with("=?") && token.ends_with("?="));
        if column + 1 + token.len() > FOLD && may_fold {
            out.push_str("\r\n");
            column = 0;
        }
        out.push(' ');
        out.push_str(token);
        column += 1 + token.len();
    }
    out + end
}

/// No control characters: a line end in a property must not start a field.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn is_printable(text: &str) -> bool {
    text.bytes().all(|b| (32..=126).contains(&b))
}

/// ASCII words with single blanks between them, none of which looks encoded.
fn is_plain_words(text: &str) -> bool {
    let framed = text.starts_with(' ') || text.ends_with(' ') || text.contains("  ");
    is_printable(text) && !framed && !text.contains("=?")
}

/// Whether this can be the name of a field (RFC 5322 §3.6.8).
pub(super) fn is_name(name: &str) -> bool {
    let printable = |b: u8| matches!(b, 33..=57 | 59..=126);
    (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(printable)
}

/// Text as encoded words in UTF-8 with blanks between them; the shorter of Q and B. No character is split.
fn encoded_words(text: &str) -> String {
    let quoted: usize = text.chars().map(q_len).sum();
    let base64 = quoted > text.len().div_ceil(3) * 4;
    let room = WORD_MAX - "=?utf-8?q??=".len();
    let mut words: Vec<String> = Vec::new();
    let mut piece = String::new();
    let mut used = 0;
    for c in text.chars() {
        let full = if base64 {
            (piece.len() + c.len_utf8()).div_ceil(3) * 4 > room
        } else {
            used + q_len(c) > room
        };
        if full {
            words.push(encoded_word(&piece, base64));
            piece.clear();
            used = 0;
        }
        piece.push(c);
        used += q_len(c);
    }
    if !piece.is_empty() {
        words.push(encoded_word(&piece, base64));
    }
    words.join(" ")
}

fn encoded_word(text: &str, as_base64: bool) -> String {
    if as_base64 {
        return format!("=?utf-8?b?{}?=", base64::encode(text.as_bytes()));
    }
    let mut out = "=?utf-8?q?".to_owned();
    for c in text.chars() {
        match c {
            ' ' => out.push('_'),
            _ if q_len(c) == 1 => out.push(c),
            _ => c
                .encode_utf8(&mut [0; 4])
                .bytes()
                .for_each(|b| out.push_str(&format!("={b:02X}"))),
        }
    }
    out + "?="
}

/// Characters that Q takes: those allowed in a phrase stand for themselves (RFC 2047 §5 (3)).
fn q_len(c: char) -> usize {
    match c {
        ' ' | '!' | '*' | '+' | '-' | '/' | 'a'..='z' | 'A'..='Z' | '0'..='9' => 1,
        _ => c.len_utf8() * 3,
    }
}

/// Text as a quoted string.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A display name or keyword: atoms, a quoted string, or encoded words, which must not stand in a quoted string.
pub(super) fn phrase(name: &str) -> String {
    let name = clean(name);
    let name = name.trim();
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~ ".contains(&b);
    let short = name.split(' ').all(|w| w.len() < FOLD);
    if !is_plain_words(name) || name.len() > 200 || !short {
        encoded_words(name)
    } else if name.bytes().all(atom) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// One mailbox of a display name, which may be empty, and an addr-spec.
pub(super) fn mailbox(name: &str, spec: &str) -> String {
    if name.trim().is_empty() || name == spec {
        // In angle brackets nothing is taken for the start of an encoded word.
        return match spec.contains("=?") {
            true => format!("<{spec}>"),
            false => spec.to_owned(),
        };
    }
    format!("{} <{spec}>", phrase(name))
}

/// A value with parameters.
pub(super) struct Parameters {
    pieces: Vec<String>,
}

/// Longest parameter value that stands on one line.
const PARAMETER_MAX: usize = 50;

impl Parameters {
    pub(super) fn new(value: &str) -> Self {
        Self {
            pieces: vec![clean(value)],
        }
    }

    /// Adds a parameter: a quoted string if it can be, else in RFC 2231's form, in sections if it is long.
    ///
    /// There is no ASCII copy beside RFC 2231's form: one name twice is a fault to strict readers, and every reader of
    /// this century knows it.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        let value = clean(value);
        if is_printable(&value) && value.len() <= PARAMETER_MAX && !value.contains("=?") {
            return self.pieces.push(format!("{name}={}", quoted(&value)));
        }
        let mut sections = vec![String::new()];
        for c in value.chars().map(percent_coded) {
            match sections.last_mut() {
                Some(last) if last.len() + c.len() <= PARAMETER_MAX => last.push_str(&c),
                _ => sections.push(c),
            }
        }
        if let [only] = sections.as_slice() {
            return self.pieces.push(format!("{name}*=utf-8''{only}"));
        }
        for (n, section) in sections.iter().enumerate() {
            let charset = if n == 0 { "utf-8''" } else { "" };
            self.pieces.push(format!("{name}*{n}*={charset}{section}"));
        }
    }

    /// The field, one parameter a line where they do not fit.
    pub(super) fn field(&self, name: &str) -> String {
        let last = self.pieces.len().saturating_sub(1);
        let mut out = format!("{name}:");
        let mut column = out.len();
        for (n, piece) in self.pieces.iter().enumerate() {
            let end = if n < last { ";" } else { "" };
            if n > 0 && column + 1 + piece.len() + end.len() > FOLD {
                out.push_str("\r\n");
                column = 0;
            }
            out.push(' ');
            out.push_str(piece);
            out.push_str(end);
            column += 1 + piece.len() + end.len();
        }
        out
    }
}

/// RFC 5987's attr-char stand for themselves.
fn percent_coded(c: char) -> String {
    if c.is_ascii_alphanumeric() || "!#$&+-.^_`|~".contains(c) {
        return c.to_string();
    }
    c.encode_utf8(&mut [0; 4])
        .bytes()
        .map(|b| format!("%{b:02X}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::{address, params::Parameterised, words};

    #[test]
    fn text_comes_back() {
        for text in [
            "plain",
            "café",
            "a=?b?=",
            "  two  blanks ",
            "会議の議事録について".repeat(20).as_str(),
            &"x".repeat(300),
            "",
        ] {
            for name in ["Subject", &"N".repeat(60)] {
                let line = unstructured(name, text);
                assert!(line.split("\r\n").all(|l| l.len() <= 78), "{line}");
                let value = line.split_once(':').unwrap().1.replace("\r\n", "");
                assert_eq!(words::decode(value.trim_start_matches(' ')), text);
            }
        }
        assert_eq!(
            unstructured("Subject", "a\r\nBcc: x"),
            "Subject: =?utf-8?q?a__Bcc=3A_x?="
        );
        assert_eq!(structured("X", &"x".repeat(901)), None);
    }

    #[test]
    fn mailboxes_come_back() {
        for (name, address) in [
            ("", "a@b"),
            ("Ann", "a@b"),
            ("Doe, Jane \"JD\" \\", "j@d"),
            ("Ré, né", "r@x"),
            ("", "\"a b\"@c"),
            ("=?x", "a@b"),
            ("", "=?@b"),
            (&"Word, ".repeat(20), "a@b"),
        ] {
            let text = list("To", &[mailbox(name, address)]);
            let text = text.strip_prefix("To:").unwrap().replace("\r\n", "");
            let list = address::parse(&text, 10).mailboxes;
            assert_eq!(
                (list.len(), list[0].name.as_str(), list[0].address.as_str()),
                (1, name.trim(), address),
                "{text}"
            );
        }
    }

    #[test]
    fn parameters_come_back() {
        for value in [
            "a.txt",
            "a \"b\" \\c.txt",
            "résumé.pdf",
            "会議".repeat(40).as_str(),
            &"long ".repeat(40),
        ] {
            let mut p = Parameters::new("attachment");
            p.add("filename", value);
            let line = p.field("Content-Disposition");
            assert!(line.split("\r\n").all(|l| l.len() <= 78), "{line}");
            let value_text = line
                .strip_prefix("Content-Disposition:")
                .unwrap()
                .replace("\r\n", "");
            assert_eq!(
                Parameterised::parse(&value_text).param("filename"),
                Some(value)
            );
        }
    }
}
