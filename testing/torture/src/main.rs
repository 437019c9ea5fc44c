//! Torture for a store, through the command `malle`: kills, full disks, cut logs, two writers at once, hostile mail,
//! stopped and killed holders of leases, killed changes of profiles, mail that is being sent.
//!
//! After each blow `malle store check` must be clean, no message may be half there or twice there, and nothing
//! that a command had reported done may be lost. Search folders show what a fresh search finds, and
//! count it; who answers whom is in one conversation. Processes that
//! watch lists meanwhile, and are killed too, end up with a copy that is the list.

mod conversations;
mod full;
mod hostile;
mod kill;
mod lease;
mod observer;
mod pair;
mod plan;
mod profiles;
mod searches;
mod sending;
mod wal;
mod world;

use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use testkit::Chance;

use crate::plan::Plan;

/// One part of the torture; what it gives is told in the report.
type Part = fn(&Plan, &mut Chance) -> Result<Value>;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("--holder") => return lease::holder::serve(args),
        Some("--profile-worker") => return profiles::worker::serve(args),
        Some("--sending-worker") => return sending::worker::serve(args),
        _ => {}
    }
    let plan = Plan::from_args(std::env::args().skip(1))?;
    say(&format!(
        "torture: seed {}, {} kills",
        plan.seed, plan.kills
    ));
    let mut chance = Chance::from_seed(plan.seed);
    let mut report = Vec::new();
    let parts = [
        ("kill", kill::run as Part),
        ("full-disk", full::run),
        ("wal", wal::run),
        ("two-writers", pair::run),
        ("hostile", hostile::run),
        ("lease", lease::run),
        ("profiles", profiles::run),
        ("sending", sending::run),
    ];
    for (name, part) in parts {
        let mut own = chance.fork();
        if !plan.wants(name) {
            continue;
        }
        let start = Instant::now();
        let outcome = part(&plan, &mut own)
            .with_context(|| format!("{name} (repeat with --seed {} --only {name})", plan.seed))?;
        let seconds = start.elapsed().as_secs_f64();
        say(&format!("{name}: clean after {seconds:.1} s: {outcome}"));
        report.push(json!({ "part": name, "seconds": seconds, "outcome": outcome }));
    }
    let whole = json!({ "seed": plan.seed, "parts": report });
    if let Some(path) = &plan.report {
        std::fs::write(path, serde_json::to_vec_pretty(&whole)?)?;
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "a program that tells its progress")]
fn say(line: &str) {
    eprintln!("{line}");
}
