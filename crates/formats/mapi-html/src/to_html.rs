//! Text as HTML that shows the same lines.

use std::fmt::Write;

/// How the HTML will be written as bytes, which decides how characters beyond ASCII are spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset<'a> {
    /// As UTF-8: characters stand for themselves.
    Utf8,
    /// In an encoding of this name that holds ASCII: all other characters become references, so that none is lost.
    Ascii(&'a str),
}

/// Columns between tab stops.
const TAB: usize = 8;

/// An HTML document that shows `text`: lines and runs of spaces are kept, tabs become spaces up to the next of every
/// eight columns, addresses that begin with `http://` or `https://` become links.
///
/// ```
/// use mapi_html::{Charset, html_to_text, text_to_html};
///
/// let html = text_to_html("1 < 2,\n  see https://example.org/", Charset::Utf8);
/// assert!(html.contains("1 &lt; 2,<br>"));
/// assert_eq!(html_to_text(&html), "1 < 2,\n  see https://example.org/");
/// ```
#[must_use]
pub fn text_to_html(text: &str, charset: Charset<'_>) -> String {
    let (name, ascii) = match charset {
        Charset::Utf8 => ("utf-8", false),
        Charset::Ascii(name) => (name, true),
    };
    let mut html = String::with_capacity(text.len() + text.len() / 8 + 256);
    html.push_str(
        "<html><head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=",
    );
    escape(name, true, &mut html);
    html.push_str("\">\r\n</head>\r\n<body>\r\n<div>");
    push_lines(text, ascii, &mut html);
    html.push_str("</div>\r\n</body></html>\r\n");
    html
}

/// The same lines without a document around them, for UTF-8: each but the last ends with `<br>`, which stands nowhere else.
///
/// ```
/// assert_eq!(mapi_html::text_lines("1 < 2,\nyes"), "1 &lt; 2,<br>\r\nyes");
/// ```
#[must_use]
pub fn text_lines(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 8);
    push_lines(text, false, &mut html);
    html
}

fn push_lines(text: &str, ascii: bool, html: &mut String) {
    for (n, line) in lines(text).enumerate() {
        if n > 0 {
            html.push_str("<br>\r\n");
        }
        push_line(line, ascii, html);
    }
}

/// The lines of a text, whatever ends them.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .flat_map(|line| line.split('\r'))
}

fn push_line(line: &str, ascii: bool, html: &mut String) {
    let mut rest = line;
    let mut column = 0;
    while let Some(at) = link_start(rest) {
        let (before, link) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let (link, after) = link.split_at_checked(link_len(link)).unwrap_or((link, ""));
        push_text(before, ascii, &mut column, html);
        html.push_str("<a href=\"");
        escape(link, ascii, html);
        html.push_str("\">");
        push_text(link, ascii, &mut column, html);
        html.push_str("</a>");
        rest = after;
    }
    push_text(rest, ascii, &mut column, html);
}

const SCHEMES: [&str; 2] = ["http://", "https://"];

/// Where an address begins that stands by itself and leads somewhere.
fn link_start(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let found = SCHEMES
            .iter()
            .filter_map(|s| rest.find(s).map(|at| (at, s.len())));
        let (at, scheme) = found.min()?;
        let at = from + at;
        let alone = !text
            .get(..at)
            .is_some_and(|before| before.ends_with(|c: char| c.is_alphanumeric()));
        if alone && text.get(at..).map(link_len) > Some(scheme) {
            return Some(at);
        }
        from = at + scheme;
    }
}

/// Bytes of the address that a text begins with; what closes a sentence around it is no part of it.
fn link_len(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\'') || c.is_control();
    let link = text.split(ends).next().unwrap_or_default();
    link.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}'])
        .len()
}

/// Text with its spaces kept: each that a browser would swallow is one that does not break.
fn push_text(text: &str, ascii: bool, column: &mut usize, html: &mut String) {
    for c in text.chars() {
        match c {
            '\t' => {
                for _ in 0..TAB - *column % TAB {
                    push_space(*column, html);
                    *column += 1;
                }
                continue;
            }
            ' ' => push_space(*column, html),
            c => push_char(c, ascii, html),
        }
        *column += 1;
    }
}

fn push_space(column: usize, html: &mut String) {
    let swallowed = column == 0 || html.ends_with([' ', '>']) || html.ends_with("&nbsp;");
    html.push_str(if swallowed { "&nbsp;" } else { " " });
}

fn escape(text: &str, ascii: bool, html: &mut String) {
    text.chars().for_each(|c| push_char(c, ascii, html));
}

fn push_char(c: char, ascii: bool, html: &mut String) {
    match c {
        '&' => html.push_str("&amp;"),
        '<' => html.push_str("&lt;"),
        '>' => html.push_str("&gt;"),
        '"' => html.push_str("&quot;"),
        '\u{A0}' => html.push_str("&nbsp;"),
        // Control characters are no characters of HTML (WHATWG HTML 13.2.3.5).
        c if c.is_control() => {}
        c if ascii && !c.is_ascii() => {
            let _ = write!(html, "&#{};", u32::from(c));
        }
        c => html.push(c),
    }
}
