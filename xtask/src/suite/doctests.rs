//! Runs the examples in the documentation, which cargo builds and runs by itself.

use std::io::{Read, Seek};
use std::time::Duration;

use anyhow::Result;

use super::Options;
use super::tally::{Outcome, Tally};
use crate::process::{self, End};
use crate::workspace::{self, Metadata};

/// The examples run as one program, so they share one limit.
const PATIENCE: Duration = Duration::from_secs(900);

/// Whether the options leave any library whose examples should run.
pub(super) fn apply(metadata: &Metadata, options: &Options) -> bool {
    match &options.package {
        Some(name) => metadata
            .member(name)
            .is_some_and(workspace::Package::has_library),
        None => true,
    }
}

/// Runs the examples and adds them to the count.
pub(super) fn run(options: &Options, tally: &mut Tally) -> Result<()> {
    println!("running the examples of the documentation");
    let mut command = workspace::cargo();
    command.args(["test", "--doc", "--no-fail-fast"]);
    match &options.package {
        Some(name) => command.args(["--package", name]),
        None => command.arg("--workspace"),
    };
    if let Some(part) = &options.filter {
        command.args(["--", part]);
    }
    let mut output = tempfile::tempfile()?;
    command
        .stdout(output.try_clone()?)
        .stderr(output.try_clone()?);
    let end = process::wait(&mut command.spawn()?, PATIENCE)?;
    let mut text = String::new();
    output.rewind()?;
    output.read_to_string(&mut text)?;
    count(&text, end, tally);
    Ok(())
}

/// Adds each `test …` line of rustdoc; an end that no line explains is a failure of its own.
fn count(text: &str, end: End, tally: &mut Tally) {
    let failed_before = tally.failed();
    for line in text.lines() {
        let Some((name, result)) = line
            .strip_prefix("test ")
            .and_then(|l| l.rsplit_once(" ... "))
        else {
            continue;
        };
        tally.add(&format!("example {name}"), outcome(name, result));
    }
    let succeeded = matches!(end, End::Exit(status) if status.success());
    if !succeeded {
        println!("{text}");
        if tally.failed() == failed_before {
            let why = if end == End::TimedOut {
                "took too long"
            } else {
                "did not run"
            };
            tally.add(
                &format!("examples: cargo test --doc {why}"),
                Outcome::Failed(String::new()),
            );
        }
    }
}

fn outcome(name: &str, result: &str) -> Outcome {
    match result {
        "ok" => Outcome::Passed,
        "ignored" => Outcome::Skipped(vec![format!("example {name} is marked `ignore`")]),
        other => Outcome::Failed(other.to_owned()),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    const OUTPUT: &str = "running 3 tests\n\
        test src/lib.rs - (line 6) ... ok\n\
        test src/a.rs - a::B (line 3) - compile ... ok\n\
        test src/a.rs - a::C (line 9) ... ignored\n\
        test result: ok. 2 passed; 0 failed; 1 ignored\n";

    fn tally(text: &str, code: i32) -> Tally {
        let mut tally = Tally::default();
        let end = End::Exit(std::process::ExitStatus::from_raw(code << 8));
        count(text, end, &mut tally);
        tally
    }

    #[test]
    fn lines_are_counted() {
        let tally = tally(OUTPUT, 0);
        assert_eq!((tally.passed, tally.failed(), tally.skipped), (2, 0, 1));
    }

    #[test]
    fn a_failure_is_never_lost() {
        let failed = OUTPUT.replace("(line 6) ... ok", "(line 6) ... FAILED");
        assert_eq!(tally(&failed, 101).failed(), 1);
        assert_eq!(tally("error: could not compile", 101).failed(), 1);
    }
}
