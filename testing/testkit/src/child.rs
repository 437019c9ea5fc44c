//! Children of a test that do not outlive it, however it ends.

use std::io::{self, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

/// A child process that is killed when the guard drops or when the test process dies.
///
/// Where a POSIX shell exists, a small watcher holds the read end of a pipe: when this process dies, even by
/// `SIGKILL`, the pipe closes and the watcher kills the child. This needs no unsafe code; on other
/// systems only the drop kills.
#[derive(Debug)]
pub struct ChildGuard {
    child: Child,
    watcher: Option<Watcher>,
    reaped: Option<ExitStatus>,
}

impl ChildGuard {
    /// Starts `command` under guard.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let child = command.spawn()?;
        let watcher = if cfg!(unix) {
            Some(Watcher::over(child.id())?)
        } else {
            None
        };
        Ok(Self {
            child,
            watcher,
            reaped: None,
        })
    }

    /// The same in a process group of its own, where there are such: a child that is to be stopped (`SIGSTOP`). The system lets the
    /// stopped processes of a group go on when whoever began the group ends, as a shell does that has started a test in the
    /// background.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn spawn_apart(command: &mut Command) -> io::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        Self::spawn(command)
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The child itself, for its pipes.
    pub const fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Kills the child at once (`SIGKILL` on Unix) and waits for its end.
    ///
    /// # Errors
    /// When the system refuses either.
    pub fn kill(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.reaped {
            return Ok(status);
        }
        self.child.kill()?;
        self.wait()
    }

    /// Waits for the child's own end.
    ///
    /// # Errors
    /// When the system cannot wait for it.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.reaped {
            return Ok(status);
        }
        let status = self.child.wait()?;
        self.reaped = Some(status);
        if let Some(watcher) = self.watcher.take() {
            watcher.dismiss();
        }
        Ok(status)
    }
}

impl Drop for ChildGuard {
    fn drop(&mut self) {
        // Nothing can be done about a child that refuses to die; the test's own result stands.
        let _ended = self.kill();
    }
}

/// The shell that waits for this process to die.
#[derive(Debug)]
struct Watcher {
    shell: Child,
    line: ChildStdin,
}

impl Watcher {
    fn over(pid: u32) -> io::Result<Self> {
        let mut shell = Command::new("sh")
            .args(["-c", r#"read -r word || kill -9 "$0""#, &pid.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let line = shell
            .stdin
            .take()
            .expect("its input was asked for as a pipe");
        Ok(Self { shell, line })
    }

    /// Tells the watcher that its child is gone, so that a reused process id is safe.
    fn dismiss(mut self) {
        if self.line.write_all(b"done\n").is_err() {
            let _gone = self.shell.kill();
        }
        let _status = self.shell.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Read};

    #[test]
    fn dropping_kills() {
        let mut command = Command::new("sh");
        command
            .args(["-c", "echo up; exec sleep 600"])
            .stdout(Stdio::piped());
        let mut guard = ChildGuard::spawn(&mut command).unwrap();
        let mut output = BufReader::new(guard.child().stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "up\n");
        drop(guard);
        let mut rest = Vec::new();
        output.read_to_end(&mut rest).unwrap(); // ends only when the sleeper is gone
        assert!(rest.is_empty());
    }

    #[test]
    fn an_ordinary_end_is_reported() {
        let mut guard = ChildGuard::spawn(Command::new("sh").args(["-c", "exit 3"])).unwrap();
        assert_eq!(guard.wait().unwrap().code(), Some(3));
        assert_eq!(guard.kill().unwrap().code(), Some(3));
    }

    /// The middle process stands for a test that is killed: it guards a sleeper and dies at once.
    #[test]
    fn a_killed_parent_takes_its_child_along() {
        if std::env::var_os("TESTKIT_MIDDLE").is_some() {
            let mut guard = ChildGuard::spawn(Command::new("sleep").arg("600")).unwrap();
            println!("guarded");
            let _lives_on = guard.wait();
            return;
        }
        let mut middle = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "child::tests::a_killed_parent_takes_its_child_along",
                "--nocapture",
            ])
            .env("TESTKIT_MIDDLE", "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = middle.stdout.take().unwrap();
        let mut seen = Vec::new();
        let mut byte = [0_u8; 1];
        // Killed earlier, the middle may die between the sleeper and its watcher. The sleeper inherits this pipe.
        while !seen.ends_with(b"guarded\n") && output.read(&mut byte).unwrap() == 1 {
            seen.push(byte[0]);
        }
        assert!(
            seen.ends_with(b"guarded\n"),
            "{}",
            String::from_utf8_lossy(&seen)
        );
        middle.kill().unwrap();
        middle.wait().unwrap();
        let mut rest = Vec::new();
        output.read_to_end(&mut rest).unwrap(); // hangs for 600 s if the sleeper survived
    }
}
