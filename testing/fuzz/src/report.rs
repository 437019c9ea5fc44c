//! What a run gave, as JSON: what the children tell line by line, and the report of the whole.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A line from a child.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// About once a second, and at the end.
    Progress(Progress),
    /// A panic at a place where there was none before.
    Panic(Finding),
    /// The child did all it was asked to.
    Done,
}

/// How far a child is.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Inputs run.
    pub executions: u64,
    /// Inputs kept.
    pub kept: usize,
    /// Different marks seen.
    pub marks: usize,
    /// Most memory so far, where the system tells it.
    pub peak_kib: u64,
    /// The slowest execution by the clock, in milliseconds.
    pub slowest_ms: u64,
}

/// How a target failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// A panic: something promised did not hold, or a bug was caught by the language.
    Panic,
    /// The process ended: out of memory, out of stack, abort.
    Crash,
    /// An execution took more processor time than the plan allows, ten seconds unless it says otherwise.
    Hang,
}

/// An input that a target failed on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Finding {
    /// How it failed.
    pub kind: FailureKind,
    /// Where: `file:line` of a panic, the signal of a crash.
    pub place: String,
    /// What was said.
    pub message: String,
    /// Where the input lies, made small if that was possible.
    pub file: PathBuf,
    /// Its bytes.
    pub size: u64,
}

/// What became of one target.
#[derive(Debug, Clone, Serialize)]
pub struct TargetReport {
    /// Its name.
    pub target: &'static str,
    /// How long it ran.
    pub seconds: f64,
    /// Inputs run, all children together.
    pub executions: u64,
    /// Inputs run in a second.
    pub per_second: f64,
    /// Inputs kept at the end.
    pub kept: usize,
    /// Different marks seen.
    pub marks: usize,
    /// Most memory of a child; nothing where the system does not tell.
    pub peak_mib: Option<f64>,
    /// The slowest execution by the clock, in milliseconds.
    pub slowest_ms: u64,
    /// Children that had to be started after the first.
    pub restarts: u32,
    /// What failed.
    pub findings: Vec<Finding>,
}

/// The whole run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Where chance started.
    pub seed: u64,
    /// Seconds that each target was given.
    pub seconds: u64,
    /// What decides which inputs are kept.
    pub guidance: &'static str,
    /// Memory limit of each target.
    pub memory_limit_mib: u64,
    /// Whether nothing failed.
    pub clean: bool,
    /// One for each.
    pub targets: Vec<TargetReport>,
}
