//! Values as entries and streams. [MS-OXMSG] 2.4.2, 2.1.3, 2.1.4

use std::io;

use mapi_props::{LargeSource, PropType, PropValue, TreeValue};

use super::object::Writer;
use crate::text::{Form, converted, from_ansi, to_utf16};

/// Why a value is not in the file.
type Carried = Result<(), &'static str>;

impl Writer {
    pub(super) fn value(&mut self, id: u16, value: &TreeValue) -> io::Result<Carried> {
        let tag = |ty| mapi_props::PropTag::new(id, ty);
        match value {
            TreeValue::Value(value) => return Ok(self.small(id, value)),
            TreeValue::Large(PropType::UNICODE, source) => {
                let wide = converted(source.clone(), Form::Utf16)?;
                self.stream(tag(PropType::UNICODE), wide, 2);
            }
            TreeValue::Large(PropType::STRING8, source) => {
                self.stream(tag(PropType::STRING8), source.clone(), 1);
            }
            TreeValue::Large(_, source) => self.stream(tag(PropType::BINARY), source.clone(), 0),
        }
        Ok(Ok(()))
    }

    fn small(&mut self, id: u16, value: &PropValue) -> Carried {
        let tag = value.tag(id);
        if let Some(raw) = fixed(value) {
            self.entry(tag, raw);
            return Ok(());
        }
        if let Some(bytes) = packed(value) {
            self.stream(tag, bytes.into(), 0);
            return Ok(());
        }
        match value {
            PropValue::Unicode(text) => self.stream(tag, to_utf16(text).into(), 2),
            PropValue::String8(ansi) => match from_ansi(ansi) {
                Some(text) => return self.small(id, &PropValue::Unicode(text)),
                None => self.stream(tag, ansi.bytes.clone().into(), 1),
            },
            PropValue::Binary(b) | PropValue::SvrEid(b) | PropValue::Actions(b) => {
                self.stream(tag, LargeSource::from(b.clone()), 0);
            }
            PropValue::ClsId(guid) => self.stream(tag, guid.0.to_vec().into(), 0),
            PropValue::MvBinary(v) => {
                let element = |b: &Vec<u8>| (b.clone(), 0);
                self.many(tag, 8, v.iter().map(element));
            }
            PropValue::MvUnicode(v) => self.many(tag, 4, v.iter().map(|s| (to_utf16(s), 2))),
            PropValue::MvString8(v) => {
                let texts: Option<Vec<String>> = v.iter().map(from_ansi).collect();
                match texts {
                    Some(texts) => return self.small(id, &PropValue::MvUnicode(texts)),
                    None => self.many(tag, 4, v.iter().map(|s| (s.bytes.clone(), 1))),
                }
            }
            PropValue::SRestriction(_) => return Err("a restriction has no form in a .msg file"),
            PropValue::Object => return Err("an object has no value"),
            // All others are fixed or packed.
            _ => return Err("a value of this type has no form in a .msg file"),
        }
        Ok(())
    }

    /// A stream of lengths, terminators counted, and one stream per element (2.1.4.2).
    fn many(
        &mut self,
        tag: mapi_props::PropTag,
        each: usize,
        elements: impl Iterator<Item = (Vec<u8>, usize)>,
    ) {
        let mut lengths = Vec::new();
        for (number, (bytes, terminator)) in elements.enumerate() {
            let length = u32::try_from(bytes.len() + terminator).unwrap_or(u32::MAX);
            lengths.extend_from_slice(&length.to_le_bytes());
            lengths.resize(lengths.len() + each - 4, 0);
            self.element(tag, number, bytes);
        }
        self.stream(tag, lengths.into(), 0);
    }
}

/// A value that lies in its entry.
fn fixed(value: &PropValue) -> Option<[u8; 8]> {
    let wide = |bits: u64| bits.to_le_bytes();
    Some(match value {
        PropValue::Null => [0; 8],
        PropValue::I2(n) => wide(u64::from(n.cast_unsigned())),
        PropValue::Long(n) => wide(u64::from(n.cast_unsigned())),
        PropValue::R4(x) => wide(u64::from(x.to_bits())),
        PropValue::Double(x) | PropValue::AppTime(x) => wide(x.to_bits()),
        PropValue::Currency(n) | PropValue::I8(n) => n.to_le_bytes(),
        PropValue::Error(code) => wide(u64::from(code.0)),
        PropValue::Bool(b) => wide(u64::from(*b)),
        PropValue::SysTime(time) => wide(time.0),
        _ => return None,
    })
}

/// Elements of a fixed size, one after another (2.1.4.1).
fn packed(value: &PropValue) -> Option<Vec<u8>> {
    Some(match value {
        PropValue::MvI2(v) => v.iter().flat_map(|n| n.to_le_bytes()).collect(),
        PropValue::MvLong(v) => v.iter().flat_map(|n| n.to_le_bytes()).collect(),
        PropValue::MvR4(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
        PropValue::MvDouble(v) | PropValue::MvAppTime(v) => {
            v.iter().flat_map(|x| x.to_le_bytes()).collect()
        }
        PropValue::MvCurrency(v) | PropValue::MvI8(v) => {
            v.iter().flat_map(|n| n.to_le_bytes()).collect()
        }
        PropValue::MvSysTime(v) => v.iter().flat_map(|t| t.0.to_le_bytes()).collect(),
        PropValue::MvClsId(v) => v.iter().flat_map(|g| g.0).collect(),
        _ => return None,
    })
}
