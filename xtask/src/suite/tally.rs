//! Counting: what passed, what failed, what was skipped and why.

use std::collections::BTreeMap;

/// How one test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It ran and held.
    Passed,
    /// It did not hold; with what it wrote.
    Failed(String),
    /// It could not run here; with its reasons.
    Skipped(Vec<String>),
}

/// The sum over all tests.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// How many passed.
    pub(super) passed: usize,
    /// The names of those that failed.
    pub(super) failures: Vec<String>,
    /// How many were skipped.
    pub(super) skipped: usize,
    /// Each reason with the number of tests that gave it.
    reasons: BTreeMap<String, usize>,
}

impl Tally {
    /// Counts one test.
    pub(super) fn add(&mut self, name: &str, outcome: Outcome) {
        match outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Failed(_) => self.failures.push(name.to_owned()),
            Outcome::Skipped(mut reasons) => {
                self.skipped += 1;
                reasons.sort();
                reasons.dedup();
                for reason in reasons {
                    *self.reasons.entry(reason).or_default() += 1;
                }
            }
        }
    }

    /// How many failed.
    pub(super) const fn failed(&self) -> usize {
        self.failures.len()
    }

    /// Whether nothing was counted at all.
    pub(super) const fn is_empty(&self) -> bool {
        self.passed + self.failures.len() + self.skipped == 0
    }

    /// Each reason to skip, and how many tests gave it.
    pub(super) fn reasons(&self) -> impl Iterator<Item = (&str, usize)> {
        self.reasons
            .iter()
            .map(|(reason, count)| (reason.as_str(), *count))
    }

    /// The reasons that do not name `allowed`.
    pub(super) fn skips_other_than(&self, allowed: &str) -> Vec<&str> {
        let reasons = self.reasons.keys().map(String::as_str);
        reasons.filter(|reason| !reason.contains(allowed)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_said_once() {
        let mut tally = Tally::default();
        let corpus = "shared corpus is absent here".to_owned();
        tally.add("a", Outcome::Skipped(vec![corpus.clone(), corpus.clone()]));
        tally.add(
            "b",
            Outcome::Skipped(vec![corpus, "git is absent here".to_owned()]),
        );
        tally.add("c", Outcome::Passed);
        tally.add("d", Outcome::Failed("why".to_owned()));
        assert_eq!((tally.passed, tally.failed(), tally.skipped), (1, 1, 2));
        let reasons: Vec<_> = tally.reasons().collect();
        assert_eq!(
            reasons,
            [
                ("git is absent here", 1),
                ("shared corpus is absent here", 2)
            ]
        );
        assert_eq!(
            tally.skips_other_than("shared corpus"),
            ["git is absent here"]
        );
    }
}
