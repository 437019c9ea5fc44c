//! Leases: the holder of a store is stopped, or killed, in the middle of work that must not be done twice.
//!
//! The work is scripted ([`scripted`]): a job is marked as begun in the store, "sent" by a line in a file outside, and noted as
//! done by a message, in the transaction that ends it. So everything that is done twice can be counted, in the store and outside.

pub(crate) mod holder;
mod mail;
mod scripted;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use testkit::{Chance, ChildGuard};

use crate::plan::Plan;
use crate::world::World;
use holder::{Asked, ask_in};
use scripted::Desk;

/// Within which a process that waits must have taken over: half of them, and each.
const TAKEN_OVER: Limits = Limits(Duration::from_secs(1), Duration::from_secs(10));
/// How old what status shows may be. It waits 0.7 s for a holder that is stopped, and is a process that must get its turn of
/// the machine: where the torture gives way to others that takes longer now and then, so half of them are held to the promise.
const FRESH: Limits = Limits(Duration::from_secs(1), Duration::from_secs(10));
/// For everything else that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the part.
pub(crate) fn run(plan: &Plan, chance: &mut Chance) -> Result<Value> {
    if cfg!(not(unix)) {
        return Ok(json!({ "skipped": "processes cannot be stopped on this system" }));
    }
    let stopped = stop(plan, chance).context("a stopped holder")?;
    let killed = kill(plan, chance).context("killed holders")?;
    let daemons = daemons(plan, chance).context("killed daemons")?;
    let mail = mail::run(plan, chance).context("a stopped spooler")?;
    Ok(json!({ "stopped": stopped, "killed": killed, "daemons": daemons, "stopped_spooler": mail }))
}

/// A home with jobs to do.
struct Scene {
    world: World,
    desk: Desk,
}

impl Scene {
    fn new(chance: &mut Chance) -> Result<Self> {
        let world = World::new(0, chance)?;
        world.furnish()?;
        let desk = Desk::below(&world.mail)?;
        Ok(Self { world, desk })
    }

    fn hold(&self) -> Result<Holder> {
        Holder::begin(self)
    }

    /// Asks in this process, as a command does.
    fn ask(&self, patience: Duration) -> Result<Asked> {
        ask_in(&self.world.home, &self.desk, patience)
    }

    /// What `malle status` shows of the store, and how old it is.
    fn status(&self) -> Result<(Value, Duration)> {
        let began = Instant::now();
        let run = self.world.malle.try_run(["status", "--json"])?;
        let shown: Value = serde_json::from_slice(&run.stdout)?;
        let store = shown.pointer("/stores/0").context("a row of the store")?;
        Ok((store.clone(), began.elapsed()))
    }

    /// How often each job was done, in the store; and how often outside.
    fn counts(&self, jobs: usize) -> Result<(Vec<usize>, Vec<usize>)> {
        let mut inside = vec![0; jobs];
        for row in self.world.rows("Inbox")? {
            let subject = row.get("subject").and_then(Value::as_str);
            let job = subject.and_then(scripted::job_of).context("a job")?;
            *inside.get_mut(job).context("a job that nobody gave")? += 1;
        }
        let mut outside = vec![0; jobs];
        for line in fs::read_to_string(&self.desk.sent)?.lines() {
            let job = scripted::job_of(line).context("a line that is no job")?;
            *outside.get_mut(job).context("a job that nobody gave")? += 1;
        }
        Ok((inside, outside))
    }
}

/// A process that keeps the store.
struct Holder {
    process: ChildGuard,
    /// The epochs under which it began to work, with the time.
    began: Receiver<(u64, Instant)>,
}

impl Holder {
    fn begin(scene: &Scene) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["--holder".as_ref(), scene.world.home.as_os_str()])
            .arg(&scene.desk.place)
            .stdout(std::process::Stdio::piped());
        let mut process = ChildGuard::spawn_apart(&mut command)?;
        let output = process.child().stdout.take().context("a pipe")?;
        let (tell, began) = channel();
        std::thread::spawn(move || {
            use std::io::BufRead;
            for line in std::io::BufReader::new(output)
                .lines()
                .map_while(Result::ok)
            {
                let epoch = line.strip_prefix("epoch ").and_then(|n| n.parse().ok());
                if let Some(epoch) = epoch {
                    let _ended = tell.send((epoch, Instant::now()));
                }
            }
        });
        Ok(Self { process, began })
    }

    fn epoch(&self) -> Result<(u64, Instant)> {
        Ok(self.began.recv_timeout(PATIENCE)?)
    }

    fn signal(&self, name: &str) -> Result<()> {
        signal(self.process.id(), name)
    }
}

fn signal(pid: u32, name: &str) -> Result<()> {
    let done = Command::new("kill")
        .args([format!("-{name}"), pid.to_string()])
        .status()?;
    ensure!(done.success(), "kill -{name} {pid}");
    Ok(())
}

/// The holder is stopped in the middle of a job; others ask, and wait; it goes on.
fn stop(plan: &Plan, chance: &mut Chance) -> Result<Value> {
    let scene = Scene::new(chance)?;
    let holder = scene.hold()?;
    let (first, _) = holder.epoch()?;
    let jobs = 40;
    scene.desk.give(0..jobs / 2)?;
    let asking = std::thread::scope(|scope| -> Result<Value> {
        let flush = scope.spawn(|| scene.ask(plan.stopped + PATIENCE));
        // In the middle of one of them.
        scene.desk.until_sent(jobs / 8)?;
        std::thread::sleep(Duration::from_millis(chance.below(20)));
        holder.signal("STOP")?;
        let waiting = scene.hold()?;
        scene.desk.give(jobs / 2..jobs)?;
        let (mut refused, mut ages) = (0, Vec::new());
        let until = Instant::now() + plan.stopped;
        let before = scene.desk.sent()?;
        while Instant::now() < until {
            match scene.ask(Duration::from_millis(500))? {
                Asked::Silent { pid } if pid == holder.process.id() => refused += 1,
                other => bail!("a stopped holder was asked, and this came: {other:?}"),
            }
            let (row, age) = scene.status()?;
            shows(&row, "silent", holder.process.id())?;
            ages.push(age);
        }
        ensure!(scene.desk.sent()? == before, "somebody else did its jobs");
        ensure!(
            waiting.began.try_recv().is_err(),
            "a process took over from one that lives"
        );
        holder.signal("CONT")?;
        // The first one who asked may have given up on it long ago.
        let _whatever_it_heard = flush.join();
        match scene.ask(PATIENCE)? {
            Asked::There => {}
            other => bail!("asked again: {other:?}"),
        }
        drop(waiting);
        let ages = spread(&mut ages, FRESH).context("what status showed was old")?;
        Ok(json!({ "asked_in_vain": refused, "status_took": ages }))
    })?;
    let (inside, outside) = scene.counts(jobs)?;
    ensure!(inside.iter().all(|n| *n == 1), "in the store: {inside:?}");
    ensure!(outside.iter().all(|n| *n == 1), "outside: {outside:?}");
    Ok(json!({
        "seconds": plan.stopped.as_secs_f64(),
        "jobs": jobs,
        "epoch": first,
        "done_twice": 0,
        "asking": asking,
    }))
}

/// Holders are killed while they work, others wait and take over.
fn kill(plan: &Plan, chance: &mut Chance) -> Result<Value> {
    let scene = Scene::new(chance)?;
    let mut holder = scene.hold()?;
    let (mut epoch, _) = holder.epoch()?;
    let (mut taken, mut quicker) = (Vec::new(), 0);
    let mut jobs = 0;
    for _ in 0..plan.takeovers {
        let next = scene.hold()?;
        scene.desk.give(jobs..jobs + 3)?;
        jobs += 3;
        until_waiting(&scene, &next)?;
        let asking = std::thread::scope(|scope| {
            let asked = scope.spawn(|| scene.ask(PATIENCE));
            std::thread::sleep(Duration::from_millis(chance.below(60)));
            let killed = Instant::now();
            holder.process.kill()?;
            let (new, at) = next.epoch()?;
            let between = new - epoch - 1;
            epoch = new;
            // Whoever asked is served by one or the other, or was quicker to take over than who waited.
            match asked.join().map_err(|_| anyhow::anyhow!("panicked"))?? {
                Asked::There if between == 0 => taken.push(at.saturating_duration_since(killed)),
                Asked::Here if between == 1 => quicker += 1,
                other => bail!("{other:?}, epoch {new}"),
            }
            Ok(())
        });
        asking?;
        holder = next;
    }
    match scene.ask(PATIENCE)? {
        Asked::There => {}
        other => bail!("asked at the end: {other:?}"),
    }
    let (inside, outside) = scene.counts(jobs)?;
    ensure!(inside.iter().all(|n| *n == 1), "in the store: {inside:?}");
    let again: usize = outside.iter().map(|n| n.saturating_sub(1)).sum();
    let lost = outside.iter().filter(|n| **n == 0).count();
    ensure!(lost == 0, "{lost} jobs were never sent: {outside:?}");
    // Killed between the line and the transaction: that is what the mark of a begun job tells the next one.
    let kills = usize::try_from(plan.takeovers)?;
    ensure!(again <= kills, "{again} sent twice by {kills} kills");
    let figures = spread(&mut taken, TAKEN_OVER).context("taking over")?;
    Ok(
        json!({ "kills": kills, "jobs": jobs, "done_twice": 0, "begun_again": again, "asker_took_over": quicker, "taken_over": figures }),
    )
}

/// The same with the product: a daemon is killed, one that stands by takes over.
fn daemons(plan: &Plan, chance: &mut Chance) -> Result<Value> {
    let scene = Scene::new(chance)?;
    let run = scene.world.home.join("run");
    let begin = |args: &[&str]| scene.world.malle.spawn(args);
    let mut daemon = begin(&["daemon", "--quiet"])?;
    holder::until_held_by(&run, daemon.id(), PATIENCE)?;
    let second = scene.world.malle.try_run(["daemon", "--json"])?;
    ensure!(
        second.code() == Some(1) && second.err().contains(&daemon.id().to_string()),
        "a second daemon: {}: {}",
        second.status,
        second.err()
    );
    let mut taken = Vec::new();
    for _ in 0..plan.takeovers {
        let next = begin(&["daemon", "--standby", "--quiet"])?;
        holder::until_standing_by(&run, next.id(), PATIENCE)?;
        std::thread::sleep(Duration::from_millis(chance.below(20)));
        let killed = Instant::now();
        daemon.kill()?;
        holder::until_held_by(&run, next.id(), PATIENCE)?;
        taken.push(killed.elapsed());
        daemon = next;
    }
    let (row, _) = scene.status()?;
    shows(&row, "kept", daemon.id())?;
    let began = Instant::now();
    signal(daemon.id(), "TERM")?;
    ensure!(daemon.wait()?.success(), "a daemon that was ended");
    let ended = began.elapsed();
    ensure!(ended <= Duration::from_secs(2), "it took {ended:?} to end");
    let left = fs::read_dir(&run)?.filter_map(Result::ok).map(|e| e.path());
    let left: Vec<PathBuf> = left
        .filter(|p| p.extension().is_some_and(|e| e == "sock"))
        .collect();
    ensure!(left.is_empty(), "sockets were left: {left:?}");
    let figures = spread(&mut taken, TAKEN_OVER).context("taking over")?;
    Ok(json!({ "kills": plan.takeovers, "taken_over": figures, "ended_ms": millis(ended) }))
}

/// Holds a row of the status to this.
fn shows(row: &Value, state: &str, pid: u32) -> Result<()> {
    let is = row.get("state").and_then(Value::as_str);
    let holder = row.pointer("/holder/pid").and_then(Value::as_u64);
    ensure!(
        is == Some(state) && holder == Some(u64::from(pid)),
        "not {state} by {pid}: status shows {row}"
    );
    Ok(())
}

/// The next holder has opened the store, and waits for the lease.
fn until_waiting(scene: &Scene, next: &Holder) -> Result<()> {
    holder::until_waiting(&scene.world.home.join("run"), next.process.id(), PATIENCE)
}

/// How long half of something may take, and all of it.
#[derive(Clone, Copy)]
struct Limits(Duration, Duration);

fn spread(times: &mut [Duration], Limits(usual, longest): Limits) -> Result<Value> {
    times.sort_unstable();
    let at = |part: usize| {
        times
            .get(times.len().saturating_sub(1) * part / 100)
            .copied()
    };
    let (half, most) = (at(50).context("a time")?, at(100).context("a time")?);
    ensure!(half <= usual, "half of them took {half:?} and more");
    ensure!(most <= longest, "one of them took {most:?}");
    Ok(json!({ "p50_ms": millis(half), "max_ms": millis(most) }))
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1000.0
}
