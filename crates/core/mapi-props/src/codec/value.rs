//! One value.

use super::restriction::{put_node, take_node};
use super::wire::{Reader, put_block, put_length};
use super::{CodecError, MAX_DEPTH};
use crate::{AnsiString, Code, FileTime, Guid, PropType, PropValue};

/// Appends a value, without its type and length. `depth` counts the restrictions around it.
pub(super) fn put_value(
    out: &mut Vec<u8>,
    value: &PropValue,
    depth: usize,
) -> Result<(), CodecError> {
    match value {
        PropValue::Null | PropValue::Object => {}
        PropValue::I2(n) => out.extend_from_slice(&n.to_le_bytes()),
        PropValue::Long(n) => out.extend_from_slice(&n.to_le_bytes()),
        PropValue::R4(n) => out.extend_from_slice(&n.to_bits().to_le_bytes()),
        PropValue::Double(n) | PropValue::AppTime(n) => {
            out.extend_from_slice(&n.to_bits().to_le_bytes());
        }
        PropValue::Currency(n) | PropValue::I8(n) => out.extend_from_slice(&n.to_le_bytes()),
        PropValue::Error(c) => out.extend_from_slice(&c.0.to_le_bytes()),
        PropValue::Bool(b) => out.push(u8::from(*b)),
        PropValue::String8(s) => put_ansi(out, s),
        PropValue::Unicode(s) => out.extend_from_slice(s.as_bytes()),
        PropValue::SysTime(t) => out.extend_from_slice(&t.0.to_le_bytes()),
        PropValue::ClsId(g) => out.extend_from_slice(g.as_bytes()),
        PropValue::SvrEid(b) | PropValue::Actions(b) | PropValue::Binary(b) => {
            out.extend_from_slice(b);
        }
        PropValue::SRestriction(r) => put_node(out, r, depth)?,
        _ => put_multi(out, value),
    }
    Ok(())
}

fn put_multi(out: &mut Vec<u8>, value: &PropValue) {
    match value {
        PropValue::MvI2(v) => out.extend(v.iter().flat_map(|n| n.to_le_bytes())),
        PropValue::MvLong(v) => out.extend(v.iter().flat_map(|n| n.to_le_bytes())),
        PropValue::MvR4(v) => out.extend(v.iter().flat_map(|n| n.to_bits().to_le_bytes())),
        PropValue::MvDouble(v) | PropValue::MvAppTime(v) => {
            out.extend(v.iter().flat_map(|n| n.to_bits().to_le_bytes()));
        }
        PropValue::MvCurrency(v) | PropValue::MvI8(v) => {
            out.extend(v.iter().flat_map(|n| n.to_le_bytes()));
        }
        PropValue::MvSysTime(v) => out.extend(v.iter().flat_map(|t| t.0.to_le_bytes())),
        PropValue::MvClsId(v) => out.extend(v.iter().flat_map(|g| g.0)),
        PropValue::MvString8(v) => {
            put_length(out, v.len());
            for s in v {
                put_length(out, s.bytes.len() + 2);
                put_ansi(out, s);
            }
        }
        PropValue::MvUnicode(v) => {
            put_length(out, v.len());
            v.iter().for_each(|s| put_block(out, s.as_bytes()));
        }
        PropValue::MvBinary(v) => {
            put_length(out, v.len());
            v.iter().for_each(|b| put_block(out, b));
        }
        // Single values are put_value's.
        _ => {}
    }
}

fn put_ansi(out: &mut Vec<u8>, text: &AnsiString) {
    out.extend_from_slice(&text.code_page.to_le_bytes());
    out.extend_from_slice(&text.bytes);
}

/// The value of type `ty` that is exactly these bytes.
pub(super) fn take_value(
    ty: PropType,
    bytes: &[u8],
    depth: usize,
) -> Result<PropValue, CodecError> {
    let bad = CodecError::Value(ty.0);
    let text = |bytes: &[u8]| str::from_utf8(bytes).map(str::to_owned).map_err(|_| bad);
    Ok(match ty {
        PropType::NULL => empty(bytes, bad).map(|()| PropValue::Null)?,
        PropType::OBJECT => empty(bytes, bad).map(|()| PropValue::Object)?,
        PropType::I2 => PropValue::I2(i16::from_le_bytes(fixed(bytes, bad)?)),
        PropType::LONG => PropValue::Long(i32::from_le_bytes(fixed(bytes, bad)?)),
        PropType::R4 => PropValue::R4(f32::from_le_bytes(fixed(bytes, bad)?)),
        PropType::DOUBLE => PropValue::Double(f64::from_le_bytes(fixed(bytes, bad)?)),
        PropType::APPTIME => PropValue::AppTime(f64::from_le_bytes(fixed(bytes, bad)?)),
        PropType::CURRENCY => PropValue::Currency(i64::from_le_bytes(fixed(bytes, bad)?)),
        PropType::I8 => PropValue::I8(i64::from_le_bytes(fixed(bytes, bad)?)),
        PropType::ERROR => PropValue::Error(Code(u32::from_le_bytes(fixed(bytes, bad)?))),
        PropType::BOOLEAN => match bytes {
            [0] => PropValue::Bool(false),
            [1] => PropValue::Bool(true),
            _ => return Err(bad),
        },
        PropType::STRING8 => PropValue::String8(ansi(bytes, bad)?),
        PropType::UNICODE => PropValue::Unicode(text(bytes)?),
        PropType::SYSTIME => PropValue::SysTime(FileTime(u64::from_le_bytes(fixed(bytes, bad)?))),
        PropType::CLSID => PropValue::ClsId(Guid(fixed(bytes, bad)?)),
        PropType::SVREID => PropValue::SvrEid(bytes.to_vec()),
        PropType::ACTIONS => PropValue::Actions(bytes.to_vec()),
        PropType::BINARY => PropValue::Binary(bytes.to_vec()),
        PropType::SRESTRICT => {
            let mut reader = Reader::new(bytes);
            let depth = depth
                .checked_add(1)
                .filter(|d| *d <= MAX_DEPTH)
                .ok_or(CodecError::TooDeep)?;
            let node = take_node(&mut reader, depth)?;
            reader.end()?;
            PropValue::SRestriction(Box::new(node))
        }
        _ => return take_multi(ty, bytes),
    })
}

fn take_multi(ty: PropType, bytes: &[u8]) -> Result<PropValue, CodecError> {
    let bad = CodecError::Value(ty.0);
    let text = |bytes: &[u8]| str::from_utf8(bytes).map(str::to_owned).map_err(|_| bad);
    Ok(match ty {
        PropType::MV_I2 => PropValue::MvI2(side_by_side(bytes, bad, i16::from_le_bytes)?),
        PropType::MV_LONG => PropValue::MvLong(side_by_side(bytes, bad, i32::from_le_bytes)?),
        PropType::MV_R4 => PropValue::MvR4(side_by_side(bytes, bad, f32::from_le_bytes)?),
        PropType::MV_DOUBLE => PropValue::MvDouble(side_by_side(bytes, bad, f64::from_le_bytes)?),
        PropType::MV_APPTIME => PropValue::MvAppTime(side_by_side(bytes, bad, f64::from_le_bytes)?),
        PropType::MV_CURRENCY => {
            PropValue::MvCurrency(side_by_side(bytes, bad, i64::from_le_bytes)?)
        }
        PropType::MV_I8 => PropValue::MvI8(side_by_side(bytes, bad, i64::from_le_bytes)?),
        PropType::MV_SYSTIME => PropValue::MvSysTime(side_by_side(bytes, bad, |b| {
            FileTime(u64::from_le_bytes(b))
        })?),
        PropType::MV_CLSID => PropValue::MvClsId(side_by_side(bytes, bad, Guid)?),
        PropType::MV_STRING8 => PropValue::MvString8(blocks(bytes, |b| ansi(b, bad))?),
        PropType::MV_UNICODE => PropValue::MvUnicode(blocks(bytes, text)?),
        PropType::MV_BINARY => PropValue::MvBinary(blocks(bytes, |b| Ok(b.to_vec()))?),
        _ => return Err(CodecError::Type(ty.0)),
    })
}

const fn empty(bytes: &[u8], bad: CodecError) -> Result<(), CodecError> {
    if bytes.is_empty() { Ok(()) } else { Err(bad) }
}

fn fixed<const N: usize>(bytes: &[u8], bad: CodecError) -> Result<[u8; N], CodecError> {
    bytes.try_into().map_err(|_| bad)
}

fn ansi(bytes: &[u8], bad: CodecError) -> Result<AnsiString, CodecError> {
    let (page, bytes) = bytes.split_first_chunk::<2>().ok_or(bad)?;
    Ok(AnsiString {
        code_page: u16::from_le_bytes(*page),
        bytes: bytes.to_vec(),
    })
}

fn side_by_side<T, const N: usize>(
    bytes: &[u8],
    bad: CodecError,
    make: impl Fn([u8; N]) -> T,
) -> Result<Vec<T>, CodecError> {
    let (elements, rest) = bytes.as_chunks::<N>();
    empty(rest, bad)?;
    Ok(elements.iter().map(|e| make(*e)).collect())
}

fn blocks<T>(
    bytes: &[u8],
    make: impl Fn(&[u8]) -> Result<T, CodecError>,
) -> Result<Vec<T>, CodecError> {
    let mut reader = Reader::new(bytes);
    let count = reader.count(1)?;
    // Elements are larger in memory than the one byte that each takes at least: grow as they come.
    let mut out = Vec::with_capacity(count.min(1024));
    for _ in 0..count {
        out.push(make(reader.block()?)?);
    }
    reader.end()?;
    Ok(out)
}
