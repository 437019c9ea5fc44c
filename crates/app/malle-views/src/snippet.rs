//! The place in a message that shows why a search found it.

use std::io::Read;
use std::ops::Range;

use mapi::query::{Marker, Query, TextField};
use mapi::{MapiProp, Message, PropertyFlags, columns};
use mapi_props::{Code, recipient_type, tags};
use serde::Serialize;

/// Bytes of UTF-16 of a body that are looked at.
const LOOKED_AT: u64 = 1024 * 1024;
/// Characters before what was found.
const LEAD: usize = 24;
/// Characters in all.
const LENGTH: usize = 240;
/// Recipients or attachments that are looked at.
const ROWS: i64 = 1000;

/// A short piece of a message with the words that were looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Snippet {
    /// Where it is from.
    pub field: SnippetField,
    /// Its text in pieces, in order.
    pub parts: Vec<SnippetPart>,
}

/// Where a snippet is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SnippetField {
    /// The text.
    Body,
    /// A recipient.
    To,
    /// A recipient of a copy.
    Cc,
    /// A recipient of a blind copy.
    Bcc,
    /// The name of an attachment.
    Attachment,
}

/// A piece of a snippet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnippetPart {
    /// Its text, white space made one space.
    pub text: String,
    /// Whether it is what was looked for.
    #[serde(rename = "match")]
    pub found: bool,
}

/// What looks for the words of one query in many messages.
#[derive(Debug)]
pub struct Snippets {
    body: Marker,
    people: [(i32, SnippetField, Marker); 3],
    files: Marker,
}

impl Snippets {
    /// For the words of this query.
    #[must_use]
    pub fn of(query: &Query) -> Self {
        let person = |ty, shown, field| {
            let marker = query.marker(&[field, TextField::Recipient]);
            (ty, shown, marker)
        };
        Self {
            body: query.marker(&[TextField::Body]),
            people: [
                person(recipient_type::TO, SnippetField::To, TextField::To),
                person(recipient_type::CC, SnippetField::Cc, TextField::Cc),
                person(recipient_type::BCC, SnippetField::Bcc, TextField::Bcc),
            ],
            files: query.marker(&[TextField::Attachment]),
        }
    }

    /// The place of the first word found in the text, in the names of attachments or in a recipient; where none is, the
    /// beginning of the text. `None` if there is no text. Of a text longer than half a million characters only the
    /// beginning is looked at.
    ///
    /// # Errors
    /// Those of the store.
    pub fn snippet(&self, message: &Message) -> mapi::Result<Option<Snippet>> {
        let text = body(message)?;
        if let Some(found) = self.body.first(&text) {
            return Ok(Some(snippet(SnippetField::Body, &text, &self.body, found)));
        }
        let elsewhere = match self.file(message)? {
            None => self.person(message)?,
            file => file,
        };
        Ok(elsewhere.or_else(|| beginning(&text)))
    }

    fn file(&self, message: &Message) -> mapi::Result<Option<Snippet>> {
        if self.files.is_empty() {
            return Ok(None);
        }
        let names = [
            tags::ATTACH_LONG_FILENAME,
            tags::ATTACH_FILENAME,
            tags::DISPLAY_NAME,
        ];
        let table = message
            .attachments()
            .columns(names.map(|t| t.raw()))
            .open()?;
        for row in table.query_rows(ROWS)? {
            for name in names.iter().filter_map(|tag| row.get(*tag)) {
                if let Some(found) = self.files.first(&name) {
                    let field = SnippetField::Attachment;
                    return Ok(Some(snippet(field, &name, &self.files, found)));
                }
            }
        }
        Ok(None)
    }

    fn person(&self, message: &Message) -> mapi::Result<Option<Snippet>> {
        if self.people.iter().all(|(_, _, marker)| marker.is_empty()) {
            return Ok(None);
        }
        let table = message.recipients().columns(columns![
            tags::RECIPIENT_TYPE,
            tags::DISPLAY_NAME,
            tags::SMTP_ADDRESS,
            tags::EMAIL_ADDRESS
        ]);
        for row in table.open()?.query_rows(ROWS)? {
            let ty = row.get(tags::RECIPIENT_TYPE);
            let Some((_, field, marker)) = self.people.iter().find(|(t, ..)| Some(*t) == ty) else {
                continue;
            };
            let name = row.get(tags::DISPLAY_NAME);
            let address = row
                .get(tags::SMTP_ADDRESS)
                .or_else(|| row.get(tags::EMAIL_ADDRESS));
            let person = crate::list::mailbox(name.as_deref(), address.as_deref());
            let person = person.unwrap_or_default();
            if let Some(found) = marker.first(&person) {
                return Ok(Some(snippet(*field, &person, marker, found)));
            }
        }
        Ok(None)
    }
}

/// The beginning of PR_BODY.
fn body(message: &Message) -> mapi::Result<String> {
    let stream = match message.open_property(tags::BODY.raw(), PropertyFlags::NONE) {
        Ok(stream) => stream,
        Err(e) if e.code() == Code::NOT_FOUND => return Ok(String::new()),
        Err(e) => return Err(e),
    };
    let mut bytes = Vec::new();
    let read = stream.take(LOOKED_AT).read_to_end(&mut bytes);
    read.map_err(|e| mapi::Error::caused(Code::CALL_FAILED, "the text cannot be read", e))?;
    let (units, _) = bytes.as_chunks::<2>();
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
    let text = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
    Ok(text.collect())
}

/// The first characters of a text; `None` if it is empty.
fn beginning(text: &str) -> Option<Snippet> {
    let (text, cut) = flat(text, LENGTH);
    let text = if cut { text + "…" } else { text };
    (!text.is_empty()).then(|| Snippet {
        field: SnippetField::Body,
        parts: vec![SnippetPart { text, found: false }],
    })
}

/// The text around what was found first.
fn snippet(field: SnippetField, text: &str, marker: &Marker, found: Range<usize>) -> Snippet {
    let before = text.get(..found.start).unwrap_or_default();
    let start = lead(before);
    let (shown, cut) = flat(text.get(start..).unwrap_or_default(), LENGTH);
    let mut parts = Vec::new();
    let mut done = 0;
    let mut push = |range: Range<usize>, found: bool| {
        let text = shown.get(range).unwrap_or_default();
        if !text.is_empty() {
            let text = text.to_owned();
            parts.push(SnippetPart { text, found });
        }
    };
    for range in marker.marks(&shown) {
        push(done..range.start, false);
        push(range.clone(), true);
        done = range.end;
    }
    push(done..shown.len(), false);
    let dots = |text: &str| SnippetPart {
        text: text.to_owned(),
        found: false,
    };
    if !before.get(..start).unwrap_or_default().trim().is_empty() {
        parts.insert(0, dots("…"));
    }
    if cut {
        parts.push(dots("…"));
    }
    Snippet { field, parts }
}

/// Where the text that leads to what was found begins: after white space, if there is some among the last characters.
fn lead(before: &str) -> usize {
    let mut last = before.char_indices().rev().take(LEAD);
    let Some((from, _)) = last.nth(LEAD - 1) else {
        return 0;
    };
    let after = before.get(from..).unwrap_or_default();
    let space = after.find(char::is_whitespace);
    from + space.unwrap_or_default()
}

/// At most so many characters, runs of white space as one space and none at the ends; whether something is missing.
fn flat(text: &str, most: usize) -> (String, bool) {
    let mut shown = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        if length > 0 {
            shown.push(' ');
            length += 1;
        }
        for c in word.chars() {
            if length >= most {
                shown.truncate(shown.trim_end().len());
                return (shown, true);
            }
            shown.push(c);
            length += 1;
        }
    }
    (shown, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi::query::parse;

    fn shown(query: &str, text: &str) -> String {
        let marker = parse(query).unwrap().marker(&[TextField::Body]);
        let found = marker.first(text).unwrap();
        let snippet = snippet(SnippetField::Body, text, &marker, found);
        let part = |part: &SnippetPart| match part.found {
            true => format!("[{}]", part.text),
            false => part.text.clone(),
        };
        snippet.parts.iter().map(part).collect()
    }

    #[test]
    fn text_around_what_was_found() {
        assert_eq!(shown("b", "a b c"), "a [b] c");
        assert_eq!(shown("b a", "\r\n a\r\n\r\n\t b "), "[a] [b]");
        assert_eq!(
            shown(
                "cafe",
                "This goes on for a while until there is a Café at last."
            ),
            "…while until there is a [Café] at last."
        );
        let long = format!("word {}", "more ".repeat(100));
        let cut = shown("word", &long);
        assert!(
            cut.starts_with("[word] more") && cut.ends_with("more…"),
            "{cut}"
        );
        assert!(cut.chars().count() <= LENGTH + 3, "{cut}");
        let wide = format!("{}会議{}", "東".repeat(300), "京".repeat(300));
        let cut = shown("会議", &wide);
        assert_eq!(cut.find("[会議]"), Some("…".len() + "東".len() * LEAD));
    }

    #[test]
    fn the_beginning_of_a_text() {
        assert_eq!(beginning(" \r\n "), None);
        let text = beginning(" Dear\r\n\r\nAnn, ").map(|s| s.parts);
        let part = |text: &str| SnippetPart {
            text: text.to_owned(),
            found: false,
        };
        assert_eq!(text, Some(vec![part("Dear Ann,")]));
    }
}
