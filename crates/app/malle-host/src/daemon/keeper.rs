//! The keeper of one store: waits for a lease of it, then does the background work of that role whenever there is some.
//!
//! One thread. It sleeps in the store's own wait for the change log, or in the system's wait for the lease; requests wake it. It
//! keeps one handle to wait with; work gets another one, which is closed when the work is done, with all that it remembers.

mod due;
mod state;

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mapi_props::Code;
use mapi_spi::{Call, CancelToken, Error, OpenMode, Progress, ProgressEvent, Result, Role, Store};

use super::mail::{Errand, Mail, MailDone};
use super::{Alarm, Desk, News, Place, Work};
use crate::control::{Failure, LeaseRow, LeaseState, WorkState};
use crate::lease::{Card, Lease};
use due::Dues;
pub(super) use state::State;

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
    role: Role,
    works: Vec<Arc<dyn Work>>,
    /// Of a spooler: the work that takes errands.
    mail: Option<Arc<Mail>>,
    card: Card,
    /// Ends everything.
    stop: CancelToken,
    state: Arc<Mutex<State>>,
}

impl Keeper {
    /// A keeper that takes care of a store and does nothing yet, for a process that shows `card`; it ends when `stop` is cancelled.
    #[must_use]
    pub fn new(place: Place, works: Vec<Arc<dyn Work>>, card: Card, stop: CancelToken) -> Self {
        Self::of(place, Role::Keeper, works, None, card, stop)
    }

    /// The same for mail: it sends what is submitted in the store and, if that is the default one, receives.
    #[must_use]
    pub fn spooler(place: Place, card: Card, stop: CancelToken) -> Self {
        let mail = Arc::new(Mail::of(&place));
        let works = vec![Arc::clone(&mail) as Arc<dyn Work>];
        Self::of(place, Role::Spooler, works, Some(mail), card, stop)
    }

    fn of(
        place: Place,
        role: Role,
        works: Vec<Arc<dyn Work>>,
        mail: Option<Arc<Mail>>,
        card: Card,
        stop: CancelToken,
    ) -> Self {
        let state = Arc::new(Mutex::new(State::new(&works, &stop)));
        Self {
            place,
            role,
            works,
            mail,
            card,
            stop,
            state,
        }
    }

    /// Which store.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Which of the store's leases it holds, or waits for.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Whether it goes on for this place as it is: a spooler also hangs on the transports.
    #[must_use]
    pub fn is_for(&self, place: &Place, role: Role) -> bool {
        let same = self.role == role && self.place == *place;
        same && (role == Role::Keeper || self.place.has_transports_of(place))
    }

    /// Its row of the status.
    #[must_use]
    pub fn row(&self) -> LeaseRow {
        self.state().row(&self.place, self.role)
    }

    /// Has a spooler do something. What is received, when it is done, is what came of it; nothing, if the lease was lost.
    #[must_use]
    pub fn mail(&self, errand: Errand) -> Receiver<MailDone> {
        let (done, wait) = channel();
        let mut state = self.state();
        match &self.mail {
            Some(mail) if state.phase() == LeaseState::Holding => {
                mail.leave_errand(errand, done);
                state.called = true;
                let bell = state.bell.clone();
                drop(state);
                bell.cancel();
            }
            _ => {
                let problems = state.not_holding(&self.place);
                let _nobody_waits = done.send(MailDone::failed(problems));
            }
        }
        wait
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

    /// Does the work once under a lease in hand, with what others ask for meanwhile, and says what failed.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION` when the lease was lost; `MAPI_E_USER_CANCEL`.
    pub fn once(&self, lease: &Lease, call: &Call) -> Result<Vec<Failure>> {
        self.state().hold(lease.epoch());
        let done = self.until_nobody_asks(lease, call);
        self.leave();
        done?;
        call.check()?;
        Ok(self.state().problems())
    }

    /// Runs one errand under a lease in hand.
    ///
    /// # Errors
    /// As [`Self::once`]; what else goes wrong is told in what came of it.
    pub fn mail_once(&self, errand: Errand, lease: &Lease, call: &Call) -> Result<MailDone> {
        self.state().hold(lease.epoch());
        let wait = self.mail(errand);
        let problems = self.once(lease, call)?;
        Ok(wait
            .try_recv()
            .unwrap_or_else(|_| MailDone::failed(problems)))
    }

    fn until_nobody_asks(&self, lease: &Lease, call: &Call) -> Result<()> {
        let mut dues = Dues::of(&self.works);
        loop {
            let asked = self.hear_askers();
            dues.hear(&self.works, &News::Asked);
            self.round(&mut dues, lease, call)?;
            self.answer(asked);
            let mut state = self.state();
            if (state.asked.is_empty() && !state.called) || call.check().is_err() {
                // What comes from now on is asked of somebody else.
                state.enter(LeaseState::Waiting);
                return Ok(());
            }
        }
    }

    /// Who waits for everything to be done.
    fn hear_askers(&self) -> Vec<Sender<Vec<Failure>>> {
        let mut state = self.state();
        state.called = false;
        std::mem::take(&mut state.asked)
    }

    fn answer(&self, asked: Vec<Sender<Vec<Failure>>>) {
        let problems = self.state().problems();
        for done in asked {
            let _nobody_waits = done.send(problems.clone());
        }
    }

    fn leave(&self) {
        self.works.iter().for_each(|work| work.leave());
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
        let shared = store.lease_file(self.role).is_some();
        let wanted = self.mail.is_none() || info.capabilities.submit;
        if !(info.capabilities.write && shared && wanted) {
            self.state().enter(LeaseState::Unneeded);
            return Ok(());
        }
        if self.mail.is_some() && !self.place.has_transports() {
            self.state().enter(LeaseState::Unneeded);
            until_queued(store.as_ref(), &call)?;
        }
        let lease = self.take(store.as_ref(), &call)?;
        let (profile, letter) = (self.place.profile(), self.place.letter());
        let epoch = lease.epoch().number;
        tracing::info!(profile, letter, epoch, "holds the lease");
        self.state().hold(lease.epoch());
        let held = self.hold(store.as_ref(), &lease, &call);
        // What works under the lease ends before the lease does.
        self.leave();
        held
    }

    fn take(&self, store: &dyn Store, call: &Call) -> Result<Lease> {
        if let Some(lease) = Lease::try_take(store, self.role, &self.card, call)? {
            return Ok(lease);
        }
        self.state().enter(LeaseState::Waiting);
        Lease::wait(store, self.role, &self.card, call)
    }

    /// Works and waits by turns.
    fn hold(&self, store: &dyn Store, lease: &Lease, call: &Call) -> Result<()> {
        let mut dues = Dues::of(&self.works);
        let mut seen = store.log(0, None, 0, call)?.last;
        dues.hear(&self.works, &News::Begun);
        loop {
            let alarmed = std::mem::take(&mut self.state().alarmed);
            let called = self.state().called;
            let asked = self.hear_askers();
            if called || !asked.is_empty() {
                dues.hear(&self.works, &News::Asked);
            }
            if alarmed {
                dues.hear(&self.works, &News::Alarm);
            }
            let stopped = self.round(&mut dues, lease, call)?;
            if self.stop.is_cancelled() {
                return Ok(());
            }
            if stopped {
                // What came until then is part of what somebody stopped.
                self.hear_news(store, &mut seen, &mut dues)?;
                self.state().alarmed = false;
                dues.postpone(AFTER_CANCEL);
            }
            self.state().settle_rest(&dues);
            self.answer(asked);
            let bell = self.rearm();
            // Asked in between: the bell that was rung then is not the one that is waited for.
            let quiet = {
                let state = self.state();
                state.asked.is_empty() && !state.called && !state.alarmed
            };
            if quiet {
                self.await_news(store, &mut seen, &mut dues, bell)?;
            }
        }
    }

    /// Does what is due, while the profile is in use. Whether somebody stopped it.
    fn round(&self, dues: &mut Dues, lease: &Lease, call: &Call) -> Result<bool> {
        if !dues.any() {
            return Ok(false);
        }
        let in_use = self.place.host().use_profile(self.place.profile())?;
        let worked = self.work(dues, lease, call);
        drop(in_use);
        self.place.settle();
        worked
    }

    /// One kind of work after the other, until somebody stops them.
    fn work(&self, dues: &mut Dues, lease: &Lease, call: &Call) -> Result<bool> {
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
            let noted = Mutex::default();
            let desk = Desk {
                place: &self.place,
                store: &store,
                stop: &self.stop,
                alarm: &Alarm(Arc::downgrade(&self.state)),
                noted: &noted,
            };
            let done = work.run(&desk, &call);
            let noted = noted.into_inner().unwrap_or_else(PoisonError::into_inner);
            self.settle(n, done, noted, dues)?;
            if cancel.is_cancelled() {
                break;
            }
        }
        Ok(cancel.is_cancelled())
    }

    /// Notes what came of work; an error is one that ends the lease.
    fn settle(
        &self,
        n: usize,
        done: Result<Option<Duration>>,
        noted: Vec<Failure>,
        dues: &mut Dues,
    ) -> Result<()> {
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
        self.state().end(n, state, problem, next, noted);
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
        self.hear_news(store, seen, dues)
    }

    /// Makes due what the log says until now.
    fn hear_news(&self, store: &dyn Store, seen: &mut u64, dues: &mut Dues) -> Result<()> {
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

/// Waits until something is to be sent. Where no transport takes it, its sender is to read that in the end all the same.
fn until_queued(store: &dyn Store, call: &Call) -> Result<()> {
    let mut seen = store.log(0, None, 0, call)?.last;
    while store.queue(None, 1, call)?.is_empty() {
        seen = store.wait(seen, call)?;
    }
    Ok(())
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
