//! What is wrong with a file, and where.

use std::fmt;

/// Most diagnostics of a file; what comes after them is not told.
pub const MOST_DIAGNOSTICS: usize = 1000;
/// The longest piece of a foreign text that a diagnostic keeps, in characters.
const KEPT: usize = 80;

/// Something that was read otherwise than written, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which line, from 1.
    pub line: u32,
    /// The section that it stands in; empty: none.
    pub section: String,
    /// The key; empty: the line has none. Like the value it is cut when it is very long.
    pub key: String,
    /// The value; empty: the line has none.
    pub value: String,
    /// What is wrong, what is allowed, and what became of the line.
    pub why: String,
}

impl Diagnostic {
    pub(crate) fn new(line: u32, section: &str, entry: (&str, &str), why: &str) -> Self {
        Self {
            line,
            section: cut(section),
            key: cut(entry.0),
            value: cut(entry.1),
            why: why.to_owned(),
        }
    }

    /// Adds it to what is told of a file, unless that is too much already.
    pub(crate) fn tell(self, notes: &mut Vec<Self>) {
        if notes.len() < MOST_DIAGNOSTICS {
            notes.push(self);
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        if !self.section.is_empty() {
            write!(f, "[{}] ", self.section)?;
        }
        match (self.key.is_empty(), self.value.is_empty()) {
            (true, _) => {}
            (false, true) => write!(f, "{}: ", self.key)?,
            (false, false) => write!(f, "{}={}: ", self.key, self.value)?,
        }
        f.write_str(&self.why)
    }
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(KEPT).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// Why nothing of a file can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InfError {
    /// More than anybody would write.
    #[error("line {line}: the file has more than {most} {of}")]
    TooLarge {
        /// Where the limit was passed; 0: the file as a whole.
        line: u32,
        /// The limit.
        most: usize,
        /// What is counted.
        of: &'static str,
    },
}
