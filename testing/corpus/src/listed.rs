//! The differences that are known, with the side that is right.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::Difference;

/// A known difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Where the sides differ.
    pub difference: Difference,
    /// Who is right: `malle`, `python` or `both arguable`.
    pub right: String,
    /// The rule that says so, and why in a few words.
    pub reason: String,
}

const RIGHT: [&str; 3] = ["malle", "python", "both arguable"];

/// The lines of `differences.tsv`.
///
/// # Errors
/// The file cannot be read, or a line lacks a column.
pub fn listed() -> Result<Vec<Listed>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("differences.tsv");
    let text = std::fs::read_to_string(file)?;
    let lines = text.lines().skip(1);
    lines
        .map(|line| parse(line).with_context(|| line.to_owned()))
        .collect()
}

fn parse(line: &str) -> Result<Listed> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [file, field, right, rule, why] = columns.as_slice() else {
        anyhow::bail!("not five columns");
    };
    ensure!(RIGHT.contains(right), "{right} is no side");
    ensure!(!rule.is_empty() && !why.is_empty(), "no rule or no reason");
    Ok(Listed {
        difference: Difference {
            file: (*file).to_owned(),
            field: field.parse()?,
        },
        right: (*right).to_owned(),
        reason: format!("{rule}: {why}"),
    })
}
