//! Whoever sits at the terminal: one line at a time, shown or hidden, until Ctrl-C.

use std::io::{self, BufRead, IsTerminal};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use mapi_spi::Call;
use zeroize::Zeroizing;

use crate::interruptible;

/// Whether somebody can be asked: questions go to standard error and answers come from standard input, so both must be
/// terminals.
#[must_use]
pub fn somebody_is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Whether what is typed is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// It is.
    Shown,
    /// It is not: passwords.
    Hidden,
}

/// Reads one line from the terminal, without its end; `None` at the end of input (Ctrl-D). What is typed is wiped from memory
/// when it is dropped.
///
/// # Errors
/// [`io::ErrorKind::Interrupted`] on Ctrl-C and when `call` is cancelled: the terminal is as it was then. Those of the
/// terminal; [`io::ErrorKind::InvalidData`] for what is no UTF-8.
pub fn read_line(echo: Echo, call: &Call) -> io::Result<Option<Zeroizing<String>>> {
    // One question at a time.
    let lines = LINES.get_or_init(Mutex::default);
    let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
    let _hidden = match echo {
        Echo::Shown => None,
        Echo::Hidden => Some(quiet::Quiet::begin()?),
    };
    lines.next(echo, call)
}

static LINES: OnceLock<Mutex<Lines>> = OnceLock::new();

type Line = io::Result<Option<Zeroizing<String>>>;

enum Event {
    Line(Line),
    Cancelled,
}

type Reader = (Sender<Echo>, Receiver<Event>, Sender<Event>);

/// The thread that reads. It cannot be woken from a read, so whoever waits for it is.
#[derive(Default)]
struct Lines {
    reader: Option<Reader>,
    /// Asked for and not come yet: a question was given up.
    owed: bool,
}

impl Lines {
    fn next(&mut self, echo: Echo, call: &Call) -> Line {
        let interrupted = || io::Error::from(io::ErrorKind::Interrupted);
        let gone = || io::Error::other("nobody reads the terminal any more");
        let (asks, events, wake) = self.reader.get_or_insert_with(start);
        let switch = interruptible();
        let wakers = [&switch, &call.cancel].map(|token| {
            let wake = wake.clone();
            token.on_cancel(move || {
                // Nobody waits any more: then there is nobody to wake.
                let _sent = wake.send(Event::Cancelled);
            })
        });
        if !std::mem::replace(&mut self.owed, true) {
            asks.send(echo).map_err(|_| gone())?;
        }
        let line = loop {
            if switch.is_cancelled() || call.cancel.is_cancelled() {
                break Err(interrupted());
            }
            match events.recv().map_err(|_| gone())? {
                Event::Line(line) => {
                    self.owed = false;
                    break line;
                }
                Event::Cancelled => {}
            }
        };
        drop(wakers);
        line
    }
}

fn start() -> Reader {
    let (asks, asked) = mpsc::channel::<Echo>();
    let (answers, events) = mpsc::channel();
    let wake = answers.clone();
    thread::spawn(move || {
        for echo in asked {
            if answers.send(Event::Line(read(echo))).is_err() {
                break;
            }
        }
    });
    (asks, events, wake)
}

fn read(echo: Echo) -> Line {
    if let (Echo::Hidden, Some(line)) = (echo, quiet::line()) {
        return line.map(|line| Some(Zeroizing::new(line)));
    }
    let mut line = Zeroizing::new(String::new());
    let read = io::stdin().lock().read_line(&mut line)?;
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    Ok((read > 0).then_some(line))
}

/// Typing without echo on Unix: a setting of the terminal, put back when this is dropped.
#[cfg(unix)]
mod quiet {
    use std::io::{self, Write};

    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    pub(super) struct Quiet(Termios);

    impl Quiet {
        pub(super) fn begin() -> io::Result<Self> {
            let before = tcgetattr(io::stdin())?;
            let mut quiet = before.clone();
            quiet.local_modes.remove(LocalModes::ECHO);
            quiet.local_modes.insert(LocalModes::ECHONL);
            // What was typed before the question is no answer to it.
            tcsetattr(io::stdin(), OptionalActions::Flush, &quiet)?;
            Ok(Self(before))
        }
    }

    impl Drop for Quiet {
        fn drop(&mut self) {
            if let Err(error) = tcsetattr(io::stdin(), OptionalActions::Now, &self.0) {
                let _told = writeln!(io::stderr(), "the terminal stays without echo: {error}");
            }
        }
    }

    /// A line is read as any other.
    pub(super) const fn line() -> Option<io::Result<String>> {
        None
    }
}

/// Typing without echo elsewhere: a read of its own.
#[cfg(not(unix))]
mod quiet {
    use std::io;

    pub(super) struct Quiet;

    impl Quiet {
        pub(super) const fn begin() -> io::Result<Self> {
            Ok(Self)
        }
    }

    pub(super) fn line() -> Option<io::Result<String>> {
        Some(rpassword::read_password())
    }
}
