//! The host's clock as spoolers of a store have seen it go: whether it was set back, and since when it goes on without a gap.
//!
//! Times in rows are the host's. A clock that is set back would hold messages back for as long, and one that is set forward, or a
//! machine that was off for a week, would have them given up before anybody could try. So one is noticed, and after the other,
//! or a gap in which nobody was there to send, some time must pass before anything is given up.

use std::time::Duration;

use mapi::spool::Spool;
use mapi_props::FileTime;
use mapi_spi::Result;

use crate::backoff;

/// The name under which it is kept.
const NAME: &str = "clock";
/// So far back is no news: clocks are put right all the time.
const SLACK: Duration = Duration::from_mins(1);
/// What is remembered is written so often while messages wait.
const WRITTEN: Duration = Duration::from_hours(1);
/// The shortest gap: rounds are at least so often while messages wait.
const SHORTEST_GAP: Duration = Duration::from_hours(3);
/// The longest time that must pass after a gap.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);

/// What is remembered of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clock {
    /// The last time that was seen.
    last: FileTime,
    /// Since then it goes on without a gap.
    steady: FileTime,
    /// What of it is in the store; none: nothing yet.
    written: Option<(FileTime, FileTime)>,
}

impl Clock {
    /// The clock as it is kept in the store, or one that is seen for the first time.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) fn of(spool: &Spool) -> Result<Self> {
        let kept = spool.kept(NAME)?;
        let kept = kept.as_deref().and_then(read);
        let now = spool.now();
        Ok(match kept {
            Some((last, steady)) => Self {
                last,
                steady,
                written: kept,
            },
            None => Self {
                last: now,
                steady: now,
                written: None,
            },
        })
    }

    /// It is so late now, where messages are given up after so long. Whether it was set back.
    pub(crate) fn look(&mut self, now: FileTime, give_up: Option<Duration>) -> bool {
        let back = backoff::after(now, SLACK) < self.last;
        let gap = pause(give_up).saturating_mul(2).max(SHORTEST_GAP);
        if back || backoff::after(self.last, gap) < now {
            self.steady = now;
        }
        self.last = now;
        back
    }

    /// Whether it has gone on long enough for messages to be given up that waited for so long.
    pub(crate) fn may_give_up(&self, after: Duration) -> bool {
        backoff::after(self.steady, pause(Some(after))) <= self.last
    }

    /// Writes it, if that is due.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) fn keep(&mut self, spool: &Spool) -> Result<()> {
        let due = match self.written {
            Some((last, steady)) => {
                steady != self.steady || backoff::after(last, WRITTEN) <= self.last
            }
            None => true,
        };
        if due {
            let bytes = [self.last.0.to_le_bytes(), self.steady.0.to_le_bytes()];
            spool.keep(NAME, bytes.concat())?;
            self.written = Some((self.last, self.steady));
        }
        Ok(())
    }
}

/// How long must pass after a gap.
fn pause(give_up: Option<Duration>) -> Duration {
    give_up.map_or(LONGEST_PAUSE, |after| (after / 5).min(LONGEST_PAUSE))
}

fn read(bytes: &[u8]) -> Option<(FileTime, FileTime)> {
    let (last, rest) = bytes.split_first_chunk()?;
    let steady = rest.try_into().ok()?;
    let time = |bytes: [u8; 8]| FileTime(u64::from_le_bytes(bytes));
    Some((time(*last), time(steady)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mapi_props::FileTime;

    use super::Clock;
    use crate::backoff::after;

    const HOUR: Duration = Duration::from_hours(1);
    const GIVE_UP: Duration = Duration::from_hours(120);

    #[test]
    fn messages_are_given_up_a_day_after_a_gap_and_a_clock_that_was_set_back_is_noticed() {
        let mut now = after(FileTime(0), HOUR * 1000);
        let mut clock = Clock {
            last: now,
            steady: now,
            written: None,
        };
        let mut look = |clock: &mut Clock, step: i32| {
            let by = HOUR * step.unsigned_abs();
            now = match step < 0 {
                true => FileTime(now.0 - after(FileTime(0), by).0),
                false => after(now, by),
            };
            clock.look(now, Some(GIVE_UP))
        };
        for (step, back, may) in [
            (23, false, false),
            (1, false, true),
            // Somebody who flushes once a day.
            (24, false, true),
            (47, false, true),
            // A machine that was off, or a clock that was set forward.
            (24 * 14, false, false),
            (23, false, false),
            (1, false, true),
            (-5, true, false),
            (0, false, false),
            (24, false, true),
        ] {
            assert_eq!(look(&mut clock, step), back, "{step}");
            assert_eq!(clock.may_give_up(GIVE_UP), may, "{step}");
        }
    }
}
