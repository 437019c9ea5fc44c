//! malle reads the corpus as Python's `email` does, but for the differences that are listed.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it measured"
)]

use std::collections::BTreeMap;
use std::process::Command;

use corpus::{Difference, PROGRAM, Sides, compare, listed, read_all};

/// Per cent of mails with the same subject, addresses and attachments that are asked for.
const STRUCTURE: f64 = 98.0;
/// Per cent of mails with the same text that are asked for.
const TEXT: f64 = 97.0;

fn both_sides() -> Option<Vec<Sides>> {
    if Command::new(PROGRAM).arg("--version").output().is_err() {
        testkit::skip(PROGRAM, "install Python 3");
        return None;
    }
    Some(read_all(&testkit::corpus("eml")?).unwrap())
}

#[test]
fn every_difference_from_python_is_listed() {
    let Some(sides) = both_sides() else { return };
    let (found, agreement) = compare(&sides);
    let known: Vec<Difference> = listed()
        .unwrap()
        .into_iter()
        .map(|l| l.difference)
        .collect();
    print_left_out(&sides);
    let (structure, text) = agreement.percent();
    println!("{agreement:?}: structure {structure:.2} %, text {text:.2} %");
    let unlisted: Vec<_> = found.iter().filter(|d| !known.contains(d)).collect();
    let vanished: Vec<_> = known.iter().filter(|d| !found.contains(d)).collect();
    assert!(unlisted.is_empty(), "not in differences.tsv: {unlisted:#?}");
    assert!(
        vanished.is_empty(),
        "in differences.tsv, but both agree: {vanished:#?}"
    );
    assert!(structure >= STRUCTURE, "structure: {structure:.2} %");
    assert!(text >= TEXT, "text: {text:.2} %");
}

fn print_left_out(sides: &[Sides]) {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for side in sides {
        if let Err(reason) = &side.python {
            reasons.entry(reason).or_default().push(&side.file);
        }
    }
    for (reason, files) in reasons {
        println!(
            "left out, {reason}: {} files: {}",
            files.len(),
            files.join(" ")
        );
    }
}

#[test]
fn the_list_is_in_order_and_names_each_difference_once() {
    let known: Vec<Difference> = listed()
        .unwrap()
        .into_iter()
        .map(|l| l.difference)
        .collect();
    assert!(
        known.is_sorted_by(|a, b| a < b),
        "sort differences.tsv by file and field"
    );
}
