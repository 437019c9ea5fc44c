//! Form configuration files (`.cfg`): sections of keys and values, read leniently and written back whole.
//! Reference: "File Format of Form Configuration Files" (requirement FS-14)

mod read;

use std::fmt;

pub use read::{LARGEST, LONGEST_LINE, MOST_ENTRIES, MOST_LINES, MOST_SECTIONS};

/// The sections of a configuration file in their order. Keys and names of sections have no case; what is not known is
/// kept. Comments are not.
///
/// ```
/// use mapi_forms::Configuration;
///
/// let (file, notes) = Configuration::read(b"[Description]\nMessageClass=IPM.Foo ; not a comment\n")?;
/// assert_eq!(file.value("description", "messageclass"), Some("IPM.Foo ; not a comment"));
/// assert!(notes.is_empty());
/// # Ok::<(), mapi_forms::ConfigurationError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    sections: Vec<Section>,
}

/// One section. A second one of the same name goes on with the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) line: u32,
    pub(crate) entries: Vec<Entry>,
}

/// One `key=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) line: u32,
}

/// A place that was read otherwise than written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Which line, from 1; 0: of no line in particular.
    pub line: u32,
    /// What was wrong and what became of it.
    pub what: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// Why a configuration file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// More than anybody would write.
    #[error("line {line}: the file has more than {most} {of}")]
    TooLarge {
        /// Where the limit was passed.
        line: u32,
        /// The limit.
        most: usize,
        /// What is counted.
        of: &'static str,
    },
    /// A section without which nothing is known of the form.
    #[error("there is no section [{section}]")]
    NoSection {
        /// Its name.
        section: &'static str,
    },
    /// A required entry is missing or empty.
    #[error("line {line}: [{section}] has no {key}")]
    Missing {
        /// Where its section begins.
        line: u32,
        /// The section.
        section: &'static str,
        /// The key.
        key: &'static str,
    },
    /// A value that cannot be what it stands for.
    #[error("line {line}: {key}: {why}")]
    BadValue {
        /// Where it stands.
        line: u32,
        /// Its key.
        key: String,
        /// What it should be.
        why: String,
    },
}

impl Configuration {
    /// Reads a file: UTF-8 (with or without a byte order mark), else Windows-1252. Lines that say nothing are passed
    /// over with a note.
    ///
    /// # Errors
    /// [`ConfigurationError::TooLarge`] beyond [`LARGEST`] bytes, [`LONGEST_LINE`], [`MOST_LINES`], [`MOST_ENTRIES`] or
    /// [`MOST_SECTIONS`].
    pub fn read(bytes: &[u8]) -> Result<(Self, Vec<Note>), ConfigurationError> {
        read::read(bytes)
    }

    /// The value of an entry, without its quotes.
    #[must_use]
    pub fn value(&self, section: &str, key: &str) -> Option<&str> {
        Some(self.entry(section, key)?.value.as_str())
    }

    /// Sets an entry, at the end of its section if it is new.
    pub(crate) fn set(&mut self, section: &str, key: &str, value: &str) {
        let place = self.sections.iter().position(|s| same(&s.name, section));
        let place = place.unwrap_or_else(|| {
            self.sections.push(Section {
                name: section.to_owned(),
                line: 0,
                entries: Vec::new(),
            });
            self.sections.len() - 1
        });
        let Some(section) = self.sections.get_mut(place) else {
            return;
        };
        match section.entries.iter_mut().find(|e| same(&e.key, key)) {
            Some(entry) => value.clone_into(&mut entry.value),
            None => section.entries.push(Entry {
                key: key.to_owned(),
                value: value.to_owned(),
                line: 0,
            }),
        }
    }

    pub(crate) fn entry(&self, section: &str, key: &str) -> Option<&Entry> {
        let entries = &self.section(section)?.entries;
        entries.iter().find(|e| same(&e.key, key))
    }

    pub(crate) fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|s| same(&s.name, name))
    }

    /// Names that a list section (`[Verbs]`, `[Platforms]`) gives, by their numbers; those without one come last.
    pub(crate) fn listed(&self, section: &str) -> Vec<&Entry> {
        let Some(section) = self.section(section) else {
            return Vec::new();
        };
        let mut entries: Vec<&Entry> = section.entries.iter().collect();
        entries.retain(|e| !e.value.is_empty());
        entries.sort_by_key(|e| number_of(&e.key));
        entries
    }

    /// Takes over the platforms of another file that this one does not name. Says whether there were any.
    pub(crate) fn add_platforms(&mut self, other: &Self) -> bool {
        let known: Vec<String> = self.platform_names();
        let listed = self.listed("Platforms").into_iter();
        let mut number = listed.filter_map(|e| last_number(&e.key)).max();
        let mut added = false;
        for name in other.platform_names() {
            if known.iter().any(|k| same(k, &name)) {
                continue;
            }
            let at = number.map_or(1, |n| n.saturating_add(1));
            number = Some(at);
            self.set("Platforms", &format!("Platform.{at}"), &name);
            let from = format!("Platform.{name}");
            for entry in other.section(&from).into_iter().flat_map(|s| &s.entries) {
                self.set(&from, &entry.key, &entry.value);
            }
            added = true;
        }
        added
    }

    fn platform_names(&self) -> Vec<String> {
        let listed = self.listed("Platforms");
        listed.into_iter().map(|e| e.value.clone()).collect()
    }
}

/// As a file: what [`Configuration::read`] reads as the same.
impl fmt::Display for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, section) in self.sections.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            writeln!(f, "[{}]", section.name)?;
            for Entry { key, value, .. } in &section.entries {
                let edges = value.starts_with(is_edge) || value.ends_with(is_edge);
                match edges {
                    true => writeln!(f, "{key}=\"{value}\"")?,
                    false => writeln!(f, "{key}={value}")?,
                }
            }
        }
        Ok(())
    }
}

/// What a value would lose at its ends without quotes around it.
fn is_edge(c: char) -> bool {
    c == '"' || c.is_whitespace()
}

fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// The order of a key in a list section: `Verb2` and `Verb.2` come after `Verb1`.
fn number_of(key: &str) -> u64 {
    last_number(key).map_or(u64::MAX, u64::from)
}

fn last_number(key: &str) -> Option<u32> {
    let digits = key.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> (Configuration, Vec<Note>) {
        Configuration::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_people_write_is_read() {
        let (file, notes) = read(
            "\u{feff}; a form\r\nstray=1\r\n[Verbs]]\r\nVerb2=b\nVerb1 = a\njunk\n[VERBS]\nverb1=again\n[x",
        );
        let listed: Vec<_> = file.listed("verbs").iter().map(|e| &e.value).collect();
        assert_eq!(listed, ["a", "b"]);
        let notes: Vec<_> = notes.iter().map(ToString::to_string).collect();
        assert_eq!(
            notes,
            [
                "line 2: an entry outside of any section was passed over",
                "line 3: more than one ] ends the name of a section",
                "line 6: neither a section nor a key with a value: passed over",
                "line 8: `verb1` stands twice: the first one counts",
                "line 9: no ] ends the name of a section",
            ]
        );
    }

    #[test]
    fn platforms_are_added_and_nothing_else() {
        let (mut old, _) = read(
            "[Description]\nDisplayName=Old\n[Platforms]\nPlatform.3=NT\n[Platform.NT]\nCPU=ix86",
        );
        let (new, _) = read(
            "[Description]\nDisplayName=New\n[Platforms]\nPlatform1=nt\nPlatform2=Mac\n[Platform.Mac]\nCPU=PPC\n[Platform.nt]\nCPU=AXP",
        );
        assert!(old.add_platforms(&new));
        assert!(!old.add_platforms(&new), "they are known now");
        assert_eq!(
            old.to_string(),
            "[Description]\nDisplayName=Old\n\n[Platforms]\nPlatform.3=NT\nPlatform.4=Mac\n\n\
             [Platform.NT]\nCPU=ix86\n\n[Platform.Mac]\nCPU=PPC\n"
        );
    }

    #[test]
    fn limits_are_told_with_their_line() {
        let error = |bytes: Vec<u8>| Configuration::read(&bytes).unwrap_err().to_string();
        let many = "[a]\n".to_owned()
            + &(0..=MOST_ENTRIES)
                .map(|n| format!("k{n}=\n"))
                .collect::<String>();
        assert_eq!(
            error(many.into_bytes()),
            "line 4098: the file has more than 4096 entries"
        );
        assert_eq!(
            error(vec![b'x'; LONGEST_LINE + 1]),
            "line 1: the file has more than 8192 bytes in a line"
        );
        assert_eq!(
            error(vec![b'\n'; LARGEST + 1]),
            "line 0: the file has more than 1048576 bytes"
        );
    }

    proptest! {
        #[test]
        fn what_is_written_reads_as_the_same(text in "(\\[[a-c. ]{0,4}\\]?\n|[a-c\" ;.]{0,4}=[a-z\" ;é]{0,6}\n|\\PC{0,8}\n){0,20}") {
            let (file, _) = read(&text);
            let (again, notes) = read(&file.to_string());
            prop_assert_eq!(notes, Vec::new());
            prop_assert_eq!(again.to_string(), file.to_string());
        }
    }
}
