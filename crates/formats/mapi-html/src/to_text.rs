//! HTML as lines of text.

mod element;
mod flow;
mod renderer;
mod table;

use std::convert::Infallible;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

use crate::Limits;
use renderer::{Attributes, Renderer};

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
    let mut name = Vec::new();
    let mut attribute = Vec::new();
    let mut attributes = Attributes::default();
    let callback = |event: CallbackEvent<'_>, _: Span<()>| -> Option<Infallible> {
        match event {
            CallbackEvent::OpenStartTag { name: n } => {
                name.clear();
                name.extend_from_slice(n);
                attributes = Attributes::default();
            }
            CallbackEvent::AttributeName { name: n } => {
                attribute.clear();
                attribute.extend_from_slice(n);
                attributes.take(&attribute, b"");
            }
            CallbackEvent::AttributeValue { value } => attributes.take(&attribute, value),
            CallbackEvent::CloseStartTag { .. } => {
                renderer.start(&String::from_utf8_lossy(&name), &attributes);
            }
            CallbackEvent::EndTag { name } => renderer.end(&String::from_utf8_lossy(name)),
            CallbackEvent::String { value } => renderer.text(&String::from_utf8_lossy(value)),
            CallbackEvent::Comment { .. }
            | CallbackEvent::Doctype { .. }
            | CallbackEvent::Error(_) => {}
        }
        None
    };
    let mut emitter = CallbackEmitter::new(callback);
    emitter.naively_switch_states(true);
    // A string never fails to be read.
    let Ok(()) = Tokenizer::new_with_emitter(read, emitter).finish();
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
