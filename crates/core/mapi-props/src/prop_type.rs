//! Property types.
//! [MS-OXCDATA] 2.11.1

use std::fmt;

/// The low word of a property tag.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PropType(pub u16);

macro_rules! types {
    ($($(#[$doc:meta])* $konst:ident = $value:literal, $text:literal;)*) => {
        impl PropType {
            $($(#[$doc])* pub const $konst: Self = Self($value);)*

            /// The type's MAPI name (`PT_UNICODE`), if it has one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 { $($value => Some($text),)* _ => None }
            }

            /// The type called `name` (`PT_UNICODE`), if there is one.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$konst),)* _ => None }
            }
        }
    };
}

types! {
    /// Not said; the object chooses.
    UNSPECIFIED = 0x0000, "PT_UNSPECIFIED";
    /// No value.
    NULL = 0x0001, "PT_NULL";
    /// Signed 16-bit integer.
    I2 = 0x0002, "PT_I2";
    /// Signed 32-bit integer.
    LONG = 0x0003, "PT_LONG";
    /// 32-bit float.
    R4 = 0x0004, "PT_R4";
    /// 64-bit float.
    DOUBLE = 0x0005, "PT_DOUBLE";
    /// Signed 64-bit integer in units of 1/10000.
    CURRENCY = 0x0006, "PT_CURRENCY";
    /// Days since 1899-12-30 as a 64-bit float.
    APPTIME = 0x0007, "PT_APPTIME";
    /// A MAPI result code.
    ERROR = 0x000A, "PT_ERROR";
    /// 16-bit boolean.
    BOOLEAN = 0x000B, "PT_BOOLEAN";
    /// An object, reached through OpenProperty only.
    OBJECT = 0x000D, "PT_OBJECT";
    /// Signed 64-bit integer.
    I8 = 0x0014, "PT_I8";
    /// Text in a code page.
    STRING8 = 0x001E, "PT_STRING8";
    /// Text in UTF-16LE on the wire.
    UNICODE = 0x001F, "PT_UNICODE";
    /// FILETIME.
    SYSTIME = 0x0040, "PT_SYSTIME";
    /// GUID.
    CLSID = 0x0048, "PT_CLSID";
    /// A server's own entry id.
    SVREID = 0x00FB, "PT_SVREID";
    /// A restriction as a value.
    SRESTRICT = 0x00FD, "PT_SRESTRICT";
    /// Rule actions as a value.
    ACTIONS = 0x00FE, "PT_ACTIONS";
    /// Bytes.
    BINARY = 0x0102, "PT_BINARY";
    /// Many of [`Self::I2`].
    MV_I2 = 0x1002, "PT_MV_I2";
    /// Many of [`Self::LONG`].
    MV_LONG = 0x1003, "PT_MV_LONG";
    /// Many of [`Self::R4`].
    MV_R4 = 0x1004, "PT_MV_R4";
    /// Many of [`Self::DOUBLE`].
    MV_DOUBLE = 0x1005, "PT_MV_DOUBLE";
    /// Many of [`Self::CURRENCY`].
    MV_CURRENCY = 0x1006, "PT_MV_CURRENCY";
    /// Many of [`Self::APPTIME`].
    MV_APPTIME = 0x1007, "PT_MV_APPTIME";
    /// Many of [`Self::I8`].
    MV_I8 = 0x1014, "PT_MV_I8";
    /// Many of [`Self::STRING8`].
    MV_STRING8 = 0x101E, "PT_MV_STRING8";
    /// Many of [`Self::UNICODE`].
    MV_UNICODE = 0x101F, "PT_MV_UNICODE";
    /// Many of [`Self::SYSTIME`].
    MV_SYSTIME = 0x1040, "PT_MV_SYSTIME";
    /// Many of [`Self::CLSID`].
    MV_CLSID = 0x1048, "PT_MV_CLSID";
    /// Many of [`Self::BINARY`].
    MV_BINARY = 0x1102, "PT_MV_BINARY";
}

impl PropType {
    /// MV_FLAG: many values of the base type.
    pub const MV_FLAG: u16 = 0x1000;
    /// MV_INSTANCE: in a table column, one row per value.
    pub const MV_INSTANCE: u16 = 0x2000;
    /// MVI_FLAG: both bits.
    pub const MVI_FLAG: u16 = Self::MV_FLAG | Self::MV_INSTANCE;

    /// Whether the type is multi-valued (an MVI column included).
    #[must_use]
    pub const fn is_multi(self) -> bool {
        self.0 & Self::MV_FLAG != 0
    }

    /// Whether this column type asks for one row per value.
    #[must_use]
    pub const fn is_mv_instance(self) -> bool {
        self.0 & Self::MVI_FLAG == Self::MVI_FLAG
    }

    /// The type of one element: multi-value and instance bits cleared.
    #[must_use]
    pub const fn single(self) -> Self {
        Self(self.0 & !Self::MVI_FLAG)
    }

    /// The multi-valued type of these elements, instance bit cleared.
    #[must_use]
    pub const fn multi(self) -> Self {
        Self(self.single().0 | Self::MV_FLAG)
    }

    /// The stored type behind a column type: the instance bit cleared.
    #[must_use]
    pub const fn without_instance(self) -> Self {
        Self(self.0 & !Self::MV_INSTANCE)
    }

    /// Whether this is text of either width, single or multi.
    #[must_use]
    pub const fn is_string(self) -> bool {
        matches!(self.single(), Self::STRING8 | Self::UNICODE)
    }
}

impl fmt::Debug for PropType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for PropType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name(), self.without_instance().name()) {
            (Some(n), _) => f.write_str(n),
            (None, Some(n)) if self.is_mv_instance() => write!(f, "{n}|MV_INSTANCE"),
            _ => write!(f, "0x{:04X}", self.0),
        }
    }
}
