//! Whoever submits, sends or receives is killed at random moments.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use testkit::{Chance, ChildGuard, TempHome};

use super::judge::{By, Figures, Found, drain, look, retry_unknown};
use super::post::Post;
use super::scene::{RECEIVERS, SENDER, Scene};
use crate::plan::Plan;

/// The longest time between the blows, in microseconds.
const PAUSE: u64 = 120_000;
/// After so many blows everything is looked at.
const BETWEEN: u32 = 50;

/// Runs it.
pub(super) fn run(plan: &Plan, chance: &mut Chance) -> Result<Value> {
    let (home, aside) = (TempHome::new()?, TempHome::new()?);
    let scene = Scene::new(&home.path().join("home"), aside.path())?;
    let mut whole = Totals::default();
    let mut killed = BTreeMap::<String, u32>::new();
    let mut left = plan.blows;
    while left > 0 {
        let blows = left.min(BETWEEN);
        left -= blows;
        let mut workers = Vec::new();
        for (role, what) in roles(chance) {
            workers.push(Worker::begin(&scene, role, &what)?);
        }
        for _ in 0..blows {
            thread::sleep(Duration::from_micros(chance.below(PAUSE)));
            let at = chance.in_range(0..workers.len());
            let victim = workers.get_mut(at).context("one of the workers")?;
            // It may have ended by itself: then it says why.
            victim.end(true)?;
            *killed.entry(victim.name()).or_default() += 1;
            let (role, what) = (victim.role, victim.what_again(chance));
            *victim = Worker::begin(&scene, role, &what)?;
        }
        for mut worker in workers {
            worker.end(true)?;
        }
        whole.settle(&scene, plan.blows - left)?;
    }
    Ok(json!({ "kills": plan.blows, "killed": killed, "outcome": whole.to_json() }))
}

fn roles(chance: &mut Chance) -> Vec<(&'static str, String)> {
    let mut all = vec![("submit", chance.next_u64().to_string())];
    let everybody = [SENDER].into_iter().chain(RECEIVERS);
    all.extend(everybody.map(|profile| ("spool", profile.to_owned())));
    all
}

/// What all the looks found together.
#[derive(Debug, Default)]
pub(super) struct Totals {
    last: Figures,
    unknown: usize,
    doubled: usize,
    /// What was unknown at earlier looks: it may have come twice.
    before: Found,
    /// How often what is unknown was sent once more.
    retries: u32,
}

impl Totals {
    /// All that waits is sent, and looked at; then what is unknown is sent once more, and looked at.
    pub(super) fn settle(&mut self, scene: &Scene, blow: u32) -> Result<()> {
        let about = || format!("after blow {blow}");
        let post = Post::read(&scene.journal())?;
        drain(scene).with_context(about)?;
        let found = look(scene).with_context(about)?;
        let figures = found.judge(&post, Some(&self.before)).with_context(about)?;
        self.unknown += figures.unknown;
        // By turns: first by the command, as a person does.
        let by = match self.retries % 2 {
            0 => By::Command,
            _ => By::Library,
        };
        self.retries += 1;
        retry_unknown(scene, &found, by).with_context(|| format!("{} ({by:?})", about()))?;
        self.before.outbox.extend(found.outbox);
        let after = look(scene).with_context(about)?;
        ensure!(
            after.outbox.is_empty(),
            "after blow {blow}: {:?}",
            after.outbox
        );
        let figures = after.judge(&post, Some(&self.before)).with_context(about)?;
        self.doubled = figures.doubled;
        ensure!(
            self.doubled <= self.unknown,
            "{} came twice, {} were unknown",
            self.doubled,
            self.unknown
        );
        let names = figures.twice.iter();
        let new = names.filter(|name| !self.last.twice.contains(name));
        let new: Vec<&str> = new.map(String::as_str).collect();
        if !new.is_empty() {
            crate::say(&format!(
                "sending: twice, after it was unknown: {}",
                new.join(", ")
            ));
        }
        self.last = figures;
        Ok(())
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "letters": self.last.letters,
            "delivered": self.last.delivered,
            "reports": self.last.reports,
            "missing": 0,
            "unknown": self.unknown,
            "twice_after_retry": self.doubled,
        })
    }
}

/// One of the processes.
pub(super) struct Worker {
    child: ChildGuard,
    role: &'static str,
    what: String,
}

impl Worker {
    pub(super) fn begin(scene: &Scene, role: &'static str, what: &str) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("--sending-worker")
            .args([&scene.home, &scene.aside])
            .args([role, what])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        Ok(Self {
            child: ChildGuard::spawn(&mut command)?,
            role,
            what: what.to_owned(),
        })
    }

    fn name(&self) -> String {
        match self.role {
            "submit" => "submits".to_owned(),
            _ => format!("spools for {}", self.what),
        }
    }

    fn what_again(&self, chance: &mut Chance) -> String {
        match self.role {
            "submit" => chance.next_u64().to_string(),
            _ => self.what.clone(),
        }
    }

    /// Whether it has ended by itself.
    pub(super) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.child().try_wait()?.is_some())
    }

    /// Waits for its end, or kills it; `well`: it must not have ended by itself with an error.
    pub(super) fn end(&mut self, well: bool) -> Result<()> {
        let status = self.child.kill()?;
        if well && status.code().is_some() {
            let mut said = String::new();
            if let Some(mut errors) = self.child.child().stderr.take() {
                std::io::Read::read_to_string(&mut errors, &mut said)?;
            }
            anyhow::bail!("the process that {} ended: {status}: {said}", self.name());
        }
        Ok(())
    }
}
