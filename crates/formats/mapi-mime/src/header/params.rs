//! Values with parameters: Content-Type and Content-Disposition.
//! RFC 2045 §5.1, RFC 2183, RFC 2231 §3–4

use super::words;
use crate::charset;

/// `type/subtype; name=value`, or a disposition with its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Parameterised {
    /// What stands before the first semicolon, in lower case, without white space and comments.
    pub(crate) value: String,
    /// Names in lower case and values, continuations joined and charsets decoded.
    pub(crate) params: Vec<(String, String)>,
}

/// Parameters read at most.
const PARAMS_MAX: usize = 100;

impl Parameterised {
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// Reads an unfolded value.
    pub(crate) fn parse(text: &str) -> Self {
        let end = text.find([';', '(']).unwrap_or(text.len());
        let head = text.get(..end).unwrap_or(text);
        // `multipart/mixed boundary=x`: the semicolon was forgotten.
        let end = parameter_start(head).unwrap_or(end);
        let (value, mut rest) = text.split_at(end);
        let value: String = value
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '"' | ','))
            .collect();
        let mut raw: Vec<(String, String, bool)> = Vec::new();
        // Those without a name count too: a quote that never ends makes each of them read to the end.
        let mut left = PARAMS_MAX;
        while !rest.is_empty() && left > 0 {
            let (name, after) = read_name(rest);
            rest = after;
            if let Some(after) = rest.strip_prefix('=') {
                left -= 1;
                let (value, quoted, after) = read_value(after);
                rest = after;
                if !name.is_empty() {
                    raw.push((name, value, quoted));
                }
            }
        }
        Self {
            value: value.to_ascii_lowercase(),
            params: join(raw),
        }
    }
}

/// Where a parameter starts behind white space, if `text` has one that no semicolon parts from what is before it.
fn parameter_start(text: &str) -> Option<usize> {
    let name_end = text.find('=')?;
    let before = text.get(..name_end)?.trim_end();
    let at = before.rfind(char::is_whitespace)?;
    let name = before.get(at..)?.trim_start();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '*');
    let fine = !name.is_empty() && name.chars().all(is_name) && at > 0;
    fine.then_some(at)
}

/// Skips separators and comments, then reads a name up to `=` or the next separator.
fn read_name(text: &str) -> (String, &str) {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';', ',']);
        match rest.strip_prefix('(') {
            Some(inner) => {
                rest = inner
                    .find(')')
                    .and_then(|n| inner.get(n + 1..))
                    .unwrap_or_default()
            }
            None => break,
        }
    }
    let end = rest.find(['=', ';']).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    (name.trim().to_ascii_lowercase(), after)
}

/// Reads a token or quoted string; says which.
fn read_value(text: &str) -> (String, bool, &str) {
    let text = text.trim_start_matches([' ', '\t']);
    let Some(inner) = text.strip_prefix('"') else {
        // White space ends a token, but names with blanks are often written without quotes: read on to the semicolon.
        let end = text.find(';').unwrap_or(text.len());
        let end = parameter_start(text.get(..end).unwrap_or(text)).unwrap_or(end);
        let (value, after) = text.split_at(end);
        let value = value.split(" (").next().unwrap_or(value);
        return (value.trim().trim_matches('"').to_owned(), false, after);
    };
    let mut out = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (out, true, inner.get(at + 1..).unwrap_or_default()),
            '\\' => match chars.next() {
                Some((_, c @ ('"' | '\\'))) => out.push(c),
                // Windows paths are written without escaping.
                Some((_, c)) => out.extend(['\\', c]),
                None => out.push('\\'),
            },
            _ => out.push(c),
        }
    }
    // Never closed: end at the next parameter, if one is in sight.
    let end = inner.find(';').unwrap_or(inner.len());
    let (value, after) = inner.split_at(end);
    (value.to_owned(), true, after)
}

/// A parameter's sections, `name*0*=`.
struct Section {
    number: u32,
    encoded: bool,
    value: String,
}

/// Joins sections and decodes values. RFC 2231's form wins over the plain one of the same name.
fn join(raw: Vec<(String, String, bool)>) -> Vec<(String, String)> {
    let mut plain: Vec<(String, String)> = Vec::new();
    let mut extended: Vec<(String, Vec<Section>)> = Vec::new();
    for (name, value, _) in raw {
        let Some((base, section)) = name.split_once('*') else {
            if !plain.iter().any(|(n, _)| *n == name) {
                let value = match name.as_str() {
                    // `=?` may stand in a boundary, which is compared as it stands.
                    "boundary" => value,
                    _ => words::decode(&value),
                };
                plain.push((name, value));
            }
            continue;
        };
        let encoded = section.is_empty() || section.ends_with('*');
        let number = section.trim_end_matches('*').parse().unwrap_or(0);
        let section = Section {
            number,
            encoded,
            value,
        };
        match extended.iter_mut().find(|(n, _)| n == base) {
            Some((_, sections)) => sections.push(section),
            None => extended.push((base.to_owned(), vec![section])),
        }
    }
    for (name, mut sections) in extended {
        sections.sort_by_key(|s| s.number);
        let value = decode_sections(&sections);
        plain.retain(|(n, _)| *n != name);
        plain.push((name, value));
    }
    plain
}

/// RFC 2231 §4.1: the first section names the charset, encoded sections are percent-encoded in it.
fn decode_sections(sections: &[Section]) -> String {
    let mut charset = None;
    let mut bytes = Vec::new();
    for (i, section) in sections.iter().enumerate() {
        let mut value = section.value.as_str();
        if section.encoded {
            if i == 0 {
                let mut parts = value.splitn(3, '\'');
                if let (Some(label), Some(_), Some(text)) =
                    (parts.next(), parts.next(), parts.next())
                {
                    charset = Some(label).filter(|l| !l.is_empty());
                    value = text;
                }
            }
            percent_decode(value, &mut bytes);
        } else {
            bytes.extend_from_slice(value.as_bytes());
        }
    }
    let text = charset::decode(&bytes, charset, charset::DEFAULT_CODE_PAGE).text;
    // Encoded words in here are against the rules and common.
    words::decode(&text)
}

/// Appends `text` with its `%XX` undone.
pub(crate) fn percent_decode(text: &str, out: &mut Vec<u8>) {
    let hex = |b: Option<&u8>| {
        b.and_then(|b| char::from(*b).to_digit(16))
            .and_then(|d| u8::try_from(d).ok())
    };
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, hex(tail.first()), hex(tail.get(1))) {
            (b'%', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, value: &str, params: &[(&str, &str)]) {
        let p = Parameterised::parse(text);
        let found: Vec<_> = p
            .params
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        assert_eq!(
            (p.value.as_str(), found.as_slice()),
            (value, params),
            "{text}"
        );
    }

    #[test]
    fn parameters_are_read() {
        check("text/plain", "text/plain", &[]);
        check(
            "Text/Plain; charset=\"utf-8\"; format=flowed",
            "text/plain",
            &[("charset", "utf-8"), ("format", "flowed")],
        );
        check(
            "text/plain (c); charset=us-ascii (Plain text)",
            "text/plain",
            &[("charset", "us-ascii")],
        );
        check("a/b; name=\"a;\\\"b\"", "a/b", &[("name", "a;\"b")]);
        check("a/b; name=my file.pdf", "a/b", &[("name", "my file.pdf")]);
        check(
            "a/b; name=\"C:\\dir\\f.txt\"",
            "a/b",
            &[("name", "C:\\dir\\f.txt")],
        );
        check(
            "a/b; name*=utf-8''%e2%82%ac%20rates",
            "a/b",
            &[("name", "€ rates")],
        );
        check(
            "a/b; name*0*=iso-8859-1'fr'caf%E9; name*1=\" noir\"",
            "a/b",
            &[("name", "café noir")],
        );
        check("a/b; name*1=b; name*0=a", "a/b", &[("name", "ab")]);
        check(
            "a/b; name=\"=?utf-8?q?caf=C3=A9?=\"",
            "a/b",
            &[("name", "café")],
        );
        check("a/b; name=x; name*=utf-8''y", "a/b", &[("name", "y")]);
        check(
            "attachment; filename=\"open; size=1",
            "attachment",
            &[("filename", "open"), ("size", "1")],
        );
        check(
            "multipart/mixed boundary=x",
            "multipart/mixed",
            &[("boundary", "x")],
        );
        check(
            "text/plain charset=utf-8 format=flowed; x=a b",
            "text/plain",
            &[("charset", "utf-8"), ("format", "flowed"), ("x", "a b")],
        );
        check("text / plain, charset=x", "text/plain", &[("charset", "x")]);
        check(
            "a/b; boundary=\"=?utf-8?q?a?=\"",
            "a/b",
            &[("boundary", "=?utf-8?q?a?=")],
        );
        check(";;;", "", &[]);
    }

    #[test]
    fn hostile_text_is_linear() {
        let start = std::time::Instant::now();
        for piece in ["(", ";", "\"", "a=", "a=\";", "\\", "a*0=b;", "="] {
            Parameterised::parse(&piece.repeat(1_000_000 / piece.len()));
        }
        assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
    }
}
