//! The parent sees every kind of failure, keeps an input that shows it, makes it small, and goes on.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![cfg(unix)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use testkit::TempHome;

/// Runs a target that fails when its input holds `!`, and gives its report.
fn report_of(target: &str, home: &Path, extra: &[&str]) -> Value {
    let report = home.join("report.json");
    let output = Command::new(env!("CARGO_BIN_EXE_fuzz"))
        .args([
            target,
            "--seconds",
            "60",
            "--executions",
            "120",
            "--per-input",
            "1",
            "--out",
        ])
        .arg(home)
        .arg("--report")
        .arg(&report)
        .args(extra)
        .output()
        .unwrap();
    let text = std::fs::read_to_string(&report).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        output.status.success(),
        report["clean"] == Value::Bool(true),
        "{output:?}"
    );
    report["targets"][0].clone()
}

/// The findings, of which there must be one of this kind whose file holds what makes the target fail.
fn finds(target: &str, kind: &str) -> Value {
    let home = TempHome::new().unwrap();
    let report = report_of(target, home.path(), &[]);
    let findings = report["findings"].as_array().unwrap();
    let found = findings.iter().find(|f| f["kind"] == kind);
    let found = found.unwrap_or_else(|| panic!("{target}: {report}"));
    let input = std::fs::read(found["file"].as_str().unwrap()).unwrap();
    assert!(input.contains(&b'!'), "{input:?}");
    if kind != "hang" {
        assert_eq!(input, b"!", "{target}");
    }
    report
}

#[test]
fn a_panic_is_found_and_the_child_goes_on() {
    let report = finds("broken-panic", "panic");
    assert_eq!(
        (&report["restarts"], &report["executions"]),
        (&0.into(), &120.into())
    );
    assert!(
        report["findings"][0]["place"]
            .as_str()
            .unwrap()
            .contains("broken.rs:")
    );
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
}

#[test]
fn an_abort_is_found_and_another_child_goes_on() {
    let report = finds("broken-abort", "crash");
    assert!(report["restarts"].as_u64() > Some(0), "{report}");
}

#[test]
fn a_hang_is_found() {
    let report = finds("broken-hang", "hang");
    assert!(report["restarts"].as_u64() > Some(0), "{report}");
}

#[test]
fn too_deep_recursion_is_found() {
    let report = finds("broken-stack", "crash");
    let said = report["findings"][0]["message"].as_str().unwrap();
    assert!(said.contains("overflow"), "{said}");
}

#[test]
#[cfg(target_os = "linux")]
fn too_much_memory_is_found() {
    let report = finds("broken-memory", "crash");
    assert!(report["peak_mib"].as_f64() < Some(512.0), "{report}");
}

#[test]
fn a_target_that_holds_is_clean_and_progress_is_told() {
    let home = TempHome::new().unwrap();
    let report = report_of("entry-id", home.path(), &["--seed", "9"]);
    assert_eq!(report["findings"], Value::Array(Vec::new()));
    assert_eq!(report["executions"], 120);
    assert!(report["kept"].as_u64() > Some(3), "{report}");
}

/// An input that ended a child is the first of the next run, and does not end every child of it.
#[test]
fn what_failed_is_tried_first_the_next_time() {
    let home = TempHome::new().unwrap();
    report_of("broken-abort", home.path(), &[]);
    let again = report_of(
        "broken-abort",
        home.path(),
        &["--executions", "4", "--seed", "2"],
    );
    assert_eq!(again["findings"][0]["kind"], "crash", "{again}");
    assert!(again["executions"].as_u64() > Some(0), "{again}");
}
