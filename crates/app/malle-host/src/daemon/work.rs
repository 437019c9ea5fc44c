//! What can be done in the background of a store, as one kind of work among others.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use mapi_spi::{Call, LogEntry, Result, Store};

use super::Place;

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
}

/// Where work is done.
#[derive(Debug)]
pub struct Desk<'a> {
    /// The store in its profile.
    pub place: &'a Place,
    /// A handle of its own, closed when there is nothing more to do.
    pub store: &'a Arc<dyn Store>,
}
