//! Answering: a thread that waits for questions, and one for each that is being answered.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::message::{Failure, Reply, Request};
use super::socket::{Listener, Stream, connect};
use super::wire::{Lines, QUESTION, question, write};

/// Questions answered at once. Who comes beyond that finds the connection closed, and comes again.
const AT_ONCE: usize = 16;
/// How long a question may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(5);
/// How long an answer may take to be read.
const READING: Duration = Duration::from_secs(5);

/// What a process answers.
pub trait Answers: Send + Sync + 'static {
    /// Answers one question: hands every answer to `reply`, the last one last. `reply` says whether anybody still listens.
    fn answer(&self, request: Request, reply: &mut dyn FnMut(Reply) -> bool);
}

/// The listening side of a process, until dropped.
#[derive(Debug)]
pub struct Server {
    path: PathBuf,
    over: Arc<AtomicBool>,
}

impl Server {
    /// Begins to listen in the home's directory `run`, without answering yet.
    ///
    /// # Errors
    /// `Unsupported` where the system has no such sockets; `PermissionDenied` where the directory is not this user's.
    pub fn begin(run: &Path) -> io::Result<Opened> {
        Listener::begin(run).map(Opened)
    }

    /// Where it listens.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A socket that is there, at which nobody answers yet: others wait.
#[derive(Debug)]
pub struct Opened(Listener);

impl Opened {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Begins to answer.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn serve(self, answers: Arc<dyn Answers>) -> io::Result<Server> {
        let over = Arc::new(AtomicBool::new(false));
        let server = Server {
            path: self.0.path().to_owned(),
            over: Arc::clone(&over),
        };
        let thread = thread::Builder::new().name("malle-control".to_owned());
        thread.spawn(move || listen(&self.0, &answers, &over))?;
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes the thread. The process may end before that has taken the socket away.
        let _woken = connect(&self.path, Duration::from_millis(200));
        let _gone_already = std::fs::remove_file(&self.path);
    }
}

fn listen(listener: &Listener, answers: &Arc<dyn Answers>, over: &AtomicBool) {
    let busy = Arc::new(AtomicUsize::new(0));
    while !over.load(Ordering::SeqCst) {
        let stream = match listener.accept() {
            Ok(Some(stream)) => stream,
            Ok(None) => {
                tracing::warn!("another user tried to connect to the control socket");
                continue;
            }
            Err(error) => {
                // No file or no memory is left: others may give some back.
                tracing::warn!(%error, "the control socket");
                thread::sleep(Duration::from_millis(100));
                continue;
            }
        };
        if over.load(Ordering::SeqCst) {
            return;
        }
        let place = Place::take(&busy);
        if place.0.load(Ordering::SeqCst) > AT_ONCE {
            continue;
        }
        let answers = Arc::clone(answers);
        let work = move || {
            let _place = place;
            converse(stream, answers.as_ref());
        };
        let thread = thread::Builder::new().name("malle-answer".to_owned());
        if let Err(error) = thread.spawn(work) {
            tracing::warn!(%error, "no thread to answer");
        }
    }
}

/// One question that is being answered.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(busy: &Arc<AtomicUsize>) -> Self {
        busy.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(busy))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Reads one question and answers it. Whatever else comes is ignored.
fn converse(stream: Stream, answers: &dyn Answers) {
    let Ok(mut to) = stream.try_clone() else {
        return;
    };
    if to.set_write_timeout(Some(READING)).is_err() {
        return;
    }
    let mut lines = Lines::new(stream, QUESTION);
    let asked = lines
        .next(Instant::now() + ARRIVAL)
        .map_err(|e| e.to_string())
        .and_then(|line| question(&line));
    let mut reply = |reply: Reply| write(&mut to, &reply).is_ok();
    match asked {
        Ok(request) => answers.answer(request, &mut reply),
        Err(message) => {
            tracing::debug!(%message, "a question that is none");
            let _gone = reply(Reply::Failed(Failure {
                about: String::new(),
                code: "bad-question".to_owned(),
                message,
            }));
        }
    }
}
