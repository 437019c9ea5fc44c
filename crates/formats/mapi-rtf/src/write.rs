//! RTF of plain text, marked as such. [MS-OXRTFEX] 2.1.2; requirements OUT-05, INC-02
//!
//! What is written is ASCII, so that no reader need know a code page.

mod escape;
mod from_html;

pub(crate) use escape::{push, push_char, push_text};
pub use from_html::from_html;
pub(crate) use from_html::{Meaning, meaning};

/// What stands before the text: a proportional font first, for it is what readers of mail show text in.
const HEAD: &[u8] =
    b"{\\rtf1\\ansi\\ansicpg1252\\fromtext \\deff0{\\fonttbl{\\f0\\fswiss\\fcharset0 Arial;}}\r\n\
{\\colortbl\\red0\\green0\\blue0;}\r\n\\uc1\\pard\\plain\\deftab360 \\f0\\fs20 ";

/// Where an attachment stands; the blank that ends the word is the character that the attachment is shown at.
const PLACEHOLDER: &[u8] = b"\\objattph ";

/// RTF that says what a text says and is known to have been plain text.
#[must_use]
pub fn from_text(text: &str) -> Vec<u8> {
    from_text_with(text, &[])
}

/// The same with placeholders of attachments at `places`: offsets in UTF-16 units of the text, as PR_RENDERING_POSITION
/// has them, in any order.
///
/// A blank at such a place is what the attachment is shown at, and becomes the placeholder; before any other character the
/// placeholder is a blank more. Places behind the end are at the end.
#[must_use]
pub fn from_text_with(text: &str, places: &[usize]) -> Vec<u8> {
    let mut places = places.to_vec();
    places.sort_unstable();
    let mut places = places.into_iter().peekable();
    let mut out = Vec::with_capacity(HEAD.len() + text.len() + text.len() / 8);
    out.extend_from_slice(HEAD);
    let (mut at, mut after_return) = (0, false);
    for c in text.chars() {
        let mut placed = false;
        while places.next_if(|place| *place <= at).is_some() {
            out.extend_from_slice(PLACEHOLDER);
            placed = true;
        }
        at += c.len_utf16();
        match c {
            ' ' if placed => {}
            '\n' if after_return => {}
            '\u{B}' => out.extend_from_slice(b"\\line\r\n"),
            '\u{C}' => out.extend_from_slice(b"\\page\r\n"),
            c => push_char(&mut out, c),
        }
        after_return = c == '\r';
    }
    for _ in places {
        out.extend_from_slice(PLACEHOLDER);
    }
    out.push(b'}');
    out
}

#[cfg(test)]
mod tests;
