//! The built command `malle`, run as a person would run it.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::ChildGuard;

/// How long one command may take before it counts as hung.
const PATIENCE: Duration = Duration::from_secs(120);

/// The command `malle` with one home, input and environment, ready to run.
#[derive(Debug, Clone)]
pub struct Malle {
    binary: PathBuf,
    home: PathBuf,
    input: Vec<u8>,
    environment: Vec<(String, String)>,
    patience: Duration,
}

/// What a finished command left.
#[derive(Debug, Clone)]
pub struct Run {
    /// How it ended.
    pub status: ExitStatus,
    /// Everything it wrote to standard output.
    pub stdout: Vec<u8>,
    /// Everything it wrote to standard error.
    pub stderr: Vec<u8>,
}

impl Malle {
    /// The built command with all its state below `home`; see [`malle_binary`].
    ///
    /// # Panics
    /// When the command is not built.
    #[must_use]
    pub fn at(home: &Path) -> Self {
        Self::new(
            &malle_binary().expect("malle is built: cargo build -p malle"),
            home,
        )
    }

    /// A given program with all its state below `home`.
    #[must_use]
    pub fn new(binary: &Path, home: &Path) -> Self {
        Self {
            binary: binary.to_owned(),
            home: home.to_owned(),
            input: Vec::new(),
            environment: Vec::new(),
            patience: PATIENCE,
        }
    }

    /// The same with these bytes on standard input.
    #[must_use]
    pub fn input(mut self, bytes: &[u8]) -> Self {
        bytes.clone_into(&mut self.input);
        self
    }

    /// The same with one environment variable more.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with another limit of time (default 120 s).
    #[must_use]
    pub const fn patience(mut self, limit: Duration) -> Self {
        self.patience = limit;
        self
    }

    /// The plain command for uses of its own: home, quiet environment and no input are set.
    ///
    /// Variables of the user that would change the output (`MALLE_*`, `NO_COLOR`, `COLUMNS`) are
    /// taken out, time zone and language are fixed.
    #[must_use]
    pub fn command<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("MALLE_") || text.starts_with("XDG_") {
                command.env_remove(&name);
            }
        }
        command.env_remove("NO_COLOR").env_remove("COLUMNS");
        command.envs([("TZ", "UTC"), ("LC_ALL", "C.UTF-8"), ("LANG", "C.UTF-8")]);
        command
            .env("MALLE_HOME", &self.home)
            .env("HOME", &self.home);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.args(args).stdin(Stdio::null());
        command
    }

    /// Runs to the end and returns what it left, whatever the exit code.
    ///
    /// # Errors
    /// When the program cannot be started, or `TimedOut` (after killing it) past its time.
    pub fn try_run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> io::Result<Run> {
        let mut command = self.command(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut guard = ChildGuard::spawn(&mut command)?;
        let (done, ends) = mpsc::channel();
        feed(guard.child().stdin.take(), self.input.clone());
        collect(guard.child().stdout.take(), Stream::Output, done.clone());
        collect(guard.child().stderr.take(), Stream::Error, done);
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let Ok((stream, bytes)) = ends.recv_timeout(self.patience) else {
                guard.kill()?;
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("{command:?} hung"),
                ));
            };
            match stream {
                Stream::Output => stdout = bytes,
                Stream::Error => stderr = bytes,
            }
        }
        Ok(Run {
            status: guard.wait()?,
            stdout,
            stderr,
        })
    }

    /// Runs to the end and returns what it left, whatever the exit code.
    ///
    /// # Panics
    /// When the program cannot be started or hangs.
    #[must_use]
    pub fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Run {
        self.try_run(args).expect("the command runs to an end")
    }

    /// Runs to the end and returns standard output as text.
    ///
    /// # Panics
    /// When it fails in any way; the message shows what it wrote to standard error.
    #[must_use]
    pub fn ok<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> String {
        let args: Vec<_> = args.into_iter().collect();
        let run = self.run(args.iter().map(AsRef::as_ref));
        let shown: Vec<_> = args.iter().map(|a| a.as_ref().to_string_lossy()).collect();
        assert!(
            run.status.success(),
            "malle {}: {}\n{}",
            shown.join(" "),
            run.status,
            run.err()
        );
        run.out()
    }

    /// Starts it and leaves it running under guard, with output and error piped.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn spawn<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
    ) -> io::Result<ChildGuard> {
        let mut command = self.command(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        ChildGuard::spawn(&mut command)
    }
}

impl Run {
    /// The exit code; `None` when a signal ended it.
    #[must_use]
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Standard output as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    #[must_use]
    pub fn out(&self) -> String {
        String::from_utf8(self.stdout.clone()).expect("text output is UTF-8")
    }

    /// Standard error as text, with what is not UTF-8 replaced.
    #[must_use]
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// Finds the built command: `MALLE_BIN`, else `malle` beside the folder of the running test.
///
/// A stale or missing program is not built here, because cargo holds its lock while tests run.
#[must_use]
pub fn malle_binary() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("MALLE_BIN") {
        return Some(PathBuf::from(given));
    }
    let test = std::env::current_exe().ok()?;
    let name = format!("malle{}", std::env::consts::EXE_SUFFIX);
    // target/debug/deps/test-0123 → target/debug/malle
    test.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(&name))
        .find(|file| file.is_file())
}

#[derive(Debug, Clone, Copy)]
enum Stream {
    Output,
    Error,
}

/// Writes the input from a thread of its own, so that neither side waits on a full pipe.
fn feed(pipe: Option<impl Write + Send + 'static>, input: Vec<u8>) {
    let Some(mut pipe) = pipe else { return };
    thread::spawn(move || {
        // A program may end before it has read everything; that is its right.
        let _closed_early = pipe.write_all(&input);
    });
}

/// Reads one output to its end and sends it.
fn collect(
    pipe: Option<impl Read + Send + 'static>,
    stream: Stream,
    done: mpsc::Sender<(Stream, Vec<u8>)>,
) {
    let Some(mut pipe) = pipe else { return };
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _cut_short = pipe.read_to_end(&mut bytes);
        let _nobody_waits = done.send((stream, bytes));
    });
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::TempHome;

    fn shell(home: &TempHome) -> Malle {
        Malle::new(Path::new("/bin/sh"), home.path())
    }

    #[test]
    fn input_output_error_and_code_are_kept_apart() {
        let home = TempHome::new().unwrap();
        let run = shell(&home)
            .input(b"in")
            .run(["-c", "cat; echo \" $MALLE_HOME\"; echo e >&2; exit 6"]);
        assert_eq!(run.out(), format!("in {}\n", home.path().display()));
        assert_eq!(run.err(), "e\n");
        assert_eq!(run.code(), Some(6));
    }

    #[test]
    fn more_than_a_pipe_holds_passes_both_ways() {
        let home = TempHome::new().unwrap();
        let big = vec![b'x'; 1 << 20];
        assert_eq!(shell(&home).input(&big).run(["-c", "cat"]).stdout, big);
    }

    #[test]
    fn a_hung_command_is_killed() {
        let home = TempHome::new().unwrap();
        let hung = shell(&home)
            .patience(Duration::from_millis(50))
            .try_run(["-c", "exec sleep 600"]);
        assert_eq!(hung.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    #[should_panic(expected = "no such thing")]
    fn ok_shows_why_it_failed() {
        let home = TempHome::new().unwrap();
        let _never = shell(&home).ok(["-c", "echo no such thing >&2; exit 3"]);
    }
}
