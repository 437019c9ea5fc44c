//! Files of the Macintosh, which have two forks.
//! RFC 1740, [MS-OXCMAIL] 2.2.3.4.2.1–2.2.3.4.2.2
//!
//! An appledouble is one attachment: its data fork is the data, so that every program can use it, and the part with the
//! resource fork is kept beside it, whole. [MS-OXCMAIL] would have a MacBinary stream made of both, which no program
//! that expects the file could read; so PR_ATTACH_ENCODING, which announces one, is not set either.

use mapi_props::{AttachmentTree, PropKey, PropName, PropValue, TreeValue, guids};

use super::Reader;
use crate::charset;
use crate::header::fields;
use crate::names::file_name;
use crate::structure::{Entity, Kind};

/// The part with the resource fork and the one with the data of an appledouble; `None` if this is none, or if the
/// resources are too large to be a property.
pub(super) fn forks(reader: &Reader<'_>, entity: &Entity) -> Option<(Entity, Entity)> {
    if !entity.mime.is("multipart/appledouble") {
        return None;
    }
    let entities = &reader.entities;
    let part = |index: &usize| {
        entities
            .get(*index)
            .filter(|e| e.kind == Kind::Leaf)
            .cloned()
    };
    let parts: Vec<Entity> = entity.children.iter().filter_map(part).collect();
    let is_header = |e: &Entity| e.mime.is("application/applefile");
    match <[Entity; 2]>::try_from(parts).ok()? {
        [header, data] if is_header(&header) && !is_header(&data) => Some((header, data)),
        [data, header] if is_header(&header) && !is_header(&data) => Some((header, data)),
        _ => None,
    }
    .filter(|(header, _)| {
        let size = reader.source.size_of(&header.body);
        entity.children.len() == 2 && size <= reader.context.limits.body
    })
}

/// Keeps the resource fork's part and the type of the data beside the data, as PidNameAttachmentMacInfo and
/// PidNameAttachmentMacContentType.
pub(super) fn keep_resource_fork(
    reader: &mut Reader<'_>,
    attachment: &mut AttachmentTree,
    header: &Entity,
    data: &Entity,
) {
    let mut keep = |name: &str, value: PropValue| {
        let name = PropName::text(guids::PSETID_ATTACHMENT, name);
        let value = TreeValue::Value(value);
        attachment.props.insert(PropKey::Named(name), value);
    };
    keep(
        "AttachmentMacInfo",
        PropValue::Binary(reader.decoded(header)),
    );
    let block = reader.source.slice(data.header.clone());
    let declared = fields(block).find(|f| f.is("content-type"));
    if let Some(field) = declared {
        let value = field.unfolded(reader.context.code_page);
        keep("AttachmentMacContentType", PropValue::Unicode(value));
    }
}

/// Bytes of a part in which its name is looked for.
const HEAD: usize = 64 << 10;

/// The name that the Macintosh gave a file, if this part holds it.
pub(super) fn name_of(reader: &Reader<'_>, entity: &Entity) -> Option<String> {
    if !entity.mime.is("application/applefile") {
        return None;
    }
    let raw = reader.source.slice(entity.body.clone());
    let (bytes, _) = entity.mime.transfer.decode(raw.get(..HEAD).unwrap_or(raw));
    let name = entry(&bytes, REAL_NAME)?;
    let name = charset::decode(name, Some("macintosh"), charset::DEFAULT_CODE_PAGE);
    Some(file_name(&name.text)).filter(|n| !n.is_empty())
}

/// Entry id of the name. RFC 1740 appendix B
const REAL_NAME: u32 = 3;

/// An entry of an AppleSingle or AppleDouble file: magic, version, 16 bytes, a count, then id, offset and length of each.
fn entry(bytes: &[u8], id: u32) -> Option<&[u8]> {
    let magic = bytes.get(..4)?;
    if !matches!(magic, [0, 5, 0x16, 0 | 7]) {
        return None;
    }
    let number = |at: usize| {
        let four = bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_be_bytes(four.try_into().ok()?))
    };
    let count = bytes.get(24..26)?;
    let count = u16::from_be_bytes(count.try_into().ok()?);
    for n in 0..usize::from(count) {
        let at = 26 + n * 12;
        if number(at)? == id {
            let start = usize::try_from(number(at + 4)?).ok()?;
            let len = usize::try_from(number(at + 8)?).ok()?;
            return bytes.get(start..start.checked_add(len)?);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_and_hostile_ones_are_not() {
        let mut file = vec![0, 5, 0x16, 7, 0, 2, 0, 0];
        file.extend([0; 16]);
        file.extend([0, 1, 0, 0, 0, 3, 0, 0, 0, 38, 0, 0, 0, 4]);
        file.extend(b"cat!");
        assert_eq!(entry(&file, REAL_NAME), Some(&b"cat!"[..]));
        assert_eq!(entry(&file, 9), None);
        for end in 0..file.len() {
            assert_eq!(entry(&file[..end], REAL_NAME), None);
        }
        file[33] = 0xFF;
        file[34] = 0xFF;
        assert_eq!(entry(&file, REAL_NAME), None);
    }
}
