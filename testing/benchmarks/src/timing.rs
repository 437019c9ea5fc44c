//! Medians of repeated measurements.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

/// What a measurement gave.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// Half of the runs were quicker.
    pub median: Duration,
    /// The quickest run.
    pub least: Duration,
    /// The slowest run.
    pub most: Duration,
}

impl Figure {
    /// What these runs gave.
    #[must_use]
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |n: usize| times.get(n).copied().unwrap_or_default();
        Self {
            median: at(times.len() / 2),
            least: at(0),
            most: at(times.len().saturating_sub(1)),
        }
    }

    /// In milliseconds.
    #[must_use]
    pub fn as_json(self) -> Value {
        let ms = |d: Duration| (d.as_secs_f64() * 100_000.0).round() / 100.0;
        json!({ "median_ms": ms(self.median), "min_ms": ms(self.least), "max_ms": ms(self.most) })
    }
}

/// Runs `once` twice to warm up and then `runs` times.
///
/// # Errors
/// The first error of a run.
pub fn median_of(runs: usize, mut once: impl FnMut() -> Result<()>) -> Result<Figure> {
    for _ in 0..2 {
        once()?;
    }
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let start = Instant::now();
        once()?;
        times.push(start.elapsed());
    }
    Ok(Figure::of(times))
}

/// Runs several things by turns, each twice to warm up and then `runs` times: what else the machine does hits all alike.
///
/// # Errors
/// The first error of a run.
pub fn median_by_turns(
    runs: usize,
    things: &mut [Box<dyn FnMut() -> Result<()> + '_>],
) -> Result<Vec<Figure>> {
    let mut times: Vec<Vec<Duration>> = things.iter().map(|_| Vec::new()).collect();
    for round in 0..runs + 2 {
        for (once, times) in things.iter_mut().zip(&mut times) {
            let start = Instant::now();
            once()?;
            if round >= 2 {
                times.push(start.elapsed());
            }
        }
    }
    Ok(times.into_iter().map(Figure::of).collect())
}
