//! What a value of any size takes in memory, in small.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::process::Command;

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
