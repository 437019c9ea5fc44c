//! `cargo xtask test`: builds every test, runs each in a process of its own under a hard time limit, and counts.
//!
//! A process per test means that a crash, a hang or an overflowed stack costs one test and names
//! it. `cargo test` alone has no time limit, and other runners would have to be installed first.

mod binaries;
mod cases;
mod doctests;
mod needs;
mod tally;

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::Told;
use crate::args::Args;
use crate::process;
use crate::workspace::Metadata;
use tally::Tally;

pub use needs::{Consent, Removal, Setup, on_path};

/// What `cargo xtask help test` adds.
pub const DETAILS: &str = "
Each test runs in a process of its own and is killed after 300 seconds (--timeout SECONDS, 0 for
never). What a test lacks on this machine makes it a skipped one and one `skipped:` line.

  --setup        get what the tests need through the system's package manager; asks first
  --yes          answer yes (CI=true does the same)
  --no-remove    let apt fail rather than remove a package
  -p PACKAGE     only this package
  --filter TEXT  only tests whose `package name` contains TEXT

The last line counts what happened: `N passed, N failed, N skipped`.";

/// How long one test may take unless `--timeout` says otherwise.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a run of the suite is asked to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether what is missing is installed first.
    pub setup: bool,
    /// How it is installed.
    pub how: Setup,
    /// Only this package.
    pub package: Option<String>,
    /// Only tests whose full name contains this.
    pub filter: Option<String>,
    /// When a test counts as hung.
    pub timeout: Duration,
    /// Which skips are failures.
    pub skips: Skips,
}

/// Which skipped tests make the whole run fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skips {
    /// None: a person's machine need not have everything.
    Allowed,
    /// All but those for want of the shared corpus, which is no part of a clone.
    OnlyCorpus,
}

impl Options {
    /// Takes the options out of a command line.
    pub fn from_args(args: &mut Args) -> Result<Self> {
        let seconds = args.number("--timeout")?;
        Ok(Self {
            setup: args.flag("--setup"),
            how: Setup::from_args(args),
            package: args.value("-p")?.or(args.value("--package")?),
            filter: args.value("--filter")?,
            timeout: match seconds {
                None => PATIENCE,
                Some(0) => Duration::MAX,
                Some(seconds) => Duration::from_secs(seconds),
            },
            skips: Skips::Allowed,
        })
    }
}

/// The task.
pub fn run(mut args: Args) -> Result<()> {
    let options = Options::from_args(&mut args)?;
    args.finish()?;
    run_with(&options)
}

/// Builds and runs what `options` asks for; the last line printed is the count.
pub fn run_with(options: &Options) -> Result<()> {
    let started = Instant::now();
    let metadata = Metadata::members()?;
    if options.setup {
        needs::install(options.how)?;
    }
    let built = binaries::build(&metadata, options.package.as_deref())?;
    let mut tally = cases::run(&built, options)?;
    if doctests::apply(&metadata, options) {
        doctests::run(options, &mut tally)?;
    }
    report(&tally, options, started.elapsed())
}

/// Prints what needs a person's eye, then the count, and fails when something is wrong.
fn report(tally: &Tally, options: &Options, took: Duration) -> Result<()> {
    for (reason, count) in tally.reasons() {
        let tests = if count == 1 { "test" } else { "tests" };
        println!("skipped: {} ({count} {tests})", needs::with_command(reason));
    }
    for name in &tally.failures {
        println!("failed: {name}");
    }
    let forbidden = match options.skips {
        Skips::Allowed => Vec::new(),
        Skips::OnlyCorpus => tally.skips_other_than("shared corpus"),
    };
    for reason in &forbidden {
        println!("not allowed here: {reason}");
    }
    if tally.is_empty() {
        println!("no test matches");
    }
    println!("in {:.0} s", took.as_secs_f64());
    println!(
        "{} passed, {} failed, {} skipped",
        tally.passed,
        tally.failed(),
        tally.skipped
    );
    if tally.failed() > 0 || !forbidden.is_empty() || tally.is_empty() {
        return Err(Told("the tests did not pass").into());
    }
    Ok(())
}

/// Runs the tests of one package only, quietly as to skips; for tasks that need their side results.
pub fn run_package(package: &str) -> Result<()> {
    let mut command = crate::workspace::cargo();
    process::must(command.args(["test", "--quiet", "--package", package]))
}
