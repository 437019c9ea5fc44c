//! Sending: whoever submits, sends or receives is killed at random moments, transports fail at every step, the disk is full.
//!
//! Nothing may be missing or doubled at the receivers but what a transport was saying when it was killed: that is shown as
//! *unknown*, waits, and comes at most once more when somebody says so. Outbox, Sent Items and reports agree with what happened.
//! The mail goes from profile to profile through local delivery; what left is counted where it arrived.

mod disk;
mod failures;
mod judge;
mod kills;
mod post;
mod scene;
mod spooling;
pub(crate) mod worker;

pub(crate) use judge::Figures as Judgement;
pub(crate) use post::Writer;
pub(crate) use scene::{SENDER, Scene};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use testkit::Chance;

use crate::plan::Plan;

/// Runs the part.
pub(crate) fn run(plan: &Plan, chance: &mut Chance) -> Result<Value> {
    let killed = kills::run(plan, chance).context("kills")?;
    crate::say(&format!("sending: kills: {killed}"));
    let failed = failures::run(plan, chance).context("failing transports")?;
    crate::say(&format!("sending: failures: {failed}"));
    let full = disk::run(chance).context("a full disk")?;
    Ok(json!({ "kills": killed, "failures": failed, "full_disk": full }))
}
