//! The plain CSV of the fact files: no quotes, no commas inside fields.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// One row by column name.
#[derive(Debug)]
pub(super) struct Row(BTreeMap<String, String>);

impl Row {
    /// The field called `column`.
    pub(super) fn get(&self, column: &str) -> Result<&str> {
        self.0
            .get(column)
            .map(String::as_str)
            .with_context(|| format!("no column {column}"))
    }

    /// The field called `column` as a `0x…` number.
    pub(super) fn hex(&self, column: &str) -> Result<u32> {
        let text = self.get(column)?;
        let digits = text
            .strip_prefix("0x")
            .with_context(|| format!("{text}: no 0x"))?;
        u32::from_str_radix(digits, 16).with_context(|| format!("{text}: not hexadecimal"))
    }
}

/// The rows of `data/name`.
pub(super) fn read(data: &Path, name: &str) -> Result<Vec<Row>> {
    let path = data.join(name);
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().context("empty file")?.split(',').collect();
    let mut rows = Vec::new();
    for (number, line) in lines.enumerate() {
        let fields: Vec<&str> = line.split(',').collect();
        ensure!(
            fields.len() == columns.len() && !line.contains('"'),
            "{name}:{}: {} fields expected, no quotes",
            number + 2,
            columns.len()
        );
        let row = columns
            .iter()
            .zip(fields)
            .map(|(c, f)| ((*c).to_owned(), f.to_owned()));
        rows.push(Row(row.collect()));
    }
    Ok(rows)
}
