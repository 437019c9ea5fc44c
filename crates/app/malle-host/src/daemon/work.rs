//! What can be done in the background of a store, as one kind of work among others.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use mapi_spi::{Call, CancelToken, LogEntry, Result, Store};

use super::Place;
use super::keeper::State;
use crate::control::Failure;

/// One kind of background work. Only the holder of the store's lease does it, one kind after the other.
///
/// Whoever does it may be killed at any moment, and the next holder begins it anew: what it writes is written under the lease (the
/// call carries its epoch), and what it does outside of the store is marked in it first.
pub trait Work: Send + Sync + Debug {
    /// What it is called in status and logs: `search-folders`.
    fn name(&self) -> &'static str;

    /// Whether this is a reason to look whether there is something to do. Must be quick.
    fn concerns(&self, news: &News<'_>) -> bool;

    /// Does all that there is to do now: in short transactions, reporting progress, and stopping between them when the call
    /// ends. Says after how long to look again though nothing was heard; `None`: only when something concerns it.
    ///
    /// # Errors
    /// Any: it is tried again later, ever more seldom. `MAPI_E_END_OF_SESSION` from the store ends the lease.
    fn run(&self, desk: &Desk<'_>, call: &Call) -> Result<Option<Duration>>;

    /// The lease ends, or is about to: what was kept open between two runs is closed. The next run may be under another one.
    fn leave(&self) {}
}

/// Why work may have something to do.
#[derive(Debug, Clone, Copy)]
pub enum News<'a> {
    /// This process has become the holder.
    Begun,
    /// Somebody asked for it.
    Asked,
    /// These entries of the change log are new.
    Entries(&'a [LogEntry]),
    /// Entries are gone that nobody has seen.
    Lost,
    /// [`Alarm::ring`].
    Alarm,
}

/// Where work is done.
#[derive(Debug)]
pub struct Desk<'a> {
    /// The store in its profile.
    pub place: &'a Place,
    /// A handle of its own, closed when there is nothing more to do.
    pub store: &'a Arc<dyn Store>,
    /// Ends with the keeper, and not when the work at hand is stopped: for what outlives one run.
    pub stop: &'a CancelToken,
    /// Has the work looked at again, from wherever.
    pub alarm: &'a Alarm,
    pub(super) noted: &'a Mutex<Vec<Failure>>,
}

impl Desk<'_> {
    /// Notes something that went wrong and kept nothing else from being done: it is shown with the work until its next run.
    pub fn note(&self, problem: Failure) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.push(problem);
    }
}

/// Wakes a keeper for its work; rings for nobody once the keeper is gone.
#[derive(Debug, Clone)]
pub struct Alarm(pub(super) Weak<Mutex<State>>);

impl Alarm {
    /// The work has a reason to look ([`News::Alarm`]). Returns at once; from any thread.
    pub fn ring(&self) {
        if let Some(state) = self.0.upgrade() {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.alarmed = true;
            let bell = state.bell.clone();
            drop(state);
            bell.cancel();
        }
    }
}
