//! What every call carries: cancellation, a deadline, a place to report progress, the lease it writes under.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use mapi_props::{Code, Guid};

use crate::{Epoch, Error, Progress, ProgressEvent, Result, Share};

/// The context of one call. Cheap to clone; `Call::default()` never cancels and never times out.
#[derive(Clone, Default)]
pub struct Call {
    /// Set from elsewhere to stop the call.
    pub cancel: CancelToken,
    /// When the caller stops waiting. A provider with a wire waits no longer than this.
    pub deadline: Option<Instant>,
    /// Told how far a long call is.
    pub progress: Option<Arc<dyn Progress>>,
    /// The lease under which the call writes: every transaction of that store checks it first, and is refused with
    /// `MAPI_E_END_OF_SESSION` once another process holds the role. None for clients.
    pub epoch: Option<Epoch>,
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

    /// The lease under which it writes in this store, if any.
    #[must_use]
    pub fn epoch_in(&self, store: Guid) -> Option<&Epoch> {
        self.epoch.as_ref().filter(|epoch| epoch.store == store)
    }

    /// Reports progress, if anybody listens.
    pub fn report(&self, done: u64, total: Option<u64>) {
        if let Some(p) = &self.progress {
            p.report(ProgressEvent { done, total });
        }
    }

    /// Who is told how far it is.
    #[must_use]
    pub fn share(&self) -> Share {
        Share::of(self.progress.clone())
    }

    /// The same call for one item of it, the one that comes after `done` of `total`: what it reports is inside of that.
    #[must_use]
    pub fn item(&self, done: u64, total: Option<u64>) -> Self {
        Self {
            progress: self.share().item(done, total).progress(),
            ..self.clone()
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("cancelled", &self.cancel.is_cancelled())
            .field("deadline", &self.deadline)
            .field("epoch", &self.epoch)
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
    wakers: Wakers,
}

/// What is to be called when a switch is set.
#[derive(Default)]
struct Wakers(Mutex<Vec<Waker>>);

type Waker = Arc<dyn Fn() + Send + Sync>;

impl Wakers {
    fn lock(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Wakers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.lock().len())
    }
}

impl CancelToken {
    /// A switch of its own that this one sets too: for work which is stopped with the call that began it, and also alone.
    #[must_use]
    pub fn child(&self) -> Self {
        Self(Arc::new(Switch {
            above: Some(self.clone()),
            ..Switch::default()
        }))
    }

    /// Stops every call that carries this token or a child of it.
    pub fn cancel(&self) {
        self.0.set.store(true, Ordering::Relaxed);
        // Whoever registers after this finds the switch set; nothing is called under the lock.
        let wakers = self.0.wakers.lock().clone();
        wakers.iter().for_each(|wake| wake());
    }

    /// Has `wake` called when this is cancelled, here or above, until what is returned is dropped: for a wait that is not to
    /// look again and again. Whoever waits looks once at [`Self::is_cancelled`] after registering, since `wake` is not
    /// called for what was before. It is called on the thread that cancels, perhaps more than once, and must return quickly.
    #[must_use = "dropping it ends the registration"]
    pub fn on_cancel(&self, wake: impl Fn() + Send + Sync + 'static) -> OnCancel {
        let wake: Waker = Arc::new(wake);
        for token in self.and_above() {
            token.0.wakers.lock().push(Arc::clone(&wake));
        }
        let token = self.clone();
        OnCancel { token, wake }
    }

    fn and_above(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |token| token.0.above.as_ref())
    }

    /// Whether [`Self::cancel`] was called, here or above.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let above = self.0.above.as_ref();
        self.0.set.load(Ordering::Relaxed) || above.is_some_and(Self::is_cancelled)
    }
}

/// A registration with a [`CancelToken`]; dropping it ends it.
pub struct OnCancel {
    token: CancelToken,
    wake: Waker,
}

impl Drop for OnCancel {
    fn drop(&mut self) {
        for token in self.token.and_above() {
            let mut wakers = token.0.wakers.lock();
            wakers.retain(|wake| !Arc::ptr_eq(wake, &self.wake));
        }
    }
}

impl fmt::Debug for OnCancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnCancel").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

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

    #[test]
    fn who_waits_is_woken_from_here_and_from_above_until_it_leaves() {
        let parent = CancelToken::default();
        let child = parent.child();
        let woken = Arc::new(AtomicUsize::new(0));
        let count = || woken.load(Ordering::SeqCst);
        let wake = || {
            let woken = Arc::clone(&woken);
            move || {
                woken.fetch_add(1, Ordering::SeqCst);
            }
        };
        let (waiting, other) = (child.on_cancel(wake()), parent.child().on_cancel(wake()));
        child.cancel();
        assert_eq!(count(), 1);
        parent.cancel();
        assert_eq!(count(), 3);
        drop((waiting, other));
        parent.cancel();
        child.cancel();
        assert_eq!(count(), 3);
        assert_eq!(Arc::strong_count(&woken), 1);
    }
}
