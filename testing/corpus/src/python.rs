//! A mail as Python's `email` reads it, beside malle's reading of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::{Reading, malle};

/// The interpreter.
pub const PROGRAM: &str = "python3";

/// One mail as both sides have it.
#[derive(Debug)]
pub struct Sides {
    /// The name of its file.
    pub file: String,
    /// What Python says, or why the mail is left out.
    pub python: Result<Reading, String>,
    /// What malle says, or why it refuses.
    pub malle: Result<Reading, String>,
}

/// A line that `read.py` prints.
#[derive(Deserialize)]
struct Line {
    file: String,
    #[serde(flatten)]
    found: Found,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Found {
    Out { out: String },
    Read(Reading),
}

/// Reads every mail of `folder` with both sides, in the order of their names.
///
/// # Errors
/// The script cannot be run or fails, or a file cannot be read.
pub fn read_all(folder: &Path) -> Result<Vec<Sides>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("read.py");
    let output = Command::new(PROGRAM)
        .arg(script)
        .arg(folder)
        .output()
        .context("python3 cannot be started")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "read.py failed: {errors}");
    let lines = String::from_utf8(output.stdout)?;
    lines.lines().map(|line| both(folder, line)).collect()
}

fn both(folder: &Path, line: &str) -> Result<Sides> {
    let line: Line = serde_json::from_str(line)?;
    let bytes = fs::read(folder.join(&line.file))?;
    Ok(Sides {
        python: match line.found {
            Found::Out { out } => Err(out),
            Found::Read(reading) => Ok(reading),
        },
        malle: malle::read(&bytes).map_err(|error| error.to_string()),
        file: line.file,
    })
}
