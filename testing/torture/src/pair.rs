//! Two writers at once: overlapping imports, and changes to what is there meanwhile.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use testkit::Chance;

use crate::plan::Plan;
use crate::world::World;

/// Runs the part.
pub(crate) fn run(plan: &Plan, chance: &mut Chance) -> Result<Value> {
    let world = World::new(plan.messages.min(400), chance)?;
    world.furnish()?;
    let third = world.sources.len() / 3;
    let paths = |from: usize, to: usize| -> Vec<String> {
        let mut args = vec!["import".to_owned()];
        args.extend((from..to).map(|n| world.source(n).to_string_lossy().into_owned()));
        args
    };
    let mut first = world.malle.spawn(paths(0, third * 2))?;
    let mut second = world.malle.spawn(paths(third, world.sources.len()))?;
    let mut meanwhile = 0;
    while first.child().try_wait()?.is_none() || second.child().try_wait()?.is_none() {
        let rows = world.json(&["list", "Inbox", "--limit", "20"])?;
        let ids: Vec<_> = rows
            .as_array()
            .context("an array")?
            .iter()
            .filter_map(|r| r.get("id").and_then(Value::as_str))
            .collect();
        if ids.is_empty() {
            continue;
        }
        let mut args = vec!["mark", "--read"];
        args.extend(&ids);
        world.done(&args)?;
        meanwhile += 1;
    }
    for (name, child) in [("first", &mut first), ("second", &mut second)] {
        let status = child.wait()?;
        ensure!(status.success(), "the {name} import ended with {status}");
    }
    let places = world.examine()?;
    ensure!(
        places.len() == world.sources.len(),
        "{} of {} messages",
        places.len(),
        world.sources.len()
    );
    let (mut one, mut two) = (
        world.malle.spawn(paths(0, third))?,
        world.malle.spawn(paths(0, third))?,
    );
    ensure!(
        one.wait()?.success() && two.wait()?.success(),
        "importing again failed"
    );
    ensure!(
        world.examine()?.len() == places.len(),
        "importing again changed the count"
    );
    Ok(json!({ "messages": places.len(), "changes_meanwhile": meanwhile }))
}
