//! A daemon that is stopped while it sends, with mail in its queue, while others want it sent.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use malle_host::control::{MailWanted, Request};
use malle_host::daemon::{Asking, Errand, Place, post_now};
use malle_host::lease::NoAnswer;
use mapi::Host;
use mapi_spi::Call;
use serde_json::{Value, json};
use testkit::{Chance, ChildGuard, Malle, TempHome};

use super::{PATIENCE, signal};
use crate::plan::Plan;
use crate::sending::{Judgement, Scene, Writer};

/// Letters in the queue.
const LETTERS: usize = 400;
/// So many of them have left when it is stopped.
const LEFT: usize = 20;

/// Runs it.
pub(super) fn run(plan: &Plan, chance: &mut Chance) -> Result<Value> {
    let (place, aside) = (TempHome::new()?, TempHome::new()?);
    let home = place.path().join("home");
    fs::create_dir_all(&home)?;
    let scene = Scene::new(&home, aside.path())?;
    let malle = Malle::at(&home);
    let mut writer = Writer::of(&scene)?;
    writer.write(LETTERS, chance)?;
    let mut command = malle.command(["daemon", "--quiet"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut daemon = ChildGuard::spawn_apart(&mut command)?;
    let began = Instant::now();
    while writer.waiting()? + LEFT > LETTERS {
        ensure!(began.elapsed() < PATIENCE, "the daemon sends nothing");
        std::thread::sleep(Duration::from_millis(1));
    }
    signal(daemon.id(), "STOP")?;
    let queued = writer.waiting()?;
    ensure!(queued > 0, "it was too quick: all has left");
    let mut asked = 0;
    let until = Instant::now() + plan.stopped;
    while Instant::now() < until {
        match flush(&scene, Duration::from_millis(500))? {
            Err(NoAnswer::Silent { pid, .. }) if pid == daemon.id() => asked += 1,
            other => bail!("a stopped daemon was to send, and this came: {other:?}"),
        }
        ensure!(writer.waiting()? == queued, "somebody else sent its mail");
    }
    signal(daemon.id(), "CONT")?;
    let began = Instant::now();
    while writer.waiting()? > 0 {
        ensure!(
            began.elapsed() < PATIENCE,
            "it does not go on: {} wait",
            writer.waiting()?
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    signal(daemon.id(), "TERM")?;
    ensure!(daemon.wait()?.success(), "a daemon that was ended");
    let judged = Judgement::of(&scene)?;
    ensure!(judged.unknown == 0 && judged.doubled == 0, "{judged:?}");
    Ok(json!({
        "seconds": plan.stopped.as_secs_f64(),
        "letters": judged.letters,
        "queued_when_stopped": queued,
        "flushed_in_vain": asked,
        "delivered": judged.delivered,
        "twice": judged.doubled,
    }))
}

/// Has the mail sent, as `malle flush` does.
fn flush(
    scene: &Scene,
    patience: Duration,
) -> Result<Result<malle_host::daemon::Posted, NoAnswer>> {
    let host = scene.host(None)? as Arc<dyn Host>;
    let place = Place::all(&host, crate::sending::SENDER)?;
    let place = place.into_iter().next().context("a store")?;
    let wanted = MailWanted {
        up: true,
        down: true,
        force: true,
        transport: None,
    };
    let errand = Errand::round(&wanted)?;
    let request = Request::Spool {
        store: None,
        wanted,
    };
    let run = run_of(scene.home());
    let asking = Asking {
        program: "torture flushes",
        run: &run,
        patience,
    };
    Ok(post_now(
        &place,
        &errand,
        &request,
        &asking,
        &mut |_| (),
        &Call::default(),
    ))
}

fn run_of(home: &Path) -> std::path::PathBuf {
    home.join("run")
}
