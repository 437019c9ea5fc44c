//! A disk that is full while letters are submitted, sent and received.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use testkit::{Chance, TempHome};

use super::kills::{Totals, Worker};
use super::post::Post;
use super::scene::{RECEIVERS, SENDER, Scene};
use crate::full::Mount;

/// How often the disk gets full.
const TIMES: u64 = 12;
/// How long everybody works each time.
const BUSY: Duration = Duration::from_millis(700);

/// Runs it: three times out of four with hardly any room, so that each of the processes meets the end of the disk.
pub(super) fn run(chance: &mut Chance) -> Result<Value> {
    let (place, aside) = (TempHome::new()?, TempHome::new()?);
    let Some(mount) = Mount::new(place.path())? else {
        return Ok(json!({ "skipped": "no file system of its own can be mounted here" }));
    };
    mount.resize(64_000)?;
    let scene = Scene::new(&place.path().join("home"), aside.path())?;
    let mut totals = Totals::default();
    let mut refused = 0;
    for time in 0..TIMES {
        let room = used(place.path())? + chance.below(1_500);
        mount.resize(room)?;
        refused += crowd(&scene, chance)?;
        // Then there is room again.
        mount.resize(room + 64_000)?;
        let blow = u32::try_from(time).unwrap_or_default();
        totals
            .settle(&scene, blow)
            .with_context(|| format!("with room for {room} KiB"))?;
    }
    ensure!(refused > 0, "the disk was never full");
    let post = Post::read(&scene.journal())?;
    Ok(json!({
        "how": "tmpfs",
        "times": TIMES,
        "processes_that_met_it": refused,
        "submissions_refused": post.failed.len(),
        "outcome": totals.to_json(),
    }))
}

/// Everybody works for a while; how many ended because of it.
fn crowd(scene: &Scene, chance: &mut Chance) -> Result<usize> {
    let mut all = vec![Worker::begin(
        scene,
        "submit",
        &chance.next_u64().to_string(),
    )?];
    for profile in [SENDER].into_iter().chain(RECEIVERS) {
        all.push(Worker::begin(scene, "spool", profile)?);
    }
    let end = Instant::now() + BUSY;
    let mut ended = 0;
    while ended < all.len() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
        ended = 0;
        for worker in &mut all {
            ended += usize::from(worker.has_ended()?);
        }
    }
    for worker in &mut all {
        worker.end(false)?;
    }
    Ok(ended)
}

/// KiB in files.
fn used(place: &Path) -> Result<u64> {
    let mut bytes = 0;
    let mut folders = vec![place.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let about = entry.metadata()?;
            if about.is_dir() {
                folders.push(entry.path());
            } else {
                bytes += about.len();
            }
        }
    }
    Ok(bytes.div_ceil(1024))
}
