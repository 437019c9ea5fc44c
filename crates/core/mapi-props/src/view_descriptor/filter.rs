//! Restrictions as view descriptors hold them: the structures of memory one after another, text apart.
//! [MS-OXOCFG] 2.2.6.1.2, 2.2.6.1.4
//!
//! Each begins with 16 bytes: its kind, its numbers and what was a pointer. Constants take 8 bytes; bytes follow theirs,
//! text stands in PR_VD_STRINGS in the order in which it is met.

use super::binary::put;
use super::wire::Reader;
use super::{ViewError, ViewFilter, ViewProblem};
use crate::codec::MAX_DEPTH;
use crate::{
    BitOp, Code, FileTime, FuzzyLevel, MatchKind, PropTag, PropType, PropValue, RelOp, Restriction,
    SubObject, tags,
};

/// Bytes that every restriction takes.
const NODE: usize = 16;

/// FL_… bits of the high word.
const IGNORE_CASE: u32 = 0x1_0000;
const IGNORE_NONSPACE: u32 = 0x2_0000;
const LOOSE: u32 = 0x4_0000;

/// Reads a filter, taking the text of its constants from `texts`.
pub(super) fn read<'a>(
    reader: &mut Reader<'_>,
    texts: &mut impl Iterator<Item = &'a str>,
) -> Result<ViewFilter, ViewError> {
    let before = reader.rest();
    let mut input = Input {
        reader,
        texts,
        strings: Vec::new(),
    };
    let restriction = input.node(1)?;
    let strings = input.strings;
    let used = before.len().saturating_sub(reader.rest().len());
    Ok(ViewFilter {
        restriction,
        bytes: before.get(..used).unwrap_or_default().to_vec(),
        strings,
    })
}

struct Input<'i, 'b, T> {
    reader: &'i mut Reader<'b>,
    texts: &'i mut T,
    /// Those of them that constants took.
    strings: Vec<String>,
}

impl<'a, T: Iterator<Item = &'a str>> Input<'_, '_, T> {
    fn node(&mut self, depth: usize) -> Result<Restriction, ViewError> {
        if depth > MAX_DEPTH {
            return Err(self.reader.fail(ViewProblem::TooDeep));
        }
        let place = self.reader.clone();
        Ok(match self.reader.u32()? {
            0 => Restriction::And(self.children(depth)?),
            1 => Restriction::Or(self.children(depth)?),
            2 => {
                self.reader.take(12)?;
                Restriction::Not(self.child(depth)?)
            }
            9 => {
                let object = sub_object(PropTag(self.reader.u32()?));
                self.reader.take(8)?;
                let child = self.child(depth)?;
                Restriction::Sub { object, child }
            }
            10 => self.comment(depth)?,
            kind @ 3..=8 => self.test(kind)?,
            other => return Err(place.fail(ViewProblem::Mark(other))),
        })
    }

    fn child(&mut self, depth: usize) -> Result<Box<Restriction>, ViewError> {
        self.node(depth + 1).map(Box::new)
    }

    fn children(&mut self, depth: usize) -> Result<Vec<Restriction>, ViewError> {
        let count = self.reader.count(NODE)?;
        self.reader.take(8)?;
        (0..count).map(|_| self.node(depth + 1)).collect()
    }

    fn comment(&mut self, depth: usize) -> Result<Restriction, ViewError> {
        self.reader.take(12)?;
        let count = self.reader.count(12)?;
        let tags: Vec<_> = (0..count).map(|_| self.tag()).collect::<Result<_, _>>()?;
        let value = |tag: PropTag| Ok((tag, self.value(tag.ty())?));
        Ok(Restriction::Comment {
            props: tags.into_iter().map(value).collect::<Result<_, _>>()?,
            child: Some(self.child(depth)?),
        })
    }

    /// A restriction without others in it.
    fn test(&mut self, kind: u32) -> Result<Restriction, ViewError> {
        let place = self.reader.clone();
        let mark = self.reader.u32()?;
        let bad = || place.fail(ViewProblem::Mark(mark));
        Ok(match kind {
            3 => {
                let (tag, value) = self.constant()?;
                Restriction::Content {
                    kind: kind_of(mark).ok_or_else(bad)?,
                    fuzzy: fuzzy_of(mark),
                    tag,
                    value_tag: value.tag(tag.id()),
                    value,
                }
            }
            4 => {
                let (tag, value) = self.constant()?;
                Restriction::Property {
                    op: rel_of(mark).ok_or_else(bad)?,
                    tag,
                    value_tag: value.tag(tag.id()),
                    value,
                }
            }
            5 => Restriction::CompareProps {
                op: rel_of(mark).ok_or_else(bad)?,
                left: self.tag()?,
                right: self.tag()?,
            },
            6 => Restriction::Bitmask {
                op: bit_of(mark).ok_or_else(bad)?,
                tag: self.tag()?,
                mask: self.reader.u32()?,
            },
            7 => Restriction::Size {
                op: rel_of(mark).ok_or_else(bad)?,
                tag: self.tag()?,
                size: self.reader.u32()?,
            },
            _ => {
                let tag = self.tag()?;
                self.reader.take(4)?;
                Restriction::Exist { tag }
            }
        })
    }

    /// A property's tag, what was a pointer to the constant, the number of constants, which is one, and it.
    fn constant(&mut self) -> Result<(PropTag, PropValue), ViewError> {
        let tag = self.tag()?;
        self.reader.take(4)?;
        let place = self.reader.clone();
        match self.reader.u32()? {
            1 => Ok((tag, self.value(tag.ty())?)),
            other => Err(place.fail(ViewProblem::Count(other))),
        }
    }

    /// A tag; text is PT_UNICODE whatever is written.
    fn tag(&mut self) -> Result<PropTag, ViewError> {
        let ty = PropType(self.reader.u16()?);
        let id = self.reader.u16()?;
        Ok(PropTag::new(id, wide(ty)))
    }

    fn value(&mut self, ty: PropType) -> Result<PropValue, ViewError> {
        let place = self.reader.clone();
        let data: [u8; 8] = self.reader.array()?;
        let [a, b, c, d, ..] = data;
        let (short, long) = ([a, b], [a, b, c, d]);
        Ok(match ty {
            PropType::I2 => PropValue::I2(i16::from_le_bytes(short)),
            PropType::LONG => PropValue::Long(i32::from_le_bytes(long)),
            PropType::R4 => PropValue::R4(f32::from_le_bytes(long)),
            PropType::DOUBLE => PropValue::Double(f64::from_le_bytes(data)),
            PropType::CURRENCY => PropValue::Currency(i64::from_le_bytes(data)),
            PropType::APPTIME => PropValue::AppTime(f64::from_le_bytes(data)),
            PropType::ERROR => PropValue::Error(Code(u32::from_le_bytes(long))),
            PropType::BOOLEAN => PropValue::Bool(u16::from_le_bytes(short) != 0),
            PropType::I8 => PropValue::I8(i64::from_le_bytes(data)),
            PropType::SYSTIME => PropValue::SysTime(FileTime(u64::from_le_bytes(data))),
            PropType::BINARY => {
                let bytes = self.reader.take(u32::from_le_bytes(long))?;
                PropValue::Binary(bytes.to_vec())
            }
            PropType::UNICODE => {
                let text = self.texts.next();
                let text = text.ok_or_else(|| place.fail(ViewProblem::Text))?;
                self.strings.push(text.to_owned());
                PropValue::Unicode(text.to_owned())
            }
            other => return Err(place.fail(ViewProblem::Type(other.0))),
        })
    }
}

const fn wide(ty: PropType) -> PropType {
    match ty {
        PropType::STRING8 => PropType::UNICODE,
        PropType::MV_STRING8 => PropType::MV_UNICODE,
        ty => ty,
    }
}

/// Writes a filter.
pub(super) fn write(restriction: &Restriction) -> Result<ViewFilter, ViewError> {
    let mut out = Writer::default();
    out.node(restriction, 1)?;
    Ok(ViewFilter {
        restriction: restriction.clone(),
        bytes: out.bytes,
        strings: out.strings,
    })
}

#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    strings: Vec<String>,
}

impl Writer {
    fn node(&mut self, node: &Restriction, depth: usize) -> Result<(), ViewError> {
        if depth > MAX_DEPTH {
            return Err(ViewError::unplaced(ViewProblem::TooDeep));
        }
        let out = &mut self.bytes;
        match node {
            Restriction::And(children) => self.children(0, children, depth),
            Restriction::Or(children) => self.children(1, children, depth),
            Restriction::Not(child) => {
                put(out, [2, 0, 0, 0]);
                self.node(child, depth + 1)
            }
            Restriction::Content {
                kind,
                fuzzy,
                tag,
                value,
                ..
            } => {
                let level = kind_number(*kind)? | fuzzy_bits(*fuzzy);
                put(out, [3, level, tag.0, 0, 1]);
                self.constant(*tag, value)
            }
            Restriction::Property { op, tag, value, .. } => {
                put(out, [4, rel_number(*op)?, tag.0, 0, 1]);
                self.constant(*tag, value)
            }
            Restriction::CompareProps { op, left, right } => {
                put(out, [5, rel_number(*op)?, left.0, right.0]);
                Ok(())
            }
            Restriction::Bitmask { op, tag, mask } => {
                put(out, [6, u32::from(*op == BitOp::NonZero), tag.0, *mask]);
                Ok(())
            }
            Restriction::Size { op, tag, size } => {
                put(out, [7, rel_number(*op)?, tag.0, *size]);
                Ok(())
            }
            Restriction::Exist { tag } => {
                put(out, [8, 0, tag.0, 0]);
                Ok(())
            }
            Restriction::Sub { object, child } => {
                put(out, [9, object_tag(*object).0, 0, 0]);
                self.node(child, depth + 1)
            }
            Restriction::Comment { props, child } => self.comment(props, child.as_deref(), depth),
            Restriction::Count { .. } => Err(unwritable("RES_COUNT")),
        }
    }

    fn children(
        &mut self,
        kind: u32,
        children: &[Restriction],
        depth: usize,
    ) -> Result<(), ViewError> {
        let count = u32::try_from(children.len()).unwrap_or(u32::MAX);
        put(&mut self.bytes, [kind, count, 0, 0]);
        children
            .iter()
            .try_for_each(|child| self.node(child, depth + 1))
    }

    /// An annotation always has a child here; one without gets the child that is always true.
    fn comment(
        &mut self,
        props: &[(PropTag, PropValue)],
        child: Option<&Restriction>,
        depth: usize,
    ) -> Result<(), ViewError> {
        let count = u32::try_from(props.len()).unwrap_or(u32::MAX);
        put(&mut self.bytes, [10, count, 0, 0, count]);
        for (tag, _) in props {
            put(&mut self.bytes, [tag.0]);
        }
        for (tag, value) in props {
            self.constant(*tag, value)?;
        }
        self.node(child.unwrap_or(&Restriction::And(Vec::new())), depth + 1)
    }

    fn constant(&mut self, tag: PropTag, value: &PropValue) -> Result<(), ViewError> {
        if tag.ty() != value.ty() {
            return Err(unwritable("a constant of another type than its property"));
        }
        let mut data = [0; 8];
        let mut buffer = [].as_slice();
        match value {
            PropValue::I2(n) => fill(&mut data, &n.to_le_bytes()),
            PropValue::Long(n) => fill(&mut data, &n.to_le_bytes()),
            PropValue::R4(n) => fill(&mut data, &n.to_le_bytes()),
            PropValue::Double(n) | PropValue::AppTime(n) => data = n.to_le_bytes(),
            PropValue::Currency(n) | PropValue::I8(n) => data = n.to_le_bytes(),
            PropValue::Error(code) => fill(&mut data, &code.0.to_le_bytes()),
            PropValue::Bool(is) => fill(&mut data, &u16::from(*is).to_le_bytes()),
            PropValue::SysTime(time) => data = time.0.to_le_bytes(),
            PropValue::Binary(bytes) => {
                let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                fill(&mut data, &length.to_le_bytes());
                buffer = bytes;
            }
            PropValue::Unicode(text) if text.contains('\n') => {
                return Err(ViewError::unplaced(ViewProblem::LineFeed));
            }
            PropValue::Unicode(text) => self.strings.push(text.clone()),
            _ => return Err(unwritable("a constant of this type")),
        }
        self.bytes.extend_from_slice(&data);
        self.bytes.extend_from_slice(buffer);
        Ok(())
    }
}

fn fill(data: &mut [u8; 8], bytes: &[u8]) {
    for (to, from) in data.iter_mut().zip(bytes) {
        *to = *from;
    }
}

const fn unwritable(what: &'static str) -> ViewError {
    ViewError::unplaced(ViewProblem::Unwritable(what))
}

const fn kind_of(level: u32) -> Option<MatchKind> {
    match level & !(IGNORE_CASE | IGNORE_NONSPACE | LOOSE) {
        0 => Some(MatchKind::FullString),
        1 => Some(MatchKind::Substring),
        2 => Some(MatchKind::Prefix),
        _ => None,
    }
}

const fn kind_number(kind: MatchKind) -> Result<u32, ViewError> {
    match kind {
        MatchKind::FullString => Ok(0),
        MatchKind::Substring => Ok(1),
        MatchKind::Prefix => Ok(2),
        MatchKind::WordPrefix | MatchKind::Phrase => Err(unwritable("a match of words")),
    }
}

const fn fuzzy_of(level: u32) -> FuzzyLevel {
    FuzzyLevel {
        ignore_case: level & IGNORE_CASE != 0,
        ignore_nonspace: level & IGNORE_NONSPACE != 0,
        loose: level & LOOSE != 0,
    }
}

const fn fuzzy_bits(fuzzy: FuzzyLevel) -> u32 {
    let mut bits = 0;
    if fuzzy.ignore_case {
        bits |= IGNORE_CASE;
    }
    if fuzzy.ignore_nonspace {
        bits |= IGNORE_NONSPACE;
    }
    if fuzzy.loose {
        bits |= LOOSE;
    }
    bits
}

const fn rel_of(op: u32) -> Option<RelOp> {
    Some(match op {
        0 => RelOp::Lt,
        1 => RelOp::Le,
        2 => RelOp::Gt,
        3 => RelOp::Ge,
        4 => RelOp::Eq,
        5 => RelOp::Ne,
        _ => return None,
    })
}

const fn bit_of(op: u32) -> Option<BitOp> {
    match op {
        0 => Some(BitOp::Zero),
        1 => Some(BitOp::NonZero),
        _ => None,
    }
}

const fn rel_number(op: RelOp) -> Result<u32, ViewError> {
    Ok(match op {
        RelOp::Lt => 0,
        RelOp::Le => 1,
        RelOp::Gt => 2,
        RelOp::Ge => 3,
        RelOp::Eq => 4,
        RelOp::Ne => 5,
        RelOp::Re => return Err(unwritable("RELOP_RE")),
    })
}

const fn sub_object(tag: PropTag) -> SubObject {
    if tag.0 == tags::MESSAGE_RECIPIENTS.0 {
        SubObject::Recipients
    } else if tag.0 == tags::MESSAGE_ATTACHMENTS.0 {
        SubObject::Attachments
    } else {
        SubObject::Other(tag)
    }
}

const fn object_tag(object: SubObject) -> PropTag {
    match object {
        SubObject::Recipients => tags::MESSAGE_RECIPIENTS,
        SubObject::Attachments => tags::MESSAGE_ATTACHMENTS,
        SubObject::Other(tag) => tag,
    }
}
