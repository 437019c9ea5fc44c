//! From typed tags to Rust values and back.

use mapi_props::{FileTime, Guid, PropValue};

/// A property type as the compiler knows it: what `Tag<Self>` reads and writes.
pub trait Typed {
    /// The value's own type.
    type Value;

    /// The value out of a property of this type.
    fn from_value(value: PropValue) -> Option<Self::Value>;

    /// The value as a property.
    fn into_value(value: Self::Value) -> PropValue;
}

macro_rules! typed {
    ($($tag:ty => $value:ty, $variant:ident;)*) => {
        $(impl Typed for $tag {
            type Value = $value;
            fn from_value(value: PropValue) -> Option<$value> {
                match value {
                    PropValue::$variant(v) => Some(v),
                    _ => None,
                }
            }
            fn into_value(value: $value) -> PropValue {
                PropValue::$variant(value)
            }
        })*
    };
}

typed! {
    str => String, Unicode;
    [u8] => Vec<u8>, Binary;
    i16 => i16, I2;
    i32 => i32, Long;
    i64 => i64, I8;
    f32 => f32, R4;
    f64 => f64, Double;
    bool => bool, Bool;
    FileTime => FileTime, SysTime;
    Guid => Guid, ClsId;
    [i16] => Vec<i16>, MvI2;
    [i32] => Vec<i32>, MvLong;
    [i64] => Vec<i64>, MvI8;
    [f32] => Vec<f32>, MvR4;
    [f64] => Vec<f64>, MvDouble;
    [String] => Vec<String>, MvUnicode;
    [Vec<u8>] => Vec<Vec<u8>>, MvBinary;
    [FileTime] => Vec<FileTime>, MvSysTime;
    [Guid] => Vec<Guid>, MvClsId;
}
