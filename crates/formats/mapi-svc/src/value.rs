//! Values of properties: as lines of the file have them, and back.
//! Reference: "Property Entries in MapiSvc.inf Message Service Sections" (requirement MS-01)

use mapi_props::{FileTime, Guid, PropTag, PropType, PropValue};

use crate::constant::{self, Place};

/// What a text of the file is as a value of `tag`.
///
/// # Errors
/// What is allowed, for people.
pub(crate) fn parse(tag: PropTag, place: Place, text: &str) -> Result<PropValue, String> {
    let ty = tag.ty();
    match ty {
        PropType::UNICODE => Ok(PropValue::Unicode(text.to_owned())),
        PropType::MV_UNICODE => Ok(PropValue::MvUnicode(
            list(text).map(str::to_owned).collect(),
        )),
        PropType::LONG => long(tag.id(), place, text)
            .map(PropValue::Long)
            .ok_or_else(|| constant::allowed(tag.id(), place)),
        PropType::MV_LONG => list(text)
            .map(|one| figures::<4>(one).map(i32::from_le_bytes))
            .collect::<Option<_>>()
            .map(PropValue::MvLong)
            .ok_or_else(|| "eight hexadecimal digits each, separated by commas".to_owned()),
        PropType::BINARY => hex(text)
            .map(PropValue::Binary)
            .ok_or_else(|| "hexadecimal digits, two for each byte".to_owned()),
        PropType::MV_BINARY => list(text)
            .map(hex)
            .collect::<Option<_>>()
            .map(PropValue::MvBinary)
            .ok_or_else(|| "hexadecimal digits, separated by commas".to_owned()),
        _ => fixed(ty, text),
    }
}

/// Values of a fixed width, as they lie in memory.
fn fixed(ty: PropType, text: &str) -> Result<PropValue, String> {
    let digits = |n: u32| format!("{n} hexadecimal digits in memory order");
    let eight = || figures::<8>(text).ok_or_else(|| digits(16));
    Ok(match ty {
        PropType::BOOLEAN => {
            let narrow = figures::<2>(text).map(u16::from_le_bytes).map(u32::from);
            let number = narrow.or_else(|| figures::<4>(text).map(u32::from_le_bytes));
            let allowed = "four or eight hexadecimal digits in memory order (0100 is yes)";
            PropValue::Bool(number.ok_or(allowed)? != 0)
        }
        PropType::I2 => {
            let two = figures::<2>(text).ok_or_else(|| digits(4))?;
            PropValue::I2(i16::from_le_bytes(two))
        }
        PropType::R4 => {
            let four = figures::<4>(text).ok_or_else(|| digits(8))?;
            PropValue::R4(f32::from_le_bytes(four))
        }
        PropType::DOUBLE => PropValue::Double(f64::from_le_bytes(eight()?)),
        PropType::APPTIME => PropValue::AppTime(f64::from_le_bytes(eight()?)),
        PropType::CURRENCY => PropValue::Currency(i64::from_le_bytes(eight()?)),
        PropType::I8 => PropValue::I8(i64::from_le_bytes(eight()?)),
        PropType::SYSTIME => PropValue::SysTime(FileTime(u64::from_le_bytes(eight()?))),
        PropType::CLSID => PropValue::ClsId(uid(text).ok_or_else(|| digits(32))?),
        _ => return Err("no value of this type can be written in such a file".to_owned()),
    })
}

/// Thirty-two hexadecimal digits, as they lie in memory.
pub(crate) fn uid(text: &str) -> Option<Guid> {
    figures::<16>(text).map(Guid)
}

/// The names of a list, without blanks and empty ones.
pub(crate) fn list(text: &str) -> impl Iterator<Item = &str> {
    let names = text.split(',').map(str::trim);
    names.filter(|name| !name.is_empty())
}

/// A value as a line of the file has it; none of a type that no line can have.
pub(crate) fn text(tag: PropTag, place: Place, value: &PropValue) -> Option<String> {
    let digits = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02X}")).collect::<String>();
    Some(match value {
        PropValue::Unicode(text) => one_line(text),
        PropValue::MvUnicode(all) => {
            let all: Vec<_> = all.iter().map(|text| one_line(text)).collect();
            all.join(", ")
        }
        PropValue::Long(number) => constant::text(tag.id(), place, number.cast_unsigned())
            .unwrap_or_else(|| digits(&number.to_le_bytes())),
        PropValue::MvLong(all) => {
            let all: Vec<_> = all.iter().map(|n| digits(&n.to_le_bytes())).collect();
            all.join(", ")
        }
        PropValue::Binary(bytes) => digits(bytes),
        PropValue::MvBinary(all) => {
            let all: Vec<_> = all.iter().map(|bytes| digits(bytes)).collect();
            all.join(", ")
        }
        PropValue::Bool(yes) => digits(&u16::from(*yes).to_le_bytes()),
        PropValue::I2(number) => digits(&number.to_le_bytes()),
        PropValue::R4(number) => digits(&number.to_le_bytes()),
        PropValue::Double(number) | PropValue::AppTime(number) => digits(&number.to_le_bytes()),
        PropValue::I8(number) | PropValue::Currency(number) => digits(&number.to_le_bytes()),
        PropValue::SysTime(time) => digits(&time.0.to_le_bytes()),
        PropValue::ClsId(guid) => digits(guid.as_bytes()),
        _ => return None,
    })
}

/// A text without what would end its line.
pub(crate) fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

fn long(id: u16, place: Place, text: &str) -> Option<i32> {
    let figures = figures::<4>(text).map(i32::from_le_bytes);
    figures.or_else(|| constant::number(id, place, text).map(u32::cast_signed))
}

/// Bytes of exactly this many, written as hexadecimal digits.
fn figures<const N: usize>(text: &str) -> Option<[u8; N]> {
    hex(text)?.try_into().ok()
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| {
        let digit = char::from(b).to_digit(16)?;
        u8::try_from(digit).ok()
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    rest.is_empty().then(|| pairs.iter().map(byte).collect())?
}
