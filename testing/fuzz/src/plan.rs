//! What to run, from the command line.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::target::Target;
use crate::targets;

/// The run that was asked for.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Targets, in order.
    pub targets: Vec<&'static Target>,
    /// Seconds for each.
    pub seconds: u64,
    /// Executions for each, if that comes first.
    pub executions: u64,
    /// Seconds of processor time that one input may take.
    pub per_input: u64,
    /// Where chance starts.
    pub seed: u64,
    /// Targets that run at once.
    pub jobs: usize,
    /// Where inputs and logs go, a folder per target.
    pub out: PathBuf,
    /// Where the JSON report goes.
    pub report: Option<PathBuf>,
    /// A folder of mail for seeds beside the samples.
    pub corpus: Option<PathBuf>,
}

/// How the program is called.
pub const USAGE: &str =
    "fuzz [TARGET…|all] [--ci] [--seconds 600] [--executions N] [--per-input 10] [--seed 1] [--jobs 1] \
[--report FILE] [--corpus DIR] [--out DIR]
fuzz run TARGET FILE…    runs inputs through a target
fuzz list                names the targets";

impl Plan {
    /// Reads the arguments. `--ci` is the short form: ten seconds for each target.
    ///
    /// # Errors
    /// When they mean nothing.
    pub fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let mut plan = Self {
            targets: Vec::new(),
            seconds: 600,
            executions: u64::MAX,
            per_input: 10,
            seed: 1,
            jobs: 1,
            out: default_out(),
            report: None,
            corpus: std::env::var_os("MALLE_CORPUS").map(|root| PathBuf::from(root).join("eml")),
        };
        while let Some(arg) = args.next() {
            if arg == "--ci" {
                (plan.seconds, plan.jobs) = (10, 2);
                continue;
            }
            if !arg.starts_with("--") {
                plan.add(&arg)?;
                continue;
            }
            let Some(value) = args.next() else {
                bail!("{arg} needs a value\nusage: {USAGE}")
            };
            let number = || {
                let number = value.parse::<u64>();
                number.with_context(|| format!("{arg} needs a number, not `{value}`"))
            };
            match arg.as_str() {
                "--seconds" => plan.seconds = number()?,
                "--executions" => plan.executions = number()?,
                "--per-input" => plan.per_input = number()?,
                "--seed" => plan.seed = number()?,
                "--jobs" => plan.jobs = usize::try_from(number()?)?.max(1),
                "--report" => plan.report = Some(value.into()),
                "--corpus" => plan.corpus = Some(value.into()),
                "--out" => plan.out = value.into(),
                _ => bail!("unknown argument {arg}\nusage: {USAGE}"),
            }
        }
        if plan.targets.is_empty() {
            plan.targets = targets::ALL.to_vec();
        }
        Ok(plan)
    }

    fn add(&mut self, name: &str) -> Result<()> {
        if name == "all" {
            self.targets = targets::ALL.to_vec();
            return Ok(());
        }
        self.targets.push(targets::find(name)?);
        Ok(())
    }
}

/// `fuzz` in the target directory.
fn default_out() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target
        .unwrap_or_else(|| testkit::workspace_root().join("target"))
        .join("fuzz")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(line: &str) -> Result<Plan> {
        Plan::from_args(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn lines_are_read() {
        let all = plan("--seconds 5 --jobs 2").unwrap();
        assert_eq!(
            (all.targets.len(), all.seconds, all.jobs),
            (targets::ALL.len(), 5, 2)
        );
        let one = plan("mime-read --seed 7").unwrap();
        assert_eq!(
            (one.targets[0].name, one.targets.len(), one.seed),
            ("mime-read", 1, 7)
        );
        assert!(plan("nothing").is_err());
        assert!(plan("--seconds").is_err());
        assert!(plan("--seconds soon").is_err());
    }
}
