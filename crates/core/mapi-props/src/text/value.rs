//! One value.

use serde_json::Value;

use crate::json::{self, ValueError};
use crate::names::NoNames;
use crate::{AnsiString, PropType, PropValue, hex};

/// The text of a value, as [`parse_value`] reads it. For PT_NULL and PT_OBJECT it is empty.
#[must_use]
pub fn value(value: &PropValue) -> String {
    match value {
        PropValue::Null | PropValue::Object => String::new(),
        PropValue::Unicode(s) => s.clone(),
        PropValue::SvrEid(b) | PropValue::Actions(b) | PropValue::Binary(b) => {
            format!("hex:{}", hex::encode(b))
        }
        PropValue::SRestriction(r) => super::restriction(r, &NoNames),
        other => match json::value(other) {
            Value::String(text) => text,
            json => json.to_string(),
        },
    }
}

/// Reads a value of type `ty` from what follows the `=` of an assignment.
///
/// # Errors
/// [`ValueError`] if it is none of that type.
pub fn parse_value(ty: PropType, text: &str) -> Result<PropValue, ValueError> {
    let ty = ty.without_instance();
    let bad = |expected| ValueError::new(ty, expected, &format_args!("`{text}`"));
    let trimmed = text.trim();
    Ok(match ty {
        PropType::UNSPECIFIED => return Ok(guess(text)),
        PropType::NULL if trimmed.is_empty() => PropValue::Null,
        PropType::OBJECT if trimmed.is_empty() => PropValue::Object,
        PropType::I2 => {
            PropValue::I2(integer(trimmed).ok_or_else(|| bad("an integer in its range"))?)
        }
        PropType::LONG => {
            PropValue::Long(integer(trimmed).ok_or_else(|| bad("an integer in its range"))?)
        }
        PropType::I8 => {
            PropValue::I8(integer(trimmed).ok_or_else(|| bad("an integer in its range"))?)
        }
        PropType::CURRENCY => {
            PropValue::Currency(integer(trimmed).ok_or_else(|| bad("an integer in its range"))?)
        }
        PropType::BOOLEAN => match trimmed {
            "true" | "1" => PropValue::Bool(true),
            "false" | "0" => PropValue::Bool(false),
            _ => return Err(bad("true or false")),
        },
        PropType::UNICODE => PropValue::Unicode(text.to_owned()),
        PropType::STRING8 => match serde_json::from_str::<Value>(trimmed) {
            Ok(json @ Value::Object(_)) => return json::parse_value(ty, &json),
            _ => PropValue::String8(AnsiString {
                code_page: 65001,
                bytes: text.into(),
            }),
        },
        PropType::SVREID => PropValue::SvrEid(bytes(text).ok_or_else(|| bad(BYTES))?),
        PropType::ACTIONS => PropValue::Actions(bytes(text).ok_or_else(|| bad(BYTES))?),
        PropType::BINARY => PropValue::Binary(bytes(text).ok_or_else(|| bad(BYTES))?),
        PropType::SYSTIME | PropType::CLSID | PropType::ERROR => {
            return json::parse_value(ty, &Value::from(trimmed));
        }
        PropType::SRESTRICT if !trimmed.starts_with('{') => {
            let node =
                super::parse_restriction(text, &NoNames).map_err(|_| bad("a restriction"))?;
            PropValue::SRestriction(Box::new(node))
        }
        _ => {
            let json = serde_json::from_str(trimmed).unwrap_or_else(|_| Value::from(trimmed));
            return json::parse_value(ty, &json);
        }
    })
}

const BYTES: &str = "hex: and pairs of hexadecimal digits, or text:";

/// A value of no said type: what it looks like, text if nothing else.
fn guess(text: &str) -> PropValue {
    let json = serde_json::from_str(text.trim()).ok();
    json.and_then(|json| json::parse_value(PropType::UNSPECIFIED, &json).ok())
        .unwrap_or_else(|| PropValue::Unicode(text.to_owned()))
}

/// Decimal, or `0x` and the bits: `0xFFFFFFFF` is -1 in 32 bits.
fn integer<T: TryFrom<i64> + FromBits>(text: &str) -> Option<T> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_hexdigit()) => {
            T::from_bits(u64::from_str_radix(digits, 16).ok()?)
        }
        Some(_) => None,
        None => T::try_from(text.parse().ok()?).ok(),
    }
}

/// Integers made from a bit pattern of their own width.
trait FromBits: Sized {
    fn from_bits(bits: u64) -> Option<Self>;
}

impl FromBits for i16 {
    fn from_bits(bits: u64) -> Option<Self> {
        u16::try_from(bits).ok().map(u16::cast_signed)
    }
}

impl FromBits for i32 {
    fn from_bits(bits: u64) -> Option<Self> {
        u32::try_from(bits).ok().map(u32::cast_signed)
    }
}

impl FromBits for i64 {
    fn from_bits(bits: u64) -> Option<Self> {
        Some(bits.cast_signed())
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    match text.strip_prefix("text:") {
        Some(plain) => Some(plain.as_bytes().to_vec()),
        None => hex::decode(text.strip_prefix("hex:").unwrap_or(text).trim()),
    }
}
