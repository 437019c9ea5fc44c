//! A power cut between any two writes: the log cut after every frame, and in the middle of some.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use testkit::{Chance, Malle, TempHome};

use crate::plan::Plan;
use crate::searches::WATCHED;
use crate::world::World;

/// Header of a write-ahead log, and of each frame in it (SQLite file format §4).
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Enough for several commits, too few for the log to be folded into the file meanwhile.
const NOTES: usize = 2_500;

/// Runs the part.
pub(crate) fn run(plan: &Plan, chance: &mut Chance) -> Result<Value> {
    let Torn {
        world,
        db,
        base,
        log,
    } = log_left_by_a_kill(chance)?;
    let page = u32::from_be_bytes(log.get(8..12).context("a log header")?.try_into()?) as usize;
    let frame = FRAME_HEADER + page;
    let frames = log.len().saturating_sub(WAL_HEADER) / frame;
    ensure!(frames > 10, "the log holds only {frames} frames");
    let step = frames.div_ceil(plan.prefixes.max(1)).max(1);
    let mut cuts = 0;
    let mut last_count = 0;
    let mut states = BTreeSet::new();
    for whole in (0..=frames).step_by(step).chain([frames]) {
        for extra in [0, frame / 2] {
            let end = (WAL_HEADER + whole * frame + extra).min(log.len());
            let count = revive(&world, &db, &base, log.get(..end).context("a prefix")?)
                .with_context(|| format!("log cut after {whole} frames and {extra} bytes"))?;
            ensure!(
                count >= last_count,
                "{count} messages where a shorter log had {last_count}"
            );
            last_count = count;
            states.insert(count);
            cuts += 1;
        }
    }
    ensure!(states.len() > 2, "the log held too few commits: {states:?}");
    Ok(json!({ "frames": frames, "cuts": cuts, "states": states.len(), "messages": last_count }))
}

/// A world whose store is as it was before an import, and the log that the killed import left beside it.
struct Torn {
    world: World,
    db: PathBuf,
    base: Vec<u8>,
    log: Vec<u8>,
}

/// Imports mail and kills the import before it folds its log into the file.
fn log_left_by_a_kill(chance: &mut Chance) -> Result<Torn> {
    // How long it takes depends on the machine.
    let (world, args) = notes(chance)?;
    let start = Instant::now();
    ensure!(
        world.malle.spawn(&args)?.wait()?.success(),
        "the import fails"
    );
    let whole = u64::try_from(start.elapsed().as_millis())?;
    for _attempt in 0..200 {
        let (world, args) = notes(chance)?;
        let db = store_file(&world.home)?;
        let wal = PathBuf::from(format!("{}-wal", db.display()));
        ensure!(
            fs::metadata(&wal).map_or(0, |m| m.len()) == 0,
            "a finished command leaves a log"
        );
        let base = fs::read(&db)?;
        let mut child = world.malle.spawn(&args)?;
        std::thread::sleep(Duration::from_millis(whole / 3 + chance.below(whole)));
        child.kill()?;
        let log = fs::read(&wal).unwrap_or_default();
        if fs::read(&db)? != base {
            // Too late: the log was folded into the file.
            continue;
        }
        if log.len() > WAL_HEADER && revive(&world, &db, &base, &log)? >= NOTES / 3 {
            return Ok(Torn {
                world,
                db,
                base,
                log,
            });
        }
    }
    anyhow::bail!("no kill left a log with several commits in it")
}

/// A world of notes with a search folder, and the command that imports them.
fn notes(chance: &mut Chance) -> Result<(World, Vec<String>)> {
    let world = World::of_notes(NOTES, chance)?;
    world.furnish()?;
    world.search(WATCHED, "is:unread")?;
    let mut args = vec!["import".to_owned()];
    let paths = (0..world.sources.len()).map(|n| world.source(n));
    args.extend(paths.map(|path| path.to_string_lossy().into_owned()));
    Ok((world, args))
}

/// A home with this store and log: check it, and count its messages, all of which its search folder must show.
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
    let rows = |folder: &str| -> Result<BTreeSet<String>> {
        let list = malle.try_run(["list", folder, "--limit", "100000", "--json"])?;
        ensure!(list.status.success(), "list: {}", list.err());
        let rows: Value = serde_json::from_slice(&list.stdout)?;
        let ids = rows.as_array().context("an array")?.iter();
        let ids = ids.map(|row| row.get("id").and_then(Value::as_str).map(str::to_owned));
        ids.collect::<Option<_>>().context("a row without id")
    };
    let (inbox, unread) = (rows("Inbox")?, rows(WATCHED)?);
    ensure!(
        inbox == unread,
        "the Inbox shows {inbox:?}, its search folder {unread:?}"
    );
    Ok(inbox.len())
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
