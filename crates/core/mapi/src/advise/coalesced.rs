//! Notifications as refreshes: however many come, a front end draws anew a few times a second.
//! Reference: "Deferring Processing" (requirement PF-07)

use std::time::{Duration, Instant};

use mapi_spi::Result;

use super::{Listener, Notification};

/// Notifications taken for a refresh that is due, at most; what is left waits for the next one.
const MOST: u64 = 100_000;

/// Turns the notifications of a listener into refreshes, at most one in each interval. The first notification after a quiet
/// time gives one at once; those that come sooner wait for the end of the interval and give one together. So the last
/// change is always followed by a refresh, no more than one interval later.
///
/// ```
/// # fn draw() -> mapi::Result<()> { Ok(()) }
/// # fn show(inbox: &mapi::Folder) -> mapi::Result<()> {
/// use std::time::Duration;
/// use mapi::{Coalesced, EventMask};
///
/// let listener = inbox.store()?.listen(None, EventMask::NEW_MAIL)?;
/// let mut changes = Coalesced::new(listener, Duration::from_millis(250));
/// while changes.next_within(Duration::from_secs(60))?.is_some() {
///     draw()?;
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Coalesced {
    listener: Listener,
    interval: Duration,
    /// The earliest moment of the next refresh; `None` before the first one.
    due: Option<Instant>,
}

/// That something has changed since the last refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refresh {
    /// Notifications that it stands for.
    pub notifications: u64,
    /// Whether some were lost, so that nothing but a whole new picture is right.
    pub lost: bool,
}

impl Coalesced {
    /// Over this listener, with so long between two refreshes at least.
    #[must_use]
    pub const fn new(listener: Listener, interval: Duration) -> Self {
        Self {
            listener,
            interval,
            due: None,
        }
    }

    /// The next refresh, waiting for its first notification at most so long; `None` if none came.
    ///
    /// # Errors
    /// As [`Listener::next_within`].
    pub fn next_within(&mut self, at_most: Duration) -> Result<Option<Refresh>> {
        let Some(first) = self.listener.next_within(at_most)? else {
            return Ok(None);
        };
        let mut refresh = Refresh {
            notifications: 0,
            lost: false,
        };
        refresh.take(&first);
        loop {
            let left = self.left();
            let next = if !left.is_zero() {
                self.listener.next_within(left)
            } else if refresh.notifications < MOST {
                self.listener.try_next()
            } else {
                break;
            };
            match next {
                Ok(Some(next)) => refresh.take(&next),
                Ok(None) if !self.left().is_zero() => {}
                // The time has come and all is quiet, or there is an end that the next call tells of.
                Ok(None) | Err(_) => break,
            }
        }
        self.due = Instant::now().checked_add(self.interval);
        Ok(Some(refresh))
    }

    fn left(&self) -> Duration {
        let due = self
            .due
            .map(|due| due.saturating_duration_since(Instant::now()));
        due.unwrap_or_default()
    }
}

impl Refresh {
    const fn take(&mut self, notification: &Notification) {
        self.notifications += 1;
        self.lost |= matches!(notification, Notification::Lost);
    }
}
