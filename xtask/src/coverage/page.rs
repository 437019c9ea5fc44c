//! The page `docs/coverage.md`: written from the coverage, and read back by the test that guards it.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::checks::{self, Check};
use super::{Coverage, Row, State};
use crate::workspace;

const OPENING: &str = "\
# Coverage of the requirements

Made by `cargo xtask coverage --write` from what the conformance suite reported; do not edit.

A check is covered when every case registered for it passed on every store that claims what the
case needs, and at least one store does. The suite runs each case through the client API. Of a part
that is under way, every check that is not covered has its reason (`testing/conformance/open.csv`).
";

/// How the reason of an open check begins.
const OPEN: &str = "open: ";

/// Where the page lies.
pub fn file() -> PathBuf {
    workspace::root().join("docs/coverage.md")
}

/// The whole page.
pub fn render(coverage: &Coverage) -> String {
    let mut page = OPENING.to_owned();
    page.push_str(&format!("\nStores: {}.\n\n", coverage.stores.join(", ")));
    page.push_str(&table_of_areas(coverage));
    for sum in &coverage.areas {
        let heading = format!(
            "{} {} ({} of {})",
            sum.area, sum.title, sum.covered, sum.total
        );
        page.push_str(&format!(
            "\n## {heading}\n\n| check | topic | cases |\n|---|---|---|\n"
        ));
        for row in coverage
            .checks
            .iter()
            .filter(|r| checks::area_of(&r.check) == sum.area)
        {
            page.push_str(&render_row(row));
        }
    }
    page
}

/// The sums alone, for the terminal.
pub fn totals(coverage: &Coverage) -> String {
    let mut text = String::new();
    for sum in &coverage.areas {
        let numbers = format!("{:>3} of {:>3}", sum.covered, sum.total);
        text.push_str(&format!("{:<4} {:<32} {numbers}\n", sum.area, sum.title));
    }
    let numbers = format!("{:>3} of {:>3}", coverage.covered, coverage.total);
    text.push_str(&format!("{:<4} {:<32} {numbers}\n", "", "all"));
    text
}

fn table_of_areas(coverage: &Coverage) -> String {
    let mut table = "| area | | covered | of |\n|---|---|---:|---:|\n".to_owned();
    for sum in &coverage.areas {
        let line = format!(
            "| {} | {} | {} | {} |\n",
            sum.area, sum.title, sum.covered, sum.total
        );
        table.push_str(&line);
    }
    for sum in &coverage.parts {
        let _infallible = writeln!(
            table,
            "| *{}* | | {} | {} |",
            sum.part, sum.covered, sum.total
        );
    }
    let _infallible = writeln!(
        table,
        "| **all** | | **{}** | **{}** |",
        coverage.covered, coverage.total
    );
    table
}

fn render_row(row: &Row) -> String {
    let cases = match &row.state {
        State::Open { reason: None } => String::new(),
        State::Open {
            reason: Some(reason),
        } => format!("{OPEN}{}", reason.replace('|', "\\|")),
        State::Covered { cases } => ticked(cases),
        State::Failing { cases } => format!("**not passed**: {}", ticked(cases)),
    };
    format!(
        "| {} | {} | {cases} |\n",
        row.check,
        row.topic.replace('|', "\\|")
    )
}

fn ticked(cases: &[String]) -> String {
    cases
        .iter()
        .map(|case| format!("`{}`", case.replace('|', "\\|")))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Reads a page back, so that a test can see whether it is one that `render` makes.
pub fn parse(page: &str, checks: &[Check]) -> Result<Coverage> {
    let stores = page
        .lines()
        .find_map(|line| line.strip_prefix("Stores: ")?.strip_suffix('.'));
    let stores = stores
        .context("the page names no stores")?
        .split(", ")
        .map(str::to_owned);
    let mut rows = Vec::new();
    for check in checks {
        let start = format!("| {} | {} | ", check.id, check.topic.replace('|', "\\|"));
        let cell = page
            .lines()
            .find_map(|line| line.strip_prefix(&start)?.strip_suffix(" |"));
        let cell = cell.with_context(|| format!("the page has no row for {}", check.id))?;
        rows.push(Row {
            check: check.id.clone(),
            part: check.part.clone(),
            topic: check.topic.clone(),
            state: parse_state(cell),
        });
    }
    Ok(Coverage::from_rows(stores.collect(), rows))
}

fn parse_state(cell: &str) -> State {
    let names = |text: &str| -> Vec<String> {
        text.split("`, `")
            .map(|case| case.trim_matches('`').replace("\\|", "|"))
            .collect()
    };
    if let Some(rest) = cell.strip_prefix("**not passed**: ") {
        State::Failing { cases: names(rest) }
    } else if let Some(reason) = cell.strip_prefix(OPEN) {
        let reason = Some(reason.replace("\\|", "|"));
        State::Open { reason }
    } else if cell.is_empty() {
        State::Open { reason: None }
    } else {
        State::Covered { cases: names(cell) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (Vec<Check>, Coverage) {
        let checks = checks::load().unwrap();
        let state = |at: usize| match at % 4 {
            0 => State::Covered {
                cases: vec!["a".to_owned(), format!("b | {at}, c")],
            },
            1 => State::Failing {
                cases: vec!["c (fails on sqlite, memory)".to_owned()],
            },
            2 => State::Open { reason: None },
            _ => State::Open {
                reason: Some("waits for a | b".to_owned()),
            },
        };
        let row = |(at, check): (usize, &Check)| Row {
            check: check.id.clone(),
            part: check.part.clone(),
            topic: check.topic.clone(),
            state: state(at),
        };
        let rows = checks.iter().enumerate().map(row).collect();
        let stores = vec!["memory".to_owned(), "sqlite".to_owned()];
        (checks, Coverage::from_rows(stores, rows))
    }

    #[test]
    fn a_page_read_back_is_the_same_coverage() {
        let (checks, coverage) = sample();
        assert_eq!(coverage.covered, 144);
        assert_eq!(parse(&render(&coverage), &checks).unwrap(), coverage);
    }

    #[test]
    fn a_page_without_a_row_is_refused() {
        let (checks, coverage) = sample();
        let page = render(&coverage).replace("| RES-05 |", "| RES-55 |");
        assert!(parse(&page, &checks).is_err());
    }

    #[test]
    fn a_hand_made_sum_shows() {
        let (checks, coverage) = sample();
        let page = render(&coverage).replace("**144**", "**145**");
        assert_ne!(render(&parse(&page, &checks).unwrap()), page);
    }
}
