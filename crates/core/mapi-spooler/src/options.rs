//! How a spooler works.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How a spooler works; the default is right for a mailbox.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether it also has transports bring what has arrived; the spooler of the default store does.
    pub receives: bool,
    /// How long a transport may take for one call; what takes longer is told to stop.
    pub patience: Duration,
    /// How long a transport may take for what is to be done at once: saying what it reaches, taking note of something, the beginning
    /// of a flush.
    pub brief: Duration,
    /// How long a transport that was told to stop is waited for; what does not stop is left behind.
    pub grace: Duration,
    /// How long to wait after the first failure, before chance is added; doubled with each one that follows.
    pub first_wait: Duration,
    /// The longest such wait.
    pub longest_wait: Duration,
    /// How many bytes of messages (PR_MESSAGE_SIZE) are given to a transport at once, beside one message of any size.
    pub batch_bytes: u64,
    /// Called when a transport says something after which a round is wanted.
    pub wake: Option<Waker>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            receives: true,
            patience: Duration::from_mins(10),
            brief: Duration::from_secs(5),
            grace: Duration::from_secs(2),
            first_wait: Duration::from_secs(30),
            longest_wait: Duration::from_hours(1),
            batch_bytes: 8 << 20,
            wake: None,
        }
    }
}

/// What wakes whoever asks for rounds. Called on threads of transports; returns at once.
#[derive(Clone)]
pub struct Waker(Arc<dyn Fn() + Send + Sync>);

impl Waker {
    /// Calls this.
    #[must_use]
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(wake))
    }

    pub(crate) fn wake(&self) {
        (self.0)();
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waker")
    }
}
