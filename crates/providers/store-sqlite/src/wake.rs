//! Waking those who wait for the log: at once in this handle, through a small file that is watched in other processes.
//!
//! Nobody looks again and again. Whoever waits sleeps until this handle commits, the call ends, or the system says that the
//! file was written to; only then is the database asked. The order is what makes sure that nothing is missed: first
//! the file is watched, then the database is asked, then one sleeps unless something was heard in between. What the
//! system may fail to say is found twice a minute.
//!
//! Who commits says so before and after. Those who hear that somebody has begun look by themselves for a while, in case
//! he is killed after his commit and before he can tell of it.

mod watch;

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mapi_spi::{Call, Result};

use crate::platform::WakeFile;
use watch::{News, Watch};

/// How often a waiting thread asks the database although nothing was heard: the safety net.
const AT_LEAST: Duration = Duration::from_secs(30);
/// The same where the file cannot be watched, because the system has no more watches to give.
const DEAF: Duration = Duration::from_millis(250);
/// How often it is asked after somebody has begun to commit, and for how long.
const EAGER: Duration = Duration::from_millis(250);
const EAGER_FOR: Duration = Duration::from_secs(3);
/// How long the file is still watched when nobody waits any more: most who wait come back at once.
const LINGER: Duration = Duration::from_secs(5);

/// Tells and hears that the log has grown.
#[derive(Debug)]
pub(crate) struct Waker {
    shared: Arc<Shared>,
}

/// What the handle shares with the thread that hears of the file.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Apart from the state: hearing must not wait for a watch that is being made.
    ear: Mutex<Ear>,
}

#[derive(Debug)]
struct State {
    file: WakeFile,
    /// The log's last number as far as this handle knows.
    last: u64,
    /// Grows with everything that is heard of the file.
    heard: u64,
    /// The counter in the file when it was heard of last.
    told: u64,
    /// When it was heard that somebody is committing, until it is heard that he has.
    begun: Option<Instant>,
    waiting: usize,
    /// When the last of the waiting left.
    left: Option<Instant>,
}

/// Whether the file is watched.
#[derive(Debug)]
enum Ear {
    Closed,
    Open(Watch),
    /// It cannot be, as was seen then.
    Deaf(Instant),
    /// There is nobody else to hear of.
    Alone,
}

impl Waker {
    /// For the store at `path`, which other processes may change too unless it is `alone`.
    pub(crate) fn new(path: &Path, alone: bool) -> Self {
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(State {
                    file: WakeFile::beside(path),
                    last: 0,
                    heard: 0,
                    told: 0,
                    begun: None,
                    waiting: 0,
                    left: None,
                }),
                changed: Condvar::new(),
                ear: Mutex::new(if alone { Ear::Alone } else { Ear::Closed }),
            }),
        }
    }

    /// Before a commit: the log's last number is about to be `seq`.
    pub(crate) fn begin(&self, seq: u64) {
        self.shared.lock().file.write_begun(seq);
    }

    /// After a commit: the log's last number is now `seq`.
    pub(crate) fn tell(&self, seq: u64) {
        let mut state = self.shared.lock();
        if seq > state.last {
            state.last = seq;
            state.file.write(seq);
        }
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Waits until the log's last number, as `ask` reads it, is above `seen`.
    pub(crate) fn wait(
        &self,
        seen: u64,
        call: &Call,
        ask: impl Fn() -> Result<u64>,
    ) -> Result<u64> {
        let shared = Arc::clone(&self.shared);
        let _woken = call.cancel.on_cancel(move || shared.nudge());
        let _waiting = Waiting::enter(&self.shared);
        loop {
            // Before it is seen whether the watch is over: what ends it later is heard.
            let heard = self.shared.lock().heard;
            let patience = self.shared.listen();
            let last = ask()?;
            if last > seen {
                return Ok(last);
            }
            if let Some(last) = self.shared.sleep(seen, heard, patience, call)? {
                return Ok(last);
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the waiting look at their calls.
    fn nudge(&self) {
        // Under the lock, or it would be missed by one that has looked and does not sleep yet.
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Watches the file, if that is possible and not so yet; after how long to ask without having heard anything.
    fn listen(self: &Arc<Self>) -> Option<Duration> {
        let mut ear = self.ear.lock().unwrap_or_else(PoisonError::into_inner);
        let open = match &*ear {
            Ear::Alone => return None,
            Ear::Open(watch) => !watch.is_over(),
            Ear::Deaf(since) => since.elapsed() < AT_LEAST,
            Ear::Closed => false,
        };
        if !open {
            // The file must be there to be watched.
            let path = self.lock().file.make();
            let heard = Arc::downgrade(self);
            let on_news = move |news| {
                if let Some(shared) = heard.upgrade() {
                    shared.hear(news);
                }
            };
            *ear = match path.and_then(|path| Watch::start(&path, on_news)) {
                Some(watch) => Ear::Open(watch),
                None => Ear::Deaf(Instant::now()),
            };
        }
        Some(match &*ear {
            Ear::Deaf(_) => DEAF,
            _ => AT_LEAST,
        })
    }

    /// Something happened to the file.
    fn hear(&self, news: News) {
        // Whoever holds the ear is about to listen, and sees for himself that a watch is over. Held before it is seen whether
        // anybody waits: whoever comes after that finds the ear closed.
        let ear = self.ear.try_lock();
        let mut state = self.lock();
        state.take(news);
        let lonely = state.waiting == 0 && state.left.is_none_or(|at| at.elapsed() > LINGER);
        drop(state);
        let closed = ear.ok().and_then(|mut ear| {
            // What is over may be the watch before this one.
            let over = matches!(&*ear, Ear::Open(watch) if watch.is_over());
            (lonely || over).then(|| std::mem::replace(&mut *ear, Ear::Closed))
        });
        self.changed.notify_all();
        drop(closed);
    }

    /// Sleeps until there is reason to ask; the log's last number if this handle made it grow.
    fn sleep(
        &self,
        seen: u64,
        heard: u64,
        patience: Option<Duration>,
        call: &Call,
    ) -> Result<Option<u64>> {
        let since = Instant::now();
        let patience = patience.and_then(|patience| since.checked_add(patience));
        let mut state = self.lock();
        loop {
            if state.last > seen {
                return Ok(Some(state.last));
            }
            call.check()?;
            let asks = [patience, state.eager(since)].into_iter().flatten().min();
            let until = [asks, call.deadline].into_iter().flatten().min();
            if state.heard != heard || asks.is_some_and(|at| at <= Instant::now()) {
                return Ok(None);
            }
            state = match until.map(|at| at.saturating_duration_since(Instant::now())) {
                Some(rest) => {
                    let waited = self.changed.wait_timeout(state, rest);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let woken = self.changed.wait(state);
                    woken.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
    }
}

impl State {
    /// Takes in what was heard. That somebody has begun is no reason to ask at once.
    fn take(&mut self, news: News) {
        let now = match news {
            News::Written => self.file.read(),
            News::Over => None,
        };
        let Some((told, begun)) = now else {
            self.heard += 1;
            return;
        };
        self.begun = (begun > told).then(Instant::now);
        if told != self.told || self.begun.is_none() {
            self.told = told;
            self.heard += 1;
        }
    }

    /// When one who has slept since then asks again because somebody has begun to commit.
    fn eager(&self, since: Instant) -> Option<Instant> {
        let begun = self.begun.filter(|at| at.elapsed() < EAGER_FOR)?;
        begun.max(since).checked_add(EAGER)
    }
}

/// One who waits, until dropped.
struct Waiting<'a>(&'a Shared);

impl<'a> Waiting<'a> {
    fn enter(shared: &'a Shared) -> Self {
        shared.lock().waiting += 1;
        Self(shared)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.waiting -= 1;
        state.left = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests;
