//! Puts written files in place. A file gets its name when it is synced, and a disk syncs many at once nearly as fast as one,
//! so several threads do that while the next messages are written.

use std::io;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// Threads at most. They wait for the disk and hardly compute: 16 came to eight times what one did.
const THREADS: usize = 16;

/// What puts one file in place.
type Job = Box<dyn FnOnce() -> io::Result<()> + Send>;

/// Files on their way to their names.
#[derive(Debug)]
pub(super) struct Placing {
    jobs: Option<SyncSender<Job>>,
    line: Arc<Line>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Line {
    jobs: Mutex<Receiver<Job>>,
    state: Mutex<State>,
    settled: Condvar,
}

#[derive(Debug, Default)]
struct State {
    under_way: usize,
    /// The first failure that nobody was told yet.
    failed: Option<io::Error>,
}

impl Placing {
    pub(super) fn new() -> Self {
        let (jobs, receiver) = mpsc::sync_channel(THREADS);
        Self {
            jobs: Some(jobs),
            line: Arc::new(Line {
                jobs: Mutex::new(receiver),
                state: Mutex::default(),
                settled: Condvar::new(),
            }),
            threads: Vec::new(),
        }
    }

    /// Has a file put in place. What fails is told by this call or a later one.
    pub(super) fn place(
        &mut self,
        job: impl FnOnce() -> io::Result<()> + Send + 'static,
    ) -> io::Result<()> {
        if let Some(failed) = self.line.state().failed.take() {
            return Err(failed);
        }
        if self.threads.len() < THREADS {
            let line = Arc::clone(&self.line);
            let thread = thread::Builder::new().spawn(move || line.work())?;
            self.threads.push(thread);
        }
        self.line.state().under_way += 1;
        let sent = self.jobs.as_ref().map(|jobs| jobs.send(Box::new(job)));
        if matches!(sent, Some(Ok(()))) {
            return Ok(());
        }
        self.line.state().under_way -= 1;
        Err(io::Error::other("no thread puts files in place any more"))
    }

    /// Waits until all files are in place.
    pub(super) fn settle(&self) -> io::Result<()> {
        let mut state = self.line.state();
        while state.under_way > 0 {
            let waited = self.line.settled.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.failed.take().map_or(Ok(()), Err)
    }
}

impl Line {
    fn work(&self) {
        loop {
            // The lock is held while waiting: whoever holds it gets the next job.
            let job = self
                .jobs
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .recv();
            let Ok(job) = job else { return };
            let done = job();
            let mut state = self.state();
            state.under_way -= 1;
            if let Err(error) = done {
                state.failed.get_or_insert(error);
            }
            drop(state);
            self.settled.notify_all();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A counter and an error are never half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Placing {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A thread that broke has nothing more to say here.
            let _ended = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn all_are_placed_and_a_failure_is_told() {
        let mut placing = Placing::new();
        let placed = Arc::new(AtomicUsize::new(0));
        for _ in 0..100 {
            let placed = Arc::clone(&placed);
            let job = move || {
                placed.fetch_add(1, Ordering::Relaxed);
                Ok(())
            };
            placing.place(job).unwrap();
        }
        placing.settle().unwrap();
        assert_eq!(placed.load(Ordering::Relaxed), 100);
        placing.place(|| Err(io::Error::other("no room"))).unwrap();
        assert_eq!(placing.settle().unwrap_err().to_string(), "no room");
        placing.settle().unwrap();
    }
}
