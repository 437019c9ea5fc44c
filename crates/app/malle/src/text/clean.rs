//! Mail is foreign: nothing in it may steer the terminal that shows it.

use std::borrow::Cow;

/// One line: control characters, line ends and bidirectional overrides become visible or a space.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(shown).collect())
}

/// Several lines: line ends and tabs stay.
pub(crate) fn clean_block(text: &str) -> Cow<'_, str> {
    let stays = |c: char| matches!(c, '\n' | '\t') || harmless(c);
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    Cow::Owned(
        text.chars()
            .map(|c| if stays(c) { c } else { shown(c) })
            .collect(),
    )
}

fn harmless(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

fn shown(c: char) -> char {
    match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        '\0'..='\u{1F}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{FFFD}'),
        '\u{7F}' => '\u{2421}',
        c if harmless(c) => c,
        _ => '\u{FFFD}',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_cannot_reach_the_terminal() {
        assert_eq!(clean("a\u{1b}[31mb\nc"), "a␛[31mb c");
        assert_eq!(clean_block("a\r\nb\tc\u{9b}2J"), "a\nb\tc\u{FFFD}2J");
        assert_eq!(clean("evil\u{202E}fdp.exe"), "evil\u{FFFD}fdp.exe");
        assert!(matches!(clean("naïve 日本"), Cow::Borrowed(_)));
    }
}
