//! Commands killed at random moments of import, save, move, delete, compact and of making and changing search folders,
//! while other processes watch.

use std::collections::BTreeSet;
use std::io::Read;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use testkit::Chance;

use crate::observer::Observer;
use crate::plan::Plan;
use crate::searches::{Change, Searches, WATCHED};
use crate::world::{Places, World};

/// Runs the part.
pub(crate) fn run(plan: &Plan, chance: &mut Chance) -> Result<Value> {
    let world = World::new(plan.messages, chance)?;
    world.furnish()?;
    world.search(WATCHED, "is:unread")?;
    let mut observers = [
        Observer::of_messages(&world, "Inbox")?,
        Observer::of_messages(&world, WATCHED)?,
        Observer::of_folders(&world)?,
    ];
    let mut places = Places::new();
    let mut searches = world.examine_searches(&places)?;
    let mut tempo = Tempo::default();
    let (mut killed, mut ended, mut commands) = (0, 0, 0_u32);
    let mut by_kind = std::collections::BTreeMap::<&str, u32>::new();
    while killed < plan.kills {
        commands += 1;
        ensure!(
            commands < plan.kills * 20,
            "the kills hardly ever hit: {killed} of {commands}"
        );
        let step = Step::choose(&world, &places, &searches, plan.searches, chance);
        // Whoever begins to watch during the blow must get it right too.
        for observer in &mut observers {
            if chance.percent(10) {
                observer.kill(&world)?;
            }
        }
        // Every third command runs to its end, so that there is something to lose.
        let limit = (!commands.is_multiple_of(3)).then(|| tempo.moment(step.kind, chance));
        let blow = strike(&world, &step, limit, &mut tempo)
            .with_context(|| format!("command {commands}: {}", step.kind))?;
        if blow.killed {
            killed += 1;
            *by_kind.entry(step.kind).or_default() += 1;
        } else {
            ended += 1;
        }
        let after = world
            .examine()
            .with_context(|| format!("after command {commands}: {step:?}"))?;
        step.judge(&places, &after, &blow).with_context(|| {
            format!(
                "command {commands} ({}): {step:?}",
                if blow.killed { "killed" } else { "ended" }
            )
        })?;
        world
            .examine_threads(&after, 2, chance)
            .with_context(|| format!("after command {commands}: {step:?}"))?;
        let shown = world
            .examine_searches(&after)
            .with_context(|| format!("after command {commands}: {step:?}"))?;
        match &step.change {
            Some(change) => change.judge(&searches, &shown, blow.killed)?,
            None => ensure!(
                shown == searches,
                "search folders changed unasked: {searches:?} → {shown:?}"
            ),
        }
        for observer in &mut observers {
            observer
                .examine(&world)
                .with_context(|| format!("after command {commands}: {step:?}"))?;
        }
        (places, searches) = (after, shown);
    }
    world.examine_threads(&places, plan.messages / 5, chance)?;
    Ok(json!({
        "killed": killed,
        "ended": ended,
        "kills": by_kind,
        "messages": places.len(),
        "search_folders": searches.len(),
        "observers": observers.each_mut().map(Observer::report),
    }))
}

/// One command and what it is about.
#[derive(Debug)]
struct Step {
    kind: &'static str,
    args: Vec<String>,
    /// Sources that it changes.
    about: BTreeSet<usize>,
    /// What it does to search folders.
    change: Option<Change>,
}

/// What came of a command.
struct Blow {
    killed: bool,
    /// Messages that an import had reported as done when it died.
    reported: u64,
}

impl Step {
    fn choose(
        world: &World,
        places: &Places,
        searches: &Searches,
        most: usize,
        chance: &mut Chance,
    ) -> Self {
        if chance.percent(25) {
            return Self::search(Change::choose(searches, most, chance));
        }
        let mut here = |folder: &str, most: usize| -> BTreeSet<usize> {
            let mut all: Vec<_> = places
                .iter()
                .filter(|(_, f)| f.folder == folder)
                .map(|(n, _)| *n)
                .collect();
            chance.shuffle(&mut all);
            all.into_iter().take(most).collect()
        };
        let (inbox, other, trash) = (
            here("Inbox", 60),
            here("Other", 60),
            here("Deleted Items", 60),
        );
        match chance.below(10) {
            0..=3 => Self::import(world, places, chance),
            4 if !inbox.is_empty() => Self::on("mark", &["mark", "--read"], inbox, places, &[]),
            5 if !inbox.is_empty() => {
                let one = inbox.into_iter().take(1).collect();
                Self::on(
                    "save",
                    &["props"],
                    one,
                    places,
                    &["--set", "0x7C01001F=kept"],
                )
            }
            6 if !inbox.is_empty() => {
                Self::on("move", &["move"], inbox, places, &["--to", "Other"])
            }
            7 if !other.is_empty() => {
                Self::on("move", &["move"], other, places, &["--to", "Inbox"])
            }
            8 if !inbox.is_empty() => Self::on("delete", &["delete"], inbox, places, &[]),
            9 if !trash.is_empty() => {
                Self::on("delete", &["delete", "--permanently"], trash, places, &[])
            }
            _ => Self {
                kind: "compact",
                args: ["store", "compact"].map(str::to_owned).into(),
                about: BTreeSet::new(),
                change: None,
            },
        }
    }

    /// Sources that are nowhere or still in the Inbox: elsewhere they would be imported again, and rightly so.
    fn import(world: &World, places: &Places, chance: &mut Chance) -> Self {
        let start = chance.in_range(0..world.sources.len());
        let count = chance.in_range(20..200);
        let about: BTreeSet<usize> = (start..world.sources.len())
            .take(count)
            .filter(|n| places.get(n).is_none_or(|f| f.folder == "Inbox"))
            .collect();
        let mut args = vec!["import".to_owned(), "--progress".into(), "json".into()];
        args.extend(
            about
                .iter()
                .map(|n| world.source(*n).to_string_lossy().into_owned()),
        );
        if about.is_empty() {
            args.push(world.source(start).to_string_lossy().into_owned());
            args.push("--dry-run".into());
        }
        Self {
            kind: "import",
            args,
            about,
            change: None,
        }
    }

    fn on(
        kind: &'static str,
        head: &[&str],
        about: BTreeSet<usize>,
        places: &Places,
        tail: &[&str],
    ) -> Self {
        let mut args: Vec<String> = head.iter().map(|&s| s.to_owned()).collect();
        args.extend(
            about
                .iter()
                .filter_map(|n| places.get(n))
                .map(|f| f.id.clone()),
        );
        args.extend(tail.iter().map(|&s| s.to_owned()));
        Self {
            kind,
            args,
            about,
            change: None,
        }
    }

    fn search(change: Change) -> Self {
        Self {
            kind: change.kind,
            args: change.args(),
            about: BTreeSet::new(),
            change: Some(change),
        }
    }

    /// Nothing else has changed; what was asked for is done wholly (ended) or message by message (killed).
    fn judge(&self, before: &Places, after: &Places, blow: &Blow) -> Result<()> {
        for (n, found) in before {
            if !self.about.contains(n) {
                ensure!(
                    after.get(n) == Some(found),
                    "message {n} changed unasked: {found:?} → {:?}",
                    after.get(n)
                );
            }
        }
        for n in after.keys() {
            ensure!(
                before.contains_key(n) || self.about.contains(n),
                "message {n} came unasked"
            );
        }
        let mut done = 0;
        for n in &self.about {
            let was = before.get(n);
            let is = after.get(n);
            let finished = self.finished(was, is)?;
            done += u64::from(finished);
            ensure!(
                finished || (blow.killed && is == was),
                "message {n} is neither as before nor as asked: {was:?} → {is:?}"
            );
        }
        if self.kind == "import" && !self.about.is_empty() {
            ensure!(
                done >= blow.reported,
                "{} were reported done, {done} are there",
                blow.reported
            );
        }
        Ok(())
    }

    fn finished(
        &self,
        was: Option<&crate::world::Found>,
        is: Option<&crate::world::Found>,
    ) -> Result<bool> {
        let in_folder = |name: &str| is.is_some_and(|f| f.folder == name);
        Ok(match self.kind {
            "import" => in_folder("Inbox"),
            "mark" => is.is_some_and(|f| f.read),
            "save" => is.is_some() && is == was,
            "move" if self.args.last().is_some_and(|to| to == "Other") => in_folder("Other"),
            "move" => in_folder("Inbox"),
            "delete" if self.args.iter().any(|a| a == "--permanently") => is.is_none(),
            "delete" => in_folder("Deleted Items"),
            other => anyhow::bail!("no rule for {other}"),
        })
    }
}

/// How long commands of each kind take, so that kills hit their middle.
#[derive(Default)]
struct Tempo {
    seen: std::collections::BTreeMap<&'static str, Duration>,
}

impl Tempo {
    fn moment(&self, kind: &str, chance: &mut Chance) -> Duration {
        let usual = self
            .seen
            .get(kind)
            .copied()
            .unwrap_or(Duration::from_millis(60));
        let micros = u64::try_from(usual.as_micros())
            .unwrap_or(u64::MAX)
            .max(1_000);
        Duration::from_micros(chance.below(micros))
    }

    fn learn(&mut self, kind: &'static str, took: Duration) {
        self.seen
            .entry(kind)
            .and_modify(|t| *t = (*t + took) / 2)
            .or_insert(took);
    }
}

/// Runs the command, and kills it after `limit`.
fn strike(world: &World, step: &Step, limit: Option<Duration>, tempo: &mut Tempo) -> Result<Blow> {
    let start = Instant::now();
    let mut child = world.malle.spawn(&step.args)?;
    let mut errors = child.child().stderr.take().context("stderr is piped")?;
    let reader = thread::spawn(move || {
        let mut text = Vec::new();
        errors.read_to_end(&mut text).map(|_| text)
    });
    let mut killed = false;
    let status = if let Some(limit) = limit {
        thread::sleep(limit);
        let status = child.kill()?;
        killed = status.code().is_none();
        status
    } else {
        child.wait()?
    };
    let said = reader
        .join()
        .map_err(|_| anyhow::anyhow!("the reader of stderr died"))??;
    let said = String::from_utf8_lossy(&said);
    if !killed {
        ensure!(status.success(), "{status}: {said}");
        tempo.learn(step.kind, start.elapsed());
    }
    Ok(Blow {
        killed,
        reported: reported(&said),
    })
}

/// The last number of done messages in the progress lines.
fn reported(said: &str) -> u64 {
    said.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|event| event.get("done").and_then(Value::as_u64))
        .max()
        .unwrap_or(0)
}
