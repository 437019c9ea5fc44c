//! Reading configuration files: an INI dialect with `;` comments.

use super::{Configuration, ConfigurationError, Entry, Note, Section, same};

/// Most bytes of a file.
pub const LARGEST: usize = 1 << 20;
/// Most bytes of a line.
pub const LONGEST_LINE: usize = 8192;
/// Most lines of a file.
pub const MOST_LINES: usize = 16_384;
/// Most entries of a file.
pub const MOST_ENTRIES: usize = 4096;
/// Most sections of a file.
pub const MOST_SECTIONS: usize = 1024;

/// What is being read.
#[derive(Default)]
struct Reader {
    file: Configuration,
    notes: Vec<Note>,
    /// The section that entries go to; none: there was none yet, or its name was no good.
    current: Option<usize>,
    entries: usize,
}

pub(super) fn read(bytes: &[u8]) -> Result<(Configuration, Vec<Note>), ConfigurationError> {
    if bytes.len() > LARGEST {
        return Err(too_large(0, LARGEST, "bytes"));
    }
    let text = decoded(bytes);
    let mut reader = Reader::default();
    let mut left = MOST_LINES;
    for (number, line) in (1_u32..).zip(text.lines()) {
        left = left
            .checked_sub(1)
            .ok_or_else(|| too_large(number, MOST_LINES, "lines"))?;
        if line.len() > LONGEST_LINE {
            return Err(too_large(number, LONGEST_LINE, "bytes in a line"));
        }
        reader.line(number, line.trim())?;
    }
    Ok((reader.file, reader.notes))
}

fn decoded(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => {
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(bytes)
                .0
        }
    }
}

const fn too_large(line: u32, most: usize, of: &'static str) -> ConfigurationError {
    ConfigurationError::TooLarge { line, most, of }
}

impl Reader {
    fn line(&mut self, number: u32, line: &str) -> Result<(), ConfigurationError> {
        if line.is_empty() || line.starts_with(';') {
            return Ok(());
        }
        if let Some(name) = line.strip_prefix('[') {
            return self.section(number, name);
        }
        let Some((key, value)) = line.split_once('=') else {
            self.note(
                number,
                "neither a section nor a key with a value: passed over",
            );
            return Ok(());
        };
        self.entry(number, key.trim(), unquoted(value.trim()))
    }

    fn section(&mut self, number: u32, name: &str) -> Result<(), ConfigurationError> {
        let (name, rest) = match name.split_once(']') {
            Some((name, rest)) => (name, rest.trim()),
            None => {
                self.note(number, "no ] ends the name of a section");
                (name, "")
            }
        };
        if rest.starts_with(']') {
            self.note(number, "more than one ] ends the name of a section");
        } else if !rest.is_empty() && !rest.starts_with(';') {
            self.note(number, "text after the name of a section was passed over");
        }
        let name = name.trim();
        let sections = &mut self.file.sections;
        let known = sections.iter().position(|s| same(&s.name, name));
        if known.is_none() {
            if sections.len() >= MOST_SECTIONS {
                return Err(too_large(number, MOST_SECTIONS, "sections"));
            }
            sections.push(Section {
                name: name.to_owned(),
                line: number,
                entries: Vec::new(),
            });
        }
        self.current = known.or_else(|| sections.len().checked_sub(1));
        Ok(())
    }

    fn entry(&mut self, number: u32, key: &str, value: &str) -> Result<(), ConfigurationError> {
        let sections = &mut self.file.sections;
        let Some(section) = self.current.and_then(|at| sections.get_mut(at)) else {
            self.note(number, "an entry outside of any section was passed over");
            return Ok(());
        };
        if key.is_empty() {
            self.note(number, "a value without a key was passed over");
            return Ok(());
        }
        if section.entries.iter().any(|e| same(&e.key, key)) {
            self.note(
                number,
                format!("`{key}` stands twice: the first one counts"),
            );
            return Ok(());
        }
        self.entries += 1;
        if self.entries > MOST_ENTRIES {
            return Err(too_large(number, MOST_ENTRIES, "entries"));
        }
        section.entries.push(Entry {
            key: key.to_owned(),
            value: value.to_owned(),
            line: number,
        });
        Ok(())
    }

    fn note(&mut self, line: u32, what: impl Into<String>) {
        // As many as there are lines at most, and those are bounded.
        let what = what.into();
        self.notes.push(Note { line, what });
    }
}

/// Without the one pair of quotes that may stand around a value.
fn unquoted(value: &str) -> &str {
    let inner = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    inner.unwrap_or(value)
}
