//! Groups of fields, parted by blank lines.
//! RFC 3464 §2.1

use crate::header::{fields, line_at, without_eol};
use crate::structure::Entity;
use crate::transfer::Transfer;

use super::Reader;

/// Bytes of a report that are looked through.
const REPORT_MAX: usize = 1 << 20;

/// The fields between two blank lines.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Names in lower case, values with encoded words decoded.
    fields: Vec<(String, String)>,
}

impl Group {
    fn of(block: &[u8], page: i32) -> Self {
        let named = |f: crate::header::Field<'_>| (f.name.to_ascii_lowercase(), f.text(page));
        Self {
            fields: fields(block).map(named).collect(),
        }
    }

    /// The first value of a field that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).find(|v| !v.is_empty())
    }

    /// Every value of a field.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let name = name.to_owned();
        self.fields
            .iter()
            .filter(move |(n, _)| *n == name)
            .map(|(_, v)| v.as_str())
    }
}

/// Reads the groups of a part, however it was encoded.
pub(super) fn read(reader: &mut Reader<'_>, part: &Entity) -> Vec<Group> {
    let source = reader.source.clone();
    let raw = source.slice(part.body.clone());
    let read = raw.get(..REPORT_MAX).unwrap_or(raw);
    if read.len() < raw.len() {
        let detail = format!("only {REPORT_MAX} of {} bytes are read", raw.len());
        reader.defect("report-cut", detail);
    }
    let (bytes, _) = part.mime.transfer.decode(read);
    let page = reader.context.code_page;
    let mut groups: Vec<Group> = Vec::new();
    for block in blocks(&bytes) {
        // Some relays encode each recipient's fields, and say so in the fields before.
        let coded = groups
            .last()
            .and_then(|g| g.get("content-transfer-encoding"));
        if coded.is_some_and(|c| Transfer::parse(c) == Some(Transfer::Base64)) {
            let (inner, _) = Transfer::Base64.decode(block);
            groups.extend(blocks(&inner).map(|block| Group::of(block, page)));
        } else {
            groups.push(Group::of(block, page));
        }
    }
    groups.retain(|g| !g.fields.is_empty());
    groups
}

/// The pieces of `bytes` between blank lines.
fn blocks(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        line_at(bytes, at)?;
        let mut end = at;
        while let Some((line, next)) = line_at(bytes, at) {
            at = next;
            if without_eol(line).trim_ascii().is_empty() {
                break;
            }
            end = next;
        }
        bytes.get(start..end)
    })
}
