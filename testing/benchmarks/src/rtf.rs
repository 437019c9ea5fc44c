//! RTF bodies: how fast they are read, packed and made, what a very large one takes in memory, and whether indexing suffers.
//! Requirements TXT-02, TXT-04, TXT-07.

mod body;
mod formats;
mod indexing;
mod letters;

use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value, json};

pub use body::serve;

/// Measures it; homes are made anew at `place`.
///
/// # Errors
/// When a home cannot be used, or something else comes back than was written.
pub fn measure(place: &Path, report: &mut Map<String, Value>) -> Result<()> {
    if place.exists() {
        std::fs::remove_dir_all(place)?;
    }
    let figures = json!({
        "formats_mb_per_second": formats::measure()?,
        "indexing": indexing::measure(place)?,
        "large_body": body::measure(&place.join("body"))?,
    });
    report.insert("rtf".into(), figures);
    std::fs::remove_dir_all(place)?;
    Ok(())
}
