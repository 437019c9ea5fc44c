//! Fills a home with a store of any size, through the client API: `bigstore N HOME [--bodies|--grouped]`.

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use benchmarks::{Big, MadeMail, Shape};
use mapi::{Durability, ImportItem, ImportOptions, ImportOutcome};
use serde_json::json;

/// Messages per change set: 200 to 400 are fastest.
const BATCH: usize = 400;

fn main() -> Result<()> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let mut given = |flag: &str| {
        let at = args.iter().position(|a| a == flag);
        at.map(|at| args.remove(at)).is_some()
    };
    let (bodies, grouped) = (given("--bodies"), given("--grouped"));
    let [count, home] = args.as_slice() else {
        bail!("bigstore N HOME [--bodies|--grouped]")
    };
    let count: usize = count.parse().context("N is the number of messages")?;
    let shape = match (bodies, grouped) {
        (false, false) => Shape::Plain,
        (true, false) => Shape::Bodies,
        (false, true) => Shape::Grouped,
        (true, true) => bail!("--bodies or --grouped, not both"),
    };
    let figures = fill(count, Path::new(home), shape)?;
    say(&serde_json::to_string(&figures)?);
    Ok(())
}

fn fill(count: usize, home: &Path, shape: Shape) -> Result<serde_json::Value> {
    let big = Big::create(home)?;
    let inbox = big.inbox()?;
    let (give, take) = sync_channel::<Vec<ImportItem>>(4);
    let maker = thread::spawn(move || {
        let mut mail = MadeMail::new(shape)
            .take(count)
            .map(|(tree, flags)| ImportItem {
                tree,
                flags,
                source: None,
            });
        loop {
            let batch: Vec<_> = mail.by_ref().take(BATCH).collect();
            if batch.is_empty() || give.send(batch).is_err() {
                return;
            }
        }
    });
    let start = Instant::now();
    let mut stored = 0_usize;
    let options = ImportOptions {
        durability: Durability::Batch,
        ..ImportOptions::default()
    };
    for batch in take {
        for outcome in inbox.import(batch, options.clone())? {
            ensure!(
                matches!(outcome, ImportOutcome::Imported { .. }),
                "not stored: {outcome:?}"
            );
            stored += 1;
        }
        if stored.is_multiple_of(100_000) {
            let seconds = start.elapsed().as_secs_f64();
            note(&format!(
                "{stored} messages, {:.0}/s",
                per_second(stored, seconds)
            ));
        }
    }
    inbox.store()?.sync()?;
    let seconds = start.elapsed().as_secs_f64();
    maker
        .join()
        .map_err(|_| anyhow::anyhow!("the maker of messages died"))?;
    Ok(
        json!({ "messages": stored, "seconds": seconds, "per_second": per_second(stored, seconds), "bytes": big.file_bytes()? }),
    )
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn per_second(count: usize, seconds: f64) -> f64 {
    count as f64 / seconds
}

#[expect(clippy::print_stdout, reason = "the program's result")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "the program's progress")]
fn note(line: &str) {
    eprintln!("{line}");
}
