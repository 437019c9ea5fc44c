//! Restrictions, as values of PT_SRESTRICT and on their own.

use super::value::{put_value, take_value};
use super::wire::{Reader, put_block, put_length};
use super::{CodecError, MAX_DEPTH, VERSION};
use crate::{
    BitOp, FuzzyLevel, MatchKind, PropTag, PropType, PropValue, RelOp, Restriction, SubObject,
};

/// Appends the canonical form of a restriction.
///
/// # Errors
/// [`CodecError::TooDeep`] beyond [`MAX_DEPTH`]; `out` is as it was then.
pub fn encode_restriction(restriction: &Restriction, out: &mut Vec<u8>) -> Result<(), CodecError> {
    let start = out.len();
    out.push(VERSION);
    let written = put_node(out, restriction, 0);
    if written.is_err() {
        out.truncate(start);
    }
    written
}

/// Reads a restriction.
///
/// # Errors
/// [`CodecError`] for anything that [`encode_restriction`] does not write.
pub fn decode_restriction(bytes: &[u8]) -> Result<Restriction, CodecError> {
    let mut reader = Reader::new(bytes);
    reader.version()?;
    let node = take_node(&mut reader, 1)?;
    reader.end()?;
    Ok(node)
}

pub(super) fn put_node(
    out: &mut Vec<u8>,
    node: &Restriction,
    depth: usize,
) -> Result<(), CodecError> {
    if depth >= MAX_DEPTH {
        return Err(CodecError::TooDeep);
    }
    let depth = depth + 1;
    match node {
        Restriction::And(children) => put_children(out, 0, children, depth)?,
        Restriction::Or(children) => put_children(out, 1, children, depth)?,
        Restriction::Not(child) => {
            out.push(2);
            put_node(out, child, depth)?;
        }
        Restriction::Content {
            kind,
            fuzzy,
            tag,
            value_tag,
            value,
        } => {
            out.extend_from_slice(&[3, match_byte(*kind), fuzzy_byte(*fuzzy)]);
            put_tags(out, [*tag, *value_tag]);
            put_typed(out, value, depth)?;
        }
        Restriction::Property {
            op,
            tag,
            value_tag,
            value,
        } => {
            out.extend_from_slice(&[4, rel_byte(*op)]);
            put_tags(out, [*tag, *value_tag]);
            put_typed(out, value, depth)?;
        }
        Restriction::CompareProps { op, left, right } => {
            out.extend_from_slice(&[5, rel_byte(*op)]);
            put_tags(out, [*left, *right]);
        }
        Restriction::Bitmask { op, tag, mask } => {
            out.extend_from_slice(&[6, u8::from(*op == BitOp::NonZero)]);
            put_tags(out, [*tag, PropTag(*mask)]);
        }
        Restriction::Size { op, tag, size } => {
            out.extend_from_slice(&[7, rel_byte(*op)]);
            put_tags(out, [*tag, PropTag(*size)]);
        }
        Restriction::Exist { tag } => {
            out.push(8);
            put_tags(out, [*tag]);
        }
        Restriction::Sub { object, child } => {
            out.push(9);
            match object {
                SubObject::Recipients => out.push(0),
                SubObject::Attachments => out.push(1),
                SubObject::Other(tag) => {
                    out.push(2);
                    put_tags(out, [*tag]);
                }
            }
            put_node(out, child, depth)?;
        }
        Restriction::Comment { props, child } => put_comment(out, props, child.as_deref(), depth)?,
        Restriction::Count { count, child } => {
            out.push(11);
            out.extend_from_slice(&count.to_le_bytes());
            put_node(out, child, depth)?;
        }
    }
    Ok(())
}

fn put_comment(
    out: &mut Vec<u8>,
    props: &[(PropTag, PropValue)],
    child: Option<&Restriction>,
    depth: usize,
) -> Result<(), CodecError> {
    out.push(10);
    put_length(out, props.len());
    for (tag, value) in props {
        put_tags(out, [*tag]);
        put_typed(out, value, depth)?;
    }
    out.push(u8::from(child.is_some()));
    child.map_or(Ok(()), |c| put_node(out, c, depth))
}

fn put_children(
    out: &mut Vec<u8>,
    kind: u8,
    children: &[Restriction],
    depth: usize,
) -> Result<(), CodecError> {
    out.push(kind);
    put_length(out, children.len());
    children
        .iter()
        .try_for_each(|child| put_node(out, child, depth))
}

fn put_tags<const N: usize>(out: &mut Vec<u8>, tags: [PropTag; N]) {
    out.extend(tags.iter().flat_map(|tag| tag.0.to_le_bytes()));
}

/// A constant: its type, then a block.
fn put_typed(out: &mut Vec<u8>, value: &PropValue, depth: usize) -> Result<(), CodecError> {
    let mut bytes = Vec::new();
    put_value(&mut bytes, value, depth)?;
    out.extend_from_slice(&value.ty().0.to_le_bytes());
    put_block(out, &bytes);
    Ok(())
}

/// Reads a node. `depth` counts it and those around it.
pub(super) fn take_node(reader: &mut Reader<'_>, depth: usize) -> Result<Restriction, CodecError> {
    if depth > MAX_DEPTH {
        return Err(CodecError::TooDeep);
    }
    let child = |reader: &mut Reader<'_>| take_node(reader, depth + 1).map(Box::new);
    Ok(match reader.u8()? {
        0 => Restriction::And(take_children(reader, depth)?),
        1 => Restriction::Or(take_children(reader, depth)?),
        2 => Restriction::Not(child(reader)?),
        3 => Restriction::Content {
            kind: take_match(reader)?,
            fuzzy: take_fuzzy(reader)?,
            tag: take_tag(reader)?,
            value_tag: take_tag(reader)?,
            value: take_typed(reader, depth)?,
        },
        4 => Restriction::Property {
            op: take_rel(reader)?,
            tag: take_tag(reader)?,
            value_tag: take_tag(reader)?,
            value: take_typed(reader, depth)?,
        },
        5 => Restriction::CompareProps {
            op: take_rel(reader)?,
            left: take_tag(reader)?,
            right: take_tag(reader)?,
        },
        6 => Restriction::Bitmask {
            op: if take_flag(reader)? {
                BitOp::NonZero
            } else {
                BitOp::Zero
            },
            tag: take_tag(reader)?,
            mask: reader.u32()?,
        },
        7 => Restriction::Size {
            op: take_rel(reader)?,
            tag: take_tag(reader)?,
            size: reader.u32()?,
        },
        8 => Restriction::Exist {
            tag: take_tag(reader)?,
        },
        9 => Restriction::Sub {
            object: take_object(reader)?,
            child: child(reader)?,
        },
        10 => Restriction::Comment {
            props: take_props(reader, depth)?,
            child: if take_flag(reader)? {
                Some(child(reader)?)
            } else {
                None
            },
        },
        11 => Restriction::Count {
            count: reader.u32()?,
            child: child(reader)?,
        },
        other => return Err(CodecError::Mark(other)),
    })
}

fn take_children(reader: &mut Reader<'_>, depth: usize) -> Result<Vec<Restriction>, CodecError> {
    let count = reader.count(1)?;
    let mut out = Vec::with_capacity(count.min(64));
    for _ in 0..count {
        out.push(take_node(reader, depth + 1)?);
    }
    Ok(out)
}

fn take_props(
    reader: &mut Reader<'_>,
    depth: usize,
) -> Result<Vec<(PropTag, PropValue)>, CodecError> {
    let count = reader.count(7)?;
    let mut out = Vec::with_capacity(count.min(64));
    for _ in 0..count {
        out.push((take_tag(reader)?, take_typed(reader, depth)?));
    }
    Ok(out)
}

fn take_typed(reader: &mut Reader<'_>, depth: usize) -> Result<PropValue, CodecError> {
    let ty = PropType(reader.u16()?);
    take_value(ty, reader.block()?, depth)
}

fn take_tag(reader: &mut Reader<'_>) -> Result<PropTag, CodecError> {
    reader.u32().map(PropTag)
}

fn take_flag(reader: &mut Reader<'_>) -> Result<bool, CodecError> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(CodecError::Mark(other)),
    }
}

fn take_object(reader: &mut Reader<'_>) -> Result<SubObject, CodecError> {
    match reader.u8()? {
        0 => Ok(SubObject::Recipients),
        1 => Ok(SubObject::Attachments),
        2 => take_tag(reader).map(SubObject::Other),
        other => Err(CodecError::Mark(other)),
    }
}

const fn match_byte(kind: MatchKind) -> u8 {
    match kind {
        MatchKind::FullString => 0,
        MatchKind::Substring => 1,
        MatchKind::Prefix => 2,
        MatchKind::WordPrefix => 0x10,
        MatchKind::Phrase => 0x20,
    }
}

fn take_match(reader: &mut Reader<'_>) -> Result<MatchKind, CodecError> {
    Ok(match reader.u8()? {
        0 => MatchKind::FullString,
        1 => MatchKind::Substring,
        2 => MatchKind::Prefix,
        0x10 => MatchKind::WordPrefix,
        0x20 => MatchKind::Phrase,
        other => return Err(CodecError::Mark(other)),
    })
}

fn fuzzy_byte(fuzzy: FuzzyLevel) -> u8 {
    u8::from(fuzzy.ignore_case) | u8::from(fuzzy.ignore_nonspace) << 1 | u8::from(fuzzy.loose) << 2
}

fn take_fuzzy(reader: &mut Reader<'_>) -> Result<FuzzyLevel, CodecError> {
    match reader.u8()? {
        bits @ 0..=7 => Ok(FuzzyLevel {
            ignore_case: bits & 1 != 0,
            ignore_nonspace: bits & 2 != 0,
            loose: bits & 4 != 0,
        }),
        other => Err(CodecError::Mark(other)),
    }
}

const fn rel_byte(op: RelOp) -> u8 {
    match op {
        RelOp::Lt => 0,
        RelOp::Le => 1,
        RelOp::Gt => 2,
        RelOp::Ge => 3,
        RelOp::Eq => 4,
        RelOp::Ne => 5,
        RelOp::Re => 6,
    }
}

fn take_rel(reader: &mut Reader<'_>) -> Result<RelOp, CodecError> {
    Ok(match reader.u8()? {
        0 => RelOp::Lt,
        1 => RelOp::Le,
        2 => RelOp::Gt,
        3 => RelOp::Ge,
        4 => RelOp::Eq,
        5 => RelOp::Ne,
        6 => RelOp::Re,
        other => return Err(CodecError::Mark(other)),
    })
}
