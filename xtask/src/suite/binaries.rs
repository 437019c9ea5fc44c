//! Builds the tests and learns from cargo's messages where the programs lie.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::workspace::{self, Metadata};

/// Everything one build made.
#[derive(Debug, Default)]
pub(super) struct Built {
    /// The test programs, in cargo's order.
    pub(super) tests: Vec<TestBinary>,
    /// The command `malle`, for tests that run it.
    pub(super) malle: Option<PathBuf>,
    /// Where builds go.
    pub(super) target_directory: PathBuf,
}

/// One program that holds tests.
#[derive(Debug, Clone)]
pub(super) struct TestBinary {
    /// The package it belongs to.
    pub(super) package: String,
    /// `lib`, `bin`, or the name of the integration test.
    pub(super) target: String,
    /// The program.
    pub(super) program: PathBuf,
    /// The package's folder, where its tests run.
    pub(super) directory: PathBuf,
    /// The package's version, which some tests read from their environment.
    pub(super) version: String,
}

/// A line of `--message-format=json`, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Message {
    reason: String,
    package_id: Option<String>,
    target: Option<workspace::Target>,
    profile: Option<Profile>,
    executable: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Profile {
    test: bool,
}

/// Builds the tests of one package or of all.
pub(super) fn build(metadata: &Metadata, package: Option<&str>) -> Result<Built> {
    let mut command = workspace::cargo();
    command.args([
        "test",
        "--no-run",
        "--message-format=json-render-diagnostics",
    ]);
    match package {
        Some(name) => command.args(["--package", name]),
        None => command.arg("--workspace"),
    };
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run cargo")?;
    let output = child.stdout.take().context("cargo's output is a pipe")?;
    let mut built = Built {
        target_directory: metadata.target_directory.clone(),
        ..Built::default()
    };
    for line in BufReader::new(output).lines() {
        // Other lines may come from build scripts; only cargo's own are JSON with a reason.
        if let Ok(message) = serde_json::from_str::<Message>(&line?) {
            note(message, metadata, &mut built);
        }
    }
    if !child.wait()?.success() {
        bail!("the tests do not build");
    }
    Ok(built)
}

fn note(message: Message, metadata: &Metadata, built: &mut Built) {
    let Message {
        reason,
        package_id,
        target,
        profile,
        executable,
    } = message;
    let (Some(id), Some(target), Some(profile), Some(program)) =
        (package_id, target, profile, executable)
    else {
        return;
    };
    let Some(package) = metadata.by_id().get(id.as_str()).copied() else {
        return;
    };
    if reason != "compiler-artifact" {
        return;
    }
    let kind = target.kind.first().map_or("", String::as_str);
    if profile.test {
        let name = if matches!(kind, "lib" | "bin") {
            kind
        } else {
            &target.name
        };
        built.tests.push(TestBinary {
            package: package.name.clone(),
            target: name.to_owned(),
            program,
            directory: package.directory().to_owned(),
            version: package.version.clone(),
        });
    } else if kind == "bin" && target.name == "malle" {
        built.malle = Some(program);
    }
}
