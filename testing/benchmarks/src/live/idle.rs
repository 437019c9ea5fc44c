//! What this process costs while it only waits. Linux only: the figures are the kernel's.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use crate::measured::tidy;

/// How long what was begun by the last event may still go on.
const SETTLE: Duration = Duration::from_secs(4);

/// Sums over the threads of this process.
#[derive(Debug, Default, Clone, Copy)]
struct Cost {
    /// On a processor, in nanoseconds.
    processor: u64,
    /// Woken from a sleep of its own will.
    voluntary: u64,
}

/// Does nothing for so long, and says what that took. The thread that does nothing wakes once.
pub(super) fn look(time: Duration) -> Result<Value> {
    std::thread::sleep(SETTLE);
    let Some(before) = cost()? else {
        return Ok(Value::Null);
    };
    std::thread::sleep(time);
    let after = cost()?.unwrap_or(before);
    let busy = Duration::from_nanos(after.processor.saturating_sub(before.processor));
    Ok(json!({
        "seconds": time.as_secs(),
        "processor_ms": tidy(busy.as_secs_f64() * 1000.0),
        "cpu_percent": (busy.as_secs_f64() / time.as_secs_f64() * 1e6).round() / 1e4,
        "voluntary_context_switches": after.voluntary.saturating_sub(before.voluntary),
    }))
}

fn cost() -> Result<Option<Cost>> {
    let tasks = Path::new("/proc/self/task");
    if !tasks.exists() {
        return Ok(None);
    }
    let mut all = Cost::default();
    for task in std::fs::read_dir(tasks)? {
        let task = task?.path();
        let times = std::fs::read_to_string(task.join("schedstat"))?;
        let on = times.split(' ').next().and_then(|n| n.parse::<u64>().ok());
        all.processor += on.unwrap_or(0);
        let status = std::fs::read_to_string(task.join("status"))?;
        let mut lines = status.lines();
        let line = lines.find_map(|l| l.strip_prefix("voluntary_ctxt_switches:"));
        all.voluntary += line.and_then(|n| n.trim().parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(Some(all))
}
