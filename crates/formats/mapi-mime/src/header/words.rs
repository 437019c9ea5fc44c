//! Encoded words in header text.
//! RFC 2047 §2, §6.2; RFC 2231 §5

use crate::charset;
use crate::transfer::Transfer;

/// Longest charset name that is looked for.
const CHARSET_MAX: usize = 80;

/// Decodes every encoded word of `text`; what is none stays as it is.
///
/// Neighbouring words of one charset are decoded together, so that a character cut in two by a bad writer comes out whole.
pub(crate) fn decode(text: &str) -> String {
    if !text.contains("=?") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut run = Run::default();
    let mut rest = text;
    // Where no "?=" follows, none will follow later: this keeps the walk linear.
    while let Some(at) = rest.find("=?") {
        let (before, found) = rest.split_at(at);
        let Some((word, after)) = Word::parse(found) else {
            if !found.contains("?=") {
                break;
            }
            let (skip, after) = found.split_at(2);
            run.flush(&mut out);
            out.push_str(before);
            out.push_str(skip);
            rest = after;
            continue;
        };
        let gap_is_space = !before.is_empty() && before.chars().all(|c| c.is_ascii_whitespace());
        if !(run.started && (before.is_empty() || gap_is_space)) {
            run.flush(&mut out);
            out.push_str(before);
        }
        run.add(&word, &mut out);
        rest = after;
    }
    run.flush(&mut out);
    out.push_str(rest);
    out
}

/// One encoded word.
struct Word<'a> {
    charset: &'a str,
    base64: bool,
    text: &'a str,
}

impl<'a> Word<'a> {
    /// The word with which `text` (it starts with `=?`) begins, and what follows it.
    fn parse(text: &'a str) -> Option<(Self, &'a str)> {
        let rest = text.strip_prefix("=?")?;
        let charset_len = rest.bytes().take(CHARSET_MAX).position(|b| b == b'?')?;
        let (charset, rest) = rest.split_at_checked(charset_len)?;
        let rest = rest.strip_prefix('?')?;
        let base64 = match rest.bytes().next()? {
            b'b' | b'B' => true,
            b'q' | b'Q' => false,
            _ => return None,
        };
        let rest = rest.get(1..)?.strip_prefix('?')?;
        let (text, after) = rest.split_once("?=")?;
        let charset = charset.split('*').next().unwrap_or(charset);
        let fine = !charset.is_empty() && !charset.contains(char::is_whitespace);
        fine.then_some((
            Self {
                charset,
                base64,
                text,
            },
            after,
        ))
    }

    fn bytes(&self) -> Vec<u8> {
        if self.base64 {
            return Transfer::Base64.decode(self.text.as_bytes()).0;
        }
        let hex = |b: Option<&u8>| {
            b.and_then(|b| char::from(*b).to_digit(16))
                .and_then(|d| u8::try_from(d).ok())
        };
        let mut out = Vec::with_capacity(self.text.len());
        let mut rest = self.text.as_bytes();
        while let Some((&byte, tail)) = rest.split_first() {
            rest = tail;
            match (byte, hex(tail.first()), hex(tail.get(1))) {
                (b'_', ..) => out.push(b' '),
                (b'=', Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    rest = tail.get(2..).unwrap_or_default();
                }
                _ => out.push(byte),
            }
        }
        out
    }
}

/// Words of one charset that follow each other.
#[derive(Default)]
struct Run {
    charset: String,
    bytes: Vec<u8>,
    started: bool,
}

impl Run {
    fn add(&mut self, word: &Word<'_>, out: &mut String) {
        if !self.charset.eq_ignore_ascii_case(word.charset) {
            self.flush(out);
            word.charset.clone_into(&mut self.charset);
        }
        self.started = true;
        self.bytes.extend(word.bytes());
    }

    fn flush(&mut self, out: &mut String) {
        if !self.started {
            return;
        }
        let text =
            charset::decode(&self.bytes, Some(&self.charset), charset::DEFAULT_CODE_PAGE).text;
        out.extend(text.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')));
        self.bytes.clear();
        self.charset.clear();
        self.started = false;
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn words_are_decoded() {
        let check = |text: &str, expect: &str| assert_eq!(decode(text), expect, "{text}");
        check("plain", "plain");
        check("=?iso-8859-1?q?caf=E9?= noir", "café noir");
        check("=?utf-8?B?w6k=?= =?utf-8?Q?=C3=A9?=", "éé");
        check("=?utf-8?B?ww==?= =?utf-8?B?qQ==?=", "é");
        check("a =?utf-8?q?b?= c =?utf-8*fr?q?d_e?=", "a b c d e");
        check("=?utf-8?q?a?==?iso-8859-1?q?=E9?=", "aé");
        check("=?utf-8?q?=3D=3F?=", "=?");
        check("=?utf-8?q?=41?=", "A");
        check("=?utf-8?x?a?= =?", "=?utf-8?x?a?= =?");
        check("=?ISO-2022-JP?B?GyRCMnE1RBsoQg==?=", "会議");
        check("=?utf-8?q?a b?=", "a b");
        check("=?unknown-8bit?q?=E9?=", "é");
    }

    #[test]
    fn hostile_text_is_linear() {
        let start = std::time::Instant::now();
        decode(&"=?".repeat(500_000));
        decode(&"=?a?q?".repeat(150_000));
        decode(&format!("{}?=", "=?".repeat(500_000)));
        assert!(start.elapsed().as_secs() < 60);
    }
}
