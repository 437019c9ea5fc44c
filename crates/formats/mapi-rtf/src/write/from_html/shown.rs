//! What readers of RTF show of HTML: styles, lines, lists, cells and links, all of it RTF only.

use super::meaning::{Meaning, Style, meaning};
use super::pieces::Tag;
use super::references;
use crate::write::escape::{push, push_text};

/// Twips that a quotation or a list is moved to the right.
const STEP: u32 = 360;
/// How deep is shown; deeper is shown as that.
const DEEPEST: usize = 20;
/// Bytes of an address that a link may have.
const ADDRESS_MAX: usize = 4096;

/// The state of what is shown.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// How many open elements ask for each style.
    styles: [u32; Style::ALL.len()],
    /// Whether something was shown at all, and on this line.
    started: bool,
    on_line: bool,
    after_space: bool,
    /// Line ends, cells and an item's mark that come before the next text.
    ends: u32,
    tabs: u32,
    mark: Option<String>,
    in_row: bool,
    /// Open lists: the number of the last item of those that have numbers.
    lists: Vec<Option<u32>>,
    quotes: usize,
    preformatted: usize,
    indent: u32,
    linked: bool,
}

impl Shown {
    /// After a start tag.
    pub(super) fn start(&mut self, out: &mut Vec<u8>, name: &str, tag: Tag<'_>) {
        if name == "tr" {
            self.in_row = false;
        }
        match meaning(name) {
            Meaning::Style(style) => self.style(out, style, true),
            Meaning::Block => self.end_line(1),
            Meaning::Paragraph => self.end_line(2),
            Meaning::Heading => {
                self.end_line(2);
                self.style(out, Style::Bold, true);
            }
            Meaning::Quote => {
                self.end_line(2);
                self.quotes += 1;
            }
            Meaning::Preformatted => {
                self.end_line(2);
                self.preformatted += 1;
                self.style(out, Style::Mono, true);
            }
            Meaning::List { numbered } => {
                self.end_line(if self.lists.is_empty() { 2 } else { 1 });
                self.lists.push(numbered.then_some(0));
            }
            Meaning::Item => {
                self.end_line(1);
                self.mark = Some(self.next_mark());
            }
            Meaning::Cell { head } => {
                self.tabs += u32::from(self.in_row);
                self.in_row = true;
                if head {
                    self.style(out, Style::Bold, true);
                }
            }
            Meaning::Break => self.line(out),
            Meaning::Rule => self.rule(out),
            Meaning::Link => self.link(out, tag),
            Meaning::Plain => {}
        }
    }

    /// Before an end tag.
    pub(super) fn end(&mut self, out: &mut Vec<u8>, name: &str) {
        match meaning(name) {
            Meaning::Style(style) => self.style(out, style, false),
            Meaning::Block | Meaning::Item => self.end_line(1),
            Meaning::Paragraph => self.end_line(2),
            Meaning::Heading => {
                self.end_line(2);
                self.style(out, Style::Bold, false);
            }
            Meaning::Quote => {
                self.end_line(2);
                self.quotes = self.quotes.saturating_sub(1);
            }
            Meaning::Preformatted => {
                self.end_line(2);
                self.preformatted = self.preformatted.saturating_sub(1);
                self.style(out, Style::Mono, false);
            }
            Meaning::List { .. } => {
                self.lists.pop();
                self.end_line(if self.lists.is_empty() { 2 } else { 1 });
            }
            Meaning::Cell { head } => {
                self.after_space = true;
                if head {
                    self.style(out, Style::Bold, false);
                }
            }
            Meaning::Link => self.close(out),
            Meaning::Break | Meaning::Rule | Meaning::Plain => {}
        }
    }

    /// Ends a link that is open.
    pub(super) fn close(&mut self, out: &mut Vec<u8>) {
        if !std::mem::take(&mut self.linked) {
            return;
        }
        out.extend_from_slice(b"\\htmlrtf }}");
        // A group gives back the styles that were before it.
        for (style, count) in Style::ALL.into_iter().zip(self.styles) {
            let (begin, end) = style.words();
            out.extend_from_slice(if count > 0 { begin } else { end }.as_bytes());
        }
        out.extend_from_slice(b"\\htmlrtf0 ");
    }

    /// Everything that comes before text: line ends, marks, tabs.
    pub(super) fn before_text(&mut self, out: &mut Vec<u8>) {
        let ends = std::mem::take(&mut self.ends);
        let tabs = std::mem::take(&mut self.tabs);
        let mark = self.mark.take();
        let indent = self.wanted_indent();
        (self.started, self.on_line, self.after_space) = (true, true, false);
        if ends == 0 && tabs == 0 && mark.is_none() && indent == self.indent {
            return;
        }
        out.extend_from_slice(b"\\htmlrtf");
        for _ in 0..ends {
            out.extend_from_slice(b"\\par");
        }
        if indent != self.indent {
            push(out, format_args!("\\pard\\li{indent}"));
            self.indent = indent;
        }
        for _ in 0..tabs {
            out.extend_from_slice(b"\\tab");
        }
        out.push(b' ');
        if let Some(mark) = mark {
            push_text(out, &mark);
            out.extend_from_slice(b"\\tab ");
        }
        out.extend_from_slice(b"\\htmlrtf0 ");
    }

    /// A blank that is RTF only, where one is to be shown.
    pub(super) fn space(&mut self, out: &mut Vec<u8>) {
        if self.wants_space() {
            out.extend_from_slice(b"\\htmlrtf  \\htmlrtf0 ");
            self.after_space = true;
        }
    }

    /// The next line.
    pub(super) fn line(&mut self, out: &mut Vec<u8>) {
        self.before_text(out);
        out.extend_from_slice(b"\\htmlrtf\\line\\htmlrtf0\r\n");
        self.on_line = false;
    }

    /// A blank was written.
    pub(super) const fn spaced(&mut self) {
        self.after_space = true;
    }

    pub(super) const fn wants_space(&self) -> bool {
        self.on_line && !self.after_space && self.ends == 0 && self.tabs == 0
    }

    pub(super) const fn is_preformatted(&self) -> bool {
        self.preformatted > 0
    }

    /// The text so far ends here, with `ends` line ends before what comes next.
    fn end_line(&mut self, ends: u32) {
        self.tabs = 0;
        let ends = if self.on_line { ends } else { ends - 1 };
        if self.started {
            self.ends = self.ends.max(ends);
        }
    }

    fn style(&mut self, out: &mut Vec<u8>, style: Style, begins: bool) {
        let found = Style::ALL.iter().position(|s| *s == style);
        let Some(count) = found.and_then(|n| self.styles.get_mut(n)) else {
            return;
        };
        let (begin, end) = style.words();
        let word = match (begins, *count) {
            (true, 0) => begin,
            (false, 1) => end,
            _ => "",
        };
        *count = if begins {
            *count + 1
        } else {
            count.saturating_sub(1)
        };
        if !word.is_empty() {
            push(out, format_args!("\\htmlrtf {word}\\htmlrtf0 "));
        }
    }

    fn next_mark(&mut self) -> String {
        match self.lists.last_mut() {
            Some(Some(number)) => {
                *number = number.saturating_add(1);
                format!("{number}.")
            }
            _ => "\u{2022}".to_owned(),
        }
    }

    fn rule(&mut self, out: &mut Vec<u8>) {
        self.end_line(1);
        self.before_text(out);
        push(out, format_args!("\\htmlrtf {:_<32}\\htmlrtf0 ", ""));
        self.end_line(1);
    }

    fn wanted_indent(&self) -> u32 {
        let depth = (self.quotes + self.lists.len()).min(DEEPEST);
        STEP * u32::try_from(depth).unwrap_or(0)
    }

    /// A field that leads to where the link does.
    fn link(&mut self, out: &mut Vec<u8>, tag: Tag<'_>) {
        self.close(out);
        let Some(href) = tag.attribute("href") else {
            return;
        };
        let address = decoded(href.trim());
        if address.is_empty() || address.len() > ADDRESS_MAX || address.starts_with('#') {
            return;
        }
        // A quotation mark would end the address.
        let address = address.replace('"', "%22").replace('\\', "%5C");
        self.before_text(out);
        self.on_line = true;
        out.extend_from_slice(b"\\htmlrtf {\\field{\\*\\fldinst HYPERLINK \"");
        push_text(out, &address);
        out.extend_from_slice(b"\"}{\\fldrslt\\cf1\\ul \\htmlrtf0 ");
        self.linked = true;
    }
}

/// An attribute's value without line ends, its references decoded.
fn decoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        let (before, reference) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let len = references::len(reference);
        let (reference, after) = reference.split_at_checked(len).unwrap_or((reference, ""));
        // Without a semicolon it is part of an address (13.2.5.73).
        if reference.ends_with(';') {
            out.push_str(&references::decoded(reference));
        } else {
            out.push_str(reference);
        }
        rest = after;
    }
    out.push_str(rest);
    out.retain(|c| !c.is_control());
    out
}
