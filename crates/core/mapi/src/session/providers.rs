//! All providers of a session, in the order of the profile, and the threads that start them.
//! Reference: "Logging On to MAPI", "Status Tables" (requirements SES-06, SES-10, ST-01)

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::thread::Builder;
use std::time::{Duration, Instant};

use mapi_props::Code;
use mapi_spi::{Call, CancelToken};

use super::notices::Notices;
use super::provider::{Provider, Standing};
use crate::advise::Dispatcher;
use crate::context::LastError;
use crate::host::{ProfileProvider, ProfileService};
use crate::table::Bell;

/// How long a session that ends waits for providers that are still starting; they have been told to stop.
const LINGER: Duration = Duration::from_secs(1);

/// The providers of a session.
#[derive(Default)]
pub(crate) struct Providers {
    all: RwLock<Vec<Arc<Provider>>>,
    last_number: AtomicU64,
    starting: Arc<Starting>,
    signals: Arc<Signals>,
    /// They stop what is still starting when the session ends.
    stops: Mutex<Vec<CancelToken>>,
    ended: AtomicBool,
}

/// How many threads are starting providers.
#[derive(Debug, Default)]
struct Starting {
    running: Mutex<usize>,
    /// Rung whenever a provider has started or failed.
    news: Condvar,
}

/// What providers of a session let others know of. They keep nothing else of it.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    /// Tells status tables that they show something else, once somebody asked to be told.
    bell: OnceLock<Arc<Bell>>,
    /// What transports tell the spooler.
    pub(crate) notices: Notices,
}

impl Signals {
    pub(crate) fn ring(&self) {
        if let Some(bell) = self.bell.get() {
            bell.ring();
        }
    }
}

impl fmt::Debug for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Providers")
            .field("all", &self.all().len())
            .finish_non_exhaustive()
    }
}

impl Providers {
    /// All of them, in the order of the profile.
    pub(crate) fn all(&self) -> Vec<Arc<Provider>> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        all.clone()
    }

    pub(crate) fn find(&self, is_it: impl Fn(&Provider) -> bool) -> Option<Arc<Provider>> {
        self.all().into_iter().find(|p| is_it(p))
    }

    /// A provider with a number of its own. It has no row yet.
    pub(super) fn make(
        &self,
        service: &ProfileService,
        provider: &ProfileProvider,
    ) -> Arc<Provider> {
        let number = self.last_number.fetch_add(1, Ordering::AcqRel) + 1;
        Arc::new(Provider::new(number, service, provider))
    }

    /// Gives a provider a row in the status table.
    pub(super) fn list(&self, provider: &Arc<Provider>) {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let known = all.iter().any(|p| Arc::ptr_eq(p, provider));
        if !known {
            all.push(Arc::clone(provider));
            all.sort_by_key(|p| p.number);
        }
        drop(all);
        self.signals.ring();
    }

    /// Takes a provider out of the status table.
    pub(super) fn remove(&self, number: u64) {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|p| p.number != number);
        drop(all);
        self.signals.ring();
    }

    pub(crate) fn signals(&self) -> &Arc<Signals> {
        &self.signals
    }

    /// What tells status tables of changes.
    pub(crate) fn bell(&self, dispatcher: &Arc<Dispatcher>) -> &Arc<Bell> {
        let new = || Arc::new(Bell::new(Arc::clone(dispatcher)));
        self.signals.bell.get_or_init(new)
    }

    /// A row shows something else.
    pub(crate) fn changed(&self) {
        self.signals.ring();
    }

    /// A provider stands otherwise from now on. What comes when the session has ended is ended too.
    pub(super) fn stands(&self, provider: &Provider, standing: Standing) {
        // Under the lock of whoever waits, who would miss it otherwise.
        let running = self.starting.lock();
        let too_late = if self.ended.load(Ordering::Acquire) {
            provider.stands(Standing::Waiting);
            Some(standing)
        } else {
            provider.stands(standing);
            None
        };
        self.starting.news.notify_all();
        drop(running);
        match too_late {
            Some(standing) => end(&standing),
            None => self.signals.ring(),
        }
    }

    /// Starts a provider on a thread: `start` is to leave it standing somehow, and to keep nothing of the session. It runs
    /// under a call that stops with `call`, and when the session ends.
    pub(super) fn start(
        &self,
        provider: &Arc<Provider>,
        call: &Call,
        start: impl FnOnce(&Arc<Provider>, &Call) + Send + 'static,
    ) {
        let call = Call {
            cancel: call.cancel.child(),
            ..call.clone()
        };
        self.stops().push(call.cancel.clone());
        self.stands(provider, Standing::Starting);
        let running = Running::one_more(&self.starting);
        let mine = Arc::clone(provider);
        let thread = move || {
            start(&mine, &call);
            drop(running);
        };
        let named = Builder::new().name("malle-provider".to_owned());
        if let Err(e) = named.spawn(thread) {
            let error = LastError {
                code: Code::NOT_ENOUGH_RESOURCES,
                detail: format!("no thread to start it on: {e}"),
            };
            self.stands(provider, Standing::Failed(error));
        }
    }

    fn stops(&self) -> MutexGuard<'_, Vec<CancelToken>> {
        self.stops.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until this holds, looking whenever a provider has started or failed; no if it does not in the end. It ends when
    /// `call` does, and at `until`.
    pub(super) fn wait(
        &self,
        call: &Call,
        until: Option<Instant>,
        holds: impl Fn() -> bool,
    ) -> bool {
        let starting = Arc::clone(&self.starting);
        let _woken = call.cancel.on_cancel(move || {
            drop(starting.lock());
            starting.news.notify_all();
        });
        let until = [until, call.deadline].into_iter().flatten().min();
        let mut running = self.starting.lock();
        loop {
            if holds() {
                return true;
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) || call.cancel.is_cancelled() {
                return false;
            }
            running = match left {
                Some(left) => self.starting.wait_for(running, left),
                None => self.starting.wait(running),
            };
        }
    }

    /// Waits for a provider that is late: until it has started or failed, or the call ends.
    pub(super) fn await_late(&self, provider: &Provider, call: &Call) {
        self.wait(call, None, || !is_late(provider));
    }

    /// Waits for all that are late, but not for long.
    pub(super) fn await_all_late(&self, call: &Call) {
        let until = Instant::now() + LINGER;
        self.wait(call, Some(until), || !self.all().iter().any(|p| is_late(p)));
    }

    /// Waits for those that somebody else is starting, but not for long; who is late already is not waited for.
    pub(super) fn await_starting(&self, call: &Call) {
        let until = Instant::now() + LINGER;
        let starting = |p: &Arc<Provider>| matches!(p.standing(), Standing::Starting);
        self.wait(call, Some(until), || !self.all().iter().any(starting));
    }

    /// Logs a transport off that works; it can be started again.
    pub(super) fn log_off(&self, transport: &Provider) {
        let before = transport.standing();
        self.stands(transport, Standing::Waiting);
        end(&before);
    }

    /// The session ends: what is still starting is stopped, and waited for if it listens.
    pub(super) fn end(&self) {
        self.stops().iter().for_each(CancelToken::cancel);
        let until = Instant::now() + LINGER;
        let starting = &self.starting;
        let mut running = starting.lock();
        self.ended.store(true, Ordering::Release);
        while *running > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            running = starting.wait_for(running, left);
        }
        drop(running);
        for provider in self.all() {
            end(&provider.standing());
            provider.stands(Standing::Waiting);
        }
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let gone = std::mem::take(&mut *all);
        drop(all);
        drop(gone);
        self.signals.notices.tell(None);
    }
}

/// Logs a transport off. One that does not come back from that is left behind.
fn end(standing: &Standing) {
    let Standing::Transport(active) = standing else {
        return;
    };
    let (say, ended) = std::sync::mpsc::channel();
    let active = Arc::clone(active);
    let logoff = move || {
        // It ends anyway, whatever it says.
        let _ended = super::caught("a transport", || {
            active.transport.logoff();
            Ok(())
        });
        drop(active);
        // Nobody may wait any more.
        let _heard = say.send(());
    };
    let name = "transport-logoff".to_owned();
    if std::thread::Builder::new().name(name).spawn(logoff).is_ok() {
        let _in_time = ended.recv_timeout(LINGER);
    }
}

fn is_late(provider: &Provider) -> bool {
    matches!(provider.standing(), Standing::Late | Standing::Starting)
}

/// One thread that starts a provider, until it is dropped; also by a panic.
struct Running(Arc<Starting>);

impl Running {
    fn one_more(starting: &Arc<Starting>) -> Self {
        *starting.lock() += 1;
        Self(Arc::clone(starting))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        *self.0.lock() -= 1;
        self.0.news.notify_all();
    }
}

impl Starting {
    fn lock(&self) -> MutexGuard<'_, usize> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, running: MutexGuard<'a, usize>) -> MutexGuard<'a, usize> {
        let woken = self.news.wait(running);
        woken.unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for<'a>(
        &self,
        running: MutexGuard<'a, usize>,
        left: Duration,
    ) -> MutexGuard<'a, usize> {
        let woken = self.news.wait_timeout(running, left);
        woken.unwrap_or_else(PoisonError::into_inner).0
    }
}
