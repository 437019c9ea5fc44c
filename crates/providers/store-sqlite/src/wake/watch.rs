//! Hearing from the system that a file was written to: inotify, kqueue or what Windows has.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use notify::event::ModifyKind;
use notify::{Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// What is heard of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// It was perhaps written to.
    Written,
    /// Perhaps it is another file now: nothing more may be heard of this one.
    Over,
}

/// A file that is watched, as long as this is there. A thread sleeps for it.
#[derive(Debug)]
pub(super) struct Watch {
    _watcher: RecommendedWatcher,
    over: Arc<AtomicBool>,
}

impl Watch {
    /// Begins to watch; `None` where the system does not let us, for instance because all its watches are taken.
    pub(super) fn start(path: &Path, hear: impl Fn(News) + Send + 'static) -> Option<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        let handler = move |event: notify::Result<Event>| {
            let Some(news) = news(&event) else {
                return;
            };
            if news == News::Over {
                ended.store(true, Ordering::SeqCst);
            }
            hear(news);
        };
        let start = move || {
            let mut watcher = RecommendedWatcher::new(handler, Config::default()).ok()?;
            let watched = watcher.watch(path, RecursiveMode::NonRecursive);
            watched.ok().map(|()| watcher)
        };
        // The crate panics when the system has no thread to give. Waiting goes on without it.
        let watcher = catch_unwind(AssertUnwindSafe(start)).ok().flatten()?;
        Some(Self {
            _watcher: watcher,
            over,
        })
    }

    /// Whether nothing more may be heard.
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }
}

/// What an event means; `None` for those who only look at the file.
fn news(event: &notify::Result<Event>) -> Option<News> {
    let Ok(event) = event else {
        return Some(News::Over);
    };
    match event.kind {
        EventKind::Access(_) => None,
        // Metadata too: where a file is deleted that somebody has open, only its links change.
        EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_) | ModifyKind::Metadata(_)) => {
            Some(News::Over)
        }
        // What was missed (a queue that overflowed) is perhaps a write.
        _ => Some(News::Written),
    }
}
