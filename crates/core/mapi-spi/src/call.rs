//! What every call carries: cancellation, a deadline and a place to report progress.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use mapi_props::Code;

use crate::{Error, Result};

/// The context of one call. Cheap to clone; `Call::default()` never cancels and never times out.
#[derive(Clone, Default)]
pub struct Call {
    /// Set from elsewhere to stop the call.
    pub cancel: CancelToken,
    /// When the caller stops waiting. A provider with a wire waits no longer than this.
    pub deadline: Option<Instant>,
    /// Told how far a long call is.
    pub progress: Option<Arc<dyn Progress>>,
}

impl Call {
    /// Says whether the call may go on. Long loops ask at least every 100 ms.
    ///
    /// # Errors
    /// `MAPI_E_USER_CANCEL` once cancelled, `MAPI_E_TIMEOUT` past the deadline.
    pub fn check(&self) -> Result<()> {
        if self.cancel.is_cancelled() {
            return Err(Error::new(Code::USER_CANCEL, "cancelled"));
        }
        if self.deadline.is_some_and(|d| Instant::now() >= d) {
            return Err(Error::new(Code::TIMEOUT, "the call's deadline has passed"));
        }
        Ok(())
    }

    /// Reports progress, if anybody listens.
    pub fn report(&self, done: u64, total: Option<u64>) {
        if let Some(p) = &self.progress {
            p.report(ProgressEvent { done, total });
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("cancelled", &self.cancel.is_cancelled())
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// A switch that stops the calls which carry it. Clones share the switch.
#[derive(Debug, Clone, Default)]
pub struct CancelToken(Arc<Switch>);

#[derive(Debug, Default)]
struct Switch {
    set: AtomicBool,
    above: Option<CancelToken>,
}

impl CancelToken {
    /// A switch of its own that this one sets too: for work which is stopped with the call that began it, and also alone.
    #[must_use]
    pub fn child(&self) -> Self {
        Self(Arc::new(Switch {
            set: AtomicBool::new(false),
            above: Some(self.clone()),
        }))
    }

    /// Stops every call that carries this token or a child of it.
    pub fn cancel(&self) {
        self.0.set.store(true, Ordering::Relaxed);
    }

    /// Whether [`Self::cancel`] was called, here or above.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let above = self.0.above.as_ref();
        self.0.set.load(Ordering::Relaxed) || above.is_some_and(Self::is_cancelled)
    }
}

/// How far a long call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgressEvent {
    /// Items done.
    pub done: u64,
    /// Items in all, when known.
    pub total: Option<u64>,
}

/// Listens to progress. Called from the thread that does the work; must return quickly.
pub trait Progress: Send + Sync {
    /// Takes one report.
    fn report(&self, event: ProgressEvent);
}

#[cfg(test)]
mod tests {
    use super::CancelToken;

    #[test]
    fn a_child_stops_with_its_parent_and_alone() {
        let parent = CancelToken::default();
        let (one, other) = (parent.child(), parent.child());
        one.cancel();
        assert!(one.is_cancelled() && !other.is_cancelled() && !parent.is_cancelled());
        parent.cancel();
        assert!(other.child().is_cancelled());
    }
}
