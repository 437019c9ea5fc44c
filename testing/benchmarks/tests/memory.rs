//! What a value of any size takes in memory, in small.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::process::Command;

use benchmarks::{Big, measured};
use testkit::TempHome;

/// More than its program may take on top of what it takes anyway.
const MIB: u64 = 64;

#[test]
fn a_large_attachment_is_written_read_and_copied_in_little_memory() {
    let output = Command::new(env!("CARGO_BIN_EXE_bigvalue"))
        .args(["--in-process", "--mib", &MIB.to_string()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let peak = figures["peak_mib"].as_u64().unwrap();
    assert!((1..=72).contains(&peak), "{peak} MiB: {said}");
}

#[test]
fn rtf_of_any_length_is_written_and_read_in_little_memory() {
    let home = TempHome::new().unwrap();
    Big::create(home.path()).unwrap().logoff();
    for step in ["store", "read"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bench"));
        command.args(["--rtf-body", step, &MIB.to_string()]);
        let peak = measured::watch(command.arg(home.path()))
            .unwrap()
            .peak_bytes
            >> 20;
        assert!((1..=72).contains(&peak), "{step}: {peak} MiB");
    }
}
