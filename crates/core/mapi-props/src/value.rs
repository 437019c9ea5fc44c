//! Property values.
//! [MS-OXCDATA] 2.11.1

use crate::{Code, FileTime, Guid, PropTag, PropType, Restriction};

/// PT_STRING8: bytes and the code page that they are in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AnsiString {
    /// Windows code page number; 0 when unknown, then read as windows-1252.
    pub code_page: u16,
    /// The text's bytes, without a terminator.
    pub bytes: Vec<u8>,
}

/// One property value. Equality is bitwise for floats, so that what was stored can be compared.
#[derive(Debug, Clone)]
pub enum PropValue {
    /// PT_NULL.
    Null,
    /// PT_I2.
    I2(i16),
    /// PT_LONG.
    Long(i32),
    /// PT_R4.
    R4(f32),
    /// PT_DOUBLE.
    Double(f64),
    /// PT_CURRENCY, in units of 1/10000.
    Currency(i64),
    /// PT_APPTIME, days since 1899-12-30.
    AppTime(f64),
    /// PT_ERROR.
    Error(Code),
    /// PT_BOOLEAN.
    Bool(bool),
    /// PT_OBJECT: present, reached through OpenProperty only.
    Object,
    /// PT_I8.
    I8(i64),
    /// PT_STRING8.
    String8(AnsiString),
    /// PT_UNICODE.
    Unicode(String),
    /// PT_SYSTIME.
    SysTime(FileTime),
    /// PT_CLSID.
    ClsId(Guid),
    /// PT_SVREID, as bytes.
    SvrEid(Vec<u8>),
    /// PT_SRESTRICT.
    SRestriction(Box<Restriction>),
    /// PT_ACTIONS, as the bytes of [MS-OXORULE] 2.2.5.
    Actions(Vec<u8>),
    /// PT_BINARY.
    Binary(Vec<u8>),
    /// PT_MV_I2.
    MvI2(Vec<i16>),
    /// PT_MV_LONG.
    MvLong(Vec<i32>),
    /// PT_MV_R4.
    MvR4(Vec<f32>),
    /// PT_MV_DOUBLE.
    MvDouble(Vec<f64>),
    /// PT_MV_CURRENCY.
    MvCurrency(Vec<i64>),
    /// PT_MV_APPTIME.
    MvAppTime(Vec<f64>),
    /// PT_MV_I8.
    MvI8(Vec<i64>),
    /// PT_MV_STRING8.
    MvString8(Vec<AnsiString>),
    /// PT_MV_UNICODE.
    MvUnicode(Vec<String>),
    /// PT_MV_SYSTIME.
    MvSysTime(Vec<FileTime>),
    /// PT_MV_CLSID.
    MvClsId(Vec<Guid>),
    /// PT_MV_BINARY.
    MvBinary(Vec<Vec<u8>>),
}

impl PropValue {
    /// The property type of this value.
    #[must_use]
    pub const fn ty(&self) -> PropType {
        match self {
            Self::Null => PropType::NULL,
            Self::I2(_) => PropType::I2,
            Self::Long(_) => PropType::LONG,
            Self::R4(_) => PropType::R4,
            Self::Double(_) => PropType::DOUBLE,
            Self::Currency(_) => PropType::CURRENCY,
            Self::AppTime(_) => PropType::APPTIME,
            Self::Error(_) => PropType::ERROR,
            Self::Bool(_) => PropType::BOOLEAN,
            Self::Object => PropType::OBJECT,
            Self::I8(_) => PropType::I8,
            Self::String8(_) => PropType::STRING8,
            Self::Unicode(_) => PropType::UNICODE,
            Self::SysTime(_) => PropType::SYSTIME,
            Self::ClsId(_) => PropType::CLSID,
            Self::SvrEid(_) => PropType::SVREID,
            Self::SRestriction(_) => PropType::SRESTRICT,
            Self::Actions(_) => PropType::ACTIONS,
            Self::Binary(_) => PropType::BINARY,
            Self::MvI2(_) => PropType::MV_I2,
            Self::MvLong(_) => PropType::MV_LONG,
            Self::MvR4(_) => PropType::MV_R4,
            Self::MvDouble(_) => PropType::MV_DOUBLE,
            Self::MvCurrency(_) => PropType::MV_CURRENCY,
            Self::MvAppTime(_) => PropType::MV_APPTIME,
            Self::MvI8(_) => PropType::MV_I8,
            Self::MvString8(_) => PropType::MV_STRING8,
            Self::MvUnicode(_) => PropType::MV_UNICODE,
            Self::MvSysTime(_) => PropType::MV_SYSTIME,
            Self::MvClsId(_) => PropType::MV_CLSID,
            Self::MvBinary(_) => PropType::MV_BINARY,
        }
    }

    /// The tag of property `id` holding this value.
    #[must_use]
    pub const fn tag(&self, id: u16) -> PropTag {
        PropTag::new(id, self.ty())
    }

    /// The text, if this is PT_UNICODE.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Unicode(s) => Some(s),
            _ => None,
        }
    }

    /// The bytes, if this is PT_BINARY.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Binary(b) => Some(b),
            _ => None,
        }
    }

    /// The number, if this is PT_LONG.
    #[must_use]
    pub const fn as_long(&self) -> Option<i32> {
        match self {
            Self::Long(n) => Some(*n),
            _ => None,
        }
    }

    /// The truth value, if this is PT_BOOLEAN.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The time, if this is PT_SYSTIME.
    #[must_use]
    pub const fn as_time(&self) -> Option<FileTime> {
        match self {
            Self::SysTime(t) => Some(*t),
            _ => None,
        }
    }

    /// Number of elements: `None` for a single value.
    #[must_use]
    pub const fn multi_len(&self) -> Option<usize> {
        match self {
            Self::MvI2(v) => Some(v.len()),
            Self::MvLong(v) => Some(v.len()),
            Self::MvR4(v) => Some(v.len()),
            Self::MvDouble(v) | Self::MvAppTime(v) => Some(v.len()),
            Self::MvCurrency(v) | Self::MvI8(v) => Some(v.len()),
            Self::MvString8(v) => Some(v.len()),
            Self::MvUnicode(v) => Some(v.len()),
            Self::MvSysTime(v) => Some(v.len()),
            Self::MvClsId(v) => Some(v.len()),
            Self::MvBinary(v) => Some(v.len()),
            _ => None,
        }
    }

    /// Element `index` of a multi-value as a single value; `None` for a single value or past the end.
    #[must_use]
    pub fn element(&self, index: usize) -> Option<Self> {
        Some(match self {
            Self::MvI2(v) => Self::I2(*v.get(index)?),
            Self::MvLong(v) => Self::Long(*v.get(index)?),
            Self::MvR4(v) => Self::R4(*v.get(index)?),
            Self::MvDouble(v) => Self::Double(*v.get(index)?),
            Self::MvAppTime(v) => Self::AppTime(*v.get(index)?),
            Self::MvCurrency(v) => Self::Currency(*v.get(index)?),
            Self::MvI8(v) => Self::I8(*v.get(index)?),
            Self::MvString8(v) => Self::String8(v.get(index)?.clone()),
            Self::MvUnicode(v) => Self::Unicode(v.get(index)?.clone()),
            Self::MvSysTime(v) => Self::SysTime(*v.get(index)?),
            Self::MvClsId(v) => Self::ClsId(*v.get(index)?),
            Self::MvBinary(v) => Self::Binary(v.get(index)?.clone()),
            _ => return None,
        })
    }

    /// Bytes that the value takes in memory as MAPI counts them (PR_MESSAGE_SIZE, RES_SIZE):
    /// text of PT_UNICODE as UTF-16 with its terminator, PT_STRING8 with its terminator, others as stored.
    #[must_use]
    pub fn size(&self) -> u64 {
        let len = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let wide = |s: &str| len(s.encode_utf16().count() + 1) * 2;
        match self {
            Self::Null => 0,
            Self::I2(_) | Self::Bool(_) => 2,
            Self::Long(_) | Self::R4(_) | Self::Error(_) => 4,
            Self::Object => 0,
            Self::Double(_)
            | Self::Currency(_)
            | Self::AppTime(_)
            | Self::I8(_)
            | Self::SysTime(_) => 8,
            Self::ClsId(_) => 16,
            Self::String8(s) => len(s.bytes.len() + 1),
            Self::Unicode(s) => wide(s),
            Self::SvrEid(b) | Self::Actions(b) | Self::Binary(b) => len(b.len()),
            Self::SRestriction(r) => stored_size(r),
            Self::MvI2(v) => 2 * len(v.len()),
            Self::MvLong(v) => 4 * len(v.len()),
            Self::MvR4(v) => 4 * len(v.len()),
            Self::MvDouble(v) | Self::MvAppTime(v) => 8 * len(v.len()),
            Self::MvCurrency(v) | Self::MvI8(v) => 8 * len(v.len()),
            Self::MvSysTime(v) => 8 * len(v.len()),
            Self::MvClsId(v) => 16 * len(v.len()),
            Self::MvString8(v) => v.iter().map(|s| len(s.bytes.len() + 1)).sum(),
            Self::MvUnicode(v) => v.iter().map(|s| wide(s)).sum(),
            Self::MvBinary(v) => v.iter().map(|b| len(b.len())).sum(),
        }
    }
}

/// Bytes of a restriction's canonical form; 0 for one that is nested too deep to have one.
fn stored_size(restriction: &Restriction) -> u64 {
    let mut bytes = Vec::new();
    match crate::codec::encode_restriction(restriction, &mut bytes) {
        Ok(()) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        Err(_) => 0,
    }
}

impl PartialEq for PropValue {
    fn eq(&self, other: &Self) -> bool {
        let bits32 = |a: &[f32], b: &[f32]| {
            a.iter()
                .map(|x| x.to_bits())
                .eq(b.iter().map(|x| x.to_bits()))
        };
        let bits64 = |a: &[f64], b: &[f64]| {
            a.iter()
                .map(|x| x.to_bits())
                .eq(b.iter().map(|x| x.to_bits()))
        };
        match (self, other) {
            (Self::Null, Self::Null) | (Self::Object, Self::Object) => true,
            (Self::I2(a), Self::I2(b)) => a == b,
            (Self::Long(a), Self::Long(b)) => a == b,
            (Self::R4(a), Self::R4(b)) => a.to_bits() == b.to_bits(),
            (Self::Double(a), Self::Double(b)) | (Self::AppTime(a), Self::AppTime(b)) => {
                a.to_bits() == b.to_bits()
            }
            (Self::Currency(a), Self::Currency(b)) | (Self::I8(a), Self::I8(b)) => a == b,
            (Self::Error(a), Self::Error(b)) => a == b,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::String8(a), Self::String8(b)) => a == b,
            (Self::Unicode(a), Self::Unicode(b)) => a == b,
            (Self::SysTime(a), Self::SysTime(b)) => a == b,
            (Self::ClsId(a), Self::ClsId(b)) => a == b,
            (Self::SvrEid(a), Self::SvrEid(b))
            | (Self::Actions(a), Self::Actions(b))
            | (Self::Binary(a), Self::Binary(b)) => a == b,
            (Self::SRestriction(a), Self::SRestriction(b)) => a == b,
            (Self::MvI2(a), Self::MvI2(b)) => a == b,
            (Self::MvLong(a), Self::MvLong(b)) => a == b,
            (Self::MvR4(a), Self::MvR4(b)) => bits32(a, b),
            (Self::MvDouble(a), Self::MvDouble(b)) | (Self::MvAppTime(a), Self::MvAppTime(b)) => {
                bits64(a, b)
            }
            (Self::MvCurrency(a), Self::MvCurrency(b)) | (Self::MvI8(a), Self::MvI8(b)) => a == b,
            (Self::MvString8(a), Self::MvString8(b)) => a == b,
            (Self::MvUnicode(a), Self::MvUnicode(b)) => a == b,
            (Self::MvSysTime(a), Self::MvSysTime(b)) => a == b,
            (Self::MvClsId(a), Self::MvClsId(b)) => a == b,
            (Self::MvBinary(a), Self::MvBinary(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for PropValue {}

macro_rules! from {
    ($($rust:ty => $variant:ident),* $(,)?) => {
        $(impl From<$rust> for PropValue {
            fn from(value: $rust) -> Self { Self::$variant(value) }
        })*
    };
}

from! {
    i16 => I2, i32 => Long, i64 => I8, f32 => R4, f64 => Double, bool => Bool, String => Unicode,
    Vec<u8> => Binary, FileTime => SysTime, Guid => ClsId, Code => Error, AnsiString => String8,
    Vec<String> => MvUnicode, Vec<Vec<u8>> => MvBinary,
}

impl From<&str> for PropValue {
    fn from(value: &str) -> Self {
        Self::Unicode(value.to_owned())
    }
}

impl From<&[u8]> for PropValue {
    fn from(value: &[u8]) -> Self {
        Self::Binary(value.to_vec())
    }
}
