//! A power cut between any two writes: the log cut after every frame, and in the middle of some.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use testkit::{Chance, Malle, TempHome};

use crate::plan::Plan;
use crate::world::World;

/// Header of a write-ahead log, and of each frame in it (SQLite file format §4).
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Runs the part.
pub(crate) fn run(plan: &Plan, chance: &mut Chance) -> Result<Value> {
    let world = World::new(60, chance)?;
    world.furnish()?;
    let (db, wal) = log_left_by_a_kill(&world, chance)?;
    let base = fs::read(&db)?;
    let log = fs::read(&wal)?;
    let page = u32::from_be_bytes(log.get(8..12).context("a log header")?.try_into()?) as usize;
    let frame = FRAME_HEADER + page;
    let frames = log.len().saturating_sub(WAL_HEADER) / frame;
    ensure!(frames > 10, "the log holds only {frames} frames");
    let step = frames.div_ceil(plan.prefixes.max(1)).max(1);
    let mut cuts = 0;
    let mut last_count = 0;
    for whole in (0..=frames).step_by(step) {
        for extra in [0, frame / 2] {
            let end = (WAL_HEADER + whole * frame + extra).min(log.len());
            let count = revive(&world, &db, &base, log.get(..end).context("a prefix")?)
                .with_context(|| format!("log cut after {whole} frames and {extra} bytes"))?;
            ensure!(
                count >= last_count,
                "{count} messages where a shorter log had {last_count}"
            );
            last_count = count;
            cuts += 1;
        }
    }
    Ok(json!({ "frames": frames, "cuts": cuts, "messages": last_count }))
}

/// Imports and changes mail while a reader keeps the log from being folded in, then keeps both files.
fn log_left_by_a_kill(world: &World, chance: &mut Chance) -> Result<(PathBuf, PathBuf)> {
    let db = store_file(&world.home)?;
    let wal = PathBuf::from(format!("{}-wal", db.display()));
    for try_no in 0..200 {
        let few: Vec<String> = (0..world.sources.len())
            .map(|n| world.source(n).to_string_lossy().into_owned())
            .collect();
        let mut args = vec!["import".to_owned()];
        args.extend(few);
        let mut child = world.malle.spawn(&args)?;
        std::thread::sleep(std::time::Duration::from_millis(
            chance.below(20 + try_no * 3),
        ));
        child.kill()?;
        if fs::metadata(&wal).is_ok_and(|m| m.len() > 12 * 8_216) {
            return Ok((db, wal));
        }
        if world.examine()?.len() == world.sources.len() {
            let ids: Vec<String> = world.examine()?.into_values().map(|f| f.id).collect();
            let mut delete = vec!["delete", "--permanently"];
            delete.extend(ids.iter().map(String::as_str));
            world.done(&delete)?;
        }
    }
    anyhow::bail!("no kill left a log")
}

/// A home with this store and log: check it, and count its messages.
fn revive(world: &World, db: &Path, base: &[u8], log: &[u8]) -> Result<usize> {
    let place = TempHome::new()?;
    let home = place.path().join("home");
    copy_tree(&world.home, &home)?;
    let there = home.join(db.strip_prefix(&world.home)?);
    fs::write(&there, base)?;
    fs::write(format!("{}-wal", there.display()), log)?;
    let shared = format!("{}-shm", there.display());
    if Path::new(&shared).exists() {
        fs::remove_file(shared)?;
    }
    let malle = Malle::at(&home);
    let check = malle.try_run(["store", "check", "--json"])?;
    ensure!(
        check.status.success(),
        "store check: {} {}",
        check.out(),
        check.err()
    );
    let list = malle.try_run(["list", "Inbox", "--limit", "100000", "--json"])?;
    ensure!(list.status.success(), "list: {}", list.err());
    let rows: Value = serde_json::from_slice(&list.stdout)?;
    Ok(rows.as_array().context("an array")?.len())
}

/// The one store file below a home: SQLite's magic at its start.
fn store_file(home: &Path) -> Result<PathBuf> {
    let mut open = vec![home.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if fs::read(&path)?.starts_with(b"SQLite format 3\0") {
                return Ok(path);
            }
        }
    }
    anyhow::bail!("no store below {}", home.display())
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
