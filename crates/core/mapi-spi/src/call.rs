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
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Stops every call that carries this token.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether [`Self::cancel`] was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
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
