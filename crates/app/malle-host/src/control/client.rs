//! Asking a process.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use mapi_spi::{Call, Error};

use super::message::{Reply, Report, Request};
use super::socket::{Stream, connect, is_gone, pid_of, sockets_in};
use super::wire::{ANSWER, Lines, Versioned, write};

/// Once a process has begun to answer it says every second that it is still at it; after so much silence it is not.
const SILENCE: Duration = Duration::from_secs(4);
/// How often the call is asked while an answer is waited for.
const LOOK: Duration = Duration::from_millis(100);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// Nobody listens there any more.
    #[error("the process has ended")]
    Gone,
    /// The process lives and says nothing.
    #[error("the process does not answer")]
    Silent,
    /// This system has no sockets for it.
    #[error("processes cannot be asked on this system")]
    Unsupported,
    /// What came is no answer, or the connection broke.
    #[error("the process cannot be asked: {0}")]
    Broken(io::Error),
    /// The call ended first.
    #[error(transparent)]
    Call(Error),
}

/// Asks the process that listens at `socket`, and gives its last answer; `each` is shown those before. It must begin to answer
/// within `patience`.
///
/// # Errors
/// [`AskError`]. A question that was sent may be carried out all the same.
pub fn ask(
    socket: &Path,
    request: &Request,
    patience: Duration,
    each: &mut dyn FnMut(&Reply),
    call: &Call,
) -> Result<Reply, AskError> {
    let mut until = Instant::now() + patience;
    let mut stream = connect(socket, patience).map_err(|e| failed(socket, e))?;
    write(&mut stream, &Versioned::new(request.clone())).map_err(|e| failed(socket, e))?;
    let mut lines = Lines::new(stream, ANSWER);
    loop {
        let reply = next(&mut lines, until, call).map_err(|e| match e {
            Waited::Call(e) => AskError::Call(e),
            Waited::Io(e) => failed(socket, e),
        })?;
        if reply.is_last() {
            return Ok(reply);
        }
        each(&reply);
        until = Instant::now() + SILENCE.max(patience);
    }
}

enum Waited {
    Call(Error),
    Io(io::Error),
}

/// The next answer, in steps, so that the call can end the wait.
fn next(lines: &mut Lines<Stream>, until: Instant, call: &Call) -> Result<Reply, Waited> {
    loop {
        call.check().map_err(Waited::Call)?;
        let step = until.min(Instant::now() + LOOK);
        match lines.value(step) {
            Err(e) if e.kind() == io::ErrorKind::TimedOut && Instant::now() < until => {}
            other => return other.map_err(Waited::Io),
        }
    }
}

fn failed(socket: &Path, error: io::Error) -> AskError {
    match error.kind() {
        io::ErrorKind::NotFound => AskError::Gone,
        io::ErrorKind::ConnectionRefused => {
            if is_gone(socket) {
                let _another_was_faster = std::fs::remove_file(socket);
            }
            AskError::Gone
        }
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe => AskError::Gone,
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => AskError::Silent,
        io::ErrorKind::Unsupported => AskError::Unsupported,
        _ => AskError::Broken(error),
    }
}

/// Asks all processes of this home at once, each for itself; those that have ended are left out. Each by its process id.
#[must_use]
pub fn ask_all(
    run: &Path,
    request: &Request,
    patience: Duration,
    call: &Call,
) -> Vec<(u32, Result<Reply, AskError>)> {
    let mut answers = at_once(&sockets_in(run), |socket| {
        let pid = pid_of(socket).unwrap_or_default();
        (pid, ask(socket, request, patience, &mut |_| (), call))
    });
    answers.retain(|(_, answer)| !matches!(answer, Err(AskError::Gone)));
    answers
}

/// Tells all other processes of this home something, and waits until each has heard it: not until it is done, and for `patience`
/// at most.
pub fn tell_all(run: &Path, request: &Request, patience: Duration) {
    let own = std::process::id();
    let mut others = sockets_in(run);
    others.retain(|socket| pid_of(socket) != Some(own));
    at_once(&others, |socket| {
        if let Err(error) = tell(socket, request, patience) {
            let socket = socket.display();
            tracing::debug!(%socket, %error, "was not told");
        }
    });
}

fn tell(socket: &Path, request: &Request, patience: Duration) -> Result<(), AskError> {
    let until = Instant::now() + patience;
    let mut stream = connect(socket, patience).map_err(|e| failed(socket, e))?;
    write(&mut stream, &Versioned::new(request.clone())).map_err(|e| failed(socket, e))?;
    let heard = Lines::new(stream, ANSWER).value::<Reply>(until);
    heard.map(drop).map_err(|e| failed(socket, e))
}

/// Does something with each, all at the same time.
fn at_once<T: Send>(sockets: &[PathBuf], each: impl Fn(&PathBuf) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let begun: Vec<_> = sockets
            .iter()
            .map(|socket| scope.spawn(|| each(socket)))
            .collect();
        begun.into_iter().filter_map(|b| b.join().ok()).collect()
    })
}

/// A process of this home, and what it says of itself.
#[derive(Debug)]
pub struct Process {
    /// Where it listens.
    pub socket: PathBuf,
    /// Its id.
    pub pid: u32,
    /// What it does, or why it does not say.
    pub report: Result<Report, AskError>,
}

/// Asks all processes of this home at once what they do; those that have ended are left out.
#[must_use]
pub fn everybody(run: &Path, patience: Duration, call: &Call) -> Vec<Process> {
    let ask_one = |socket: &PathBuf| {
        let report = match ask(socket, &Request::Status, patience, &mut |_| (), call) {
            Ok(Reply::Status(report)) => Ok(*report),
            Ok(_) => Err(AskError::Broken(io::ErrorKind::InvalidData.into())),
            Err(error) => Err(error),
        };
        Process {
            pid: pid_of(socket).unwrap_or_default(),
            socket: socket.clone(),
            report,
        }
    };
    let mut found = at_once(&sockets_in(run), ask_one);
    found.retain(|p| !matches!(p.report, Err(AskError::Gone)));
    found
}
