//! The keeper of one store: waits for its lease, then does its background work whenever there is some.
//!
//! One thread. It sleeps in the store's own wait for the change log, or in the system's wait for the lease; requests wake it. It
//! keeps one handle to wait with; work gets another one, which is closed when the work is done, with all that it remembers.

mod due;
mod state;

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mapi_props::Code;
use mapi_spi::{Call, CancelToken, Error, OpenMode, Progress, ProgressEvent, Result, Role, Store};

use super::{Desk, News, Place, Work};
use crate::control::{Failure, LeaseRow, LeaseState, WorkState};
use crate::lease::{Card, Lease};
use due::Dues;
use state::State;

/// Before what failed is tried again, the first and the last time.
const FIRST_PAUSE: Duration = Duration::from_secs(15);
const LAST_PAUSE: Duration = Duration::from_secs(15 * 60);
/// Before work that somebody stopped is begun again by itself.
const AFTER_CANCEL: Duration = Duration::from_secs(10 * 60);
/// Entries of the change log that are read at once.
const ENTRIES: usize = 256;

/// The background work of one store.
#[derive(Debug)]
pub struct Keeper {
    place: Place,
    works: Vec<Arc<dyn Work>>,
    card: Card,
    /// Ends everything.
    stop: CancelToken,
    state: Mutex<State>,
}

impl Keeper {
    /// A keeper that does nothing yet, for a process that shows `card`; it ends when `stop` is cancelled.
    #[must_use]
    pub fn new(place: Place, works: Vec<Arc<dyn Work>>, card: Card, stop: CancelToken) -> Self {
        let state = State::new(&works, &stop);
        Self {
            place,
            works,
            card,
            stop,
            state: Mutex::new(state),
        }
    }

    /// Which store.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Its row of the status.
    #[must_use]
    pub fn row(&self) -> LeaseRow {
        self.state().row(&self.place)
    }

    /// Has everything done that there is to do. What is received, when it is done, is what failed.
    #[must_use]
    pub fn flush(&self) -> Receiver<Vec<Failure>> {
        let (done, wait) = channel();
        let mut state = self.state();
        if state.phase() == LeaseState::Holding {
            state.asked.push(done);
            let bell = state.bell.clone();
            drop(state);
            bell.cancel();
        } else {
            let _nobody_waits = done.send(state.not_holding(&self.place));
        }
        wait
    }

    /// Stops the work at hand; it is taken up again later.
    pub fn cancel(&self) {
        let round = self.state().round.clone();
        round.cancel();
    }

    /// Asks the store whether it answers.
    ///
    /// # Errors
    /// Those of opening it and reading its root folder.
    pub fn validate(&self, call: &Call) -> Result<()> {
        let store = self.place.open(OpenMode::ReadOnly, call)?;
        store.folder(store.info().root, call).map(drop)
    }

    /// Ends [`Self::keep`], soon.
    pub fn end(&self) {
        self.stop.cancel();
    }

    /// Keeps the store until it is ended: waits for the lease, works, and begins again after whatever goes wrong.
    pub fn keep(&self) {
        let mut pause = FIRST_PAUSE;
        while !self.stop.is_cancelled() {
            let began = Instant::now();
            let Err(error) = self.tenure() else {
                return;
            };
            if self.stop.is_cancelled() {
                return;
            }
            let (profile, letter) = (self.place.profile(), self.place.letter());
            tracing::warn!(profile, letter, code = %error.code(), %error, "background work");
            if error.code() == Code::END_OF_SESSION {
                continue;
            }
            if began.elapsed() > LAST_PAUSE {
                pause = FIRST_PAUSE;
            }
            self.state().fail(failure("", &error));
            let bell = self.rearm();
            sleep(&bell, pause);
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    /// Does the work once under a lease in hand, and says what failed.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION` when the lease was lost; `MAPI_E_USER_CANCEL`.
    pub fn once(&self, lease: &Lease, call: &Call) -> Result<Vec<Failure>> {
        self.state().hold(lease.epoch());
        let mut dues = Dues::of(&self.works);
        dues.hear(&self.works, &News::Asked);
        self.round(&mut dues, lease, call)?;
        call.check()?;
        Ok(self.state().problems())
    }

    /// From waiting for the lease to its end. An end without error is final.
    fn tenure(&self) -> Result<()> {
        self.state().enter(LeaseState::Opening);
        let call = Call {
            cancel: self.stop.clone(),
            ..Call::default()
        };
        if !self.place.is_there() {
            self.state().enter(LeaseState::Unneeded);
            return Ok(());
        }
        let store = self.place.open(OpenMode::ReadWrite, &call)?;
        let info = store.info();
        self.state().knows(info.uid);
        let shared = store.lease_file(Role::Keeper).is_some();
        if !(info.capabilities.write && shared) {
            self.state().enter(LeaseState::Unneeded);
            return Ok(());
        }
        let lease = self.take(store.as_ref(), &call)?;
        let (profile, letter) = (self.place.profile(), self.place.letter());
        let epoch = lease.epoch().number;
        tracing::info!(profile, letter, epoch, "holds the lease");
        self.state().hold(lease.epoch());
        self.hold(store.as_ref(), &lease, &call)
    }

    fn take(&self, store: &dyn Store, call: &Call) -> Result<Lease> {
        if let Some(lease) = Lease::try_take(store, Role::Keeper, &self.card, call)? {
            return Ok(lease);
        }
        self.state().enter(LeaseState::Waiting);
        Lease::wait(store, Role::Keeper, &self.card, call)
    }

    /// Works and waits by turns.
    fn hold(&self, store: &dyn Store, lease: &Lease, call: &Call) -> Result<()> {
        let mut dues = Dues::of(&self.works);
        let mut seen = store.log(0, None, 0, call)?.last;
        dues.hear(&self.works, &News::Begun);
        loop {
            let asked = std::mem::take(&mut self.state().asked);
            if !asked.is_empty() {
                dues.hear(&self.works, &News::Asked);
            }
            self.round(&mut dues, lease, call)?;
            if self.stop.is_cancelled() {
                return Ok(());
            }
            let problems = self.state().problems();
            for done in asked {
                let _nobody_waits = done.send(problems.clone());
            }
            let bell = self.rearm();
            // Asked in between: the bell that was rung then is not the one that is waited for.
            if self.state().asked.is_empty() {
                self.await_news(store, &mut seen, &mut dues, bell)?;
            }
        }
    }

    /// Does what is due, while the profile is in use.
    fn round(&self, dues: &mut Dues, lease: &Lease, call: &Call) -> Result<()> {
        if !dues.any() {
            return Ok(());
        }
        let in_use = self.place.host().use_profile(self.place.profile())?;
        let worked = self.work(dues, lease, call);
        drop(in_use);
        self.place.settle();
        worked
    }

    /// One kind of work after the other.
    fn work(&self, dues: &mut Dues, lease: &Lease, call: &Call) -> Result<()> {
        let cancel = call.cancel.child();
        self.state().round = cancel.clone();
        let store = self.place.open(OpenMode::ReadWrite, call)?;
        if store.info().uid != lease.epoch().store {
            let detail = "another store lies in the place of the one that was kept";
            return Err(Error::new(Code::END_OF_SESSION, detail));
        }
        for (n, work) in self.works.iter().enumerate() {
            if !dues.take(n) {
                continue;
            }
            self.state().begin(n);
            let call = Call {
                cancel: cancel.clone(),
                progress: Some(Arc::new(Meter(
                    self.state().meter(n),
                    call.progress.clone(),
                ))),
                ..lease.call(call)
            };
            let desk = Desk {
                place: &self.place,
                store: &store,
            };
            let done = work.run(&desk, &call);
            self.settle(n, done, dues)?;
            if call.cancel.is_cancelled() {
                dues.postpone(AFTER_CANCEL);
                break;
            }
        }
        self.state().settle_rest(dues);
        Ok(())
    }

    /// Notes what came of work; an error is one that ends the lease.
    fn settle(&self, n: usize, done: Result<Option<Duration>>, dues: &mut Dues) -> Result<()> {
        let (state, problem, next) = match done {
            Ok(next) => {
                dues.went_well(n);
                (WorkState::Idle, None, next)
            }
            Err(e) if e.code() == Code::END_OF_SESSION => return Err(e),
            Err(e) if e.code() == Code::USER_CANCEL => {
                (WorkState::Cancelled, None, Some(AFTER_CANCEL))
            }
            Err(e) => {
                let work = self.works.get(n).map_or("", |work| work.name());
                let (profile, letter) = (self.place.profile(), self.place.letter());
                tracing::warn!(profile, letter, work, code = %e.code(), error = %e, "work failed");
                let pause = dues.failed(n);
                (WorkState::Failed, Some(failure(work, &e)), Some(pause))
            }
        };
        dues.again(n, next);
        self.state().end(n, state, problem, next);
        Ok(())
    }

    /// Sleeps until something happens in the store, somebody asks, or work is due by time.
    fn await_news(
        &self,
        store: &dyn Store,
        seen: &mut u64,
        dues: &mut Dues,
        bell: CancelToken,
    ) -> Result<()> {
        let waiting = Call {
            cancel: bell,
            deadline: dues.next(),
            ..Call::default()
        };
        match store.wait(*seen, &waiting) {
            Err(e) if !matches!(e.code(), Code::TIMEOUT | Code::USER_CANCEL) => return Err(e),
            _ => dues.look_at_clock(),
        }
        let call = Call::default();
        loop {
            let page = store.log(*seen, None, ENTRIES, &call)?;
            if page.lost {
                dues.hear(&self.works, &News::Lost);
            }
            let whole = page.entries.len() < ENTRIES;
            let last = page.entries.last().map(|entry| entry.seq);
            *seen = if whole {
                page.last
            } else {
                last.unwrap_or(page.last)
            };
            dues.hear(&self.works, &News::Entries(&page.entries));
            if whole {
                return Ok(());
            }
        }
    }

    /// The bell that requests ring from now on.
    fn rearm(&self) -> CancelToken {
        let bell = self.stop.child();
        self.state().bell = bell.clone();
        bell
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes how far work is, and tells whoever listens here.
struct Meter(Arc<Mutex<Option<ProgressEvent>>>, Option<Arc<dyn Progress>>);

impl Progress for Meter {
    fn report(&self, event: ProgressEvent) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(event);
        if let Some(also) = &self.1 {
            also.report(event);
        }
    }
}

/// An error as status shows it.
pub(super) fn failure(about: &str, error: &Error) -> Failure {
    Failure {
        about: about.to_owned(),
        code: error.code().to_string(),
        message: crate::reason(error),
    }
}

/// Sleeps until the time is over or the bell rings.
fn sleep(bell: &CancelToken, time: Duration) {
    let (ring, rung) = channel();
    let _registered = bell.on_cancel(move || {
        let _awake_already = ring.send(());
    });
    if bell.is_cancelled() {
        return;
    }
    match rung.recv_timeout(time) {
        Ok(()) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
    }
}
