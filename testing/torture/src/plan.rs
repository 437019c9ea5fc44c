//! What to run, from the command line.

use std::path::PathBuf;

use anyhow::{Result, bail};

/// The run that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Where chance starts.
    pub(crate) seed: u64,
    /// Commands that are killed.
    pub(crate) kills: u32,
    /// Messages that the worlds are made of.
    pub(crate) messages: usize,
    /// At most this many prefixes of the write-ahead log; the rest is skipped evenly.
    pub(crate) prefixes: usize,
    /// Only this part.
    only: Option<String>,
    /// Where the JSON report goes.
    pub(crate) report: Option<PathBuf>,
}

const USAGE: &str = "torture [--ci] [--seed N] [--kills N] [--messages N] [--prefixes N] \
                     [--only kill|full-disk|wal|two-writers] [--report FILE]";

impl Plan {
    /// Reads the arguments. `--ci` is the short form with a fixed seed.
    pub(crate) fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let mut plan = Self {
            seed: 1,
            kills: 100,
            messages: 600,
            prefixes: usize::MAX,
            only: None,
            report: None,
        };
        while let Some(arg) = args.next() {
            if arg == "--ci" {
                (plan.kills, plan.messages, plan.prefixes) = (30, 200, 60);
                continue;
            }
            let Some(value) = args.next() else {
                bail!("{arg} needs a value; {USAGE}")
            };
            match arg.as_str() {
                "--seed" => plan.seed = value.parse()?,
                "--kills" => plan.kills = value.parse()?,
                "--messages" => plan.messages = value.parse()?,
                "--prefixes" => plan.prefixes = value.parse()?,
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
