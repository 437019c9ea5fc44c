//! How long to wait before the next try.

use std::time::Duration;

use mapi_props::FileTime;

use crate::Options;

/// How long what nothing can be done for now is left alone: recipients whose transport is not running.
pub(crate) const IDLE: Duration = Duration::from_mins(15);

/// The wait after so many attempts in a row: the first one, doubled each time up to the longest, and up to a quarter more by
/// `chance`, so that those who failed together do not come back together.
pub(crate) fn wait(options: &Options, attempts: u32, chance: u16) -> Duration {
    let doubled = attempts.saturating_sub(1).min(31);
    let wait = options.first_wait.saturating_mul(1 << doubled);
    let wait = wait.min(options.longest_wait);
    wait.saturating_add(wait / 4 * u32::from(chance) / u32::from(u16::MAX))
}

/// The time after `wait` from `now`.
pub(crate) fn after(now: FileTime, wait: Duration) -> FileTime {
    let steps = u64::try_from(wait.as_nanos() / 100).unwrap_or(u64::MAX);
    FileTime(now.0.saturating_add(steps))
}

/// How long it is from `now` to `then`; nothing if that has passed.
pub(crate) fn until(now: FileTime, then: FileTime) -> Duration {
    let steps = then.0.saturating_sub(now.0);
    Duration::from_micros(steps / 10)
        .saturating_add(Duration::from_micros(u64::from(!steps.is_multiple_of(10))))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mapi_props::FileTime;

    use super::{after, until, wait};
    use crate::Options;

    #[test]
    fn waits_double_up_to_the_longest_and_chance_adds_at_most_a_quarter() {
        let options = Options {
            first_wait: Duration::from_secs(30),
            longest_wait: Duration::from_secs(3600),
            ..Options::default()
        };
        let plain = |attempts| wait(&options, attempts, 0).as_secs();
        assert_eq!(
            [0, 1, 2, 3, 7, 8, 9, u32::MAX].map(plain),
            [30, 30, 60, 120, 1920, 3600, 3600, 3600]
        );
        assert_eq!(wait(&options, 9, u16::MAX), Duration::from_secs(4500));
        assert!(wait(&options, 1, 30_000) > Duration::from_secs(33));
    }

    #[test]
    fn what_is_waited_for_is_never_cut_short() {
        let now = FileTime(1_000_003);
        for wait in [0, 1, 99, 100, 2_000_000_001] {
            let wait = Duration::from_nanos(wait);
            let then = after(now, wait);
            let whole = Duration::from_nanos(wait.as_nanos() as u64 / 100 * 100);
            assert!(until(now, then) >= whole, "{wait:?}");
        }
        assert_eq!(until(now, FileTime(5)), Duration::ZERO);
        assert_eq!(after(now, Duration::MAX), FileTime(u64::MAX));
    }
}
