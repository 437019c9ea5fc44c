//! What the system tells of a process, and a limit to its memory.
//!
//! Linux tells all of it in `/proc`. Elsewhere the figures are missing, and a hang is told by the clock alone.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Memory that a target may take, in KiB: 512 MiB of address space, the program itself included.
pub(crate) const MEMORY_KIB: u64 = 512 * 1024;

/// A command whose memory ends at [`MEMORY_KIB`]: beyond it allocation fails, which ends the process.
pub(crate) fn limited(program: &Path) -> Command {
    if !cfg!(unix) {
        return Command::new(program);
    }
    let mut command = Command::new("sh");
    let script = format!(r#"ulimit -v {MEMORY_KIB} 2>/dev/null; ulimit -c 0; exec "$0" "$@""#);
    command.args([OsStr::new("-c"), OsStr::new(&script), program.as_os_str()]);
    // A second arena of the C library would reserve address space that nobody uses.
    command.env("MALLOC_ARENA_MAX", "1");
    command
}

/// The most memory that this process ever had at once, in KiB.
pub(crate) fn peak_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// How long all threads of a process have run on a processor.
pub(crate) fn cpu_time(pid: u32) -> Option<Duration> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let mut total = None;
    for thread in threads.filter_map(Result::ok) {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        let nanos: u64 = text.split_whitespace().next()?.parse().ok()?;
        total = Some(total.unwrap_or(0) + nanos);
    }
    total.map(Duration::from_nanos)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_runs() {
        assert!(peak_kib().unwrap() > 100);
        assert!(cpu_time(std::process::id()).unwrap() > Duration::ZERO);
    }
}
