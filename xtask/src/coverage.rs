//! `cargo xtask coverage`: which checks of the requirements the conformance suite covers.
//!
//! The page and the JSON are made from the suite's result file alone; nobody writes a row by hand.

pub mod checks;
pub mod page;
pub mod reasons;
pub mod results;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::args::Args;
use crate::process;
use crate::suite;
use crate::workspace::Metadata;
use checks::{Area, Check};
use reasons::Reasons;
use results::Results;

/// What `cargo xtask help coverage` adds.
pub const DETAILS: &str = "
A check is covered when every case registered for it passed on every store that claims what the
case needs, and at least one store does. One case covers at most three checks. A check that is not
covered has its reason in testing/conformance/open.csv where its part of the requirements is under way.

  --json    the same as the page, as data
  --write   write docs/coverage.md
  --check   fail when docs/coverage.md says something else
  --fresh   run the suite first, even if it has left results

Without an option the totals are printed.";

/// What to do with the coverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Print the totals.
    Totals,
    /// Print everything as JSON.
    Json,
    /// Write the page.
    Write,
    /// Compare the page.
    Check,
}

/// The coverage of all checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// How many checks there are.
    pub total: usize,
    /// How many of them are covered.
    pub covered: usize,
    /// The stores that the suite ran on.
    pub stores: Vec<String>,
    /// The sums of each part of the requirements.
    pub parts: Vec<PartSum>,
    /// The sums of each area, in the order of the requirements.
    pub areas: Vec<AreaSum>,
    /// Every check, in the order of the requirements.
    pub checks: Vec<Row>,
}

/// The sums of one part of the requirements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartSum {
    /// Its name, such as `client-1`.
    pub part: String,
    /// How many of its checks are covered.
    pub covered: usize,
    /// How many it has.
    pub total: usize,
}

/// The sums of one area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AreaSum {
    /// Its letters, such as `STO`.
    pub area: String,
    /// What it is about.
    pub title: String,
    /// How many of its checks are covered.
    pub covered: usize,
    /// How many it has.
    pub total: usize,
}

/// One check and what the suite says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The check's id.
    pub check: String,
    /// The part of the requirements that it stands in.
    pub part: String,
    /// What it is about.
    pub topic: String,
    /// How it stands.
    #[serde(flatten)]
    pub state: State,
}

/// How a check stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// No case is registered for it.
    Open {
        /// Why not, where somebody said it.
        reason: Option<String>,
    },
    /// Every case registered for it passed wherever it applies.
    Covered {
        /// The names of those cases.
        cases: Vec<String>,
    },
    /// At least one case registered for it did not pass, or applied nowhere.
    Failing {
        /// Each such case with what is wrong.
        cases: Vec<String>,
    },
}

impl Coverage {
    /// Puts checks and results together.
    pub fn new(checks: &[Check], results: &Results, reasons: &Reasons) -> Result<Self> {
        results.validate(checks)?;
        let row = |check: &Check| Row {
            check: check.id.clone(),
            part: check.part.clone(),
            topic: check.topic.clone(),
            state: match results.state_of(&check.id) {
                State::Open { .. } => State::Open {
                    reason: reasons.of(&check.id).map(str::to_owned),
                },
                state => state,
            },
        };
        let mut stores = results.stores.clone();
        // Their order in the file is that of the test programs' ends.
        stores.sort();
        let coverage = Self::from_rows(stores, checks.iter().map(row).collect());
        reasons.validate(&coverage)?;
        Ok(coverage)
    }

    /// Adds up.
    pub fn from_rows(stores: Vec<String>, checks: Vec<Row>) -> Self {
        let is_covered = |row: &&Row| matches!(row.state, State::Covered { .. });
        let sum = |area: Area| {
            let rows = checks
                .iter()
                .filter(|row| checks::area_of(&row.check) == area.letters);
            AreaSum {
                covered: rows.clone().filter(is_covered).count(),
                total: rows.count(),
                area: area.letters.to_owned(),
                title: area.title.to_owned(),
            }
        };
        let mut parts: Vec<PartSum> = Vec::new();
        for row in &checks {
            let at = parts.iter().position(|p| p.part == row.part);
            let at = at.unwrap_or_else(|| {
                parts.push(PartSum {
                    part: row.part.clone(),
                    covered: 0,
                    total: 0,
                });
                parts.len() - 1
            });
            if let Some(sum) = parts.get_mut(at) {
                sum.total += 1;
                sum.covered += usize::from(is_covered(&row));
            }
        }
        Self {
            total: checks.len(),
            covered: checks.iter().filter(is_covered).count(),
            parts,
            stores,
            areas: checks::AREAS.iter().copied().map(sum).collect(),
            checks,
        }
    }
}

/// The task.
pub fn run(mut args: Args) -> Result<()> {
    let asked = [
        ("--json", Mode::Json),
        ("--write", Mode::Write),
        ("--check", Mode::Check),
    ];
    let mut modes = Vec::new();
    for (name, mode) in asked {
        if args.flag(name) {
            modes.push(mode);
        }
    }
    let fresh = args.flag("--fresh");
    args.finish()?;
    if fresh {
        forget()?;
    }
    match modes.as_slice() {
        [] => run_mode(Mode::Totals),
        [mode] => run_mode(*mode),
        _ => bail!("--json, --write and --check exclude each other"),
    }
}

/// Reads the results, running the suite first when there are none, and does what is asked.
pub fn run_mode(mode: Mode) -> Result<()> {
    let file = results_file()?;
    if !file.is_file() {
        suite::run_package("conformance")?;
    }
    let coverage = Coverage::new(&checks::load()?, &Results::load(&file)?, &Reasons::load()?)?;
    match mode {
        Mode::Totals => process::print_all(&page::totals(&coverage))?,
        Mode::Json => process::print_all(&(serde_json::to_string_pretty(&coverage)? + "\n"))?,
        Mode::Write => std::fs::write(page::file(), page::render(&coverage))?,
        Mode::Check => compare(&coverage)?,
    }
    Ok(())
}

/// Removes the results, so that none of an earlier state of the code counts.
pub fn forget() -> Result<()> {
    let file = results_file()?;
    if file.exists() {
        std::fs::remove_file(file)?;
    }
    Ok(())
}

fn compare(coverage: &Coverage) -> Result<()> {
    let written = std::fs::read_to_string(page::file()).context("docs/coverage.md")?;
    if written != page::render(coverage) {
        bail!("docs/coverage.md is out of date: run `cargo xtask coverage --write --fresh`");
    }
    println!(
        "{} of {} checks are covered, as the page says",
        coverage.covered, coverage.total
    );
    Ok(())
}

fn results_file() -> Result<PathBuf> {
    Ok(Metadata::members()?
        .target_directory
        .join("conformance/results.json"))
}
