//! Property tags, raw and typed.
//! [MS-OXCDATA] 2.9

use std::fmt;
use std::marker::PhantomData;

use crate::{FileTime, Guid, PropType};

/// A 32-bit property tag: identifier in the high word, type in the low one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropTag(pub u32);

impl PropTag {
    /// PR_NULL: reserves a slot in a column set.
    pub const NULL: Self = Self(1);

    /// The tag of `id` with type `ty`.
    #[must_use]
    pub const fn new(id: u16, ty: PropType) -> Self {
        Self(((id as u32) << 16) | ty.0 as u32)
    }

    /// The property identifier, the high word.
    #[must_use]
    pub const fn id(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The property type, the low word.
    #[must_use]
    pub const fn ty(self) -> PropType {
        PropType((self.0 & 0xFFFF) as u16)
    }

    /// The same identifier with another type.
    #[must_use]
    pub const fn with_type(self, ty: PropType) -> Self {
        Self::new(self.id(), ty)
    }

    /// Whether the identifier is in the named range, 0x8000 to 0xFFFE.
    #[must_use]
    pub const fn is_named(self) -> bool {
        matches!(self.id(), 0x8000..=0xFFFE)
    }

    /// Whether the value travels with a sent message.
    ///
    /// Ranges 0x0E00–0x0FFF, 0x6000–0x67FF and 0x7C00–0x7FFF stay with the copy (reference:
    /// "Property identifier ranges").
    #[must_use]
    pub const fn is_transmittable(self) -> bool {
        !matches!(self.id(), 0 | 0x0E00..=0x0FFF | 0x6000..=0x67FF | 0x7C00..=0x7FFF | 0xFFFF)
    }

    /// Whether the identifier is secure (0x67F0–0x67FF): readable by tag, never listed.
    #[must_use]
    pub const fn is_secure(self) -> bool {
        matches!(self.id(), 0x67F0..=0x67FF)
    }
}

impl fmt::Debug for PropTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for PropTag {
    /// `0x0037001F`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08X}", self.0)
    }
}

/// A tag whose value type the compiler knows: `Tag<str>`, `Tag<i32>`, `Tag<FileTime>`.
pub struct Tag<T: ?Sized> {
    raw: PropTag,
    ty: PhantomData<fn() -> Box<T>>,
}

impl<T: ?Sized> Tag<T> {
    /// The untyped tag.
    #[must_use]
    pub const fn raw(self) -> PropTag {
        self.raw
    }

    /// The property identifier.
    #[must_use]
    pub const fn id(self) -> u16 {
        self.raw.id()
    }
}

impl<T: ?Sized> Clone for Tag<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: ?Sized> Copy for Tag<T> {}
impl<T: ?Sized> fmt::Debug for Tag<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}
impl<T: ?Sized> From<Tag<T>> for PropTag {
    fn from(tag: Tag<T>) -> Self {
        tag.raw
    }
}

macro_rules! typed {
    ($($rust:ty => $ty:ident),* $(,)?) => {
        $(impl Tag<$rust> {
            /// The tag of property `id` with this value type.
            #[must_use]
            pub const fn of(id: u16) -> Self {
                Self { raw: PropTag::new(id, PropType::$ty), ty: PhantomData }
            }
        })*
    };
}

typed! {
    str => UNICODE, [u8] => BINARY, i16 => I2, i32 => LONG, i64 => I8, f32 => R4, f64 => DOUBLE,
    bool => BOOLEAN, FileTime => SYSTIME, Guid => CLSID,
    [i16] => MV_I2, [i32] => MV_LONG, [i64] => MV_I8, [f32] => MV_R4, [f64] => MV_DOUBLE,
    [String] => MV_UNICODE, [Vec<u8>] => MV_BINARY, [FileTime] => MV_SYSTIME, [Guid] => MV_CLSID,
}
