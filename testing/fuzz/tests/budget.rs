//! A small fixed budget of every target in the ordinary tests, and every input that failed once.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;
use std::thread;

use fuzz::targets::ALL;
use fuzz::{Engine, Places, Step, Target, run_once, seeds_of};

/// Mutants for each target after its seeds.
const MUTANTS: u64 = 70;

#[test]
fn every_target_holds_for_its_seeds_and_some_mutants() {
    let tests: Vec<_> = ALL
        .iter()
        .map(|target| (target.name, thread::spawn(|| budget(target))))
        .collect();
    let failed: Vec<String> = tests
        .into_iter()
        .filter_map(|(name, test)| {
            test.join()
                .unwrap_or(Some("the thread is gone".to_owned()))
                .map(|e| format!("{name}: {e}"))
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// What failed first, if anything.
fn budget(target: &'static Target) -> Option<String> {
    let seeds = seeds_of(target, &Places::of_checkout(None));
    // Of many seeds some: all of them run in the longer form of `cargo xtask fuzz`.
    let step = seeds.len().div_ceil(50).max(1);
    let seeds: Vec<_> = seeds.into_iter().step_by(step).collect();
    let most = seeds.len() as u64 + MUTANTS;
    let mut engine = Engine::new(target, 1, seeds);
    while engine.executions() < most {
        let input = engine.next_input();
        if let Step::Failed(failure) = engine.run(input) {
            return Some(format!(
                "{}: {} for {:?}",
                failure.panicked.place,
                failure.panicked.message,
                String::from_utf8_lossy(&failure.input)
            ));
        }
    }
    assert!(
        engine.kept() > 3,
        "{} learns nothing from its inputs",
        target.name
    );
    None
}

#[test]
fn inputs_that_failed_once_hold_now() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let mut run = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        if !entry.file_type().unwrap().is_dir() {
            continue;
        }
        let name = entry.file_name().into_string().unwrap();
        let target = fuzz::targets::find(&name).unwrap();
        for file in fs::read_dir(entry.path()).unwrap() {
            let file = file.unwrap().path();
            let input = fs::read(&file).unwrap();
            let result = thread::spawn(move || run_once(target, &input).map(|_| ()));
            assert_eq!(result.join().unwrap(), Ok(()), "{}", file.display());
            run += 1;
        }
    }
    assert!(run > 0, "no input in {}", folder.display());
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let target = fuzz::targets::find("maildir").unwrap();
    let run = |seed| {
        let mut engine = Engine::new(target, seed, (target.seeds)());
        let inputs = (0..300).map(|_| {
            let input = engine.next_input();
            engine.run(input.clone());
            input
        });
        inputs.collect::<Vec<_>>()
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}
