//! PR_VD_BINARY and PR_VD_STRINGS as bytes and text.
//! [MS-OXOCFG] 2.2.6.1, 2.2.6.1.1, 2.2.6.3

use super::wire::Reader;
use super::{
    Kept, KeptColumn, VERSION, ViewColumn, ViewDescriptor, ViewError, ViewProblem, ViewProperty,
    ViewSort, filter,
};
use crate::{Guid, NameKind, PropName, PropTag, PropType};

/// ivcdSort: arranged by conversation.
const CONVERSATIONS: u32 = 0xFFFF_FFFF;
/// ulFlags: descending.
const DESCENDING: u32 = 2;
/// Bytes of a column without a name.
const COLUMN: usize = 36;

/// MNID_ID and MNID_STRING.
const NUMBER: u32 = 0;
const TEXT: u32 = 1;

pub(super) fn decode(binary: &[u8], strings: &str) -> Result<ViewDescriptor, ViewError> {
    let reader = &mut Reader::new(binary);
    let mut texts = lines(strings);
    let first = reader.array()?;
    let version = reader.u32()?;
    if version != VERSION {
        return Err(ViewError {
            at: 8,
            problem: ViewProblem::Version(version),
        });
    }
    let flags = reader.u32()?;
    let presentation = reader.u32()?;
    let place = reader.clone();
    let count = reader.u32()?;
    let sort = match reader.u32()? {
        CONVERSATIONS => ViewSort::Conversations,
        index => ViewSort::Column(index),
    };
    let groups = reader.u32()?;
    let groups_descending = reader.u32()?;
    let second = reader.array()?;
    check(count, sort, groups).map_err(|problem| place.fail(problem))?;
    if !reader.fits(count, COLUMN) {
        return Err(place.fail(ViewProblem::Count(count)));
    }
    let columns = (0..count)
        .map(|_| column(reader, texts.next().unwrap_or_default()))
        .collect::<Result<_, _>>()?;
    let filter = match reader.rest() {
        [] => None,
        _ => Some(filter::read(reader, &mut texts)?),
    };
    Ok(ViewDescriptor {
        columns,
        sort,
        descending: flags & DESCENDING != 0,
        groups,
        groups_descending,
        filter,
        kept: Kept {
            first,
            flags: flags & !DESCENDING,
            presentation,
            second,
            rest: reader.rest().to_vec(),
            strings: texts.map(str::to_owned).collect(),
        },
    })
}

/// Whether the places among the columns exist.
fn check(count: u32, sort: ViewSort, groups: u32) -> Result<(), ViewProblem> {
    match sort {
        // A view without any column has no column to sort by.
        ViewSort::Column(index) if index >= count && (index, count) != (0, 0) => {
            Err(ViewProblem::Count(index))
        }
        _ if groups > count => Err(ViewProblem::Count(groups)),
        _ => Ok(()),
    }
}

/// The strings, each up to its terminator; what follows the last one is a string if it is anything.
fn lines(strings: &str) -> impl Iterator<Item = &str> {
    let whole = strings.strip_suffix('\n');
    let none = strings.is_empty();
    whole.unwrap_or(strings).split('\n').filter(move |_| !none)
}

fn column(reader: &mut Reader<'_>, title: &str) -> Result<ViewColumn, ViewError> {
    let ty = PropType(reader.u16()?);
    let short_id = reader.u16()?;
    let width = reader.u32()?;
    let first = reader.u32()?;
    let flags = reader.u32()?;
    let second = reader.array()?;
    let place = reader.clone();
    let kind = reader.u32()?;
    let id = reader.u32()?;
    let mut kept = KeptColumn {
        first,
        second,
        kind,
        ..KeptColumn::default()
    };
    let property = if flags & ViewColumn::NAMED == 0 {
        kept.id = (id != u32::from(short_id)).then_some(id);
        ViewProperty::Tag(PropTag::new(short_id, ty))
    } else {
        let guid = Guid(reader.array()?);
        let name = match kind {
            NUMBER => {
                kept.short_id = (short_id != low(id)).then_some(short_id);
                PropName::id(guid, id)
            }
            TEXT => {
                (kept.id, kept.short_id) = (Some(id), Some(short_id));
                let (text, end) = name(reader)?;
                kept.name_end = Some(end);
                PropName::text(guid, text)
            }
            other => return Err(place.fail(ViewProblem::NameKind(other))),
        };
        ViewProperty::Named(name, ty)
    };
    Ok(ViewColumn {
        property,
        title: title.to_owned(),
        width,
        flags: flags & !ViewColumn::NAMED,
        kept,
    })
}

/// A name of UTF-16 with a length in bytes, and its bytes from the terminator on.
fn name(reader: &mut Reader<'_>) -> Result<(String, Vec<u8>), ViewError> {
    let length = reader.u32()?;
    let place = reader.clone();
    let bytes = reader.take(length)?;
    let (units, odd) = bytes.as_chunks::<2>();
    let text: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    let (text, end) = match text.iter().position(|unit| *unit == 0) {
        Some(at) => text.split_at_checked(at).unwrap_or((&text, &[])),
        None => (text.as_slice(), [].as_slice()),
    };
    let text = String::from_utf16(text).map_err(|_| place.fail(ViewProblem::NameText))?;
    let end = end.iter().flat_map(|unit| unit.to_le_bytes());
    Ok((text, end.chain(odd.iter().copied()).collect()))
}

pub(super) fn encode(view: &ViewDescriptor) -> Result<(Vec<u8>, String), ViewError> {
    let count = u32::try_from(view.columns.len()).unwrap_or(u32::MAX);
    check(count, view.sort, view.groups).map_err(ViewError::unplaced)?;
    let kept = &view.kept;
    let flags = kept.flags | if view.descending { DESCENDING } else { 0 };
    let sort = match view.sort {
        ViewSort::Column(index) => index,
        ViewSort::Conversations => CONVERSATIONS,
    };
    let mut out = kept.first.to_vec();
    put(&mut out, [VERSION, flags, kept.presentation, count, sort]);
    put(&mut out, [view.groups, view.groups_descending]);
    out.extend_from_slice(&kept.second);
    for column in &view.columns {
        put_column(&mut out, column);
    }
    if let Some(filter) = &view.filter {
        out.extend_from_slice(&filter.bytes);
    }
    out.extend_from_slice(&kept.rest);
    let titles = view.columns.iter().map(|c| c.title.as_str());
    let constants = view.filter.iter().flat_map(|f| &f.strings);
    let constants = constants.chain(&kept.strings).map(String::as_str);
    let mut strings = String::new();
    for text in titles.chain(constants) {
        if text.contains('\n') {
            return Err(ViewError::unplaced(ViewProblem::LineFeed));
        }
        strings.push_str(text);
        strings.push('\n');
    }
    Ok((out, strings))
}

fn put_column(out: &mut Vec<u8>, column: &ViewColumn) {
    let kept = &column.kept;
    let (short_id, kind, id, flags) = match &column.property {
        ViewProperty::Tag(tag) => {
            let id = kept.id.unwrap_or_else(|| u32::from(tag.id()));
            (tag.id(), kept.kind, id, column.flags & !ViewColumn::NAMED)
        }
        ViewProperty::Named(name, _) => {
            let (kind, id) = match &name.kind {
                NameKind::Id(id) => (NUMBER, *id),
                NameKind::Text(_) => (TEXT, kept.id.unwrap_or(0)),
            };
            let short_id = kept.short_id.unwrap_or_else(|| low(id));
            (short_id, kind, id, column.flags | ViewColumn::NAMED)
        }
    };
    out.extend_from_slice(&column.property.ty().0.to_le_bytes());
    out.extend_from_slice(&short_id.to_le_bytes());
    put(out, [column.width, kept.first, flags]);
    out.extend_from_slice(&kept.second);
    put(out, [kind, id]);
    let ViewProperty::Named(name, _) = &column.property else {
        return;
    };
    out.extend_from_slice(name.guid.as_bytes());
    if let NameKind::Text(text) = &name.kind {
        let mut bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.extend_from_slice(kept.name_end.as_deref().unwrap_or(&[0, 0]));
        put(out, [u32::try_from(bytes.len()).unwrap_or(u32::MAX)]);
        out.extend_from_slice(&bytes);
    }
}

pub(super) fn put<const N: usize>(out: &mut Vec<u8>, numbers: [u32; N]) {
    out.extend(numbers.iter().flat_map(|n| n.to_le_bytes()));
}

/// The two least significant bytes.
const fn low(id: u32) -> u16 {
    let [a, b, ..] = id.to_le_bytes();
    u16::from_le_bytes([a, b])
}
