//! Which work is due, and when.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::{News, Work};
use super::{FIRST_PAUSE, LAST_PAUSE};

/// One entry for each kind of work.
#[derive(Debug)]
pub(super) struct Dues(Vec<Due>);

#[derive(Debug, Default)]
struct Due {
    now: bool,
    at: Option<Instant>,
    /// How often it failed in a row.
    failures: u32,
}

impl Dues {
    pub(super) fn of(works: &[Arc<dyn Work>]) -> Self {
        Self(works.iter().map(|_| Due::default()).collect())
    }

    /// Makes due what the news concern. What has failed waits for its time, unless somebody asks.
    pub(super) fn hear(&mut self, works: &[Arc<dyn Work>], news: &News<'_>) {
        for (due, work) in self.0.iter_mut().zip(works) {
            let waits = due.failures > 0 && !matches!(news, News::Asked | News::Begun);
            due.now |= !waits && work.concerns(news);
        }
    }

    /// Makes due what is due by time.
    pub(super) fn look_at_clock(&mut self) {
        let now = Instant::now();
        for due in &mut self.0 {
            due.now |= due.at.is_some_and(|at| at <= now);
        }
    }

    /// Whether any is due.
    pub(super) fn any(&self) -> bool {
        self.0.iter().any(|due| due.now)
    }

    /// Whether this one is due.
    pub(super) fn is_due(&self, n: usize) -> bool {
        self.0.get(n).is_some_and(|due| due.now)
    }

    /// Whether this one was due: it is being done now.
    pub(super) fn take(&mut self, n: usize) -> bool {
        let Some(due) = self.0.get_mut(n) else {
            return false;
        };
        due.at = due.at.filter(|_| !due.now);
        std::mem::take(&mut due.now)
    }

    /// When the next one is due by itself.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.iter().filter_map(|due| due.at).min()
    }

    /// It is due by itself after so long.
    pub(super) fn again(&mut self, n: usize, after: Option<Duration>) {
        if let Some(due) = self.0.get_mut(n) {
            due.at = after.and_then(|after| Instant::now().checked_add(after));
        }
    }

    /// What is due is so after that time.
    pub(super) fn postpone(&mut self, time: Duration) {
        for due in self.0.iter_mut().filter(|due| due.now) {
            due.now = false;
            due.at = Instant::now().checked_add(time);
        }
    }

    pub(super) fn went_well(&mut self, n: usize) {
        if let Some(due) = self.0.get_mut(n) {
            due.failures = 0;
        }
    }

    /// After how long to try again.
    pub(super) fn failed(&mut self, n: usize) -> Duration {
        let Some(due) = self.0.get_mut(n) else {
            return LAST_PAUSE;
        };
        due.failures += 1;
        let doubled = 1_u32.checked_shl(due.failures - 1).unwrap_or(u32::MAX);
        FIRST_PAUSE.saturating_mul(doubled).min(LAST_PAUSE)
    }
}
