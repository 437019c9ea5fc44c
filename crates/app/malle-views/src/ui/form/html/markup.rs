//! HTML being written: lines, and texts that become nothing but text.

use super::super::{FormTurn, FormWords};

/// What is written so far.
pub(super) struct Markup<'a> {
    out: String,
    words: &'a FormWords,
}

/// A text between tags or in a quoted attribute.
pub(super) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // As it is, a browser would make a line feed of it.
            '\r' => out.push_str("&#13;"),
            '\0' => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

/// An attribute, with the blank before it.
pub(super) fn attribute(name: &str, value: &str) -> String {
    format!(" {name}=\"{}\"", text(value))
}

/// An attribute that is there or not, with the blank before it.
pub(super) const fn flag(name: &'static str, on: bool) -> &'static str {
    if on { name } else { "" }
}

impl<'a> Markup<'a> {
    pub(super) const fn new(words: &'a FormWords) -> Self {
        Self {
            out: String::new(),
            words,
        }
    }

    pub(super) const fn words(&self) -> &'a FormWords {
        self.words
    }

    pub(super) fn line(&mut self, markup: &str) {
        self.out.push_str(markup);
        self.out.push('\n');
    }

    /// An element with a text in it.
    pub(super) fn element(&mut self, name: &str, attributes: &str, inner: &str) {
        self.line(&format!("<{name}{attributes}>{}</{name}>", text(inner)));
    }

    /// What stands on a frame; nothing where that is empty.
    pub(super) fn legend(&mut self, attributes: &str, label: &str) {
        if !label.is_empty() {
            self.element("legend", &format!("{attributes} dir=\"auto\""), label);
        }
    }

    /// A button that posts the form.
    pub(super) fn button(&mut self, turn: FormTurn, label: &str, more: &str) {
        let value = turn.name();
        let attributes = format!(" type=\"submit\" name=\"do\" value=\"{value}\"{more}");
        self.element("button", &attributes, label);
    }

    pub(super) fn done(self) -> String {
        self.out
    }
}
