//! Running all cases over one store, and the file that says what passed.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::{Case, Fixture, Ground, all};

/// The result file: every registered case with what came of it on each store that ran.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Results {
    stores: Vec<String>,
    cases: Vec<CaseResult>,
}

#[derive(Debug, Serialize, Deserialize)]
struct CaseResult {
    name: String,
    checks: Vec<String>,
    needs: Vec<String>,
    results: BTreeMap<String, String>,
}

/// Runs every case over the store called `store`, each on a ground of its own, and writes the results below `target`.
/// Set `MALLE_CASE` to run only cases whose name or check contains it; nothing is written then.
///
/// # Errors
/// When a case failed, when the list of cases is wrong, or when the file cannot be written.
pub fn run(store: &str, target: &Path, ground: impl Fn() -> Box<dyn Ground>) -> Result<()> {
    let cases = all();
    check_list(&cases)?;
    let wanted = std::env::var("MALLE_CASE").unwrap_or_default();
    let chosen = |case: &&Case| {
        case.name.contains(&wanted) || case.checks.iter().any(|c| c.contains(&wanted))
    };
    let mut verdicts = BTreeMap::new();
    for case in cases.iter().filter(chosen) {
        verdicts.insert(case.name, verdict(case, &ground));
    }
    if wanted.is_empty() {
        write(store, target, &cases, &verdicts)?;
    }
    let failed: Vec<String> = verdicts
        .iter()
        .filter(|(_, v)| v.starts_with("failed"))
        .map(|(name, v)| format!("{name}: {v}"))
        .collect();
    if !failed.is_empty() {
        bail!(
            "{} of {} cases on {store}:\n{}",
            failed.len(),
            verdicts.len(),
            failed.join("\n")
        );
    }
    Ok(())
}

fn verdict(case: &Case, ground: &impl Fn() -> Box<dyn Ground>) -> String {
    let story = || -> Result<&'static str> {
        let fixture = Fixture::new(ground()).context("logging on to a fresh profile")?;
        let claims = fixture.store()?.capabilities();
        if !case.needs.iter().all(|need| need.is_met(&claims)) {
            return Ok("not claimed");
        }
        (case.run)(&fixture).map(|()| "passed")
    };
    match catch_unwind(AssertUnwindSafe(story)) {
        Ok(Ok(verdict)) => verdict.to_owned(),
        Ok(Err(error)) => format!("failed: {error:#}"),
        Err(panic) => format!("failed: {}", message(panic.as_ref())),
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic")
        .to_owned()
}

/// Names are unique, checks exist, and no case claims more than three.
fn check_list(cases: &[Case]) -> Result<()> {
    let csv = include_str!("../checks.csv");
    let known: BTreeSet<&str> = csv
        .lines()
        .skip(1)
        .filter_map(|l| l.split(',').next())
        .collect();
    let mut names = BTreeSet::new();
    for case in cases {
        if !names.insert(case.name) {
            bail!("two cases are named `{}`", case.name);
        }
        if let Some(check) = case.checks.iter().find(|c| !known.contains(**c)) {
            bail!("`{}` claims {check}, which is no check", case.name);
        }
        if case.checks.len() > 3 {
            bail!("`{}` claims {} checks", case.name, case.checks.len());
        }
    }
    Ok(())
}

/// Puts this store's results into the file, beside those of other stores for the same cases.
fn write(
    store: &str,
    target: &Path,
    cases: &[Case],
    verdicts: &BTreeMap<&str, String>,
) -> Result<()> {
    let directory = target.join("conformance");
    std::fs::create_dir_all(&directory)?;
    let path = directory.join("results.json");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    // Test programs of several stores may end at the same time.
    file.lock()?;
    let mut results = read(&mut file)?;
    if !results.stores.iter().any(|s| s == store) {
        results.stores.push(store.to_owned());
    }
    let mut old: BTreeMap<String, BTreeMap<String, String>> = results
        .cases
        .into_iter()
        .map(|c| (c.name, c.results))
        .collect();
    results.cases = cases
        .iter()
        .map(|case| case_result(case, store, verdicts, &mut old))
        .collect();
    let text = serde_json::to_vec_pretty(&results)?;
    file.rewind()?;
    file.set_len(0)?;
    file.write_all(&text)?;
    Ok(())
}

fn read(file: &mut File) -> Result<Results> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    // A file of another form, or cut short by a kill, is made anew.
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

fn case_result(
    case: &Case,
    store: &str,
    verdicts: &BTreeMap<&str, String>,
    old: &mut BTreeMap<String, BTreeMap<String, String>>,
) -> CaseResult {
    let mut results = old.remove(case.name).unwrap_or_default();
    if let Some(verdict) = verdicts.get(case.name) {
        results.insert(store.to_owned(), verdict.clone());
    }
    CaseResult {
        name: case.name.to_owned(),
        checks: case.checks.iter().map(|c| (*c).to_owned()).collect(),
        needs: case.needs.iter().map(|n| n.name().to_owned()).collect(),
        results,
    }
}
