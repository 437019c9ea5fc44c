//! Killed writers, full disks, torn logs, two writers: what was acknowledged is there, and nothing is half there.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use mapi_props::{Code, LargePlace, LargeRef, PropType, PropValue, Slot, SortColumn, tags};
use mapi_spi::{
    ChangeSet, CommitMode, DeleteMode, Durability, ItemId, Items, NewValue, Op, OpOutcome, Store,
};
use store_sqlite::SqliteStore;
use testkit::{Chance, ChildGuard};

use crate::ground::{call, contents, first_cells, new_message, open, problems, subject};

/// The test of this name in this program, as a child with a store to work on.
fn child(test: &str, store: &Path, limit_blocks: Option<u32>) -> Command {
    let program = std::env::current_exe().unwrap();
    let test = format!("disasters::{test}");
    let args = ["--exact", &test, "--nocapture"];
    let mut command = match limit_blocks {
        None => Command::new(program),
        Some(blocks) => {
            // A write beyond the limit must fail rather than kill.
            let mut shell = Command::new("sh");
            shell
                .args([
                    "-c",
                    &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""),
                ])
                .arg(program);
            shell
        }
    };
    command
        .args(args)
        .env("STORE_SQLITE_CHILD", store)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// The store that a child works on; `None` in the parent.
fn as_child() -> Option<std::path::PathBuf> {
    std::env::var_os("STORE_SQLITE_CHILD").map(Into::into)
}

/// Subjects in the root folder, in order.
fn subjects(store: &SqliteStore) -> Vec<String> {
    let root = store.info().root;
    let view = contents(
        root,
        &[tags::SUBJECT.raw()],
        &[SortColumn::ascending(tags::SUBJECT)],
    );
    let text = |v: PropValue| v.as_str().unwrap().to_owned();
    first_cells(store, &view).into_iter().map(text).collect()
}

/// A batch of messages, some with large values; their subjects are printed once they are durable.
#[expect(
    clippy::print_stdout,
    reason = "the parent reads what was acknowledged"
)]
fn write_until_stopped(store: &SqliteStore, who: &str, rounds: usize) -> Result<(), Code> {
    let root = store.info().root;
    let mut chance = Chance::from_seed(u64::from(std::process::id()));
    for round in 0..rounds {
        let names: Vec<String> = (0..5).map(|n| format!("{who}-{round:05}-{n}")).collect();
        let mut changes = ChangeSet {
            mode: CommitMode::EachItem,
            ..ChangeSet::default()
        };
        for name in &names {
            let mut new = new_message(root, subject(name));
            let bytes = chance.bytes(9000);
            let index = u32::try_from(changes.values.len()).unwrap();
            let large = LargeRef {
                ty: PropType::BINARY,
                size: 0,
                place: LargePlace::Pending(index),
            };
            changes.values.push(NewValue::Bytes(bytes));
            new.patch
                .set
                .push((tags::RTF_COMPRESSED.id(), Slot::Large(large)));
            changes.ops.push(Op::SaveMessage(Box::new(new)));
        }
        if round % 3 == 1 {
            changes.durability = Durability::Batch;
        }
        let outcome = store.commit(changes, &call()).map_err(|e| e.code())?;
        store.sync(&call()).map_err(|e| e.code())?;
        for (name, outcome) in names.iter().zip(&outcome.ops) {
            match outcome {
                OpOutcome::Saved(saved) if round % 4 == 3 => {
                    let items = Items::Ids(vec![saved.id]);
                    let delete = Op::Delete {
                        items,
                        mode: DeleteMode::Hard,
                    };
                    let done = store.commit(ChangeSet::one(delete), &call());
                    done.map_err(|e| e.code())?;
                }
                OpOutcome::Saved(_) => println!("saved {name}"),
                OpOutcome::Failed(e) => return Err(e.code()),
                other => panic!("{other:?}"),
            }
        }
        if round % 16 == 15 {
            store
                .maintain()
                .unwrap()
                .compact(&call())
                .map_err(|e| e.code())?;
        }
    }
    Ok(())
}

fn acknowledged(lines: impl Iterator<Item = std::io::Result<String>>) -> Vec<String> {
    lines
        .map_while(Result::ok)
        .filter_map(|l| l.strip_prefix("saved ").map(str::to_owned))
        .collect()
}

fn assert_sound(path: &Path, acknowledged: &[String]) {
    let store = open(path);
    assert_eq!(problems(&store), []);
    let there = subjects(&store);
    for name in acknowledged {
        assert!(
            there.binary_search(name).is_ok(),
            "{name} was acknowledged and is lost"
        );
    }
}

#[test]
fn a_killed_writer_loses_nothing_it_acknowledged() {
    if let Some(path) = as_child() {
        write_until_stopped(&open(&path), &std::process::id().to_string(), usize::MAX).unwrap();
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let mut chance = Chance::from_environment(5);
    let mut all = Vec::new();
    for _ in 0..6 {
        let mut guard = ChildGuard::spawn(&mut child(
            "a_killed_writer_loses_nothing_it_acknowledged",
            &path,
            None,
        ))
        .unwrap();
        let output = guard.child().stdout.take().unwrap();
        let reader = std::thread::spawn(move || acknowledged(BufReader::new(output).lines()));
        std::thread::sleep(Duration::from_millis(150 + chance.below(500)));
        guard.kill().unwrap();
        all.extend(reader.join().unwrap());
        all.sort();
        assert_sound(&path, &all);
    }
    assert!(
        !all.is_empty(),
        "the children were killed before they saved anything"
    );
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_leaves_nothing_half_written() {
    if let Some(path) = as_child() {
        let store = SqliteStore::open(
            &path,
            mapi_spi::OpenMode::Create,
            crate::ground::support(),
            &call(),
        );
        let code = match store {
            Ok(store) => write_until_stopped(&store, "full", 2000).unwrap_err(),
            Err(e) => e.code(),
        };
        assert_eq!(code, Code::NOT_ENOUGH_DISK);
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let test = "a_full_disk_is_told_and_leaves_nothing_half_written";
    for blocks in [40, 300, 1000, 3000] {
        let path = home.path().join(format!("{blocks}.malle"));
        let output = child(test, &path, Some(blocks))
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{blocks}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
        let names = acknowledged(BufReader::new(&*output.stdout).lines());
        assert_sound(&path, &names);
        assert!(blocks < 1000 || !names.is_empty(), "{blocks} blocks");
    }
}

#[test]
fn two_processes_write_at_once() {
    if let Some(path) = as_child() {
        write_until_stopped(&open(&path), "child", 30).unwrap();
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    drop(open(&path));
    let mut guard =
        ChildGuard::spawn(&mut child("two_processes_write_at_once", &path, None)).unwrap();
    let output = guard.child().stdout.take().unwrap();
    let reader = std::thread::spawn(move || acknowledged(BufReader::new(output).lines()));
    let store = open(&path);
    write_until_stopped(&store, "parent", 30).unwrap();
    let names = reader.join().unwrap();
    assert!(guard.wait().unwrap().success());
    assert_eq!(problems(&store), []);
    assert!(names.iter().all(|n| subjects(&store).contains(n)));
    let there = subjects(&store);
    let of = |who: &str| there.iter().filter(|s| s.starts_with(who)).count();
    // Every fourth round is deleted again.
    assert_eq!((of("child"), of("parent")), (23 * 5, 23 * 5));
}

/// Every commit of a small scenario, and a log that ends after any of its frames.
#[test]
fn a_log_cut_at_any_frame_gives_a_sound_store_with_all_commits_before() {
    const FRAME: u64 = 24 + 8192;
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let store = open(&path);
    let root = store.info().root;
    let wal = home.path().join("a.malle-wal");
    let mut ends: Vec<(u64, ItemId)> = Vec::new();
    for n in 0..6 {
        let id = crate::ground::save(&store, new_message(root, subject(&format!("m{n}"))));
        ends.push((std::fs::metadata(&wal).unwrap().len(), id));
    }
    let (file, log) = (std::fs::read(&path).unwrap(), std::fs::read(&wal).unwrap());
    let frames = (log.len() as u64 - 32) / FRAME;
    assert!(frames > 20);
    for frame in 0..=frames {
        let cut = 32 + frame * FRAME;
        let copy = home.path().join(format!("cut{frame}.malle"));
        std::fs::write(&copy, &file).unwrap();
        let cut_log = home.path().join(format!("cut{frame}.malle-wal"));
        // Half a frame more, as a torn write leaves it.
        let end = usize::try_from(cut + FRAME / 2).unwrap().min(log.len());
        std::fs::write(cut_log, &log[..end]).unwrap();
        let store = open(&copy);
        assert_eq!(problems(&store), [], "{frame}");
        let before = ends.iter().filter(|(end, _)| *end <= cut).count();
        for (_, id) in &ends[..before] {
            assert!(store.message(*id, &call()).is_ok(), "{frame}: {id}");
        }
        assert_eq!(subjects(&store).len(), before, "{frame}");
    }
}
