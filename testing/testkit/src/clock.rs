//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// 100-nanosecond steps between 1601-01-01 and 1970-01-01, the two epochs of FILETIME and Unix.
const EPOCH_GAP: u64 = 116_444_736_000_000_000;

/// A hand-set clock that counts 100-nanosecond steps since 1601 UTC, as FILETIME does.
#[derive(Debug)]
pub struct FakeClock {
    ticks: AtomicU64,
}

impl FakeClock {
    /// A clock that shows `ticks`.
    #[must_use]
    pub const fn at_ticks(ticks: u64) -> Self {
        Self {
            ticks: AtomicU64::new(ticks),
        }
    }

    /// A clock that shows `seconds` after 1970-01-01 UTC.
    #[must_use]
    pub const fn at_unix_seconds(seconds: u32) -> Self {
        Self::at_ticks(EPOCH_GAP + seconds as u64 * 10_000_000)
    }

    /// The time shown.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        self.ticks.load(Ordering::SeqCst)
    }

    /// Moves on by `step` and returns the new time.
    ///
    /// # Panics
    /// When the step is longer than 58,000 years.
    pub fn advance(&self, step: Duration) -> u64 {
        let steps = u64::try_from(step.as_nanos() / 100).expect("a step a test can mean");
        self.ticks.fetch_add(steps, Ordering::SeqCst) + steps
    }
}

impl FakeClock {
    /// Somebody sets it back by `step`; no further than to 1601.
    ///
    /// # Panics
    /// When the step is longer than 58,000 years.
    pub fn turn_back(&self, step: Duration) {
        let steps = u64::try_from(step.as_nanos() / 100).expect("a step a test can mean");
        let back = |ticks: u64| Some(ticks.saturating_sub(steps));
        let _before = (self.ticks).fetch_update(Ordering::SeqCst, Ordering::SeqCst, back);
    }
}

impl Default for FakeClock {
    /// 2026-01-01 00:00:00 UTC.
    fn default() -> Self {
        Self::at_unix_seconds(1_767_225_600)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epoch_and_steps_are_those_of_filetime() {
        let clock = FakeClock::at_unix_seconds(0);
        assert_eq!(clock.ticks(), 0x019D_B1DE_D53E_8000); // 1970 in FILETIME
        assert_eq!(
            clock.advance(Duration::from_micros(1)),
            0x019D_B1DE_D53E_8000 + 10
        );
    }
}
