//! A page as a browser sees it: its elements in order, with their attributes and texts.

use std::collections::BTreeMap;

/// A start tag, with the text up to the next tag.
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: BTreeMap<String, String>,
    pub(super) text: String,
}

impl Element {
    /// The value of an attribute; empty without it.
    pub(super) fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.attributes.contains_key(name)
    }
}

/// The elements of a page, in order. End tags end with a `/` before their name.
pub(super) fn elements(html: &str) -> Vec<Element> {
    let mut elements = Vec::new();
    let mut rest = html;
    while let Some((_, from)) = rest.split_once('<') {
        let (tag, after) = tag_end(from);
        let (text, _) = after.split_once('<').unwrap_or((after, ""));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        elements.push(Element {
            name: name.to_owned(),
            attributes: attributes_of(attributes),
            text: plain(text),
        });
        rest = after;
    }
    elements
}

/// Where a tag ends: at the first `>` outside of quotes.
fn tag_end(from: &str) -> (&str, &str) {
    let mut quoted = false;
    let end = from.find(|c| {
        quoted ^= c == '"';
        c == '>' && !quoted
    });
    let (tag, after) = from.split_at(end.expect("a tag that ends"));
    (tag, after.strip_prefix('>').unwrap_or(after))
}

fn attributes_of(text: &str) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        let (name, tail) = rest.split_at(end);
        let mut value = String::new();
        rest = tail;
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let (inner, after) = quoted.split_once('"').expect("a quote that ends");
            value = plain(inner);
            rest = after;
        }
        assert!(
            attributes.insert(name.to_owned(), value).is_none(),
            "an attribute stands twice: {text}"
        );
        rest = rest.trim_start();
    }
    attributes
}

fn plain(text: &str) -> String {
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"");
    text.replace("&#39;", "'")
        .replace("&#13;", "\r")
        .replace("&amp;", "&")
}
