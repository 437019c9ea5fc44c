//! The program `fuzz`: runs targets in children, or one input, or is such a child.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use fuzz::child::{self, Task};
use fuzz::plan::{Plan, USAGE};
use fuzz::{run_once, targets, watch};

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1).peekable();
    match args.peek().map(String::as_str) {
        Some("help" | "--help" | "-h") => say(&format!("usage: {USAGE}")),
        Some("list") => list(),
        Some("run") => return run_inputs(args.skip(1)),
        Some("child") => return run_child(args.skip(1)),
        _ => return run_plan(&Plan::from_args(args)?),
    }
    Ok(())
}

fn list() {
    for target in targets::ALL {
        say(&format!("{:<18} {}", target.name, target.about));
    }
}

fn run_plan(plan: &Plan) -> Result<()> {
    let (targets, seconds, seed) = (plan.targets.len(), plan.seconds, plan.seed);
    say(&format!(
        "fuzz: {targets} targets, {seconds} s each, seed {seed}"
    ));
    let report = watch::run(plan, &say)?;
    if !report.clean {
        let findings: usize = report.targets.iter().map(|t| t.findings.len()).sum();
        bail!("{findings} inputs failed; `fuzz run TARGET FILE` shows one");
    }
    Ok(())
}

/// Runs inputs one after another; the first that fails ends it.
fn run_inputs(mut args: impl Iterator<Item = String>) -> Result<()> {
    let target = targets::find(&args.next().context(USAGE)?)?;
    for file in args {
        let input = std::fs::read(&file).with_context(|| format!("cannot read {file}"))?;
        if let Err(panicked) = in_thread(target, input)? {
            say(&format!(
                "panicked at {}\n{}",
                panicked.place, panicked.message
            ));
            bail!("{file} fails {}", target.name);
        }
    }
    Ok(())
}

/// With the stack of an ordinary thread, as children have.
fn in_thread(
    target: &'static fuzz::Target,
    input: Vec<u8>,
) -> Result<Result<fuzz::Seen, fuzz::Panicked>> {
    let thread = std::thread::spawn(move || run_once(target, &input));
    thread
        .join()
        .map_err(|_| anyhow::anyhow!("the thread of the target is gone"))
}

/// The arguments are those that the parent gives.
fn run_child(mut args: impl Iterator<Item = String>) -> Result<()> {
    let mut task = Task {
        target: targets::find(&args.next().context(USAGE)?)?,
        seed: 1,
        time: Duration::ZERO,
        executions: u64::MAX,
        folder: PathBuf::new(),
        corpus: None,
    };
    while let (Some(name), Some(value)) = (args.next(), args.next()) {
        match name.as_str() {
            "--seed" => task.seed = value.parse()?,
            "--seconds" => task.time = Duration::from_secs(value.parse()?),
            "--executions" => task.executions = value.parse()?,
            "--out" => task.folder = value.into(),
            "--corpus" => task.corpus = Some(value.into()),
            _ => bail!("unknown argument {name}"),
        }
    }
    child::run(task)
}

#[expect(clippy::print_stdout, reason = "a program that tells its progress")]
fn say(line: &str) {
    println!("{line}");
}
