//! Answers questions for a process that keeps stores.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mapi_spi::{Call, Role};

use super::keeper::failure;
use super::{Errand, Keeper, MailDone, Order};
use crate::control::{
    Answers, Failure, LeaseRow, LeaseState, Moment, Reply, Report, Request, WorkRow, WorkState,
};

/// [`Failure::code`] of what was left undone because the lease was given up; the next holder may be asked.
pub(super) const ENDED: &str = "ended";
/// The same where the lease was not held at all.
pub(super) const NOT_HOLDER: &str = "not-holder";
/// How often somebody who waits is told that work goes on.
const STILL: Duration = Duration::from_secs(1);

/// What a process knows of what it keeps.
#[derive(Debug)]
pub struct Clerk {
    program: String,
    since: Moment,
    standby: AtomicBool,
    keepers: Mutex<Vec<Arc<Keeper>>>,
    failures: Mutex<Vec<Failure>>,
    /// Where orders go; none for a process that takes none.
    orders: Option<Mutex<Sender<Order>>>,
}

impl Clerk {
    /// Of a process that shows itself as `program` and keeps nothing yet.
    #[must_use]
    pub fn new(program: &str, orders: Option<Sender<Order>>) -> Self {
        Self {
            program: program.to_owned(),
            since: Moment::now(),
            standby: AtomicBool::new(false),
            keepers: Mutex::default(),
            failures: Mutex::default(),
            orders: orders.map(Mutex::new),
        }
    }

    /// These are kept from now on.
    pub fn keeps(&self, keepers: Vec<Arc<Keeper>>, failures: Vec<Failure>) {
        *self.keepers() = keepers;
        *lock(&self.failures) = failures;
    }

    pub(super) fn set_standby(&self, waits: bool) {
        self.standby.store(waits, Ordering::SeqCst);
    }

    fn keepers(&self) -> MutexGuard<'_, Vec<Arc<Keeper>>> {
        lock(&self.keepers)
    }

    /// What this process does.
    #[must_use]
    pub fn report(&self) -> Report {
        let rows = |keepers: &[Arc<Keeper>]| keepers.iter().map(|k| k.row()).collect();
        Report {
            pid: std::process::id(),
            program: self.program.clone(),
            since: self.since,
            asked: Moment::now(),
            standby: self.standby.load(Ordering::SeqCst),
            leases: rows(&self.keepers()),
            failures: lock(&self.failures).clone(),
        }
    }

    /// The keepers of a store, or all.
    fn of(&self, store: Option<&str>) -> Vec<Arc<Keeper>> {
        let mine = |row: &LeaseRow| match store {
            Some(store) => row.store.as_deref() == Some(store),
            None => row.state != LeaseState::Unneeded,
        };
        let all = self.keepers();
        all.iter().filter(|k| mine(&k.row())).cloned().collect()
    }

    /// Those of them that have this role.
    fn with(&self, role: Role, store: Option<&str>) -> Vec<Arc<Keeper>> {
        let mut keepers = self.of(store);
        keepers.retain(|keeper| keeper.role() == role);
        keepers
    }

    /// Has spoolers do something, and tells when all of them have.
    fn mail(&self, spoolers: &[Arc<Keeper>], errand: &Errand, reply: &mut Tell<'_>) {
        let begun: Vec<_> = spoolers.iter().map(|k| k.mail(errand.clone())).collect();
        let mut all = MailDone::default();
        for (keeper, done) in spoolers.iter().zip(begun) {
            match until_done(&done, || working(&keeper.row()), reply) {
                Some(Ok(done)) => {
                    all.tally = all.tally.and(done.tally);
                    all.problems.extend(done.problems);
                }
                Some(Err(ended)) => all.problems.push(ended),
                None => return,
            }
        }
        let _nobody_listens = reply(Reply::Done {
            problems: all.problems,
            mail: Some(all.tally),
        });
    }

    /// The same for a question that may be none.
    fn errand(
        &self,
        spoolers: &[Arc<Keeper>],
        errand: mapi_spi::Result<Errand>,
        reply: &mut Tell<'_>,
    ) {
        match errand {
            Ok(errand) => self.mail(spoolers, &errand, reply),
            Err(error) => {
                let _nobody_listens = reply(Reply::Failed(Failure {
                    about: String::new(),
                    code: "bad-question".to_owned(),
                    message: error.to_string(),
                }));
            }
        }
    }

    /// What comes for spoolers.
    fn for_spoolers(&self, request: &Request, reply: &mut Tell<'_>) {
        match request {
            Request::Spool { store, wanted } => {
                let spoolers = self.with(Role::Spooler, store.as_deref());
                self.errand(&spoolers, Errand::round(wanted), reply);
            }
            Request::Outbox {
                store,
                order,
                items,
            } => {
                let spoolers = self.with(Role::Spooler, Some(store));
                self.errand(&spoolers, Ok(Errand::order(*order, items)), reply);
            }
            Request::Transports {
                profile,
                transport,
                flags,
            } => {
                let mut spoolers = self.with(Role::Spooler, None);
                let holds = |k: &Arc<Keeper>| k.row().state == LeaseState::Holding;
                spoolers.retain(|k| k.place().profile() == profile && holds(k));
                let errand = Errand::validate(transport.as_deref(), *flags);
                self.errand(&spoolers, errand, reply);
            }
            _ => {}
        }
    }

    fn flush(&self, store: Option<&str>, reply: &mut Tell<'_>) {
        let keepers = self.with(Role::Keeper, store);
        let mut problems = Vec::new();
        for (keeper, done) in keepers.iter().map(|k| (k, k.flush())).collect::<Vec<_>>() {
            match until_done(&done, || working(&keeper.row()), reply) {
                Some(Ok(failed)) => problems.extend(failed),
                Some(Err(ended)) => problems.push(ended),
                // Nobody listens any more; the work goes on.
                None => return,
            }
        }
        let _nobody_listens = reply(Reply::done(problems));
    }

    fn validate(&self, store: Option<&str>, reply: &mut Tell<'_>) {
        let ask = |keeper: Arc<Keeper>| {
            let place = keeper.place();
            let about = format!("{}/{}", place.profile(), place.letter());
            let asked = keeper.validate(&Call::default());
            asked.err().map(|error| failure(&about, &error))
        };
        let keepers = self.with(Role::Keeper, store).into_iter();
        let _nobody_listens = reply(Reply::done(keepers.filter_map(ask).collect()));
    }

    fn order(&self, order: impl FnOnce(Sender<Vec<Failure>>) -> Order, reply: &mut Tell<'_>) {
        let (done, wait) = channel();
        let sent = self.orders.as_ref().map(|to| lock(to).send(order(done)));
        let Some(Ok(())) = sent else {
            let _nobody_listens = reply(Reply::Failed(Failure {
                about: String::new(),
                code: "no-daemon".to_owned(),
                message: "this process is not the daemon".to_owned(),
            }));
            return;
        };
        if let Some(done) = until_done(&wait, || None, reply) {
            let problems = done.unwrap_or_else(|ended| vec![ended]);
            let _nobody_listens = reply(Reply::done(problems));
        }
    }
}

impl Answers for Clerk {
    fn answer(&self, request: Request, reply: &mut dyn FnMut(Reply) -> bool) {
        match request {
            Request::Status => {
                let _nobody_listens = reply(Reply::Status(Box::new(self.report())));
                return;
            }
            // At once, so that whoever asks knows that there is somebody.
            _ if !reply(Reply::Working { work: None }) => return,
            _ => tracing::debug!(?request, "asked"),
        }
        match request {
            Request::Status => {}
            Request::Flush { store } => self.flush(store.as_deref(), reply),
            Request::Validate { store } => self.validate(store.as_deref(), reply),
            Request::Cancel { store } => {
                self.of(store.as_deref()).iter().for_each(|k| k.cancel());
                let _nobody_listens = reply(Reply::done(Vec::new()));
            }
            Request::Spool { .. } | Request::Outbox { .. } | Request::Transports { .. } => {
                self.for_spoolers(&request, reply);
            }
            Request::Reload => self.order(|done| Order::Reload(Some(done)), reply),
            Request::Stop => self.order(
                |done| {
                    let _it_waits = done.send(Vec::new());
                    Order::Stop
                },
                reply,
            ),
        }
    }
}

/// Where answers go; it says whether anybody still listens.
type Tell<'a> = dyn FnMut(Reply) -> bool + 'a;

/// Waits for the end of something, saying every second that it goes on; `None` when nobody listens any more.
fn until_done<T>(
    done: &Receiver<T>,
    at: impl Fn() -> Option<WorkRow>,
    reply: &mut Tell<'_>,
) -> Option<Result<T, Failure>> {
    loop {
        match done.recv_timeout(STILL) {
            Ok(done) => return Some(Ok(done)),
            // The keeper ended: what there was to do is left to the next holder.
            Err(RecvTimeoutError::Disconnected) => {
                return Some(Err(Failure {
                    about: String::new(),
                    code: ENDED.to_owned(),
                    message: "the work was not ended: this process ends".to_owned(),
                }));
            }
            Err(RecvTimeoutError::Timeout) => {
                if !reply(Reply::Working { work: at() }) {
                    return None;
                }
            }
        }
    }
}

fn working(row: &LeaseRow) -> Option<WorkRow> {
    let mut works = row.works.iter();
    works.find(|w| w.state == WorkState::Working).cloned()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
