//! Project tasks, and what the tests of the project's habits share with them.
#![expect(clippy::print_stdout, reason = "a command talks to its terminal")]

pub mod args;
pub mod ci;
pub mod codegen;
pub mod coverage;
pub mod demo;
pub mod forward;
pub mod process;
pub mod suite;
pub mod workspace;

use std::fmt;

use anyhow::{Result, bail};

use crate::args::Args;

/// One task: its name, its arguments, what it does, and the function that does it.
struct Task {
    name: &'static str,
    usage: &'static str,
    about: &'static str,
    details: &'static str,
    run: fn(Args) -> Result<()>,
}

const TASKS: &[Task] = &[
    Task {
        name: "demo",
        usage: "[--clean] [--readme]",
        about: "import the sample mail into a fresh home and look at it",
        details: demo::DETAILS,
        run: demo::run,
    },
    Task {
        name: "test",
        usage: "[--setup] [--yes] [--no-remove] [-p PACKAGE] [--filter TEXT] [--timeout SECONDS]",
        about: "run every test of the workspace, doc tests too",
        details: suite::DETAILS,
        run: suite::run,
    },
    Task {
        name: "ci",
        usage: "[--yes] [--no-remove]",
        about: "everything that must hold before a change is taken",
        details: ci::DETAILS,
        run: ci::run,
    },
    Task {
        name: "codegen",
        usage: "[--check]",
        about: "make the generated tables from the data files",
        details: "With --check nothing is written; a table that is out of date is an error.",
        run: make_tables,
    },
    Task {
        name: "coverage",
        usage: "[--json | --write | --check] [--fresh]",
        about: "which checks of the requirements the conformance suite covers",
        details: coverage::DETAILS,
        run: coverage::run,
    },
    Task {
        name: "bench",
        usage: "[ARGUMENT…]",
        about: "run the measurements (release build)",
        details: "The arguments go to the program `bench` of the package benchmarks.",
        run: forward::bench,
    },
    Task {
        name: "bigstore",
        usage: "N HOME [--bodies]",
        about: "fill a store with N messages, always the same ones (release build)",
        details: "With --bodies each message has a text of 200 words from a Zipf vocabulary.",
        run: forward::bigstore,
    },
    Task {
        name: "torture",
        usage: "[--ci] [ARGUMENT…]",
        about: "kill, fill up and cut stores, then check them (release build)",
        details: "With --ci the form of two minutes with fixed seeds.",
        run: forward::torture,
    },
    Task {
        name: "fuzz",
        usage: "[TARGET…|all] [--ci] [--seconds 600] [--seed N] [--jobs N] [--report FILE] [--corpus DIR]",
        about: "readers of foreign bytes against mutated input (optimised build, all checks on)",
        details: FUZZ,
        run: forward::fuzz,
    },
];

/// What `cargo xtask help fuzz` adds.
const FUZZ: &str = "
Each target runs in a child process of at most 512 MiB, and no input may take ten seconds. An input on which a target panics,
crashes or hangs is made small and kept in target/fuzz/<target>; it is tried first the next time. The report goes to
target/fuzz/report.json. `cargo xtask fuzz list` names the targets, `cargo xtask fuzz run TARGET FILE…` runs inputs.
The seeds are made in code, samples/mail, and the shared corpus when MALLE_CORPUS names one. With --ci ten seconds each.";

/// A failure that has already been told on the terminal, whose last line should stay the last.
#[derive(Debug)]
pub struct Told(pub &'static str);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Told {}

/// Runs the task that a command line names.
///
/// # Errors
/// When there is no such task, its arguments mean nothing, or it fails.
pub fn run(mut words: Vec<String>) -> Result<()> {
    if words.is_empty() {
        words.push("help".to_owned());
    }
    let name = words.remove(0);
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        return help(words.first().map(String::as_str));
    }
    let task = find(&name)?;
    let mut args = Args::new(words);
    if args.flag("--help") || args.flag("-h") {
        return help(Some(task.name));
    }
    (task.run)(args)
}

fn find(name: &str) -> Result<&'static Task> {
    match TASKS.iter().find(|task| task.name == name) {
        Some(task) => Ok(task),
        None => bail!("there is no task `{name}`; `cargo xtask help` lists them"),
    }
}

fn help(topic: Option<&str>) -> Result<()> {
    if let Some(name) = topic {
        let task = find(name)?;
        println!(
            "cargo xtask {} {}\n\n{}.\n{}",
            task.name, task.usage, task.about, task.details
        );
        return Ok(());
    }
    println!("cargo xtask TASK [ARGUMENT…]\n");
    for task in TASKS {
        println!("  {:<9} {}", task.name, task.about);
    }
    println!("\ncargo xtask help TASK says more about one.");
    Ok(())
}

fn make_tables(mut args: Args) -> Result<()> {
    let check = args.flag("--check");
    args.finish()?;
    codegen::run(check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_is_found_by_its_name_and_no_other_is() {
        for task in TASKS {
            assert_eq!(find(task.name).unwrap().about, task.about);
            assert!(!task.details.is_empty());
        }
        assert!(find("tests").is_err());
    }
}
