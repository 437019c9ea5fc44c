//! Text as answers and forwarded messages show it: behind `> `, or moved to the right.
//! RFC 3676 §4.5 (depth of quotations)

use unicode_width::UnicodeWidthChar;

/// Lines beyond this many columns are broken: whole paragraphs, not lines that somebody laid out.
const BROKEN_FROM: usize = 98;
/// Columns of what is broken, its quotation marks included.
const COLUMNS: usize = 74;

/// Bytes of quotation marks that are taken for such.
const MARKS_MAX: usize = 40;

/// The text behind `> `; what is quoted already gets one `>` more. Lines that hold a whole paragraph are broken, each
/// piece at the depth of its line; others stay as they are. Empty lines at both ends go.
///
/// ```
/// assert_eq!(mapi_html::quote_text("Yes.\r\n\r\n> Agreed?\n"), "> Yes.\n>\n>> Agreed?");
/// ```
#[must_use]
pub fn quote_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for line in shown_lines(text) {
        let (marks, said) = marks(line);
        let start = if marks.is_empty() && !said.starts_with('>') {
            "> ".to_owned()
        } else {
            format!(">{marks}")
        };
        push_broken(&start, said, &mut out);
    }
    out
}

/// The text moved to the right by `columns`, with whole paragraphs broken. Empty lines at both ends go.
///
/// ```
/// assert_eq!(mapi_html::indent_text("a\n\n  b\n", 2), "  a\n\n    b");
/// ```
#[must_use]
pub fn indent_text(text: &str, columns: usize) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let margin = " ".repeat(columns);
    for line in shown_lines(text) {
        let (marks, said) = marks(line);
        push_broken(&format!("{margin}{marks}"), said, &mut out);
    }
    out
}

/// The lines from the first to the last that is not empty.
fn shown_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .flat_map(|line| line.split('\r'))
        .skip_while(|line| line.trim().is_empty())
        .collect();
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    lines
}

/// The quotation marks that a line begins with, the space behind them included, and the rest.
fn marks(line: &str) -> (&str, &str) {
    let mut end = 0;
    for (at, c) in line.char_indices() {
        match c {
            '>' if at < MARKS_MAX => end = at + 1,
            ' ' => {}
            _ => break,
        }
    }
    if !line.starts_with('>') {
        end = 0;
    }
    let gap = usize::from(end > 0 && line.get(end..).is_some_and(|rest| rest.starts_with(' ')));
    line.split_at_checked(end + gap).unwrap_or(("", line))
}

/// Adds a line behind `start`, in pieces if it is a paragraph.
fn push_broken(start: &str, line: &str, out: &mut String) {
    let line = line.trim_end();
    if width(line) <= BROKEN_FROM {
        return push(start, line, out);
    }
    let room = COLUMNS.saturating_sub(width(start)).max(COLUMNS / 2);
    let mut rest = line;
    while !rest.is_empty() {
        let len = piece(rest, room);
        let (now, later) = rest.split_at_checked(len).unwrap_or((rest, ""));
        push(start, now.trim_end(), out);
        rest = later.trim_start_matches(' ');
    }
}

/// Bytes of the first piece of a paragraph: up to the last space that fits; a word that does not fit stays whole.
fn piece(text: &str, room: usize) -> usize {
    let (mut column, mut space) = (0, None);
    let indent = text.len() - text.trim_start().len();
    for (at, c) in text.char_indices() {
        if c == ' ' && at >= indent {
            space = Some(at);
        }
        column += columns(c);
        if column > room
            && let Some(space) = space
        {
            return space;
        }
        // Writing without spaces is broken anywhere.
        if column > room && is_ideograph(c) {
            return if at > 0 { at } else { c.len_utf8() };
        }
    }
    text.len()
}

/// Han, Kana and Hangul, which may be broken between any two.
const fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' | '\u{20000}'..='\u{3FFFF}')
}

fn push(start: &str, line: &str, out: &mut String) {
    if !out.is_empty() {
        out.push('\n');
    }
    let from = out.len();
    out.push_str(start);
    // Control characters mean nothing in text but to a terminal.
    out.extend(line.chars().filter(|c| !c.is_control() || *c == '\t'));
    let len = from
        + out
            .get(from..)
            .unwrap_or_default()
            .trim_end_matches(' ')
            .len();
    // Nothing at all is an empty line, and what only was quoted keeps its mark.
    out.truncate(len);
}

fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

fn columns(c: char) -> usize {
    if c == '\t' {
        return 8;
    }
    c.width().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{indent_text, quote_text};

    #[test]
    fn quotations_get_deeper_and_lines_stay() {
        for (text, quoted) in [
            ("a", "> a"),
            ("", ""),
            ("\n\n", ""),
            ("\r\n\r\na\r\n\r\nb\r\n\r\n", "> a\n>\n> b"),
            ("> a\n>> b\n>\nc", ">> a\n>>> b\n>>\n> c"),
            ("> > a", ">> > a"),
            (" > a", ">  > a"),
            ("a  \nb\t", "> a\n> b"),
            ("a\u{1b}[2Jb", "> a[2Jb"),
            ("old\rmac", "> old\n> mac"),
            (">", ">>"),
        ] {
            assert_eq!(quote_text(text), quoted, "{text:?}");
        }
        assert_eq!(indent_text("\na\n\n> b\n", 2), "  a\n\n  > b");
    }

    #[test]
    fn paragraphs_are_broken_at_their_depth_and_lines_are_not() {
        let words = "word ".repeat(40);
        for line in quote_text(&format!("> {words}")).lines() {
            assert!(line.starts_with(">> word") && line.len() <= 74, "{line}");
        }
        let line = "x ".repeat(48);
        assert_eq!(quote_text(&line).lines().count(), 1);
        let url = format!("https://example.org/{}", "a".repeat(300));
        assert_eq!(quote_text(&url), format!("> {url}"));
        let han = quote_text(&"漢字".repeat(100));
        assert!(han.lines().count() > 4);
        assert_eq!(han.replace("\n> ", ""), format!("> {}", "漢字".repeat(100)));
        let spaces = quote_text(&format!("{}x", " ".repeat(500)));
        assert_eq!(spaces.lines().count(), 1);
    }

    #[test]
    fn time_grows_with_length_only() {
        for piece in [">", "> ", " ", "a ", "a", "\r", "\n", "漢"] {
            let text = piece.repeat(400_000 / piece.len());
            assert!(quote_text(&text).len() <= 4 * text.len() + 100, "{piece:?}");
            assert!(
                indent_text(&text, 4).len() <= 5 * text.len() + 100,
                "{piece:?}"
            );
        }
    }
}
