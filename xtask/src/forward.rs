//! Tasks that are programs of their own, built with optimisation and run with the rest of the line.

use anyhow::{Result, bail};

use crate::args::Args;
use crate::process;
use crate::workspace::{self, Metadata};

/// Runs the measurements, some of which run the built command.
pub fn bench(args: Args) -> Result<()> {
    build_malle()?;
    forward("benchmarks", "bench", "release", &args.rest())
}

/// Fills a big store.
pub fn bigstore(args: Args) -> Result<()> {
    let words = args.rest();
    if words.iter().filter(|word| !word.starts_with('-')).count() < 2 {
        bail!("usage: cargo xtask bigstore N HOME [--bodies]");
    }
    forward("benchmarks", "bigstore", "release", &words)
}

/// Runs the torture program, which kills the built command.
pub fn torture(args: Args) -> Result<()> {
    build_malle()?;
    forward("torture", "torture", "release", &args.rest())
}

/// Runs the fuzzing program, with overflow checks and debug assertions; its report lies beside what it found.
pub fn fuzz(args: Args) -> Result<()> {
    let mut words = args.rest();
    let first = words.first().map_or("", String::as_str);
    if !matches!(first, "run" | "list") {
        let out = Metadata::members()?.target_directory.join("fuzz");
        let given = |words: &[String], name: &str| words.iter().any(|word| word == name);
        std::fs::create_dir_all(&out)?;
        for (name, path) in [("--report", out.join("report.json")), ("--out", out)] {
            if !given(&words, name) {
                words.extend([name.to_owned(), path.to_string_lossy().into_owned()]);
            }
        }
    }
    forward("fuzz", "fuzz", "checked", &words)
}

/// Whether the workspace has the package of that name.
pub fn has(package: &str) -> Result<bool> {
    Ok(Metadata::members()?.member(package).is_some())
}

/// Builds the command for release, beside the program that will look for it there.
fn build_malle() -> Result<()> {
    let mut command = workspace::cargo();
    process::must(command.args(["build", "--release", "--package", "malle", "--bin", "malle"]))
}

fn forward(package: &str, program: &str, profile: &str, words: &[String]) -> Result<()> {
    let metadata = Metadata::members()?;
    let known = metadata.member(package).is_some_and(|found| {
        found
            .targets
            .iter()
            .any(|t| t.name == program && t.kind.iter().any(|k| k == "bin"))
    });
    if !known {
        bail!("the workspace has no program `{program}` in a package `{package}`");
    }
    let name = format!("malle{}", std::env::consts::EXE_SUFFIX);
    let malle = metadata.target_directory.join("release").join(name);
    let mut command = workspace::cargo();
    command.env("MALLE_BIN", malle);
    // Paths on the line mean the caller's folder, not the workspace's.
    command.current_dir(std::env::current_dir()?);
    command.args(["run", "--profile", profile, "--manifest-path"]);
    command.arg(workspace::root().join("Cargo.toml"));
    command
        .args(["--package", package, "--bin", program, "--"])
        .args(words);
    process::must(&mut command)
}
