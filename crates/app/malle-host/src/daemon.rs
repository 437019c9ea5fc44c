//! The daemon: one process that keeps the stores of profiles, and answers for them.
//!
//! For each store there are two [`Keeper`]s, each of which waits for a lease of the store and then does background work ([`Work`]):
//! one takes care of the store ([`works`]), the other is its spooler. A [`Clerk`] answers questions on the control socket. One daemon runs for a home; what it does not
//! do because it does not run, commands do themselves when they are asked to. `docs/design/daemon.md`.

mod care;
mod clerk;
mod keeper;
mod mail;
mod notify;
mod once;
mod place;
mod post;
mod signals;
mod unit;
mod work;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mapi::Host;
use mapi_spi::{Call, CancelToken, Error, Role};

pub use care::works;
pub use clerk::Clerk;
pub use keeper::Keeper;
pub use mail::{Errand, MailDone};
pub use notify::{Stage, announce};
pub use once::{Asking, Cared, care_now};
pub use place::Place;
pub use post::{Posted, daemon_sends, post_now};
pub use unit::unit;
pub use work::{Alarm, Desk, News, Work};

use crate::FileLock;
use crate::control::{Failure, Process, Server, everybody};
use crate::lease::Card;

/// What a daemon shows itself as.
pub const PROGRAM: &str = "malle daemon";
/// How long work under way may take to end when the daemon ends. What is left is done by the next holder.
const LAST_STEPS: Duration = Duration::from_millis(1500);
/// How long others may take to say who they are.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a daemon is told.
#[derive(Debug)]
pub enum Order {
    /// Read the profiles anew; what went wrong is sent back when that is done.
    Reload(Option<Sender<Vec<Failure>>>),
    /// End.
    Stop,
    /// The daemon that was waited for has ended.
    TakeOver(io::Result<FileLock>),
}

/// Why there is no daemon.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DaemonError {
    /// There is one already.
    #[error("a daemon runs already for this home{}", who(.0.as_ref()))]
    Running(Option<u32>),
    /// Its files cannot be used.
    #[error("{path}: {error}")]
    Files {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// Signals, or the profiles, cannot be had.
    #[error(transparent)]
    Start(#[from] io::Error),
}

fn who(pid: Option<&u32>) -> String {
    pid.map_or(String::new(), |pid| format!(" (process {pid})"))
}

/// How a daemon runs.
#[derive(Debug)]
pub struct Daemon {
    /// The program around it.
    pub host: Arc<dyn Host>,
    /// The home's directory for running processes.
    pub run: PathBuf,
    /// The kinds of work, in order.
    pub works: Vec<Arc<dyn Work>>,
    /// This profile alone; none: all.
    pub profile: Option<String>,
    /// Where there is a daemon already: waits until it ends.
    pub standby: bool,
}

impl Daemon {
    /// Runs until it is told to end, by a signal or by a question; `tell` hears of every stage. A stop takes two seconds at most.
    ///
    /// # Errors
    /// [`DaemonError`]. Stores that cannot be opened and profiles that cannot be read are none: they are told in the
    /// status, and tried again.
    pub fn run(&self, tell: &mut dyn FnMut(Stage)) -> Result<(), DaemonError> {
        let (orders, told) = channel();
        let lock = self.lock()?;
        signals::forward(orders.clone())?;
        let clerk = Arc::new(Clerk::new(PROGRAM, Some(orders.clone())));
        clerk.set_standby(lock.is_none());
        let server = self.listen(&clerk);
        let socket = server.as_ref().map(Server::path);
        let _lock = match lock {
            Some(lock) => lock,
            None => match self.stand_by(orders, &told)? {
                Some(lock) => lock,
                None => return Ok(()),
            },
        };
        clerk.set_standby(false);
        let mut kept = Kept::new(self, Card::of_this_process(PROGRAM, socket));
        kept.plan(&clerk);
        tell(Stage::Ready);
        for order in told {
            match order {
                Order::Stop => break,
                Order::TakeOver(_) => {}
                Order::Reload(done) => {
                    tell(Stage::Reloading);
                    let problems = kept.plan(&clerk);
                    if let Some(done) = done {
                        let _nobody_waits = done.send(problems);
                    }
                    tell(Stage::Ready);
                }
            }
        }
        tell(Stage::Stopping);
        kept.end();
        Ok(())
    }

    fn lock_file(&self) -> PathBuf {
        self.run.join("daemon.lock")
    }

    /// Being the daemon of this home; none where it is to wait for that.
    fn lock(&self) -> Result<Option<FileLock>, DaemonError> {
        let path = self.lock_file();
        let lock = FileLock::try_now(&path).map_err(|error| DaemonError::Files { path, error })?;
        if lock.is_none() && !self.standby {
            let pid = running(&self.run, &Call::default()).map(|daemon| daemon.pid);
            return Err(DaemonError::Running(pid));
        }
        Ok(lock)
    }

    /// Waits in a thread, so that orders are heard meanwhile; none when it is told to end.
    fn stand_by(
        &self,
        orders: Sender<Order>,
        told: &Receiver<Order>,
    ) -> Result<Option<FileLock>, DaemonError> {
        let path = self.lock_file();
        tracing::info!("waits for the running daemon to end");
        let wait = move || {
            let _ended_before = orders.send(Order::TakeOver(FileLock::wait(&path)));
        };
        let thread = std::thread::Builder::new().name("malle-standby".to_owned());
        thread.spawn(wait)?;
        for order in told {
            match order {
                Order::TakeOver(lock) => return Ok(Some(lock?)),
                Order::Stop => return Ok(None),
                Order::Reload(_) => {}
            }
        }
        Ok(None)
    }

    /// Answers from now on, where the system lets us.
    fn listen(&self, clerk: &Arc<Clerk>) -> Option<Server> {
        let opened = Server::begin(&self.run);
        let serving = opened.and_then(|opened| opened.serve(Arc::clone(clerk) as _));
        serving
            .inspect_err(|error| tracing::warn!(%error, "nobody can ask this process"))
            .ok()
    }
}

/// The daemon of a home that runs, standing by or not.
#[must_use]
pub fn running(run: &Path, call: &Call) -> Option<Process> {
    let is_daemon = |process: &Process| match &process.report {
        Ok(report) => report.program == PROGRAM && !report.standby,
        Err(_) => false,
    };
    everybody(run, PATIENCE, call).into_iter().find(is_daemon)
}

/// The keepers at work, each in a thread.
struct Kept<'a> {
    daemon: &'a Daemon,
    card: Card,
    stop: CancelToken,
    threads: Vec<(Arc<Keeper>, JoinHandle<()>)>,
}

impl<'a> Kept<'a> {
    fn new(daemon: &'a Daemon, card: Card) -> Self {
        Self {
            daemon,
            card,
            stop: CancelToken::default(),
            threads: Vec::new(),
        }
    }

    /// Reads the profiles: keeps what there is, goes on with what was kept, ends what is gone or set up otherwise. Says
    /// what cannot be read.
    fn plan(&mut self, clerk: &Clerk) -> Vec<Failure> {
        self.let_go();
        let (places, mut failures) = self.places();
        let wanted: Vec<_> = places
            .into_iter()
            .flat_map(|place| [(place.clone(), Role::Keeper), (place, Role::Spooler)])
            .collect();
        self.end_those(|keeper| wanted.iter().all(|(p, role)| !keeper.is_for(p, *role)));
        for (place, role) in wanted {
            let is_kept = self.threads.iter().any(|(k, _)| k.is_for(&place, role));
            if !is_kept && let Err(failure) = self.begin(place, role) {
                failures.push(failure);
            }
        }
        let keepers = self.threads.iter().map(|(k, _)| Arc::clone(k)).collect();
        clerk.keeps(keepers, failures.clone());
        failures
    }

    /// Ends what has a profile in use that is to go, to be renamed, or to lose a service: that waits until nobody has.
    fn let_go(&mut self) {
        let host = Arc::clone(&self.daemon.host);
        self.end_those(|keeper| keeper.role() == Role::Spooler && keeper.place().is_awaited(&host));
    }

    /// Ends these, and those whose thread has ended by itself.
    fn end_those(&mut self, these: impl Fn(&Keeper) -> bool) {
        let (go, stay) = std::mem::take(&mut self.threads)
            .into_iter()
            .partition(|(keeper, thread)| thread.is_finished() || these(keeper));
        self.threads = stay;
        end(go);
    }

    fn places(&self) -> (Vec<Place>, Vec<Failure>) {
        let host = &self.daemon.host;
        place::settle_profiles(host);
        let mut failures = Vec::new();
        let mut failed = |about: &str, error: &Error| {
            tracing::warn!(profile = about, code = %error.code(), %error, "profile");
            failures.push(keeper::failure(about, error));
        };
        let entries = host.profile_entries().unwrap_or_else(|error| {
            failed("", &error);
            Vec::new()
        });
        let only = self.daemon.profile.as_deref();
        let wanted = entries
            .iter()
            .filter(|e| !e.deleted && only.is_none_or(|only| only == e.name));
        let mut places = Vec::new();
        for entry in wanted {
            match Place::all(host, &entry.name) {
                Ok(found) => places.extend(found),
                Err(error) => failed(&entry.name, &error),
            }
        }
        (places, failures)
    }

    fn begin(&mut self, place: Place, role: Role) -> Result<(), Failure> {
        let name = place.letter().to_owned();
        let (card, stop) = (self.card.clone(), self.stop.child());
        let (keeper, does) = match role {
            Role::Spooler => (Keeper::spooler(place, card, stop), "mail"),
            _ => {
                let works = self.daemon.works.clone();
                (Keeper::new(place, works, card, stop), "keep")
            }
        };
        let keeper = Arc::new(keeper);
        let same = Arc::clone(&keeper);
        let thread = std::thread::Builder::new().name(format!("malle-{does}-{name}"));
        let spawned = thread.spawn(move || same.keep()).map_err(|error| Failure {
            about: name,
            code: "MAPI_E_NOT_ENOUGH_RESOURCES".to_owned(),
            message: error.to_string(),
        })?;
        self.threads.push((keeper, spawned));
        Ok(())
    }

    fn end(self) {
        self.stop.cancel();
        end(self.threads);
    }
}

/// Ends keepers and waits for them, but not for long: stores are built to be left at any moment.
fn end(threads: Vec<(Arc<Keeper>, JoinHandle<()>)>) {
    threads.iter().for_each(|(keeper, _)| keeper.end());
    let until = Instant::now() + LAST_STEPS;
    for (keeper, thread) in threads {
        while !thread.is_finished() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        if thread.is_finished() {
            let _it_has_said_why = thread.join();
        } else {
            let place = keeper.place();
            let (profile, letter) = (place.profile(), place.letter());
            tracing::warn!(profile, letter, "left in the middle of its work");
        }
    }
}
