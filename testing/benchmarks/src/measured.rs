//! A program that runs and what it took: time, processor, memory.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// What a run of a program took. Memory and processor are known on Linux only.
#[derive(Debug, Clone, Copy, Default)]
pub struct Taken {
    /// From start to end.
    pub time: Duration,
    /// User and system time of all its threads.
    pub processor: Duration,
    /// The most memory that it had at once.
    pub peak_bytes: u64,
}

impl Taken {
    /// Seconds and megabytes.
    #[must_use]
    pub fn as_json(self) -> Value {
        json!({
            "seconds": tidy(self.time.as_secs_f64()),
            "processor_seconds": tidy(self.processor.as_secs_f64()),
            "peak_mb": self.peak_bytes / 1_000_000,
        })
    }
}

/// Three decimals.
#[must_use]
pub fn tidy(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// Runs a program to its end, looking at it every few milliseconds: its peak is the system's own high-water mark.
///
/// # Errors
/// When it cannot be started or fails.
pub fn watch(command: &mut Command) -> Result<Taken> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdout(Stdio::null());
    let start = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("{name} cannot be started"))?;
    let mut taken = Taken::default();
    let status = loop {
        look(child.id(), &mut taken);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    taken.time = start.elapsed();
    ensure!(status.success(), "{name} failed: {status}");
    Ok(taken)
}

/// User and system time of all threads of this program so far, in steps of 10 ms. Known on Linux only.
#[must_use]
pub fn processor_now() -> Duration {
    let mut taken = Taken::default();
    look(std::process::id(), &mut taken);
    taken.processor
}

/// What the system says of a process that runs.
fn look(id: u32, taken: &mut Taken) {
    let read = |what: &str| std::fs::read_to_string(format!("/proc/{id}/{what}"));
    if let Ok(status) = read("status") {
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        let kib = line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok());
        taken.peak_bytes = taken.peak_bytes.max(kib.unwrap_or(0) * 1024);
    }
    if let Ok(stat) = read("stat") {
        // Behind the name, which may hold anything: the 12th and 13th are ticks of 10 ms.
        let numbers = stat.rsplit(')').next().unwrap_or_default();
        let ticks = numbers.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.filter_map(|t| t.parse::<u64>().ok()).sum();
        taken.processor = taken.processor.max(Duration::from_millis(ticks * 10));
    }
}

/// The run in the middle, by time.
#[must_use]
pub fn middle(mut runs: Vec<Taken>) -> Taken {
    runs.sort_by_key(|taken| taken.time);
    let peak = runs.iter().map(|taken| taken.peak_bytes).max();
    let half = runs.get(runs.len() / 2).copied().unwrap_or_default();
    Taken {
        peak_bytes: peak.unwrap_or(0),
        ..half
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_watched_to_its_end() {
        let taken = watch(Command::new("/bin/sh").args(["-c", "sleep 0.05"])).unwrap();
        assert!(taken.time >= Duration::from_millis(50));
        assert!(taken.peak_bytes > 0);
        assert!(watch(Command::new("/bin/sh").args(["-c", "exit 3"])).is_err());
    }
}
