//! Header fields: folding, encoded words, phrases and parameters.
//! RFC 5322 §2.2.3, RFC 2047 §2 and §5, RFC 2231 §3–4

use crate::transfer::base64;

/// Where a line is folded.
const FOLD: usize = 76;
/// Longest encoded word: 75 are allowed, but the first one shares its line with the name of the field.
const WORD_MAX: usize = 60;
/// Longest token that is written: a line may have 998 characters.
const TOKEN_MAX: usize = 900;

/// `name: value`, folded at blanks.
pub(super) fn field(name: &str, value: &str) -> String {
    let mut out = format!("{name}:");
    let mut column = out.len();
    for token in clean(value).split_ascii_whitespace() {
        let token: String = token.chars().take(TOKEN_MAX).collect();
        if column + 1 + token.len() > FOLD && column > 1 && !out.ends_with(':') {
            out.push_str("\r\n");
            column = 0;
        }
        out.push(' ');
        out.push_str(&token);
        column += 1 + token.len();
    }
    out
}

/// `name: value` for text of any kind: as it is if it can be, else as encoded words.
pub(super) fn unstructured(name: &str, text: &str) -> String {
    let text = clean(text);
    let single_blanks = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ") == text;
    let plain = single_blanks
        && is_printable(&text)
        && !text.contains("=?")
        && text.split(' ').all(|w| w.len() < FOLD);
    if plain {
        field(name, &text)
    } else {
        field(name, &encoded_words(&text))
    }
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

/// Text as encoded words in UTF-8 with blanks between them; the shorter of Q and B.
pub(super) fn encoded_words(text: &str) -> String {
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

/// A display name: atoms, a quoted string, or encoded words.
pub(super) fn phrase(name: &str) -> String {
    let name = clean(name);
    let name = name.trim();
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~ ".contains(&b);
    let single_blanks = !name.contains("  ");
    if name.contains("=?") || !is_printable(name) || name.len() > 200 {
        encoded_words(name)
    } else if single_blanks && name.bytes().all(atom) && name.split(' ').all(|w| w.len() < FOLD) {
        name.to_owned()
    } else if name.len() < FOLD && single_blanks {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        encoded_words(name)
    }
}

/// One mailbox; `None` without an address, or with one that no line can hold.
pub(super) fn mailbox(name: &str, address: &str) -> Option<String> {
    let address: String = address
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '<' | '>'))
        .collect();
    let address = address.trim();
    if address.is_empty() || address.len() > TOKEN_MAX {
        return None;
    }
    if name.trim().is_empty() || name == address {
        // In angle brackets even a local part with blanks and commas is one address.
        let bare = address
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"\"(),:;[]\\".contains(&b));
        return Some(if bare {
            address.to_owned()
        } else {
            format!("<{address}>")
        });
    }
    Some(format!("{} <{address}>", phrase(name)))
}

/// `name: a, b, c`, folded after commas.
pub(super) fn list(name: &str, items: &[String]) -> String {
    let mut out = format!("{name}:");
    let mut column = out.len();
    for (n, item) in items.iter().enumerate() {
        let comma = if n + 1 < items.len() { "," } else { "" };
        for token in item.split(' ').filter(|t| !t.is_empty()) {
            if column + 1 + token.len() > FOLD && !out.ends_with(':') {
                out.push_str("\r\n");
                column = 0;
            }
            out.push(' ');
            out.push_str(token);
            column += 1 + token.len();
        }
        out.push_str(comma);
        column += comma.len();
    }
    out
}

/// A value with parameters.
pub(super) struct Parameters {
    pieces: Vec<String>,
}

impl Parameters {
    pub(super) fn new(value: &str) -> Self {
        Self {
            pieces: vec![clean(value)],
        }
    }

    /// Adds a parameter: a quoted string if it can be, else in RFC 2231's form, in sections if it is long.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        let value = clean(value);
        if is_printable(&value) && value.len() <= 50 && !value.contains("=?") {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            return self.pieces.push(format!("{name}=\"{quoted}\""));
        }
        let coded = value.chars().map(percent_coded);
        let mut sections = vec![String::new()];
        for c in coded {
            match sections.last_mut() {
                Some(last) if last.len() + c.len() <= 50 => last.push_str(&c),
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
        let mut out = format!("{name}:");
        let mut column = out.len();
        for (n, piece) in self.pieces.iter().enumerate() {
            let end = if n + 1 < self.pieces.len() { ";" } else { "" };
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
        ] {
            let line = unstructured("Subject", text);
            assert!(line.split("\r\n").all(|l| l.len() <= 78), "{line}");
            let value = line.strip_prefix("Subject:").unwrap().replace("\r\n", "");
            assert_eq!(words::decode(value.trim_start_matches(' ')), text);
        }
        assert_eq!(
            unstructured("Subject", "a\r\nBcc: x"),
            "Subject: =?utf-8?q?a__Bcc=3A_x?="
        );
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
        ] {
            let text = mailbox(name, address).unwrap();
            let list = address::parse(&text, 10).mailboxes;
            assert_eq!(
                (list.len(), list[0].name.as_str(), list[0].address.as_str()),
                (1, name, address),
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
