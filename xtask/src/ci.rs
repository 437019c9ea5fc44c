//! `cargo xtask ci`: everything that must hold, one step after the other, with a summary.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::args::Args;
use crate::coverage::{self, Mode};
use crate::suite::{self, Options, Skips};
use crate::{codegen, forward, process, workspace};

/// What `cargo xtask help ci` adds.
pub const DETAILS: &str = "
Formatting, lints, documentation, generated code, licences, all tests with what they need set up,
the coverage page, the two-minute torture run and ten seconds of fuzzing each target. A skipped test is a failure here, except for
want of the shared corpus, which is no part of a clone. Every step runs, whatever the others say.";

/// A step's name and what it does.
type Step = (&'static str, fn(&Options) -> Result<()>);

const STEPS: &[Step] = &[
    ("format", |_| {
        process::must(workspace::cargo().args(["fmt", "--all", "--check"]))
    }),
    ("lints", |_| lints()),
    ("documentation", |_| documentation()),
    ("generated code", |_| codegen::run(true)),
    ("licences", |_| licences()),
    ("tests", tests),
    ("coverage page", |_| coverage::run_mode(Mode::Check)),
    ("torture", |_| torture()),
    ("fuzz", |_| fuzz()),
];

/// The task.
pub fn run(mut args: Args) -> Result<()> {
    let mut options = Options::from_args(&mut args)?;
    args.finish()?;
    options.setup = true;
    options.skips = Skips::OnlyCorpus;
    let results: Vec<_> = STEPS.iter().map(|step| timed(*step, &options)).collect();
    println!("\n-- summary");
    for (name, took, result) in &results {
        let word = if result.is_ok() { "ok" } else { "FAILED" };
        println!("{word:<6} {name:<16} {:>6.0} s", took.as_secs_f64());
    }
    let failed = results
        .iter()
        .filter(|(.., result)| result.is_err())
        .count();
    if failed > 0 {
        bail!("{failed} of {} steps failed", results.len());
    }
    println!("all {} steps passed", results.len());
    Ok(())
}

fn timed((name, run): Step, options: &Options) -> (&'static str, Duration, Result<()>) {
    println!("\n-- {name}");
    let started = Instant::now();
    let result = run(options);
    if let Err(error) = &result {
        println!("FAILED: {error:#}");
    }
    (name, started.elapsed(), result)
}

fn tests(options: &Options) -> Result<()> {
    coverage::forget()?;
    suite::run_with(options)
}

fn lints() -> Result<()> {
    let mut command = workspace::cargo();
    command.args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]);
    process::must(&mut command)
}

fn documentation() -> Result<()> {
    let mut command = workspace::cargo();
    command.args(["doc", "--workspace", "--no-deps", "--locked"]);
    process::must(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// The tidy test holds the licences; cargo-deny, where a machine has it, looks at more.
fn licences() -> Result<()> {
    if !suite::on_path("cargo-deny") {
        println!("cargo-deny is not installed; the licences are held by the tidy tests alone");
        return Ok(());
    }
    process::must(workspace::cargo().args(["deny", "check", "licenses", "bans", "sources"]))
}

fn torture() -> Result<()> {
    short("torture", forward::torture)
}

fn fuzz() -> Result<()> {
    short("fuzz", forward::fuzz)
}

/// The short form of a task, with fixed seeds.
fn short(package: &str, task: fn(Args) -> Result<()>) -> Result<()> {
    if !forward::has(package)? {
        bail!("the workspace has no package `{package}`");
    }
    task(Args::new(vec!["--ci".to_owned()]))
}
