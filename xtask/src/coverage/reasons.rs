//! Why a check is not covered yet, from `testing/conformance/open.csv`.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use super::{Coverage, State};
use crate::workspace;

/// Parts of the requirements that are under way: each open check of theirs needs a reason.
const UNDER_WAY: [&str; 1] = ["client-1"];

/// Reasons by check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reasons(BTreeMap<String, String>);

impl Reasons {
    /// Reads the file.
    pub fn load() -> Result<Self> {
        let path = workspace::root().join("testing/conformance/open.csv");
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    /// Reads `check,reason` lines; a reason goes to the end of its line.
    fn parse(text: &str) -> Result<Self> {
        let mut lines = text.lines();
        if lines.next() != Some("check,reason") {
            bail!("the columns are not check,reason");
        }
        let mut reasons = BTreeMap::new();
        for line in lines {
            let (check, reason) = line
                .split_once(',')
                .filter(|(_, reason)| !reason.trim().is_empty())
                .with_context(|| format!("`{line}` gives no reason"))?;
            if reasons
                .insert(check.to_owned(), reason.trim().to_owned())
                .is_some()
            {
                bail!("{check} has two reasons");
            }
        }
        Ok(Self(reasons))
    }

    /// The reason of a check.
    pub fn of(&self, check: &str) -> Option<&str> {
        self.0.get(check).map(String::as_str)
    }

    /// Refuses reasons that are out of date, and checks that lack one.
    pub fn validate(&self, coverage: &Coverage) -> Result<()> {
        let mut wrong = Vec::new();
        for row in &coverage.checks {
            match &row.state {
                State::Open { reason: None } if UNDER_WAY.contains(&row.part.as_str()) => {
                    wrong.push(format!("{} is open without a reason", row.check));
                }
                State::Covered { .. } | State::Failing { .. } if self.of(&row.check).is_some() => {
                    wrong.push(format!("{} has cases and a reason to be open", row.check));
                }
                _ => {}
            }
        }
        let known = |check: &String| coverage.checks.iter().any(|row| row.check == *check);
        let unknown = self.0.keys().filter(|check| !known(check));
        wrong.extend(unknown.map(|check| format!("{check} is no check of the requirements")));
        if wrong.is_empty() {
            return Ok(());
        }
        bail!("testing/conformance/open.csv: {}", wrong.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::Row;

    fn coverage(rows: &[(&str, &str, State)]) -> Coverage {
        let row = |(check, part, state): &(&str, &str, State)| Row {
            check: (*check).to_owned(),
            part: (*part).to_owned(),
            topic: String::new(),
            state: state.clone(),
        };
        Coverage::from_rows(vec!["memory".to_owned()], rows.iter().map(row).collect())
    }

    fn open(reason: Option<&str>) -> State {
        State::Open {
            reason: reason.map(str::to_owned),
        }
    }

    #[test]
    fn a_part_under_way_leaves_nothing_open_without_a_reason() {
        let reasons = Reasons::parse("check,reason\nSES-01.1,needs a spooler, and more\n").unwrap();
        assert_eq!(reasons.of("SES-01.1"), Some("needs a spooler, and more"));
        let covered = State::Covered {
            cases: vec!["c".to_owned()],
        };
        let why = open(reasons.of("SES-01.1"));
        let good = coverage(&[
            ("SES-01.1", "client-1", why.clone()),
            ("X-1", "client-1", covered.clone()),
            ("AB-01", "client-2", open(None)),
        ]);
        assert!(reasons.validate(&good).is_ok());
        let bare = coverage(&[
            ("SES-01.1", "client-1", why),
            ("X-1", "client-1", open(None)),
        ]);
        assert!(reasons.validate(&bare).is_err());
        let stale = coverage(&[("SES-01.1", "client-1", covered)]);
        assert!(reasons.validate(&stale).is_err());
        assert!(reasons.validate(&coverage(&[])).is_err());
    }

    #[test]
    fn lines_without_a_reason_or_given_twice_are_refused() {
        for text in [
            "X-1,why",
            "check,reason\nX-1,",
            "check,reason\nX-1,a\nX-1,b",
        ] {
            assert!(Reasons::parse(text).is_err(), "{text}");
        }
    }
}
