//! HTML as lines of text.

mod attributes;
mod element;
mod flow;
mod renderer;
mod table;

use crate::Limits;
use crate::tokens::{Token, Tokens, decode};
use renderer::Renderer;

/// The text of an HTML body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Its lines, ended by `\n`.
    pub text: String,
    /// Something was left out because of the limits.
    pub cut: bool,
}

/// The text that `html` shows, in lines. Never fails: what is no markup is text.
///
/// Paragraphs have empty lines between them, quotes begin with `> `, lists with `- ` or their numbers, columns of small
/// tables stand under one another, links say where they lead, pictures what stands for them; hidden parts are left out.
#[must_use]
pub fn html_to_text(html: &str) -> String {
    html_to_text_within(html, Limits::default()).text
}

/// The same within limits of the caller's own.
#[must_use]
pub fn html_to_text_within(html: &str, limits: Limits) -> Text {
    let (read, cut) = head(html, limits.input);
    let mut renderer = Renderer::new(limits);
    for token in Tokens::new(read) {
        match token {
            Token::Text(text) => renderer.text(&decode(text)),
            Token::Raw(text) => renderer.text(text),
            Token::Start(tag) => renderer.start(tag),
            Token::End(name) => renderer.end(name),
        }
    }
    let (text, stopped) = renderer.finish();
    Text {
        text,
        cut: cut || stopped,
    }
}

/// At most `max` bytes of a text, and whether there are more.
fn head(text: &str, max: usize) -> (&str, bool) {
    if text.len() <= max {
        return (text, false);
    }
    let at = (0..=max).rev().find(|at| text.is_char_boundary(*at));
    (text.get(..at.unwrap_or(0)).unwrap_or_default(), true)
}

#[cfg(test)]
mod tests;
