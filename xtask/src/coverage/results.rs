//! What the conformance suite left: which case passed on which store.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::State;
use super::checks::Check;

/// A case may stand for a few checks that one story shows, not for a whole chapter.
const MOST_CHECKS: usize = 3;

/// The suite's result file.
#[derive(Debug, Clone, Deserialize)]
pub struct Results {
    /// The stores that the suite ran on.
    pub stores: Vec<String>,
    /// The registered cases.
    pub cases: Vec<Case>,
}

/// One registered case.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// The checks that it asserts.
    pub checks: Vec<String>,
    /// `passed`, `not claimed` or what went wrong, by store.
    pub results: BTreeMap<String, String>,
}

/// How a case stands over all stores.
enum Verdict {
    Passed,
    Wrong(String),
}

impl Results {
    /// Reads the file.
    pub fn load(file: &Path) -> Result<Self> {
        let text = std::fs::read(file).with_context(|| file.display().to_string())?;
        serde_json::from_slice(&text).with_context(|| file.display().to_string())
    }

    /// Refuses results that would make the page say more than was tested.
    pub fn validate(&self, checks: &[Check]) -> Result<()> {
        if self.stores.is_empty() {
            bail!("the suite ran on no store");
        }
        let known: BTreeSet<&str> = checks.iter().map(|check| check.id.as_str()).collect();
        let mut names = BTreeSet::new();
        for case in &self.cases {
            let name = &case.name;
            if !names.insert(name) {
                bail!("two cases are named {name}");
            }
            if name.contains(['`', '\n']) {
                bail!("the name {name:?} would break the page");
            }
            if case.checks.len() > MOST_CHECKS {
                bail!(
                    "{name} claims {} checks; {MOST_CHECKS} at most",
                    case.checks.len()
                );
            }
            if let Some(id) = case.checks.iter().find(|id| !known.contains(id.as_str())) {
                bail!("{name} claims {id}, which is no check of the requirements");
            }
            if let Some(store) = self.stores.iter().find(|s| !case.results.contains_key(*s)) {
                bail!("{name} has no result for the store {store}");
            }
        }
        Ok(())
    }

    /// How one check stands.
    pub fn state_of(&self, id: &str) -> State {
        let cases = self
            .cases
            .iter()
            .filter(|case| case.checks.iter().any(|check| check == id));
        let (mut passed, mut wrong) = (Vec::new(), Vec::new());
        for case in cases {
            match self.verdict(case) {
                Verdict::Passed => passed.push(case.name.clone()),
                Verdict::Wrong(why) => wrong.push(format!("{} ({why})", case.name)),
            }
        }
        if !wrong.is_empty() {
            State::Failing { cases: wrong }
        } else if passed.is_empty() {
            State::Open { reason: None }
        } else {
            State::Covered { cases: passed }
        }
    }

    fn verdict(&self, case: &Case) -> Verdict {
        let result = |store: &String| case.results.get(store).map_or("", String::as_str);
        let claims: Vec<_> = self
            .stores
            .iter()
            .filter(|s| result(s) != "not claimed")
            .collect();
        if claims.is_empty() {
            return Verdict::Wrong("no store claims it".to_owned());
        }
        let failing: Vec<_> = claims
            .into_iter()
            .filter(|s| result(s) != "passed")
            .map(String::as_str)
            .collect();
        if failing.is_empty() {
            return Verdict::Passed;
        }
        Verdict::Wrong(format!("fails on {}", failing.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: &str) -> Check {
        Check {
            id: id.to_owned(),
            part: "client-1".to_owned(),
            topic: String::new(),
        }
    }

    fn results(cases: &str) -> Results {
        let text = format!(r#"{{"stores":["memory","sqlite"],"cases":[{cases}]}}"#);
        serde_json::from_str(&text).unwrap()
    }

    fn case(name: &str, checks: &[&str], memory: &str, sqlite: &str) -> String {
        let results = BTreeMap::from([("memory", memory), ("sqlite", sqlite)]);
        serde_json::json!({"name": name, "checks": checks, "needs": [], "results": results})
            .to_string()
    }

    #[test]
    fn covered_means_passed_wherever_it_is_claimed() {
        let name = |text: &str| vec![text.to_owned()];
        let table = [
            ("passed", "passed", State::Covered { cases: name("c") }),
            ("passed", "not claimed", State::Covered { cases: name("c") }),
            (
                "not claimed",
                "not claimed",
                State::Failing {
                    cases: name("c (no store claims it)"),
                },
            ),
            (
                "passed",
                "failed: x",
                State::Failing {
                    cases: name("c (fails on sqlite)"),
                },
            ),
            (
                "passed",
                "",
                State::Failing {
                    cases: name("c (fails on sqlite)"),
                },
            ),
        ];
        for (memory, sqlite, want) in table {
            let results = results(&case("c", &["RES-01"], memory, sqlite));
            assert_eq!(results.state_of("RES-01"), want, "{memory} / {sqlite}");
            assert_eq!(results.state_of("RES-02"), State::Open { reason: None });
        }
    }

    #[test]
    fn one_failing_case_uncovers_its_check() {
        let both = case("a", &["X-1"], "passed", "passed")
            + ","
            + &case("b", &["X-1"], "failed", "passed");
        assert_eq!(
            results(&both).state_of("X-1"),
            State::Failing {
                cases: vec!["b (fails on memory)".to_owned()]
            }
        );
    }

    #[test]
    fn results_that_claim_too_much_are_refused() {
        let checks: Vec<Check> = ["X-1", "X-2", "X-3", "X-4"].map(check).into();
        let good = case("a", &["X-1", "X-2", "X-3"], "passed", "passed");
        assert!(results(&good).validate(&checks).is_ok());
        let four = case("a", &["X-1", "X-2", "X-3", "X-4"], "passed", "passed");
        assert!(results(&four).validate(&checks).is_err());
        let unknown = case("a", &["X-9"], "passed", "passed");
        assert!(results(&unknown).validate(&checks).is_err());
        assert!(
            results(&format!("{good},{good}"))
                .validate(&checks)
                .is_err()
        );
        let gap = r#"{"name":"a","checks":["X-1"],"results":{"memory":"passed"}}"#;
        assert!(results(gap).validate(&checks).is_err());
    }
}
