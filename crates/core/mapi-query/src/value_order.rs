//! Order of property values, and byte keys that sort the same way.
//! Reference: "IMAPITable::SortTable"; [MS-OXCTABL] 3.2.5.3.

use std::cmp::Ordering;

use mapi_props::{PropTag, PropType, PropValue};

use crate::{compare_text, decode_ansi, text_key_into};

/// PR_MESSAGE_CLASS, whose ASCII letters compare without case (reference: "SPropertyRestriction").
pub(crate) const MESSAGE_CLASS: u16 = 0x001A;

/// Whether values of this type have an order.
///
/// PT_NULL, PT_ERROR, PT_OBJECT, PT_SRESTRICT, PT_ACTIONS and unknown types have none.
#[must_use]
pub const fn is_sortable(ty: PropType) -> bool {
    matches!(
        ty.single(),
        PropType::I2
            | PropType::LONG
            | PropType::R4
            | PropType::DOUBLE
            | PropType::CURRENCY
            | PropType::APPTIME
            | PropType::BOOLEAN
            | PropType::I8
            | PropType::STRING8
            | PropType::UNICODE
            | PropType::SYSTIME
            | PropType::CLSID
            | PropType::SVREID
            | PropType::BINARY
    )
}

/// Whether values of the two types can be compared: the same type, where text of both widths counts as one.
pub(crate) fn same_kind(a: PropType, b: PropType) -> bool {
    a == b || (a.is_string() && b.is_string() && a.is_multi() == b.is_multi())
}

/// Compares two values of one type (text of either width counts as one type); `None` if they have no common order.
///
/// Integers and currency are signed, floats use IEEE total order, text uses [`compare_text`], bytes compare bytewise with
/// a prefix first. Multi-values compare element by element, and the shorter one first when one begins the other.
///
/// ```
/// use std::cmp::Ordering;
/// use mapi_props::PropValue;
/// use mapi_query::compare_values;
/// assert_eq!(compare_values(&PropValue::Long(-1), &PropValue::Long(0)), Some(Ordering::Less));
/// assert_eq!(compare_values(&"ä".into(), &"b".into()), Some(Ordering::Less));
/// assert_eq!(compare_values(&PropValue::Long(1), &"1".into()), None);
/// ```
#[must_use]
pub fn compare_values(a: &PropValue, b: &PropValue) -> Option<Ordering> {
    use PropValue as V;
    Some(match (a, b) {
        (V::I2(a), V::I2(b)) => a.cmp(b),
        (V::Long(a), V::Long(b)) => a.cmp(b),
        (V::R4(a), V::R4(b)) => a.total_cmp(b),
        (V::Double(a), V::Double(b)) | (V::AppTime(a), V::AppTime(b)) => a.total_cmp(b),
        (V::Currency(a), V::Currency(b)) | (V::I8(a), V::I8(b)) => a.cmp(b),
        (V::Bool(a), V::Bool(b)) => a.cmp(b),
        (V::SysTime(a), V::SysTime(b)) => a.cmp(b),
        (V::ClsId(a), V::ClsId(b)) => a.cmp(b),
        (V::Binary(a), V::Binary(b)) | (V::SvrEid(a), V::SvrEid(b)) => a.cmp(b),
        (V::Unicode(a), V::Unicode(b)) => compare_text(a, b),
        (V::Unicode(a), V::String8(b)) => compare_text(a, &decode_ansi(b)),
        (V::String8(a), V::Unicode(b)) => compare_text(&decode_ansi(a), b),
        (V::String8(a), V::String8(b)) => compare_text(&decode_ansi(a), &decode_ansi(b)),
        _ => return compare_many(a, b),
    })
}

fn compare_many(a: &PropValue, b: &PropValue) -> Option<Ordering> {
    use PropValue as V;
    Some(match (a, b) {
        (V::MvI2(a), V::MvI2(b)) => a.cmp(b),
        (V::MvLong(a), V::MvLong(b)) => a.cmp(b),
        (V::MvR4(a), V::MvR4(b)) => by_element(a, b, f32::total_cmp),
        (V::MvDouble(a), V::MvDouble(b)) | (V::MvAppTime(a), V::MvAppTime(b)) => {
            by_element(a, b, f64::total_cmp)
        }
        (V::MvCurrency(a), V::MvCurrency(b)) | (V::MvI8(a), V::MvI8(b)) => a.cmp(b),
        (V::MvSysTime(a), V::MvSysTime(b)) => a.cmp(b),
        (V::MvClsId(a), V::MvClsId(b)) => a.cmp(b),
        (V::MvBinary(a), V::MvBinary(b)) => a.cmp(b),
        (V::MvUnicode(a), V::MvUnicode(b)) => by_element(a, b, |a, b| compare_text(a, b)),
        (V::MvUnicode(a), V::MvString8(b)) => {
            by_element(a, b, |a, b| compare_text(a, &decode_ansi(b)))
        }
        (V::MvString8(a), V::MvUnicode(b)) => {
            by_element(a, b, |a, b| compare_text(&decode_ansi(a), b))
        }
        (V::MvString8(a), V::MvString8(b)) => {
            by_element(a, b, |a, b| compare_text(&decode_ansi(a), &decode_ansi(b)))
        }
        _ => return None,
    })
}

fn by_element<A, B>(a: &[A], b: &[B], compare: impl Fn(&A, &B) -> Ordering) -> Ordering {
    let first = a
        .iter()
        .zip(b)
        .map(|(a, b)| compare(a, b))
        .find(|o| o.is_ne());
    first.unwrap_or_else(|| a.len().cmp(&b.len()))
}

/// Appends a key whose byte order is the order of [`compare_values`] among values of one type.
///
/// Returns false and appends nothing if the type has no order. Keys of text and bytes have no end mark:
/// to put more behind one, use [`row_key`](crate::row_key).
pub fn value_key(value: &PropValue, key: &mut Vec<u8>) -> bool {
    use PropValue as V;
    match value {
        V::I2(n) => key.extend_from_slice(&i2_key(*n)),
        V::Long(n) => key.extend_from_slice(&long_key(*n)),
        V::R4(x) => key.extend_from_slice(&r4_key(*x)),
        V::Double(x) | V::AppTime(x) => key.extend_from_slice(&double_key(*x)),
        V::Currency(n) | V::I8(n) => key.extend_from_slice(&i8_key(*n)),
        V::Bool(b) => key.push(u8::from(*b)),
        V::SysTime(t) => key.extend_from_slice(&t.0.to_be_bytes()),
        V::ClsId(g) => key.extend_from_slice(g.as_bytes()),
        V::Binary(b) | V::SvrEid(b) => key.extend_from_slice(b),
        V::Unicode(s) => text_key_into(s, key),
        V::String8(s) => text_key_into(&decode_ansi(s), key),
        _ => return many_key(value, key),
    }
    true
}

fn many_key(value: &PropValue, key: &mut Vec<u8>) -> bool {
    use PropValue as V;
    match value {
        V::MvI2(v) => tuple_key(v, key, |n, k| k.extend_from_slice(&i2_key(*n))),
        V::MvLong(v) => tuple_key(v, key, |n, k| k.extend_from_slice(&long_key(*n))),
        V::MvR4(v) => tuple_key(v, key, |x, k| k.extend_from_slice(&r4_key(*x))),
        V::MvDouble(v) | V::MvAppTime(v) => {
            tuple_key(v, key, |x, k| k.extend_from_slice(&double_key(*x)))
        }
        V::MvCurrency(v) | V::MvI8(v) => tuple_key(v, key, |n, k| k.extend_from_slice(&i8_key(*n))),
        V::MvSysTime(v) => tuple_key(v, key, |t, k| k.extend_from_slice(&t.0.to_be_bytes())),
        V::MvClsId(v) => tuple_key(v, key, |g, k| k.extend_from_slice(g.as_bytes())),
        V::MvBinary(v) => tuple_key(v, key, |b, k| end_marked(k, |k| k.extend_from_slice(b))),
        V::MvUnicode(v) => tuple_key(v, key, |s, k| end_marked(k, |k| text_key_into(s, k))),
        V::MvString8(v) => tuple_key(v, key, |s, k| {
            end_marked(k, |k| text_key_into(&decode_ansi(s), k))
        }),
        _ => return false,
    }
    true
}

/// 0x01 before each element, 0x00 after the last, so that an end sorts before any further element.
fn tuple_key<T>(elements: &[T], key: &mut Vec<u8>, element_key: impl Fn(&T, &mut Vec<u8>)) {
    for element in elements {
        key.push(1);
        element_key(element, key);
    }
    key.push(0);
}

/// Appends what `write` writes with each 0x00 as 0x00 0xFF, and the end mark 0x00 0x01, so that anything may follow.
pub(crate) fn end_marked(key: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = key.len();
    write(key);
    if key.get(start..).is_some_and(|new| new.contains(&0)) {
        let tail = key.split_off(start);
        for b in tail {
            key.push(b);
            if b == 0 {
                key.push(0xFF);
            }
        }
    }
    key.extend_from_slice(&[0, 1]);
}

const fn i2_key(n: i16) -> [u8; 2] {
    (n ^ i16::MIN).to_be_bytes()
}

const fn long_key(n: i32) -> [u8; 4] {
    (n ^ i32::MIN).to_be_bytes()
}

const fn i8_key(n: i64) -> [u8; 8] {
    (n ^ i64::MIN).to_be_bytes()
}

/// IEEE 754 total order: negative numbers have all bits flipped, others the sign bit.
const fn r4_key(x: f32) -> [u8; 4] {
    let bits = x.to_bits();
    (if bits >> 31 == 1 {
        !bits
    } else {
        bits | 1 << 31
    })
    .to_be_bytes()
}

const fn double_key(x: f64) -> [u8; 8] {
    let bits = x.to_bits();
    (if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    })
    .to_be_bytes()
}

/// [`compare_values`] for a column: PR_MESSAGE_CLASS compares without ASCII case.
#[must_use]
pub fn compare_column(tag: PropTag, a: &PropValue, b: &PropValue) -> Option<Ordering> {
    if tag.id() == MESSAGE_CLASS {
        compare_values(&class_folded(a), &class_folded(b))
    } else {
        compare_values(a, b)
    }
}

/// [`value_key`] for a column: PR_MESSAGE_CLASS is keyed without ASCII case.
pub fn column_key(tag: PropTag, value: &PropValue, key: &mut Vec<u8>) -> bool {
    if tag.id() == MESSAGE_CLASS {
        value_key(&class_folded(value), key)
    } else {
        value_key(value, key)
    }
}

fn class_folded(value: &PropValue) -> PropValue {
    match value {
        PropValue::Unicode(s) => PropValue::Unicode(s.to_ascii_lowercase()),
        PropValue::String8(s) => PropValue::Unicode(decode_ansi(s).to_ascii_lowercase()),
        other => other.clone(),
    }
}
