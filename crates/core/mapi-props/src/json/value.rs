//! One value.

use serde_json::{Map, Number, Value, json};

use super::{parse_restriction, restriction};
use crate::names::NoNames;
use crate::{AnsiString, Code, FileTime, Guid, PropType, PropValue, hex};

/// A text or JSON value that is not of the type asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{expected} expected for {ty}, found {found}")]
pub struct ValueError {
    /// The type asked for.
    pub ty: PropType,
    /// What such a value looks like.
    pub expected: &'static str,
    /// What was there, shortened.
    pub found: String,
}

impl ValueError {
    pub(crate) fn new(ty: PropType, expected: &'static str, found: &dyn std::fmt::Display) -> Self {
        let found = found.to_string();
        let mut short: String = found.chars().take(60).collect();
        if short.len() < found.len() {
            short.push('…');
        }
        Self {
            ty,
            expected,
            found: short,
        }
    }
}

/// The JSON of a value.
#[must_use]
pub fn value(value: &PropValue) -> Value {
    match value {
        PropValue::Null | PropValue::Object => Value::Null,
        PropValue::I2(n) => json!(n),
        PropValue::Long(n) => json!(n),
        PropValue::R4(n) => single(*n),
        PropValue::Double(n) | PropValue::AppTime(n) => double(*n),
        PropValue::Currency(n) | PropValue::I8(n) => json!(n),
        PropValue::Error(code) => json!(code.to_string()),
        PropValue::Bool(b) => json!(b),
        PropValue::String8(s) => ansi(s),
        PropValue::Unicode(s) => json!(s),
        PropValue::SysTime(t) => json!(t.to_string()),
        PropValue::ClsId(g) => json!(g.to_string()),
        PropValue::SvrEid(b) | PropValue::Actions(b) | PropValue::Binary(b) => {
            json!(hex::encode(b))
        }
        PropValue::SRestriction(r) => restriction(r, &NoNames),
        PropValue::MvI2(v) => json!(v),
        PropValue::MvLong(v) => json!(v),
        PropValue::MvR4(v) => v.iter().map(|n| single(*n)).collect(),
        PropValue::MvDouble(v) | PropValue::MvAppTime(v) => v.iter().map(|n| double(*n)).collect(),
        PropValue::MvCurrency(v) | PropValue::MvI8(v) => json!(v),
        PropValue::MvString8(v) => v.iter().map(ansi).collect(),
        PropValue::MvUnicode(v) => json!(v),
        PropValue::MvSysTime(v) => v.iter().map(ToString::to_string).collect(),
        PropValue::MvClsId(v) => v.iter().map(ToString::to_string).collect(),
        PropValue::MvBinary(v) => v.iter().map(|b| hex::encode(b)).collect(),
    }
}

fn double(n: f64) -> Value {
    if let Some(number) = Number::from_f64(n) {
        return Value::Number(number);
    }
    special(n).map_or_else(
        || json!({ "bits": format!("{:016x}", n.to_bits()) }),
        Value::from,
    )
}

fn single(n: f32) -> Value {
    if let Some(number) = Number::from_f64(short(n)) {
        return Value::Number(number);
    }
    let name = if n.to_bits() == f32::NAN.to_bits() {
        special(f64::NAN)
    } else {
        special(f64::from(n)).filter(|_| n.is_infinite())
    };
    name.map_or_else(
        || json!({ "bits": format!("{:08x}", n.to_bits()) }),
        Value::from,
    )
}

/// The number with the fewest digits that is read as `n`: 0.1, not 0.10000000149011612.
fn short(n: f32) -> f64 {
    let same = |wide: &f64| narrow(*wide).to_bits() == n.to_bits();
    n.to_string()
        .parse()
        .ok()
        .filter(same)
        .unwrap_or(f64::from(n))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest is what is wanted"
)]
const fn narrow(wide: f64) -> f32 {
    wide as f32
}

/// The name of an infinity, or of the one NaN that stands for all.
fn special(n: f64) -> Option<&'static str> {
    match n.to_bits() {
        b if b == f64::NAN.to_bits() => Some("NaN"),
        b if b == f64::INFINITY.to_bits() => Some("Infinity"),
        b if b == f64::NEG_INFINITY.to_bits() => Some("-Infinity"),
        _ => None,
    }
}

fn ansi(text: &AnsiString) -> Value {
    let printable = text.bytes.iter().all(|b| matches!(b, b' '..=b'~'));
    match str::from_utf8(&text.bytes) {
        Ok(s) if printable => json!({ "code_page": text.code_page, "text": s }),
        _ => json!({ "code_page": text.code_page, "bytes": hex::encode(&text.bytes) }),
    }
}

/// Reads a value of type `ty` (an MV_INSTANCE bit is overlooked).
///
/// ```
/// use mapi_props::{PropType, PropValue, json};
///
/// let value = json::parse_value(PropType::BINARY, &"00ff".into())?;
/// assert_eq!(value, PropValue::Binary(vec![0x00, 0xFF]));
/// assert_eq!(json::value(&value), "00ff");
/// # Ok::<(), mapi_props::json::ValueError>(())
/// ```
///
/// # Errors
/// [`ValueError`] if it is not one.
pub fn parse_value(ty: PropType, json: &Value) -> Result<PropValue, ValueError> {
    let ty = ty.without_instance();
    let bad = |expected| ValueError::new(ty, expected, json);
    if ty == PropType::UNSPECIFIED {
        return parse_value(guess(json).ok_or_else(|| bad("a plain value"))?, json);
    }
    if ty.is_multi() {
        let elements = json.as_array().ok_or_else(|| bad("an array"))?;
        return multi(ty, elements).unwrap_or_else(|| Err(bad("a known type")));
    }
    Ok(match ty {
        PropType::NULL if json.is_null() => PropValue::Null,
        PropType::OBJECT if json.is_null() => PropValue::Object,
        PropType::NULL | PropType::OBJECT => return Err(bad("null")),
        PropType::I2 => PropValue::I2(integer(ty, json)?),
        PropType::LONG => PropValue::Long(integer(ty, json)?),
        PropType::R4 => PropValue::R4(parse_single(ty, json)?),
        PropType::DOUBLE => PropValue::Double(parse_double(ty, json)?),
        PropType::APPTIME => PropValue::AppTime(parse_double(ty, json)?),
        PropType::CURRENCY => PropValue::Currency(integer(ty, json)?),
        PropType::I8 => PropValue::I8(integer(ty, json)?),
        PropType::ERROR => PropValue::Error(parse_code(ty, json)?),
        PropType::BOOLEAN => PropValue::Bool(json.as_bool().ok_or_else(|| bad("true or false"))?),
        PropType::STRING8 => PropValue::String8(parse_ansi(ty, json)?),
        PropType::UNICODE => PropValue::Unicode(string(ty, json, "a string")?.to_owned()),
        PropType::SYSTIME => PropValue::SysTime(parse_time(ty, json)?),
        PropType::CLSID => PropValue::ClsId(parse_guid(ty, json)?),
        PropType::SVREID => PropValue::SvrEid(parse_hex(ty, json)?),
        PropType::ACTIONS => PropValue::Actions(parse_hex(ty, json)?),
        PropType::BINARY => PropValue::Binary(parse_hex(ty, json)?),
        PropType::SRESTRICT => {
            let node = parse_restriction(json, &NoNames).map_err(|_| bad("a restriction"))?;
            PropValue::SRestriction(Box::new(node))
        }
        _ => return Err(bad("a known type")),
    })
}

/// `None` for a type that has no values.
fn multi(ty: PropType, elements: &[Value]) -> Option<Result<PropValue, ValueError>> {
    fn all<T>(
        ty: PropType,
        elements: &[Value],
        parse: fn(PropType, &Value) -> Result<T, ValueError>,
        make: fn(Vec<T>) -> PropValue,
    ) -> Result<PropValue, ValueError> {
        elements
            .iter()
            .map(|e| parse(ty, e))
            .collect::<Result<_, _>>()
            .map(make)
    }
    let text = |ty, json: &_| string(ty, json, "a string").map(str::to_owned);
    Some(match ty {
        PropType::MV_I2 => all(ty, elements, integer, PropValue::MvI2),
        PropType::MV_LONG => all(ty, elements, integer, PropValue::MvLong),
        PropType::MV_R4 => all(ty, elements, parse_single, PropValue::MvR4),
        PropType::MV_DOUBLE => all(ty, elements, parse_double, PropValue::MvDouble),
        PropType::MV_APPTIME => all(ty, elements, parse_double, PropValue::MvAppTime),
        PropType::MV_CURRENCY => all(ty, elements, integer, PropValue::MvCurrency),
        PropType::MV_I8 => all(ty, elements, integer, PropValue::MvI8),
        PropType::MV_STRING8 => all(ty, elements, parse_ansi, PropValue::MvString8),
        PropType::MV_UNICODE => all(ty, elements, text, PropValue::MvUnicode),
        PropType::MV_SYSTIME => all(ty, elements, parse_time, PropValue::MvSysTime),
        PropType::MV_CLSID => all(ty, elements, parse_guid, PropValue::MvClsId),
        PropType::MV_BINARY => all(ty, elements, parse_hex, PropValue::MvBinary),
        _ => return None,
    })
}

/// The type that a value of unknown type seems to have.
pub(crate) fn guess(json: &Value) -> Option<PropType> {
    Some(match json {
        Value::Bool(_) => PropType::BOOLEAN,
        Value::String(_) => PropType::UNICODE,
        Value::Number(n) if n.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => PropType::LONG,
        Value::Number(n) if n.is_i64() => PropType::I8,
        Value::Number(n) if n.is_f64() => PropType::DOUBLE,
        Value::Array(elements) => {
            let mut types = elements.iter().map(guess);
            let first = types.next()??;
            let joined = types.try_fold(first, |a, b| match (a, b?) {
                (a, b) if a == b => Some(a),
                (PropType::LONG | PropType::I8, PropType::LONG | PropType::I8) => {
                    Some(PropType::I8)
                }
                _ => None,
            })?;
            match joined {
                PropType::BOOLEAN => return None,
                ty if ty.is_multi() => return None,
                ty => ty.multi(),
            }
        }
        _ => return None,
    })
}

fn integer<T: TryFrom<i64>>(ty: PropType, json: &Value) -> Result<T, ValueError> {
    let number = json.as_i64().and_then(|n| T::try_from(n).ok());
    number.ok_or_else(|| ValueError::new(ty, "an integer in its range", json))
}

fn parse_double(ty: PropType, json: &Value) -> Result<f64, ValueError> {
    let bad = || ValueError::new(ty, "a number", json);
    match json {
        Value::Number(n) => n.as_f64().ok_or_else(bad),
        Value::String(s) => named_float(s).ok_or_else(bad),
        Value::Object(map) => bits(map, 16)
            .and_then(|b| Some(f64::from_bits(b?)))
            .ok_or_else(bad),
        _ => Err(bad()),
    }
}

fn parse_single(ty: PropType, json: &Value) -> Result<f32, ValueError> {
    let bad = || ValueError::new(ty, "a number", json);
    if let Value::Object(map) = json {
        let bits = bits(map, 8).flatten().and_then(|b| u32::try_from(b).ok());
        return bits.map(f32::from_bits).ok_or_else(bad);
    }
    let wide = parse_double(ty, json)?;
    if wide.is_nan() {
        return Ok(f32::NAN);
    }
    let narrow = narrow(wide);
    // What was finite must stay so.
    if wide.is_finite() && narrow.is_infinite() {
        Err(bad())
    } else {
        Ok(narrow)
    }
}

/// `NaN`, `Infinity`, `-Infinity`.
pub(crate) fn named_float(text: &str) -> Option<f64> {
    [f64::NAN, f64::INFINITY, f64::NEG_INFINITY]
        .into_iter()
        .find(|n| special(*n) == Some(text))
}

/// The only field `bits`, of so many digits.
fn bits(map: &Map<String, Value>, digits: usize) -> Option<Option<u64>> {
    let text = map.get("bits").filter(|_| map.len() == 1)?.as_str()?;
    let plain = text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit());
    Some(u64::from_str_radix(text, 16).ok().filter(|_| plain))
}

fn string<'a>(
    ty: PropType,
    json: &'a Value,
    expected: &'static str,
) -> Result<&'a str, ValueError> {
    json.as_str()
        .ok_or_else(|| ValueError::new(ty, expected, json))
}

fn parse_code(ty: PropType, json: &Value) -> Result<Code, ValueError> {
    const WHAT: &str = "a result code";
    let text = string(ty, json, WHAT)?;
    let figures = || {
        let digits = text.strip_prefix("0x").filter(|d| d.len() == 8)?;
        u32::from_str_radix(digits, 16)
            .ok()
            .filter(|_| !digits.starts_with('+'))
            .map(Code)
    };
    Code::from_name(text)
        .or_else(figures)
        .ok_or_else(|| ValueError::new(ty, WHAT, json))
}

fn parse_time(ty: PropType, json: &Value) -> Result<FileTime, ValueError> {
    const WHAT: &str = "a time like 2024-05-01T12:00:00Z";
    string(ty, json, WHAT)?
        .parse()
        .map_err(|_| ValueError::new(ty, WHAT, json))
}

fn parse_guid(ty: PropType, json: &Value) -> Result<Guid, ValueError> {
    const WHAT: &str = "a GUID";
    string(ty, json, WHAT)?
        .parse()
        .map_err(|_| ValueError::new(ty, WHAT, json))
}

fn parse_hex(ty: PropType, json: &Value) -> Result<Vec<u8>, ValueError> {
    const WHAT: &str = "pairs of hexadecimal digits";
    hex::decode(string(ty, json, WHAT)?).ok_or_else(|| ValueError::new(ty, WHAT, json))
}

fn parse_ansi(ty: PropType, json: &Value) -> Result<AnsiString, ValueError> {
    let bad = || ValueError::new(ty, "text, or a code page with text or bytes", json);
    let map = match json {
        Value::String(s) => {
            return Ok(AnsiString {
                code_page: 65001,
                bytes: s.clone().into_bytes(),
            });
        }
        Value::Object(map) if map.len() == 2 => map,
        _ => return Err(bad()),
    };
    let page = map
        .get("code_page")
        .and_then(Value::as_u64)
        .and_then(|n| u16::try_from(n).ok());
    let code_page = page.ok_or_else(bad)?;
    let text = |key| map.get(key).and_then(Value::as_str);
    let bytes = match (text("text"), text("bytes")) {
        (Some(s), None) if s.is_ascii() => s.to_owned().into_bytes(),
        (None, Some(digits)) => hex::decode(digits).ok_or_else(bad)?,
        _ => return Err(bad()),
    };
    Ok(AnsiString { code_page, bytes })
}
