//! HTML within RTF: what readers of RTF show, and every byte of the HTML for those that read it.
//! [MS-OXRTFEX] 2.1.3, 3.1
//!
//! Text stands between the HTMLTAG groups and is shared by both; what is HTML only stands in these groups, and what is
//! RTF only between `\htmlrtf` and `\htmlrtf0`. The RTF has no groups of its own but those of links, so that tags which
//! overlap do not matter.

mod meaning;
mod pieces;
mod references;
mod shown;

pub(crate) use meaning::{Meaning, meaning};
use pieces::{Piece, Pieces};
use shown::Shown;

use super::escape::{push, push_text};

const HEAD: &[u8] = b"{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0{\\fonttbl{\\f0\\fswiss\\fcharset0 Arial;}\
{\\f1\\fmodern\\fcharset0 Courier New;}}\r\n{\\colortbl\\red0\\green0\\blue0;\\red5\\green99\\blue193;}\r\n\
{\\*\\htmltag64}\\uc1\\pard\\plain\\deftab360 \\f0\\fs20 ";

/// RTF that encapsulates HTML: `to_html` gives it back as it was, but that every line ends in CR and LF and a charset that
/// is declared becomes that of the text.
#[must_use]
pub fn from_html(html: &str) -> Vec<u8> {
    let mut writer = Writer {
        out: Vec::with_capacity(HEAD.len() + html.len() * 2),
        shown: Shown::default(),
    };
    writer.out.extend_from_slice(HEAD);
    for piece in Pieces::new(html) {
        match piece {
            Piece::Text(text) => writer.text(text),
            Piece::Unseen(text) => writer.html_only(UNSEEN, text),
            Piece::Start(tag) => {
                let name = tag.name.to_ascii_lowercase();
                writer.html_only(meaning::parameter(&name, false), tag.whole);
                writer.shown.start(&mut writer.out, &name, tag);
            }
            Piece::End(tag) => {
                let name = tag.name.to_ascii_lowercase();
                // What is RTF only ends first, so that a link ends where its tag does.
                writer.shown.end(&mut writer.out, &name);
                writer.html_only(meaning::parameter(&name, true), tag.whole);
            }
        }
    }
    writer.shown.close(&mut writer.out);
    writer.out.push(b'}');
    writer.out
}

/// Parameters of HTMLTAG groups: comments and the like, white space, references.
const UNSEEN: u8 = 241;
const SPACE: u8 = 4;
const REFERENCE: u8 = 84;

struct Writer {
    out: Vec<u8>,
    shown: Shown,
}

impl Writer {
    /// An HTMLTAG group.
    fn html_only(&mut self, parameter: u8, html: &str) {
        push(&mut self.out, format_args!("{{\\*\\htmltag{parameter} "));
        push_text(&mut self.out, html);
        self.out.push(b'}');
    }

    /// Text between tags.
    fn text(&mut self, mut text: &str) {
        while let Some(first) = text.chars().next() {
            let len = match first {
                '&' => references::len(text),
                '<' | '>' => 1,
                c if is_space(c) => text.find(|c| !is_space(c)).unwrap_or(text.len()),
                _ => text
                    .find(|c| is_space(c) || matches!(c, '&' | '<' | '>'))
                    .unwrap_or(text.len()),
            };
            let (run, rest) = text.split_at_checked(len).unwrap_or((text, ""));
            match first {
                '&' => self.instead(run, &references::decoded(run)),
                '<' | '>' => self.instead(run, run),
                c if is_space(c) => self.space(run),
                _ => {
                    self.shown.before_text(&mut self.out);
                    push_text(&mut self.out, run);
                }
            }
            text = rest;
        }
    }

    /// HTML that is shown as other text.
    fn instead(&mut self, html: &str, text: &str) {
        self.html_only(REFERENCE, html);
        if text.chars().all(is_space) {
            self.shown.space(&mut self.out);
            return;
        }
        self.shown.before_text(&mut self.out);
        self.out.extend_from_slice(b"\\htmlrtf ");
        push_text(&mut self.out, text);
        self.out.extend_from_slice(b"\\htmlrtf0 ");
    }

    /// White space: shown as one blank or not at all, unless it is preformatted.
    fn space(&mut self, space: &str) {
        if self.shown.is_preformatted() {
            self.preformatted(space);
        } else if space == " " && self.shown.wants_space() {
            self.out.push(b' ');
            self.shown.spaced();
        } else {
            self.html_only(SPACE, space);
            self.shown.space(&mut self.out);
        }
    }

    fn preformatted(&mut self, space: &str) {
        let mut after_return = false;
        for c in space.chars() {
            match c {
                '\n' if after_return => {}
                '\r' | '\n' => {
                    self.html_only(SPACE, "\n");
                    self.shown.line(&mut self.out);
                }
                c => {
                    self.shown.before_text(&mut self.out);
                    super::escape::push_char(&mut self.out, c);
                }
            }
            after_return = c == '\r';
        }
    }
}

/// White space of HTML.
const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{C}')
}
