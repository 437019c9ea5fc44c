//! The fields of a header, each as it was written.
//! RFC 5322 §2.2

use std::str;

/// Fields in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Header {
    fields: Vec<Field>,
}

/// A field with its folded lines.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    /// As it was written, without white space behind it.
    name: String,
    /// What stands behind the colon, in lines that end with CR LF.
    rest: Vec<u8>,
}

impl Header {
    /// The header at the start of a mail, and what is behind it. A line that is no field ends it, as an empty one does; that one is gone.
    pub(super) fn read(bytes: &[u8]) -> (Self, &[u8]) {
        let mut header = Self::default();
        let mut rest = bytes;
        while !rest.is_empty() {
            let length = rest.iter().position(|b| *b == b'\n');
            let (line, after) = rest.split_at(length.map_or(rest.len(), |at| at + 1));
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                return (header, after);
            }
            if !header.take(line) {
                return (header, rest);
            }
            rest = after;
        }
        (header, rest)
    }

    /// Takes a line as a field or the next line of one; says whether it is.
    fn take(&mut self, line: &[u8]) -> bool {
        if matches!(line.first(), Some(b' ' | b'\t')) {
            let Some(field) = self.fields.last_mut() else {
                return false;
            };
            field.rest.extend_from_slice(line);
            field.rest.extend_from_slice(b"\r\n");
            return true;
        }
        let Some(colon) = line.iter().position(|b| *b == b':') else {
            return false;
        };
        let (name, rest) = line.split_at(colon);
        let name = name.trim_ascii_end();
        let name = str::from_utf8(name).unwrap_or_default();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic()) {
            return false;
        }
        let mut rest = rest.get(1..).unwrap_or_default().to_vec();
        rest.extend_from_slice(b"\r\n");
        self.fields.push(Field {
            name: name.to_owned(),
            rest,
        });
        true
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Field> {
        let fields = self.fields.iter();
        fields.filter(move |field| field.name.eq_ignore_ascii_case(name))
    }

    /// The values of the fields of this name, as far as they are text.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let values = self.named(name).map(|field| str::from_utf8(&field.rest));
        values.filter_map(|value| value.ok().map(str::trim))
    }

    /// Whether a field of this name says something.
    pub(super) fn says(&self, name: &str) -> bool {
        self.named(name)
            .any(|field| !field.rest.trim_ascii().is_empty())
    }

    pub(super) fn remove(&mut self, names: &[&str]) {
        self.fields.retain(|field| !is_one_of(&field.name, names));
    }

    /// Adds a field at the end. The value has no line ends but folded ones.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        self.fields.push(Field {
            name: name.to_owned(),
            rest: format!(" {value}\r\n").into_bytes(),
        });
    }

    /// Gives the fields of these names the values that `new` makes of theirs, where it makes any.
    pub(super) fn change(&mut self, names: &[&str], new: impl Fn(&[u8]) -> Option<Vec<u8>>) {
        for field in &mut self.fields {
            if is_one_of(&field.name, names)
                && let Some(rest) = new(&field.rest)
            {
                field.rest = rest;
            }
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for field in &self.fields {
            bytes.extend_from_slice(field.name.as_bytes());
            bytes.push(b':');
            bytes.extend_from_slice(&field.rest);
        }
        bytes
    }
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|one| name.eq_ignore_ascii_case(one))
}
