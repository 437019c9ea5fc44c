//! The 128-bit identifier of MAPI: interface ids, property sets, provider UIDs.
//! [MS-DTYP] 2.3.4

use std::fmt;
use std::str::FromStr;

/// A GUID in its wire order: the first three fields little-endian, as in entry ids and property streams.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// Sixteen zero bytes.
    pub const NIL: Self = Self([0; 16]);

    /// Makes a GUID from its textual fields (`data1-data2-data3-data4`).
    #[must_use]
    pub const fn from_fields(d1: u32, d2: u16, d3: u16, d4: [u8; 8]) -> Self {
        let a = d1.to_le_bytes();
        let b = d2.to_le_bytes();
        let c = d3.to_le_bytes();
        Self([
            a[0], a[1], a[2], a[3], b[0], b[1], c[0], c[1], d4[0], d4[1], d4[2], d4[3], d4[4],
            d4[5], d4[6], d4[7],
        ])
    }

    /// The bytes in wire order.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Guid {
    /// Lower-case registry form without braces: `00020329-0000-0000-c000-000000000046`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let b = &self.0;
        write!(
            f,
            "{:02x}{:02x}{:02x}{:02x}-{:02x}{:02x}-{:02x}{:02x}-{:02x}{:02x}-{:02x}{:02x}{:02x}{:02x}{:02x}{:02x}",
            b[3],
            b[2],
            b[1],
            b[0],
            b[5],
            b[4],
            b[7],
            b[6],
            b[8],
            b[9],
            b[10],
            b[11],
            b[12],
            b[13],
            b[14],
            b[15]
        )
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}

/// The text was not a GUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a GUID: 32 hexadecimal digits in groups of 8-4-4-4-12 are expected")]
pub struct ParseGuidError;

impl FromStr for Guid {
    type Err = ParseGuidError;

    fn from_str(s: &str) -> Result<Self, ParseGuidError> {
        let s = s.trim();
        let s = s
            .strip_prefix('{')
            .and_then(|t| t.strip_suffix('}'))
            .unwrap_or(s);
        let mut groups = s.split('-');
        let mut field = |len: usize| -> Result<u64, ParseGuidError> {
            let g = groups.next().ok_or(ParseGuidError)?;
            if g.len() != len || !g.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(ParseGuidError);
            }
            u64::from_str_radix(g, 16).map_err(|_| ParseGuidError)
        };
        let d1 = u32::try_from(field(8)?).map_err(|_| ParseGuidError)?;
        let d2 = u16::try_from(field(4)?).map_err(|_| ParseGuidError)?;
        let d3 = u16::try_from(field(4)?).map_err(|_| ParseGuidError)?;
        let d4 = (field(4)? << 48) | field(12)?;
        if groups.next().is_some() {
            return Err(ParseGuidError);
        }
        Ok(Self::from_fields(d1, d2, d3, d4.to_be_bytes()))
    }
}
