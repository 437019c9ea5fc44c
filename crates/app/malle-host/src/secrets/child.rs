//! Runs a command for what it prints: no shell, a limit of time, and none of its children left behind.

use std::io::{self, IsTerminal, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use mapi_spi::{Call, Secret};
use zeroize::Zeroizing;

use super::SecretError;

/// The most that a command may print.
const OUTPUT_MAX: usize = 64 * 1024;

/// Runs a command to its end and returns what it printed. Its errors go to the terminal if there is one, else nowhere:
/// they may say what the secret is, so they never get into ours.
pub(super) fn run(
    words: &[String],
    input: Option<&Secret>,
    limit: Duration,
    call: &Call,
) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let Some((program, args)) = words.split_first() else {
        return Err(failed("", "has no name".to_owned()));
    };
    let mut command = Command::new(program);
    command.args(args).stdout(Stdio::piped());
    command.stdin(input.map_or_else(Stdio::null, |_| Stdio::piped()));
    command.stderr(if io::stderr().is_terminal() {
        Stdio::inherit()
    } else {
        Stdio::null()
    });
    let mut family = Family::start(&mut command)
        .map_err(|e| failed(program, format!("cannot be started: {e}")))?;
    let (news, heard) = mpsc::channel();
    family.feed(input);
    family.collect(news.clone());
    let _woken = call.cancel.on_cancel({
        let news = news.clone();
        move || drop(news.send(News::Stop))
    });
    let until = Instant::now() + limit;
    let until = call.deadline.map_or(until, |deadline| until.min(deadline));
    let printed = loop {
        call.check()
            .map_err(|e| super::error::stopped(&e, program))?;
        match heard.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(News::Printed(printed)) => break printed,
            Ok(News::Stop) => {}
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                return Err(SecretError::TimedOut {
                    what: format!("the command {program:?}"),
                });
            }
        }
    };
    let printed = printed.map_err(|e| failed(program, format!("cannot be read: {e}")))?;
    if printed.len() > OUTPUT_MAX {
        return Err(failed(
            program,
            format!("printed more than {OUTPUT_MAX} bytes"),
        ));
    }
    let Some(status) = family
        .end(until)
        .map_err(|e| failed(program, e.to_string()))?
    else {
        return Err(SecretError::TimedOut {
            what: format!("the command {program:?}"),
        });
    };
    if !status.success() {
        return Err(failed(program, format!("failed: {status}")));
    }
    Ok(printed)
}

fn failed(program: &str, detail: String) -> SecretError {
    SecretError::Command {
        program: program.to_owned(),
        detail,
    }
}

enum News {
    Printed(io::Result<Zeroizing<Vec<u8>>>),
    Stop,
}

/// A child and its own children. Dropped before its end, all of them are killed.
struct Family {
    child: Child,
    ended: bool,
}

impl Family {
    fn start(command: &mut Command) -> io::Result<Self> {
        // A group of its own, which is killed as one.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = command.spawn()?;
        Ok(Self {
            child,
            ended: false,
        })
    }

    /// Writes the input from a thread of its own, so that neither side waits on a full pipe.
    fn feed(&mut self, input: Option<&Secret>) {
        let (Some(mut pipe), Some(input)) = (self.child.stdin.take(), input) else {
            return;
        };
        let input = Zeroizing::new(input.expose().to_vec());
        thread::spawn(move || {
            // A program may end before it has read everything; how it ends says whether that was right.
            let _closed_early = pipe.write_all(&input);
        });
    }

    /// Reads the output to its end and tells.
    fn collect(&mut self, news: Sender<News>) {
        let Some(pipe) = self.child.stdout.take() else {
            return;
        };
        thread::spawn(move || {
            // All the room at once: growing would leave copies behind.
            let mut printed = Zeroizing::new(Vec::with_capacity(OUTPUT_MAX + 1));
            let limit = OUTPUT_MAX as u64 + 1;
            let read = pipe.take(limit).read_to_end(&mut printed);
            let _nobody_waits = news.send(News::Printed(read.map(|_| printed)));
        });
    }

    /// Waits for its end; none when it does not come in time. It has closed its output, so this is short.
    fn end(&mut self, until: Instant) -> io::Result<Option<ExitStatus>> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                self.ended = true;
                return Ok(Some(status));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        if !self.ended {
            kill_all(&mut self.child);
            let _reaped = self.child.wait();
        }
    }
}

#[cfg(unix)]
fn kill_all(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    // Not waited for yet, so its number is still its own.
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        let _gone_already = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill_all(child: &mut Child) {
    let mut all = Command::new("taskkill");
    all.args(["/T", "/F", "/PID", &child.id().to_string()]);
    let _gone_already = all.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let _gone_already = child.kill();
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    use mapi_spi::CancelToken;

    use super::*;

    fn shell(script: &str, limit: u64) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let words = ["sh", "-c", script].map(str::to_owned);
        run(&words, None, Duration::from_millis(limit), &Call::default())
    }

    #[test]
    fn what_it_prints_or_how_it_failed_but_not_what_it_said() {
        assert_eq!(shell("printf 'a\\nb'", 9000).unwrap().as_slice(), b"a\nb");
        let error = shell("echo canary; echo canary >&2; exit 3", 9000).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(
            text.contains("exit status: 3") && !text.contains("canary"),
            "{text}"
        );
        let words = ["/no/such/program".to_owned()];
        let error = run(&words, None, Duration::from_secs(9), &Call::default()).unwrap_err();
        assert!(error.to_string().contains("cannot be started"), "{error}");
        assert!(shell("yes", 9000).is_err());
    }

    #[test]
    fn it_is_fed_on_its_input() {
        let words = ["cat".to_owned()];
        let big = Secret::new(vec![b'x'; 60_000]);
        let limit = Duration::from_secs(9);
        let printed = run(&words, Some(&big), limit, &Call::default()).unwrap();
        assert_eq!(printed.as_slice(), big.expose());
    }

    /// The grandchild holds a pipe open as long as it lives: reading it ends only when it is dead.
    #[test]
    fn one_that_hangs_is_killed_with_its_children() {
        let home = testkit::TempHome::new().unwrap();
        let fifo = home.path().join("alive");
        let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        let path = fifo.display().to_string();
        let held = thread::spawn(move || fs::read(fifo).unwrap());
        let script = format!("sleep 600 > '{path}' & sleep 600");
        let begun = Instant::now();
        let error = shell(&script, 300).unwrap_err();
        assert!(matches!(error, SecretError::TimedOut { .. }), "{error}");
        assert!(held.join().unwrap().is_empty());
        assert!(begun.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn it_is_cancelled_at_once() {
        let cancel = CancelToken::default();
        let call = Call {
            cancel: cancel.clone(),
            ..Call::default()
        };
        let begun = Instant::now();
        let stopper = thread::spawn(move || {
            thread::sleep(Duration::from_millis(100));
            cancel.cancel();
        });
        let words = ["sleep", "600"].map(str::to_owned);
        let error = run(&words, None, Duration::from_secs(600), &call).unwrap_err();
        assert!(matches!(error, SecretError::Cancelled), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(10));
        stopper.join().unwrap();
    }
}
