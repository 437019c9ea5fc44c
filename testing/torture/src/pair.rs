//! Two writers at once: overlapping imports, and changes to what is there and to search folders meanwhile.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use testkit::Chance;

use crate::observer::Observer;
use crate::plan::Plan;
use crate::searches::{Change, WATCHED};
use crate::world::{Places, World};

/// Runs the part.
pub(crate) fn run(plan: &Plan, chance: &mut Chance) -> Result<Value> {
    let world = World::new(plan.messages.min(400), chance)?;
    world.furnish()?;
    world.search(WATCHED, "is:unread")?;
    let mut observers = [
        Observer::of_messages(&world, "Inbox")?,
        Observer::of_messages(&world, WATCHED)?,
        Observer::of_folders(&world)?,
    ];
    let mut searches = world.examine_searches(&Places::new())?;
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
        let change = Change::choose(&searches, plan.searches, chance);
        let words = change.args();
        world.done(&words.iter().map(String::as_str).collect::<Vec<_>>())?;
        change.apply(&mut searches);
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
    world.examine_threads(&places, 20, chance)?;
    ensure!(
        world.examine_searches(&places)? == searches,
        "other search folders"
    );
    for observer in &mut observers {
        observer.examine(&world)?;
    }
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
    Ok(json!({
        "messages": places.len(),
        "changes_meanwhile": meanwhile,
        "observers": observers.each_mut().map(Observer::report),
    }))
}
