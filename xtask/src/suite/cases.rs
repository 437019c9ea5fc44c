//! Lists the tests of each program and runs each one in a process of its own.

use std::fs::File;
use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Options;
use super::binaries::{Built, TestBinary};
use super::tally::{Outcome, Tally};
use crate::process::{self, End};
use crate::workspace;

/// A test that takes longer is named at its end, so that nobody has to look for it.
const SLOW: Duration = Duration::from_secs(20);

/// How often the terminal is told how far the run is.
const PULSE: Duration = Duration::from_secs(10);

/// One test of one program.
#[derive(Debug)]
struct Case<'a> {
    binary: &'a TestBinary,
    name: String,
    ignored: bool,
}

impl Case<'_> {
    fn full_name(&self) -> String {
        format!(
            "{} {}::{}",
            self.binary.package, self.binary.target, self.name
        )
    }
}

/// Runs every test that the options let through.
pub(super) fn run(built: &Built, options: &Options) -> Result<Tally> {
    let mut cases = Vec::new();
    for binary in &built.tests {
        cases.extend(list(binary)?);
    }
    if let Some(part) = &options.filter {
        cases.retain(|case| case.full_name().contains(part));
    }
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    println!("running {} tests, {workers} at a time", cases.len());
    let board = Mutex::new(Board::new(cases.len()));
    let next = AtomicUsize::new(0);
    let work = || -> Result<()> {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let started = Instant::now();
            let outcome = run_one(case, built, options)?;
            let mut board = board.lock().ok().context("another worker panicked")?;
            board.post(&case.full_name(), outcome, started.elapsed());
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let mut ends = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        ends.try_for_each(|end| end.ok().context("a worker panicked")?)
    })?;
    Ok(board.into_inner().ok().context("a worker panicked")?.tally)
}

/// What the workers have done so far.
struct Board {
    tally: Tally,
    done: usize,
    total: usize,
    said: Instant,
}

impl Board {
    fn new(total: usize) -> Self {
        let (tally, said) = (Tally::default(), Instant::now());
        Self {
            tally,
            done: 0,
            total,
            said,
        }
    }

    fn post(&mut self, name: &str, outcome: Outcome, took: Duration) {
        announce(name, &outcome, took);
        self.tally.add(name, outcome);
        self.done += 1;
        if self.said.elapsed() >= PULSE && self.done < self.total {
            println!("{} of {} done", self.done, self.total);
            self.said = Instant::now();
        }
    }
}

fn announce(name: &str, outcome: &Outcome, took: Duration) {
    match outcome {
        Outcome::Failed(output) => {
            println!(
                "FAILED {name} ({:.1} s)\n{}",
                took.as_secs_f64(),
                output.trim_end()
            );
        }
        _ if took >= SLOW => println!("slow: {name} took {:.0} s", took.as_secs_f64()),
        Outcome::Passed | Outcome::Skipped(_) => {}
    }
}

fn list(binary: &TestBinary) -> Result<Vec<Case<'_>>> {
    let all = names(binary, &[])?;
    let ignored = names(binary, &["--ignored"])?;
    let case = |name: String| Case {
        binary,
        ignored: ignored.contains(&name),
        name,
    };
    Ok(all.into_iter().map(case).collect())
}

fn names(binary: &TestBinary, extra: &[&str]) -> Result<Vec<String>> {
    let mut command = Command::new(&binary.program);
    command
        .args(["--list", "--format", "terse"])
        .args(extra)
        .current_dir(&binary.directory);
    let output = command.output().with_context(|| process::shown(&command))?;
    if !output.status.success() {
        bail!(
            "{} {} does not list its tests",
            binary.package,
            binary.target
        );
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .map(str::to_owned)
        .collect())
}

fn run_one(case: &Case<'_>, built: &Built, options: &Options) -> Result<Outcome> {
    if case.ignored {
        return Ok(Outcome::Skipped(vec![format!(
            "{} is marked `ignore`",
            case.full_name()
        )]));
    }
    // A file, not a pipe: a pipe would stay open as long as any grandchild lives.
    let mut output = tempfile::tempfile()?;
    let mut child = command(case, built, &output)?.spawn()?;
    let end = process::wait(&mut child, options.timeout)?;
    let mut bytes = Vec::new();
    output.rewind()?;
    output.read_to_end(&mut bytes)?;
    Ok(judge(
        &case.name,
        end,
        &String::from_utf8_lossy(&bytes),
        options.timeout,
    ))
}

fn command(case: &Case<'_>, built: &Built, output: &File) -> Result<Command> {
    let mut command = Command::new(&case.binary.program);
    command
        .args(["--exact", &case.name, "--nocapture", "--test-threads=1"])
        .current_dir(&case.binary.directory)
        .env("CARGO_MANIFEST_DIR", &case.binary.directory)
        .env("CARGO_PKG_NAME", &case.binary.package)
        .env("CARGO_PKG_VERSION", &case.binary.version)
        .env("CARGO_TARGET_DIR", &built.target_directory)
        // insta would ask cargo for this once per process.
        .env("INSTA_WORKSPACE_ROOT", workspace::root())
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output.try_clone()?);
    if let Some(malle) = &built.malle {
        command.env("MALLE_BIN", malle);
    }
    Ok(command)
}

/// What an end and the output together mean.
fn judge(name: &str, end: End, output: &str, limit: Duration) -> Outcome {
    let status = match end {
        End::TimedOut => {
            let line = format!("\nkilled: it took longer than {} s", limit.as_secs());
            return Outcome::Failed(output.to_owned() + &line);
        }
        End::Exit(status) => status,
    };
    if !status.success() {
        return Outcome::Failed(format!("{output}\n{status}"));
    }
    // A program that ends early with code 0 has not passed.
    if !output.contains("test result: ok. 1 passed") {
        return Outcome::Failed(format!("{output}\nit ended without a result"));
    }
    let reasons = skip_reasons(name, output);
    if reasons.is_empty() {
        Outcome::Passed
    } else {
        Outcome::Skipped(reasons)
    }
}

/// The `skipped:` lines of a test; the first may stand behind libtest's own `test NAME ... `.
fn skip_reasons(name: &str, output: &str) -> Vec<String> {
    let heading = format!("test {name} ... ");
    let lines = output
        .lines()
        .map(|line| line.strip_prefix(&heading).unwrap_or(line));
    lines
        .filter_map(|line| line.strip_prefix("skipped: "))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(1);

    #[cfg(unix)]
    fn exit(code: i32) -> End {
        use std::os::unix::process::ExitStatusExt;
        End::Exit(std::process::ExitStatus::from_raw(code << 8))
    }

    #[cfg(unix)]
    #[test]
    fn only_a_result_line_and_code_zero_pass() {
        let good = "running 1 test\ntest a::b ... ok\n\ntest result: ok. 1 passed; 0 failed\n";
        assert_eq!(judge("a::b", exit(0), good, LIMIT), Outcome::Passed);
        assert!(matches!(
            judge("a::b", exit(101), good, LIMIT),
            Outcome::Failed(_)
        ));
        assert!(matches!(
            judge("a::b", End::TimedOut, good, LIMIT),
            Outcome::Failed(_)
        ));
        let none = "running 0 tests\n\ntest result: ok. 0 passed; 0 failed\n";
        assert!(matches!(
            judge("a::b", exit(0), none, LIMIT),
            Outcome::Failed(_)
        ));
        assert!(matches!(
            judge("a::b", exit(0), "bye", LIMIT),
            Outcome::Failed(_)
        ));
    }

    #[cfg(unix)]
    #[test]
    fn a_skip_is_seen_wherever_libtest_puts_it() {
        let output = "running 1 test\ntest a::b ... skipped: x is absent here\nskipped: y\nok\n\n\
                      test result: ok. 1 passed; 0 failed\n";
        let want = vec!["x is absent here".to_owned(), "y".to_owned()];
        assert_eq!(
            judge("a::b", exit(0), output, LIMIT),
            Outcome::Skipped(want)
        );
    }
}
