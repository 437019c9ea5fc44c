//! What to run, from the command line.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

/// The run that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Where chance starts.
    pub(crate) seed: u64,
    /// Commands that are killed; of processes that change profiles twice as many.
    pub(crate) kills: u32,
    /// Processes that are killed while they submit, send or receive.
    pub(crate) blows: u32,
    /// Failures of transports.
    pub(crate) failures: u32,
    /// Search folders that are made, changed and deleted.
    pub(crate) searches: usize,
    /// Messages that the worlds are made of.
    pub(crate) messages: usize,
    /// At most this many prefixes of the write-ahead log; the rest is skipped evenly.
    pub(crate) prefixes: usize,
    /// Hostile mail is this many times smaller, and of cut mail so many times less.
    pub(crate) less: usize,
    /// How long the holder of a lease is stopped.
    pub(crate) stopped: Duration,
    /// Holders of leases that are killed, and daemons.
    pub(crate) takeovers: u32,
    /// Only this part.
    only: Option<String>,
    /// Where the JSON report goes.
    pub(crate) report: Option<PathBuf>,
}

const USAGE: &str = "torture [--ci] [--seed N] [--kills N] [--failures N] [--searches N] [--messages N] \
                     [--prefixes N] [--less N] [--stopped SECONDS] [--takeovers N] \
                     [--only kill|full-disk|wal|two-writers|hostile|lease|profiles|sending] [--report FILE]";

impl Plan {
    /// Reads the arguments. `--ci` is the short form with a fixed seed.
    pub(crate) fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let mut plan = Self {
            seed: 1,
            kills: 100,
            blows: 500,
            failures: 500,
            searches: 6,
            messages: 600,
            prefixes: usize::MAX,
            less: 1,
            stopped: Duration::from_secs(60),
            takeovers: 50,
            only: None,
            report: None,
        };
        while let Some(arg) = args.next() {
            if arg == "--ci" {
                (plan.kills, plan.messages, plan.prefixes) = (30, 200, 60);
                (plan.searches, plan.less) = (2, 20);
                (plan.blows, plan.failures) = (30, 36);
                (plan.stopped, plan.takeovers) = (Duration::from_secs(2), 6);
                continue;
            }
            let Some(value) = args.next() else {
                bail!("{arg} needs a value; {USAGE}")
            };
            match arg.as_str() {
                "--seed" => plan.seed = value.parse()?,
                "--kills" => (plan.kills, plan.blows) = (value.parse()?, value.parse()?),
                "--failures" => plan.failures = value.parse()?,
                "--searches" => plan.searches = value.parse()?,
                "--messages" => plan.messages = value.parse()?,
                "--prefixes" => plan.prefixes = value.parse()?,
                "--less" => plan.less = value.parse::<usize>()?.max(1),
                "--stopped" => plan.stopped = Duration::from_secs(value.parse()?),
                "--takeovers" => plan.takeovers = value.parse()?,
                "--only" => plan.only = Some(value),
                "--report" => plan.report = Some(value.into()),
                _ => bail!("unknown argument {arg}; {USAGE}"),
            }
        }
        Ok(plan)
    }

    /// Whether this part runs.
    pub(crate) fn wants(&self, part: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == part)
    }
}
