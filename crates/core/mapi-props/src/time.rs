//! FILETIME, the time of PT_SYSTIME.
//! [MS-DTYP] 2.3.3

mod text;

pub use text::ParseTimeError;

/// 100-nanosecond intervals since 1601-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileTime(pub u64);

/// Intervals between 1601-01-01 and 1970-01-01.
const UNIX_EPOCH: i128 = 116_444_736_000_000_000;

impl FileTime {
    /// The time at `seconds` since 1970-01-01T00:00:00Z, clamped to what a FILETIME can hold.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        Self::from_unix_nanos(i128::from(seconds) * 1_000_000_000)
    }

    /// The time at `nanos` since 1970-01-01T00:00:00Z, clamped to what a FILETIME can hold.
    #[must_use]
    pub fn from_unix_nanos(nanos: i128) -> Self {
        let ticks = nanos.div_euclid(100).saturating_add(UNIX_EPOCH);
        Self(u64::try_from(ticks.clamp(0, i128::from(u64::MAX))).unwrap_or(u64::MAX))
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        let s = (i128::from(self.0) - UNIX_EPOCH).div_euclid(10_000_000);
        i64::try_from(s).unwrap_or(i64::MAX)
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_nanos(self) -> i128 {
        (i128::from(self.0) - UNIX_EPOCH) * 100
    }
}
