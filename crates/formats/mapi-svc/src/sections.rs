//! The lines of a file: sections of keys and values with `;` comments, as profile APIs of Windows read them.

use crate::diagnostic::{Diagnostic, InfError};
use crate::encoding::decoded;
use crate::inf::{Entry, Section};

/// Most bytes of a file.
pub const LARGEST: usize = 1 << 20;
/// Most bytes of a line, in UTF-8.
pub const LONGEST_LINE: usize = 8192;
/// Most lines of a file.
pub const MOST_LINES: usize = 16_384;
/// Most entries of a file.
pub const MOST_ENTRIES: usize = 4096;
/// Most sections of a file.
pub const MOST_SECTIONS: usize = 1024;

/// Whether two names of sections or keys are the same: they have no case.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// The sections of a file in their order, and what was passed over.
pub(crate) fn read(bytes: &[u8]) -> Result<(Vec<Section>, Vec<Diagnostic>), InfError> {
    if bytes.len() > LARGEST {
        return Err(too_large(0, LARGEST, "bytes"));
    }
    let text = decoded(bytes);
    let mut reader = Reader::default();
    for (number, line) in (1_u32..).zip(text.lines()) {
        if usize::try_from(number).is_ok_and(|n| n > MOST_LINES) {
            return Err(too_large(number, MOST_LINES, "lines"));
        }
        if line.len() > LONGEST_LINE {
            return Err(too_large(number, LONGEST_LINE, "bytes in a line"));
        }
        reader.line(number, line.trim())?;
    }
    Ok((reader.sections, reader.notes))
}

pub(crate) const fn too_large(line: u32, most: usize, of: &'static str) -> InfError {
    InfError::TooLarge { line, most, of }
}

#[derive(Default)]
struct Reader {
    sections: Vec<Section>,
    notes: Vec<Diagnostic>,
    /// The section that entries go to.
    current: Option<usize>,
    entries: usize,
}

impl Reader {
    fn line(&mut self, number: u32, line: &str) -> Result<(), InfError> {
        if line.is_empty() || line.starts_with(';') {
            return Ok(());
        }
        if let Some(name) = line.strip_prefix('[') {
            return self.section(number, name);
        }
        let Some((key, value)) = line.split_once('=') else {
            let why = "neither a section nor a key with a value: passed over";
            self.note(number, line, "", why);
            return Ok(());
        };
        self.entry(number, key.trim(), unquoted(value.trim()))
    }

    fn section(&mut self, number: u32, name: &str) -> Result<(), InfError> {
        let (name, rest) = name.split_once(']').unwrap_or_else(|| {
            self.note(number, "", "", "no ] ends the name of a section");
            (name, "")
        });
        if !rest.trim().is_empty() && !rest.trim_start().starts_with(';') {
            let why = "text after the name of a section was passed over";
            self.note(number, "", "", why);
        }
        let name = name.trim();
        let known = self.sections.iter().position(|s| same(&s.name, name));
        if known.is_none() {
            if self.sections.len() >= MOST_SECTIONS {
                return Err(too_large(number, MOST_SECTIONS, "sections"));
            }
            self.sections.push(Section {
                name: name.to_owned(),
                line: number,
                entries: Vec::new(),
            });
        }
        self.current = known.or_else(|| self.sections.len().checked_sub(1));
        Ok(())
    }

    fn entry(&mut self, number: u32, key: &str, value: &str) -> Result<(), InfError> {
        let current = self.current.and_then(|at| self.sections.get_mut(at));
        let why = match current {
            None => "an entry outside of any section was passed over",
            Some(_) if key.is_empty() => "a value without a key was passed over",
            Some(section) if section.entries.iter().any(|e| same(&e.key, key)) => {
                "the key stands twice in its section: the first one counts"
            }
            Some(section) => {
                section.entries.push(Entry {
                    key: key.to_owned(),
                    value: value.to_owned(),
                    line: number,
                });
                self.entries += 1;
                if self.entries > MOST_ENTRIES {
                    return Err(too_large(number, MOST_ENTRIES, "entries"));
                }
                return Ok(());
            }
        };
        self.note(number, key, value, why);
        Ok(())
    }

    fn note(&mut self, line: u32, key: &str, value: &str, why: &str) {
        let section = self.current.and_then(|at| self.sections.get(at));
        let section = section.map_or("", |s| s.name.as_str());
        Diagnostic::new(line, section, (key, value), why).tell(&mut self.notes);
    }
}

/// Without the one pair of quotes that may stand around a value.
fn unquoted(value: &str) -> &str {
    let between = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    between('"').or_else(|| between('\'')).unwrap_or(value)
}
