//! Values: in the entry itself, in a stream, or in a stream per element. [MS-OXMSG] 2.4.2, 2.1.3, 2.1.4

use mapi_props::{Code, FileTime, Guid, PropTag, PropType, PropValue, TreeValue};

use super::code_page::decode;
use super::properties::{Entry, Object};
use super::{Reader, Result2};
use crate::text::{Form, converted, from_utf16};
use crate::value_name;

/// What came of a value.
#[derive(Debug)]
pub(super) enum Parsed {
    Value(TreeValue),
    /// Its stream is not there.
    Missing,
    /// Of a type, or in a form, that trees do not have.
    Unknown,
}

impl Reader<'_> {
    pub(super) fn value(
        &mut self,
        object: &mut Object,
        entry: &Entry,
        pages: &[u16],
    ) -> Result2<Parsed> {
        if let Some(value) = fixed(entry) {
            return Ok(value.into());
        }
        let ty = entry.tag.ty();
        match ty {
            PropType::STRING8
            | PropType::UNICODE
            | PropType::BINARY
            | PropType::CLSID
            | PropType::SVREID
            | PropType::ACTIONS => self.in_stream(object, entry, pages),
            PropType::MV_STRING8 | PropType::MV_UNICODE | PropType::MV_BINARY => {
                self.in_streams(object, entry.tag, pages)
            }
            _ if ty.is_multi() && element_size(ty).is_some() => self.packed(object, entry.tag),
            _ => Ok(Parsed::Unknown),
        }
    }

    fn in_stream(&mut self, object: &mut Object, entry: &Entry, pages: &[u16]) -> Result2<Parsed> {
        let ty = entry.tag.ty();
        let Some(at) = self.take_stream(object, &value_name(entry.tag)) else {
            // Writers leave the streams of empty values out: the size counts the terminator of a text.
            return Ok(match (ty, entry.long()) {
                (PropType::STRING8 | PropType::UNICODE, 0..=2) => PropValue::from("").into(),
                (PropType::BINARY, 0) => PropValue::Binary(Vec::new()).into(),
                _ => Parsed::Missing,
            });
        };
        let size = self.file.size(at);
        let large = size > self.limits.in_memory || size > self.in_memory;
        if large && ty == PropType::BINARY {
            return Ok(Parsed::Value(TreeValue::Large(ty, self.file.source(at))));
        }
        if large && ty == PropType::UNICODE {
            let text = converted(self.file.source(at), Form::Utf8);
            let text = text.map_err(|e| self.failed(at, e))?;
            return Ok(Parsed::Value(TreeValue::Large(ty, text)));
        }
        let Some(bytes) = self.bytes(at)? else {
            return Ok(Parsed::Missing);
        };
        Ok(match ty {
            PropType::CLSID => match bytes.first_chunk::<16>() {
                Some(guid) => PropValue::ClsId(Guid(*guid)).into(),
                None => Parsed::Missing,
            },
            PropType::SVREID => PropValue::SvrEid(bytes).into(),
            PropType::ACTIONS => PropValue::Actions(bytes).into(),
            _ => self.element(ty, bytes, pages, at).into(),
        })
    }

    /// Bytes of a stream, as long as all values together may have them; else a defect.
    fn bytes(&mut self, at: usize) -> Result2<Option<Vec<u8>>> {
        let size = self.file.size(at);
        if size > self.in_memory {
            let detail = format!(
                "{}: the values of the file are too many to be read",
                self.file.path(at)
            );
            self.defect("too-much", &detail);
            return Ok(None);
        }
        self.in_memory -= size;
        let bytes = self.file.bytes(at).map_err(|e| self.failed(at, e))?;
        Ok(Some(bytes))
    }

    fn take_stream(&self, object: &mut Object, name: &str) -> Option<usize> {
        let at = object.take(name)?;
        let is_stream = self.file.entry(at).is_some_and(|e| !e.is_storage);
        is_stream.then_some(at)
    }

    /// One text or binary. PT_STRING8 becomes PT_UNICODE, unless its bytes are none of the code page.
    fn element(&mut self, ty: PropType, bytes: Vec<u8>, pages: &[u16], at: usize) -> PropValue {
        match ty {
            PropType::STRING8 => match decode(bytes, pages) {
                Ok(text) => PropValue::Unicode(text),
                Err(ansi) => PropValue::String8(ansi),
            },
            PropType::UNICODE => {
                let (text, well_formed) = from_utf16(&bytes);
                if !well_formed {
                    let detail = format!("{} is not well-formed UTF-16", self.file.path(at));
                    self.defect("text-damaged", &detail);
                }
                PropValue::Unicode(text)
            }
            _ => PropValue::Binary(bytes),
        }
    }

    /// Many texts or binaries: a stream of lengths, and one per element (2.1.4.2).
    fn in_streams(&mut self, object: &mut Object, tag: PropTag, pages: &[u16]) -> Result2<Parsed> {
        let name = value_name(tag);
        let Some(lengths) = self.take_stream(object, &name) else {
            return Ok(Parsed::Missing);
        };
        let ty = tag.ty();
        let each = if ty == PropType::MV_BINARY { 8 } else { 4 };
        let count = self.file.size(lengths) / each;
        let mut values = Vec::new();
        for n in 0..count {
            let Some(at) = self.take_stream(object, &format!("{name}-{n:08X}")) else {
                let path = self.file.path(lengths);
                self.defect(
                    "value-missing",
                    &format!("{path}: element {n} and what follows is missing"),
                );
                break;
            };
            let Some(bytes) = self.bytes(at)? else { break };
            values.push(self.element(ty.single(), bytes, pages, at));
        }
        Ok(joined(ty, values, pages).map_or(Parsed::Missing, Parsed::from))
    }

    /// Many values of a fixed size, one after another in one stream (2.1.4.1).
    fn packed(&mut self, object: &mut Object, tag: PropTag) -> Result2<Parsed> {
        let Some(at) = self.take_stream(object, &value_name(tag)) else {
            return Ok(Parsed::Missing);
        };
        let Some(bytes) = self.bytes(at)? else {
            return Ok(Parsed::Missing);
        };
        let each = element_size(tag.ty()).unwrap_or(1);
        let elements = bytes.chunks_exact(each);
        Ok(many(tag.ty(), elements).map_or(Parsed::Unknown, Parsed::from))
    }
}

/// The value of an entry that holds it itself (2.4.2.1).
fn fixed(entry: &Entry) -> Option<PropValue> {
    let raw = entry.value();
    let [a, b, ..] = raw;
    Some(match entry.tag.ty() {
        PropType::NULL => PropValue::Null,
        PropType::I2 => PropValue::I2(i16::from_le_bytes([a, b])),
        PropType::LONG => PropValue::Long(entry.long()),
        PropType::R4 => PropValue::R4(f32::from_bits(entry.long().cast_unsigned())),
        PropType::DOUBLE => PropValue::Double(f64::from_le_bytes(raw)),
        PropType::CURRENCY => PropValue::Currency(i64::from_le_bytes(raw)),
        PropType::APPTIME => PropValue::AppTime(f64::from_le_bytes(raw)),
        PropType::ERROR => PropValue::Error(Code(entry.long().cast_unsigned())),
        PropType::BOOLEAN => PropValue::Bool((a, b) != (0, 0)),
        PropType::I8 => PropValue::I8(i64::from_le_bytes(raw)),
        PropType::SYSTIME => PropValue::SysTime(FileTime(u64::from_le_bytes(raw))),
        _ => return None,
    })
}

/// Bytes of an element of a multi-value whose elements lie one after another.
const fn element_size(ty: PropType) -> Option<usize> {
    Some(match ty {
        PropType::MV_I2 => 2,
        PropType::MV_LONG | PropType::MV_R4 => 4,
        PropType::MV_DOUBLE
        | PropType::MV_CURRENCY
        | PropType::MV_APPTIME
        | PropType::MV_I8
        | PropType::MV_SYSTIME => 8,
        PropType::MV_CLSID => 16,
        _ => return None,
    })
}

fn many<'a>(ty: PropType, elements: impl Iterator<Item = &'a [u8]>) -> Option<PropValue> {
    let mut eight = Vec::new();
    match ty {
        PropType::MV_I2 => {
            return Some(PropValue::MvI2(
                elements
                    .filter_map(|e| Some(i16::from_le_bytes(*e.first_chunk()?)))
                    .collect(),
            ));
        }
        PropType::MV_LONG | PropType::MV_R4 => {
            let bits: Vec<u32> = elements
                .filter_map(|e| Some(u32::from_le_bytes(*e.first_chunk()?)))
                .collect();
            return Some(if ty == PropType::MV_LONG {
                PropValue::MvLong(bits.into_iter().map(u32::cast_signed).collect())
            } else {
                PropValue::MvR4(bits.into_iter().map(f32::from_bits).collect())
            });
        }
        PropType::MV_CLSID => {
            return Some(PropValue::MvClsId(
                elements
                    .filter_map(|e| Some(Guid(*e.first_chunk()?)))
                    .collect(),
            ));
        }
        _ => eight.extend(elements.filter_map(|e| Some(u64::from_le_bytes(*e.first_chunk()?)))),
    }
    let signed = |v: Vec<u64>| v.into_iter().map(u64::cast_signed).collect();
    let float = |v: Vec<u64>| v.into_iter().map(f64::from_bits).collect();
    Some(match ty {
        PropType::MV_DOUBLE => PropValue::MvDouble(float(eight)),
        PropType::MV_APPTIME => PropValue::MvAppTime(float(eight)),
        PropType::MV_CURRENCY => PropValue::MvCurrency(signed(eight)),
        PropType::MV_I8 => PropValue::MvI8(signed(eight)),
        PropType::MV_SYSTIME => PropValue::MvSysTime(eight.into_iter().map(FileTime).collect()),
        _ => return None,
    })
}

/// Elements as one multi-value. Texts of which one could not be decoded stay bytes, all of them.
fn joined(ty: PropType, values: Vec<PropValue>, pages: &[u16]) -> Option<PropValue> {
    if ty == PropType::MV_BINARY {
        let bytes = values.into_iter().filter_map(|v| match v {
            PropValue::Binary(b) => Some(b),
            _ => None,
        });
        return Some(PropValue::MvBinary(bytes.collect()));
    }
    if values.iter().all(|v| v.as_str().is_some()) {
        let texts = values.into_iter().filter_map(|v| match v {
            PropValue::Unicode(s) => Some(s),
            _ => None,
        });
        return Some(PropValue::MvUnicode(texts.collect()));
    }
    let page = pages.first().copied().unwrap_or(1252);
    let ansi = values.into_iter().filter_map(|v| match v {
        PropValue::Unicode(s) => Some(mapi_query::encode_ansi(&s, page)),
        PropValue::String8(s) => Some(s),
        _ => None,
    });
    Some(PropValue::MvString8(ansi.collect()))
}
