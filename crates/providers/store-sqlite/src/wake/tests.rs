//! Waking across handles, whatever happens to the file between them.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use mapi_props::Code;
use tempfile::TempDir;

use super::*;

/// Well below [`AT_LEAST`]: a wait that lasts as long was not woken.
const SOON: Duration = Duration::from_secs(10);

/// A store's log and two handles of it, as two processes have them.
struct Ground {
    folder: TempDir,
    log: AtomicU64,
    asked: AtomicUsize,
    writer: Waker,
    reader: Waker,
}

impl Ground {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("s.malle");
        Self {
            log: AtomicU64::new(0),
            asked: AtomicUsize::new(0),
            writer: Waker::new(&store, false),
            reader: Waker::new(&store, false),
            folder,
        }
    }

    fn commit(&self) {
        let seq = self.log.fetch_add(1, Ordering::SeqCst) + 1;
        self.writer.tell(seq);
    }

    /// A commit of a process that is killed before it can tell.
    fn commit_and_die(&self) {
        let seq = self.log.load(Ordering::SeqCst) + 1;
        self.writer.begin(seq);
        thread::sleep(Duration::from_millis(20));
        self.log.store(seq, Ordering::SeqCst);
    }

    fn wait(&self, seen: u64) -> Result<u64> {
        let call = Call {
            deadline: Instant::now().checked_add(SOON),
            ..Call::default()
        };
        self.wait_under(seen, &call)
    }

    fn wait_under(&self, seen: u64, call: &Call) -> Result<u64> {
        self.reader.wait(seen, call, || {
            self.asked.fetch_add(1, Ordering::SeqCst);
            Ok(self.log.load(Ordering::SeqCst))
        })
    }

    /// Waits until a reader that is waiting has asked this often, which it does before it sleeps.
    fn until_asked(&self, times: usize) {
        let end = Instant::now() + SOON;
        while self.asked.load(Ordering::SeqCst) < times {
            assert!(Instant::now() < end);
            thread::yield_now();
        }
    }

    fn wake_file(&self) -> std::path::PathBuf {
        self.folder.path().join("s.malle.wake")
    }

    fn is_open(&self) -> bool {
        matches!(*self.reader.shared.ear.lock().unwrap(), Ear::Open(_))
    }
}

#[test]
fn what_another_handle_commits_ends_the_wait() {
    let ground = Ground::new();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| ground.wait(0));
        ground.until_asked(1);
        assert!(ground.is_open());
        ground.commit();
        assert_eq!(waiting.join().unwrap().unwrap(), 1);
    });
}

#[test]
fn of_very_many_commits_the_last_is_heard() {
    let ground = Ground::new();
    thread::scope(|scope| {
        scope.spawn(|| (0..3000).for_each(|_| ground.commit()));
        let mut seen = 0;
        while seen < 3000 {
            seen = ground.wait(seen).unwrap();
        }
    });
}

#[test]
fn a_file_that_is_deleted_or_replaced_is_followed() {
    let ground = Ground::new();
    ground.commit();
    let other = ground.folder.path().join("other");
    let steps: [&(dyn Fn() + Sync); 3] = [
        &|| std::fs::remove_file(ground.wake_file()).unwrap(),
        &|| {
            std::fs::write(&other, [0; 8]).unwrap();
            std::fs::rename(&other, ground.wake_file()).unwrap();
        },
        &|| std::fs::rename(ground.wake_file(), &other).unwrap(),
    ];
    for (seen, step) in (1..).zip(steps) {
        thread::scope(|scope| {
            let before = ground.asked.load(Ordering::SeqCst);
            let waiting = scope.spawn(|| ground.wait(seen));
            ground.until_asked(before + 1);
            step();
            // It looks again at once, and watches what is there now.
            ground.until_asked(before + 2);
            ground.commit();
            assert_eq!(waiting.join().unwrap().unwrap(), seen + 1);
        });
    }
}

#[test]
fn where_nothing_can_be_watched_the_log_is_asked() {
    let ground = Ground::new();
    drop(std::fs::remove_dir_all(ground.folder.path()));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| ground.wait(0));
        ground.until_asked(1);
        assert!(!ground.is_open());
        ground.commit();
        assert_eq!(waiting.join().unwrap().unwrap(), 1);
    });
}

#[test]
fn who_waits_sleeps_until_there_is_news() {
    let ground = Ground::new();
    let call = Call {
        deadline: Instant::now().checked_add(Duration::from_millis(400)),
        ..Call::default()
    };
    assert_eq!(
        ground.wait_under(0, &call).unwrap_err().code(),
        Code::TIMEOUT
    );
    assert_eq!(ground.asked.load(Ordering::SeqCst), 1);
}

#[test]
fn a_cancel_ends_the_wait_at_once() {
    let ground = Ground::new();
    let call = Call::default();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| ground.wait_under(0, &call));
        ground.until_asked(1);
        let begun = Instant::now();
        call.cancel.cancel();
        let error = waiting.join().unwrap().unwrap_err();
        assert_eq!(error.code(), Code::USER_CANCEL);
        assert!(begun.elapsed() < SOON);
    });
}

#[test]
fn a_commit_that_nobody_lived_to_tell_is_found_soon() {
    let ground = Ground::new();
    for told in 0..3 {
        thread::scope(|scope| {
            let before = ground.asked.load(Ordering::SeqCst);
            let waiting = scope.spawn(|| ground.wait(told));
            ground.until_asked(before + 1);
            ground.commit_and_die();
            assert_eq!(waiting.join().unwrap().unwrap(), told + 1);
        });
    }
}

#[test]
fn who_only_begins_wakes_nobody_for_long() {
    let ground = Ground::new();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| ground.wait(0));
        ground.until_asked(1);
        ground.writer.begin(1);
        thread::sleep(EAGER_FOR + EAGER * 3);
        let asked = ground.asked.load(Ordering::SeqCst);
        assert!((3..=14).contains(&asked), "{asked}");
        thread::sleep(EAGER * 3);
        assert_eq!(ground.asked.load(Ordering::SeqCst), asked);
        ground.commit();
        assert_eq!(waiting.join().unwrap().unwrap(), 1);
    });
}
