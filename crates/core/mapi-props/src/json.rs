//! Values, restrictions and sort orders as JSON.
//!
//! | Type | JSON |
//! |---|---|
//! | PT_I2, PT_LONG, PT_I8 | number |
//! | PT_CURRENCY | number, in units of 1/10000 |
//! | PT_R4, PT_DOUBLE, PT_APPTIME | number; `"NaN"`, `"Infinity"`, `"-Infinity"`; other NaNs `{"bits":"7ff8000000000001"}` |
//! | PT_BOOLEAN | `true`, `false` |
//! | PT_ERROR | `"MAPI_E_NOT_FOUND"`, without a name `"0x8004FFFF"` |
//! | PT_UNICODE | string |
//! | PT_STRING8 | `{"code_page":1252,"text":"abc"}` if all is printable ASCII, else `{"code_page":1252,"bytes":"e9"}`; a plain string is read as UTF-8 (65001) |
//! | PT_SYSTIME | `"2024-05-01T12:00:00Z"`, see [`crate::FileTime`] |
//! | PT_CLSID | `"00020329-0000-0000-c000-000000000046"` |
//! | PT_BINARY, PT_SVREID, PT_ACTIONS | lower-case hexadecimal digits |
//! | PT_SRESTRICT | as [`restriction`] writes it, tags of 0x8000 and above in figures |
//! | PT_NULL, PT_OBJECT | `null` |
//! | PT_MV_… | array |
//!
//! Reading needs the type. PT_UNSPECIFIED takes what the JSON looks like: PT_BOOLEAN, PT_LONG (PT_I8 if it must),
//! PT_DOUBLE, PT_UNICODE, and arrays of these.

mod restriction;
mod sort;
mod value;

pub(crate) use restriction::{constant_type, object_of};
pub use restriction::{parse_restriction, restriction};
pub use sort::{parse_sort_order, sort_order};
pub use value::{ValueError, parse_value, value};

use crate::names::NameError;

/// JSON that is not a restriction or sort order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// Something else was expected.
    #[error("{at}: {expected} expected")]
    Shape {
        /// Where, as a path: `and[1].property.op`.
        at: String,
        /// What should be there.
        expected: &'static str,
    },
    /// A property that is not known.
    #[error("{at}: {source}")]
    Name {
        /// Where, as a path.
        at: String,
        /// What is wrong with it.
        source: NameError,
    },
    /// A constant that is not of its type.
    #[error("{at}: {source}")]
    Value {
        /// Where, as a path.
        at: String,
        /// What is wrong with it.
        source: ValueError,
    },
    /// Nested deeper than [`crate::codec::MAX_DEPTH`].
    #[error("{at}: nested too deep")]
    TooDeep {
        /// Where, as a path.
        at: String,
    },
}

#[cfg(test)]
mod tests;
