//! Tells the spooler when something has come into the mailbox.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use mapi_spi::{SpoolerNotice, Support};
use notify::{Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::spool::Mailbox;

/// A mailbox that is watched, as long as this is there.
#[derive(Debug)]
pub(super) struct Watch {
    /// Its end ends the thread, which nobody waits for: it may be telling whoever drops this.
    _wake: Sender<()>,
    _watcher: Option<RecommendedWatcher>,
    over: Arc<AtomicBool>,
    hears: Arc<AtomicBool>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
    }
}

impl Watch {
    /// Begins to watch. What is there already is told at once; and once in `poll` it is looked again, in case the system missed
    /// something.
    pub(super) fn start(mailbox: Mailbox, poll: Duration, support: Arc<dyn Support>) -> Self {
        let (wake, woken) = channel();
        let over = Arc::new(AtomicBool::new(false));
        // First the folder is watched, then it is looked into: nothing falls in between.
        let watcher = watch(&mailbox, wake.clone());
        let looker = Looker {
            mailbox,
            support,
            over: Arc::clone(&over),
        };
        let looks = std::thread::Builder::new()
            .name("local-delivery".to_owned())
            .spawn(move || looker.look(&woken, poll));
        let hears = Arc::new(AtomicBool::new(watcher.is_some() && looks.is_ok()));
        Self {
            _wake: wake,
            _watcher: watcher,
            over,
            hears,
        }
    }

    /// Whether news is told; else one has to ask.
    pub(super) fn hears(&self) -> bool {
        self.hears.load(Ordering::SeqCst)
    }
}

/// `None` where the system does not let us, for instance because all its watches are taken.
fn watch(mailbox: &Mailbox, wake: Sender<()>) -> Option<RecommendedWatcher> {
    let handler = move |event: notify::Result<Event>| {
        if !matches!(
            event,
            Ok(Event {
                kind: EventKind::Access(_),
                ..
            })
        ) {
            // Nobody looks any more once this fails.
            let _over = wake.send(());
        }
    };
    let folder = mailbox.new_folder();
    let start = move || {
        let mut watcher = RecommendedWatcher::new(handler, Config::default()).ok()?;
        let watched = watcher.watch(&folder, RecursiveMode::NonRecursive);
        watched.ok().map(|()| watcher)
    };
    // The crate panics when the system has no thread to give. Looking goes on without it.
    catch_unwind(AssertUnwindSafe(start)).ok().flatten()
}

struct Looker {
    mailbox: Mailbox,
    support: Arc<dyn Support>,
    over: Arc<AtomicBool>,
}

impl Looker {
    fn look(&self, woken: &Receiver<()>, poll: Duration) {
        loop {
            // One look is enough for all that came until now.
            while woken.try_recv().is_ok() {}
            if self.over.load(Ordering::SeqCst) {
                return;
            }
            if self.mailbox.has_mail() {
                self.support.spooler_notify(SpoolerNotice::NewMail);
            }
            match woken.recv_timeout(poll) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}
