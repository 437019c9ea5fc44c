//! How fast mail is read, beside a bare parser that keeps nothing of what a store needs.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use mail_parser::MessageParser;
use mapi_mime::{ImportContext, SharedBytes};
use mapi_props::FileTime;
use serde_json::{Map, Value, json};

use crate::measured::tidy;

/// Times that all mail is read by each.
const ROUNDS: usize = 3;
/// Messages in memory at once.
const BLOCK: usize = 500;

/// Reads every message below a directory into a tree with its verified recipe, and with `mail-parser` alone, in one
/// thread and from memory, by turns.
///
/// # Errors
/// Those of the file system; when a message cannot be read.
pub fn measure(maildir: &Path, report: &mut Map<String, Value>) -> Result<()> {
    let files = crate::peers::files(maildir)?;
    ensure!(!files.is_empty(), "no mail below {}", maildir.display());
    let mut rounds = Vec::with_capacity(ROUNDS);
    let mut bytes = 0;
    for _ in 0..ROUNDS {
        let (mut ours, mut bare) = (Duration::ZERO, Duration::ZERO);
        bytes = 0;
        for (n, block) in files.chunks(BLOCK).enumerate() {
            let block = load(block)?;
            bytes += block
                .iter()
                .map(|mail| mail.as_slice().len())
                .sum::<usize>();
            // Whoever comes second finds warmer caches.
            if n % 2 == 0 {
                bare += read_bare(&block)?;
                ours += read_whole(&block)?;
            } else {
                ours += read_whole(&block)?;
                bare += read_bare(&block)?;
            }
        }
        rounds.push((ours, bare));
    }
    rounds.sort_by(|a, b| share(*a).total_cmp(&share(*b)));
    let (ours, bare) = rounds.get(ROUNDS / 2).copied().unwrap_or_default();
    let figures = json!({
        "messages": files.len(),
        "bytes": bytes,
        "tree_with_recipe_seconds": tidy(ours.as_secs_f64()),
        "bare_parser_seconds": tidy(bare.as_secs_f64()),
        "speed_against_bare_parser": tidy(share((ours, bare))),
    });
    report.insert("mime".into(), figures);
    Ok(())
}

fn share((ours, bare): (Duration, Duration)) -> f64 {
    bare.as_secs_f64() / ours.as_secs_f64().max(f64::MIN_POSITIVE)
}

fn load(files: &[PathBuf]) -> Result<Vec<SharedBytes>> {
    let mail = files
        .iter()
        .map(|file| Ok(SharedBytes::from(fs::read(file)?)));
    mail.collect()
}

fn read_whole(block: &[SharedBytes]) -> Result<Duration> {
    let context = ImportContext::new(FileTime::from_unix(1_700_000_000));
    let start = Instant::now();
    for mail in block {
        let tree = mapi_mime::parse(mail.clone(), &context)?;
        ensure!(tree.original.is_some(), "a message has no recipe");
        black_box(tree);
    }
    Ok(start.elapsed())
}

fn read_bare(block: &[SharedBytes]) -> Result<Duration> {
    let parser = MessageParser::default();
    let start = Instant::now();
    for mail in block {
        let message = parser.parse(mail.as_slice());
        ensure!(message.is_some(), "the bare parser refuses a message");
        black_box(message);
    }
    Ok(start.elapsed())
}
